"""Verbs of one voter: register, correct, place, remove, reveal; and of a location, what ends or revives its claims.

`fields` are cells as the voter file has them, `{column: text}`; forms and import refuse the same.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import router, transaction
from django.db.models import ProtectedError
from django.db.models.deletion import Collector
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts import audit
from accounts.permissions import Actor, Permission, require
from locations import changes
from locations import registration as places
from locations.cells import Fault, as_said
from locations.models import Block, SpecialLocation
from regions.territory import Reach, territory_of

from . import claims, columns, matching, nik, storing
from . import doubts as questions
from .loading import insert_rows
from .models import BatchMissing, DuplicateCase, FormerNIK, Register, Voter, VoterIdentity
from .resolving import VOTER_FIELDS, Person, point_of, resolver_for
from .updating import Stored, Update, update_of


@dataclass(frozen=True, slots=True)
class Entered:
    """The voter, whether on the list before, and what an import would have warned of (columns.WARNINGS)."""

    voter: Voter
    is_known: bool
    warnings: tuple[str, ...]


def register(
    *,
    location: SpecialLocation | None = None,
    stay: str | None = None,
    fields: Mapping[str, str],
    by: Actor,
    only_adds: bool = False,
) -> Voter:
    """As `enter`, for who wants the voter alone."""
    return enter(location=location, stay=stay, fields=fields, by=by, only_adds=only_adds).voter


@transaction.atomic
def enter(
    *,
    location: SpecialLocation | None = None,
    stay: str | None = None,
    fields: Mapping[str, str],
    by: Actor,
    only_adds: bool = False,
    doubts: Collection[str] = (),
) -> Entered:
    """A voter of a location, or an unplaced one staying in the region `stay`; who stands there already is updated, or with
    `only_adds` left as it is.

    Raises ValidationError by column, also for those of `doubts` that there are.
    """
    territory = location.territory if location else territory_of(stay or "00")
    require(by, Permission.ENTER, territories=[territory])
    cells = {**fields, "kode_wilayah_keberadaan": stay or ""} if location is None else dict(fields)
    person = _person(cells, location=location, by=by)
    storing.lock_places([location.pk] if location else [])
    known = storing.known_at({person.place: [person]}).get(person.place, [])
    found = matching.match([person], known, former=storing.restorable([person]), nkk_of=storing.nkks)
    voter_id = found.of.get(person.id)
    questions.ask(person, is_known=voter_id is not None, doubts=doubts)
    if voter_id is None:
        return _entered_anew(person, known, by=by)
    if only_adds:
        return Entered(Voter.everywhere.get(pk=voter_id), True, ("left_as_it_was",))
    BatchMissing.everywhere.filter(voter=voter_id).delete()
    block_id, warnings = _block_of(person)
    stored = storing.stored_voters([voter_id])[voter_id]
    update = _update(stored, person, cells, block_id=block_id, keeps_nik=person.id in found.keeps_nik)
    written = _write(update, person, by=by, action="voter.updated")
    return Entered(written, True, person.warnings + update.warnings + warnings)


def _entered_anew(person: Person, known: Collection[matching.Known], *, by: Actor) -> Entered:
    namesakes = {voter.person_hash for voter in known if voter.verdict == nik.OK}
    warnings = ("other_nik",) if person.person_hash in namesakes else ()
    block_id, of_block = _block_of(person)
    voter = _insert(person, block_id=block_id, by=by)
    of_claim = ("duplicate",) if voter.is_duplicate else ()
    return Entered(voter, False, person.warnings + warnings + of_block + of_claim)


@transaction.atomic
def correct(*, voter: Voter, fields: Mapping[str, str], by: Actor, doubts: Collection[str] = ()) -> Voter:
    """The voter with these columns changed; what is absent or still masked stays. A NIK that goes is remembered.

    Raises ValidationError by column, also for those of `doubts` that there are.
    """
    require(by, Permission.ENTER, territories=[voter.territory])
    list(VoterIdentity.everywhere.filter(pk=voter.pk).select_for_update().values_list("pk"))
    stored = storing.stored_voters([voter.pk])[voter.pk]
    given = {column: text for column, text in fields.items() if "•" not in text}
    location = voter.location
    person = _person({**cells_of(stored), **given}, location=location, by=by)
    removes_nik = "nik" in given and not person.parsed.nik and stored.nik_sealed is not None
    questions.ask(person, is_known=False, doubts=doubts)
    block_id, _warnings = _block_of(person)
    update = _update(stored, person, {**given, "nik": ""}, block_id=block_id, removes_nik=removes_nik)
    return _write(update, person, by=by, action="voter.corrected", stored=stored)


def proposals_of(voter: Voter) -> dict[str, str]:
    """By column what would make NIK and person agree, plain, any one of them; empty where nothing contradicts."""
    if voter.nik_verdict != nik.BAD:
        return {}
    stored = storing.stored_voters([voter.pk])[voter.pk]
    born = stored.open_record().birth_date
    verdict = nik.nik_verdict(stored.open_nik(), born, voter.sex, district_known=True)
    return {_PROPOSED_COLUMNS[each.field]: each.value for each in verdict.corrections}


_PROPOSED_COLUMNS = {"sex": "jenis_kelamin", "birth_date": "tanggal_lahir", "nik": "nik"}


@transaction.atomic
def place(*, voter: Voter, location: SpecialLocation, by: Actor) -> Voter:
    """An unplaced voter turned up at a location: a new voter there, and the unplaced row stays, marked placed."""
    require(by, Permission.ENTER, territories=[voter.territory, location.territory])
    if voter.location_id is not None:
        raise ValidationError(gettext_lazy("This voter is at a location already."), code="already_placed")
    cells = cells_of(storing.stored_voters([voter.pk])[voter.pk])
    unplaced_only = ("kode_wilayah_keberadaan", "lintang", "bujur")
    return register(location=location, fields={c: t for c, t in cells.items() if c not in unplaced_only}, by=by)


@transaction.atomic
def remove(*, voter: Voter, reason: str, by: Actor) -> None:
    """Takes back a registration that should not have been; who only left gets a departure. The claim passes on."""
    require(by, Permission.ENTER, territories=[voter.territory])
    require_reason(reason)
    held = VoterIdentity.everywhere.filter(pk=voter.pk).values_list("nik_hash", "person_hash", "claim").get()
    nik_hash, person_hash, claim = (bytes(value) if value else None for value in held)
    audit.record(
        by=by, action="voter.removed", subject=voter, territory=voter.territory, reason=without_figures(reason)
    )
    moved = {voter.location_id} if voter.location_id else set()
    try:
        voter.delete()
    except ProtectedError:
        message = gettext_lazy("This voter stands on a list that was determined. Enter the departure instead.")
        raise ValidationError(message, code="determined") from None
    if nik_hash:
        moved |= claims.settle([nik_hash], ended={nik_hash: [person_hash or b""]} if claim else {})
    changes.record(moved)


@dataclass(slots=True)
class Gone:
    """Who left the register, and what of it others are to be told: NIK that are free now, whose claims ended, places."""

    voters: set[uuid.UUID] = field(default_factory=set)
    hashes: set[bytes] = field(default_factory=set)
    ended: dict[bytes, list[bytes]] = field(default_factory=dict)
    places: set[uuid.UUID] = field(default_factory=set)


def take_away(voters: Collection[Voter]) -> Gone:
    """Deletes registrations that an act made and takes back; the caller's transaction, and the caller follows up."""
    gone = Gone()
    ids = [voter.pk for voter in voters]
    held = VoterIdentity.everywhere.filter(pk__in=ids).values_list("nik_hash", "person_hash", "claim")
    for nik_hash, person_hash, claim in held:
        if nik_hash:
            gone.hashes.add(bytes(nik_hash))
        if claim:
            gone.ended.setdefault(bytes(claim), []).append(bytes(person_hash))
    gone.voters = set(ids)
    gone.places = {voter.location_id for voter in voters if voter.location_id}
    Voter.everywhere.filter(pk__in=ids).delete()
    return gone


