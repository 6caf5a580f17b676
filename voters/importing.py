"""How does a voter file become voters? Parsed and checked row by row, then matched, sealed and loaded in one transaction.

Never half a file: either every good row is in and every bad one kept with its reasons, or nothing happened.
"""

from __future__ import annotations

import datetime
import hashlib
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

import orjson
from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.utils.translation import gettext

from accounts import audit
from accounts.ids import new_id
from accounts.permissions import SYSTEM, Actor, Permission, require
from locations import changes, intake
from locations.cells import Fault
from locations.models import Batch, Block, Refusal, SpecialLocation
from locations.sheets import SheetError, read_csv
from regions.levels import COUNTRY_CODE

from . import claims, columns, keyring, matching, nik, storing, vault
from .loading import collecting_rarely, insert_rows, is_worth_another_try, wait_as_long_as_it_takes
from .models import Register, Voter, VoterIdentity
from .resolving import LocationRef, Person, Regions, Resolver
from .updating import Update, update_of

CHUNK = 2000
TRIES = 5


def receive(*, file: BinaryIO, file_name: str, location: SpecialLocation | None = None, by: Actor) -> Batch:
    """Keeps the file sealed and makes its batch, for `run`. Raises ValueError where the file is too large.

    `location` stands for rows that name none; it must lie in the territory of `by`.
    """
    territory = getattr(by, "territory_id", COUNTRY_CODE)
    require(by, Permission.ENTER, territories=[location.territory if location else territory])
    batch = Batch(id=new_id(), territory=territory, subject=Batch.Subject.VOTERS, location=location)
    batch.received_by_id = by.pk
    batch.file_name, batch.stored_name = Path(file_name).name[:200], f"{batch.pk}.sealed"
    hashed = _Hashed(file)
    batch.size_bytes = vault.write(hashed, stored_path(batch), batch.pk, most_bytes=settings.MAX_UPLOAD_BYTES)
    batch.sha256 = hashed.digest.hexdigest()
    batch.rows_total = max(hashed.lines - 1, 1)  # about: the header apart, lines within quotation marks counted
    with transaction.atomic():
        batch.save(force_insert=True)
        audit.record(by=by, action="voters.receive", subject=batch, territory=territory, size_bytes=batch.size_bytes)
    return batch


def run(batch: Batch, *, on_progress: Callable[[int], None] | None = None) -> Batch:
    """Imports a received batch and returns it done, or failed where the file as a whole cannot be read.

    Safe to call again: a batch that is over, or that another worker has, is returned as it is.
    """
    claimed = intake.claim(batch.pk)
    if claimed is None:
        return Batch.everywhere.get(pk=batch.pk)
    try:
        with collecting_rarely():
            _load_with_retries(claimed, _prepare(claimed, on_progress or (lambda rows: None)))
    except SheetError as error:
        intake.fail(claimed, code=error.code, row=error.row, column=error.column)
    except (OperationalError, InterfaceError):
        raise  # the database went away: the sweep goes on with it
    except Exception:
        intake.fail(claimed, code="crashed")
        raise
    return claimed


def stored_path(batch: Batch) -> Path:
    """Where the sealed file of a batch lies."""
    return Path(settings.MEDIA_ROOT) / "voters" / batch.stored_name


def forget_uploads(*, at: datetime.datetime) -> int:
    """Deletes files and refused rows of batches that ended 30 days before `at`; returns of how many."""
    old = intake.outdated(Batch.Subject.VOTERS, at=at)
    for batch in old:
        stored_path(batch).unlink(missing_ok=True)
        intake.forget_rows(batch)
    return len(old)


def rejected_rows(batch: Batch) -> Iterator[list[str]]:
    """The refused rows as they came, header first, with row number, columns and reasons; all identities plain."""
    header = stored_header(batch)
    yield [*header, "baris", "kolom", "alasan"]
    sealer = keyring.sealer("refusal", "row")
    for refusal in Refusal.everywhere.filter(batch=batch).order_by("row_number").iterator(CHUNK):
        cells = orjson.loads(sealer.unpack(refusal.pk.bytes, bytes(refusal.row)))
        reasons = [
            f"{gettext(columns.MESSAGES[reason['code']]) % reason['params']} ({reason['code']})"
            for reason in refusal.reasons
        ]
        named = [reason["column"] for reason in refusal.reasons]
        cells = (cells + [""] * len(header))[: len(header)]
        yield [*cells, str(refusal.row_number), "; ".join(named), "; ".join(reasons)]


