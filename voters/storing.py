"""How do voters come out of their two tables, and how do they get in? Always both halves, always many at once."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef

from locations.models import SpecialLocation

from . import identity, keyring, matching, nik
from .keyring import as_bytes
from .loading import by_index, update_rows
from .models import FormerNIK, Voter, VoterIdentity
from .resolving import VOTER_FIELDS, Person, voter_values
from .updating import Stored, Update

CHUNK = 2000
HASHES_A_QUERY = 900
IDENTITY_FIELDS = (
    "voter_id",
    "territory",
    "key_id",
    "nik_sealed",
    "record_sealed",
    "nik_hash",
    "person_hash",
    "claim",
)
_BLOCK = VOTER_FIELDS.index("block_id")
NEW_VOTER_FIELDS = (
    *("id", *VOTER_FIELDS[:_BLOCK], *VOTER_FIELDS[_BLOCK + 1 :]),
    *("batch_id", "official_mark", "is_duplicate", "is_mismatch", "is_placed", "block_id"),
)


def lock_places(locations: Iterable[uuid.UUID]) -> None:
    """One list at a time for each location: who has no NIK is held apart by nothing else. Always in the same order."""
    for chunk in chunks(sorted(locations), HASHES_A_QUERY):
        locked = SpecialLocation.everywhere.filter(pk__in=chunk).order_by("pk").select_for_update(no_key=True)
        list(locked.values_list("pk"))


def known_at(by_place: Mapping[object, Sequence[Person]]) -> dict[object, list[matching.Known]]:
    """The voters who stand at the places of a file; of the unplaced, those who share a NIK or a person with it."""
    found: dict[object, list[matching.Known]] = defaultdict(list)
    fields = ("voter__location", "territory", "pk", "voter__name", "voter__nik_verdict", "nik_hash", "person_hash")
    places = sorted(place for place in by_place if isinstance(place, uuid.UUID))
    queries = [VoterIdentity.everywhere.filter(voter__location__in=chunk) for chunk in chunks(places, HASHES_A_QUERY)]
    for territory, people in by_place.items():
        if isinstance(territory, str):
            unplaced = VoterIdentity.everywhere.filter(voter__location=None, territory=territory)
            for chunk in chunks(people, HASHES_A_QUERY // 2):
                hashes = [person.nik_hash for person in chunk if person.nik_hash]
                queries.append(unplaced.filter(nik_hash__in=hashes))
                queries.append(unplaced.filter(person_hash__in=[person.person_hash for person in chunk]))
    for query in queries:
        for location, territory, pk, name, verdict, nik_hash, person_hash in query.values_list(*fields).iterator(CHUNK):
            voter = matching.Known(pk, name, verdict, bytes(nik_hash) if nik_hash else None, bytes(person_hash))
            found[location or territory].append(voter)
    return {place: list({voter.id: voter for voter in voters}.values()) for place, voters in found.items()}


def inhabited(places: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Those of the locations that have voters."""
    found: set[uuid.UUID] = set()
    here = Voter.everywhere.filter(location=OuterRef("pk"))
    for chunk in chunks(sorted(places), HASHES_A_QUERY):
        found.update(SpecialLocation.everywhere.filter(Exists(here), pk__in=chunk).values_list("pk", flat=True))
    return found


