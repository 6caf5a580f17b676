"""How does a file with identities lie on disk? In sealed pieces that open only whole, in order, and as this file."""

from __future__ import annotations

import io
from pathlib import Path
from typing import BinaryIO, Protocol
from uuid import UUID

from voters import keyring
from voters.identity import WrongKeys

PIECE_BYTES = 256 * 1024
_LENGTH = 4


class Readable(Protocol):
    """What is read piece by piece: an upload, a file."""

    def read(self, size: int, /) -> bytes: ...


def write(source: Readable, path: Path, file_id: UUID, *, most_bytes: int | None = None) -> int:
    """Seals `source` into a new file (0600); returns its plain size. Raises ValueError beyond `most_bytes`."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    size, number = 0, 0
    with path.open("xb") as target:
        path.chmod(0o600)
        piece = source.read(PIECE_BYTES)
        while True:
            following = source.read(PIECE_BYTES) if piece else b""
            size += len(piece)
            if most_bytes is not None and size > most_bytes:
                path.unlink()
                raise ValueError("the file is too large")
            sealed = keyring.sealer("file", "piece").pack(_place(file_id, number, not following), piece)
            target.write(len(sealed).to_bytes(_LENGTH, "big") + sealed)
            if not following:
                return size
            piece, number = following, number + 1


def read(path: Path, file_id: UUID) -> BinaryIO:
    """The plain bytes, opened piece by piece. Reading raises WrongKeys where anything was cut, swapped or changed."""
    return io.BufferedReader(_Pieces(path, file_id), PIECE_BYTES)


class _Pieces(io.RawIOBase):
    def __init__(self, path: Path, file_id: UUID) -> None:
        self._file, self._id = path.open("rb"), file_id
        self._left, self._number, self._is_whole = b"", 0, False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if not self._left and not self._is_whole:
            self._left = self._next()
        count = min(len(buffer), len(self._left))
        buffer[:count], self._left = self._left[:count], self._left[count:]
        return count

    def close(self) -> None:
        self._file.close()
        super().close()

    def _next(self) -> bytes:
        length = int.from_bytes(self._file.read(_LENGTH), "big")
        sealed = self._file.read(length)
        if not length or len(sealed) != length:
            raise WrongKeys("a sealed file was cut short")
        self._is_whole = not self._file.peek(1)
        place = _place(self._id, self._number, self._is_whole)
        self._number += 1
        return keyring.sealer("file", "piece").unpack(place, sealed)


def _place(file_id: UUID, number: int, is_last: bool) -> bytes:
    return file_id.bytes + number.to_bytes(8, "big") + bytes([is_last])
