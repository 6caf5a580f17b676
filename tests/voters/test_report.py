"""The report of a list: what it counts, against which thresholds, beside which list, and that it stays."""

import datetime

import pytest
from django.utils import timezone

from accounts.models import Role
from locations.models import Batch, Refusal
from tests import factories
from voters import importing, report
from voters.condition import THRESHOLDS
from voters.models import Register
from voters.report import Share, Verdict
from voters.views.batch_report import percent

from .lists import invented_nik, load, prisons, row

pytestmark = pytest.mark.django_db

POLLING_DAY = datetime.date(2024, 2, 14)
WHOLE = {
    "nkk": "3603280101100001",
    "status_kawin": "S",
    "status_ktp_el": "S",
    "kode_wilayah_domisili": factories.HOME,
}


@pytest.fixture(autouse=True)
def polling_day(db):
    factories.policy()
    Register.objects.update_or_create(pk=1, defaults={"polling_day": POLLING_DAY})


@pytest.fixture
def places():
    return prisons()


@pytest.fixture
def prison(places):
    return places[0]


@pytest.fixture
def operator():
    return factories.user(Role.OPERATOR)


@pytest.fixture
def browser(client, operator):
    client.force_login(operator)
    client.cookies["django_language"] = "en"
    return client


def whole(name="Budi Santoso", serial=1, **cells):
    """A row of whom everything is known and right."""
    return row(name, invented_nik(serial=serial), **{**WHOLE, **cells})


def share(batch, measure, batches=None):
    earlier = report.before(batch, Batch.everywhere.all() if batches is None else batches)
    return next(each for each in report.shares(batch, earlier) if each.measure == measure)


def test_a_list_without_a_flaw_is_in_order_throughout(prison):
    batch = load(whole(), whole("Siti Aminah", 2), at=prison)

    assert {each.verdict for each in report.shares(batch, None)} == {Verdict.GOOD, None}


@pytest.mark.parametrize(
    ("cells", "measure", "counted"),
    [
        ({"status_kawin": ""}, "complete", 1),
        ({"status_ktp_el": ""}, "complete", 1),
        ({"nik": ""}, "complete", 1),
        ({"nik": ""}, "valid", 1),
        ({"jenis_kelamin": "P"}, "valid", 1),
        ({"nkk": ""}, "nkk", 1),
        ({"nkk": "12345"}, "nkk", 1),
        ({"kode_wilayah_domisili": ""}, "home", 1),
        ({"kode_wilayah_domisili": ""}, "complete", 1),
        ({"status_ktp_el": "B"}, "without_ektp", 1),
        ({"tanggal_keluar": POLLING_DAY.isoformat()}, "leaving", 1),
        ({"tanggal_keluar": "2024-02-15"}, "leaving", 0),
        ({"nkk": "12345"}, "doubtful", 1),
        ({"tanggal_lahir": "1900-08-15", "nik": ""}, "doubtful", 1),
        ({"nama": ""}, "refused", 1),
        ({"nik": invented_nik(serial=1), "nama": "Budi Santoso"}, "repeated", 1),
    ],
)
def test_a_flaw_of_one_row_counts_where_it_belongs(prison, cells, measure, counted):
    batch = load(whole(), whole("Siti Aminah", 2) | cells, at=prison)

    found = share(batch, measure)
    assert (found.whole - found.count if measure in report.IS_GOOD else found.count) == counted


def test_what_is_true_of_the_register_is_counted_there(places):
    prison, elsewhere = places
    load(whole("Siti Aminah", 2), at=elsewhere)
    load(whole(), at=prison)

    batch = load(whole(), whole("Siti Aminah", 2), whole(serial=3), at=prison)

    assert [share(batch, measure).count for measure in report.IN_REGISTER] == [1, 1, 1]


def test_rows_are_refused_or_repeated_or_people(prison):
    batch = load(whole(), whole(), row("", ""), row("Tanpa NIK", ""), at=prison)

    told = batch.report
    assert told["rows"] == told["people"] + told["refused"] + told["repeated"] == batch.rows
    assert (told["people"], told["refused"], told["repeated"]) == (2, 1, 1)


