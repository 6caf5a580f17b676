"""A sound register breaks no promise; each promise, broken once past all guards, is found."""

from __future__ import annotations

import io
import json
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import ForeignKey

from accounts import audit
from accounts.permissions import SYSTEM
from locations import changes, registration
from locations.models import SpecialLocation
from mapping import determination, policies, recompute, review
from mapping.models import Proposal
from tests import factories
from tests.house.test_edges import protected
from tests.voters.lists import invented_nik, load, prisons, row
from tpskhusus import invariants
from voters import acts, orders, searches, searching
from voters.models import DuplicateCase, Register, Undo, Voter
from voters.registration import correct

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]
SHARED, MOVED, WRONG = invented_nik(), invented_nik(serial=2), invented_nik(serial=3)


@pytest.fixture
def register(db: None) -> None:
    """Two prisons with blocks, a duplicate, somebody who left one for the other, an unplaced voter who turned up
    and moved to another block, others whom that list misses, a refused row, a corrected NIK, somebody announced to the other
    office, proposals, a decision, a list to be taken back, and one change that waits.
    """
    policies.load_shipped()
    Register.objects.update(polling_day=date(2024, 2, 14))
    first, second = prisons()
    load(row("Siti Aminah", invented_nik(serial=4), kode_wilayah_keberadaan="36.03.28.2004"))
    load(row("Nur Aini", invented_nik(serial=6), kode_wilayah_keberadaan="36.03.28.2004"))
    load(
        row("Budi Santoso", SHARED, kode_lokasi="A", blok="Mawar"),
        row("Agus Salim", MOVED, kode_lokasi="A", blok="Mawar", tanggal_keluar="2024-01-10"),
        row("Jaka Permana", WRONG, kode_lokasi="A", blok="Melati"),
        row("Siti Aminah", invented_nik(serial=4), kode_lokasi="A", blok="Melati"),
        row("Tanpa Tanggal", "", kode_lokasi="A") | {"tanggal_lahir": "1990-02-31"},
    )
    load(
        row("Budi Santosa Wijaya", SHARED, kode_lokasi="B", blok="Anggrek"),
        row("Agus Salim", MOVED, kode_lokasi="B", blok="Anggrek", tanggal_masuk="2024-01-10"),
    )
    batch = load(row("Siti Aminah", invented_nik(serial=4), kode_lokasi="A", blok="Mawar"), mode="replace")
    _correct_the_wrong_nik()
    _find_the_likely()
    _announce(to=second)
    recompute.changed()
    registration.submit(location=first, by=factories.user())
    recompute.changed()
    _approve(Proposal.everywhere.get(location=first, superseded_at=None))
    _determine()
    searches.make(home="36.03", lacks="nkk", due=date(2100, 1, 1), by=factories.user())
    Undo.everywhere.create(batch=batch, territory=batch.territory, reason="salah berkas", asked_by=factories.user())
    changes.record([second.pk])
    audit.seal()


def _find_the_likely() -> None:
    """Two rows that are probably one person, one of which somebody keeps."""
    factories.region("36.03.18")
    load(row("Joko Widada", invented_nik(serial=8), kode_lokasi="A"))
    load(row("Joko Widada", invented_nik(serial=8, district="360318"), kode_lokasi="B"))
    searching.search()
    kept = DuplicateCase.everywhere.filter(kind="likely").earliest("pk")
    acts.merge(cases=[kept], reason="orangnya di sini", by=factories.user(territory=kept.territory))


def _announce(to: SpecialLocation) -> None:
    load(row("Dewi Lestari", invented_nik(serial=9), kode_lokasi="A"))
    order = orders.Order("transfer", on=date(2024, 1, 20), to=to, is_announced=True)
    dewi = Voter.everywhere.get(name="Dewi Lestari")
    orders.carry_out(order=order, voters=[dewi], reason="surat pindah", by=factories.user(territory="36.03"))


def _determine() -> None:
    """A third location, all the way to its list."""
    location = factories.special_location("C", person_in_charge="Kepala (contoh)", letter_number="1/CONTOH")
    factories.voter(location)
    recompute.locations([location.pk])
    registration.submit(location=location, by=factories.user())
    _approve(Proposal.everywhere.get(location=location, superseded_at=None))
    policy, region = policies.current(), factories.region(location.region_id)
    ready = determination.readiness(Proposal.everywhere.filter(location=location), policy)
    determination.determine(policy=policy, region=region, seen=ready.seen, by=factories.user("reviewer"))


