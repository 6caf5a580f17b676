"""What lies in another territory cannot be told from what does not exist: every route, every role, every place of an id."""

import re
import uuid

import pytest
from django.apps import apps
from django.core import serializers
from django.db import models

from accounts import tokens
from accounts.models import Role
from accounts.permissions import SYSTEM
from mapping.models import Decision, Proposal
from tests import factories
from tests.house.routes import CANARY, OBJECTS, OF_EVERYBODY, OPEN, Route, routes, write_register
from tests.house.test_edges import protected
from voters.models import DuplicateCase

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]

ROUTES = routes()
PAGES = [route for route in ROUTES if not route.is_api and route.name not in OPEN]
OF_OBJECTS = [route for route in ROUTES if set(route.arguments) - OF_EVERYBODY]
REFUSALS = {403, 404, 405}
FOREIGN = [(Role.OPERATOR, "32"), (Role.AUDITOR, "32"), (Role.ADMIN, "32"), (Role.OPERATOR, "36.71")]
# Code, name, kind and regency of active locations, for whoever transfers voters there (tests/voters/test_announcing.py).
PLACES_OF_EVERYBODY = {"voters:destinations"}
TOKEN_OF_FORM = re.compile(r"[A-Za-z0-9]{64}")
# A child of these may lie deeper than its parent: a run and a batch may concern a province or the country. A strike is
# for the voter's home, an announcement lies where the voter is to go. A likeness, and a step about one, lies where its own
# voter lies, wherever the other one is.
WIDER_PARENTS = {
    ("Proposal", "run"),
    ("Voter", "batch"),
    ("BatchBefore", "batch"),
    ("BatchMissing", "batch"),
    ("ClaimBefore", "batch"),
    ("Block", "batch"),
    ("MendedRow", "batch"),
    ("Strike", "voter"),
    ("Search", "list"),
    ("Likeness", "other"),
    ("ActStep", "other"),
    ("ActStep", "act"),
    ("Announcement", "voter"),
    ("Announcement", "act"),
}


@pytest.fixture
def world(data_dir):
    return write_register()


@pytest.fixture
def strangers(world):
    """People who have nothing to do with the register's one regency."""
    return [factories.user(role, territory) for role, territory in FOREIGN]


def answer_to(client, method, route: Route, world=None, **options):
    """(status, what it says, without what is different each time anyway)"""
    url = route.url(world)
    answer = getattr(client, method)(url, **options)
    body = b"".join(answer) if answer.streaming else answer.content
    text = TOKEN_OF_FORM.sub("…", body.decode(errors="replace"))
    for argument in url.split("/"):
        text = text.replace(argument, "…") if len(argument) > 8 else text
    return answer.status_code, text


def everything():
    """Every protected row, as text."""
    return sorted(serializers.serialize("json", [row]) for model in protected() for row in model._default_manager.all())


def headers(scopes=tokens.SCOPES, territory="32"):
    user = factories.user(Role.CLIENT, territory)
    _token, text = tokens.issue(user=user, name="x", scopes=list(scopes), territory=user.territory, days=1, by=SYSTEM)
    return {"authorization": f"Token {text}"}


@pytest.mark.once
def test_every_argument_of_a_route_names_a_row_we_know():
    unknown = {argument for route in ROUTES for argument in route.arguments} - set(OBJECTS)

    assert not unknown, "say in tests/house/routes.py which row it names"


@pytest.mark.once
def test_the_walk_sees_the_routes():
    names = {route.name for route in ROUTES}

    assert {"desk", "locations:detail", "mapping:proposal", "api-proposal", "password_change"} <= names
    assert names >= OPEN - {""}


@pytest.mark.once
def test_no_route_is_without_a_name():
    assert [route.path for route in ROUTES if not route.name] == []


def test_the_own_people_reach_these_rows(client, world):
    """Otherwise the walk below would prove nothing."""
    for person in (
        factories.user(Role.OPERATOR, "36.03"),
        factories.user(Role.OPERATOR, "36"),
        factories.user("reviewer"),
    ):
        client.force_login(person)
        unreachable = [r.path for r in OF_OBJECTS if not r.is_api and answer_to(client, "get", r, world)[0] == 404]
        assert not unreachable, person.role
    for territory in ("36.03", "00"):
        answers = {
            r.path: answer_to(client, "get", r, world, headers=headers(territory=territory))[0]
            for r in OF_OBJECTS
            if r.is_api
        }
        assert set(answers.values()) == {200}, answers


@pytest.mark.parametrize("method", ["get", "post"])
def test_foreign_and_not_there_are_answered_alike(client, world, strangers, method):
    before = everything()

    for person in strangers:
        client.force_login(person)
        for route in OF_OBJECTS:
            if route.is_api:
                continue
            foreign, absent = answer_to(client, method, route, world), answer_to(client, method, route)
            who = f"{method} {route.path} as {person.role} of {person.territory_id}"
            assert foreign == absent, who
            assert foreign[0] in REFUSALS, who
            assert CANARY not in foreign[1], who

    assert everything() == before


