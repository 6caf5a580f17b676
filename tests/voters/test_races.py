"""Two lists at the same moment: nobody counts twice, nothing is lost, and neither import fails."""

import threading
from collections.abc import Callable
from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from accounts.models import AuditEntry
from locations.models import Batch
from tests import factories
from tpskhusus import invariants
from tpskhusus.invariants import check
from voters import acts, announcing, entering, keyring, mending, orders, searching, undo, undoing
from voters.models import Act, Compared, DuplicateCase, MendedRow, Notice, Undo, Voter, VoterIdentity

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


PROVINCES = ("11", "12", "13", "14", "15", "16", "17", "18", "19", "21", "31", "32", "33", "34", "35", "36")


def test_a_nik_sent_by_sixteen_provinces_at_once_counts_once_and_is_a_case_everywhere_else():
    """Three people on every list, each list in another order; the rest are its own."""
    factories.region("36.03.28")
    shared = [("Budi Santoso", invented_nik(serial=serial)) for serial in (9001, 9002, 9003)]
    lists = {}
    for number, province in enumerate(PROVINCES):
        factories.special_location(province, f"{province}.01.01.1001")
        own = [("Agus Salim", invented_nik(serial=1 + 40 * number + n)) for n in range(40)]
        people = [*own[:20], *shared[number % 3 :], *shared[: number % 3], *own[20:]]
        lists[province] = [row(name, nik, kode_lokasi=province, blok="Mawar") for name, nik in people]

    batches = at_once(lists)

    assert [batch.state for batch in batches.values()] == ["done"] * len(PROVINCES)
    assert Voter.everywhere.count() == len(PROVINCES) * 43
    for _, number in shared:
        rows = VoterIdentity.everywhere.filter(nik_hash=keyring.nik_hash(number))
        assert rows.count() == len(PROVINCES)
        assert rows.exclude(claim=None).count() == rows.filter(voter__is_duplicate=False).count() == 1
        assert DuplicateCase.everywhere.filter(voter__identity__in=rows, closed_at=None).count() == len(PROVINCES)
    told = [counts(batch) for batch in batches.values()]
    assert sum(each["accepted"] + each["duplicates"] for each in told) == Voter.everywhere.count()
    assert invariants_hold()


def test_an_import_does_not_wait_for_one_of_another_province(monkeypatch):
    """The first stands before its commit with everything written until the second is through (SQLite has one writer)."""
    prisons()
    written, may_commit = threading.Event(), threading.Event()
    finish = entering.Entry._finish

    def hesitant(self, duplicates):
        finish(self, duplicates)
        if threading.current_thread().name == "first":
            written.set()
            may_commit.wait(20)

    monkeypatch.setattr(entering.Entry, "_finish", hesitant)
    people = [[person(n + place * 1000) for n in range(50)] for place in range(2)]
    done: dict[str, Batch] = {}

    def send(name: str, rows: list[dict]) -> None:
        try:
            done[name] = load(*rows)
        finally:
            connection.close()

    first = threading.Thread(target=send, name="first", args=("first", [{**p, "kode_lokasi": "A"} for p in people[0]]))
    second = threading.Thread(
        target=send, name="second", args=("second", [{**p, "kode_lokasi": "B"} for p in people[1]])
    )
    first.start()
    assert written.wait(20)
    second.start()
    second.join(1 if connection.vendor == "sqlite" else 15)
    waits = second.is_alive()
    may_commit.set()
    first.join()
    second.join()

    assert waits == (connection.vendor == "sqlite")
    assert sorted(batch.state for batch in done.values()) == ["done", "done"]
    assert Voter.everywhere.count() == 100


def person(number: int) -> dict:
    """Half of them without a NIK, at a home both provinces' lists name, in a block of theirs."""
    cells = {"blok": "Mawar", "kode_wilayah_domisili": factories.HOME}
    return row("Budi Santoso", invented_nik(serial=number + 1) if number % 2 else "", **cells)


def invariants_hold() -> bool:
    return [finding.name for finding in invariants.check() if not finding.holds] == []


def test_lists_that_share_a_nik_meet_at_its_claim_and_none_starts_again(monkeypatch):
    """The one that comes second waits for the claim, and then does a part of its rows again, not all of them."""
    prisons()
    attempts: list[str] = []
    run = entering.Entry.run
    monkeypatch.setattr(entering.Entry, "run", lambda self: (attempts.append(""), run(self))[-1])
    lists = {
        code: [row("Budi Santoso", invented_nik(serial=serial), kode_lokasi=code) for serial in (first, 9999)]
        for first, code in enumerate("AB", start=1)
    }

    batches = at_once(lists)

    assert [batch.state for batch in batches.values()] == ["done"] * 2
    assert VoterIdentity.everywhere.exclude(claim=None).count() == 3
    assert len(attempts) == 2


