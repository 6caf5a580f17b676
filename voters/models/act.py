"""What was done about many voters at once, so that it can be taken back."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.ids import new_id
from locations.models import Batch
from regions.territory import GuardedManager, ProtectedQuerySet, TerritoryField, territory_is_set

from .voter import Voter


class Act(models.Model):
    """One named act over one or many voters, with its reason. Its territory is that of who did it, or of the `batch` that it
    came of.

    Taken back once at most, as a whole; its steps say what could not be taken back.
    """

    class Kind(models.TextChoices):
        TRANSFER = "transfer", _("Transfers")
        DEPARTURE = "departure", _("Departures")
        ARRIVAL = "arrival", _("Arrivals")
        MERGE = "merge", _("Merges")
        MARK = "mark", _("Official marks")
        APART = "apart", _("Not the same")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    territory = TerritoryField()
    kind = models.CharField(max_length=9, choices=Kind)
    name = models.CharField(max_length=100)
    reason = models.CharField(max_length=300)
    cases = models.PositiveIntegerField()
    voters = models.PositiveIntegerField()
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    batch = models.ForeignKey(Batch, models.SET_NULL, null=True, related_name="+")
    taken_back_at = models.DateTimeField(null=True)
    taken_back_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")

    everywhere = models.Manager.from_queryset(ProtectedQuerySet)()
    objects = GuardedManager()

    class Meta:
        default_manager_name = "everywhere"
        constraints = [
            territory_is_set("act_has_territory"),
            models.CheckConstraint(name="act_has_a_name_and_a_reason", condition=~Q(name="") & ~Q(reason="")),
            models.CheckConstraint(
                name="act_taken_back_by_somebody",
                condition=Q(taken_back_at=None, taken_back_by=None)
                | Q(taken_back_at__isnull=False, taken_back_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ActStep(models.Model):
    """What an act changed of one voter: a field from one value to another. A voter removed since takes its steps along.

    `other` is the opposite of a pair said to be two people, or who a registration by transfer was before. `kept_why` says
    why taking back left this as it is.
    """

    class Field(models.TextChoices):
        DEPARTURE = "departure", _("departure")
        ARRIVAL = "arrival", _("arrival")
        MARK = "official_mark", _("official mark")
        APART = "apart", _("pair said to be two people")
        ANSWER = "answer", _("answer of a case")
        REGISTERED = "registered", _("registered at the new location")

    class Kept(models.TextChoices):
        CHANGED = "changed", _("was changed since")
        ON_LIST = "on_list", _("the home list was told that this voter left")
        FOREIGN = "foreign", _("lies in a territory that is not yours")
        DATES = "dates", _("arrival and departure would be in the wrong order")
        FINAL = "final", _("stands on a list that was determined")
        MOVED = "moved", _("is still registered at the new location")
        THERE = "there", _("the other office accepted the transfer")

    id = models.BigAutoField(primary_key=True)
    territory = TerritoryField()
    act = models.ForeignKey(Act, models.CASCADE, related_name="steps")
    voter = models.ForeignKey(Voter, models.CASCADE, related_name="+")
    other = models.ForeignKey(Voter, models.CASCADE, null=True, related_name="+")
    field = models.CharField(max_length=13, choices=Field)
    before = models.CharField(max_length=10, blank=True)
    after = models.CharField(max_length=10, blank=True)
    had_claim = models.BooleanField(default=False)
    kept_why = models.CharField(max_length=7, choices=Kept, blank=True)

    everywhere = models.Manager.from_queryset(ProtectedQuerySet)()
    objects = GuardedManager()

    class Meta:
        default_manager_name = "everywhere"
        constraints = [
            territory_is_set("act_step_has_territory"),
            models.CheckConstraint(
                name="act_step_of_a_pair_names_the_other",
                condition=Q(field__in=["apart", "registered"], other__isnull=False)
                | ~Q(field__in=["apart", "registered"]) & Q(other=None),
            ),
        ]
