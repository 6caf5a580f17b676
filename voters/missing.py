"""Who stands at the locations of a list that replaces the one before, and is not on it? Noted by the import, and nothing
more; a person makes departures of them, in one act that can be taken back alone or with the list.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.models import User
from accounts.permissions import Permission, require
from locations import changes
from locations.models import Batch, SpecialLocation

from . import claims, identity, keyring, nik, storing, suspects
from .keyring import as_bytes
from .loading import again_if_interrupted, insert_rows, wait_as_long_as_it_takes
from .models import Act, ActStep, BatchMissing, NIKVerdict, Undo, Voter, VoterIdentity
from .registration import require_reason, without_figures

MOST: Final = 20_000
MANY_PERCENT: Final = 20
TRIES: Final = 4
_FIELDS: Final = ("territory", "batch_id", "voter_id", "is_in_doubt")


@dataclass(frozen=True, slots=True)
class AtPlace:
    """How many of those who stand at a location the list does not name."""

    location: SpecialLocation
    missing: int
    present: int

    @property
    def percent(self) -> int:
        return round(100 * self.missing / self.present) if self.present else 100

    @property
    def is_many(self) -> bool:
        return self.percent > MANY_PERCENT


@dataclass(frozen=True, slots=True)
class Outlook:
    """What there is to decide: who would leave, by location, the largest share first; `in_doubt` are left alone."""

    missing: int
    in_doubt: int
    places: list[AtPlace]

    @property
    def seen(self) -> str:
        return f"{self.missing}-{self.in_doubt}"

    @property
    def is_many(self) -> bool:
        return any(place.is_many for place in self.places)


def note(
    batch: Batch, *, places: Iterable[uuid.UUID], named: Collection[bytes], refused: Iterable[Sequence[str]]
) -> None:
    """Within the loading transaction: whoever is present at these places, did not come with the batch and is not `named`
    (ids of voters). `refused` are the cells of rows that were not taken. One question per 900 places.
    """
    names, hashes = _told_by(refused)
    for chunk in storing.chunks(sorted(places), storing.HASHES_A_QUERY):
        here = Voter.everywhere.filter(_present(), location__in=chunk).exclude(batch=batch)
        rows = here.values_list("territory", "pk", "name").iterator(storing.CHUNK)
        missing = ((territory, pk, name) for territory, pk, name in rows if pk.bytes not in named)
        noted = [(territory, batch.pk, pk, bool(names) and _key(name) in names) for territory, pk, name in missing]
        insert_rows(BatchMissing, _FIELDS, noted)
    for some in storing.chunks(sorted(hashes), storing.HASHES_A_QUERY):
        of_batch = BatchMissing.everywhere.filter(batch=batch, voter__identity__nik_hash__in=some)
        BatchMissing.everywhere.filter(pk__in=of_batch.values("pk")).update(is_in_doubt=True)


def found(named: Iterable[bytes]) -> None:
    """A list names these voters (ids), so no earlier list misses them any more."""
    if not BatchMissing.everywhere.exists():
        return
    ids = [uuid.UUID(bytes=value) for value in named]
    for chunk in storing.chunks(ids, storing.HASHES_A_QUERY):
        BatchMissing.everywhere.filter(voter__in=chunk).delete()


def outlook(batch: Batch) -> Outlook:
    missing = Counter(dict(_counts(waiting(batch), "voter__location")))
    locations = SpecialLocation.everywhere.in_bulk(list(missing))
    here = Voter.everywhere.filter(_present(), location__in=list(missing))
    present = dict(_counts(here, "location"))
    places = [AtPlace(locations[pk], count, present[pk]) for pk, count in missing.items()]
    places.sort(key=lambda place: (-place.percent, place.location.name))
    in_doubt = BatchMissing.everywhere.filter(batch=batch, is_in_doubt=True).count()
    return Outlook(missing.total(), in_doubt, places)


def waiting(batch: Batch) -> Any:
    """Rows about whom somebody has to decide: still present, and in no refused row."""
    return BatchMissing.everywhere.filter(_present("voter__"), batch=batch, is_in_doubt=False)


def of_lists(user: User) -> dict[Batch, int]:
    """How many wait in each list that this person may open, the newest first."""
    waiting = BatchMissing.objects.visible_to(user).filter(_present("voter__"), is_in_doubt=False)
    counts = Counter(dict(_counts(waiting, "batch")))
    lists = Batch.objects.visible_to(user).filter(pk__in=list(counts), state=Batch.State.DONE)
    return {batch: counts[batch.pk] for batch in lists.order_by("-received_at", "-pk")}


def departures(batch: Batch) -> Any:
    """Acts that came of it and were not taken back."""
    return Act.everywhere.filter(batch=batch, taken_back_at=None)


def depart(
    *,
    batch: Batch,
    on: date,
    reason: str,
    seen: str,
    by: User,
    name: str = "",
    places: Collection[uuid.UUID] | None = None,
) -> Act:
    """Whom the list misses (at these locations of it, or at all) left on that day, in one act; who arrived or was born
    later than that stays on the list of the missing.

    Raises ValidationError where the outlook is not the one that was `seen`, nobody would leave, or more than MOST.
    """
    require(by, Permission.ENTER, territories=[batch.territory])
    require_reason(reason)

    def carry_out() -> Act:
        _hold(batch)
        now = outlook(batch)
        if now.seen != seen:
            raise ValidationError(_("The register has moved since you opened this page. Look again."), code="moved")
        leaving = sum(each.missing for each in now.places if places is None or each.location.pk in places)
        if leaving > MOST:
            text = _("More than %(count)s voters would leave at once: is this the whole list?")
            raise ValidationError(text, code="too_many", params={"count": MOST})
        return _Departing(batch, on, by, places).carry_out(name=name, reason=reason)

    return again_if_interrupted(carry_out, tries=TRIES)


def still_here(*, batch: Batch, voter: Voter, by: User) -> None:
    """Whoever the list forgot: asked about no more."""
    require(by, Permission.ENTER, territories=[batch.territory, voter.territory])
    if BatchMissing.everywhere.filter(batch=batch, voter=voter).delete()[0]:
        audit.record(by=by, action="voter.still_here", subject=voter, territory=voter.territory, batch=str(batch.pk))


class _Departing:
    """One act, under the locks."""

    def __init__(self, batch: Batch, on: date, by: User, places: Collection[uuid.UUID] | None) -> None:
        self.batch, self.on, self.by, self.places = batch, on, by, places

    def carry_out(self, *, name: str, reason: str) -> Act:
        leaving = waiting(self.batch).exclude(voter__arrival__gt=self.on).exclude(voter__birth_year__gt=self.on.year)
        if self.places is not None:
            leaving = leaving.filter(voter__location__in=self.places)
        voters = {voter.pk: voter for voter in Voter.everywhere.filter(pk__in=leaving.values("voter"))}
        if not voters:
            raise ValidationError(_("Nobody would leave."), code="nothing_done")
        act = Act.everywhere.create(
            territory=self.batch.territory,
            kind=Act.Kind.DEPARTURE,
            name=without_figures(name)[:100] or str(Act.Kind.DEPARTURE.label),
            reason=without_figures(reason),
            cases=0,
            voters=len(voters),
            by=self.by,
            batch=self.batch,
        )
        self._write(act, voters)
        details = {"act": str(act.pk), "voters": act.voters, "on": self.on.isoformat(), "reason": act.reason}
        audit.record(
            by=self.by, action="voters.missing_left", subject=self.batch, territory=self.batch.territory, **details
        )
        return act

    def _write(self, act: Act, voters: dict[uuid.UUID, Voter]) -> None:
        hashes, claimants = _claims_of(voters)
        steps = [self._step(act, voter, had_claim=pk in claimants) for pk, voter in voters.items()]
        ActStep.everywhere.bulk_create(steps, batch_size=500)
        for chunk in storing.chunks(list(voters), storing.HASHES_A_QUERY):
            Voter.everywhere.filter(pk__in=chunk).update(departure=self.on)
            BatchMissing.everywhere.filter(batch=self.batch, voter__in=chunk).delete()
        moved = claims.settle(hashes)
        suspects.bring_up_to_date(set(voters))
        changes.record(moved | {voter.location_id for voter in voters.values() if voter.location_id})

    def _step(self, act: Act, voter: Voter, *, had_claim: bool) -> ActStep:
        before = voter.departure.isoformat() if voter.departure else ""
        return ActStep(
            act=act,
            territory=voter.territory,
            voter=voter,
            field=ActStep.Field.DEPARTURE,
            before=before,
            after=self.on.isoformat(),
            had_claim=had_claim,
        )


def _hold(batch: Batch) -> None:
    """The batch, then lists, likely cases and identities, in the order of every import."""
    if Undo.everywhere.filter(batch=batch, ended_at=None).exists():
        raise ValidationError(_("This list is being taken back."), code="not_offered")
    wait_as_long_as_it_takes()
    done = Batch.everywhere.filter(pk=batch.pk, state=Batch.State.DONE, mode=Batch.Mode.REPLACE)
    if not done.select_for_update(of=("self",)).exists():
        raise ValidationError(_("Of this list nobody is missing."), code="not_offered")
    missing = BatchMissing.everywhere.filter(batch=batch)
    storing.lock_places(set(missing.values_list("voter__location", flat=True).distinct()))
    suspects.lock()
    hashes = VoterIdentity.everywhere.filter(pk__in=missing.values("voter"), nik_hash__isnull=False).values("nik_hash")
    groups = VoterIdentity.everywhere.filter(nik_hash__in=hashes).order_by("nik_hash", "pk")
    list(groups.select_for_update(no_key=True, of=("self",)).values_list("pk"))


def _claims_of(voters: Iterable[uuid.UUID]) -> tuple[list[bytes], set[uuid.UUID]]:
    """Hashes of NIKs in order, and who of the voters holds a claim."""
    hashes: list[bytes] = []
    claimants: set[uuid.UUID] = set()
    for chunk in storing.chunks(list(voters), storing.HASHES_A_QUERY):
        held = VoterIdentity.everywhere.filter(pk__in=chunk, voter__nik_verdict=NIKVerdict.OK)
        for pk, nik_hash, claim in held.values_list("pk", "nik_hash", "claim"):
            hashes.append(as_bytes(nik_hash))
            claimants |= {pk} if claim is not None else set()
    return hashes, claimants


def _present(prefix: str = "") -> Q:
    """Not gone by today, and without an official mark: whoever a list should name."""
    here = Q(**{f"{prefix}departure": None}) | Q(**{f"{prefix}departure__gt": timezone.localdate()})
    return here & Q(**{f"{prefix}official_mark": ""})


def _counts(rows: Any, place: str) -> Iterator[tuple[uuid.UUID, int]]:
    return rows.order_by().values_list(place).annotate(count=Count("pk"))  # type: ignore[no-any-return]


def _told_by(refused: Iterable[Sequence[str]]) -> tuple[set[str], set[bytes]]:
    """Every name and NIK that a refused row may hold, whatever its columns are."""
    names: set[str] = set()
    hashes: set[bytes] = set()
    for cells in refused:
        for cell in cells:
            digits = "".join(filter(str.isdigit, cell))
            if len(digits) == nik.LENGTH:
                hashes.add(keyring.nik_hash(digits))
            elif key := _key(cell):
                names.add(key)
    return names, hashes


def _key(name: str) -> str:
    return identity.name_key(name)
