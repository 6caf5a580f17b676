"""Imports a voter list from a file, in the foreground, as the system."""

from __future__ import annotations

import json
import os
import time
from itertools import chain
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.permissions import SYSTEM
from locations.models import Batch, SpecialLocation
from voters import columns, exporting, importing, missing, refusals
from voters.words import warning_text

REFUSED_SHOWN = 20
COUNTS = ("rows", "accepted", "updated", "rejected", "duplicates")


class Command(BaseCommand):
    help = "Imports a voter list (CSV or XLSX): new voters, updates, refused rows with their reasons."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--location", metavar="KODE", help="location code for rows that name none")
        parser.add_argument(
            "--rejects", type=Path, metavar="FILE", help="write the refused rows with their reasons here"
        )
        parser.add_argument(
            "--mode",
            choices=Batch.Mode.values,
            default=Batch.Mode.UPDATE.value,
            help="what the list does to who is there already: leave, bring up to date, and say whom it does not name",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")

    def handle(self, *_args: Any, file: Path, location: str | None, rejects: Path | None, **options: Any) -> None:
        started = time.monotonic()
        if rejects:
            make_ready(rejects)
        batch = importing.run(self._receive(file, location, options["mode"]))
        if batch.state != Batch.State.DONE:
            raise CommandError(failure_text(batch.failure))
        if rejects:
            write_rejects(batch, rejects)
        result: dict[str, Any] = {name: getattr(batch, name) for name in COUNTS}
        result["rejects_file"] = str(rejects) if rejects else None
        if batch.mode == Batch.Mode.REPLACE:
            result["missing"] = missing_of(batch)
        result["seconds"] = round(time.monotonic() - started, 3)
        self._print(result, batch, as_json=options["json"])

    def _receive(self, file: Path, code: str | None, mode: str) -> Batch:
        location = SpecialLocation.everywhere.filter(code=code).first() if code else None
        if code and location is None:
            raise CommandError(_("There is no special location with the code %(code)s.") % {"code": code})
        try:
            with file.open("rb") as source:
                return importing.receive(file=source, file_name=file.name, location=location, by=SYSTEM, mode=mode)
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
        self._print_refused(batch)
        if "missing" in result:
            self._print_missing(result["missing"], batch)

    def _print_refused(self, batch: Batch) -> None:
        """The first of them, what identifies hidden."""
        waiting = refusals.waiting(batch).order_by("row_number")
        for refused in refusals.reasons_of(batch, waiting[:REFUSED_SHOWN]):
            place = f"{refused.column}: {refused.shown or '-'}" if refused.column else ""
            self.stdout.write(" · ".join(filter(None, (str(refused.row_number), place, refused.reason))))
        more = waiting.count() - REFUSED_SHOWN
        if more > 0:
            self.stdout.write(_("and %(more)s more refused rows") % {"more": more})

    def _print_missing(self, found: dict[str, Any], batch: Batch) -> None:
        self.stdout.write(f"{'missing':12}{found['voters']:>10}")
        self.stdout.write(f"{'in_doubt':12}{found['in_doubt']:>10}")
        sentence = _("%(missing)s of %(present)s voters present at %(code)s are not on the list.")
        for place in found["places"]:
            self.stdout.write(sentence % {**place, "code": place["kode_lokasi"]})
        if found["voters"]:
            url = reverse("voters:batch_missing", args=[batch.pk])
            self.stdout.write(_("Nobody has left yet: decide on the page %(url)s.") % {"url": url})


def missing_of(batch: Batch) -> dict[str, Any]:
    """Whom a list that replaces the one before does not name; `in_doubt` may stand in a refused row and are left alone."""
    found = missing.outlook(batch)
    places = [
        {"kode_lokasi": place.location.code, "missing": place.missing, "present": place.present}
        for place in found.places
    ]
    return {"voters": found.missing, "in_doubt": found.in_doubt, "places": places}


def failure_text(failure: dict[str, Any]) -> str:
    """Why a file as a whole was not read, with its place."""
    sentence = _(columns.FILE_FAULTS[failure["code"]])
    return sentence % {"row": failure["row"], "column": failure["column"]}


def make_ready(path: Path) -> None:
    """Before anything is imported: the file for the refused rows, empty, readable by its owner alone."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as error:
        raise CommandError(_("%(file)s cannot be written.") % {"file": path}) from error
    os.fchmod(descriptor, 0o600)
    os.close(descriptor)


def write_rejects(batch: Batch, path: Path) -> None:
    """The refused rows as a download has them: with a byte order mark, long numbers kept from being rounded."""
    file = refusals.File(batch)
    with path.open("w", encoding="utf-8-sig", newline="") as target:
        target.writelines(exporting.csv_pieces(chain([file.header], (cells for cells, _faulty in file.rows()))))
