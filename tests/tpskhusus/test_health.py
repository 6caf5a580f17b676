"""Is it alive, ready, busy: said to machines, without a person's data and without a sign-in."""

import os
import subprocess
import sys

import pytest

from locations import changes
from tests import factories
from tests.house.code import BASE

ASK = """
import django; django.setup()
from django.test import Client
for path in ("/healthz", "/readyz"):
    answer = Client().get(path, headers={"host": "127.0.0.1"})
    print(answer.status_code, answer.content.decode().strip())
"""


@pytest.mark.django_db
def test_alive_and_ready(client):
    assert client.get("/healthz").content == b"ok\n"
    assert client.get("/readyz").json() == {"database": True}


@pytest.mark.once
def test_without_a_database_it_is_alive_and_not_ready():
    """A process of its own, whose database refuses the connection."""
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tpskhusus.settings",
        "DATABASE_URL": "postgres://tps@127.0.0.1:1/tps",
    }

    done = subprocess.run(
        [sys.executable, "-c", ASK], cwd=BASE, env=environment, capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines() == ["200 ok", '503 {"database": false}']


@pytest.mark.django_db
def test_nobody_keeps_an_answer(client):
    for path in ("/healthz", "/readyz", "/metrics"):
        assert "no-store" in client.get(path)["cache-control"]


@pytest.mark.django_db
def test_no_session_is_begun_for_a_machine(client):
    for path in ("/healthz", "/readyz", "/metrics"):
        client.get(path)

    assert not client.cookies


@pytest.mark.django_db
def test_metrics_count_the_changes_that_wait(client):
    changes.record([factories.special_location().pk])

    answer = client.get("/metrics")

    assert answer["content-type"].startswith("text/plain; version=0.0.4")
    assert "# TYPE tps_changes_waiting gauge\ntps_changes_waiting 1\n" in answer.content.decode()
    assert "tps_bell_missed " in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "options",
    [
        {"REMOTE_ADDR": "10.1.2.3"},
        {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {"HTTP_X_FORWARDED_FOR": "10.1.2.3"},
        {"HTTP_X_FORWARDED_FOR": ""},
        {"HTTP_FORWARDED": "for=10.1.2.3"},
    ],
)
def test_metrics_are_for_this_machine_only(client, options):
    answer = client.get("/metrics", **options)

    assert answer.status_code == 403
    assert b"tps_" not in answer.content


@pytest.mark.django_db
def test_metrics_are_read_on_this_machine_by_either_address(client):
    assert client.get("/metrics", REMOTE_ADDR="127.0.0.1").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="::1").status_code == 200