def is_listed_for_good(voter: Voter) -> bool:
    """Whether the voter stands on a list that was determined, and so can only leave it."""
    try:
        Collector(using=router.db_for_write(Voter), origin=voter).collect([voter])
    except ProtectedError:
        return True
    return False


def entries_at(
    *, voters: Collection[Voter], location: SpecialLocation, reach: Reach, blocks: Mapping[uuid.UUID, str] | None = None
) -> dict[uuid.UUID, Person]:
    """These voters as they would be entered anew at `location` by somebody of this reach, without dates, by id. `blocks` are
    names by voter.

    Who is not in it would be refused today.
    """
    named = blocks or {}
    blank = {"tanggal_masuk": "", "tanggal_keluar": "", "kode_lokasi": location.code}
    stored = storing.stored_voters([voter.pk for voter in voters])
    register_, today = Register.current(), timezone.localdate()
    rows = {
        pk: columns.parse_row(
            {**cells_of(each, blocks={}), **blank, "blok": named.get(pk, "")},
            today=today,
            synthetic=register_.is_synthetic,
        )
        for pk, each in stored.items()
    }
    parsed = {pk: row for pk, row in rows.items() if not isinstance(row, list)}
    resolver = resolver_for(*parsed.values(), location=location, reach=reach)
    people = {pk: resolver.person(row) for pk, row in parsed.items()}
    return {pk: person for pk, person in people.items() if not isinstance(person, list)}


