"""One recompute: of what, why, how long, with which figures."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.ids import new_id
from regions.territory import GuardedManager, ProtectedQuerySet, TerritoryField, territory_is_set

from .policy import Policy


class Run(models.Model):
    """Kept for every recompute, one that wrote nothing included. The figures are those of all `locations` it saw.

    A run that somebody asked for waits until a worker takes it; every other is done when it is written down.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    class Cause(models.TextChoices):
        COMMAND = "command", _("asked for")
        CHANGE = "change", _("data changed")
        SCENARIO = "scenario", _("a policy was tried")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    territory = TerritoryField()
    policy = models.ForeignKey(Policy, models.PROTECT, related_name="+")
    cause = models.CharField(max_length=10, choices=Cause)
    state = models.CharField(max_length=10, choices=State, default=State.DONE)
    asked_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    started_at = models.DateTimeField(default=timezone.now)
    seconds = models.FloatField(default=0)
    locations = models.PositiveIntegerField(default=0)
    written = models.PositiveIntegerField(default=0)
    qualified = models.PositiveIntegerField(default=0)
    combined = models.PositiveIntegerField(default=0)
    tps = models.PositiveIntegerField(default=0)
    registered = models.PositiveIntegerField(default=0)
    eligible = models.PositiveIntegerField(default=0)
    to_ordinary_tps = models.PositiveIntegerField(default=0)

    everywhere = models.Manager.from_queryset(ProtectedQuerySet)()
    objects = GuardedManager()

    class Meta:
        default_manager_name = "everywhere"
        constraints = [
            territory_is_set("run_has_territory"),
            models.UniqueConstraint(
                fields=["policy", "territory"],
                condition=Q(state__in=["waiting", "running"]),
                name="run_one_at_a_time",
            ),
        ]
        indexes = [models.Index(fields=["policy", "started_at"], name="run_newest")]
