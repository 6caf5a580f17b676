"""What did this function say last time? A dict that asks it once per value: a hit costs no call. No Django."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

MOST = 1 << 16


class Memo(dict[K, V]):
    """`memo[value]` is `function(value)`; what raises is asked again. Emptied once it holds MOST values."""

    def __init__(self, function: Callable[[K], V]) -> None:
        super().__init__()
        self._function = function

    def __missing__(self, value: K) -> V:
        result = self._function(value)
        if len(self) >= MOST:
            self.clear()
        self[value] = result
        return result
