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
    """A voter who may be registered twice: the NIK is claimed, or wanted, by another row, or another row is probably the
    same person. Rows that hang together share `number`; each says no more than its own voter.

    `answer` is what this side said last, `probability` that of its surest pair (likely cases only). `taken_by` is who is on it.
    """

    class Kind(models.TextChoices):
        NIK = "nik", _("same NIK")
        LIKELY = "likely", _("probably the same person")

    class Answer(models.TextChoices):
        LEFT = "left", _("left from here")
        KEPT = "kept", _("stays here")
        APART = "apart", _("is somebody else")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    territory = TerritoryField()
    number = models.UUIDField(db_index=True)
    voter = models.ForeignKey(Voter, models.CASCADE, related_name="cases")
    kind = models.CharField(max_length=6, choices=Kind, default=Kind.NIK)
    probability = models.FloatField(null=True)
    opened_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True)
    taken_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    taken_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=5, choices=Answer, blank=True)
    answered_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)

    everywhere = models.Manager.from_queryset(ProtectedQuerySet)()
    objects = GuardedManager()

    class Meta:
        default_manager_name = "everywhere"
        constraints = [
            territory_is_set("case_has_territory"),
            models.UniqueConstraint(
                fields=["voter", "kind"], condition=Q(closed_at=None), name="case_open_once_per_voter"
            ),
            models.CheckConstraint(
                name="case_probable_if_likely",
                condition=Q(kind="nik", probability=None)
                | Q(kind="likely", probability__isnull=False, probability__gt=0, probability__lte=1),
            ),
            models.CheckConstraint(
                name="case_taken_by_somebody",
                condition=Q(taken_at=None, taken_by=None) | Q(taken_at__isnull=False, taken_by__isnull=False),
            ),
            models.CheckConstraint(
                name="case_answered_at_a_time",
                condition=Q(answer="", answered_at=None) | ~Q(answer="") & Q(answered_at__isnull=False),
            ),
        ]


class Notice(models.Model):
    """Tells a territory that a voter of its own gained or lost the one registration that counts, or was transferred."""

    class Kind(models.TextChoices):
        GAINED = "gained", _("counts from now on")
        LOST = "lost", _("no longer counts: registered elsewhere")
        MOVED_OUT = "moved_out", _("was transferred to another regency")
        MOVED_IN = "moved_in", _("was transferred here from another regency")
        ACCEPTED = "accepted", _("was accepted by the office of the new location")
        DECLINED = "declined", _("was declined by the office of the new location")

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
