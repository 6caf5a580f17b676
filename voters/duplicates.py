"""Who appears twice, as far as somebody may know: the own rows of each case, and what was told about them.

Of a row in another territory nothing is said but that it is there, how alike it is, and what that side answered.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts import audit
from accounts.permissions import Permission, require
from regions.territory import Asks

from . import likely, storing
from .models import Act, DuplicateCase, Likeness, Notice, Verdict
from .names import name_key, names_alike
from .querysets import VoterQuerySet

if TYPE_CHECKING:
    import uuid

    from accounts.models import User

HEADER: Final = (
    "kasus", "jenis", "skor", "nama", "tahun_lahir", "jenis_kelamin", "kode_lokasi", "lokasi", "tanggal_masuk",
    "tanggal_keluar", "jawaban", "ditangani", "dibuka", "ditutup",
)  # fmt: skip


def open_cases(who: Asks):  # type: ignore[no-untyped-def]
    """Open cases of the own territory, newest first; the other side of a case is never in it."""
    cases = DuplicateCase.objects.visible_to(who).filter(closed_at=None)
    return cases.select_related("voter", "voter__location").order_by("-opened_at")


def inbox(who: Asks):  # type: ignore[no-untyped-def]
    """Every row of a case in the own territory, open or closed: one NIK twice first, then the likeliest."""
    cases = DuplicateCase.objects.visible_to(who).select_related("voter__location", "taken_by", "answered_by")
    return cases.order_by(F("probability").desc(nulls_first=True), "opened_at", "pk")


@dataclass(slots=True)
class Beside:
    """How many other rows a case has: in the own territory, and elsewhere."""

    own: int = 0
    elsewhere: int = 0


def beside(cases: Iterable[DuplicateCase], who: Asks) -> dict[uuid.UUID, Beside]:
    """By case. Two queries."""
    rows = list(cases)
    numbers = {row.number for row in rows}
    every = DuplicateCase.everywhere.filter(number__in=list(numbers))
    own = dict(every.within_reach(who.reach).values_list("pk", "number"))
    found: dict[uuid.UUID, Beside] = defaultdict(Beside)
    for pk, number in every.values_list("pk", "number"):
        if pk in own:
            found[number].own += 1
        else:
            found[number].elsewhere += 1
    return {row.pk: Beside(found[row.number].own - 1, found[row.number].elsewhere) for row in rows}


@dataclass(slots=True)
class Side:
    """One row of a case as somebody may see it. `case` is None for a row elsewhere: then there is no more than this.

    `verdicts` compare it with the row that was asked about, by the names of likely.FIELDS; empty for that row itself.
    """

    case: DuplicateCase | None
    is_taken: bool
    answer: str
    is_open: bool
    verdicts: dict[str, str] = field(default_factory=dict)


def sides_of(case: DuplicateCase, who: Asks) -> list[Side]:
    """All rows of a case: the one asked about first, then the other own ones, then those elsewhere."""
    every = DuplicateCase.everywhere.filter(number=case.number).order_by("opened_at", "pk")
    visible = {row.pk: row for row in inbox(who).filter(number=case.number)}
    verdicts = _verdicts(case, [row.voter_id for row in every if row.pk != case.pk])
    sides = [
        Side(
            visible.get(row.pk),
            row.taken_at is not None,
            row.answer,
            row.closed_at is None,
            verdicts.get(row.voter_id, {}),
        )
        for row in every
    ]
    return sorted(sides, key=lambda side: (side.case is None, side.case != case))


def _verdicts(case: DuplicateCase, others: Collection[uuid.UUID]) -> dict[uuid.UUID, dict[str, str]]:
    if case.kind == DuplicateCase.Kind.NIK:
        return compared(case.voter_id, others)
    halves = Likeness.everywhere.filter(voter=case.voter_id, other__in=list(others))
    return {half.other_id: {name: getattr(half, name) for name in likely.FIELDS} for half in halves}


def likenesses(voters: Collection[uuid.UUID], who: Asks) -> dict[uuid.UUID, Likeness]:
    """Of each of these own voters the surest pair."""
    halves = Likeness.objects.visible_to(who).filter(voter__in=list(voters)).order_by("probability")
    return {half.voter_id: half for half in halves}


def compared(voter: uuid.UUID, others: Collection[uuid.UUID]) -> dict[uuid.UUID, dict[str, str]]:
    """Verdicts on rows with the same NIK, made in memory; no value leaves."""
    stored = storing.stored_voters([voter, *others])
    if voter not in stored:
        return {}
    own, own_born = stored[voter], stored[voter].open_record().birth_date
    found: dict[uuid.UUID, dict[str, str]] = {}
    for pk in others:
        if pk not in stored:
            continue
        other, born = stored[pk], stored[pk].open_record().birth_date
        alike = names_alike(own.values["name"], other.values["name"])
        same_name = name_key(own.values["name"]) == name_key(other.values["name"])
        parts = sum((born.year == own_born.year, born.month == own_born.month, born.day == own_born.day))
        found[pk] = {
            "name": Verdict.SAME if same_name else Verdict.NEAR if alike else Verdict.DIFFERENT,
            "birth_date": Verdict.SAME if parts == 3 else Verdict.NEAR if parts == 2 else Verdict.DIFFERENT,
            "nik": Verdict.SAME,
            "sex": Verdict.SAME if own.values["sex"] == other.values["sex"] else Verdict.DIFFERENT,
        }
    return found


def acts_of(who: Asks):  # type: ignore[no-untyped-def]
    """Acts of the own territory, newest first."""
    return Act.objects.visible_to(who).select_related("by", "taken_back_by").order_by("-at", "-pk")


def export(*, cases: Any, by: User) -> Iterator[Sequence[Any]]:
    """These own rows of `inbox`, header first, without NIK and birth date; recorded before anything leaves."""
    require(by, Permission.SEE_VOTERS)
    own = cases.within_reach(by.reach)
    ids = list(own.values_list("pk", flat=True))
    with transaction.atomic():
        audit.record(by=by, action="duplicates.exported", subject=by, territory=by.territory_id, rows=len(ids))
    return chain([HEADER], _rows(own, ids))


def _rows(cases: Any, ids: Sequence[int]) -> Iterator[list[Any]]:
    for some in storing.chunks(ids, storing.HASHES_A_QUERY):
        found = cases.in_bulk(some)
        yield from (_row(found[pk]) for pk in some if pk in found)


def _row(case: DuplicateCase) -> list[Any]:
    voter, location = case.voter, case.voter.location
    return [
        str(case.number)[:8], case.kind, case.probability, voter.name, voter.birth_year, voter.sex,
        location.code if location else "", location.name if location else "", voter.arrival, voter.departure,
        case.answer, case.taken_by.username if case.taken_by else "", case.opened_at.date(),
        case.closed_at.date() if case.closed_at else "",
    ]  # fmt: skip


def unread_notices(who: Asks):  # type: ignore[no-untyped-def]
    """Notices that a voter of the own territory counts from now on, or no longer."""
    notices = Notice.objects.visible_to(who).filter(read_at=None)
    return notices.select_related("voter", "voter__location").order_by("-at")


def waiting(voters: VoterQuerySet) -> VoterQuerySet:
    """Of these voters, those whose NIK another row claims."""
    return voters.filter(is_duplicate=True)


@transaction.atomic
def read_notices(*, by: User) -> int:
    """The territory has taken note of all that it was told so far; returns how many notices that were."""
    require(by, Permission.ENTER)
    read = unread_notices(by).order_by().update(read_at=timezone.now())
    if read:
        audit.record(by=by, action="voters.notices_read", subject=by, territory=by.territory_id, notices=read)
    return read
