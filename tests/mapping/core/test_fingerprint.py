"""Does the fingerprint move exactly when something that decides moved?"""

import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.core.allocation import plan_location
from mapping.core.fingerprint import cells_from_json, fingerprint, plan_from_json, plan_to_json
from mapping.core.plan import Cell, PlanRules, canonical

from .strategies import LOCATIONS, RULES

CELLS = [Cell("A", "L", 31, 200), Cell("A", "P", 7, 50), Cell("B", "L", 31, 120)]
RULES_2024 = PlanRules(300, 100)


def decided(cells: list[Cell] | None = None, **changes: Any) -> str:
    cells = CELLS if cells is None else cells
    inputs: dict[str, Any] = {
        "rules": {"maximum": 300, "minimum": 100},
        "options": {"requested": None},
        "registered": 380,
        "ineligible": {"no_nik": 6, "foreign": 4},
        "host": None,
        "plan": plan_to_json(plan_location(cells, RULES_2024), cells),
    }
    return fingerprint(**(inputs | changes))


@given(LOCATIONS, RULES)
def test_a_stored_plan_comes_back_as_it_was(cells: list[Cell], rules: PlanRules) -> None:
    plan = plan_location(cells, rules)

    stored = json.loads(json.dumps(plan_to_json(plan, cells)))

    assert plan_from_json(stored) == plan
    assert cells_from_json(stored) == canonical(cells)


@given(LOCATIONS, st.randoms())
def test_the_same_data_has_the_same_fingerprint_in_any_order(cells: list[Cell], dice: random.Random) -> None:
    shuffled = list(cells)
    dice.shuffle(shuffled)

    assert decided(shuffled) == decided(cells)


def test_the_order_of_keys_and_a_reason_nobody_has_make_no_difference() -> None:
    assert decided(ineligible={"foreign": 4, "no_nik": 6, "deceased": 0}) == decided()
    assert decided(rules={"minimum": 100, "maximum": 300}) == decided()


@pytest.mark.parametrize(
    "change",
    [
        {"rules": {"maximum": 300, "minimum": 101}},
        {"options": {"requested": 3}},
        {"registered": 381},
        {"ineligible": {"no_nik": 6, "foreign": 5}},
        {"host": "36.03-0001"},
        {"cells": [*CELLS[:2], Cell("B", "L", 31, 121)]},
        {"cells": [*CELLS[:2], Cell("B", "P", 31, 120)]},
        {"cells": [*CELLS[:2], Cell("B", "L", 7, 120)]},
        {"cells": [*CELLS[:2], Cell("C", "L", 31, 120)]},
    ],
)
def test_everything_that_decides_is_in_it(change: dict[str, Any]) -> None:
    assert decided(**change) != decided()


def test_it_is_the_same_on_every_machine() -> None:
    plan = {"o": "no_eligible_voters", "k": 0, "c": [], "s": [], "r": [["no_eligible", {}]], "w": []}

    found = fingerprint(rules={}, options={}, registered=0, ineligible={}, host=None, plan=plan)

    assert found == "94a0cececa8a7003ef0d7952c5c8a172077aee6c6fb3fd14b0c6b1caa82f8326"
