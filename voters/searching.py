"""Who in the whole register is probably listed twice? Searched in the worker's memory, only for those who changed since.

Identities are opened in memory and nothing plain is written: a pair is kept as two rows of verdicts, each in its own
voter's territory. Everybody is read (names are weighed by how rare they are), but only the changed are compared.
"""

from __future__ import annotations

import sys
import uuid
from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple

from django.db import transaction
from django.db.models import F, Q

from . import identity, keyring, likely, nik, suspects
from .keyring import as_bytes
from .loading import collecting_rarely, insert_rows, update_rows, wait_as_long_as_it_takes
from .models import Compared, Likeness, Register, Voter, VoterIdentity
from .storing import HASHES_A_QUERY, chunks

CHUNK: Final = 2000
MARKS_AT_ONCE: Final = 50_000
ID_BYTES, HASH_BYTES = 16, 32
NO_HASH: Final = bytes(HASH_BYTES)
Half = tuple[uuid.UUID, uuid.UUID]


class Seen(NamedTuple):
    """As what somebody was compared: the columns of Compared."""

    voter_id: uuid.UUID
    territory: str
    nik_hash: bytes | None
    person_hash: bytes
    sex: str


class Everybody:
    """Who stands on a list, by place, packed: a register has millions. `anew` are the places of the changed."""

    def __init__(self) -> None:
        self.people, self.anew = likely.Gathered(), array("q")
        self._ids, self._niks, self._of_anew = bytearray(), bytearray(), bytearray()
        self._territories: list[str] = []
        self._sexes: list[str] = []

    def add(self, seen: Seen, person: likely.Person, *, is_changed: bool) -> None:
        if is_changed:
            self.anew.append(len(self.people))
            self._of_anew += seen.person_hash
            self._territories.append(sys.intern(seen.territory))
            self._sexes.append(sys.intern(seen.sex))
        self._ids += seen.voter_id.bytes
        self._niks += seen.nik_hash or NO_HASH
        self.people.add(person)

    def id(self, place: int) -> uuid.UUID:
        return uuid.UUID(bytes=bytes(self._ids[ID_BYTES * place : ID_BYTES * (place + 1)]))

    def nik_hash(self, place: int) -> bytes | None:
        hashed = bytes(self._niks[HASH_BYTES * place : HASH_BYTES * (place + 1)])
        return None if hashed == NO_HASH else hashed

    def seen(self) -> Iterator[Seen]:
        """As what the changed are compared."""
        for number, (place, territory, sex) in enumerate(zip(self.anew, self._territories, self._sexes, strict=True)):
            person_hash = bytes(self._of_anew[HASH_BYTES * number : HASH_BYTES * (number + 1)])
            yield Seen(self.id(place), territory, self.nik_hash(place), person_hash, sex)


def search() -> int:
    """Compares whoever changed since the last search with everybody, and brings the cases up to date.

    Returns how many were compared. May run twice, late or beside itself. O(voters) to read where anybody changed; one
    join where nobody did.
    """
    changed = set(changed_since())
    if changed:
        with collecting_rarely():
            everybody = _everybody(changed)
        pairs = likely.pairs_of(everybody.people.columns(), anew=everybody.anew)
        _remember_pairs(everybody, _of_two_niks(pairs, everybody), changed)
        _remember_compared(everybody.seen())
    suspects.bring_up_to_date()
    return len(changed)


def changed_since() -> Iterable[uuid.UUID]:
    """Voters who are new, or whose name, birth date, NIK or sex is not what they were compared as."""
    has_nik, had_nik = Q(identity__nik_hash__isnull=False), Q(compared__nik_hash__isnull=False)
    is_other = (
        Q(compared=None)
        | ~Q(compared__person_hash=F("identity__person_hash"))
        | ~Q(compared__sex=F("sex"))
        | (has_nik & ~had_nik)
        | (had_nik & ~has_nik)
        | (has_nik & had_nik & ~Q(compared__nik_hash=F("identity__nik_hash")))
    )
    return Voter.everywhere.filter(is_other, identity__isnull=False).values_list("pk", flat=True).iterator(CHUNK)


def _everybody(changed: Collection[uuid.UUID]) -> Everybody:
    found = Everybody()
    for seen, person in people():
        found.add(seen, person, is_changed=seen.voter_id in changed)
    return found


def _of_two_niks(pairs: Iterable[likely.Pair], everybody: Everybody) -> Iterator[likely.Pair]:
    """One NIK twice is a case of the claims, not a guess."""
    for pair in pairs:
        nik_hash = everybody.nik_hash(pair.one)
        if nik_hash is None or nik_hash != everybody.nik_hash(pair.other):
            yield pair


