"""What a client system reads of the regions."""

from typing import Any

import pytest
from django.test import Client

from accounts import tokens
from accounts.models import Role
from accounts.permissions import SYSTEM
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    for code, name in {"36": "Banten", "36.03": "Kabupaten Tangerang", "36.03.04": "Jambe", "32": "Jawa Barat"}.items():
        factories.region(code, name, latitude=-6.2 if code == "36.03" else None)
    factories.region("91.01", successor="93.01")
    place, account = factories.region("36"), factories.user(Role.CLIENT, "36")
    _token, text = tokens.issue(user=account, name="test", scopes=["regions"], territory=place, days=1, by=SYSTEM)
    return Client(headers={"Authorization": f"Token {text}"})


def codes(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["code"] for row in answer.json()["results"]]


def test_regions_in_force_are_listed_by_code_whatever_the_territory(client: Client) -> None:
    answer = client.get("/api/v1/regions/")

    assert codes(answer) == ["00", "32", "36", "36.03", "36.03.04", "91", "93", "93.01"]
    assert answer.json()["results"][3] == {
        "code": "36.03", "name": "Kabupaten Tangerang", "level": "regency", "parent": "36",
        "latitude": -6.2, "longitude": None,
    }  # fmt: skip


def test_level_parent_and_words_narrow_the_list(client: Client) -> None:
    assert codes(client.get("/api/v1/regions/", {"level": "regency", "parent": "36"})) == ["36.03"]
    assert codes(client.get("/api/v1/regions/", {"parent": "3603"})) == ["36.03.04"]
    assert codes(client.get("/api/v1/regions/", {"q": "jambe banten"})) == ["36.03.04"]
    assert codes(client.get("/api/v1/regions/", {"parent": "99"})) == []
    assert codes(client.get("/api/v1/regions/", {"page_size": "2", "page": "2"})) == ["36", "36.03"]


@pytest.mark.parametrize(
    "parameters",
    [
        {"regoin": "36"},
        {"level": "kecamatan"},
        {"level": "1"},
        {"parent": "3"},
        {"q": "a"},
        {"q": "a" * 61},
        {"q": "\x00b"},
    ],
)
def test_an_unknown_parameter_or_a_bad_value_is_a_problem(client: Client, parameters: dict[str, str]) -> None:
    answer = client.get("/api/v1/regions/", parameters)

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"


def test_without_the_scope_nobody_reads(client: Client) -> None:
    place, account = factories.region("36"), factories.user(Role.CLIENT, "36")
    _token, text = tokens.issue(user=account, name="other", scopes=["map"], territory=place, days=1, by=SYSTEM)

    assert Client().get("/api/v1/regions/").status_code == 401
    assert Client(headers={"Authorization": f"Token {text}"}).get("/api/v1/regions/").status_code == 403
