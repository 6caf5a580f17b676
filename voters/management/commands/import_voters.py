"""Imports a voter list from a file, in the foreground, as the system."""

from __future__ import annotations

import csv
import json
import os
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from accounts.permissions import SYSTEM
from locations.exporting import safe
from locations.models import Batch, SpecialLocation
from voters import columns, importing, refusals
from voters.words import warning_text

COUNTS = ("rows", "accepted", "updated", "rejected", "duplicates")


class Command(BaseCommand):
    help = "Imports a voter list (CSV or XLSX): new voters, updates, refused rows with their reasons."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--location", metavar="KODE", help="location code for rows that name none")
        parser.add_argument(
            "--rejects", type=Path, metavar="FILE", help="write the refused rows with their reasons here"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")

    def handle(self, *_args: Any, file: Path, location: str | None, rejects: Path | None, **options: Any) -> None:
        started = time.monotonic()
        batch = importing.run(self._receive(file, location))
        if batch.state != Batch.State.DONE:
            raise CommandError(failure_text(batch.failure))
        if rejects:
            write_rejects(batch, rejects)
        result: dict[str, Any] = {name: getattr(batch, name) for name in COUNTS}
        result["rejects_file"] = str(rejects) if rejects else None
        result["seconds"] = round(time.monotonic() - started, 3)
        self._print(result, batch, as_json=options["json"])

    def _receive(self, file: Path, code: str | None) -> Batch:
        location = SpecialLocation.everywhere.filter(code=code).first() if code else None
        if code and location is None:
            raise CommandError(_("There is no special location with the code %(code)s.") % {"code": code})
        try:
            with file.open("rb") as source:
                return importing.receive(file=source, file_name=file.name, location=location, by=SYSTEM)
        except OSError as error:
            raise CommandError(_("%(file)s cannot be read.") % {"file": file}) from error
        except ValueError as error:
            sentence = columns.FILE_FAULTS["too_large"]
            raise CommandError(_(sentence)) from error

    def _print(self, result: dict[str, Any], batch: Batch, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(result))
            return
        for name in COUNTS:
            self.stdout.write(f"{name:12}{result[name]:>10}")
        for code, warning in batch.warnings.items():
            sentence = warning_text(code, warning["params"])
            rows = ", ".join(map(str, warning["rows"]))
            self.stdout.write(f"{warning['count']} × {sentence} ({code}; {rows})")


def failure_text(failure: dict[str, Any]) -> str:
    """Why a file as a whole was not read, with its place."""
    sentence = _(columns.FILE_FAULTS[failure["code"]])
    return sentence % {"row": failure["row"], "column": failure["column"]}


def write_rejects(batch: Batch, path: Path) -> None:
    """The refused rows, readable by the owner of the file alone."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.fchmod(descriptor, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as target:
        file = refusals.File(batch)
        writer = csv.writer(target)
        writer.writerow(file.header)
        writer.writerows([safe(cell) for cell in cells] for cells, _faulty in file.rows())
