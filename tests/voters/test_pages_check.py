"""Is a list read as its sender saw and chose it, and not before they say so?"""

import io
from datetime import date, timedelta
from pathlib import Path

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone, translation
from django.utils.translation import gettext

from accounts.models import AuditEntry, Role
from locations.models import Batch, Block
from tests import factories
from voters import confirming, importing, refusals, tasks
from voters.forms import PASTED_CHARACTERS
from voters.models import BatchMissing, KnownHeader, Voter
from voters.reading import Reading, alike

from .lists import as_csv, invented_nik, load, prisons, row

pytestmark = pytest.mark.django_db

UPLOAD = "/pemilih/unggah/"
IN_OTHER_WORDS = (
    "Sebutan;Angka;Hari;Gol;Kamar\n"
    f"Budi Santoso;{invented_nik()};15/08/1990;L;Blok A\n"
    f"Siti Aminah;{invented_nik(sex='P')};15/08/1990;P;BLOK-A\n"
)
TAKEN_FOR = {"kolom-0": "nama", "kolom-1": "nik", "kolom-2": "tanggal_lahir", "kolom-3": "jenis_kelamin"}


@pytest.fixture
def place():
    factories.policy()
    return prisons()[0]


@pytest.fixture
def operator(place):
    return factories.user(territory="36")


@pytest.fixture
def browser(client, operator):
    client.force_login(operator)
    return client


def send(browser, data, *, place=None, name="daftar.csv"):
    """The address where the list is looked at."""
    data = data if isinstance(data, bytes) else data.encode()
    answer = browser.post(UPLOAD, {"berkas": SimpleUploadedFile(name, data), "lokasi": place.pk if place else ""})
    assert answer.status_code == 302, answer.context["form"].errors
    return answer.url


def batch_of(url):
    return Batch.everywhere.get(pk=url.rstrip("/").split("/")[-2])


def press(browser, url, button, place=None, **choices):
    return browser.post(url, {"tindakan": button, "lokasi": place.pk if place else "", **choices})


def imported(browser, url, place=None, **choices):
    """Presses the button and, like the worker, runs what it started."""
    press(browser, url, "impor", place, **choices)
    batch = batch_of(url)
    tasks.run_import(batch_id=str(batch.pk))
    batch.refresh_from_db()
    return batch


def a_workbook(**sheets):
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, cells in enumerate(rows):
                sheet.write_row(number, 0, cells)
    return file.getvalue()


def texts_of(page):
    return [shown["texts"] for shown in page.context["rows"]]


def test_a_list_is_looked_at_before_anything_of_it_is_taken(browser, place):
    url = send(browser, as_csv([row("Budi Santoso"), row("Siti", invented_nik()[:12])]), place=place)

    page = browser.get(url)
    waiting = batch_of(url)
    tasks.resume_imports()

    assert [figure["value"] for figure in page.context["figures"]] == [2, 1, 1]
    assert [(fault["column"], fault["count"]) for fault in page.context["refused"]] == [("nik", 1)]
    assert texts_of(page)[0] == ["Budi Santoso", "36" + "•" * 14, "1990-••-••", "L"]
    assert invented_nik() not in page.content.decode()
    assert (waiting.state, Voter.everywhere.count()) == (Batch.State.CHECKING, 0)
    assert imported(browser, url, place).accepted == 1


def test_each_fault_comes_with_what_was_probably_meant(browser, place):
    rows = [
        row("Budi", jenis_kelamin="Laki-laki"),
        row("Ani", "", jenis_kelamin="X"),
        row("Siti", tanggal_lahir="8/15/1990", jenis_kelamin="Pr"),
        row("Ina", "3603289908900001"),
    ]

    page = browser.get(send(browser, as_csv(rows), place=place))

    faults = {(fault["column"], fault["count"]): fault for fault in page.context["refused"]}
    sex, born, nik = (faults[key] for key in (("jenis_kelamin", 3), ("tanggal_lahir", 1), ("nik", 1)))
    assert sex["examples"] == [("Laki-laki", "L"), ("Pr", "P")]
    assert born["examples"] == [("•/••/1990", "1990-••-••")]
    assert "2" in sex["mended"]
    assert (bool(nik["mended"]), nik["examples"]) == (True, [])
    proposed = [[fault["proposed"] for fault in shown["faults"]] for shown in page.context["rows"]]
    assert proposed == [["L"], [""], ["1990-••-••", "P"], ["36" + "•" * 14]]
    assert "1990-08-15" not in page.content.decode()


