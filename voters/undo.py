"""What does taking a voter list back do, and may it be done? All of it in one transaction, with a reason.

Whom the list brought leaves the register; whom it changed is again as before. Who was changed since, by a later list or by
somebody, stays as it is and is named. Nothing is done where one of them stands on a list that was determined
(docs/decisions/0016-undo.md).
"""

from __future__ import annotations

import uuid
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.models import AuditEntry, User
from accounts.permissions import Permission, require
from locations import changes
from locations.models import Batch, Block, SpecialLocation

from . import acts, before, claims, missing, storing, suspects
from .keyring import as_bytes
from .loading import again_if_interrupted, collecting_rarely, wait_as_long_as_it_takes
from .models import (
    ActStep,
    BatchBefore,
    BatchMissing,
    ClaimBefore,
    DuplicateCase,
    Likeness,
    NIKVerdict,
    Voter,
    VoterIdentity,
)
from .registration import require_reason, without_figures

TRIES: Final = 20
CHUNK: Final = 2000
CHANGES_NOTHING: Final = ("voter.revealed", "voter.registered")
CHANGING_STEPS: Final = (ActStep.Field.DEPARTURE, ActStep.Field.ARRIVAL, ActStep.Field.MARK)
Kept = BatchBefore.Kept
Who = dict[uuid.UUID, str]  # voters that stay as they are, and why


@dataclass(frozen=True, slots=True)
class AtPlace:
    """How many of a list leave and return at one location; None stands for the unplaced."""

    location: SpecialLocation | None
    leaving: int
    returning: int


@dataclass(frozen=True, slots=True)
class Outlook:
    """What taking back would do now. `gone` were removed since; `determined` are those on a list, by location."""

    leaving: int
    returning: int
    kept: Who
    gone: int
    places: list[AtPlace]
    determined: list[tuple[SpecialLocation | None, int]]

    @property
    def concerned(self) -> int:
        """How many voters have to be touched, or looked at and left alone."""
        return self.leaving + self.returning + len(self.kept)

    @property
    def seen(self) -> str:
        """What a page showed, to be sent back with the order."""
        return f"{self.leaving}-{self.returning}-{len(self.kept)}"


def is_offered(batch: Batch, *, at: datetime) -> bool:
    """Whether this list can still be taken back at all."""
    return batch.state == Batch.State.DONE and batch.undo_until is not None and at < batch.undo_until


def outlook(batch: Batch) -> Outlook:
    """A few statements, whatever the size of the list."""
    entered, kept = _entered(batch), _kept(batch)
    leaving = _without(entered, "pk", "location", kept)
    returning = _without(_changed(batch), "voter", "voter__location", kept)
    returning += _counts(ActStep.everywhere.filter(act__in=missing.departures(batch)), "voter__location")
    return Outlook(
        leaving=leaving.total(),
        returning=returning.total(),
        kept=kept,
        gone=max(0, batch.accepted + batch.duplicates - entered.count()),
        places=_places(leaving, returning),
        determined=_determined(batch),
    )


def require_offered(batch: Batch) -> None:
    """Raises ValidationError `not_offered`."""
    if not is_offered(batch, at=timezone.now()):
        raise ValidationError(_("This list cannot be taken back (any more)."), code="not_offered")


def require_as_seen(found: Outlook, seen: str) -> None:
    """Raises ValidationError `determined` or `moved`."""
    if found.determined:
        raise ValidationError(
            _("Voters of this list stand on a list that was determined: %(places)s. It cannot be taken back."),
            code="determined",
            params={"places": ", ".join(f"{place or '–'} ({count})" for place, count in found.determined)},
        )
    if found.seen != seen:
        raise ValidationError(_("The register has moved since you opened this page. Look again."), code="moved")


def take_back(*, batch: Batch, reason: str, seen: str, by: User) -> Batch:
    """The batch, taken back. Raises ValidationError where that is not offered (any more), where something determined
    hangs on it, or where the outlook is not the one that was `seen`.
    """
    require(by, Permission.ENTER, territories=[batch.territory])
    require_reason(reason)
    with collecting_rarely():
        return again_if_interrupted(
            lambda: _TakingBack(batch, without_figures(reason), seen, by).carry_out(), tries=TRIES
        )


