"""Who is to be struck from the list of which home TPS, because a special location lists them (PKPU 7/2022 art. 119(3))."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from regions.territory import GuardedManager, ProtectedQuerySet, TerritoryField, territory_is_set

from .voter import Voter


class Strike(models.Model):
    """One voter for one home regency, which is its territory. `answer` is what that regency said last; taken back, never
    deleted, when the voter leaves before polling day or the list is reopened."""

    class Answer(models.TextChoices):
        FOUND = "found", _("found, still to be struck")
        NOT_FOUND = "not_found", _("not found")
        STRUCK = "struck", _("struck")

    id = models.BigAutoField(primary_key=True)
    territory = TerritoryField()
    voter = models.ForeignKey(Voter, models.PROTECT, related_name="strikes")
    listed_at = models.DateTimeField(default=timezone.now)
    answer = models.CharField(max_length=9, choices=Answer, blank=True, default="", db_default="")
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    taken_back_at = models.DateTimeField(null=True)

    everywhere = models.Manager.from_queryset(ProtectedQuerySet)()
    objects = GuardedManager()

    class Meta:
        default_manager_name = "everywhere"
        constraints = [
            territory_is_set("strike_has_territory"),
            models.UniqueConstraint(fields=["voter"], condition=Q(taken_back_at=None), name="strike_once"),
            models.CheckConstraint(
                name="strike_answered_by_somebody",
                condition=Q(answer="", answered_at=None, answered_by=None)
                | Q(answer__in=["found", "not_found", "struck"], answered_at__isnull=False, answered_by__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["answer", "territory"], name="strike_by_answer")]
