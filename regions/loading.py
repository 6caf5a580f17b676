"""How do the shipped reference files get into the database, however often they are loaded?"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from itertools import chain
from typing import Any

from django.db import connection, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from . import districts, reference
from .levels import COUNTRY_CODE, Level, level_of, parent_code
from .models import ElectoralDistrict, FormedTPS, ReferenceFile, Region, RegionDistricts
from .reference import EDITION

Progress = Callable[[str], object]
Row = tuple[Any, ...]

MAX_PARAMETERS = 30_000  # SQLite takes 32,766 in one statement
KINDS = (ElectoralDistrict.Kind.DPR, ElectoralDistrict.Kind.DPRD_PROV, ElectoralDistrict.Kind.DPRD_KABKO)
LOADED = ("regions", "retired_regions", "region_centroids", "electoral_districts", "special_tps_2024")


def load_reference_data(
    *, progress: Progress = lambda line: None, only: Collection[str] | None = None
) -> dict[str, int]:
    """Brings regions, electoral districts and the TPS formed in 2024 to the state of the files.

    Returns rows per level and kind, and under `written` how many were new or different: 0 the second time.
    `only` restricts it to provinces, by code. One transaction; a region that the files no longer know stays.
    """
    wanted = Wanted(only)
    with transaction.atomic():
        _take_the_time_it_takes()
        written = sum(write(wanted, progress=progress) for write in STEPS)
        if written:
            _count_rows_anew()
        if written or not ReferenceFile.objects.exists():
            note_files(wanted)
    return wanted.counts() | {"written": written}


def _take_the_time_it_takes() -> None:
    """A page may read for a minute at most; a first load on a busy machine may take longer."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")


def _count_rows_anew() -> None:
    """PostgreSQL checks the foreign keys at commit; without fresh statistics it may search for each one from the top."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE regions_region, regions_electoraldistrict")


class Wanted:
    """The reference files as rows of our tables, for the whole country or some provinces."""

    def __init__(self, only: Collection[str] | None) -> None:
        self.only = only
        self.centroids = {row["code"]: row for row in self.rows("region_centroids", "code")}
        current = self.rows("regions", "code")
        retired = [row for row in self.rows("retired_regions", "code") if self.covers(row["successor"])]
        self.regions = [self.country(), *map(self.current_region, current), *map(retired_region, retired)]
        self.codes = [row["code"] for row in current if level_of(row["code"]) >= Level.REGENCY]
        self.electoral = self.rows("electoral_districts", "region_code")
        self.formed = self.rows("special_tps_2024", "village_code")

    def covers(self, code: str) -> bool:
        return self.only is None or code[:2] in self.only

    def rows(self, name: str, column: str) -> list[dict[str, str]]:
        return [row for row in reference.rows(name) if self.covers(row[column])]

    def country(self) -> Row:
        return (COUNTRY_CODE, "Indonesia", Level.COUNTRY.value, None, None, None, None, None)

    def current_region(self, row: dict[str, str]) -> Row:
        code = row["code"]
        point = self.centroids.get(code)
        latitude, longitude = (float(point["latitude"]), float(point["longitude"])) if point else (None, None)
        return (code, row["name"], level_of(code).value, parent_code(code), None, None, latitude, longitude)

    def electoral_districts(self) -> list[Row]:
        """Each electoral district once, in the order of the file."""
        rows = [(EDITION, row["kind"], row["district_code"], row["district_name"]) for row in self.electoral]
        return list(dict.fromkeys(rows))

    def counts(self) -> dict[str, int]:
        levels = Counter(Level(row[2]).name.lower() for row in self.regions if row[4] is None)
        kinds = Counter(row[1] for row in self.electoral_districts())
        others = {
            "retired": sum(row[4] is not None for row in self.regions),
            "region_districts": len(self.codes),
            "formed_tps": sum(int(row["special_tps"]) for row in self.formed),
        }
        return {**levels, **kinds, **others}


def retired_region(row: dict[str, str]) -> Row:
    code = row["code"]
    name = retired_name(row["name"])
    return (code, name, level_of(code).value, parent_code(code), row["successor"], int(row["last_seen"]), None, None)


def retired_name(name: str) -> str:
    """`KAB. MERAUKE` as today's edition writes it: `Kabupaten Merauke`."""
    if name.startswith("KAB. "):
        return f"Kabupaten {name.removeprefix('KAB. ').title()}"
    return name.title() if name.startswith("KOTA ") else name


def write_regions(wanted: Wanted, *, progress: Progress) -> int:
    fields = ("name", "level", "parent_id", "successor_id", "last_seen", "latitude", "longitude")
    written = upsert(Region, key=("code",), fields=fields, rows=wanted.regions)
    progress(_("Regions: %(rows)d, written %(written)d") % {"rows": len(wanted.regions), "written": written})
    return written


