"""Two lists at the same moment: nobody counts twice, nothing is lost, and neither import fails."""

import threading
from datetime import date

import pytest
from django.db import connection

from locations.models import Batch
from voters.models import DuplicateCase, Voter, VoterIdentity

from .lists import counts, invented_nik, load, prisons, row

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = 300


def at_once(lists: dict[str, list[dict]]) -> dict[str, Batch]:
    """Imports every list in a thread with a connection of its own, all starting together."""
    batches: dict[str, Batch] = {}
    start = threading.Barrier(len(lists))

    def send(name: str) -> None:
        try:
            start.wait()
            batches[name] = load(*lists[name])
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=(name,)) for name in lists]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return batches


def test_people_without_a_nik_sent_twice_at_once_are_there_once():
    prisons()
    people = [
        row("Budi Santoso", "", born=date(1960 + n % 40, 1 + n % 12, 1 + n // 12), kode_lokasi="A")
        for n in range(PEOPLE)
    ]

    batches = at_once({"first": people, "second": people})

    assert Voter.everywhere.count() == PEOPLE
    assert sorted(batch.updated for batch in batches.values()) == [0, PEOPLE]


def test_two_imports_of_the_same_people_in_opposite_order_leave_one_of_each_who_counts():
    prisons()
    people = [("Budi Santoso", invented_nik(serial=serial + 1)) for serial in range(PEOPLE)]
    lists = {
        "A": [row(name, nik, kode_lokasi="A", blok="Mawar") for name, nik in people],
        "B": [row(name, nik, kode_lokasi="B", blok="Mawar") for name, nik in reversed(people)],
        "A again": [row(name, nik, kode_lokasi="A", blok="mawar") for name, nik in people],
    }

    batches = at_once(lists)

    assert [batch.state for batch in batches.values()] == ["done"] * 3
    claims = [bytes(claim) for claim in VoterIdentity.everywhere.exclude(claim=None).values_list("claim", flat=True)]
    assert len(claims) == len(set(claims)) == PEOPLE
    at_b = Voter.everywhere.filter(location__code="B")
    at_a = Voter.everywhere.filter(location__code="A")
    assert at_b.count() == PEOPLE
    counting = at_a.filter(is_duplicate=False).count() + at_b.filter(is_duplicate=False).count()
    assert counting == PEOPLE
    assert DuplicateCase.everywhere.filter(closed_at=None).count() == (at_a.count() - PEOPLE) + 2 * PEOPLE
    assert sum(counts(batch)["rows"] for batch in batches.values()) == 3 * PEOPLE
