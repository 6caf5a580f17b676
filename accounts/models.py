"""Who: people, what they may do, what they did."""

from __future__ import annotations

from functools import cached_property
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from knox.models import AbstractAuthToken

from regions.models import COUNTRY, Region
from regions.territory import GuardedManager, ProtectedQuerySet, Reach, TerritoryField, regencies_of, territory_is_set

from .ids import new_id


class Role(models.TextChoices):
    OPERATOR = "operator", _("operator")
    REVIEWER = "reviewer", _("reviewer")
    AUDITOR = "auditor", _("auditor")
    ADMIN = "admin", _("administrator")
    CLIENT = "client", _("client system")


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(username=self.model.normalize_username(username), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):  # type: ignore[django-manager-missing]  # knox has no types
    """A person, or the client system that a token stands for, with one role and one territory.

    A reviewer is central: the country. A client system never signs in.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    username = models.CharField(_("account name"), max_length=150, unique=True, validators=[UnicodeUsernameValidator()])
    name = models.CharField(_("name"), max_length=150, blank=True)
    email = models.EmailField(_("email"), blank=True)
    role = models.CharField(_("role"), max_length=10, choices=Role)
    territory = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("territory"))
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = UserManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="user_reviewer_is_central",
                condition=~Q(role=Role.REVIEWER) | Q(territory=COUNTRY),
            ),
            models.CheckConstraint(name="user_role_known", condition=Q(role__in=Role.values)),
        ]

    def __str__(self) -> str:
        return self.name or self.username

    @cached_property
    def reach(self) -> Reach:
        return regencies_of(self.territory_id)

    @property
    def is_central(self) -> bool:
        return self.territory_id == COUNTRY


class ApiToken(AbstractAuthToken):
    """A client system's key: what it may read (scopes) and where (territory). It never sees a person."""

    name = models.CharField(max_length=150)
    scopes = models.JSONField(default=list)
    territory = models.ForeignKey(Region, models.PROTECT, related_name="+")

    @cached_property
    def reach(self) -> Reach:
        return regencies_of(self.territory_id)

    def allows(self, scope: str) -> bool:
        return scope in self.scopes


class AuditEntry(models.Model):
    """What somebody did, written in the transaction that did it and never changed (triggers hold that).

    About a voter it holds the row id and the names of changed fields, never values.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    territory = TerritoryField()
    at = models.DateTimeField()
    actor_id = models.UUIDField(null=True)
    actor = models.CharField(max_length=150)
    action = models.CharField(max_length=60)
    subject_type = models.CharField(max_length=60)
    subject_id = models.CharField(max_length=60)
    details = models.JSONField(default=dict)

    everywhere = models.Manager.from_queryset(ProtectedQuerySet)()
    objects = GuardedManager()

    class Meta:
        default_manager_name = "everywhere"
        constraints = [territory_is_set("audit_entry_has_territory")]
        indexes = [models.Index(fields=["subject_type", "subject_id"], name="audit_by_subject")]


class AuditSeal(models.Model):
    """The place of one entry in the hash chain; written after commit, one at a time."""

    position = models.PositiveBigIntegerField(primary_key=True)
    entry = models.OneToOneField(AuditEntry, models.PROTECT, related_name="seal")
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