def test_columns_are_corrected_and_remembered_for_the_next_list(browser, place):
    url = send(browser, IN_OTHER_WORDS, place=place)
    before = browser.get(url)
    refused = press(browser, url, "impor", place)
    press(browser, url, "lihat", place, **TAKEN_FOR)
    seen = browser.get(url)
    first = imported(browser, url, place)

    again = send(browser, f"{IN_OTHER_WORDS}Ani;-;01/02/1991;P;Blok A\n", place=place)
    page = browser.get(again)

    assert before.context["faults"]
    assert refused.url == url
    assert [figure["value"] for figure in seen.context["figures"]] == [2, 2, 0]
    assert (first.accepted, first.rejected) == (2, 0)
    assert Voter.everywhere.filter(name="Siti Aminah", sex="P").exists()
    assert page.context["known"] == KnownHeader.everywhere.get()
    assert not page.context["faults"]
    assert imported(browser, again, place).rejected == 0
    assert Voter.everywhere.filter(name="Ani").exists()


def test_a_correction_is_remembered_for_its_territory_only(browser, place, client):
    url = send(browser, IN_OTHER_WORDS, place=place)
    press(browser, url, "lihat", place, **TAKEN_FOR)
    imported(browser, url, place)
    client.force_login(factories.user(territory="32"))

    assert client.get(send(client, IN_OTHER_WORDS)).context["known"] is None


def test_a_change_is_looked_at_before_it_is_imported(browser, place):
    url = send(browser, IN_OTHER_WORDS, place=place)

    answer = press(browser, url, "impor", place, **TAKEN_FOR)

    assert answer.url == url
    assert batch_of(url).state == Batch.State.CHECKING


def test_refused_rows_come_back_with_columns_that_are_understood(browser, place):
    url = send(browser, IN_OTHER_WORDS.replace("15/08/1990;P", "15/13/1990;P"), place=place)
    press(browser, url, "lihat", place, **TAKEN_FOR, **{"kolom-4": ""})
    batch = imported(browser, url, place)

    [refused] = browser.get(f"/pemilih/berkas/{batch.pk}/").context["page"]
    rows = browser.get(f"/pemilih/berkas/{batch.pk}/ditolak.csv").getvalue().decode()

    assert refused.column == "tanggal_lahir"
    assert imported(browser, send(browser, rows.replace("15/13", "15/08"), place=place), place).accepted == 1


def test_what_a_column_holds_is_not_shown_before_it_is_known(browser, place):
    page = browser.get(send(browser, IN_OTHER_WORDS, place=place)).content.decode()

    assert "Budi" not in page
    assert "15/08/1990" not in page
    assert "xxxx xxxxxxx" in page


def test_lists_without_a_header_are_not_known_again(browser, place):
    url = send(browser, "Budi Santoso,1990-08-15,L\nAni,1990-08-15,P\n", place=place)
    names = {"kolom-0": "nama", "kolom-1": "tanggal_lahir", "kolom-2": "jenis_kelamin"}
    press(browser, url, "lihat", place, judul="0")
    press(browser, url, "lihat", place, judul="0", **names)

    assert imported(browser, url, place, judul="0").accepted == 2
    assert not KnownHeader.everywhere.exists()


def test_a_button_pressed_too_early_says_what_is_missing(browser, place):
    url = send(browser, IN_OTHER_WORDS, place=place)

    page = browser.post(url, {"tindakan": "impor", "lokasi": place.pk}, follow=True)

    assert "tanggal_lahir" in str(next(iter(page.context["messages"])))


@pytest.mark.parametrize("name", ["Baru", "Lama"])
def test_another_sheet_can_be_chosen(browser, place, name):
    header = ["nama", "tanggal_lahir", "jenis_kelamin"]
    data = a_workbook(Lama=[header, ["Ani", "1990-01-01", "P"]], Baru=[header, ["Budi", "1990-01-01", "L"]])
    url = send(browser, data, place=place, name="daftar.xlsx")

    press(browser, url, "lihat", place, lembar=name)
    page = browser.get(url)
    batch = imported(browser, url, place)

    assert [sheet["value"] for sheet in page.context["sheets"] if sheet["is_current"]] == [name]
    assert Voter.everywhere.get().name == {"Lama": "Ani", "Baru": "Budi"}[name]
    assert batch.warnings["other_sheets"]["params"]["name"] == ("Baru" if name == "Lama" else "Lama")


BLOCKS = {
    "Rekap": [["Blok", "Jumlah"], ["A", 1]],
    **{
        f"Blok {letter}": [["nama", "tanggal_lahir", "jenis_kelamin"], [f"Warga {letter}", "1990-01-01", "L"]]
        for letter in "ABC"
    },
}


