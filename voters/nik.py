"""What does a NIK say by itself: is it one, whose birthday and sex does it carry, does it fit the person?

A NIK is district of issue (6 digits), birth day + 40 for women, month, year (2 each), serial (4). No Django.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from collections.abc import Container
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

LENGTH = 16
INVENTED_SERIAL = "0000"
MALE, FEMALE = "L", "P"
OK, NONE, BAD = "ok", "none", "bad"

_DROPPED = str.maketrans("", "", ".- \u00a0\u2007\u202f\t\u200b\u200c\u200d\u2060\ufeff")
_SCIENTIFIC = re.compile(r"\d+(?:,\d+)?e\+?\d{1,2}", re.IGNORECASE)
_DATES = 1 << 17  # a hundred years of birth dates, for either sex
_LONGEST_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True, slots=True)
class Correction:
    """One way to make NIK and person agree: set `field` to `value`; `value` identifies, so it is never stored plain."""

    field: str
    value: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """`ok`, `none` or `bad`, with what contradicts the NIK (`birth_date`, `sex`, `district`) and what would mend it."""

    verdict: str
    conflicts: tuple[str, ...] = ()
    corrections: tuple[Correction, ...] = ()


_OK, _NONE = Verdict(OK), Verdict(NONE)


def parse_nik(text: str) -> str:
    """The cell without dots, hyphens, blanks, what is invisible, and the apostrophe that keeps a spreadsheet from rounding it."""
    if text.isdigit() and text.isascii():
        return text
    return unicodedata.normalize("NFKC", text).translate(_DROPPED).lstrip("'`’‘")


def is_rounded(text: str) -> bool:
    """Whether a spreadsheet wrote it as a number too long for it: 3,60312E+15."""
    return _SCIENTIFIC.fullmatch(text) is not None


def is_placeholder(nik: str, *, synthetic: bool = False) -> bool:
    """Whether a parsed NIK is a stand-in: empty, `-`, all one digit, begins with 0, or ends in 0000.

    In a synthetic register the serial 0000 marks the invented people themselves, so there it is no placeholder.
    """
    if nik in ("", "-"):
        return True
    if not (nik.isascii() and nik.isdigit()):
        return False
    return nik[0] == "0" or nik == nik[0] * len(nik) or (nik.endswith(INVENTED_SERIAL) and not synthetic)


def nik_fault(nik: str) -> str | None:
    """Why a parsed NIK that is no placeholder cannot be one: a refusal code, or None.

    `nik_scientific` is what a spreadsheet leaves of it (3,60312E+15): the last digits are lost for good.
    """
    if len(nik) != LENGTH or not (nik.isascii() and nik.isdigit()):
        return "nik_scientific" if is_rounded(nik) else "nik_length"
    return None if _is_date(nik[6:12]) else "nik_date"


def district_of(nik: str) -> str:
    """The district of issue as Kemendagri writes it: `36.03.04`."""
    return f"{nik[:2]}.{nik[2:4]}.{nik[4:6]}"


def sex_of(nik: str) -> str:
    """`P` where 40 was added to the day, else `L`."""
    return FEMALE if nik[6] >= "4" else MALE


def birth_date_of(nik: str, *, at: date) -> date:
    """The birth date a well-formed NIK carries, its two-digit year being the latest that is not after `at`.

    Somebody older than a hundred comes out a century too young: the file's own birth date decides, not this.
    Raises ValueError for 29 February where the century chosen has none.
    """
    day = int(nik[6:8])
    year = 2000 + int(nik[10:12])
    return date(year if year <= at.year else year - 100, int(nik[8:10]), day - 40 if day > 40 else day)


def told_by(text: str, *, at: date) -> tuple[date, str] | None:
    """Birth date and sex that a NIK carries, however it was typed; None where it is no well-formed one."""
    nik = parse_nik(text)
    if is_placeholder(nik, synthetic=True) or nik_fault(nik):
        return None
    try:
        return birth_date_of(nik, at=at), sex_of(nik)
    except ValueError:
        return None


@lru_cache(_DATES)
def date_part(birth_date: date, sex: str) -> str:
    """The six digits that birth date and sex give."""
    day = birth_date.day + (40 if sex == FEMALE else 0)
    return f"{day:02}{birth_date.month:02}{birth_date.year % 100:02}"


def nik_verdict(nik: str, birth_date: date, sex: str, district_known: bool) -> Verdict:
    """Whether a well-formed NIK (or "" for a placeholder) identifies a person of this birth date and sex.

    `bad` where a part contradicts; the corrections then are those that would make the two agree.
    """
    if not nik:
        return _NONE
    expected = date_part(birth_date, sex)
    if nik[6:12] == expected and district_known:
        return _OK
    conflicts = _conflicts(nik, expected, district_known)
    return Verdict(BAD, conflicts, _corrections(nik, birth_date, sex, conflicts))


def known_district(nik: str, districts: Container[str]) -> bool:
    """Whether the first six digits are among `districts`, codes without dots that are or were."""
    return nik[:6] in districts


@lru_cache(_DATES)
def _is_date(digits: str) -> bool:
    """Whether day (40 more for women), month and year can be."""
    day, month = int(digits[:2]), int(digits[2:4])
    if day > 40:
        day -= 40
    if not 1 <= month <= 12 or not 1 <= day <= _LONGEST_MONTH[month - 1]:
        return False
    return not (day == 29 and month == 2 and int(digits[4:]) % 4)


def has_day_and_month_exchanged(nik: str, birth_date: date, sex: str) -> bool:
    """Whether a well-formed NIK has the birth date of this person as an American spreadsheet would read it."""
    if birth_date.day > len(_LONGEST_MONTH):
        return False
    return nik[6:12] == date_part(birth_date.replace(day=birth_date.month, month=birth_date.day), sex)


def _conflicts(nik: str, expected: str, district_known: bool) -> tuple[str, ...]:
    found = []
    if nik[7:12] != expected[1:] or int(nik[6]) % 4 != int(expected[0]) % 4:
        found.append("birth_date")
    if (nik[6] >= "4") != (expected[0] >= "4"):
        found.append("sex")
    if not district_known:
        found.append("district")
    return tuple(found)


def _corrections(nik: str, birth_date: date, sex: str, conflicts: tuple[str, ...]) -> tuple[Correction, ...]:
    """The sex or the date as the NIK has it, else the NIK as the person has it; nothing for an unknown district."""
    if conflicts == ("sex",):
        return (Correction("sex", sex_of(nik)),)
    if "birth_date" not in conflicts:
        return ()
    proposals = [Correction("nik", nik[:6] + date_part(birth_date, sex) + nik[12:])]
    told = _date_in_century_of(birth_date, nik)
    if told is not None and "sex" not in conflicts:
        proposals.append(Correction("birth_date", told.isoformat()))
    return tuple(proposals)


def _date_in_century_of(birth_date: date, nik: str) -> date | None:
    day, month = int(nik[6:8]) % 40, int(nik[8:10])
    year = birth_date.year // 100 * 100 + int(nik[10:12])
    if not 1 <= day <= monthrange(year, month)[1]:
        return None
    return date(year, month, day)
