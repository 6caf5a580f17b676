"""Who is to be struck from the list of which home TPS, because a special location lists them (PKPU 7/2022 art. 119(3))."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from regions.territory import GuardedManager, ProtectedQuerySet, TerritoryField, territory_is_set

from .voter import Voter


class Strike(models.Model):
    """One voter for one home regency, which is its territory. Acknowledged there; taken back, never deleted, when the
    voter leaves before polling day or the list is reopened."""

    id = models.BigAutoField(primary_key=True)
    territory = TerritoryField()
    voter = models.ForeignKey(Voter, models.PROTECT, related_name="strikes")
    listed_at = models.DateTimeField(default=timezone.now)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    taken_back_at = models.DateTimeField(null=True)

    everywhere = models.Manager.from_queryset(ProtectedQuerySet)()
    objects = GuardedManager()

    class Meta:
        default_manager_name = "everywhere"
        constraints = [
            territory_is_set("strike_has_territory"),
            models.UniqueConstraint(fields=["voter"], condition=Q(taken_back_at=None), name="strike_once"),
            models.CheckConstraint(
                name="strike_acknowledged_by_somebody",
                condition=Q(acknowledged_at=None, acknowledged_by=None)
                | Q(acknowledged_at__isnull=False, acknowledged_by__isnull=False),
            ),
        ]
