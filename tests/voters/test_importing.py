"""A voter file becomes voters: good rows in, bad rows kept with every reason, never half of it."""

import csv
import io
import json
import stat
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.utils import timezone

from accounts.models import AuditEntry
from accounts.permissions import SYSTEM
from locations import intake
from locations.models import Batch, Block, Change, Refusal
from tests import factories
from voters import entering, exporting, importing, loading, preparing, registration, tasks, updating
from voters.identity import WrongKeys
from voters.models import NIKVerdict, Register, Voter, VoterIdentity

from .lists import BORN, as_csv, counts, invented_nik, load, load_bytes, prisons, row

pytestmark = pytest.mark.django_db


@pytest.fixture
def prison():
    return prisons()[0]


def everything(prison):
    """A row with every column filled."""
    return row(
        "Budi Santoso",
        kode_lokasi=prison.code,
        blok="Mawar",
        peran="petugas",
        nkk="3603280101100001",
        tempat_lahir="Serang",
        status_kawin="S",
        alamat="Jl. Raya 1",
        rt="001",
        rw="002",
        disabilitas="5",
        status_ktp_el="S",
        kode_wilayah_domisili=factories.HOME,
        tanggal_masuk="2023-05-01",
        tanggal_keluar="2025-05-01",
        pekerjaan="Guru",
        kewarganegaraan="WNI",
        keterangan="pindahan",
    )


def test_a_whole_row_becomes_a_voter_and_a_sealed_identity(prison):
    batch = load(everything(prison))

    voter = Voter.everywhere.get()
    assert counts(batch) == {"rows": 1, "accepted": 1, "updated": 0, "rejected": 0, "duplicates": 0}
    assert (voter.name, voter.block.name, voter.role, voter.birth_year, voter.of_age_on) == (
        "Budi Santoso",
        "Mawar",
        "petugas",
        1990,
        None,
    )
    assert (voter.home_id, voter.home_assumed, voter.marital, voter.arrival) == (
        factories.HOME,
        False,
        "S",
        date(2023, 5, 1),
    )
    assert (voter.location, voter.territory, voter.batch, voter.nik_verdict) == (prison, "36.03", batch, "ok")
    sealed = updating.Stored(
        *VoterIdentity.everywhere.values_list("pk", "key_id", "nik_sealed", "record_sealed").get(),
        None,
        None,
        False,
        "",
        {},
    )
    assert sealed.open_nik() == invented_nik()
    assert sealed.open_record().address == "Jl. Raya 1"
    assert sealed.open_record().birth_date == BORN


def test_nothing_that_identifies_stands_in_the_clear(prison):
    load(everything(prison))

    clear = (
        repr(list(Voter.everywhere.values()))
        + repr(list(Batch.everywhere.values()))
        + repr(list(AuditEntry.everywhere.values()))
    )
    sealed = b"".join(
        bytes(value) for value in VoterIdentity.everywhere.values_list("nik_sealed", "record_sealed").get()
    )
    stored = b"".join(path.read_bytes() for path in [importing.stored_path(Batch.everywhere.get())])
    assert invented_nik() not in clear
    assert "1990-08" not in clear
    for secret in (invented_nik().encode(), b"Jl. Raya", b"1990-08-15", b"3603280101100001"):
        assert secret not in sealed + stored


