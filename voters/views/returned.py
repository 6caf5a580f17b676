"""A list that we gave out comes back: the page to upload it, and the page that says what became of its rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.permissions import Permission, may, require
from locations.models import Batch, Refusal

from .. import returned, words
from ..forms import file_fault
from ..list_forms import AnswerFileForm

if TYPE_CHECKING:
    import uuid
    from collections.abc import Callable, Sequence

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from accounts.models import User
    from locations.cells import Column

ROWS_A_PAGE: Final = 50
LATEST: Final = 10
REFUSED: Final = 422


@dataclass(frozen=True, slots=True)
class Page:
    """What differs from list to list."""

    subject: str
    title: str
    about: str
    url: str
    result_url: str
    back_url: str
    back: str
    columns: Sequence[Column]
    crumbs: list[dict[str, str]]


def upload(request: HttpRequest, page: Page, load: Callable[..., Batch]) -> HttpResponse:
    user = cast("User", request.user)  # LoginRequiredMiddleware lets nobody else in
    require(user, Permission.ENTER)
    bound = (request.POST, request.FILES) if request.method == "POST" else ()
    form = AnswerFileForm(*bound)
    if form.is_valid():
        file = form.cleaned_data["berkas"]
        batch = load(file=file, file_name=file.name, by=user)
        say(request, batch)
        return redirect(page.result_url, batch.pk)
    context = {
        "told": page,
        "form": form,
        "crumbs": [*page.crumbs, {"label": _("Upload")}],
        "headers": [column.header for column in page.columns],
        "latest": [line_of(batch, page) for batch in batches_of(user, page)[:LATEST]],
    }
    return render(request, "voters/returned_upload.html", context, status=REFUSED if form.is_bound else 200)


def say(request: HttpRequest, batch: Batch) -> None:
    if batch.state == Batch.State.DONE:
        text = ngettext("%(count)s row brought something new.", "%(count)s rows brought something new.", batch.accepted)
        messages.success(request, text % {"count": batch.accepted})


def result(request: HttpRequest, page: Page, pk: uuid.UUID) -> HttpResponse:
    user = cast("User", request.user)
    require(user, Permission.SEE_VOTERS)
    batch = get_object_or_404(batches_of(user, page), pk=pk)
    line = line_of(batch, page)
    context = {
        "told": page,
        "batch": batch,
        "line": line,
        "crumbs": [*page.crumbs, {"label": line["name"]}],
        "upload_url": reverse(page.url),
        "may_enter": may(user, Permission.ENTER),
        **about(request, batch),
    }
    return render(request, "voters/returned.html", context)


def about(request: HttpRequest, batch: Batch) -> dict[str, Any]:
    if batch.state == Batch.State.FAILED:
        return {"failure": file_fault(batch.failure["code"], row=batch.failure["row"], column=batch.failure["column"])}
    return {"figures": figures_of(batch), "warnings": warnings_of(batch), "page": refused_page(request, batch)}


def figures_of(batch: Batch) -> list[dict[str, Any]]:
    return [
        {"value": batch.rows, "label": _("rows")},
        {"value": batch.accepted, "label": _("brought something new"), "tone": "good" if batch.accepted else ""},
        {"value": batch.updated, "label": _("changed nothing")},
        {"value": batch.rejected, "label": _("refused"), "tone": "bad" if batch.rejected else ""},
    ]


def warnings_of(batch: Batch) -> list[dict[str, Any]]:
    return [
        {
            "text": words.told_with_name(returned.WARNINGS[code], warning["params"]),
            "count": warning["count"],
            "rows": words.rows_text(warning["rows"], warning["count"]),
        }
        for code, warning in batch.warnings.items()
    ]


def refused_page(request: HttpRequest, batch: Batch) -> Any:
    rows = Refusal.objects.visible_to(request.user).filter(batch=batch).order_by("row_number")
    page: Any = Paginator(rows, ROWS_A_PAGE).get_page(request.GET.get("halaman"))
    page.object_list = [
        {
            "number": refusal.row_number,
            "column": reason["column"],
            "text": _(returned.MESSAGES[reason["code"]]) % reason["params"],
        }
        for refusal in page.object_list
        for reason in refusal.reasons
    ]
    return page


def batches_of(user: User, page: Page) -> QuerySet[Batch]:
    own = Batch.objects.visible_to(user).filter(subject=page.subject)
    return own.select_related("received_by").order_by("-received_at", "-pk")


def line_of(batch: Batch, page: Page) -> dict[str, Any]:
    return {**words.batch_line(batch), "url": reverse(page.result_url, args=[batch.pk])}
