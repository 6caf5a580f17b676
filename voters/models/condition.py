"""What condition the data of a regency was in on a day; counts only."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from accounts.ids import new_id
from regions.territory import GuardedManager, ProtectedQuerySet, TerritoryField, territory_is_set


class ConditionDay(models.Model):
    """One regency on one day: its voters, and how many of them fell under each measure of voters.condition.

    A measure is empty on days before it was counted.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    territory = TerritoryField()
    day = models.DateField()
    voters = models.PositiveIntegerField()
    complete = models.PositiveIntegerField()
    valid = models.PositiveIntegerField()
    nkk = models.PositiveIntegerField(null=True)
    listed = models.PositiveIntegerField(null=True)
    matched = models.PositiveIntegerField(null=True)
    duplicate = models.PositiveIntegerField()
    leaving = models.PositiveIntegerField()
    without_ektp = models.PositiveIntegerField()

    everywhere = models.Manager.from_queryset(ProtectedQuerySet)()
    objects = GuardedManager()

    class Meta:
        default_manager_name = "everywhere"
        constraints = [
            territory_is_set("condition_has_territory"),
            models.UniqueConstraint(fields=["territory", "day"], name="condition_once_a_day"),
            models.CheckConstraint(
                name="condition_counts_within_voters",
                condition=Q(
                    complete__lte=F("voters"),
                    valid__lte=F("voters"),
                    duplicate__lte=F("voters"),
                    leaving__lte=F("voters"),
                    without_ektp__lte=F("voters"),
                ),
            ),
            models.CheckConstraint(
                name="condition_later_counts_within",
                condition=(Q(nkk=None) | Q(nkk__lte=F("voters")))
                & (
                    Q(listed=None, matched=None)
                    | Q(listed__isnull=False, matched__isnull=False)
                    & Q(listed__lte=F("voters"), matched__lte=F("listed"))
                ),
            ),
        ]
