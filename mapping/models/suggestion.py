"""A place where a special location could be formed."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.ids import new_id
from regions.models import Region
from regions.territory import GuardedManager, ProtectedQuerySet, TerritoryField, territory_is_set


class Suggestion(models.Model):
    """A concentration of unplaced voters, found by a search. Open until somebody accepts it, by which it becomes the
    location with the code `became`, or dismisses it with a reason, which the next search remembers.

    `cells` are H3 indexes in hex, separated by spaces; empty, like point and radius, where only the region is known.
    """

    class State(models.TextChoices):
        OPEN = "open", _("open")
        ACCEPTED = "accepted", _("accepted")
        DISMISSED = "dismissed", _("dismissed")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    territory = TerritoryField()
    region = models.ForeignKey(Region, models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    voters = models.PositiveIntegerField()
    sure_percent = models.PositiveSmallIntegerField()
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    radius_m = models.PositiveIntegerField(null=True)
    cells = models.TextField(blank=True)
    found_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    became = models.CharField(max_length=40, blank=True)

    everywhere = models.Manager.from_queryset(ProtectedQuerySet)()
    objects = GuardedManager()

    class Meta:
        default_manager_name = "everywhere"
        constraints = [
            territory_is_set("suggestion_has_territory"),
            models.CheckConstraint(
                name="suggestion_ends_with_a_reason_or_a_location",
                condition=Q(state="open", reason="", became="", decided_at=None)
                | (Q(state="accepted", reason="", decided_at__isnull=False) & ~Q(became=""))
                | (Q(state="dismissed", became="", decided_at__isnull=False) & ~Q(reason="")),
            ),
        ]

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN

    @property
    def cell_list(self) -> list[str]:
        return self.cells.split()
