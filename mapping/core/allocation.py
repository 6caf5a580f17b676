"""How are the voters of one special location divided over its TPS?

The plan of a location depends only on its cells: how many eligible voters share block, sex and ballot set. It is made
in four steps.

**Does the location qualify?** Without eligible voters it has no TPS (`no_eligible_voters`). If the policy does not
serve its kind, or fewer are eligible than the minimum of its kind, its voters go to the nearest ordinary TPS
(`nearest_regular_tps`); whether neighbours can share a TPS is a later question, not asked here. Everything else
qualifies (PKPU 7/2022 art. 179).

**How many TPS?** k = ceil(n · (1 + headroom) / maximum), in whole numbers. Staff may ask for more with a reason
(Kemenkumham DKI 2024: 12 instead of 10, because blocks must not mix or growth is expected). A request without a
reason, below k, or for more TPS than there are voters is ignored with a warning; a policy may bound what it grants.

**Who stands where?** People go to vote block by block, so blocks stay whole where they can. Among all ways to fill k
TPS, none above the maximum and none below half of n / k, the best is, in this order: fewest blocks split; fewest cuts
(a block at three TPS has two); smallest range of sizes; smallest sum of squares of sizes; first in canonical order.
Voters without a block are no block: they fill up wherever they help. Without blocks the sizes therefore differ by at
most one (KPU Kab. Tangerang 2024: 802 at 600 gave 401 + 401).

`arrangement` finds it from the sizes of the blocks alone:

1. McNaughton's wrap-around fills evenly sized TPS with one block after the other. It never cuts more than k - 1 times,
   so a plan always exists.
2. The fewest blocks to split. If a set of p blocks will do, the p largest will do as well, because a smaller block fits
   where a larger one stood. So p is searched: by two quick constructions (each block to the emptiest TPS, each to the
   fullest with room), then by a search that tries to stay below.
3. For each set of p blocks to split, the ways to place the others whole, depth first, each state once (sizes in any
   order are the same state). A branch ends when even voters divisible at will could not beat the best plan:
   pouring all that is left into the lowest TPS bounds range and squares from below.
4. With the whole blocks in place, the split ones are poured. One alone goes to the lowest TPS, as few as hold it, which
   nothing betters. Several are tried over all choices of TPS, by rising number of cuts, and evened out along chains of
   shared blocks; where the choices are too many, each goes to the TPS with most room. The sizes that can be reached
   form an M-convex set: when no exchange along a chain helps, range and squares are both at their best.

The search counts its steps instead of looking at a clock, so every machine gives the same plan. It ends by itself, and
is exact, for what locations usually are (up to seven blocks over four TPS in every trial of tens of thousands); a place
with sixty dormitories and 48 TPS gets the best plan found within the same steps, some dozen milliseconds.

**Kept apart.** Where men and women, or people of different blocks, never share a TPS, each such group is rounded up and
divided by itself (29 TPS at Sukorejo in 2024 where 28 would have held all). What staff ask for beyond that goes, one by one,
where the TPS are fullest.

**Drawn by hand.** Where a person drew the TPS himself, `drawn` tells whether that holds; the engine's own plan is kept in
the reasons beside it.

**Which voters?** Blocks and TPS are put in order, so that a plan does not depend on the order of its rows: blocks by
name with numbers read as numbers, TPS by the blocks they hold. Within a block voters stand by cell (sex, then ballot
set), within a cell by rank; a TPS takes them in that order, as slices (cell, first, last). Arrivals stand last, so a
small change moves few.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from .arrangement import FREE, Pieces, arrange
from .drawn import follow
from .plan import (
    NEAREST,
    NOBODY,
    QUALIFIED,
    Canonical,
    Cell,
    Plan,
    PlanRules,
    Reason,
    Slice,
    Station,
    canonical,
    station_of,
    taken,
)

NO_BLOCK = ""


def plan_location(cells: Iterable[Cell], rules: PlanRules) -> Plan:
    """TPS for one location, balanced and never above `rules.maximum`; the best of all plans as told above.

    Slices count cells as `plan.canonical` orders them. Microseconds where one TPS suffices, at most some dozen
    milliseconds. Raises ValueError if a count is negative.
    """
    ordered = canonical(cells)
    eligible = sum([cell.count for cell in ordered])
    if refusal := refused(eligible, rules):
        return refusal
    own = calculated(ordered, eligible, rules)
    return by_hand(ordered, eligible, rules, own) if rules.drawn else own


def calculated(ordered: Canonical, eligible: int, rules: PlanRules) -> Plan:
    """The engine's own plan of a location that qualifies."""
    groups = kept_apart(ordered, rules)
    engine_tps = sum([tps_needed(voters_of(group, ordered), rules) for group in groups])
    count, asked, warnings = granted(eligible, engine_tps, rules)
    reasons = [*qualifying(eligible, rules, tps_needed(eligible, rules)), *asked]
    if len(groups) > 1:
        stations = divided_apart(groups, ordered, count, rules)
        reasons += [*apart(rules, len(groups), engine_tps, eligible), *evenness(stations)]
        return Plan(QUALIFIED, stations, tuple(reasons), (*warnings, *too_small(stations, rules)), engine_tps)
    if count == 1:
        whole = station_of([Slice(index, 1, cell.count) for index, cell in enumerate(ordered)], ordered)
        reasons.append(Reason("single_tps", {"eligible": eligible, "maximum": rules.maximum}))
        return Plan(QUALIFIED, (whole,), tuple(reasons), tuple(warnings), engine_tps)
    stations = divided(ordered, count, rules.maximum)
    reasons += dividing(stations, ordered)
    return Plan(QUALIFIED, stations, tuple(reasons), (*warnings, *too_small(stations, rules)), engine_tps)


