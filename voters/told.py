"""What did other offices say of a voter? The one they were announced to, the home regency about its list, and who looks for a
number that is missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from . import announcing
from .models import Search, Strike

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import User

    from .models import Voter


def told_of(voter: Voter, *, user: User) -> list[dict[str, Any]]:
    """Cards for the page of a voter whom this person may see: title, word, tone, perhaps why, since when, and where to read
    on."""
    return [*_announced(voter), *_at_home(voter), *_searched(voter, user)]


def _announced(voter: Voter) -> Iterator[dict[str, Any]]:
    row = announcing.latest(voter)
    if row is not None:
        yield {
            "title": _("Announced for %(name)s") % {"name": row.to.name},
            **announcing.word_of(row, is_late=announcing.is_too_late(timezone.localdate())),
            "since": row.answered_at or row.act.at,
            "url": reverse("voters:act", args=[row.act_id]),
        }


def _at_home(voter: Voter) -> Iterator[dict[str, Any]]:
    strike = Strike.everywhere.filter(voter=voter, taken_back_at=None).first()
    if strike is None:
        return
    tones = {"found": "warn", "not_found": "bad", "struck": "good"}
    yield {
        "title": _("Voter list at home"),
        "word": strike.get_answer_display() if strike.answer else pgettext("strike", "waiting"),
        "tone": tones.get(strike.answer, ""),
        "since": strike.answered_at or strike.listed_at,
        "url": reverse("voters:strikes_not_found") if strike.answer == Strike.Answer.NOT_FOUND else "",
    }


def _searched(voter: Voter, user: User) -> Iterator[dict[str, Any]]:
    search = Search.objects.visible_to(user).filter(voter=voter).select_related("list").order_by("-pk").first()
    if search is None:
        return
    tones = {"": "warn", "found": "good", "not_found": "bad"}
    yield {
        "title": _("Search list: %(what)s") % {"what": search.get_lacks_display()},
        "word": search.get_outcome_display() if search.outcome else pgettext("search list", "waiting"),
        "tone": tones.get(search.outcome, ""),
        "since": search.answered_at or search.list.made_at,
        "url": reverse("voters:search_list", args=[search.list_id]) if search.list.territory in user.reach else "",
    }
