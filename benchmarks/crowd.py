"""Fills a scratch database with places and people for a benchmark: the clear half only, past the verbs."""

from __future__ import annotations

import datetime
import io
import random
from typing import TYPE_CHECKING, Any, Final

from django.db import connection, transaction
from uuid_utils import uuid7

from locations.models import Block, SpecialLocation
from regions.levels import Level
from regions.models import Region
from voters.models import Voter

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable, Iterator, Sequence

KINDS: Final = (
    ("rutan_lapas", ""),
    ("rutan_lapas", ""),
    ("panti", ""),
    ("lainnya", "pesantren"),
    ("lainnya", "perkebunan"),
)
COLUMNS: Final = (
    "id", "territory", "location_id", "block_id", "role", "name", "sex", "birth_year", "of_age_on", "marital", "home_id",
    "home_assumed", "arrival", "departure", "is_foreign", "is_military_police", "official_mark", "ektp", "nik_verdict",
    "is_duplicate", "is_mismatch", "h3_cell", "is_placed",
)  # fmt: skip
LEAVING: Final = datetime.date(2024, 2, 1)
BATCH: Final = 20_000


def fill(*, voters: int, locations: int, seed: int = 2024) -> None:
    """`voters` people at `locations` places of uneven size, in one to four blocks, about one in eight not eligible."""
    randomness = random.Random(seed)
    villages = list(Region.objects.current().of_level(Level.VILLAGE).order_by("pk").values_list("pk", flat=True))
    with transaction.atomic():
        _lift_limits()
        places = make_places(randomness, villages, locations)
        blocks = _blocks(randomness, places)
        weights = [randomness.paretovariate(2.5) for _ in places]
        sizes = _shares(weights, voters)
        people = _people(randomness, villages, list(zip(places, blocks, sizes, strict=True)))
        for batch in _batches(people):
            insert_voters(batch)
    _analyse()


def _lift_limits() -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")


def _analyse() -> None:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def make_places(randomness: random.Random, villages: Sequence[str], count: int) -> list[SpecialLocation]:
    places = []
    for number in range(count):
        village = randomness.choice(villages)
        kind, subkind = randomness.choice(KINDS)
        places.append(
            SpecialLocation(
                territory=village[:5],
                code=f"BENCH-{number:06}",
                name=f"Lokasi contoh {number}",
                kind=kind,
                subkind=subkind,
                region_id=village,
            )
        )
    return SpecialLocation.everywhere.bulk_create(places, batch_size=1000)


def _blocks(randomness: random.Random, places: Sequence[SpecialLocation]) -> list[list[uuid.UUID]]:
    made = [
        [Block(territory=place.territory, location=place, name=f"Blok {n}") for n in range(randomness.randint(1, 4))]
        for place in places
    ]
    Block.everywhere.bulk_create([block for blocks in made for block in blocks], batch_size=2000)
    return [[block.pk for block in blocks] for blocks in made]


def _shares(weights: Sequence[float], total: int) -> list[int]:
    whole = sum(weights)
    shares = [int(weight / whole * total) for weight in weights]
    shares[0] += total - sum(shares)
    return shares


def _people(
    randomness: random.Random, villages: Sequence[str], places: Iterable[tuple[SpecialLocation, list[Any], int]]
) -> Iterator[tuple[Any, ...]]:
    near = _near(villages)
    draw, choice, text = randomness.random, randomness.choice, _text_of
    for place, blocks, size in places:
        here, parts = text(place.pk), [text(block) for block in blocks]
        pools = (near[place.region_id[:5]], near[place.region_id[:2]], villages)
        for number in range(size):
            luck = draw()
            home = choice(pools[0 if luck < 0.3 else 1 if luck < 0.75 else 2])
            fate = draw()
            yield (
                text(uuid7()), place.territory, here, parts[number * len(parts) // size], "penghuni", "Warga Contoh",
                "L" if draw() < 0.7 else "P", 1985, None, "S", home, False, None, LEAVING if fate < 0.04 else None,
                0.04 < fate < 0.06, False, "1" if 0.06 < fate < 0.07 else "", "S", "none" if 0.07 < fate < 0.12 else "ok",
                False, False, "", False,
            )  # fmt: skip


def _text_of(identifier: Any) -> str:
    """An id as the database at hand writes it."""
    return str(identifier) if connection.vendor == "postgresql" else str(identifier.hex)


def _near(villages: Sequence[str]) -> dict[str, list[str]]:
    near: dict[str, list[str]] = {}
    for village in villages:
        near.setdefault(village[:2], []).append(village)
        near.setdefault(village[:5], []).append(village)
    return near


def _batches(rows: Iterator[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    batch = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def insert_voters(rows: Sequence[tuple[Any, ...]]) -> None:
    """Rows of COLUMNS by COPY, or executemany on SQLite."""
    columns = ", ".join(COLUMNS)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            text = "".join("\t".join("\\N" if value is None else str(value) for value in row) + "\n" for row in rows)
            cursor.copy_expert(f"COPY {Voter._meta.db_table} ({columns}) FROM STDIN", io.StringIO(text))
            return
        marks = ", ".join(["%s"] * len(COLUMNS))
        cursor.executemany(f"INSERT INTO {Voter._meta.db_table} ({columns}) VALUES ({marks})", rows)