def enter_all(*, people: Collection[Person], location: SpecialLocation, by: Actor) -> None:
    """New voters at one location, and what they do to the claims of their NIK. Whoever is there already is
    not looked for; the caller's transaction, lock and audit entry.
    """
    require(by, Permission.ENTER, territories=[location.territory])
    epoch = Register.current().epoch
    rows = [(*storing.new_voter(person, batch_id=None, epoch=epoch), _block_of(person)[0]) for person in people]
    insert_rows(Voter, storing.NEW_VOTER_FIELDS, rows)
    insert_rows(VoterIdentity, storing.IDENTITY_FIELDS, [(*row, None) for row in storing.new_identities(list(people))])
    hashes = {person.nik_hash for person in people if person.nik_hash and person.verdict == nik.OK}
    changes.record({location.pk} | claims.settle(hashes, inserted=[person.id for person in people]))


def reveal_identity(*, voter: Voter, reason: str, by: Actor) -> dict[str, str]:
    """NIK, birth date and the rest of the sealed record by column; recorded before anything is opened."""
    require(by, Permission.REVEAL_IDENTITY, territories=[voter.territory])
    require_reason(reason)
    with transaction.atomic():
        audit.record(
            by=by, action="voter.revealed", subject=voter, territory=voter.territory, reason=without_figures(reason)
        )
    cells = cells_of(storing.stored_voters([voter.pk])[voter.pk])
    return {column.header: cells[column.header] for column in columns.COLUMNS if column.secret}


@transaction.atomic
def withdraw_location(*, location: SpecialLocation, reason: str, by: Actor) -> SpecialLocation:
    """The location asks for nothing any more; whoever waited for its voters' claims gets them."""
    withdrawn = places.withdraw(location=location, reason=reason, by=by)
    claims.settle_location(withdrawn)
    return withdrawn


@transaction.atomic
def close_location(*, location: SpecialLocation, by: Actor) -> SpecialLocation:
    """Closed by a rejection: its voters hold no claims."""
    closed = places.close(location=location, by=by)
    claims.settle_location(closed)
    return closed


@transaction.atomic
def reopen_location(*, location: SpecialLocation, by: Actor) -> SpecialLocation:
    """Its rejection was revoked: its voters ask for their claims again."""
    reopened = places.reopen(location=location, by=by)
    claims.settle_location(reopened)
    return reopened


