"""Cells to plans to new versions of proposals, where the fingerprint differs; one transaction.

The database is the truth: a worker locks the locations it takes, notes which changes it sees, reads the
cells, writes proposals, deletes exactly the changes it noted (docs/decisions/0002-jobs.md).
"""

from __future__ import annotations

import io
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import starmap
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson
from django.db import connection, transaction
from django.utils import timezone

from accounts.ids import new_id
from locations.models import Change, SpecialLocation
from regions.levels import Level
from voters.loading import collecting_rarely, wait_as_long_as_it_takes

from . import cells, followup, neighbours, policies
from .core import fingerprint
from .core.allocation import plan_location
from .core.plan import BALLOTS, COMBINED, NEAREST, QUALIFIED, Canonical, Outcome, Plan, Slice, Station, station_of
from .core.shortfall import explained
from .models import Determination, Policy, Proposal, Run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from .cells import Census

CHUNK: Final = 500
DISTRICTS: Final = 50


class Place(NamedTuple):
    """Of a location what decides its plan; a row of the locking statement."""

    pk: uuid.UUID
    territory: str
    region_id: str
    kind: str
    requested_tps: int | None
    requested_tps_reason: str
    kept_apart: str
    drawn_plan: str
    latitude: float | None
    longitude: float | None
    withdrawn_at: Any
    closed_at: Any

    @property
    def is_active(self) -> bool:
        return self.withdrawn_at is None and self.closed_at is None


COLUMNS: Final = (
    "id", "territory", "location_id", "policy_id", "run_id", "version", "computed_at", "superseded_at", "fingerprint",
    "inputs_hash", "outcome", "host_id", "registered", "eligible", "male", "female", "ineligible", "tps", "engine_tps",
    *BALLOTS, "plan",
)  # fmt: skip


@dataclass(slots=True)
class Figures:
    """What a recompute saw and wrote; `remap --json` prints it."""

    policy: str
    locations: int = 0
    qualified: int = 0
    combined: int = 0
    tps: int = 0
    registered: int = 0
    eligible: int = 0
    to_ordinary_tps: int = 0
    ineligible: Counter[str] = field(default_factory=Counter)
    written: int = 0
    seconds: float = 0.0

    def count(self, planned: Draft | Known, census: Census) -> None:
        self.locations += 1
        self.qualified += planned.outcome == QUALIFIED
        self.combined += planned.outcome == COMBINED
        self.tps += planned.tps
        self.registered += census.registered
        self.eligible += planned.eligible
        if planned.outcome == NEAREST:
            self.to_ordinary_tps += planned.eligible
        for code, count in census.ineligible.items():
            self.ineligible[code] += count


class Draft(NamedTuple):
    """A proposal on its way to the table."""

    location: Place
    fingerprint: str
    outcome: Outcome
    census: Census
    eligible: int
    male: int
    tps: int
    engine_tps: int
    ballots: tuple[int, ...]
    plan: bytes
    host: uuid.UUID | None = None
    inputs: bytes | None = None


class Known(NamedTuple):
    """Of a proposal in force what a recompute compares with."""

    pk: uuid.UUID
    version: int
    fingerprint: str
    inputs: bytes | None
    outcome: str
    eligible: int
    tps: int


Progress = Callable[[int, int], None]
"""Told now and then how many locations of how many are done."""


def territory(
    *,
    policy: Policy,
    region_code: str = "00",
    cause: str = Run.Cause.COMMAND,
    run: Run | None = None,
    on_progress: Progress | None = None,
) -> Figures:
    """Recomputes all active locations of a region under a policy, in one transaction.

    `run` is one that somebody asked for.
    O(voters) in the database, then some hundred microseconds a location; memory that of a chunk of proposals.
    """
    with transaction.atomic():
        wait_as_long_as_it_takes()  # for a chunk of a worker
        if neighbours.combines(policy):  # whole districts: a partner may lie in the next village
            region_code = region_code[: Level.DISTRICT.width]
        taken = _lock(SpecialLocation.everywhere.active().within(region_code))
        everything = region_code == "00"
        return _Recompute(policy, cause, territory=region_code[:5], everything=everything, asked=run).run(
            taken, on_progress
        )


