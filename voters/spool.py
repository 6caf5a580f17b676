"""Where do checked and sealed rows wait for the transaction that loads them? In sealed chunks beside the upload.

Only whole chunks count, so a file that was cut off is gone on with. Every attempt writes a file of its own: a worker
that was taken for lost goes on reading the one it had.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from uuid import UUID

from voters import keyring
from voters.identity import WrongKeys

_LENGTH = 8
_HEAD = 0  # the piece of a chunk that says how long the others are


class Spool:
    """Chunks of one batch in the order they were added; each has a head and pieces that are read one by one."""

    def __init__(self, path: Path, batch_id: UUID) -> None:
        self.path, self._id = path, batch_id
        self._file = open(path, "x+b", buffering=0, opener=_for_us_alone)  # noqa: SIM115 (kept open)
        self._places: list[list[tuple[int, int]]] = []
        self._end = 0

    def __len__(self) -> int:
        return len(self._places)

    def add(self, head: bytes, pieces: Sequence[bytes]) -> None:
        """Writes a chunk; from now on it is there, whatever becomes of this process."""
        number = len(self)
        seal = keyring.sealer("spool", "piece").pack
        sealed = [seal(_place(self._id, number, n), piece) for n, piece in enumerate((head, *pieces))]
        parts = [len(sealed).to_bytes(_LENGTH, "big")]
        places, offset = [], self._end + _LENGTH
        for piece in sealed:
            parts += [len(piece).to_bytes(_LENGTH, "big"), piece]
            places.append((offset + _LENGTH, len(piece)))
            offset += _LENGTH + len(piece)
        data = memoryview(b"".join(parts))
        self._file.seek(self._end)
        while data:
            data = data[self._file.write(data) :]
        self._places.append(places)
        self._end = offset

    def piece(self, chunk: int, number: int) -> bytes:
        """A piece as it was added, the first one being 0. Raises WrongKeys where it was changed meanwhile."""
        return self._read(chunk, number + 1)

    def head(self, chunk: int) -> bytes:
        return self._read(chunk, _HEAD)

    def close(self) -> None:
        """The rows are in, or never will be: nothing of the file stays."""
        self._file.close()
        self.path.unlink(missing_ok=True)

    def _read(self, chunk: int, number: int) -> bytes:
        offset, length = self._places[chunk][number]
        sealed = os.pread(self._file.fileno(), length, offset)
        return keyring.sealer("spool", "piece").unpack(_place(self._id, chunk, number), sealed)


def left_behind(path: Path, batch_id: UUID) -> Iterator[tuple[bytes, list[bytes]]]:
    """The whole chunks of a file that an earlier attempt left, head and pieces; what was cut off does not come."""
    unseal = keyring.sealer("spool", "piece").unpack
    with path.open("rb") as file:
        for chunk in range(1 << 32):
            count = int.from_bytes(file.read(_LENGTH), "big")
            pieces = []
            for number in range(count):
                length = int.from_bytes(file.read(_LENGTH), "big")
                sealed = file.read(length) if length < 1 << 32 else b""
                try:
                    pieces.append(unseal(_place(batch_id, chunk, number), sealed))
                except WrongKeys:
                    return
            if not pieces:
                return
            yield pieces[0], pieces[1:]


def _for_us_alone(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _place(batch_id: UUID, chunk: int, piece: int) -> bytes:
    return batch_id.bytes + chunk.to_bytes(4, "big") + piece.to_bytes(4, "big")
