"""The first accounts and tokens of an installation, from the command line."""

import io
import os
import subprocess
import sys

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts import tokens
from accounts.models import ApiToken, AuditEntry, Role, User
from tests import factories
from tests.house.code import BASE

pytestmark = pytest.mark.django_db


@pytest.fixture
def type_in(monkeypatch):
    """Gives the next command a line on standard input, as a pipe does."""
    return lambda text: monkeypatch.setattr(sys, "stdin", io.StringIO(text))


@pytest.fixture(autouse=True)
def regions():
    factories.region("36.03")


def create(name="operator.contoh", role="operator", territory="36"):
    out = io.StringIO()
    call_command("create_account", name, "--role", role, "--territory", territory, stdout=out)
    return out.getvalue()


def issue(*arguments):
    out = io.StringIO()
    call_command("issue_token", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize("after", ["", "\n", "\r\n", "\nwhat follows is not read"])
def test_the_password_is_the_first_line_of_standard_input(type_in, after):
    type_in(factories.PASSWORD + after)

    create()

    assert User.objects.get().check_password(factories.PASSWORD)


def test_it_says_who_may_what_where_and_not_the_password(type_in):
    type_in(factories.PASSWORD + "\n")

    said = create()

    assert "operator.contoh" in said
    assert "Province 36" in said
    assert factories.PASSWORD not in said


@pytest.mark.parametrize(
    ("role", "territory"), [("operator", "36.03"), ("auditor", "00"), ("reviewer", "00"), ("admin", "00")]
)
def test_each_role_of_a_person_can_be_given(type_in, role, territory):
    type_in(factories.PASSWORD + "\n")

    create(role=role, territory=territory)

    assert (User.objects.get().role, User.objects.get().territory_id) == (role, territory)


def test_the_trail_says_that_the_system_made_it(type_in):
    type_in(factories.PASSWORD + "\n")

    create()

    assert AuditEntry.everywhere.get().actor == "SYSTEM"


@pytest.mark.parametrize(
    ("arguments", "password"),
    [
        ({"role": "client"}, factories.PASSWORD),
        ({"role": "king"}, factories.PASSWORD),
        ({"role": "reviewer"}, factories.PASSWORD),
        ({"territory": "99"}, factories.PASSWORD),
        ({"territory": ""}, factories.PASSWORD),
        ({"territory": "36.03.28"}, factories.PASSWORD),
        ({"territory": "91.01"}, factories.PASSWORD),
        ({"name": "two words"}, factories.PASSWORD),
        ({}, "short"),
        ({}, ""),
        ({}, "password1234"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(type_in, arguments, password):
    factories.region("36.03.28")
    factories.region("91.01", successor="93.01")
    type_in(password + "\n")

    with pytest.raises(CommandError, match=r"\w"):
        create(**arguments)

    assert not User.objects.exists()
    assert not AuditEntry.everywhere.exists()


def test_a_name_is_given_once(type_in):
    type_in(f"{factories.PASSWORD}\n{factories.PASSWORD}\n")
    create()

    with pytest.raises(CommandError):
        create(role="auditor")

    assert User.objects.get().role == Role.OPERATOR


def test_a_token_is_printed_once_and_kept_only_hashed(client):
    text = issue("sirekap", "--scope", "regions").strip()

    token = ApiToken.objects.get()
    stored = [str(value) for value in ApiToken.objects.values_list().get()]
    assert len(text) >= 40
    assert not any(text in value for value in stored)
    assert len(token.token_key) < len(text) // 2
    assert text not in "".join(str(entry.details) for entry in AuditEntry.everywhere.all())
    assert client.get("/api/v1/regions/", headers={"authorization": f"Token {text}"}).status_code == 200


def test_nothing_but_the_token_is_printed():
    assert issue("sirekap", "--scope", "regions").count("\n") == 1


def test_an_unknown_name_becomes_a_client_that_cannot_sign_in():
    issue("sirekap", "--scope", "regions", "--territory", "36")

    client = User.objects.get()
    assert (client.role, client.territory_id, client.has_usable_password()) == (Role.CLIENT, "36", False)


def test_a_token_has_the_scopes_and_the_territory_asked_for():
    issue("sirekap", "--scope", "summaries", "map", "--scope", "summaries", "--territory", "36.03")

    token = ApiToken.objects.get()
    assert token.scopes == ["map", "summaries"]
    assert token.territory_id == "36.03"
    assert token.expiry is None


def test_without_a_territory_it_is_the_accounts_or_the_country():
    factories.user(Role.OPERATOR, "36", username="operator.contoh")

    issue("operator.contoh", "--scope", "regions")
    issue("sirekap", "--scope", "regions")

    assert dict(ApiToken.objects.values_list("name", "territory")) == {"operator.contoh": "36", "sirekap": "00"}


def test_a_token_ends_after_the_days_asked_for():
    issue("sirekap", "--scope", "regions", "--days", "30")

    token = ApiToken.objects.get()
    assert round((token.expiry - token.created).total_seconds() / 86_400) == 30


@pytest.mark.parametrize(
    "arguments",
    [
        ["--scope", "everything"],
        [],
        ["--scope", "regions", "--territory", "99"],
        ["--scope", "regions", "--territory", "36.03.28"],
        ["--scope", "regions", "--territory", "91.01"],
        ["--scope", "regions", "--days", "0"],
        ["--scope", "regions", "--days", "-1"],
        ["--scope", "regions", "--days", "99999999"],
    ],
)
def test_a_token_that_cannot_be_is_refused_and_leaves_no_account(arguments):
    factories.region("36.03.28")
    factories.region("91.01", successor="93.01")

    with pytest.raises(CommandError):
        issue("sirekap", *arguments)

    assert not ApiToken.objects.exists()
    assert not User.objects.exists()


def test_a_token_for_a_suspended_account_is_refused():
    factories.user(Role.CLIENT, "36", username="sirekap", is_active=False)

    with pytest.raises(CommandError):
        issue("sirekap", "--scope", "regions")


def test_every_scope_can_be_given():
    issue("sirekap", "--scope", *tokens.SCOPES)

    assert ApiToken.objects.get().scopes == sorted(tokens.SCOPES)


@pytest.mark.once
def test_the_command_line_itself_refuses_without_reference_data(tmp_path):
    """A process of its own: exit code and sentence are what a person sees."""
    database = f"sqlite:///{tmp_path / 'empty.sqlite3'}"
    environment = os.environ | {"DATABASE_URL": database, "DJANGO_SETTINGS_MODULE": "tpskhusus.settings"}
    run = [sys.executable, "manage.py"]
    subprocess.run([*run, "migrate", "-v0"], cwd=BASE, env=environment, check=True)

    done = subprocess.run(
        [*run, "create_account", "x", "--role", "admin", "--territory", "00"],
        cwd=BASE, env=environment, input=factories.PASSWORD, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 1
    assert "load_reference" in done.stderr
    assert "Traceback" not in done.stderr
