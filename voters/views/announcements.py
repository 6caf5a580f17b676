"""Whom other offices announce to this one: the transfers, those of one transfer with accepting and declining, and to where
one can be announced.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Final, cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, F, Q
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.permissions import Permission, may, require

from .. import announcing
from ..forms import ReasonForm
from ..models import Announcement
from ..models.announcement import State
from .location import blocks_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from django.http import HttpRequest, HttpResponse

    from accounts.models import User
    from locations.models import SpecialLocation

ROWS_A_PAGE: Final = 100
TRANSFERS_A_PAGE: Final = 50
LEAST_LETTERS: Final = 2
LONGEST: Final = 60
REFUSED: Final = 422
FIGURES: Final = (State.WAITING, State.ACCEPTED, State.DECLINED)


@require_GET
@never_cache
def announcements(request: HttpRequest) -> HttpResponse:
    """A line for each transfer, those with somebody waiting first."""
    require(request.user, Permission.SEE_VOTERS)
    user = cast("User", request.user)  # LoginRequiredMiddleware lets nobody else in
    every = Announcement.objects.visible_to(user)
    counts = {state.value: Count("pk", filter=Q(state=state)) for state in FIGURES}
    transfers = every.with_state().values("act", "to", "on").annotate(**counts)
    page: Any = Paginator(
        transfers.order_by(F("waiting").desc(), "-act__at", "act").values(
            "act", "on", "act__at", "act__reason", "to__name", "to__territory", *counts
        ),
        TRANSFERS_A_PAGE,
    ).get_page(request.GET.get("halaman"))
    origins = origins_of(every.filter(act__in=[line["act"] for line in page.object_list]))
    page.object_list = [{**line, "origins": origins[line["act"]]} for line in page.object_list]
    return render(request, "voters/announcements.html", {"page": page, "crumbs": crumbs()})


@require_GET
def destinations(request: HttpRequest) -> HttpResponse:
    """`cari`: words of a name, a code or a regency; the list below the field of a location elsewhere."""
    require(request.user, Permission.ENTER)
    words = request.GET.get("cari", "").replace("\x00", "").strip()[:LONGEST]
    found = announcing.destinations(words, cast("User", request.user)) if len(words) >= LEAST_LETTERS else []
    return render(request, "voters/destinations.html", {"places": found})


@require_http_methods(["GET", "POST"])
@never_cache
def one(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """`pk` is the other office's act. A POST accepts or declines (`jawab`) the chosen ones (`pilih`), or shows birth dates once."""
    require(request.user, Permission.SEE_VOTERS)
    user = cast("User", request.user)
    rows = (
        Announcement.objects.visible_to(user).with_state().filter(act=pk).select_related("voter__location", "to", "act")
    )
    if not rows.exists():
        raise Http404
    answer = request.POST.get("jawab", "")
    if request.method == "POST":
        require(user, Permission.ENTER)
    if answer == "lihat":
        return reveal(request, rows)
    if request.method == "POST":
        return answered(request, rows, is_accepted=answer == "terima")
    return page_of(request, rows)


def answered(request: HttpRequest, rows: Any, *, is_accepted: bool) -> HttpResponse:
    """Carried out, or the page once more with what is missing."""
    chosen, gone = chosen_of(request, rows)
    form = ReasonForm(None if is_accepted else request.POST)
    if not chosen:
        tell_gone(request, gone) if gone else messages.error(request, _("Choose at least one row."))
        return redirect("voters:announcement", rows.first().act_id)
    if not is_accepted and not form.is_valid():
        return page_of(request, rows, form=form, status=REFUSED)
    user = cast("User", request.user)
    try:
        if is_accepted:
            done = announcing.accept(announcements=chosen, blocks=blocks_typed(request), by=user)
        else:
            done = announcing.decline(announcements=chosen, reason=form.cleaned_data["reason"], by=user)
    except ValidationError as fault:
        messages.error(request, " ".join(fault.messages))
        return page_of(request, rows, form=form, status=REFUSED)
    tell(request, done, is_accepted=is_accepted)
    tell_gone(request, gone)
    return redirect("voters:announcement", chosen[0].act_id)


def reveal(request: HttpRequest, rows: Any) -> HttpResponse:
    """Birth dates of this page, once: this answer is kept nowhere, and showing them again asks for a reason again."""
    user = cast("User", request.user)
    require(user, Permission.REVEAL_IDENTITY)
    form = ReasonForm(request.POST, prefix="lihat")
    if not form.is_valid():
        return page_of(request, rows, reveal_form=form, status=REFUSED)
    shown = list(paginated(request, rows).object_list)
    dates = announcing.birth_dates(announcements=shown, reason=form.cleaned_data["reason"], by=user)
    return page_of(request, rows, dates=dates)


