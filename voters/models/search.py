"""Whose NIK or NKK is looked for, by which office, until when."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.ids import new_id
from regions.models import Region
from regions.territory import GuardedManager, ProtectedQuerySet, TerritoryField, territory_is_set

from .voter import Voter


class SearchList(models.Model):
    """People of one home regency (or whose home is unknown) without NIK or NKK, for its Dukcapil, to be answered by `due`.

    Its territory is that of who made it. Once closed, nobody of it is looked for any more.
    """

    class Lacks(models.TextChoices):
        NIK = "nik", _("NIK")
        NKK = "nkk", _("NKK")
        BOTH = "both", _("NIK and NKK")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    territory = TerritoryField()
    home = models.ForeignKey(Region, models.PROTECT, null=True, related_name="+")
    due = models.DateField()
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")

    everywhere = models.Manager.from_queryset(ProtectedQuerySet)()
    objects = GuardedManager()

    class Meta:
        default_manager_name = "everywhere"
        constraints = [
            territory_is_set("search_list_has_territory"),
            models.CheckConstraint(
                name="search_list_closed_by_somebody",
                condition=Q(closed_at=None, closed_by=None) | Q(closed_at__isnull=False, closed_by__isnull=False),
            ),
        ]


class Search(models.Model):
    """One voter on a search list; its territory is the voter's. A voter is looked for on one list at a time."""

    class Outcome(models.TextChoices):
        FOUND = "found", _("found")
        NOT_FOUND = "not_found", _("not found")
        UNANSWERED = "unanswered", _("closed without an answer")

    id = models.BigAutoField(primary_key=True)
    territory = TerritoryField()
    list = models.ForeignKey(SearchList, models.CASCADE, related_name="searches")
    voter = models.ForeignKey(Voter, models.CASCADE, related_name="searches")
    lacks = models.CharField(max_length=4, choices=SearchList.Lacks)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True, default="")
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")

    everywhere = models.Manager.from_queryset(ProtectedQuerySet)()
    objects = GuardedManager()

    class Meta:
        default_manager_name = "everywhere"
        constraints = [
            territory_is_set("search_has_territory"),
            models.UniqueConstraint(fields=["list", "voter"], name="search_once_a_list"),
            models.UniqueConstraint(fields=["voter"], condition=Q(outcome=""), name="search_on_one_list_at_a_time"),
            models.CheckConstraint(
                name="search_answered_by_somebody",
                condition=Q(outcome="", answered_at=None, answered_by=None)
                | ~Q(outcome="") & Q(answered_at__isnull=False, answered_by__isnull=False),
            ),
        ]
