"""A sealed identity opens only in its own place and with the right key, and shows nothing on the way."""

import base64
import hmac
from datetime import date

import pytest

from voters import identity

ROW, OTHER = bytes(range(16)), bytes(range(1, 17))
NIK = b"3603041508900000"


def key(letter: str) -> str:
    return base64.b64encode(letter.encode() * 32).decode()


@pytest.fixture
def ring() -> identity.KeyRing:
    return identity.KeyRing.parse(f"1:{key('a')},2:{key('b')}", key("h"), "1")


def test_what_is_sealed_opens_again_and_is_not_plain(ring):
    sealer = ring.sealer("identity", "nik")

    sealed = sealer.seal(ROW, NIK)

    assert NIK not in sealed
    assert sealer.unseal(ROW, sealer.key_id, sealed) == NIK


@pytest.mark.parametrize("place", [("identity", "record"), ("refusal", "nik")])
def test_a_value_moved_to_another_column_or_table_does_not_open(ring, place):
    sealed = ring.sealer("identity", "nik").seal(ROW, NIK)

    with pytest.raises(identity.WrongKeys):
        ring.sealer(*place).unseal(ROW, 2, sealed)


def test_a_value_moved_to_another_row_register_or_key_does_not_open(ring):
    sealer = ring.sealer("identity", "nik")
    sealed = sealer.seal(ROW, NIK)
    other_register = identity.KeyRing.parse(f"1:{key('a')},2:{key('b')}", key("h"), "2").sealer("identity", "nik")

    for opener, row, key_id in [(sealer, OTHER, 2), (sealer, ROW, 1), (sealer, ROW, 3), (other_register, ROW, 2)]:
        with pytest.raises(identity.WrongKeys):
            opener.unseal(row, key_id, sealed)


def test_a_changed_value_does_not_open(ring):
    sealer = ring.sealer("identity", "nik")
    sealed = bytearray(sealer.seal(ROW, NIK))
    sealed[-1] ^= 1

    with pytest.raises(identity.WrongKeys):
        sealer.unseal(ROW, 2, bytes(sealed))


def test_an_old_key_still_opens_after_a_new_one_seals(ring):
    old = identity.KeyRing.parse(f"1:{key('a')}", key("h"), "1").sealer("identity", "nik")
    new = ring.sealer("identity", "nik")

    assert new.unseal(ROW, 1, old.seal(ROW, NIK)) == NIK
    assert (old.key_id, new.key_id) == (1, 2)
    assert new.unpack(ROW, old.pack(ROW, NIK)) == NIK


def test_the_keyed_hash_is_hmac_and_hangs_on_purpose_register_and_key(ring):
    derived = identity.derive(ring.hash_master, "index/nik", "1", 64)
    others = [
        ring.blind_index("person", NIK),
        identity.KeyRing.parse(f"1:{key('a')}", key("h"), "2").blind_index("nik", NIK),
        identity.KeyRing.parse(f"1:{key('a')}", key("i"), "1").blind_index("nik", NIK),
    ]

    assert ring.blind_index("nik", NIK) == hmac.new(derived, NIK, "sha256").digest()
    assert ring.blind_index("nik", NIK) not in others


def test_the_canary_tells_wrong_keys_at_the_start(ring):
    canary = ring.make_canary()
    wrong = [
        identity.KeyRing.parse(f"1:{key('a')},2:{key('x')}", key("h"), "1"),
        identity.KeyRing.parse(f"1:{key('a')},2:{key('b')}", key("x"), "1"),
        identity.KeyRing.parse(f"1:{key('a')}", key("h"), "1"),
    ]

    ring.check_canary(canary)
    for keys in wrong:
        with pytest.raises(identity.WrongKeys):
            keys.check_canary(canary)


@pytest.mark.parametrize(
    ("identity_keys", "hash_key"),
    [
        ("", key("h")),
        (key("a"), key("h")),
        (f"x:{key('a')}", key("h")),
        (f"1:{key('a')},1:{key('b')}", key("h")),
        ("1:c2hvcnQ=", key("h")),
        ("1:!!!", key("h")),
        (f"1:{key('a')}", ""),
    ],
)
def test_keys_that_are_none_are_refused_without_being_shown(identity_keys, hash_key):
    with pytest.raises(ValueError, match="KEY") as refused:
        identity.KeyRing.parse(identity_keys, hash_key, "1")

    assert key("a") not in str(refused.value)


def test_the_ring_never_shows_its_keys(ring):
    assert "a" * 8 not in repr(ring)
    assert key("a") not in repr(ring)


def test_a_record_comes_back_as_it_was():
    record = identity.Record(
        "3603041508900000", date(1990, 8, 15), "Serang", 'Jl. "Merdeka" 1', "001", "02", "1", "Guru", "é"
    )

    packed = identity.pack_record(record)

    assert identity.unpack_record(packed) == record
    with pytest.raises(ValueError, match="newer"):
        identity.unpack_record(packed.replace(b"[1,", b"[2,", 1))


def test_a_mask_shows_the_province_of_a_nik_and_nothing_of_anything_else():
    assert identity.mask("3603041508900001") == "36••••••••••••••"
    assert identity.mask("36030415") == "••••••••"
    assert identity.mask("") == ""


def test_the_same_person_is_found_by_any_spelling_and_the_day_of_birth():
    born = date(1990, 8, 15)

    assert identity.person_key("Moch. Joesoef", born) == identity.person_key("MUHAMMAD YUSUF", born)
    assert identity.person_key("Yusuf", born) != identity.person_key("Yusuf", date(1990, 8, 16))
