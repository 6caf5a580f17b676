"""Is the engine as good as an exact solver? Blocks split, beside the optimum that HiGHS proves or bounds."""

import math
import random
import time
from collections import Counter

import highspy
import pytest

from mapping.core.arrangement import arrange

SECONDS, MORE_SECONDS = 2.0, 600.0
"""What HiGHS gets for a case; where it does not close in it, its proven lower bound counts. Where that leaves a gap of more
than one block, it gets more time before anybody is blamed."""


def fewest_split(sizes: list[int], free: int, count: int, maximum: int, seconds: float = SECONDS) -> tuple[int, bool]:
    """A proven lower bound on the blocks split, and whether it is the optimum."""
    floor = math.ceil((sum(sizes) + free) / count / 2)
    model = highspy.Highs()
    model.setOptionValue("output_flag", False)
    model.setOptionValue("time_limit", seconds)
    model.setOptionValue("random_seed", 1)
    whole = [[model.addBinary() for _ in range(count)] for _ in sizes]
    lifts = [model.addVariable(0, floor) for _ in range(count)]
    for places in whole:
        model.addConstr(sum(places) <= 1)
    for station in range(count):
        load = sum(size * places[station] for size, places in zip(sizes, whole, strict=True))
        model.addConstr(load <= maximum)
        model.addConstr(load + lifts[station] >= floor)
    kept = sum(size * sum(places) for size, places in zip(sizes, whole, strict=True))
    model.addConstr(sum(lifts) + kept <= free + sum(sizes))
    model.maximize(sum(sum(places) for places in whole))
    bound = model.getInfo().mip_dual_bound
    is_closed = model.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return len(sizes) - math.floor(bound + 1e-6), is_closed


def case(randomness: random.Random, largest: int) -> tuple[list[int], int, int, int]:
    """Blocks, voters without one, TPS and maximum: random and adversarial alike."""
    maximum = randomness.choice([100, 300, 600])
    blocks = randomness.randint(2, largest)
    shape = randomness.choice(["even", "uneven", "large", "thirds", "tight", "equal"])
    sizes = [_size(randomness, shape, maximum) for _ in range(blocks)]
    free = randomness.choice([0, 0, 0, maximum // 10, maximum])
    needed = math.ceil((sum(sizes) + free) / maximum)
    return sorted(sizes, reverse=True), free, needed + randomness.choice([0, 0, 0, 1]), maximum


def _size(randomness: random.Random, shape: str, maximum: int) -> int:
    return {
        "even": lambda: randomness.randint(maximum // 3, maximum // 2),
        "uneven": lambda: randomness.randint(1, maximum),
        "large": lambda: randomness.randint(maximum // 2, 2 * maximum),
        "thirds": lambda: maximum // 3 + randomness.randint(-1, 2),
        "tight": lambda: maximum // 2 + randomness.randint(-2, 2),
        "equal": lambda: maximum * 2 // 5,
    }[shape]()


def compared(cases: int, largest: int, seed: int) -> Counter[str]:
    """How far the engine is from the solver's bound, over so many cases; never more than one block."""
    randomness, seen = random.Random(seed), Counter[str]()
    for _ in range(cases):
        sizes, free, count, maximum = case(randomness, largest)
        if count > 48:
            continue
        started = time.perf_counter()
        ours = arrange(sizes, free=free, count=count, maximum=maximum).score.blocks_split
        seen["milliseconds"] = max(seen["milliseconds"], round(1000 * (time.perf_counter() - started)))
        bound, is_closed = fewest_split(sizes, free, count, maximum)
        if ours - bound > 1:
            bound, is_closed = fewest_split(sizes, free, count, maximum, MORE_SECONDS)
        assert ours - bound <= 1, (sizes, free, count, maximum, ours, bound)
        seen[f"{'optimum' if is_closed else 'bound'} +{ours - bound}"] += 1
    return seen


@pytest.mark.once
def test_no_more_blocks_are_split_than_an_exact_solver_splits_but_one():
    seen = compared(40, largest=9, seed=2024)

    assert seen["optimum +0"] >= 38


@pytest.mark.long
@pytest.mark.once
def test_a_thousand_cases_up_to_sixty_blocks_are_within_one_block_of_the_optimum():
    seen = compared(1000, largest=60, seed=2025)
    print(dict(seen))

    assert seen["optimum +1"] <= 50  # a bound that HiGHS did not close proves no gap