def active(places: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Those of the locations that are neither withdrawn nor closed: only their voters may hold claims."""
    found: set[uuid.UUID] = set()
    for chunk in chunks(sorted(places), HASHES_A_QUERY):
        standing = SpecialLocation.everywhere.filter(pk__in=chunk, withdrawn_at=None, closed_at=None)
        found.update(standing.values_list("pk", flat=True))
    return found


def former_hashes() -> list[bytes]:
    """Every NIK that was corrected; corrections are few."""
    stored = FormerNIK.everywhere.filter(voter__nik_verdict=nik.OK).values_list("nik_hash", flat=True)
    return [as_bytes(value) for value in stored]


def restorable(people: Iterable[Person]) -> dict[bytes, list[matching.Former]]:
    """Corrected NIKs that the people still have, with the one that is right; corrections are few."""
    wanted = {person.nik_hash for person in people if person.verdict == nik.OK}
    stored = FormerNIK.everywhere.filter(voter__nik_verdict=nik.OK).values_list(
        "nik_hash",
        "voter",
        "voter__identity__person_hash",
        "voter__identity__nik_hash",
        "voter__identity__key_id",
        "voter__identity__nik_sealed",
    )
    unseal = keyring.sealer("identity", "nik").unseal
    former: dict[bytes, list[matching.Former]] = defaultdict(list)
    for old, voter_id, person_hash, nik_hash, key_id, sealed in stored:
        if as_bytes(old) in wanted:
            number = unseal(voter_id.bytes, key_id, as_bytes(sealed)).decode()
            former[as_bytes(old)].append(matching.Former(as_bytes(person_hash), as_bytes(nik_hash), number))
    return former


def nkks(ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Opens the records of the few candidates in memory."""
    found = {}
    unseal = keyring.sealer("identity", "record").unseal
    for chunk in chunks(list(ids), HASHES_A_QUERY):
        rows = VoterIdentity.everywhere.filter(pk__in=chunk).values_list("pk", "key_id", "record_sealed")
        for pk, key_id, sealed in rows:
            found[pk] = identity.unpack_record(unseal(pk.bytes, key_id, bytes(sealed))).nkk
    return found


def registered(nik_hashes: Sequence[bytes]) -> set[bytes]:
    """Those of the hashes that somebody in the register has already."""
    found: set[bytes] = set()
    with by_index():
        for chunk in chunks(nik_hashes, HASHES_A_QUERY):
            stored = VoterIdentity.everywhere.filter(nik_hash__in=chunk).values_list("nik_hash", flat=True)
            found.update(as_bytes(value) for value in stored)
    return found


def stored_voters(ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Stored]:
    """What an update compares itself with, by id."""
    found = VoterIdentity.everywhere.filter(pk__in=ids).values_list(
        "pk",
        "key_id",
        "nik_sealed",
        "record_sealed",
        "nik_hash",
        "claim",
        "voter__is_duplicate",
        "voter__official_mark",
        *(f"voter__{name}" for name in VOTER_FIELDS),
    )
    stored = {}
    for row in found:
        pk, key_id, nik_sealed, record_sealed, nik_hash, claim, is_duplicate, mark, *values = row
        clear = dict(zip(VOTER_FIELDS, values, strict=True))
        stored[pk] = Stored(pk, key_id, nik_sealed, record_sealed, nik_hash, claim, is_duplicate, mark, clear)
    return stored


def new_voter(person: Person, *, batch_id: uuid.UUID | None, epoch: date) -> tuple[Any, ...]:
    """A row in the order of NEW_VOTER_FIELDS, all but the block, which comes last."""
    values = voter_values(person, block_id=None, epoch=epoch)
    return (person.id, *values[:_BLOCK], *values[_BLOCK + 1 :], batch_id, "", False, False, False)


def new_identities(people: Sequence[Person]) -> list[tuple[Any, ...]]:
    """Sealed rows in the order of IDENTITY_FIELDS, all but the claim, which comes last."""
    seal_nik, sealer = keyring.sealer("identity", "nik").seal, keyring.sealer("identity", "record")
    seal_record, key_id, pack = sealer.seal, sealer.key_id, identity.pack_record
    rows = []
    for person in people:
        row_id, number = person.id.bytes, person.parsed.nik
        record = seal_record(row_id, pack(person.parsed.record))
        nik_sealed = seal_nik(row_id, number.encode()) if number else None
        rows.append((person.id, person.territory, key_id, nik_sealed, record, person.nik_hash, person.person_hash))
    return rows


def write_updates(updates: Sequence[Update]) -> None:
    """Writes changed voters and resealed identities; a claim on a NIK that goes is let go here, settled by the caller.

    Where the NIK stays the claim is not written: somebody who left elsewhere may have passed it on in this moment.
    """
    fields = ("key_id", "nik_sealed", "record_sealed", "nik_hash", "person_hash")
    update_rows(Voter, VOTER_FIELDS, ((*update.values, update.id) for update in updates))
    moved = [update for update in updates if update.moves_nik]
    update_rows(VoterIdentity, (*fields, "claim"), ((*update.identity, update.id) for update in moved))
    staying = (update for update in updates if not update.moves_nik)
    update_rows(VoterIdentity, fields, ((*update.identity[:-1], update.id) for update in staying))


def chunks(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    return (items[start : start + size] for start in range(0, len(items), size))
