"""Which voters of which block stand at which TPS, given only the sizes of the blocks?

The search behind `allocation`, whose first page explains it. Blocks are numbers here: their place in `sizes`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heapreplace
from itertools import accumulate, combinations, islice, product
from math import comb, prod
from operator import sub
from typing import NamedTuple

FREE = -1
"""The key of voters without a block among the pieces of a station."""

WORK = 44_000
"""Steps, each about a microsecond, before the search takes the best plan it has; no clock, so machines agree."""
LARGEST_TREE = 120
"""Whole blocks beyond which only the constructions and their improvement run."""
MOST_POURINGS = 400
FIRST_CHOICES = 8
MOST_CHOICES = 400
TRIALS = 1_500
"""Exchanges between two stations that the constructions may try."""

Pieces = dict[int, int]


class Score(NamedTuple):
    """What makes a plan better, the most important first; smaller is better."""

    blocks_split: int
    cuts: int
    range: int
    squares: int


class Pouring(NamedTuple):
    """The divisible voters over stations that already hold whole blocks: sizes, and the pieces of each split block."""

    cuts: int
    sizes: list[int]
    pieces: list[Pieces]


class Arrangement(NamedTuple):
    score: Score
    stations: tuple[Pieces, ...]


def arrange(sizes: Sequence[int], *, free: int, count: int, maximum: int) -> Arrangement:
    """The best pieces for each of `count` stations: voters by block, those of no block under FREE.

    `sizes` descend and are positive. No station holds more than `maximum`, nor less than half of the average. Exact
    while the search ends within WORK (for up to seven blocks and four stations it does), else the best found. Raises
    ValueError if the voters do not fit, or are fewer than the stations.
    """
    total = sum(sizes) + free
    if not count <= total <= count * maximum:
        raise ValueError("so many voters cannot fill so many stations")
    search = Search(tuple(sizes), free, count, maximum, -(-total // (2 * count)))
    return search.run()


def filled(loads: Sequence[int], amount: int) -> list[int]:
    """The loads after `amount` divisible voters were given to the lowest, one by one; the first of equals first."""
    order = sorted(range(len(loads)), key=loads.__getitem__)
    low = total = 0
    while low < len(order) and loads[order[low]] * low - total <= amount:
        total += loads[order[low]]
        low += 1
    level, extra = divmod(total + amount, low)
    result = list(loads)
    for place, station in enumerate(order[:low]):
        result[station] = level + (place < extra)
    return result


def measure(sizes: Sequence[int]) -> tuple[int, int]:
    """Range and sum of squares."""
    return max(sizes) - min(sizes), sum([size * size for size in sizes])


@dataclass(slots=True)
class Search:
    """One location's search: the limits, the best so far and the work left."""

    sizes: tuple[int, ...]
    free: int
    count: int
    maximum: int
    floor: int
    work: int = WORK
    trials: int = TRIALS
    best: Arrangement | None = field(default=None)
    packing: list[list[int]] | None = field(default=None)
    """Whole blocks in stations, where `fits` found room for them."""
    constructed: list[list[int]] | None = field(default=None)
    """The same, where a construction found room: what exchanges later would find anew, they may no longer be allowed to."""

    def run(self) -> Arrangement:
        self.best = self.wrapped()
        if self.is_perfect(0):
            return self.best
        splits = self.fewest_splits()
        if self.packing:  # what a search found hard to find is not left to be found again
            self.try_packing([held.copy() for held in self.packing], tuple(range(splits)))
            self.try_packing(self.evened(self.packing), tuple(range(splits)))
        chosen = list(self.choices(splits))
        for split in chosen[:FIRST_CHOICES]:
            if self.work > WORK // 2 and not self.is_perfect(splits):
                self.construct(split)
        for split in chosen:
            if self.work > 0 and not self.is_perfect(splits):
                self.explore(split)
        if self.constructed and self.best.score.blocks_split > splits:
            self.try_packing(self.constructed, tuple(range(len(self.sizes) - sum(map(len, self.constructed)))))
        return self.best

    def is_perfect(self, splits: int) -> bool:
        """Whether the best plan cuts each of so many blocks once and is even: no other can be better."""
        even = measure(filled([0] * self.count, sum(self.sizes) + self.free))
        return self.best is not None and self.best.score <= Score(splits, splits, *even)

    def keep(self, found: Arrangement) -> None:
        if self.best is None or found.score < self.best.score:
            self.best = found

    # -- the plan that always exists

    def wrapped(self) -> Arrangement:
        """McNaughton's wrap-around: block after block into stations of even sizes, at most count - 1 cuts."""
        stations: list[Pieces] = [{} for _ in range(self.count)]
        room = filled([0] * self.count, sum(self.sizes) + self.free)
        evened = measure(room)
        station = cuts = split = 0
        for block, size in [*enumerate(self.sizes), (FREE, self.free)]:
            parts = 0
            while size:
                part = min(size, room[station])
                if part:
                    stations[station][block] = part
                    parts += 1
                size -= part
                room[station] -= part
                station += not room[station]
            cuts += parts - 1 if parts and block != FREE else 0
            split += parts > 1 and block != FREE
        return Arrangement(Score(split, cuts, *evened), tuple(stations))

    # -- fewest blocks split

    def fewest_splits(self) -> int:
        """The least number of blocks that must be split; the largest will do, as a smaller one fits in their place.

        If the work runs out before a smaller number is ruled out, the smallest number found possible.
        """
        assert self.best is not None
        least = sum(size > self.maximum for size in self.sizes)
        most = self.best.score.blocks_split
        low = least
        while low < most:
            middle = (low + most) // 2
            if self.packed(middle):
                most = middle
            else:
                low = middle + 1
        while most > least and self.fits(most - 1):
            most -= 1
        return most

    def packed(self, splits: int) -> bool:
        whole = range(splits, len(self.sizes))
        divisible = self.free + sum(self.sizes[:splits])
        found = next((bins for bins in self.constructions(whole) if self.holds(self.loads(bins), divisible)), None)
        self.constructed = found or self.constructed
        return found is not None

    def fits(self, splits: int) -> bool:
        """Whether all but the `splits` largest blocks can stay whole; False too where the work ran out."""
        divisible = self.free + sum(self.sizes[:splits])
        whole = self.sizes[splits:]
        if len(whole) > LARGEST_TREE:
            return False
        left = list(accumulate(whole, sub, initial=sum(whole)))
        seen: set[tuple[int, ...]] = set()
        smallest = whole[-1] if whole else 0
        limit = self.work // 3
        bins: list[list[int]] = [[] for _ in range(self.count)]

        def place(depth: int, loads: list[int]) -> bool:
            nonlocal limit
            if depth == len(whole):
                return self.holds(loads, divisible)
            key = (depth, *sorted(loads))
            limit -= 8 + self.count
            if limit < 0 or key in seen:
                return False
            seen.add(key)
            room = sum([self.maximum - load for load in loads if self.maximum - load >= smallest])
            if room < left[depth] or sum([max(0, self.floor - load) for load in loads]) > divisible + left[depth]:
                return False
            for station in self.fullest(loads, whole[depth]):
                loads[station] += whole[depth]
                bins[station].append(splits + depth)
                if place(depth + 1, loads):
                    return True
                bins[station].pop()
                loads[station] -= whole[depth]
            return False

        found = place(0, [0] * self.count)
        if found:
            self.packing = bins
        self.work -= self.work // 3 - max(limit, 0)
        return found

    def fullest(self, loads: Sequence[int], size: int) -> Iterator[int]:
        """Stations with room for `size`, the fullest first, one of each load."""
        distinct = {load: station for station, load in enumerate(loads) if load + size <= self.maximum}
        return iter([distinct[load] for load in sorted(distinct, reverse=True)])

    def holds(self, loads: Sequence[int], divisible: int) -> bool:
        """Whether no load is above the maximum and the divisible voters lift all to the floor."""
        return max(loads) <= self.maximum and sum([max(0, self.floor - load) for load in loads]) <= divisible

    # -- which blocks to split

    def choices(self, splits: int) -> Iterator[tuple[int, ...]]:
        """Sets of blocks to split, largest first, one of each set of sizes; all hold what exceeds the maximum."""
        forced = tuple(block for block, size in enumerate(self.sizes) if size > self.maximum)
        others = range(len(forced), len(self.sizes))
        seen: set[tuple[int, ...]] = set()
        for chosen in islice(combinations(others, splits - len(forced)), MOST_CHOICES):
            key = tuple([self.sizes[block] for block in chosen])
            if key not in seen:
                seen.add(key)
                yield forced + chosen

    def construct(self, split: tuple[int, ...]) -> None:
        """Try the plans that two quick constructions give, and what exchanges of whole blocks make of them."""
        whole = [block for block in range(len(self.sizes)) if block not in split]
        for bins in self.constructions(whole):
            self.try_packing(bins, split)

    def constructions(self, whole: Sequence[int]) -> Iterator[list[list[int]]]:
        """Whole blocks in stations: each to the emptiest, with exchanges, then each to the fullest with room."""
        heap = [(0, station) for station in range(self.count)]
        heapify(heap)
        bins: list[list[int]] = [[] for _ in range(self.count)]
        for block in whole:
            load, station = heap[0]
            bins[station].append(block)
            heapreplace(heap, (load + self.sizes[block], station))
        yield self.evened(bins)
        if (best_fit := self.best_fit(whole)) is not None:
            yield best_fit

    def best_fit(self, whole: Sequence[int]) -> list[list[int]] | None:
        bins: list[list[int]] = [[] for _ in range(self.count)]
        loads = [0] * self.count
        for block in whole:
            size = self.sizes[block]
            fitting = [station for station, load in enumerate(loads) if load + size <= self.maximum]
            if not fitting:
                return None
            station = max(fitting, key=loads.__getitem__)
            bins[station].append(block)
            loads[station] += size
        return bins

    def evened(self, bins: list[list[int]]) -> list[list[int]]:
        """The same packing after exchanges that bring the fullest and the emptiest station nearer to the others."""
        loads = self.loads(bins)
        for _ in range(4 * self.count):
            order = sorted(range(self.count), key=loads.__getitem__)
            pairs = [(order[-1], low) for low in order[:-1]] + [(high, order[0]) for high in order[-2:0:-1]]
            if not any(self.exchange(bins, loads, high, low) for high, low in pairs):
                break
        return bins

    def exchange(self, bins: list[list[int]], loads: list[int], high: int, low: int) -> bool:
        """Move a block, or swap two, where that brings two stations nearer to each other."""
        gap = loads[high] - loads[low]
        if gap < 2 or self.trials < 0:
            return False
        self.trials -= 1 + len(bins[high]) * len(bins[low]) // 4
        self.work -= 2 + len(bins[high]) * len(bins[low]) // 2
        givers, takers = bins[high], [None, *bins[low]]
        options = [
            (abs(gap - 2 * moved), give, take)
            for give in givers
            for take in takers
            if 0 < (moved := self.sizes[give] - (0 if take is None else self.sizes[take])) < gap
        ]
        if not options:
            return False
        _, give, take = min(options, key=lambda option: option[0])
        givers.remove(give)
        bins[low].append(give)
        if take is not None:
            bins[low].remove(take)
            givers.append(take)
        moved = self.sizes[give] - (0 if take is None else self.sizes[take])
        loads[high] -= moved
        loads[low] += moved
        return True

    def loads(self, bins: Sequence[Sequence[int]]) -> list[int]:
        return [sum([self.sizes[block] for block in held]) for held in bins]

    # -- every packing of the whole blocks, within the work

    def explore(self, split: tuple[int, ...]) -> None:
        """Go through the packings of the whole blocks that may still beat the best plan."""
        whole = [block for block in range(len(self.sizes)) if block not in split]
        if len(whole) > LARGEST_TREE:
            return
        voters = [self.sizes[block] for block in whole]
        least_cuts = sum([self.least_pieces(block) - 1 for block in split])
        divisible = self.free + sum([self.sizes[block] for block in split])
        left = list(accumulate(voters, sub, initial=divisible + sum(voters)))
        bins: list[list[int]] = [[] for _ in range(self.count)]
        seen: set[tuple[int, ...]] = set()

        def place(depth: int, loads: list[int]) -> None:
            key = (depth, *sorted(loads))
            self.work -= 8 + self.count
            if self.work < 0 or key in seen:
                return
            seen.add(key)
            ideal = filled(loads, left[depth])
            if not self.may_win(Score(len(split), least_cuts, *measure(ideal)), ideal):
                return
            if depth == len(whole):
                self.try_packing(bins, split)
                return
            size = voters[depth]
            for station in reversed(list(self.fullest(loads, size))):
                bins[station].append(whole[depth])
                loads[station] += size
                place(depth + 1, loads)
                loads[station] -= size
                bins[station].pop()

        place(0, [0] * self.count)

    def may_win(self, bound: Score, ideal: Sequence[int]) -> bool:
        assert self.best is not None
        return bound < self.best.score and self.floor <= min(ideal) and max(ideal) <= self.maximum

    def least_pieces(self, block: int) -> int:
        return max(2, -(-self.sizes[block] // self.maximum))

    def try_packing(self, bins: Sequence[Sequence[int]], split: tuple[int, ...]) -> None:
        loads = self.loads(bins)
        divisible = self.free + sum([self.sizes[block] for block in split])
        if not self.holds(loads, divisible) or (poured := self.pour(loads, split)) is None:
            return
        cut = sum([sum(map(bool, held.values())) > 1 for held in poured.pieces[: len(split)]])
        score = Score(cut, poured.cuts, *measure(poured.sizes))
        if self.best is not None and score >= self.best.score:
            return
        stations: list[Pieces] = [{block: self.sizes[block] for block in held} for held in bins]
        for block, pieces in zip((*split, FREE), poured.pieces, strict=True):
            for station, part in pieces.items():
                if part:
                    stations[station][block] = part
        self.keep(Arrangement(score, tuple(stations)))

    # -- divisible voters over the stations

    def pour(self, loads: Sequence[int], split: tuple[int, ...]) -> Pouring | None:
        """Split blocks and free voters over stations that hold whole blocks, with the fewest cuts, then evenly."""
        if len(split) < 2:
            return self.pour_lowest(loads, split)
        assert self.best is not None
        least = sum([self.least_pieces(block) - 1 for block in split])
        most = self.best.score.cuts if self.best.score.blocks_split == len(split) else self.count - 1
        for cuts in range(least, most + 1):
            shapes = list(self.shapes(split, cuts))
            if sum([prod([comb(self.count, parts) for parts in shape]) for shape in shapes]) > MOST_POURINGS:
                return self.pour_greedily(loads, split)
            known = self.best.score
            limit = (known.range, known.squares) if known[:2] == (len(split), cuts) else None
            if (poured := self.pour_every_way(loads, split, shapes, limit)) is not None:
                return poured
        return None

    def pour_lowest(self, loads: Sequence[int], split: tuple[int, ...]) -> Pouring | None:
        """With one split block at most: its pieces go to the lowest stations, which nothing can better."""
        if not split:
            return self.accepted(self.level(loads, split, []))
        order = sorted(range(self.count), key=loads.__getitem__)
        size = self.sizes[split[0]]
        room = 0
        for parts, station in enumerate(order, 1):
            room += self.maximum - loads[station]
            if parts > 1 and room >= size:
                poured = self.accepted(self.level(loads, split, [order[:parts]]))
                if poured is not None:
                    return poured
        return None

    def shapes(self, split: tuple[int, ...], cuts: int) -> Iterator[tuple[int, ...]]:
        """Pieces for each split block that make so many cuts together."""
        if not split:
            if cuts == 0:
                yield ()
            return
        rest = sum([self.least_pieces(block) - 1 for block in split[1:]])
        for parts in range(self.least_pieces(split[0]), min(self.count, cuts - rest + 1) + 1):
            for others in self.shapes(split[1:], cuts - parts + 1):
                yield (parts, *others)

    def pour_every_way(
        self,
        loads: Sequence[int],
        split: tuple[int, ...],
        shapes: Sequence[tuple[int, ...]],
        limit: tuple[int, int] | None,
    ) -> Pouring | None:
        """The evenest pouring of these shapes over every choice of stations, if it is more even than `limit`."""
        amount = sum([self.sizes[block] for block in split])
        ideal = measure(filled(loads, self.free + amount))
        best: Pouring | None = None
        for shape in shapes:
            for chosen in product(
                *[self.roomy(loads, block, parts) for block, parts in zip(split, shape, strict=True)]
            ):
                if not self.may_pour(loads, chosen, amount, limit):
                    continue
                poured = self.accepted(self.level(loads, split, chosen))
                if poured is None or (limit is not None and measure(poured.sizes) >= limit):
                    continue
                best = poured
                limit = measure(best.sizes)
                if limit == ideal:
                    return best
        return best

    def may_pour(
        self, loads: Sequence[int], chosen: Sequence[Sequence[int]], amount: int, limit: tuple[int, int] | None
    ) -> bool:
        """Whether the split blocks, were they one, could stand at the chosen stations more evenly than `limit`."""
        self.work -= 4 + self.count
        touched = set().union(*chosen)
        sizes = filled([loads[station] for station in touched], amount)
        sizes += [load for station, load in enumerate(loads) if station not in touched]
        sizes = filled(sizes, self.free)
        if min(sizes) < self.floor or max(sizes) > self.maximum:
            return False
        return limit is None or measure(sizes) < limit

    def roomy(self, loads: Sequence[int], block: int, parts: int) -> list[tuple[int, ...]]:
        """Sets of so many stations with room for the block."""
        needed = self.sizes[block]
        sets = combinations(range(self.count), parts)
        return [chosen for chosen in sets if sum([self.maximum - loads[station] for station in chosen]) >= needed]

    def pour_greedily(self, loads: Sequence[int], split: tuple[int, ...]) -> Pouring | None:
        """Each split block in turn into the fewest stations of most room; then what is too low is lifted."""
        self.work -= 2 * self.count * len(split)
        chosen: list[list[int]] = []
        sizes = list(loads)
        for block in split:
            order = sorted(range(self.count), key=sizes.__getitem__)
            rooms = self.stations_for(sizes, order, self.sizes[block])
            chosen.append(rooms)
            left = self.sizes[block]
            for station in rooms:
                part = min(left, self.maximum - sizes[station])
                sizes[station] += part
                left -= part
        for _ in range(self.count):
            poured = self.level(loads, split, chosen)
            if min(poured.sizes) >= self.floor and max(poured.sizes) <= self.maximum:
                return poured
            lowest = poured.sizes.index(min(poured.sizes))
            outside = [held for held in chosen if lowest not in held]
            if not outside or self.work < -WORK // 4:
                return None
            max(outside, key=lambda held: max([poured.sizes[station] for station in held])).append(lowest)
        return None

    def stations_for(self, sizes: Sequence[int], order: Sequence[int], needed: int) -> list[int]:
        """The fewest stations of most room that hold `needed`, the last one the fullest that will do."""
        parts = room = 0
        while room < needed or parts < 2:
            room += self.maximum - sizes[order[parts]]
            parts += 1
        short = needed - sum([self.maximum - sizes[station] for station in order[: parts - 1]])
        last = parts - 1
        while last + 1 < len(order) and self.maximum - sizes[order[last + 1]] >= max(short, 1):
            last += 1
        return [*order[: parts - 1], order[last]]

    def accepted(self, poured: Pouring) -> Pouring | None:
        return poured if self.floor <= min(poured.sizes) and max(poured.sizes) <= self.maximum else None

    def level(self, loads: Sequence[int], split: tuple[int, ...], chosen: Sequence[Sequence[int]]) -> Pouring:
        """The evenest sizes when each split block stands only at its chosen stations and free voters anywhere.

        Sizes reachable this way form an M-convex set, so the one without an improving exchange has at once the
        smallest maximum, the largest minimum and the least squares.
        """
        sizes = list(loads)
        pieces: list[Pieces] = []
        amounts = [self.sizes[block] for block in split]
        for amount, stations in zip((*amounts, self.free), (*chosen, range(self.count)), strict=True):
            before = [sizes[station] for station in stations]
            after = filled(before, amount)
            pieces.append({station: after[place] - before[place] for place, station in enumerate(stations)})
            for place, station in enumerate(stations):
                sizes[station] = after[place]
        self.work -= 16 + 2 * self.count
        if len(split) > 1 and max(sizes) - min(sizes) > 1 and sum(map(len, pieces)) > len(set().union(*pieces)):
            self.work -= even_out(sizes, pieces) * (6 + self.count)
        cuts = sum([sum(map(bool, held.values())) - 1 for held in pieces[: len(split)]])
        return Pouring(cuts, sizes, pieces)


def even_out(sizes: list[int], pieces: Sequence[Pieces]) -> int:
    """Hand voters on along chains of shared blocks, from fuller to emptier stations, until no chain helps.

    Returns how many chains were looked for.
    """
    shared: list[list[int]] = [[] for _ in sizes]
    for block, held in enumerate(pieces):
        for station in held:
            shared[station].append(block)
    looked = 0
    helped = True
    while helped:
        helped = False
        for high in sorted(range(len(sizes)), key=sizes.__getitem__, reverse=True):
            if sizes[high] - min(sizes) < 2:
                break
            looked += 1
            while chain := chain_down(sizes, pieces, shared, high):
                hand_on(sizes, pieces, chain)
                looked += 1
                helped = True
    return looked


def hand_on(sizes: list[int], pieces: Sequence[Pieces], chain: Sequence[tuple[int, int, int]]) -> None:
    high, low = chain[0][1], chain[-1][2]
    spare = [pieces[block][start] for block, start, _end in chain]
    amount = min(*spare, (sizes[high] - sizes[low]) // 2)
    for block, start, end in chain:
        pieces[block][start] -= amount
        pieces[block][end] += amount
    sizes[high] -= amount
    sizes[low] += amount


def chain_down(
    sizes: Sequence[int], pieces: Sequence[Pieces], shared: Sequence[Sequence[int]], high: int
) -> list[tuple[int, int, int]]:
    """The chain (block, from, to) that leads from `high` to the lowest station two voters or more below it, if any."""
    reached: dict[int, tuple[int, int]] = {high: (FREE, high)}
    queue = [high]
    walked: set[int] = set()
    for station in queue:
        for block in shared[station]:
            if block not in walked and pieces[block][station]:
                walked.add(block)
                fresh = [other for other in pieces[block] if other not in reached]
                reached.update(dict.fromkeys(fresh, (block, station)))
                queue += fresh
    end = min(reached, key=sizes.__getitem__)
    chain: list[tuple[int, int, int]] = []
    if sizes[high] - sizes[end] < 2:
        return chain
    while end != high:
        block, start = reached[end]
        chain.append((block, start, end))
        end = start
    return chain[::-1]
