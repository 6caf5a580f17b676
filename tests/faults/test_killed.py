"""Killed at any statement of an import, a recompute or a decision: all of it is there or nothing, and the next try ends it."""

from __future__ import annotations

import datetime
import io
import itertools
import os
import signal
import traceback
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from django.db import connection, connections
from django.utils import timezone

from accounts.models import AuditEntry
from accounts.permissions import SYSTEM
from locations import changes, intake, registration
from locations.models import Batch, Change
from mapping import determination, policies, recompute, review
from mapping.models import Assignment, Decision, Determination, Proposal
from mapping.tasks import recompute_changed
from regions.models import Region
from tests import factories
from tests.conftest import LONG
from tests.live import wait_until
from tests.voters.lists import as_csv, counts, invented_nik, load, row
from tpskhusus import invariants
from voters import importing, undo, undoing
from voters.models import Strike, Undo, Voter
from voters.tasks import resume_imports, resume_undos

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from locations.models import SpecialLocation

pytestmark = [
    pytest.mark.slow,  # a process for each statement
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("data_dir", "country"),
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),
]


@pytest.fixture
def country(transactional_db: None) -> None:
    """The shipped policies, and the district where the invented NIKs were issued."""
    policies.load_shipped()
    factories.region("36.03.28")
    factories.region(factories.HOME)


def each_death(prepare: Callable[[int], Callable[[], Any]], *, step: int = 1) -> Iterator[int]:
    """Prepares an act, lets it be killed at its first statement, then another one at a later … until one comes through.

    Yields after each death the number of the statement. The register is sound each time. `make test-full` leaves
    no statement out.
    """
    for number in itertools.count(1, 1 if LONG else step):
        act = prepare(number)
        is_killed = dies_at(number, act)
        assert broken() == [], f"after a death at statement {number}"
        yield number
        if not is_killed:
            break
    assert broken() == []