def people() -> Iterator[tuple[Seen, likely.Person]]:
    """Everybody who stands on a list, opened in memory.

    Invented people have a NIK with serial 0000: one digit off says nothing of those, so theirs are not compared.
    """
    is_synthetic = Register.current().is_synthetic
    unseal_nik, unseal = keyring.sealer("identity", "nik").unseal, keyring.sealer("identity", "record").unseal
    rows = VoterIdentity.everywhere.values_list(
        "pk", "territory", "key_id", "nik_sealed", "record_sealed", "nik_hash", "person_hash",
        "voter__name", "voter__sex", "voter__nik_verdict",
    )  # fmt: skip
    for pk, territory, key_id, sealed, record, nik_hash, person_hash, name, sex, verdict in rows.iterator(CHUNK):
        born = identity.unpack_record(unseal(pk.bytes, key_id, as_bytes(record))).birth_date
        number = ""
        if sealed is not None:
            number = unseal_nik(pk.bytes, key_id, as_bytes(sealed)).decode()
            number = "" if is_synthetic and number.endswith(nik.INVENTED_SERIAL) else number
        seen = Seen(pk, territory, as_bytes(nik_hash) if nik_hash else None, as_bytes(person_hash), sex)
        yield seen, likely.Person(identity.name_key(name), born, number, sex, verdict == nik.OK)


@transaction.atomic
def _remember_pairs(everybody: Everybody, pairs: Iterable[likely.Pair], changed: Collection[uuid.UUID]) -> None:
    """Writes what the search found; a pair of the changed that is no longer alike goes, one said to be two people stays."""
    wait_as_long_as_it_takes()
    suspects.lock()
    found: dict[Half, likely.Pair] = {}
    for pair in pairs:
        one, other = everybody.id(pair.one), everybody.id(pair.other)
        found[one, other] = found[other, one] = pair
    known = {(one, other): (pk, said) for pk, one, other, said in _known(changed)}
    gone = [pk for half, (pk, said) in known.items() if half not in found and said is None]
    for chunk in chunks(gone, HASHES_A_QUERY):
        Likeness.everywhere.filter(pk__in=chunk).delete()
    update_rows(Likeness, _WEIGHED, [(*_weighed(found[half]), pk) for half, (pk, _) in known.items() if half in found])
    fresh = [half for half in found if half not in known]
    territories = _territories({one for one, _ in fresh})
    Likeness.everywhere.bulk_create(
        [
            Likeness(
                territory=territories[one],
                voter_id=one,
                other_id=other,
                **dict(zip(_WEIGHED, _weighed(found[one, other]), strict=True)),
            )
            for one, other in fresh
            if one in territories and other in territories  # who was removed meanwhile is in no pair
        ],
        batch_size=1000,
    )


_WEIGHED: Final = ("probability", *likely.FIELDS)


def _weighed(pair: likely.Pair) -> tuple[Any, ...]:
    return (pair.probability, *pair.verdicts)


def _known(changed: Collection[uuid.UUID]) -> Iterator[tuple[int, uuid.UUID, uuid.UUID, Any]]:
    """Halves of pairs that somebody changed is in. Pairs are few beside voters, so all are read."""
    rows = Likeness.everywhere.values_list("pk", "voter", "other", "said_apart_at")
    return (row for row in rows.iterator(CHUNK) if row[1] in changed or row[2] in changed)


def _territories(ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Of those who are still there. Not held, so that imports never wait for a search: should one go in the next moment, the
    database refuses what was to be written, and the next search does it.
    """
    found: dict[uuid.UUID, str] = {}
    for chunk in chunks(sorted(ids), HASHES_A_QUERY):
        found.update(Voter.everywhere.filter(pk__in=chunk).values_list("pk", "territory"))
    return found


def _remember_compared(seen: Iterator[Seen]) -> None:
    """In pieces, so that on SQLite nobody waits for all of it; one left out by a kill is compared once more."""
    while piece := list(islice(seen, MARKS_AT_ONCE)):
        with transaction.atomic():
            wait_as_long_as_it_takes()
            suspects.lock()
            there = _present([each.voter_id for each in piece])
            known = _marked([each.voter_id for each in piece])
            fields = ("territory", "nik_hash", "person_hash", "sex")
            update_rows(Compared, fields, [(*each[1:], each.voter_id) for each in piece if each.voter_id in known])
            missing = there - known
            fresh = [each for each in piece if each.voter_id in missing]
            insert_rows(Compared, ("voter_id", *fields), fresh)


def _present(ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    return set(_territories(ids))


def _marked(ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    found: set[uuid.UUID] = set()
    for chunk in chunks(ids, HASHES_A_QUERY):
        found.update(Compared.everywhere.filter(pk__in=chunk).values_list("pk", flat=True))
    return found
