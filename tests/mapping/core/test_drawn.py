"""Is a plan drawn by hand followed where it holds, and put aside with the reason where it does not?"""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.core.allocation import plan_location
from mapping.core.drawn import apportioned
from mapping.core.plan import Cell, Plan, PlanRules, blocks_of, canonical

from .strategies import LOCATIONS, RULES

PEMILU = PlanRules(maximum=300, minimum=100)
SIZES = st.lists(st.integers(1, 400), min_size=1, max_size=12).map(tuple)
DRAWN_BLOCKS = st.lists(
    st.frozensets(st.sampled_from(["A", "B", "Blok 2", "Blok 10", "C", "D"]), min_size=1), min_size=1, max_size=12
).map(tuple)


def voters(count: int, block: str = "", sex: str = "L") -> Cell:
    return Cell(block, sex, 31, count)  # type: ignore[arg-type]


def warned(plan: Plan) -> list[tuple[str, object]]:
    return [(warning.code, warning.params.get("why")) for warning in plan.warnings]


def test_187_and_117_stand_as_at_ikn() -> None:
    plan = plan_location([voters(304)], replace(PEMILU, drawn=(187, 117)))

    assert plan.sizes == (187, 117)
    by_hand = next(reason for reason in plan.reasons if reason.code == "drawn_by_hand")
    assert by_hand.params == {"tps": 2, "sizes": "187 + 117", "engine_tps": 2, "engine_sizes": "152 + 152"}


def test_sizes_keep_their_proportions_when_voters_come() -> None:
    plan = plan_location([voters(308)], replace(PEMILU, drawn=(187, 117)))

    assert plan.sizes == (189, 119)
    assert ("drawn_moved", None) in warned(plan)


def test_whole_blocks_fill_the_sizes_where_they_fit() -> None:
    cells = [voters(117, "A"), voters(100, "B"), voters(87, "C")]

    plan = plan_location(cells, replace(PEMILU, drawn=(187, 117)))

    assert [set(blocks_of(station, canonical(cells))) for station in plan.stations] == [{"B", "C"}, {"A"}]


def test_blocks_go_where_they_were_drawn() -> None:
    cells = [voters(90, "a"), voters(60, "b"), voters(150, "c"), voters(20)]

    plan = plan_location(cells, replace(PEMILU, drawn=(frozenset("c"), frozenset("ab"))))

    assert [blocks_of(station, canonical(cells)) for station in plan.stations] == [
        {"": 10, "c": 150},
        {"": 10, "a": 90, "b": 60},
    ]


def test_a_block_in_two_lines_is_spread_over_them() -> None:
    plan = plan_location([voters(200, "a"), voters(100, "b")], replace(PEMILU, drawn=(frozenset("a"), frozenset("ab"))))

    assert plan.sizes == (150, 150)
    assert "block_split" not in {reason.code for reason in plan.reasons}


def test_a_block_that_is_not_drawn_goes_to_the_emptiest() -> None:
    cells = [voters(200, "a"), voters(100, "b"), voters(50, "new")]

    plan = plan_location(cells, replace(PEMILU, drawn=(frozenset("a"), frozenset("b"))))

    assert plan.sizes == (200, 150)
    assert ("drawn_incomplete", None) in warned(plan)


def test_ids_of_blocks_are_the_same_with_and_without_dashes() -> None:
    dashed, plain = "0193-ab", "0193ab"

    plan = plan_location(
        [voters(200, dashed), voters(101, "b")], replace(PEMILU, drawn=(frozenset("b"), frozenset({plain})))
    )

    assert plan.sizes == (101, 200)


@pytest.mark.parametrize(
    ("drawn", "rules", "why"),
    [
        ((301, 3), PEMILU, "above_maximum"),
        ((304,), replace(PEMILU, headroom_percent=20), "too_few"),
        ((76, 76, 76, 76), replace(PEMILU, extra_percent=20), "too_many"),
        ((frozenset("ab"), frozenset("x")), replace(PEMILU, maximum=400), "empty"),
        ((152, 152), replace(PEMILU, sexes_apart=True), "not_apart"),
        ((frozenset("ab"), frozenset("a")), replace(PEMILU, blocks_apart=True), "not_apart"),
    ],
)
def test_a_drawing_that_does_not_hold_is_put_aside(drawn, rules, why) -> None:  # type: ignore[no-untyped-def]
    cells = [voters(154, "a"), voters(150, "b", "P")]

    plan = plan_location(cells, replace(rules, drawn=drawn))

    assert ("drawn_ignored", why) in warned(plan)
    assert plan.sizes == plan_location(cells, rules).sizes


@given(LOCATIONS, RULES, SIZES | DRAWN_BLOCKS)
def test_every_voter_stands_once_and_nobody_above_the_maximum(cells, rules, drawn) -> None:  # type: ignore[no-untyped-def]
    plan = plan_location(cells, replace(rules, drawn=drawn))
    own = plan_location(cells, rules)

    assert plan.outcome == own.outcome
    assert plan.engine_tps == own.engine_tps
    if not plan.stations:
        return
    ranks = sorted(
        (part.cell, rank) for each in plan.stations for part in each.slices for rank in range(part.first, part.last + 1)
    )
    assert ranks == [(place, rank) for place, cell in enumerate(canonical(cells)) for rank in range(1, cell.count + 1)]
    assert max(plan.sizes) <= rules.maximum
    assert any(code == "drawn_ignored" for code, _why in warned(plan)) or len(plan.stations) == len(drawn)


@given(st.integers(1, 5000), SIZES)
def test_proportions_add_up(count, drawn) -> None:  # type: ignore[no-untyped-def]
    sizes = apportioned(count, drawn)

    assert sum(sizes) == count
    assert all(abs(size - want * count / sum(drawn)) < 1 for size, want in zip(sizes, drawn, strict=True))


@pytest.mark.parametrize(("requested", "granted"), [(12, 12), (13, 12), (30, 12), (11, 11)])
def test_what_is_asked_for_is_bounded_by_the_policy(requested, granted) -> None:  # type: ignore[no-untyped-def]
    rules = replace(PEMILU, requested=requested, requested_reason="growth", extra_percent=20)

    plan = plan_location([voters(2736)], rules)

    assert (plan.engine_tps, len(plan.stations)) == (10, granted)
    assert any(code == "request_bounded" for code, _why in warned(plan)) == (requested > granted)
