"""The hourly search of the register for likely duplicates: what does the first cost, and one after few or no changes?"""

from __future__ import annotations

import random
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction

from accounts.ids import new_id
from regions.levels import Level
from regions.models import Region
from voters import identity, keyring, nik, searching
from voters.loading import insert_rows
from voters.models import Compared, DuplicateCase, Sex, Voter, VoterIdentity

from . import crowd, measure, namesakes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from locations.models import SpecialLocation
    from voters.likely import Person

CHANGED: Final = 100
PIECE: Final = 20_000
VOTER: Final = (
    "id", "territory", "location_id", "role", "name", "sex", "birth_year", "marital", "home_assumed", "is_foreign",
    "is_military_police", "official_mark", "ektp", "nik_verdict", "is_duplicate", "is_mismatch", "h3_cell", "is_placed",
)  # fmt: skip
IDENTITY: Final = ("voter_id", "territory", "key_id", "nik_sealed", "record_sealed", "nik_hash", "person_hash", "claim")


def run(*, voters: int, locations: int, peers: bool, vendor: str) -> dict[str, Any]:
    """The floor is reading everybody and opening their identities."""
    fill(voters=voters, locations=locations)
    floor = measure.seconds(lambda: deque(searching.people(), maxlen=0))
    measure.forget_peak()
    before = measure.peak_mb() or 0
    first = measure.seconds(searching.search)
    peak = measure.peak_mb()
    chosen = list(Compared.everywhere.order_by("pk").values_list("pk", flat=True)[:CHANGED])
    Compared.everywhere.filter(pk__in=chosen).update(sex="?")
    return {
        "seconds": round(first, 3),
        "floor_seconds": round(floor, 3),
        "count_seconds": 0.0,
        "ratio": round(first / floor, 3),
        "rows": voters,
        "database": vendor,
        "peak_mb": peak,
        "held_before_mb": before,
        "seconds_after_100_changes": round(measure.seconds(searching.search), 3),
        "seconds_after_none": round(measure.seconds(searching.search), 3),
        "cases": DuplicateCase.everywhere.count(),
        "peers": {},
    }


def fill(*, voters: int, locations: int, seed: int = 2024) -> None:
    """People of whom two in a hundred are listed twice, both halves, past the verbs."""
    randomness = random.Random(seed)
    villages = list(Region.objects.current().of_level(Level.VILLAGE).order_by("pk").values_list("pk", flat=True))
    places = crowd.make_places(randomness, villages, locations)
    people, _planted = namesakes.people(voters)
    for start in range(0, voters, PIECE):
        _insert([(person, randomness.choice(places)) for person in people[start : start + PIECE]])


@transaction.atomic
def _insert(people: Sequence[tuple[Person, SpecialLocation]]) -> None:
    seal_nik, sealer = keyring.sealer("identity", "nik").seal, keyring.sealer("identity", "record")
    hash_nik, hash_person = keyring.indexer(identity.NIK_INDEX), keyring.indexer(identity.PERSON_INDEX)
    voters, identities = [], []
    for (name, born, number, sex, _claims), place in people:
        pk, territory, verdict = new_id(), place.territory, nik.OK if number else nik.NONE
        residence = (pk, territory, place.pk, "penghuni", name, Sex(sex).value, born.year)
        voters.append((*residence, "S", False, False, False, "", "S", verdict, False, False, "", False))
        record = sealer.seal(pk.bytes, identity.pack_record(identity.Record("", born)))
        sealed = (seal_nik(pk.bytes, number.encode()), hash_nik(number.encode())) if number else (None, None)
        person_hash = hash_person(identity.person_key(name, born))
        identities.append((pk, territory, sealer.key_id, sealed[0], record, sealed[1], person_hash, None))
    insert_rows(Voter, VOTER, voters)
    insert_rows(VoterIdentity, IDENTITY, identities)