def test_a_reviewer_too_gets_a_404_for_what_is_not_there(client, world):
    client.force_login(factories.user(Role.REVIEWER))

    for route in OF_OBJECTS:
        if not route.is_api:
            assert answer_to(client, "get", route)[0] in REFUSALS, route.path
            assert answer_to(client, "post", route)[0] in REFUSALS, route.path


def test_no_page_shows_a_foreign_name(client, world, strangers):
    location, region = world["location"], world["location"].territory
    questions = [
        "",
        f"?lokasi={location.pk}",
        f"?wilayah={region}",
        f"?region={region}&q={region}",
        f"?cari={location.code}",
    ]

    for person in strangers:
        client.force_login(person)
        for route in PAGES:
            if route.arguments or route.name in PLACES_OF_EVERYBODY:
                continue
            for question in questions:
                answer = client.get(f"/{route.path}{question}")
                body = b"".join(answer) if answer.streaming else answer.content
                who = f"{route.path}{question} as {person.role} of {person.territory_id}"
                assert answer.status_code < 500, who
                assert CANARY not in body.decode(errors="replace"), who


def test_no_summary_or_list_of_the_api_shows_a_foreign_name(client, world):
    asking = headers()
    lists = [route for route in ROUTES if route.is_api and not route.arguments]

    for route in lists:
        for question in ("", "?region=36.03", "?level=regency&region=36", f"?location={world['location'].code}"):
            answer = client.get(f"/{route.path}{question}", headers=asking)
            assert answer.status_code in (200, 400, 404), route.path
            assert CANARY not in answer.content.decode(), route.path


def test_the_api_answers_foreign_and_not_there_alike(client, world):
    asking = headers()

    for route in OF_OBJECTS:
        if route.is_api:
            foreign, absent = (answer_to(client, "get", route, where, headers=asking) for where in (world, None))
            assert foreign == absent, route.path
            assert foreign[0] == 404, route.path


def test_the_api_wants_a_token_and_its_scope(client, world):
    none_of_it = headers(scopes=["opinions"], territory="00")

    for route in ROUTES:
        if route.is_api:
            assert answer_to(client, "get", route, world)[0] == 401, route.path
            assert answer_to(client, "get", route, world, headers=none_of_it)[0] == 403, route.path


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_stranger_is_led_to_the_door_whatever_they_ask_for(client, world, method):
    before = everything()

    for route in PAGES:
        for where in (world, None):
            answer = getattr(client, method)(route.url(where))
            assert answer.status_code in (302, 405), route.path
            if answer.status_code == 302:
                assert answer.url.startswith("/masuk/"), route.path

    assert everything() == before


def test_only_the_known_doors_stand_open(client):
    for route in ROUTES:
        if route.name in OPEN and not route.arguments:
            answer = client.get(f"/{route.path}")
            assert answer.status_code in (200, 302, 405, 503), route.path
            assert CANARY not in answer.content.decode()


def test_an_unknown_path_says_nothing_either(client):
    assert client.get(f"/lokasi/{uuid.uuid4()}/rahasia/").status_code == 404
    assert client.get("/api/v1/rahasia/").status_code == 404


# Every row in the territory of what it hangs on


def parents(model):
    """Foreign keys of this model that lead to a protected one in the same territory."""
    for field in model._meta.local_fields:
        is_child = isinstance(field, models.ForeignKey) and field.related_model in protected()
        if is_child and (model.__name__, field.name) not in WIDER_PARENTS:
            yield field.name


def test_a_row_lies_where_its_parent_lies(world):
    astray = [
        f"{model.__name__}.{name}"
        for model in protected()
        for name in parents(model)
        for child, parent in model._default_manager.filter(**{f"{name}__isnull": False}).values_list(
            "territory", f"{name}__territory"
        )
        if child != parent
    ]

    assert not astray


def test_the_register_of_this_test_has_a_row_of_every_kind(world):
    """So that the test above and the walk are about something; no verb writes a notice here."""
    empty = {model.__name__ for model in protected() if not model._default_manager.exists()}

    assert empty <= {"Notice", "Change", "FormerNIK", "ClaimBefore"}
    assert Decision.everywhere.exists()
    assert DuplicateCase.everywhere.exists()
    assert Proposal.everywhere.exists()


@pytest.mark.once
def test_every_model_with_a_territory_of_rows_is_protected():
    carrying = {
        model
        for model in apps.get_models()
        if any(field.name == "territory" and not field.is_relation for field in model._meta.local_fields)
    }

    assert carrying == protected()
