"""Voters who go to the nearest ordinary TPS are listed by village, with their reasons, and none is missing."""

import csv
import io

import pytest
from django.urls import reverse

from accounts.models import Role
from locations.models import Kind
from mapping import ordinary, recompute
from mapping.models import Policy, Proposal
from regions.models import FormedTPS
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def policy(db, settings) -> Policy:
    settings.LANGUAGE_CODE = "en"
    return factories.policy(maximum=4, minimum=3, minimums={})


@pytest.fixture
def reviewer(client):
    client.force_login(factories.user(Role.REVIEWER))
    client.cookies["django_language"] = "en"
    return client


def school(voters: int, region_code: str = factories.VILLAGE, **fields):
    location = factories.special_location(region_code=region_code, kind=Kind.OTHER, **fields)
    for _ in range(voters):
        factories.voter(location)
    return location


def test_each_village_holds_its_locations_and_all_their_voters(policy):
    school(2), school(1), school(3), school(1, "36.03.28.2005")
    figures = recompute.territory(policy=policy)

    first, second = ordinary.villages(Proposal.everywhere.current(policy))

    assert [(village.region.pk, village.voters) for village in (first, second)] == [
        (factories.VILLAGE, 3),
        ("36.03.28.2005", 1),
    ]
    assert first.voters + second.voters == figures.to_ordinary_tps == 4


def test_a_place_known_to_its_regency_alone_is_listed_by_that(policy):
    school(1, "36.03")
    recompute.territory(policy=policy)

    (found,) = ordinary.villages(Proposal.everywhere.current(policy))

    assert (found.region.pk, found.is_village, found.regular_tps) == ("36.03", False, None)


def test_the_page_says_why_and_leads_to_the_names(policy, reviewer):
    location = school(2, name="Pesantren Contoh")
    FormedTPS.objects.create(
        edition="pemilu-2024", region=factories.region("36.03"), village_code=factories.VILLAGE, village_name="Desa",
        regular_tps=12, first_number=901, last_number=901, tps=1,
    )  # fmt: skip
    recompute.territory(policy=policy)

    page = reviewer.get(reverse("mapping:to_ordinary_tps"))

    (village,) = page.context["page"].object_list
    assert village["regular_tps"] == 12
    assert "a TPS needs at least 3" in page.content.decode()
    listed = reviewer.get(village["locations"][0]["list_url"])
    assert len(listed.context["page"].object_list) == 2
    assert listed.context["location"] == location


def test_the_export_has_one_row_per_location_and_no_person(policy, reviewer):
    location = school(2)
    recompute.territory(policy=policy)

    text = reviewer.get(reverse("mapping:to_ordinary_tps"), {"format": "csv"}).content.decode("utf-8-sig")

    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["kode_lokasi"], row["pemilih"]) == (location.code, "2")
    assert "Warga" not in text


def test_with_nobody_to_send_away_the_page_says_so(policy, reviewer):
    school(3)
    recompute.territory(policy=policy)

    assert (
        "Every location with eligible voters has a TPS"
        in reviewer.get(reverse("mapping:to_ordinary_tps")).content.decode()
    )


def test_an_operator_sees_the_own_territory_only(policy, client):
    school(2)
    recompute.territory(policy=policy)
    client.force_login(factories.user(Role.OPERATOR, "32"))

    assert client.get(reverse("mapping:to_ordinary_tps")).context["page"].object_list == []
    assert client.get(reverse("mapping:to_ordinary_tps"), {"wilayah": "36"}).status_code == 404
