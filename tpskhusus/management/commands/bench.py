"""Runs the benchmarks, each beside its floor in the same run."""

from __future__ import annotations

import importlib
import json as json_module
from typing import TYPE_CHECKING, Any, Final

from django.core.management.base import BaseCommand

from benchmarks import scratch

if TYPE_CHECKING:
    from argparse import ArgumentParser

NAMES: Final = (
    *("remap", "one", "scenario", "determine", "stability"),
    *("duplicates", "search", "discover", "import", "workbook"),
)
MODULES: Final = {"import": "importing", "search": "searching"}  # as the modules they measure


class Command(BaseCommand):
    help = "Measures named works (default all) against their floors, in a scratch database of its own."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}")
        parser.add_argument("--voters", type=int, default=300_000)
        parser.add_argument("--locations", type=int, help="default voters / 250")
        parser.add_argument("--peers", action="store_true", help="measure other ways of doing it as well")
        parser.add_argument("--json", action="store_true", help="one JSON object as the last line")

    def handle(
        self, *, names: list[str], voters: int, locations: int | None, peers: bool, json: bool, **options: Any
    ) -> None:
        unknown = set(names) - set(NAMES)
        if unknown:
            self.stderr.write(f"Unknown benchmark: {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}.")
            raise SystemExit(2)
        results = {}
        for name in names or NAMES:
            work = importlib.import_module(f"benchmarks.{MODULES.get(name, name)}")
            with scratch.database() as vendor:
                results[name] = work.run(
                    voters=voters, locations=locations or max(voters // 250, 1), peers=peers, vendor=vendor
                )
            if not json:
                self.stdout.write(as_line(name, results[name]))
        if json:
            self.stdout.write(json_module.dumps(results))


def as_line(name: str, result: dict[str, Any]) -> str:
    return (
        f"{name}: {result['seconds']:.2f} s, {result['ratio']:.2f} times its floor of {result['floor_seconds']:.2f} s "
        f"(bare count {result['count_seconds']:.2f} s), {result['rows']:,} voters, {result['database']}, "
        f"{result['peak_mb']} MB"
    )
