"""What if another policy applied? Verbs: derive a scenario, correct it, ask for its run, run it, archive it.

A scenario is a policy that is only being tried (docs/decisions/0012-scenarios.md): its proposals are like any other
policy's, beside the official ones.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.permissions import Permission, require

from . import recompute
from .models import Policy, Run

if TYPE_CHECKING:
    import uuid
    from collections.abc import Mapping

    from accounts.models import User
    from regions.models import Region

DRAFTED: Final = (
    "name", "polling_day", "maximum", "minimum", "minimums", "away_level", "combining_distance_m", "headroom_percent",
    "headrooms", "departures", "extra_percent", "reserve_percent",
)  # fmt: skip
"""What of a policy a scenario may change; everything else it has from the policy it is based on."""
LOST_AFTER: Final = timedelta(minutes=15)
"""A run that has been running for so long has lost its worker."""


@transaction.atomic
def derive(*, based_on: Policy, fields: Mapping[str, Any], by: User) -> Policy:
    """A new scenario with these DRAFTED fields. Raises ValidationError by field."""
    require(by, Permission.DECIDE)
    scenario = Policy(**{name: getattr(based_on, name) for name in INHERITED})
    scenario.slug = _free_slug(fields["name"])
    scenario.is_draft, scenario.based_on, scenario.created_by = True, based_on, by
    _fill(scenario, fields)
    scenario.save(force_insert=True)
    audit.record(by=by, action="policy.drafted", subject=scenario, territory="00", slug=scenario.slug)
    return scenario


@transaction.atomic
def correct(*, scenario: Policy, fields: Mapping[str, Any], by: User) -> Policy:
    """Changes a scenario that was never run; what was computed must stay what it was. Raises ValidationError."""
    require(by, Permission.DECIDE)
    kept = Policy.objects.select_for_update().get(pk=scenario.pk)
    _require_scenario(kept)
    if Run.everywhere.filter(policy=kept).exists():
        raise ValidationError(_("This scenario was run already. Derive another one from it."), code="was_run")
    _fill(kept, fields)
    kept.save()
    audit.record(by=by, action="policy.corrected", subject=kept, territory="00", slug=kept.slug)
    return kept


@transaction.atomic
def ask(*, scenario: Policy, region: Region, by: User) -> Run:
    """A run that waits for a worker, or the one that waits or runs already. The caller rings."""
    require(by, Permission.RECOMPUTE)
    _require_scenario(scenario)
    territory = region.pk[:5]
    try:
        with transaction.atomic():
            run = Run.everywhere.create(
                territory=territory, policy=scenario, cause=Run.Cause.SCENARIO, state=Run.State.WAITING, asked_by=by
            )
    except IntegrityError:
        return Run.everywhere.get(policy=scenario, territory=territory, state__in=UNFINISHED)
    audit.record(by=by, action="policy.run_asked", subject=scenario, territory=territory, slug=scenario.slug)
    return run


UNFINISHED: Final = (Run.State.WAITING, Run.State.RUNNING)


def run(run_id: uuid.UUID) -> bool:
    """Computes a run that waits; False where it does not, or another worker has it."""
    free = Q(state=Run.State.WAITING) | Q(state=Run.State.RUNNING, started_at__lt=timezone.now() - LOST_AFTER)
    taken = Run.everywhere.filter(free, pk=run_id)
    if not taken.update(state=Run.State.RUNNING, started_at=timezone.now()):
        return False
    asked = Run.everywhere.select_related("policy").get(pk=run_id)
    try:
        recompute.territory(policy=asked.policy, region_code=asked.territory, cause=Run.Cause.SCENARIO, run=asked)
    except Exception:
        Run.everywhere.filter(pk=run_id).update(state=Run.State.FAILED)
        raise
    return True


def waiting() -> list[uuid.UUID]:
    """Runs that no worker has: their message was lost, or their worker was."""
    lost = Q(state=Run.State.RUNNING, started_at__lt=timezone.now() - LOST_AFTER)
    return list(Run.everywhere.filter(Q(state=Run.State.WAITING) | lost).order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def archive(*, scenario: Policy, by: User) -> Policy:
    """Out of the lists; its proposals stay readable by its address."""
    require(by, Permission.DECIDE)
    _require_scenario(scenario)
    Policy.objects.filter(pk=scenario.pk, archived_at=None).update(archived_at=timezone.now())
    audit.record(by=by, action="policy.archived", subject=scenario, territory="00", slug=scenario.slug)
    scenario.refresh_from_db()
    return scenario


INHERITED: Final = (*DRAFTED, "edition", "ballots", "kinds", "without_ballot", "first_number", "source")


def _fill(scenario: Policy, fields: Mapping[str, Any]) -> None:
    for name in DRAFTED:
        if name in fields:
            setattr(scenario, name, fields[name])
    checked = {name for name in DRAFTED if getattr(scenario, name) not in (None, {})}
    scenario.full_clean(exclude={field.name for field in scenario._meta.fields} - checked)


def _require_scenario(policy: Policy) -> None:
    if not policy.is_scenario:
        raise ValidationError(_("This is no scenario: official policies are not changed here."), code="no_scenario")


def _free_slug(name: str) -> str:
    base = f"skenario-{slugify(name)}"[:50].rstrip("-")
    taken = set(Policy.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    return next(slug for slug in [base, *(f"{base}-{n}" for n in range(2, 10_000))] if slug not in taken)
