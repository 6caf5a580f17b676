"""The TPS planned for one location under one policy."""

from __future__ import annotations

from typing import Any

import orjson
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.ids import new_id
from locations.models import SpecialLocation
from regions.territory import GuardedManager, TerritoryField, territory_is_set

from ..querysets import ProposalQuerySet
from .policy import Policy
from .run import Run


class Outcome(models.TextChoices):
    QUALIFIED = "qualified", _("TPS of its own")
    COMBINED = "combined", _("votes at another special location")
    NEAREST = "nearest_regular_tps", _("voters go to the nearest ordinary TPS")
    NOBODY = "no_eligible_voters", _("no eligible voters")


class PlanField(models.TextField):
    """JSON kept as text: nobody asks for a part of a plan, and to take one apart costs PostgreSQL more than all the rest."""

    def from_db_value(self, value: str, expression: Any, connection: Any) -> Any:
        return orjson.loads(value)

    def get_prep_value(self, value: Any) -> str:
        return value if isinstance(value, str) else orjson.dumps(value).decode()

    def value_to_string(self, obj: models.Model) -> str:
        return self.get_prep_value(self.value_from_object(obj))

    def deconstruct(self) -> Any:
        """Migrations see a plain TextField, so that they import nothing of ours."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", args, kwargs


class Proposal(models.Model):
    """Immutable; a recompute writes a new version and marks this one superseded (triggers hold that).

    Registered, eligible, reasons and ballots are the location's own figures. `plan` is the compact form of
    mapping.core.fingerprint.plan_to_json; `ineligible` counts voters by reason, each voter under every reason
    that applies. The ballot columns count eligible voters, 0 where the policy lacks the ballot. `inputs_hash` stands for
    what the plan was made from, so that nobody plans the same again; None where others' voters had a part in it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    territory = TerritoryField()
    location = models.ForeignKey(SpecialLocation, models.PROTECT, related_name="proposals")
    policy = models.ForeignKey(Policy, models.PROTECT, related_name="+")
    run = models.ForeignKey(Run, models.PROTECT, related_name="proposals")
    version = models.PositiveIntegerField()
    computed_at = models.DateTimeField(default=timezone.now)
    superseded_at = models.DateTimeField(null=True)
    fingerprint = models.CharField(max_length=64)
    inputs_hash = models.BinaryField(max_length=16, null=True)
    outcome = models.CharField(max_length=20, choices=Outcome)
    host = models.ForeignKey(SpecialLocation, models.PROTECT, null=True, related_name="+")
    registered = models.PositiveIntegerField()
    eligible = models.PositiveIntegerField()
    male = models.PositiveIntegerField()
    female = models.PositiveIntegerField()
    ineligible = models.JSONField()
    tps = models.PositiveSmallIntegerField()
    engine_tps = models.PositiveSmallIntegerField()
    ppwp = models.PositiveIntegerField()
    dpd = models.PositiveIntegerField()
    dpr = models.PositiveIntegerField()
    dprd_prov = models.PositiveIntegerField()
    dprd_kabko = models.PositiveIntegerField()
    gub = models.PositiveIntegerField()
    bupwal = models.PositiveIntegerField()
    plan: models.Field[Any, Any] = PlanField()

    everywhere = models.Manager.from_queryset(ProposalQuerySet)()
    objects = GuardedManager.of(ProposalQuerySet)

    class Meta:
        default_manager_name = "everywhere"
        constraints = [
            territory_is_set("proposal_has_territory"),
            models.UniqueConstraint(fields=["location", "policy", "version"], name="proposal_version_once"),
            models.UniqueConstraint(
                fields=["policy", "location"], condition=Q(superseded_at=None), name="proposal_one_in_force"
            ),
            models.CheckConstraint(
                name="proposal_tps_where_qualified",
                condition=Q(outcome="qualified", tps__gte=1) | (~Q(outcome="qualified") & Q(tps=0)),
            ),
            models.CheckConstraint(
                name="proposal_combined_has_host",
                condition=Q(outcome="combined", host__isnull=False) | (~Q(outcome="combined") & Q(host=None)),
            ),
            models.CheckConstraint(
                name="proposal_counts_within_registered",
                condition=Q(eligible__lte=F("registered"), eligible=F("male") + F("female")),
            ),
        ]

    @property
    def not_eligible(self) -> int:
        return self.registered - self.eligible

    @property
    def short_fingerprint(self) -> str:
        return f"{self.fingerprint[:4]}·{self.fingerprint[4:8]}"
