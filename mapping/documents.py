"""What leaves the house as a file: one row per special location, in the office's own column names."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from .core.fingerprint import plan_from_json
from .core.plan import BALLOTS
from .numbering import numbers_of

if TYPE_CHECKING:
    from regions.territory import Asks

    from .models import Policy, Proposal

Value = str | int

Column = Callable[["Proposal", Iterable[int]], Value]


def ballot_column(ballot: str) -> Column:
    return lambda proposal, _: getattr(proposal, ballot)


COLUMNS: Final[dict[str, Column]] = {
    "kode_lokasi": lambda proposal, _: proposal.location.code,
    "nama": lambda proposal, _: proposal.location.name,
    "kategori": lambda proposal, _: proposal.location.kind,
    "kode_wilayah": lambda proposal, _: proposal.location.region_id,
    "terdaftar": lambda proposal, _: proposal.registered,
    "memenuhi_syarat": lambda proposal, _: proposal.eligible,
    "tps": lambda proposal, _: proposal.tps,
    "ukuran": lambda proposal, _: joined(sizes_of(proposal)),
    "nomor": lambda _, numbers: joined(numbers),
    "hasil": lambda proposal, _: proposal.outcome,
    "alasan": lambda proposal, _: joined(reason_codes(proposal)),
    **{ballot: ballot_column(ballot) for ballot in BALLOTS},
}


def rows_of(proposals: Iterable[Proposal], *, policy: Policy, who: Asks) -> list[dict[str, Value]]:
    """One row per proposal in force, with the columns of `export_proposals` in their order.

    The proposals come with their location; one more query for the numbers.
    """
    listed = list(proposals)
    numbers = numbers_of(listed, policy=policy, who=who)
    return [row_of(proposal, numbers[proposal.pk]) for proposal in listed]


def row_of(proposal: Proposal, numbers: Iterable[int]) -> dict[str, Value]:
    return {name: value(proposal, numbers) for name, value in COLUMNS.items()}


def by_location_code(proposals: Iterable[Proposal]) -> list[Proposal]:
    """In the order of their location codes, the same whatever a database thinks of letters."""
    return sorted(proposals, key=attrgetter("location.code"))


def sizes_of(proposal: Proposal) -> list[int]:
    """Voters of each TPS; empty without TPS."""
    return list(plan_from_json(proposal.plan).sizes) if proposal.tps else []


def reason_codes(proposal: Proposal) -> list[str]:
    return [reason.code for reason in plan_from_json(proposal.plan).reasons]


def joined(values: Iterable[Any]) -> str:
    return "+".join(map(str, values))
