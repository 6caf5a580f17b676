"""Whom one office announces to another: voters who left for a location that the first does not reach."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.utils.translation import pgettext_lazy

from accounts.ids import new_id
from locations.models import SpecialLocation
from regions.territory import GuardedManager, ProtectedQuerySet, TerritoryField, territory_is_set

from .act import Act
from .voter import Voter, VoterIdentity


class State(models.TextChoices):
    """How far an announcement has come. Only the last three are ever written; the first two can follow from the lists."""

    WAITING = "waiting", pgettext_lazy("announcement", "waiting")
    ACCEPTED = "accepted", pgettext_lazy("announcement", "accepted")
    DECLINED = "declined", pgettext_lazy("announcement", "declined")
    WITHDRAWN = "withdrawn", pgettext_lazy("announcement", "taken back")


class AnnouncementQuerySet(ProtectedQuerySet["Announcement"]):
    def with_state(self) -> Any:
        """`state`: what was answered; else accepted, where a list has brought the person already, and withdrawn, where the
        voter does not leave any more or got an official mark.
        """
        stays = Q(voter__departure=None) | Q(voter__departure__gt=F("on")) | ~Q(voter__official_mark="")
        here = Q(voter__departure=None) | Q(voter__departure__gt=OuterRef("on"))
        return self.annotate(
            state=Case(
                When(~Q(answer=""), then=F("answer")),
                When(listed_there(here, voter__official_mark=""), then=Value(State.ACCEPTED)),
                When(stays, then=Value(State.WITHDRAWN)),
                default=Value(State.WAITING),
                output_field=models.CharField(),
            )
        )

    def waiting(self) -> Any:
        return self.with_state().filter(state=State.WAITING)


def listed_there(*which: Q, **more: str) -> Q:
    """Whether somebody on the list of the location is this person: the same NIK, or, where one of the two has none, the same
    name and birth date. `which` and `more` narrow that list.
    """
    there = VoterIdentity.everywhere.filter(*which, voter__location=OuterRef("to"), **more)
    alike = there.filter(person_hash=OuterRef("voter__identity__person_hash"))
    return (
        Q(Exists(there.filter(nik_hash=OuterRef("voter__identity__nik_hash"))))
        | Q(Exists(alike.filter(nik_hash=None)))
        | Q(Exists(alike), voter__identity__nik_hash=None)
    )


class Announcement(models.Model):
    """A voter of another territory who left for the location `to` by an act of that office; the row lies where `to` lies.

    Nothing of the voter is copied: the receiving office reads name, sex and birth date of the voter while it waits, and no
    more. `answer` is empty as long as nobody said anything; `why` is the reason of declining.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    territory = TerritoryField()
    act = models.ForeignKey(Act, models.CASCADE, related_name="announcements")
    voter = models.ForeignKey(Voter, models.CASCADE, related_name="announcements")
    to = models.ForeignKey(SpecialLocation, models.PROTECT, related_name="+")
    on = models.DateField()
    answer = models.CharField(max_length=9, choices=State, blank=True)
    why = models.CharField(max_length=300, blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")

    everywhere = models.Manager.from_queryset(AnnouncementQuerySet)()
    objects = GuardedManager.of(AnnouncementQuerySet)

    class Meta:
        default_manager_name = "everywhere"
        constraints = [
            territory_is_set("announcement_has_territory"),
            models.UniqueConstraint(fields=["voter"], condition=Q(answer=""), name="announcement_open_once"),
            models.CheckConstraint(
                name="announcement_answered_by_somebody",
                condition=Q(answer="", answered_at=None, answered_by=None)
                | Q(answer__in=State.values[1:], answered_at__isnull=False, answered_by__isnull=False),
            ),
            models.CheckConstraint(
                name="announcement_declined_with_a_reason",
                condition=Q(answer=State.DECLINED) & ~Q(why="") | ~Q(answer=State.DECLINED) & Q(why=""),
            ),
        ]
