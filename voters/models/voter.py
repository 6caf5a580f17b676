"""A person registered away from home: a narrow row in the clear, and a sealed one."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.ids import new_id
from locations.models import Batch, Block, SpecialLocation
from regions.models import Region
from regions.territory import GuardedManager, TerritoryField, territory_is_set

from ..querysets import IdentityQuerySet, VoterQuerySet


class Role(models.TextChoices):
    """Whether somebody lives at the location or works there."""

    RESIDENT = "penghuni", _("resident")
    STAFF = "petugas", _("staff")


class Sex(models.TextChoices):
    MALE = "L", _("male")
    FEMALE = "P", _("female")


class Marital(models.TextChoices):
    """KPU's codes; who is or was married votes before 17."""

    NOT_YET = "B", _("not married")
    MARRIED = "S", _("married")
    WAS = "P", _("was married")


class NIKVerdict(models.TextChoices):
    """Only a NIK with the verdict `ok` claims the one registration that counts."""

    OK = "ok", _("well formed")
    NONE = "none", _("no NIK")
    BAD = "bad", _("at odds with the person")


class OfficialMark(models.TextChoices):
    """KPU's codes of why somebody is not eligible (TMS), and our own H."""

    DECEASED = "1", _("deceased")
    DUPLICATE = "2", _("duplicate")
    UNDERAGE = "3", _("under age")
    MOVED_AWAY = "4", _("moved away")
    FOREIGN = "5", _("foreigner")
    MILITARY = "6", _("TNI")
    POLICE = "7", _("Polri")
    WRONG_TPS = "8", _("registered at the wrong TPS")
    RIGHTS_REVOKED = "H", _("voting rights revoked by a court")


class Voter(models.Model):
    """What eligibility needs of a person, in the clear; nothing here is a NIK or a birth date.

    Placed voters have a location and its territory; unplaced ones a region of stay and its regency.
    `is_duplicate`: another row holds the claim of this NIK. `is_placed`: an unplaced voter who turned up at
    a location. `has_nkk`: one of 16 digits is sealed with the identity; None where nobody has looked yet.
    `of_age_on` (the 17th birthday) is set only where it lies after the register's epoch.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    territory = TerritoryField()
    location = models.ForeignKey(SpecialLocation, models.PROTECT, null=True, related_name="voters")
    block = models.ForeignKey(Block, models.PROTECT, null=True, blank=True, related_name="+")
    role = models.CharField(_("role"), max_length=8, choices=Role, default=Role.RESIDENT)
    name = models.CharField(_("name"), max_length=150)
    sex = models.CharField(_("sex"), max_length=1, choices=Sex)
    birth_year = models.PositiveSmallIntegerField(_("birth year"))
    of_age_on = models.DateField(null=True, editable=False)
    marital = models.CharField(_("marital status"), max_length=1, choices=Marital, blank=True)
    home = models.ForeignKey(Region, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    home_assumed = models.BooleanField(default=False)
    arrival = models.DateField(_("date of arrival"), null=True, blank=True)
    departure = models.DateField(_("date of departure"), null=True, blank=True)
    is_foreign = models.BooleanField(_("foreigner"), default=False)
    is_military_police = models.BooleanField(_("TNI or Polri"), default=False)
    official_mark = models.CharField(_("official mark"), max_length=1, choices=OfficialMark, blank=True)
    ektp = models.CharField(_("e-KTP status"), max_length=1, blank=True)
    nik_verdict = models.CharField(max_length=4, choices=NIKVerdict)
    is_duplicate = models.BooleanField(default=False)
    is_mismatch = models.BooleanField(default=False)
    batch = models.ForeignKey(Batch, models.SET_NULL, null=True, related_name="+")
    stay = models.ForeignKey(Region, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    h3_cell = models.CharField(max_length=15, blank=True)
    is_placed = models.BooleanField(default=False)
    has_nkk = models.BooleanField(null=True)

    everywhere = models.Manager.from_queryset(VoterQuerySet)()
    objects = GuardedManager.of(VoterQuerySet)

    class Meta:
        default_manager_name = "everywhere"
        constraints = [
            territory_is_set("voter_has_territory"),
            models.CheckConstraint(
                name="voter_somewhere",
                condition=Q(location__isnull=False, stay=None, is_placed=False)
                | Q(location=None, block=None, stay__isnull=False),
            ),
            models.CheckConstraint(name="voter_has_name", condition=~Q(name="")),
            models.CheckConstraint(name="voter_sex_known", condition=Q(sex__in=Sex.values)),
            models.CheckConstraint(name="voter_role_known", condition=Q(role__in=Role.values)),
            models.CheckConstraint(
                name="voter_leaves_after_arriving",
                condition=Q(arrival=None) | Q(departure=None) | Q(departure__gte=F("arrival")),
            ),
            models.CheckConstraint(
                name="voter_duplicate_has_a_nik", condition=Q(is_duplicate=False) | Q(nik_verdict=NIKVerdict.OK)
            ),
        ]

    def __str__(self) -> str:
        return self.name


class VoterIdentity(models.Model):
    """The sealed half of a voter: NIK, and everything else of the person as one record.

    The keyed hashes find a person without opening anything. `claim` is the NIK's hash on the one row per
    NIK that counts, empty on every other.
    """

    voter = models.OneToOneField(Voter, models.CASCADE, primary_key=True, related_name="identity")
    territory = TerritoryField(db_index=False)
    key_id = models.PositiveSmallIntegerField()
    nik_sealed = models.BinaryField(null=True)
    record_sealed = models.BinaryField()
    nik_hash = models.BinaryField(null=True)
    person_hash = models.BinaryField()
    claim = models.BinaryField(null=True, unique=True)

    everywhere = models.Manager.from_queryset(IdentityQuerySet)()
    objects = GuardedManager.of(IdentityQuerySet)

    class Meta:
        default_manager_name = "everywhere"
        constraints = [
            territory_is_set("identity_has_territory"),
            models.CheckConstraint(
                name="identity_claims_its_own_nik", condition=Q(claim=None) | Q(claim=F("nik_hash"))
            ),
            models.CheckConstraint(
                name="identity_nik_and_hash_together",
                condition=Q(nik_sealed=None, nik_hash=None) | Q(nik_sealed__isnull=False, nik_hash__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["nik_hash"], name="identity_by_nik"),
            models.Index(fields=["person_hash"], name="identity_by_person"),
        ]


class FormerNIK(models.Model):
    """The keyed hash of a NIK a voter had before a correction, so that an old list finds its voter."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    territory = TerritoryField()
    voter = models.ForeignKey(Voter, models.CASCADE, related_name="former_niks")
    nik_hash = models.BinaryField()

    everywhere = models.Manager.from_queryset(IdentityQuerySet)()
    objects = GuardedManager.of(IdentityQuerySet)

    class Meta:
        default_manager_name = "everywhere"
        constraints = [
            territory_is_set("former_nik_has_territory"),
            models.UniqueConstraint(fields=["voter", "nik_hash"], name="former_nik_once"),
        ]
        indexes = [models.Index(fields=["nik_hash"], name="former_nik_by_hash")]
