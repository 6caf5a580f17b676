"""Packs the CSV files of one folder into the shipped form and writes the manifest beside them.

    .venv/bin/python -m regions.reference.pack FOLDER

The same input gives the same bytes. Run it when an edition changes, and correct ORIGINS with it.
"""

import csv
import gzip
import hashlib
import io
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from regions.levels import level_of

FOLDER = Path(__file__).parent
KEMENDAGRI = "Kepmendagri 300.2.2-2430 Tahun 2025"

ORIGINS = {
    "regions": {
        "edition": KEMENDAGRI,
        "source": "Kemendagri's decree, as collected by https://github.com/cahyadsn/wilayah",
        "licence": "MIT (the collection)",
    },
    "retired_regions": {
        "edition": f"editions of 2018 to 2023 against {KEMENDAGRI}",
        "source": "https://github.com/cahyadsn/wilayah, its editions compared; successors matched by name within "
        "the regency, 7 by their villages, one by hand",
        "licence": "MIT (the collection)",
    },
    "region_centroids": {
        "edition": KEMENDAGRI,
        "source": "computed from public boundary data keyed by Kemendagri codes; the 8 districts founded in 2025 "
        "carry their mother district's point",
        "licence": "MIT",
    },
    "electoral_districts": {
        "edition": "pemilu-2024",
        "source": "KPU open data, PKPU 6/2023; the 8 districts founded in 2025 follow their mother district",
        "licence": "public figures of KPU, no licence stated",
    },
    "special_tps_2024": {
        "edition": "pemilu-2024",
        "source": "KPU's table of TPS for Pemilu 2024, as published",
        "licence": "public figures of KPU, no licence stated",
    },
    "population_2025": {
        "edition": "2025",
        "source": "Kemendagri's population figures of 2025",
        "licence": "public figures of Kemendagri, no licence stated",
    },
    "real_locations": {
        "edition": "pemilu-2024",
        "source": "press reports of 2023 and 2024, named in each row",
        "licence": "facts as reported; no text taken over",
    },
    "national_2024": {
        "edition": "4 July 2023",
        "source": "KPU's national totals, as reported by nu.or.id on 4 July 2023",
        "licence": "facts as reported; no text taken over",
    },
}

CODE_COLUMNS = {
    "regions": "code",
    "retired_regions": "code",
    "region_centroids": "code",
    "population_2025": "region_code",
}


def pack(source: Path) -> None:
    """Writes one `NAME.csv.gz` per entry of ORIGINS and `manifest.json`."""
    files = {name: origin | pack_file(source, name) for name, origin in ORIGINS.items()}
    text = json.dumps({"files": files}, indent=2, ensure_ascii=False)
    (FOLDER / "manifest.json").write_text(text + "\n", encoding="utf-8")


def pack_file(source: Path, name: str) -> dict[str, Any]:
    content = read(source, name)
    packed = gzip.compress(content, compresslevel=9, mtime=0)
    (FOLDER / f"{name}.csv.gz").write_bytes(packed)
    table = list(csv.DictReader(io.StringIO(content.decode("utf-8"), newline="")))
    return {"rows": len(table), "counts": counts(name, table), "sha256": hashlib.sha256(packed).hexdigest()}


def read(source: Path, name: str) -> bytes:
    packed = source / f"{name}.csv.gz"
    return gzip.decompress(packed.read_bytes()) if packed.exists() else (source / f"{name}.csv").read_bytes()


def counts(name: str, table: list[dict[str, str]]) -> dict[str, int]:
    """What a reader can check: codes per level, electoral districts per kind, TPS and their regencies."""
    if name in CODE_COLUMNS:
        return dict(Counter(level_of(row[CODE_COLUMNS[name]]).name.lower() for row in table))
    if name == "electoral_districts":
        return dict(Counter(kind for kind, _ in {(row["kind"], row["district_code"]) for row in table}))
    if name == "special_tps_2024":
        regencies = {row["village_code"][:5] for row in table}
        return {"village": len(table), "regency": len(regencies), "tps": sum(int(row["special_tps"]) for row in table)}
    return {}


if __name__ == "__main__":
    pack(Path(sys.argv[1]))
