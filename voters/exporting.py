"""Verbs: voters of a location or of a search as a file, hidden or in full, and the refused rows of an upload to be mended."""

from __future__ import annotations

import csv
import io
import re
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction

from accounts import audit
from accounts.permissions import Permission, require
from locations.exporting import safe
from locations.models import Block, SpecialLocation

from . import books, columns, masking, refusals, registration, storing
from .eligibility import codes_of
from .models import Voter, VoterIdentity

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from django.db.models import QuerySet

    from accounts.models import User
    from locations.models import Batch

    from .querysets import VoterQuerySet
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
_POINT: Final = ("lintang", "bujur")
_HIDDEN: Final = frozenset((*(column.header for column in columns.COLUMNS if column.secret), *_POINT))
_ROWS_A_PIECE: Final = 500
_WIDTHS: Final = {**books.WIDTHS, "kolom": 20, "alasan": 70, "usulan": 40}


def export(
    *, location: SpecialLocation, voter_ids: Sequence[uuid.UUID], standing: Standing, by: User
) -> Iterator[Sequence[Any]]:
    """These voters of the location, header first, in their order, NIK and birth date masked.

    Recorded with its rows before anything leaves; memory stays that of a few hundred rows.
    """
    require(by, Permission.SEE_VOTERS, territories=[location.territory])
    ids = _of(location, voter_ids)
    _record(location, "voters.exported", by, rows=len(ids))
    return chain([HEADER], _overview(ids, standing, by))


def export_list(*, location: SpecialLocation, voter_ids: Sequence[uuid.UUID], by: User) -> Iterator[list[str]]:
    """As `export` in the columns of the import; whatever is sealed is hidden."""
    require(by, Permission.SEE_VOTERS, territories=[location.territory])
    ids = _of(location, voter_ids)
    _record(location, "voters.exported", by, rows=len(ids))
    return _rows(ids, in_full=False)


def export_in_full(
    *, location: SpecialLocation, voter_ids: Sequence[uuid.UUID], reason: str, by: User
) -> Iterator[list[str]]:
    """As `export_list` with every NIK and birth date plain; recorded with its reason before anything is opened."""
    require(by, Permission.SEE_VOTERS, territories=[location.territory])
    require(by, Permission.REVEAL_IDENTITY, territories=[location.territory])
    registration.require_reason(reason)
    ids = _of(location, voter_ids)
    _record(location, "voters.exported_in_full", by, rows=len(ids), reason=registration.without_figures(reason))
    return _rows(ids, in_full=True)


@transaction.atomic
def _record(location: SpecialLocation, action: str, by: User, **details: int | str) -> None:
    audit.record(by=by, action=action, subject=location, territory=location.territory, **details)


def _overview(voter_ids: Sequence[uuid.UUID], standing: Standing, by: User) -> Iterator[list[Any]]:
    own, identities = Voter.objects.visible_to(by), VoterIdentity.objects.visible_to(by)
    for some in storing.chunks(voter_ids, storing.HASHES_A_QUERY):
        voters = own.select_related("block", "home").in_bulk(some)
        niks = masking.masked_niks(identities.filter(voter__in=some))
        yield from (_row(voters[pk], niks.get(pk, ""), standing.reasons.get(pk)) for pk in some if pk in voters)


def export_found(*, found: VoterQuerySet, filters: Sequence[str] = (), by: User) -> Iterator[list[str]]:
    """Voters of many locations, or of none, in the columns of the import, header first; whatever is sealed is hidden.

    `filters` are the names of those that led to them. Recorded with its rows before anything leaves; memory stays that
    of a few hundred rows, however many there are.
    """
    require(by, Permission.SEE_VOTERS)
    own = found.visible_to(by)
    _record_found(own, filters, "voters.exported", by)
    return _rows(_ids_of(own), in_full=False)


