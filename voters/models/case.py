"""Who appears twice, and who was told: one row per territory, saying no more than its own voter."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.ids import new_id
from regions.territory import GuardedManager, ProtectedQuerySet, TerritoryField, territory_is_set

from .voter import Voter


class DuplicateCase(models.Model):
    """A voter whose NIK is claimed, or wanted, by another row. Rows of one NIK share `number`."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    territory = TerritoryField()
    number = models.UUIDField(db_index=True)
    voter = models.ForeignKey(Voter, models.CASCADE, related_name="cases")
    opened_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True)

    everywhere = models.Manager.from_queryset(ProtectedQuerySet)()
    objects = GuardedManager()

    class Meta:
        default_manager_name = "everywhere"
        constraints = [
            territory_is_set("case_has_territory"),
            models.UniqueConstraint(fields=["voter"], condition=Q(closed_at=None), name="case_open_once_per_voter"),
        ]


class Notice(models.Model):
    """Tells a territory that a voter of its own gained or lost the one registration that counts."""

    class Kind(models.TextChoices):
        GAINED = "gained", _("counts from now on")
        LOST = "lost", _("no longer counts: registered elsewhere")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    territory = TerritoryField()
    kind = models.CharField(max_length=10, choices=Kind)
    voter = models.ForeignKey(Voter, models.CASCADE, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True)

    everywhere = models.Manager.from_queryset(ProtectedQuerySet)()
    objects = GuardedManager()

    class Meta:
        default_manager_name = "everywhere"
        constraints = [territory_is_set("notice_has_territory")]
