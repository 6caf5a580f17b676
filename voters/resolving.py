"""What does a parsed row mean in this register: which place, which home, what of the NIK, who is it by hash?"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import h3
from django.utils import timezone

from accounts.ids import new_id
from locations.cells import Fault
from locations.memo import Memo
from locations.models import SpecialLocation
from regions.levels import Level
from regions.models import Region
from regions.territory import Reach, territory_of

from . import columns, identity, keyring, nik
from .columns import ParsedRow
from .models import Register

H3_RESOLUTION = 9
AGE_OF_VOTERS = 17

Place = uuid.UUID | str  # a location's id, or the territory of an unplaced voter


class Regions:
    """Region codes that are or were, and what they are today."""

    def __init__(self, rows: Iterable[tuple[str, str | None]]) -> None:
        self._successor = dict(rows)

    @classmethod
    def all(cls) -> Regions:
        """Every code: what an import asks. 92,000 rows."""
        return cls(Region.objects.values_list("pk", "successor_id"))

    @classmethod
    def around(cls, codes: Iterable[str]) -> Regions:
        """These codes, what is above them and what took their place: what one form asks."""
        wanted = {
            code[: level.width] for code in codes if code for level in (Level.REGENCY, Level.DISTRICT, Level.VILLAGE)
        }
        found = dict(Region.objects.filter(pk__in=wanted).values_list("pk", "successor_id"))
        found.update(Region.objects.filter(pk__in=filter(None, found.values())).values_list("pk", "successor_id"))
        return cls(found.items())

    def __contains__(self, code: object) -> bool:
        return code in self._successor

    def digest(self) -> bytes:
        """Differs where any answer differs."""
        return hashlib.sha256(repr(sorted(self._successor.items())).encode()).digest()

    def today(self, code: str) -> str | None:
        """The code in force, through however many successors; None where it never was."""
        while code in self._successor:
            successor = self._successor[code]
            if successor is None:
                return code
            code = successor
        return None


@dataclass(frozen=True, slots=True)
class LocationRef:
    """Of a special location what an import needs."""

    id: uuid.UUID
    territory: str
    is_active: bool


@dataclass(slots=True)
class Person:
    """One row ready to be matched and written; `id` is that of the voter it becomes if nobody matches."""

    id: uuid.UUID
    row_number: int
    parsed: ParsedRow
    location: LocationRef | None
    territory: str
    verdict: str
    nik_hash: bytes | None
    person_hash: bytes
    home: str | None
    home_assumed: bool
    stay: str | None
    warnings: tuple[str, ...] = ()

    @property
    def place(self) -> Place:
        return self.location.id if self.location else self.territory

    @property
    def is_active(self) -> bool:
        return self.location is None or self.location.is_active


class Resolver:
    """Answers for the rows of one sender: `reach` walls off other territories, whose places do not exist."""

    def __init__(
        self, *, reach: Reach, regions: Regions, locations: Mapping[str, LocationRef], register: Register
    ) -> None:
        self.reach, self.regions, self.locations, self.register = reach, regions, locations, register
        self.today = timezone.localdate()
        self._districts: Memo[str, str | None] = Memo(lambda six: regions.today(nik.district_of(six)))
        self._hash_nik = keyring.indexer(identity.NIK_INDEX)
        self._hash_person = keyring.indexer(identity.PERSON_INDEX)

    def person(
        self, parsed: ParsedRow, row_number: int = 0, *, row_id: uuid.UUID | None = None
    ) -> Person | list[Fault]:
        """The row with all that the database adds, or why it cannot be taken; `row_id` where it has one already."""
        faults: list[Fault] = []
        location, territory, stay = self._place(parsed, faults)
        home, warnings = self._given_home(parsed, faults)
        if faults:
            return faults
        verdict, district, nik_warnings = self._verdict(parsed)
        home_assumed = home is None and district is not None
        warnings += nik_warnings
        if home is None:
            home = district
            warnings += ("home_assumed",) if home_assumed else ("unknown_domicile",)
        return Person(
            id=row_id or new_id(),
            row_number=row_number,
            parsed=parsed,
            location=location,
            territory=territory,
            verdict=verdict,
            nik_hash=self._hash_nik(parsed.nik.encode()) if parsed.nik else None,
            person_hash=self._hash_person(identity.person_key(parsed.name, parsed.birth_date)),
            home=home,
            home_assumed=home_assumed,
            stay=stay,
            warnings=parsed.warnings + warnings,
        )

    def _place(self, parsed: ParsedRow, faults: list[Fault]) -> tuple[LocationRef | None, str, str | None]:
        if parsed.location_code:
            location = self.locations.get(parsed.location_code)
            if location is None or location.territory not in self.reach:
                faults.append(Fault("kode_lokasi", "unknown_location", {}, parsed.location_code[:40]))
                return None, "", None
            return location, location.territory, None
        stay = self.regions.today(parsed.stay_code)
        column = "kode_wilayah_keberadaan"
        if stay is None:
            faults.append(Fault(column, "unknown_region", {}, parsed.stay_code))
        elif len(stay) < Level.REGENCY.width:
            faults.append(Fault(column, "stay_too_coarse", {}, parsed.stay_code))
        elif territory_of(stay) not in self.reach:
            faults.append(Fault(column, "outside_territory", {}, parsed.stay_code))
        return None, territory_of(stay or ""), stay

    def _given_home(self, parsed: ParsedRow, faults: list[Fault]) -> tuple[str | None, tuple[str, ...]]:
        code = parsed.home_code
        if not code:
            return None, ()
        home = self.regions.today(code)
        if home is not None:
            return home, ()
        if len(code) == Level.VILLAGE.width:
            district = self.regions.today(code[: Level.DISTRICT.width])
            if district is not None:
                return district, ("unknown_village",)
        faults.append(Fault("kode_wilayah_domisili", "unknown_region", {}, code))
        return None, ()

    def _verdict(self, parsed: ParsedRow) -> tuple[str, str | None, tuple[str, ...]]:
        """The verdict on the NIK, today's code of the district that issued it, and warnings."""
        if not parsed.nik:
            return nik.NONE, None, ("no_nik",)
        district = self._districts[parsed.nik[:6]]
        verdict = nik.nik_verdict(parsed.nik, parsed.birth_date, parsed.sex, district is not None)
        warnings = tuple(f"bad_nik_{conflict}" for conflict in verdict.conflicts) if verdict.conflicts else ()
        if "bad_nik_birth_date" in warnings:
            warnings = self._explained(parsed, warnings)
        return verdict.verdict, district, warnings

    def _explained(self, parsed: ParsedRow, warnings: tuple[str, ...]) -> tuple[str, ...]:
        """What is wrong with a NIK of another birth date, where something else of the row tells."""
        born, sex = parsed.birth_date, parsed.sex
        if nik.has_day_and_month_exchanged(parsed.nik, born, sex):
            return ("bad_nik_day_month", *(code for code in warnings if code != "bad_nik_birth_date"))
        nkk = columns.well_formed_nkk(parsed.nkk)
        if nkk and nik.nik_verdict(nkk, born, sex, self._districts[nkk[:6]] is not None).verdict == nik.OK:
            return ("bad_nik_nkk",)
        return warnings


