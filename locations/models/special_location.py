"""A place that asks for a TPS, and the parts of it that should stay together."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.ids import new_id
from regions.models import Region
from regions.territory import GuardedManager, TerritoryField, territory_is_set

from ..querysets import BlockQuerySet, SpecialLocationQuerySet


class Kind(models.TextChoices):
    """Kinds of special location (PKPU 7/2022 art. 179)."""

    PRISON = "rutan_lapas", _("Prison or detention centre")
    CARE = "panti", _("Social or rehabilitation institution")
    DISASTER = "relokasi_bencana", _("Disaster relocation")
    CONFLICT = "daerah_konflik", _("Conflict area")
    OTHER = "lainnya", _("Other location")


class Subkind(models.TextChoices):
    """What an other location is."""

    BOARDING_SCHOOL = "pesantren", _("Islamic boarding school")
    EDUCATION = "pendidikan", _("Educational institution")
    PLANTATION = "perkebunan", _("Plantation")
    MINING = "pertambangan", _("Mining")
    HOSPITAL = "rumah_sakit", _("Hospital")
    FLATS = "rusunawa", _("Rented flats")
    INDUSTRY = "kawasan_industri", _("Industrial area")
    OTHER = "lainnya", _("Other")


class KeptApart(models.TextChoices):
    """Who never shares a TPS, for security or custom; each group is then rounded up by itself."""

    NOBODY = "", _("nobody: everybody may share a TPS")
    SEXES = "sexes", _("men and women")
    BLOCKS = "blocks", _("people of different blocks")
    BOTH = "both", _("men and women, and people of different blocks")


class SpecialLocation(models.Model):
    """A place where voters are concentrated who cannot vote at home on polling day.

    Withdrawn by its operator or closed by a rejection it asks for nothing: its voters hold no claims and
    no recompute plans for it. How far it has come is derived from the times below and from the decisions.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    territory = TerritoryField()
    code = models.CharField(_("location code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(_("category"), max_length=20, choices=Kind)
    subkind = models.CharField(_("kind of other location"), max_length=20, choices=Subkind, blank=True)
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("region"))
    address = models.CharField(_("address"), max_length=300, blank=True)
    latitude = models.FloatField(
        _("latitude"), null=True, blank=True, validators=[MinValueValidator(-11.5), MaxValueValidator(6.5)]
    )
    longitude = models.FloatField(
        _("longitude"), null=True, blank=True, validators=[MinValueValidator(94.5), MaxValueValidator(141.5)]
    )
    person_in_charge = models.CharField(_("person in charge"), max_length=150, blank=True)
    position = models.CharField(_("position"), max_length=150, blank=True)
    phone = models.CharField(_("telephone"), max_length=40, blank=True)
    letter_number = models.CharField(_("letter number"), max_length=100, blank=True)
    letter_date = models.DateField(_("letter date"), null=True, blank=True)
    capacity = models.PositiveIntegerField(_("capacity"), null=True, blank=True)
    estimated_voters = models.PositiveIntegerField(_("estimated voters"), null=True, blank=True)
    requested_tps = models.PositiveSmallIntegerField(_("TPS asked for"), null=True, blank=True)
    requested_tps_reason = models.CharField(_("reason for more TPS"), max_length=300, blank=True)
    kept_apart = models.CharField(_("never at one TPS"), max_length=10, choices=KeptApart, blank=True)
    drawn_plan = models.TextField(_("plan drawn by hand"), blank=True)
    drawn_plan_reason = models.CharField(_("reason for the plan drawn by hand"), max_length=300, blank=True)
    notes = models.TextField(_("notes"), max_length=2000, blank=True)

    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    submitted_at = models.DateTimeField(null=True, editable=False)
    submitted_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, editable=False, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, editable=False)
    withdrawn_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, editable=False, related_name="+")
    withdrawal_reason = models.CharField(max_length=300, blank=True, editable=False)
    closed_at = models.DateTimeField(null=True, editable=False)
    closed_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, editable=False, related_name="+")

    everywhere = models.Manager.from_queryset(SpecialLocationQuerySet)()
    objects = GuardedManager.of(SpecialLocationQuerySet)

    class Meta:
        default_manager_name = "everywhere"
        constraints = [
            territory_is_set("location_has_territory"),
            models.CheckConstraint(name="location_kind_known", condition=Q(kind__in=Kind.values)),
            models.CheckConstraint(
                name="location_subkind_of_other_only",
                condition=Q(kind=Kind.OTHER, subkind__in=Subkind.values) | (~Q(kind=Kind.OTHER) & Q(subkind="")),
            ),
            models.CheckConstraint(name="location_kept_apart_known", condition=Q(kept_apart__in=KeptApart.values)),
            models.CheckConstraint(
                name="location_point_is_whole",
                condition=Q(latitude=None, longitude=None) | Q(latitude__isnull=False, longitude__isnull=False),
            ),
            models.CheckConstraint(
                name="location_point_in_indonesia",
                condition=Q(latitude=None)
                | Q(latitude__gte=-11.5, latitude__lte=6.5, longitude__gte=94.5, longitude__lte=141.5),
            ),
            models.CheckConstraint(
                name="location_requested_tps_positive", condition=Q(requested_tps=None) | Q(requested_tps__gte=1)
            ),
            models.CheckConstraint(
                name="location_drawn_plan_has_reason", condition=Q(drawn_plan="") | ~Q(drawn_plan_reason="")
            ),
            models.CheckConstraint(name="location_code_not_empty", condition=~Q(code="") & ~Q(name="")),
            models.CheckConstraint(
                name="location_not_submitted_once_withdrawn",
                condition=Q(withdrawn_at=None) | Q(submitted_at=None) | Q(withdrawn_at__gte=F("submitted_at")),
            ),
        ]
        indexes = [
            models.Index(fields=["region", "code"], name="location_in_region"),
            models.Index(fields=["kind"], name="location_of_kind"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_active(self) -> bool:
        """Asks for a TPS: neither withdrawn nor closed by a rejection."""
        return self.withdrawn_at is None and self.closed_at is None

    @property
    def has_letter(self) -> bool:
        return bool(self.person_in_charge and self.letter_number)


class Block(models.Model):
    """A named part of a location whose people go to vote together. `batch` is the list that first named it, if one did."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    territory = TerritoryField()
    location = models.ForeignKey(SpecialLocation, models.CASCADE, related_name="blocks")
    name = models.CharField(_("block"), max_length=60)
    batch = models.ForeignKey("locations.Batch", models.SET_NULL, null=True, blank=True, related_name="+")

    everywhere = models.Manager.from_queryset(BlockQuerySet)()
    objects = GuardedManager.of(BlockQuerySet)

    class Meta:
        default_manager_name = "everywhere"
        constraints = [
            territory_is_set("block_has_territory"),
            models.UniqueConstraint("location", Lower("name"), name="block_once_in_location"),
            models.CheckConstraint(name="block_has_name", condition=~Q(name="")),
        ]

    def __str__(self) -> str:
        return self.name
