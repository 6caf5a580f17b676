"""From the database to the engine's cells: the grouped scan, one location after the other."""

from __future__ import annotations

import uuid
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from voters import eligibility

from .core.plan import Cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from voters.eligibility import EligibilityRules, Group


class Census(NamedTuple):
    """The voters of one location as the engine needs them: eligible ones in cells, the others counted by reason.

    A voter counts under every reason that applies, so the sums by reason may exceed `registered` less eligible.
    """

    registered: int
    cells: list[Cell]
    ineligible: dict[str, int]


NOBODY = Census(0, [], {})


def by_location(
    rules: EligibilityRules, location_ids: Iterable[uuid.UUID] | None = None
) -> Iterator[tuple[uuid.UUID, Census]]:
    """(location, census) of every active location that has voters. One statement; nobody else is loaded."""
    for key, groups in groupby(eligibility.groups(rules, location_ids), itemgetter(0)):
        yield uuid.UUID(key), _census(groups)


def _census(groups: Iterable[Group]) -> Census:
    registered = 0
    cells: list[Cell] = []
    ineligible: dict[str, int] = {}
    for _location, block, sex, ballots, reasons, count in groups:
        registered += count
        if not reasons:
            cells.append(Cell(block or "", sex, ballots, count))  # type: ignore[arg-type]
            continue
        for code in _codes(reasons):
            ineligible[code] = ineligible.get(code, 0) + count
    return Census(registered, cells, ineligible)


_codes = lru_cache(maxsize=4096)(eligibility.codes_of)
