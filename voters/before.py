"""What was a voter before a list changed it? Kept sealed while the list can be taken back, and opened to be put back.

With it goes what the list made of the voter, as a digest, so that it is seen whether anything changed since.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from django.db import models

from accounts.ids import new_id

from . import columns, identity, keyring
from .loading import insert_rows
from .models import BatchBefore, ClaimBefore, Voter
from .resolving import VOTER_FIELDS
from .storing import HASHES_A_QUERY, chunks
from .updating import CLAIM_FIELDS, Stored, Update

_FIELDS: Final = ("id", "territory", "batch_id", "voter_id", "at", "row", "kept_why")
KEPT: Final = tuple(name for name in VOTER_FIELDS if name != "has_nkk")  # which the record tells
_BLOCK: Final = KEPT.index("block_id")
_TYPES: Final[dict[str, Any]] = {field.attname: field for field in Voter._meta.concrete_fields}


@dataclass(frozen=True, slots=True)
class Before:
    """A voter as it was: clear values in the order of KEPT, NIK and record plain, and whether it held the claim."""

    voter_id: uuid.UUID
    values: tuple[Any, ...]
    nik: str
    record: identity.Record
    had_claim: bool
    after: str

    @property
    def nik_hash(self) -> bytes | None:
        return keyring.nik_hash(self.nik) if self.nik else None

    @property
    def block_id(self) -> uuid.UUID | None:
        block: uuid.UUID | None = self.values[_BLOCK]
        return block

    def is_left_alone(self, stored: Stored) -> bool:
        """Whether the voter is still what the list made of it."""
        return self.after == _digest([stored.values[name] for name in KEPT], stored.nik_hash, _plain(stored))


def keep(changes: Iterable[tuple[Stored, Update]], *, batch_id: uuid.UUID, at: datetime) -> None:
    """Seals what these voters are before a list writes its updates; a few statements, whatever their number."""
    insert_rows(BatchBefore, _FIELDS, [_kept(stored, update, batch_id, at) for stored, update in changes])


def keep_claims(voters: Iterable[uuid.UUID], *, batch_id: uuid.UUID) -> None:
    """Who lost the claim to a list, so that it goes back to them."""
    for chunk in chunks(sorted(voters), HASHES_A_QUERY):
        lost = Voter.everywhere.filter(pk__in=chunk).values_list("pk", "territory")
        ClaimBefore.everywhere.bulk_create(
            [ClaimBefore(batch_id=batch_id, voter_id=pk, territory=territory) for pk, territory in lost]
        )


def opened(row: BatchBefore) -> Before:
    """Raises WrongKeys where the row was moved or changed."""
    plain = keyring.sealer("batch_before", "row").unpack(row.pk.bytes, keyring.as_bytes(row.row))
    values, nik, record, had_claim, after = orjson.loads(plain)
    typed = (value if read is None else read(value) for read, value in zip(_READERS, values, strict=True))
    return Before(row.voter_id, tuple(typed), nik, identity.unpack_record(record.encode()), had_claim, after)


def update_to(before: Before, stored: Stored, *, blocks: Collection[uuid.UUID]) -> Update:
    """What makes the voter what it was, sealed anew. A block that is gone (`blocks` are those there) is left out."""
    values = dict(zip(KEPT, before.values, strict=True))
    values["has_nkk"] = bool(columns.well_formed_nkk(before.record.nkk))
    if values["block_id"] not in blocks:
        values["block_id"] = None
    nik_hash, row_id = before.nik_hash, before.voter_id.bytes
    changed = [name for name in VOTER_FIELDS if values[name] != stored.values[name]]
    changed += ["nik"] if nik_hash != (bytes(stored.nik_hash) if stored.nik_hash else None) else []
    seal_nik, seal_record = keyring.sealer("identity", "nik").seal, keyring.sealer("identity", "record").seal
    person = identity.person_key(values["name"], before.record.birth_date)
    hashes = filter(None, (nik_hash, bytes(stored.nik_hash) if stored.nik_hash else None))
    return Update(
        id=before.voter_id,
        values=tuple(values[name] for name in VOTER_FIELDS),
        identity=(
            keyring.ring().current,
            seal_nik(row_id, before.nik.encode()) if before.nik else None,
            seal_record(row_id, identity.pack_record(before.record)),
            nik_hash,
            keyring.indexer(identity.PERSON_INDEX)(person),
            None,
        ),
        changed=tuple(changed),
        contested=frozenset(hashes) if {"nik", *CLAIM_FIELDS} & set(changed) else frozenset(),
        location_id=values["location_id"],
    )


def _kept(stored: Stored, update: Update, batch_id: uuid.UUID, at: datetime) -> tuple[Any, ...]:
    row_id = new_id()
    key_id, _, record_sealed, nik_hash, _, _ = update.identity
    after = keyring.sealer("identity", "record").unseal(stored.id.bytes, key_id, record_sealed)
    values = [stored.values[name] for name in KEPT]
    record = identity.pack_record(stored.open_record()).decode()
    made = dict(zip(VOTER_FIELDS, update.values, strict=True))
    digest = _digest([made[name] for name in KEPT], nik_hash, after)
    plain = orjson.dumps([values, stored.open_nik(), record, stored.claim is not None, digest])
    row = keyring.sealer("batch_before", "row").pack(row_id.bytes, plain)
    return (row_id, stored.values["territory"], batch_id, stored.id, at, row, "")


def _digest(values: Iterable[Any], nik_hash: bytes | None, record: bytes) -> str:
    told = orjson.dumps([list(values), nik_hash.hex() if nik_hash else None, record.decode()])
    return hashlib.sha256(told).hexdigest()[:32]


def _plain(stored: Stored) -> bytes:
    return keyring.sealer("identity", "record").unseal(stored.id.bytes, stored.key_id, stored.record_sealed)


def _reader_of(name: str) -> Callable[[Any], Any] | None:
    """What makes of a value as JSON has it what the database hands out; None where that is the same."""
    field = _TYPES[name].target_field if _TYPES[name].is_relation else _TYPES[name]
    is_plain = isinstance(field, models.CharField | models.BooleanField | models.IntegerField)
    return None if is_plain else field.to_python


_READERS: Final = tuple(map(_reader_of, KEPT))
