"""The strike list goes to the home regency and comes back answered; nobody else can answer for it."""

import io
import threading

import openpyxl
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.utils.translation import gettext

from accounts.models import AuditEntry, Role
from locations.cells import CellFault
from locations.models import Batch, Refusal
from tests import factories
from tests.mapping.test_api import Api
from tests.voters.lists import counts
from voters import answers, exporting, references, strikes
from voters.models import Strike

pytestmark = pytest.mark.django_db
HOME = factories.HOME[:5]
PAGE = "/pemilih/coret/"


@pytest.fixture
def clerk():
    return factories.user(Role.OPERATOR, HOME)


def struck(name="Budi Santoso", territory=HOME, **fields):
    voter = factories.voter(factories.special_location(), name=name, home=factories.region(factories.HOME))
    return Strike.everywhere.create(territory=territory, voter=voter, **fields)


def reference(strike):
    return references.reference_of(references.STRIKE, strike.pk)


def come_back(by, *rows, header="referensi,nama,jawaban"):
    text = "\n".join([header, *(",".join(row) for row in rows)])
    return answers.load(file=io.BytesIO(text.encode()), file_name="jawaban.csv", by=by)


def answer_of(strike):
    strike.refresh_from_db()
    return strike.answer


def reasons_of(batch):
    found = Refusal.everywhere.filter(batch=batch).order_by("row_number")
    return [(row.row_number, reason["column"], reason["code"]) for row in found for reason in row.reasons]


def test_a_reference_finds_its_row_however_it_was_typed():
    for number in (1, 31, 32, 12_345, 2**40):
        text = references.reference_of(references.STRIKE, number)
        assert references.number_of(references.STRIKE, f" {text.lower().replace('0', 'o')} ") == number


@pytest.mark.parametrize(
    "spoil", [lambda text: text[:-1], lambda text: "D" + text[1:], lambda text: "C-1-" + text[-3:]]
)
def test_a_reference_with_a_typing_error_finds_nobody(spoil):
    text = references.reference_of(references.STRIKE, 12_345)

    with pytest.raises(CellFault, match="bad_reference"):
        references.number_of(references.STRIKE, spoil(text))


def test_each_answer_is_entered_and_the_counts_add_up(clerk):
    people = [struck(name) for name in ("Ani Lestari", "Budi Santoso", "Cici Paramida", "Dewi Anggraini")]
    said = ["ditemukan", "Tidak ditemukan", "sudah dicoret", ""]

    batch = come_back(clerk, *((reference(s), s.voter.name, a) for s, a in zip(people, said, strict=True)))

    assert [answer_of(strike) for strike in people] == ["found", "not_found", "struck", ""]
    assert counts(batch) == {"rows": 4, "accepted": 3, "updated": 1, "rejected": 0, "duplicates": 0}
    assert batch.warnings["no_answer"]["rows"] == [5]
    assert AuditEntry.everywhere.get(action="strikes.answered").details["accepted"] == 3


def test_the_same_file_again_changes_nothing_and_a_later_answer_counts(clerk):
    strike = struck()
    row = (reference(strike), strike.voter.name, "ditemukan")
    come_back(clerk, row)
    before = Strike.everywhere.values().get()

    again = come_back(clerk, row)

    assert Strike.everywhere.values().get() == before
    assert counts(again) == {"rows": 1, "accepted": 0, "updated": 1, "rejected": 0, "duplicates": 0}
    come_back(clerk, (*row[:2], "sudah dicoret"))
    assert answer_of(strike) == "struck"


def test_wrong_rows_are_refused_with_row_and_column_and_the_others_taken(clerk):
    good, sorted_apart, gone = struck("Ani"), struck("Budi"), struck("Cici", taken_back_at="2026-01-01T00:00Z")
    foreign = struck("Dewi", territory="36.71")

    batch = come_back(
        clerk,
        (reference(good), "Ani", "ditemukan"),
        (reference(sorted_apart), "Orang Lain Sekali", "ditemukan"),
        (reference(gone), "Cici", "ditemukan"),
        (reference(foreign), "Dewi", "ditemukan"),
        ("C-1-0", "Eko", "ditemukan"),
        ("", "Fani", "ditemukan"),
        (reference(good), "Ani", "entahlah"),
    )

    assert counts(batch) == {"rows": 7, "accepted": 1, "updated": 0, "rejected": 6, "duplicates": 0}
    assert reasons_of(batch) == [
        (3, "nama", "other_person"),
        (4, "referensi", "off_the_list"),
        (5, "referensi", "unknown_reference"),
        (6, "referensi", "bad_reference"),
        (7, "referensi", "empty"),
        (8, "jawaban", "outside_list"),
    ]
    assert Strike.everywhere.exclude(answer="").get() == good
    assert {bytes(refusal.row) for refusal in Refusal.everywhere.all()} == {b""}


