"""Which words does the engine speak: cells in, stations made of slices out, and the reasons for them?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from operator import itemgetter
from typing import Literal, NamedTuple

Sex = Literal["L", "P"]
MALE: Sex = "L"
FEMALE: Sex = "P"

BALLOTS: dict[str, int] = {
    "ppwp": 1,
    "dpd": 2,
    "dpr": 4,
    "dprd_prov": 8,
    "dprd_kabko": 16,
    "gub": 32,
    "bupwal": 64,
}
"""Every kind of ballot and its bit in a ballot set, in the order of columns and of `Station.ballots`."""

Outcome = Literal["qualified", "combined", "nearest_regular_tps", "no_eligible_voters"]
QUALIFIED: Outcome = "qualified"
COMBINED: Outcome = "combined"
NEAREST: Outcome = "nearest_regular_tps"
NOBODY: Outcome = "no_eligible_voters"

SOURCES: dict[str, str] = {
    "no_eligible": "PKPU 7/2022 art. 179",
    "kind_not_served": "PKPU 7/2022 art. 179",
    "below_minimum": "PKPU 7/2022 art. 179",
    "enough_voters": "PKPU 7/2022 art. 179",
    "combined_into": "",
    "combined_here": "",
    "not_combined": "",
    "kind_exempt": "KPU 2023-2024",
    "single_tps": "KPU 2023-2024",
    "headroom": "",
    "extra_requested": "Kemenkumham DKI 2024",
    "request_bounded": "",
    "drawn_by_hand": "KPU 2023-2024",
    "drawn_moved": "",
    "drawn_incomplete": "",
    "drawn_ignored": "",
    "could_be_mended": "",
    "sexes_apart": "",
    "blocks_apart": "KPU 2023-2024",
    "split_even": "KPU Kab. Tangerang 2024",
    "blocks_whole": "Kemenkumham Banten 2024",
    "block_split": "Kemenkumham Banten 2024",
    "request_ignored": "",
    "small_tps": "KPU 2023-2024",
}
"""Every code of a reason or warning, with the law or practice it rests on; empty where the policy alone says so."""


GUEST = "/"
"""In the block of a guest's cells, in the plan of its host: the location's id, this, and its own block, or nothing."""


class Cell(NamedTuple):
    """Eligible voters of one location that share block, sex and ballot set; block `""` is no block."""

    block: str
    sex: Sex
    ballots: int
    count: int  # type: ignore[assignment]  # hides tuple.count, which nobody asks of a cell


class Slice(NamedTuple):
    """The voters of one canonical cell from rank `first` to rank `last`, both included, counted from 1."""

    cell: int
    first: int
    last: int

    @property
    def voters(self) -> int:
        return self.last - self.first + 1


class Station(NamedTuple):
    """One TPS: how many voters, men, women and ballots of each kind (in the order of BALLOTS), and who they are."""

    size: int
    male: int
    female: int
    ballots: tuple[int, ...]
    slices: tuple[Slice, ...]


class Reason(NamedTuple):
    """Why the plan is as it is: a code of SOURCES and the figures its sentence needs."""

    code: str
    params: Mapping[str, int | str]

    @property
    def source(self) -> str:
        return SOURCES[self.code]


Drawn = tuple[int, ...] | tuple[frozenset[str], ...]
"""Of each TPS that a person drew either how many voters, or the ids of its blocks in 32 hex digits."""


@dataclass(frozen=True, slots=True)
class PlanRules:
    """What a policy and the options of one location ask of its plan.

    `minimum` and `maximum` are voters per TPS; `minimum` is the one of the location's kind, `usual_minimum` the one
    of all other kinds (None: the same). `requested` is the total of TPS that staff ask for; it counts only with a
    reason, and no more than `extra_percent` (rounded up; None: as many as asked) beyond what the rules give.
    `sexes_apart` and `blocks_apart`: they never share a TPS. `drawn` is a plan drawn by hand: of each TPS its size or its
    blocks. Raises ValueError for sizes that cannot be.
    """

    maximum: int
    minimum: int
    headroom_percent: int = 0
    requested: int | None = None
    requested_reason: str | bool = ""
    kind_served: bool = True
    usual_minimum: int | None = None
    sexes_apart: bool = False
    blocks_apart: bool = False
    extra_percent: int | None = None
    drawn: Drawn = ()

    def __post_init__(self) -> None:
        if self.maximum < 1 or self.minimum < 0 or self.headroom_percent < 0:
            raise ValueError("maximum must be positive, minimum and headroom not negative")


@dataclass(frozen=True, slots=True)
class Plan:
    """The TPS of one location with the reasons; without stations unless `outcome` is `qualified`.

    `engine_tps` is the number of TPS that the rules alone ask for, whatever was requested; 0 unless qualified.
    """

    outcome: Outcome
    stations: tuple[Station, ...]
    reasons: tuple[Reason, ...]
    warnings: tuple[Reason, ...]
    engine_tps: int

    @property
    def sizes(self) -> tuple[int, ...]:
        return tuple(station.size for station in self.stations)


class Canonical(tuple[Cell, ...]):
    """Cells that `canonical` has put in order already."""

    __slots__ = ()


def canonical(cells: Iterable[Cell]) -> Canonical:
    """The cells in the order that slices count by: block, sex, ballot set; equal ones added up, empty ones left out.

    Raises ValueError if a count is negative.
    """
    if isinstance(cells, Canonical):
        return cells
    ordered = sorted(cells)
    if min([cell.count for cell in ordered], default=0) < 0:
        raise ValueError("a cell cannot hold fewer than no voters")
    held = [cell for cell in ordered if cell.count]
    if len({cell[:3] for cell in held}) == len(held):
        return Canonical(held)
    groups = [list(group) for _, group in groupby(held, itemgetter(0, 1, 2))]
    return Canonical([group[0]._replace(count=sum([cell.count for cell in group])) for group in groups])


def station_of(slices: Sequence[Slice], cells: Sequence[Cell]) -> Station:
    """The TPS that these slices of canonical cells make up."""
    size = male = 0
    by_ballots: dict[int, int] = {}
    for index, first, last in slices:
        _block, sex, ballots, _count = cells[index]
        voters = last - first + 1
        size += voters
        if sex == MALE:
            male += voters
        by_ballots[ballots] = by_ballots.get(ballots, 0) + voters
    return Station(size, male, size - male, ballot_sums(by_ballots), tuple(slices))


def taken(share: Mapping[str, int], left: dict[str, list[Slice]], order: Mapping[str, int]) -> list[Slice]:
    """The next voters of each block of a share; `left` keeps what is left of each block, and is used up."""
    slices: list[Slice] = []
    for block in sorted(share, key=lambda block: order.get(block, len(order))):
        wanted = share[block]
        while wanted:
            cell, first, last = left[block].pop(0)
            end = min(last, first + wanted - 1)
            slices.append(Slice(cell, first, end))
            wanted -= end - first + 1
            if end < last:
                left[block].insert(0, Slice(cell, end + 1, last))
    return slices


def ballot_sums(voters_by_set: Mapping[int, int]) -> tuple[int, ...]:
    """Ballots of each kind, in the order of BALLOTS, for so many voters of each ballot set."""
    sums = [0] * len(BALLOTS)
    for held, count in voters_by_set.items():
        for place in _places_of(held):
            sums[place] += count
    return tuple(sums)


@cache
def _places_of(held: int) -> tuple[int, ...]:
    """Where in the order of BALLOTS the ballots of a set stand."""
    return tuple([place for place, bit in enumerate(BALLOTS.values()) if held & bit])


def ballots_of(cells: Iterable[Cell]) -> tuple[int, ...]:
    """Ballots of each kind, in the order of BALLOTS, that the voters of these cells are entitled to."""
    by_set: dict[int, int] = {}
    for cell in cells:
        by_set[cell.ballots] = by_set.get(cell.ballots, 0) + cell.count
    return ballot_sums(by_set)


def blocks_of(station: Station, cells: Sequence[Cell]) -> dict[str, int]:
    """Voters of each block at this TPS, in the order of the blocks; `cells` are canonical."""
    sums: dict[str, int] = {}
    for part in station.slices:
        block = cells[part.cell].block
        sums[block] = sums.get(block, 0) + part.voters
    return sums