def export_rejected(*, batch: Batch, by: Actor) -> Iterator[list[str]]:
    """`rejected_rows` for a person: recorded before anything leaves."""
    require(by, Permission.ENTER, territories=[batch.territory])
    audit.record(by=by, action="voters.export_rejected", subject=batch, territory=batch.territory, rows=batch.rejected)
    return rejected_rows(batch)


@dataclass(slots=True)
class _Refused:
    row: int
    cells: list[str]
    faults: list[Fault]


@dataclass(slots=True)
class _Prepared:
    """A file read and checked: nothing of it is in the database yet."""

    people: list[Person]
    refused: list[_Refused]
    warnings: intake.Warnings
    present: frozenset[str]
    rows: int
    register: Register


class _Hashed:
    """A file that is hashed, and its lines counted, while it is read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.digest, self.lines = file, hashlib.sha256(), 0

    def read(self, size: int, /) -> bytes:
        data = self._file.read(size)
        self.digest.update(data)
        self.lines += data.count(b"\n")
        return data


def _prepare(batch: Batch, on_progress: Callable[[int], None]) -> _Prepared:
    with vault.read(stored_path(batch), batch.pk) as file:
        rows = read_csv(file)
        _, header = next(rows)
        layout = columns.match_header(header)
        default = batch.location.code if batch.location else ""
        for missing in columns.missing_columns(layout, location_code=default):
            raise SheetError("missing_column", 1, missing)
        for twice in layout.twice:
            raise SheetError("column_twice", 1, twice)
        prepared = _Prepared([], [], intake.Warnings(), _present(layout), 0, Register.current())
        if layout.unknown:
            prepared.warnings.add("unknown_column", 1, name=intake.named(layout.unknown))
        _check_rows(batch, rows, layout, default, prepared, on_progress)
    return prepared


def _check_rows(
    batch: Batch,
    rows: Iterable[tuple[int, list[str]]],
    layout: Any,
    default: str,
    prepared: _Prepared,
    on_progress: Callable[[int], None],
) -> None:
    resolver = _resolver(batch, prepared.register)
    in_order, width, today = columns.in_order(layout), layout.width, resolver.today
    synthetic, most = prepared.register.is_synthetic, _most_rows(batch)
    for number, cells in rows:
        prepared.rows += 1
        if prepared.rows > most:
            raise SheetError("too_many_rows", number)
        if len(cells) > width:
            prepared.refused.append(_Refused(number, cells, [Fault("", "ragged_row")]))
            continue
        parsed = columns.parse_texts(in_order(cells), today=today, synthetic=synthetic, location_code=default)
        person = parsed if isinstance(parsed, list) else resolver.person(parsed, number)
        if isinstance(person, list):
            prepared.refused.append(_Refused(number, cells, person))
        else:
            prepared.people.append(person)
        if prepared.rows % CHUNK == 0:
            intake.beat(batch, rows_done=prepared.rows)
            on_progress(prepared.rows)


def _resolver(batch: Batch, register: Register) -> Resolver:
    actor: Actor = batch.received_by or SYSTEM
    refs = {
        code: LocationRef(pk, territory, withdrawn is None and closed is None)
        for code, pk, territory, withdrawn, closed in SpecialLocation.everywhere.within_reach(actor.reach).values_list(
            "code", "pk", "territory", "withdrawn_at", "closed_at"
        )
    }
    return Resolver(reach=actor.reach, regions=Regions.all(), locations=refs, register=register)


def _present(layout: Any) -> frozenset[str]:
    return frozenset(column.header for _, column in layout.columns)


def _most_rows(batch: Batch) -> float:
    """SQLite has one writer: the browser may not hold it longer than a large batch takes."""
    is_browser = batch.received_by_id is not None
    return settings.BROWSER_ROWS_ON_SQLITE if is_browser and connection.vendor == "sqlite" else float("inf")


def stored_header(batch: Batch) -> list[str]:
    """The file's own header, or ours once the file was deleted."""
    try:
        with vault.read(stored_path(batch), batch.pk) as file:
            return next(iter(read_csv(file)))[1]
    except (FileNotFoundError, SheetError):
        return list(columns.HEADERS)


