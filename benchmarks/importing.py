"""The import of a voter file, from the plain bytes to the last claim, beside the bare load of the same finished rows."""

from __future__ import annotations

import gc
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db import connection, transaction

from accounts.permissions import SYSTEM
from locations.models import Batch
from voters import importing, storing
from voters.models import Voter, VoterIdentity

from . import lists, measure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db import models

PAIRS: Final = 2
MANY: Final = 2_000_000  # from here on one pair has to do
COUNTS: Final = ("rows", "accepted", "updated", "rejected", "duplicates")
TABLES: Final = ((Voter, storing.NEW_VOTER_FIELDS), (VoterIdentity, storing.IDENTITY_FIELDS))


def run(*, voters: int, locations: int, peers: bool, vendor: str) -> dict[str, Any]:
    """Both write into the same two tables with their indexes and keys, emptied before each."""
    works, floors, peaks = [], [], []
    with tempfile.TemporaryDirectory(prefix="tpskhusus-bench-") as folder:
        kept = settings.MEDIA_ROOT, settings.MAX_UPLOAD_BYTES
        settings.MEDIA_ROOT, settings.MAX_UPLOAD_BYTES = folder, None
        try:
            source = Path(folder) / "daftar.csv"
            lists.write(source, voters=voters, locations=locations)
            for _pair in range(PAIRS if voters < MANY else 1):
                empty()
                measure.forget_peak()
                works.append(measure.seconds(lambda: import_list(source)))
                peaks.append(measure.peak_mb() or 0.0)
                floors.append(_floor(Path(folder)))
        finally:
            settings.MEDIA_ROOT, settings.MAX_UPLOAD_BYTES = kept
    batch = Batch.everywhere.latest("received_at")
    return {
        "seconds": measure.middle(works),
        "floor_seconds": measure.middle(floors),
        "count_seconds": 0.0,
        "ratio": measure.ratio(works, floors),
        "rows": voters,
        "database": vendor,
        "peak_mb": peaks[0],  # a later one stands on what the floor's rows have left behind
        "counts": {name: getattr(batch, name) for name in COUNTS},
        "peers": {},
    }


def import_list(source: Path) -> None:
    with source.open("rb") as file:
        batch = importing.receive(file=file, file_name=source.name, by=SYSTEM)
    importing.run(batch)
    batch.refresh_from_db()
    if batch.state != Batch.State.DONE:
        raise RuntimeError(f"the import ended as {batch.state}: {batch.failure}")


def _floor(folder: Path) -> float:
    """Seconds of the load alone: COPY of text made beforehand, or one executemany for each table."""
    if connection.vendor == "postgresql":
        paths = [_copied_out(model, fields, folder / f"{number}.copy") for number, (model, fields) in enumerate(TABLES)]
        empty()
        return measure.seconds(lambda: _copy_in(paths))
    rows = [_rows_of(model, fields) for model, fields in TABLES]
    empty()
    gc.freeze()  # the finished rows are the floor's, looking for circles among them is not
    try:
        return measure.seconds(lambda: _insert(rows))
    finally:
        gc.unfreeze()


def _copied_out(model: type[models.Model], fields: Sequence[str], path: Path) -> Path:
    with path.open("wb") as target, connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {model._meta.db_table} ({', '.join(fields)}) TO STDOUT", target)
    return path


def _copy_in(paths: Sequence[Path]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        for (model, fields), path in zip(TABLES, paths, strict=True):
            with path.open("rb") as source:
                cursor.copy_expert(f"COPY {model._meta.db_table} ({', '.join(fields)}) FROM STDIN", source)


def _rows_of(model: type[models.Model], fields: Sequence[str]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(fields)} FROM {model._meta.db_table} ORDER BY rowid")
        return cursor.fetchall()


def _insert(rows: Sequence[list[tuple[Any, ...]]]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for (model, fields), values in zip(TABLES, rows, strict=True):
            marks = ", ".join(["%s"] * len(fields))
            cursor.executemany(f"INSERT INTO {model._meta.db_table} ({', '.join(fields)}) VALUES ({marks})", values)


def empty() -> None:
    """The voters, and all that came with them; places with their blocks stay."""
    tables = (
        "voters_duplicatecase", "voters_notice", "voters_formernik", "voters_voteridentity", "voters_voter",
        "locations_change", "locations_refusal",
    )  # fmt: skip
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"TRUNCATE {', '.join(tables)} CASCADE")
            cursor.execute("VACUUM ANALYZE")
            return
        for table in tables:
            cursor.execute(f"DELETE FROM {table}")
