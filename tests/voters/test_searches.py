"""Whoever lacks a NIK or an NKK is looked for at home, and stays the same voter when it is found."""

import datetime
import io
import threading

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.models import AuditEntry, Role
from locations.models import Batch, Change, Refusal
from tests import factories
from tests.voters.lists import counts, invented_nik
from voters import exporting, references, searches
from voters.models import DuplicateCase, Search, SearchList, Voter, VoterIdentity

pytestmark = pytest.mark.django_db
HOME = factories.HOME[:5]
BORN = datetime.date(1990, 8, 15)
NIK = invented_nik()
NKK = "3603280101050003"
PAGE = "/pemilih/pencarian/"
TODAY = datetime.date(2030, 1, 1)


@pytest.fixture
def operator():
    factories.region("36.03.28")
    return factories.user(Role.OPERATOR, "36")


def voter(name="Budi Santoso", *, nik="", nkk="", **fields):
    values = {"home": factories.region(factories.HOME), "birth_date": BORN, **fields}
    return factories.voter(name=name, nik=nik, record={"nkk": nkk}, **values)


def make(operator, lacks="nik", home=HOME, due=TODAY):
    return searches.make(home=home, lacks=lacks, due=due, by=operator)


def is_about_nobody(error):
    return error.code == "nobody"


def on(made):
    return {search.voter.name: search.lacks for search in made.searches.select_related("voter")}


def reference(search):
    return references.reference_of(references.SEARCH, search.pk)


def come_back(by, *rows):
    text = "\n".join(["referensi,nama,nik,nkk,hasil", *(",".join(row) for row in rows)])
    return searches.load(file=io.BytesIO(text.encode()), file_name="temuan.csv", by=by)


def codes(batch):
    found = Refusal.everywhere.filter(batch=batch).order_by("row_number")
    return [(row.row_number, reason["column"], reason["code"]) for row in found for reason in row.reasons]


@pytest.mark.parametrize(
    ("lacks", "expected"),
    [
        ("nik", {"Keduanya": "both", "Tanpa NIK": "nik"}),
        ("nkk", {"Keduanya": "nkk", "Tanpa NKK": "nkk"}),
        ("both", {"Keduanya": "both", "Tanpa NIK": "nik", "Tanpa NKK": "nkk"}),
    ],
)
def test_a_list_holds_who_lacks_what_is_asked(operator, lacks, expected):
    voter("Keduanya")
    voter("Tanpa NIK", nkk=NKK)
    voter("Tanpa NKK", nik=NIK)
    voter("Lengkap", nik=invented_nik(serial=2), nkk=NKK)
    voter("Dari Tempat Lain", home=factories.region("31.71.01.1001"))

    assert on(make(operator, lacks)) == expected


def test_nobody_is_looked_for_on_two_lists_at_a_time_but_again_once_the_first_is_closed(operator):
    voter()
    first = make(operator)
    with pytest.raises(ValidationError, check=is_about_nobody):
        make(operator)

    assert searches.close(searched=first, by=operator)
    assert not searches.close(searched=first, by=operator)

    assert first.searches.get().outcome == "unanswered"
    assert len(on(make(operator))) == 1


def test_people_of_an_unknown_home_have_a_list_of_their_own(operator):
    voter("Entah", home=None, has_nkk=False)
    voter("Tahu", has_nkk=True)
    voter("Lengkap", home=factories.region("32.73.01.1001"), nik=NIK, nkk=NKK, has_nkk=True)

    told = [(origin.code, origin.without_nik, origin.without_nkk) for origin in searches.origins(operator)]
    assert told == [(HOME, 1, 0), ("-", 1, 1)]
    assert set(on(make(operator, home="-"))) == {"Entah"}


def test_a_day_that_is_over_and_foreign_voters_make_no_list(operator):
    voter()

    with pytest.raises(ValidationError):
        make(operator, due=timezone.localdate() - datetime.timedelta(days=1))
    with pytest.raises(ValidationError, check=is_about_nobody):
        make(factories.user(Role.OPERATOR, "32"))
    with pytest.raises(PermissionDenied):
        make(factories.user(Role.REVIEWER))


def test_a_number_found_makes_the_same_person_eligible_and_has_the_tps_recomputed(operator):
    person = voter()
    search = make(operator).searches.get()
    Change.everywhere.all().delete()

    batch = come_back(operator, (reference(search), person.name, NIK, NKK, "ditemukan"))

    person.refresh_from_db()
    search.refresh_from_db()
    assert counts(batch) == {"rows": 1, "accepted": 1, "updated": 0, "rejected": 0, "duplicates": 0}
    assert Voter.everywhere.get().pk == person.pk
    assert (person.nik_verdict, search.outcome) == ("ok", "found")
    assert searches._numbers(person.pk) == {"nik": NIK, "nkk": NKK}
    assert VoterIdentity.everywhere.get(pk=person.pk).claim is not None
    assert list(Change.everywhere.values_list("location", flat=True)) == [person.location_id]
    assert AuditEntry.everywhere.get(action="voter.corrected").details["fields"]


