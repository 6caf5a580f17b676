"""What the sample and a demo consist of: real or invented places, invented people, demo accounts."""

from __future__ import annotations

import io
import random
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction

from accounts import staffing
from accounts.models import Role, User
from accounts.permissions import SYSTEM
from locations import registration
from locations.models import SpecialLocation
from mapping import policies, recompute, review
from mapping.models import Proposal
from regions import reference
from regions.levels import Level
from regions.models import Region
from voters.models import Register

from . import synthetic

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .synthetic import People

PASSWORD: Final = "contoh-tps-khusus"
ACCOUNTS: Final = (
    ("operator.banten", Role.OPERATOR, "36", "Operator Banten"),
    ("operator.jakarta", Role.OPERATOR, "31", "Operator DKI Jakarta"),
    ("operator.jabar", Role.OPERATOR, "32", "Operator Jawa Barat"),
    ("operator.jatim", Role.OPERATOR, "35", "Operator Jawa Timur"),
    ("operator.sultra", Role.OPERATOR, "74", "Operator Sulawesi Tenggara"),
    ("penelaah", Role.REVIEWER, "00", "Penelaah Pusat"),
    ("auditor", Role.AUDITOR, "00", "Auditor"),
    ("admin", Role.ADMIN, "00", "Administrator"),
)
SUBKINDS: Final = {"Ponpes": "pesantren"}
LOCATION_COLUMNS: Final = (
    "kode_lokasi", "nama", "kategori", "jenis", "kode_wilayah", "alamat", "lintang", "bujur", "penanggung_jawab", "jabatan",
    "telepon", "nomor_surat", "tanggal_surat", "kapasitas", "perkiraan_pemilih", "tps_diminta", "alasan_tps", "keterangan",
)  # fmt: skip
VOTER_COLUMNS: Final = (
    "kode_lokasi", "blok", "peran", "nkk", "nik", "nama", "tempat_lahir", "tanggal_lahir", "status_kawin",
    "jenis_kelamin", "alamat", "rt", "rw", "status_ktp_el", "kode_wilayah_domisili", "tanggal_masuk", "tanggal_keluar",
    "kewarganegaraan",
)  # fmt: skip
REASONS: Final = {
    "extra TPS granted": "Blok tidak boleh dicampur",
    "growth expected": "Jumlah penghuni diperkirakan bertambah",
}
WALKED: Final = {
    "Lapas Kelas I Cipinang": "",
    "Lapas Kelas IIA Salemba": "approved",
    "Lapas Perempuan Kelas IIA Jakarta": "approved",
    "LPKA Kelas II Jakarta": "",
    "Lapas Kelas IIB Tulungagung": "",
    "Ponpes Miftahul Qulub": "",
    "Ponpes Sabilul Muttaqin": "returned",
}
RETURN_NOTE: Final = "Lampirkan surat penanggung jawab yang memuat nama kepala asrama (contoh)."
KINDS_2024: Final = (  # KPU's national figures of 4 July 2023, in locations
    ("rutan_lapas", "", 486),
    ("lainnya", "pesantren", 168),
    ("lainnya", "perkebunan", 61),
    ("lainnya", "pertambangan", 19),
    ("panti", "", 17),
    ("relokasi_bencana", "", 3),
    ("lainnya", "rumah_sakit", 19),
)
TITLES: Final = {
    "rutan_lapas": "Lapas", "pesantren": "Pondok Pesantren", "perkebunan": "Perkebunan", "pertambangan": "Tambang",
    "panti": "Panti Sosial", "relokasi_bencana": "Hunian Tetap", "rumah_sakit": "Rumah Sakit",
}  # fmt: skip


@transaction.atomic
def mark_synthetic(name: str) -> Register:
    """Makes an unused register a synthetic one. Raises CommandError where somebody already works in it."""
    register = Register.current()
    if register.is_synthetic:
        return register
    if SpecialLocation.everywhere.exists() or User.objects.exists():
        raise CommandError("This register holds locations or accounts already: invented people never join real ones.")
    register.is_synthetic, register.name = True, name
    register.save(update_fields=["is_synthetic", "name"])
    return register


def load_real_locations() -> None:
    """The eleven locations that were reported with their figures in 2023 and 2024, each with as many invented voters."""
    people = synthetic.People()
    reported = reference.rows("real_locations")
    places = [_reported_place(number, row) for number, row in enumerate(reported, start=1)]
    lists = [
        row
        for place, figures in zip(places, reported, strict=True)
        for row in people.rows(
            code=place["kode_lokasi"],
            place=place["kode_wilayah"],
            count=int(figures["voters"]),
            blocks=synthetic.block_names(int(figures["voters"])),
            women=1.0 if "Perempuan" in place["nama"] else 0.45 if place["kategori"] == "lainnya" else 0.05,
        )
    ]
    bring_in(places, lists)


