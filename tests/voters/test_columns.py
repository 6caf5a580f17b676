"""One good row is taken; each kind of bad row is refused with its column and its reason."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voters import columns
from voters.columns import ParsedRow, parse_row

TODAY = date(2024, 2, 1)
GOOD = {
    "kode_lokasi": "36.03-001",
    "nik": "3603041508900001",
    "nama": "Budi Santoso",
    "tanggal_lahir": "1990-08-15",
    "jenis_kelamin": "L",
}


def parse(**cells: str) -> ParsedRow:
    row = parse_row({**GOOD, **cells}, today=TODAY)
    assert isinstance(row, ParsedRow), row
    return row


def faults(**cells: str) -> list[tuple[str, str]]:
    row = parse_row({**GOOD, **cells}, today=TODAY)
    assert isinstance(row, list), row
    return [(fault.column, fault.code) for fault in row]


def test_the_least_row_is_taken_with_what_the_empty_cells_mean():
    row = parse()

    assert (row.role, row.is_foreign, row.arrival, row.disability, row.is_military_police) == (
        "penghuni",
        False,
        None,
        "",
        False,
    )


@pytest.mark.parametrize(
    "text",
    [
        "1990-12-31",
        "31|12|1990",
        "31-12-1990",
        "31/12/1990",
        " 31/12/1990 ",
        "1990-12-31 00:00:00",
        "31/12/1990 00:00",
        "33238",
        "33238.0",
    ],
)
def test_dates_come_in_four_forms_with_midnight_or_as_the_day_of_a_spreadsheet(text):
    assert parse(tanggal_masuk=text).arrival == date(1990, 12, 31)


@pytest.mark.parametrize("text", ["31/02/1990", "00/00/0000", "31-12/1990", "12/31/1990", "١/١/١٩٩٠", "133123"])
def test_a_date_that_cannot_be_is_refused(text):
    assert faults(tanggal_lahir=text) == [("tanggal_lahir", "impossible_date")]


@pytest.mark.parametrize(
    ("cells", "refused"),
    [
        ({"nama": ""}, ("nama", "empty")),
        ({"nama": "..."}, ("nama", "no_letters")),
        ({"nama": "x" * 151}, ("nama", "too_long")),
        ({"tanggal_lahir": ""}, ("tanggal_lahir", "empty")),
        ({"tanggal_lahir": "2024-02-02"}, ("tanggal_lahir", "date_out_of_range")),
        ({"tanggal_lahir": "1790-02-02"}, ("tanggal_lahir", "date_out_of_range")),
        ({"jenis_kelamin": ""}, ("jenis_kelamin", "empty")),
        ({"jenis_kelamin": "X"}, ("jenis_kelamin", "outside_list")),
        ({"peran": "tamu"}, ("peran", "outside_list")),
        ({"status_kawin": "K"}, ("status_kawin", "outside_list")),
        ({"disabilitas": "7"}, ("disabilitas", "outside_list")),
        ({"status_ktp_el": "X"}, ("status_ktp_el", "outside_list")),
        ({"kewarganegaraan": "62"}, ("kewarganegaraan", "outside_list")),
        ({"nik": "360304150890001"}, ("nik", "nik_length")),
        ({"nik": "3603043208900001"}, ("nik", "nik_date")),
        ({"nik": "3,60304E+15"}, ("nik", "nik_scientific")),
        ({"kode_wilayah_domisili": "36.3.4"}, ("kode_wilayah_domisili", "bad_region_code")),
        ({"kode_wilayah_domisili": "36"}, ("kode_wilayah_domisili", "bad_region_code")),
        (
            {"tanggal_masuk": "2024-01-02", "tanggal_keluar": "2024-01-01"},
            ("tanggal_keluar", "departure_before_arrival"),
        ),
        ({"tanggal_keluar": "kapan"}, ("tanggal_keluar", "impossible_date")),
        ({"tanggal_masuk": "1990-08-14"}, ("tanggal_masuk", "arrival_before_birth")),
        ({"kode_wilayah_domisili": "3603040"}, ("kode_wilayah_domisili", "bps_code")),
        ({"kode_wilayah_domisili": "3603040001"}, ("kode_wilayah_domisili", "bps_code")),
        ({"kode_wilayah_domisili": "11.1"}, ("kode_wilayah_domisili", "region_rounded")),
        ({"kode_wilayah_domisili": "11,1"}, ("kode_wilayah_domisili", "region_rounded")),
        ({"nik": "36••••••••••••••"}, ("nik", "hidden")),
        ({"tanggal_lahir": "1990-••-••"}, ("tanggal_lahir", "hidden")),
        ({"kode_lokasi": ""}, ("kode_lokasi", "no_place")),
        ({"kode_lokasi": "", "kode_wilayah_keberadaan": "36.03", "lintang": "1"}, ("lintang", "point_incomplete")),
        (
            {"kode_lokasi": "", "kode_wilayah_keberadaan": "36.03", "lintang": "91", "bujur": "100"},
            ("lintang", "out_of_range"),
        ),
        ({"bujur": "timur"}, ("bujur", "bad_number")),
    ],
)
def test_each_kind_of_fault_is_named_with_its_column(cells, refused):
    assert faults(**cells) == [refused]


def test_a_code_that_lost_its_zero_comes_with_the_one_proposed():
    row = parse_row({**GOOD, "kode_wilayah_domisili": "11.1"}, today=TODAY)

    assert isinstance(row, list)
    assert row[0].params == {"proposed": "11.10"}


def test_a_code_of_kemendagri_without_dots_is_none_of_bps():
    assert {parse(kode_wilayah_domisili=f"360304{first}001").home_code[-4] for first in "123"} == {"1", "2", "3"}


@pytest.mark.parametrize(
    ("cells", "warning"),
    [
        ({"nkk": ""}, "no_nkk"),
        ({"nkk": "0"}, "no_nkk"),
        ({"tanggal_lahir": "1918-08-15"}, "age_unlikely"),
        ({"tanggal_lahir": "2015-08-15"}, "age_unlikely"),
        ({"tanggal_lahir": "05/03/1990"}, "ambiguous_date"),
        ({"tanggal_masuk": "5-3-2023"}, "ambiguous_date"),
        ({"tanggal_lahir": "03/05/1990", "nik": "3603040305900001", "tanggal_keluar": "4/5/2024"}, ""),
        ({"tanggal_masuk": "05/03/2023", "tanggal_keluar": "25/03/2024"}, ""),
        ({"tanggal_lahir": "15/08/1990", "tanggal_masuk": "05/03/2023"}, ""),
        ({"tanggal_masuk": "05|03|2023"}, ""),
        ({"tanggal_masuk": "05/05/2023"}, ""),
        ({"tanggal_lahir": "1919-08-15"}, ""),
        ({"tanggal_lahir": "2014-08-15"}, ""),
    ],
)
def test_what_is_unlikely_is_taken_and_told(cells, warning):
    row = parse(**{"nkk": "3603040101100002", **cells})

    assert row.warnings == ((warning,) if warning else ())


def test_all_faults_of_a_row_are_told_at_once():
    assert faults(nama="", jenis_kelamin="X", nik="1") == [("nama", "empty"), ("jenis_kelamin", "outside_list")]
    assert faults(nama="", nik="12") == [("nama", "empty"), ("nik", "nik_length")]


def test_every_code_has_a_sentence():
    used = {code for _, code in [faults(nik="12")[0], faults(nama="")[0], faults(kode_lokasi="")[0]]}

    assert used <= columns.MESSAGES.keys()


@pytest.mark.parametrize("text", ["0", "-", "", "1111111111111111", "3603041508900000", "'0"])
def test_a_placeholder_is_kept_as_no_nik(text):
    assert parse(nik=text).nik == ""


def test_a_synthetic_register_takes_invented_niks_as_niks():
    row = parse_row({**GOOD, "nik": "3603041508900000"}, today=TODAY, synthetic=True)

    assert isinstance(row, ParsedRow)
    assert row.nik == "3603041508900000"


@pytest.mark.parametrize("text", ["36.03.04.2001", "3603042001"])
def test_a_home_is_written_with_or_without_dots(text):
    assert parse(kode_wilayah_domisili=text).home_code == "36.03.04.2001"


@pytest.mark.parametrize("text", ["TNI", "polri", "Tentara Nasional Indonesia (TNI)"])
def test_soldiers_and_police_are_known_by_their_occupation(text):
    assert parse(pekerjaan=text).is_military_police
    assert not parse(pekerjaan="Purnawirawan TNI").is_military_police


def test_who_is_no_indonesian_is_a_foreigner():
    assert not parse(kewarganegaraan="wni").is_foreign
    assert parse(kewarganegaraan="WNA").is_foreign
    assert parse(kewarganegaraan="Papua Nugini").is_foreign


def test_somebody_without_a_location_stands_where_they_stay():
    row = parse(kode_lokasi="", kode_wilayah_keberadaan="3603", lintang="-6,17", bujur="106.63")

    assert (row.location_code, row.stay_code, row.latitude, row.longitude) == ("", "36.03", -6.17, 106.63)


def test_one_location_named_for_the_whole_file_fills_the_rows_that_name_none():
    row = parse_row({**GOOD, "kode_lokasi": ""}, today=TODAY, location_code="X")

    assert isinstance(row, ParsedRow)
    assert row.location_code == "X"


def test_a_location_outweighs_a_region_of_stay():
    row = parse(kode_wilayah_keberadaan="36.03", lintang="-6.1", bujur="106.6")

    assert (row.stay_code, row.latitude) == ("", None)
    assert "stay_ignored" in row.warnings


def test_no_fault_shows_a_nik_or_a_birth_date():
    row = parse_row(
        {**GOOD, "nik": "36030415089000019", "jenis_kelamin": "3603041508900001", "tanggal_lahir": "15/08/19901"},
        today=TODAY,
    )

    assert isinstance(row, list)
    assert not any(part in repr(row) for part in ("3603", "1990", "0890"))


SIDALIH = (
    "KECAMATAN#KELURAHAN#DPID#NKK#NIK#NAMA#TEMPAT LAHIR#TANGGAL LAHIR#STS KAWIN#KELAMIN#"
    "ALAMAT#RT#RW#DISABILITAS#EKTP#KETERANGAN#SUMBER#TPS#STATUS"
)


def test_sidalihs_own_headers_are_understood():
    layout = columns.match_header(SIDALIH.split("#"))
    cells = [
        "CISAUK",
        "DANGDANG",
        "1",
        "3603041508900002",
        "3603041508900001",
        "BUDI",
        "TANGERANG",
        "15|08|1990",
        "B",
        "L",
        "JL A",
    ]
    row = columns.parse_texts(
        columns.in_order(layout)([*cells, "1", "2", "0", "S", "", "DP4", "1", "AKTIF"]), today=TODAY, location_code="X"
    )

    assert isinstance(row, ParsedRow)
    assert (row.name, row.birth_date, row.marital, row.ektp, row.birthplace) == (
        "BUDI",
        date(1990, 8, 15),
        "B",
        "S",
        "TANGERANG",
    )
    assert layout.unknown == ("KECAMATAN", "KELURAHAN", "DPID", "SUMBER", "TPS", "STATUS")
    assert columns.missing_columns(layout, location_code="X") == ()
    assert columns.missing_columns(layout) == ("kode_lokasi",)


def test_columns_come_in_any_order_with_any_case_and_blanks():
    layout = columns.match_header([" Nama ", "JENIS KELAMIN", "tanggal_lahir\u00a0", "Hobi", "nama"])

    assert layout.unknown == ("Hobi",)
    assert layout.twice == ("nama",)
    assert columns.missing_columns(layout, location_code="X") == ()


def test_what_prisons_and_schools_call_their_columns_is_understood():
    layout = columns.match_header([
        "No", "Nama WBP", "Tgl. Lahir", "L/P", "No KTP", "Nomor KK", "Alamat Asal", "Status KTP", "Kode Domisili", "Tgl Masuk",
        "Tgl. Bebas", "Ket.",
    ])  # fmt: skip

    assert [column.header for _, column in layout.columns] == [
        "nama", "tanggal_lahir", "jenis_kelamin", "nik", "nkk", "alamat", "status_ktp_el", "kode_wilayah_domisili",
        "tanggal_masuk", "tanggal_keluar", "keterangan",
    ]  # fmt: skip
    assert layout.unknown == ("No",)


@given(st.dictionaries(st.sampled_from(columns.HEADERS), st.text(max_size=30)))
def test_any_cells_at_all_get_an_answer(cells):
    row = parse_row({**GOOD, **cells}, today=TODAY)

    assert isinstance(row, ParsedRow) or all(fault.code in columns.MESSAGES for fault in row)


@pytest.mark.parametrize(
    "text",
    ["17/08/1990", "17.08.1990", "1990/08/17", "17 Agustus 1990", "17-Aug-1990", "17 agt 1990", "1990-08-17 07:00:00"],
)
def test_a_date_in_any_usual_spelling_is_understood(text):
    assert parse(tanggal_lahir=text, nik="").birth_date == date(1990, 8, 17)


@pytest.mark.parametrize("text", ["1990-08-16 17:00:00", "17 Brumaire 1990", "30 Februari 1990"])
def test_a_date_that_may_be_another_day_is_refused(text):
    assert faults(tanggal_lahir=text) == [("tanggal_lahir", "impossible_date")]


@pytest.mark.parametrize("text", ["Blitar, 17-08-1990", "Kota Blitar / 17 Agustus 1990", "Blitar 17.08.1990"])
def test_place_and_date_of_birth_may_stand_in_one_column(text):
    row = parse_row({**GOOD, "tempat_lahir": "", "tanggal_lahir": text, "nik": ""}, today=TODAY)

    assert (row.birth_date, row.birthplace.removeprefix("Kota ")) == (date(1990, 8, 17), "Blitar")


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"tanggal_lahir": "B" * 101 + ", 15-08-1990"}, {"tanggal_lahir": "too_long"}),
        ({"nama": "Budi 3603 0415 0890 0001"}, {"nama": "nik_in_text"}),
        ({"blok": "3603041508900001"}, {"blok": "nik_in_text"}),
        ({"tanggal_masuk": "2224-01-01"}, {"tanggal_masuk": "date_out_of_range"}),
        ({"tanggal_masuk": "", "tanggal_keluar": "1024-01-01"}, {"tanggal_keluar": "date_out_of_range"}),
        ({"tanggal_keluar": "2999-01-01"}, {"tanggal_keluar": "date_out_of_range"}),
    ],
)
def test_what_stands_in_the_wrong_column_or_century_is_refused(cells, expected):
    assert faults(**cells) == list(expected.items())


@pytest.mark.parametrize(("text", "warned"), [("INA", False), ("WNA", False), ("Belanda", True), ("Islam", True)])
def test_who_is_taken_for_a_foreigner_by_an_unusual_word_is_told(text, warned):
    assert ("foreign_assumed" in parse(kewarganegaraan=text).warnings) is warned


def test_a_nik_is_read_as_other_programs_write_it():
    for text in ('="3603041508900001"', "3603-0415-0890-0001", "'3603041508900001"):
        assert parse(nik=text).nik == "3603041508900001"


def test_a_nkk_that_lost_its_digits_is_told_apart_from_a_wrong_one():
    assert "nkk_rounded" in parse(nkk="3,60328E+15").warnings


@pytest.mark.parametrize(
    ("text", "serves", "unclear"),
    [
        ("TNI-AD", True, False),
        ("Anggota Polri", True, False),
        ("Purn. TNI", False, False),
        ("PNS TNI", False, True),
        ("Petani", False, False),
    ],
)
def test_who_serves_is_known_in_the_usual_spellings_and_else_somebody_looks(text, serves, unclear):
    row = parse(pekerjaan=text)

    assert (row.is_military_police, "service_unclear" in row.warnings) == (serves, unclear)
