"""Which of the rows with one NIK counts? One function decides a group, here it is asked and carried out.

A group is every row with the same hash of an `ok` NIK, anywhere in the country: the one question that knows no
territory. Whatever moves a row of a group calls `settle` in its own transaction.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.ids import new_id
from locations import changes
from locations.models import SpecialLocation

from .keyring import as_bytes
from .loading import by_index
from .models import DuplicateCase, NIKVerdict, Notice, OfficialMark, Register, Voter, VoterIdentity

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Row:
    """What the decision needs of one row.

    `place` is the location's id, or the territory of an unplaced voter. `holds` and `waits` tell of before:
    it had the claim, it was a duplicate. A row that neither held nor waited is fresh. Not active: at a location that asks
    for nothing, or marked a duplicate by the office.
    """

    id: uuid.UUID
    place: object
    person: bytes
    is_unplaced: bool = False
    is_active: bool = True
    arrival: date | None = None
    departure: date | None = None
    holds: bool = False
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """The one row that counts, if any; those that wait with a case; the unplaced that turned up at a location."""

    claimant: uuid.UUID | None
    duplicates: frozenset[uuid.UUID] = frozenset()
    placed: frozenset[uuid.UUID] = frozenset()


def decide(
    rows: Collection[Row], *, until: date, polling_day: date | None = None, ended: Collection[bytes] = ()
) -> Decision:
    """Who of the rows with one NIK counts.

    `until` is the earlier of today and polling day: a departure up to then is past. `ended` are the person hashes
    of holders that are no longer among the rows (removed, or their NIK corrected). Deciding again changes nothing.
    A row that is absent on polling day does not keep the claim from the same person present elsewhere.
    """
    located = [row for row in rows if row.is_active and not row.is_unplaced]
    unplaced = [row for row in rows if row.is_active and row.is_unplaced]
    standing = [row for row in located if not any(_yields(row, other, until) for other in located)]
    candidates = standing or unplaced
    claimant = _claimant(candidates, rows, ended, polling_day)
    return Decision(
        claimant=claimant.id if claimant else None,
        duplicates=frozenset(row.id for row in candidates if row is not claimant),
        placed=frozenset(row.id for row in unplaced) if standing else frozenset(),
    )


def settle(
    nik_hashes: Iterable[bytes],
    *,
    today: date | None = None,
    ended: Mapping[bytes, Collection[bytes]] | None = None,
    inserted: Collection[uuid.UUID] = (),
    returning: Mapping[bytes, uuid.UUID] | None = None,
    losing: set[uuid.UUID] | None = None,
) -> set[uuid.UUID]:
    """Decides every group anew and writes claims, duplicates, placed, cases and notices; returns the locations moved.

    The caller's transaction, and the caller records the changes. `ended` as in `decide`, by hash; nobody is told
    of rows just `inserted` that they gained. `returning` names by hash the row that held the claim before something
    that is now taken back: it is asked first again. Whoever loses a claim is added to `losing`.
    Groups are locked in the order of their hashes.
    """
    until = _until(today or timezone.localdate())
    hashes = iter(sorted(set(nik_hashes)))
    moved: set[uuid.UUID] = set()
    while chunk := list(islice(hashes, CHUNK)):
        outcome = _settle_chunk(chunk, until, ended or {}, frozenset(inserted), returning or {})
        moved |= outcome.moved
        if losing is not None:
            losing.update(outcome.ending)
    return moved


def settle_location(location: SpecialLocation) -> None:
    """After a location was withdrawn, closed or reopened: its voters let go of their claims, or ask for them again."""
    hashes = VoterIdentity.everywhere.filter(voter__location=location, voter__nik_verdict=NIKVerdict.OK)
    moved = settle(as_bytes(value) for value in hashes.values_list("nik_hash", flat=True))
    changes.record({*moved, location.pk})


@transaction.atomic
def settle_departures(*, today: date | None = None) -> int:
    """Groups that wait while their holder's departure has come; returns how many were decided anew."""
    today = today or timezone.localdate()
    waiting = VoterIdentity.everywhere.filter(voter__is_duplicate=True).values("nik_hash")
    gone = VoterIdentity.everywhere.filter(claim__in=waiting, voter__departure__lte=_until(today))
    hashes = [as_bytes(value) for value in gone.values_list("nik_hash", flat=True)]
    changes.record(settle(hashes, today=today))
    return len(hashes)