def together(*works: Callable[[], object]) -> list[BaseException]:
    """Each in a thread with a connection of its own, all starting together; what they raised."""
    raised: list[BaseException] = []
    start = threading.Barrier(len(works))

    def do(work: Callable[[], object]) -> None:
        try:
            start.wait()
            work()
        except Exception as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=do, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def test_acts_of_two_offices_a_search_and_an_import_at_once_do_not_stand_in_each_others_way():
    prisons()
    people = [("Budi Santoso", invented_nik(serial=serial + 1)) for serial in range(60)]
    load(*(row(name, nik, kode_lokasi="A") for name, nik in people))
    load(*(row(name, nik, kode_lokasi="B") for name, nik in reversed(people)))
    searching.search()
    here, there = (list(DuplicateCase.everywhere.filter(territory=code)) for code in ("36.03", "32.73"))
    banten, bandung = factories.user(territory="36.03"), factories.user(territory="32.73")
    again = [row(name, nik, kode_lokasi="B", blok="Mawar") for name, nik in people]
    on = date(2023, 12, 1)

    raised = together(
        lambda: acts.depart(cases=here, on=on, reason="mutasi", by=banten),
        lambda: acts.arrive(cases=list(reversed(there)), on=on, reason="mutasi", by=bandung),
        searching.search,
        lambda: load(*again),
    )

    assert [error for error in raised if not isinstance(error, ValidationError)] == []
    assert Act.everywhere.count() == 2 - len(raised)  # whoever comes second may find the cases closed
    assert VoterIdentity.everywhere.exclude(claim=None).count() == 60
    assert [finding.name for finding in check() if not finding.holds] == []


def test_of_two_who_take_a_case_at_once_one_is_on_it():
    prisons()
    nik = invented_nik()
    load(row("Budi Santoso", nik, kode_lokasi="A"), row("Budi Santoso", nik, kode_lokasi="B"))
    case = DuplicateCase.everywhere.filter(territory="36.03").get()
    people = [factories.user(territory="36") for _ in range(2)]

    raised = together(*(lambda who=who: acts.take(case=case, by=who) for who in people))

    assert len(raised) == 1
    assert AuditEntry.everywhere.filter(action="duplicates.taken").count() == 1


def test_two_searches_at_once_open_each_case_once():
    prisons()
    factories.region("36.03.18")
    load(row("Joko Widada", invented_nik(), kode_lokasi="A"))
    load(row("Joko Widada", invented_nik(district="360318"), kode_lokasi="B"))

    assert together(searching.search, searching.search, searching.search) == []

    assert DuplicateCase.everywhere.filter(kind="likely", closed_at=None).count() == 2
    assert Compared.everywhere.count() == 2


def test_a_list_taken_back_while_its_people_come_elsewhere_leaves_each_counting_once():
    """Twice at once, too: one of the two takes it back, the other is told so."""
    prisons()
    clerk = factories.user(territory="36")
    people = [("Budi Santoso", invented_nik(serial=serial + 1)) for serial in range(PEOPLE)]
    wrong = load(*[row(name, nik, kode_lokasi="A", blok="Mawar") for name, nik in people], by=clerk)
    seen = undo.outlook(wrong).seen

    def take_back() -> None:
        undo.take_back(batch=wrong, reason="salah", seen=seen, by=clerk)

    raised = together(
        take_back, take_back, lambda: load(*[row(name, nik, kode_lokasi="B") for name, nik in reversed(people)])
    )

    assert [type(error) for error in raised] == [ValidationError]
    assert set(Voter.everywhere.values_list("location__code", flat=True)) == {"B"}
    assert VoterIdentity.everywhere.exclude(claim=None).count() == Voter.everywhere.count() == PEOPLE
    assert not Voter.everywhere.filter(is_duplicate=True).exists()
    assert invariants_hold()


