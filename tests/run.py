"""What does `make test` run? The suite on SQLite; then on PostgreSQL and Redis what touches them, if they are there."""

import os
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from tests import services

PROCESSES = "2"
RECORD = Path(__file__).resolve().parent.parent / "docs" / "developers" / "last-full-run.md"


def main() -> int:
    """The first exit code that is not 0. Further arguments go to pytest."""
    began = time.monotonic()
    results: dict[str, int | None] = dict.fromkeys(databases())
    for database in results:
        results[database] = run(database)
        if os.environ.get("TPS_TEST_LONG") == "1":
            RECORD.write_text(record(results, time.monotonic() - began), encoding="utf-8")
    return next((result for result in results.values() if result), 0)


def record(results: dict[str, int | None], seconds: float) -> str:
    """What the long forms saw, for whoever asks when they last ran; None where it did not come to its end."""
    words = {None: "not finished", 0: "passed"}
    lines = [f"| {database} | {words.get(code, f'failed ({code})')} |" for database, code in results.items()]
    return "\n".join(
        [
            "# The last run of `make test-full`",
            "",
            f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, Python {platform.python_version()}, {seconds / 60:.0f} minutes.",
            "",
            "| database | result |",
            "|---|---|",
            *lines,
            "",
        ]
    )


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
