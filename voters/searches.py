"""Verbs of a search: who lacks a NIK or an NKK goes on a list for the Dukcapil of the home regency, and what is found comes back.

The person stays the same voter: a number that comes back is entered as somebody would correct it in the form.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Q
from django.db.models.functions import Length, Substr
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts import audit
from accounts.permissions import Permission, require
from locations import intake
from locations.cells import CellFault, Column, Fault, one_of, text_of
from locations.models import Batch
from locations.sheets import SheetError
from regions.models import Region
from regions.naming import path_of

from . import columns, exporting, keyring, masking, nik, references, registration, returned, storing
from .loading import again_if_interrupted
from .models import NIKVerdict, Register, Search, SearchList, Voter

if TYPE_CHECKING:
    import datetime
    import uuid
    from collections.abc import Iterable, Iterator, Sequence

    from django.db.models import QuerySet

    from accounts.models import User

    from .returned import Returned, Row

MOST_PEOPLE: Final = 500
"""On one list, and rows of a file: what comes back is entered one by one, about 12 ms each, while somebody waits."""
TRIES: Final = 5
HEADER: Final = (
    "referensi",
    "nama",
    "dicari",
    "nik",
    "nkk",
    "tempat_lahir",
    "tanggal_lahir",
    "jenis_kelamin",
    "alamat",
    "rt",
    "rw",
    "kode_wilayah_domisili",
    "domisili",
    "hasil",
)
LACKS: Final = {
    SearchList.Lacks.NIK: "NIK",
    SearchList.Lacks.NKK: "NKK",
    SearchList.Lacks.BOTH: "NIK dan NKK",
}
SOUGHT: Final = {
    SearchList.Lacks.NIK: ("nik",),
    SearchList.Lacks.NKK: ("nkk",),
    SearchList.Lacks.BOTH: ("nik", "nkk"),
}
OUTCOMES: Final = {Search.Outcome.FOUND: "ditemukan", Search.Outcome.NOT_FOUND: "tidak ditemukan"}
"""As files carry it; what is not answered is empty."""
SPELLED: Final = {
    "": "",
    **{word: outcome.value for outcome, word in OUTCOMES.items()},
    "tidak_ditemukan": Search.Outcome.NOT_FOUND.value,
    "found": Search.Outcome.FOUND.value,
    "not found": Search.Outcome.NOT_FOUND.value,
}
UNKNOWN: Final = "-"
"""In place of a regency: those whose home is not known."""
_PERSON: Final = ("nik", "nkk", "tempat_lahir", "tanggal_lahir", "alamat", "rt", "rw")


class Origin(NamedTuple):
    """A home regency (its code, or UNKNOWN): how many of the own voters are from there, how many without NIK, without NKK."""

    code: str
    name: str
    voters: int
    without_nik: int
    without_nkk: int


def origins(user: User) -> list[Origin]:
    """Where whoever may be looked for comes from, the most without a NIK first; nowhere that nobody lacks anything.

    Whose NKK nobody has looked at yet counts as without."""
    counts = {
        "voters": Count("pk"),
        "without_nik": Count("pk", filter=Q(nik_verdict=NIKVerdict.NONE)),
        "without_nkk": Count("pk", filter=~Q(has_nkk=True)),
    }
    own = _seekable(Voter.objects.visible_to(user)).order_by().annotate(regency=Substr("home_id", 1, 5))
    sums: dict[str, list[int]] = {}
    for row in own.values("regency").annotate(**counts):
        sum_ = sums.setdefault(row["regency"] if len(row["regency"] or "") == 5 else UNKNOWN, [0] * len(counts))
        sum_[:] = [so_far + row[name] for so_far, name in zip(sum_, counts, strict=True)]
    names = dict(Region.objects.filter(pk__in=sums).values_list("pk", "name"))
    found = [Origin(code, names.get(code, ""), *counted) for code, counted in sums.items()]
    return sorted((origin for origin in found if origin.without_nik or origin.without_nkk), key=_rank)


def _rank(origin: Origin) -> tuple[bool, int, int, str]:
    return origin.code == UNKNOWN, -origin.without_nik, -origin.without_nkk, origin.name


@transaction.atomic
def make(*, home: str, lacks: str, due: datetime.date, by: User) -> SearchList:
    """A list of at most MOST_PEOPLE voters of the own territory from `home` (a regency's code, or UNKNOWN) who lack it
    and are on no other open list. Raises ValidationError where there is nobody, or where `due` is past."""
    require(by, Permission.ENTER, territories=[by.territory_id])
    if due < timezone.localdate():
        message = gettext_lazy("Choose a day that is not over yet.")
        raise ValidationError({"batas": ValidationError(message, code="past")})
    people = _people(home, lacks, by)
    made = SearchList.everywhere.create(
        territory=by.territory_id, home_id=None if home == UNKNOWN else home, due=due, made_by=by
    )
    searches = [
        Search(list=made, voter_id=pk, territory=territory, lacks=what) for pk, territory, what in people[:MOST_PEOPLE]
    ]
    Search.everywhere.bulk_create(searches, batch_size=500, ignore_conflicts=True)  # somebody else may be as quick
    count = made.searches.count()
    if not count:
        raise ValidationError(gettext_lazy("Nobody of your territory from there lacks it."), code="nobody")
    audit.record(by=by, action="search.made", subject=made, territory=made.territory, people=count)
    return made


@transaction.atomic
def close(*, searched: SearchList, by: User) -> bool:
    """Nothing more is expected: whoever was not answered may go on another list. False where it was closed already."""
    require(by, Permission.ENTER, territories=[searched.territory])
    now = timezone.now()
    if not SearchList.everywhere.filter(pk=searched.pk, closed_at=None).update(closed_at=now, closed_by=by):
        return False
    left = Search.everywhere.filter(list=searched, outcome="")
    count = left.update(outcome=Search.Outcome.UNANSWERED, answered_at=now, answered_by=by)
    audit.record(by=by, action="search.closed", subject=searched, territory=searched.territory, unanswered=count)
    return True


def export(*, searched: SearchList, by: User) -> Iterator[list[str]]:
    """The list, header first, numbers, birth date and address hidden; recorded with its rows before anything leaves."""
    require(by, Permission.SEE_VOTERS, territories=[searched.territory])
    ids = _ids(searched)
    with transaction.atomic():
        audit.record(by=by, action="search.exported", subject=searched, territory=searched.territory, rows=len(ids))
    return _rows(ids, in_full=False)


def export_in_full(*, searched: SearchList, reason: str, by: User) -> Iterator[list[str]]:
    """As `export` with everything plain, as Dukcapil needs it; recorded with its reason before anything is opened."""
    require(by, Permission.SEE_VOTERS, territories=[searched.territory])
    require(by, Permission.REVEAL_IDENTITY, territories=[searched.territory])
    registration.require_reason(reason)
    ids = _ids(searched)
    with transaction.atomic():
        audit.record(
            by=by,
            action="search.exported_in_full",
            subject=searched,
            territory=searched.territory,
            rows=len(ids),
            reason=registration.without_figures(reason),
        )
    return _rows(ids, in_full=True)


def as_book(rows: Iterable[Sequence[str]]) -> bytes:
    """XLSX of an export, with the outcomes to choose from."""
    return exporting.as_book(rows, choices={"hasil": list(OUTCOMES.values())})


def overdue(user: User, *, at: datetime.date) -> QuerySet[SearchList]:
    """Open lists whose day is past while somebody on them is still not answered."""
    own = SearchList.objects.visible_to(user).filter(closed_at=None, due__lt=at)
    waiting = Count("searches", filter=Q(searches__outcome=""))
    return own.annotate(waiting=waiting).filter(waiting__gt=0)


def _seekable(voters: Any) -> Any:
    """Whoever no open list looks for, at places that still ask for TPS or without a place."""
    sought = Search.everywhere.filter(outcome="").values("voter")
    return voters.filter(location__withdrawn_at=None, location__closed_at=None, is_placed=False).exclude(pk__in=sought)


def _people(home: str, lacks: str, by: User) -> list[tuple[uuid.UUID, str, str]]:
    """(voter, territory, what is lacking), by name. Opens records where an NKK is asked about."""
    own = _from(home, _seekable(Voter.objects.visible_to(by))).order_by("name", "pk")
    if lacks == SearchList.Lacks.NIK:
        own = own.filter(nik_verdict=NIKVerdict.NONE)
    elif lacks == SearchList.Lacks.NKK:
        own = own.exclude(has_nkk=True)
    rows = list(own.values_list("pk", "territory", "nik_verdict"))
    found = []
    for some in storing.chunks(rows, storing.HASHES_A_QUERY):
        known = storing.nkks([pk for pk, _territory, _verdict in some])
        for pk, territory, verdict in some:
            what = _lacking(verdict == NIKVerdict.NONE, not columns.well_formed_nkk(known.get(pk, "")), lacks)
            if what:
                found.append((pk, territory, what))
        if len(found) >= MOST_PEOPLE:
            break
    return found


def _lacking(no_nik: bool, no_nkk: bool, asked: str) -> str:
    """What a person is looked for, of what was asked; empty for nothing."""
    no_nik = no_nik and asked != SearchList.Lacks.NKK
    no_nkk = no_nkk and (asked != SearchList.Lacks.NIK or no_nik)
    if no_nik and no_nkk:
        return SearchList.Lacks.BOTH
    if no_nik:
        return SearchList.Lacks.NIK
    return SearchList.Lacks.NKK if no_nkk else ""


def _from(home: str, voters: Any) -> Any:
    if home != UNKNOWN:
        return voters.annotate(regency=Substr("home_id", 1, 5)).filter(regency=home)
    return voters.annotate(digits=Length("home_id")).filter(Q(digits=None) | Q(digits__lt=5))


def _ids(searched: SearchList) -> list[int]:
    return list(Search.everywhere.filter(list=searched).order_by("voter__name", "pk").values_list("pk", flat=True))


def _rows(ids: Sequence[int], *, in_full: bool) -> Iterator[list[str]]:
    yield list(HEADER)
    named = Search.everywhere.select_related("voter__home__parent__parent__parent")
    for some in storing.chunks(ids, storing.HASHES_A_QUERY):
        searches = named.in_bulk(some)
        stored = storing.stored_voters([search.voter_id for search in searches.values()])
        for search in (searches[pk] for pk in some if pk in searches):
            cells = registration.cells_of(stored[search.voter_id], blocks={})
            person = {name: cells[name] if in_full else masking.masked_secret(name, cells[name]) for name in _PERSON}
            facts = {**_facts(search), **person}
            yield [facts[name] for name in HEADER]


def _facts(search: Search) -> dict[str, str]:
    voter = search.voter
    return {
        "referensi": references.reference_of(references.SEARCH, search.pk),
        "nama": voter.name,
        "dicari": LACKS[SearchList.Lacks(search.lacks)],
        "jenis_kelamin": voter.sex,
        "kode_wilayah_domisili": voter.home_id or "",
        "domisili": path_of(voter.home) if voter.home else "",
        "hasil": {outcome.value: word for outcome, word in OUTCOMES.items()}.get(search.outcome, ""),
    }


def load(*, file: BinaryIO, file_name: str, by: User) -> Batch:
    """Numbers found for voters of the own territory, of a CSV or XLSX; its batch, done, or failed where it cannot be read.

    Each person is entered whole or refused with the reason; the same file again changes nothing.
    """
    require(by, Permission.ENTER, territories=[by.territory_id])
    batch = returned.begin(subject=Batch.Subject.SEARCHES, file_name=file_name, by=by)
    try:
        read = columns_of(synthetic=Register.current().is_synthetic)
        content = returned.read_file(file, read, given=frozenset(HEADER))
        if len(content.rows) > MOST_PEOPLE:
            raise SheetError("too_many_rows", content.rows[MOST_PEOPLE].number)
    except SheetError as error:
        intake.fail(batch, code=error.code, row=error.row, column=error.column)
        return batch
    return again_if_interrupted(lambda: _load(batch, content.again(), by), tries=TRIES)


def _load(batch: Batch, content: Returned, by: User) -> Batch:
    accepted = _Entry(content, by).run()
    counts = returned.finish(batch, content, accepted=accepted)
    audit.record(by=by, action="search.answered", subject=batch, territory=batch.territory, **counts)
    return batch


def columns_of(*, synthetic: bool) -> tuple[Column, ...]:
    """What is read of a list that comes back; `synthetic` as in `nik.is_placeholder`."""

    def number(text: str) -> str:
        digits = nik.parse_nik(text)
        says_nothing = columns.MASK in digits or nik.is_placeholder(digits, synthetic=synthetic)
        return "" if says_nothing else digits

    return (
        Column(returned.REFERENCE, "reference", partial(references.number_of, references.SEARCH), ("reference",)),
        Column(returned.NAME, "nama", text_of(columns.NAME_LENGTH), ("nama_lengkap",)),
        Column("nik", "nik", lambda text: _nik(number(text)), secret=True),
        Column("nkk", "nkk", lambda text: _nkk(number(text)), ("no_kk", "nomor_kk"), secret=True),
        Column("hasil", "outcome", one_of(SPELLED, ", ".join(OUTCOMES.values())), ("result",)),
    )


def _nik(digits: str) -> str:
    code = nik.nik_fault(digits) if digits else None
    if code:
        raise CellFault(code)
    return digits


def _nkk(digits: str) -> str:
    if digits and not columns.well_formed_nkk(digits):
        raise CellFault("nkk_length")
    return digits


class _Refused(Exception):
    """This row cannot be taken, and what was written of it is undone."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.code)
        self.fault = fault


class _Entry:
    """The rows of one file on their way in."""

    def __init__(self, content: Returned, by: User) -> None:
        self.content, self.by = content, by
        self.known = {search.pk: search for search in self._searches(sorted({row.key for row in content.rows}))}

    def run(self) -> int:
        """Returns how many rows brought something new."""
        latest = self.content.latest(self._fault_of).values()
        return sum(self._enter(self.known[row.key], row) for row in sorted(latest, key=_lock_order))

    def _searches(self, keys: Sequence[int]) -> Iterator[Search]:
        for some in storing.chunks(keys, storing.HASHES_A_QUERY):
            own = Search.objects.visible_to(self.by).filter(pk__in=some).select_related("voter__location")
            yield from own.order_by("pk").select_for_update(of=("self",))

    def _fault_of(self, row: Row) -> Fault | None:
        search = self.known.get(row.key)
        if search is None:
            return Fault(returned.REFERENCE, "unknown_reference")
        if returned.is_other_person(row, search.voter.name):
            return Fault(returned.NAME, "other_person")
        return None

    def _enter(self, search: Search, row: Row) -> bool:
        try:
            with transaction.atomic():
                return self._take(search, row)
        except _Refused as refused:
            self.content.refuse(row.number, refused.fault)
        except ValidationError as error:
            self.content.refuse(row.number, *_faults(error))
        return False

    def _take(self, search: Search, row: Row) -> bool:
        """Whether something changed: the voter's numbers, or what is known of the search."""
        has = _numbers(search.voter_id)
        brought = {name: row.values[name] for name in has if row.values[name]}
        for name, number in brought.items():
            if has[name] and has[name] != number:
                raise _Refused(Fault(name, f"other_{name}"))
        new = {name: number for name, number in brought.items() if not has[name]}
        outcome = self._outcome(search, row, {**has, **brought}, brought)
        if new:
            self._correct(search.voter, new, row)
        if not outcome and not new:
            self.content.warnings.add("no_answer", row.number)
        return self._answer(search, outcome) or bool(new)

    def _outcome(self, search: Search, row: Row, known: dict[str, str], brought: dict[str, str]) -> str:
        """What the row says of its search: a number that was sought is an answer by itself."""
        said, sought = row.values["outcome"], SOUGHT[SearchList.Lacks(search.lacks)]
        if said and said == search.outcome:
            return said
        if said == Search.Outcome.NOT_FOUND and any(known[name] for name in sought):
            raise _Refused(Fault("hasil", "contradiction"))
        if said == Search.Outcome.FOUND and not any(known[name] for name in sought):
            raise _Refused(Fault(sought[0], "empty"))
        return Search.Outcome.FOUND.value if any(name in brought for name in sought) else said

    def _correct(self, voter: Voter, new: dict[str, str], row: Row) -> None:
        corrected = registration.correct(voter=voter, fields=new, by=self.by)
        if "nik" in new and corrected.nik_verdict != NIKVerdict.OK:
            raise _Refused(Fault("nik", "nik_at_odds"))
        if corrected.is_duplicate:
            self.content.warnings.add("duplicate", row.number)

    def _answer(self, search: Search, outcome: str) -> bool:
        if outcome in ("", search.outcome):
            return False
        Search.everywhere.filter(pk=search.pk).update(outcome=outcome, answered_at=timezone.now(), answered_by=self.by)
        return True


def _lock_order(row: Row) -> bytes:
    """As imports lock the claims that they share with this file."""
    return keyring.nik_hash(row.values["nik"]) if row.values["nik"] else b""


def _numbers(voter_id: uuid.UUID) -> dict[str, str]:
    """NIK and NKK that the voter has, "" for none."""
    stored = storing.stored_voters([voter_id])[voter_id]
    return {"nik": stored.open_nik(), "nkk": columns.well_formed_nkk(stored.open_record().nkk)}


def _faults(error: ValidationError) -> Iterable[Fault]:
    """Why the voter's own form would not take it, by column."""
    by_column = error.error_dict if hasattr(error, "error_dict") else {"": error.error_list}
    for column, errors in by_column.items():
        yield from (Fault(column, str(each.code), dict(each.params or {})) for each in errors)