FAULTS = {
    "nik too short": ({"nik": "36032815089000"}, ("nik", "nik_length")),
    "nik with a month that cannot be": ({"nik": "3603281513900001"}, ("nik", "nik_date")),
    "nik rounded by a spreadsheet": ({"nik": "3.60328E+15"}, ("nik", "nik_scientific")),
    "no such day": ({"tanggal_lahir": "30/02/1990"}, ("tanggal_lahir", "impossible_date")),
    "born in the future": ({"tanggal_lahir": "2090-01-01"}, ("tanggal_lahir", "date_out_of_range")),
    "no such arrival": ({"tanggal_masuk": "2023-13-01"}, ("tanggal_masuk", "impossible_date")),
    "left before coming": (
        {"tanggal_masuk": "2023-02-01", "tanggal_keluar": "2023-01-01"},
        ("tanggal_keluar", "departure_before_arrival"),
    ),
    "no name": ({"nama": ""}, ("nama", "empty")),
    "no birth date": ({"tanggal_lahir": ""}, ("tanggal_lahir", "empty")),
    "unknown sex": ({"jenis_kelamin": "X"}, ("jenis_kelamin", "outside_list")),
    "unknown marital status": ({"status_kawin": "J"}, ("status_kawin", "outside_list")),
    "unknown role": ({"peran": "tamu"}, ("peran", "outside_list")),
    "unknown disability": ({"disabilitas": "9"}, ("disabilitas", "outside_list")),
    "unknown e-KTP status": ({"status_ktp_el": "X"}, ("status_ktp_el", "outside_list")),
    "unknown location": ({"kode_lokasi": "99.99-999"}, ("kode_lokasi", "unknown_location")),
    "no place at all": ({"kode_lokasi": ""}, ("kode_lokasi", "no_place")),
    "unknown home": ({"kode_wilayah_domisili": "99.99.99.9999"}, ("kode_wilayah_domisili", "unknown_region")),
    "home that is no code": ({"kode_wilayah_domisili": "Serang"}, ("kode_wilayah_domisili", "bad_region_code")),
    "unknown region of stay": (
        {"kode_lokasi": "", "kode_wilayah_keberadaan": "99.99"},
        ("kode_wilayah_keberadaan", "unknown_region"),
    ),
    "a point without its other half": (
        {"kode_lokasi": "", "kode_wilayah_keberadaan": "36.03", "bujur": "106"},
        ("lintang", "point_incomplete"),
    ),
    "two faults at once": ({"nama": " ", "jenis_kelamin": ""}, ("nama", "empty"), ("jenis_kelamin", "empty")),
}


def test_one_good_row_and_one_of_each_fault_give_one_voter_and_name_every_fault(prison):
    good = {**everything(prison), "kode_wilayah_keberadaan": "", "lintang": "", "bujur": ""}
    rows = [good] + [{**good, **cells} for cells, *_ in FAULTS.values()]

    batch = load(*rows)

    assert Voter.everywhere.get().name == "Budi Santoso"
    assert counts(batch) == {"rows": len(rows), "accepted": 1, "updated": 0, "rejected": len(FAULTS), "duplicates": 0}
    told = {r.row_number: [(x["column"], x["code"]) for x in r.reasons] for r in Refusal.everywhere.filter(batch=batch)}
    assert told == {number: list(expected) for number, (_, *expected) in enumerate(FAULTS.values(), start=3)}


def test_a_row_with_more_cells_than_the_header_is_refused_alone(prison):
    data = as_csv([row("Budi", kode_lokasi="A")]) + b"Ani,3603281508900002,1990-08-15,L,A,zu,viel\n"

    batch = load_bytes(data)

    assert counts(batch)["rejected"] == counts(batch)["accepted"] == 1
    assert Refusal.everywhere.get().reasons == [{"column": "", "code": "ragged_row", "params": {}}]


def test_refused_rows_are_sealed_and_come_back_with_row_column_and_reason(prison, tmp_path):
    file = tmp_path / "daftar.csv"
    bad = {**everything(prison), "jenis_kelamin": "X", "alamat": 'Jl. "Mawar", 1'}
    file.write_bytes(as_csv([everything(prison), bad]))
    rejects = tmp_path / "ditolak.csv"
    output = io.StringIO()

    call_command("import_voters", str(file), "--rejects", str(rejects), "--json", stdout=output)

    result = json.loads(output.getvalue().splitlines()[-1])
    assert result.pop("seconds") >= 0
    assert result == {
        "rows": 2,
        "accepted": 1,
        "updated": 0,
        "rejected": 1,
        "duplicates": 0,
        "rejects_file": str(rejects),
    }
    assert stat.S_IMODE(rejects.stat().st_mode) == 0o600
    header, refused = csv.reader(rejects.open(encoding="utf-8-sig", newline=""))
    told = dict(zip(header, refused, strict=True))
    assert (told["baris"], told["kolom"], told["alamat"], told["nik"]) == (
        "3",
        "jenis_kelamin",
        'Jl. "Mawar", 1',
        f"'{invented_nik()}",
    )
    assert "outside_list" in told["alasan"]
    assert b"Mawar" not in bytes(Refusal.everywhere.get().row)