def locations(ids: Iterable[uuid.UUID], *, policy: Policy | None = None) -> Figures:
    """Recomputes these locations under a policy (the current one), in the running transaction or one of its own."""
    policy = policy or policies.current()
    with transaction.atomic():
        wanted = SpecialLocation.everywhere.filter(pk__in=list(ids))
        if neighbours.combines(policy):
            wanted = neighbours.with_districts(wanted, neighbours.hold(wanted))
        return _Recompute(policy, Run.Cause.CHANGE).run(_lock(wanted))


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
        if neighbours.combines(policy):
            held = neighbours.hold(waiting, most=DISTRICTS, skip_locked=True)
            taken = _lock(neighbours.with_districts(waiting, held, only=True))
            taken += _lock(neighbours.coarser(waiting), most=CHUNK, skip_locked=True)
        else:
            taken = _lock(waiting, most=CHUNK, skip_locked=True)
        if taken:
            _Recompute(policy, Run.Cause.CHANGE).run(taken)
    return len(taken)


def _lock(queryset: Any, *, most: int | None = None, skip_locked: bool = False) -> list[Place]:
    """The rows, locked in order of id. NO KEY: an edit may still insert its mark. SQLite locks by IMMEDIATE."""
    if connection.features.has_select_for_update:
        queryset = queryset.select_for_update(no_key=True, of=("self",), skip_locked=skip_locked)
    return places(queryset, most=most)


def places(queryset: Any, *, most: int | None = None) -> list[Place]:
    """Locations as a recompute takes them, in order of id."""
    return list(starmap(Place, queryset.order_by("pk").values_list(*Place._fields)[:most]))


class _Recompute:
    """One run: census after census becomes a draft; what differs from the version in force is written chunk by chunk."""

    def __init__(
        self, policy: Policy, cause: str, *, territory: str = "", everything: bool = False, asked: Run | None = None
    ) -> None:
        self.policy, self.cause, self.territory, self.everything = policy, cause, territory, everything
        self.rules = _rules_once(policy)
        self.figures = Figures(policy.slug)
        self.run_id, self.now = asked.pk if asked else new_id(), timezone.now()
        self.in_force: dict[uuid.UUID, Known] = {}
        self.new: list[Draft] = []
        self.on_progress: Callable[[], None] = lambda: None

    def run(self, taken: Sequence[Place], on_progress: Progress | None = None) -> Figures:
        started = time.perf_counter()
        seen = _changes_seen(taken) if self.policy.is_current else []
        final = set(_determined(self.policy, [place.pk for place in taken]))
        active = {place.pk: place for place in taken if place.is_active and place.pk not in final}
        self.in_force = _in_force(self.policy, active)
        if on_progress:
            self.on_progress = lambda: on_progress(self.figures.locations, len(active))
        with collecting_rarely():
            for draft in self._drafts(active):
                self._take(draft)
            self._flush()
        if final and seen:
            followup.follow(policy=self.policy, location_ids=final)
        for start in range(0, len(seen), CHUNK):
            Change.everywhere.filter(pk__in=seen[start : start + CHUNK]).delete()
        self.figures.seconds = time.perf_counter() - started
        self._remember(taken)
        return self.figures

    def _drafts(self, active: Mapping[uuid.UUID, Place]) -> Iterator[Draft]:
        """One of every active location that is not planned from the very same already; those without voters last."""
        if not active:
            return
        ids = None if self.everything else active
        counted = cells.by_location(policies.voter_rules(self.policy), ids)
        yield from drafts(active, counted, self.policy, rules=self.rules, is_known=self._is_known)

    def _is_known(self, place: Place, census: Census, inputs: bytes) -> bool:
        """True, and counted as it stands, if the version in force was made from the same."""
        known = self.in_force.get(place.pk)
        if known is None or known.inputs != inputs:
            return False
        self._count(known, census)
        return True

    def _count(self, planned: Draft | Known, census: Census) -> None:
        self.figures.count(planned, census)
        if self.figures.locations % CHUNK == 0:
            self.on_progress()

    def _take(self, draft: Draft) -> None:
        self._count(draft, draft.census)
        known = self.in_force.get(draft.location.pk)
        if known is None or known.fingerprint != draft.fingerprint:
            self.new.append(draft)
        if len(self.new) >= CHUNK:
            self._flush()

    def _flush(self) -> None:
        replaced = [known.pk for draft in self.new if (known := self.in_force.get(draft.location.pk))]
        if replaced:
            Proposal.everywhere.filter(pk__in=replaced).update(superseded_at=self.now)
        if self.new:
            insert_proposals([self._row(draft) for draft in self.new])
        self.figures.written += len(self.new)
        self.new.clear()

    def _row(self, draft: Draft) -> tuple[Any, ...]:
        location, known = draft.location, self.in_force.get(draft.location.pk)
        return (
            new_id(), location.territory, location.pk, self.policy.pk, self.run_id, known.version + 1 if known else 1,
            self.now, None, draft.fingerprint, draft.inputs, draft.outcome, draft.host, draft.census.registered, draft.eligible, draft.male,
            draft.eligible - draft.male, orjson.dumps(draft.census.ineligible, option=orjson.OPT_SORT_KEYS).decode(),
            draft.tps, draft.engine_tps, *draft.ballots, draft.plan.decode(),
        )  # fmt: skip

    def _remember(self, taken: Sequence[Place]) -> None:
        """The run itself, last: its proposals name it already, and their key is checked at the end."""
        figures: dict[str, Any] = {name: getattr(self.figures, name) for name in KEPT}
        figures |= {"state": Run.State.DONE, "started_at": self.now, "cause": self.cause}
        if Run.everywhere.filter(pk=self.run_id).update(**figures):
            return
        territory = self.territory or _common_territory(taken)
        Run.everywhere.create(id=self.run_id, territory=territory, policy=self.policy, **figures)