def dies_at(statement: int, act: Callable[[], Any]) -> bool:
    """Runs `act` in a process that kills itself at its n-th statement; False if it came to its end before."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        _act_and_end(statement, act)
    ended: list[int] = []
    try:
        wait_until(lambda: ended.extend(os.waitpid(child, os.WNOHANG)) or ended[-2], 30)
    except AssertionError:
        os.kill(child, signal.SIGKILL)
        raise
    assert ended[-1] in (0, signal.SIGKILL), "the child failed by itself"
    return ended[-1] == signal.SIGKILL


def _act_and_end(statement: int, act: Callable[[], Any]) -> NoReturn:
    number = itertools.count(1)

    def kill(execute: Any, *arguments: Any) -> Any:
        if next(number) == statement:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(*arguments)

    try:
        with connection.execute_wrapper(kill):
            act()
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def broken() -> list[invariants.Finding]:
    """No worker plans here, so that changes wait as long as all the deaths take."""
    waiting = invariants.changes_are_on_their_way.__name__
    return [finding for finding in invariants.check() if not finding.holds and finding.name != waiting]


def test_a_killed_import_is_never_half_done_and_the_sweep_ends_it() -> None:
    """The list has somebody new, somebody known, somebody who stands elsewhere, and a row that is refused."""
    prison = factories.special_location("A")
    batches: list[Batch] = []

    def prepare(number: int) -> Callable[[], Any]:
        place = factories.special_location(f"L{number}")
        known, new, elsewhere = (invented_nik(serial=3 * number + place) for place in range(3))
        load(
            row("Budi Santoso", known, kode_lokasi=place.code, blok="Mawar"),
            row("Agus Salim", elsewhere, kode_lokasi=prison.code),
        )
        batches.append(
            receive(
                row("Budi Santoso", known, blok="Melati"),
                row("Siti Aminah", new, blok="Melati"),
                row("Agus Salim", elsewhere),
                row("", ""),
                at=place,
            )
        )
        return lambda: importing.run(batches[-1])

    for number in each_death(prepare, step=3):
        forget_the_worker(batches[-1])
        wait_until(lambda: is_done(batches[-1]), 10)

        assert counts(batches[-1]) == {"rows": 4, "accepted": 1, "updated": 1, "rejected": 1, "duplicates": 1}
        names = Voter.everywhere.filter(location__code=f"L{number}").order_by("name").values_list("name", flat=True)
        assert list(names) == ["Agus Salim", "Budi Santoso", "Siti Aminah"]

    assert number > 20


def test_a_list_taken_back_by_a_killed_worker_is_gone_or_all_there() -> None:
    """It brought somebody new, changed somebody known, and brought somebody who counts elsewhere."""
    prison, clerk = factories.special_location("A"), factories.user(territory="36")
    batches: list[Batch] = []

    def prepare(number: int) -> Callable[[], Any]:
        place = factories.special_location(f"L{number}")
        known, new, elsewhere = (invented_nik(serial=3 * number + place) for place in range(3))
        load(
            row("Budi Santoso", known, kode_lokasi=place.code, blok="Mawar"),
            row("Agus Salim", elsewhere, kode_lokasi=prison.code),
        )
        again = [row("Budi Santoso", known, blok="Melati"), row("Siti Aminah", new), row("Agus Salim", elsewhere)]
        batches.append(load(*again, at=place, by=clerk))
        return lambda: take_back(batches[-1])

    def take_back(batch: Batch) -> None:
        undo.take_back(batch=batch, reason="salah", seen=undo.outlook(batch).seen, by=clerk)

    for number in each_death(prepare, step=11):
        here = Voter.everywhere.filter(location__code=f"L{number}")
        batches[-1].refresh_from_db()
        if batches[-1].state == Batch.State.DONE:
            assert sorted(here.values_list("name", "block__name")) == [
                ("Agus Salim", None),
                ("Budi Santoso", "Melati"),
                ("Siti Aminah", None),
            ]
            take_back(batches[-1])

        assert list(here.values_list("name", "block__name")) == [("Budi Santoso", "Mawar")]

    assert number > 20


def test_a_large_list_whose_worker_is_killed_is_taken_back_by_the_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    """Until then all of it is there, and the order says that somebody is at it."""
    monkeypatch.setattr(undoing, "AT_ONCE", 0)
    clerk = factories.user(territory="36")
    orders: list[Undo] = []

    def prepare(number: int) -> Callable[[], Any]:
        place = factories.special_location(f"L{number}")
        known, new = (invented_nik(serial=2 * number + place) for place in range(2))
        load(row("Budi Santoso", known, blok="Mawar"), at=place)
        batch = load(row("Budi Santoso", known, blok="Melati"), row("Siti Aminah", new), at=place, by=clerk)
        order = undoing.take_back(batch=batch, reason="salah", seen=undo.outlook(batch).seen, by=clerk)
        assert order is not None
        orders.append(order)
        return lambda: undoing.run(order.pk)

    for number in each_death(prepare, step=13):
        here = Voter.everywhere.filter(location__code=f"L{number}")
        orders[-1].refresh_from_db()
        assert here.count() == (1 if orders[-1].ended_at else 2)
        Undo.everywhere.exclude(heartbeat_at=None).update(heartbeat_at=timezone.now() - 2 * intake.LOST_AFTER)

        resume_undos()

        orders[-1].refresh_from_db()
        assert orders[-1].ended_at
        assert not orders[-1].failure
        assert list(here.values_list("name", "block__name")) == [("Budi Santoso", "Mawar")]

    assert number > 20


def receive(*rows: dict[str, Any], at: SpecialLocation) -> Batch:
    return importing.receive(file=io.BytesIO(as_csv(list(rows))), file_name="daftar.csv", location=at, by=SYSTEM)


def forget_the_worker(batch: Batch) -> None:
    """As if its last sign of life were too old."""
    long_ago = timezone.now() - datetime.timedelta(minutes=5)
    Batch.everywhere.filter(pk=batch.pk).exclude(heartbeat_at=None).update(heartbeat_at=long_ago)


def is_done(batch: Batch) -> bool:
    resume_imports()
    batch.refresh_from_db()
    return batch.state == Batch.State.DONE


def test_a_killed_recompute_loses_no_change() -> None:
    location = factories.special_location()

    def prepare(number: int) -> Callable[[], Any]:
        factories.voter(location, nik=invented_nik(serial=number))
        changes.record([location.pk])
        return recompute.changed

    deaths = 0
    for _number in each_death(prepare, step=2):
        deaths += 1
        recompute_changed()

        assert Proposal.everywhere.get(location=location, superseded_at=None).registered == Voter.everywhere.count()
        assert not Change.everywhere.exists()

    assert deaths > 4


def test_a_killed_rejection_decides_wholly_or_not_at_all() -> None:
    """Decision, closed location, claims let go of and the audit entry belong together."""
    reviewer, operator = factories.user("reviewer"), factories.user()
    proposals: list[Proposal] = []

    def prepare(number: int) -> Callable[[], Any]:
        location = factories.special_location()
        factories.voter(location, nik=invented_nik(serial=number))
        recompute.locations([location.pk])
        registration.submit(location=location, by=operator)
        proposals.append(Proposal.everywhere.get(location=location, superseded_at=None))
        return lambda: reject(proposals[-1])

    def reject(proposal: Proposal) -> None:
        review.reject(proposal=proposal, seen=proposal.fingerprint, note="Tidak ada daftar", by=reviewer)

    for _number in each_death(prepare, step=3):
        proposal = proposals[-1]
        if not is_rejected(proposal):
            reject(proposal)

        assert is_rejected(proposal)

    assert len(proposals) > 5


def is_rejected(proposal: Proposal) -> bool:
    """Raises where the rejection is only half there."""
    decided = Decision.everywhere.filter(proposal=proposal).count()
    recorded = AuditEntry.everywhere.filter(subject_id=str(proposal.pk), action="proposal.rejected").count()
    proposal.location.refresh_from_db()
    assert decided == recorded == (not proposal.location.is_active)
    return bool(decided)


def test_a_killed_determination_is_whole_or_not_there() -> None:
    """Final numbers, places on lists, strikes and the audit entry belong together."""
    reviewer, operator, policy = factories.user("reviewer"), factories.user(), policies.current()
    places: list[SpecialLocation] = []

    def prepare(number: int) -> Callable[[], Any]:
        places.append(factories.special_location(person_in_charge="Kepala (contoh)", letter_number="1/CONTOH"))
        factories.voter(places[-1], nik=invented_nik(serial=number))
        recompute.locations([places[-1].pk])
        registration.submit(location=places[-1], by=operator)
        proposal = Proposal.everywhere.get(location=places[-1], superseded_at=None)
        review.approve(proposal=proposal, seen=proposal.fingerprint, by=reviewer)
        return determine

    def determine() -> None:
        found = determination.readiness(Proposal.everywhere.all(), policy)
        country = Region.objects.get(pk="00")
        determination.determine(policy=policy, region=country, seen=found.seen, by=reviewer)

    for _number in each_death(prepare, step=4):
        if not is_determined(places[-1]):
            determine()

        assert is_determined(places[-1])

    assert len(places) > 4


def is_determined(location: SpecialLocation) -> bool:
    """Raises where it is only half so."""
    made = Determination.everywhere.filter(location=location, reopened_at=None).count()
    listed = Assignment.everywhere.filter(voter__location=location, is_in_force=True).count()
    struck = Strike.everywhere.filter(voter__location=location, taken_back_at=None).count()
    assert made == listed == struck
    return bool(made)
