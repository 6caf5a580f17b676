"""Trying another policy: derived, run beside the official one, compared, and never in its way."""

import io
import uuid

import openpyxl
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Role
from mapping import policies as rules
from mapping import recompute, scenarios, tasks, versus
from mapping.models import Policy, Proposal, Run
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def official(db, settings) -> Policy:
    settings.LANGUAGE_CODE = "en"
    return factories.policy(maximum=4, minimum=1, minimums={})


@pytest.fixture
def reviewer():
    return factories.user(Role.REVIEWER)


@pytest.fixture
def browser(client, reviewer):
    client.force_login(reviewer)
    client.cookies["django_language"] = "en"
    return client


def location_with(voters: int, **fields):
    location = factories.special_location(**fields)
    for _ in range(voters):
        factories.voter(location)
    return location


def tried(official, by, **fields) -> Policy:
    return scenarios.derive(based_on=official, fields={"name": "Tiga", "maximum": 3, **fields}, by=by)


def run_for_the_country(scenario, by) -> Run:
    asked = scenarios.ask(scenario=scenario, region=by.territory, by=by)
    assert scenarios.run(asked.pk)
    asked.refresh_from_db()
    return asked


def test_a_scenario_has_the_rules_it_was_given_and_the_others_of_the_policy_it_comes_from(official, reviewer):
    scenario = tried(official, reviewer, departures={"panti": 20})

    assert (scenario.maximum, scenario.minimum, scenario.ballots) == (3, 1, official.ballots)
    assert (scenario.is_scenario, scenario.is_current, scenario.based_on) == (True, False, official)
    assert (scenario.departures_for("panti"), scenario.departures_for("rutan_lapas")) == (20, 0)


def test_two_scenarios_of_one_name_have_addresses_of_their_own(official, reviewer):
    assert [tried(official, reviewer).slug for _ in range(2)] == ["skenario-tiga", "skenario-tiga-2"]


def test_a_run_leaves_the_official_proposals_alone(official, reviewer):
    prison = location_with(6)
    recompute.territory(policy=official)
    before = Proposal.everywhere.get(policy=official, superseded_at=None)

    run = run_for_the_country(tried(official, reviewer, maximum=2), reviewer)

    assert Proposal.everywhere.get(policy=official, superseded_at=None).pk == before.pk
    assert (run.state, run.tps, run.locations, run.cause) == (Run.State.DONE, 3, 1, Run.Cause.SCENARIO)
    assert Proposal.everywhere.get(location=prison, policy=run.policy).tps == 3


def test_headroom_of_a_kind_counts_for_that_kind_alone(official, reviewer):
    location_with(4, kind="panti")
    location_with(4)

    run = run_for_the_country(tried(official, reviewer, maximum=4, headrooms={"panti": 50}), reviewer)

    assert run.tps == 3


def test_rules_without_headroom_by_kind_keep_the_fingerprints_they_had(official):
    assert "headrooms" not in rules.canonical_rules(official)


def test_asking_twice_is_one_run(official, reviewer):
    scenario, country = tried(official, reviewer), reviewer.territory

    first = scenarios.ask(scenario=scenario, region=country, by=reviewer)

    assert scenarios.ask(scenario=scenario, region=country, by=reviewer) == first
    assert scenarios.run(first.pk)
    assert not scenarios.run(first.pk)


def test_a_run_whose_message_was_lost_is_found(official, reviewer):
    asked = scenarios.ask(scenario=tried(official, reviewer), region=reviewer.territory, by=reviewer)

    tasks.resume_scenarios()

    asked.refresh_from_db()
    assert asked.state == Run.State.DONE
    assert scenarios.waiting() == []


def test_a_run_that_fails_says_so_and_can_be_asked_for_again(official, reviewer, monkeypatch):
    scenario = tried(official, reviewer)
    asked = scenarios.ask(scenario=scenario, region=reviewer.territory, by=reviewer)

    def breaks(**_kwargs):
        raise RuntimeError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(recompute, "territory", breaks)
        with pytest.raises(RuntimeError):
            scenarios.run(asked.pk)

    asked.refresh_from_db()
    assert asked.state == Run.State.FAILED
    assert scenarios.ask(scenario=scenario, region=reviewer.territory, by=reviewer) != asked