def _correct_the_wrong_nik() -> None:
    voter = Voter.everywhere.get(name="Jaka Permana")
    cells = row("Jaka Permana", invented_nik(serial=5), kode_lokasi="A", blok="Melati")
    correct(voter=voter, fields=cells, by=SYSTEM)


def _approve(proposal: Proposal) -> None:
    review.approve(proposal=proposal, seen=proposal.fingerprint, by=factories.user("reviewer"))


def broken(*names: str) -> dict[str, int]:
    """How often each promise is broken; of `names` only, where there are any."""
    asked = [question for question in invariants.QUESTIONS if not names or question.__name__ in names]
    return {finding.name: finding.broken for finding in invariants.check(asked) if not finding.holds}


@contextmanager
def past_all_guards(table: str, statement: str) -> Iterator[None]:
    """Within it a copy without constraints and triggers stands for the table, and the statement has changed it."""
    connection.check_constraints()
    before = transaction.savepoint()
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO {table}_guarded")
        cursor.execute(f"CREATE TABLE {table} AS SELECT * FROM {table}_guarded")
        cursor.execute(statement.format(table=table))
        assert cursor.rowcount > 0, statement
    yield
    transaction.savepoint_rollback(before)


LOCATION, VOTER, IDENTITY = "locations_speciallocation", "voters_voter", "voters_voteridentity"
CASE, CHANGE, BATCH = "voters_duplicatecase", "locations_change", "locations_batch"
PROPOSAL, DECISION = "mapping_proposal", "mapping_decision"
STRAY = "rows_are_in_their_territory"
HELD = "SELECT claim FROM {table} WHERE claim IS NOT NULL ORDER BY voter_id LIMIT 1"
ANGGREK = "SELECT id FROM locations_block WHERE name = 'Anggrek'"
BREACHES: list[tuple[str, str, str]] = [
    ("claims_are_unique", IDENTITY, f"UPDATE {{table}} SET claim = ({HELD}) WHERE claim IS NOT NULL"),
    ("claims_are_held_rightly", VOTER, "UPDATE {table} SET nik_verdict = 'bad' WHERE name = 'Jaka Permana'"),
    ("claims_are_held_rightly", LOCATION, "UPDATE {table} SET closed_at = created_at WHERE code = 'A'"),
    ("claims_are_held_rightly", LOCATION, "UPDATE {table} SET withdrawn_at = created_at WHERE code = 'A'"),
    ("who_does_not_count_waits_or_left", IDENTITY, "UPDATE {table} SET claim = NULL"),
    ("who_does_not_count_waits_or_left", VOTER, "UPDATE {table} SET is_duplicate = false WHERE is_duplicate"),
    ("who_does_not_count_waits_or_left", VOTER, "UPDATE {table} SET departure = NULL WHERE name = 'Agus Salim'"),
    ("who_does_not_count_waits_or_left", VOTER, "UPDATE {table} SET arrival = '2024-01-09' WHERE arrival IS NOT NULL"),
    ("duplicates_have_a_rival_and_a_case", CASE, "UPDATE {table} SET closed_at = opened_at"),
    ("duplicates_have_a_rival_and_a_case", VOTER, "UPDATE {table} SET is_duplicate = true WHERE name = 'Jaka Permana'"),
    ("the_placed_turned_up_somewhere", VOTER, "UPDATE {table} SET is_placed = false WHERE is_placed"),
    ("the_placed_turned_up_somewhere", VOTER, "UPDATE {table} SET is_placed = true WHERE name = 'Nur Aini'"),
    ("every_voter_has_an_identity", IDENTITY, "DELETE FROM {table} WHERE claim IS NULL"),
    ("blocks_are_of_the_voters_location", VOTER, f"UPDATE {{table}} SET block_id = ({ANGGREK}) WHERE name = 'Jaka Permana'"),
    ("counts_equal_recounts", PROPOSAL, "UPDATE {table} SET registered = registered + 1"),
    ("counts_equal_recounts", PROPOSAL, "UPDATE {table} SET tps = tps + 1"),
    ("counts_equal_recounts", PROPOSAL, "UPDATE {table} SET dprd_kabko = dprd_kabko + 1"),
    ("counts_equal_recounts", PROPOSAL, "DELETE FROM {table}"),
    ("counts_equal_recounts", VOTER, "UPDATE {table} SET is_foreign = true WHERE name = 'Jaka Permana'"),
    ("lists_are_as_determined", "mapping_determination", "UPDATE {table} SET fingerprint = 'another'"),
    ("lists_are_as_determined", "mapping_finaltps", "UPDATE {table} SET size = size + 1"),
    ("lists_are_as_determined", "mapping_assignment", "DELETE FROM {table}"),
    ("changes_are_on_their_way", CHANGE, "UPDATE {table} SET at = '2024-01-01 00:00:00+00'"),
    ("decisions_match_their_proposals", DECISION, "UPDATE {table} SET fingerprint = 'another'"),
    ("decisions_match_their_proposals", DECISION, "UPDATE {table} SET outcome = 'nearest_regular_tps'"),
    ("decisions_match_their_proposals", DECISION, "UPDATE {table} SET tps = tps + 1"),
    ("decisions_match_their_proposals", DECISION, "UPDATE {table} SET host_id = location_id"),
    ("batches_add_up", BATCH, "UPDATE {table} SET updated = updated + 1"),
    ("batches_add_up", BATCH, "UPDATE {table} SET updated = updated + rejected, rejected = 0"),
    ("batches_add_up", BATCH, "UPDATE {table} SET updated = updated + accepted, accepted = 0"),
    ("imports_are_whole", BATCH, "UPDATE {table} SET state = 'running'"),
    ("what_was_taken_back_is_gone", BATCH, "UPDATE {table} SET state = 'taken_back'"),
    ("audit_is_whole", "accounts_auditentry", "UPDATE {table} SET actor = 'somebody else'"),
]  # fmt: skip


