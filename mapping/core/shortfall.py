"""Who is missing where a location stays below the minimum, and would better data bring it there?"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from .plan import Plan, Reason

MENDABLE: Final = ("no_nik", "bad_nik", "unknown_domicile", "duplicate", "mismatch")
"""Reasons of ineligibility that a correction of the data can take away."""


def explained(plan: Plan, *, registered: int, ineligible: Mapping[str, int]) -> Plan:
    """The plan with a hint more where it is below the minimum: how many are missing, and how many can be mended.

    A voter counts under every reason that applies, so the number mended is the most it can be.
    """
    below = next((reason for reason in plan.reasons if reason.code == "below_minimum"), None)
    if below is None:
        return plan
    eligible, minimum = int(below.params["eligible"]), int(below.params["minimum"])
    held = {code: count for code in MENDABLE if (count := ineligible.get(code, 0))}
    most = min(sum(held.values()), registered - eligible)
    missing = minimum - eligible
    why = "none" if not most else "enough" if most >= missing else "some"
    figures: dict[str, int | str] = {"missing": missing, "mendable": most, "why": why, **held}
    return replace(plan, warnings=(*plan.warnings, Reason("could_be_mended", figures)))