KEPT: Final = (
    "seconds", "locations", "written", "qualified", "combined", "tps", "registered", "eligible", "to_ordinary_tps",
)  # fmt: skip


def _determined(policy: Policy, ids: Sequence[uuid.UUID]) -> Iterable[uuid.UUID]:
    """Those of the locations that are final under the policy: no plan is made for them any more."""
    in_force = Determination.everywhere.filter(policy=policy, reopened_at=None)
    if len(ids) <= CHUNK:
        in_force = in_force.filter(location__in=ids)
    return in_force.values_list("location_id", flat=True)


def _changes_seen(taken: Sequence[Place]) -> list[uuid.UUID]:
    """Ids, not a watermark: a change that commits late would slip under it."""
    ids = {place.pk for place in taken}
    waiting = Change.everywhere.filter(location__in=ids) if len(ids) <= CHUNK else Change.everywhere.all()
    return [pk for pk, location in waiting.values_list("pk", "location_id") if location in ids]


def drafts(
    active: Mapping[uuid.UUID, Place],
    counted: Iterable[tuple[uuid.UUID, Census]],
    policy: Policy,
    *,
    rules: orjson.Fragment | None = None,
    is_known: Callable[[Place, Census, bytes], bool] = lambda place, census, inputs: False,
) -> Iterator[Draft]:
    """One of every active location, those without voters late; and where the policy combines, those below the minimum
    last, once all of them are known. Whichever is made from what `is_known` has seen is left out."""
    rules = rules or _rules_once(policy)
    left, below = dict(active), neighbours.Below(policy)

    def by_itself() -> Iterator[tuple[Place, Census]]:
        for pk, census in counted:
            place = left.pop(pk, None)  # one entered since the lock waits for its own mark
            if place is None:
                continue
            if below.takes(place, census):
                below.add(place, census)
            else:
                yield place, census
        for place in left.values():
            yield place, cells.NOBODY

    for place, census in by_itself():
        inputs = fingerprint.inputs_hash(
            rules=rules,
            options=policies.canonical_options(place),
            registered=census.registered,
            ineligible=census.ineligible,
            cells=census.cells,
        )
        if not is_known(place, census, inputs):
            plan = plan_location(census.cells, policies.plan_rules(policy, place))
            yield _drafted(place, census, plan, census.cells, None, rules, inputs)
    for place, census, plan, planned, host in below.plans():
        yield _drafted(place, census, plan, planned, host, rules)


