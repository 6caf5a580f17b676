"""A client system is let in by its token, as far as the token's scopes and territory reach."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from accounts import tokens
from accounts.models import ApiToken, AuditEntry, Role, User
from accounts.permissions import SYSTEM
from tests import factories

pytestmark = pytest.mark.django_db
REGIONS = "/api/v1/regions/"


def issue(*scopes, territory="36", **options):
    region = factories.region(territory)
    values = {"user": factories.user(Role.CLIENT, territory), "days": None, "by": SYSTEM}
    return tokens.issue(name="sirekap", scopes=list(scopes), territory=region, **{**values, **options})


def get(client, text, path=REGIONS):
    return client.get(path, headers={"authorization": text})


def assert_problem(answer, status):
    assert answer.status_code == status
    assert answer["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status


def test_a_token_with_the_scope_is_let_in(client):
    _token, text = issue("regions")

    assert get(client, f"Token {text}").status_code == 200


@pytest.mark.parametrize(
    "header", [None, "", "Token", "Token ", "Token not-one", "Bearer x", "Token a b", "Token " + "x" * 5000]
)
def test_without_a_token_that_fits_it_is_401(client, header):
    issue("regions")

    answer = client.get(REGIONS) if header is None else get(client, header)

    assert_problem(answer, 401)
    assert answer["www-authenticate"] == "Token"


def test_the_token_of_one_kind_of_data_opens_no_other(client):
    _token, text = issue("summaries", "map")

    assert_problem(get(client, f"Token {text}"), 403)


def test_a_token_that_has_expired_is_401(client):
    token, text = issue("regions", days=1)
    assert get(client, f"Token {text}").status_code == 200

    ApiToken.objects.filter(pk=token.pk).update(expiry=timezone.now() - datetime.timedelta(seconds=1))

    assert_problem(get(client, f"Token {text}"), 401)


def test_a_suspended_account_answers_for_no_token(client):
    _token, text = issue("regions")
    User.objects.update(is_active=False)

    assert_problem(get(client, f"Token {text}"), 401)


def test_a_signed_in_person_is_no_token(client):
    client.force_login(factories.user(Role.OPERATOR, "36"))

    assert_problem(client.get(REGIONS), 401)


def test_a_token_opens_no_page(client):
    _token, text = issue("regions")

    answer = get(client, f"Token {text}", "/lokasi/")

    assert (answer.status_code, answer.url) == (302, "/masuk/?next=/lokasi/")


def test_a_token_reaches_its_territory_and_not_its_accounts():
    factories.region("36.03")

    token, _text = issue("regions", territory="36", user=factories.user(Role.CLIENT, "32"))

    assert token.reach == {"36", "36.03"}


@pytest.mark.parametrize("days", [0, -1, 3651, 10**9])
def test_a_token_that_would_never_count_or_never_end_is_refused(days):
    with pytest.raises(ValueError, match="days"):
        issue("regions", days=days)


def test_a_scope_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="people"):
        issue("regions", "people")


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.REVIEWER, Role.AUDITOR, Role.CLIENT])
def test_only_an_administrator_issues_tokens(role):
    with pytest.raises(PermissionDenied):
        issue("regions", by=factories.user(role))


def test_an_administrator_issues_none_for_other_territories():
    with pytest.raises(PermissionDenied):
        issue("regions", territory="32", by=factories.user(Role.ADMIN, "36"))


def test_the_trail_says_who_got_what():
    token, text = issue("regions", days=30)

    entry = AuditEntry.everywhere.get(action="token.issued")
    assert entry.subject_id == str(token.user_id)
    assert entry.details == {"scopes": ["regions"], "days": 30, "name": "sirekap"}
    assert entry.territory == "36"
    assert text not in str(entry.details)
