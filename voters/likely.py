"""Who is probably the same person under two NIKs, or with a typing error? Near-linear in the number of people. No Django.

Two steps. **Blocking** proposes pairs: whoever shares a key (name and birth date; the beginning or the ending of the name and
the birth date; name and year; name and day; a NIK with one digit hidden, or two neighbours in either order). A key that more than
`CROWD` people share proposes nobody by itself; it goes on to a finer one. **Weighing** adds up bits of evidence for each
pair, field by field (Fellegi and Sunter 1969): agreement counts for more the rarer it is, so a common name weighs less, and
a date half the register bears (01-01) almost nothing. A pair is kept where being one person is more probable than not,
one in `ONE_IN` people being listed twice. Empty never equals empty, and nobody is paired with himself.

The unit is the cluster: whoever hangs together by kept pairs. One that grew beyond `LARGE` is held together by its sure
pairs alone.
"""

from __future__ import annotations

import re
from array import array
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import JaroWinkler
from rapidfuzz.process import cpdist

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

CROWD: Final = 30
LARGE: Final = 6
ONE_IN: Final = 200
BIRTHDAYS: Final = 22_000
"""Days on which a voter may have been born: sixty years."""
NEAR_NAME: Final = 0.88
DIGITS: Final = 16
JOINED: Final = 2_000_000
WEIGHED: Final = 100_000
"""So many pairs lie in memory with their doubles, so many with all their digits."""

Verdict = Literal["same", "near", "different", "missing"]
FIELDS: Final = ("name", "birth_date", "nik", "sex")


class Person(NamedTuple):
    """What is compared: name key (with blanks between words or not), birth date, well-formed NIK or "", sex.

    `claims`: the NIK is in order, so that another row with it is a case of its own, not a guess.
    """

    name: str
    born: date
    nik: str
    sex: str
    claims: bool = True


class Pair(NamedTuple):
    """Two people by their places, how probable it is that they are one, and the verdict on each of FIELDS."""

    one: int
    other: int
    probability: float
    verdicts: tuple[Verdict, ...]


class Cluster(NamedTuple):
    """People by their places, who hang together by these pairs; large ones are held by their sure pairs alone."""

    members: tuple[int, ...]
    pairs: tuple[Pair, ...]
    was_large: bool


def clusters(people: Sequence[Person], apart: Iterable[tuple[int, int]] = ()) -> list[Cluster]:
    """Everybody who is probably listed twice. `apart` are pairs known to be two people: never proposed again."""
    known_apart = {(min(pair), max(pair)) for pair in apart}
    return grouped([pair for pair in pairs(people) if (pair.one, pair.other) not in known_apart])


def grouped(kept: Sequence[Pair]) -> list[Cluster]:
    """Whoever hangs together by these pairs."""
    return [cluster for group in _connected(kept) for cluster in _held_together(group)]


def pairs(people: Sequence[Person], *, least: float = 0.5, anew: Collection[int] | None = None) -> list[Pair]:
    """The pairs that are one person with at least this probability, each once, the surest first.

    `anew` are the places of those who are compared with everybody; the others are not compared among themselves.
    """
    return pairs_of(Columns.of(people), least=least, anew=anew)


def pairs_of(columns: Columns, *, least: float = 0.5, anew: Collection[int] | None = None) -> list[Pair]:
    """`pairs` of people who were gathered one after the other."""
    if len(columns) < 2:
        return []
    is_anew = None if anew is None else _marked(len(columns), anew)
    one, other = _candidates(columns, is_anew)
    return _weighed(columns, one, other, least)


def _marked(count: int, places: Collection[int]) -> NDArray[np.bool_]:
    marked = np.zeros(count, dtype=bool)
    marked[list(places)] = True
    return marked


@dataclass(frozen=True, slots=True)
class Columns:
    """People as arrays: numbers of names, parts of the birth date, the NIK as a number (0: none).

    `names` has each name once, by its number; a person without a name has a number of its own, below 0.
    """

    names: list[str]
    name: Ints
    year: Ints
    day: Ints
    nik: Ints
    sex: Ints
    claims: NDArray[np.bool_]

    @classmethod
    def of(cls, people: Sequence[Person]) -> Columns:
        gathered = Gathered()
        for person in people:
            gathered.add(person)
        return gathered.columns()

    def __len__(self) -> int:
        return len(self.name)

    def texts(self, places: Ints) -> list[str]:
        """The names at these places; "" for none."""
        return [self.names[number] if number >= 0 else "" for number in self.name[places].tolist()]

    @property
    def beginning(self) -> Ints:
        return self._of_names(_beginning)

    @property
    def ending(self) -> Ints:
        return self._of_names(_ending)

    def _of_names(self, part: Callable[[str], str]) -> Ints:
        """Equal parts of names, equal numbers; an empty part is alone with itself."""
        numbers: dict[str, int] = {"": -1}
        of_name = [numbers.setdefault(part(name), len(numbers)) for name in [*self.names, ""]]
        found = np.array(of_name, dtype=np.int64)[np.where(self.name < 0, -1, self.name)]
        return np.where(found < 0, -1 - np.arange(len(self)), found)

    @property
    def born(self) -> Ints:
        return self.year * 10_000 + self.day