def test_a_number_that_is_registered_elsewhere_opens_a_case(operator):
    voter("Budi Santoso", nik=NIK)
    person = voter("Budi Santoso", location=factories.special_location())
    search = make(operator).searches.get()

    batch = come_back(operator, (reference(search), "", NIK, "", ""))

    person.refresh_from_db()
    assert person.is_duplicate
    assert DuplicateCase.everywhere.filter(voter=person).exists()
    assert "duplicate" in batch.warnings


def test_the_same_file_again_changes_nothing(operator):
    found, lost = voter("Ani"), voter("Budi")
    make(operator)
    rows = [
        (reference(found.searches.get()), "Ani", NIK, "", ""),
        (reference(lost.searches.get()), "Budi", "", "", "tidak ditemukan"),
    ]
    come_back(operator, *rows)
    before = [list(model.everywhere.order_by("pk").values()) for model in (Voter, VoterIdentity, Search)]

    again = come_back(operator, *rows)

    assert counts(again) == {"rows": 2, "accepted": 0, "updated": 2, "rejected": 0, "duplicates": 0}
    assert [list(model.everywhere.order_by("pk").values()) for model in (Voter, VoterIdentity, Search)] == before
    assert set(Search.everywhere.values_list("outcome", flat=True)) == {"found", "not_found"}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (("Budi Santoso", "12", "", ""), ("nik", "nik_length")),
        (("Budi Santoso", "3.6E+15", "", ""), ("nik", "nik_scientific")),
        (("Budi Santoso", invented_nik(datetime.date(1991, 1, 1)), "", ""), ("nik", "nik_at_odds")),
        (("Budi Santoso", "", "123", ""), ("nkk", "nkk_length")),
        (("Budi Santoso", NIK, "", "tidak ditemukan"), ("hasil", "contradiction")),
        (("Budi Santoso", "", "", "ditemukan"), ("nik", "empty")),
        (("Budi Santoso", "", "", "mungkin"), ("hasil", "outside_list")),
        (("Orang Lain Sekali", NIK, "", ""), ("nama", "other_person")),
    ],
)
def test_what_cannot_be_is_refused_with_its_column_and_nothing_is_written(operator, row, expected):
    person = voter()
    search = make(operator).searches.get()

    batch = come_back(operator, (reference(search), *row))

    person.refresh_from_db()
    search.refresh_from_db()
    assert codes(batch) == [(2, *expected)]
    assert counts(batch)["rejected"] == 1
    assert (person.nik_verdict, search.outcome) == ("none", "")


def test_a_number_the_person_got_meanwhile_is_not_overwritten(operator):
    person = voter()
    search = make(operator).searches.get()
    come_back(operator, (reference(search), "", NIK, "", ""))

    batch = come_back(operator, (reference(search), "", invented_nik(serial=7), "", ""))

    assert codes(batch) == [(2, "nik", "other_nik")]
    assert searches._numbers(person.pk)["nik"] == NIK


def test_a_foreign_office_cannot_answer(operator):
    voter()
    search = make(operator).searches.get()

    batch = come_back(factories.user(Role.OPERATOR, "32"), (reference(search), "", NIK, "", ""))

    assert codes(batch) == [(2, "referensi", "unknown_reference")]


def test_a_file_without_its_columns_is_not_taken(operator):
    batch = searches.load(file=io.BytesIO(b"nama,nik\nA,1\n"), file_name="x.csv", by=operator)

    assert (batch.state, batch.failure["code"]) == (Batch.State.FAILED, "missing_column")


@pytest.mark.parametrize("as_file", [lambda rows: exporting.as_csv(rows).encode(), searches.as_book])
@pytest.mark.parametrize("is_full", [False, True])
def test_the_list_as_it_is_given_out_comes_back_without_a_fault(operator, as_file, is_full):
    answered, _without_nkk, _waiting = voter("=Ani"), voter("Budi", nik=invented_nik(serial=3)), voter("Cici")
    made = make(operator, "both")
    come_back(operator, (reference(answered.searches.get()), "", NIK, "", ""))
    before = list(Search.everywhere.order_by("pk").values())
    rows = (
        searches.export_in_full(searched=made, reason="cek", by=operator)
        if is_full
        else searches.export(searched=made, by=operator)
    )

    batch = searches.load(file=io.BytesIO(as_file(rows)), file_name="pencarian", by=operator)

    assert counts(batch) == {"rows": 3, "accepted": 0, "updated": 3, "rejected": 0, "duplicates": 0}
    assert set(batch.warnings) == {"no_answer"}
    assert list(Search.everywhere.order_by("pk").values()) == before


def test_identities_leave_hidden_or_with_a_reason_and_both_are_recorded(operator):
    voter(nik=NIK)
    made = make(operator, "nkk")

    assert NIK not in str(list(searches.export(searched=made, by=operator)))
    assert NIK in str(list(searches.export_in_full(searched=made, reason="ke Dukcapil", by=operator)))
    assert AuditEntry.everywhere.get(action="search.exported_in_full").details == {"rows": 1, "reason": "ke Dukcapil"}
    with pytest.raises(ValidationError):
        searches.export_in_full(searched=made, reason="", by=operator)
    with pytest.raises(PermissionDenied):
        searches.export_in_full(searched=made, reason="cek", by=factories.user(Role.REVIEWER))


