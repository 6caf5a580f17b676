"""Where on earth: Kemendagri's regions and KPU's electoral districts, loaded from files and changed by nobody."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .levels import COUNTRY_CODE as COUNTRY
from .levels import Level


class RegionQuerySet(models.QuerySet["Region"]):
    def current(self) -> RegionQuerySet:
        """Regions of the edition in force; retired codes are only ways to find them."""
        return self.filter(successor=None)

    def of_level(self, level: Level) -> RegionQuerySet:
        return self.filter(level=level)

    def within(self, code: str) -> RegionQuerySet:
        """`code` itself and everything below it."""
        return self if code == COUNTRY else self.filter(Q(pk=code) | Q(pk__startswith=f"{code}."))


class Region(models.Model):
    """A node of the Kemendagri hierarchy; a parent's code is a prefix of its children's.

    A retired region has a successor; it is nobody's home and nobody's territory.
    """

    code = models.CharField(max_length=13, primary_key=True)
    name = models.CharField(max_length=100)
    level = models.PositiveSmallIntegerField(choices=[(level.value, level.name.lower()) for level in Level])
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children")
    successor = models.ForeignKey("self", models.PROTECT, null=True, related_name="predecessors")
    last_seen = models.PositiveSmallIntegerField(_("last year in force"), null=True)
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)

    objects = RegionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="region_retired_has_both",
                condition=Q(successor=None, last_seen=None) | Q(successor__isnull=False, last_seen__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["level", "name"], name="region_by_level_and_name")]

    def __str__(self) -> str:
        return self.name


class ElectoralDistrict(models.Model):
    """A dapil of one edition of the law; 2029 draws them anew."""

    class Kind(models.TextChoices):
        DPR = "dpr", "DPR"
        DPRD_PROV = "dprd_prov", "DPRD Provinsi"
        DPRD_KABKO = "dprd_kabko", "DPRD Kabupaten/Kota"

    edition = models.CharField(max_length=30)
    kind = models.CharField(max_length=10, choices=Kind)
    code = models.CharField(max_length=20)
    name = models.CharField(max_length=100)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["edition", "kind", "code"], name="electoral_district_once"),
        ]

    def __str__(self) -> str:
        return self.name


class RegionDistricts(models.Model):
    """The electoral districts of one region; empty where the region is split between several, or has none."""

    edition = models.CharField(max_length=30)
    region = models.ForeignKey(Region, models.CASCADE, related_name="+")
    dpr = models.ForeignKey(ElectoralDistrict, models.CASCADE, null=True, related_name="+")
    dprd_prov = models.ForeignKey(ElectoralDistrict, models.CASCADE, null=True, related_name="+")
    dprd_kabko = models.ForeignKey(ElectoralDistrict, models.CASCADE, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["edition", "region"], name="region_districts_once"),
        ]


class FormedTPS(models.Model):
    """Special-location TPS that KPU formed in one village in an earlier election (KPU's TPS table)."""

    edition = models.CharField(max_length=30)
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", help_text="the regency")
    village_code = models.CharField(max_length=13)
    village_name = models.CharField(max_length=100)
    regular_tps = models.PositiveIntegerField()
    first_number = models.PositiveIntegerField()
    last_number = models.PositiveIntegerField()
    tps = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["edition", "village_code"], name="formed_tps_once"),
        ]


class ReferenceFile(models.Model):
    """Which file of reference data is loaded, so that loading it again costs nothing."""

    name = models.CharField(max_length=60, primary_key=True)
    edition = models.CharField(max_length=60)
    sha256 = models.CharField(max_length=64)
    rows = models.PositiveIntegerField()
    loaded_at = models.DateTimeField()
