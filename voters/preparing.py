"""How does a voter file become rows ready to be loaded? Parsed, checked, sealed and laid down in chunks, row by row.

Of each row only some bytes stay in memory (`ROW`), enough to see which rows concern each other or somebody who is
registered already; all else waits in the spool. An attempt that was cut off is gone on with from its last chunk.
"""

from __future__ import annotations

import hashlib
import io
import marshal
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice, repeat
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson
from django.conf import settings
from django.db import connection

from accounts.permissions import SYSTEM, Actor
from locations import intake
from locations.cells import Fault, Layout
from locations.memo import Memo
from locations.models import Batch, SpecialLocation
from locations.sheets import SheetError, marked
from regions.territory import National

from . import columns, keyring, loading, nik, storing, template, vault
from .columns import ParsedRow
from .models import Register, Voter, VoterIdentity
from .reading import Reading, fits
from .resolving import LocationRef, Person, Place, Regions, Resolver
from .rounded import LastDigits, last_digits
from .spool import Spool, left_behind

STRETCH: Final = 1000  # rows that go through a step together; after each a sign of life
CHUNK: Final = 10_000
RANGES: Final = 64  # parts of the NIKs' hashes that are sorted one after the other, so that memory stays small
CELLS, IDS, VOTERS, REFUSED, IDENTITIES = range(5)  # pieces of a chunk; the last stands for the first of RANGES
CODES: Final = tuple(columns.WARNINGS)
ROW: Final = np.dtype(
    [
        *(("number", "<u4"), ("place", "<u4"), ("block", "<i4"), ("is_ok", "u1"), ("facts", "u1")),
        *(("same", "<u8"), ("warnings", "<u8")),
    ]
)
COMPLETE, LEAVES, WITHOUT_EKTP = 1, 2, 4  # bits of `facts`: what nothing else in ROW tells, for the list's report
_NIK: Final = itemgetter(columns.HEADERS.index("nik"))
_BIT: Final = {code: 1 << number for number, code in enumerate(CODES)}
_SPREAD: Final = 0x9E3779B97F4A7C15
_64_BITS: Final = (1 << 64) - 1
assert len(CODES) <= 64

Entry = tuple[int, bytes | None, Any]  # place in the chunk, the NIK's hash, all of the identity but its claim


@dataclass(slots=True)
class Refused:
    row: int
    cells: list[str]
    faults: list[dict[str, Any]]


@dataclass(slots=True)
class Prepared:
    """A file read and checked: nothing of it is in the database yet.

    `chunks` are arrays of ROW, a chunk of the spool each; `places` and `blocks` are what its numbers stand for.
    """

    spool: Spool
    resolver: Resolver
    default: str
    reading: Reading = field(default_factory=Reading)
    present: frozenset[str] = frozenset()
    warnings: intake.Warnings = field(default_factory=intake.Warnings)
    chunks: list[Any] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    territories: list[str] = field(default_factory=list)
    blocks: list[tuple[int, str]] = field(default_factory=list)
    digits: LastDigits = field(default_factory=LastDigits)
    rows: int = 0
    refused: int = 0

    @property
    def register(self) -> Register:
        return self.resolver.register

    def locations(self) -> set[uuid.UUID]:
        return {place for place in self.places if isinstance(place, uuid.UUID)}

    def people(self, chunk: int, offsets: Iterable[int]) -> Iterator[Person]:
        """Rows of a chunk as they were when they were checked: read again from their cells."""
        cells = orjson.loads(self.spool.piece(chunk, CELLS))
        ids, numbers = self.ids(chunk), self.chunks[chunk]["number"].tolist()
        for some in storing.chunks(list(offsets), STRETCH):
            rows = self.parsed([cells[offset] for offset in some])
            people = self.people_of(rows, [numbers[offset] for offset in some], [ids(offset) for offset in some])
            for person in people:
                assert isinstance(person, Person)
                yield person

    def parsed(self, rows: Iterable[Sequence[str]]) -> list[ParsedRow | list[Fault]]:
        """What rows say, cells in the order of HEADERS, or why they cannot be taken."""
        today, synthetic = self.resolver.today, self.register.is_synthetic
        parsed = [
            columns.parse_texts(texts, today=today, synthetic=synthetic, location_code=self.default) for texts in rows
        ]
        if self.reading.blocks:
            self.reading.merge(parsed)
        return parsed

    def people_of(
        self,
        rows: Sequence[ParsedRow | list[Fault]],
        numbers: Sequence[int],
        ids: Sequence[uuid.UUID | None] | None = None,
    ) -> list[Person | list[Fault]]:
        """What the register makes of parsed rows, or why they cannot be taken."""
        resolve = self.resolver.person
        return [
            row if isinstance(row, list) else resolve(row, number, row_id=row_id)
            for row, number, row_id in zip(rows, numbers, ids or repeat(None), strict=False)
        ]

    def ids(self, chunk: int) -> Callable[[int], uuid.UUID]:
        """The id of the row at a place of a chunk."""
        data = self.spool.piece(chunk, IDS)
        return lambda offset: uuid.UUID(bytes=data[16 * offset : 16 * offset + 16])

    def voters(self, chunk: int) -> list[Any]:
        """Finished rows, all but their block, in the order of the file."""
        return marshal.loads(self.spool.piece(chunk, VOTERS))  # noqa: S302 (what opens was sealed by us)

    def identities(self, chunk: int, part: int) -> list[Entry]:
        """Finished rows, all but their claim, of one part of the hashes."""
        piece = self.spool.piece(chunk, IDENTITIES + part)
        return marshal.loads(piece) if piece else []  # noqa: S302 (as above)

    def refusals(self, chunk: int) -> Iterator[Refused]:
        return (Refused(*row) for row in orjson.loads(self.spool.piece(chunk, REFUSED)))


