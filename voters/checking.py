"""How will a list be read that waits to be confirmed, and what of it will be refused? Nothing is written.

Its first rows stand for the others: what is said of them is said of these only.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from locations import intake
from locations.cells import CellFault, Fault, Layout
from locations.models import Batch, Block
from locations.sheets import Sheet, SheetError

from . import columns, importing, preparing, template, vault
from .models import KnownHeader
from .proposals import proposals_for
from .reading import Reading, alike, digest_of, fits, found_mapping
from .resolving import Person

if TYPE_CHECKING:
    import uuid

    from locations.models import SpecialLocation

    from .resolving import Resolver

CHECKED_ROWS: Final = 2000
BLOCK_ROWS: Final = 50_000
SHOWN_ROWS: Final = 10
SAMPLES: Final = 3

Row = tuple[int, list[str]]


@dataclass(slots=True)
class Opened:
    """The beginning of a list: its sheet, and what its columns are taken for; `known` is the correction remembered."""

    sheet: Sheet
    reading: Reading
    known: KnownHeader | None

    @property
    def mapping(self) -> tuple[str, ...]:
        assert self.reading.mapping is not None
        return self.reading.mapping

    @property
    def layout(self) -> Layout:
        return self.reading.layout(self.sheet.header)


@dataclass(slots=True)
class ShownRow:
    """A row as it will be read: texts by our header, plain, the faults for which it will not be taken, and what would mend it."""

    number: int
    texts: dict[str, str]
    faults: list[Fault]
    proposed: dict[str, str]


@dataclass(slots=True)
class AlikeNames:
    """Names of one location's blocks that may be one: how many rows bear each, and which stand there already."""

    location_code: str
    key: str
    names: dict[str, int]
    stored: frozenset[str]
    kept: str
    is_chosen: bool


@dataclass(slots=True)
class Check:
    """What the first `rows` rows are. `is_whole` where there are no others; `failure` where reading ended there.

    `faults` by code and column, as `intake.Warnings` counts; `samples` are some texts of each column, plain.
    """

    opened: Opened
    missing: tuple[str, ...]
    rows: int = 0
    refused: int = 0
    is_whole: bool = False
    failure: SheetError | None = None
    shown: list[ShownRow] = field(default_factory=list)
    faults: dict[tuple[str, str], Counted] = field(default_factory=dict)
    warnings: intake.Warnings = field(default_factory=intake.Warnings)
    samples: list[list[str]] = field(default_factory=list)
    alike: list[AlikeNames] = field(default_factory=list)
    block_rows: int = 0


@dataclass(slots=True)
class Counted:
    """In how many rows, in which first, and the params of the first; for how many of them a correction is proposed, and
    some of those: the text that was written, plain, and the one that was probably meant."""

    params: dict[str, Any]
    count: int = 0
    rows: list[int] = field(default_factory=list)
    mended: int = 0
    examples: dict[str, str] = field(default_factory=dict)

    def add(self, number: int, written: str, proposed: str) -> None:
        self.count += 1
        if len(self.rows) < intake.ROWS_NAMED:
            self.rows.append(number)
        if proposed:
            self.mended += 1
            if len(self.examples) < SAMPLES:
                self.examples[written] = proposed


def opened(batch: Batch, reading: Reading) -> Opened:
    """The list as it will be read: what was chosen, else as it was corrected before, else as found. Raises SheetError."""
    with vault.read(importing.stored_path(batch), batch.pk) as file:
        return _opened(batch, reading, reading.open(file))


def check(batch: Batch, *, location: SpecialLocation | None) -> Check:
    """Reads the beginning of the file and checks it as the import will. Raises SheetError where there is no list.

    Opens a workbook as a whole: some seconds for the largest.
    """
    with vault.read(importing.stored_path(batch), batch.pk) as file:
        reading = Reading.of(batch.reading)
        found = _opened(batch, reading, reading.open(file))
        default = location.code if location else ""
        made = Check(found, columns.missing_columns(found.layout, location_code=default))
        _Checking(batch, made, default).run()
    return made


def _opened(batch: Batch, reading: Reading, sheet: Sheet) -> Opened:
    known = KnownHeader.everywhere.filter(territory=batch.territory, digest=digest_of(sheet.header)).first()
    corrected = known.names if known and fits(known.names, sheet.header) else None
    chosen = reading.mapping if reading.mapping and fits(reading.mapping, sheet.header) else None
    mapping = chosen or corrected or found_mapping(sheet.header)
    read = Reading(sheet.name, sheet.header_row, mapping, reading.blocks)
    return Opened(sheet, read, known if mapping == corrected else None)


