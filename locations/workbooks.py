"""What stands in which row of a workbook? Asked of a process of its own, which ends where the file is hostile. No Django."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Collection, Generator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, BinaryIO, NamedTuple

import orjson

SILENT_SECONDS = 20
LONGEST_ANSWER = 64 * 1024 * 1024

_PIECE = 256 * 1024
_ROOT = Path(__file__).resolve().parent.parent
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


class Row(NamedTuple):
    number: int
    cells: list[str]
    marks: dict[int, str]


class Unreadable(Exception):
    """The workbook cannot be read: why, and where."""

    def __init__(self, code: str, row: int = 1, column: int | None = None) -> None:
        super().__init__(code)
        self.code, self.row, self.column = code, row, column


class Workbook:
    """The rows of the chosen sheet, or else of the one that looks most like a list, blank ones left out.

    `total` says how many rows at most, `names` which sheets there are, `others` which of them look like lists, too.
    """

    def __init__(self, file: BinaryIO, known: Collection[str], *, sheet: str = "") -> None:
        self.others: list[str] = []
        self._answers = _answers(file, known, sheet)
        next(self._answers)  # from here on, whoever lets go of the generator ends the process
        head = self._next()
        if "head" not in head:
            raise Unreadable("workbook_broken")
        self.total, self.sheet, self.names = int(head["total"]), str(head["sheet"]), list(head["sheets"])

    def rows(self) -> Iterator[Row]:
        """Each row with what is the matter with cells in it, by place. Raises Unreadable."""
        while True:
            answer = self._next()
            if "end" in answer:
                self.others = answer["others"]
                return
            for number, cells, marks in answer["rows"]:
                yield Row(number, cells, dict(marks))

    def close(self) -> None:
        self._answers.close()

    def _next(self) -> dict[str, Any]:
        try:
            answer = next(self._answers)
        except StopIteration:
            raise Unreadable("workbook_too_heavy") from None
        if "error" in answer:
            self.close()
            raise Unreadable(answer["error"], answer["row"], answer["column"])
        return answer


def is_encrypted(file: BinaryIO, start: bytes) -> bool:
    """Whether a file in the old form of Office holds a workbook with a password rather than an old workbook."""
    before = start
    while piece := file.read(_PIECE):
        if _ENCRYPTED in before + piece:
            return True
        before = piece[-len(_ENCRYPTED) :]
    return _ENCRYPTED in before


def _answers(file: BinaryIO, known: Collection[str], sheet: str) -> Generator[Any, None, None]:
    """First nothing, then whatever the process says, line by line, until it ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", "locations.workbook_reader"],
        cwd=_ROOT,
        env={"PYTHONDONTWRITEBYTECODE": "1", "MALLOC_ARENA_MAX": "2"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    if process.stdin is None or process.stdout is None:
        raise AssertionError("pipes were asked for")
    watch = threading.Timer(SILENT_SECONDS, process.kill)
    watch.daemon = True
    try:
        yield None
        watch.start()
        _send(process.stdin, file, {"known": sorted(known), "sheet": sheet})
        while (line := process.stdout.readline(LONGEST_ANSWER)).endswith(b"\n"):  # less than a line: it died
            watch.cancel()
            yield orjson.loads(line)
    finally:
        watch.cancel()
        process.kill()
        process.stdout.close()
        with suppress(OSError):
            process.stdin.close()
        process.wait()


def _send(target: IO[bytes], file: BinaryIO, question: dict[str, Any]) -> None:
    """The question and the file; a process that has seen enough may end before."""
    with suppress(BrokenPipeError):
        target.write(orjson.dumps(question) + b"\n")
        while piece := file.read(_PIECE):
            target.write(piece)
    with suppress(BrokenPipeError):
        target.close()
