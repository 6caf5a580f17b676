"""Penetapan: approved proposals of a territory are made final in one act, and reopened only with a reason.

Numbers become final, every eligible voter gets a place on the list of a TPS with one statement, the home regencies get their
strikes, and the fingerprint is kept. Nothing of a reopened determination is lost (docs/decisions/0014-determination.md).
"""

from __future__ import annotations

import hashlib
import io
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.ids import new_id
from accounts.permissions import Permission, require
from locations.models import Change, SpecialLocation
from regions.levels import Level, level_of
from regions.models import Region
from voters import eligibility
from voters.models import Strike

from . import neighbours, policies
from .core.fingerprint import cells_from_json, plan_from_json
from .core.plan import GUEST
from .models import Assignment, Determination, FinalTPS, Outcome, Proposal
from .states import State

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable, Sequence

    from accounts.models import User

    from .models import Policy

NO_BLOCK: Final = "00000000-0000-0000-0000-000000000000"


class Moved(Exception):
    """The data moved since the page was opened: nothing was determined."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """What of a territory can be determined, and what stands in the way of the rest: codes of BLOCKED by proposal."""

    ready: list[Proposal] = field(default_factory=list)
    blocked: list[tuple[Proposal, list[str]]] = field(default_factory=list)

    @property
    def seen(self) -> str:
        """What the page carries, so that nothing else is determined than was seen."""
        return _digest(self.ready)

    @property
    def tps(self) -> int:
        return sum(proposal.tps for proposal in self.ready)

    @property
    def voters(self) -> int:
        return sum(proposal.eligible for proposal in self.ready)


BLOCKED: Final = {
    "village": _("the village is not known"),
    "person": _("nobody is in charge"),
    "letter": _("the letter of request is missing"),
    "pending": _("a recompute is on its way"),
    "host": _("the location where they vote is not ready"),
    "guests": _("a location that votes here is not ready"),
}


def readiness(proposals: Any, policy: Policy) -> Readiness:
    """Of the approved proposals among these, in order of location code; what is not approved is not asked."""
    approved = proposals.current(policy).with_state().filter(state=State.APPROVED)
    listed = list(
        approved.filter(outcome__in=[Outcome.QUALIFIED, Outcome.COMBINED])
        .select_related("location")
        .order_by("location__code")
    )
    pending = set(
        Change.everywhere.filter(location__in=[each.location_id for each in listed]).values_list("location", flat=True)
    )
    found = {each.location_id: _in_the_way(each, pending) for each in listed}
    _bind_groups(listed, found)
    return Readiness(
        ready=[each for each in listed if not found[each.location_id]],
        blocked=[(each, found[each.location_id]) for each in listed if found[each.location_id]],
    )


def _in_the_way(proposal: Proposal, pending: set[uuid.UUID]) -> list[str]:
    location = proposal.location
    checks = {
        "village": level_of(location.region_id) != Level.VILLAGE,
        "person": not location.person_in_charge,
        "letter": not location.letter_number,
        "pending": location.pk in pending,
    }
    return [code for code, stands in checks.items() if stands]


def _bind_groups(listed: Sequence[Proposal], found: dict[uuid.UUID, list[str]]) -> None:
    """Who votes together is determined together."""
    by_hex = {each.location_id.hex: each.location_id for each in listed}
    for host in listed:
        guests = {cell.block.split(GUEST)[0] for cell in cells_from_json(host.plan) if GUEST in cell.block}
        members = [by_hex.get(guest) for guest in guests]
        if any(member is None or found[member] for member in members):
            found[host.location_id].append("guests")
    for guest in listed:
        if guest.host_id and (guest.host_id not in found or found[guest.host_id]):
            found[guest.location_id].append("host")


def determine(*, policy: Policy, region: Region, seen: str, by: User) -> uuid.UUID:
    """Makes everything final that is ready in a region; returns the act. Raises Moved where it is not what was `seen`."""
    require(by, Permission.DECIDE)
    with transaction.atomic():
        asked = readiness(Proposal.everywhere.all().within(region.pk), policy)
        _lock([proposal.location_id for proposal in asked.ready], policy)
        now = readiness(Proposal.everywhere.all().within(region.pk), policy)
        if not now.ready or now.seen != seen or _digest(asked.ready) != seen:
            raise Moved(region.pk)
        act = new_id()
        _write(now.ready, policy, act, by)
        figures = {"locations": len(now.ready), "tps": now.tps, "voters": now.voters, "policy": policy.slug}
        audit.record(by=by, action="determination.made", subject=region, territory=region.pk[:5], **figures)
    return act


@transaction.atomic
def reopen(*, determination: Determination, reason: str, by: User) -> Determination:
    """The location is open again, with those that vote there; what was determined stays readable, out of force."""
    require(by, Permission.DECIDE, territories=[determination.territory])
    if not reason.strip():
        raise ValidationError({"reason": ValidationError(_("Say why: the audit trail keeps it."), code="required")})
    together = _together(determination)
    _lock([each.location_id for each in together], determination.policy)
    ids, now = [each.pk for each in together], timezone.now()
    open_again = Determination.everywhere.filter(pk__in=ids, reopened_at=None)
    if not open_again.update(reopened_at=now, reopened_by=by, reopening_reason=reason.strip()):
        raise ValidationError(_("It was reopened already."), code="reopened")
    stations = FinalTPS.everywhere.filter(determination__in=ids)
    assigned = Assignment.everywhere.filter(tps__in=stations, is_in_force=True)
    Strike.everywhere.filter(voter__in=assigned.values("voter"), taken_back_at=None).update(taken_back_at=now)
    assigned.update(is_in_force=False)
    stations.update(is_in_force=False)
    _mark_changed(together)
    for each in together:
        audit.record(
            by=by,
            action="determination.reopened",
            subject=each.location,
            territory=each.territory,
            reason=reason.strip(),
        )
    determination.refresh_from_db()
    return determination


def require_open(location: SpecialLocation) -> None:
    """Raises ValidationError where the location is final under any policy: it is reopened first."""
    if Determination.everywhere.filter(location=location, reopened_at=None).exists():
        raise ValidationError(_("This location is determined. It must be reopened first."), code="determined")


def _together(determination: Determination) -> list[Determination]:
    """The location's own, its host's, and those of all that vote at the same one."""
    place = determination.proposal.host_id or determination.location_id
    in_force = Determination.everywhere.filter(policy=determination.policy_id, reopened_at=None)
    hosted = in_force.filter(proposal__host=place) | in_force.filter(location=place)
    return list(hosted.select_related("location", "proposal"))


def _mark_changed(together: Iterable[Determination]) -> None:
    from locations import changes

    changes.record([each.location_id for each in together])


def _lock(location_ids: list[uuid.UUID], policy: Policy) -> None:
    """The locations, in order; where small ones vote together their districts before them."""
    locations = SpecialLocation.everywhere.filter(pk__in=location_ids)
    if neighbours.combines(policy):
        neighbours.hold(locations)
    if connection.features.has_select_for_update:
        list(locations.order_by("pk").select_for_update(no_key=True).values_list("pk"))


def _digest(proposals: Iterable[Proposal]) -> str:
    text = "\n".join(f"{proposal.pk.hex} {proposal.fingerprint}" for proposal in proposals)
    return hashlib.sha256(text.encode()).hexdigest()


def _write(ready: list[Proposal], policy: Policy, act: uuid.UUID, by: User) -> None:
    made = {
        proposal.location_id: Determination(
            territory=proposal.territory,
            act=act,
            policy=policy,
            location_id=proposal.location_id,
            proposal=proposal,
            fingerprint=proposal.fingerprint,
            tps=proposal.tps,
            voters=proposal.eligible,
            determined_by=by,
        )
        for proposal in ready
    }
    Determination.everywhere.bulk_create(made.values(), batch_size=500)
    stations = _number(ready, made, policy)
    FinalTPS.everywhere.bulk_create([each for own in stations.values() for each in own], batch_size=500)
    expected = sum(station.size for own in stations.values() for station in own)
    written = assign(_slices(ready, stations), policy, [proposal.location_id for proposal in ready])
    if written != expected:
        raise Moved(act)
    strike(act)


def _number(
    ready: list[Proposal], made: dict[uuid.UUID, Determination], policy: Policy
) -> dict[uuid.UUID, list[FinalTPS]]:
    """Numbers run on from the highest in force in each village, over its locations in order of their codes."""
    villages = sorted({proposal.location.region_id for proposal in ready})
    if connection.features.has_select_for_update:
        list(Region.objects.filter(pk__in=villages).order_by("pk").select_for_update(no_key=True).values_list("pk"))
    in_force = FinalTPS.everywhere.filter(policy=policy, village__in=villages, is_in_force=True)
    highest = dict(in_force.order_by().values_list("village").annotate(highest=Max("number")))
    following = defaultdict(lambda: policy.first_number, {code: number + 1 for code, number in highest.items()})
    stations: dict[uuid.UUID, list[FinalTPS]] = {}
    for proposal in ready:
        village, own = proposal.location.region_id, []
        for station in plan_from_json(proposal.plan).stations:
            own.append(
                FinalTPS(
                    territory=proposal.territory,
                    determination=made[proposal.location_id],
                    policy=policy,
                    village_id=village,
                    number=following[village],
                    size=station.size,
                    ballots=list(station.ballots),
                )
            )
            following[village] += 1
        stations[proposal.location_id] = own
    return stations


Slice = tuple[str, str, str, str, int, int, int, str, int]
"""Territory, location, block, sex, ballots, first and last place, TPS, and the position on its list before the first."""


def _slices(ready: Iterable[Proposal], stations: dict[uuid.UUID, list[FinalTPS]]) -> list[Slice]:
    found: list[Slice] = []
    for proposal in ready:
        cells = cells_from_json(proposal.plan)
        planned = plan_from_json(proposal.plan).stations
        for station, tps in zip(planned, stations[proposal.location_id], strict=True):
            position = 0
            for index, first, last in station.slices:
                block, sex, held, _count = cells[index]
                guest, _slash, own = block.rpartition(GUEST)
                place = guest or proposal.location_id.hex
                found.append(
                    (
                        proposal.territory,
                        _id(place),
                        _id(own),
                        sex,
                        held,
                        first,
                        last,
                        _id(tps.pk.hex),
                        position - first + 1,
                    )
                )
                position += last - first + 1
    return found


def _id(text: str) -> str:
    """An id as the database at hand compares it; nobody's where there is none."""
    plain = text.replace("-", "") or NO_BLOCK.replace("-", "")
    if connection.vendor != "postgresql":
        return plain
    return f"{plain[:8]}-{plain[8:12]}-{plain[12:16]}-{plain[16:20]}-{plain[20:]}"


