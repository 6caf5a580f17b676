"""How does a voter file become voters? Checked and sealed row by row, then matched and loaded in one transaction.

Never half a file: either every good row is in and every bad one kept with its reasons, or nothing happened.
"""

from __future__ import annotations

import datetime
import hashlib
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, transaction

from accounts import audit
from accounts.ids import new_id
from accounts.permissions import Actor, Permission, require
from locations import intake
from locations.models import Batch, SpecialLocation
from locations.sheets import WORKBOOK, SheetError
from regions.levels import COUNTRY_CODE

from . import columns, entering, preparing, vault
from .loading import collecting_rarely, is_worth_another_try, wait_as_long_as_it_takes
from .models import BatchBefore, BatchMissing, ClaimBefore, Undo
from .reading import Reading

TRIES = 20  # as many as provinces that may be in each other's way at once


def receive(
    *,
    file: BinaryIO,
    file_name: str,
    location: SpecialLocation | None = None,
    by: Actor,
    mode: str = Batch.Mode.UPDATE,
    is_checked: bool = False,
) -> Batch:
    """Keeps the file sealed and makes its batch, for `run`. Raises ValueError where the file is too large.

    `location` stands for rows that name none; it must lie in the territory of `by`. With `is_checked` nothing runs until
    it is confirmed (`confirming`).
    """
    territory = getattr(by, "territory_id", COUNTRY_CODE)
    require(by, Permission.ENTER, territories=[location.territory if location else territory])
    batch = Batch(id=new_id(), territory=territory, subject=Batch.Subject.VOTERS, location=location, mode=mode)
    batch.received_by_id = by.pk
    batch.state = Batch.State.CHECKING if is_checked else Batch.State.RECEIVED
    batch.file_name, batch.stored_name = Path(file_name).name[:200], f"{batch.pk}.sealed"
    hashed = _Hashed(file)
    batch.size_bytes = vault.write(hashed, stored_path(batch), batch.pk, most_bytes=settings.MAX_UPLOAD_BYTES)
    batch.sha256 = hashed.digest.hexdigest()
    batch.rows_total = hashed.rows
    with transaction.atomic():
        batch.save(force_insert=True)
        audit.record(by=by, action="voters.receive", subject=batch, territory=territory, size_bytes=batch.size_bytes)
    return batch


def run(batch: Batch, *, on_progress: Callable[[int], None] | None = None) -> Batch:
    """Imports a received batch and returns it done, or failed where the file as a whole cannot be read.

    Safe to call again: a batch that is over, or that another worker has, is returned as it is.
    """
    claimed = intake.claim(batch.pk)
    if claimed is None:
        return Batch.everywhere.get(pk=batch.pk)
    path = stored_path(claimed)
    try:
        with collecting_rarely():
            prepared = preparing.prepare(claimed, path, on_progress or (lambda rows: None))
            _load_with_retries(claimed, prepared)
            prepared.spool.close()
    except SheetError as error:
        preparing.forget(claimed, path)
        intake.fail(claimed, code=error.code, row=error.row, column=error.column)
    except (OperationalError, InterfaceError):
        raise  # the database went away: the sweep goes on with it, from the spool
    except Exception:
        preparing.forget(claimed, path)
        intake.fail(claimed, code="crashed")
        raise
    return claimed


def stored_path(batch: Batch) -> Path:
    """Where the sealed file of a batch lies."""
    return Path(settings.MEDIA_ROOT) / "voters" / batch.stored_name


def forget_uploads(*, at: datetime.datetime) -> int:
    """Deletes files, refused rows and earlier rows of batches that ended 30 days before `at`; returns of how many.

    And whatever was sent seven days before `at` and never confirmed, as a whole.
    """
    left = [batch for batch in intake.unconfirmed(Batch.Subject.VOTERS, at=at) if intake.drop(batch)]
    for batch in left:
        stored_path(batch).unlink(missing_ok=True)
    old = intake.outdated(Batch.Subject.VOTERS, at=at)
    for batch in old:
        stored_path(batch).unlink(missing_ok=True)
        preparing.forget(batch, stored_path(batch))
        preparing.forget_header(stored_path(batch))
        BatchBefore.everywhere.filter(batch=batch).delete()
        BatchMissing.everywhere.filter(batch=batch).delete()
        ClaimBefore.everywhere.filter(batch=batch).delete()
        Undo.everywhere.filter(batch=batch).delete()
        intake.forget_rows(batch)
    return len(left) + len(old)


class _Hashed:
    """A file that is hashed, and its lines counted, while it is read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.digest, self.lines, self.start = file, hashlib.sha256(), 0, b""

    def read(self, size: int, /) -> bytes:
        data = self._file.read(size)
        self.digest.update(data)
        self.lines += data.count(b"\n")
        self.start = self.start or data[: len(WORKBOOK)]
        return data

    @property
    def rows(self) -> int | None:
        """About: the header apart, lines within quotation marks counted. A workbook tells when it is opened."""
        return None if self.start == WORKBOOK else max(self.lines - 1, 1)


def stored_header(batch: Batch) -> list[str]:
    """The file's own header, or ours once the file was deleted."""
    if not batch.stored_name:
        return list(columns.HEADERS)
    kept = preparing.kept_header(batch, stored_path(batch))
    if kept is not None:
        return kept
    try:
        with vault.read(stored_path(batch), batch.pk) as file:
            reading = Reading.of(batch.reading)
            return reading.renamed(reading.open(file).header)
    except (FileNotFoundError, SheetError):
        return list(columns.HEADERS)


def _load_with_retries(batch: Batch, prepared: preparing.Prepared) -> None:
    """Another import may hold the same people: its deadlock or its claim sends us back to the start, not into failure."""
    for attempt in range(1, TRIES + 1):
        warnings = intake.Warnings.of(prepared.warnings)
        try:
            with transaction.atomic():
                wait_as_long_as_it_takes()
                if not intake.hold(batch):
                    return
                entering.Entry(batch, prepared, warnings).run()
            return
        except DatabaseError as error:
            if attempt == TRIES or not is_worth_another_try(error):
                raise
            time.sleep(random.uniform(0, 0.1 * attempt))  # noqa: S311 (so that those who met part)
