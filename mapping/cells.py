"""From the database to the engine's cells: the grouped scan, one location after the other."""

from __future__ import annotations

import uuid
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from voters import eligibility

from .core.plan import FEMALE, MALE, Canonical, Cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from voters.eligibility import EligibilityRules

    from .core.plan import Sex


class Census(NamedTuple):
    """The voters of one location as the engine needs them: eligible ones in cells, the others counted by reason.

    A voter counts under every reason that applies, so the sums by reason may exceed `registered` less eligible.
    """

    registered: int
    cells: Canonical
    ineligible: dict[str, int]


NOBODY = Census(0, Canonical(), {})


def by_location(
    rules: EligibilityRules, location_ids: Iterable[uuid.UUID] | None = None
) -> Iterator[tuple[uuid.UUID, Census]]:
    """(location, census) of every active location that has voters. One statement; nobody else is loaded."""
    scanned = eligibility.scanned(*eligibility.grouped_statement(rules, location_ids))
    for key, rows in groupby(scanned, itemgetter(0)):
        yield uuid.UUID(key), _census(rows)


def _census(rows: Iterable[tuple[str, str | None, int, int]]) -> Census:
    registered = 0
    cells: list[Cell] = []
    ineligible: dict[str, int] = {}
    for _location, block, key, count in rows:
        registered += count
        codes, sex, ballots = _meaning(key)
        if codes:
            for code in codes:
                ineligible[code] = ineligible.get(code, 0) + count
        else:
            cells.append(Cell(block or "", sex, ballots, count))
    return Census(registered, Canonical(sorted(cells)), ineligible)  # grouped: none twice, none empty


@lru_cache(maxsize=65_536)
def _meaning(key: int) -> tuple[list[str], Sex, int]:
    """Reasons against, sex and ballots of a group."""
    group = eligibility.group_of(key)
    return eligibility.codes_of(group.reasons), MALE if group.is_male else FEMALE, group.ballots
