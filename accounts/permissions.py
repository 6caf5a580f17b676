"""May this person do that? One table, asked by every verb."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from django.core.exceptions import PermissionDenied

from regions.territory import NATIONAL, Reach

from .models import Role, User

if TYPE_CHECKING:
    from collections.abc import Iterable


class Permission(StrEnum):
    VIEW = "view"
    ENTER = "enter"
    SUBMIT = "submit"
    SEE_VOTERS = "see_voters"
    REVEAL_IDENTITY = "reveal_identity"
    DECIDE = "decide"
    RECOMPUTE = "recompute"
    READ_AUDIT = "read_audit"
    MANAGE_ACCOUNTS = "manage_accounts"


class System:
    """The program itself: commands and sweeps act as it, never as nobody."""

    pk = None
    username = "SYSTEM"
    reach: Reach = NATIONAL

    def __str__(self) -> str:
        return self.username


SYSTEM: Final = System()
Actor = User | System

GRANTS: Final[dict[str, frozenset[Permission]]] = {
    Role.OPERATOR: frozenset(
        {Permission.VIEW, Permission.ENTER, Permission.SUBMIT, Permission.SEE_VOTERS, Permission.REVEAL_IDENTITY}
    ),
    Role.REVIEWER: frozenset({Permission.VIEW, Permission.SEE_VOTERS, Permission.DECIDE, Permission.RECOMPUTE}),
    Role.AUDITOR: frozenset({Permission.VIEW, Permission.READ_AUDIT}),
    Role.ADMIN: frozenset({Permission.VIEW, Permission.MANAGE_ACCOUNTS}),
    Role.CLIENT: frozenset(),
}


def may(actor: Actor, permission: Permission) -> bool:
    if isinstance(actor, System):
        return True
    return actor.is_active and permission in GRANTS[actor.role]


def require(actor: Actor, permission: Permission, *, territories: Iterable[str] = ()) -> None:
    """Raises PermissionDenied unless the actor may do this in every one of the territories."""
    if not may(actor, permission):
        raise PermissionDenied(permission)
    if any(territory not in actor.reach for territory in territories):
        raise PermissionDenied(permission)
