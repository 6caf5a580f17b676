"""Numbers over time: the versions of a proposal with what changed in words, the runs, and the comparison with 2024."""

import csv
import io

import pytest
from django.urls import reverse

from accounts.models import Role
from locations import changes
from mapping import formed, history, recompute
from mapping.formed import Cause
from mapping.models import Policy, Proposal, Run
from regions.models import FormedTPS
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def policy(db, settings) -> Policy:
    settings.LANGUAGE_CODE = "en"
    return factories.policy(maximum=4, minimum=1, minimums={})


@pytest.fixture
def as_(client):
    def signed_in(user):
        client.force_login(user)
        client.cookies["django_language"] = "en"
        return client

    return signed_in


def location_with(*voters_by_version: int, **fields):
    """A location whose list grew to these numbers, each computed."""
    location = factories.special_location(**fields)
    for voters in voters_by_version:
        while location.voters.count() < voters:
            factories.voter(location)
        changes.record([location.pk])
        recompute.changed()
    return location


def test_each_version_says_what_changed_since_the_one_before(policy):
    location = location_with(3, 6)
    versions = list(history.versions_of(location, policy, factories.user(Role.REVIEWER)))

    newest, first = history.steps(versions, {})

    assert "TPS: 1 → 2 (+1)" in newest.lines
    assert any(line.startswith("eligible: 3 → 6") for line in newest.lines)
    assert newest.moved_percent is not None
    assert (first.lines, first.moved_percent) == ([], None)


def test_the_page_of_the_history_holds_every_version_and_the_first_one_says_so(as_):
    location = location_with(1, 2, 3)

    answer = as_(factories.user(Role.OPERATOR)).get(reverse("mapping:history", args=[location.pk]))

    assert "3 versions" in answer.content.decode()
    assert "The first version." in answer.content.decode()
    assert [step.version.version for step in answer.context["page"]] == [3, 2, 1]


def test_a_page_compares_its_last_version_with_the_one_on_the_next_page(as_, monkeypatch):
    from mapping.views import history as views

    monkeypatch.setattr(views, "VERSIONS_A_PAGE", 2)
    location = location_with(1, 2, 3)

    pages = [
        as_(factories.user(Role.REVIEWER)).get(reverse("mapping:history", args=[location.pk]), {"halaman": n})
        for n in (1, 2)
    ]

    assert [[bool(step.lines) for step in page.context["page"]] for page in pages] == [[True, True], [False]]


def test_a_location_that_nobody_computed_yet_has_no_history_and_says_what_comes_next(as_):
    location = factories.special_location()

    answer = as_(factories.user(Role.REVIEWER)).get(reverse("mapping:history", args=[location.pk]))

    assert "Nothing was computed yet" in answer.content.decode()


def test_a_version_leads_to_the_one_before_and_the_one_after(as_):
    location = location_with(1, 2, 3)
    first, second, third = Proposal.everywhere.filter(location=location).order_by("version")

    text = as_(factories.user(Role.REVIEWER)).get(reverse("mapping:proposal", args=[second.pk])).content.decode()

    assert reverse("mapping:proposal", args=[first.pk]) in text
    assert reverse("mapping:proposal", args=[third.pk]) in text


def test_every_run_is_listed_with_cause_and_figures(as_, policy):
    location_with(3)
    recompute.territory(policy=policy)

    answer = as_(factories.user(Role.REVIEWER)).get(reverse("mapping:runs"))

    assert {run.cause for run in answer.context["page"]} == {Run.Cause.CHANGE, Run.Cause.COMMAND}
    newest = Run.everywhere.order_by("-started_at").first()
    assert (newest.locations, newest.tps, newest.registered, newest.eligible) == (1, 1, 3, 3)


def test_runs_are_filtered_by_cause(as_, policy):
    location_with(3)
    recompute.territory(policy=policy)

    answer = as_(factories.user(Role.REVIEWER)).get(reverse("mapping:runs"), {"sebab": "command"})

    assert [run.cause for run in answer.context["page"]] == ["command"]


def formed_tps(village: str, tps: int) -> FormedTPS:
    return FormedTPS.objects.create(
        edition="pemilu-2024",
        region=factories.region(village[:5]),
        village_code=village,
        village_name="Desa Contoh",
        regular_tps=10,
        first_number=901,
        last_number=900 + tps,
        tps=tps,
    )


def test_a_village_whose_tps_are_filled_further_than_in_2024_says_so(policy):
    formed_tps(factories.VILLAGE, 3)
    location_with(6)

    (village,) = formed.villages(Proposal.everywhere.current(policy))

    assert (village.formed, village.proposed, village.difference, village.cause) == (3, 2, -1, Cause.FULLER)


@pytest.mark.parametrize(
    ("then", "voters", "cause"),
    [(2, 6, Cause.SAME), (1, 6, Cause.MORE_PLACES), (2, 0, Cause.NO_PLACE), (0, 3, Cause.NEW)],
)
def test_every_difference_from_2024_has_a_reason(policy, then, voters, cause):
    if then:
        formed_tps(factories.VILLAGE, then)
    if voters:
        location_with(voters)

    (village,) = formed.villages(Proposal.everywhere.current(policy))

    assert village.cause is cause


def test_the_reasons_add_up_to_the_difference(policy):
    formed_tps(factories.VILLAGE, 3)
    formed_tps("36.03.04.2099", 2)
    location_with(6)

    sums = formed.totals(formed.villages(Proposal.everywhere.current(policy)))

    assert sum(tps for _villages, tps in sums.by_cause.values()) == sums.proposed - sums.formed == -3


def test_the_comparison_with_2024_can_be_read_and_taken_along(as_):
    formed_tps(factories.VILLAGE, 3)
    location_with(6)
    client = as_(factories.user(Role.REVIEWER))

    page = client.get(reverse("mapping:beside_2024"))
    export = client.get(reverse("mapping:beside_2024"), {"format": "csv"}).content.decode("utf-8-sig")

    assert "fuller TPS" in page.content.decode()
    (row,) = csv.DictReader(io.StringIO(export))
    assert (row["tps_dibentuk_2024"], row["tps_usulan"], row["selisih"], row["sebab"]) == ("3", "2", "-1", "fuller")


def test_an_operator_compares_the_own_territory_only(as_):
    formed_tps(factories.VILLAGE, 3)
    formed_tps("32.01.01.2001", 2)

    answer = as_(factories.user(Role.OPERATOR, "36")).get(reverse("mapping:beside_2024"))
    foreign = as_(factories.user(Role.OPERATOR, "36")).get(reverse("mapping:beside_2024"), {"wilayah": "32"})

    assert [village.code for village, _label in answer.context["page"]] == [factories.VILLAGE]
    assert foreign.status_code == 404
