"""A refused row that somebody corrected in the browser."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from accounts.ids import new_id
from locations.models import Batch
from regions.territory import GuardedManager, ProtectedQuerySet, TerritoryField, territory_is_set

from .voter import Voter


class MendedRow(models.Model):
    """Which voter a refused row became, and by whom; the row itself is gone. Stays when the voter is removed.

    Its territory is the voter's. The counts of the batch say what became of the file when it was read, and stay.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    territory = TerritoryField()
    batch = models.ForeignKey(Batch, models.CASCADE, related_name="+")
    row_number = models.PositiveIntegerField()
    voter = models.ForeignKey(Voter, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")

    everywhere = models.Manager.from_queryset(ProtectedQuerySet)()
    objects = GuardedManager()

    class Meta:
        default_manager_name = "everywhere"
        constraints = [
            territory_is_set("mended_row_has_territory"),
            models.UniqueConstraint(fields=["batch", "row_number"], name="mended_row_once"),
        ]
