"""A fault that tells what was meant comes with a correction; any other with none."""

from datetime import date

import pytest

from voters import columns
from voters.proposals import MEANT, proposals_for

TODAY = date(2024, 2, 1)
GOOD = {
    "kode_lokasi": "36.03-001",
    "nik": "3603041508900001",
    "nama": "Budi Santoso",
    "tanggal_lahir": "1990-08-15",
    "jenis_kelamin": "L",
}


def proposed(**cells: str) -> dict[str, str]:
    row = {**GOOD, **cells}
    faults = columns.parse_row(row, today=TODAY)
    assert isinstance(faults, list)
    reasons = [{"column": fault.column, "code": fault.code, "params": dict(fault.params)} for fault in faults]
    return proposals_for(row, reasons, today=TODAY)


@pytest.mark.parametrize(
    ("cells", "corrected"),
    [
        ({"jenis_kelamin": "Laki-Laki"}, {"jenis_kelamin": "L"}),
        ({"jenis_kelamin": ""}, {"jenis_kelamin": "L"}),
        ({"jenis_kelamin": "X"}, {"jenis_kelamin": "L"}),
        ({"jenis_kelamin": "Laki - laki", "nik": ""}, {"jenis_kelamin": "L"}),
        ({"jenis_kelamin": "X", "nik": ""}, {}),
        ({"status_kawin": "Belum Kawin"}, {"status_kawin": "B"}),
        ({"disabilitas": "Tidak ada"}, {"disabilitas": "0"}),
        ({"status_ktp_el": "sudah"}, {"status_ktp_el": "S"}),
        ({"peran": "WBP"}, {"peran": "penghuni"}),
        ({"tanggal_lahir": ""}, {"tanggal_lahir": "1990-08-15"}),
        ({"tanggal_lahir": "2090-08-15"}, {"tanggal_lahir": "1990-08-15"}),
        ({"tanggal_lahir": "8/15/1990"}, {"tanggal_lahir": "1990-08-15"}),
        ({"tanggal_masuk": "12/31/2023"}, {"tanggal_masuk": "2023-12-31"}),
        ({"tanggal_masuk": "kemarin"}, {}),
        ({"tanggal_masuk": "31/12/23"}, {"tanggal_masuk": "2023-12-31"}),
        ({"tanggal_lahir": "15/08/90", "nik": ""}, {"tanggal_lahir": "1990-08-15"}),
        ({"nik": "3603049908900001"}, {"nik": "3603041508900001"}),
        ({"nik": "3603049908900001", "tanggal_lahir": "kapan"}, {}),
        ({"nik": "123"}, {}),
        ({"nik": "NIK: 3603041508900001"}, {"nik": "3603041508900001"}),
        ({"nik": "3603041508900001.0"}, {"nik": "3603041508900001"}),
        ({"nik": "36O3O4150890OOO1"}, {"nik": "3603041508900001"}),
        ({"nik": "Tidak ada"}, {"nik": "-"}),
        ({"kode_wilayah_domisili": "11.1"}, {"kode_wilayah_domisili": "11.10"}),
        ({"kode_wilayah_domisili": "3603010001"}, {"kode_wilayah_domisili": "36.03"}),
        ({"kode_wilayah_domisili": "9401010001"}, {}),
        ({"nama": ""}, {}),
    ],
)
def test_what_was_probably_meant_is_proposed(cells, corrected):
    assert proposed(**cells) == corrected


def test_whatever_is_proposed_for_a_code_is_a_code():
    for column, words in MEANT.items():
        for text in words.values():
            assert not isinstance(columns.parse_row({**GOOD, column: text}, today=TODAY), list)