def cells_of(stored: Stored, *, blocks: Mapping[uuid.UUID, str] | None = None) -> dict[str, str]:
    """A stored voter as a row of the voter file, everything plain. A home only assumed is left to be assumed again.

    `blocks` names those of the location where many are asked for.
    """
    values, record = stored.values, stored.open_record()
    if blocks is None:
        blocks = dict(Block.everywhere.filter(pk=values["block_id"]).values_list("pk", "name"))
    block = blocks.get(values["block_id"])
    cells = {column: getattr(record, name) for column, name in _RECORD_TEXTS.items()}
    cells.update(
        nik=stored.open_nik(),
        nama=values["name"],
        blok=block or "",
        peran=values["role"],
        tanggal_lahir=record.birth_date.isoformat(),
        status_kawin=values["marital"],
        jenis_kelamin=values["sex"],
        status_ktp_el=values["ektp"],
        kode_wilayah_domisili="" if values["home_assumed"] else values["home_id"] or "",
        tanggal_masuk=values["arrival"].isoformat() if values["arrival"] else "",
        tanggal_keluar=values["departure"].isoformat() if values["departure"] else "",
        kewarganegaraan="WNA" if values["is_foreign"] else "",
        kode_wilayah_keberadaan=values["stay_id"] or "",
    )
    if values["h3_cell"]:
        cells["lintang"], cells["bujur"] = point_of(values["h3_cell"])
    return cells


_RECORD_TEXTS = {
    "nkk": "nkk",
    "tempat_lahir": "birthplace",
    "alamat": "address",
    "rt": "rt",
    "rw": "rw",
    "disabilitas": "disability",
    "pekerjaan": "occupation",
    "keterangan": "notes",
}


def validation_error(faults: Iterable[Fault]) -> ValidationError:
    """Refusal codes as the form shows them, by column."""
    errors: dict[str, list[ValidationError]] = {}
    for fault in faults:
        error = ValidationError(
            gettext_lazy(columns.MESSAGES[fault.code]), code=fault.code, params=as_said(fault.params)
        )
        errors.setdefault(fault.column or NON_FIELD_ERRORS, []).append(error)
    return ValidationError(errors)


def _person(cells: Mapping[str, str], *, location: SpecialLocation | None, by: Actor) -> Person:
    row = {**cells, "kode_lokasi": location.code if location else ""}
    if location:
        row.update(kode_wilayah_keberadaan="", lintang="", bujur="")
    register_ = Register.current()
    parsed = columns.parse_row(row, today=timezone.localdate(), synthetic=register_.is_synthetic)
    if isinstance(parsed, list):
        raise validation_error(parsed)
    person = resolver_for(parsed, location=location, reach=by.reach).person(parsed)
    if isinstance(person, list):
        raise validation_error(person)
    return person


def _block_of(person: Person) -> tuple[uuid.UUID | None, tuple[str, ...]]:
    """The block, made where there is none of this name, and the warning that it was."""
    name = person.parsed.block
    if not name or not person.location:
        return None, ()
    found = Block.everywhere.filter(location=person.location.id, name__iexact=name).first()
    if found:
        return found.pk, ()
    made = Block.everywhere.create(location_id=person.location.id, territory=person.territory, name=name)
    return made.pk, ("block_created",)


def _update(
    stored: Stored,
    person: Person,
    cells: Mapping[str, str],
    *,
    block_id: uuid.UUID | None,
    keeps_nik: bool = False,
    removes_nik: bool = False,
) -> Update:
    return update_of(
        stored,
        person,
        present=set(cells),
        keeps_nik=keeps_nik,
        block_id=block_id,
        epoch=Register.current().epoch,
        removes_nik=removes_nik,
    )


def _write(update: Update, person: Person, *, by: Actor, action: str, stored: Stored | None = None) -> Voter:
    """Writes one update, remembers a NIK that goes, settles the claims it moves, and records it by field names."""
    if update.is_change:
        ended = _let_go(stored, update) if stored else {}
        storing.write_updates([update])
        moved = claims.settle(update.contested, ended=ended)
        changes.record(moved | ({update.location_id} if update.location_id else set()))
        voter = Voter.everywhere.get(pk=update.id)
        audit.record(by=by, action=action, subject=voter, territory=voter.territory, fields=sorted(set(update.changed)))
        return voter
    return Voter.everywhere.get(pk=update.id)


