"""Does each location get the TPS that law and practice give it?"""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.core.allocation import plan_location
from mapping.core.plan import (
    BALLOTS,
    SOURCES,
    Cell,
    Plan,
    PlanRules,
    Slice,
    ballots_of,
    blocks_of,
    canonical,
)

from .strategies import LOCATIONS, RULES

NATIONAL = 31
PEMILU = PlanRules(maximum=300, minimum=100)


def voters(count: int, block: str = "", sex: str = "L", ballots: int = NATIONAL) -> Cell:
    return Cell(block, sex, ballots, count)  # type: ignore[arg-type]


def codes(plan: Plan) -> list[str]:
    return [reason.code for reason in plan.reasons]


def test_802_voters_at_600_stand_401_and_401() -> None:
    plan = plan_location([voters(500, ballots=96), voters(302, sex="P", ballots=96)], PlanRules(600, 1))

    assert plan.sizes == (401, 401)
    assert "split_even" in codes(plan)


@pytest.mark.parametrize(
    ("eligible", "minimum", "tps"),
    [
        (2736, 1, 10),
        (1925, 1, 7),
        (3121, 1, 11),
        (283, 1, 1),
        (3181, 1, 11),
        (65, 1, 1),
        (160, 100, 1),
        (318, 100, 2),
        (239, 100, 1),
        (398, 1, 2),
        (474, 1, 2),
        (300, 100, 1),
        (301, 100, 2),
    ],
)
def test_places_of_2024_get_the_fewest_tps_that_hold_them(eligible: int, minimum: int, tps: int) -> None:
    plan = plan_location([voters(eligible)], PlanRules(300, minimum))

    assert len(plan.stations) == plan.engine_tps == tps
    assert max(plan.sizes) - min(plan.sizes) <= 1


def test_more_tps_are_granted_for_a_reason() -> None:
    plan = plan_location([voters(2736)], PlanRules(300, 1, requested=12, requested_reason="blocks must not mix"))

    assert (len(plan.stations), plan.engine_tps) == (12, 10)
    assert plan.sizes == (228,) * 12
    assert "extra_requested" in codes(plan)
    assert not plan.warnings


@pytest.mark.parametrize(
    ("requested", "reason", "why"),
    [
        (12, "", "no_reason"),
        (12, "  ", "no_reason"),
        (12, False, "no_reason"),
        (9, "growth", "below"),
        (0, "growth", "below"),
        (3000, "growth", "more_than_voters"),
    ],
)
def test_a_request_that_cannot_count_is_ignored_with_a_warning(requested: int, reason: str | bool, why: str) -> None:
    plan = plan_location([voters(2736)], PlanRules(300, 1, requested=requested, requested_reason=reason))

    assert len(plan.stations) == plan.engine_tps == 10
    assert [(warning.code, warning.params["why"]) for warning in plan.warnings] == [("request_ignored", why)]


def test_below_the_minimum_voters_go_to_the_nearest_ordinary_tps() -> None:
    plan = plan_location([voters(99)], PEMILU)

    assert (plan.outcome, plan.stations, plan.engine_tps) == ("nearest_regular_tps", (), 0)
    assert plan.reasons[0].params == {"eligible": 99, "minimum": 100}


def test_a_prison_below_the_minimum_still_gets_a_tps() -> None:
    plan = plan_location([voters(65)], PlanRules(300, 1, usual_minimum=100))

    assert plan.sizes == (65,)
    assert codes(plan) == ["kind_exempt", "single_tps"]


def test_a_kind_the_policy_does_not_serve_gets_no_tps() -> None:
    plan = plan_location([voters(500)], PlanRules(300, 1, kind_served=False))

    assert (plan.outcome, codes(plan)) == ("nearest_regular_tps", ["kind_not_served"])


@pytest.mark.parametrize("cells", [[], [voters(0)]])
def test_without_eligible_voters_there_is_no_tps(cells: list[Cell]) -> None:
    plan = plan_location(cells, PlanRules(300, 0))

    assert (plan.outcome, plan.stations) == ("no_eligible_voters", ())


def test_headroom_adds_a_tps_where_it_would_not_fit() -> None:
    without = plan_location([voters(590)], PlanRules(300, 100))
    plan = plan_location([voters(590)], PlanRules(300, 100, headroom_percent=2))

    assert (len(without.stations), len(plan.stations)) == (2, 3)
    assert "headroom" in codes(plan)


def test_blocks_that_fit_stay_whole_even_if_sizes_differ() -> None:
    plan = plan_location([voters(180, "A"), voters(170, "B"), voters(80, "C")], PEMILU)

    assert plan.sizes == (180, 250)
    assert "blocks_whole" in codes(plan)


def test_a_big_block_fills_several_tps_and_the_plan_says_so() -> None:
    plan = plan_location([voters(700, "A"), voters(100, "B")], PEMILU)

    split = [reason.params for reason in plan.reasons if reason.code == "block_split"]
    assert split == [{"block": "A", "voters": 700, "tps": 3}]