def test_what_was_refused_is_said_without_a_file_and_a_place_that_cannot_be_written_before_the_import(prison, tmp_path):
    file, output = tmp_path / "daftar.csv", io.StringIO()
    file.write_bytes(as_csv([row("Budi"), row("Siti", invented_nik()[:12]), row("Ani", jenis_kelamin="X")]))

    with pytest.raises(CommandError, match="tiada"):
        call_command("import_voters", str(file), "--location", "A", "--rejects", str(tmp_path / "tiada" / "x.csv"))
    assert not Voter.everywhere.exists()
    call_command("import_voters", str(file), "--location", "A", stdout=output)

    nik, sex = output.getvalue().splitlines()[-2:]
    assert nik.startswith("3 · nik: ••••••••••••")
    assert sex.startswith("4 · jenis_kelamin: X · ")
    assert invented_nik()[:12] not in output.getvalue()


def test_without_rejects_the_file_is_null_and_all_went_well(prison, tmp_path):
    file = tmp_path / "daftar.csv"
    file.write_bytes(as_csv([row("Budi")]))
    output = io.StringIO()

    call_command("import_voters", str(file), "--location", "A", "--json", stdout=output)

    assert json.loads(output.getvalue())["rejects_file"] is None
    assert Voter.everywhere.get().location == prison


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"nama,tanggal_lahir,jenis_kelamin,kode_lokasi\n", "no_rows"),
        (b"nama,tanggal_lahir,kode_lokasi\nx,y,z\n", "missing_column"),
        (b"nama,tanggal_lahir,jenis_kelamin\nx,y,z\n", "missing_column"),
        (b"nama,nama,tanggal_lahir,jenis_kelamin,kode_lokasi\nx,x,y,z,A\n", "column_twice"),
        (b"PK\x03\x04", "workbook_broken"),
    ],
)
def test_a_file_that_cannot_be_read_changes_nothing_and_says_why(prison, data, code, tmp_path):
    batch = load_bytes(data)

    assert (batch.state, batch.failure["code"]) == ("failed", code)
    assert not Voter.everywhere.exists()
    (tmp_path / "x.csv").write_bytes(data)
    with pytest.raises(CommandError):
        call_command("import_voters", str(tmp_path / "x.csv"))


def test_a_broken_line_far_down_leaves_nothing_of_the_file(prison):
    data = as_csv([row(f"Nama {n}", invented_nik(serial=n + 1), kode_lokasi="A") for n in range(3000)]) + b'"x'

    batch = load_bytes(data)

    assert (batch.state, batch.failure) == ("failed", {"code": "broken_quotes", "row": 3002, "column": None})
    assert not Voter.everywhere.exists()


@pytest.mark.parametrize(("error", "state"), [(OperationalError, "running"), (RuntimeError, "failed")])
def test_a_crash_while_loading_leaves_nothing_and_only_a_lost_database_is_tried_again(
    prison, monkeypatch, error, state
):
    def crash(*args, **kwargs):
        raise error("gone")

    monkeypatch.setattr(entering.changes, "record", crash)

    with pytest.raises(error):
        load(row("Budi", kode_lokasi="A"), {"nama": ""})

    assert not Voter.everywhere.exists()
    assert not Refusal.everywhere.exists()
    assert Batch.everywhere.get().state == state


def test_an_import_whose_worker_was_lost_is_gone_on_with(prison):
    batch = importing.receive(file=io.BytesIO(as_csv([row("Budi", kode_lokasi="A")])), file_name="x.csv", by=SYSTEM)
    assert intake.claim(batch.pk) is not None
    tasks.resume_imports()
    assert not Voter.everywhere.exists()

    Batch.everywhere.update(heartbeat_at=timezone.now() - intake.LOST_AFTER * 2)
    tasks.resume_imports()
    tasks.resume_imports()

    assert Voter.everywhere.count() == 1
    assert Batch.everywhere.get().state == "done"