def test_of_one_reference_twice_the_later_row_counts(clerk):
    strike = struck()

    batch = come_back(clerk, (reference(strike), "", "ditemukan"), (reference(strike), "", "tidak ditemukan"))

    assert answer_of(strike) == "not_found"
    assert counts(batch) == {"rows": 2, "accepted": 1, "updated": 1, "rejected": 0, "duplicates": 0}
    assert "twice_in_file" in batch.warnings


@pytest.mark.parametrize(
    ("header", "code"), [("nama,jawaban,kota", "missing_column"), ("referensi,jawaban,answer", "column_twice")]
)
def test_a_file_that_is_no_answered_list_is_not_taken(clerk, header, code):
    batch = come_back(clerk, ("x", "y", "z"), header=header)

    assert (batch.state, batch.failure["code"]) == (Batch.State.FAILED, code)


@pytest.mark.parametrize("as_file", [lambda rows: exporting.as_csv(rows).encode(), strikes.as_book])
@pytest.mark.parametrize("is_full", [False, True])
def test_the_list_as_it_is_given_out_comes_back_without_a_fault(clerk, as_file, is_full):
    waiting, answered, gone = struck("=Ani"), struck("Budi"), struck("Cici")
    for strike in (answered, gone):
        come_back(clerk, (reference(strike), strike.voter.name, "tidak ditemukan"))
    Strike.everywhere.filter(pk=gone.pk).update(taken_back_at="2026-01-01T00:00Z")
    before = list(Strike.everywhere.order_by("pk").values())
    rows = strikes.export_in_full(reason="cek", by=clerk) if is_full else strikes.export(by=clerk)

    batch = answers.load(file=io.BytesIO(as_file(rows)), file_name="coret", by=clerk)

    assert counts(batch) == {"rows": 3, "accepted": 0, "updated": 3, "rejected": 0, "duplicates": 0}
    assert set(batch.warnings) == {"no_answer"}
    assert list(Strike.everywhere.order_by("pk").values()) == before
    assert answer_of(waiting) == ""


def test_the_workbook_offers_the_three_answers(clerk):
    strike = struck()
    book = openpyxl.load_workbook(io.BytesIO(strikes.as_book(strikes.export(by=clerk))))
    sheet = book.active
    place = [cell.value for cell in sheet[1]].index("jawaban") + 1
    (rule,) = sheet.data_validations.dataValidation

    sheet.cell(2, place).value = "sudah dicoret"
    file = io.BytesIO()
    book.save(file)
    answers.load(file=io.BytesIO(file.getvalue()), file_name="coret.xlsx", by=clerk)

    assert rule.formula1 == '"ditemukan,tidak ditemukan,sudah dicoret"'
    assert answer_of(strike) == "struck"


def test_identities_are_hidden_or_full_with_a_reason_and_both_are_recorded(clerk):
    factories.voter(nik="3603010101600000")
    voter = factories.voter(nik="3603280101900001", birth_date=None, home=factories.region(factories.HOME))
    Strike.everywhere.create(territory=HOME, voter=voter)

    hidden = exporting.as_csv(strikes.export(by=clerk))
    full = exporting.as_csv(strikes.export_in_full(reason="cek 3603280101900001", by=clerk))

    assert "3603280101900001" not in hidden
    assert "36••••••••••••••" in hidden
    assert "3603280101900001" in full
    told = AuditEntry.everywhere.get(action="strikes.exported_in_full")
    assert told.details == {"rows": 1, "reason": "cek •"}
    with pytest.raises(ValidationError):
        strikes.export_in_full(reason=" ", by=clerk)
    with pytest.raises(PermissionDenied):
        strikes.export_in_full(reason="cek", by=factories.user(Role.REVIEWER))


def test_an_auditor_answers_nothing():
    with pytest.raises(PermissionDenied):
        come_back(factories.user(Role.AUDITOR, HOME), ("C-1-AAA", "", "ditemukan"))


def test_the_page_counts_each_answer_and_leads_to_its_rows(client, clerk):
    lost, found, waiting = struck("Hilang"), struck("Ketemu"), struck("Tunggu")
    client.force_login(clerk)
    file = io.BytesIO(f"referensi,jawaban\n{reference(lost)},tidak ditemukan\n{reference(found)},ditemukan\n".encode())
    file.name = "jawaban.csv"

    result = client.post(f"{PAGE}jawaban/", {"berkas": file}, follow=True)
    page = client.get(PAGE)
    lost_page = client.get(PAGE, {"keadaan": "tidak_ditemukan"})
    client.post(PAGE, {"semua": "1", "keadaan": "ditemukan"})

    assert result.status_code == 200
    assert [count for _state, _label, count in page.context["states"]] == [1, 1, 1, 0, 0]
    assert [line["strike"] for line in lost_page.context["page"]] == [lost]
    assert (answer_of(found), answer_of(waiting), answer_of(lost)) == ("struck", "", "not_found")