def export_found_in_full(
    *, found: VoterQuerySet, filters: Sequence[str] = (), reason: str, by: User
) -> Iterator[list[str]]:
    """As `export_found` with everything plain; recorded with its reason before anything is opened."""
    require(by, Permission.SEE_VOTERS)
    require(by, Permission.REVEAL_IDENTITY)
    registration.require_reason(reason)
    own = found.visible_to(by)
    _record_found(own, filters, "voters.exported_in_full", by, reason=registration.without_figures(reason))
    return _rows(_ids_of(own), in_full=True)


@transaction.atomic
def _record_found(found: QuerySet[Voter], filters: Sequence[str], action: str, by: User, **details: str) -> None:
    """Names of filters only: what was typed into them may be somebody's name."""
    rows, asked = found.count(), list(filters)
    audit.record(by=by, action=action, subject=by, territory=by.territory_id, rows=rows, filters=asked, **details)


def _of(location: SpecialLocation, voter_ids: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """Those of the voters who stand at the location."""
    own = set(Voter.everywhere.filter(location=location).values_list("pk", flat=True))
    return [pk for pk in voter_ids if pk in own]


def _ids_of(found: QuerySet[Voter]) -> Iterator[uuid.UUID]:
    return found.values_list("pk", flat=True).iterator(storing.CHUNK)


def _rows(voter_ids: Iterable[uuid.UUID], *, in_full: bool) -> Iterator[list[str]]:
    """The header, and each voter's cells in its order, all of them plain or the sealed ones hidden."""
    yield list(columns.HEADERS)
    for cells in _cells(voter_ids):
        yield [
            masking.masked_secret(name, cells[name]) if name in _HIDDEN and not in_full else cells[name]
            for name in columns.HEADERS
        ]


def _cells(voter_ids: Iterable[uuid.UUID]) -> Iterator[dict[str, str]]:
    """Voters as rows of the voter file, everything plain, in their order; who was removed meanwhile is left out."""
    left = iter(voter_ids)
    while some := list(islice(left, storing.HASHES_A_QUERY)):
        stored = storing.stored_voters(some)
        places = _named(SpecialLocation, "code", (each.values["location_id"] for each in stored.values()))
        blocks = _named(Block, "name", (each.values["block_id"] for each in stored.values()))
        for each in (stored[pk] for pk in some if pk in stored):
            cells = registration.cells_of(each, blocks=blocks)
            code = places.get(each.values["location_id"], "")
            yield {**dict.fromkeys(columns.HEADERS, ""), **cells, "kode_lokasi": code}


def _named(model: Any, name: str, ids: Iterable[uuid.UUID | None]) -> dict[uuid.UUID, str]:
    return dict(model.everywhere.filter(pk__in=set(filter(None, ids))).values_list("pk", name))


def refused_as_csv(*, batch: Batch, by: User) -> Iterator[str]:
    """CSV text of the refused rows as they came, ready to be mended and sent again; recorded before any of it leaves."""
    file = refusals.export(batch=batch, by=by)
    return csv_pieces(chain([file.header], (cells for cells, _faulty in file.rows())))


def refused_as_book(*, batch: Batch, by: User) -> bytes:
    """The same as XLSX, the refused cells coloured; for at most `books.MOST_ROWS`."""
    file = refusals.export(batch=batch, by=by)
    return books.book_of(file.header, file.rows(), widths=_WIDTHS)


def as_book(rows: Iterable[Sequence[str]], *, choices: Mapping[str, list[str]] | None = None) -> bytes:
    """XLSX of a header and its rows, at most `books.MOST_ROWS`; `choices` as `books.book_of` takes them."""
    left = iter(rows)
    return books.book_of(next(left), ((cells, ()) for cells in left), choices=choices)


def as_csv(rows: Iterable[Sequence[Any]]) -> str:
    return "".join(csv_pieces(rows))


def csv_pieces(rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """The text of `as_csv` as it comes, some hundred rows at a time."""
    left = iter(rows)
    while some := list(islice(left, _ROWS_A_PIECE)):
        file = io.StringIO()
        csv.writer(file, lineterminator="\r\n").writerows([harmless(cell) for cell in row] for row in some)
        yield file.getvalue()


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
