"""Does the database itself refuse what an account or an audit entry cannot be?"""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import AuditEntry, Role, User
from tests import factories

pytestmark = pytest.mark.django_db


def an_account(**fields):
    return User.objects.create(username="contoh", **fields)


VIOLATIONS = {
    "user_reviewer_is_central": lambda: an_account(role=Role.REVIEWER, territory=factories.region("36")),
    "user_role_known": lambda: an_account(role="king", territory=factories.region("36")),
    "audit_entry_has_territory": lambda: AuditEntry.everywhere.create(
        territory="", at=timezone.now(), actor="contoh", action="x.y", subject_type="x", subject_id="1"
    ),
}


@pytest.mark.parametrize("name", VIOLATIONS)
def test_the_database_refuses(name):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        VIOLATIONS[name]()


def test_a_name_belongs_to_one_account():
    an_account(role=Role.OPERATOR, territory=factories.region("36"))

    with pytest.raises(IntegrityError), transaction.atomic():
        an_account(role=Role.OPERATOR, territory=factories.region("36"))
