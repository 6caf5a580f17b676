"""A voter file of any size as the benchmarks of the import read it: every column filled, and faults as real lists have them."""

from __future__ import annotations

import csv
import datetime
import random
from typing import TYPE_CHECKING, Any, Final

from regions.levels import Level
from regions.models import Region
from tpskhusus.synthetic import FAMILY, GIVEN
from voters.columns import HEADERS
from voters.nik import date_part

from . import crowd

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

FIRST_DAY: Final = datetime.date(1945, 1, 1)
DAYS: Final = 23_000
COLUMNS: Final = HEADERS[:-3]  # the last three are for people without a location
TRADES: Final = ("", "", "Petani", "Buruh", "Wiraswasta", "Pelajar", "TNI", "Karyawan swasta")


def write(path: Path, *, voters: int, locations: int, seed: int = 2024) -> None:
    """Makes the places, and a file of `voters` rows in the order of the places."""
    randomness = random.Random(seed)
    villages = list(Region.objects.current().of_level(Level.VILLAGE).order_by("pk").values_list("pk", flat=True))
    places = crowd.make_places(randomness, villages, locations)
    with path.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target)
        writer.writerow(COLUMNS)
        writer.writerows(_rows(randomness, villages, [place.code for place in places], voters))


def _rows(randomness: random.Random, villages: Sequence[str], codes: Sequence[str], count: int) -> Iterator[list[Any]]:
    """Of a thousand rows 40 have no NIK, 10 a NIK at odds with the person, 5 a fault, 3 stand twice, 3 elsewhere too."""
    draw, choice = randomness.random, randomness.choice
    given = {sex: names.split() for sex, names in GIVEN.items()}
    before: list[Any] = []
    for number in range(count):
        fate = draw()
        code = codes[number * len(codes) // count]
        if before and fate > 0.997:
            yield before
            continue
        if before and fate > 0.994:
            yield [codes[(number * len(codes) // count + 1) % len(codes)], *before[1:]]
            continue
        sex = "L" if draw() < 0.7 else "P"
        home = choice(villages)
        born = FIRST_DAY + datetime.timedelta(days=number * 7919 % DAYS)
        district = home[:2] + home[3:5] + home[6:8]
        number_of = f"{district}{date_part(born, sex)}{1 + number % 9998:04}"
        if fate < 0.04:
            number_of = ""
        elif fate < 0.05:
            sex = "L" if sex == "P" else "P"
        before = [
            code, f"Blok {'ABCD'[number % 250 * 4 // 250]}", "penghuni", f"{district}{born:%d%m%y}{1 + number % 9000:04}",
            number_of, f"{choice(given[sex])} {choice(FAMILY)} {choice(FAMILY)}",
            "Tempat Lahir", born.isoformat() if not 0.05 < fate < 0.055 else "31/02/1990", choice("BSSP"), sex,
            f"Jalan Contoh No. {number % 400}", f"{number % 12 + 1:03}", f"{number % 9 + 1:03}", choice("000005"), "S",
            home if draw() < 0.7 else "", "", "2030-01-01" if 0.06 < fate < 0.1 else "", choice(TRADES), "WNI", "",
        ]  # fmt: skip
        yield before