class Gathered:
    """Takes people in one after the other: some numbers each, and a name once however many bear it."""

    def __init__(self) -> None:
        self._names: dict[str, int] = {}
        self._name, self._year, self._day, self._nik = array("q"), array("q"), array("q"), array("q")
        self._sex, self._claims = array("b"), array("b")

    def __len__(self) -> int:
        return len(self._name)

    def add(self, person: Person) -> None:
        name, born, nik, sex, claims = person
        self._name.append(self._names.setdefault(name, len(self._names)) if name else -len(self) - 1)
        self._year.append(born.year)
        self._day.append(born.month * 100 + born.day)
        self._nik.append(int(nik or 0))
        self._sex.append(sex == "P")
        self._claims.append(claims)

    def columns(self) -> Columns:
        """Nobody can be added any more."""
        return Columns(
            names=list(self._names),
            name=np.frombuffer(self._name, dtype=np.int64),
            year=np.frombuffer(self._year, dtype=np.int64),
            day=np.frombuffer(self._day, dtype=np.int64),
            nik=np.frombuffer(self._nik, dtype=np.int64),
            sex=np.frombuffer(self._sex, dtype=np.int8).astype(np.int64),
            claims=np.frombuffer(self._claims, dtype=bool),
        )


_VOWELS = str.maketrans("", "", "aeiou ")


def _beginning(name: str) -> str:
    """The beginning of a name as the ear keeps it: first letter, then the next two consonants."""
    return name[:1] + name[1:8].translate(_VOWELS)[:2]


def _ending(name: str) -> str:
    """The last three consonants."""
    return name.translate(_VOWELS)[-3:]


# Blocking


def _candidates(people: Columns, is_anew: NDArray[np.bool_] | None) -> tuple[Ints, Ints]:
    """Pairs that share a key, each once, the lower place first."""
    keys = chain(((key, None) for key in _keys(people)), _nik_keys(people.nik))
    distinct = _distinct(_together(*_sharing(key, of=of), len(people), is_anew) for key, of in keys)
    one, other = distinct // len(people), distinct % len(people)
    is_claimed = (people.nik[one] > 0) & (people.nik[one] == people.nik[other])  # one NIK twice is a claim, not a guess
    is_claimed &= people.claims[one] & people.claims[other]
    return one[~is_claimed], other[~is_claimed]


def _together(one: Ints, other: Ints, count: int, is_anew: NDArray[np.bool_] | None) -> Ints:
    """A pair as one number, where it is to be compared."""
    together = one * count + other
    return together if is_anew is None else together[is_anew[one] | is_anew[other]]


def _distinct(found: Iterable[Ints]) -> Ints:
    """Sorted, each once. Joined as soon as they are `JOINED` together, so that few lie there twice."""
    distinct, waiting, count = np.empty(0, dtype=np.int64), [], 0
    for part in found:
        waiting.append(part)
        count += len(part)
        if count > JOINED:
            distinct, waiting, count = np.unique(np.concatenate([distinct, *waiting])), [], 0
    return np.unique(np.concatenate([distinct, *waiting]))