def by_hand(ordered: Canonical, eligible: int, rules: PlanRules, own: Plan) -> Plan:
    """The plan that a person drew, beside the engine's own; the latter with a warning where the drawing does not hold."""
    followed = follow(ordered, rules, engine_tps=own.engine_tps, most_tps=most_tps(eligible, own.engine_tps, rules))
    if isinstance(followed, Reason):
        return replace(own, warnings=(*own.warnings, followed))
    stations, moved = followed
    figures: dict[str, int | str] = {
        "tps": len(stations),
        "sizes": in_words([station.size for station in stations]),
        "engine_tps": len(own.stations),
        "engine_sizes": in_words(own.sizes),
    }
    reasons = [*qualifying(eligible, rules, tps_needed(eligible, rules)), Reason("drawn_by_hand", figures)]
    warnings = (*moved, *too_small(stations, rules))
    divided = [reason for reason in dividing(stations, ordered) if reason.code != "block_split"]  # the drawing says why
    return Plan(QUALIFIED, stations, (*reasons, *divided), warnings, own.engine_tps)


def in_words(sizes: Sequence[int]) -> str:
    return " + ".join([str(size) for size in sizes])


def refused(eligible: int, rules: PlanRules) -> Plan | None:
    """The plan of a location that gets no TPS of its own; None if it qualifies."""
    if not eligible:
        return Plan(NOBODY, (), (Reason("no_eligible", {}),), (), 0)
    if not rules.kind_served:
        return Plan(NEAREST, (), (Reason("kind_not_served", {"eligible": eligible}),), (), 0)
    if eligible < rules.minimum:
        below = Reason("below_minimum", {"eligible": eligible, "minimum": rules.minimum})
        return Plan(NEAREST, (), (below,), (), 0)
    return None


