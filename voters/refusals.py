"""What does a page say about refused rows: which cell, what stood there as far as it may be shown, and why not?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
from django.utils import timezone
from django.utils.translation import gettext

from . import columns, importing, keyring, masking
from .proposals import proposals_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from locations.models import Batch, Refusal


class Refused(NamedTuple):
    """One reason of one row; `column` is as the file's header names it, empty for the row as a whole."""

    row_number: int
    column: str
    shown: str
    reason: str
    proposed: str


def reasons_of(batch: Batch, refusals: Iterable[Refusal]) -> list[Refused]:
    """Every reason of these rows, in their order. Opens the rows in memory."""
    header = importing.stored_header(batch)
    places = {column.header: place for place, column in columns.match_header(header).columns}
    return [reason for refusal in refusals for reason in _reasons(refusal, header, places)]


def _reasons(refusal: Refusal, header: list[str], places: dict[str, int]) -> Iterator[Refused]:
    cells = orjson.loads(keyring.sealer("refusal", "row").unpack(refusal.pk.bytes, bytes(refusal.row)))
    named = {column: cells[place] for column, place in places.items() if place < len(cells)}
    proposed = proposals_for(named, refusal.reasons, today=timezone.localdate())
    for reason in refusal.reasons:
        place = places.get(reason["column"], len(cells))
        name = header[place] if place < len(header) else reason["column"]
        text = cells[place].strip() if place < len(cells) else ""
        shown = masking.masked_cell(reason["column"], text)
        mended = masking.masked_cell(reason["column"], proposed.get(reason["column"], ""))
        yield Refused(refusal.row_number, masking.without_identities(name), shown, sentence(reason), mended)


def sentence(reason: dict[str, Any]) -> str:
    return gettext(columns.MESSAGES[reason["code"]]) % reason["params"]