class _Checking:
    """Fills a Check."""

    def __init__(self, batch: Batch, made: Check, default: str) -> None:
        self.made, self.layout, self.default = made, made.opened.layout, default
        self.in_order = columns.in_order(self.layout)
        self.resolver: Resolver = preparing.resolver_of(batch)
        self.blocks: dict[str, Counter[str]] = defaultdict(Counter)
        self.same: set[tuple[Any, int]] = set()

    def run(self) -> None:
        made, rows = self.made, self.made.opened.sheet.rows
        try:
            first = list(islice(rows, CHECKED_ROWS))
            made.rows, made.samples = len(first), _samples(first, self.layout.width)
            if not made.missing:
                self._check(first)
            self._name_blocks(first)
            self._name_blocks(islice(rows, BLOCK_ROWS - len(first)))
            made.is_whole = made.block_rows == made.rows
        except SheetError as error:
            made.failure = error
        made.warnings.add_notes(template.without_examples(made.opened.sheet.notes))
        made.alike = self._alike()
        self._merge()

    def _check(self, rows: Sequence[Row]) -> None:
        fitting = [cells for _number, cells in rows if len(cells) <= self.layout.width]
        preparing.warn_of_rounded(
            self.made.warnings, preparing.last_digits_of(map(self.in_order, fitting), self.resolver)
        )
        for number, cells in rows:
            person = self._person(number, cells)
            if isinstance(person, Person):
                self._warn(person)
                row = ShownRow(number, _texts_of(person), [], {})
            else:
                row = self._refused(number, self.layout.as_dict(cells), person)
                self._count(row)
            if len(self.made.shown) < SHOWN_ROWS:
                self.made.shown.append(row)

    def _refused(self, number: int, texts: dict[str, str], faults: list[Fault]) -> ShownRow:
        reasons = [preparing.reason_of(fault) for fault in faults]
        return ShownRow(number, texts, faults, proposals_for(texts, reasons, today=self.resolver.today))

    def _person(self, number: int, cells: list[str]) -> Person | list[Fault]:
        if faults := preparing.faults_of_cells(cells, self.layout):
            return faults
        parsed = columns.parse_texts(
            self.in_order(cells),
            today=self.resolver.today,
            synthetic=self.resolver.register.is_synthetic,
            location_code=self.default,
        )
        return parsed if isinstance(parsed, list) else self.resolver.person(parsed, number)

    def _count(self, row: ShownRow) -> None:
        self.made.refused += 1
        for fault in row.faults:
            counted = self.made.faults.setdefault((fault.code, fault.column), Counted(dict(fault.params)))
            counted.add(row.number, row.texts.get(fault.column, "").strip(), row.proposed.get(fault.column, ""))

    def _warn(self, person: Person) -> None:
        for code in person.warnings:
            self.made.warnings.add(code, person.row_number)
        key = preparing.same_key(person, 0)
        if key and (person.place, key) in self.same:
            self.made.warnings.add("twice_in_file", person.row_number)
        self.same.add((person.place, key))

    def _name_blocks(self, rows: Iterable[Row]) -> None:
        """Counts the names of blocks by location, of each row; reads nothing else of them."""
        place_of = {column.header: place for place, column in self.layout.columns}
        code_at, block_at = place_of.get("kode_lokasi"), place_of.get("blok")
        for _number, cells in rows:
            self.made.block_rows += 1
            name = _read("blok", cells, block_at)
            if name:
                self.blocks[_read("kode_lokasi", cells, code_at) or self.default][name] += 1

    def _alike(self) -> list[AlikeNames]:
        refs = {code: self.resolver.locations[code] for code in self.blocks if code in self.resolver.locations}
        stored: dict[uuid.UUID, list[str]] = defaultdict(list)
        wanted = Block.everywhere.filter(location__in={ref.id for ref in refs.values()})
        for location, name in wanted.order_by("name").values_list("location", "name"):
            stored[location].append(name)
        groups = [group for code in sorted(refs) for group in self._groups(code, stored[refs[code].id])]
        for code, ref in refs.items():
            kept = {group.key: group.kept for group in groups if group.is_chosen and group.location_code == code}
            self._warn_of_new(code, {name.lower() for name in stored[ref.id]}, kept)
        return groups

    def _groups(self, code: str, stored: Sequence[str]) -> Iterator[AlikeNames]:
        by_key: dict[str, dict[str, int]] = defaultdict(dict)
        counts = {name: self.blocks[code][name] for name in self.blocks[code]}
        for name in [*stored, *sorted(counts.keys() - set(stored), key=lambda name: (-counts[name], name))]:
            key = alike(name)
            same = next((known for known in by_key[key] if known.lower() == name.lower()), name)
            by_key[key][same] = by_key[key].get(same, 0) + counts.get(name, 0)
        of_list = self.made.opened.reading.blocks
        for key, names in by_key.items():
            there = frozenset(name for name in names if name in stored)
            if not key or len(names) < 2 or not any(names.values()):
                continue
            kept = max(names, key=lambda name: (name in there, names[name]))
            chosen = (of_list or {}).get(code, {}).get(key)
            is_chosen = len(there) < 2 if of_list is None else chosen is not None
            yield AlikeNames(code, key, names, there, chosen if chosen in names else kept, is_chosen)

    def _warn_of_new(self, code: str, known: set[str], kept: Mapping[str, str]) -> None:
        new = {kept.get(alike(name), name).lower() for name in self.blocks[code]} - known
        if new:
            self.made.warnings.add_many("block_created", len(new), ())

    def _merge(self) -> None:
        """The rows that are shown get the name that is proposed for their block."""
        kept = {(group.location_code, group.key): group.kept for group in self.made.alike if group.is_chosen}
        for row in self.made.shown:
            code, name = row.texts.get("kode_lokasi") or self.default, row.texts.get("blok", "")
            row.texts["blok"] = kept.get((code, alike(name)), name)


def _samples(rows: Sequence[Row], width: int) -> list[list[str]]:
    """The first different texts of each column."""
    found: list[dict[str, None]] = [{} for _ in range(width)]
    for _number, cells in rows:
        for texts, cell in zip(found, cells, strict=False):
            if len(texts) < SAMPLES and (text := cell.strip()):
                texts[text] = None
    return [list(texts) for texts in found]


def _texts_of(person: Person) -> dict[str, str]:
    """A row as it was understood, by our headers."""
    return {column.header: _text(getattr(person.parsed, column.field)) for column in columns.COLUMNS}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "WNA" if value else "WNI"
    return "" if value is None else str(value)


def _read(header: str, cells: Sequence[str], place: int | None) -> str:
    if place is None or place >= len(cells):
        return ""
    try:
        return str(columns.READERS[header](cells[place]))
    except CellFault:
        return ""
