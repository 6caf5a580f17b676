"""Which of the first rows of a list names its columns? Lists come with titles above, headers of two lines, and numbers below.

No Django: the process that reads workbooks asks here too.
"""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from dataclasses import dataclass

ROWS_LOOKED_AT = 20
SURE = 2

_BETWEEN = re.compile(r"[\s_.,:*-]+")
_REMARK = re.compile(r"(?<=.)\([^()]*\)\s*$")  # such as the form of a date
_AROUND_A_STROKE = re.compile(r"_?/_?")


@dataclass(frozen=True, slots=True)
class Found:
    """The header among the rows looked at: its first row, how many it covers, its names, how many of them are known."""

    place: int
    lines: int
    names: list[str]
    score: int


def plain(name: str) -> str:
    """A header without what differs from list to list: case, `_` for blanks and points between, a remark in brackets behind."""
    bare = _REMARK.sub("", name.strip("\ufeff").lower())
    return _AROUND_A_STROKE.sub("/", _BETWEEN.sub("_", bare)).strip("_")


def score(names: Sequence[str], known: Container[str]) -> int:
    """How many different known columns these cells name."""
    return len({name for name in map(plain, names) if name in known})


def find(rows: Sequence[list[str]], known: Container[str]) -> Found:
    """The header among `rows`: the first that names the most columns, or else simply the first row.

    Two rows together are taken only where that names more columns than either alone; a row of 1, 2, 3 below belongs to
    the header.
    """
    best = Found(0, 1, rows[0], score(rows[0], known))
    for place, row in enumerate(rows):
        named = score(row, known)
        if named > best.score and named >= SURE:
            best = Found(place, 1, row, named)
        if place + 1 < len(rows):
            both = _together(row, rows[place + 1], known)
            named = score(both, known)
            if named > max(best.score, score(rows[place + 1], known)) and named >= SURE:
                best = Found(place, 2, both, named)
    after = best.place + best.lines
    if after < len(rows) and _counts_columns(rows[after]):
        return Found(best.place, best.lines + 1, best.names, best.score)
    return best


def _together(upper: Sequence[str], lower: Sequence[str], known: Container[str]) -> list[str]:
    """One name for each column of a header of two lines, whose upper cells may stretch over several columns."""
    names, above = [], ""
    for place in range(max(len(upper), len(lower))):
        own = upper[place].strip() if place < len(upper) else ""
        below = lower[place].strip() if place < len(lower) else ""
        above = own or above
        choices = (below, f"{above} {below}".strip(), f"{below} {above}".strip(), own)
        names.append(next((choice for choice in choices if plain(choice) in known), below or own))
    return names


def _counts_columns(row: Sequence[str]) -> bool:
    told = [cell.strip().strip("()") for cell in row if cell.strip()]
    return len(told) > SURE and told == [str(number) for number in range(1, len(told) + 1)]
