"""Which rows can be read and are unlikely all the same? An age nobody has, a date that two people read differently, no NKK. No Django."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any, Final, Protocol

from locations.memo import Memo

from . import nik

YOUNGEST: Final = 10
OLDEST: Final = 105

_NOTHING, _EITHER, _DAY_FIRST = 0, 1, 2
_DAY_MONTH_YEAR: Final = re.compile(r"[^\d]*(\d{1,2})[/.-](\d{1,2})[/.-]\d{4}(?:[ T]\d{1,2}:00(?::00)?)?", re.ASCII)


class Row(Protocol):
    """What of a parsed row is asked here."""

    nik: str
    nkk: str
    birth_date: date
    sex: str


def warnings_of(row: Row, dates: Sequence[str], *, today: date) -> tuple[str, ...]:
    """Codes of what is unlikely; `dates` are the cells of the row's dates as they came, the birth date first.

    A date such as 05/03/1990 is ambiguous unless another date of the row shows that its writer puts the day first, or the
    NIK agrees.
    """
    codes: tuple[str, ...] = ()
    if not row.nkk:
        codes = ("no_nkk",)
    if not YOUNGEST <= today.year - row.birth_date.year <= OLDEST:
        codes += ("age_unlikely",)
    order = 0
    for text in dates:
        order |= _ORDER[text]
    if order == _EITHER and not (_ORDER[dates[0]] == _EITHER and _agrees(row)):
        codes += ("ambiguous_date",)
    return codes


def _agrees(row: Row) -> bool:
    return row.nik[6:12] == nik.date_part(row.birth_date, row.sex)


def _order_of(text: str) -> int:
    """Whether the cell may be read with the day or the month first, or shows that the day comes first."""
    found = _DAY_MONTH_YEAR.fullmatch(text.strip())
    if found is None or found[1].zfill(2) == found[2].zfill(2):
        return _NOTHING
    return _DAY_FIRST if int(found[1]) > len(_MONTHS) else _EITHER


_MONTHS: Final = range(1, 13)
_ORDER: Final[Memo[str, Any]] = Memo(_order_of)
