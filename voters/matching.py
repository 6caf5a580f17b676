"""Which voters of a place are the people of a list? Decided against the state before the list. No database.

Three steps for one place: by NIK, then who had another NIK or none, then by name and birth date.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from . import columns, nik
from .names import names_alike
from .resolving import Person


@dataclass(frozen=True, slots=True)
class Known:
    """A voter who stands at the place already."""

    id: uuid.UUID
    name: str
    verdict: str
    nik_hash: bytes | None
    person_hash: bytes


@dataclass(frozen=True, slots=True)
class Former:
    """A NIK that was corrected: whose it was, and where that voter stands."""

    person_hash: bytes
    nik_hash: bytes
    nik: str


@dataclass(slots=True)
class Matches:
    """Who updates whom. People not in `of` are new. `keeps_nik` are those whose voter's own NIK stays."""

    of: dict[uuid.UUID, uuid.UUID] = field(default_factory=dict)
    keeps_nik: set[uuid.UUID] = field(default_factory=set)


def without_repeats(people: Sequence[Person]) -> tuple[list[Person], int]:
    """One row for each person of one place, the last one winning at the first one's rank; and how many fell away.

    The same person are rows with one `ok` NIK and names alike, or without one the same name, birth date and NKK.
    Without NIK and NKK nothing says so: the second occurrence is a second person.
    """
    kept: list[Person] = []
    seen: dict[object, list[int]] = defaultdict(list)
    for person in people:
        key = _same_row_key(person)
        place = next((n for n in seen[key] if _is_alike(kept[n], person)), None) if key else None
        if place is None:
            if key:
                seen[key].append(len(kept))
            kept.append(person)
        else:
            person.warnings += ("twice_in_file",)
            kept[place] = person
    return kept, len(people) - len(kept)


def match(
    people: Sequence[Person],
    known: Sequence[Known],
    *,
    former: Mapping[bytes, Sequence[Former]],
    nkk_of: Callable[[Iterable[uuid.UUID]], Mapping[uuid.UUID, str]],
) -> Matches:
    """The people of one place, in the order of their rows, and the voters who stand there, by id.

    A person whose NIK was corrected before is given the corrected one here. `nkk_of` opens the few it is asked for.
    """
    matches = Matches()
    free = {voter.id: voter for voter in known}
    by_nik = _grouped(known, lambda voter: voter.nik_hash if voter.verdict == nik.OK else None)
    rest = []
    for person in people:
        if person.verdict != nik.OK:
            rest.append(person)
        elif not _match_nik(person, by_nik, free, matches):
            if _restore_former(person, former):
                if not _match_nik(person, by_nik, free, matches):
                    rest.append(person)
            else:
                rest.append(person)
    if rest and free:
        _match_persons(rest, free, matches, nkk_of)
    return matches


def _same_row_key(person: Person) -> object:
    if person.verdict == nik.OK:
        return person.nik_hash
    nkk = columns.well_formed_nkk(person.parsed.nkk)
    return (nkk, person.person_hash) if nkk else None


def _is_alike(one: Person, other: Person) -> bool:
    return one.person_hash == other.person_hash or names_alike(one.parsed.name, other.parsed.name)


def _grouped(known: Iterable[Known], key: Callable[[Known], bytes | None]) -> dict[bytes, list[Known]]:
    groups: dict[bytes, list[Known]] = defaultdict(list)
    for voter in known:
        value = key(voter)
        if value is not None:
            groups[value].append(voter)
    return groups


def _match_nik(
    person: Person, by_nik: Mapping[bytes, list[Known]], free: dict[uuid.UUID, Known], matches: Matches
) -> bool:
    """Same NIK and a name that is alike: the same person; the same name key goes before a near one."""
    candidates = [voter for voter in by_nik.get(person.nik_hash or b"", ()) if voter.id in free]
    candidates.sort(key=lambda voter: voter.person_hash != person.person_hash)
    for voter in candidates:
        if voter.person_hash == person.person_hash or names_alike(voter.name, person.parsed.name):
            matches.of[person.id] = voter.id
            del free[voter.id]
            return True
    return False


def _restore_former(person: Person, former: Mapping[bytes, Sequence[Former]]) -> bool:
    """Gives a person the corrected NIK where the row has the one from before, of the same name and birth date."""
    for old in former.get(person.nik_hash or b"", ()):
        if old.person_hash == person.person_hash:
            person.nik_hash, person.parsed.nik = old.nik_hash, old.nik
            person.warnings += ("former_nik",)
            return True
    return False


