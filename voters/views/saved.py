"""What is said to whoever has entered one voter: saved as what, and what of it an import would have warned of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.contrib import messages
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from .. import columns, nik
from ..models import Voter
from ..reasons import words_of
from ..standing import standing_of

if TYPE_CHECKING:
    from django.http import HttpRequest

    from locations.models import SpecialLocation

    from ..registration import Entered

SAID_ALREADY: Final = frozenset(("home_assumed", "ambiguous_date", "block_created", "left_as_it_was"))
"""By the form itself, or by the sentence that it is saved."""
IN_THE_REASONS: Final = frozenset(("no_nik", "unknown_domicile"))
"""Warnings that say no more than the reason why somebody is not eligible."""


def tell(request: HttpRequest, entered: Entered, location: SpecialLocation) -> None:
    """One message that it is saved, and a second one with a link where there is something to be looked at."""
    messages.success(request, sentence_of(entered, location))
    voter = entered.voter
    reasons = words_of(standing_of(Voter.objects.visible_to(request.user).filter(pk=voter.pk)).reasons.get(voter.pk, 0))
    warnings = warnings_of(entered, is_judged=bool(reasons))
    if not reasons and not warnings:
        return
    lead = (
        _("%(name)s is not eligible as it stands: %(reasons)s.") % {"name": voter.name, "reasons": ", ".join(reasons)}
        if reasons
        else _("%(name)s is to be looked at once more.") % {"name": voter.name}
    )
    url = reverse("voters:detail", args=[voter.pk])
    text = " ".join([lead, *warnings])
    messages.warning(request, format_html('{} <a href="{}">{}</a>', text, url, _("Open this entry")))


def sentence_of(entered: Entered, location: SpecialLocation) -> str:
    voter = entered.voter
    words = (
        _("%(name)s, born %(year)s, was on the list of %(location)s already and is brought up to date.")
        if entered.is_known
        else _("%(name)s, born %(year)s, is on the list of %(location)s.")
    )
    said = words % {"name": voter.name, "year": voter.birth_year, "location": location.name}
    if "block_created" in entered.warnings and voter.block:
        said += " " + _("The block “%(name)s” is new.") % {"name": voter.block.name}
    return said


def warnings_of(entered: Entered, *, is_judged: bool) -> list[str]:
    """The sentences of an import, without those that say nothing more here."""
    left_out = SAID_ALREADY | (IN_THE_REASONS if is_judged else frozenset())
    if entered.voter.nik_verdict != nik.NONE:
        left_out |= {"no_nkk"}
    return [_(columns.WARNINGS[code]) for code in dict.fromkeys(entered.warnings) if code not in left_out]
