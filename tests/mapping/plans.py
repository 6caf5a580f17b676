"""Proposals as the engine makes them, from a handful of figures instead of voters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mapping import policies
from mapping.core.allocation import plan_location
from mapping.core.fingerprint import fingerprint, plan_to_json
from mapping.core.plan import BALLOTS, Cell, ballots_of
from mapping.models import Policy, Proposal, Run
from tests import factories

if TYPE_CHECKING:
    from locations.models import SpecialLocation

ALL_FIVE = 31


def proposal(
    location: SpecialLocation | None = None,
    eligible: int = 250,
    *,
    policy: Policy | None = None,
    ineligible: dict[str, int] | None = None,
    cells: list[Cell] | None = None,
    version: int = 1,
    **fields: Any,
) -> Proposal:
    """The proposal in force of a location with so many eligible men of one block, entitled to all five ballots."""
    location = location or factories.special_location()
    policy = policy or Policy.objects.filter(is_current=True).first() or factories.policy()
    reasons = ineligible or {}
    known = [cell for cell in cells or [Cell("", "L", ALL_FIVE, eligible)] if cell.count]
    plan = plan_location(known, policies.plan_rules(policy, location))
    stored = plan_to_json(plan, known)
    voters = sum(cell.count for cell in known)
    male = sum(cell.count for cell in known if cell.sex == "L")
    values = {
        "territory": location.territory,
        "run": Run.everywhere.create(territory=location.territory, policy=policy, cause="command"),
        "version": version,
        "fingerprint": fingerprint(rules={}, options={}, registered=voters, ineligible=reasons, host=None, plan=stored),
        "outcome": plan.outcome,
        "registered": voters + sum(reasons.values()),
        "eligible": voters,
        "male": male,
        "female": voters - male,
        "ineligible": reasons,
        "tps": len(plan.stations),
        "engine_tps": plan.engine_tps,
        "plan": stored,
        **dict(zip(BALLOTS, ballots_of(known), strict=True)),
    }
    return Proposal.everywhere.create(location=location, policy=policy, **{**values, **fields})
