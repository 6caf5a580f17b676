"""Which bytes stand for everything that decided a proposal, and how is a plan stored and read back?

A stored plan is JSON of flat lists, one value after the other:
`{"o": outcome, "k": engine_tps, "b": [block, …], "c": [place in b, sex, ballots, count, …],
"s": [[cell, first, last, …], …], "r": [[code, {figures}], …], "w": [[code, {figures}], …]}`, with a list of slices for each
TPS. Cells are canonical, and
what follows from cells and slices (sizes, men, women, ballots) is not stored.
"""

from collections.abc import Iterable, Mapping
from hashlib import blake2b, sha256
from itertools import chain
from pathlib import Path
from typing import Any, Final

import orjson

from .plan import Canonical, Cell, Plan, Reason, Slice, canonical, station_of

VERSION: Final = 2
"""Of the form of the bytes; a new one makes every proposal a new version."""

StoredPlan = dict[str, Any]
ENGINE: Final = sha256(
    b"".join([path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))]),
).hexdigest()
"""Of the engine itself: another one plans everything anew."""


def fingerprint(
    *,
    rules: Mapping[str, Any] | orjson.Fragment,
    options: Mapping[str, Any],
    registered: int,
    ineligible: Mapping[str, int],
    host: str | None,
    plan: StoredPlan | orjson.Fragment,
) -> str:
    """SHA-256, in hex, of the policy's rules, the location's options, its figures, its host and its plan.

    The cells and the outcome are in `plan`. Give no numbers of TPS, names, obstacles or comparisons: none of them may
    void a decision. `rules` and `plan` may be given as their `canonical_bytes`, in a fragment. The order of keys makes no difference;
    values are what JSON can hold, and dates.
    """
    return sha256(
        canonical_bytes(
            {
                "version": VERSION,
                "rules": rules,
                "options": options,
                "registered": registered,
                "ineligible": {code: count for code, count in ineligible.items() if count},
                "host": host,
                "plan": plan,
            }
        )
    ).hexdigest()


def inputs_hash(
    *,
    rules: Mapping[str, Any] | orjson.Fragment,
    options: Mapping[str, Any],
    registered: int,
    ineligible: Mapping[str, int],
    cells: Canonical,
) -> bytes:
    """16 bytes for all that a plan is made from, the engine included; where they are equal, so are the plans."""
    facts = [ENGINE, rules, options, registered, ineligible, list(chain.from_iterable(cells))]
    return blake2b(orjson.dumps(facts, option=orjson.OPT_SORT_KEYS), digest_size=16).digest()


def canonical_bytes(value: Mapping[str, Any]) -> bytes:
    """Compact UTF-8 JSON with sorted keys: the same bytes on every machine for the same value."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def plan_to_json(plan: Plan, cells: Iterable[Cell]) -> StoredPlan:
    """The plan and the cells it was made of, as lists that any JSON writer takes."""
    ordered = canonical(cells)
    blocks = {block: place for place, block in enumerate(dict.fromkeys([cell.block for cell in ordered]))}
    return {
        "o": plan.outcome,
        "k": plan.engine_tps,
        "b": list(blocks),
        "c": [value for block, sex, held, count in ordered for value in (blocks[block], sex, held, count)],
        "s": [list(chain.from_iterable(station.slices)) for station in plan.stations],
        "r": [[code, dict(params)] for code, params in plan.reasons],
        "w": [[code, dict(params)] for code, params in plan.warnings],
    }


def plan_from_json(stored: StoredPlan) -> Plan:
    """The plan again, equal to the one that was stored."""
    cells = cells_from_json(stored)
    stations = [station_of([Slice(*part) for part in rows(held, 3)], cells) for held in stored["s"]]
    reasons = tuple([Reason(code, params) for code, params in stored["r"]])
    warnings = tuple([Reason(code, params) for code, params in stored["w"]])
    return Plan(stored["o"], tuple(stations), reasons, warnings, stored["k"])


def cells_from_json(stored: StoredPlan) -> Canonical:
    """The canonical cells that the slices of a stored plan count by."""
    blocks = stored["b"]
    return Canonical([Cell(blocks[block], *others) for block, *others in rows(stored["c"], 4)])


def rows(values: list[Any], width: int) -> list[list[Any]]:
    return [values[start : start + width] for start in range(0, len(values), width)]
