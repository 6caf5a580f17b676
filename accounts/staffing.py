"""Verbs of the staff list: who gets an account, with which role, where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from regions.levels import Level

from . import audit
from .models import Role, User
from .permissions import Actor, Permission, require

if TYPE_CHECKING:
    from regions.models import Region


@transaction.atomic
def create_account(
    *, username: str, password: str | None, role: str, territory: Region, by: Actor, name: str = ""
) -> User:
    """A new account; without a password it cannot sign in. Raises ValidationError for what cannot be."""
    require(by, Permission.MANAGE_ACCOUNTS, territories=[territory.pk])
    if territory.level > Level.REGENCY or territory.successor_id:
        raise ValidationError(_("A territory is the country, a province or a regency."), code="territory")
    if role == Role.REVIEWER and territory.level != Level.COUNTRY:
        raise ValidationError(_("A reviewer is central: territory 00."), code="territory")
    user = User(username=username, name=name, role=role, territory=territory)
    if password is not None:
        validate_password(password, user)
    user.set_password(password)
    user.full_clean(exclude=["password"])
    user.save()
    audit.record(by=by, action="account.created", subject=user, territory=territory.pk, role=role, username=username)
    return user
