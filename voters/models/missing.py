"""Whom a list that replaces the one before does not name."""

from __future__ import annotations

from django.db import models

from locations.models import Batch
from regions.territory import GuardedManager, ProtectedQuerySet, TerritoryField, territory_is_set

from .voter import Voter


class BatchMissing(models.Model):
    """A voter who stands at a location of the list and is not on it: asked about, never sent away by itself.

    `is_in_doubt`: a refused row of the list may be about this voter. A later list that names the voter takes the row away.
    """

    id = models.BigAutoField(primary_key=True)
    territory = TerritoryField()
    batch = models.ForeignKey(Batch, models.CASCADE, related_name="+")
    voter = models.ForeignKey(Voter, models.CASCADE, related_name="+")
    is_in_doubt = models.BooleanField(default=False)

    everywhere = models.Manager.from_queryset(ProtectedQuerySet)()
    objects = GuardedManager()

    class Meta:
        default_manager_name = "everywhere"
        constraints = [
            territory_is_set("batch_missing_has_territory"),
            models.UniqueConstraint(fields=["batch", "voter"], name="batch_missing_once"),
        ]