class _TakingBack:
    """One attempt, within its transaction."""

    def __init__(self, batch: Batch, reason: str, seen: str, by: User) -> None:
        self.batch, self.reason, self.seen, self.by = batch, reason, seen, by
        self.moved: set[uuid.UUID] = set()
        self.hashes: set[bytes] = set()
        self.ended: dict[bytes, list[bytes]] = {}
        self.returning: dict[bytes, uuid.UUID] = {}
        self.alike: set[uuid.UUID] = set()

    def carry_out(self) -> Batch:
        wait_as_long_as_it_takes()
        self._hold()
        found = outlook(self.batch)
        require_as_seen(found, self.seen)
        self._keep(found.kept)
        restored = self._put_back() + self._take_departures_back()
        left = self._remove()
        self._ask_holders_of_before()
        self.moved |= claims.settle(self.hashes, ended=self.ended, returning=self.returning)
        self._remove_blocks()
        suspects.bring_up_to_date(self.alike)
        changes.record(self.moved)
        stay = BatchBefore.everywhere.filter(batch=self.batch).count()
        details = {"left": left, "returned": restored, "kept": stay, "reason": self.reason}
        audit.record(
            by=self.by, action="voters.taken_back", subject=self.batch, territory=self.batch.territory, **details
        )
        return self.batch

    def _hold(self) -> None:
        """The batch is ours; then lists, then likely cases, then identities, as everywhere."""
        self.batch = Batch.everywhere.select_for_update(of=("self",)).get(pk=self.batch.pk)
        require_offered(self.batch)
        everybody = Voter.everywhere.filter(_of(self.batch))
        places = everybody.filter(location__isnull=False).values_list("location", flat=True).distinct()
        self.moved = set(places)
        storing.lock_places(self.moved)
        suspects.lock()
        held = VoterIdentity.everywhere.filter(voter__in=everybody).order_by("nik_hash", "pk")
        deque(held.select_for_update(of=("self",)).values_list("pk").iterator(CHUNK), maxlen=0)

    def _keep(self, kept: Who) -> None:
        """Whoever stays as he is, by name; and the batch says that it was taken back."""
        earlier = _changed(self.batch)
        for why in Kept.values:
            for chunk in storing.chunks([pk for pk, said in kept.items() if said == why], storing.HASHES_A_QUERY):
                earlier.filter(voter__in=chunk).update(row=None, kept_why=why)
                territories = _entered(self.batch).filter(pk__in=chunk).values_list("pk", "territory")
                rows = [self._left(pk, territory, why) for pk, territory in territories]
                BatchBefore.everywhere.bulk_create(rows)
        self.batch.state = Batch.State.TAKEN_BACK
        self.batch.taken_back_at, self.batch.taken_back_by = timezone.now(), self.by
        self.batch.taken_back_reason = self.reason
        self.batch.save(update_fields=["state", "taken_back_at", "taken_back_by", "taken_back_reason"])

    def _left(self, voter_id: uuid.UUID, territory: str, why: str) -> BatchBefore:
        return BatchBefore(batch=self.batch, voter_id=voter_id, territory=territory, kept_why=why)

    def _put_back(self) -> int:
        """Returns how many are again as they were; whose row says another thing than the list made of it stays."""
        restored = 0
        for rows in self._changed_rows():
            earlier = {row.voter_id: before.opened(row) for row in rows}
            stored = storing.stored_voters(list(earlier))
            blocks = set(Block.everywhere.filter(pk__in=_blocks_of(earlier)).values_list("pk", flat=True))
            same = {pk: old for pk, old in earlier.items() if old.is_left_alone(stored[pk])}
            self._write(
                [(stored[pk], before.update_to(old, stored[pk], blocks=blocks), old) for pk, old in same.items()]
            )
            restored += len(same)
            others = [row.pk for row in rows if row.voter_id not in same]
            BatchBefore.everywhere.filter(pk__in=others).update(row=None, kept_why=Kept.PERSON)
            BatchBefore.everywhere.filter(pk__in=[row.pk for row in rows if row.voter_id in same]).delete()
        return restored

    def _changed_rows(self) -> Iterator[list[BatchBefore]]:
        """Some at a time. Asked for by key: to look each time for those that are left would pass the whole list again."""
        waiting = BatchBefore.everywhere.filter(batch=self.batch, kept_why="").order_by("pk")
        for some in storing.chunks(list(waiting.values_list("pk", flat=True)), storing.HASHES_A_QUERY):
            yield list(BatchBefore.everywhere.filter(pk__in=some))

    def _write(self, puts: list[tuple[Any, Any, before.Before]]) -> None:
        for stored, update, old in puts:
            self.hashes |= update.contested
            if update.moves_nik and stored.claim is not None:
                self.ended[bytes(stored.claim)] = [_hash_of_person(update.id)]
            if old.had_claim and old.nik_hash:
                self.returning[old.nik_hash] = update.id
        self._leave_groups([update.id for _, update, _ in puts if update.moves_nik])
        storing.write_updates([update for _, update, _ in puts])
        self.alike |= {update.id for _, update, _ in puts}

    @staticmethod
    def _leave_groups(voters: list[uuid.UUID]) -> None:
        """Before a NIK changes or stops being in order: nobody waits under the old one any more."""
        Voter.everywhere.filter(pk__in=voters).update(is_duplicate=False, is_placed=False)
        cases = DuplicateCase.everywhere.filter(voter__in=voters, kind=DuplicateCase.Kind.NIK, closed_at=None)
        cases.update(closed_at=timezone.now())

    def _take_departures_back(self) -> int:
        """Whom the list did not name; returns how many are present again. What moved on since, the act itself names."""
        returned = 0
        for act in missing.departures(self.batch):
            returned += act.voters - len(acts.take_back(act=act, by=self.by))
        BatchMissing.everywhere.filter(batch=self.batch).delete()
        return returned

    def _remove(self) -> int:
        """Whom the list brought and nobody touched since goes, with all that hangs on the row; returns how many."""
        stays = BatchBefore.everywhere.filter(batch=self.batch, voter=OuterRef("pk"))
        leaving = _entered(self.batch).filter(~Exists(stays))
        self._note_groups(leaving)
        self.alike |= set(Likeness.everywhere.filter(voter__in=leaving).values_list("other", flat=True))
        for model, name in _hanging(models.SET_NULL):
            model._default_manager.filter(**{f"{name}__in": leaving}).update(**{name: None})
        for model, name in _hanging(models.CASCADE):
            model._default_manager.filter(**{f"{name}__in": leaving}).delete()
        return int(leaving._raw_delete(leaving.db))  # `delete` would first read every voter into memory

    def _note_groups(self, leaving: QuerySet[Voter]) -> None:
        """Groups of one NIK that go on without the row that leaves."""
        held = VoterIdentity.everywhere.filter(voter__in=leaving, voter__nik_verdict=NIKVerdict.OK)
        others = VoterIdentity.everywhere.filter(nik_hash=OuterRef("nik_hash")).exclude(pk=OuterRef("pk"))
        shared = held.filter(Exists(others)).values_list("nik_hash", "person_hash", "claim")
        for nik_hash, person_hash, claim in shared.iterator(CHUNK):
            self.hashes.add(as_bytes(nik_hash))
            if claim is not None:
                self.ended[as_bytes(nik_hash)] = [as_bytes(person_hash)]

    def _ask_holders_of_before(self) -> None:
        """Whoever lost the claim to the list; but for a NIK of which a row of the list stays."""
        lost = ClaimBefore.everywhere.filter(batch=self.batch)
        kept = BatchBefore.everywhere.filter(batch=self.batch).values("voter")
        stays = VoterIdentity.everywhere.filter(voter__in=kept, nik_hash=OuterRef("nik_hash"))
        held = VoterIdentity.everywhere.filter(~Exists(stays), voter__in=lost.values("voter"))
        for pk, nik_hash in held.filter(voter__nik_verdict=NIKVerdict.OK).values_list("pk", "nik_hash"):
            if as_bytes(nik_hash) in self.hashes:
                self.returning[as_bytes(nik_hash)] = pk
        lost.delete()

    def _remove_blocks(self) -> None:
        """Those that came with the list and hold nobody now."""
        inhabited = Voter.everywhere.filter(block=OuterRef("pk"))
        Block.everywhere.filter(~Exists(inhabited), batch=self.batch).delete()