def prepare(batch: Batch, path: Path, on_progress: Callable[[int], None]) -> Prepared:
    """Reads, checks and seals the file of a batch at `path`. Raises SheetError where it cannot be read as a whole."""
    with vault.read(path, batch.pk) as file:
        reading = Reading.of(batch.reading)
        sheet = reading.open(file)
        if reading.mapping is not None and not fits(reading.mapping, sheet.header):
            raise SheetError("columns_moved", sheet.header_row)
        layout = reading.layout(sheet.header)
        default = batch.location.code if batch.location else ""
        for missing in columns.missing_columns(layout, location_code=default):
            raise SheetError("missing_column", sheet.header_row, missing)
        for twice in layout.twice:
            raise SheetError("column_twice", sheet.header_row, twice)
        prepared = Prepared(Spool(_own_path(batch, path), batch.pk), resolver_of(batch), default, reading)
        prepared.present = frozenset(column.header for _, column in layout.columns)
        if layout.unknown:
            prepared.warnings.add("unknown_column", sheet.header_row, name=intake.named(layout.unknown))
        if sheet.total is not None:
            intake.expect(batch, rows_total=max(sheet.total - sheet.header_row, 1))
        _keep_header(batch, path, reading.renamed(sheet.header))
        try:
            _Preparing(batch, prepared, layout, on_progress).run(sheet.rows, _earlier(batch, path, prepared.spool))
        except SheetError:
            prepared.spool.close()
            raise
        prepared.warnings.add_notes(template.without_examples(sheet.notes))
        warn_of_rounded(prepared.warnings, prepared.digits)
    return prepared


def last_digits_of(rows: Iterable[Sequence[str]], resolver: Resolver) -> LastDigits:
    """Of the NIKs of rows, cells in the order of HEADERS."""
    return last_digits(map(_NIK, rows), synthetic=resolver.register.is_synthetic)


def warn_of_rounded(warnings: intake.Warnings, digits: LastDigits) -> None:
    """Of the list as a whole, however its rows were judged."""
    if digits.are_rounded:
        warnings.add_many("niks_rounded", digits.zeros, (), niks=digits.niks, percent=digits.percent)


def forget(batch: Batch, path: Path) -> None:
    """Deletes whatever attempts left beside the upload at `path`."""
    for left in path.parent.glob(f"{batch.pk}.*.spool"):
        left.unlink(missing_ok=True)


