"""What a list changed of voters who were there already, so that it can be taken back."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.ids import new_id
from locations.models import Batch
from regions.territory import GuardedManager, ProtectedQuerySet, TerritoryField, territory_is_set

from .voter import Voter


class BatchBefore(models.Model):
    """A voter as it was before a list changed it, sealed; gone once the list is taken back, or can be no longer.

    Of a list that was taken back only those rows are left, with `kept_why`, whose voter stays as the list made it; `row` is
    then empty.
    """

    class Kept(models.TextChoices):
        LIST = "list", _("was changed by a later list")
        PERSON = "person", _("was changed by somebody since")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    territory = TerritoryField()
    batch = models.ForeignKey(Batch, models.CASCADE, related_name="+")
    voter = models.ForeignKey(Voter, models.CASCADE, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    row = models.BinaryField(null=True)
    kept_why = models.CharField(max_length=6, choices=Kept, blank=True)

    everywhere = models.Manager.from_queryset(ProtectedQuerySet)()
    objects = GuardedManager()

    class Meta:
        default_manager_name = "everywhere"
        constraints = [
            territory_is_set("batch_before_has_territory"),
            models.UniqueConstraint(fields=["batch", "voter"], name="batch_before_once"),
            models.CheckConstraint(
                name="batch_before_is_a_row_or_kept",
                condition=Q(row__isnull=False, kept_why="") | Q(row=None) & ~Q(kept_why=""),
            ),
        ]


class ClaimBefore(models.Model):
    """The voter lost the one registration that counts when this list came, and is asked first when it is taken back."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    territory = TerritoryField()
    batch = models.ForeignKey(Batch, models.CASCADE, related_name="+")
    voter = models.ForeignKey(Voter, models.CASCADE, related_name="+")

    everywhere = models.Manager.from_queryset(ProtectedQuerySet)()
    objects = GuardedManager()

    class Meta:
        default_manager_name = "everywhere"
        constraints = [
            territory_is_set("claim_before_has_territory"),
            models.UniqueConstraint(fields=["batch", "voter"], name="claim_before_once"),
        ]
