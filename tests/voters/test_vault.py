"""A stored upload opens only whole, in order and as the file it is."""

import io
import stat
import uuid

import pytest

from voters import vault
from voters.identity import WrongKeys

CONTENT = b"".join(b"%08d\n" % number for number in range(100_000))


@pytest.fixture
def stored(tmp_path):
    path, name = tmp_path / "folder" / "x.sealed", uuid.uuid4()
    vault.write(io.BytesIO(CONTENT), path, name)
    return path, name


def test_what_is_stored_is_sealed_for_its_owner_and_reads_line_by_line(stored):
    path, name = stored

    with vault.read(path, name) as file:
        lines = list(iter(file.readline, b""))

    assert b"".join(lines) == CONTENT
    assert len(lines) == 100_000
    assert b"00012345" not in path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"x", b"x" * vault.PIECE_BYTES, b"x" * (vault.PIECE_BYTES + 1)])
def test_every_size_comes_back(tmp_path, content):
    name = uuid.uuid4()

    assert vault.write(io.BytesIO(content), tmp_path / "x", name) == len(content)
    assert vault.read(tmp_path / "x", name).read() == content


def pieces(data: bytes) -> list[bytes]:
    found = []
    while data:
        length = 4 + int.from_bytes(data[:4], "big")
        found.append(data[:length])
        data = data[length:]
    return found


@pytest.mark.parametrize(
    "damage",
    [
        lambda parts: parts[:-1],
        lambda parts: [parts[1], parts[0], *parts[2:]],
        lambda parts: [*parts, parts[-1]],
        lambda parts: [*parts[:-1], parts[-1][:-1]],
        lambda parts: [parts[0][:50] + bytes([parts[0][50] ^ 1]) + parts[0][51:], *parts[1:]],
        lambda parts: [],
    ],
    ids=["last piece gone", "pieces swapped", "piece twice", "cut short", "bit flipped", "emptied"],
)
def test_a_file_that_is_not_whole_is_not_read(stored, damage):
    path, name = stored
    path.write_bytes(b"".join(damage(pieces(path.read_bytes()))))

    with pytest.raises(WrongKeys):
        vault.read(path, name).read()


def test_another_file_in_its_place_is_not_read(stored):
    with pytest.raises(WrongKeys):
        vault.read(stored[0], uuid.uuid4()).read()


def test_a_file_that_is_too_large_is_refused_and_left_nowhere(tmp_path):
    with pytest.raises(ValueError, match="too large"):
        vault.write(io.BytesIO(CONTENT), tmp_path / "x", uuid.uuid4(), most_bytes=1000)

    assert not list(tmp_path.iterdir())
