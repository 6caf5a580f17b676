"""What a client system gets: figures within its territory, and a clear refusal for everything else."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator

from accounts import tokens
from accounts.models import Role
from accounts.permissions import SYSTEM
from mapping.core.plan import BALLOTS
from tests import factories
from tests.mapping.plans import proposal

pytestmark = pytest.mark.django_db

EVERYTHING = ["summaries", "locations", "proposals", "map"]
RESOURCES = {
    "summaries": "/api/v1/summaries/",
    "locations": "/api/v1/locations/",
    "proposals": "/api/v1/proposals/",
    "map": "/api/v1/tps.geojson",
}


class Api:
    """A client system with a token of these scopes and this territory."""

    def __init__(self, *, scopes: list[str] = EVERYTHING, territory: str = "00") -> None:
        account = factories.user(Role.CLIENT, territory)
        place = factories.region(territory)
        _token, text = tokens.issue(user=account, name="test", scopes=scopes, territory=place, days=1, by=SYSTEM)
        self.client = Client(headers={"Authorization": f"Token {text}"})

    def get(self, path: str, **parameters: str) -> Any:
        return self.client.get(path, parameters)


@pytest.fixture
def places() -> None:
    factories.policy()
    serang = factories.special_location("A-1", "36.03.28.2004", name="Rutan Serang", person_in_charge="Ibu Contoh")
    factories.special_location("A-0", "36.03", phone="0812000")
    proposal(serang, 500, ineligible={"no_nik": 3, "foreign": 1})
    proposal(factories.special_location("B-1", "32.73.01.1001", kind="panti", latitude=-6.9, longitude=107.6), 150)
    factories.voter(stay="36.03")


@pytest.fixture
def api(places: None) -> Api:
    return Api()


@pytest.mark.parametrize("path", RESOURCES.values())
def test_without_a_token_nobody_reads(path: str) -> None:
    answer = Client().get(path)

    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(("scope", "path"), RESOURCES.items())
def test_a_token_reads_only_what_its_scopes_name(scope: str, path: str, places: None) -> None:
    others = [other for other in RESOURCES if other != scope]

    assert Api(scopes=others).get(path).status_code == 403
    assert Api(scopes=[scope]).get(path).status_code == 200


@pytest.mark.parametrize("path", ["/api/v1/handovers/", "/api/v1/opinions/"])
def test_what_is_not_built_is_not_there(api: Api, path: str) -> None:
    assert api.get(path).status_code == 404


def test_a_summary_says_policy_time_rows_totals_and_unplaced(api: Api) -> None:
    answer = api.get("/api/v1/summaries/", level="province").json()

    assert list(answer) == ["policy", "as_of", "results", "totals", "unplaced"]
    assert answer["policy"] == "pemilu-2024"
    assert [row["region"] for row in answer["results"]] == ["32", "36"]
    assert answer["results"][1] == {
        "region": "36", "name": "Province 36", "locations": 1, "qualified": 1, "tps": 2, "registered": 504,
        "eligible": 500, "ineligible": 4,
        "ballots": {"ppwp": 500, "dpd": 500, "dpr": 500, "dprd_prov": 500, "dprd_kabko": 500, "gub": 0, "bupwal": 0},
    }  # fmt: skip
    assert answer["totals"]["tps"] == 3
    assert answer["unplaced"] == 1


def test_a_summary_of_one_region_and_kind(api: Api) -> None:
    answer = api.get("/api/v1/summaries/", level="village", region="3603", category="rutan_lapas").json()

    assert [row["region"] for row in answer["results"]] == ["36.03.28.2004"]
    assert answer["unplaced"] == 1


def test_a_summary_without_proposals_is_empty_and_not_an_error() -> None:
    factories.policy()

    answer = Api().get("/api/v1/summaries/", level="regency").json()

    assert (answer["as_of"], answer["results"], answer["totals"]["locations"]) == (None, [], 0)


def test_a_summary_of_another_policy_is_of_that_one(api: Api) -> None:
    other = factories.policy("pilkada-2024", maximum=600, is_current=False)
    proposal(factories.special_location(), 590, policy=other)

    answer = api.get("/api/v1/summaries/", policy="pilkada-2024", level="province").json()

    assert answer["policy"] == "pilkada-2024"
    assert answer["totals"]["tps"] == 1


@pytest.mark.parametrize("path", RESOURCES.values())
def test_an_unknown_parameter_is_refused_by_name(api: Api, path: str) -> None:
    answer = api.get(path, regoin="36")

    assert answer.status_code == 400
    assert "regoin" in answer.json()["errors"]


@pytest.mark.parametrize(
    ("parameters", "status"),
    [
        ({"level": "country"}, 400),
        ({"level": "Province"}, 400),
        ({"region": "banten"}, 400),
        ({"region": "36'--"}, 400),
        ({"region": "٣٦"}, 400),
        ({"region": "99"}, 404),
        ({"region": "\x00"}, 400),
        ({"policy": "\x00"}, 400),
        ({"policy": "none-such"}, 404),
        ({"policy": "9" * 5000}, 400),
        ({"category": "penjara"}, 400),
        ({"region": "00"}, 200),
    ],
)
def test_bad_values_have_one_answer_on_every_database(api: Api, parameters: dict[str, str], status: int) -> None:
    answer = api.get("/api/v1/summaries/", **parameters)

    assert answer.status_code == status


@pytest.mark.parametrize("path", RESOURCES.values())
def test_a_foreign_region_answers_like_one_that_is_not_there(places: None, path: str) -> None:
    banten = Api(territory="36")

    foreign, missing = banten.get(path, region="32"), banten.get(path, region="98")

    assert foreign.status_code == missing.status_code == 404
    assert foreign.content == missing.content


def test_a_token_of_a_province_sees_nothing_of_another(places: None) -> None:
    banten = Api(territory="36")

    assert [row["region"] for row in banten.get("/api/v1/summaries/", level="province").json()["results"]] == ["36"]
    assert [row["kode_lokasi"] for row in banten.get("/api/v1/locations/").json()["results"]] == ["A-0", "A-1"]
    assert [row["kode_lokasi"] for row in banten.get("/api/v1/proposals/").json()["results"]] == ["A-1"]
    assert len(banten.get("/api/v1/tps.geojson").json()["features"]) == 1
    assert banten.get("/api/v1/locations/B-1/").status_code == 404


def test_a_token_of_a_regency_gets_its_own_part_of_the_province(places: None) -> None:
    proposal(factories.special_location(region_code="36.71"), 200)

    answer = Api(territory="36.03").get("/api/v1/summaries/", level="regency", region="36").json()

    assert [row["region"] for row in answer["results"]] == ["36.03"]
    assert answer["unplaced"] == 1


def test_locations_name_no_person(api: Api) -> None:
    listed = api.get("/api/v1/locations/").content.decode()
    one = api.get("/api/v1/locations/A-1/")

    assert one.json()["nama"] == "Rutan Serang"
    assert "Contoh" not in one.content.decode() + listed.replace("Rutan Contoh", "")
    assert "0812" not in listed
    assert api.get("/api/v1/locations/%00/").status_code == 404


def test_proposals_have_the_columns_of_the_export(api: Api) -> None:
    first = api.get("/api/v1/proposals/").json()["results"][0]

    assert first["kode_lokasi"] == "A-1"
    assert (first["tps"], first["ukuran"], first["nomor"], first["hasil"]) == (2, "250+250", "901+902", "qualified")
    assert first["state"] == "draft"
    assert "ineligible" not in first


def test_one_proposal_counts_who_is_not_eligible_by_reason(api: Api) -> None:
    pk = api.get("/api/v1/proposals/", region="36").json()["results"][0]["id"]

    one = api.get(f"/api/v1/proposals/{pk}/").json()

    assert one["ineligible"] == {"no_nik": 3, "foreign": 1}
    assert one["nomor"] == "901+902"
    assert Api(territory="32").get(f"/api/v1/proposals/{pk}/").status_code == 404


def test_a_superseded_version_stays_readable_without_numbers(api: Api) -> None:
    old = proposal(factories.special_location(region_code="36.71"), 300, superseded_at="2026-11-24T00:00:00Z")

    one = api.get(f"/api/v1/proposals/{old.pk}/").json()

    assert one["superseded_at"].startswith("2026-11-24")
    assert one["nomor"] == ""


def test_pages_hold_what_was_asked_for(api: Api) -> None:
    page = api.get("/api/v1/proposals/", page_size="1", page="2").json()

    assert page["count"] == 2
    assert [row["kode_lokasi"] for row in page["results"]] == ["B-1"]


def test_numbers_do_not_hang_on_the_page_or_the_filter(places: None) -> None:
    proposal(factories.special_location("A-2", "36.03.28.2004", kind="panti"), 310)

    listed = Api().get("/api/v1/proposals/", category="panti", region="36").json()["results"]

    assert [row["nomor"] for row in listed] == ["903+904"]


def test_points_say_whether_they_are_the_location_s_own(api: Api) -> None:
    factories.region("36.03").__class__.objects.filter(pk="36.03").update(latitude=-6.2, longitude=106.5)

    answer = api.get("/api/v1/tps.geojson")
    middle, own = answer.json()["features"]

    assert answer["Content-Type"] == "application/geo+json"
    assert middle["geometry"]["coordinates"] == [106.5, -6.2]
    assert middle["properties"]["approximate"] is True
    assert own["geometry"]["coordinates"] == [107.6, -6.9]
    assert own["properties"]["approximate"] is False


@cache
def schema() -> dict[str, Any]:
    return json.loads(json.dumps(SchemaGenerator().get_schema(public=True)))


def validate(operation_path: str, answer: Any) -> None:
    """The answer is what the schema promises for its status and media type, with no property it does not name."""
    promised = schema()["paths"][operation_path]["get"]["responses"][str(answer.status_code)]["content"]
    content = promised[answer["Content-Type"]]["schema"]
    document = {"$ref": "#/root", "root": content, "components": closed(schema()["components"])}
    Draft202012Validator(document, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(answer.json())


def closed(node: Any) -> Any:
    """OpenAPI 3.0's `nullable` as JSON Schema says it, and objects with no further properties."""
    if isinstance(node, list):
        return [closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    out = {key: closed(value) for key, value in node.items() if key != "nullable"}
    if "properties" in out:
        out.setdefault("additionalProperties", False)
    if node.get("nullable"):
        return {"anyOf": [out, {"type": "null"}]}
    return out


def test_the_schema_describes_every_path_its_parameters_and_its_refusals() -> None:
    paths = schema()["paths"]

    for path in RESOURCES.values():
        operation = paths[path]["get"]
        assert set(operation["responses"]) == {"200", "400", "401", "403", "404", "429"}
        assert "region" in {parameter["name"] for parameter in operation["parameters"]}
        assert operation["description"]
    assert {parameter["name"] for parameter in paths["/api/v1/summaries/"]["get"]["parameters"]} == {
        "level", "region", "category", "policy",
    }  # fmt: skip
    assert paths["/api/v1/summaries/"]["get"]["security"] == [{"token": []}]


@pytest.mark.parametrize("level", ["province", "regency", "district", "village"])
def test_summaries_are_what_the_schema_promises(api: Api, level: str) -> None:
    proposal(factories.special_location(region_code="36.71"), 200)

    validate("/api/v1/summaries/", api.get("/api/v1/summaries/", level=level))


def test_every_answer_is_what_the_schema_promises(api: Api) -> None:
    pk = api.get("/api/v1/proposals/").json()["results"][0]["id"]

    validate("/api/v1/locations/", api.get("/api/v1/locations/"))
    validate("/api/v1/locations/{code}/", api.get("/api/v1/locations/A-1/"))
    validate("/api/v1/proposals/", api.get("/api/v1/proposals/"))
    validate("/api/v1/proposals/{id}/", api.get(f"/api/v1/proposals/{pk}/"))
    validate("/api/v1/tps.geojson", api.get("/api/v1/tps.geojson"))


def test_every_refusal_is_what_the_schema_promises(api: Api) -> None:
    path = "/api/v1/summaries/"

    validate(path, api.get(path, level="x"))
    validate(path, api.get(path, region="99"))
    validate(path, Client().get(path))
    validate(path, Api(scopes=["map"]).get(path))


def test_the_example_in_the_schema_keeps_to_the_schema() -> None:
    content = schema()["paths"]["/api/v1/summaries/"]["get"]["responses"]["200"]["content"]["application/json"]
    document = {"$ref": "#/root", "root": content["schema"], "components": closed(schema()["components"])}

    for example in content["examples"].values():
        assert set(example["value"]["totals"]["ballots"]) == set(BALLOTS)
        Draft202012Validator(document).validate(example["value"])