def test_a_large_list_ordered_back_twice_at_once_and_run_by_two_workers_is_taken_back_once(monkeypatch):
    monkeypatch.setattr(undoing, "AT_ONCE", 0)
    prisons()
    people = [factories.user(territory="36") for _ in range(2)]
    batch = load(row("Budi Santoso", invented_nik(), kode_lokasi="A"), by=people[0])
    seen = undo.outlook(batch).seen
    ordered = together(
        *(lambda who=who: undoing.take_back(batch=batch, reason="salah", seen=seen, by=who) for who in people)
    )

    order = Undo.everywhere.get()
    raised = together(*[lambda: undoing.run(order.pk)] * 3)

    assert ordered == raised == []
    order.refresh_from_db()
    assert order.ended_at
    assert not order.failure
    assert AuditEntry.everywhere.filter(action="voters.taken_back").count() == 1
    assert not Voter.everywhere.exists()


def test_of_two_who_correct_a_refused_row_at_once_one_enters_the_voter():
    place, _elsewhere = prisons()
    people = [factories.user(territory="36") for _ in range(2)]
    batch = load(row("Budi Santoso", jenis_kelamin="X"), at=place, by=people[0])
    refusal = batch.refusals.get()

    raised = together(
        *(lambda who=who: mending.mend(refusal=refusal, fields={"jenis_kelamin": "L"}, by=who) for who in people)
    )

    assert [type(error) for error in raised] == [ValidationError]
    assert Voter.everywhere.count() == MendedRow.everywhere.count() == 1


def test_transfers_both_ways_and_an_import_at_once_do_not_stand_in_each_others_way():
    places = {"A": prisons()[0], "C": factories.special_location("C", "36.71.01.1001")}
    clerk = factories.user(territory="36")
    people = {
        code: [
            row(f"Warga {code}", invented_nik(serial=serial), kode_lokasi=code) for serial in range(start, start + 30)
        ]
        for code, start in (("A", 1), ("C", 101))
    }
    for rows in people.values():
        load(*rows)
    voters = {code: list(Voter.everywhere.filter(location__code=code)) for code in places}

    def move(code: str, to: str) -> orders.Done:
        order = orders.Order(Act.Kind.TRANSFER, on=date(2023, 12, 1), to=places[to])
        return orders.carry_out(order=order, voters=voters[code], reason="mutasi", by=clerk)

    again = [{**cells, "blok": "Mawar"} for cells in reversed(people["C"])]
    raised = together(lambda: move("A", "C"), lambda: move("C", "A"), lambda: load(*again))

    assert raised == []
    assert Voter.everywhere.count() == 120
    assert VoterIdentity.everywhere.exclude(claim=None).count() == 60
    assert [finding.name for finding in check() if not finding.holds] == []


def announced():
    """Thirty voters of A, announced to B; the act, B, and who sent and who receives."""
    here, there = prisons()
    load(*[row("Warga A", invented_nik(serial=serial), kode_lokasi="A") for serial in range(1, 31)])
    order = orders.Order(Act.Kind.TRANSFER, on=date(2023, 12, 1), to=there, is_announced=True)
    sender, receiver = (factories.user(territory=place.territory) for place in (here, there))
    act = orders.carry_out(order=order, voters=list(here.voters.all()), reason="mutasi", by=sender).act
    return act, there, sender, receiver


def test_announced_voters_accepted_twice_at_once_are_registered_once():
    act, there, _sender, receiver = announced()
    rows = list(act.announcements.all())

    raised = together(*[lambda: announcing.accept(announcements=rows, by=receiver)] * 2)

    assert raised == []
    assert there.voters.count() == 30
    assert Notice.everywhere.filter(kind=Notice.Kind.ACCEPTED).count() == 30
    assert [finding.name for finding in check() if not finding.holds] == []


def test_announced_voters_accepted_while_a_list_brings_them_are_there_once():
    act, there, _sender, receiver = announced()
    rows = list(act.announcements.all())
    listed = [row("Warga A", invented_nik(serial=serial), kode_lokasi="B") for serial in range(30, 0, -1)]

    raised = together(lambda: announcing.accept(announcements=rows, by=receiver), lambda: load(*listed))

    assert raised == []
    assert there.voters.count() == 30
    assert set(act.announcements.with_state().values_list("state", flat=True)) == {"accepted"}
    assert [finding.name for finding in check() if not finding.holds] == []


def test_an_act_taken_back_while_it_is_accepted_leaves_everybody_on_one_list():
    act, there, sender, receiver = announced()
    rows = list(act.announcements.all())

    raised = together(
        lambda: announcing.accept(announcements=rows, by=receiver), lambda: acts.take_back(act=act, by=sender)
    )

    assert raised == []
    staying = Voter.everywhere.filter(location__code="A", departure=None).count()
    assert (staying, there.voters.count()) in ((30, 0), (0, 30))
    assert [finding.name for finding in check() if not finding.holds] == []