def test_what_was_run_is_not_changed_any_more(official, reviewer):
    scenario = tried(official, reviewer)
    scenarios.correct(scenario=scenario, fields={"maximum": 2}, by=reviewer)
    run_for_the_country(scenario, reviewer)

    with pytest.raises(ValidationError) as refused:
        scenarios.correct(scenario=scenario, fields={"maximum": 1}, by=reviewer)

    assert refused.value.code == "was_run"


def test_an_official_policy_is_neither_corrected_nor_run_nor_put_away_here(official, reviewer):
    for act in (
        lambda: scenarios.correct(scenario=official, fields={}, by=reviewer),
        lambda: scenarios.ask(scenario=official, region=reviewer.territory, by=reviewer),
        lambda: scenarios.archive(scenario=official, by=reviewer),
    ):
        with pytest.raises(ValidationError, match="no scenario"):
            act()


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.AUDITOR, Role.ADMIN])
def test_only_reviewers_draft(official, role):
    with pytest.raises(PermissionDenied):
        tried(official, factories.user(role))


def test_the_comparison_adds_up_by_province_and_kind(official, reviewer):
    location_with(6)
    location_with(3, region_code="32.73.01.1001", kind="panti")
    scenario = tried(official, reviewer, maximum=2, departures={"panti": 50})
    recompute.territory(policy=official)
    run_for_the_country(scenario, reviewer)

    first, second = versus.figures(Proposal.everywhere.all(), [official, scenario])

    assert (first.total.tps, second.total.tps) == (3, 5)
    for each in (first, second):
        for part in (each.by_province, each.by_kind):
            assert sum(total.tps for total in part.values()) == each.total.tps
            assert sum(total.with_tps for total in part.values()) == each.total.with_tps == 9
    assert second.by_kind["panti"].present_per_tps == pytest.approx(0.75)


def test_every_voter_has_a_tps_or_goes_to_an_ordinary_one(official, reviewer):
    location_with(6)
    location_with(2, kind="panti")
    scenario = tried(official, reviewer, minimum=3)
    recompute.territory(policy=official)
    run_for_the_country(scenario, reviewer)

    for each in versus.figures(Proposal.everywhere.all(), [official, scenario]):
        assert each.total.with_tps + each.total.to_ordinary_tps == each.total.eligible


def test_the_locations_that_change_are_named(official, reviewer):
    changed, _same = location_with(6), location_with(1)
    scenario = tried(official, reviewer, maximum=2)
    recompute.territory(policy=official)
    run_for_the_country(scenario, reviewer)

    (moved,) = versus.moved(Proposal.everywhere.all(), official, scenario)

    assert (moved.location_id, moved.before[1], moved.after[1], moved.difference) == (changed.pk, 2, 3, 1)


# The pages


def filled(official, **fields):
    shown = {name: getattr(official, name) for name in ("polling_day", "maximum", "minimum", "away_level")}
    return {**shown, "name": "Dua", "headroom_percent": 0, "reserve_percent": 2, "combining_distance_m": "", **fields}


def test_a_scenario_is_drafted_run_and_compared_in_the_browser(browser, official):
    location_with(6)
    recompute.territory(policy=official)

    drafted = browser.post(f"/kebijakan/{official.slug}/turunkan/", filled(official, maximum=2, headroom_panti=10))
    scenario = Policy.objects.get(name="Dua")
    assert drafted.url == f"/kebijakan/{scenario.slug}/"
    assert (scenario.maximum, scenario.headrooms) == (2, {"panti": 10})
    browser.post(f"/kebijakan/{scenario.slug}/jalankan/", {"wilayah": "00"})
    tasks.resume_scenarios()
    page = browser.get(f"/kebijakan/{scenario.slug}/")
    compared = browser.get(page.context["compare_url"])

    assert "3 TPS" in page.content.decode()
    assert [cell["value"] for cell in compared.context["measures"][0]["values"]] == [2, 3]
    assert len(compared.context["moved"].object_list) == 1


