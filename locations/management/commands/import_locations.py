"""Imports a file of special locations, in the foreground, as the system."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from accounts.permissions import SYSTEM
from locations import cells, importing
from locations.models import Batch, Refusal

COUNTS = ("rows", "accepted", "updated", "rejected", "duplicates")


class Command(BaseCommand):
    help = "Creates or updates special locations from a CSV or XLSX file (columns in docs/operators/files.md)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")

    def handle(self, *_args: Any, file: Path, **options: Any) -> None:
        started = time.monotonic()
        try:
            with file.open("rb") as source:
                batch = importing.load(file=source, file_name=file.name, by=SYSTEM)
        except OSError as error:
            raise CommandError(_("%(file)s cannot be read.") % {"file": file}) from error
        if batch.state != Batch.State.DONE:
            raise CommandError(_(cells.FILE_FAULTS[batch.failure["code"]]) % batch.failure)
        result: dict[str, Any] = {name: getattr(batch, name) for name in COUNTS}
        result |= {"rejects_file": None, "seconds": round(time.monotonic() - started, 3)}
        if options["json"]:
            self.stdout.write(json.dumps(result))
        else:
            self._print(batch, result)

    def _print(self, batch: Batch, result: dict[str, Any]) -> None:
        for name in COUNTS:
            self.stdout.write(f"{name:12}{result[name]:>10}")
        for code, warning in batch.warnings.items():
            rows = ", ".join([*map(str, warning["rows"]), *warning["params"].values()])
            self.stdout.write(f"{warning['count']} × {_(importing.WARNINGS[code])} ({code}; {rows})")
        for refusal in Refusal.everywhere.filter(batch=batch).order_by("row_number"):
            for reason in refusal.reasons:
                sentence = _(importing.MESSAGES[reason["code"]]) % reason["params"]
                self.stdout.write(f"{refusal.row_number}: {reason['column']}: {sentence} ({reason['code']})")