def test_a_worker_that_was_taken_for_lost_does_not_load_a_second_time(prison):
    batch = importing.receive(file=io.BytesIO(as_csv([row("Budi", kode_lokasi="A")])), file_name="x.csv", by=SYSTEM)
    slow = intake.claim(batch.pk)
    prepared = preparing.prepare(slow, importing.stored_path(slow), lambda rows: None)
    Batch.everywhere.update(heartbeat_at=timezone.now() - intake.LOST_AFTER * 2)
    tasks.run_import(batch_id=str(batch.pk))

    importing._load_with_retries(slow, prepared)

    assert (Voter.everywhere.count(), Batch.everywhere.get().accepted) == (1, 1)


def test_a_batch_is_run_once(prison):
    batch = load(row("Budi", kode_lokasi="A"))

    again = importing.run(batch)

    assert (again.pk, Voter.everywhere.count(), again.accepted) == (batch.pk, 1, 1)


@pytest.mark.parametrize("nik", ["", "-", "0", "0000000000000000", "1111111111111111", "3603281508900000", "'0"])
def test_a_placeholder_is_kept_without_a_nik(prison, nik):
    batch = load(row("Budi", nik, kode_lokasi="A"))

    voter = Voter.everywhere.get()
    assert (voter.nik_verdict, voter.identity.nik_hash, voter.identity.claim) == (NIKVerdict.NONE, None, None)
    assert batch.warnings["no_nik"]["rows"] == [2]


@pytest.mark.parametrize(
    ("nik", "code"),
    [
        (invented_nik(sex="P"), "bad_nik_sex"),
        (invented_nik(date(1990, 8, 16)), "bad_nik_birth_date"),
        (invented_nik(district="999999"), "bad_nik_district"),
    ],
)
def test_a_nik_at_odds_with_the_person_is_kept_with_a_warning_and_claims_nothing(prison, nik, code):
    batch = load(row("Budi", nik, kode_lokasi="A"))

    voter = Voter.everywhere.get()
    assert (voter.nik_verdict, voter.identity.claim) == (NIKVerdict.BAD, None)
    assert batch.warnings[code] == {"count": 1, "rows": [2], "params": {}}


def test_a_nik_with_day_and_month_the_other_way_round_is_told_apart_from_any_other_date(prison):
    batch = load(row("Budi", invented_nik(date(1990, 5, 3)), born=date(1990, 3, 5), kode_lokasi="A"))

    assert Voter.everywhere.get().nik_verdict == NIKVerdict.BAD
    assert batch.warnings["bad_nik_day_month"]["rows"] == [2]
    assert "bad_nik_birth_date" not in batch.warnings


def test_a_nik_and_an_nkk_that_were_exchanged_are_told_from_any_other_fault(prison):
    factories.region("36.03.28")
    nkk = "3603280101050003"
    batch = load(
        row("Budi", nkk, nkk=invented_nik(), kode_lokasi="A"),
        row("Siti", nkk, sex="P", nkk=invented_nik(), kode_lokasi="A"),
    )

    assert batch.warnings["bad_nik_nkk"]["rows"] == [2]
    assert batch.warnings["bad_nik_birth_date"]["rows"] == [3]


def test_an_invented_nik_is_a_nik_in_a_synthetic_register(prison):
    from voters.models import Register

    Register.objects.create(name="contoh", is_synthetic=True)

    load(row("Budi", "3603281508900000", kode_lokasi="A"))

    assert Voter.everywhere.get().nik_verdict == NIKVerdict.OK


def test_a_home_is_found_through_village_retired_code_or_the_nik(prison):
    factories.region("91.01.01", successor="93.01.01")
    load(
        row("Satu", invented_nik(serial=1), kode_lokasi="A", kode_wilayah_domisili="9101012001"),
        row("Dua", invented_nik(serial=2), kode_lokasi="A", kode_wilayah_domisili="36.03.28.9999"),
        row("Tiga", invented_nik(serial=3, district="910101"), kode_lokasi="A"),
        row("Empat", "", kode_lokasi="A"),
    )

    homes = {voter.name: (voter.home_id, voter.home_assumed) for voter in Voter.everywhere.all()}
    assert homes == {
        "Satu": ("93.01.01", False),
        "Dua": ("36.03.28", False),
        "Tiga": ("93.01.01", True),
        "Empat": (None, False),
    }


