"""Refused rows of a list, one after the other as a form: why, what is proposed, and on to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission, may, require
from locations.cells import Fault
from locations.models import Batch, Refusal, SpecialLocation
from locations.words import region_name
from regions.models import Region

from .. import masking, mending, registration, words
from ..forms import MendForm, ReasonForm, VoterForm
from ..masking import MARK
from .location import blocks_of
from .upload import one_batch

if TYPE_CHECKING:
    import uuid

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from accounts.models import User

REFUSED: Final = 422
LOCATIONS_OFFERED: Final = 500


@require_http_methods(["GET", "POST"])
@never_cache
def mend(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """`baris`, the row's number; without one the first that waits. A POST saves it, takes proposals, reveals it, or puts
    it away."""
    user = cast("User", request.user)  # LoginRequiredMiddleware lets nobody else in
    require(user, Permission.ENTER)
    batch = one_batch(user, pk)
    waiting = Refusal.objects.visible_to(user).filter(batch=batch).select_related("batch__location")
    refusal = chosen(waiting, request.GET.get("baris", ""))
    if refusal is None:
        messages.info(request, _("This row is not among the refused ones any more."))
        return redirect("voters:batch", batch.pk)
    if batch.state != Batch.State.DONE:
        messages.error(request, _("This list was taken back."))
        return redirect("voters:batch", batch.pk)
    page = Page(request, batch, refusal, waiting)
    if request.method == "GET":
        return page.as_it_came()
    for name, answer in (("lihat", page.revealed), ("pakai", page.proposed), ("buang", page.put_away)):
        if name in request.POST:
            return answer()
    return page.saved()


def chosen(waiting: QuerySet[Refusal], number: str) -> Refusal | None:
    """The row of this number, or the first one."""
    if not number:
        return waiting.order_by("row_number").first()
    is_number = number.isascii() and number.isdigit() and len(number) < 10
    return waiting.filter(row_number=int(number)).first() if is_number else None


class Page:
    """One refused row as a form."""

    def __init__(self, request: HttpRequest, batch: Batch, refusal: Refusal, waiting: QuerySet[Refusal]) -> None:
        self.request, self.batch, self.refusal, self.waiting = request, batch, refusal, waiting
        self.user = cast("User", request.user)
        self.row = mending.row_of(refusal)
        self.cells = dict.fromkeys((*MendForm.base_fields,), "") | self.row.named
        if batch.location and not self.cells["kode_lokasi"].strip() and not self.cells[mending.STAY].strip():
            self.cells["kode_lokasi"] = batch.location.code
        self.shown = masking.masked_row(self.cells)
        self.taken = [column for column in request.POST.getlist("dipakai") if column in self.row.proposed]

    def as_it_came(self) -> HttpResponse:
        form = MendForm(cells=self.cells, masked=self.shown)
        form.complain(self._faults())
        return self._render(form)

    def revealed(self) -> HttpResponse:
        """Every cell plain, once: this answer is kept nowhere."""
        require(self.user, Permission.REVEAL_IDENTITY)
        asked = ReasonForm(self.request.POST)
        if not asked.is_valid():
            form = MendForm(cells=self.cells, masked=self.shown)
            form.complain(self._faults())
            return self._render(form, asked=asked, status=REFUSED)
        reason = asked.cleaned_data["reason"]
        plain = self.cells | mending.reveal(refusal=self.refusal, reason=reason, by=self.user)
        form = MendForm(cells=plain, masked=plain)
        form.complain(self._faults())
        return self._render(form, is_plain=True)

    def proposed(self) -> HttpResponse:
        """What was typed, with one proposal, or all, in its field; what identifies somebody is hidden there, too."""
        asked = self.request.POST["pakai"]
        columns = [column for column in self.row.proposed if asked in (column, "semua")]
        data = self.request.POST.copy()
        self.taken = list(dict.fromkeys([*self.taken, *columns]))
        mended = masking.masked_row(self.row.proposed)
        for column in columns:
            data[column] = mended[column]
        form = MendForm(data, cells=self.cells, masked=self.shown)
        form.masked |= {column: mended[column] for column in self.taken if MARK in mended[column]}
        left = [reason for reason in self.refusal.reasons if reason["column"] not in self.taken]
        form.complain(self._faults(left))
        return self._render(form)

    def saved(self) -> HttpResponse:
        form = MendForm(self.request.POST, cells=self.cells, masked=self.shown)
        mended = masking.masked_row(self.row.proposed)
        form.masked |= {column: mended[column] for column in self.taken if MARK in mended[column]}
        if form.is_valid():
            fields = form.cells
            for column in self.taken:
                if MARK in fields.get(column, ""):
                    fields[column] = self.row.proposed[column]
            try:
                voter = mending.mend(refusal=self.refusal, fields=fields, by=self.user)
            except ValidationError as faults:
                form.take(faults)
            else:
                said = {"row": self.refusal.row_number, "name": voter.name}
                messages.success(self.request, _("Row %(row)s is corrected: %(name)s is in the register.") % said)
                return self._onward()
        return self._render(form, status=REFUSED)

    def put_away(self) -> HttpResponse:
        try:
            mending.put_away(refusal=self.refusal, by=self.user)
        except ValidationError as fault:
            messages.error(self.request, " ".join(fault.messages))
        else:
            messages.success(self.request, _("Row %(row)s is put away.") % {"row": self.refusal.row_number})
        return self._onward()

    def _onward(self) -> HttpResponse:
        """To the next row, or from the last one to the first that was passed over; then to the list."""
        after = self.waiting.filter(row_number__gt=self.refusal.row_number).order_by("row_number").first()
        following = after or self.waiting.order_by("row_number").first()
        if following is None:
            messages.success(self.request, _("No refused row is left."))
            return redirect("voters:batch", self.batch.pk)
        return redirect(f"{reverse('voters:batch_mend', args=[self.batch.pk])}?baris={following.row_number}")

    def _faults(self, reasons: list[dict[str, Any]] | None = None) -> ValidationError:
        asked = self.refusal.reasons if reasons is None else reasons
        return registration.validation_error(Fault(each["column"], each["code"], each["params"]) for each in asked)

    def _render(
        self, form: MendForm, *, asked: ReasonForm | None = None, is_plain: bool = False, status: int = 200
    ) -> HttpResponse:
        numbers = self.waiting.order_by("row_number")
        before = numbers.filter(row_number__lt=self.refusal.row_number).last()
        after = numbers.filter(row_number__gt=self.refusal.row_number).first()
        home = str(form["kode_wilayah_domisili"].value() or "")
        mended = masking.masked_row(self.row.proposed)
        context = {
            "form": form,
            "batch": self.batch,
            "name": words.name_of(self.batch),
            "refusal": self.refusal,
            "left": numbers.count(),
            "previous": before,
            "next": after,
            "taken": self.taken,
            "proposals": [
                {"column": column, "label": label_of(column), "text": mended[column]}
                for column in self.row.proposed
                if column not in self.taken
            ],
            "crumbs": trail_of(self.batch, self.refusal),
            "may_reveal": may(self.user, Permission.REVEAL_IDENTITY) and not is_plain,
            "reveal_form": asked or ReasonForm(),
            "reveal_url": f"?baris={self.refusal.row_number}",
            "reveal_hidden": {"lihat": "1"},
            "away_hidden": {"buang": "1"},
            "blocks": blocks_of(self.batch.location, self.user) if self.batch.location else [],
            "locations": own_locations(self.user),
            "region_url": reverse("regions:search"),
            "region_chosen": "" if MARK in home else region_name(home, Region.objects.all()),
        }
        return render(self.request, "voters/mend.html", context, status=status)


def own_locations(user: User) -> list[SpecialLocation]:
    return list(SpecialLocation.objects.visible_to(user).active().order_by("name", "code")[:LOCATIONS_OFFERED])


def label_of(column: str) -> Any:
    field = VoterForm.base_fields.get(column)
    return field.label if field else column


def trail_of(batch: Batch, refusal: Refusal) -> list[dict[str, str]]:
    return [
        {"label": _("Voters"), "url": reverse("voters:search")},
        {"label": _("Uploads"), "url": reverse("voters:batches")},
        {"label": words.name_of(batch), "url": reverse("voters:batch", args=[batch.pk])},
        {"label": _("Row %(number)s") % {"number": refusal.row_number}},
    ]
