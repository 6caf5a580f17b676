"""By what does a row of a list that we gave out find its person again? By a reference that says nothing of the person.

`C-2K7-QF4`: what kind of row, which one, and three letters that only the right one has, so that a typing error
finds nobody instead of somebody else.
"""

from __future__ import annotations

from typing import Final

from locations.cells import CellFault

from . import keyring

STRIKE, SEARCH = "C", "D"
_DIGITS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # no I, L, O or U, which are read for others
_MISREAD: Final = str.maketrans("ILO", "110", " .")
_CHECKED: Final = 3
_LONGEST: Final = 12  # digits of the largest number that a key can be


def reference_of(kind: str, number: int) -> str:
    return f"{kind}-{_as_digits(number)}-{_check_of(kind, number)}"


def number_of(kind: str, text: str) -> int | None:
    """The number of a row of this kind; None for an empty cell. Raises CellFault for what we never gave out."""
    if not text:
        return None
    parts = text.upper().translate(_MISREAD).split("-")
    if len(parts) != 3 or not parts[1] or len(parts[1]) > _LONGEST or not set(parts[1]) <= set(_DIGITS):
        raise CellFault("bad_reference")
    number = 0
    for digit in parts[1]:
        number = number * len(_DIGITS) + _DIGITS.index(digit)
    if (parts[0], parts[2]) != (kind, _check_of(kind, number)):
        raise CellFault("bad_reference")
    return number


def _as_digits(number: int) -> str:
    text = ""
    while number or not text:
        number, rest = divmod(number, len(_DIGITS))
        text = _DIGITS[rest] + text
    return text


def _check_of(kind: str, number: int) -> str:
    hashed = int.from_bytes(keyring.indexer("reference")(f"{kind}{number}".encode())[:4], "big")
    return _as_digits(hashed % len(_DIGITS) ** _CHECKED).rjust(_CHECKED, "0")
