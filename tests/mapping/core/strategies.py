"""Locations as the engine sees them, and every division of a small one."""

from collections.abc import Iterator, Sequence

from hypothesis import strategies as st

from mapping.core.arrangement import Score
from mapping.core.plan import Cell, PlanRules

BLOCKS = ["", "A", "B", "Blok 2", "Blok 10", "C", "D"]
CELLS = st.builds(Cell, st.sampled_from(BLOCKS), st.sampled_from("LP"), st.integers(0, 127), st.integers(1, 300))
LOCATIONS = st.lists(CELLS, min_size=1, max_size=20, unique_by=lambda cell: cell[:3])
RULES = st.builds(
    PlanRules,
    maximum=st.integers(100, 600),
    minimum=st.integers(0, 100),
    headroom_percent=st.integers(0, 30),
    requested=st.none() | st.integers(1, 20),
    requested_reason=st.sampled_from(["", "growth"]),
)


@st.composite
def small_problems(draw: st.DrawFn) -> tuple[list[int], int, int, int]:
    """(sizes descending, free voters, stations, maximum) that every division can be listed of."""
    count = draw(st.integers(2, 4))
    largest = {2: 16, 3: 10, 4: 6}[count]
    sizes = sorted(draw(st.lists(st.integers(1, largest), max_size=7)), reverse=True)
    free = draw(st.sampled_from([0, 0, 1, 4]))
    total = sum(sizes) + free
    if total < count:
        free += count - total
        total = count
    return sizes, free, count, -(-total // count) + draw(st.integers(0, 6))


def best_score(sizes: Sequence[int], free: int, count: int, maximum: int) -> Score:
    """By listing every way to divide every block, one voter at a time: no idea shared with the engine."""
    floor = -(-(sum(sizes) + free) // (2 * count))
    reached = {((0,) * count, 0, 0)}
    for size, is_block in [*((size, True) for size in sizes), (free, False)]:
        ways = [(parts, sum(map(bool, parts)) - 1 if is_block and size else 0) for parts in divisions(size, count)]
        reached = {
            (tuple(sorted(sums)), split + bool(cuts), total + cuts)
            for loads, split, total in reached
            for parts, cuts in ways
            if max(sums := [load + part for load, part in zip(loads, parts, strict=True)]) <= maximum
        }
    return min(
        Score(split, cuts, loads[-1] - loads[0], sum(load * load for load in loads))
        for loads, split, cuts in reached
        if loads[0] >= floor
    )


def divisions(total: int, parts: int) -> Iterator[tuple[int, ...]]:
    if parts == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in divisions(total - first, parts - 1):
            yield (first, *rest)