def _reported_place(number: int, row: dict[str, str]) -> dict[str, Any]:
    """A row of real_locations.csv as a row of the locations file; more TPS than the minimum are asked for with a reason."""
    least = -(-int(row["voters"]) // int(row["max_per_tps"]))
    asks = int(row["tps"]) > least
    return {
        "kode_lokasi": f"{row['region_code'][:5]}-{number:03}",
        "nama": row["name"],
        "kategori": row["category"],
        "jenis": SUBKINDS.get(row["name"].split()[0], "lainnya") if row["category"] == "lainnya" else "",
        "kode_wilayah": row["region_code"],
        "penanggung_jawab": "Kepala (contoh)",
        "nomor_surat": f"CONTOH/{number:03}/2023",
        "tanggal_surat": "2023-05-02",
        "tps_diminta": row["tps"] if asks else "",
        "alasan_tps": next((text for note, text in REASONS.items() if note in row["note"]), "") if asks else "",
        "keterangan": f"Angka menurut {row['source']}",
    }


def bring_in(places: Iterable[dict[str, Any]], people: Iterator[dict[str, str]] | list[dict[str, str]]) -> None:
    """Through the same doors as everybody's files."""
    with TemporaryDirectory(prefix="tpskhusus-") as folder:
        for name, rows, columns in (("locations", places, LOCATION_COLUMNS), ("voters", people, VOTER_COLUMNS)):
            path = Path(folder) / f"{name}.csv"
            path.write_bytes(synthetic.as_csv(rows, columns))  # type: ignore[arg-type]
            call_command(f"import_{name}", str(path), verbosity=0, stdout=io.StringIO())


def create_accounts() -> None:
    """The demo accounts that are missing; never in a register of real people."""
    if not Register.current().is_synthetic:
        raise CommandError("Demo accounts are made in a synthetic register only.")
    known = set(User.objects.values_list("username", flat=True))
    for username, role, territory, name in ACCOUNTS:
        region = Region.objects.filter(pk=territory).first()
        if username not in known and region is not None:
            staffing.create_account(
                username=username, password=PASSWORD, role=role, territory=region, name=name, by=SYSTEM
            )


def walk_some() -> None:
    """Some of the sample's locations are on their way: submitted, approved, one returned with a note."""
    policy = policies.current()
    recompute.territory(policy=policy)
    reviewer = User.objects.get(username="penelaah")
    operators = {user.territory_id: user for user in User.objects.filter(role=Role.OPERATOR)}
    for name, verdict in WALKED.items():
        location = SpecialLocation.everywhere.get(name=name)
        registration.submit(location=location, by=operators[location.territory[:2]])
        proposal = Proposal.everywhere.get(location=location, policy=policy, superseded_at=None)
        if verdict == "approved":
            review.approve(proposal=proposal, seen=proposal.fingerprint, by=reviewer)
        elif verdict == "returned":
            review.return_(proposal=proposal, seen=proposal.fingerprint, note=RETURN_NOTE, by=reviewer)


def invented_places(*, count: int, voters: int, seed: int) -> list[tuple[dict[str, Any], int]]:
    """(row of the locations file, voters) for `count` places all over the country, uneven in size."""
    randomness = random.Random(seed)
    villages = list(Region.objects.current().of_level(Level.VILLAGE).order_by("pk").values_list("pk", flat=True))
    return _places([randomness.choice(villages) for _ in range(count)], voters, randomness)


def places_like_2024(*, count: int, voters: int, seed: int) -> list[tuple[dict[str, Any], int]]:
    """The same in the villages where KPU formed special-location TPS in 2024, sized by the number formed there."""
    randomness = random.Random(seed)
    known = set(Region.objects.current().values_list("pk", flat=True))
    formed = [
        (row["village_code"] if row["village_code"] in known else row["village_code"][:5], int(row["special_tps"]))
        for row in reference.rows("special_tps_2024")
    ]
    extra = [randomness.choice(formed) for _ in range(max(count - len(formed), 0))]
    chosen = [*formed, *extra][:count]
    return _places([village for village, _tps in chosen], voters, randomness, [float(tps) for _village, tps in chosen])


def _places(
    villages: list[str], voters: int, randomness: random.Random, weights: list[float] | None = None
) -> list[tuple[dict[str, Any], int]]:
    weights = weights or [randomness.paretovariate(2.0) for _ in villages]
    sizes = [max(int(weight / sum(weights) * voters), 1) for weight in weights]
    sizes[0] += max(voters - sum(sizes), 0)
    chances = [locations for _kind, _subkind, locations in KINDS_2024]
    kinds = randomness.choices(KINDS_2024, weights=chances, k=len(villages))
    return [
        (_invented_place(number, village, kind, subkind), size)
        for number, (village, size, (kind, subkind, _)) in enumerate(zip(villages, sizes, kinds, strict=True), start=1)
    ]


def _invented_place(number: int, village: str, kind: str, subkind: str) -> dict[str, Any]:
    return {
        "kode_lokasi": f"{village[:5]}-{number:05}",
        "nama": f"{TITLES[subkind or kind]} Contoh {number}",
        "kategori": kind,
        "jenis": subkind,
        "kode_wilayah": village,
        "penanggung_jawab": "Kepala (contoh)" if number % 7 else "",
        "nomor_surat": f"CONTOH/{number}/2023" if number % 7 else "",
    }


def crowd(people: People, places: list[tuple[dict[str, Any], int]]) -> Iterator[dict[str, str]]:
    """The voter lists of all places, with the flaws that real lists have."""
    for place, size in places:
        yield from people.with_flaws(
            people.rows(
                code=place["kode_lokasi"],
                place=place["kode_wilayah"],
                count=size,
                blocks=synthetic.block_names(size),
                women=0.05 if place["kategori"] == "rutan_lapas" else 0.4,
            )
        )


def begin() -> None:
    policies.current()  # says early that the reference data is missing
    mark_synthetic("Data contoh")
