"""Verbs: the voters of a location as a file, hidden or in full, and the refused rows of an upload to be mended."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction

from accounts import audit
from accounts.permissions import Permission, require
from locations.exporting import safe
from locations.models import Block

from . import books, columns, masking, refusals, registration, storing
from .eligibility import codes_of
from .models import Voter, VoterIdentity

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from accounts.models import User
    from locations.models import Batch, SpecialLocation

    from .standing import Standing

HEADER: Final = (
    "nama",
    "nik_tersamar",
    "tahun_lahir",
    "jenis_kelamin",
    "peran",
    "blok",
    "kode_wilayah_domisili",
    "domisili",
    "tanggal_masuk",
    "tanggal_keluar",
    "memenuhi_syarat",
    "alasan",
)
_PLAIN_NUMBER: Final = re.compile(r"-|[+-]?\d+(?:[.,]\d+)*")
_TOO_LONG_FOR_A_SPREADSHEET: Final = 12
_SECRET: Final = frozenset(column.header for column in columns.COLUMNS if column.secret)
_WIDTHS: Final = {**books.WIDTHS, "kolom": 20, "alasan": 70, "usulan": 40}


@transaction.atomic
def export(*, location: SpecialLocation, voter_ids: Sequence[uuid.UUID], standing: Standing, by: User) -> str:
    """CSV text of these voters of the location, in their order, NIK and birth date masked; recorded with its rows."""
    require(by, Permission.SEE_VOTERS, territories=[location.territory])
    found = Voter.objects.visible_to(by).at(location.pk).select_related("block", "home")
    voters = {voter.pk: voter for voter in found}
    niks = masking.masked_niks(VoterIdentity.objects.visible_to(by).filter(voter__location=location.pk))
    rows = [_row(voters[pk], niks.get(pk, ""), standing.reasons.get(pk)) for pk in voter_ids if pk in voters]
    audit.record(by=by, action="voters.exported", subject=location, territory=location.territory, rows=len(rows))
    return as_csv([HEADER, *rows])


@transaction.atomic
def export_list(*, location: SpecialLocation, voter_ids: Sequence[uuid.UUID], by: User) -> list[list[str]]:
    """These voters in the columns of the import, header first, in their order; whatever is sealed is hidden."""
    require(by, Permission.SEE_VOTERS, territories=[location.territory])
    rows = [
        [masking.masked_secret(name, cells[name]) if name in _SECRET else cells[name] for name in columns.HEADERS]
        for cells in _cells(location, voter_ids)
    ]
    audit.record(by=by, action="voters.exported", subject=location, territory=location.territory, rows=len(rows))
    return [list(columns.HEADERS), *rows]


def export_in_full(
    *, location: SpecialLocation, voter_ids: Sequence[uuid.UUID], reason: str, by: User
) -> list[list[str]]:
    """As `export_list` with every NIK and birth date plain; recorded with its reason before anything is opened."""
    require(by, Permission.SEE_VOTERS, territories=[location.territory])
    require(by, Permission.REVEAL_IDENTITY, territories=[location.territory])
    registration.require_reason(reason)
    with transaction.atomic():
        audit.record(
            by=by,
            action="voters.exported_in_full",
            subject=location,
            territory=location.territory,
            rows=len(voter_ids),
            reason=registration.without_figures(reason),
        )
    rows = [[cells[name] for name in columns.HEADERS] for cells in _cells(location, voter_ids)]
    return [list(columns.HEADERS), *rows]


def _cells(location: SpecialLocation, voter_ids: Sequence[uuid.UUID]) -> Iterator[dict[str, str]]:
    """Voters of the location as rows of the voter file, everything plain."""
    blocks = dict(Block.everywhere.filter(location=location).values_list("pk", "name"))
    own = dict.fromkeys(Voter.everywhere.filter(location=location).values_list("pk", flat=True))
    wanted = [pk for pk in voter_ids if pk in own]
    for some in storing.chunks(wanted, storing.HASHES_A_QUERY):
        stored = storing.stored_voters(some)
        for pk in some:
            cells = registration.cells_of(stored[pk], blocks=blocks)
            yield {**dict.fromkeys(columns.HEADERS, ""), **cells, "kode_lokasi": location.code}


def refused_as_csv(*, batch: Batch, by: User) -> str:
    """CSV text of the refused rows as they came, ready to be mended and sent again; recorded before it leaves."""
    file = refusals.export(batch=batch, by=by)
    return as_csv([file.header, *(cells for cells, _faulty in file.rows())])


def refused_as_book(*, batch: Batch, by: User) -> bytes:
    """The same as XLSX, the refused cells coloured; for at most `books.MOST_ROWS`."""
    file = refusals.export(batch=batch, by=by)
    return books.book_of(file.header, file.rows(), widths=_WIDTHS)


def as_book(rows: Sequence[Sequence[str]], *, choices: Mapping[str, list[str]] | None = None) -> bytes:
    """XLSX of a header and its rows, at most `books.MOST_ROWS`; `choices` as `books.book_of` takes them."""
    return books.book_of(rows[0], ((cells, ()) for cells in rows[1:]), choices=choices)


def as_csv(rows: Iterable[Sequence[Any]]) -> str:
    file = io.StringIO()
    csv.writer(file, lineterminator="\r\n").writerows([harmless(cell) for cell in row] for row in rows)
    return file.getvalue()


def harmless(cell: Any) -> Any:
    """A spreadsheet runs formulas and rounds long numbers: an apostrophe in front, which the import drops again."""
    if not isinstance(cell, str):
        return "" if cell is None else cell
    if cell.lstrip("+-").isdigit():
        return f"'{cell}" if len(cell) >= _TOO_LONG_FOR_A_SPREADSHEET else cell
    return cell if _PLAIN_NUMBER.fullmatch(cell) else safe(cell)


def _row(voter: Voter, nik: str, reasons: int | None) -> list[Any]:
    is_judged = reasons is not None
    return [
        voter.name,
        nik,
        voter.birth_year,
        voter.sex,
        voter.role,
        voter.block.name if voter.block else "",
        voter.home_id,
        voter.home.name if voter.home else "",
        voter.arrival,
        voter.departure,
        ("tidak" if reasons else "ya") if is_judged else "",
        "+".join(codes_of(reasons)) if reasons else "",
    ]
