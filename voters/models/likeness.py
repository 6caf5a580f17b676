"""Which rows are probably one person, and as what was each compared last?"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import pgettext_lazy

from regions.territory import GuardedManager, ProtectedQuerySet, TerritoryField, territory_is_set

from .voter import Voter


class Verdict(models.TextChoices):
    """What two rows say of one field; an empty one equals nothing."""

    SAME = "same", pgettext_lazy("compared", "the same")
    NEAR = "near", pgettext_lazy("compared", "nearly the same")
    DIFFERENT = "different", pgettext_lazy("compared", "different")
    MISSING = "missing", pgettext_lazy("compared", "not given")


class Likeness(models.Model):
    """One side of a pair that is probably one person: how alike the other row is, field by field, and nothing else of it.

    A pair has two such rows, each in its own voter's territory. Once both sides said that it is two people
    (`said_apart_at`), the pair is kept for ever and never asked about again.
    """

    id = models.BigAutoField(primary_key=True)
    territory = TerritoryField()
    voter = models.ForeignKey(Voter, models.CASCADE, related_name="likenesses")
    other = models.ForeignKey(Voter, models.CASCADE, related_name="+")
    probability = models.FloatField()
    name = models.CharField(max_length=9, choices=Verdict)
    birth_date = models.CharField(max_length=9, choices=Verdict)
    nik = models.CharField(max_length=9, choices=Verdict)
    sex = models.CharField(max_length=9, choices=Verdict)
    found_at = models.DateTimeField(default=timezone.now)
    said_apart_at = models.DateTimeField(null=True)

    everywhere = models.Manager.from_queryset(ProtectedQuerySet)()
    objects = GuardedManager()

    class Meta:
        default_manager_name = "everywhere"
        constraints = [
            territory_is_set("likeness_has_territory"),
            models.UniqueConstraint(fields=["voter", "other"], name="likeness_once"),
            models.CheckConstraint(name="likeness_of_two", condition=~Q(voter=F("other"))),
            models.CheckConstraint(name="likeness_is_probable", condition=Q(probability__gt=0, probability__lte=1)),
        ]


class Compared(models.Model):
    """As what a voter was compared with everybody else last; only whoever changed since is compared anew."""

    voter = models.OneToOneField(Voter, models.CASCADE, primary_key=True, related_name="compared")
    territory = TerritoryField(db_index=False)
    nik_hash = models.BinaryField(null=True)
    person_hash = models.BinaryField()
    sex = models.CharField(max_length=1)

    everywhere = models.Manager.from_queryset(ProtectedQuerySet)()
    objects = GuardedManager()

    class Meta:
        default_manager_name = "everywhere"
        constraints = [territory_is_set("compared_has_territory")]
