"""Which column of the file of special locations is which field, and how is its cell read? For import, form and export."""

from __future__ import annotations

from typing import Final

from .cells import Column, count_of, names_of, number_of, one_of, parse_date, parse_region, text_of
from .models import Kind, Subkind

NOTES_LENGTH: Final = 2000
MOST_PEOPLE: Final = 1_000_000
MOST_TPS: Final = 999

COLUMNS: Final = (
    Column("kode_lokasi", "code", text_of(40)),
    Column("nama", "name", text_of(200)),
    Column("kategori", "kind", one_of({kind: kind for kind in Kind.values})),
    Column("jenis", "subkind", one_of({"": "", **{subkind: subkind for subkind in Subkind.values}})),
    Column("kode_wilayah", "region", parse_region),
    Column("alamat", "address", text_of(300)),
    Column("lintang", "latitude", number_of(-11.5, 6.5)),
    Column("bujur", "longitude", number_of(94.5, 141.5)),
    Column("penanggung_jawab", "person_in_charge", text_of(150)),
    Column("jabatan", "position", text_of(150)),
    Column("telepon", "phone", text_of(40)),
    Column("nomor_surat", "letter_number", text_of(100)),
    Column("tanggal_surat", "letter_date", parse_date),
    Column("kapasitas", "capacity", count_of(0, MOST_PEOPLE)),
    Column("perkiraan_pemilih", "estimated_voters", count_of(0, MOST_PEOPLE)),
    Column("tps_diminta", "requested_tps", count_of(1, MOST_TPS)),
    Column("alasan_tps", "requested_tps_reason", text_of(300)),
    Column("keterangan", "notes", text_of(NOTES_LENGTH)),
)
NAMES: Final = names_of(COLUMNS)
REQUIRED: Final = ("kode_lokasi", "nama", "kategori", "kode_wilayah")
BY_FIELD: Final = {column.field: column for column in COLUMNS}
FIELDS: Final = tuple(column.field for column in COLUMNS)
