"""What the columns of a sender's lists were taken for the last time."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from accounts.ids import new_id
from regions.territory import GuardedManager, ProtectedQuerySet, TerritoryField, territory_is_set


class KnownHeader(models.Model):
    """A header that an office corrected: one of our columns, or "", for each of its columns, from the left.

    `digest` stands for the header, nothing of which is stored. Each territory knows a header once.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    territory = TerritoryField()
    digest = models.CharField(max_length=64)
    mapping = models.JSONField()
    changed_at = models.DateTimeField(default=timezone.now)
    changed_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")

    everywhere = models.Manager.from_queryset(ProtectedQuerySet)()
    objects = GuardedManager()

    class Meta:
        default_manager_name = "everywhere"
        constraints = [
            territory_is_set("known_header_has_territory"),
            models.UniqueConstraint(fields=["territory", "digest"], name="known_header_once"),
        ]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.mapping)
