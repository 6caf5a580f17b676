"""Verbs of a home regency: say who is struck from its lists, and take the list along to be answered and brought back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from accounts import audit
from accounts.permissions import Permission, require
from regions.models import Region
from regions.naming import path_of

from . import exporting, masking, references, registration, storing
from .models import Strike, Voter

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from django.db.models import QuerySet

    from accounts.models import User

HEADER: Final = (
    "referensi",
    "nama",
    "nik",
    "tanggal_lahir",
    "jenis_kelamin",
    "alamat",
    "rt",
    "rw",
    "kode_wilayah_domisili",
    "domisili",
    "lokasi_khusus",
    "kode_wilayah_lokasi",
    "keadaan",
    "jawaban",
)
ANSWERS: Final = {
    Strike.Answer.FOUND: "ditemukan",
    Strike.Answer.NOT_FOUND: "tidak ditemukan",
    Strike.Answer.STRUCK: "sudah dicoret",
}
"""As files carry it; what is not answered is empty."""
STATES: Final = {
    "menunggu": Q(answer="", taken_back_at=None),
    "ditemukan": Q(answer=Strike.Answer.FOUND, taken_back_at=None),
    "tidak_ditemukan": Q(answer=Strike.Answer.NOT_FOUND, taken_back_at=None),
    "dicoret": Q(answer=Strike.Answer.STRUCK, taken_back_at=None),
    "ditarik": ~Q(taken_back_at=None),
}
COUNTED: Final = {
    "waiting": "menunggu",
    "found": "ditemukan",
    "not_found": "tidak_ditemukan",
    "struck": "dicoret",
    "taken_back": "ditarik",
}
TO_STRIKE: Final = ("menunggu", "ditemukan", "tidak_ditemukan")
_STATE_OF: Final = {"": "menunggu", "found": "ditemukan", "not_found": "tidak_ditemukan", "struck": "dicoret"}
_PERSON: Final = ("nik", "tanggal_lahir", "alamat", "rt", "rw")


@transaction.atomic
def acknowledge(*, ids: Sequence[int] | None = None, state: str = "menunggu", region: str = "", by: User) -> int:
    """The home regency has struck these, or all that `asked_of` finds of a state of TO_STRIKE; returns how many."""
    require(by, Permission.ENTER)
    chosen = asked_of(by, state=state, region=region) if ids is None else asked_of(by).filter(pk__in=list(ids))
    waiting = chosen.filter(taken_back_at=None).exclude(answer=Strike.Answer.STRUCK)
    count = waiting.update(answer=Strike.Answer.STRUCK, answered_at=timezone.now(), answered_by=by)
    if count:
        audit.record(by=by, action="strikes.acknowledged", subject=by, territory=by.territory_id, strikes=count)
    return count


def asked_of(user: User, *, state: str = "", region: str = "") -> QuerySet[Strike]:
    """The strikes of the own territory; those of one state, and of one home regency or province, where that is named."""
    own: QuerySet[Strike] = Strike.objects.visible_to(user)
    if region:
        own = own.filter(Q(territory=region) | Q(territory__startswith=f"{region}."))
    return own.filter(STATES[state]) if state else own


def export(*, state: str = "", region: str = "", by: User) -> Iterator[list[str]]:
    """The strikes that `asked_of` finds, header first, NIK, birth date and address hidden.

    Recorded with its rows before anything leaves; memory stays that of a few hundred rows.
    """
    require(by, Permission.SEE_VOTERS)
    ids = _listed(state, region, by)
    with transaction.atomic():
        audit.record(by=by, action="strikes.exported", subject=by, territory=by.territory_id, rows=len(ids))
    return _rows(ids, by, in_full=False)


def export_in_full(*, state: str = "", region: str = "", reason: str, by: User) -> Iterator[list[str]]:
    """As `export` with everything plain, but of whom was taken back; recorded with its reason before anything is opened."""
    require(by, Permission.SEE_VOTERS)
    require(by, Permission.REVEAL_IDENTITY)
    registration.require_reason(reason)
    ids = _listed(state, region, by)
    with transaction.atomic():
        audit.record(
            by=by,
            action="strikes.exported_in_full",
            subject=by,
            territory=by.territory_id,
            rows=len(ids),
            reason=registration.without_figures(reason),
        )
    return _rows(ids, by, in_full=True)


def not_found_at_home(user: User) -> QuerySet[Strike]:
    """Strikes about voters registered in the own territory whom their home regency does not find on any list."""
    own = Voter.objects.visible_to(user).values("pk")
    return Strike.everywhere.filter(STATES["tidak_ditemukan"], voter__in=own)


def state_of(strike: Strike) -> str:
    """The state in the office's words, as files and addresses carry it."""
    return "ditarik" if strike.taken_back_at else _STATE_OF[strike.answer]