def kept_header(batch: Batch, path: Path) -> list[str] | None:
    """The header of the upload at `path`, if it was read once."""
    try:
        with vault.read(_header_path(path), _header_id(batch)) as file:
            return list(orjson.loads(file.read()))
    except FileNotFoundError:
        return None


def forget_header(path: Path) -> None:
    _header_path(path).unlink(missing_ok=True)


def _keep_header(batch: Batch, path: Path, header: list[str]) -> None:
    """Beside the upload, since a workbook would have to be opened anew for each page of its refused rows."""
    forget_header(path)
    vault.write(io.BytesIO(orjson.dumps(header)), _header_path(path), _header_id(batch))


def _header_path(path: Path) -> Path:
    return path.with_suffix(".header")


def _header_id(batch: Batch) -> uuid.UUID:
    return uuid.uuid5(batch.pk, "header")


class _Preparing:
    """Turns rows into chunks of the spool, after those that an earlier attempt has left."""

    def __init__(self, batch: Batch, prepared: Prepared, layout: Any, on_progress: Callable[[int], None]) -> None:
        self.batch, self.prepared, self.layout, self.on_progress = batch, prepared, layout, on_progress
        self.in_order, self.most = columns.in_order(layout), _most_rows(batch)
        self.mark = _mark(batch, prepared, layout)
        self.place_numbers: dict[Place, int] = {}
        self.block_numbers: dict[tuple[int, str], int] = {}
        self.encode_voter = loading.encoder(Voter, storing.NEW_VOTER_FIELDS[:-1])
        self.encode_identity = loading.encoder(VoterIdentity, storing.IDENTITY_FIELDS[:-1])
        self.masks: Memo[tuple[str, ...], int] = Memo(_mask_of)

    def run(self, rows: Iterator[tuple[int, list[str]]], earlier: Iterable[tuple[bytes, list[bytes]]]) -> None:
        done = self._take_over(earlier)
        skipped = sum(1 for _ in islice(rows, done))
        assert skipped == done
        while chunk := list(islice(rows, CHUNK)):
            self._add(chunk)

    def _take_over(self, earlier: Iterable[tuple[bytes, list[bytes]]]) -> int:
        """Copies the chunks of an earlier attempt at the same file in the same register; returns how many rows."""
        for head, pieces in earlier:
            mark, *facts = marshal.loads(head)  # noqa: S302 (what opens was sealed by us)
            if mark != self.mark:
                break
            self.prepared.spool.add(head, pieces)
            self._count(*facts)
            self._beat()
        return self.prepared.rows

    def _add(self, rows: list[tuple[int, list[str]]]) -> None:
        prepared = self.prepared
        places, blocks = len(prepared.places), len(prepared.blocks)
        made = _Chunk()
        for start in range(0, len(rows), STRETCH):
            stretch = rows[start : start + STRETCH]
            self._check(made, stretch, done=prepared.rows + start)
            self._beat(prepared.rows + start + len(stretch))
        facts = (
            len(rows),
            len(made.refused),
            np.array(made.rows, dtype=ROW).tobytes(),
            [(_plain(place), prepared.territories[places + n]) for n, place in enumerate(prepared.places[places:])],
            prepared.blocks[blocks:],
            (made.digits.niks, made.digits.zeros),
        )
        prepared.spool.add(marshal.dumps((self.mark, *facts)), made.pieces())
        del prepared.places[places:], prepared.territories[places:], prepared.blocks[blocks:]
        self._count(*facts)

    def _count(
        self,
        rows: int,
        refused: int,
        data: bytes,
        places: list[tuple[str | bytes, str]],
        blocks: list[tuple[int, str]],
        digits: tuple[int, int],
    ) -> None:
        prepared = self.prepared
        prepared.digits.add(LastDigits(*digits))
        prepared.rows += rows
        prepared.refused += refused
        prepared.chunks.append(np.frombuffer(data, dtype=ROW))
        for plain, territory in places:
            place: Place = uuid.UUID(bytes=plain) if isinstance(plain, bytes) else plain
            self.place_numbers[place] = len(prepared.places)
            prepared.places.append(place)
            prepared.territories.append(territory)
        for place_number, name in blocks:
            self.block_numbers[place_number, name.lower()] = len(prepared.blocks)
            prepared.blocks.append((place_number, name))

    def _check(self, made: _Chunk, rows: list[tuple[int, list[str]]], *, done: int) -> None:
        """One step after the other for all the rows, which is much faster than all steps for one row after the other."""
        if done + len(rows) > self.most:
            raise SheetError("too_many_rows", rows[int(self.most) - done][0])
        fitting = []
        for row in rows:
            if faults := faults_of_cells(row[1], self.layout):
                made.refuse(*row, faults)
            else:
                fitting.append(row)
        texts = list(map(self.in_order, [cells for _, cells in fitting]))
        made.digits.add(last_digits_of(texts, self.prepared.resolver))
        parsed = self.prepared.parsed(texts)
        people = self.prepared.people_of(parsed, [number for number, _ in fitting])
        taken = []
        for (number, cells), text, person in zip(fitting, texts, people, strict=True):
            if isinstance(person, list):
                made.refuse(number, cells, person)
            else:
                made.cells.append(text)
                taken.append(person)
        self._take(made, taken)

    def _take(self, made: _Chunk, people: list[Person]) -> None:
        start, epoch, batch_id = len(made.rows), self.prepared.register.epoch, self.batch.pk
        voters = [storing.new_voter(person, batch_id=batch_id, epoch=epoch) for person in people]
        made.voters += map(self.encode_voter, voters)
        identities = map(self.encode_identity, storing.new_identities(people))
        parts = made.identities
        for offset, (person, encoded) in enumerate(zip(people, identities, strict=True), start):
            nik_hash = person.nik_hash
            parts[part_of(nik_hash or person.person_hash)].append((offset, nik_hash, encoded))
        made.ids += [person.id.bytes for person in people]
        made.rows += map(self._row, people)

    def _row(self, person: Person) -> tuple[int, int, int, bool, int, int, int]:
        place, name = self._place_number(person), person.parsed.block
        block = self._block_number(place, name) if name and person.location else -1
        is_ok, facts = person.verdict == nik.OK, _facts(person, self.prepared.register.polling_day)
        return person.row_number, place, block, is_ok, facts, same_key(person, place), self.masks[person.warnings]

    def _place_number(self, person: Person) -> int:
        place = person.place
        number = self.place_numbers.get(place)
        if number is None:
            number = self.place_numbers[place] = len(self.prepared.places)
            self.prepared.places.append(place)
            self.prepared.territories.append(person.territory)
        return number

    def _block_number(self, place: int, name: str) -> int:
        key = place, name.lower()
        number = self.block_numbers.get(key)
        if number is None:
            number = self.block_numbers[key] = len(self.prepared.blocks)
            self.prepared.blocks.append((place, name))
        return number

    def _beat(self, done: int | None = None) -> None:
        rows = self.prepared.rows if done is None else done
        intake.beat(self.batch, rows_done=rows)
        self.on_progress(rows)


