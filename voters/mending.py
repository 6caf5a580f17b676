"""Verbs of one refused row: correct it, so that it becomes a voter, put away what is nobody, and look at the identity in it.

A corrected row passes the checks of the import and enters as one voter does in the form. It then is no refused row any more;
the counts of its batch stay what they were when the file was read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy

from accounts import audit
from accounts.permissions import Permission, require
from locations.cells import CellFault, Fault, parse_region
from locations.models import Batch, Refusal, SpecialLocation
from regions.territory import territory_of

from . import columns, importing, missing, refusals, registration
from .models import MendedRow, Voter
from .reading import Reading

if TYPE_CHECKING:
    from accounts.models import User

STAY = "kode_wilayah_keberadaan"


@transaction.atomic
def mend(*, refusal: Refusal, fields: Mapping[str, str], by: User) -> Voter:
    """The voter that the row is with these columns; a value still hidden stays as it came.

    Columns that neither the file has nor anybody filled in leave what is stored of somebody known already; what was chosen
    for the list (only to add, alike names of blocks) holds for its row, and the list misses the voter no more. Raises
    ValidationError by column, and where somebody corrected the row meanwhile or its list was taken back.
    """
    require(by, Permission.ENTER, territories=[refusal.territory])
    held = _held(refusal)
    voter = _enter(_cells(held, fields), held.batch, by)
    MendedRow.everywhere.create(
        territory=voter.territory, batch=held.batch, row_number=held.row_number, voter=voter, by=by
    )
    audit.record(
        by=by, action="voters.row_mended", subject=held.batch, territory=held.territory, row_number=held.row_number
    )
    held.delete()
    missing.found([voter.pk.bytes])
    return voter


@transaction.atomic
def put_away(*, refusal: Refusal, by: User) -> None:
    """The row is nobody: a total, a title, a signature. It is gone for good, and the audit trail keeps that it was.

    Raises ValidationError as `mend` does.
    """
    require(by, Permission.ENTER, territories=[refusal.territory])
    held = _held(refusal)
    audit.record(
        by=by, action="voters.row_put_away", subject=held.batch, territory=held.territory, row_number=held.row_number
    )
    held.delete()


def _held(refusal: Refusal) -> Refusal:
    """The row, for nobody else to change meanwhile."""
    waiting = Refusal.everywhere.select_for_update(of=("self",)).select_related("batch__location")
    held = waiting.filter(pk=refusal.pk).first()
    if held is None:
        raise ValidationError(gettext_lazy("This row was corrected meanwhile."), code="mended")
    if held.batch.state != Batch.State.DONE:
        raise ValidationError(gettext_lazy("This list was taken back."), code="taken_back")
    return held


def reveal(*, refusal: Refusal, reason: str, by: User) -> dict[str, str]:
    """The cells of the row by column, everything plain; recorded before anything is opened."""
    require(by, Permission.REVEAL_IDENTITY, territories=[refusal.territory])
    registration.require_reason(reason)
    with transaction.atomic():
        audit.record(
            by=by,
            action="voters.row_revealed",
            subject=refusal.batch,
            territory=refusal.territory,
            row_number=refusal.row_number,
            reason=registration.without_figures(reason),
        )
    return named_cells(refusal)


def named_cells(refusal: Refusal) -> dict[str, str]:
    """The cells of the row by our columns, everything plain, for verbs and to be masked."""
    return row_of(refusal).named


def row_of(refusal: Refusal) -> refusals.Row:
    """The row, opened."""
    places = refusals.places_of(importing.stored_header(refusal.batch))
    return next(refusals.opened([refusal], places))


def _cells(refusal: Refusal, fields: Mapping[str, str]) -> dict[str, str]:
    named = named_cells(refusal)
    given = {column: text for column, text in fields.items() if columns.MASK not in text}
    return named | {column: text for column, text in given.items() if column in named or text.strip()}


def _enter(cells: Mapping[str, str], batch: Batch, by: User) -> Voter:
    code, stay = cells.get("kode_lokasi", "").strip(), cells.get(STAY, "").strip()
    if not code and not stay and batch.location:
        code = batch.location.code
    only_adds = batch.mode == Batch.Mode.ADD
    if code:
        block = Reading.of(batch.reading).block(code, cells.get("blok", "").strip())
        fields = {**cells, "blok": block} if block else cells
        return registration.register(location=_location(code, by), fields=fields, by=by, only_adds=only_adds)
    return registration.register(stay=_stay(stay, by), fields=cells, by=by, only_adds=only_adds)


def _location(code: str, by: User) -> SpecialLocation:
    location = SpecialLocation.everywhere.within_reach(by.reach).filter(code=code).first()
    if location is None:
        raise registration.validation_error([Fault("kode_lokasi", "unknown_location")])
    return location


def _stay(text: str, by: User) -> str:
    if not text:
        raise registration.validation_error([Fault("kode_lokasi", "no_place")])
    try:
        code = parse_region(text)
    except CellFault as fault:
        raise registration.validation_error([Fault(STAY, fault.code, fault.params)]) from None
    if territory_of(code) not in by.reach:
        raise registration.validation_error([Fault(STAY, "outside_territory")])
    return code
