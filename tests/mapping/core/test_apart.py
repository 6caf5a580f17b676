"""Men and women, or blocks, that never share a TPS: each rounded up by itself."""

from hypothesis import given
from hypothesis import strategies as st

from mapping.core.allocation import plan_location, tps_needed
from mapping.core.plan import Cell, PlanRules, canonical

BLOCKS = ["", "A", "B", "C"]
cells = st.lists(
    st.builds(
        Cell, block=st.sampled_from(BLOCKS), sex=st.sampled_from("LP"), ballots=st.just(1), count=st.integers(1, 700)
    ),
    min_size=1,
    max_size=8,
)
rules = st.builds(
    PlanRules,
    maximum=st.sampled_from([100, 300]),
    minimum=st.just(1),
    sexes_apart=st.booleans(),
    blocks_apart=st.booleans(),
    requested=st.one_of(st.none(), st.integers(1, 40)),
    requested_reason=st.just("keamanan"),
)


def codes(plan):
    return [reason.code for reason in plan.reasons]


def test_twenty_nine_tps_where_twenty_eight_would_hold_all():
    """As in Sukorejo 2024: blocks that are never mixed are each rounded up."""
    people = [Cell("putra", "L", 1, 4_210), Cell("putri", "P", 1, 4_190)]

    together = plan_location(people, PlanRules(300, 100))
    apart = plan_location(people, PlanRules(300, 100, blocks_apart=True))

    assert (len(together.stations), len(apart.stations)) == (28, 29)
    assert apart.engine_tps == 29
    assert "blocks_apart" in codes(apart)


def test_men_and_women_of_one_dormitory_stand_apart():
    plan = plan_location([Cell("", "L", 1, 301), Cell("", "P", 1, 10)], PlanRules(300, 100, sexes_apart=True))

    assert sorted((station.male, station.female) for station in plan.stations) == [(0, 10), (150, 0), (151, 0)]


def test_what_is_asked_for_beyond_the_need_goes_where_the_tps_are_fullest():
    people = [Cell("A", "L", 1, 290), Cell("B", "L", 1, 100)]

    plan = plan_location(people, PlanRules(300, 1, requested=3, requested_reason="keamanan", blocks_apart=True))

    assert plan.sizes == (145, 145, 100)


def test_with_nobody_to_keep_apart_the_plan_is_as_ever():
    people = [Cell("A", "L", 1, 290), Cell("A", "L", 2, 300)]

    assert plan_location(people, PlanRules(300, 1, sexes_apart=True)) == plan_location(people, PlanRules(300, 1))


@given(cells, rules)
def test_nobody_shares_a_tps_with_whom_they_must_not_and_nobody_is_lost(people, asked):
    plan, ordered = plan_location(people, asked), canonical(people)

    for station in plan.stations:
        here = [ordered[part.cell] for part in station.slices]
        assert not asked.sexes_apart or len({cell.sex for cell in here}) == 1
        assert not asked.blocks_apart or len({cell.block for cell in here}) == 1
        assert 0 < station.size <= asked.maximum
    ranks = sorted(
        (part.cell, rank) for s in plan.stations for part in s.slices for rank in range(part.first, part.last + 1)
    )
    assert ranks == [(place, rank) for place, cell in enumerate(ordered) for rank in range(1, cell.count + 1)]


@given(cells, rules)
def test_every_group_is_rounded_up_by_itself(people, asked):
    plan = plan_location(people, asked)
    groups: dict[object, int] = {}
    for cell in people:
        key = (cell.block if asked.blocks_apart else "", cell.sex if asked.sexes_apart else "")
        groups[key] = groups.get(key, 0) + cell.count

    assert plan.engine_tps == sum(tps_needed(size, asked) for size in groups.values())
    assert len(plan.stations) >= plan.engine_tps
