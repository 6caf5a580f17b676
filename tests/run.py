"""What does `make test` run? The suite on SQLite; then on PostgreSQL and Redis what touches them, if they are there."""

import os
import subprocess
import sys

from tests import services

PROCESSES = "2"


def main() -> int:
    """The first exit code that is not 0. Further arguments go to pytest."""
    results = [run(database) for database in databases()]
    return next((result for result in results if result), 0)


def databases() -> list[str]:
    if services.wants_all():
        return ["sqlite", "postgresql"]
    if os.environ.get("TPS_TEST_SQLITE_ONLY") or not (services.has_postgres() and services.has_redis()):
        print("== PostgreSQL and Redis are left out: not installed, or not wanted", flush=True)
        return ["sqlite"]
    return ["sqlite", "postgresql"]


def run(database: str) -> int:
    print(f"== {database}", flush=True)
    command = [sys.executable, "-m", "pytest", "-n", PROCESSES, "--dist", "loadscope", *sys.argv[1:]]
    return subprocess.run(command, env=os.environ | {"TPS_TEST_DATABASE": database}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