def _match_persons(
    people: Sequence[Person],
    free: dict[uuid.UUID, Known],
    matches: Matches,
    nkk_of: Callable[[Iterable[uuid.UUID]], Mapping[uuid.UUID, str]],
) -> None:
    wanted: dict[bytes, list[Person]] = defaultdict(list)
    for person in people:
        wanted[person.person_hash].append(person)
    candidates = _grouped((v for v in free.values() if v.person_hash in wanted), lambda voter: voter.person_hash)
    nkks = nkk_of([voter.id for voters in candidates.values() for voter in voters])
    for person_hash, voters in candidates.items():
        group = _Namesakes(wanted[person_hash], sorted(voters, key=lambda voter: voter.id), nkks)
        for person, voter, keeps_nik in group.pairs():
            matches.of[person.id] = voter.id
            del free[voter.id]
            if keeps_nik:
                matches.keeps_nik.add(person.id)


class _Namesakes:
    """People and voters of one place who share name key and birth date."""

    def __init__(self, people: list[Person], voters: list[Known], nkks: Mapping[uuid.UUID, str]) -> None:
        self.people = people
        self.nkk_of_voter = {voter.id: columns.well_formed_nkk(nkks.get(voter.id, "")) for voter in voters}
        self.nkk_of_person = {person.id: columns.well_formed_nkk(person.parsed.nkk) for person in people}
        self.without_nik = [voter for voter in voters if voter.verdict != nik.OK]
        self.with_nik = [voter for voter in voters if voter.verdict == nik.OK]

    def pairs(self) -> list[tuple[Person, Known, bool]]:
        without = [person for person in self.people if person.verdict != nik.OK]
        found = [(person, voter, False) for person, voter in self._pair_without(without)]
        found += [(person, voter, False) for person, voter in self._pair_single(self._with_nik(), self.without_nik)]
        matched = {person.id for person, _, _ in found}
        left = [person for person in without if person.id not in matched]
        found += [(person, voter, True) for person, voter in self._pair_single(left, self.with_nik)]
        return found

    def _with_nik(self) -> list[Person]:
        return [person for person in self.people if person.verdict == nik.OK]

    def _pair_without(self, people: list[Person]) -> list[tuple[Person, Known]]:
        """Neither has a NIK that counts: the same NKK or bad NIK first, then by occurrence where no NKK speaks."""
        found: list[tuple[Person, Known]] = []
        for same in (self._same_nkk, self._same_bad_nik):
            for person in list(people):
                voter = next((voter for voter in self.without_nik if same(person, voter)), None)
                if voter:
                    self._take(person, voter, people, self.without_nik, found)
        for person in [person for person in people if not self.nkk_of_person[person.id]]:
            voter = next((voter for voter in self.without_nik if not self.nkk_of_voter[voter.id]), None)
            if voter:
                self._take(person, voter, people, self.without_nik, found)
        return found + self._pair_single(people, self.without_nik)

    def _pair_single(self, people: list[Person], voters: list[Known]) -> list[tuple[Person, Known]]:
        """Where exactly one voter remains that the NKK does not rule out, for exactly one person."""
        found: list[tuple[Person, Known]] = []
        for person in list(people):
            possible = [voter for voter in voters if self._may_be(person, voter)]
            rivals = [other for other in people if possible and self._may_be(other, possible[0])]
            if len(possible) == 1 and len(rivals) == 1:
                self._take(person, possible[0], people, voters, found)
        return found

    @staticmethod
    def _take(
        person: Person, voter: Known, people: list[Person], voters: list[Known], found: list[tuple[Person, Known]]
    ) -> None:
        people.remove(person)
        voters.remove(voter)
        found.append((person, voter))

    def _same_nkk(self, person: Person, voter: Known) -> bool:
        nkk = self.nkk_of_person[person.id]
        return bool(nkk) and nkk == self.nkk_of_voter[voter.id]

    def _same_bad_nik(self, person: Person, voter: Known) -> bool:
        return person.nik_hash is not None and person.nik_hash == voter.nik_hash and self._may_be(person, voter)

    def _may_be(self, person: Person, voter: Known) -> bool:
        """Two different NKKs are never the same person."""
        nkk, other = self.nkk_of_person[person.id], self.nkk_of_voter[voter.id]
        return not nkk or not other or nkk == other