def test_somebody_young_has_the_day_of_coming_of_age(prison):
    load(row("Muda", born=date(2008, 2, 29), kode_lokasi="A"), row("Tua", born=date(2006, 12, 31), kode_lokasi="A"))

    assert dict(Voter.everywhere.values_list("name", "of_age_on")) == {"Muda": date(2025, 3, 1), "Tua": None}


def test_an_unplaced_voter_stands_in_the_regency_of_the_stay_with_a_cell_instead_of_a_point(prison):
    factories.region("36.71.01.1001")
    load(row("Budi", kode_wilayah_keberadaan="36.71.01.1001", lintang="-6.17", bujur="106,63"))

    voter = Voter.everywhere.get()
    assert (voter.location, voter.stay_id, voter.territory, voter.is_placed) == (None, "36.71.01.1001", "36.71", False)
    assert len(voter.h3_cell) == 15


def test_what_lies_outside_the_territory_does_not_exist(prison):
    operator = factories.user(territory="32.73")

    batch = load(row("Budi", kode_lokasi="A"), row("Ani", kode_wilayah_keberadaan="36.03"), by=operator)

    codes = [reason["code"] for refusal in Refusal.everywhere.order_by("row_number") for reason in refusal.reasons]
    assert codes == ["unknown_location", "outside_territory"]
    assert (batch.territory, batch.accepted) == ("32.73", 0)


def test_the_same_file_again_updates_everybody_and_moves_nothing(prison):
    rows = [row(f"Nama {n}", invented_nik(serial=n + 1), kode_lokasi="A", blok="Mawar") for n in range(5)]
    load(*rows, row("Tanpa", "", kode_lokasi="A"))
    Change.everywhere.all().delete()
    before = list(VoterIdentity.everywhere.order_by("pk").values_list("pk", "claim", "nik_sealed", "record_sealed"))

    batch = load(*rows, row("Tanpa", "", kode_lokasi="A"))

    assert counts(batch) == {"rows": 6, "accepted": 0, "updated": 6, "rejected": 0, "duplicates": 0}
    assert (
        list(VoterIdentity.everywhere.order_by("pk").values_list("pk", "claim", "nik_sealed", "record_sealed"))
        == before
    )
    assert not Change.everywhere.exists()
    assert "block_created" not in batch.warnings


def test_a_new_block_written_almost_like_another_is_named_with_it(prison):
    load(row("Ani", "-", kode_lokasi="A", blok="Mawar 1"))

    batch = load(row("Siti", "-", kode_lokasi="A", blok="MAWAR-01"), row("Budi", "-", kode_lokasi="A", blok="Melati"))

    assert batch.warnings["block_created"]["count"] == 2
    assert (batch.warnings["block_alike"]["count"], batch.warnings["block_alike"]["params"]) == (
        1,
        {"name": "MAWAR-01, Mawar 1"},
    )


@pytest.mark.parametrize("at_a_time", [1, 3, 20_000])
def test_an_update_is_the_same_however_many_stay_in_memory(prison, monkeypatch, at_a_time):
    monkeypatch.setattr(entering, "PEOPLE", at_a_time)
    monkeypatch.setattr(preparing, "CHUNK", 2)
    people = [
        row(f"Warga {chr(65 + n)}", invented_nik(serial=n + 1), alamat=f"Jl. {n}", kode_lokasi="A") for n in range(6)
    ]
    load(*people)
    moved = [
        {**cells, "alamat": f"Jl. Baru {n}", "blok": "Mawar"} if n % 2 else cells for n, cells in enumerate(people)
    ]

    batch = load(*moved, row("Baru", invented_nik(serial=9), kode_lokasi="A"), moved[1])

    assert counts(batch) == {"rows": 8, "accepted": 1, "updated": 7, "rejected": 0, "duplicates": 0}
    told = exporting._cells(Voter.everywhere.order_by("name").values_list("pk", flat=True))
    expected = [("", ""), *((f"Jl. Baru {n}", "Mawar") if n % 2 else (f"Jl. {n}", "") for n in range(6))]
    assert [(cells["alamat"], cells["blok"]) for cells in told] == expected