def _load_with_retries(batch: Batch, prepared: _Prepared) -> None:
    """Another import may hold the same people: its deadlock or its claim sends us back to the start, not into failure."""
    for attempt in range(1, TRIES + 1):
        warnings = intake.Warnings.of(prepared.warnings)
        try:
            with transaction.atomic():
                wait_as_long_as_it_takes()
                if not intake.hold(batch):
                    return
                _Load(batch, prepared, warnings).run()
            return
        except DatabaseError as error:
            if attempt == TRIES or not is_worth_another_try(error):
                raise
            time.sleep(0.05 * attempt)


@dataclass(slots=True)
class _Load:
    """One attempt to load a prepared file, within its transaction."""

    batch: Batch
    prepared: _Prepared
    warnings: intake.Warnings
    moved: set[uuid.UUID] = field(default_factory=set)
    contested: set[bytes] = field(default_factory=set)
    updated: int = 0
    new: list[Person] = field(default_factory=list)
    matched: list[tuple[Person, uuid.UUID, bool]] = field(default_factory=list)

    def run(self) -> None:
        storing.lock_places({person.location.id for person in self.prepared.people if person.location})
        self._match()
        blocks = self._blocks()
        self._update(blocks)
        self._insert(blocks)
        duplicates = self._settle()
        self._refuse()
        changes.record(self.moved)
        self._finish(duplicates)

    def _match(self) -> None:
        by_place: dict[object, list[Person]] = defaultdict(list)
        for person in self.prepared.people:
            by_place[person.place].append(person)
        known = storing.known_at(by_place)
        former = storing.restorable(self.prepared.people)
        for place, people in by_place.items():
            rows = [_copy_of(person) for person in people] if former else people
            kept, repeated = matching.without_repeats(rows)
            self.updated += repeated
            stand_here = known.get(place, [])
            found = matching.match(kept, stand_here, former=former, nkk_of=storing.nkks)
            self._sort_out(kept, found, stand_here)

    def _sort_out(self, people: list[Person], found: matching.Matches, known: Sequence[matching.Known]) -> None:
        namesakes = {voter.person_hash for voter in known if voter.verdict == nik.OK}
        for person in people:
            voter_id = found.of.get(person.id)
            if voter_id is None:
                self.new.append(person)
                if person.person_hash in namesakes:
                    self.warnings.add("other_nik", person.row_number)
            else:
                self.matched.append((person, voter_id, person.id in found.keeps_nik))
            for code in person.warnings:
                self.warnings.add(code, person.row_number)

    def _blocks(self) -> dict[tuple[uuid.UUID, str], uuid.UUID]:
        """Every block the file names, by location and name in lower case; those not seen before are created."""
        wanted: dict[tuple[uuid.UUID, str], Person] = {}
        for person in self.new + [person for person, _, _ in self.matched]:
            if person.location and person.parsed.block:
                wanted.setdefault((person.location.id, person.parsed.block.lower()), person)
        blocks: dict[tuple[uuid.UUID, str], uuid.UUID] = {}
        for chunk in storing.chunks(sorted({location for location, _ in wanted}), storing.HASHES_A_QUERY):
            stored = Block.everywhere.filter(location__in=chunk).values_list("location_id", "name", "pk")
            blocks.update({(location, name.lower()): pk for location, name, pk in stored})
        created = []
        for key, person in wanted.items():
            if key not in blocks:
                block = Block(location_id=key[0], territory=person.territory, name=person.parsed.block)
                blocks[key] = block.pk
                created.append(block)
                self.warnings.add("block_created", person.row_number)
        Block.everywhere.bulk_create(sorted(created, key=lambda block: (block.location_id, block.name)))
        return blocks

    def _update(self, blocks: Mapping[tuple[uuid.UUID, str], uuid.UUID]) -> None:
        self.updated += len(self.matched)
        updates: list[Update] = []
        for chunk in storing.chunks(self.matched, storing.HASHES_A_QUERY):
            stored = storing.stored_voters([voter_id for _, voter_id, _ in chunk])
            for person, voter_id, keeps_nik in chunk:
                update = update_of(
                    stored[voter_id],
                    person,
                    present=self.prepared.present,
                    keeps_nik=keeps_nik,
                    block_id=_block_of(person, blocks),
                    epoch=self.prepared.register.epoch,
                    from_list=True,
                )
                for code in update.warnings:
                    self.warnings.add(code, person.row_number)
                if update.is_change:
                    updates.append(update)
        storing.write_updates(updates)
        for update in updates:
            self.contested |= update.contested
            if update.location_id:
                self.moved.add(update.location_id)

    def _insert(self, blocks: Mapping[tuple[uuid.UUID, str], uuid.UUID]) -> None:
        """New voters; a NIK that nobody else has claims at once, every other is settled after.

        Voters in the order of their ids, so that their index grows at its end; identities in the order of their
        hashes, so that two imports with the same people never wait for each other crosswise.
        """
        self.new.sort(key=lambda person: person.id)
        self.contested |= storing.shared_hashes(self.new)
        self.moved |= {person.location.id for person in self.new if person.location}
        epoch, batch_id = self.prepared.register.epoch, self.batch.pk
        for people in storing.chunks(self.new, CHUNK):
            rows = [
                storing.new_voter(each, block_id=_block_of(each, blocks), batch_id=batch_id, epoch=epoch)
                for each in people
            ]
            insert_rows(Voter, storing.NEW_VOTER_FIELDS, rows)
        for people in storing.chunks(sorted(self.new, key=lambda person: person.nik_hash or b""), CHUNK):
            sealed = [storing.new_identity(each, claims_now=self._claims_at_once(each)) for each in people]
            insert_rows(VoterIdentity, storing.IDENTITY_FIELDS, sealed)

    def _claims_at_once(self, person: Person) -> bool:
        return person.verdict == nik.OK and person.is_active and person.nik_hash not in self.contested

    def _settle(self) -> int:
        """Returns how many of the new rows are duplicates."""
        inserted = {person.id: person for person in self.new if person.nik_hash in self.contested}
        self.moved |= claims.settle(self.contested, inserted=inserted.keys())
        duplicates = 0
        for chunk in storing.chunks(sorted(inserted), storing.HASHES_A_QUERY):
            for pk in Voter.everywhere.filter(pk__in=chunk, is_duplicate=True).values_list("pk", flat=True):
                self.warnings.add("duplicate", inserted[pk].row_number)
                duplicates += 1
        return duplicates

    def _refuse(self) -> None:
        sealer = keyring.sealer("refusal", "row")
        for chunk in storing.chunks(self.prepared.refused, CHUNK):
            refusals = []
            for refused in chunk:
                refusal = Refusal(territory=self.batch.territory, batch=self.batch, row_number=refused.row)
                refusal.reasons = [
                    {"column": fault.column, "code": fault.code, "params": dict(fault.params)}
                    for fault in refused.faults
                ]
                refusal.row = sealer.pack(refusal.pk.bytes, orjson.dumps(refused.cells))
                refusals.append(refusal)
            Refusal.everywhere.bulk_create(refusals)

    def _finish(self, duplicates: int) -> None:
        counts = {
            "rows": self.prepared.rows,
            "accepted": len(self.new) - duplicates,
            "updated": self.updated,
            "rejected": len(self.prepared.refused),
            "duplicates": duplicates,
        }
        intake.finish(self.batch, counts=counts, warnings=self.warnings.as_json())
        by: Actor = self.batch.received_by or SYSTEM
        audit.record(by=by, action="voters.import", subject=self.batch, territory=self.batch.territory, **counts)


def _block_of(person: Person, blocks: Mapping[tuple[uuid.UUID, str], uuid.UUID]) -> uuid.UUID | None:
    if not person.location or not person.parsed.block:
        return None
    return blocks[person.location.id, person.parsed.block.lower()]


def _copy_of(person: Person) -> Person:
    """A copy that matching may give another NIK, so that a second attempt starts from the file again."""
    return replace(person, parsed=replace(person.parsed))