def resolver_for(*rows: ParsedRow, location: SpecialLocation | None, reach: Reach) -> Resolver:
    """For one row of a form, or a few: looks up only what they name."""
    codes = [
        code for row in rows for code in (row.home_code, row.stay_code, nik.district_of(row.nik) if row.nik else "")
    ]
    known = {location.code: location_ref(location)} if location else {}
    return Resolver(reach=reach, regions=Regions.around(codes), locations=known, register=Register.current())


def location_ref(location: SpecialLocation) -> LocationRef:
    return LocationRef(location.pk, location.territory, location.is_active)


def of_age_on(born: date, epoch: date) -> date | None:
    """The 17th birthday where it lies after the epoch; born on 29 February, 1 March."""
    year = born.year + AGE_OF_VOTERS
    if year < epoch.year:
        return None
    is_leap_child = (born.month, born.day) == (2, 29) and year % 4 != 0
    day = date(year, 3, 1) if is_leap_child else born.replace(year=year)
    return day if day > epoch else None


VOTER_FIELDS = (
    "territory",
    "location_id",
    "block_id",
    "role",
    "name",
    "sex",
    "birth_year",
    "of_age_on",
    "marital",
    "home_id",
    "home_assumed",
    "arrival",
    "departure",
    "is_foreign",
    "is_military_police",
    "ektp",
    "nik_verdict",
    "stay_id",
    "h3_cell",
    "has_nkk",
)


def voter_values(person: Person, *, block_id: uuid.UUID | None, epoch: date) -> tuple[Any, ...]:
    """The clear half of a voter in the order of VOTER_FIELDS, without batch and what claims decide."""
    parsed = person.parsed
    return (
        person.territory,
        person.location.id if person.location else None,
        block_id,
        parsed.role,
        parsed.name,
        parsed.sex,
        parsed.birth_date.year,
        of_age_on(parsed.birth_date, epoch),
        parsed.marital,
        person.home,
        person.home_assumed,
        parsed.arrival,
        parsed.departure,
        parsed.is_foreign,
        parsed.is_military_police,
        parsed.ektp,
        person.verdict,
        person.stay,
        h3_cell(parsed),
        bool(columns.well_formed_nkk(parsed.nkk)),
    )


def h3_cell(parsed: ParsedRow) -> str:
    """The cell of the place of stay, in place of its point; "" where no point was given."""
    if parsed.latitude is None or parsed.longitude is None:
        return ""
    return h3.latlng_to_cell(parsed.latitude, parsed.longitude, H3_RESOLUTION)


def point_of(h3_cell: str) -> tuple[str, str]:
    """Latitude and longitude of a cell's middle, in degrees; some metres off, so that they lead to the same cell again."""
    latitude, longitude = h3.cell_to_latlng(h3_cell)
    return f"{latitude:.5f}", f"{longitude:.5f}"


# which fields of a voter a column of the file decides, so that a column a file lacks leaves them as they are
FIELDS_OF: Mapping[str, tuple[str, ...]] = {
    "blok": ("block_id",),
    "peran": ("role",),
    "nkk": ("has_nkk",),
    "nama": ("name",),
    "tanggal_lahir": ("birth_year", "of_age_on"),
    "status_kawin": ("marital",),
    "jenis_kelamin": ("sex",),
    "status_ktp_el": ("ektp",),
    "kode_wilayah_domisili": ("home_id", "home_assumed"),
    "nik": ("nik_verdict",),
    "tanggal_masuk": ("arrival",),
    "tanggal_keluar": ("departure",),
    "pekerjaan": ("is_military_police",),
    "kewarganegaraan": ("is_foreign",),
    "kode_wilayah_keberadaan": ("stay_id",),
    "lintang": ("h3_cell",),
    "bujur": ("h3_cell",),
}
RECORD_FIELD_OF: Mapping[str, str] = {
    "nkk": "nkk",
    "tanggal_lahir": "birth_date",
    "tempat_lahir": "birthplace",
    "alamat": "address",
    "rt": "rt",
    "rw": "rw",
    "disabilitas": "disability",
    "pekerjaan": "occupation",
    "keterangan": "notes",
}
assert set(RECORD_FIELD_OF) | set(FIELDS_OF) | {"kode_lokasi"} == set(columns.HEADERS)
