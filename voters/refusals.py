"""What is there of refused rows: on a page as far as it may be shown, and in a file to be mended and sent again?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson
from django.utils import timezone
from django.utils.translation import gettext

from accounts import audit
from accounts.permissions import Permission, require
from locations.cells import as_said
from locations.headers import plain
from locations.models import Refusal
from locations.sheets import MAX_COLUMNS

from . import columns, importing, keyring, masking
from .proposals import proposals_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from django.db.models import QuerySet

    from accounts.permissions import Actor
    from locations.models import Batch

CHUNK: Final = 2000


class Refused(NamedTuple):
    """One reason of one row; `column` is as the file's header names it, empty for the row as a whole."""

    row_number: int
    column: str
    shown: str
    reason: str
    proposed: str


class Row(NamedTuple):
    """A refused row, opened: its cells as they came, by our headers too, and what would mend it."""

    refusal: Refusal
    cells: list[str]
    named: dict[str, str]
    proposed: dict[str, str]


class File:
    """The refused rows of an upload as a file: header and rows, with number, columns, reasons and proposals at the end.

    All identities plain. What we added to the file that came is not there twice. A row with more cells than the header has
    them behind ours, so that it is refused again.
    """

    def __init__(self, batch: Batch) -> None:
        self.batch, self._header = batch, importing.stored_header(batch)
        self.places = places_of(self._header)
        own = [place for place, name in enumerate(self._header) if plain(name) not in columns.ADDED]
        is_wide = len(own) + len(columns.ADDED) > MAX_COLUMNS
        self._kept = sorted(self.places.values()) if is_wide else own

    @property
    def header(self) -> list[str]:
        return [*(self._header[place] for place in self._kept), *columns.ADDED]

    def rows(self) -> Iterator[tuple[list[str], set[int]]]:
        """The cells of each row, and the places of those that were refused."""
        moved = {place: new for new, place in enumerate(self._kept)}
        for row in opened(waiting(self.batch).order_by("row_number").iterator(CHUNK), self.places):
            faulty = {moved[self.places[reason["column"]]] for reason in row.refusal.reasons if self._has(reason)}
            yield self._cells(row), faulty

    def _has(self, reason: dict[str, Any]) -> bool:
        return reason["column"] in self.places

    def _cells(self, row: Row) -> list[str]:
        width, reasons = len(self._header), row.refusal.reasons
        padded = row.cells + [""] * (width - len(row.cells))
        told = [
            str(row.refusal.row_number),
            "; ".join(reason["column"] for reason in reasons),
            "; ".join(f"{sentence(reason)} ({reason['code']})" for reason in reasons),
            "; ".join(f"{column}: {text}" for column, text in row.proposed.items()),
        ]
        return [*(padded[place] for place in self._kept), *told, *padded[width:]]


def export(*, batch: Batch, by: Actor) -> File:
    """The refused rows for a person: recorded before anything leaves."""
    require(by, Permission.ENTER, territories=[batch.territory])
    rows = waiting(batch).count()
    audit.record(by=by, action="voters.export_rejected", subject=batch, territory=batch.territory, rows=rows)
    return File(batch)


def waiting(batch: Batch) -> QuerySet[Refusal]:
    """The rows that nobody has corrected yet."""
    return Refusal.everywhere.filter(batch=batch)


def reasons_of(batch: Batch, refusals: Iterable[Refusal]) -> list[Refused]:
    """Every reason of these rows, in their order. Opens the rows in memory."""
    header = importing.stored_header(batch)
    places = places_of(header)
    return [reason for row in opened(refusals, places) for reason in _reasons(row, header, places)]


def opened(refusals: Iterable[Refusal], places: dict[str, int]) -> Iterator[Row]:
    """The rows with all identities plain; `places` as `places_of` gives them for the header of their file."""
    unpack, today = keyring.sealer("refusal", "row").unpack, timezone.localdate()
    for refusal in refusals:
        cells = orjson.loads(unpack(refusal.pk.bytes, bytes(refusal.row)))
        named = {column: cells[place] for column, place in places.items() if place < len(cells)}
        yield Row(refusal, cells, named, proposals_for(named, refusal.reasons, today=today))


def places_of(header: list[str]) -> dict[str, int]:
    """Where each of our columns stands in a file with this header."""
    return {column.header: place for place, column in columns.match_header(header).columns}


def sentence(reason: dict[str, Any]) -> str:
    return gettext(columns.MESSAGES[reason["code"]]) % as_said(reason["params"])


def _reasons(row: Row, header: list[str], places: dict[str, int]) -> Iterator[Refused]:
    for reason in row.refusal.reasons:
        column = reason["column"]
        place = places.get(column, len(row.cells))
        name = header[place] if place < len(header) else column
        text = row.cells[place].strip() if place < len(row.cells) else ""
        shown = masking.masked_cell(column, text)
        mended, said = masking.masked_cell(column, row.proposed.get(column, "")), sentence(reason)
        told = "" if mended and mended in said else mended
        yield Refused(row.refusal.row_number, masking.without_identities(name), shown, said, told)
