"""Every message five times, at once and again: the work is done once."""

from __future__ import annotations

import io
import threading
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection

from accounts.permissions import SYSTEM
from locations import changes
from locations.models import Batch, Change
from mapping import policies
from mapping.models import Proposal
from mapping.tasks import recompute_changed
from tests import factories
from tests.voters.lists import as_csv, counts, invented_nik, prisons, row
from tpskhusus import invariants
from voters import importing
from voters.models import Voter
from voters.tasks import resume_imports, run_import

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("data_dir")]
TIMES = 5
PEOPLE = 200


def five_times_at_once(*acts: Callable[[], Any]) -> None:
    """Each act in five threads with connections of their own, all starting together; none may fail."""
    start = threading.Barrier(TIMES * len(acts))
    done: list[Callable[[], Any]] = []

    def run(act: Callable[[], Any]) -> None:
        try:
            start.wait()
            act()
            done.append(act)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts for _ in range(TIMES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == TIMES * len(acts)


def received() -> Batch:
    people = [row("Budi Santoso", invented_nik(serial=serial + 1), kode_lokasi="A") for serial in range(PEOPLE)]
    return importing.receive(file=io.BytesIO(as_csv(people)), file_name="daftar.csv", by=SYSTEM)


def broken() -> list[invariants.Finding]:
    return [finding for finding in invariants.check() if not finding.holds]


def test_an_import_told_five_times_is_made_once() -> None:
    prisons()
    batch = received()

    five_times_at_once(lambda: run_import(batch_id=str(batch.pk)), resume_imports)
    run_import(batch_id=str(batch.pk))

    batch.refresh_from_db()
    assert counts(batch) == {"rows": PEOPLE, "accepted": PEOPLE, "updated": 0, "rejected": 0, "duplicates": 0}
    assert Voter.everywhere.count() == PEOPLE
    assert broken() == []


def test_a_recompute_told_five_times_writes_one_version() -> None:
    policies.load_shipped()
    places = [factories.special_location() for _ in range(4)]
    for place in places:
        factories.voter(place, nik=invented_nik(serial=Voter.everywhere.count() + 1))
    changes.record([place.pk for place in places])

    five_times_at_once(recompute_changed)
    recompute_changed()

    assert sorted(Proposal.everywhere.values_list("location__code", "version")) == sorted(
        (place.code, 1) for place in places
    )
    assert not Change.everywhere.exists()
    assert broken() == []


def test_imports_and_recomputes_beside_each_other_end_with_the_right_figures() -> None:
    policies.load_shipped()
    place, other = prisons()
    changes.record([place.pk, other.pk])
    batch = received()

    five_times_at_once(lambda: run_import(batch_id=str(batch.pk)), recompute_changed)
    recompute_changed()

    assert Proposal.everywhere.get(location=place, superseded_at=None).registered == PEOPLE
    assert broken() == []
