"""Which number does each TPS of a village carry?"""

from collections.abc import Hashable, Iterable
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


def number_stations(places: Iterable[tuple[Key, int]], *, first: int) -> dict[Key, range]:
    """Numbers for places in their order, each with so many TPS: they run on from `first` over all of them."""
    numbers: dict[Key, range] = {}
    for place, tps in places:
        numbers[place] = range(first, first + tps)
        first += tps
    return numbers
