"""Will the ballots of a TPS do for whoever comes? Printed for the list, less those who left, against those who came late."""

from typing import NamedTuple


class Forecast(NamedTuple):
    """Ballots of one kind at one TPS. `free` are those that nobody of the list needs; `short` those that late voters lack."""

    printed: int
    needed: int
    free: int
    short: int


def forecast(*, listed: int, gone: int, late: int, reserve_percent: int = 2, departures_percent: int = 0) -> Forecast:
    """For the voters of a list entitled to the ballot: how many `gone` already, how many came `late`.

    Printed are the list and its reserve, rounded up for each TPS and ballot (Langsa 2024: 176 for a list of 172). Of those
    not yet gone, `departures_percent` of the list, rounded down, are expected to leave; nobody counts on more than are left.
    """
    printed = listed + -(-listed * reserve_percent // 100)
    leaving = max(gone, listed * departures_percent // 100)
    needed = max(0, listed - leaving)
    free = printed - needed
    return Forecast(printed, needed, free, max(0, late - free))
