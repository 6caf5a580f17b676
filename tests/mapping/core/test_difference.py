"""Does a reviewer see what changed, and how many voters it would move?"""

from collections.abc import Mapping

from hypothesis import given

from mapping.core.allocation import plan_location
from mapping.core.difference import Change, Version, compare
from mapping.core.numbering import number_stations
from mapping.core.plan import Cell, PlanRules, canonical

from .strategies import LOCATIONS, RULES

RULES_2024 = PlanRules(300, 100)


def version(cells: list[Cell], rules: PlanRules = RULES_2024, ineligible: Mapping[str, int] | None = None) -> Version:
    ineligible = ineligible or {}
    eligible = sum(cell.count for cell in cells)
    return Version(plan_location(cells, rules), canonical(cells), eligible + sum(ineligible.values()), ineligible)


@given(LOCATIONS, RULES)
def test_nothing_differs_from_itself(cells: list[Cell], rules: PlanRules) -> None:
    found = compare(version(cells, rules), version(list(reversed(cells)), rules))

    assert found.changes == ()
    assert found.moved == 0
    assert found.staying == sum(cell.count for cell in cells)


@given(LOCATIONS, LOCATIONS, RULES)
def test_no_more_move_than_stay(before: list[Cell], after: list[Cell], rules: PlanRules) -> None:
    found = compare(version(before, rules), version(after, rules))

    assert 0 <= found.moved <= found.staying


def test_three_more_voters_in_one_tps_move_nobody() -> None:
    found = compare(version([Cell("A", "L", 31, 200)]), version([Cell("A", "L", 31, 203)]))

    assert found.changes == (
        Change("registered", "", 200, 203),
        Change("eligible", "", 200, 203),
        Change("sizes", "", (200,), (203,)),
        Change("block", "A", 200, 203),
        *[Change("ballot", kind, 200, 203) for kind in ("ppwp", "dpd", "dpr", "dprd_prov", "dprd_kabko")],
    )
    assert (found.moved, found.staying) == (0, 200)
    assert not found.reopens


def test_a_second_tps_moves_half_and_reopens_the_decision() -> None:
    found = compare(version([Cell("", "L", 31, 300)]), version([Cell("", "L", 31, 302)]))

    assert Change("tps", "", 1, 2) in found.changes
    assert found.reopens
    assert (found.moved, found.staying) == (149, 300)
    assert 49 < found.moved_percent < 50


def test_falling_below_the_minimum_moves_everybody_left() -> None:
    found = compare(version([Cell("", "L", 31, 100)]), version([Cell("", "L", 31, 99)]))

    assert Change("outcome", "", "qualified", "nearest_regular_tps") in found.changes
    assert (found.moved, found.staying) == (99, 99)


def test_a_reason_that_newly_applies_is_named() -> None:
    cells = [Cell("", "L", 31, 150)]

    found = compare(version(cells), version(cells, ineligible={"no_nik": 4}))

    assert found.changes == (Change("registered", "", 150, 154), Change("ineligible", "no_nik", 0, 4))


def test_numbers_run_on_over_the_places_of_a_village() -> None:
    numbers = number_stations([("Cipinang", 12), ("Narkotika", 11), ("nobody", 0), ("RS", 10)], first=901)

    assert [list(held)[-1:] for held in numbers.values()] == [[912], [923], [], [933]]
    assert numbers["Narkotika"] == range(913, 924)
