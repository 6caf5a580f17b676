"""The least that is valid of everything the tests need; whatever a test cares about it says itself.

Rows are written past the verbs, without audit entry or change. People look invented: a NIK ends in 0000.
"""

from __future__ import annotations

import datetime
import itertools
from typing import TYPE_CHECKING, Any

from accounts.models import Role, User
from locations.models import Block, Kind, SpecialLocation, Subkind
from mapping.models import Policy
from regions.levels import COUNTRY_CODE, Level, ancestors, level_of, parent_code
from regions.models import Region
from regions.territory import territory_of
from voters import identity, keyring
from voters.models import NIKVerdict, Sex, Voter, VoterIdentity
from voters.nik import date_part

if TYPE_CHECKING:
    from collections.abc import Iterator

VILLAGE = "36.03.28.2004"
HOME = "32.73.01.1001"
PASSWORD = "not-a-secret-of-anybody"

_serial: Iterator[int] = itertools.count(1)


def region(code: str = VILLAGE, name: str = "", *, successor: str | None = None, **fields: Any) -> Region:
    """The region of this code with everything above it, made where it is not there yet.

    `successor` (a code) retires it.
    """
    for above in ancestors(code):
        _region(above)
    if successor:
        region(successor)
        fields = {"successor_id": successor, "last_seen": 2022, **fields}
    return _region(code, name, **fields)


def _region(code: str, name: str = "", **fields: Any) -> Region:
    level = level_of(code)
    named = name or ("Indonesia" if level is Level.COUNTRY else f"{level.name.title()} {code}")
    values = {"name": named, "level": level, "parent_id": parent_code(code), **fields}
    return Region.objects.get_or_create(pk=code, defaults=values)[0]


def user(role: str = Role.OPERATOR, territory: str = "36", *, password: str | None = None, **fields: Any) -> User:
    """A person of this role and territory; a reviewer is always central. Signs in by password only if given one."""
    where = COUNTRY_CODE if role == Role.REVIEWER else territory
    username = fields.pop("username", f"person{next(_serial)}")
    return User.objects.create_user(username, password, role=role, territory=region(where), **fields)


def special_location(
    code: str = "", region_code: str = VILLAGE, kind: str = Kind.PRISON, **fields: Any
) -> SpecialLocation:
    """An active location; `region_code` decides its territory."""
    place = region(region_code)
    values = {
        "code": code or f"{region_code[:5]}-{next(_serial):03}",
        "name": "Rutan Contoh",
        "kind": kind,
        "subkind": Subkind.BOARDING_SCHOOL if kind == Kind.OTHER else "",
        "region": place,
        "territory": territory_of(place.pk),
    }
    return SpecialLocation.everywhere.create(**{**values, **fields})


def block(location: SpecialLocation | None = None, name: str = "", **fields: Any) -> Block:
    location = location or special_location()
    values = {"location": location, "territory": location.territory, "name": name or f"Blok {next(_serial)}"}
    return Block.everywhere.create(**{**values, **fields})


def voter(
    location: SpecialLocation | None = None,
    *,
    nik: str | None = None,
    birth_date: datetime.date | None = None,
    stay: str | None = None,
    record: dict[str, str] | None = None,
    **fields: Any,
) -> Voter:
    """A voter with a sealed identity, eligible by the row alone; without `nik` one of its own, `nik=""` for none.

    `stay` (a region code) makes an unplaced voter. The first of a NIK claims it, whoever comes later is a duplicate.
    `record` gives further sealed values (nkk, birthplace, address …).
    """
    number = next(_serial)
    born = birth_date or datetime.date(1960, 1, 1) + datetime.timedelta(days=number % 12_000)
    sex = fields.get("sex", Sex.MALE)
    number_of = f"360301{date_part(born, sex)}0000" if nik is None else nik
    hashed = keyring.nik_hash(number_of) if number_of else None
    verdict = fields.get("nik_verdict", NIKVerdict.OK if number_of else NIKVerdict.NONE)
    is_claimed = hashed is not None and VoterIdentity.everywhere.filter(claim=hashed).exists()
    values = {
        **_place(location, stay),
        "name": f"Warga Contoh {number}",
        "sex": sex,
        "birth_year": born.year,
        "of_age_on": _of_age_on(born),
        "home": region(HOME),
        "nik_verdict": verdict,
        "is_duplicate": is_claimed and verdict == NIKVerdict.OK,
    }
    person = Voter.everywhere.create(**{**values, **fields})
    claims = verdict == NIKVerdict.OK and not is_claimed and not person.is_placed
    _seal(person, number_of, born, record or {}, hashed=hashed, claim=hashed if claims else None)
    return person


def _place(location: SpecialLocation | None, stay: str | None) -> dict[str, Any]:
    if stay is not None:
        return {"location": None, "stay": region(stay), "territory": territory_of(stay)}
    location = location or special_location()
    return {"location": location, "stay": None, "territory": location.territory}


def _of_age_on(born: datetime.date) -> datetime.date | None:
    """The 17th birthday where it lies after the register's epoch, 2024-01-01; 29 February counts as 1 March."""
    leaps = (born.month, born.day) == (2, 29) and (born.year + 17) % 4
    day = datetime.date(born.year + 17, 3, 1) if leaps else born.replace(year=born.year + 17)
    return day if day > datetime.date(2024, 1, 1) else None


def _seal(
    person: Voter,
    nik: str,
    born: datetime.date,
    record: dict[str, str],
    *,
    hashed: bytes | None,
    claim: bytes | None,
) -> VoterIdentity:
    row = person.pk.bytes
    rest = identity.Record(
        nkk=record.get("nkk", ""), birth_date=born, **{k: v for k, v in record.items() if k != "nkk"}
    )
    return VoterIdentity.everywhere.create(
        voter=person,
        territory=person.territory,
        key_id=keyring.ring().current,
        nik_sealed=keyring.sealer("identity", "nik").seal(row, nik.encode()) if nik else None,
        record_sealed=keyring.sealer("identity", "record").seal(row, identity.pack_record(rest)),
        nik_hash=hashed,
        person_hash=keyring.indexer(identity.PERSON_INDEX)(identity.person_key(person.name, born)),
        claim=claim,
    )


def policy(slug: str = "pemilu-2024", **fields: Any) -> Policy:
    """Like Pemilu 2024, and current unless said otherwise or another one is; one already there is changed to `fields`."""
    values = {
        "name": slug,
        "polling_day": datetime.date(2024, 2, 14),
        "edition": "pemilu-2024",
        "ballots": ["ppwp", "dpd", "dpr", "dprd_prov", "dprd_kabko"],
        "kinds": Kind.values,
        "maximum": 300,
        "minimum": 100,
        "minimums": {Kind.PRISON: 1},
        "is_current": not Policy.objects.filter(is_current=True).exclude(slug=slug).exists(),
    }
    return Policy.objects.update_or_create(slug=slug, defaults=fields, create_defaults={**values, **fields})[0]
