"""The rule set of an election."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from regions.levels import Level


class AwayLevel(models.TextChoices):
    """The finest level at which home and location are compared."""

    VILLAGE = "village", _("village")
    DISTRICT = "district", _("district")
    REGENCY = "regency", _("regency")

    @property
    def width(self) -> int:
        return Level[self.name].width


class Policy(models.Model):
    """Polling day, ballots, kinds served, sizes of a TPS and what counts as away; immutable once a decision used it.

    Exactly one policy is current: the default of every command, page and answer. A draft is only being tried; a
    scenario is a draft that was derived from another policy (`based_on`). `minimums`, `headrooms` and `departures` are
    per kind; `departures` is the percentage of a list expected to be gone by polling day, which no plan counts on.
    `extra_percent` bounds the TPS that staff may ask for beyond the engine's number; without it nothing does.
    `minimums` overrides `minimum` per kind; `without_ballot` names the provinces where a ballot does not exist
    (no `bupwal` in 31, no `gub` in 34). Which ballots an election has is data (MK 135/PUU-XXII/2024).
    """

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=100)
    polling_day = models.DateField(_("polling day"))
    is_draft = models.BooleanField(default=False)
    is_current = models.BooleanField(default=False)
    edition = models.CharField(max_length=30)
    ballots = models.JSONField()
    kinds = models.JSONField()
    without_ballot = models.JSONField(default=dict)
    maximum = models.PositiveSmallIntegerField(_("most voters per TPS"))
    minimum = models.PositiveSmallIntegerField(_("fewest voters of a TPS"))
    minimums = models.JSONField(default=dict)
    away_level = models.CharField(max_length=10, choices=AwayLevel, default=AwayLevel.VILLAGE)
    combining_distance_m = models.PositiveIntegerField(null=True)
    headroom_percent = models.PositiveSmallIntegerField(default=0)
    headrooms = models.JSONField(default=dict)
    departures = models.JSONField(default=dict)
    extra_percent = models.PositiveSmallIntegerField(_("most extra TPS"), null=True)
    reserve_percent = models.PositiveSmallIntegerField(_("reserve of ballots"), default=2)
    first_number = models.PositiveSmallIntegerField(default=901)
    source = models.CharField(max_length=200, blank=True)
    based_on = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    archived_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["is_current"], condition=Q(is_current=True), name="policy_one_current"),
            models.CheckConstraint(
                name="policy_sizes_in_order", condition=Q(minimum__gte=1, maximum__gte=models.F("minimum"))
            ),
            models.CheckConstraint(name="policy_current_is_no_draft", condition=~Q(is_current=True, is_draft=True)),
            models.CheckConstraint(
                name="policy_current_is_not_archived", condition=~Q(is_current=True) | Q(archived_at=None)
            ),
            models.CheckConstraint(name="policy_reserve_is_a_share", condition=Q(reserve_percent__lte=100)),
            models.CheckConstraint(name="policy_polling_day_after_epoch", condition=Q(polling_day__gte="2024-01-01")),
        ]

    def __str__(self) -> str:
        return self.name

    def minimum_for(self, kind: str) -> int:
        return self.minimums.get(kind, self.minimum)

    def headroom_for(self, kind: str) -> int:
        return self.headrooms.get(kind, self.headroom_percent)

    def departures_for(self, kind: str) -> int:
        return self.departures.get(kind, 0)

    @property
    def is_scenario(self) -> bool:
        return self.is_draft and self.based_on_id is not None

    def serves(self, kind: str) -> bool:
        return kind in self.kinds