class _Chunk:
    """A chunk that is being filled."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, int, int, bool, int, int, int]] = []
        self.cells: list[Sequence[str]] = []
        self.ids: list[bytes] = []
        self.voters: list[Any] = []
        self.identities: list[list[Entry]] = [[] for _ in range(RANGES)]
        self.refused: list[tuple[int, list[str], list[dict[str, Any]]]] = []
        self.digits = LastDigits()

    def refuse(self, number: int, cells: list[str], faults: list[Fault]) -> None:
        self.refused.append((number, cells, [reason_of(fault) for fault in faults]))

    def pieces(self) -> list[bytes]:
        return [
            orjson.dumps(self.cells),
            b"".join(self.ids),
            marshal.dumps(self.voters),
            orjson.dumps(self.refused),
            *(marshal.dumps(part) if part else b"" for part in self.identities),
        ]


def reason_of(fault: Fault) -> dict[str, Any]:
    """A fault as it is kept with a refused row."""
    return {"column": fault.column, "code": fault.code, "params": dict(fault.params)}


def faults_of_cells(cells: list[str], layout: Layout) -> list[Fault]:
    """What is wrong with a row before any of its cells is read."""
    if len(cells) > layout.width:
        return [Fault("", "ragged_row")]
    return [Fault(column.header, code) for column, code in marked(cells, layout)]


def part_of(hashed: bytes) -> int:
    """Which of RANGES a hash belongs to; in the order of the hashes."""
    return hashed[0] * RANGES >> 8


def nik_key(same: Any, place: Any) -> Any:
    """Of the rows with an `ok` NIK: the first bytes of its hash, out of `same`, which tells places apart."""
    return same ^ (place.astype("<u8") * np.uint64(_SPREAD))


def key_of(nik_hash: bytes) -> int:
    return int.from_bytes(nik_hash[:8], "little")


def same_key(person: Person, place: int) -> int:
    """Equal for rows of one place that may be one person (see `matching.without_repeats`); 0 says nothing."""
    if person.verdict == nik.OK and person.nik_hash:
        key = key_of(person.nik_hash)
    else:
        nkk = columns.well_formed_nkk(person.parsed.nkk)
        if not nkk:
            return 0
        key = key_of(person.person_hash) ^ int(nkk)
    return key ^ (place * _SPREAD & _64_BITS)


def _facts(person: Person, polling_day: date | None) -> int:
    """As `condition.CONDITIONS` asks the register, asked of a row."""
    parsed, facts = person.parsed, 0
    if parsed.marital and parsed.ektp and parsed.nik and person.home and not person.home_assumed:
        facts = COMPLETE
    if polling_day and parsed.departure and parsed.departure <= polling_day:
        facts |= LEAVES
    return facts | WITHOUT_EKTP if parsed.ektp == "B" else facts


def _mask_of(codes: tuple[str, ...]) -> int:
    return sum(_BIT[code] for code in set(codes))


def _plain(place: Place) -> str | bytes:
    return place.bytes if isinstance(place, uuid.UUID) else place


def resolver_of(batch: Batch) -> Resolver:
    """Answers for the rows of this list, as far as whoever sent it reaches."""
    actor: Actor = batch.received_by or SYSTEM
    refs = {
        code: LocationRef(pk, territory, withdrawn is None and closed is None)
        for code, pk, territory, withdrawn, closed in SpecialLocation.everywhere.within_reach(actor.reach).values_list(
            "code", "pk", "territory", "withdrawn_at", "closed_at"
        )
    }
    return Resolver(reach=actor.reach, regions=Regions.all(), locations=refs, register=Register.current())


def _most_rows(batch: Batch) -> float:
    """SQLite has one writer: the browser may not hold it longer than a large batch takes."""
    is_browser = batch.received_by_id is not None
    return settings.BROWSER_ROWS_ON_SQLITE if is_browser and connection.vendor == "sqlite" else float("inf")


def _own_path(batch: Batch, path: Path) -> Path:
    return path.with_name(f"{batch.pk}.{uuid.uuid4().hex}.spool")


def _earlier(batch: Batch, path: Path, own: Spool) -> Iterator[tuple[bytes, list[bytes]]]:
    """The chunks of the longest file that an attempt before has left; all of them go."""
    left = [found for found in path.parent.glob(f"{batch.pk}.*.spool") if found != own.path]
    left.sort(key=lambda found: found.stat().st_size)
    try:
        if left:
            yield from left_behind(left[-1], batch.pk)
    finally:
        for found in left:
            found.unlink(missing_ok=True)


def _mark(batch: Batch, prepared: Prepared, layout: Any) -> bytes:
    """What a row's outcome hangs on beside the row: an attempt that had another answer is not gone on with."""
    resolver = prepared.resolver
    facts = (
        connection.vendor,
        keyring.ring().current,
        CODES,
        ROW.descr,
        CHUNK,
        storing.NEW_VOTER_FIELDS,
        storing.IDENTITY_FIELDS,
        layout.headers,
        batch.reading,
        prepared.default,
        batch.pk,
        resolver.today,
        resolver.register.is_synthetic,
        resolver.register.epoch,
        resolver.register.polling_day,
        resolver.reach if isinstance(resolver.reach, National) else sorted(resolver.reach),
        resolver.regions.digest(),
        sorted((code, ref.id, ref.territory) for code, ref in resolver.locations.items()),
    )
    return hashlib.sha256(repr(facts).encode()).digest()
