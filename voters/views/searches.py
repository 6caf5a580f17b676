"""Search lists: who lacks a NIK or an NKK, looked for by the Dukcapil of the home regency until a day, and what was found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.permissions import Permission, may, require
from locations.models import Batch

from .. import exporting
from .. import searches as verbs
from ..list_forms import ListDownloadForm, SearchForm
from ..models import Register, Search, SearchList
from . import returned
from .location import book_answer, csv_stream

if TYPE_CHECKING:
    import uuid

    from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

    from accounts.models import User

ROWS_A_PAGE: Final = 50
REFUSED: Final = 422
OUTCOMES: Final = {
    "menunggu": Q(outcome=""),
    "ditemukan": Q(outcome=Search.Outcome.FOUND),
    "tidak_ditemukan": Q(outcome=Search.Outcome.NOT_FOUND),
    "tanpa_jawaban": Q(outcome=Search.Outcome.UNANSWERED),
}


@require_http_methods(["GET", "POST"])
def searches(request: HttpRequest) -> HttpResponse:
    """The lists, open ones first; a POST makes a new one."""
    user = cast("User", request.user)  # LoginRequiredMiddleware lets nobody else in
    require(user, Permission.SEE_VOTERS)
    may_enter = may(user, Permission.ENTER)
    origins = verbs.origins(user) if may_enter else []
    form = SearchForm(request.POST if request.method == "POST" else None, origins=origins)
    if request.method == "POST":
        require(user, Permission.ENTER)
        made = made_of(form, user)
        if made is not None:
            return redirect("voters:search_list", made.pk)
    page: Any = Paginator(lists_of(user), ROWS_A_PAGE).get_page(request.GET.get("halaman"))
    page.object_list = [line_of(each) for each in page.object_list]
    context = {
        "page": page,
        "form": form,
        "crumbs": crumbs(),
        "may_make": may_enter and bool(origins),
        "may_enter": may_enter,
        "most": verbs.MOST_PEOPLE,
    }
    return render(request, "voters/searches.html", context, status=REFUSED if form.is_bound else 200)


def made_of(form: SearchForm, user: User) -> SearchList | None:
    """The new list; None where the form says why there is none."""
    if not form.is_valid():
        return None
    given = form.cleaned_data
    try:
        return verbs.make(home=given["wilayah"], lacks=given["cari"], due=given["batas"], by=user)
    except ValidationError as error:
        form.add_error(None, error)
        return None


def lists_of(user: User) -> Any:
    counts = {f"is_{name}": Count("searches", filter=_within(condition)) for name, condition in OUTCOMES.items()}
    own = SearchList.objects.visible_to(user).select_related("home", "made_by")
    return own.annotate(people=Count("searches"), **counts).order_by("closed_at", "due", "pk")


def _within(condition: Q) -> Q:
    return Q(**{f"searches__{name}": value for name, value in condition.children})


def line_of(searched: Any) -> dict[str, Any]:
    state, tone = state_of(searched)
    return {
        "list": searched,
        "name": searched.home.name if searched.home else _("home unknown"),
        "state": state,
        "tone": tone,
        "url": reverse("voters:search_list", args=[searched.pk]),
    }


def state_of(searched: Any) -> tuple[str, str]:
    """Word and tone; `searched` with its counts."""
    if searched.closed_at:
        return pgettext("search list", "closed"), ""
    if not searched.is_menunggu:
        return pgettext("search list", "answered"), "good"
    if searched.due < timezone.localdate():
        return pgettext("search list", "overdue"), "bad"
    return pgettext("search list", "waiting"), "warn"


@require_GET
@never_cache
def one(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """`hasil`: one of OUTCOMES."""
    user = cast("User", request.user)
    require(user, Permission.SEE_VOTERS)
    searched = one_list(user, pk)
    asked = request.GET.get("hasil", "")
    found = Search.objects.visible_to(user).filter(OUTCOMES.get(asked, Q()), list=searched)
    ordered = found.select_related("voter__location", "answered_by").order_by("voter__name", "pk")
    page: Any = Paginator(ordered, ROWS_A_PAGE).get_page(request.GET.get("halaman"))
    line = line_of(searched)
    context = {
        "line": line,
        "list": searched,
        "page": page,
        "crumbs": crumbs(line["name"]),
        "states": [("", _("all"), searched.people), *((n, label, count) for n, label, count in counts_of(searched))],
        "asked": asked if asked in OUTCOMES else "",
        "may_enter": may(user, Permission.ENTER),
    }
    return render(request, "voters/search_list.html", context)


def counts_of(searched: Any) -> list[tuple[str, str, int]]:
    labels = {
        "menunggu": pgettext("search list", "waiting"),
        "ditemukan": pgettext("search list", "found"),
        "tidak_ditemukan": pgettext("search list", "not found"),
        "tanpa_jawaban": pgettext("search list", "without an answer"),
    }
    return [(name, label, getattr(searched, f"is_{name}")) for name, label in labels.items()]


@require_http_methods(["GET", "POST"])
@never_cache
def download(request: HttpRequest, pk: uuid.UUID) -> HttpResponse | StreamingHttpResponse:
    """The list as a file to be answered; a POST gives it, and is recorded."""
    user = cast("User", request.user)
    require(user, Permission.SEE_VOTERS)
    searched = one_list(user, pk)
    data = request.POST if request.method == "POST" else None
    form = ListDownloadForm(data, may_reveal=may(user, Permission.REVEAL_IDENTITY), rows=searched.people)
    if not form.is_valid():
        line = line_of(searched)
        trail = [*crumbs(line["name"], line["url"]), {"label": _("Download")}]
        context = {"form": form, "line": line, "list": searched, "crumbs": trail}
        return render(request, "voters/search_download.html", context, status=REFUSED if form.is_bound else 200)
    given: dict[str, Any] = form.cleaned_data
    if given["isi"] == form.FULL:
        rows = verbs.export_in_full(searched=searched, reason=given["reason"], by=user)
    else:
        rows = verbs.export(searched=searched, by=user)
    name = f"pencarian-{searched.home_id or 'tanpa-domisili'}-{timezone.localdate().isoformat()}"
    if given["bentuk"] == form.XLSX:
        return book_answer(verbs.as_book(rows), f"{name}.xlsx")
    return csv_stream(exporting.csv_pieces(rows), f"{name}.csv")


@require_POST
def close(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user = cast("User", request.user)
    require(user, Permission.ENTER)
    searched = one_list(user, pk)
    if verbs.close(searched=searched, by=user):
        left = searched.is_menunggu
        words = ngettext(
            "The list is closed; %(count)s person stays without an answer.",
            "The list is closed; %(count)s people stay without an answer.",
            left,
        )
        messages.success(request, words % {"count": left})
    return redirect("voters:search_list", searched.pk)


@require_http_methods(["GET", "POST"])
@never_cache
def answer(request: HttpRequest) -> HttpResponse:
    """A list comes back."""
    return returned.upload(request, page_of_answers(), verbs.load)


@require_GET
@never_cache
def answered(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """What became of the rows of a list that came back."""
    return returned.result(request, page_of_answers(), pk)


def page_of_answers() -> returned.Page:
    return returned.Page(
        subject=Batch.Subject.SEARCHES,
        title=_("Upload an answered search list"),
        about=_(
            "Numbers found stand in the columns nik and nkk; where there are none, hasil says tidak ditemukan."
            " Each person stays the same voter. Rows without an answer stay as they are."
        ),
        url="voters:searches_answer",
        result_url="voters:searches_answered",
        back_url=reverse("voters:searches"),
        back=_("Search lists"),
        columns=verbs.columns_of(synthetic=Register.current().is_synthetic),
        crumbs=crumbs(),
    )


def one_list(user: User, pk: uuid.UUID) -> Any:
    """The list with its counts, or 404 for a foreign one as for one that does not exist."""
    return get_object_or_404(lists_of(user), pk=pk)


def crumbs(here: str = "", url: str = "") -> list[dict[str, str]]:
    trail = [
        {"label": _("Voters"), "url": reverse("voters:search")},
        {"label": _("Search lists"), "url": reverse("voters:searches")},
    ]
    return [*trail, {"label": here, "url": url}] if here else trail
