"""What do the shipped reference files say, and where do they come from?"""

import csv
import gzip
import hashlib
import io
import json
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
EDITION = "pemilu-2024"


class Damaged(Exception):
    """A shipped file is not the one that the manifest describes."""


@cache
def manifest() -> dict[str, dict[str, Any]]:
    """Per file: edition, source, licence, rows, counts and the SHA-256 of the file as shipped."""
    return json.loads((FOLDER / "manifest.json").read_text(encoding="utf-8"))["files"]


def rows(name: str) -> list[dict[str, str]]:
    """All rows of `name` (`regions`, `real_locations`, …) under their column names, as text.

    Raises Damaged if the file differs from the manifest, KeyError if there is no such file.
    """
    expected = manifest()[name]["sha256"]
    packed = (FOLDER / f"{name}.csv.gz").read_bytes()
    if hashlib.sha256(packed).hexdigest() != expected:
        raise Damaged(name)
    text = gzip.decompress(packed).decode("utf-8")
    return list(csv.DictReader(io.StringIO(text, newline="")))