def test_a_workbook_with_a_sheet_for_each_block_comes_in_sheet_by_sheet(browser, place):
    data = a_workbook(**BLOCKS)
    url = send(browser, data, place=place, name="daftar.xlsx")
    assert browser.get(url).context["further"] == "Blok B, Blok C"
    first = imported(browser, url, place)
    page = browser.get(f"/pemilih/berkas/{first.pk}/")
    assert page.context["further"] == ["Blok B", "Blok C"]

    second = browser.post(f"/pemilih/berkas/{first.pk}/lembar/", {"lembar": "Blok C"}).url
    looked_at = browser.get(second)
    assert [sheet["value"] for sheet in looked_at.context["sheets"] if sheet["is_current"]] == ["Blok C"]
    assert looked_at.context["same"] is None
    imported(browser, second, place)
    third = send(browser, data, place=place, name="daftar.xlsx")
    imported(browser, third, place)

    assert [voter.name for voter in Voter.everywhere.order_by("name")] == ["Warga A", "Warga B", "Warga C"]
    assert browser.get(f"/pemilih/berkas/{first.pk}/").context["further"] == []
    assert send(browser, data, place=place, name="daftar.xlsx") == third
    refused = browser.post(f"/pemilih/berkas/{first.pk}/lembar/", {"lembar": "Rekap"})
    assert (refused.url, Batch.everywhere.count()) == (f"/pemilih/berkas/{first.pk}/", 3)


def test_whom_a_further_sheet_of_a_replacing_list_names_is_missed_no_more(browser, place):
    load(*(row(f"Warga {letter}", "", born=date(1990, 1, 1)) for letter in "ABD"), at=place)
    answer = browser.post(
        UPLOAD, {"berkas": SimpleUploadedFile("x.xlsx", a_workbook(**BLOCKS)), "lokasi": place.pk, "cara": "replace"}
    )
    first = imported(browser, answer.url, place)
    assert BatchMissing.everywhere.filter(batch=first).count() == 2

    imported(browser, browser.post(f"/pemilih/berkas/{first.pk}/lembar/", {"lembar": "Blok B"}).url, place)

    assert [missed.voter.name for missed in BatchMissing.everywhere.all()] == ["Warga D"]


def test_another_row_can_be_the_header(browser, place):
    data = "nama,nik\nNama,Lahir,JK\nBudi,1990-01-01,L\n"
    url = send(browser, data, place=place)

    press(browser, url, "lihat", place, judul="2")
    press(browser, url, "lihat", place, **{"kolom-1": "tanggal_lahir", "kolom-2": "jenis_kelamin"})

    assert imported(browser, url, place).accepted == 1


def test_pasted_rows_without_a_header_are_a_list(browser, place):
    pasted = "Budi Santoso\t1990-08-15\tL\r\nSiti Aminah\t1990-08-15\tP\r\n"
    answer = browser.post(UPLOAD, {"tempel": pasted, "lokasi": place.pk})

    press(browser, answer.url, "lihat", place, judul="0")
    names = {"kolom-0": "nama", "kolom-1": "tanggal_lahir", "kolom-2": "jenis_kelamin"}
    press(browser, answer.url, "lihat", place, **names)
    batch = imported(browser, answer.url, place)

    assert (batch.rows, batch.accepted) == (2, 2)


@pytest.mark.parametrize("sent", [{}, {"tempel": "\n"}, {"tempel": "nama"}, {"tempel": "nama\nBudi", "berkas": True}])
def test_nothing_or_two_things_are_no_list(browser, place, sent):
    if "berkas" in sent:
        sent = {**sent, "berkas": SimpleUploadedFile("a.csv", as_csv([row("Budi")]))}

    page = browser.post(UPLOAD, {**sent, "lokasi": ""})

    assert page.context["form"].errors
    assert not Batch.everywhere.exists()


def test_a_citizen_is_shown_as_one_whether_the_row_is_taken_or_not(browser, place):
    data = "nama,tanggal_lahir,jenis_kelamin,kewarganegaraan\nBudi,1990-08-15,L,WNI\nSiti,1990-08-15,?,WNI\n"

    page = browser.get(send(browser, data, place=place))

    assert [texts[-1] for texts in texts_of(page)] == ["WNI", "WNI"]


def test_decimals_in_sentences_are_written_as_the_reader_writes_them():
    reason = {"code": "out_of_range", "params": {"least": -11.5, "most": 6.5}}

    with translation.override("id"):
        assert "-11,5" in refusals.sentence(reason)


