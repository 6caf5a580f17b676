"""In which electoral district does a region lie, when KPU's table names regencies, districts or villages?"""

from collections.abc import Iterable, Mapping

Assignment = dict[str, str]

PARENT_WIDTH = {13: 8, 8: 5}


def resolve(*, regions: Iterable[str], named: Mapping[str, str]) -> Assignment:
    """The electoral district of every region that lies in one and only one; the others are left out.

    `named` holds the district per region code as the table says it; a region belongs to the district of its
    longest matching code. A region with parts in two, or with a part in none, is unknown, and unknown never
    equals unknown.
    """
    codes = list(regions)
    own = {code: longest_match(code, named) for code in codes}
    parts = found_below(codes, own)
    return {code: district for code in codes if (district := only(parts.get(code, {own[code]}))) is not None}


def longest_match(code: str, named: Mapping[str, str]) -> str | None:
    for width in (13, 8, 5, 2):
        if code[:width] in named:
            return named[code[:width]]
    return None


def found_below(codes: list[str], own: Mapping[str, str | None]) -> dict[str, set[str | None]]:
    """Per region above the villages, the districts of all that lies within it."""
    below: dict[str, set[str | None]] = {}
    for code in sorted(codes, key=len, reverse=True):
        if parent := PARENT_WIDTH.get(len(code)):
            inside = below.get(code) or {own[code]}
            below.setdefault(code[:parent], set()).update(inside)
    return below


def only(districts: set[str | None]) -> str | None:
    return next(iter(districts)) if len(districts) == 1 else None
