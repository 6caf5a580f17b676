"""How do prepared rows enter the register? Within one transaction: matched with who stands there, updated, inserted, settled.

Rows that concern nobody else pass as they lie in the spool. Only those that stand twice in the file, or where somebody
stands already, become people again, as many at a time as memory bears.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice, pairwise
from typing import Any, Final

import numpy as np
import orjson
from django.db import IntegrityError
from django.utils import timezone

from accounts import audit
from accounts.permissions import SYSTEM, Actor
from locations import changes, intake
from locations.models import Batch, Block, Refusal

from . import before, claims, keyring, loading, matching, missing, nik, preparing, report, storing
from .models import Voter, VoterIdentity
from .preparing import CODES, RANGES, Prepared, part_of
from .reading import alike
from .resolving import Person
from .updating import Stored, Update, update_of

NEW, MATCHED, KEEPS_NIK, REPEATED = range(4)  # what becomes of a row
PEOPLE: Final = 20_000  # of so many at a time, at least of one place, it is asked who they are
REFUSALS: Final = 2000
TRIES: Final = 20
OF_COLUMN: Final = {  # said of a row for want of a column, which leaves what is stored of whoever is known
    "no_nkk": "nkk",
    "no_nik": "nik",
    **dict.fromkeys(("home_assumed", "unknown_domicile"), "kode_wilayah_domisili"),
}
_ID: Final = 16

SUSPECTS: Final[Mapping[str, Callable[[Mapping[str, Any]], bool]]] = {
    "bps_suspected": lambda fault: fault["code"] == "bps_code",
    "month_first": lambda fault: fault["params"].get("order") == "month",
}
"""What faults of refused rows make of those that were taken."""

At = tuple[int, int]  # a row: the chunk, and its place there
Sealed = tuple[int, int, bytes | None, Any]  # a row, its NIK's hash, and its identity but for the claim


@dataclass(slots=True)
class Entry:
    """One attempt to load a prepared file, within its transaction; `fates` and `voters` by chunk, in its order."""

    batch: Batch
    prepared: Prepared
    warnings: intake.Warnings
    active: set[uuid.UUID] = field(default_factory=set)
    moved: set[uuid.UUID] = field(default_factory=set)
    contested: set[bytes] = field(default_factory=set)
    is_alone: bool = True
    updated: int = 0
    inserted: int = 0
    fates: list[Any] = field(default_factory=list)
    voters: dict[int, bytearray] = field(default_factory=dict)
    changed: dict[At, Person] = field(default_factory=dict)
    kept: dict[At, Person] = field(default_factory=dict)

    @property
    def only_adds(self) -> bool:
        return self.batch.mode == Batch.Mode.ADD

    def run(self) -> None:
        places = self.prepared.locations()
        storing.lock_places(places)
        self.active = storing.active(places)
        self.fates = [np.zeros(len(chunk), np.uint8) for chunk in self.prepared.chunks]
        self._match()
        self._warn()
        blocks = self._blocks()
        self._update(blocks)
        self._insert_voters(blocks)
        self._note_missing()
        duplicates = self._settle(self._insert_identities())
        self._refuse()
        changes.record(self.moved)
        self._finish(duplicates)

    def _match(self) -> None:
        former = storing.former_hashes()
        concerned = self._concerned(former)
        for rows in _portions(concerned):
            people = dict(self._people(rows))
            of_former = storing.restorable(people.values()) if former else {}
            by_place: dict[object, list[Person]] = defaultdict(list)
            for person in people.values():
                by_place[person.place].append(person)
            at = {person.id: place for place, person in people.items()}
            known = storing.known_at(by_place)
            for place, here in by_place.items():
                self._match_place(here, known.get(place, []), of_former, at)
            self._keep(people)

    def _keep(self, people: Mapping[At, Person]) -> None:
        """Of those who stand there already as many as memory bears, so that they are not read a second time to be updated."""
        if self.only_adds:
            return
        room = PEOPLE - len(self.kept)
        known = (at for at in people if self.fates[at[0]][at[1]] in (MATCHED, KEEPS_NIK))
        self.kept.update((at, people[at]) for at in islice(known, room))

    def _concerned(self, former: Sequence[bytes]) -> list[tuple[int, int, int]]:
        """(place, chunk, offset) of the rows that may be one person with another row or with somebody registered."""
        found: list[tuple[int, int, int]] = []
        inhabited, twice = self._inhabited(), self._twice()
        old = np.array([preparing.key_of(value) for value in former], np.uint64)
        for number, chunk in enumerate(self.prepared.chunks):
            is_concerned = inhabited[chunk["place"]] | np.isin(chunk["same"], twice)
            if len(old):
                is_concerned |= (chunk["is_ok"] == 1) & np.isin(preparing.nik_key(chunk["same"], chunk["place"]), old)
            offsets = np.flatnonzero(is_concerned)
            found += zip(chunk["place"][offsets].tolist(), [number] * len(offsets), offsets.tolist(), strict=True)
        return sorted(found)

    def _inhabited(self) -> Any:
        """For each place whether anybody stands there already."""
        known = storing.inhabited(self.prepared.locations())
        territories = {place for place in self.prepared.places if isinstance(place, str)}
        unplaced = Voter.everywhere.filter(location=None, territory__in=territories)
        stays = set(unplaced.values_list("territory", flat=True).distinct()) if territories else set()
        return np.array([place in known or place in stays for place in self.prepared.places], bool)

    def _twice(self) -> Any:
        """What more than one row says of who it is, at one place."""
        same = np.concatenate([chunk["same"] for chunk in self.prepared.chunks] or [np.zeros(0, np.uint64)])
        same.sort()
        again = same[1:][same[1:] == same[:-1]]
        return np.unique(again[again != 0])

    def _people(self, rows: Sequence[tuple[int, int, int]]) -> Iterator[tuple[At, Person]]:
        """In the order of the file, whatever the order of places."""
        in_order = sorted((chunk, offset) for _, chunk, offset in rows)
        for chunk, group in groupby(in_order, key=lambda at: at[0]):
            offsets = [offset for _, offset in group]
            for offset, person in zip(offsets, self.prepared.people(chunk, offsets), strict=True):
                yield (chunk, offset), person

    def _match_place(
        self,
        people: Sequence[Person],
        known: Sequence[matching.Known],
        former: Mapping[bytes, Sequence[matching.Former]],
        at: Mapping[uuid.UUID, At],
    ) -> None:
        said = {person.id: person.warnings for person in people}
        kept, repeated = matching.without_repeats(people)
        self.updated += repeated
        if repeated:
            kept_ids = {person.id for person in kept}
            for person in people:
                if person.id not in kept_ids:
                    self._decide(at[person.id], REPEATED)
        found = matching.match(kept, known, former=former, nkk_of=storing.nkks)
        namesakes = {voter.person_hash for voter in known if voter.verdict == nik.OK}
        for person in kept:
            voter_id = found.of.get(person.id)
            if voter_id is not None:
                fate = KEEPS_NIK if person.id in found.keeps_nik else MATCHED
                self._decide(at[person.id], fate, voter_id)
            elif person.person_hash in namesakes:
                self.warnings.add("other_nik", person.row_number)
            if person.warnings is not said[person.id]:
                for code in person.warnings[len(said[person.id]) :]:
                    self.warnings.add(code, person.row_number)
                if "former_nik" in person.warnings:
                    self.changed[at[person.id]] = person

    def _decide(self, at: At, fate: int, voter_id: uuid.UUID | None = None) -> None:
        chunk, offset = at
        self.fates[chunk][offset] = fate
        if voter_id is not None:
            ids = self.voters.setdefault(chunk, bytearray(_ID * len(self.fates[chunk])))
            ids[_ID * offset : _ID * (offset + 1)] = voter_id.bytes

    def _warn(self) -> None:
        """What was said of the rows when they were checked; of those that stand twice, only of the one that counts."""
        for chunk, fates in zip(self.prepared.chunks, self.fates, strict=True):
            warnings = chunk["warnings"]
            for bit in _bits(int(np.bitwise_or.reduce(warnings, initial=0))):
                is_said = (warnings & np.uint64(1 << bit) != 0) & (fates != REPEATED)
                if OF_COLUMN.get(CODES[bit], "") not in {"", *self.prepared.present}:
                    is_said &= fates == NEW
                rows = np.flatnonzero(is_said)
                first = chunk["number"][rows[: intake.ROWS_NAMED]].tolist()
                if len(rows):
                    self.warnings.add_many(CODES[bit], len(rows), first)

    def _blocks(self) -> list[uuid.UUID | None]:
        """The id of every block the file names, None where only rows that fell away name it; new ones are created."""
        first_rows: dict[int, int] = {}
        for chunk, fates in zip(self.prepared.chunks, self.fates, strict=True):
            counts = fates == NEW if self.only_adds else fates != REPEATED
            numbers, firsts = np.unique(np.where(counts, chunk["block"], -1), return_index=True)
            for number, first in zip(numbers.tolist(), firsts.tolist(), strict=True):
                first_rows.setdefault(number, int(chunk["number"][first]))
        stored = self._stored_blocks()
        alike_to = {(place, alike(name)): name for (place, _lower), (_pk, name) in stored.items()}
        blocks: list[uuid.UUID | None] = [None] * len(self.prepared.blocks)
        created = []
        for number, (place_number, name) in enumerate(self.prepared.blocks):
            place = self.prepared.places[place_number]
            if number not in first_rows or not isinstance(place, uuid.UUID):
                continue
            blocks[number], _name = stored.get((place, name.lower()), (None, ""))
            if blocks[number] is None:
                block = Block(location_id=place, territory=self.prepared.territories[place_number], name=name)
                block.batch = self.batch
                blocks[number] = block.pk
                created.append(block)
                self.warnings.add("block_created", first_rows[number])
                known = alike_to.setdefault((place, alike(name) or name), name)
                if known != name:
                    self.warnings.add("block_alike", first_rows[number], name=intake.named((name, known)))
        Block.everywhere.bulk_create(sorted(created, key=lambda block: (block.location_id, block.name)))
        return blocks

    def _stored_blocks(self) -> dict[tuple[uuid.UUID, str], tuple[uuid.UUID, str]]:
        """By place and name in small letters: id and name."""
        places = {self.prepared.places[place] for place, _ in self.prepared.blocks}
        blocks: dict[tuple[uuid.UUID, str], tuple[uuid.UUID, str]] = {}
        for chunk in storing.chunks(sorted(places, key=str), storing.HASHES_A_QUERY):
            stored = Block.everywhere.filter(location__in=chunk).values_list("location_id", "name", "pk")
            blocks.update({(location, name.lower()): (pk, name) for location, name, pk in stored})
        return blocks

    def _update(self, blocks: Sequence[uuid.UUID | None]) -> None:
        for number in sorted(self.voters):
            fates, ids = self.fates[number], bytes(self.voters[number])
            offsets = np.flatnonzero((fates == MATCHED) | (fates == KEEPS_NIK)).tolist()
            self.updated += len(offsets)
            if self.only_adds:
                first = self.prepared.chunks[number]["number"][offsets[: intake.ROWS_NAMED]].tolist()
                self.warnings.add_many("left_as_it_was", len(offsets), first)
                continue
            people = self.prepared.people(number, [offset for offset in offsets if (number, offset) not in self.kept])
            changed: list[tuple[Stored, Update]] = []
            for some in storing.chunks(offsets, storing.HASHES_A_QUERY):
                voter_ids = [uuid.UUID(bytes=ids[_ID * offset : _ID * (offset + 1)]) for offset in some]
                stored = storing.stored_voters(voter_ids)
                for offset, voter_id in zip(some, voter_ids, strict=True):
                    person = self.kept.pop((number, offset), None) or next(people)
                    person = self.changed.get((number, offset), person)
                    update = update_of(
                        stored[voter_id],
                        person,
                        present=self.prepared.present,
                        keeps_nik=fates[offset] == KEEPS_NIK,
                        block_id=_block_of(self.prepared.chunks[number]["block"][offset], blocks),
                        epoch=self.prepared.register.epoch,
                        from_list=True,
                        gone_by=self.prepared.register.polling_day or self.prepared.resolver.today,
                    )
                    for code in update.warnings:
                        self.warnings.add(code, person.row_number)
                    if update.is_change:
                        changed.append((stored[voter_id], update))
            self._write(changed)

    def _write(self, changed: Sequence[tuple[Stored, Update]]) -> None:
        updates = [update for _, update in changed]
        before.keep(changed, batch_id=self.batch.pk, at=timezone.now())
        storing.write_updates(updates)
        for update in updates:
            self.contested |= update.contested
            if update.location_id:
                self.moved.add(update.location_id)

    def _insert_voters(self, blocks: Sequence[uuid.UUID | None]) -> None:
        """In the order of their ids, so that their index grows at its end."""
        seen: set[int] = set()
        for number, (chunk, fates) in enumerate(zip(self.prepared.chunks, self.fates, strict=True)):
            is_new = fates == NEW
            count = int(is_new.sum())
            if not count:
                continue
            self.inserted += count
            seen.update(np.unique(chunk["place"][is_new]).tolist())
            rows = zip(self.prepared.voters(number), chunk["block"].tolist(), is_new.tolist(), strict=True)
            loading.insert_encoded(
                Voter, storing.NEW_VOTER_FIELDS, ((row, _block_of(block, blocks)) for row, block, new in rows if new)
            )
        self.moved |= {place for place in map(self.prepared.places.__getitem__, seen) if isinstance(place, uuid.UUID)}

    def _note_missing(self) -> None:
        """Whom the file names is missed by no earlier list; whom it does not name, if it replaces that one, is noted."""
        missing.found(self._named())
        if self.batch.mode != Batch.Mode.REPLACE:
            return
        refused = (each.cells for number in range(len(self.fates)) for each in self.prepared.refusals(number))
        missing.note(self.batch, places=self.prepared.locations(), named=set(self._named()), refused=refused)

    def _named(self) -> Iterator[bytes]:
        """The ids of the voters whom rows of the file are about."""
        for number in self.voters:
            ids, fates = bytes(self.voters[number]), self.fates[number]
            for offset in np.flatnonzero((fates == MATCHED) | (fates == KEEPS_NIK)).tolist():
                yield ids[_ID * offset : _ID * (offset + 1)]

    def _insert_identities(self) -> dict[uuid.UUID, int]:
        """Part by part in the order of their hashes, so that two imports with the same people never wait crosswise.

        A NIK that nobody else has claims at once; the rows of every other are returned, to be settled, with their numbers.
        """
        is_active = np.array([not isinstance(p, uuid.UUID) or p in self.active for p in self.prepared.places], bool)
        chunks = self.prepared.chunks
        is_ok = [chunk["is_ok"].tobytes() for chunk in chunks]
        may_claim = [(is_active[chunk["place"]] & (chunk["is_ok"] == 1)).tobytes() for chunk in chunks]
        is_new = [(fates == NEW).tobytes() for fates in self.fates]
        self.is_alone = not VoterIdentity.everywhere.exists()
        to_settle: list[At] = []
        for part, changed in enumerate(self._changed_parts()):
            entries = sorted([*self._entries(part, is_new), *changed], key=lambda entry: entry[2] or b"")
            hashes = [nik_hash for chunk, offset, nik_hash, _ in entries if nik_hash and is_ok[chunk][offset]]
            self.contested.update(one for one, other in pairwise(hashes) if one == other)
            self._insert_part(entries, hashes, may_claim)
            if self.contested:
                to_settle += [
                    (chunk, offset)
                    for chunk, offset, nik_hash, _ in entries
                    if nik_hash in self.contested and is_ok[chunk][offset]
                ]
        return self._ids_of(to_settle)

    def _insert_part(self, entries: Sequence[Sealed], hashes: Sequence[bytes], may_claim: Sequence[bytes]) -> None:
        """Another import may take a claim meanwhile: this waits for its commit, and then does this part again only."""
        for attempt in range(1, TRIES + 1):
            contested = self.contested
            if not self.is_alone:
                contested |= storing.registered(hashes)
            rows = [
                (encoded, nik_hash if may_claim[chunk][offset] and nik_hash not in contested else None)
                for chunk, offset, nik_hash, encoded in entries
            ]
            try:
                with loading.returning_to_here():
                    loading.insert_encoded(VoterIdentity, storing.IDENTITY_FIELDS, rows)
                return
            except IntegrityError as error:
                if attempt == TRIES or not loading.may_be_anothers(error):
                    raise
                self.is_alone = False

    def _entries(self, part: int, is_new: Sequence[bytes]) -> Iterator[Sealed]:
        for number, new in enumerate(is_new):
            for offset, nik_hash, encoded in self.prepared.identities(number, part):
                if new[offset] and (number, offset) not in self.changed:
                    yield number, offset, nik_hash, encoded

    def _changed_parts(self) -> list[list[Sealed]]:
        """New voters whose NIK is another than the file has, sealed anew, by part."""
        encode = loading.encoder(VoterIdentity, storing.IDENTITY_FIELDS[:-1])
        parts: list[list[Sealed]] = [[] for _ in range(RANGES)]
        for (chunk, offset), person in self.changed.items():
            if self.fates[chunk][offset] == NEW:
                entry = (chunk, offset, person.nik_hash, encode(storing.new_identities([person])[0]))
                parts[part_of(person.nik_hash or person.person_hash)].append(entry)
        return parts

    def _ids_of(self, rows: Iterable[At]) -> dict[uuid.UUID, int]:
        found = {}
        for number, group in groupby(sorted(rows), key=lambda at: at[0]):
            ids, numbers = self.prepared.ids(number), self.prepared.chunks[number]["number"]
            found.update({ids(offset): int(numbers[offset]) for _, offset in group})
        return found

    def _settle(self, inserted: Mapping[uuid.UUID, int]) -> int:
        """Returns how many of the new rows are duplicates."""
        losing: set[uuid.UUID] = set()
        self.moved |= claims.settle(self.contested, inserted=inserted.keys(), losing=losing)
        before.keep_claims(losing - inserted.keys(), batch_id=self.batch.pk)
        duplicates = 0
        for chunk in storing.chunks(sorted(inserted), storing.HASHES_A_QUERY):
            for pk in Voter.everywhere.filter(pk__in=chunk, is_duplicate=True).values_list("pk", flat=True):
                self.warnings.add("duplicate", inserted[pk])
                duplicates += 1
        return duplicates

    def _refuse(self) -> None:
        sealer = keyring.sealer("refusal", "row")
        for number in range(len(self.prepared.chunks)):
            refused = list(self.prepared.refusals(number))
            for some in storing.chunks(refused, REFUSALS):
                refusals = []
                self._suspect(some)
                for each in some:
                    refusal = Refusal(territory=self.batch.territory, batch=self.batch, row_number=each.row)
                    refusal.reasons = each.faults
                    refusal.row = sealer.pack(refusal.pk.bytes, orjson.dumps(each.cells))
                    refusals.append(refusal)
                Refusal.everywhere.bulk_create(refusals)

    def _suspect(self, refused: Sequence[preparing.Refused]) -> None:
        """What refused rows tell of those that were taken."""
        for code, tells in SUSPECTS.items():
            rows = [each.row for each in refused if any(map(tells, each.faults))]
            if rows and self.inserted + self.updated:
                self.warnings.add_many(code, len(rows), rows[: intake.ROWS_NAMED])

    def _finish(self, duplicates: int) -> None:
        counts = {
            "rows": self.prepared.rows,
            "accepted": self.inserted - duplicates,
            "updated": self.updated,
            "rejected": self.prepared.refused,
            "duplicates": duplicates,
        }
        self.batch.undo_until = timezone.now() + intake.KEPT_FOR
        warnings = self.warnings.as_json()
        is_counted = [fates != REPEATED for fates in self.fates]
        self.batch.report = report.measured(self.prepared, is_counted, new=self.inserted, warnings=warnings)
        intake.finish(self.batch, counts=counts, warnings=warnings)
        by: Actor = self.batch.received_by or SYSTEM
        audit.record(by=by, action="voters.import", subject=self.batch, territory=self.batch.territory, **counts)


def _portions(rows: Sequence[tuple[int, int, int]]) -> Iterator[list[tuple[int, int, int]]]:
    """Rows sorted by place in parts of about PEOPLE; a place is never parted."""
    portion: list[tuple[int, int, int]] = []
    for _, group in groupby(rows, key=lambda row: row[0]):
        portion += group
        if len(portion) >= PEOPLE:
            yield portion
            portion = []
    if portion:
        yield portion


def _block_of(number: int, blocks: Sequence[uuid.UUID | None]) -> uuid.UUID | None:
    return blocks[number] if number >= 0 else None


def _bits(mask: int) -> Iterator[int]:
    return (bit for bit in range(mask.bit_length()) if mask >> bit & 1)
