"""Which likely cases are open? Whoever hangs together by pairs that nobody has answered, one row for each voter.

A pair is settled once both sides said that it is two people, or once one of the two rows cannot vote anyway: gone by polling
day, marked by the office, placed, or at a location that asks for nothing.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.ids import new_id

from . import likely
from .models import DuplicateCase, Likeness, Register, Voter
from .storing import HASHES_A_QUERY, chunks

KIND: Final = DuplicateCase.Kind.LIKELY


@dataclass(slots=True)
class Suspect:
    """A voter who belongs into an open case: which group, how probable, and since when the youngest question is open."""

    group: int
    probability: float
    asked_at: datetime


@dataclass(slots=True)
class _Pair:
    probability: float
    found_at: datetime
    said: set[uuid.UUID] = field(default_factory=set)


@transaction.atomic
def bring_up_to_date(around: Collection[uuid.UUID] | None = None) -> None:
    """Opens, regroups and closes likely cases, as pairs and voters are now; around these voters only where given."""
    lock()
    scope = None if around is None else _hanging_together(around)
    suspects = _suspects(_pairs(scope))
    cases = DuplicateCase.everywhere.filter(kind=KIND, closed_at=None)
    open_cases = list(_within(cases, "voter", scope))
    _close([case for case in open_cases if case.voter_id not in suspects])
    numbers = _numbers(suspects, [case for case in open_cases if case.voter_id in suspects])
    _update([case for case in open_cases if case.voter_id in suspects], suspects, numbers)
    _open(suspects, numbers, known={case.voter_id for case in open_cases})


def lock() -> None:
    """One writer of pairs and likely cases at a time, in the running transaction."""
    Register.current()
    list(Register.objects.select_for_update(no_key=True).values_list("pk"))


def _hanging_together(ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """These voters, whoever is alike to them, whoever is alike to those, and so on."""
    found: set[uuid.UUID] = set()
    edge = set(ids)
    while edge:
        found |= edge
        cases = DuplicateCase.everywhere.filter(kind=KIND, closed_at=None)
        numbers = _within(cases, "voter", edge).values_list("number", flat=True) if len(edge) < HASHES_A_QUERY else []
        together = set(cases.filter(number__in=list(numbers)).values_list("voter", flat=True))
        alike = {other for chunk in chunks(sorted(edge), HASHES_A_QUERY) for other in _others(chunk)}
        edge = (together | alike) - found
    return found


def _others(ids: Iterable[uuid.UUID]) -> Iterable[uuid.UUID]:
    return Likeness.everywhere.filter(voter__in=list(ids)).values_list("other", flat=True)


def _within(rows: Any, name: str, scope: Collection[uuid.UUID] | None) -> Any:
    if scope is None:
        return rows
    if len(scope) < HASHES_A_QUERY:
        return rows.filter(**{f"{name}__in": list(scope)})
    return [row for row in rows if getattr(row, f"{name}_id") in scope]


def _pairs(scope: Collection[uuid.UUID] | None) -> dict[frozenset[uuid.UUID], _Pair]:
    """Pairs of rows that both can vote, with who said that they are two people."""
    halves = list(_within(Likeness.everywhere.all(), "voter", scope))
    standing = _standing({half.voter_id for half in halves})
    pairs: dict[frozenset[uuid.UUID], _Pair] = {}
    for half in halves:
        if half.voter_id in standing and half.other_id in standing:
            key = frozenset((half.voter_id, half.other_id))
            pair = pairs.setdefault(key, _Pair(half.probability, half.found_at))
            if half.said_apart_at:
                pair.said.add(half.voter_id)
    return {key: pair for key, pair in pairs.items() if pair.said != key}


def _standing(ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Of these voters, those who could vote: present on polling day, at an active place, without an official mark."""
    day = Register.current().polling_day or timezone.localdate()
    active = Q(location=None, is_placed=False) | Q(
        location__isnull=False, location__withdrawn_at=None, location__closed_at=None
    )
    present = Q(departure=None) | Q(departure__gt=day)
    found: set[uuid.UUID] = set()
    for chunk in chunks(sorted(ids), HASHES_A_QUERY):
        there = Voter.everywhere.filter(active, present, pk__in=chunk, official_mark="")
        found.update(there.values_list("pk", flat=True))
    return found