def _rules_once(policy: Policy) -> orjson.Fragment:
    """The policy's canonical rules as the bytes that every fingerprint of a run takes in."""
    return orjson.Fragment(fingerprint.canonical_bytes(policies.canonical_rules(policy)))


def _drafted(
    location: Place,
    census: Census,
    plan: Plan,
    planned: Canonical,
    host: uuid.UUID | None,
    rules: orjson.Fragment,
    inputs: bytes | None = None,
) -> Draft:
    """`planned` are the cells that the plan's slices count by: the location's own, and those of its guests."""
    plan = explained(plan, registered=census.registered, ineligible=census.ineligible)
    stored = fingerprint.canonical_bytes(fingerprint.plan_to_json(plan, planned))
    whole = _everybody(plan, census, has_guests=planned is not census.cells)
    return Draft(
        location=location,
        fingerprint=fingerprint.fingerprint(
            rules=rules,
            options=policies.canonical_options(location),
            registered=census.registered,
            ineligible=census.ineligible,
            host=host.hex if host else None,
            plan=orjson.Fragment(stored),
        ),
        outcome=plan.outcome,
        census=census,
        eligible=whole.size,
        male=whole.male,
        tps=len(plan.stations),
        engine_tps=plan.engine_tps,
        ballots=whole.ballots,
        plan=stored,
        host=host,
        inputs=inputs,
    )


def _everybody(plan: Plan, census: Census, *, has_guests: bool) -> Station:
    """All eligible voters of the location, as if they stood at one TPS; where just they do, that one."""
    if len(plan.stations) == 1 and not has_guests:
        return plan.stations[0]
    return station_of([Slice(index, 1, cell.count) for index, cell in enumerate(census.cells)], census.cells)


def _in_force(policy: Policy, active: Mapping[uuid.UUID, Place]) -> dict[uuid.UUID, Known]:
    proposals = Proposal.everywhere.filter(policy=policy, superseded_at=None)
    if len(active) <= CHUNK:
        proposals = proposals.filter(location__in=list(active))
    rows = proposals.values_list(
        "location_id", "pk", "version", "fingerprint", "inputs_hash", "outcome", "eligible", "tps"
    )
    return {
        location: Known(pk, version, known, bytes(inputs) if inputs else None, outcome, eligible, tps)
        for location, pk, version, known, inputs, outcome, eligible, tps in rows
    }


def _common_territory(taken: Sequence[Place]) -> str:
    territories = {place.territory for place in taken}
    return territories.pop() if len(territories) == 1 else "00"


def insert_proposals(rows: Sequence[tuple[Any, ...]]) -> None:
    """Inserts rows of COLUMNS as fast as the database takes them: COPY, or executemany on SQLite."""
    columns = ", ".join(f'"{column}"' for column in COLUMNS)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            text = io.StringIO("".join(map(_copy_line, rows)))
            cursor.copy_expert(f"COPY mapping_proposal ({columns}) FROM STDIN", text)
            return
        marks = ", ".join(["%s"] * len(COLUMNS))
        cursor.executemany(
            f"INSERT INTO mapping_proposal ({columns}) VALUES ({marks})",
            [[_plain(value) for value in row] for row in rows],
        )


def _copy_line(row: tuple[Any, ...]) -> str:
    """One line of COPY's text format; none of our values holds a tab or a line break outside JSON's escapes."""
    *others, plan = map(_copied, row)
    return "\t".join(others) + "\t" + plan.replace("\\", "\\\\") + "\n"


def _copied(value: Any) -> str:
    if value is None:
        return "\\N"
    return f"\\\\x{value.hex()}" if isinstance(value, bytes) else str(value)


def _plain(value: Any) -> Any:
    """A value as SQLite stores it: UUIDs as 32 hex digits, times as Django writes them."""
    if hasattr(value, "hex") and not isinstance(value, (float, bytes)):
        return value.hex
    if hasattr(value, "isoformat"):
        return connection.ops.adapt_datetimefield_value(value)
    return value
