"""Does a location below the minimum learn who is missing and what better data would bring?"""

import pytest

from mapping.core.allocation import plan_location
from mapping.core.plan import Cell, PlanRules
from mapping.core.shortfall import MENDABLE, explained
from voters.eligibility import REASONS

RULES = PlanRules(maximum=300, minimum=100)


@pytest.mark.parametrize(
    ("registered", "ineligible", "missing", "mendable", "why"),
    [
        (90, {"no_nik": 30, "foreign": 1}, 41, 30, "some"),
        (101, {"no_nik": 30, "unknown_domicile": 12}, 41, 42, "enough"),
        (61, {"no_nik": 2, "bad_nik": 2}, 41, 2, "some"),
        (60, {"underage": 1}, 41, 0, "none"),
    ],
)
def test_the_shortfall_is_explained(registered, ineligible, missing, mendable, why):
    plan = explained(plan_location([Cell("", "L", 31, 59)], RULES), registered=registered, ineligible=ineligible)

    hint = plan.warnings[-1]
    assert hint.code == "could_be_mended"
    assert (hint.params["missing"], hint.params["mendable"], hint.params["why"]) == (missing, mendable, why)


def test_whoever_qualifies_misses_nobody():
    plan = plan_location([Cell("", "L", 31, 100)], RULES)

    assert explained(plan, registered=120, ineligible={"no_nik": 20}) == plan


def test_what_can_be_mended_is_a_reason_of_ineligibility():
    assert set(MENDABLE) <= set(REASONS)