def _keys(people: Columns) -> Iterator[Ints]:
    """Name and date; beginning or ending of the name, date and sex; name and year (too many: and month, or and day); name and day."""
    by_year = _mixed(people.name, people.year, people.sex)
    is_crowded = _is_crowded(by_year)
    alone = -np.arange(1, len(people) + 1)
    yield _mixed(people.name, people.born)
    yield _mixed(people.beginning, people.born, people.sex)
    yield _mixed(people.ending, people.born, people.sex)
    yield np.where(is_crowded, alone, by_year)
    yield np.where(is_crowded, _mixed(by_year, people.day // 100), alone)
    yield np.where(is_crowded, _mixed(by_year, people.day % 100), alone)
    yield _mixed(people.name, people.day)


def _nik_keys(nik: Ints) -> Iterable[tuple[Ints, Ints]]:
    """Each key beside the places of those who have a NIK: one digit hidden, or two neighbours in order of size."""
    places = np.flatnonzero(nik)
    numbers = nik[places]
    for digit in range(DIGITS):
        power = 10**digit
        yield numbers - numbers // power % 10 * power, places
    for digit in range(DIGITS - 1):
        power = 10**digit
        low, high = numbers // power % 10, numbers // (10 * power) % 10
        ordered = np.minimum(low, high) * power + np.maximum(low, high) * 10 * power
        yield numbers - low * power - high * 10 * power + ordered, places


def _mixed(*parts: Ints) -> Ints:
    """One number for several; equal parts give equal numbers, others almost never (64 bits)."""
    mixed = np.zeros(len(parts[0]), dtype=np.uint64)
    with np.errstate(over="ignore"):
        for part in parts:
            mixed = (mixed ^ part.astype(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
            mixed ^= mixed >> np.uint64(29)
    return mixed.astype(np.int64)


def _is_crowded(key: Ints) -> NDArray[np.bool_]:
    _, inverse, counts = np.unique(key, return_inverse=True, return_counts=True)
    return counts[inverse] > CROWD


def _sharing(key: Ints, of: Ints | None = None) -> tuple[Ints, Ints]:
    """All pairs of places with an equal key, the lower first; keys that a crowd shares are left out."""
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    sizes = np.diff(np.concatenate((starts, [len(ordered)])))
    in_small = np.repeat((sizes > 1) & (sizes <= CROWD), sizes)
    ordered, places = ordered[in_small], (order if of is None else of[order])[in_small]
    ones, others = [], []
    for apart in range(1, int(sizes[(sizes <= CROWD)].max(initial=1))):
        is_same = ordered[apart:] == ordered[:-apart]
        ones.append(places[:-apart][is_same])
        others.append(places[apart:][is_same])
    empty = np.empty(0, dtype=np.int64)
    one, other = np.concatenate([empty, *ones]), np.concatenate([empty, *others])
    return np.minimum(one, other), np.maximum(one, other)


# Weighing


def _weighed(people: Columns, one: Ints, other: Ints, least: float) -> list[Pair]:
    total = len(people)
    name, name_verdict = _of_names(people, one, other)
    born, born_verdict = _of_dates(people, one, other)
    nik, nik_verdict = _of_niks(people, one, other, name_verdict)
    sex, sex_verdict = _of_sexes(people, one, other)
    needed = np.log2(total * ONE_IN / 2)
    probability = 1 / (1 + np.exp2(np.clip(needed - name - born - nik - sex, -60, 60)))
    kept = np.flatnonzero(probability >= least)
    kept = kept[np.argsort(-probability[kept], kind="stable")]
    verdicts = np.stack([name_verdict, born_verdict, nik_verdict, sex_verdict], axis=1)[kept]
    return [
        Pair(a, b, round(p, 4), tuple([VERDICTS[v] for v in told]))
        for a, b, p, told in zip(
            one[kept].tolist(), other[kept].tolist(), probability[kept].tolist(), verdicts.tolist(), strict=True
        )
    ]


VERDICTS: Final[tuple[Verdict, ...]] = ("same", "near", "different", "missing")
SAME, NEAR, DIFFERENT, MISSING = range(4)


def _of_names(people: Columns, one: Ints, other: Ints) -> tuple[Floats, Ints]:
    """As many bits as the name is rare; a near one counts for less, and another one against."""
    rarity = _rarity(people.name)
    bits = np.minimum(rarity[one], rarity[other])
    is_same = people.name[one] == people.name[other]
    likeness = np.ones(len(one))
    unlike = np.flatnonzero(~is_same)
    if len(unlike):
        texts = [people.texts(places[unlike]) for places in (one, other)]
        likeness[unlike] = cpdist(*texts, scorer=JaroWinkler.normalized_similarity, dtype=np.float64, workers=1)
        likeness[unlike[_are_numbered_apart(*texts)]] = 0
    is_near = ~is_same & (likeness >= NEAR_NAME)
    weighed = np.where(is_same, bits, np.where(is_near, bits * likeness**2 - 3.5, -8.0))
    is_missing = (people.name[one] < 0) | (people.name[other] < 0)
    verdict = np.where(is_missing, MISSING, np.where(is_same, SAME, np.where(is_near, NEAR, DIFFERENT)))
    return np.where(is_missing, 0.0, weighed), verdict


def _are_numbered_apart(ones: list[str], others: list[str]) -> NDArray[np.bool_]:
    """Names with different figures (Warga 12, Warga 13) number people: nobody misspells those into each other."""
    figures = [re.sub(r"\D", "", one) != re.sub(r"\D", "", other) for one, other in zip(ones, others, strict=True)]
    return np.array(figures, dtype=bool)


def _rarity(numbers: Ints) -> Floats:
    """Bits that two people sharing this tell: log2 of how seldom it is in the register."""
    _, inverse, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    return np.log2(len(numbers) / counts)[inverse]


def _of_dates(people: Columns, one: Ints, other: Ints) -> tuple[Floats, Ints]:
    """The same day, day and month changed round, one of the three parts wrong, or another day."""
    rarity = _rarity_of_crowds(people.born)
    same = np.minimum(np.log2(BIRTHDAYS), np.minimum(rarity[one], rarity[other]))
    day, month = people.day % 100, people.day // 100
    is_year = people.year[one] == people.year[other]
    is_month, is_day = month[one] == month[other], day[one] == day[other]
    is_round = is_year & (day[one] == month[other]) & (month[one] == day[other])
    parts = is_year.astype(int) + is_month + is_day
    weighed = np.select([parts == 3, is_round, parts == 2], [same, np.minimum(same, 10.0), np.minimum(same, 4.5)], -8.0)
    return weighed, np.select([parts == 3, is_round | (parts == 2)], [SAME, NEAR], DIFFERENT)


def _rarity_of_crowds(numbers: Ints) -> Floats:
    """Like `_rarity`, but a value only a few share says nothing against the calendar: 01-01 is shared by many."""
    _, inverse, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    return np.log2(len(numbers) / np.maximum(counts - 3, 1e-9))[inverse]


def _of_niks(people: Columns, one: Ints, other: Ints, name_verdict: Ints) -> tuple[Floats, Ints]:
    """The same (at odds with the person, so that it claims nothing), one digit wrong or two changed round; in the serial
    alone that is what sisters and twins have too."""
    ones, others = people.nik[one], people.nik[other]
    is_missing = (ones == 0) | (others == 0)
    is_same = ~is_missing & (ones == others)
    is_near = ~is_missing & _is_one_slip(ones, others)
    is_serial = is_near & (ones // 10_000 == others // 10_000)
    serial = np.where(name_verdict == DIFFERENT, -4.0, 5.0)
    weighed = np.select([is_missing, is_same, is_serial, is_near], [0.0, 16.0, serial, 16.0], -2.0)
    return weighed, np.select([is_missing, is_same, is_near], [MISSING, SAME, NEAR], DIFFERENT)


def _is_one_slip(ones: Ints, others: Ints) -> NDArray[np.bool_]:
    """One digit differs, or two neighbours stand the other way round. In pieces, since each has all its digits apart."""
    starts = range(0, len(ones), WEIGHED)
    slips = [_are_one_slip(ones[start : start + WEIGHED], others[start : start + WEIGHED]) for start in starts]
    return np.concatenate([np.empty(0, dtype=bool), *slips])


def _are_one_slip(ones: Ints, others: Ints) -> NDArray[np.bool_]:
    a = [ones // 10**digit % 10 for digit in range(DIGITS)]
    b = [others // 10**digit % 10 for digit in range(DIGITS)]
    wrong = sum([(x != y).astype(int) for x, y in zip(a, b, strict=True)], start=np.zeros(len(ones), dtype=int))
    is_turned = np.zeros(len(ones), dtype=bool)
    for low in range(DIGITS - 1):
        is_turned |= (a[low] == b[low + 1]) & (a[low + 1] == b[low]) & (a[low] != b[low])
    return (wrong == 1) | ((wrong == 2) & is_turned)


def _of_sexes(people: Columns, one: Ints, other: Ints) -> tuple[Floats, Ints]:
    is_same = people.sex[one] == people.sex[other]
    return np.where(is_same, 1.0, -4.0), np.where(is_same, SAME, DIFFERENT)


# Clusters


def _connected(found: Sequence[Pair]) -> list[list[Pair]]:
    """Pairs that hang together."""
    above: dict[int, int] = {}

    def head(place: int) -> int:
        while above.setdefault(place, place) != place:
            above[place] = above[above[place]]
            place = above[place]
        return place

    for pair in found:
        above[head(pair.other)] = head(pair.one)
    groups: dict[int, list[Pair]] = defaultdict(list)
    for pair in found:
        groups[head(pair.one)].append(pair)
    return list(groups.values())


SURE: Final = 0.99


def _held_together(group: list[Pair]) -> list[Cluster]:
    if len(_members(group)) <= LARGE:
        return [Cluster(_members(group), tuple(group), False)]
    sure = [pair for pair in group if pair.probability >= SURE]
    return [Cluster(_members(part), tuple(part), True) for part in _connected(sure)]


def _members(group: Iterable[Pair]) -> tuple[int, ...]:
    return tuple(sorted({place for pair in group for place in (pair.one, pair.other)}))


__all__ = [
    "FIELDS",
    "Cluster",
    "Columns",
    "Gathered",
    "Pair",
    "Person",
    "Verdict",
    "clusters",
    "grouped",
    "pairs",
    "pairs_of",
]
