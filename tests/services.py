"""Which real services does a test run talk to, and who ends them? PostgreSQL and Redis of its own, on loopback.

The process that collects the tests starts them and tells the others by environment; each dies with it.
"""

import atexit
import contextlib
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

POSTGRES_PROGRAMS = Path("/usr/lib/postgresql")
WAIT_SECONDS = 30
KEYS = {
    "SECRET_KEY": "of the tests and of nobody else",
    "IDENTITY_KEYS": "1:" + "dGVzdHMtb25seS0" * 4 + "dGVzdHM=",
    "HASH_KEY": "b25seS10ZXN0cy0" * 4 + "b25seQ==",
}
_started: list["subprocess.Popen[bytes]"] = []


def wants_all() -> bool:
    """True if whatever is missing is a failure (CI), not a reason to leave tests out."""
    return os.environ.get("TPS_TEST_ALL") == "1"


def uses_postgres() -> bool:
    return os.environ.get("TPS_TEST_DATABASE") == "postgresql"


def environment() -> dict[str, str]:
    """What settings.py reads in this test run. The first call of a run makes the folder and starts the services."""
    if "TPS_TEST_FOLDER" not in os.environ:
        os.environ["TPS_TEST_FOLDER"] = str(_make_folder())
        if uses_postgres():
            os.environ["TPS_TEST_POSTGRES"] = start_postgres()
            os.environ["TPS_TEST_REDIS"] = start_redis()
    data = folder() / os.environ.get("PYTEST_XDIST_WORKER", "main")
    data.mkdir(exist_ok=True)
    return {
        **KEYS,
        "DEBUG": "0",
        "TPS_DATA_DIR": str(data),
        "DATABASE_URL": postgres_url("tps") if uses_postgres() else f"sqlite:///{data / 'tps.sqlite3'}",
        "CELERY_BROKER_URL": os.environ.get("TPS_TEST_REDIS", ""),
        "LOG_LEVEL": "INFO",
    }


def folder() -> Path:
    """The run's scratch folder, removed at its end."""
    return Path(os.environ["TPS_TEST_FOLDER"])


def postgres_url(database: str) -> str:
    return f"{os.environ['TPS_TEST_POSTGRES']}/{database}"


def redis_url() -> str:
    """A Redis database that nobody else of this run uses: sites must not hear each other's bells."""
    with (folder() / "redis.count").open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(".")
        file.flush()
        number = file.tell()
    return f"{os.environ['TPS_TEST_REDIS'].rpartition('/')[0]}/{number}"


def _make_folder() -> Path:
    path = Path(tempfile.mkdtemp(prefix="tps-test-"))
    path.chmod(0o755)  # PostgreSQL runs as somebody else if we are root
    atexit.register(_end_everything, path, os.getpid())
    return path


def _end_everything(path: Path, owner: int) -> None:
    if os.getpid() != owner:
        return
    for process in reversed(_started):
        _end(process)
    shutil.rmtree(path, ignore_errors=True)


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def postgres_program(name: str) -> Path | None:
    """The newest PostgreSQL of Debian's packages, or the one in the path; None if there is none."""
    versions = sorted(POSTGRES_PROGRAMS.glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    found = versions[-1] if versions else shutil.which(name)
    return Path(found) if found else None


def has_postgres() -> bool:
    return postgres_program("initdb") is not None


def has_redis() -> bool:
    return shutil.which("redis-server") is not None


def start_postgres(*, fsync: bool = False) -> str:
    """A fresh PostgreSQL on a free loopback port; returns its URL without a database name."""
    initdb, postgres = postgres_program("initdb"), postgres_program("postgres")
    if initdb is None or postgres is None:
        raise RuntimeError("PostgreSQL is not installed: apt install postgresql")
    home = folder() / f"postgres-{len(_started)}"
    home.mkdir(mode=0o700)
    if os.geteuid() == 0:
        shutil.chown(home, "postgres", "postgres")
    _run_as_postgres(
        [
            str(initdb),
            "-D",
            str(home / "data"),
            "-U",
            "tps",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ]
    )
    port = free_port()
    options = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": home, "max_connections": 60}
    options |= {} if fsync else {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    _start(_as_postgres([str(postgres), "-D", str(home / "data"), *settings]), home.with_suffix(".log"))
    _wait_for(lambda: _answers(port), "PostgreSQL")
    return f"postgres://tps@127.0.0.1:{port}"


def start_redis() -> str:
    """A fresh Redis on a free loopback port that writes nothing to disk; returns its URL."""
    if not has_redis():
        raise RuntimeError("Redis is not installed: apt install redis-server")
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder())]
    command += ["--databases", "256"]
    _start(_dies_with_us(command), folder() / "redis.log")
    _wait_for(lambda: _answers(port), "Redis")
    return f"redis://127.0.0.1:{port}/0"


def _run_as_postgres(command: list[str]) -> None:
    subprocess.run(_as_postgres(command), check=True, capture_output=True, cwd="/")


def _as_postgres(command: list[str]) -> list[str]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return _dies_with_us(command)
    person = ["--reuid=postgres", "--regid=postgres", "--clear-groups"]
    return ["setpriv", *person, "--pdeathsig", "INT", *command]


def _dies_with_us(command: list[str]) -> list[str]:
    return ["setpriv", "--pdeathsig", "INT", *command] if shutil.which("setpriv") else command


def _start(command: list[str], log: Path) -> None:
    with log.open("wb") as out:
        # A session of its own: Ctrl-C is for the tests, which then end it in order.
        _started.append(subprocess.Popen(command, stdout=out, stderr=out, cwd="/", start_new_session=True))


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def _wait_for(is_there: Callable[[], bool], name: str) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not is_there():
        if time.monotonic() > deadline or _started[-1].poll() is not None:
            raise RuntimeError(f"{name} did not start")
        time.sleep(0.05)
