"""An order to take a large list back, and what came of it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.ids import new_id
from locations.models import Batch
from regions.territory import GuardedManager, ProtectedQuerySet, TerritoryField, territory_is_set


class Undo(models.Model):
    """Somebody asked for it, a worker does it; of one list one at a time.

    It waits until `started_at`, and is over at `ended_at`; with a `failure` (one of `undoing.FAILURES`) nothing was done.
    `seen` is the outlook that was shown. Kept for as long as the list can be taken back.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    territory = TerritoryField()
    batch = models.ForeignKey(Batch, models.CASCADE, related_name="+")
    reason = models.CharField(max_length=300)
    seen = models.CharField(max_length=40)
    asked_at = models.DateTimeField(default=timezone.now)
    asked_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    started_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=20, blank=True)

    everywhere = models.Manager.from_queryset(ProtectedQuerySet)()
    objects = GuardedManager()

    class Meta:
        default_manager_name = "everywhere"
        constraints = [
            territory_is_set("undo_has_territory"),
            models.UniqueConstraint(fields=["batch"], condition=Q(ended_at=None), name="undo_one_at_a_time"),
            models.CheckConstraint(
                name="undo_fails_once_it_is_over", condition=Q(failure="") | Q(ended_at__isnull=False)
            ),
            models.CheckConstraint(name="undo_has_a_reason", condition=~Q(reason="")),
        ]
