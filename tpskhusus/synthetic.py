"""Invented people and places for samples, demos and benchmarks: everybody's NIK ends in 0000, which is never issued."""

from __future__ import annotations

import datetime
import itertools
import random
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any, Final

from regions.levels import Level
from regions.models import Region

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FIRST_DAY: Final = datetime.date(1950, 1, 1)
DAYS: Final = 20_000  # to 2004-10: everybody is 17 in 2024
STRIDE: Final = 7919  # a prime, so that the walk meets every day once
GIVEN: Final = {
    "L": "Adi Agus Ahmad Andi Arif Asep Bagus Bambang Bayu Budi Cahyo Candra Dadang Darma Dedi Dimas Eko Fajar Galih "
    "Hadi Hendra Iwan Jaka Joko Kadek Lukman Made Nanang Oka Purnomo Rahmat Rizki Slamet Surya Tono Ujang Wahyu Wayan "
    "Yanto Yosef Zainal Maruli Ucok Ketut Daeng Lalu Petrus Yohanes Markus Abner",
    "P": "Ani Ayu Cinta Citra Desi Dewi Dian Endah Eka Fitri Gita Hani Indah Intan Juwita Kartika Lestari Lina Maya "
    "Mega Nia Novi Nur Puji Putri Ratna Rini Rina Sari Siti Sri Tari Tina Tuti Wati Wulan Yanti Yuli Yuni Zahra "
    "Maria Marta Ester Ruth Debora Komang Luh Sitti Rosmala Yosina",
}
FAMILY: Final = (
    "Abdullah Aditya Anggara Basuki Budiman Cahyadi Darmawan Effendi Firmansyah Gunawan Hakim Halim Handoko Hidayat "
    "Irawan Iskandar Kurniawan Kusuma Laksana Lubis Mahendra Maulana Mulyadi Nasution Nugraha Nugroho Panjaitan Permana "
    "Prasetyo Pratama Purnama Putra Rachman Ramadhan Saputra Santoso Saragih Sembiring Setiawan Siregar Sihombing "
    "Sinaga Subroto Suharto Sulaiman Supriadi Susanto Suwandi Syahputra Tanjung Utama Wibowo Wijaya Winata Yulianto "
    "Yusuf Zulkarnain Tabuni Wenda Kogoya Matondang Rumbiak Latuconsina Pattimura Tuasikal Manoppo Lasut Daulay"
).split()


class Homes:
    """Villages to come from, near and far; drawn by weight from the same regency, province or anywhere."""

    def __init__(self, randomness: random.Random) -> None:
        self._random = randomness
        self.villages = list(
            Region.objects.current().of_level(Level.VILLAGE).order_by("pk").values_list("pk", flat=True)
        )
        self._by_prefix: dict[str, list[str]] = defaultdict(list)
        for village in self.villages:
            self._by_prefix[village[:2]].append(village)
            self._by_prefix[village[:5]].append(village)

    def away_from(self, place: str) -> str:
        """A village that is another one at the finest level the place is known to, and in another district."""
        near = self._random.random()
        pool = (
            self._by_prefix[place[:5]] if near < 0.3 else self._by_prefix[place[:2]] if near < 0.75 else self.villages
        )
        for _attempt in range(20):
            village = self._random.choice(pool or self.villages)
            if village[:8] != place[:8] and not place.startswith(village[:5] if len(place) == 5 else village):
                return village
            pool = self.villages
        raise LookupError(f"no village away from {place}; load the reference data first")


class People:
    """Rows of the voter file. Walks dates within districts, so that no NIK is drawn twice."""

    def __init__(self, seed: int = 2024) -> None:
        self._random = random.Random(seed)
        self.homes = Homes(self._random)
        self._walked: Counter[tuple[str, str]] = Counter()

    def rows(
        self, *, code: str, place: str, count: int, blocks: Sequence[str] = (), women: float = 0.1
    ) -> Iterator[dict[str, str]]:
        """`count` people away from home, all of them eligible on any polling day of 2024 or later."""
        for number in range(count):
            sex = "P" if self._random.random() < women else "L"
            home = self.homes.away_from(place)
            born, nik = self._identity(home, sex)
            yield {
                "kode_lokasi": code,
                "blok": blocks[number * len(blocks) // count] if blocks else "",
                "peran": "penghuni",
                "nkk": f"{nik[:6]}{born:%d%m%y}0000",
                "nik": nik,
                "nama": f"{self._random.choice(GIVEN[sex].split())} {self._random.choice(FAMILY)}",
                "tempat_lahir": "",
                "tanggal_lahir": born.isoformat(),
                "status_kawin": self._random.choice("BSSP"),
                "jenis_kelamin": sex,
                "alamat": "Alamat contoh",
                "rt": f"{self._random.randint(1, 12):03}",
                "rw": f"{self._random.randint(1, 9):03}",
                "status_ktp_el": "S",
                "kode_wilayah_domisili": home,
                "kewarganegaraan": "WNI",
            }

    def with_flaws(self, rows: Iterator[dict[str, str]], share: float = 0.12) -> Iterator[dict[str, str]]:
        """The same people, some of them as real lists have them: no NIK, leaving early, foreign, under age …"""
        for row in rows:
            if self._random.random() < share:
                self._random.choice(FLAWS)(row)
            yield row

    def _identity(self, home: str, sex: str) -> tuple[datetime.date, str]:
        district = home[:8].replace(".", "")
        step = self._walked[district, sex]
        self._walked[district, sex] += 1
        if step >= DAYS:
            raise LookupError(f"no birth date is left in district {district}")
        start = int(district) * 31
        born = FIRST_DAY + datetime.timedelta(days=(start + step * STRIDE) % DAYS)
        day = born.day + (40 if sex == "P" else 0)
        return born, f"{district}{day:02}{born:%m%y}0000"


def _without_nik(row: dict[str, str]) -> None:
    row["nik"] = "-"


def _leaving(row: dict[str, str]) -> None:
    row["tanggal_keluar"] = "2024-02-01"


def _foreign(row: dict[str, str]) -> None:
    row["kewarganegaraan"] = "WNA"


def _without_home(row: dict[str, str]) -> None:
    row["nik"], row["kode_wilayah_domisili"] = "0", ""


def _contradictory(row: dict[str, str]) -> None:
    row["jenis_kelamin"] = "L" if row["jenis_kelamin"] == "P" else "P"


FLAWS: Final = (_without_nik, _without_nik, _leaving, _leaving, _foreign, _without_home, _contradictory)


def block_names(voters: int) -> list[str]:
    """Blocks of about 120 people each, A to Z; none below 150 people."""
    return (
        [f"Blok {letter}" for letter in itertools.islice("ABCDEFGHIJKLMNOPQRSTUVWXYZ", voters // 120)]
        if voters >= 150
        else []
    )


def as_csv(rows: Iterator[dict[str, Any]] | Sequence[dict[str, Any]], columns: Sequence[str]) -> bytes:
    """The file that an office would send."""
    import csv
    import io

    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
