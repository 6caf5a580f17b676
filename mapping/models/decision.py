"""What central KPU said of a proposal it saw."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.ids import new_id
from locations.models import SpecialLocation
from regions.territory import GuardedManager, ProtectedQuerySet, TerritoryField, territory_is_set

from .policy import Policy
from .proposal import Outcome, Proposal


class Decision(models.Model):
    """Insert-only. Carries the fingerprint seen, and the outcome, number of TPS and host that an approval stands for."""

    class Verdict(models.TextChoices):
        APPROVED = "approved", _("approved")
        RETURNED = "returned", _("returned")
        REJECTED = "rejected", _("rejected")
        REVOKED = "revoked", _("decision revoked")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    territory = TerritoryField()
    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="decisions")
    location = models.ForeignKey(SpecialLocation, models.PROTECT, related_name="decisions")
    policy = models.ForeignKey(Policy, models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=10, choices=Verdict)
    fingerprint = models.CharField(max_length=64)
    outcome = models.CharField(max_length=20, choices=Outcome)
    tps = models.PositiveSmallIntegerField()
    host = models.ForeignKey(SpecialLocation, models.PROTECT, null=True, related_name="+")
    note = models.TextField(blank=True, max_length=2000)
    decided_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")

    everywhere = models.Manager.from_queryset(ProtectedQuerySet)()
    objects = GuardedManager()

    class Meta:
        default_manager_name = "everywhere"
        constraints = [
            territory_is_set("decision_has_territory"),
            models.CheckConstraint(
                name="decision_return_says_why", condition=~Q(verdict__in=["returned", "rejected"]) | ~Q(note="")
            ),
        ]
        indexes = [models.Index(fields=["location", "policy", "decided_at"], name="decision_newest")]