def test_an_overdue_list_shows_on_the_desk_until_it_is_answered(client, operator):
    factories.policy()
    person = voter()
    made = make(operator)
    SearchList.everywhere.filter(pk=made.pk).update(due=datetime.date(2024, 1, 1))
    client.force_login(operator)
    client.cookies["django_language"] = "en"

    assert "Search lists overdue" in client.get("/").content.decode()
    come_back(operator, (reference(person.searches.get()), "", "", "", "tidak ditemukan"))

    assert "Search lists overdue" not in client.get("/").content.decode()


def test_a_clerk_makes_takes_answers_and_closes_a_list_on_its_pages(client, operator):
    found, _waiting = voter("Ani"), voter("Budi")
    client.force_login(operator)

    assert client.get(PAGE).status_code == 200
    assert client.post(PAGE, {"wilayah": HOME, "cari": "nik", "batas": "2020-01-01"}).status_code == 422
    made = client.post(PAGE, {"wilayah": HOME, "cari": "nik", "batas": "2030-01-01"}, follow=True)
    url = made.redirect_chain[-1][0]
    assert client.post(f"{url}unduh/", {"isi": "lengkap", "bentuk": "csv", "reason": ""}).status_code == 422
    assert "referensi" in client.post(f"{url}unduh/", {"isi": "tersamar", "bentuk": "csv"}).getvalue().decode()
    file = io.BytesIO(f"referensi,nik,nkk,hasil\n{reference(found.searches.get())},{NIK},,\n".encode())
    file.name = "temuan.csv"
    assert client.post(f"{PAGE}jawaban/", {"berkas": file}, follow=True).status_code == 200
    page = client.get(url, {"hasil": "ditemukan"})
    assert [search.voter.name for search in page.context["page"]] == ["Ani"]
    assert url in client.get(f"/pemilih/{found.pk}/").content.decode()
    client.post(f"{url}tutup/")
    assert [row["state"] for row in client.get(PAGE).context["page"]] != []
    assert SearchList.everywhere.get().closed_by == operator


@pytest.mark.django_db(transaction=True)
def test_two_lists_made_at_once_look_for_nobody_twice(operator):
    for letter in "ABCDEF":
        voter(f"Warga {letter}")
    made = []

    def try_to_make():
        try:
            made.append(make(operator))
        except ValidationError:
            made.append(None)
        finally:
            connection.close()

    makers = [threading.Thread(target=try_to_make) for _ in range(2)]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()

    assert len(made) == 2
    assert Search.everywhere.count() == 6


@pytest.mark.django_db(transaction=True)
def test_two_files_that_share_their_numbers_at_once_both_end(operator):
    """Each brings the same NIKs for other people, in the opposite order."""
    people = [voter(f"Warga {letter}", location=factories.special_location()) for letter in "ABCDEFGH"]
    numbers = [invented_nik(serial=serial) for serial in range(1, 5)]
    make(operator)
    rows = [(reference(person.searches.get()), person.name) for person in people]
    files = [
        [(*row, number, "", "") for row, number in zip(half, order, strict=True)]
        for half, order in ((rows[:4], numbers), (rows[4:], numbers[::-1]))
    ]
    batches = []

    def send(file):
        try:
            batches.append(come_back(operator, *file))
        finally:
            connection.close()

    senders = [threading.Thread(target=send, args=(file,)) for file in files]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()

    assert [batch.accepted for batch in batches] == [4, 4]
    assert VoterIdentity.everywhere.filter(claim__isnull=False).count() == 4
    assert Voter.everywhere.filter(is_duplicate=True).count() == 4


@pytest.mark.parametrize(
    ("model", "fields", "constraint"),
    [
        (SearchList, {"territory": ""}, "search_list_has_territory"),
        (SearchList, {"closed_at": "2026-01-01T00:00Z"}, "search_list_closed_by_somebody"),
        (Search, {"territory": ""}, "search_has_territory"),
        (Search, {"outcome": "found"}, "search_answered_by_somebody"),
    ],
)
def test_what_cannot_be(operator, model, fields, constraint):
    voter()
    make(operator)

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        model.everywhere.update(**fields)


@pytest.mark.parametrize("constraint", ["search_once_a_list", "search_on_one_list_at_a_time"])
def test_what_cannot_be_twice(operator, constraint):
    voter()
    search = make(operator).searches.get()
    answer = {} if constraint == "search_on_one_list_at_a_time" else {
        "outcome": "found", "answered_at": timezone.now(), "answered_by": operator,
    }  # fmt: skip
    other = SearchList.everywhere.create(territory="36", due=TODAY, made_by=operator)
    again = {"list": other} if not answer else {"list": search.list}

    with pytest.raises(IntegrityError, match=rf"{constraint}|UNIQUE"), transaction.atomic():
        Search.everywhere.create(territory=search.territory, voter=search.voter, lacks="nik", **again, **answer)
