"""The mark that a location's data moved."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from accounts.ids import new_id
from regions.territory import GuardedManager, ProtectedQuerySet, TerritoryField, territory_is_set

from .special_location import SpecialLocation


class Change(models.Model):
    """Insert-only; goes when a recompute that saw it has committed (docs/decisions/0002-jobs.md)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    territory = TerritoryField()
    location = models.ForeignKey(SpecialLocation, models.CASCADE, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    everywhere = models.Manager.from_queryset(ProtectedQuerySet)()
    objects = GuardedManager()

    class Meta:
        default_manager_name = "everywhere"
        constraints = [territory_is_set("change_has_territory")]