def _of(batch: Batch) -> Q:
    """Voters that the list brought or changed."""
    changed = BatchBefore.everywhere.filter(batch=batch, row__isnull=False, voter=OuterRef("pk"))
    return Q(batch=batch) | Q(Exists(changed))


def _entered(batch: Batch) -> Any:
    return Voter.everywhere.filter(batch=batch)


def _changed(batch: Batch) -> Any:
    return BatchBefore.everywhere.filter(batch=batch)


def _kept(batch: Batch) -> Who:
    """Who was changed since, by somebody or by a later list; the list has the last word on why."""
    by_hand = dict.fromkeys([*_marked(batch), *_changed_by_hand(batch)], Kept.PERSON.value)
    return {**by_hand, **dict.fromkeys(_changed_by_lists(batch), Kept.LIST.value)}


def _marked(batch: Batch) -> Iterator[uuid.UUID]:
    """A list brings no marks: somebody looked at these."""
    marked = _entered(batch).filter(~Q(official_mark="") | Q(is_mismatch=True))
    yield from marked.values_list("pk", flat=True)


def _changed_by_hand(batch: Batch) -> Iterator[uuid.UUID]:
    last = _touched_at(batch)
    for chunk in storing.chunks(list(last), storing.HASHES_A_QUERY):
        yield from _entered(batch).filter(pk__in=chunk).values_list("pk", flat=True)
        for pk, at in _changed(batch).filter(voter__in=chunk).values_list("voter", "at"):
            if last[pk] > at:
                yield pk