def _suspects(pairs: dict[frozenset[uuid.UUID], _Pair]) -> dict[uuid.UUID, Suspect]:
    ids = sorted({voter for key in pairs for voter in key})
    place = {voter: number for number, voter in enumerate(ids)}
    weighed = []
    for key, pair in pairs.items():
        one, other = sorted(key)
        weighed.append(likely.Pair(place[one], place[other], pair.probability, ()))
    weighed.sort(key=lambda pair: (pair.one, pair.other))
    suspects: dict[uuid.UUID, Suspect] = {}
    for group, cluster in enumerate(likely.grouped(weighed)):
        for held in cluster.pairs:
            asked = pairs[frozenset((ids[held.one], ids[held.other]))].found_at
            for voter in (ids[held.one], ids[held.other]):
                known = suspects.setdefault(voter, Suspect(group, held.probability, asked))
                known.probability = max(known.probability, held.probability)
                known.asked_at = max(known.asked_at, asked)
    return suspects


def _close(cases: list[DuplicateCase]) -> None:
    for chunk in chunks([case.pk for case in cases], HASHES_A_QUERY):
        DuplicateCase.everywhere.filter(pk__in=chunk).update(closed_at=timezone.now())


def _numbers(suspects: dict[uuid.UUID, Suspect], cases: list[DuplicateCase]) -> dict[int, uuid.UUID]:
    """The number of each group: the oldest one that its members have, unless another group has taken it."""
    wanted: dict[int, set[uuid.UUID]] = defaultdict(set)
    for case in cases:
        wanted[suspects[case.voter_id].group].add(case.number)
    numbers: dict[int, uuid.UUID] = {}
    taken: set[uuid.UUID] = set()
    for group in sorted({suspect.group for suspect in suspects.values()}):
        free = wanted[group] - taken
        numbers[group] = min(free) if free else new_id()
        taken.add(numbers[group])
    return numbers


def _update(cases: list[DuplicateCase], suspects: dict[uuid.UUID, Suspect], numbers: dict[int, uuid.UUID]) -> None:
    """Numbers and probabilities that moved; an answer given before the youngest question is none to it."""
    changed = []
    for case in cases:
        suspect = suspects[case.voter_id]
        before = (case.number, case.probability, case.answer)
        case.number, case.probability = numbers[suspect.group], suspect.probability
        if case.answered_at and case.answered_at < suspect.asked_at:
            case.answer, case.answered_at, case.answered_by = "", None, None
        if before != (case.number, case.probability, case.answer):
            changed.append(case)
    fields = ["number", "probability", "answer", "answered_at", "answered_by"]
    DuplicateCase.everywhere.bulk_update(changed, fields, batch_size=200)


def _open(suspects: dict[uuid.UUID, Suspect], numbers: dict[int, uuid.UUID], *, known: Collection[uuid.UUID]) -> None:
    fresh = sorted(voter for voter in suspects if voter not in known)
    territories: dict[uuid.UUID, str] = {}
    for chunk in chunks(fresh, HASHES_A_QUERY):
        territories.update(Voter.everywhere.filter(pk__in=chunk).values_list("pk", "territory"))
    DuplicateCase.everywhere.bulk_create(
        [
            DuplicateCase(
                territory=territories[voter],
                number=numbers[suspects[voter].group],
                voter_id=voter,
                kind=KIND,
                probability=suspects[voter].probability,
            )
            for voter in fresh
            if voter in territories
        ],
        batch_size=1000,
    )