@pytest.mark.parametrize(
    ("measure", "count", "verdict"),
    [
        ("complete", 950, Verdict.GOOD),
        ("complete", 949, Verdict.WATCH),
        ("complete", 799, Verdict.BAD),
        ("refused", 10, Verdict.GOOD),
        ("refused", 11, Verdict.WATCH),
        ("refused", 51, Verdict.BAD),
        ("known", 0, None),
    ],
)
def test_a_share_is_judged_by_its_two_thresholds(measure, count, verdict):
    assert Share(measure, count, 1000).verdict == verdict


def test_the_condition_of_the_data_and_the_report_agree_on_what_is_in_order():
    assert {
        measure: report.GOOD[measure] for measure in THRESHOLDS if measure != "matched"
    }.items() <= THRESHOLDS.items()
    assert report.GOOD.keys() == report.BAD.keys() == set(report.MEASURES) - {"known"}


def test_a_list_is_put_beside_the_one_before_of_its_location(places):
    prison, elsewhere = places
    load(whole(), whole("Siti Aminah", 2, status_ktp_el="B"), at=prison)
    load(whole("Orang Lain", 9, status_ktp_el="B"), at=elsewhere)

    batch = load(whole(), whole("Siti Aminah", 2), at=prison)

    assert (share(batch, "without_ektp").change, share(batch, "without_ektp").is_better) == (-50, True)


def test_a_list_that_names_no_location_is_put_beside_the_one_before_of_its_territory(places):
    prison, elsewhere = places
    operators = [factories.user(Role.OPERATOR, territory=code) for code in ("36", "32")]
    first = load(whole(kode_lokasi=prison.code), by=operators[0])
    load(whole("Orang Lain", 9, kode_lokasi=elsewhere.code), by=operators[1])
    load(whole(), at=prison, by=operators[0])

    batch = load(whole(kode_lokasi=prison.code), by=operators[0])

    assert report.before(batch, Batch.everywhere.all()) == first


def test_a_list_that_was_taken_back_or_failed_is_nothing_to_be_put_beside(prison):
    taken_back = load(whole(), at=prison)
    Batch.everywhere.filter(pk=taken_back.pk).update(
        state="taken_back",
        taken_back_at=timezone.now(),
        taken_back_by=factories.user(Role.OPERATOR),
        taken_back_reason="x",
    )
    importing.run(Batch.everywhere.get(pk=load(at=prison).pk))

    assert report.before(load(whole(), at=prison), Batch.everywhere.all()) is None


def test_a_report_stays_when_the_rows_are_forgotten(prison, browser, operator):
    batch = load(row("", ""), whole(), at=prison, by=operator)

    importing.forget_uploads(at=timezone.now() + datetime.timedelta(days=31))

    page = browser.get(f"/pemilih/berkas/{batch.pk}/")
    assert not Refusal.everywhere.exists()
    shown = [line["share"] for line in page.context["report"]["in_file"]]
    assert shown[:3] == ["50.0%", "0.0%", "100.0%"]
    assert "In the file, as it came" in page.content.decode()


def test_a_list_from_before_there_were_reports_is_shown_without(prison, browser, operator):
    batch = load(whole(), at=prison, by=operator)
    Batch.everywhere.update(report={})

    page = browser.get(f"/pemilih/berkas/{batch.pk}/")

    assert page.context["report"] is None
    assert "Report on this list" not in page.content.decode()


@pytest.mark.parametrize(("share", "text"), [(0, "0,0%"), (0.01, "0,1%"), (99.99, "99,9%"), (100, "100,0%")])
def test_one_of_many_is_never_rounded_to_nobody_nor_all_but_one_to_all(share, text):
    assert percent(share) == text


def test_a_share_of_nobody_is_neither_good_nor_bad(prison, browser, operator):
    load(whole(), at=prison, by=operator)
    batch = load(row("", ""), at=prison, by=operator)

    assert share(batch, "refused").verdict == Verdict.BAD
    assert {share(batch, measure).verdict for measure in ("complete", "valid", "nkk", "home")} == {None}
    assert {share(batch, measure).change for measure in ("complete", "leaving")} == {None}
    shown = browser.get(f"/pemilih/berkas/{batch.pk}/").context["report"]["in_register"]
    assert {line["share"] for line in shown} == {"–"}
    assert share(load(whole(), at=prison), "complete").change is None
