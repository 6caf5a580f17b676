"""Verb: the special locations of a question as a file in the columns of the import."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction

from accounts import audit
from accounts.permissions import Permission, require

from .columns import COLUMNS

if TYPE_CHECKING:
    from accounts.models import User

    from .cells import Column
    from .models import SpecialLocation
    from .querysets import SpecialLocationQuerySet

FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")


@transaction.atomic
def export(*, locations: SpecialLocationQuerySet, by: User) -> str:
    """CSV text, comma-separated; recorded with its number of rows, since it names persons in charge.

    A text that a spreadsheet would run as a formula has an apostrophe in front.
    """
    require(by, Permission.VIEW)
    rows = [row_of(location) for location in locations]
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow([column.header for column in COLUMNS])
    writer.writerows(rows)
    audit.record(by=by, action="locations.exported", subject=by, territory=by.territory_id, rows=len(rows))
    return file.getvalue()


def row_of(location: SpecialLocation) -> list[Any]:
    return [cell_of(location, column) for column in COLUMNS]


def cell_of(location: SpecialLocation, column: Column) -> Any:
    value = location.region_id if column.field == "region" else getattr(location, column.field)
    return safe(value) if isinstance(value, str) else "" if value is None else value


def safe(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