def tps_needed(eligible: int, rules: PlanRules) -> int:
    """The fewest TPS that hold so many voters and the headroom; no more than there are voters."""
    return min(eligible, -(-eligible * (100 + rules.headroom_percent) // (100 * rules.maximum)))


def granted(eligible: int, engine_tps: int, rules: PlanRules) -> tuple[int, list[Reason], list[Reason]]:
    """The number of TPS after the request of staff, the reasons and the warnings that go with it."""
    requested = rules.requested
    if requested is None or requested == engine_tps:
        return engine_tps, [], []
    figures: dict[str, int | str] = {"requested": requested, "engine_tps": engine_tps}
    if requested < engine_tps:
        return engine_tps, [], [Reason("request_ignored", {**figures, "why": "below"})]
    if not has_reason(rules):
        return engine_tps, [], [Reason("request_ignored", {**figures, "why": "no_reason"})]
    if requested > eligible:
        return engine_tps, [], [Reason("request_ignored", {**figures, "why": "more_than_voters"})]
    most = most_tps(eligible, engine_tps, rules)
    if requested > most:
        bounded = Reason("request_bounded", {**figures, "granted": most, "percent": rules.extra_percent or 0})
        return most, [Reason("extra_requested", figures)] if most > engine_tps else [], [bounded]
    return requested, [Reason("extra_requested", figures)], []


def most_tps(eligible: int, engine_tps: int, rules: PlanRules) -> int:
    """The most TPS that staff may ask for: a share beyond the engine's own number, rounded up; never more than voters."""
    if rules.extra_percent is None:
        return eligible
    return min(eligible, engine_tps + -(-engine_tps * rules.extra_percent // 100))


def has_reason(rules: PlanRules) -> bool:
    reason = rules.requested_reason
    return bool(reason.strip() if isinstance(reason, str) else reason)


def qualifying(eligible: int, rules: PlanRules, engine_tps: int) -> list[Reason]:
    """Why the location qualifies, and whether headroom made a difference."""
    usual = rules.minimum if rules.usual_minimum is None else rules.usual_minimum
    exempt = rules.minimum <= eligible < usual
    code, minimum = ("kind_exempt", usual) if exempt else ("enough_voters", rules.minimum)
    reasons = [Reason(code, {"eligible": eligible, "minimum": minimum})]
    without = -(-eligible // rules.maximum)
    if engine_tps > without:
        percent = rules.headroom_percent
        reasons.append(Reason("headroom", {"percent": percent, "tps": engine_tps, "without": without}))
    return reasons


Group = tuple[int, ...]
"""Places of canonical cells that may share a TPS."""


def kept_apart(cells: Sequence[Cell], rules: PlanRules) -> list[Group]:
    """Who may share a TPS with whom: everybody, or one group for each sex, each block, or both."""
    if not rules.blocks_apart and not rules.sexes_apart:
        return [tuple(range(len(cells)))]
    groups: dict[tuple[str, str], list[int]] = {}
    for place, cell in enumerate(cells):
        key = (cell.block if rules.blocks_apart else "", cell.sex if rules.sexes_apart else "")
        groups.setdefault(key, []).append(place)
    return [tuple(places) for _key, places in sorted(groups.items())]


def voters_of(group: Group, cells: Sequence[Cell]) -> int:
    return sum([cells[place].count for place in group])


def divided_apart(groups: Sequence[Group], cells: Sequence[Cell], count: int, rules: PlanRules) -> tuple[Station, ...]:
    """Each group over TPS of its own; what was granted beyond the need goes, one by one, where the TPS are fullest."""
    sizes = [voters_of(group, cells) for group in groups]
    shares = [tps_needed(size, rules) for size in sizes]
    for _ in range(count - sum(shares)):
        fullest = max(range(len(groups)), key=lambda place: (sizes[place] / shares[place], -place))
        shares[fullest] += 1
    found: list[Station] = []
    for group, share in zip(groups, shares, strict=True):
        stations = divided([cells[place] for place in group], share, rules.maximum)
        found += [
            station_of([part._replace(cell=group[part.cell]) for part in each.slices], cells) for each in stations
        ]
    return tuple(found)


def apart(rules: PlanRules, groups: int, tps: int, eligible: int) -> list[Reason]:
    """Who is kept apart, and what it costs."""
    figures: dict[str, int | str] = {"groups": groups, "tps": tps, "together": tps_needed(eligible, rules)}
    asked = (("sexes_apart", rules.sexes_apart), ("blocks_apart", rules.blocks_apart))
    return [Reason(code, figures) for code, is_asked in asked if is_asked]


def evenness(stations: Sequence[Station]) -> list[Reason]:
    sizes = [station.size for station in stations]
    figures: dict[str, int | str] = {"tps": len(sizes), "smallest": min(sizes), "largest": max(sizes)}
    return [Reason("split_even", figures)] if max(sizes) - min(sizes) <= 1 else []


def divided(cells: Sequence[Cell], count: int, maximum: int) -> tuple[Station, ...]:
    """The stations of the best arrangement, in order of the blocks they hold."""
    held: dict[str, list[int]] = {}
    for index, cell in enumerate(cells):
        held.setdefault(cell.block, []).append(index)
    sizes = {block: sum([cells[index].count for index in indexes]) for block, indexes in held.items()}
    free = sizes.pop(NO_BLOCK, 0)
    names = sorted(sizes, key=lambda block: (-sizes[block], block))
    found = arrange([sizes[name] for name in names], free=free, count=count, maximum=maximum)
    order = {block: place for place, block in enumerate(sorted(sizes))}
    shares = [named(pieces, names) for pieces in found.stations]
    last = len(order)
    shares.sort(key=lambda share: sorted([(order.get(block, last), -voters) for block, voters in share.items()]))
    left = {block: [Slice(index, 1, cells[index].count) for index in indexes] for block, indexes in held.items()}
    return tuple([station_of(taken(share, left, order), cells) for share in shares])


def named(pieces: Pieces, names: Sequence[str]) -> dict[str, int]:
    return {NO_BLOCK if block == FREE else names[block]: voters for block, voters in pieces.items()}


def dividing(stations: Sequence[Station], cells: Sequence[Cell]) -> list[Reason]:
    """Why the TPS have these sizes: even or not, blocks whole or which one is split over how many TPS."""
    sizes = [station.size for station in stations]
    figures: dict[str, int | str] = {"tps": len(sizes), "smallest": min(sizes), "largest": max(sizes)}
    reasons = evenness(stations)
    stands_at: dict[str, int] = {}
    for station in stations:
        for block in {cells[part.cell].block for part in station.slices} - {NO_BLOCK}:
            stands_at[block] = stands_at.get(block, 0) + 1
    split = sorted([block for block, places in stands_at.items() if places > 1])
    if stands_at and not split:
        reasons.append(Reason("blocks_whole", {"blocks": len(stands_at), **figures}))
    return reasons + [Reason("block_split", block_figures(block, stands_at[block], cells)) for block in split]


def block_figures(block: str, tps: int, cells: Sequence[Cell]) -> dict[str, int | str]:
    return {"block": block, "voters": sum([cell.count for cell in cells if cell.block == block]), "tps": tps}


def too_small(stations: Sequence[Station], rules: PlanRules) -> list[Reason]:
    """A warning if a TPS falls below the minimum that a location needs (a request or whole blocks can do that)."""
    small = [station.size for station in stations if station.size < rules.minimum]
    if not small:
        return []
    return [Reason("small_tps", {"tps": len(small), "smallest": min(small), "minimum": rules.minimum})]