COLUMNS: Final = ("territory", "location_id", "block_id", "sex", "ballots", "first", "last", "tps_id", "before")


def assign(slices: Sequence[Slice], policy: Policy, location_ids: list[uuid.UUID]) -> int:
    """Gives every eligible voter of these locations the place that the slices say, with one statement; returns how many.

    O(voters log voters) in the database: it ranks the voters of each cell and joins them to the slices.
    """
    sql, params = eligibility.eligible_statement(policies.voter_rules(policy), location_ids)
    with connection.cursor() as cursor:
        _make_table(cursor, slices)
        cursor.execute(
            f"""
            INSERT INTO mapping_assignment (territory, voter_id, tps_id, position, kind, is_in_force)
            {sql}
            SELECT s.territory, e.id, s.tps_id, s.before + e.place, '{Assignment.Kind.LISTED.value}', TRUE
            FROM eligible e
            JOIN slices s ON s.location_id = e.location_id AND s.sex = e.sex AND s.ballots = e.ballots
                 AND s.block_id = COALESCE(e.block_id, %s) AND e.place BETWEEN s.first AND s.last
            """,
            [*params, _id("")],
        )
        written = cursor.rowcount
        cursor.execute("DROP TABLE slices")
        if connection.vendor == "postgresql":  # what reads the new rows next must not take the table for an empty one
            cursor.execute("ANALYZE mapping_assignment")
    return written