def test_too_much_to_paste_is_said_and_never_cut(browser, place, settings):
    assert "maxlength" not in str(browser.get(UPLOAD).context["form"]["tempel"])
    pasted = "nama\tnik\n" + "Budi\t-\n" * (PASTED_CHARACTERS // 7)

    answer = browser.post(UPLOAD, {"tempel": pasted, "lokasi": place.pk})

    assert [error.code for error in answer.context["form"].errors.as_data()["tempel"]] == ["max_length"]
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    answer = browser.post(UPLOAD, {"tempel": pasted, "lokasi": place.pk})
    assert answer.status_code == 413
    assert gettext("This was too much at once") in answer.content.decode()
    assert not Batch.everywhere.exists()


def test_alike_names_become_one_block(browser, place):
    Block.everywhere.create(location=place, territory=place.territory, name="blok.a")
    data = as_csv(
        [row(f"Warga {n}", "-", blok=name) for n, name in enumerate(["Blok A", "BLOK-A", "Blok  a", "B 1", "blok.a"])]
    )
    url = send(browser, data, place=place)

    page = browser.get(url)
    [group] = page.context["alike"]
    imported(browser, url, place, gabung=group["value"], **{f"nama|{group['value']}": "blok.a"})

    assert [warning["count"] for warning in page.context["warnings"] if not warning["rows"]] == [1]
    assert {name["name"]: name["count"] for name in group["names"]} == {"blok.a": 1, "Blok A": 2, "BLOK-A": 1}
    assert sorted(Voter.everywhere.values_list("block__name", flat=True)) == ["B 1", *["blok.a"] * 4]


def test_blocks_that_are_not_said_to_be_one_stay_apart(browser, place):
    data = as_csv([row(f"Warga {n}", "-", blok=name) for n, name in enumerate(["Blok A", "BLOK-A"])])

    imported(browser, send(browser, data, place=place), place)

    assert sorted(Block.everywhere.values_list("name", flat=True)) == ["BLOK-A", "Blok A"]


@pytest.mark.parametrize(
    ("name", "other", "are_alike"),
    [
        ("Blok A", "BLOK-A", True),
        ("Blok A", "blok.a", True),
        ("Blok 01", "blok-1", True),
        ("Blok 1 2", "Blok 12", False),
        ("Blok 10", "Blok 1", False),
        ("Blok A", "Blok B", False),
    ],
)
def test_what_is_alike(name, other, are_alike):
    assert (alike(name) == alike(other)) is are_alike


def test_a_second_click_on_import_starts_nothing(browser, place, monkeypatch, django_capture_on_commit_callbacks):
    rung = []
    monkeypatch.setattr(tasks.run_import, "apply_async", lambda **message: rung.append(message))
    url = send(browser, as_csv([row("Budi")]), place=place)

    with django_capture_on_commit_callbacks(execute=True):
        answers = [press(browser, url, "impor", place) for _ in range(2)]

    assert len(rung) == 1
    assert {answer.url for answer in answers} == {f"/pemilih/berkas/{batch_of(url).pk}/"}
    assert AuditEntry.everywhere.filter(action="voters.confirm").count() == 1


def test_two_who_confirm_at_once_are_one(place, operator):
    batch = importing.receive(
        file=io.BytesIO(as_csv([row("Budi")])), file_name="a.csv", location=place, by=operator, is_checked=True
    )
    reading = Reading(mapping=("nama", "nik", "tanggal_lahir", "jenis_kelamin"))
    header = ["nama", "nik", "tanggal_lahir", "jenis_kelamin"]

    done = [
        confirming.confirm(batch=batch, reading=reading, header=header, location=place, by=operator) for _ in range(2)
    ]

    assert done == [True, False]
    assert not KnownHeader.everywhere.exists()


def test_a_list_left_unconfirmed_is_found_again_and_gone_on_with(browser, place):
    data = as_csv([row("Budi")])
    url = send(browser, data, place=place)

    [waiting] = [item for item in browser.get("/").context["todo"] if "keadaan=checking" in item["url"]]
    [line] = browser.get(waiting["url"]).context["page"]
    way_on = browser.get(line["url"])
    again = send(browser, data, place=place)

    assert (way_on.url, again) == (url, url)


def test_a_list_can_be_discarded(browser, place):
    url = send(browser, as_csv([row("Budi")]), place=place)
    path = importing.stored_path(batch_of(url))

    press(browser, url, "buang")

    assert not path.exists()
    assert not Batch.everywhere.exists()
    assert AuditEntry.everywhere.filter(action="voters.discard").exists()


def test_a_list_that_nobody_confirms_is_forgotten_after_a_week(browser, place):
    url = send(browser, as_csv([row("Budi")]), place=place)
    path = importing.stored_path(batch_of(url))

    assert importing.forget_uploads(at=timezone.now() + timedelta(days=6)) == 0
    assert importing.forget_uploads(at=timezone.now() + timedelta(days=8)) == 1
    assert not Batch.everywhere.exists()
    assert not Path(path).exists()


def test_a_list_is_known_again_by_another_way(browser, place, operator):
    load(row("Budi", kode_lokasi="A"), by=operator)
    Batch.everywhere.update(received_at=timezone.now() - timedelta(days=3))

    page = browser.get(send(browser, as_csv([row("Budi", kode_lokasi="A")])))

    assert page.context["same"].state == Batch.State.DONE


def test_only_the_own_territory_looks_at_a_list(browser, place, client):
    url = send(browser, as_csv([row("Budi")]), place=place)

    client.force_login(factories.user(territory="32"))
    foreign = [
        client.get(url).status_code,
        press(client, url, "impor").status_code,
        press(client, url, "buang").status_code,
    ]
    client.force_login(factories.user(Role.REVIEWER))
    reading = [client.get(url).status_code, press(client, url, "impor").status_code]

    assert (foreign, reading) == ([404] * 3, [403] * 2)
    assert batch_of(url).state == Batch.State.CHECKING


@pytest.mark.parametrize(
    "choices",
    [
        {"lembar": "tidak ada"},
        {"judul": "99"},
        {"judul": "x"},
        {"kolom-0": "password"},
        {"lokasi": "x"},
        {"gabung": "A|bloka", "nama|A|bloka": "Lain"},
        {"gabung": "|", "nama||": ""},
        {"gabung": "A|bloka", "nama|A|bloka": "Blok\0A"},
        {"gabung": "A\0|bloka", "nama|A\0|bloka": "Blok A"},
        {"lembar": "a\0"},
    ],
    ids=str,
)
def test_nonsense_changes_nothing(browser, place, choices):
    url = send(browser, as_csv([row("Budi", blok="Blok A")]), place=place)

    answer = browser.post(url, {"tindakan": "lihat", "lokasi": place.pk, **choices})

    assert answer.url == url
    assert browser.get(url).context["figures"][1]["value"] == 1
    assert imported(browser, url, place).accepted == 1


def test_a_list_whose_columns_no_longer_fit_is_read_otherwise_and_goes_on(browser, place, operator):
    """The choice was made for another header, or by a version of the program with other columns."""
    url = send(browser, IN_OTHER_WORDS, place=place)
    batch = batch_of(url)
    chosen = Reading(header_row=1, mapping=("nama", "nik")).as_json()
    Batch.everywhere.filter(pk=batch.pk).update(reading=chosen, state=Batch.State.RECEIVED)
    importing.run(batch)
    page = f"/pemilih/berkas/{batch.pk}/"
    assert "ulang" in browser.get(page).content.decode()

    browser.post(url, {"tindakan": "ulang"})
    assert browser.post(url, {"tindakan": "ulang"}).status_code == 302  # pressed twice
    press(browser, url, "lihat", place, **TAKEN_FOR)
    batch = imported(browser, url, place, **TAKEN_FOR)

    assert (batch.state, batch.accepted, batch.failure) == (Batch.State.DONE, 2, {})
    assert AuditEntry.everywhere.filter(action="voters.look_again").count() == 1


def test_a_list_that_is_looked_at_again_is_kept_as_long_as_a_new_one(browser, place, operator):
    batch = batch_of(send(browser, IN_OTHER_WORDS, place=place))
    failed = {"state": Batch.State.FAILED, "failure": {"code": "missing_column", "row": 1, "column": "nama"}}
    Batch.everywhere.update(received_at=timezone.now() - timedelta(days=20), **failed)
    batch.refresh_from_db()
    assert confirming.look_again(batch=batch, by=operator)

    importing.forget_uploads(at=timezone.now() + timedelta(days=6))
    assert Batch.everywhere.get().state == Batch.State.CHECKING

    importing.forget_uploads(at=timezone.now() + timedelta(days=8))
    assert not Batch.everywhere.exists()


def test_what_no_choice_can_mend_is_not_offered_to_be_read_otherwise(browser, place, operator):
    batch = batch_of(send(browser, IN_OTHER_WORDS, place=place))
    failed = {"state": Batch.State.FAILED, "failure": {"code": "broken_quotes", "row": 3, "column": None}}
    Batch.everywhere.update(**failed)
    batch.refresh_from_db()

    assert not browser.get(f"/pemilih/berkas/{batch.pk}/").context["may_be_read_otherwise"]
    assert not confirming.look_again(batch=batch, by=operator)
