"""Who may do what: the table of roles as the office reads it, and a verb's way of asking it."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied

from accounts.models import Role
from accounts.permissions import GRANTS, SYSTEM, Permission, may, require
from tests import factories

pytestmark = pytest.mark.django_db

ALLOWED = {
    Role.OPERATOR: {"view", "enter", "submit", "see_voters", "reveal_identity"},
    Role.REVIEWER: {"view", "see_voters", "decide", "recompute"},
    Role.AUDITOR: {"view", "read_audit"},
    Role.ADMIN: {"view", "manage_accounts"},
    Role.CLIENT: set(),
}


def test_every_role_stands_in_the_table():
    assert set(GRANTS) == set(Role.values) == set(ALLOWED)


@pytest.mark.parametrize("permission", Permission)
@pytest.mark.parametrize("role", Role.values)
def test_a_role_may_what_the_table_says_and_nothing_else(role, permission):
    person = factories.user(role)

    assert may(person, permission) is (permission in ALLOWED[role])


@pytest.mark.parametrize("permission", Permission)
def test_the_system_may_everything_everywhere(permission):
    assert may(SYSTEM, permission)
    require(SYSTEM, permission, territories=["00", "36", "91.01"])


@pytest.mark.parametrize("permission", Permission)
@pytest.mark.parametrize("role", Role.values)
def test_whoever_is_suspended_may_nothing(role, permission):
    assert not may(factories.user(role, is_active=False), permission)


def test_a_stranger_may_nothing():
    assert not may(AnonymousUser(), Permission.VIEW)


def test_nobody_is_not_the_system():
    with pytest.raises(AttributeError):
        require(None, Permission.VIEW)


def test_a_verb_refuses_a_role_without_the_permission():
    with pytest.raises(PermissionDenied):
        require(factories.user(Role.AUDITOR), Permission.ENTER)


@pytest.mark.parametrize("territories", [["32.73"], ["36.03", "32.73"], ["32"], ["00"], [""]])
def test_a_verb_refuses_what_is_not_all_in_the_territory(territories):
    factories.region("36.03")

    with pytest.raises(PermissionDenied):
        require(factories.user(Role.OPERATOR, "36"), Permission.ENTER, territories=territories)


def test_a_verb_accepts_what_lies_in_the_territory():
    factories.region("36.03")

    require(factories.user(Role.OPERATOR, "36"), Permission.ENTER, territories=["36", "36.03"])
