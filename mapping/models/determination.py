"""What was made final: a location's plan, its TPS with their numbers, and who stands at which."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.ids import new_id
from locations.models import SpecialLocation
from regions.models import Region
from regions.territory import GuardedManager, ProtectedQuerySet, TerritoryField, territory_is_set
from voters.models import Voter

from .policy import Policy
from .proposal import Proposal


class Determination(models.Model):
    """The plan of one location, made final. Rows of one act share `act`. Reopened with a reason it stays readable, with
    its TPS and its list; a location has one in force under a policy.

    What happened since is counted at each follow-up: eligible voters `without_room` in any TPS, those entered `too_late` to
    become movers, and how many `ballots_short` the worst ballot of the worst TPS is.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    territory = TerritoryField()
    act = models.UUIDField(db_index=True)
    policy = models.ForeignKey(Policy, models.PROTECT, related_name="+")
    location = models.ForeignKey(SpecialLocation, models.PROTECT, related_name="determinations")
    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="determinations")
    fingerprint = models.CharField(max_length=64)
    tps = models.PositiveSmallIntegerField()
    voters = models.PositiveIntegerField()
    determined_at = models.DateTimeField(default=timezone.now)
    determined_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    without_room = models.PositiveIntegerField(default=0)
    too_late = models.PositiveIntegerField(default=0)
    ballots_short = models.PositiveIntegerField(default=0)
    reopened_at = models.DateTimeField(null=True)
    reopened_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    reopening_reason = models.CharField(max_length=300, blank=True)

    everywhere = models.Manager.from_queryset(ProtectedQuerySet)()
    objects = GuardedManager()

    class Meta:
        default_manager_name = "everywhere"
        constraints = [
            territory_is_set("determination_has_territory"),
            models.UniqueConstraint(
                fields=["policy", "location"], condition=Q(reopened_at=None), name="determination_one_in_force"
            ),
            models.CheckConstraint(
                name="determination_reopened_says_why",
                condition=Q(reopened_at=None, reopened_by=None, reopening_reason="")
                | (Q(reopened_at__isnull=False, reopened_by__isnull=False) & ~Q(reopening_reason="")),
            ),
        ]


class FinalTPS(models.Model):
    """One TPS with its final number in its village. `ballots` are those of the list, in the order of core.plan.BALLOTS."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    territory = TerritoryField()
    determination = models.ForeignKey(Determination, models.PROTECT, related_name="stations")
    policy = models.ForeignKey(Policy, models.PROTECT, related_name="+", db_index=False)
    village = models.ForeignKey(Region, models.PROTECT, related_name="+", db_index=False)
    number = models.PositiveSmallIntegerField()
    size = models.PositiveSmallIntegerField()
    ballots = models.JSONField()
    is_in_force = models.BooleanField(default=True)

    everywhere = models.Manager.from_queryset(ProtectedQuerySet)()
    objects = GuardedManager()

    class Meta:
        default_manager_name = "everywhere"
        constraints = [
            territory_is_set("final_tps_has_territory"),
            models.UniqueConstraint(
                fields=["policy", "village", "number"], condition=Q(is_in_force=True), name="final_tps_number_once"
            ),
        ]


class Assignment(models.Model):
    """A voter's place on the list of a TPS. Written by the thousand with one statement, so its key is a plain number."""

    class Kind(models.TextChoices):
        LISTED = "dpt", _("listed (DPT)")
        LATE = "dptb", _("moved in later (DPTb)")

    id = models.BigAutoField(primary_key=True)
    territory = TerritoryField(db_index=False)
    voter = models.ForeignKey(Voter, models.PROTECT, related_name="assignments")
    tps = models.ForeignKey(FinalTPS, models.PROTECT, related_name="assignments")
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=4, choices=Kind)
    is_in_force = models.BooleanField(default=True)

    everywhere = models.Manager.from_queryset(ProtectedQuerySet)()
    objects = GuardedManager()

    class Meta:
        default_manager_name = "everywhere"
        constraints = [
            territory_is_set("assignment_has_territory"),
            models.UniqueConstraint(fields=["voter"], condition=Q(is_in_force=True), name="assignment_one_in_force"),
        ]
