"""How does a test get the whole program? `Site`: web and worker as real processes, over a database of their own."""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tests import services

BASE = Path(__file__).resolve().parent.parent
START_SECONDS = 60
TEMPLATE = "tps_template"


class Site:
    """A running `manage.py serve` on a free port. `run(…)` calls a command on the same data."""

    def __init__(self, data_dir: Path, environment: dict[str, str]) -> None:
        self.data_dir = data_dir
        self.environment = environment
        self.port = services.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = data_dir / "serve.log"
        self.process: subprocess.Popen[bytes] | None = None

    def run(self, *arguments: str, text: str = "") -> str:
        """Standard output of a command; CalledProcessError, with what it said, if it fails."""
        return manage(self.environment, *arguments, text=text)

    def start(self) -> None:
        with self.log.open("ab") as out:
            command = [sys.executable, "manage.py", "serve", "--port", str(self.port)]
            self.process = subprocess.Popen(
                command,
                cwd=BASE,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        wait_until(self._answers, START_SECONDS, lambda: self.log.read_text())

    def end(self, number: int = signal.SIGTERM) -> None:
        if self.process is None:
            return
        self.process.send_signal(number)
        self.process.wait(15)
        self.process = None

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.url}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
        return False


def manage(environment: dict[str, str], *arguments: str, text: str = "") -> str:
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(command, cwd=BASE, env=environment, input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(f"{' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return done.stdout


def wait_until(is_true, seconds: float, explain=lambda: "") -> float:
    """Seconds waited until `is_true()`; AssertionError after `seconds`, with what `explain()` says."""
    began = time.monotonic()
    while not is_true():
        assert time.monotonic() - began < seconds, f"not true after {seconds} s: {explain()}"
        time.sleep(0.05)
    return time.monotonic() - began


@contextlib.contextmanager
def site(name: str) -> Iterator[Site]:
    """A site over a copy of a database that holds the reference data and nothing else."""
    data_dir = services.folder() / f"site-{name}"
    data_dir.mkdir()
    database = copy_template(name, data_dir)
    environment = environment_of(data_dir, database)
    running = Site(data_dir, environment)
    running.start()
    try:
        yield running
    finally:
        running.end()
        if services.uses_postgres():
            _in_postgres(f'DROP DATABASE "{name}" WITH (FORCE)')


def environment_of(data_dir: Path, database_url: str) -> dict[str, str]:
    """The environment of an installation of its own, as settings.py reads it."""
    ours = {"TPS_DATA_DIR": str(data_dir), "DATABASE_URL": database_url, "DJANGO_SETTINGS_MODULE": "tpskhusus.settings"}
    broker = {"CELERY_BROKER_URL": services.redis_url() if services.uses_postgres() else ""}
    return os.environ | services.KEYS | broker | ours


def copy_template(name: str, data_dir: Path) -> str:
    """URL of a fresh database with tables and reference data."""
    with (services.folder() / "template.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = services.folder() / "template.done"
        if not done.exists():
            _make_template()
            done.touch()
    if services.uses_postgres():
        _in_postgres(f'CREATE DATABASE "{name}" TEMPLATE "{TEMPLATE}"')
        return services.postgres_url(name)
    shutil.copy(services.folder() / f"{TEMPLATE}.sqlite3", data_dir / "tps.sqlite3")
    return f"sqlite:///{data_dir / 'tps.sqlite3'}"


def _make_template() -> None:
    if services.uses_postgres():
        _in_postgres(f'CREATE DATABASE "{TEMPLATE}"')
        url = services.postgres_url(TEMPLATE)
    else:
        url = f"sqlite:///{services.folder() / TEMPLATE}.sqlite3"
    data_dir = services.folder() / "template"
    data_dir.mkdir()
    manage(environment_of(data_dir, url), "migrate", "--verbosity", "0")
    manage(environment_of(data_dir, url), "load_reference")


def _in_postgres(statement: str) -> None:
    import psycopg2

    connection = psycopg2.connect(services.postgres_url("postgres"))
    connection.autocommit = True
    with contextlib.closing(connection), connection.cursor() as cursor:
        cursor.execute(statement)