@pytest.mark.usefixtures("register")
def test_a_sound_register_breaks_no_promise() -> None:
    assert broken() == {}


@pytest.mark.usefixtures("register")
def test_every_broken_promise_is_found() -> None:
    found = [_is_found(*breach) for breach in BREACHES]

    assert [breach for breach, is_found in zip(BREACHES, found, strict=True) if not is_found] == []


@pytest.mark.usefixtures("register")
def test_every_row_in_somebody_elses_territory_is_found() -> None:
    tables = [model._meta.db_table for model in (SpecialLocation, Voter, *invariants.PARENTS)]

    assert [table for table in tables if not _is_found(STRAY, table, "UPDATE {table} SET territory = '11.01'")] == []


def _is_found(name: str, table: str, statement: str) -> bool:
    with past_all_guards(table, statement):
        return name in broken(name)


def test_every_promise_is_broken_once() -> None:
    names = {name for name, _, _ in BREACHES} | {STRAY}

    assert names == {question.__name__ for question in invariants.QUESTIONS}


def test_every_row_that_hangs_on_a_protected_one_is_asked_for_its_territory() -> None:
    """Left out: a location and a voter lie in a region; a batch, a run and an entry are their sender's.
    An assignment is written with its TPS; a strike is for the voter's home; a corrected row outlives its voter."""
    guarded = protected()
    hanging = {
        model.__name__
        for model in guarded
        for field in model._meta.concrete_fields
        if isinstance(field, ForeignKey) and field.related_model in guarded
    }

    unasked = hanging - {model.__name__ for model in invariants.PARENTS}

    assert unasked == {"Voter", "Batch", "Act", "Assignment", "Strike", "MendedRow"}


@pytest.mark.usefixtures("register")
def test_the_command_says_what_holds() -> None:
    out = io.StringIO()

    call_command("check_invariants", "--json", stdout=out)

    answer = json.loads(out.getvalue().splitlines()[-1])
    assert answer["ok"] is True
    assert set(answer["invariants"]) == {question.__name__ for question in invariants.QUESTIONS}


@pytest.mark.usefixtures("register")
def test_the_command_ends_with_1_and_names_what_is_broken() -> None:
    out, as_json = io.StringIO(), io.StringIO()

    with past_all_guards(PROPOSAL, "UPDATE {table} SET registered = registered + 1"):
        with pytest.raises(SystemExit) as ended:
            call_command("check_invariants", stdout=out)
        with pytest.raises(SystemExit):
            call_command("check_invariants", "--json", stdout=as_json)

    assert ended.value.code == 1
    assert "BROKEN  counts_equal_recounts: 1 (A)" in out.getvalue()
    assert json.loads(as_json.getvalue())["invariants"]["counts_equal_recounts"] == {"broken": 1, "first": ["A"]}
