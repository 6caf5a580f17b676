"""The import of a voter workbook beside the same list as CSV, and the same list sent a second time."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path
from typing import Any, Final

import xlsxwriter
from django.conf import settings

from . import importing, lists, measure

PAIRS: Final = 2
MOST: Final = 100_000


def run(*, voters: int, locations: int, peers: bool, vendor: str) -> dict[str, Any]:
    """Each is imported whole, into emptied tables; at most 100,000 rows, as a sheet of people's own making has."""
    voters = min(voters, MOST)
    works, floors, agains, peaks = [], [], [], []
    with tempfile.TemporaryDirectory(prefix="tpskhusus-bench-") as folder:
        kept = settings.MEDIA_ROOT
        settings.MEDIA_ROOT = folder
        try:
            text, book = Path(folder) / "daftar.csv", Path(folder) / "daftar.xlsx"
            lists.write(text, voters=voters, locations=locations)
            _as_workbook(text, book)
            for _pair in range(PAIRS):
                importing.empty()
                floors.append(measure.seconds(lambda: importing.import_list(text)))
                importing.empty()
                measure.forget_peak()
                works.append(measure.seconds(lambda: importing.import_list(book)))
                peaks.append(measure.peak_mb() or 0.0)
                agains.append(measure.seconds(lambda: importing.import_list(book)))
        finally:
            settings.MEDIA_ROOT = kept
    return {
        "seconds": measure.middle(works),
        "floor_seconds": measure.middle(floors),
        "again_seconds": measure.middle(agains),
        "count_seconds": 0.0,
        "ratio": measure.ratio(works, floors),
        "again_ratio": measure.ratio(agains, floors),
        "rows": voters,
        "database": vendor,
        "peak_mb": max(peaks),
        "peers": {},
    }


def _as_workbook(source: Path, target: Path) -> None:
    """Every cell a text, as the workbook to fill in has them."""
    with (
        source.open(encoding="utf-8", newline="") as rows,
        xlsxwriter.Workbook(target, {"constant_memory": True}) as book,
    ):
        sheet = book.add_worksheet("Daftar")
        for number, cells in enumerate(csv.reader(rows)):
            for place, cell in enumerate(cells):
                sheet.write_string(number, place, cell)
