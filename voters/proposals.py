"""What would mend a refused row? For each column whose fault tells, the text that was probably meant. No Django.

Nothing is corrected by itself: a person looks at each proposal and takes it, or does not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, Final

from locations.cells import CellFault, parse_date

from . import nik

_MONTH_FIRST: Final = re.compile(r"(\d{1,2})([|/.-])(\d{1,2})\2(\d{4})", re.ASCII)
_SHORT_YEAR: Final = re.compile(r"(\d{1,2})([|/.-])(\d{1,2})\2(\d{2})", re.ASCII)
_NO_NUMBER: Final = frozenset(
    ("tidak ada", "belum ada", "tidak punya", "belum punya", "n/a", "na", "null", "none", "nihil", "kosong")
)
_LOOKS_LIKE: Final = str.maketrans("OoIl|", "00111")
_REGENCY: Final = 4
_NUMBERED_APART: Final = "9"  # the provinces of Papua, whose regencies BPS and Kemendagri number differently
MEANT: Final[Mapping[str, Mapping[str, str]]] = {
    "jenis_kelamin": {
        **dict.fromkeys(
            ("laki-laki", "laki - laki", "laki laki", "laki2", "laki", "lk", "l", "pria", "male", "m", "cowok"), "L"
        ),
        **dict.fromkeys(("perempuan", "pr", "p", "wanita", "female", "f", "w", "cewek"), "P"),
    },
    "status_kawin": {
        **dict.fromkeys(("belum kawin", "belum", "belum menikah", "bk", "lajang", "tk"), "B"),
        **dict.fromkeys(("kawin", "sudah kawin", "sudah", "menikah", "sudah menikah", "k", "sk", "nikah"), "S"),
        **dict.fromkeys(("pernah", "pernah kawin", "cerai", "cerai hidup", "cerai mati", "janda", "duda"), "P"),
    },
    "status_ktp_el": {
        **dict.fromkeys(("sudah", "sudah rekam", "sudah perekaman", "rekam", "ya", "y", "ada"), "S"),
        **dict.fromkeys(("belum", "belum rekam", "belum perekaman", "tidak", "t", "tidak ada"), "B"),
    },
    "disabilitas": {
        **dict.fromkeys(("tidak ada", "tidak", "bukan", "non", "nihil", "t", "n"), "0"),
        **dict.fromkeys(("fisik", "tuna daksa"), "1"),
        "intelektual": "2",
        "mental": "3",
        **dict.fromkeys(("wicara", "tuna wicara"), "4"),
        **dict.fromkeys(("rungu", "tuna rungu"), "5"),
        **dict.fromkeys(("netra", "tuna netra"), "6"),
    },
    "peran": {
        **dict.fromkeys(
            ("tahanan", "narapidana", "napi", "wbp", "warga binaan", "santri", "siswa", "pasien", "warga"), "penghuni"
        ),
        **dict.fromkeys(("pegawai", "sipir", "staf", "staff", "karyawan", "guru", "pengurus"), "petugas"),
    },
}
"""What lists write in place of a code, in small letters."""


def proposals_for(cells: Mapping[str, str], reasons: Iterable[Mapping[str, Any]], *, today: date) -> dict[str, str]:
    """Proposed text by column, for a row with these cells and reasons of refusal; what nobody can tell is not in it."""
    found: dict[str, str] = {}
    for reason in reasons:
        column, code = reason["column"], reason["code"]
        propose = _BY_CODE.get(code)
        text = propose(cells, column, reason.get("params", {}), today) if propose else ""
        if text and text != cells.get(column, "").strip():
            found.setdefault(column, text)
    return found


def _meant(cells: Mapping[str, str], column: str, params: Mapping[str, Any], today: date) -> str:
    written = " ".join(cells.get(column, "").lower().replace(".", " ").split())
    return MEANT.get(column, {}).get(written, "") or _from_nik(cells, column, params, today)


def _from_nik(cells: Mapping[str, str], column: str, params: Mapping[str, Any], today: date) -> str:
    """Birth date or sex where the cell is empty or tells nothing."""
    told = nik.told_by(cells.get("nik", "").strip(), at=today)
    if told is None:
        return ""
    return {"tanggal_lahir": told[0].isoformat(), "jenis_kelamin": told[1]}.get(column, "")


def _with_day_first(cells: Mapping[str, str], column: str, params: Mapping[str, Any], today: date) -> str:
    """12/31/1990 is 1990-12-31, 31/12/90 too; a birth date that cannot be is taken from the NIK."""
    text = cells.get(column, "").strip()
    if (found := _MONTH_FIRST.fullmatch(text)) and int(found[3]) > int(found[1]):
        return _iso(int(found[4]), int(found[1]), int(found[3])) or _from_nik(cells, column, params, today)
    if found := _SHORT_YEAR.fullmatch(text):
        year = 2000 + int(found[4])
        return _iso(year if year <= today.year else year - 100, int(found[3]), int(found[1]))
    return _from_nik(cells, column, params, today)


def _iso(year: int, month: int, day: int) -> str:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return ""


def _nik_within(cells: Mapping[str, str], column: str, params: Mapping[str, Any], today: date) -> str:
    """The 16 digits in `NIK 3603…`, `3603….0` or with a letter O for a zero; `-` for a word that says there is none."""
    text = cells.get(column, "").strip()
    if text.strip(" .?-_*xX") == "" or text.lower().strip(" .") in _NO_NUMBER:
        return "-"
    number = nik.parse_nik(re.sub(r"^\D*NIK\W*|[.,]0+$", "", text, flags=re.IGNORECASE).translate(_LOOKS_LIKE))
    return number if nik.nik_fault(number) is None else ""


def _nik_of_person(cells: Mapping[str, str], column: str, params: Mapping[str, Any], today: date) -> str:
    """The NIK with the person's birth date and sex, where its own date cannot be."""
    number, sex = nik.parse_nik(cells.get("nik", "").strip()), cells.get("jenis_kelamin", "").strip().upper()
    try:
        born = parse_date(cells.get("tanggal_lahir", "").strip())
    except CellFault:
        return ""
    if born is None or sex not in (nik.MALE, nik.FEMALE):
        return ""
    return number[:6] + nik.date_part(born, sex) + number[12:]


def _with_last_zero(cells: Mapping[str, str], column: str, params: Mapping[str, Any], today: date) -> str:
    return str(params.get("proposed", ""))


def _regency_of(cells: Mapping[str, str], column: str, params: Mapping[str, Any], today: date) -> str:
    """BPS numbers regencies as Kemendagri does, but for Papua."""
    code = cells.get(column, "").strip()[:_REGENCY]
    return "" if code.startswith(_NUMBERED_APART) else f"{code[:2]}.{code[2:]}"


_BY_CODE: Final[Mapping[str, Callable[[Mapping[str, str], str, Mapping[str, Any], date], str]]] = {
    "outside_list": _meant,
    "empty": _from_nik,
    "impossible_date": _with_day_first,
    "date_out_of_range": _from_nik,
    "nik_date": _nik_of_person,
    "nik_length": _nik_within,
    "region_rounded": _with_last_zero,
    "bps_code": _regency_of,
}
