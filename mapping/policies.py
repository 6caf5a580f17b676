"""Which rules apply: the current policy, and a policy as the engine and the voters' app want it."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction

from accounts import audit
from accounts.permissions import SYSTEM
from locations import drawing
from locations.models import KeptApart
from voters.eligibility import EligibilityRules
from voters.models import Register

from .core.plan import PlanRules
from .models import Policy
from .models.policy import AwayLevel

if TYPE_CHECKING:
    from locations.models import SpecialLocation

    from .recompute import Place

ALL_KINDS: Final = ["rutan_lapas", "panti", "relokasi_bencana", "daerah_konflik", "lainnya"]
NATIONAL_2024: Final = ["ppwp", "dpd", "dpr", "dprd_prov", "dprd_kabko"]

SHIPPED: Final[dict[str, dict[str, Any]]] = {
    "pemilu-2024": {
        "name": "Pemilu 2024",
        "polling_day": datetime.date(2024, 2, 14),
        "is_current": True,
        "ballots": NATIONAL_2024,
        "maximum": 300,
        "source": "PKPU 7/2022; KPU 2023-2024: paling banyak 300, paling sedikit 100, rutan dan lapas dikecualikan",
    },
    "pilkada-2024": {
        "name": "Pilkada 2024",
        "polling_day": datetime.date(2024, 11, 27),
        "ballots": ["gub", "bupwal"],
        "without_ballot": {"gub": ["34"], "bupwal": ["31"]},
        "maximum": 600,
        "source": "KPU 2024: paling banyak 600; tanpa bupati/wali kota di DKI Jakarta, tanpa gubernur di DI Yogyakarta",
    },
    "pemilu-2029": {
        "name": "Pemilu nasional 2029",
        "polling_day": datetime.date(2029, 2, 14),
        "is_draft": True,
        "ballots": ["ppwp", "dpd", "dpr"],
        "maximum": 300,
        "source": "MK 135/PUU-XXII/2024: hanya surat suara nasional; hari pemungutan suara masih rancangan",
    },
}
COMMON: Final[dict[str, Any]] = {
    "edition": "pemilu-2024",
    "kinds": ALL_KINDS,
    "minimum": 100,
    "minimums": {"rutan_lapas": 1},
}


def current() -> Policy:
    """The one policy in force. Raises Policy.DoesNotExist before load_reference."""
    return Policy.objects.get(is_current=True)


@transaction.atomic
def load_shipped() -> int:
    """Creates the policies of 2024 and 2029 that are missing; what is there stays as it is."""
    created = [slug for slug, rules in SHIPPED.items() if _create_missing(slug, rules)]
    if created:
        _set_polling_day()
    return len(created)


def _create_missing(slug: str, rules: dict[str, Any]) -> bool:
    rules = COMMON | rules
    rules["is_current"] = rules.get("is_current", False) and not Policy.objects.filter(is_current=True).exists()
    policy, is_new = Policy.objects.get_or_create(slug=slug, defaults=rules)
    if is_new:
        audit.record(by=SYSTEM, action="policy.loaded", subject=policy, territory="00", slug=slug)
    return is_new


def _set_polling_day() -> None:
    register = Register.current()
    if register.polling_day is None:
        register.polling_day = current().polling_day
        register.save(update_fields=["polling_day"])


def voter_rules(policy: Policy) -> EligibilityRules:
    return EligibilityRules(
        polling_day=policy.polling_day,
        edition=policy.edition,
        ballots=tuple(policy.ballots),
        away_width=AwayLevel(policy.away_level).width,
        without_ballot=policy.without_ballot,
    )


def voter_rules_in_force() -> EligibilityRules | None:
    """What the voters' app judges by; None before load_reference."""
    policy = Policy.objects.filter(is_current=True).first()
    return voter_rules(policy) if policy else None


def plan_rules(policy: Policy, location: SpecialLocation | Place) -> PlanRules:
    """The policy and the location's own options, as the engine wants them."""
    return PlanRules(
        maximum=policy.maximum,
        minimum=policy.minimum_for(location.kind),
        headroom_percent=policy.headroom_for(location.kind),
        requested=location.requested_tps,
        requested_reason=location.requested_tps_reason,
        kind_served=policy.serves(location.kind),
        usual_minimum=policy.minimum,
        sexes_apart=location.kept_apart in (KeptApart.SEXES, KeptApart.BOTH),
        blocks_apart=location.kept_apart in (KeptApart.BLOCKS, KeptApart.BOTH),
        extra_percent=policy.extra_percent,
        drawn=drawing.read(location.drawn_plan),
    )


def canonical_rules(policy: Policy) -> dict[str, Any]:
    """What of a policy decides a plan; part of every fingerprint."""
    rules = {
        "polling_day": policy.polling_day.isoformat(),
        "edition": policy.edition,
        "ballots": policy.ballots,
        "kinds": sorted(policy.kinds),
        "without_ballot": policy.without_ballot,
        "maximum": policy.maximum,
        "minimum": policy.minimum,
        "minimums": {str(kind): minimum for kind, minimum in policy.minimums.items()},
        "away_level": policy.away_level,
        "combining_distance_m": policy.combining_distance_m,
        "headroom_percent": policy.headroom_percent,
    }
    if policy.headrooms:
        rules["headrooms"] = policy.headrooms
    if policy.extra_percent is not None:
        rules["extra_percent"] = policy.extra_percent
    return rules


def canonical_options(location: SpecialLocation | Place) -> dict[str, Any]:
    """What of a location decides its plan, beside its voters; part of its fingerprint."""
    options = {
        "kind": location.kind,
        "region": location.region_id,
        "requested": location.requested_tps,
        "has_reason": bool(location.requested_tps_reason.strip()),
    }
    if location.kept_apart:
        options["kept_apart"] = location.kept_apart
    if location.drawn_plan:
        options["drawn"] = location.drawn_plan
    return options