def _let_go(stored: Stored, update: Update) -> dict[bytes, list[bytes]]:
    """Before a voter's NIK changes or stops being `ok`: it leaves its group, which is told whose claim ended."""
    new_hash = update.identity[3]
    was_ok, is_ok = stored.values["nik_verdict"] == nik.OK, update.values[_VERDICT] == nik.OK
    old_hash = bytes(stored.nik_hash) if stored.nik_hash else None
    if not was_ok or (is_ok and new_hash == old_hash):
        return {}
    person_hash = bytes(VoterIdentity.everywhere.values_list("person_hash", flat=True).get(pk=stored.id))
    Voter.everywhere.filter(pk=stored.id).update(is_duplicate=False, is_placed=False)
    cases = DuplicateCase.everywhere.filter(voter=stored.id, kind=DuplicateCase.Kind.NIK, closed_at=None)
    cases.update(closed_at=timezone.now())
    FormerNIK.everywhere.filter(voter=stored.id, nik_hash=new_hash).delete()
    if new_hash != old_hash:
        FormerNIK.everywhere.get_or_create(
            voter_id=stored.id, nik_hash=old_hash, defaults={"territory": stored.values["territory"]}
        )
    return {old_hash: [person_hash]} if stored.claim is not None and old_hash else {}


def _insert(person: Person, *, block_id: uuid.UUID | None, by: Actor) -> Voter:
    """A new voter and what it does to the claims of its NIK."""
    epoch = Register.current().epoch
    voter = (*storing.new_voter(person, batch_id=None, epoch=epoch), block_id)
    insert_rows(Voter, storing.NEW_VOTER_FIELDS, [voter])
    insert_rows(VoterIdentity, storing.IDENTITY_FIELDS, [(*storing.new_identities([person])[0], None)])
    moved = {person.location.id} if person.location else set()
    if person.nik_hash and person.verdict == nik.OK:
        moved |= claims.settle([person.nik_hash], inserted=[person.id])
    changes.record(moved)
    registered = Voter.everywhere.get(pk=person.id)
    audit.record(by=by, action="voter.registered", subject=registered, territory=registered.territory)
    return registered


def require_reason(reason: str) -> None:
    if not reason.strip():
        error = ValidationError(gettext_lazy("Say why."), code="empty")
        raise ValidationError({"reason": error})


def without_figures(reason: str) -> str:
    """A reason for the audit trail: long figures, which may be somebody's NIK, and dates long ago are hidden."""
    without_dates = _DATE.sub(lambda found: "•" if _may_be_a_birth_date(found) else found[0], reason.strip())
    return re.sub(r"\d[\d .]{4,}\d", "•", without_dates)[:300]


def _may_be_a_birth_date(found: re.Match[str]) -> bool:
    """The date of a letter is of the last years, that of a voter's birth is not."""
    year, this_year = int(found["first"] or found["last"]), timezone.localdate().year
    if year < 100:
        year += this_year // 100 * 100
        year -= 100 if year > this_year else 0
    return this_year - year >= _YEARS_OF_LETTERS


_YEARS_OF_LETTERS = 10
_MONTH = r"(?:jan|feb|mar|apr|mei|may|jun|jul|agu|agt|ags|aug|sep|okt|oct|nov|nop|des|dec)[a-z]*\.?"
_BETWEEN = r" ?[-/. ] ?"
_DATE = re.compile(
    rf"\b(?:(?P<first>\d{{4}}){_BETWEEN}\d{{1,2}}{_BETWEEN}\d{{1,2}}"
    rf"|\d{{1,2}}{_BETWEEN}(?:\d{{1,2}}|{_MONTH}){_BETWEEN}(?P<last>\d{{4}}|\d{{2}}))\b",
    re.ASCII | re.IGNORECASE,
)


_VERDICT = VOTER_FIELDS.index("nik_verdict")
