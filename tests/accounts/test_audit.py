"""The trail: written with what it tells of, sealed after it, and nobody changes a word unseen."""

import contextlib
import io
import threading

import pytest
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, transaction

from accounts import audit, tasks
from accounts.models import AuditEntry, AuditSeal
from accounts.permissions import SYSTEM
from tests import factories

pytestmark = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)
ENTRY, SEAL = "accounts_auditentry", "accounts_auditseal"


def write(count=1, **details):
    subject = factories.region("36")
    return [
        audit.record(by=SYSTEM, action="test.done", subject=subject, territory="36", number=number, **details)
        for number in range(count)
    ]


def sealed(count):
    entries = write(count)
    audit.seal()
    return entries


def execute(sql, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def value(entry):
    """The entry's id as this database keeps it."""
    return entry.pk.hex if connection.vendor == "sqlite" else entry.pk


@contextlib.contextmanager
def past_the_triggers(table):
    """As somebody who owns the database would: without the triggers that forbid it."""
    if connection.vendor == "postgresql":
        execute("SET LOCAL session_replication_role = replica")
        yield
        execute("SET LOCAL session_replication_role = origin")
        return
    names = [f"{table}_no_update", f"{table}_no_delete"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [table])
        triggers = dict(cursor.fetchall())
    for name in names:
        execute(f"DROP TRIGGER {name}")
    yield
    for name in names:
        execute(triggers[name])


def verify_command():
    """(exit code, what it printed, what it complained about) of `manage.py verify_audit`."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("verify_audit", stdout=out, stderr=err)
    except SystemExit as end:
        return end.code, out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


# Written with what it tells of


def test_an_entry_says_who_did_what_to_which_row_and_where():
    person = factories.user("admin", "36")

    entry = audit.record(by=person, action="test.done", subject=person, territory="36", fields=["name"])

    entry.refresh_from_db()
    assert (entry.actor_id, entry.actor) == (person.pk, person.username)
    assert (entry.subject_type, entry.subject_id) == ("accounts.user", str(person.pk))
    assert (entry.action, entry.territory, entry.details) == ("test.done", "36", {"fields": ["name"]})


def test_an_entry_is_undone_with_what_it_tells_of():
    with contextlib.suppress(ZeroDivisionError), transaction.atomic():
        write()
        raise ZeroDivisionError

    assert not AuditEntry.everywhere.exists()


def test_an_account_that_was_not_made_left_no_entry():
    from accounts import staffing

    with contextlib.suppress(ZeroDivisionError), transaction.atomic():
        staffing.create_account(
            username="x", password=factories.PASSWORD, role="operator", territory=factories.region("36"), by=SYSTEM
        )
        raise ZeroDivisionError

    assert not AuditEntry.everywhere.exists()


@committed
def test_it_is_sealed_once_it_is_committed():
    with transaction.atomic():
        (entry,) = write()
        assert not AuditSeal.objects.exists()

    assert AuditSeal.objects.get().entry_id == entry.pk
    assert audit.verify() == audit.Verdict(sealed=1, broken_at=None, broken_entry=None, unsealed=0)


@committed
def test_what_was_undone_is_never_sealed():
    with contextlib.suppress(ZeroDivisionError), transaction.atomic():
        write(2)
        raise ZeroDivisionError
    with transaction.atomic():
        write(1)

    assert AuditSeal.objects.get().position == 1


@committed
def test_two_who_commit_at_once_make_one_chain():
    factories.region("36")

    def work():
        try:
            for _ in range(5):
                with transaction.atomic():
                    write()
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert audit.seal() == 0
    assert audit.verify() == audit.Verdict(sealed=10, broken_at=None, broken_entry=None, unsealed=0)


def test_unsealed_entries_are_counted_apart_and_break_nothing():
    sealed(2)
    write(3)

    verdict = audit.verify()

    assert verdict.is_whole
    assert (verdict.sealed, verdict.unsealed) == (2, 3)


def test_the_sweep_seals_what_was_left_and_only_once():
    entries = write(3)

    tasks.seal_audit()
    tasks.seal_audit()

    assert [seal.entry_id for seal in AuditSeal.objects.order_by("position")] == [entry.pk for entry in entries]
    assert audit.verify().unsealed == 0


def test_the_chain_begins_at_zero_and_each_link_carries_the_one_before():
    sealed(3)

    links = list(AuditSeal.objects.order_by("position"))

    assert [link.position for link in links] == [1, 2, 3]
    assert links[0].previous == audit.GENESIS
    assert [link.previous for link in links[1:]] == [link.hash for link in links[:-1]]


def test_the_hash_can_be_recomputed_by_anybody():
    """SHA-256 of 0x00, the previous hash and the canonical JSON, as docs and SECURITY.md say."""
    import hashlib
    import json

    (entry,) = sealed(1)
    entry.refresh_from_db()
    text = (
        f'{{"action":"test.done","actor":"SYSTEM","actor_id":null,"at":{json.dumps(entry.at.isoformat())},'
        f'"details":{{"number":0}},"id":"{entry.pk}","subject_id":"36","subject_type":"regions.region","territory":"36"}}'
    )

    assert AuditSeal.objects.get().hash == hashlib.sha256(b"\0" * 33 + text.encode()).hexdigest()


def test_texts_numbers_and_nothing_survive_the_database_as_they_were_sealed():
    write(
        1, text="Rutan Cendrawasih – “é”", number_like="00123", nothing=None, many=[1, {"b": 2, "a": [True]}], ratio=0.1
    )
    audit.seal()

    assert audit.verify().is_whole


# Nobody changes a word unseen


def tamper(column, new):
    def change(entries):
        with past_the_triggers(ENTRY):
            execute(f"UPDATE {ENTRY} SET {column} = %s WHERE id = %s", new, value(entries[1]))

    return change


def delete_seal(entries):
    with past_the_triggers(SEAL):
        execute(f"DELETE FROM {SEAL} WHERE position = 2")


def swap_seals(entries):
    with past_the_triggers(SEAL):
        for old, new in ((2, 99), (3, 2), (99, 3)):
            execute(f"UPDATE {SEAL} SET position = %s WHERE position = %s", new, old)


def swap_entries(entries):
    with past_the_triggers(SEAL):
        spare = write()[0]
        for position, entry in ((2, spare), (3, entries[1]), (2, entries[2])):
            execute(f"UPDATE {SEAL} SET entry_id = %s WHERE position = %s", value(entry), position)


def forge_a_seal(entries):
    with past_the_triggers(SEAL):
        execute(f"UPDATE {SEAL} SET hash = %s WHERE position = 2", "f" * 64)


def forge_an_entry_and_its_seal(entries):
    """Whoever seals one entry anew breaks the next link."""
    with past_the_triggers(ENTRY), past_the_triggers(SEAL):
        execute(f"UPDATE {ENTRY} SET action = %s WHERE id = %s", "test.undone", value(entries[1]))
        link = AuditSeal.objects.select_related("entry").get(position=2)
        execute(
            f"UPDATE {SEAL} SET hash = %s WHERE position = 2",
            audit.chained(link.previous, audit.canonical(link.entry)),
        )


TAMPERINGS = {
    "another action": (tamper("action", "test.undone"), 2),
    "another actor": (tamper("actor", "somebody"), 2),
    "another territory": (tamper("territory", "32"), 2),
    "another subject": (tamper("subject_id", "32"), 2),
    "other details": (tamper("details", '{"number": 7}'), 2),
    "another time": (tamper("at", "2020-01-01 00:00:00+00:00"), 2),
    "a seal deleted": (delete_seal, 3),
    "two seals swapped": (swap_seals, 2),
    "two entries swapped": (swap_entries, 2),
    "a seal forged": (forge_a_seal, 2),
    "an entry sealed anew": (forge_an_entry_and_its_seal, 3),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_tampering_is_found_and_the_first_broken_entry_named(name):
    entries = sealed(4)
    change, position = TAMPERINGS[name]
    assert audit.verify().is_whole

    change(entries)

    verdict = audit.verify()
    assert verdict.broken_at == position
    assert verdict.broken_entry == str(AuditSeal.objects.get(position=position).entry_id)
    code, _out, complaint = verify_command()
    assert code == 1
    assert verdict.broken_entry in complaint


@pytest.mark.parametrize("which", [1, 3])
def test_an_entry_that_is_gone_is_found_even_at_the_end(which):
    entries = sealed(4)
    if connection.vendor == "sqlite":
        execute("PRAGMA defer_foreign_keys = ON")
    with past_the_triggers(ENTRY):
        execute(f"DELETE FROM {ENTRY} WHERE id = %s", value(entries[which]))

    verdict = audit.verify()

    with past_the_triggers(SEAL):  # the database checks its references at the end of the test
        execute(f"DELETE FROM {SEAL} WHERE entry_id = %s", value(entries[which]))
    assert (verdict.broken_at, verdict.broken_entry) == (which + 1, str(entries[which].pk))


def test_an_entry_written_past_the_program_is_counted_as_unsealed():
    sealed(1)
    AuditEntry.everywhere.bulk_create([AuditEntry(**{**_values(), "action": "test.forged"})])

    assert audit.verify().unsealed == 1


def _values():
    return AuditEntry.everywhere.values("territory", "at", "actor", "subject_type", "subject_id", "details")[0]


# The command


def test_a_whole_chain_is_said_and_exits_with_0():
    sealed(3)
    write(2)

    code, out, complaint = verify_command()

    assert (code, complaint) == (0, "")
    assert "2 entries are not sealed yet" in out
    assert "Whole: 3 sealed entries" in out


def test_an_empty_trail_is_whole():
    assert verify_command()[0] == 0


# The database refuses


@pytest.mark.parametrize("table", [ENTRY, SEAL])
@pytest.mark.parametrize("statement", ["UPDATE {} SET {}", "DELETE FROM {}"])
def test_the_database_refuses_to_change_or_delete(table, statement):
    sealed(1)
    change = "action = 'x'" if table == ENTRY else "hash = 'x'"

    with pytest.raises(IntegrityError, match=f"{table} is insert-only"), transaction.atomic():
        execute(statement.format(table, change))


def test_the_program_cannot_change_or_delete_either():
    (entry,) = sealed(1)

    for attempt in (
        lambda: AuditEntry.everywhere.update(action="x"),
        lambda: AuditEntry.everywhere.all()._raw_delete("default"),
        entry.save,
        lambda: AuditSeal.objects.update(hash="x"),
        AuditSeal.objects.all().delete,
        lambda: AuditEntry.everywhere.bulk_update([entry], ["action"]),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            attempt()


@pytest.mark.once
@pytest.mark.parametrize("table", [ENTRY, SEAL])
def test_sqlite_refuses_to_replace_a_row_by_inserting_it_again(table):
    """`INSERT OR REPLACE` gets round a trigger on DELETE unless recursive_triggers is on."""
    sealed(1)

    with pytest.raises(IntegrityError, match="insert-only"), transaction.atomic():
        execute(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")


def test_an_insert_that_overwrites_is_refused():
    sealed(1)

    with pytest.raises(IntegrityError, match="insert-only"), transaction.atomic():
        execute(f"INSERT INTO {ENTRY} SELECT * FROM {ENTRY} WHERE true ON CONFLICT (id) DO UPDATE SET action = 'x'")
