"""Does everything hold that must hold at every moment?"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand

from tpskhusus import invariants

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    help = (
        "Checks what must hold at every moment: claims, counts, changes, decisions, territories, audit; exit 1 if not."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object as the last line")

    def handle(self, *, json: bool, **options: Any) -> None:
        findings = invariants.check()
        for line in [as_json(findings)] if json else map(as_line, findings):
            self.stdout.write(line)
        if not all(finding.holds for finding in findings):
            sys.exit(1)


def as_line(finding: invariants.Finding) -> str:
    if finding.holds:
        return f"ok      {finding.name}: {finding.promise}"
    return f"BROKEN  {finding.name}: {finding.broken} ({', '.join(finding.first)}). {finding.promise}"


def as_json(findings: list[invariants.Finding]) -> str:
    rows = {finding.name: {"broken": finding.broken, "first": finding.first} for finding in findings}
    return json.dumps({"ok": all(finding.holds for finding in findings), "invariants": rows})
