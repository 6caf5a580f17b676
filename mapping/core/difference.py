"""What changed between two versions of a location's proposal, and how many voters would change TPS?"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from .plan import BALLOTS, GUEST, Cell, Outcome, Plan, ballots_of

Subject = Literal["outcome", "host", "tps", "registered", "eligible", "sizes", "block", "ballot", "ineligible"]


class Version(NamedTuple):
    """One proposal as far as it can be compared: figures, plan, and the canonical cells that its slices count by.

    A block with a `/` in it is a guest's, who votes here and counts at home.
    """

    plan: Plan
    cells: tuple[Cell, ...]
    registered: int
    ineligible: Mapping[str, int]
    host: str | None = None

    @property
    def eligible(self) -> int:
        return sum([cell.count for cell in self.cells if GUEST not in cell.block])


class Change(NamedTuple):
    """One figure before and after; `key` tells which block, ballot or reason, and is empty elsewhere."""

    subject: Subject
    key: str
    before: int | str | tuple[int, ...] | None
    after: int | str | tuple[int, ...] | None


class Difference(NamedTuple):
    """All that changed, and of `staying` voters (listed in both versions) how many would stand at another TPS."""

    changes: tuple[Change, ...]
    moved: int
    staying: int

    @property
    def moved_percent(self) -> float:
        return 100 * self.moved / self.staying if self.staying else 0.0

    @property
    def reopens(self) -> bool:
        """Whether an approval of the version before is no longer in force: outcome, number of TPS or host changed."""
        return any(change.subject in ("outcome", "tps", "host") for change in self.changes)


def compare(before: Version, after: Version) -> Difference:
    """What changed from one version to the other.

    Who moves is an estimate from the slices: in each cell the first ranks are taken for the same people, arrivals and
    departures for the last. Exact only where a cell gained voters and lost none.
    """
    moved, staying = movement(before, after)
    return Difference(tuple(changed(before, after)), moved, staying)


def changed(before: Version, after: Version) -> Iterator[Change]:
    for (subject, old), (_, new) in zip(figures(before), figures(after), strict=True):
        if old != new:
            yield Change(subject, "", old, new)
    yield from changed_counts("block", by_block(before.cells), by_block(after.cells))
    yield from changed_counts("ballot", by_ballot(before.cells), by_ballot(after.cells))
    yield from changed_counts("ineligible", before.ineligible, after.ineligible)


def figures(version: Version) -> list[tuple[Subject, int | str | tuple[int, ...] | None]]:
    outcome: Outcome = version.plan.outcome
    return [
        ("outcome", outcome),
        ("host", version.host),
        ("tps", len(version.plan.stations)),
        ("registered", version.registered),
        ("eligible", version.eligible),
        ("sizes", version.plan.sizes),
    ]


def changed_counts(subject: Subject, before: Mapping[str, int], after: Mapping[str, int]) -> Iterator[Change]:
    for key in dict.fromkeys([*before, *after]):
        if before.get(key, 0) != after.get(key, 0):
            yield Change(subject, key, before.get(key, 0), after.get(key, 0))


def by_block(cells: Sequence[Cell]) -> dict[str, int]:
    """Voters of each named block; those without a block show in `eligible` alone."""
    sums: dict[str, int] = {}
    for cell in cells:
        if cell.block:
            sums[cell.block] = sums.get(cell.block, 0) + cell.count
    return sums


def by_ballot(cells: Sequence[Cell]) -> dict[str, int]:
    return dict(zip(BALLOTS, ballots_of(cells), strict=True))


CellKey = tuple[str, str, int]


def movement(before: Version, after: Version) -> tuple[int, int]:
    """(voters at another TPS, voters in both), where the first TPS of one is the first of the other, and so on."""
    stands, stood = spans(after), spans(before)
    staying = kept = 0
    sizes = {cell[:3]: cell.count for cell in after.cells}
    for cell in before.cells:
        staying += min(cell.count, sizes.get(cell[:3], 0))
    for key, parts in stood.items():
        for tps, first, last in parts:
            for other, start, end in stands.get(key, ()):
                if tps == other:
                    kept += max(0, min(last, end) - max(first, start) + 1)
    if not stood and not stands:
        kept = staying
    return staying - kept, staying


def spans(version: Version) -> dict[CellKey, list[tuple[int, int, int]]]:
    """(TPS, first rank, last rank) of each cell's slices."""
    found: dict[CellKey, list[tuple[int, int, int]]] = {}
    for tps, station in enumerate(version.plan.stations):
        for index, first, last in station.slices:
            found.setdefault(version.cells[index][:3], []).append((tps, first, last))
    return found
