"""A voter list comes in: send it, watch it being read, see what became of its rows, take the refused ones back."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Final, cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRefresh

from accounts.permissions import Permission, may, require
from locations import intake
from locations.models import Batch, Refusal, SpecialLocation
from locations.views import url_if_any

from .. import books, columns, confirming, exporting, further, importing, receiving, refusals, undo, undoing, words
from .. import template as templates
from ..filters import BatchFilter
from ..forms import UploadForm
from ..models import MendedRow
from .batch_report import report_of
from .location import book_answer, csv_stream
from .location import crumbs as location_crumbs

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

    from accounts.models import User

PAGE_SIZE: Final = 50
UNFINISHED: Final = (Batch.State.RECEIVED, Batch.State.RUNNING)


@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    require(request.user, Permission.ENTER)
    chosen = chosen_location(request)
    if request.method == "POST":
        form = UploadForm(request.POST, request.FILES, user=request.user)
        if form.is_valid():
            return redirect("voters:batch_check", received(request, form).pk)
    else:
        form = UploadForm(initial={"lokasi": chosen}, user=request.user)
    context = {
        "form": form,
        "crumbs": location_crumbs(chosen, _("Upload")) if chosen else crumbs(_("Upload")),
        "cancel_url": reverse("locations:detail", args=[chosen.pk]) if chosen else reverse("voters:search"),
        "required": columns.REQUIRED,
        "headers": [header for header in columns.HEADERS if header not in columns.REQUIRED],
    }
    return render(request, "voters/upload.html", context)


def chosen_location(request: HttpRequest) -> SpecialLocation | None:
    """The location that the address names, if it is one of the own."""
    try:
        pk = uuid.UUID(request.GET.get("lokasi", ""))
    except ValueError:
        return None
    return SpecialLocation.objects.visible_to(request.user).active().filter(pk=pk).first()


def received(request: HttpRequest, form: UploadForm) -> Batch:
    """A new batch to be looked at, or the one that the same file made before."""
    file, location, mode = (form.cleaned_data[name] for name in ("berkas", "lokasi", "cara"))
    again = receiving.same_again(file=file, location=location, mode=mode, by=request.user)
    if again is not None:
        return known_already(request, again)
    return importing.receive(
        file=file, file_name=file.name, location=location, mode=mode, by=request.user, is_checked=True
    )


def known_already(request: HttpRequest, again: Batch) -> Batch:
    """What became of the same file; of a workbook with further sheets, the next of them."""
    left = further.sheets_of(again)
    if not left:
        text = _("You sent this very file before. It was not taken twice; this is what became of it.")
        messages.warning(request, text)
        return again
    messages.warning(
        request, _("You imported a sheet of this very file before. This is the next one: %(name)s.") % {"name": left[0]}
    )
    return further.take(batch=again, sheet=left[0], by=cast("User", request.user))


@require_POST
def next_sheet(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Another sheet of the same workbook (`lembar`), to be looked at."""
    user = cast("User", request.user)  # LoginRequiredMiddleware lets nobody else in
    require(user, Permission.ENTER)
    shown = one_batch(user, pk)
    try:
        made = further.take(batch=shown, sheet=request.POST.get("lembar", ""), by=user)
    except ValidationError as fault:
        messages.error(request, " ".join(fault.messages))
        return redirect("voters:batch", shown.pk)
    return redirect("voters:batch_check", made.pk)


@require_GET
def template(request: HttpRequest) -> HttpResponse:
    """The workbook to fill in."""
    require(request.user, Permission.ENTER)
    return book_answer(templates.workbook(), "daftar-pemilih.xlsx")


@require_GET
def batches(request: HttpRequest) -> HttpResponse:
    require(request.user, Permission.SEE_VOTERS)
    filters = BatchFilter(request.GET, batches_of(request.user))
    page = Paginator(filters.found, PAGE_SIZE).get_page(request.GET.get("halaman"))
    page.object_list = [words.batch_line(batch) for batch in page.object_list]
    return render(
        request,
        "voters/batches.html",
        {
            "page": page,
            "filter": filters,
            "crumbs": [{"label": _("Voters"), "url": reverse("voters:search")}, {"label": _("Uploads")}],
            "columns": batch_columns(),
            "may_enter": may(request.user, Permission.ENTER),
        },
    )


def batch_columns() -> list[dict[str, Any]]:
    counts = [{"label": outcome.label, "is_number": True} for outcome in words.Outcome]
    return [
        {"label": _("File")},
        {"label": _("Received")},
        {"label": _("State")},
        {"label": _("rows"), "is_number": True},
        *counts,
    ]


