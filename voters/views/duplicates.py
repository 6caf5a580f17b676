"""The inbox of duplicates: which of the own voters may be registered twice, who is on it, and what is done about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission, may, require

from .. import acts, duplicates, exporting
from ..filters import CaseFilter, cases_in_order
from ..forms import ActForm
from ..models import Act, DuplicateCase, Voter
from ..rows import rows_of
from ..sides import case_row, comparison, refusal_lines
from ..standing import standing_of
from .location import csv_stream, export_parameters

if TYPE_CHECKING:
    import uuid
    from collections.abc import Collection

    from django.http import HttpRequest

    from accounts.models import User

ROWS_A_PAGE: Final = 50
REFUSED: Final = 422
LONGEST_WALK: Final = 5000


@require_http_methods(["GET", "POST"])
@never_cache
def inbox(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """`keadaan`, `jenis`, `petugas`, `cari`, `urut`. A POST does one act over the chosen rows."""
    require(request.user, Permission.SEE_VOTERS)
    if request.method == "POST":
        return act_on_many(request)
    if request.GET.get("format") == "csv":
        found = filtered(request).found
        rows = duplicates.export(cases=found, by=request.user)
        return csv_stream(exporting.csv_pieces(rows), f"ganda-{timezone.localdate().isoformat()}.csv")
    return inbox_page(request, ActForm())


def filtered(request: HttpRequest) -> CaseFilter:
    return CaseFilter(request.GET, duplicates.inbox(request.user), user=request.user)


def inbox_page(request: HttpRequest, form: ActForm, *, chosen: Collection[str] = (), status: int = 200) -> HttpResponse:
    filters = filtered(request)
    ordered = cases_in_order(filters.found, request.GET.get("urut", ""))
    page: Any = Paginator(ordered, ROWS_A_PAGE).get_page(request.GET.get("halaman"))
    page.object_list = lines_of(list(page.object_list), request.user, chosen)
    open_cases = duplicates.inbox(request.user).filter(closed_at=None)
    context = {
        "page": page,
        "filter": filters,
        "search": request.GET.get("cari", ""),
        "columns": columns(),
        "about": about(filters, page.paginator.count),
        "open": open_cases.count(),
        "may_enter": may(request.user, Permission.ENTER),
        "form": form,
        "export_url": f"?{export_parameters(request)}",
    }
    return render(request, "voters/duplicates.html", context, status=status)


def lines_of(cases: list[DuplicateCase], user: User, chosen: Collection[str]) -> list[dict[str, Any]]:
    voters = rows_of([case.voter_id for case in cases], {}, user)
    rows = {row.voter.pk: row for row in voters}
    beside = duplicates.beside(cases, user)
    likenesses = duplicates.likenesses([case.voter_id for case in cases], user)
    return [
        case_row(case, rows[case.voter_id], beside[case.pk], likenesses.get(case.voter_id), user)
        | {"is_chosen": str(case.pk) in chosen}
        for case in cases
        if case.voter_id in rows
    ]


def about(filters: CaseFilter, count: int) -> str:
    if filters.is_narrowed:
        return ngettext("%(count)s row found", "%(count)s rows found", count) % {"count": count}
    return ngettext("%(count)s open row", "%(count)s open rows", count) % {"count": count}


def columns() -> list[dict[str, Any]]:
    return [
        {"label": _("Voter"), "sort": "nama"},
        {"label": _("Location"), "sort": "lokasi"},
        {"label": _("Score"), "sort": "skor", "is_number": True},
        {"label": _("What agrees")},
        {"label": _("Beside it")},
        {"label": _("Who is on it"), "sort": "petugas"},
        {"label": _("Since"), "sort": "dibuka"},
    ]


def act_on_many(request: HttpRequest) -> HttpResponse:
    require(request.user, Permission.ENTER)
    form = ActForm(request.POST)
    chosen = request.POST.getlist("kasus")
    cases = chosen_cases(request.user, chosen)
    if form.is_valid() and not cases:
        form.add_error(None, _("Choose at least one row."))
    if form.is_valid():
        done = attempt(form, cases, request.user)
        if done:
            return told(request, done)
    return inbox_page(request, form, chosen=set(chosen), status=REFUSED)


def chosen_cases(user: User, texts: list[str]) -> list[DuplicateCase]:
    """The own rows among these ids; whatever is no id, or foreign, is not there."""
    ids = [text for text in texts if len(text) == 36][: acts.MOST + 1]
    try:
        return list(DuplicateCase.objects.visible_to(user).filter(pk__in=ids))
    except ValidationError:
        return []


def attempt(form: ActForm, cases: list[DuplicateCase], user: User) -> acts.Done | None:
    """Carries the act out, or says in the form why nothing of it could be done."""
    given = form.cleaned_data
    common: dict[str, Any] = {"cases": cases, "reason": given["reason"], "name": given.get("name", ""), "by": user}
    try:
        match given["tindakan"]:
            case Act.Kind.TRANSFER:
                return acts.transfer(on=given["tanggal"], **common)
            case Act.Kind.DEPARTURE:
                return acts.depart(on=given["tanggal"], **common)
            case Act.Kind.ARRIVAL:
                return acts.arrive(on=given["tanggal"], **common)
            case Act.Kind.MERGE:
                return acts.merge(**common)
            case _other:
                return acts.set_apart(**common)
    except ValidationError as fault:
        form.add_error(None, fault.messages)
        return None


def told(request: HttpRequest, done: acts.Done) -> HttpResponse:
    count = done.act.cases
    words = ngettext("“%(name)s” is done for %(count)s row.", "“%(name)s” is done for %(count)s rows.", count)
    messages.success(request, words % {"name": done.act.name, "count": count})
    for line in refusal_lines(done.refused):
        messages.warning(request, line)
    return redirect("voters:act", done.act.pk)


@require_http_methods(["GET", "POST"])
@never_cache
def case(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One case side by side. A POST takes it, gives it back, or acts on one of its own rows."""
    require(request.user, Permission.SEE_VOTERS)
    asked = get_object_or_404(duplicates.inbox(request.user), pk=pk)
    if request.method == "GET":
        return case_page(request, asked, ActForm(initial={"tanggal": timezone.localdate()}))
    require(request.user, Permission.ENTER)
    if "pegang" in request.POST:
        return hold(request, asked)
    form = ActForm(request.POST)
    if form.is_valid():
        about_row = get_object_or_404(
            duplicates.inbox(request.user), pk__in=own_rows(request, asked), number=asked.number
        )
        done = attempt(form, [about_row], request.user)
        if done:
            return told(request, done)
    return case_page(request, asked, form, status=REFUSED)