def _yields(row: Row, other: Row, until: date) -> bool:
    """Gone from its place by the time the other arrived at another, or, where that is not known, by now."""
    if row.departure is None or row.place == other.place:
        return False
    return row.departure <= (other.arrival or until)


def _claimant(
    candidates: list[Row], rows: Collection[Row], ended: Collection[bytes], polling_day: date | None
) -> Row | None:
    """The holder; else, where a claim ended, who came since, or the same person that waits; else the first."""

    def first(some: list[Row]) -> Row:
        return min(some, key=lambda row: (not _is_present(row, polling_day), row.id))

    holder = next((row for row in candidates if row.holds), None)
    if holder:
        same = [row for row in candidates if row.person == holder.person]
        return holder if _is_present(holder, polling_day) or not _is_present(first(same), polling_day) else first(same)
    if not candidates:
        return None
    fresh = [row for row in candidates if not row.waits]
    waiting = [row for row in candidates if row.waits]
    persons = {*ended, *(row.person for row in rows if row.holds)}
    if fresh and (persons or not waiting):
        return first(fresh)
    heirs = [row for row in waiting if row.person in persons]
    if heirs:
        return first(heirs)
    is_one_person = all(row.person == candidates[0].person for row in rows)
    return first(candidates) if is_one_person else None


def _is_present(row: Row, polling_day: date | None) -> bool:
    """Arrived by polling day and not gone; while no polling day is set, everybody."""
    if polling_day is None or row.is_unplaced:
        return True
    has_arrived = row.arrival is None or row.arrival <= polling_day
    return has_arrived and (row.departure is None or row.departure > polling_day)


def _until(today: date) -> date:
    polling_day = Register.current().polling_day
    return min(today, polling_day) if polling_day else today


@dataclass(slots=True)
class _Stored:
    """A row as the database has it."""

    row: Row
    territory: str
    location: uuid.UUID | None
    was_placed: bool
    is_listed: bool


def _settle_chunk(
    hashes: list[bytes],
    until: date,
    ended: Mapping[bytes, Collection[bytes]],
    inserted: frozenset[uuid.UUID],
    returning: Mapping[bytes, uuid.UUID],
) -> _Outcome:
    outcome = _Outcome(inserted)
    polling_day = Register.current().polling_day
    for nik_hash, stored in _groups(hashes).items():
        rows = _as_before([each.row for each in stored], returning.get(nik_hash))
        decision = decide(rows, until=until, polling_day=polling_day, ended=ended.get(nik_hash, ()))
        outcome.add(stored, decision)
    outcome.write()
    return outcome


def _as_before(rows: list[Row], holder: uuid.UUID | None) -> list[Row]:
    """The rows as they stood when this one held the claim: whoever got it since waits again."""
    if holder not in {row.id for row in rows}:
        return rows
    return [replace(row, holds=row.id == holder, waits=row.id != holder and (row.holds or row.waits)) for row in rows]


def _groups(hashes: list[bytes]) -> dict[bytes, list[_Stored]]:
    with by_index():
        locked = VoterIdentity.everywhere.filter(nik_hash__in=hashes).order_by("nik_hash", "pk")
        ids = list(locked.select_for_update(no_key=True).values_list("pk", flat=True))
    identities = VoterIdentity.everywhere.filter(pk__in=ids, voter__nik_verdict=NIKVerdict.OK)
    found = identities.order_by("nik_hash", "pk").values_list(
        "nik_hash",
        "pk",
        "person_hash",
        "claim",
        "territory",
        "voter__location",
        "voter__arrival",
        "voter__departure",
        "voter__is_duplicate",
        "voter__is_placed",
        "voter__location__withdrawn_at",
        "voter__location__closed_at",
        "voter__official_mark",
    )
    groups: dict[bytes, list[_Stored]] = defaultdict(list)
    for (
        nik_hash, pk, person, claim, territory, location, arrival, departure, waits, placed, withdrawn, closed, mark,
    ) in found:  # fmt: skip
        is_listed = withdrawn is None and closed is None
        row = Row(
            id=pk,
            place=location or territory,
            person=bytes(person),
            is_unplaced=location is None,
            is_active=is_listed and mark != OfficialMark.DUPLICATE,
            arrival=arrival,
            departure=departure,
            holds=claim is not None,
            waits=waits,
        )
        groups[as_bytes(nik_hash)].append(_Stored(row, territory, location, placed, is_listed))
    return groups


