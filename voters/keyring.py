"""Which keys does this installation have, ready for use? Settings to sealers and keyed hashes, once per process."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from django.conf import settings

from voters import identity

REGISTER = "1"  # the one register of this database


@lru_cache(maxsize=1)
def ring() -> identity.KeyRing:
    """Raises ValueError where the settings hold no usable keys."""
    return identity.KeyRing.parse(settings.IDENTITY_KEYS, settings.HASH_KEY, REGISTER)


@lru_cache(maxsize=16)
def sealer(table: str, column: str) -> identity.Sealer:
    return ring().sealer(table, column)


@lru_cache(maxsize=4)
def indexer(purpose: str) -> Callable[[bytes], bytes]:
    return ring().indexer(purpose)


def nik_hash(nik: str) -> bytes:
    """The keyed hash by which a NIK is found."""
    return indexer(identity.NIK_INDEX)(nik.encode())


def as_bytes(value: bytes | memoryview | None) -> bytes:
    """A stored value that is there, as both databases hand it out."""
    assert value is not None
    return bytes(value)


def check() -> None:
    """Raises identity.WrongKeys if these are not the keys the stored identities were sealed and hashed with."""
    from voters.models import VoterIdentity

    stored = VoterIdentity.everywhere.exclude(nik_sealed=None).order_by("-pk").first()
    if stored is None:
        return
    nik = sealer("identity", "nik").unseal(stored.pk.bytes, stored.key_id, as_bytes(stored.nik_sealed))
    if nik_hash(nik.decode()) != as_bytes(stored.nik_hash):
        raise identity.WrongKeys("HASH_KEY is not the key this register was made with")