def test_voters_without_a_block_fill_up_around_the_blocks() -> None:
    cells = canonical([voters(290, "A"), voters(200, "B"), voters(110)])
    plan = plan_location(cells, PEMILU)

    assert [blocks_of(station, cells) for station in plan.stations] == [{"A": 290, "": 10}, {"B": 200, "": 100}]


def test_blocks_stand_in_the_order_of_their_ids() -> None:
    cells = canonical([voters(200, "3"), voters(200, "2"), voters(200, "1")])
    plan = plan_location(cells, PlanRules(200, 100))

    assert [list(blocks_of(station, cells)) for station in plan.stations] == [["1"], ["2"], ["3"]]


def test_a_tps_below_the_minimum_is_warned_of() -> None:
    plan = plan_location([voters(160)], PlanRules(300, 100, requested=2, requested_reason="two sites"))

    assert plan.warnings[0].params == {"tps": 2, "smallest": 80, "minimum": 100}


def test_a_negative_count_is_an_error() -> None:
    with pytest.raises(ValueError):
        plan_location([voters(-1)], PEMILU)


def test_rules_that_cannot_be_are_an_error() -> None:
    with pytest.raises(ValueError):
        PlanRules(maximum=0, minimum=1)


@given(LOCATIONS, RULES)
def test_every_eligible_voter_stands_at_exactly_one_tps(cells: list[Cell], rules: PlanRules) -> None:
    plan = plan_location(cells, rules)
    ordered = canonical(cells)

    stood = sorted(part for station in plan.stations for part in station.slices)
    if plan.outcome != "qualified":
        assert not stood
        return
    for index, cell in enumerate(ordered):
        parts = [part for part in stood if part.cell == index]
        assert parts[0].first == 1
        assert parts[-1].last == cell.count
        assert all(after.first == before.last + 1 for before, after in pairwise(parts))


@given(LOCATIONS, RULES)
def test_no_tps_is_above_the_maximum_nor_below_half_of_the_average(cells: list[Cell], rules: PlanRules) -> None:
    plan = plan_location(cells, rules)

    for size in plan.sizes:
        assert 0 < size <= rules.maximum
        assert size * 2 * len(plan.sizes) >= sum(plan.sizes)


@given(LOCATIONS, RULES)
def test_figures_of_the_tps_add_up_to_those_of_the_location(cells: list[Cell], rules: PlanRules) -> None:
    plan = plan_location(cells, rules)
    if not plan.stations:
        return

    assert sum(station.male for station in plan.stations) == sum(cell.count for cell in cells if cell.sex == "L")
    assert sum(station.female for station in plan.stations) == sum(cell.count for cell in cells if cell.sex == "P")
    assert tuple(map(sum, zip(*[station.ballots for station in plan.stations], strict=True))) == ballots_of(cells)
    assert all(station.size == station.male + station.female for station in plan.stations)


@given(LOCATIONS, RULES, st.randoms())
def test_the_order_of_the_rows_makes_no_difference(cells: list[Cell], rules: PlanRules, dice: random.Random) -> None:
    shuffled = list(cells)
    dice.shuffle(shuffled)
    torn = [Cell(c.block, c.sex, c.ballots, part) for c in shuffled for part in (c.count // 2, c.count - c.count // 2)]

    assert plan_location(shuffled, rules) == plan_location(cells, rules)
    assert plan_location(torn, rules) == plan_location(cells, rules)


@given(LOCATIONS, RULES)
def test_the_number_of_tps_is_the_fewest_or_the_one_asked_for(cells: list[Cell], rules: PlanRules) -> None:
    plan = plan_location(cells, rules)
    eligible = sum(cell.count for cell in cells)
    if plan.outcome != "qualified":
        return

    fewest = min(
        k for k in range(1, eligible + 1) if 100 * k * rules.maximum >= eligible * (100 + rules.headroom_percent)
    )
    assert plan.engine_tps == fewest
    counts = rules.requested is not None and rules.requested_reason and fewest <= rules.requested <= eligible
    assert len(plan.stations) == (rules.requested if counts else fewest)


@given(LOCATIONS, RULES)
def test_every_reason_is_in_the_table_and_has_figures_only(cells: list[Cell], rules: PlanRules) -> None:
    plan = plan_location(cells, rules)

    assert plan.reasons
    for reason in (*plan.reasons, *plan.warnings):
        assert reason.code in SOURCES
        assert all(isinstance(value, int | str) for value in reason.params.values())


def test_every_tps_knows_its_ballots_in_the_order_of_the_table() -> None:
    plan = plan_location([voters(100, ballots=7), voters(20, ballots=31)], PEMILU)

    assert dict(zip(BALLOTS, plan.stations[0].ballots, strict=True)) == {
        "ppwp": 120, "dpd": 120, "dpr": 120, "dprd_prov": 20, "dprd_kabko": 20, "gub": 0, "bupwal": 0,
    }  # fmt: skip
    assert plan.stations[0].slices == (Slice(0, 1, 100), Slice(1, 1, 20))
