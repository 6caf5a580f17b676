"""One command serves everything, and however it ends nothing of it stays behind."""

import os
import signal
import subprocess
import sys
import time

import pytest

from tests import live, services

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("transactional_db")]  # starts real processes
END_SECONDS = 12


@pytest.fixture
def serving(request, tmp_path):
    """A running `serve` of its own, over an empty database."""
    url = services.postgres_url("postgres") if services.uses_postgres() else f"sqlite:///{tmp_path / 'tps.sqlite3'}"
    site = live.Site(tmp_path, live.environment_of(tmp_path, url))
    site.start()
    live.wait_until(lambda: children(site.process.pid), 20)
    yield site
    site.end(signal.SIGKILL)


def children(pid: int) -> list[int]:
    found = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout.split("\n")
    pairs = [tuple(map(int, line.split())) for line in found if line.strip()]
    direct = [child for child, parent in pairs if parent == pid]
    return direct + [grandchild for child in direct for grandchild in children(child)]


def is_running(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL], ids=lambda number: number.name
)
def test_nothing_stays_behind(serving, number):
    time.sleep(3)  # the worker has come up and begun to work
    everybody = [serving.process.pid, *children(serving.process.pid)]
    assert len(everybody) >= 2

    serving.process.send_signal(number)
    serving.process.wait(END_SECONDS)

    live.wait_until(lambda: not any(map(is_running, everybody)), END_SECONDS)


def test_a_worker_that_dies_is_started_again(serving):
    first = children(serving.process.pid)[0]

    os.kill(first, signal.SIGKILL)

    live.wait_until(lambda: [pid for pid in children(serving.process.pid) if pid != first and is_running(pid)], 10)


def test_a_port_in_use_ends_it_at_once(serving):
    command = [sys.executable, "manage.py", "serve", "--port", str(serving.port)]

    done = subprocess.run(command, cwd=live.BASE, env=serving.environment, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert f"make run PORT={serving.port + 1}" in done.stderr


def test_the_site_answers_while_the_worker_is_gone(serving):
    for pid in children(serving.process.pid):
        os.kill(pid, signal.SIGKILL)

    assert serving._answers()