def write_electoral_districts(wanted: Wanted, *, progress: Progress) -> int:
    rows = wanted.electoral_districts()
    written = upsert(ElectoralDistrict, key=("edition", "kind", "code"), fields=("name",), rows=rows)
    progress(_("Electoral districts: %(rows)d, written %(written)d") % {"rows": len(rows), "written": written})
    return written


def write_region_districts(wanted: Wanted, *, progress: Progress) -> int:
    """One row for every regency, district and village, empty where the electoral district is unknown."""
    ids = {(kind, code): pk for pk, kind, code in electoral_district_ids()}
    by_kind = [district_of_region(wanted, kind) for kind in KINDS]
    rows = [
        (EDITION, code, *(ids.get((kind, of.get(code, ""))) for kind, of in zip(KINDS, by_kind, strict=True)))
        for code in wanted.codes
    ]
    fields = ("dpr_id", "dprd_prov_id", "dprd_kabko_id")
    written = upsert(RegionDistricts, key=("edition", "region_id"), fields=fields, rows=rows)
    progress(
        _("Regions with their electoral districts: %(rows)d, written %(written)d")
        % {"rows": len(rows), "written": written}
    )
    return written


def electoral_district_ids() -> Iterable[tuple[int, str, str]]:
    return ElectoralDistrict.objects.filter(edition=EDITION).values_list("pk", "kind", "code")


def district_of_region(wanted: Wanted, kind: str) -> districts.Assignment:
    named = {row["region_code"]: row["district_code"] for row in wanted.electoral if row["kind"] == kind}
    return districts.resolve(regions=wanted.codes, named=named)


def write_formed_tps(wanted: Wanted, *, progress: Progress) -> int:
    """KPU's villages of 2024; three of them have no code today and are counted in their regency like all others."""
    numbers = ("regular_tps", "special_first", "special_last", "special_tps")
    rows = [
        (
            EDITION,
            row["village_code"],
            row["village_code"][:5],
            row["village"].title(),
            *(int(row[number]) for number in numbers),
        )
        for row in wanted.formed
    ]
    fields = ("region_id", "village_name", "regular_tps", "first_number", "last_number", "tps")
    written = upsert(FormedTPS, key=("edition", "village_code"), fields=fields, rows=rows)
    progress(
        _("Villages with TPS formed in 2024: %(rows)d, written %(written)d") % {"rows": len(rows), "written": written}
    )
    return written


STEPS = (write_regions, write_electoral_districts, write_region_districts, write_formed_tps)


def upsert(model: type[models.Model], *, key: tuple[str, ...], fields: tuple[str, ...], rows: list[Row]) -> int:
    """Inserts or corrects the rows that differ from what is stored; says how many. Rows are `key` then `fields`.

    Plain SQL: `bulk_create` took 18 s for these 180,000 rows where this takes 4 s (SQLite), 24 s against 12 s (PostgreSQL).
    """
    columns = (*key, *fields)
    stored = set(model._default_manager.values_list(*columns))
    changed = [row for row in rows if row not in stored]
    with connection.cursor() as cursor:
        for batch in batched(changed, MAX_PARAMETERS // len(columns)):
            cursor.execute(upsert_statement(model, key, fields, len(batch)), list(chain.from_iterable(batch)))
    return len(changed)


def batched(rows: list[Row], size: int) -> Iterable[list[Row]]:
    return (rows[start : start + size] for start in range(0, len(rows), size))


def upsert_statement(model: type[models.Model], key: tuple[str, ...], fields: tuple[str, ...], rows: int) -> str:
    quote = connection.ops.quote_name
    columns = ", ".join(map(quote, (*key, *fields)))
    values = ", ".join([f"({', '.join(['%s'] * (len(key) + len(fields)))})"] * rows)
    corrections = ", ".join(f"{quote(field)} = excluded.{quote(field)}" for field in fields)
    return (
        f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES {values} "
        f"ON CONFLICT ({', '.join(map(quote, key))}) DO UPDATE SET {corrections}"
    )


def note_files(wanted: Wanted) -> None:
    """Stamps what was loaded and when; whoever keeps regions in memory looks at the stamp."""
    files = reference.manifest()
    now = timezone.now()
    rows = [
        ReferenceFile(
            name=name,
            edition=files[name]["edition"][:60],
            sha256=stamp(wanted, name),
            rows=files[name]["rows"],
            loaded_at=now,
        )
        for name in LOADED
    ]
    ReferenceFile.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["name"], update_fields=["edition", "sha256", "rows", "loaded_at"]
    )


def stamp(wanted: Wanted, name: str) -> str:
    """The file's hash; of a part, the hash of file and provinces, so that a part never passes for the whole."""
    whole = reference.manifest()[name]["sha256"]
    if wanted.only is None:
        return whole
    return hashlib.sha256(json.dumps([whole, sorted(wanted.only)]).encode()).hexdigest()