def test_a_province_sees_and_ticks_off_each_home_regency_apart(client):
    near, far = struck("Dekat"), struck("Jauh", territory="32.04")
    factories.region("32.04")
    client.force_login(factories.user(Role.OPERATOR, "32"))

    lines = client.get(f"{PAGE}daerah/").context["lines"]
    shown = client.get(PAGE, {"wilayah": HOME}).context["page"]
    taken = client.post(f"{PAGE}unduh/?wilayah={HOME}", {"isi": "tersamar", "bentuk": "csv"}).getvalue().decode()
    client.post(PAGE, {"semua": "1", "wilayah": HOME})

    assert {(line["region"], line["listed"]) for line in lines} == {(HOME, 1), ("32.04", 1)}
    assert [line["strike"] for line in shown] == [near]
    assert ("Dekat" in taken, "Jauh" in taken) == (True, False)
    assert (answer_of(near), answer_of(far)) == ("struck", "")


def test_the_regency_of_the_location_learns_whom_home_does_not_find(client, clerk):
    lost, _found = struck("Hilang"), struck("Ketemu")
    come_back(clerk, (reference(lost), "", "tidak ditemukan"))
    factories.policy()
    client.force_login(factories.user(Role.OPERATOR, "36"))
    client.cookies["django_language"] = "en"

    page = client.get(f"{PAGE}tidak-ditemukan/")

    assert [line["strike"] for line in page.context["page"]] == [lost]
    assert "not found" in client.get(f"/pemilih/{lost.voter_id}/").content.decode()
    assert "Not found at home" in client.get("/").content.decode()
    client.force_login(factories.user(Role.OPERATOR, "36.71"))
    assert not client.get(f"{PAGE}tidak-ditemukan/").context["page"].object_list


def test_the_download_asks_for_a_reason_only_where_everything_is_shown(client, clerk):
    struck()
    client.force_login(clerk)
    url = f"{PAGE}unduh/"

    assert gettext("Back to the strike list") in client.get(url).content.decode()
    assert client.post(url, {"isi": "lengkap", "bentuk": "csv", "reason": ""}).status_code == 422
    assert "referensi" in client.post(url, {"isi": "tersamar", "bentuk": "csv"}).getvalue().decode()
    assert client.post(url, {"isi": "lengkap", "bentuk": "xlsx", "reason": "cek"}).content[:2] == b"PK"
    struck_only = client.post(f"{url}?keadaan=dicoret", {"isi": "tersamar", "bentuk": "csv"}).getvalue().decode()
    assert struck_only.count("\n") == 1


def test_the_api_counts_by_home_regency_within_the_territory_of_the_token(clerk):
    lost, _waiting, _gone = struck("Ani"), struck("Budi"), struck("Cici", taken_back_at="2026-01-01T00:00Z")
    struck("Dewi", territory="36.71")
    factories.region("36.71")
    come_back(clerk, (reference(lost), "", "tidak ditemukan"))

    (row,) = Api(territory="32").get("/api/v1/strikes/").json()["results"]
    answer = Api().get("/api/v1/strikes/", region="3671").json()
    foreign = Api(territory="32").get("/api/v1/strikes/", region="36.71")

    assert row == {
        "region": HOME, "name": row["name"], "listed": 2, "waiting": 1, "found": 0, "not_found": 1, "struck": 0,
        "taken_back": 1,
    }  # fmt: skip
    assert [each["region"] for each in answer["results"]] == ["36.71"]
    assert answer["totals"]["listed"] == 1
    assert foreign.status_code == 404


@pytest.mark.django_db(transaction=True)
def test_two_files_for_the_same_people_at_once_both_end(clerk):
    people = [struck(f"Warga {letter}") for letter in "ABCDEF"]
    batches = []

    def send(answer, order):
        try:
            batches.append(come_back(clerk, *((reference(s), "", answer) for s in order)))
        finally:
            connection.close()

    senders = [
        threading.Thread(target=send, args=args) for args in (("ditemukan", people), ("tidak ditemukan", people[::-1]))
    ]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()

    assert [counts(batch)["rows"] for batch in batches] == [6, 6]
    assert len(set(Strike.everywhere.values_list("answer", flat=True))) == 1


def test_what_is_no_number_ticks_off_nothing(client, clerk):
    strike = struck()
    client.force_login(clerk)

    answer = client.post(PAGE, {"coret": ["²", "x"], "keadaan": "menunggu"})

    assert answer.status_code == 302
    assert not answer_of(strike)


def test_a_list_is_recorded_before_it_leaves_and_is_sent_while_it_is_made(client, clerk):
    """A list of 300,000 takes a minute: the first byte must not wait for the last, and no transaction may stay open."""
    struck()
    client.force_login(clerk)

    answer = client.post(f"{PAGE}unduh/", {"isi": "tersamar", "bentuk": "csv"})

    assert answer.streaming
    assert AuditEntry.everywhere.get(action="strikes.exported").details["rows"] == 1
    assert b"referensi" in answer.getvalue()
