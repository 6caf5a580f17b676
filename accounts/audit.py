"""Who did what, provably: entries in the business transaction, sealed into a hash chain after commit."""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any

from django.db import DatabaseError, connection, models, transaction
from django.utils import timezone

from .models import AuditEntry, AuditSeal

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable

    from .permissions import Actor

logger = logging.getLogger(__name__)

GENESIS = "0" * 64
SEAL_LOCK = 7_281_001  # any constant of ours; PostgreSQL's advisory lock of the chain


def record(*, by: Actor, action: str, subject: models.Model, territory: str, **details: Any) -> AuditEntry:
    """Writes one entry in the running transaction; its seal follows after commit.

    `details` are public values or names of fields, JSON-able, never an identity.
    """
    entry = AuditEntry.everywhere.create(
        territory=territory,
        at=timezone.now(),
        actor_id=by.pk,
        actor=by.username,
        action=action,
        subject_type=subject._meta.label_lower,
        subject_id=str(subject.pk),
        details=details,
    )
    transaction.on_commit(lambda: _seal_quietly([entry.pk]), robust=True)
    return entry


def _seal_quietly(ids: list[uuid.UUID]) -> None:
    try:
        seal(ids)
    except DatabaseError:
        logger.warning("audit entries stay unsealed until the sweep: %s", len(ids))


def seal(ids: Iterable[uuid.UUID] | None = None) -> int:
    """Chains the given committed entries, or all that are unsealed, in order of their ids; returns how many."""
    unsealed = AuditEntry.everywhere.filter(seal=None).order_by("pk")
    if ids is not None:
        unsealed = unsealed.filter(pk__in=list(ids))
    if not unsealed.exists():
        return 0
    with transaction.atomic():
        _lock_the_chain()
        last = AuditSeal.objects.order_by("-position").first()
        position, previous = (last.position, last.hash) if last else (0, GENESIS)
        seals = []
        for entry in unsealed.iterator():
            position += 1
            current = chained(previous, canonical(entry))
            seals.append(AuditSeal(position=position, entry=entry, previous=previous, hash=current))
            previous = current
        AuditSeal.objects.bulk_create(seals, batch_size=1000)
    return len(seals)


def _lock_the_chain() -> None:
    """One sealer at a time. On SQLite the transaction itself is the lock (IMMEDIATE)."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SEAL_LOCK])


def canonical(entry: AuditEntry) -> bytes:
    """The bytes of an entry that the chain vouches for: JSON, sorted keys, no spaces, UTF-8, times in UTC."""
    fields = {
        "id": str(entry.pk),
        "territory": entry.territory,
        "at": entry.at.astimezone(UTC).isoformat(),
        "actor_id": str(entry.actor_id) if entry.actor_id else None,
        "actor": entry.actor,
        "action": entry.action,
        "subject_type": entry.subject_type,
        "subject_id": entry.subject_id,
        "details": entry.details,
    }
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def chained(previous: str, content: bytes) -> str:
    return hashlib.sha256(b"\x00" + bytes.fromhex(previous) + content).hexdigest()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `verify` saw: entries in the chain, the position that breaks it (None if whole), entries not yet sealed."""

    sealed: int
    broken_at: int | None
    broken_entry: str | None
    unsealed: int

    @property
    def is_whole(self) -> bool:
        return self.broken_at is None


def verify() -> Verdict:
    """Walks the whole chain. O(entries), constant memory.

    Entries cut off its end together with their seals leave no trace in it: only a copy kept elsewhere tells of them.
    """
    unsealed = AuditEntry.everywhere.filter(seal=None).count()
    last = AuditSeal.objects.aggregate(last=models.Max("position"))["last"] or 0
    previous, walked = GENESIS, 0
    for link in AuditSeal.objects.select_related("entry").order_by("position").iterator(chunk_size=2000):
        if not _follows(link, walked, previous):
            return _broken_after(walked, unsealed)
        previous, walked = link.hash, link.position
    if walked < last:  # a seal whose entry is gone does not join
        return _broken_after(walked, unsealed)
    return Verdict(walked, None, None, unsealed)


def _follows(link: AuditSeal, position: int, previous: str) -> bool:
    is_next = link.position == position + 1 and link.previous == previous
    return is_next and link.hash == chained(previous, canonical(link.entry))


def _broken_after(position: int, unsealed: int) -> Verdict:
    link = AuditSeal.objects.filter(position__gt=position).earliest("position")
    return Verdict(position, link.position, str(link.entry_id), unsealed)
