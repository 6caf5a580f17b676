"""How does a plan look? TPS as bars of blocks for the picture, and the ballots of each TPS for the table."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.utils.formats import number_format
from django.utils.translation import gettext

from locations.models import Block, SpecialLocation

from . import ballots
from .core.fingerprint import cells_from_json
from .core.plan import BALLOTS, GUEST, blocks_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from regions.territory import Asks

    from .ballots import Stack
    from .core.plan import Cell, Station
    from .models import Policy, Proposal

HUES: Final = 7
MAXIMUM_X: Final = 92.0
"""Where the dashed line of the maximum stands, in percent of the picture's width."""
PERCENT_PER_LETTER: Final = 1.2
"""Of the picture's width; a block narrower than its name shows its number only."""


def block_names(proposal: Proposal, who: Asks) -> dict[str, str]:
    """The names of the location's blocks by their key in a plan, whichever way the database writes ids; those of the
    guests that vote here, and of the host, by theirs."""
    places = {
        key for cell in cells_from_json(proposal.plan) if GUEST in cell.block for key in cell.block.split(GUEST)[:1]
    }
    if proposal.host_id:
        places.add(proposal.host_id.hex)
    blocks = (
        Block.objects.visible_to(who)
        .filter(location__in=[proposal.location_id, *map(uuid.UUID, places)])
        .only("name", "location_id")
    )
    own = [block for block in blocks if block.location_id == proposal.location_id]
    names = {form: block.name for block in own for form in forms_of(block.pk)}
    return names | (names_elsewhere(places, blocks, who) if places else {})


def forms_of(pk: uuid.UUID) -> tuple[str, str]:
    return str(pk), pk.hex


def names_elsewhere(places: set[str], blocks: Iterable[Block], who: Asks) -> dict[str, str]:
    """A location by its id, and each block of it as a guest's plan names it."""
    known = SpecialLocation.objects.visible_to(who).filter(pk__in=list(map(uuid.UUID, places)))
    locations = {location.pk.hex: location.name for location in known.only("name")}
    names = locations | {f"{key}{GUEST}": name for key, name in locations.items()}
    for block in blocks:
        if (key := block.location_id.hex) in locations:
            names |= {f"{key}{GUEST}{form}": f"{locations[key]}: {block.name}" for form in forms_of(block.pk)}
    return names


def stations(
    planned: Sequence[Station], cells: Sequence[Cell], *, numbers: Sequence[int], names: Mapping[str, str], maximum: int
) -> list[dict[str, Any]]:
    """What components/plan.html draws: one bar per TPS, its blocks side by side, in steps of the maximum."""
    hues: dict[str, int] = {}
    return [
        {
            "label": tps_label(number),
            "size": station.size,
            "blocks": bars(blocks_of(station, cells), names, maximum, hues),
        }
        for station, number in zip(planned, numbered(planned, numbers), strict=True)
    ]


def numbered(planned: Sequence[Station], numbers: Sequence[int]) -> Sequence[int]:
    """Their numbers, or 1, 2, 3 where none are given (a version that is not in force stands nowhere)."""
    return numbers if len(numbers) == len(planned) else range(1, len(planned) + 1)


def tps_label(number: int) -> str:
    return gettext("TPS %(number)s") % {"number": number}


def bars(held: Mapping[str, int], names: Mapping[str, str], maximum: int, hues: dict[str, int]) -> list[dict[str, Any]]:
    drawn, x = [], 0.0
    for block, count in held.items():
        label = name_of(block, names)
        width = count * MAXIMUM_X / maximum
        drawn.append(
            {
                "label": label,
                "count": count,
                "x": round(x, 2),
                "width": round(width, 2),
                "hue": hues.setdefault(block, len(hues) % HUES),
                "is_narrow": width < PERCENT_PER_LETTER * (len(label) + len(number_format(count)) + 2),
            }
        )
        x += width
    return drawn


def name_of(block: str, names: Mapping[str, str]) -> str:
    return names.get(block, gettext("Block")) if block else gettext("Without a block")


class BallotRow(NamedTuple):
    label: str
    voters: int
    male: int
    female: int
    stacks: list[Stack]

    @property
    def printed(self) -> int:
        return sum(stack.printed for stack in self.stacks)


def ballot_rows(planned: Sequence[Station], policy: Policy, numbers: Sequence[int]) -> list[BallotRow]:
    """One row per TPS with the ballots of the policy, in the policy's order."""
    places = [list(BALLOTS).index(ballot) for ballot in policy.ballots]
    return [
        BallotRow(
            str(number), station.size, station.male, station.female,
            [ballots.stack(station.ballots[place]) for place in places],
        )
        for station, number in zip(planned, numbered(planned, numbers), strict=True)
    ]  # fmt: skip


def ballot_totals(rows: Sequence[BallotRow]) -> BallotRow:
    """The sum of the rows; reserves are rounded per TPS, so they are added, not computed again."""
    columns = zip(*(row.stacks for row in rows), strict=True)
    stacks = [ballots.Stack(sum(s.voters for s in column), sum(s.reserve for s in column)) for column in columns]
    return BallotRow(
        gettext("Total"), sum(row.voters for row in rows), sum(row.male for row in rows),
        sum(row.female for row in rows), stacks,
    )  # fmt: skip
