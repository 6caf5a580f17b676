"""Is the division of blocks over stations the best one, and found in bounded work?"""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.core.arrangement import FREE, WORK, Arrangement, Score, Search, arrange, filled, measure

from .strategies import best_score, small_problems


def big_problem(seed: int) -> tuple[list[int], int, int, int]:
    dice = random.Random(seed)
    largest = dice.choice([60, 250, 400])
    sizes = sorted([dice.randint(30, largest) for _ in range(dice.randint(20, 60))], reverse=True)
    free = dice.choice([0, 200])
    return sizes, free, -(-(sum(sizes) + free) // 300), 300


def recount(found: Arrangement, sizes: list[int]) -> Score:
    places = [sum(block in pieces for pieces in found.stations) for block in range(len(sizes))]
    loads = [sum(pieces.values()) for pieces in found.stations]
    return Score(sum(place > 1 for place in places), sum(places) - len(sizes), *measure(loads))


@given(small_problems())
def test_no_division_of_a_small_place_is_better(problem: tuple[list[int], int, int, int]) -> None:
    sizes, free, count, maximum = problem

    found = arrange(sizes, free=free, count=count, maximum=maximum)

    assert found.score == best_score(sizes, free, count, maximum)
    assert recount(found, sizes) == found.score


@given(
    st.lists(st.integers(1, 700), min_size=1, max_size=7).map(lambda sizes: sorted(sizes, reverse=True)),
    st.sampled_from([0, 0, 50, 300]),
    st.integers(0, 1),
)
def test_up_to_seven_blocks_and_four_stations_the_search_always_ends_by_itself(
    sizes: list[int], free: int, extra: int
) -> None:
    total = sum(sizes) + free
    count = min(4, total, max(1, -(-total // 300)) + extra)
    maximum = max(300, -(-total // count))
    search = Search(tuple(sizes), free, count, maximum, -(-total // (2 * count)))

    search.run()

    assert search.work > 0


@pytest.mark.parametrize("seed", range(25))
def test_a_big_place_keeps_every_limit(seed: int) -> None:
    sizes, free, count, maximum = big_problem(seed)
    total = sum(sizes) + free

    found = arrange(sizes, free=free, count=count, maximum=maximum)

    loads = [sum(pieces.values()) for pieces in found.stations]
    assert max(loads) <= maximum
    assert min(loads) * 2 * count >= total
    for block, size in enumerate(sizes):
        assert sum(pieces.get(block, 0) for pieces in found.stations) == size
    assert sum(pieces.get(FREE, 0) for pieces in found.stations) == free
    assert all(part > 0 for pieces in found.stations for part in pieces.values())
    assert recount(found, sizes) == found.score
    assert found.score.cuts < count


@pytest.mark.parametrize("seed", range(12))
def test_a_big_place_stops_after_a_bounded_amount_of_work(seed: int) -> None:
    sizes, free, count, maximum = big_problem(seed)
    search = Search(tuple(sizes), free, count, maximum, -(-(sum(sizes) + free) // (2 * count)))

    search.run()

    assert search.work > -3 * WORK


def test_sixty_equal_dormitories_fill_thirty_stations_whole() -> None:
    found = arrange([150] * 60, free=0, count=30, maximum=300)

    assert found.score == Score(0, 0, 0, 30 * 300**2)


def test_a_block_larger_than_a_station_is_cut_no_more_than_it_must() -> None:
    found = arrange([700, 250, 220], free=0, count=5, maximum=300)

    assert found.score.blocks_split == 1
    assert found.score.cuts == 2
    assert found.score.squares == sum(size * size for size in [233, 233, 234, 250, 220])


def test_a_tiny_block_gets_no_station_of_its_own() -> None:
    found = arrange([300, 10], free=0, count=2, maximum=300)

    assert found.score == Score(1, 1, 0, 2 * 155**2)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=8), st.integers(0, 200))
def test_divisible_voters_go_to_the_lowest(loads: list[int], amount: int) -> None:
    expected = list(loads)
    for _ in range(amount):
        expected[expected.index(min(expected))] += 1

    assert sorted(filled(loads, amount)) == sorted(expected)
    assert all(after >= before for before, after in zip(loads, filled(loads, amount), strict=True))


@pytest.mark.parametrize(("sizes", "count"), [([400, 300], 2), ([1], 2)])
def test_what_cannot_fit_is_an_error(sizes: list[int], count: int) -> None:
    with pytest.raises(ValueError):
        arrange(sizes, free=0, count=count, maximum=300)


def test_a_packing_that_was_found_once_is_not_lost_when_exchanges_run_out() -> None:
    sizes = [50, *[49] * 6, 48, 48, 47, 47, *[46] * 5, *[45] * 4, 44, *[43] * 7, *[41] * 4, *[40] * 3, 39, 38, 38]
    sizes += [*[37] * 3, *[36] * 5, 35, 35, *[34] * 4, *[33] * 4]

    found = arrange(sizes, free=100, count=25, maximum=100)

    assert found.score.blocks_split == 4
    assert recount(found, sizes) == found.score