def test_a_run_shows_how_far_it_is_and_the_page_turns_when_it_is_over(browser, official, reviewer):
    scenario = tried(official, reviewer)
    asked = scenarios.ask(scenario=scenario, region=reviewer.territory, by=reviewer)

    waiting = browser.get(f"/kebijakan/{scenario.slug}/kemajuan/")
    scenarios.run(asked.pk)
    over = browser.get(f"/kebijakan/{scenario.slug}/kemajuan/")

    assert "Waiting for the worker" in waiting.content.decode()
    assert over.headers["HX-Refresh"] == "true"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"maximum": 0}, "maximum"),
        ({"maximum": ""}, "maximum"),
        ({"minimum": 5}, "minimum"),
        ({"minimum_panti": 5}, "minimum_panti"),
        ({"polling_day": "2023-01-01"}, "polling_day"),
        ({"name": ""}, "name"),
        ({"departures_panti": 101}, "departures_panti"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(browser, official, wrong, field):
    page = browser.post(f"/kebijakan/{official.slug}/turunkan/", filled(official, **wrong))

    assert page.status_code == 422
    assert field in page.context["form"].errors
    assert not Policy.objects.filter(is_draft=True).exists()


def test_one_policy_alone_is_no_comparison(browser, official):
    assert browser.get("/kebijakan/bandingkan/", {"k": official.slug}).url == "/kebijakan/"


def test_the_comparison_costs_the_same_number_of_questions_however_many_locations(browser, official, reviewer):
    scenario = tried(official, reviewer, maximum=2)

    def questions() -> int:
        recompute.territory(policy=official)
        run_for_the_country(scenario, reviewer)
        with CaptureQueriesContext(connection) as asked:
            browser.get("/kebijakan/bandingkan/", {"k": [official.slug, scenario.slug]})
        return len(asked)

    location_with(3)
    questions()
    one = questions()
    for _ in range(6):
        location_with(3)

    assert questions() == one


def test_the_comparison_can_be_taken_along(browser, official, reviewer):
    location_with(6)
    scenario = tried(official, reviewer, maximum=2)
    recompute.territory(policy=official)
    run_for_the_country(scenario, reviewer)

    answer = browser.get("/kebijakan/bandingkan/", {"k": [official.slug, scenario.slug], "format": "xlsx"})

    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    rows = list(book["total"].iter_rows(values_only=True))
    assert [row[rows[0].index("tps")] for row in rows[1:]] == [2, 3]


def test_an_operator_compares_the_own_territory_and_drafts_nothing(client, official, reviewer):
    location_with(6)
    location_with(3, region_code="32.73.01.1001")
    scenario = tried(official, reviewer, maximum=2)
    recompute.territory(policy=official)
    run_for_the_country(scenario, reviewer)
    client.force_login(factories.user(Role.OPERATOR, "32"))

    compared = client.get("/kebijakan/bandingkan/", {"k": [official.slug, scenario.slug]})

    assert [cell["value"] for cell in compared.context["measures"][0]["values"]] == [1, 2]
    assert client.post(f"/kebijakan/{official.slug}/turunkan/", filled(official)).status_code == 403
    assert client.post(f"/kebijakan/{scenario.slug}/jalankan/", {"wilayah": "32"}).status_code == 403


def test_a_scenario_that_was_put_away_leaves_the_list_and_keeps_its_address(browser, official, reviewer):
    scenario = tried(official, reviewer)

    browser.post(f"/kebijakan/{scenario.slug}/simpan/")

    assert scenario.name not in browser.get("/kebijakan/").content.decode().split("messages")[0]
    assert browser.get(f"/kebijakan/{scenario.slug}/").status_code == 200


@pytest.mark.parametrize("slug", ["pemilu-2024", "tidak-ada"])
def test_an_address_that_is_no_scenario_is_not_found(browser, slug):
    assert browser.get(f"/kebijakan/{slug}/").status_code == 404


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"reserve_percent": 101}, "policy_reserve_is_a_share"),
        ({"archived_at": "2026-01-01T00:00Z"}, "policy_current_is_not_archived"),
    ],
)
def test_what_a_policy_cannot_be(official, fields, constraint):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Policy.objects.filter(pk=official.pk).update(**fields)


def test_two_runs_of_one_scenario_and_territory_do_not_wait_at_once(official, reviewer):
    asked = scenarios.ask(scenario=tried(official, reviewer), region=reviewer.territory, by=reviewer)

    Run.everywhere.filter(pk=asked.pk).update(state=Run.State.RUNNING)

    with pytest.raises(IntegrityError, match=r"run_one_at_a_time|UNIQUE"), transaction.atomic():
        Run.everywhere.create(
            id=uuid.uuid4(), territory="00", policy=asked.policy, cause="scenario", state=Run.State.WAITING
        )
