"""Cells to plans to new versions of proposals, where the fingerprint differs; one transaction.

The database is the truth: a worker locks the locations it takes, notes which changes it sees, reads the
cells, writes proposals, deletes exactly the changes it noted (docs/decisions/0002-jobs.md).
"""

from __future__ import annotations

import io
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import orjson
from django.db import connection, transaction
from django.utils import timezone

from accounts.ids import new_id
from locations.models import Change, SpecialLocation

from . import cells, policies
from .core import fingerprint
from .core.allocation import plan_location
from .core.plan import BALLOTS, MALE, Outcome, ballots_of
from .models import Policy, Proposal, Run

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable, Sequence

    from .cells import Census

CHUNK: Final = 500
OPTIONS: Final = ("id", "territory", "region_id", "kind", "requested_tps", "requested_tps_reason")
COLUMNS: Final = (
    "id", "territory", "location_id", "policy_id", "run_id", "version", "computed_at", "superseded_at", "fingerprint",
    "outcome", "host_id", "registered", "eligible", "male", "female", "ineligible", "tps", "engine_tps",
    *BALLOTS, "plan",
)  # fmt: skip


@dataclass(slots=True)
class Figures:
    """What a recompute saw and wrote; `remap --json` prints it."""

    policy: str
    locations: int = 0
    qualified: int = 0
    tps: int = 0
    registered: int = 0
    eligible: int = 0
    ineligible: Counter[str] = field(default_factory=Counter)
    written: int = 0
    seconds: float = 0.0


@dataclass(slots=True)
class Draft:
    """A proposal on its way to the table."""

    location: SpecialLocation
    fingerprint: str
    outcome: Outcome
    census: Census
    eligible: int
    male: int
    tps: int
    engine_tps: int
    ballots: tuple[int, ...]
    plan: bytes


def territory(*, policy: Policy, region_code: str = "00", cause: str = Run.Cause.COMMAND) -> Figures:
    """Recomputes all active locations of a region under a policy, in one transaction."""
    with transaction.atomic():
        _wait_as_long_as_it_takes()
        taken = _lock(SpecialLocation.everywhere.active().within(region_code))
        return _recompute(taken, policy, cause, territory=region_code[:5], everything=region_code == "00")


def locations(ids: Iterable[uuid.UUID], *, policy: Policy | None = None) -> Figures:
    """Recomputes these locations under a policy (the current one), in the running transaction or one of its own."""
    with transaction.atomic():
        taken = _lock(SpecialLocation.everywhere.filter(pk__in=list(ids)))
        return _recompute(taken, policy or policies.current(), Run.Cause.CHANGE)


def changed() -> int:
    """Recomputes until no change is left that is not already somebody else's; returns how many locations."""
    total = 0
    while done := _next_chunk():
        total += done
    return total


def _next_chunk() -> int:
    if not Change.everywhere.exists():  # a plain look: an idle sweep takes no write lock
        return 0
    policy = Policy.objects.filter(is_current=True).first()
    if policy is None:
        return 0
    with transaction.atomic():
        waiting = SpecialLocation.everywhere.filter(pk__in=Change.everywhere.values("location"))
        taken = _lock(waiting, most=CHUNK, skip_locked=True)
        if taken:
            _recompute(taken, policy, Run.Cause.CHANGE)
    return len(taken)


def _lock(queryset: Any, *, most: int | None = None, skip_locked: bool = False) -> list[SpecialLocation]:
    """The rows, locked in order of id. NO KEY: an edit may still insert its mark. SQLite locks by IMMEDIATE."""
    if connection.features.has_select_for_update:
        queryset = queryset.select_for_update(no_key=True, of=("self",), skip_locked=skip_locked)
    fields = (*OPTIONS, "withdrawn_at", "closed_at")
    return list(queryset.only(*fields).order_by("pk")[:most])