@require_GET
@never_cache
def batch(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    require(request.user, Permission.SEE_VOTERS)
    shown = one_batch(request.user, pk)
    if shown.state == Batch.State.CHECKING and may(request.user, Permission.ENTER):
        return redirect("voters:batch_check", shown.pk)
    order = undoing.open_order(shown)
    context = {
        "batch": shown,
        "line": words.batch_line(shown),
        "size": words.size_of(shown),
        "crumbs": crumbs(words.name_of(shown)),
        "is_unfinished": shown.state in UNFINISHED,
        "order": order,
        "poll_url": reverse("voters:batch_progress", args=[shown.pk]),
        "undo_failed": words.undo_failure_of(undoing.failed_order(shown, at=timezone.now())),
        "fits_a_book": shown.rejected <= books.MOST_ROWS,
        "may_enter": may(request.user, Permission.ENTER) and order is None,
        "upload_url": again_url(shown),
        "undo_url": undo_url(shown, request.user),
        "missing": words.missing_of(shown),
        "further": further.sheets_of(shown),
        "replaces": shown.mode == Batch.Mode.REPLACE,
        "panel_url": url_if_any("mapping:location_panel", shown.location_id) if shown.location_id else "",
        **about(shown, request),
    }
    return render(request, "voters/batch.html", context)


def about(shown: Batch, request: HttpRequest) -> dict[str, Any]:
    """What there is to say in this state."""
    if shown.state in UNFINISHED:
        return {"progress": words.progress_of(shown)}
    if shown.state == Batch.State.CHECKING:
        return {"failure": _("It waits for the confirmation of whoever sent it.")}
    if shown.state == Batch.State.FAILED:
        return {"failure": words.failure_of(shown), "may_be_read_otherwise": confirming.is_readable_otherwise(shown)}
    return {
        "figures": words.figures_of(shown),
        "report": report_of(shown, batches_of(request.user)),
        "warnings": words.warnings_of(shown),
        "page": refused_page(shown, request) if shown.rejected and shown.stored_name else None,
        "is_forgotten": shown.rejected and not shown.stored_name,
        "kept_until": shown.finished_at + intake.KEPT_FOR if shown.finished_at else None,
        "waiting": refusals.waiting(shown).count(),
        "mended": MendedRow.objects.visible_to(request.user).filter(batch=shown).count(),
        "columns": [{"label": _("Row"), "is_number": True}, *({"label": label} for label in refused_labels())],
    }


def refused_labels() -> list[str]:
    return [_("Column"), _("Content"), _("Reason")]


def refused_page(shown: Batch, request: HttpRequest) -> Any:
    rows = Refusal.objects.visible_to(request.user).filter(batch=shown).order_by("row_number")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("halaman"))
    page.object_list = refusals.reasons_of(shown, page.object_list)
    return page


@require_GET
@never_cache
def progress(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The moving part of the page; once the work is over, the browser is told to fetch the whole."""
    require(request.user, Permission.SEE_VOTERS)
    shown = one_batch(request.user, pk)
    if order := undoing.open_order(shown):
        return render(request, "voters/undo_progress.html", {"order": order, "poll_url": request.path})
    if shown.state not in UNFINISHED:
        return HttpResponseClientRefresh()
    return render(request, "voters/progress.html", {"progress": words.progress_of(shown), "poll_url": request.path})


@require_GET
def refused(request: HttpRequest, pk: uuid.UUID) -> HttpResponse | StreamingHttpResponse:
    require(request.user, Permission.ENTER)
    shown = one_refused(request.user, pk)
    return csv_stream(exporting.refused_as_csv(batch=shown, by=request.user), f"{refused_name(shown)}.csv")


@require_GET
def refused_book(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    require(request.user, Permission.ENTER)
    shown = one_refused(request.user, pk)
    if shown.rejected > books.MOST_ROWS:
        raise Http404
    return book_answer(exporting.refused_as_book(batch=shown, by=request.user), f"{refused_name(shown)}.xlsx")


def refused_name(shown: Batch) -> str:
    return f"ditolak-{timezone.localdate().isoformat()}-{str(shown.pk)[-6:]}"


def batches_of(user: User) -> QuerySet[Batch]:
    """Voter lists that came in from the own territory, newest first."""
    own = Batch.objects.visible_to(user).filter(subject=Batch.Subject.VOTERS)
    return own.select_related("location", "received_by").order_by("-received_at", "-pk")


def one_batch(user: User, pk: uuid.UUID) -> Batch:
    return get_object_or_404(batches_of(user), pk=pk)


def one_refused(user: User, pk: uuid.UUID) -> Batch:
    """One whose refused rows are still there."""
    return get_object_or_404(batches_of(user).exclude(stored_name=""), pk=pk)


def again_url(shown: Batch) -> str:
    """Where the mended rows go."""
    url = reverse("voters:upload")
    return f"{url}?lokasi={shown.location_id}" if shown.location_id else url


def undo_url(shown: Batch, user: User) -> str:
    """Where the list is taken back, or who stayed then is named; empty where there is nothing to do or see."""
    is_offered = may(user, Permission.ENTER) and undo.is_offered(shown, at=timezone.now())
    is_over = shown.state == Batch.State.TAKEN_BACK
    return reverse("voters:batch_undo", args=[shown.pk]) if is_offered or is_over else ""


def crumbs(here: str) -> list[dict[str, str]]:
    return [
        {"label": _("Voters"), "url": reverse("voters:search")},
        {"label": _("Uploads"), "url": reverse("voters:batches")},
        {"label": here},
    ]