def _make_table(cursor: Any, slices: Sequence[Slice]) -> None:
    """The one place where the two databases differ: how thousands of slices get into a table of this transaction."""
    if connection.vendor == "postgresql":
        cursor.execute("SET LOCAL statement_timeout = 0; SET LOCAL work_mem = '128MB'")
        cursor.execute(
            "CREATE TEMPORARY TABLE slices (territory varchar(5), location_id uuid, block_id uuid, sex varchar(1),"
            " ballots int, first int, last int, tps_id uuid, before int) ON COMMIT DROP"
        )
        text = io.StringIO("".join("\t".join(map(str, row)) + "\n" for row in slices))
        cursor.copy_expert(f"COPY slices ({', '.join(COLUMNS)}) FROM STDIN", text)
        cursor.execute("ANALYZE slices")
        return
    cursor.execute(f"CREATE TEMPORARY TABLE slices ({', '.join(COLUMNS)})")
    cursor.executemany(f"INSERT INTO slices VALUES ({', '.join(['%s'] * len(COLUMNS))})", slices)


def strike(act: uuid.UUID) -> int:
    """One row for each voter listed by the act whose home is known at least to its regency, which is the territory."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO voters_strike (territory, voter_id, listed_at)
               SELECT substr(v.home_id, 1, 5), v.id, %s
               FROM mapping_determination d
               JOIN mapping_finaltps t ON t.determination_id = d.id
               JOIN mapping_assignment a ON a.tps_id = t.id AND a.is_in_force
               JOIN voters_voter v ON v.id = a.voter_id
               WHERE d.act = %s AND length(v.home_id) >= 5
               ON CONFLICT (voter_id) WHERE taken_back_at IS NULL DO NOTHING""",
            [connection.ops.adapt_datetimefield_value(timezone.now()), _id(act.hex)],
        )
        return cursor.rowcount