class _Outcome:
    """What the decisions of some groups change, gathered and written in few statements."""

    def __init__(self, inserted: frozenset[uuid.UUID]) -> None:
        self.inserted = inserted
        self.moved: set[uuid.UUID] = set()
        self.ending: list[uuid.UUID] = []
        self.beginning: list[uuid.UUID] = []
        self.duplicate: dict[bool, list[uuid.UUID]] = {True: [], False: []}
        self.placed: dict[bool, list[uuid.UUID]] = {True: [], False: []}
        self.notices: list[Notice] = []
        self.cases: list[list[_Stored]] = []
        self.settled: list[uuid.UUID] = []

    def add(self, stored: list[_Stored], decision: Decision) -> None:
        concerned = []
        for each in stored:
            row = each.row
            is_changed = self._note(self.duplicate, row.id, row.waits, row.id in decision.duplicates)
            is_changed |= self._note(self.placed, row.id, each.was_placed, row.id in decision.placed)
            is_changed |= self._note_claim(each, decision)
            if is_changed and each.location:
                self.moved.add(each.location)
            if decision.duplicates and (row.id in decision.duplicates or row.id == decision.claimant):
                concerned.append(each)
            else:
                self.settled.append(row.id)
        if concerned:
            self.cases.append(concerned)

    def _note(self, changed: dict[bool, list[uuid.UUID]], row_id: uuid.UUID, before: bool, after: bool) -> bool:
        if before != after:
            changed[after].append(row_id)
        return before != after

    def _note_claim(self, each: _Stored, decision: Decision) -> bool:
        row, counts = each.row, each.row.id == decision.claimant
        if row.holds == counts:
            return False
        (self.beginning if counts else self.ending).append(row.id)
        if each.is_listed and row.id not in self.inserted:
            kind = Notice.Kind.GAINED if counts else Notice.Kind.LOST
            self.notices.append(Notice(territory=each.territory, kind=kind, voter_id=row.id))
        return True

    def write(self) -> None:
        """Claims that end first, then those that begin: a claim is unique at every moment."""
        VoterIdentity.everywhere.filter(pk__in=self.ending).update(claim=None)
        for is_duplicate, ids in self.duplicate.items():
            Voter.everywhere.filter(pk__in=ids).update(is_duplicate=is_duplicate)
        for is_placed, ids in self.placed.items():
            Voter.everywhere.filter(pk__in=ids).update(is_placed=is_placed)
        VoterIdentity.everywhere.filter(pk__in=self.beginning).update(claim=F("nik_hash"))
        Notice.everywhere.bulk_create(self.notices)
        self._write_cases()

    def _write_cases(self) -> None:
        cases = DuplicateCase.everywhere.filter(kind=DuplicateCase.Kind.NIK, closed_at=None)
        cases.filter(voter__in=self.settled).update(closed_at=timezone.now())
        concerned = [each.row.id for stored in self.cases for each in stored]
        numbers = dict(cases.filter(voter__in=concerned).values_list("voter", "number"))
        opened = []
        for stored in self.cases:
            number = next((numbers[each.row.id] for each in stored if each.row.id in numbers), None) or new_id()
            opened += [
                DuplicateCase(territory=each.territory, number=number, voter_id=each.row.id)
                for each in stored
                if each.row.id not in numbers
            ]
        DuplicateCase.everywhere.bulk_create(opened)
