"""Recompute: new versions only where something that matters moved, and no change lost."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection, transaction

from locations import changes
from locations.models import Change, Kind
from mapping import policies, recompute
from mapping.core import fingerprint
from mapping.core.allocation import plan_location
from mapping.core.fingerprint import plan_from_json
from mapping.models import Proposal, Run
from mapping.tasks import recompute_changed
from tests import factories

if TYPE_CHECKING:
    from locations.models import SpecialLocation

pytestmark = pytest.mark.django_db


def in_force(location: SpecialLocation) -> Proposal:
    return Proposal.everywhere.get(location=location, superseded_at=None)


def crowd(location: SpecialLocation, count: int) -> None:
    for _ in range(count):
        factories.voter(location)


def test_a_prison_below_the_minimum_still_gets_a_tps() -> None:
    policy, prison = factories.policy(), factories.special_location()
    crowd(prison, 3)

    figures = recompute.territory(policy=policy)

    assert (figures.locations, figures.qualified, figures.tps, figures.eligible) == (1, 1, 1, 3)
    assert in_force(prison).outcome == "qualified"


def test_a_school_below_the_minimum_goes_to_the_nearest_ordinary_tps() -> None:
    policy, school = factories.policy(), factories.special_location(kind=Kind.OTHER)
    crowd(school, 3)

    recompute.territory(policy=policy)

    assert (in_force(school).outcome, in_force(school).tps) == ("nearest_regular_tps", 0)


def test_a_location_without_voters_has_a_proposal_too() -> None:
    policy, empty = factories.policy(), factories.special_location()

    recompute.territory(policy=policy)

    assert (in_force(empty).outcome, in_force(empty).registered) == ("no_eligible_voters", 0)


def test_802_voters_at_600_become_401_and_401() -> None:
    policy = factories.policy("pilkada-2024", ballots=["gub", "bupwal"], maximum=600)
    prison = factories.special_location(region_code="36.03.28.2004")
    home = factories.region("36.71.01.1001")
    for _ in range(802):
        factories.voter(prison, home=home)

    recompute.territory(policy=policy)

    assert plan_from_json(in_force(prison).plan).sizes == (401, 401)
    assert (in_force(prison).gub, in_force(prison).bupwal) == (802, 0)


def test_the_same_data_again_writes_nothing() -> None:
    policy, prison = factories.policy(), factories.special_location()
    crowd(prison, 2)
    recompute.territory(policy=policy)

    again = recompute.territory(policy=policy)

    assert again.written == 0
    assert in_force(prison).version == 1
    assert Run.everywhere.count() == 2


@pytest.fixture
def planned(monkeypatch) -> list[Any]:
    """The cells of each plan that is made."""
    made: list[Any] = []
    monkeypatch.setattr(
        recompute, "plan_location", lambda cells, rules: made.append(cells) or plan_location(cells, rules)
    )
    return made


def test_what_is_made_from_the_same_is_not_planned_again_and_counts_as_before(planned) -> None:
    policy, prison, school = (
        factories.policy(),
        factories.special_location(),
        factories.special_location(kind=Kind.OTHER),
    )
    crowd(prison, 3)
    first = recompute.territory(policy=policy)
    crowd(school, 2)
    planned.clear()

    again = recompute.territory(policy=policy)

    assert (len(planned), again.written) == (1, 1)
    assert (first.locations, first.qualified, first.tps, first.registered, first.eligible) == (2, 1, 1, 3, 3)
    assert (again.locations, again.qualified, again.tps, again.registered, again.eligible) == (2, 1, 1, 5, 5)
    assert (first.to_ordinary_tps, again.to_ordinary_tps) == (0, 2)


def test_another_engine_plans_everything_anew(planned, monkeypatch) -> None:
    policy = factories.policy()
    crowd(factories.special_location(), 1)
    recompute.territory(policy=policy)
    planned.clear()
    monkeypatch.setattr(fingerprint, "ENGINE", "another")

    again = recompute.territory(policy=policy)

    assert (len(planned), again.written) == (1, 0)


def test_one_more_voter_is_a_new_version_and_the_old_one_stays() -> None:
    policy, prison = factories.policy(), factories.special_location()
    crowd(prison, 2)
    recompute.territory(policy=policy)
    crowd(prison, 1)

    recompute.territory(policy=policy)

    versions = Proposal.everywhere.filter(location=prison).order_by("version")
    assert [(proposal.version, proposal.eligible) for proposal in versions] == [(1, 2), (2, 3)]
    assert versions[0].superseded_at is not None


def test_a_new_name_is_no_new_version() -> None:
    policy, prison = factories.policy(), factories.special_location()
    recompute.territory(policy=policy)
    prison.name, prison.person_in_charge = "Nama lain", "Seorang kepala"
    prison.save()

    assert recompute.territory(policy=policy).written == 0


def test_another_policy_leaves_the_current_proposals_and_the_changes_alone() -> None:
    current, prison = factories.policy(), factories.special_location()
    other = factories.policy("pilkada-2024", maximum=600)
    recompute.territory(policy=current)
    changes.record([prison.pk])

    recompute.territory(policy=other)

    assert Proposal.everywhere.filter(location=prison, superseded_at=None).count() == 2
    assert Change.everywhere.count() == 1


def test_a_region_recomputes_only_its_own() -> None:
    policy = factories.policy()
    here, there = factories.special_location(), factories.special_location(region_code="32.73.01.1001")

    figures = recompute.territory(policy=policy, region_code="36")

    assert figures.locations == 1
    assert Proposal.everywhere.filter(location=here).exists()
    assert not Proposal.everywhere.filter(location=there).exists()


def test_a_change_is_gone_once_a_recompute_saw_it() -> None:
    factories.policy()
    prison = factories.special_location()
    crowd(prison, 2)
    changes.record([prison.pk])

    assert recompute.changed() == 1
    assert in_force(prison).eligible == 2
    assert not Change.everywhere.exists()


def test_ten_edits_of_a_location_become_one_recompute() -> None:
    factories.policy()
    prison = factories.special_location()
    for _ in range(10):
        changes.record([prison.pk])

    recompute.changed()

    assert Run.everywhere.count() == 1


def test_the_task_run_twice_changes_nothing_the_second_time() -> None:
    factories.policy()
    prison = factories.special_location()
    changes.record([prison.pk])

    recompute_changed()
    recompute_changed()

    assert Proposal.everywhere.filter(location=prison).count() == 1


def test_nothing_is_recomputed_before_there_is_a_policy() -> None:
    changes.record([factories.special_location().pk])

    assert recompute.changed() == 0
    assert Change.everywhere.count() == 1


def test_the_changes_of_a_withdrawn_location_go_without_a_proposal() -> None:
    factories.policy()
    gone = factories.special_location(withdrawn_at="2023-06-01T00:00Z")
    changes.record([gone.pk])

    recompute.changed()

    assert not Change.everywhere.exists()
    assert not Proposal.everywhere.filter(location=gone).exists()


def test_more_tps_are_granted_with_a_reason_only() -> None:
    policy = factories.policy(maximum=2, minimum=1)
    asks = factories.special_location(requested_tps=3, requested_tps_reason="Blok tidak boleh dicampur")
    silent = factories.special_location(requested_tps=3)
    crowd(asks, 4)
    crowd(silent, 4)

    recompute.territory(policy=policy)

    assert (in_force(asks).tps, in_force(asks).engine_tps) == (3, 2)
    assert (in_force(silent).tps, in_force(silent).engine_tps) == (2, 2)


def test_a_kind_that_the_policy_does_not_serve_gets_no_tps() -> None:
    policy = factories.policy(kinds=[Kind.CARE])
    prison = factories.special_location()
    crowd(prison, 2)

    recompute.territory(policy=policy)

    assert in_force(prison).outcome == "nearest_regular_tps"


@pytest.mark.django_db(transaction=True)
def test_a_change_that_comes_while_a_recompute_runs_is_not_lost() -> None:
    """Two connections: the mark inserted after the worker looked stays for the next round."""
    factories.policy()
    prison = factories.special_location()
    changes.record([prison.pk])
    seen, go_on = threading.Event(), threading.Event()

    def slow_worker() -> None:
        original = recompute._Recompute._drafts

        def waiting(*args: Any) -> Any:
            seen.set()
            go_on.wait(10)
            return original(*args)

        recompute._Recompute._drafts = waiting  # type: ignore[method-assign]
        try:
            recompute._next_chunk()
        finally:
            recompute._Recompute._drafts = original  # type: ignore[method-assign]
            connection.close()

    worker = threading.Thread(target=slow_worker)
    worker.start()
    seen.wait(10)
    if connection.vendor == "sqlite":  # one writer: the second mark waits for the first transaction
        go_on.set()
    with transaction.atomic():
        changes.record([prison.pk])
    go_on.set()
    worker.join(20)

    assert Change.everywhere.count() == 1
    recompute.changed()
    assert not Change.everywhere.exists()


def test_current_policy_is_the_default() -> None:
    policy = factories.policy()

    assert policies.current() == policy


def test_shipped_policies_are_loaded_once() -> None:
    assert policies.load_shipped() == 3
    assert policies.load_shipped() == 0
    assert policies.current().slug == "pemilu-2024"
    assert policies.current().minimum_for(Kind.PRISON) == 1


def test_a_location_that_keeps_men_and_women_apart_gets_tps_for_each() -> None:
    policy, prison = factories.policy(), factories.special_location(kept_apart="sexes")
    crowd(prison, 2)
    factories.voter(prison, sex="P")

    recompute.territory(policy=policy)

    assert (in_force(prison).tps, in_force(prison).engine_tps) == (2, 2)


def test_to_keep_nobody_apart_is_no_part_of_a_fingerprint() -> None:
    assert "kept_apart" not in policies.canonical_options(factories.special_location())


def test_a_plan_drawn_by_hand_is_followed_whichever_way_the_database_writes_ids() -> None:
    policy, prison = factories.policy(maximum=3, minimum=1), factories.special_location()
    small, large = factories.block(prison, "Blok A"), factories.block(prison, "Blok B")
    for block, voters in ((small, 1), (large, 3)):
        for _ in range(voters):
            factories.voter(prison, block=block)
    prison.drawn_plan, prison.drawn_plan_reason = f"{small.pk.hex}+{large.pk.hex}", "Keamanan"
    prison.save()

    recompute.territory(policy=policy)

    found = plan_from_json(in_force(prison).plan)
    assert found.sizes == (1, 3)
    assert not found.warnings


def test_a_location_below_the_minimum_learns_what_better_data_would_bring() -> None:
    policy, plantation = factories.policy(), factories.special_location(kind=Kind.OTHER)
    crowd(plantation, 2)
    factories.voter(plantation, nik="")

    recompute.territory(policy=policy)

    hint = plan_from_json(in_force(plantation).plan).warnings[0]
    assert (hint.code, hint.params["mendable"], hint.params["why"]) == ("could_be_mended", 1, "some")
