"""What does an office send back on a list that we gave out? Its rows by reference, and of every other why it is refused.

Nothing of a refused row is kept but its number, column and reason: whoever sent the file still has it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, BinaryIO, Final

from django.utils import timezone
from django.utils.translation import gettext_noop

from accounts.ids import new_id
from accounts.permissions import Actor
from locations import cells, intake
from locations.cells import CellFault, Column, Fault, Layout
from locations.headers import plain
from locations.models import Batch, Refusal
from locations.sheets import SheetError, marked, read
from regions.levels import COUNTRY_CODE

from . import columns as voter_columns
from . import names

MOST_ROWS: Final = 50_000  # read while somebody waits, about 0.15 ms each
REFERENCE: Final = "referensi"
NAME: Final = "nama"
MESSAGES: Final[dict[str, str]] = {
    **voter_columns.MESSAGES,
    "bad_reference": gettext_noop("We never gave out this reference. Copy it from the list as it is."),
    "unknown_reference": gettext_noop("Nobody on the list of your territory has this reference."),
    "other_person": gettext_noop(
        "This reference belongs to somebody of another name. Were the columns sorted apart from each other?"
    ),
    "nkk_length": gettext_noop("An NKK has 16 digits."),
    "nik_at_odds": gettext_noop(
        "This NIK contradicts birth date, sex or any known district, so it may be somebody else's. Compare the person first."
    ),
    "other_nik": gettext_noop("This person has another NIK already. If that is wrong, correct it on the voter's page."),
    "other_nkk": gettext_noop("This person has another NKK already. If that is wrong, correct it on the voter's page."),
    "contradiction": gettext_noop("This says that it was not found, but the number is given or known already."),
    "off_the_list": gettext_noop("This person is no longer on the list, so there is nothing to answer."),
}
WARNINGS: Final[dict[str, str]] = {
    "twice_in_file": gettext_noop("The same reference stands twice in the file; the later row counts."),
    "no_answer": gettext_noop("No answer yet; these rows were left as they were."),
    "duplicate": voter_columns.WARNINGS["duplicate"],
    **cells.FILE_WARNINGS,
}


@dataclass(slots=True)
class Row:
    """A row that names somebody: the key its reference stands for, and its values by field."""

    number: int
    key: int
    values: dict[str, Any]


@dataclass(slots=True)
class Returned:
    """A file that came back, read whole."""

    rows: list[Row] = field(default_factory=list)
    refused: list[tuple[int, list[Fault]]] = field(default_factory=list)
    warnings: intake.Warnings = field(default_factory=intake.Warnings)
    total: int = 0

    def again(self) -> Returned:
        """As it was read, for another attempt."""
        return replace(self, refused=list(self.refused), warnings=intake.Warnings.of(self.warnings))

    def refuse(self, number: int, *faults: Fault) -> None:
        self.refused.append((number, list(faults)))

    def latest(self, fault_of: Callable[[Row], Fault | None]) -> dict[int, Row]:
        """The last row of each key that nothing speaks against; of earlier ones it is said that they do not count."""
        found: dict[int, Row] = {}
        for row in self.rows:
            fault = fault_of(row)
            if fault is not None:
                self.refuse(row.number, fault)
                continue
            if row.key in found:
                self.warnings.add("twice_in_file", row.number)
            found[row.key] = row
        return found


def begin(*, subject: str, file_name: str, by: Actor) -> Batch:
    """The batch of a file that is read at once, not yet saved."""
    territory = getattr(by, "territory_id", COUNTRY_CODE)
    batch = Batch(id=new_id(), territory=territory, subject=subject, file_name=file_name[:200])
    batch.received_by_id, batch.started_at = by.pk, timezone.now()
    batch.state = Batch.State.RUNNING
    return batch


def read_file(file: BinaryIO, columns: Sequence[Column], *, given: Collection[str]) -> Returned:
    """The rows of a CSV or XLSX; `given` are further columns of our list, left out in silence.

    The first column is the reference. Raises SheetError where the file cannot be read, or lacks a column of `columns`
    other than the name.
    """
    content = Returned()
    sheet = read(file, cells.names_of(columns))
    layout = cells.match_header(sheet.header, columns)
    for header in layout.missing(column.header for column in columns if column.header != NAME):
        raise SheetError("missing_column", sheet.header_row, header)
    for header in layout.twice:
        raise SheetError("column_twice", sheet.header_row, header)
    unknown = [name for name in layout.unknown if plain(name) not in given]
    if unknown:
        content.warnings.add("unknown_column", sheet.header_row, name=intake.named(unknown))
    for number, row in sheet.rows:
        if content.total == MOST_ROWS:
            raise SheetError("too_many_rows", number)
        content.total += 1
        _take(number, row, layout, content)
    content.warnings.add_notes(sheet.notes)
    return content


def is_other_person(row: Row, name: str) -> bool:
    """Whether the file names somebody else than the reference does; a file without names says nothing."""
    told = row.values.get(NAME, "")
    return bool(told) and not names.names_alike(told, name)


def finish(batch: Batch, content: Returned, *, accepted: int) -> dict[str, int]:
    """Keeps reasons of refused rows and what became of the others; what changed nothing, or stood twice, is `updated`."""
    batch.save(force_insert=True)
    Refusal.everywhere.bulk_create(
        (
            Refusal(territory=batch.territory, batch=batch, row_number=number, reasons=_reasons(faults), row=b"")
            for number, faults in content.refused
        ),
        batch_size=1000,
    )
    counts = {
        "rows": content.total,
        "accepted": accepted,
        "updated": content.total - accepted - len(content.refused),
        "rejected": len(content.refused),
        "duplicates": 0,
    }
    intake.finish(batch, counts=counts, warnings=content.warnings.as_json())
    return counts


def _take(number: int, row: list[str], layout: Layout, content: Returned) -> None:
    if len(row) > layout.width:
        content.refuse(number, Fault("", "ragged_row"))
        return
    faults = [Fault(column.header, code) for column, code in marked(row, layout)]
    values: dict[str, Any] = {}
    for place, column in layout.columns if not faults else ():
        try:
            values[column.field] = column.parse(_plain(row[place]))
        except CellFault as fault:
            faults.append(Fault(column.header, fault.code, fault.params))
    key = values.pop("reference", None)
    if key is None and not faults:
        faults.append(Fault(REFERENCE, "empty"))
    if faults:
        content.refuse(number, *faults)
    elif key is not None:
        content.rows.append(Row(number, key, values))


def _plain(cell: str) -> str:
    """The trimmed cell without the apostrophe that our own export put before what a spreadsheet would run or round."""
    text = cell.strip()
    return text[1:] if len(text) > 1 and text[0] == "'" else text


def _reasons(faults: Iterable[Fault]) -> list[dict[str, Any]]:
    return [{"column": fault.column, "code": fault.code, "params": dict(fault.params)} for fault in faults]
