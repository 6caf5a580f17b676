"""How is a person's identity kept: sealed under which key, found again by which hash, shown as what?

Keys come from settings and are derived per purpose and register; the database never holds one. No Django.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from voters.names import name_key as name_key
from voters.names import names_alike as names_alike
from voters.nik import is_placeholder as is_placeholder
from voters.nik import parse_nik as parse_nik

if TYPE_CHECKING:
    from hashlib import _Hash

NIK_INDEX, PERSON_INDEX = "nik", "person"
KEY_BYTES = 32
_HIDDEN = "•"
_CANARY = b"tps-khusus: this opens with the right keys"


class WrongKeys(Exception):
    """A sealed value does not open: another key, another row or column, or a changed value."""


@dataclass(frozen=True)
class KeyRing:
    """The master keys of one register, by id. New values are sealed under `current`; old ids still open."""

    masters: dict[int, bytes] = field(repr=False)
    current: int
    hash_master: bytes = field(repr=False)
    register: str

    @classmethod
    def parse(cls, identity_keys: str, hash_key: str, register: str) -> KeyRing:
        """From settings: `1:<base64>,2:<base64>` (the last is current) and `<base64>`, each of 32 bytes or more.

        Raises ValueError with a sentence that never contains the key.
        """
        masters: dict[int, bytes] = {}
        for entry in filter(None, (part.strip() for part in identity_keys.split(","))):
            number, separator, text = entry.partition(":")
            if not separator or not (number.isascii() and number.isdigit()) or not 0 < int(number) < 1 << 15:
                raise ValueError("IDENTITY_KEYS must read 1:<base64>,2:<base64>: a number, a colon, the key")
            if int(number) in masters:
                raise ValueError(f"IDENTITY_KEYS names key {number} twice")
            masters[int(number)] = _decode_key(text, f"IDENTITY_KEYS, key {number},")
        if not masters:
            raise ValueError("IDENTITY_KEYS is empty: identities cannot be sealed")
        return cls(masters, next(reversed(masters)), _decode_key(hash_key, "HASH_KEY"), register)

    def sealer(self, table: str, column: str) -> Sealer:
        """Seals and opens one column; keep it for a batch, deriving the keys is the dear part."""
        return Sealer(self, table, column)

    def indexer(self, purpose: str) -> Callable[[bytes], bytes]:
        """HMAC-SHA-256 for one purpose, prepared for many values; 32 bytes each."""
        prepared = self._prepared[purpose] if purpose in self._prepared else self._prepare(purpose)

        def index(value: bytes) -> bytes:
            inner, outer = prepared[0].copy(), prepared[1].copy()
            inner.update(value)
            outer.update(inner.digest())
            return outer.digest()

        return index

    def blind_index(self, purpose: str, value: bytes) -> bytes:
        """The keyed hash by which a value is found without being opened."""
        return self.indexer(purpose)(value)

    def make_canary(self) -> bytes:
        """A value to keep in the database, by which the next start knows that it was given the right keys."""
        return self.sealer("register", "canary").pack(bytes(16), _CANARY + self.blind_index("canary", _CANARY))

    def check_canary(self, canary: bytes) -> None:
        """Raises WrongKeys if identity keys or hash key are not those the canary was made with."""
        plain = self.sealer("register", "canary").unpack(bytes(16), canary)
        if not hmac.compare_digest(plain, _CANARY + self.blind_index("canary", _CANARY)):
            raise WrongKeys("HASH_KEY is not the key this register was made with")

    @cached_property
    def _prepared(self) -> dict[str, tuple[_Hash, _Hash]]:
        return {}

    def _prepare(self, purpose: str) -> tuple[_Hash, _Hash]:
        # HMAC by its definition: copying two plain hashes costs half of copying OpenSSL's HMAC object
        key = derive(self.hash_master, f"index/{purpose}", self.register, 64)
        pads = (sha256(bytes(b ^ 0x36 for b in key)), sha256(bytes(b ^ 0x5C for b in key)))
        return self._prepared.setdefault(purpose, pads)


class Sealer:
    """AES-SIV for one column. Bound to register, table, column, row and key: elsewhere a value does not open."""

    def __init__(self, ring: KeyRing, table: str, column: str) -> None:
        self.key_id = ring.current
        place = "\x1f".join((ring.register, table, column)).encode()
        self._ciphers = {
            number: (AESSIV(derive(master, f"seal/{table}.{column}", ring.register, 64)), _place(place, number))
            for number, master in ring.masters.items()
        }
        self._encrypt, self._place = self._ciphers[ring.current][0].encrypt, self._ciphers[ring.current][1]

    def seal(self, row_id: bytes, plain: bytes) -> bytes:
        """Sealed under the current key; the row stores `key_id` beside it. 16 bytes longer than `plain`."""
        return self._encrypt(plain, [self._place + row_id])

    def unseal(self, row_id: bytes, key_id: int, sealed: bytes) -> bytes:
        """Raises WrongKeys where the value is not this row's, this column's, or the key is missing."""
        if key_id not in self._ciphers:
            raise WrongKeys(f"key {key_id} is not in IDENTITY_KEYS")
        cipher, place = self._ciphers[key_id]
        try:
            return cipher.decrypt(bytes(sealed), [place + row_id])
        except InvalidTag:
            raise WrongKeys(f"a sealed value does not open with key {key_id}") from None

    def pack(self, row_id: bytes, plain: bytes) -> bytes:
        """Sealed with the key id in front, for tables that have no column for it."""
        return self.key_id.to_bytes(2, "big") + self.seal(row_id, plain)

    def unpack(self, row_id: bytes, packed: bytes) -> bytes:
        """What `pack` sealed. Raises WrongKeys."""
        return self.unseal(row_id, int.from_bytes(packed[:2], "big"), bytes(packed[2:]))


class Record(NamedTuple):
    """All of a person but the NIK that no eligibility rule reads: sealed as one value."""

    nkk: str
    birth_date: date
    birthplace: str = ""
    address: str = ""
    rt: str = ""
    rw: str = ""
    disability: str = ""
    occupation: str = ""
    notes: str = ""


def pack_record(record: Record) -> bytes:
    """Compact JSON, a list in the order of the fields behind its version."""
    return orjson.dumps((1, *record))


def unpack_record(packed: bytes) -> Record:
    """What `pack_record` packed. Raises ValueError for a version it does not know."""
    version, nkk, birth_date, *rest = orjson.loads(packed)
    if version != 1:
        raise ValueError(f"a sealed record of version {version} is newer than this program")
    return Record(nkk, date.fromisoformat(birth_date), *rest)


def person_key(name: str, birth_date: date) -> bytes:
    """What stays of a person without a NIK, to be hashed: name key and birth date."""
    return f"{name_key(name)}|{birth_date.isoformat()}".encode()


def mask(nik: str) -> str:
    """`36••••••••••••••`: the province only, since birth date and serial, or district and birth date, are the rest.

    Anything that is no 16 digits is hidden whole, its length kept to at most 16.
    """
    if len(nik) == 16 and nik.isascii() and nik.isdigit():
        return nik[:2] + _HIDDEN * 14
    return _HIDDEN * min(len(nik), 16)


def derive(master: bytes, purpose: str, register: str, length: int) -> bytes:
    """HKDF-SHA-256 (RFC 5869): a key of its own for each purpose and register."""
    return HKDF(SHA256(), length, salt=register.encode(), info=b"tps-khusus/1/" + purpose.encode()).derive(master)


def _decode_key(text: str, name: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"{name} is not base64") from None
    if len(key) < KEY_BYTES:
        raise ValueError(f"{name} has {len(key)} bytes, {KEY_BYTES} are needed")
    return key


def _place(place: bytes, key_id: int) -> bytes:
    return place + b"\x1f" + key_id.to_bytes(2, "big")
