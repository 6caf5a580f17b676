"""A real worker is killed in the middle of an import: nothing of the list is there until the next worker has all of it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
from typing import TYPE_CHECKING

import pytest

from tests import live, services
from tests.e2e.acting import prepare, workers_of

if TYPE_CHECKING:
    from tests.live import Site

pytestmark = pytest.mark.slow  # the whole program, and a list that takes a while
PEOPLE = 30_000
SEND = f"""
import datetime, io
from accounts.permissions import SYSTEM
from tests.voters.lists import as_csv, invented_nik, row
from voters import importing
from voters.tasks import run_import
location = factories.special_location(region_code="36.03.28.2006")
born = [datetime.date(1960, 1, 1) + datetime.timedelta(days=number) for number in range({PEOPLE} // 3)]
people = [row("Warga Contoh", invented_nik(day, serial=serial), born=day) for day in born for serial in (1, 2, 3)]
batch = importing.receive(file=io.BytesIO(as_csv(people)), file_name="daftar.csv", location=location, by=SYSTEM)
run_import.delay(batch_id=str(batch.pk))
"""
SWEEP = "from voters.tasks import resume_imports; resume_imports.delay()"


def ask(site: Site, statement: str) -> list[tuple]:
    """Past Django: the site's database is not the one of the tests."""
    with contextlib.closing(connect(site)) as connection, contextlib.closing(connection.cursor()) as cursor:
        cursor.execute(statement)
        rows = cursor.fetchall() if cursor.description else []
        connection.commit()
        return rows


def connect(site: Site):
    if services.uses_postgres():
        import psycopg2

        return psycopg2.connect(site.environment["DATABASE_URL"])
    return sqlite3.connect(site.data_dir / "tps.sqlite3", timeout=20)


def state(site: Site) -> tuple[str, int, int]:
    """Of the one batch: its state, how many rows were looked at, how many voters came of it."""
    return ask(site, "SELECT state, rows_done, (SELECT count(*) FROM voters_voter) FROM locations_batch")[0]


def test_a_list_whose_worker_was_killed_is_not_half_there_and_goes_on(live_site: Site) -> None:
    prepare(live_site, SEND)
    live.wait_until(lambda: state(live_site)[1] > 0, 60, lambda: str(state(live_site)))
    (worker,) = workers_of(live_site)

    os.killpg(worker, signal.SIGKILL)

    name, _, voters = state(live_site)
    assert (name, voters) == ("running", 0), "killed too late: the list is too short for this machine"
    ask(live_site, "UPDATE locations_batch SET heartbeat_at = '2024-01-01 00:00:00+00:00'")
    prepare(live_site, SWEEP)
    live.wait_until(lambda: state(live_site)[0] == "done", 90, lambda: str(state(live_site)))
    assert state(live_site) == ("done", PEOPLE, PEOPLE)
    live.wait_until(lambda: not ask(live_site, "SELECT 1 FROM locations_change"), 60)
    assert json.loads(live_site.run("check_invariants", "--json"))["ok"]
