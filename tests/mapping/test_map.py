"""The map shows each person their own part of the country, as circles and as the same rows in a table."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.test import Client

from accounts.models import Role
from mapping.models import Decision
from regions.models import FormedTPS, Region
from tests import factories
from tests.mapping.plans import proposal
from voters.models import Register

MAP = "/peta/"
DATA = "/peta/data.json"


@pytest.fixture
def policy(db: None) -> Any:
    return factories.policy()


@pytest.fixture
def formed(policy: Any) -> None:
    """TPS of 2024 in two regencies."""
    for code, tps in (("36.03.28.2004", 5), ("36.03.28.2005", 2), ("32.73.01.1001", 9)):
        factories.region(code)
        FormedTPS.objects.create(
            edition="pemilu-2024", region_id=code[:5], village_code=code, village_name="Contoh", regular_tps=20,
            first_number=901, last_number=900 + tps, tps=tps,
        )  # fmt: skip


@pytest.fixture
def proposals(formed: None) -> None:
    submitted = {"submitted_at": "2026-11-20T00:00:00Z"}
    jambe = factories.special_location("A", "36.03.28.2004", name="Rutan Jambe", **submitted)
    proposal(jambe, 802)
    proposal(factories.special_location("B", "36.71", kind="panti", latitude=-6.2, longitude=106.6), 120)
    waiting = factories.special_location("C", "32.73.01.1001", name="Lapas Sukamiskin", **submitted)
    proposal(waiting, 250)
    Region.objects.filter(pk__in=["36", "36.03", "32", "32.73"]).update(latitude=-6.5, longitude=106.0)


def signed_in(role: str = Role.REVIEWER, territory: str = "00") -> Client:
    client = Client()
    client.force_login(factories.user(role, territory))
    return client


def places(client: Client, **parameters: str) -> dict[str, Any]:
    answer = client.get(DATA, parameters)
    assert answer.status_code == 200, answer.content
    return {place["key"]: place for place in answer.json()["places"]}


def test_strangers_are_asked_to_sign_in(policy: Any) -> None:
    assert Client().get(MAP).status_code == 302
    assert Client().get(DATA).status_code == 302


def test_provinces_then_regencies_then_locations(proposals: None) -> None:
    client = signed_in()

    provinces, regencies = places(client, level="province"), places(client, level="regency")
    locations = places(client, level="location")

    assert {key: place["tps"] for key, place in provinces.items()} == {"36": 4, "32": 1}
    assert {key: place["tps"] for key, place in regencies.items()} == {"36.03": 3, "36.71": 1, "32.73": 1}
    assert {key: place["tps"] for key, place in locations.items()} == {"A": 3, "B": 1, "C": 1}
    assert regencies["36.03"]["above"] == "Province 36"


def test_every_level_adds_up_to_the_figures_on_top(proposals: None) -> None:
    client = signed_in()

    sums = [sum(place["eligible"] for place in places(client, level=level).values()) for level in LEVELS]
    page = client.get(MAP)

    assert sums == [1172, 1172, 1172]
    assert [figure["value"] for figure in page.context["figures"]] == [5, 3, 1172]


LEVELS = ("province", "regency", "location")


def test_an_operator_sees_nothing_of_another_province(proposals: None) -> None:
    client = signed_in(Role.OPERATOR, "32")

    page = client.get(MAP, {"tingkat": "lokasi"}).content.decode()

    assert "Lapas Sukamiskin" in page
    assert "Rutan Jambe" not in page
    assert list(places(client, level="location")) == ["C"]
    assert client.get(MAP, {"wilayah": "36"}).status_code == 404
    assert client.get(DATA, {"region": "36", "level": "regency"}).status_code == 404


def test_a_location_leads_to_its_proposal_and_a_region_one_level_deeper(proposals: None) -> None:
    client = signed_in()

    country, province = client.get(MAP), client.get(MAP, {"wilayah": "36"})
    regency = client.get(MAP, {"wilayah": "36.03"})

    assert 'href="?wilayah=36"' in country.content.decode()
    assert province.context["level"] == "regency"
    assert regency.context["level"] == "location"
    assert "/telaah/" in regency.context["places"][0][1]


def test_filters_narrow_page_and_data_alike(proposals: None) -> None:
    client = signed_in()

    assert list(places(client, level="location", kind="panti")) == ["B"]
    assert set(places(client, level="location", state="waiting")) == {"A", "C"}
    assert places(client, level="province", state="draft")["36"]["tps"] == 1
    page = client.get(MAP, {"kategori": "panti", "keadaan": "draft", "tingkat": "lokasi"})
    assert [place.key for place, _url, _width in page.context["places"]] == ["B"]
    assert "state=draft" in page.context["data_url"]


def test_a_decision_changes_the_state_on_the_map(proposals: None) -> None:
    client = signed_in()
    key = places(client, level="location")["A"]["href"].strip("/").split("/")[-1]
    from mapping.models import Proposal

    decided = Proposal.everywhere.get(pk=key)
    Decision.everywhere.create(
        territory=decided.territory, proposal=decided, location=decided.location, policy=decided.policy,
        verdict="approved", fingerprint=decided.fingerprint, outcome=decided.outcome, tps=decided.tps,
        decided_by=factories.user(Role.REVIEWER),
    )  # fmt: skip

    assert places(client, level="location")["A"]["state"] == "approved"
    assert list(places(client, level="location", state="approved")) == ["A"]


@pytest.mark.parametrize(
    "parameters", [{"level": "village"}, {"kind": "penjara"}, {"state": "rejected"}, {"layer": "x"}]
)
def test_data_refuses_what_is_not_in_its_lists(proposals: None, parameters: dict[str, str]) -> None:
    assert signed_in().get(DATA, parameters).status_code == 400


@pytest.mark.parametrize("code", ["98", "\x00", "banten", "36' OR 1=1"])
def test_a_region_that_is_none_is_not_found(proposals: None, code: str) -> None:
    assert signed_in().get(MAP, {"wilayah": code}).status_code == 404


def test_a_value_outside_its_list_finds_nothing_on_the_page(proposals: None) -> None:
    page = signed_in().get(MAP, {"kategori": "penjara"})

    assert page.status_code == 200
    assert page.context["places"] == []


def test_the_tps_of_2024_show_until_there_is_a_proposal_of_ones_own(formed: None) -> None:
    client = signed_in()

    page = client.get(MAP)

    assert page.context["level"] == "regency"
    assert [figure["value"] for figure in page.context["figures"]] == [16, 3, 2]
    assert {key: place["formed"] for key, place in places(client, level="regency").items()} == {"36.03": 7, "32.73": 9}


def test_the_tps_of_2024_stand_beside_the_proposals_where_asked_for(proposals: None) -> None:
    client = signed_in()

    without, beside = places(client, level="province"), places(client, level="province", layer="dibentuk-2024")

    assert without["36"]["formed"] == 0
    assert (beside["36"]["tps"], beside["36"]["formed"]) == (4, 7)


def test_2024_is_shown_for_the_person_s_own_territory(formed: None) -> None:
    assert set(places(signed_in(Role.OPERATOR, "36"), level="regency")) == {"36.03"}


def test_an_estimate_is_an_indication_and_no_tps(policy: Any) -> None:
    proposal(factories.special_location("A", estimated_voters=500), 0)

    place = places(signed_in(), level="location")["A"]

    assert (place["tps"], place["indication"]) == (0, 2)


def test_a_location_without_a_point_stands_at_the_middle_of_its_region(proposals: None) -> None:
    found = places(signed_in(), level="location")

    assert (found["A"]["latitude"], found["A"]["is_approximate"]) == (-6.5, True)
    assert (found["B"]["latitude"], found["B"]["is_approximate"]) == (-6.2, False)


def test_the_table_sorts_without_script(proposals: None) -> None:
    def keys(sort: str) -> list[str]:
        page = signed_in().get(MAP, {"tingkat": "kabkota", "urut": sort})
        return [place.key for place, _url, _width in page.context["places"]]

    assert keys("pemilih") == ["36.71", "32.73", "36.03"]
    assert keys("-pemilih") == ["36.03", "32.73", "36.71"]
    assert keys("nonsense") == keys("")


def test_the_file_holds_the_rows_with_policy_and_source(proposals: None) -> None:
    answer = signed_in().get(MAP, {"tingkat": "lokasi", "format": "csv"})
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))

    assert [(row["kode"], row["tps"], row["keadaan"]) for row in rows] == [
        ("A", "3", "waiting"), ("C", "1", "waiting"), ("B", "1", "draft"),
    ]  # fmt: skip
    assert {row["kebijakan"] for row in rows} == {"pemilu-2024"}
    assert all(row["dihitung"] and row["sumber"] for row in rows)


@pytest.mark.parametrize(("level", "most"), [("province", 14), ("location", 12)])
def test_the_data_take_few_questions_whatever_the_number_of_places(
    proposals: None, level: str, most: int, django_assert_max_num_queries: Any
) -> None:
    client = signed_in()

    with django_assert_max_num_queries(most):
        client.get(DATA, {"level": level, "layer": "dibentuk-2024"})


def test_without_any_policy_the_page_says_what_to_do(db: None) -> None:
    page = signed_in().get(MAP)

    assert page.status_code == 200
    assert "load_reference" in page.content.decode()


def test_nothing_of_the_page_is_inline_script_or_style(proposals: None) -> None:
    page = signed_in().get(MAP).content.decode()

    assert "style=" not in page
    assert "<script>" not in page


def test_the_layer_of_2024_is_a_switch_that_lives_in_the_url(proposals: None) -> None:
    client = signed_in()

    off, on = client.get(MAP), client.get(MAP, {"lapisan": "dibentuk-2024", "kategori": "panti"})

    assert "?lapisan=dibentuk-2024" in off.content.decode()
    assert "lapisan=tanpa" in on.content.decode()
    assert [column["sort"] for column in on.context["columns"]] == ["nama", "tps", "dibentuk", "pemilih", "lokasi"]


def test_the_first_page_of_a_synthetic_register_shows_the_country_of_2024(proposals: None) -> None:
    Register.objects.update_or_create(pk=1, defaults={"name": "contoh", "is_synthetic": True})
    client = signed_in()

    first, without = client.get(MAP), client.get(MAP, {"lapisan": "tanpa"})

    assert "dibentuk" in [column["sort"] for column in first.context["columns"]]
    assert "dibentuk" not in [column["sort"] for column in without.context["columns"]]
