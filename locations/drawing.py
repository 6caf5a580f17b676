"""How does a person draw the TPS of a location by hand? As typed, as stored, and as read; no Django.

Typed: sizes, `187 + 117`, or a line for each TPS with the blocks that vote there, `Blok A + Blok B`. A block in several lines
is spread over them. Stored: the same with the ids of the blocks, `id,id+id`, so that a block may be renamed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

SIZES: Final = re.compile(r"\d{1,5}(?:\s*\+\s*\d{1,5})*", re.ASCII)
MOST_TPS: Final = 200
MOST_CHARACTERS: Final = 20_000

Drawn = tuple[int, ...] | tuple[frozenset[str], ...]
"""Of each TPS either how many voters, or the ids of its blocks in 32 hex digits."""


class DrawingFault(ValueError):
    """What was typed is no plan: `code` is one of MESSAGES' in locations.forms, `name` what it is about."""

    def __init__(self, code: str, name: str = "") -> None:
        super().__init__(code)
        self.code, self.name = code, name


def stored(typed: str, blocks: Mapping[str, str]) -> str:
    """What is kept of a typed plan; `blocks` are ids (32 hex digits) by name in lower case. Raises DrawingFault."""
    lines = [" ".join(line.split()) for line in typed.splitlines() if line.strip()]
    if not lines:
        return ""
    if len(lines) == 1 and SIZES.fullmatch(lines[0]):
        return "+".join([_size(part) for part in _within(lines[0].split("+"))])
    return "+".join([",".join(_ids(line, blocks)) for line in _within(lines)])


def typed(kept: str, names: Mapping[str, str]) -> str:
    """A stored plan as a person would type it; `names` of blocks by id. A block that is gone is left out."""
    drawn = read(kept)
    if not drawn or isinstance(drawn[0], int):
        return kept.replace("+", " + ")
    return "\n".join(
        [" + ".join([names[key] for key in tps.split(",") if key in names]) or "-" for tps in kept.split("+")]
    )


def read(kept: str) -> Drawn:
    """The TPS of a stored plan, in the order they were drawn; empty where none was."""
    if not kept:
        return ()
    parts = kept.split("+")
    if all(part.isascii() and part.isdigit() and len(part) <= 5 for part in parts):
        return tuple([int(part) for part in parts])
    return tuple([frozenset(part.split(",")) for part in parts])


def _size(part: str) -> str:
    size = int(part)
    if not size:
        raise DrawingFault("empty_tps")
    return str(size)


def _ids(line: str, blocks: Mapping[str, str]) -> list[str]:
    names = [name.strip() for name in line.split("+")]
    for name in names:
        if name.casefold() not in blocks:
            raise DrawingFault("unknown_block", name)
    return sorted({blocks[name.casefold()] for name in names})


def _within(parts: list[str]) -> list[str]:
    if len(parts) > MOST_TPS:
        raise DrawingFault("too_many_tps")
    return parts