def by_regency(strikes: Any) -> list[dict[str, Any]]:
    """Of some strikes, a row of counts per home regency, by its code: `listed` is all but those taken back."""
    counts = {name: Count("pk", filter=STATES[state]) for name, state in COUNTED.items()}
    grouped = strikes.order_by("territory").values("territory").annotate(**counts)
    rows = [{"region": row.pop("territory"), **row} for row in grouped]
    names = dict(Region.objects.filter(pk__in=[row["region"] for row in rows]).values_list("pk", "name"))
    listed = [name for name in COUNTED if name != "taken_back"]
    return [{**row, "name": names[row["region"]], "listed": sum(row[name] for name in listed)} for row in rows]


def totals(rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """The sums of rows of `by_regency`."""
    return {name: sum(row[name] for row in rows) for name in ("listed", *COUNTED)}


def _listed(state: str, region: str, by: User) -> list[int]:
    return list(
        asked_of(by, state=state, region=region)
        .order_by("voter__home", "voter__name", "pk")
        .values_list("pk", flat=True)
    )


def _rows(ids: Sequence[int], by: User, *, in_full: bool) -> Iterator[list[str]]:
    yield list(HEADER)
    named = Strike.objects.visible_to(by).select_related("voter__location")
    for some in storing.chunks(ids, storing.HASHES_A_QUERY):
        strikes = named.in_bulk(some)
        stored = storing.stored_voters([strike.voter_id for strike in strikes.values()])
        homes = _paths({strike.voter.home_id for strike in strikes.values()})
        for strike in (strikes[pk] for pk in some if pk in strikes):
            cells = registration.cells_of(stored[strike.voter_id], blocks={})
            is_open = in_full and strike.taken_back_at is None
            person = {name: cells[name] if is_open else masking.masked_secret(name, cells[name]) for name in _PERSON}
            facts = {**_facts(strike), **person, "domisili": homes.get(strike.voter.home_id, "")}
            yield [facts[name] for name in HEADER]


def _paths(codes: Collection[str | None]) -> dict[str | None, str]:
    """Homes are few and have many levels: asked apart from the voters, each once."""
    regions = Region.objects.filter(pk__in=[code for code in codes if code]).select_related("parent__parent__parent")
    return {region.pk: path_of(region) for region in regions}


def _facts(strike: Strike) -> dict[str, str]:
    voter, location = strike.voter, strike.voter.location
    return {
        "referensi": references.reference_of(references.STRIKE, strike.pk),
        "nama": voter.name,
        "jenis_kelamin": voter.sex,
        "kode_wilayah_domisili": voter.home_id or "",
        "lokasi_khusus": location.name if location else "",
        "kode_wilayah_lokasi": location.region_id if location else "",
        "keadaan": state_of(strike),
        "jawaban": ANSWERS[Strike.Answer(strike.answer)] if strike.answer else "",
    }


def as_book(rows: Iterable[Sequence[str]]) -> bytes:
    """XLSX of an export, with the three answers to choose from; at most `books.MOST_ROWS`."""
    return exporting.as_book(rows, choices={"jawaban": list(ANSWERS.values())})
