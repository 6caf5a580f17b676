"""How is one list read: which sheet, where its header is, what each column is taken for, and which names are one block?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, BinaryIO, Final

from locations.cells import Column, Layout
from locations.headers import plain
from locations.sheets import Choice, Sheet, read

from . import columns, keyring
from .columns import ParsedRow

LEFT_OUT: Final = ""
_NOT_READ: Final = "(tidak dibaca)"
_BY_HEADER: Final = {column.header: column for column in columns.COLUMNS}
_PARTS: Final = re.compile(r"\d+|[^\W\d_]+")

Blocks = Mapping[str, Mapping[str, str]]  # by location code: what alike names have in common, and the name they get


@dataclass(frozen=True, slots=True)
class Reading:
    """What somebody chose; whatever is left open is found as without anybody.

    `mapping` names one of our columns, or LEFT_OUT, for each column of the file, from the left. `blocks` is None until
    somebody was asked.
    """

    sheet: str = ""
    header_row: int | None = None
    mapping: tuple[str, ...] | None = None
    blocks: Blocks | None = None

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Reading:
        mapping = stored.get("mapping")
        return cls(
            stored.get("sheet", ""),
            stored.get("header_row"),
            None if mapping is None else tuple(mapping),
            stored.get("blocks"),
        )

    def as_json(self) -> dict[str, Any]:
        mapping = None if self.mapping is None else list(self.mapping)
        return {"sheet": self.sheet, "header_row": self.header_row, "mapping": mapping, "blocks": self.blocks}

    @property
    def without_blocks(self) -> Reading:
        return replace(self, blocks=None)

    def open(self, file: BinaryIO) -> Sheet:
        """The list in the file. Raises SheetError."""
        return read(file, columns.NAMES, Choice(self.sheet, self.header_row))

    def layout(self, header: Sequence[str]) -> Layout:
        """Which column is taken for what; ValueError where the header is not the one the mapping was made for."""
        if self.mapping is None:
            return columns.match_header(list(header))
        found: dict[str, tuple[int, Column]] = {}
        for place, (_, name) in enumerate(zip(header, self.mapping, strict=True)):
            if name:
                found.setdefault(name, (place, _BY_HEADER[name]))
        twice = tuple(name for name in found if self.mapping.count(name) > 1)
        return Layout(tuple(found.values()), len(header), (), twice, tuple(name.strip() for name in header))

    def renamed(self, header: Sequence[str]) -> list[str]:
        """The header by which the same columns are taken for the same without anybody choosing."""
        if self.mapping is None:
            return list(header)
        pairs = zip(header, self.mapping, strict=True)
        return [_renamed(name, taken_for) for name, taken_for in pairs]

    def merge(self, rows: Iterable[ParsedRow | Any]) -> None:
        """Gives alike names of blocks the one that was chosen for them."""
        for row in rows:
            if isinstance(row, ParsedRow) and row.block:
                row.block = self.block(row.location_code, row.block)

    def block(self, location_code: str, name: str) -> str:
        """The name this block gets."""
        here = (self.blocks or {}).get(location_code)
        return here.get(alike(name), name) if here else name


def found_mapping(header: Sequence[str]) -> tuple[str, ...]:
    """What each column is taken for by its name alone; of two of one name, the first."""
    taken = {place: column.header for place, column in columns.match_header(list(header)).columns}
    return tuple(taken.get(place, LEFT_OUT) for place in range(len(header)))


def digest_of(header: Sequence[str]) -> str:
    """By which a header is known again: a keyed hash, since it may be a row of people that was taken for one."""
    return keyring.indexer("header")("\0".join(map(plain, header)).encode()).hex()


def fits(mapping: Sequence[str], header: Sequence[str]) -> bool:
    """Whether a mapping names one of our columns, or none, for each column of this header."""
    return len(mapping) == len(header) and {LEFT_OUT, *columns.HEADERS}.issuperset(mapping)


def alike(name: str) -> str:
    """What `Blok A`, `BLOK-A`, `blok a` and `Blok.A` have in common, or `Blok 01` and `blok-1`; `1 2` is not `12`.

    Empty where there is neither letter nor digit.
    """
    joined = ""
    for part in _PARTS.findall(name.lower()):
        is_number = part.isdigit()
        between = "." if is_number and joined[-1:].isdigit() else ""
        joined += between + (part.lstrip("0") or "0" if is_number else part)
    return joined


def _renamed(name: str, taken_for: str) -> str:
    if not taken_for:
        known = plain(name) in columns.NAMES
        return f"{name.strip()} {_NOT_READ}" if known else name
    named = columns.match_header([name]).columns
    return name if named and named[0][1].header == taken_for else taken_for
