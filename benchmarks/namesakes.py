"""Invents people with names as unevenly common as real ones, some of them listed twice, for the search for duplicates."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Final

from voters.likely import Person
from voters.nik import date_part

KINDS: Final = ("other_nik", "typo_in_name", "typo_in_nik", "turned_date", "wrong_day", "no_nik")
"""How somebody is listed again: another NIK; a letter of the name; a digit of the NIK; day and month; the day; no NIK."""
ONSETS: Final = "b c d f g h j k l m n p r s t w y ".split(" ")
RIMES: Final = "a i u e o an in un ar ir ur is as us ah ih".split()
FIRST: Final = date(1945, 1, 1)
DAYS: Final = 22_000


def people(count: int, *, twice: float = 0.02, seed: int = 2024) -> tuple[list[Person], dict[tuple[int, int], str]]:
    """`count` people, and the pairs that are one person with how they came to be listed again."""
    randomness = random.Random(seed)
    words = _words(randomness, 6000)
    weights = [1 / (rank + 8) for rank in range(len(words))]
    again = int(count * twice)
    drawn = iter(randomness.choices(words, weights, k=3 * count))
    listed = [_person(randomness, drawn, serial) for serial in range(count - again)]
    planted: dict[tuple[int, int], str] = {}
    for number, place in enumerate(randomness.sample(range(len(listed)), again)):
        kind = KINDS[number % len(KINDS)]
        planted[place, len(listed)] = kind
        listed.append(_again(randomness, listed[place], kind, number))
    return listed, planted


def _words(randomness: random.Random, count: int) -> list[str]:
    made: dict[str, None] = {}
    while len(made) < count:
        syllables = randomness.choice((2, 2, 3))
        made["".join(randomness.choice(ONSETS) + randomness.choice(RIMES) for _ in range(syllables))] = None
    return [word for word in made if len(word) > 2]


def _person(randomness: random.Random, words: object, serial: int) -> Person:
    length = randomness.choice((1, 2, 2, 3))
    name = "".join(next(words) for _ in range(length))  # type: ignore[call-overload]
    born = FIRST + timedelta(days=randomness.randrange(DAYS))
    sex = randomness.choice("LP")
    return Person(name, born, _nik(randomness, born, sex), sex)


def _nik(randomness: random.Random, born: date, sex: str) -> str:
    district = 110101 + randomness.randrange(7000) * 113
    return f"{district}{date_part(born, sex)}{randomness.choice((1, 1, 1, 2, 2, 3, 4, 5)):04}"


def _again(randomness: random.Random, person: Person, kind: str, number: int) -> Person:
    name, born, nik, sex = person[:4]
    if kind == "other_nik":
        return person._replace(nik=_nik(randomness, born, sex))
    if kind == "typo_in_name":
        place = randomness.randrange(1, len(name))
        return person._replace(name=name[:place] + name[place + 1 :], nik=_nik(randomness, born, sex))
    if kind == "typo_in_nik":
        place = randomness.randrange(16)
        digit = str((int(nik[place]) + randomness.randrange(1, 10)) % 10)
        return person._replace(nik=nik[:place] + digit + nik[place + 1 :])
    if kind == "turned_date" and born.day <= 12 and born.day != born.month:
        return person._replace(born=date(born.year, born.day, born.month), nik="")
    if kind == "wrong_day":
        place = randomness.randrange(6)
        digit = str((int(nik[place]) + 1) % 10)
        return Person(name, born.replace(day=born.day % 28 + 1), nik[:place] + digit + nik[place + 1 :], sex)
    return person._replace(nik="")