def _wait_as_long_as_it_takes() -> None:
    """A national run may wait for a chunk of a worker, and read for longer than a page may."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0")


def _recompute(
    taken: Sequence[SpecialLocation],
    policy: Policy,
    cause: str,
    *,
    territory: str | None = None,
    everything: bool = False,
) -> Figures:
    started = time.perf_counter()
    figures = Figures(policy.slug)
    seen = _changes_seen(taken) if policy.is_current else []
    active = {location.pk: location for location in taken if location.is_active}
    drafts = _draft(active, policy, everything=everything)
    _count(figures, drafts)
    figures.written = _write(drafts, policy, cause, territory, started)
    for start in range(0, len(seen), CHUNK):
        Change.everywhere.filter(pk__in=seen[start : start + CHUNK]).delete()
    figures.seconds = time.perf_counter() - started
    return figures


def _changes_seen(taken: Sequence[SpecialLocation]) -> list[uuid.UUID]:
    """Ids, not a watermark: a change that commits late would slip under it."""
    ids = [location.pk for location in taken]
    return [
        pk
        for start in range(0, len(ids), CHUNK)
        for pk in Change.everywhere.filter(location__in=ids[start : start + CHUNK]).values_list("pk", flat=True)
    ]


def _draft(active: dict[uuid.UUID, SpecialLocation], policy: Policy, *, everything: bool) -> list[Draft]:
    rules = policies.voter_rules(policy)
    counted = dict(cells.by_location(rules, None if everything else active)) if active else {}
    return [draft(location, policy, counted.get(pk, cells.NOBODY)) for pk, location in active.items()]


def draft(location: SpecialLocation, policy: Policy, census: Census) -> Draft:
    """The plan of one location with its fingerprint; pure arithmetic."""
    plan = plan_location(census.cells, policies.plan_rules(policy, location))
    stored = fingerprint.plan_to_json(plan, census.cells)
    return Draft(
        location=location,
        fingerprint=fingerprint.fingerprint(
            rules=policies.canonical_rules(policy),
            options=policies.canonical_options(location),
            registered=census.registered,
            ineligible=census.ineligible,
            host=None,
            plan=stored,
        ),
        outcome=plan.outcome,
        census=census,
        eligible=sum([cell.count for cell in census.cells]),
        male=sum([cell.count for cell in census.cells if cell.sex == MALE]),
        tps=len(plan.stations),
        engine_tps=plan.engine_tps,
        ballots=ballots_of(census.cells),
        plan=orjson.dumps(stored),
    )


def _count(figures: Figures, drafts: Sequence[Draft]) -> None:
    for draft in drafts:
        figures.locations += 1
        figures.qualified += draft.outcome == "qualified"
        figures.tps += draft.tps
        figures.registered += draft.census.registered
        figures.eligible += draft.eligible
        figures.ineligible.update(draft.census.ineligible)


def _write(drafts: Sequence[Draft], policy: Policy, cause: str, territory: str | None, started: float) -> int:
    in_force = _in_force(policy, drafts)
    new = [draft for draft in drafts if draft.fingerprint != in_force.get(draft.location.pk, (None, 0, ""))[2]]
    if not new and cause == Run.Cause.CHANGE:
        return 0
    run = Run.everywhere.create(
        territory=territory or _common_territory(drafts),
        policy=policy,
        cause=cause,
        seconds=time.perf_counter() - started,
        locations=len(drafts),
        written=len(new),
    )
    now = timezone.now()
    replaced = [in_force[draft.location.pk][0] for draft in new if draft.location.pk in in_force]
    for start in range(0, len(replaced), CHUNK):
        Proposal.everywhere.filter(pk__in=replaced[start : start + CHUNK]).update(superseded_at=now)
    insert_proposals([_row(draft, policy, run, now, in_force) for draft in new])
    return len(new)


def _in_force(policy: Policy, drafts: Sequence[Draft]) -> dict[uuid.UUID, tuple[uuid.UUID, int, str]]:
    proposals = Proposal.everywhere.filter(policy=policy, superseded_at=None)
    if len(drafts) <= CHUNK:
        proposals = proposals.filter(location__in=[draft.location.pk for draft in drafts])
    rows = proposals.values_list("location_id", "pk", "version", "fingerprint")
    return {location: (pk, version, known) for location, pk, version, known in rows}


def _common_territory(drafts: Sequence[Draft]) -> str:
    territories = {draft.location.territory for draft in drafts}
    return territories.pop() if len(territories) == 1 else "00"


def _row(draft: Draft, policy: Policy, run: Run, now: Any, in_force: dict[Any, Any]) -> tuple[Any, ...]:
    location = draft.location
    _pk, version, _known = in_force.get(location.pk, (None, 0, ""))
    return (
        new_id(), location.territory, location.pk, policy.pk, run.pk, version + 1, now, None, draft.fingerprint,
        draft.outcome, None, draft.census.registered, draft.eligible, draft.male, draft.eligible - draft.male,
        orjson.dumps(draft.census.ineligible, option=orjson.OPT_SORT_KEYS).decode(), draft.tps, draft.engine_tps,
        *draft.ballots, draft.plan.decode(),
    )  # fmt: skip


def insert_proposals(rows: Sequence[tuple[Any, ...]]) -> None:
    """Inserts rows of COLUMNS as fast as the database takes them: COPY, or executemany on SQLite."""
    if not rows:
        return
    columns = ", ".join(f'"{column}"' for column in COLUMNS)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            text = "".join(map(_copy_line, rows))
            cursor.copy_expert(f"COPY mapping_proposal ({columns}) FROM STDIN", io.StringIO(text))
            return
        marks = ", ".join(["%s"] * len(COLUMNS))
        cursor.executemany(
            f"INSERT INTO mapping_proposal ({columns}) VALUES ({marks})",
            [[_plain(value) for value in row] for row in rows],
        )


def _copy_line(row: tuple[Any, ...]) -> str:
    """One line of COPY's text format; none of our values holds a tab or a line break outside JSON's escapes."""
    return "\t".join("\\N" if value is None else str(value).replace("\\", "\\\\") for value in row) + "\n"


def _plain(value: Any) -> Any:
    """A value as SQLite stores it: UUIDs as 32 hex digits, times as Django writes them."""
    if hasattr(value, "hex") and not isinstance(value, (float, bytes)):
        return value.hex
    if hasattr(value, "isoformat"):
        return connection.ops.adapt_datetimefield_value(value)
    return value
