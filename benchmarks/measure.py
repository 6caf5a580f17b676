"""How long, how much memory: the same clock and the same gauge for work and floor."""

from __future__ import annotations

import gc
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

STATUS = Path("/proc/self/status")
RESET = Path("/proc/self/clear_refs")


def seconds(work: Callable[[], Any]) -> float:
    gc.collect()
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def middle(times: list[float]) -> float:
    return round(median(times), 4)


def ratio(works: list[float], floors: list[float]) -> float:
    """The middle of the ratios of pairs measured one after the other."""
    return round(median([work / floor for work, floor in zip(works, floors, strict=True)]), 3)


def forget_peak() -> None:
    """Starts the gauge of `peak_mb` anew; Linux only, elsewhere it gauges the whole process."""
    if RESET.exists():
        RESET.write_text("5")


def peak_mb() -> float | None:
    """The most memory that this process held since `forget_peak`, in MB."""
    if not STATUS.exists():
        return None
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM"))
    return round(int(line.split()[1]) / 1024, 1)
