"""Does a plan drawn by hand hold, and who votes where then?

A person says of each TPS either how many voters it has, or which blocks vote there. Voters come and go after that, so the
drawing is followed in its spirit: sizes keep their proportions (largest remainder), a block in several TPS is poured into the
lower ones, and a block that the drawing does not name goes to the emptiest TPS. It is held to what the engine's own plan is
held to: nobody above the maximum, no TPS without voters, no fewer TPS than voters and headroom need, no more than the policy
grants, and nobody beside whom he is kept apart from. Where it cannot be followed, it is put aside, with the reason.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from .arrangement import filled
from .plan import Cell, PlanRules, Reason, Slice, Station, station_of, taken

Figures = dict[str, int | str]
Share = dict[str, int]
"""Voters of each block at one TPS."""


class Followed(NamedTuple):
    """The TPS in the order they were drawn, and what moved since."""

    stations: tuple[Station, ...]
    warnings: tuple[Reason, ...]


def follow(cells: Sequence[Cell], rules: PlanRules, *, engine_tps: int, most_tps: int) -> Followed | Reason:
    """The stations of `rules.drawn` for these canonical cells, or why it is put aside."""
    held: dict[str, int] = {}
    for cell in cells:
        held[cell.block] = held.get(cell.block, 0) + cell.count
    shares, moved = _by_size(held, rules) if isinstance(rules.drawn[0], int) else _by_block(held, rules)
    figures: Figures = {"drawn": len(shares), "tps": engine_tps, "maximum": rules.maximum}
    sizes = [sum(share.values()) for share in shares]
    if len(shares) < engine_tps:
        return Reason("drawn_ignored", {**figures, "why": "too_few"})
    if len(shares) > most_tps:
        return Reason("drawn_ignored", {**figures, "why": "too_many", "most": most_tps})
    if max(sizes) > rules.maximum:
        return Reason("drawn_ignored", {**figures, "why": "above_maximum", "largest": max(sizes)})
    if not min(sizes):
        return Reason("drawn_ignored", {**figures, "why": "empty"})
    stations = tuple(_stations(shares, cells))
    if any(_mixes(station, cells, rules) for station in stations):
        return Reason("drawn_ignored", {**figures, "why": "not_apart"})
    return Followed(stations, moved)


def _by_size(held: Mapping[str, int], rules: PlanRules) -> tuple[list[Share], tuple[Reason, ...]]:
    """Each TPS takes the blocks that fill it best; what room is left takes the rest, in order of the blocks."""
    drawn = [int(size) for size in rules.drawn if isinstance(size, int)]
    voters = sum(held.values())
    sizes = apportioned(voters, drawn)
    left = dict(held)
    shares: list[Share] = []
    for size in sizes:
        whole = _fullest({block: count for block, count in left.items() if block}, size)
        shares.append({block: left.pop(block) for block in whole})
    for share, size in zip(shares, sizes, strict=True):
        room = size - sum(share.values())
        for block in sorted(left):
            taken = min(room, left[block])
            if taken:
                share[block] = taken
                left[block] -= taken
                room -= taken
    if sum(drawn) == voters:
        return shares, ()
    return shares, (Reason("drawn_moved", {"drawn": sum(drawn), "eligible": voters}),)


def apportioned(voters: int, drawn: Sequence[int]) -> list[int]:
    """So many voters in the proportions drawn, by largest remainder; exactly as drawn where the sum is the same."""
    total = sum(drawn)
    sizes = [size * voters // total for size in drawn]
    by_remainder = sorted(range(len(drawn)), key=lambda place: (-(drawn[place] * voters % total), place))
    for place in by_remainder[: voters - sum(sizes)]:
        sizes[place] += 1
    return sizes


def _fullest(blocks: Mapping[str, int], room: int) -> tuple[str, ...]:
    """Whole blocks whose voters together come nearest to the room without passing it; the first such set."""
    found: dict[int, tuple[str, ...]] = {0: ()}
    for block, count in sorted(blocks.items()):
        for voters, chosen in list(found.items()):
            if voters + count <= room:
                found.setdefault(voters + count, (*chosen, block))
    return found[max(found)]


def _by_block(held: Mapping[str, int], rules: PlanRules) -> tuple[list[Share], tuple[Reason, ...]]:
    named = [frozenset(tps) for tps in rules.drawn if isinstance(tps, frozenset)]
    shares: list[Share] = [{} for _ in named]
    homes = {block: [place for place, tps in enumerate(named) if block.replace("-", "") in tps] for block in held}
    for block in sorted(held, key=lambda block: (len(homes[block]) or len(named) + 1, not block, -held[block], block)):
        _pour(shares, homes[block], block, held[block], rules.maximum)
    unnamed = sum([count for block, count in held.items() if block and not homes[block]])
    return shares, ((Reason("drawn_incomplete", {"voters": unnamed}),) if unnamed else ())


def _pour(shares: list[Share], homes: Sequence[int], block: str, voters: int, maximum: int) -> None:
    """A block into the TPS that name it; one that none names stays whole where a TPS has room."""
    levels = [sum(share.values()) for share in shares]
    places = list(homes) or list(range(len(shares)))
    lowest = min(places, key=lambda place: (levels[place], place))
    if block and not homes and levels[lowest] + voters <= maximum:
        places = [lowest]
    before = [levels[place] for place in places]
    for place, low, high in zip(places, before, filled(before, voters), strict=True):
        if high > low:
            shares[place][block] = high - low


def _stations(shares: Sequence[Share], cells: Sequence[Cell]) -> list[Station]:
    """Within a block voters stand by cell and rank; the TPS take them in the order they were drawn."""
    left: dict[str, list[Slice]] = {}
    for index, cell in enumerate(cells):
        left.setdefault(cell.block, []).append(Slice(index, 1, cell.count))
    order = {block: place for place, block in enumerate(sorted(left))}
    return [station_of(taken(share, left, order), cells) for share in shares]


def _mixes(station: Station, cells: Sequence[Cell], rules: PlanRules) -> bool:
    held = [cells[part.cell] for part in station.slices]
    blocks, sexes = {cell.block for cell in held}, {cell.sex for cell in held}
    return (rules.blocks_apart and len(blocks) > 1) or (rules.sexes_apart and len(sexes) > 1)
