"""Who leaves which list at home: for the home regency to strike, tick off, take along, and bring back answered."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Final, cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.permissions import Permission, may, require
from locations.models import Batch
from regions.naming import path_of

from .. import answers, exporting, references
from .. import strikes as verbs
from ..list_forms import ListDownloadForm
from ..models import Strike
from . import returned
from .location import book_answer, csv_answer

if TYPE_CHECKING:
    from django.http import HttpRequest

    from accounts.models import User

ROWS_A_PAGE: Final = 50
REFUSED: Final = 422


@require_http_methods(["GET", "POST"])
def strikes(request: HttpRequest) -> HttpResponse:
    """`keadaan`: one of `strikes.STATES`. A POST ticks off the chosen ones, or all of the state."""
    user = cast("User", request.user)  # LoginRequiredMiddleware lets nobody else in
    require(user, Permission.SEE_VOTERS)
    if request.method == "POST":
        return _acknowledge(request)
    if request.GET.get("format") == "csv":
        return csv_answer(exporting.as_csv(verbs.export(by=user)), f"{file_name()}.csv")
    own = Strike.objects.visible_to(user)
    counts = own.aggregate(**{state: Count("pk", filter=condition) for state, condition in verbs.STATES.items()})
    asked = request.GET.get("keadaan", "menunggu")
    asked = asked if asked in verbs.STATES else "menunggu"
    shown = own.filter(verbs.STATES[asked]).select_related(
        "voter__home__parent__parent__parent", "voter__location", "answered_by"
    )
    page: Any = Paginator(shown.order_by("voter__home", "voter__name", "pk"), ROWS_A_PAGE).get_page(
        request.GET.get("halaman")
    )
    page.object_list = [line_of(each) for each in page.object_list]
    labels = labels_of_states()
    context = {
        "page": page,
        "asked": asked,
        "states": [(state, labels[state], counts[state]) for state in verbs.STATES],
        "elsewhere": verbs.not_found_at_home(user).count(),
        "in_state": counts[asked],
        "may_enter": may(user, Permission.ENTER),
        "may_tick": asked in verbs.TO_STRIKE and may(user, Permission.ENTER),
    }
    return render(request, "voters/strikes.html", context)


def labels_of_states() -> dict[str, str]:
    return {
        "menunggu": pgettext("strike", "waiting"),
        "ditemukan": pgettext("strike", "found"),
        "tidak_ditemukan": pgettext("strike", "not found"),
        "dicoret": pgettext("strike", "struck"),
        "ditarik": pgettext("strike", "taken back"),
    }


def line_of(strike: Strike) -> dict[str, Any]:
    return {
        "strike": strike,
        "home": path_of(strike.voter.home) if strike.voter.home else "–",
        "reference": references.reference_of(references.STRIKE, strike.pk),
        "since": strike.taken_back_at or strike.answered_at or strike.listed_at,
    }


def file_name() -> str:
    return f"coret-{timezone.localdate().isoformat()}"


def _acknowledge(request: HttpRequest) -> HttpResponse:
    state = request.POST.get("keadaan", "")
    state = state if state in verbs.TO_STRIKE else "menunggu"
    everything = "semua" in request.POST
    ids = (
        None
        if everything
        else [int(text) for text in request.POST.getlist("coret") if text.isdigit() and len(text) < 19]
    )
    count = verbs.acknowledge(ids=ids, state=state, by=cast("User", request.user))
    words = ngettext("%(count)s voter is ticked off as struck.", "%(count)s voters are ticked off as struck.", count)
    messages.success(request, words % {"count": count})
    return redirect(f"{reverse('voters:strikes')}?keadaan={state}")


@require_GET
def not_found(request: HttpRequest) -> HttpResponse:
    """Voters registered in the own territory whom their home regency does not find: the home may be wrong."""
    user = cast("User", request.user)
    require(user, Permission.SEE_VOTERS)
    found = verbs.not_found_at_home(user).select_related("voter__home__parent__parent__parent", "voter__location")
    page: Any = Paginator(found.order_by("voter__location__name", "voter__name", "pk"), ROWS_A_PAGE).get_page(
        request.GET.get("halaman")
    )
    page.object_list = [line_of(each) for each in page.object_list]
    return render(request, "voters/strikes_not_found.html", {"page": page, "crumbs": crumbs(_("Not found at home"))})


@require_http_methods(["GET", "POST"])
@never_cache
def download(request: HttpRequest) -> HttpResponse:
    """The list, or one state (`keadaan`) of it, as a file to be answered; a POST gives it, and is recorded."""
    user = cast("User", request.user)
    require(user, Permission.SEE_VOTERS)
    state = request.GET.get("keadaan", "")
    state = state if state in verbs.STATES else ""
    count = Strike.objects.visible_to(user).filter(verbs.STATES[state] if state else Q()).count()
    data = request.POST if request.method == "POST" else None
    form = ListDownloadForm(data, may_reveal=may(user, Permission.REVEAL_IDENTITY), rows=count)
    if not form.is_valid():
        labels = labels_of_states()
        choices = [("", _("all"), not state), *((each, labels[each], each == state) for each in verbs.STATES)]
        context = {"form": form, "count": count, "crumbs": crumbs(_("Download")), "states": choices}
        return render(request, "voters/strikes_download.html", context, status=REFUSED if form.is_bound else 200)
    given: dict[str, Any] = form.cleaned_data
    is_full = given["isi"] == form.FULL
    rows = (
        verbs.export_in_full(state=state, reason=given["reason"], by=user)
        if is_full
        else verbs.export(state=state, by=user)
    )
    if given["bentuk"] == form.XLSX:
        return book_answer(verbs.as_book(rows), f"{file_name()}.xlsx")
    return csv_answer(exporting.as_csv(rows), f"{file_name()}.csv")


@require_http_methods(["GET", "POST"])
@never_cache
def answer(request: HttpRequest) -> HttpResponse:
    """The list comes back."""
    return returned.upload(request, page_of_answers(), answers.load)


@require_GET
@never_cache
def answered(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """What became of the rows of a list that came back."""
    return returned.result(request, page_of_answers(), pk)


def page_of_answers() -> returned.Page:
    return returned.Page(
        subject=Batch.Subject.ANSWERS,
        title=_("Upload the answered strike list"),
        about=_(
            "Fill in the column jawaban of the list that you downloaded: ditemukan, tidak ditemukan or sudah dicoret."
            " Rows without an answer stay as they are; the same file again changes nothing."
        ),
        url="voters:strikes_answer",
        result_url="voters:strikes_answered",
        back_url=reverse("voters:strikes"),
        back=_("Strike list"),
        columns=answers.COLUMNS,
        crumbs=crumbs(),
    )


def crumbs(here: str = "") -> list[dict[str, str]]:
    trail = [
        {"label": _("Voters"), "url": reverse("voters:search")},
        {"label": _("Strike list"), "url": reverse("voters:strikes")},
    ]
    return [*trail, {"label": here}] if here else trail