def test_a_column_the_file_lacks_leaves_what_is_stored_and_an_empty_cell_empties_it(prison):
    load(everything(prison))

    load(row("BUDI SANTOSO", kode_lokasi="A", tanggal_keluar="", alamat=""))

    voter = Voter.everywhere.get()
    assert (voter.name, voter.departure, voter.role, voter.block.name) == ("BUDI SANTOSO", None, "petugas", "Mawar")
    cells = registration.reveal_identity(voter=voter, reason="uji", by=factories.user(territory="36"))
    assert (cells["alamat"], cells["rt"], cells["nkk"]) == ("", "001", "3603280101100001")


def test_an_empty_cell_takes_neither_nkk_nor_home_and_what_it_empties_is_told(prison):
    load(everything(prison))
    home = Voter.everywhere.get().home_id

    batch = load(row("Budi Santoso", kode_lokasi="A", nkk="", kode_wilayah_domisili="", blok="", alamat=""))

    voter = Voter.everywhere.get()
    cells = registration.reveal_identity(voter=voter, reason="uji", by=factories.user(territory="36"))
    assert (voter.home_id, voter.home_assumed, voter.block, cells["nkk"]) == (home, False, None, "3603280101100001")
    assert {"nkk_kept", "home_kept", "emptied"} <= batch.warnings.keys()


def test_a_list_that_names_who_left_or_was_marked_says_so(prison):
    load(row("Budi Santoso", kode_lokasi="A", tanggal_keluar="2024-01-05"))
    Voter.everywhere.update(official_mark="1")
    Register.objects.update_or_create(pk=1, defaults={"name": "uji", "polling_day": date(2024, 2, 14)})

    without_column = load(row("Budi Santoso", kode_lokasi="A"))
    still_there = load(row("Budi Santoso", kode_lokasi="A", tanggal_keluar=""))

    assert {"still_departed", "still_marked"} <= without_column.warnings.keys()
    assert "still_departed" not in still_there.warnings
    assert Voter.everywhere.get().departure is None


def test_what_a_file_has_no_column_for_is_not_missed_of_who_is_known(prison):
    load(everything(prison))

    assert not {"no_nkk", "home_assumed"} & load(row("Budi Santoso", kode_lokasi="A")).warnings.keys()


def test_blank_rows_and_a_header_that_comes_again_are_nobody(prison):
    content = as_csv([row("Budi", kode_lokasi="A"), row("Ani", invented_nik(sex="P"), sex="P", kode_lokasi="A")])
    header, first, second = content.splitlines(keepends=True)

    batch = load_bytes(header + first + b" , ,  \r\n" + header + second)

    assert counts(batch) == {"rows": 2, "accepted": 2, "updated": 0, "rejected": 0, "duplicates": 0}


def test_codes_of_bps_that_were_refused_cast_doubt_on_the_others(prison):
    batch = load(
        row("Budi", kode_lokasi="A", kode_wilayah_domisili="3603040001"),
        row("Ani", invented_nik(sex="P"), sex="P", kode_lokasi="A", kode_wilayah_domisili=factories.HOME),
    )

    assert batch.warnings["bps_suspected"]["rows"] == [2]


def test_how_many_rows_a_workbook_has_is_not_guessed_from_its_bytes(prison):
    batch = importing.receive(file=io.BytesIO(b"PK\x03\x04" + b"\n" * 50), file_name="daftar.xlsx", by=SYSTEM)

    assert batch.rows_total is None


