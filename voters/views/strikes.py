"""Who leaves which list at home: for the home regency to strike, tick off, take along, and bring back answered."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.permissions import Permission, may, require
from locations.models import Batch
from regions.models import Region
from regions.naming import path_of

from .. import answers, exporting, references
from .. import strikes as verbs
from ..list_forms import ListDownloadForm
from ..models import Strike
from . import returned
from .location import book_answer, csv_stream

if TYPE_CHECKING:
    from django.http import HttpRequest, QueryDict

    from accounts.models import User

ROWS_A_PAGE: Final = 50
REGION: Final = re.compile(r"\d\d(?:\.\d\d)?", re.ASCII)
REFUSED: Final = 422


@require_http_methods(["GET", "POST"])
def strikes(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """`keadaan`: one of `strikes.STATES`; `wilayah`: a home regency or province. A POST ticks off the chosen ones, or all
    of the state there."""
    user = cast("User", request.user)  # LoginRequiredMiddleware lets nobody else in
    require(user, Permission.SEE_VOTERS)
    if request.method == "POST":
        return _acknowledge(request)
    if request.GET.get("format") == "csv":
        return csv_stream(exporting.csv_pieces(verbs.export(by=user)), f"{file_name()}.csv")
    region = region_asked(request.GET)
    own = verbs.asked_of(user, region=region)
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
        "region": region,
        "region_name": Region.objects.filter(pk=region).values_list("name", flat=True).first() or "",
        "is_regency": len(user.territory_id) == 5,
        "elsewhere": verbs.not_found_at_home(user).count(),
        "in_state": counts[asked],
        "may_enter": may(user, Permission.ENTER),
        "may_tick": asked in verbs.TO_STRIKE and may(user, Permission.ENTER),
    }
    return render(request, "voters/strikes.html", context)


def region_asked(data: QueryDict) -> str:
    """The code of a province or regency, or nothing; what is not one's own finds nothing anyway."""
    code = data.get("wilayah", "")
    return code if REGION.fullmatch(code) else ""


@require_GET
def by_regency(request: HttpRequest) -> HttpResponse:
    """How far each home regency of the own territory is; every figure leads to its rows."""
    user = cast("User", request.user)
    require(user, Permission.SEE_VOTERS)
    rows = verbs.by_regency(verbs.asked_of(user))
    labels = labels_of_states()
    lines = [
        {
            "name": row["name"],
            "region": row["region"],
            "listed": row["listed"],
            "cells": [(state, row[name]) for name, state in verbs.COUNTED.items()],
        }
        for row in sorted(rows, key=lambda row: (-row["waiting"] - row["found"], row["name"]))
    ]
    context = {"lines": lines, "heads": [labels[state] for state in verbs.COUNTED.values()]}
    return render(request, "voters/strikes_by_regency.html", {**context, "crumbs": crumbs(_("By home regency"))})


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
        else [
            int(text) for text in request.POST.getlist("coret") if text.isascii() and text.isdigit() and len(text) < 19
        ]
    )
    region = region_asked(request.POST)
    count = verbs.acknowledge(ids=ids, state=state, region=region, by=cast("User", request.user))
    words = ngettext("%(count)s voter is ticked off as struck.", "%(count)s voters are ticked off as struck.", count)
    messages.success(request, words % {"count": count})
    return redirect(f"{reverse('voters:strikes')}?{urlencode({'wilayah': region, 'keadaan': state})}")


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
def download(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """The list, or one state (`keadaan`) or one home (`wilayah`) of it, as a file to be answered; a POST gives it, and is recorded."""
    user = cast("User", request.user)
    require(user, Permission.SEE_VOTERS)
    state = request.GET.get("keadaan", "")
    state = state if state in verbs.STATES else ""
    region = region_asked(request.GET)
    count = verbs.asked_of(user, state=state, region=region).count()
    data = request.POST if request.method == "POST" else None
    form = ListDownloadForm(data, may_reveal=may(user, Permission.REVEAL_IDENTITY), rows=count)
    if not form.is_valid():
        labels = labels_of_states()
        choices = [("", _("all"), not state), *((each, labels[each], each == state) for each in verbs.STATES)]
        context = {"form": form, "count": count, "crumbs": crumbs(_("Download")), "states": choices, "region": region}
        return render(request, "voters/strikes_download.html", context, status=REFUSED if form.is_bound else 200)
    given: dict[str, Any] = form.cleaned_data
    is_full = given["isi"] == form.FULL
    rows = (
        verbs.export_in_full(state=state, region=region, reason=given["reason"], by=user)
        if is_full
        else verbs.export(state=state, region=region, by=user)
    )
    if given["bentuk"] == form.XLSX:
        return book_answer(verbs.as_book(rows), f"{file_name()}.xlsx")
    return csv_stream(exporting.csv_pieces(rows), f"{file_name()}.csv")


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