def page_of(
    request: HttpRequest,
    rows: Any,
    *,
    form: ReasonForm | None = None,
    reveal_form: ReasonForm | None = None,
    dates: dict[uuid.UUID, date] | None = None,
    status: int = 200,
) -> HttpResponse:
    first = rows.order_by("pk").first()
    user = cast("User", request.user)
    page = paginated(request, rows)
    context = {
        "to": first.to,
        "act": first.act,
        "on": first.on,
        "origins": origins_of(rows)[first.act_id],
        "page": page,
        "lines": [line_of(row, request, dates or {}) for row in page.object_list],
        "figures": figures_of(rows),
        "blocks": blocks_of(first.to, user),
        "form": form or ReasonForm(),
        "reveal_form": reveal_form or ReasonForm(prefix="lihat"),
        "is_revealed": dates is not None,
        "reveal": {"jawab": "lihat"},
        "here": request.get_full_path(),
        "may_enter": may(user, Permission.ENTER),
        "may_reveal": may(user, Permission.REVEAL_IDENTITY),
        "crumbs": crumbs(first.to),
    }
    return render(request, "voters/announcement.html", context, status=status)


def paginated(request: HttpRequest, rows: Any) -> Any:
    waiting = rows.filter(state=State.WAITING).order_by("voter__name", "pk")
    return Paginator(waiting, ROWS_A_PAGE).get_page(request.GET.get("halaman"))


def line_of(row: Announcement, request: HttpRequest, dates: dict[uuid.UUID, date]) -> dict[str, Any]:
    """All that is shown of another office's voter."""
    return {
        "pk": row.pk,
        "name": row.voter.name,
        "sex": row.voter.get_sex_display(),
        "birth_year": row.voter.birth_year,
        "birth_date": dates.get(row.voter_id),
        "location": row.voter.location.name if row.voter.location else "",
        "block": request.POST.get(f"blok-{row.pk}", ""),
        "is_chosen": str(row.pk) in request.POST.getlist("pilih"),
    }


def figures_of(rows: Any) -> list[dict[str, Any]]:
    counted = dict(rows.order_by().values_list("state").annotate(Count("pk")))
    return [{"value": counted.get(state, 0), "label": state.label} for state in FIGURES]


def origins_of(rows: Any) -> dict[uuid.UUID, list[dict[str, str]]]:
    """By act, the locations that the voters come from, with the name of their regency."""
    fields = ("act", "voter__territory", "voter__location__name", "voter__location__code")
    found = list(rows.order_by("voter__location__name").values_list(*fields).distinct())
    names = announcing.region_names(territory for _act, territory, _name, _code in found)
    origins: dict[uuid.UUID, list[dict[str, str]]] = {}
    for act, territory, name, code in found:
        origins.setdefault(act, []).append({"name": name, "code": code, "regency": names.get(territory, territory)})
    return origins


def chosen_of(request: HttpRequest, rows: Any) -> tuple[list[Announcement], int]:
    """The chosen ones, and how many of them are announced no more."""
    ids = {text for text in request.POST.getlist("pilih") if len(text) == 36}
    try:
        chosen = list(rows.filter(pk__in=list(ids)[: announcing.MOST]))
    except ValidationError:
        return [], 0
    return chosen, len(ids) - len(chosen)


def blocks_typed(request: HttpRequest) -> dict[uuid.UUID, str]:
    chosen = [text for text in request.POST.getlist("pilih") if len(text) == 36]
    return {uuid.UUID(text): request.POST.get(f"blok-{text}", "").strip() for text in chosen}


def tell(request: HttpRequest, done: announcing.Answered, *, is_accepted: bool) -> None:
    count, there = len(done.answered), len(done.there)
    if count:
        words = ngettext("%(count)s voter is declined.", "%(count)s voters are declined.", count)
        if is_accepted:
            words = ngettext("%(count)s voter is registered here.", "%(count)s voters are registered here.", count)
        messages.success(request, words % {"count": count})
    if there:
        words = ngettext(
            "%(count)s voter is on the list here already; that counts as accepted.",
            "%(count)s voters are on the list here already; that counts as accepted.",
            there,
        )
        messages.success(request, words % {"count": there})
    for why in dict.fromkeys(code for _row, code in done.refused):
        names = ", ".join(row.voter.name for row, code in done.refused if code == why and why not in State.values)
        number = sum(code == why for _row, code in done.refused)
        words = ngettext("%(count)s voter is left alone: %(why)s.", "%(count)s voters are left alone: %(why)s.", number)
        text = words % {"count": number, "why": announcing.REFUSALS[why]}
        messages.warning(request, f"{text} {names}".strip())


def tell_gone(request: HttpRequest, gone: int) -> None:
    """Of a voter removed over there nothing is left, not even the announcement."""
    if gone:
        words = ngettext(
            "%(count)s voter is announced no more: the other office removed them from its list.",
            "%(count)s voters are announced no more: the other office removed them from its list.",
            gone,
        )
        messages.warning(request, words % {"count": gone})


def crumbs(to: SpecialLocation | None = None) -> list[dict[str, str]]:
    here = [{"label": _("Announced transfers"), "url": reverse("voters:announcements") if to else ""}]
    trail: Iterable[dict[str, str]] = [{"label": to.name}] if to else []
    return [{"label": _("Voters"), "url": reverse("voters:search")}, *here, *trail]