def _touched_at(batch: Batch) -> dict[uuid.UUID, datetime]:
    """When somebody last changed a voter, or did so with many at once, since the list; of the territories it lies in."""
    own = Voter.everywhere.filter(_of(batch))
    territories = list(own.order_by().values_list("territory", flat=True).distinct())
    told = AuditEntry.everywhere.filter(
        subject_type=Voter._meta.label_lower, territory__in=territories, at__gte=batch.finished_at
    ).exclude(action__in=CHANGES_NOTHING)
    steps = ActStep.everywhere.filter(
        voter__in=own, field__in=CHANGING_STEPS, act__taken_back_at=None, act__at__gte=batch.finished_at
    )
    touched = [(uuid.UUID(pk), at) for pk, at in told.values_list("subject_id", "at")]
    touched += steps.values_list("voter", "act__at")
    last: dict[uuid.UUID, datetime] = {}
    for pk, at in touched:
        last[pk] = max(at, last.get(pk, at))
    return last


def _changed_by_lists(batch: Batch) -> Iterator[uuid.UUID]:
    others = BatchBefore.everywhere.exclude(batch=batch)
    yield from _entered(batch).filter(Exists(others.filter(voter=OuterRef("pk")))).values_list("pk", flat=True)
    later = others.filter(voter=OuterRef("voter"), at__gt=OuterRef("at"))
    yield from _changed(batch).filter(Exists(later)).values_list("voter", flat=True)


def _counts(rows: Any, place: str) -> Counter[uuid.UUID | None]:
    return Counter(dict(rows.order_by().values_list(place).annotate(count=Count("pk"))))


def _without(rows: Any, who: str, place: str, kept: Who) -> Counter[uuid.UUID | None]:
    """How many rows there are at each place, those kept left out."""
    counted = _counts(rows, place)
    for chunk in storing.chunks(list(kept), storing.HASHES_A_QUERY):
        counted -= _counts(rows.filter(**{f"{who}__in": chunk}), place)
    return counted


def _places(leaving: Counter[uuid.UUID | None], returning: Counter[uuid.UUID | None]) -> list[AtPlace]:
    """The most concerned first; the unplaced last."""
    locations = SpecialLocation.everywhere.in_bulk([pk for pk in {*leaving, *returning} if pk])
    places = [AtPlace(locations.get(pk) if pk else None, leaving[pk], returning[pk]) for pk in {*leaving, *returning}]
    return sorted(places, key=_rank)


def _rank(place: AtPlace) -> tuple[bool, int, str]:
    return place.location is None, -place.leaving - place.returning, place.location.name if place.location else ""


def _determined(batch: Batch) -> list[tuple[SpecialLocation | None, int]]:
    """Of how many a determined list, or what came of one, holds on to the row; by location."""
    listed = Q(
        *(Exists(model._default_manager.filter(**{name: OuterRef("pk")})) for model, name in _hanging(models.PROTECT)),
        _connector=Q.OR,
    )
    counted = _counts(Voter.everywhere.filter(_of(batch)).filter(listed), "location")
    locations = SpecialLocation.everywhere.in_bulk([pk for pk in counted if pk])
    return [(locations.get(pk) if pk else None, count) for pk, count in counted.most_common()]


def _hanging(on_delete: Any) -> Iterator[tuple[type[models.Model], str]]:
    """Models of any app, and their field, that hang on a voter in this way; apps above are not named here."""
    relations: list[Any] = Voter._meta.get_fields(include_hidden=True)
    for relation in relations:
        if relation.auto_created and not relation.concrete and relation.on_delete is on_delete:
            yield relation.related_model, relation.field.name


def _blocks_of(earlier: Mapping[uuid.UUID, before.Before]) -> set[uuid.UUID]:
    return {old.block_id for old in earlier.values() if old.block_id}


def _hash_of_person(voter_id: uuid.UUID) -> bytes:
    return as_bytes(VoterIdentity.everywhere.values_list("person_hash", flat=True).get(pk=voter_id))