def test_dates_that_begin_with_the_month_cast_doubt_on_the_others(prison):
    born = date(1990, 3, 5)
    american = {"tanggal_lahir": "8/25/1991", "kode_lokasi": "A"}
    taken = {"tanggal_lahir": "05/03/1990", "kode_lokasi": "A"}

    batch = load({**row("Budi", ""), **american}, {**row("Agus", "", born=born), **taken})

    assert batch.warnings["month_first"]["rows"] == [2]
    assert "month_first" not in load({**row("Budi", ""), **american, "tanggal_lahir": "31/31/1991"}).warnings


def test_an_import_may_wait_and_think_for_longer_than_a_page():
    def limits() -> list[str]:
        names = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
        with connection.cursor() as cursor:
            return [cursor.execute(f"SHOW {name}") or cursor.fetchone()[0] for name in names]

    loading.wait_as_long_as_it_takes()

    assert connection.vendor == "sqlite" or limits() == ["0", "0", loading.THINKING]


def test_the_same_person_twice_in_one_file_counts_as_updated_and_the_later_row_wins(prison):
    batch = load(
        row("Budi Santoso", kode_lokasi="A", blok="Mawar"), row("Budi Santosa", kode_lokasi="A", blok="Melati")
    )

    assert counts(batch) == {"rows": 2, "accepted": 1, "updated": 1, "rejected": 0, "duplicates": 0}
    assert Voter.everywhere.get().block.name == "Melati"
    assert batch.warnings["twice_in_file"]["rows"] == [3]


def test_blocks_are_created_once_whatever_their_case(prison):
    load(
        row("Satu", invented_nik(serial=1), kode_lokasi="A", blok="Mawar"),
        row("Dua", invented_nik(serial=2), kode_lokasi="A", blok="MAWAR"),
    )

    assert [block.territory for block in Block.everywhere.all()] == ["36.03"]


def test_changes_and_one_audit_entry_come_with_the_file(prison):
    batch = load(row("Budi", kode_lokasi="A"), row("Ani", invented_nik(sex="P"), sex="P", kode_lokasi="A"))

    assert [change.location for change in Change.everywhere.all()] == [prison]
    entry = AuditEntry.everywhere.get(action="voters.import")
    assert entry.subject_id == str(batch.pk)
    assert entry.details == {"rows": 2, "accepted": 2, "updated": 0, "rejected": 0, "duplicates": 0}


def test_sidalihs_export_is_read_with_the_location_named_once(prison):
    data = (
        "KECAMATAN#KELURAHAN#DPID#NKK#NIK#NAMA#TEMPAT LAHIR#TANGGAL LAHIR#STS KAWIN#KELAMIN#ALAMAT#RT#RW#"
        "DISABILITAS#EKTP#KETERANGAN#SUMBER#TPS#STATUS\n"
        f"CISAUK#DANGDANG#1#3603280101100001#{invented_nik()}#BUDI#SERANG#15|08|1990#B#L#JL A#1#2#0#S##DP4#1#AKTIF\n"
    )

    batch = load_bytes(data.encode(), at=prison)

    assert counts(batch)["accepted"] == 1
    assert batch.warnings["unknown_column"]["params"]["name"].count(", ") == 5


def test_a_file_that_was_changed_on_disk_is_not_read(prison):
    batch = importing.receive(file=io.BytesIO(as_csv([row("Budi", kode_lokasi="A")])), file_name="x.csv", by=SYSTEM)
    path = Path(importing.stored_path(batch))
    path.write_bytes(path.read_bytes()[:-1])

    with pytest.raises(WrongKeys):
        importing.run(batch)


def test_an_upload_and_its_refused_rows_go_after_thirty_days() -> None:
    prisons()
    batch = load(row("Orang Pertama", kode_lokasi="A"), row("", kode_lokasi="A"))
    path = importing.stored_path(batch)
    ended = batch.finished_at
    assert ended is not None

    assert importing.forget_uploads(at=ended + timedelta(days=29)) == 0
    assert (path.exists(), Refusal.everywhere.count()) == (True, 1)

    assert importing.forget_uploads(at=ended + timedelta(days=31)) == 1
    assert (path.exists(), Refusal.everywhere.count()) == (False, 0)
    assert Batch.everywhere.get(pk=batch.pk).rejected == 1
