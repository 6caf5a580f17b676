"""An account is made for one role and one territory, by whoever may, and the trail says so."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts import staffing
from accounts.models import AuditEntry, Role, User
from accounts.permissions import SYSTEM
from tests import factories

pytestmark = pytest.mark.django_db


def create(**fields):
    values = {
        "username": "operator.contoh",
        "password": factories.PASSWORD,
        "role": Role.OPERATOR,
        "territory": factories.region("36"),
        "by": SYSTEM,
    }
    return staffing.create_account(**{**values, **fields})


def test_an_account_has_a_password_a_role_and_a_territory():
    person = create()

    assert person.check_password(factories.PASSWORD)
    assert (person.role, person.territory_id) == (Role.OPERATOR, "36")


def test_the_trail_names_the_account_and_not_the_password():
    admin = factories.user(Role.ADMIN, "00")

    person = create(by=admin)

    entry = AuditEntry.everywhere.get(action="account.created")
    assert (entry.actor_id, entry.subject_id, entry.territory) == (admin.pk, str(person.pk), "36")
    assert factories.PASSWORD not in str(entry.details)


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.REVIEWER, Role.AUDITOR, Role.CLIENT])
def test_only_an_administrator_makes_accounts(role):
    with pytest.raises(PermissionDenied):
        create(by=factories.user(role))

    assert not AuditEntry.everywhere.exists()


def test_an_account_without_a_password_has_none_that_fits():
    person = create(password=None)

    assert not person.has_usable_password()
    assert not person.check_password("")


@pytest.mark.parametrize("code", ["36.03.28", "36.03.28.2004"])
def test_a_territory_is_the_country_a_province_or_a_regency(code):
    with pytest.raises(ValidationError) as caught:
        create(territory=factories.region(code))

    assert caught.value.code == "territory"


def test_a_retired_region_is_nobodys_territory():
    with pytest.raises(ValidationError):
        create(territory=factories.region("91.01", successor="93.01"))


def test_a_reviewer_is_central():
    with pytest.raises(ValidationError):
        create(role=Role.REVIEWER)

    assert create(role=Role.REVIEWER, territory=factories.region("00")).is_central


@pytest.mark.parametrize("password", ["", "short", "password1234", "operator.contoh"])
def test_a_password_that_is_guessed_soon_is_refused(password):
    with pytest.raises(ValidationError):
        create(password=password)

    assert not User.objects.exists()


@pytest.mark.parametrize("fields", [{"username": "two words"}, {"username": ""}, {"role": "king"}])
def test_an_account_that_cannot_be_is_refused(fields):
    with pytest.raises(ValidationError):
        create(**fields)


def test_a_name_that_is_taken_is_refused():
    create()

    with pytest.raises(ValidationError):
        create()

    assert User.objects.count() == 1


def test_an_administrator_makes_accounts_in_the_own_territory_only():
    admin = factories.user(Role.ADMIN, "36")

    with pytest.raises(PermissionDenied):
        create(territory=factories.region("32"), by=admin)
    with pytest.raises(PermissionDenied):
        create(role=Role.REVIEWER, territory=factories.region("00"), by=admin)

    create(by=admin)
