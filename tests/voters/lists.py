"""Voter lists as offices send them, and importing one as a test does."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any

from accounts.permissions import SYSTEM
from locations.models import Batch, SpecialLocation
from tests import factories
from voters import importing
from voters.nik import date_part

BORN = date(1990, 8, 15)


def invented_nik(born: date = BORN, sex: str = "L", *, serial: int = 1, district: str = "360328") -> str:
    """A NIK that agrees with the person; the register of these tests is a real one, so serials begin with 0001."""
    return f"{district}{date_part(born, sex)}{serial:04}"


def row(name: str, nik: str | None = None, *, born: date = BORN, sex: str = "L", **cells: Any) -> dict[str, Any]:
    """A row that can be taken; without `nik` one that belongs to nobody else of this name."""
    number = invented_nik(born, sex) if nik is None else nik
    return {"nama": name, "nik": number, "tanggal_lahir": born.isoformat(), "jenis_kelamin": sex, **cells}


def as_csv(rows: list[dict[str, Any]], columns: list[str] | None = None) -> bytes:
    names = columns or list(dict.fromkeys(name for cells in rows for name in cells))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def load(
    *rows: dict[str, Any], at: SpecialLocation | None = None, by: Any = SYSTEM, mode: str = Batch.Mode.UPDATE
) -> Batch:
    """Imports the rows as one file and returns its batch; `at` names the location of rows that name none."""
    return load_bytes(as_csv(list(rows)), at=at, by=by, mode=mode)


def load_bytes(
    data: bytes, *, at: SpecialLocation | None = None, by: Any = SYSTEM, mode: str = Batch.Mode.UPDATE
) -> Batch:
    batch = importing.receive(file=io.BytesIO(data), file_name="daftar.csv", location=at, by=by, mode=mode)
    return importing.run(batch)


def counts(batch: Batch) -> dict[str, int]:
    return {name: getattr(batch, name) for name in ("rows", "accepted", "updated", "rejected", "duplicates")}


def prisons() -> tuple[SpecialLocation, SpecialLocation]:
    """Two prisons of two provinces, in regions where the invented NIKs were issued."""
    factories.region("36.03.28")
    factories.region(factories.HOME)
    return (
        factories.special_location("A", "36.03.28.2004"),
        factories.special_location("B", "32.73.01.1001"),
    )