def own_rows(request: HttpRequest, asked: DuplicateCase) -> list[uuid.UUID]:
    """The one own row that the form is about: the chosen one, or the one that the page is of."""
    chosen = chosen_cases(request.user, request.POST.getlist("kasus")[:1])
    return [row.pk for row in chosen] or [asked.pk]


def hold(request: HttpRequest, asked: DuplicateCase) -> HttpResponse:
    try:
        verb = acts.take if request.POST["pegang"] == "ya" else acts.give_back
        verb(case=asked, by=request.user)
    except ValidationError as fault:
        messages.error(request, " ".join(fault.messages))
    return redirect("voters:case", asked.pk)


def case_page(request: HttpRequest, asked: DuplicateCase, form: ActForm, *, status: int = 200) -> HttpResponse:
    sides = duplicates.sides_of(asked, request.user)
    own = [side.case for side in sides if side.case]
    ids = [row.voter_id for row in own]
    standing = standing_of(Voter.objects.visible_to(request.user).filter(pk__in=ids))
    rows = {row.voter.pk: row for row in rows_of(ids, standing.reasons, request.user)}
    before, after = neighbours(request.user, asked)
    context = {
        "case": asked,
        "number": str(asked.number)[:8],
        "crumbs": [
            {"label": _("Voters"), "url": reverse("voters:search")},
            {"label": _("Duplicates"), "url": reverse("voters:duplicates")},
            {"label": asked.voter.name},
        ],
        "table": comparison(asked, sides, rows, request.user),
        "own": [row for row in own if row.closed_at is None],
        "form": form,
        "may_act": asked.closed_at is None and may(request.user, Permission.ENTER),
        "may_enter": may(request.user, Permission.ENTER),
        "previous": before,
        "next": after,
        "elsewhere": sum(side.case is None for side in sides),
    }
    return render(request, "voters/case.html", context, status=status)


def neighbours(user: User, asked: DuplicateCase) -> tuple[str, str]:
    """Addresses of the open rows before and after this one, in the order of the inbox; empty where there is none."""
    ids = list(duplicates.inbox(user).filter(closed_at=None).values_list("pk", flat=True)[:LONGEST_WALK])
    if asked.pk not in ids:
        return "", reverse("voters:case", args=[ids[0]]) if ids else ""
    at = ids.index(asked.pk)
    before = reverse("voters:case", args=[ids[at - 1]]) if at else ""
    return before, reverse("voters:case", args=[ids[at + 1]]) if at + 1 < len(ids) else ""
