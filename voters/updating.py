"""What does a row change of a voter who is there already? Columns a file lacks leave what is stored.

An empty cell of a list never takes NIK, NKK or home from a voter, by which people are told apart and vote; of the others it
empties what is stored, and the row says so.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from . import identity, keyring, nik
from .resolving import FIELDS_OF, RECORD_FIELD_OF, VOTER_FIELDS, Person, voter_values

CLAIM_FIELDS = ("arrival", "departure", "nik_verdict")
EMPTIED_IN_SILENCE = frozenset(("arrival", "departure"))  # a list says so of whoever stays


@dataclass(frozen=True, slots=True)
class Stored:
    """A voter as the database has it: sealed values, and the clear ones by field."""

    id: uuid.UUID
    key_id: int
    nik_sealed: bytes | None
    record_sealed: bytes
    nik_hash: bytes | None
    claim: bytes | None
    is_duplicate: bool
    official_mark: str
    values: Mapping[str, Any]

    @property
    def has_yielded(self) -> bool:
        """Gone, and counted elsewhere: it has a NIK that counts, but neither the claim nor a case."""
        is_ok = self.values["nik_verdict"] == nik.OK
        return is_ok and self.claim is None and not self.is_duplicate and self.values["departure"] is not None

    def open_nik(self) -> str:
        if self.nik_sealed is None:
            return ""
        return keyring.sealer("identity", "nik").unseal(self.id.bytes, self.key_id, self.nik_sealed).decode()

    def open_record(self) -> identity.Record:
        plain = keyring.sealer("identity", "record").unseal(self.id.bytes, self.key_id, self.record_sealed)
        return identity.unpack_record(plain)


@dataclass(frozen=True, slots=True)
class Update:
    """The voter as it will be: clear values in the order of VOTER_FIELDS, and the sealed half."""

    id: uuid.UUID
    values: tuple[Any, ...]
    identity: tuple[Any, ...]
    changed: tuple[str, ...]
    contested: frozenset[bytes]
    location_id: uuid.UUID | None
    warnings: tuple[str, ...] = ()

    @property
    def is_change(self) -> bool:
        return bool(self.changed)

    @property
    def moves_nik(self) -> bool:
        """Another NIK, or another verdict on it: the claim goes with the old one."""
        return "nik" in self.changed or "nik_verdict" in self.changed


def update_of(
    stored: Stored,
    person: Person,
    *,
    present: Collection[str],
    keeps_nik: bool,
    block_id: uuid.UUID | None,
    epoch: date,
    removes_nik: bool = False,
    from_list: bool = False,
    gone_by: date | None = None,
) -> Update:
    """`changed` names fields of voter and record, `nik` for the number itself; empty where the row says nothing new.

    `present` are the columns the row has. A row without a NIK, or whose voter `keeps_nik`, never takes one away,
    unless somebody who sees it says so (`removes_nik`). A list (`from_list`) of an earlier stay leaves the dates; whom it names
    and who stays departed by the day `gone_by`, or marked, is told.
    """
    keeps_nik = not removes_nik and (keeps_nik or not person.parsed.nik or "nik" not in present)
    record = stored.open_record()
    kept = _kept(stored, person, record, present) if from_list else {}
    present = frozenset(present).difference(kept)
    values, warnings = _new_values(stored, person, present, keeps_nik, block_id, epoch, from_list)
    warnings += tuple(kept.values())
    told = person.parsed.record
    new_record = record._replace(**{name: getattr(told, name) for name in _record_fields(present)})
    old_hash = bytes(stored.nik_hash) if stored.nik_hash else None
    nik_hash = old_hash if keeps_nik else person.nik_hash
    changed = [name for name in VOTER_FIELDS if values[name] != stored.values[name]]
    if record != new_record:
        changed += [name for name in record._fields if getattr(record, name) != getattr(new_record, name)]
    if from_list and changed and _empties(stored.values, values) | _empties(record._asdict(), new_record._asdict()):
        warnings += ("emptied",)
    if from_list and _stays_departed(stored, values, present, gone_by):
        warnings += ("still_departed",)
    if from_list and stored.official_mark:
        warnings += ("still_marked",)
    changed += ["nik"] if nik_hash != old_hash else []
    is_contested = nik_hash != old_hash or any(name in CLAIM_FIELDS for name in changed)
    if keeps_nik and person.verdict != nik.OK and stored.nik_sealed is not None:
        warnings += ("nik_kept",)
    return Update(
        id=stored.id,
        values=tuple(values[name] for name in VOTER_FIELDS),
        identity=_sealed(stored, person, new_record, keeps_nik, nik_hash, values["nik_verdict"]) if changed else (),
        changed=tuple(changed),
        contested=frozenset(filter(None, (old_hash, nik_hash))) if is_contested else frozenset(),
        location_id=values["location_id"],
        warnings=warnings,
    )


@lru_cache
def _voter_fields(present: frozenset[str]) -> frozenset[str]:
    """What these columns decide of a voter; the same for every row of a list."""
    return frozenset(name for column, names in FIELDS_OF.items() if column in present for name in names)


@lru_cache
def _record_fields(present: frozenset[str]) -> tuple[str, ...]:
    return tuple(name for column, name in RECORD_FIELD_OF.items() if column in present)


def _kept(stored: Stored, person: Person, record: identity.Record, present: Collection[str]) -> dict[str, str]:
    """Columns whose empty cell leaves what is stored, each with the warning."""
    kept = {}
    if "nkk" in present and record.nkk and not person.parsed.nkk:
        kept["nkk"] = "nkk_kept"
    knows_home = stored.values["home_id"] is not None and not stored.values["home_assumed"]
    if "kode_wilayah_domisili" in present and knows_home and not person.parsed.home_code:
        kept["kode_wilayah_domisili"] = "home_kept"
    return kept


def _empties(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    names = new.keys() - EMPTIED_IN_SILENCE
    return any(new[name] in ("", None) and old[name] not in ("", None) for name in names)


def _stays_departed(stored: Stored, values: Mapping[str, Any], present: Collection[str], gone_by: date | None) -> bool:
    """The list names somebody who left, and has no column that would say whether that still holds."""
    left = values["departure"]
    is_gone = left is not None and gone_by is not None and left <= gone_by
    return is_gone and "tanggal_keluar" not in present and not stored.has_yielded


def _new_values(
    stored: Stored,
    person: Person,
    present: Collection[str],
    keeps_nik: bool,
    block_id: uuid.UUID | None,
    epoch: date,
    from_list: bool,
) -> tuple[dict[str, Any], tuple[str, ...]]:
    told = dict(zip(VOTER_FIELDS, voter_values(person, block_id=block_id, epoch=epoch), strict=True))
    fields = set(_voter_fields(frozenset(present)))
    if "home_id" not in fields and (stored.values["home_id"] is None or stored.values["home_assumed"]):
        fields |= {"home_id", "home_assumed"}
    if keeps_nik:
        fields -= {"nik_verdict", "sex"} if stored.nik_sealed is not None else {"nik_verdict"}
        if told["home_id"] is None and stored.values["home_assumed"]:
            fields -= {"home_id", "home_assumed"}
    warnings: tuple[str, ...] = ()
    if from_list and _is_earlier_stay(stored, told):
        fields -= {"arrival", "departure"}
        warnings = ("dates_kept",)
    elif _moves_a_yielded_departure(stored, told, fields):
        fields -= {"departure"}
        warnings = ("departure_kept",)
    values = dict(stored.values)
    values.update({name: told[name] for name in fields})
    if values["arrival"] and values["departure"] and values["departure"] < values["arrival"]:
        values.update(arrival=stored.values["arrival"], departure=stored.values["departure"])
        warnings += ("dates_kept",)
    return values, warnings


def _moves_a_yielded_departure(stored: Stored, told: Mapping[str, Any], fields: Collection[str]) -> bool:
    """The row would clear or move the departure of somebody who counts elsewhere, and does not say he came back."""
    known = stored.values["departure"]
    if not stored.has_yielded or "departure" not in fields or told["departure"] == known:
        return False
    return "arrival" not in fields or told["arrival"] is None or told["arrival"] < known


def _is_earlier_stay(stored: Stored, told: Mapping[str, Any]) -> bool:
    """An old list: gone by the arrival that is known, with no later arrival of its own."""
    arrived, gone = stored.values["arrival"], told["departure"]
    if arrived is None or gone is None or gone > arrived:
        return False
    return told["arrival"] is None or told["arrival"] < arrived


def _sealed(
    stored: Stored, person: Person, record: identity.Record, keeps_nik: bool, nik_hash: bytes | None, verdict: str
) -> tuple[Any, ...]:
    """key_id, nik_sealed, record_sealed, nik_hash, person_hash, claim: all under the current key."""
    row_id = stored.id.bytes
    number = stored.open_nik() if keeps_nik else person.parsed.nik
    seal_nik, seal_record = keyring.sealer("identity", "nik").seal, keyring.sealer("identity", "record").seal
    keeps_claim = stored.claim is not None and verdict == nik.OK and bytes(stored.claim) == nik_hash
    return (
        keyring.ring().current,
        seal_nik(row_id, number.encode()) if number else None,
        seal_record(row_id, identity.pack_record(record)),
        nik_hash,
        person.person_hash,
        nik_hash if keeps_claim else None,
    )
