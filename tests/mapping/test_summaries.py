"""Every level adds up to the same totals, and names stand beside the figures."""

from __future__ import annotations

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as some

from accounts.permissions import SYSTEM
from mapping import summaries
from mapping.core.plan import BALLOTS
from mapping.models import Proposal
from regions.levels import Level
from tests import factories
from tests.mapping.plans import proposal

pytestmark = pytest.mark.django_db

LEVELS = (Level.PROVINCE, Level.REGENCY, Level.DISTRICT, Level.VILLAGE)


def current():
    return Proposal.objects.visible_to(SYSTEM).current(factories.policy())


@pytest.fixture
def country() -> None:
    """Two provinces; places known to their village, district and regency; one below the minimum."""
    proposal(factories.special_location(region_code="36.03.28.2004"), 500, ineligible={"no_nik": 3})
    proposal(factories.special_location(region_code="36.03.28.2004"), 120)
    proposal(factories.special_location(region_code="36.03.28"), 310)
    proposal(factories.special_location(region_code="36.71"), 40, ineligible={"foreign": 2})
    proposal(factories.special_location(region_code="32.73.01.1001", kind="panti"), 60)


@pytest.mark.usefixtures("country")
def test_every_level_adds_up_to_the_same_totals() -> None:
    totals = [summaries.totals(summaries.by_level(current(), level)) for level in LEVELS]

    assert all(each == totals[0] for each in totals)
    assert totals[0]["tps"] == 2 + 1 + 2 + 1
    assert totals[0]["registered"] == 503 + 120 + 310 + 42 + 60
    assert totals[0]["ineligible"] == 5
    assert totals[0]["qualified"] == 4


@pytest.mark.usefixtures("country")
def test_places_known_only_roughly_stand_in_one_row_below_their_level() -> None:
    districts = summaries.by_level(current(), Level.DISTRICT)
    villages = summaries.by_level(current(), Level.VILLAGE)

    assert [(row.region, row.locations) for row in districts] == [("32.73.01", 1), ("36.03.28", 3), (None, 1)]
    assert [(row.region, row.locations) for row in villages] == [("32.73.01.1001", 1), ("36.03.28.2004", 2), (None, 2)]
    assert villages[-1].name is None


@pytest.mark.usefixtures("country")
def test_rows_carry_the_name_of_their_region() -> None:
    assert [row.name for row in summaries.by_level(current(), Level.PROVINCE)] == ["Province 32", "Province 36"]


@pytest.mark.usefixtures("country")
def test_a_withdrawn_location_counts_nowhere(django_assert_num_queries) -> None:
    gone = Proposal.objects.visible_to(SYSTEM).get(location__kind="panti").location
    gone.withdrawn_at = gone.created_at
    gone.save()

    proposals = current()

    with django_assert_num_queries(2):
        rows = summaries.by_level(proposals, Level.PROVINCE)

    assert [row.region for row in rows] == ["36"]


def test_unplaced_voters_count_where_they_stay_and_not_once_they_are_placed() -> None:
    factories.voter(stay="36.03.28.2004")
    factories.voter(stay="36.03")
    factories.voter(stay="32.73")
    factories.voter(stay="36.03", is_placed=True)

    assert summaries.unplaced("36", who=SYSTEM) == 2
    assert summaries.unplaced("36.03.28", who=SYSTEM) == 1
    assert summaries.unplaced("00", who=SYSTEM) == 3


places = some.tuples(
    some.sampled_from(["36.03", "36.03.28", "36.03.28.2004", "36.03.28.2005", "36.71.01.1001", "32.73", "32.73.01"]),
    some.integers(0, 700),
    some.integers(0, 9),
)


@given(some.lists(places, max_size=6))
def test_totals_agree_whatever_the_places(drawn) -> None:
    with transaction.atomic():
        for region, eligible, foreign in drawn:
            proposal(factories.special_location(region_code=region), eligible, ineligible={"foreign": foreign})

        totals = [summaries.totals(summaries.by_level(current(), level)) for level in LEVELS]
        transaction.set_rollback(True)

    assert all(each == totals[0] for each in totals)
    assert totals[0]["registered"] == sum(eligible + foreign for _, eligible, foreign in drawn)
    assert set(totals[0]["ballots"]) == set(BALLOTS)
