"""Figures, dates, masks and links to the same page read as the office writes them."""

import datetime

import pytest
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation

from tpskhusus.templatetags import display

MORNING = datetime.datetime(2026, 10, 12, 2, 12, tzinfo=datetime.UTC)


@pytest.fixture(autouse=True)
def _indonesian():
    with translation.override("id"):
        yield


def render(source: str, path: str = "/lokasi/", **values: object) -> str:
    context = Context({"request": RequestFactory().get(path), **values})
    return Template("{% load display %}" + source).render(context)


@pytest.mark.parametrize(
    ("value", "shown"), [(1822, "1.822"), (0, "0"), (None, "–"), ("", "–"), ("401+401", "401+401")]
)
def test_a_number_is_grouped_by_points_and_nothing_is_a_dash(value, shown):
    assert display.number(value) == shown


def test_a_number_is_grouped_by_commas_in_english():
    with translation.override("en"):
        assert display.number(404360) == "404,360"


def test_a_change_shows_its_sign():
    assert [display.signed(38), display.signed(-1100), display.signed(0)] == ["+38", "−1.100", "0"]


def test_a_share_is_a_percentage_with_a_comma():
    assert [display.percent(0.25), display.percent(0.005, 1), display.percent(None)] == ["25%", "0,5%", "–"]


def test_a_masked_nik_keeps_only_the_province():
    assert display.nik_mask("3603280101900000") == "36" + "•" * 14


@pytest.mark.parametrize(
    ("region", "shown"),
    [
        ("36.03", "12 Okt 2026 09.12 WIB"),
        ("51", "12 Okt 2026 10.12 WITA"),
        ("95.01.01.2001", "12 Okt 2026 11.12 WIT"),
        ("00", "12 Okt 2026 09.12 WIB"),
        ("", "12 Okt 2026 09.12 WIB"),
    ],
)
def test_a_moment_is_shown_in_the_zone_of_its_region(region, shown):
    assert display.moment(MORNING, region) == shown


def test_the_day_follows_the_zone_across_midnight():
    late = datetime.datetime(2026, 10, 12, 15, 30, tzinfo=datetime.UTC)

    assert [display.moment(late, "36"), display.moment(late, "91")] == [
        "12 Okt 2026 22.30 WIB",
        "13 Okt 2026 00.30 WIT",
    ]


def test_a_lock_of_a_few_seconds_reads_as_one_minute():
    assert [display.minutes(datetime.timedelta(seconds=5)), display.minutes(datetime.timedelta(minutes=15))] == [1, 15]


def test_a_filter_keeps_the_others_and_goes_back_to_the_first_page():
    shown = render('{% url_with "kategori" "panti" %}', "/lokasi/?keadaan=waiting&halaman=3")

    assert shown == "?keadaan=waiting&amp;kategori=panti"


def test_an_empty_choice_drops_the_filter():
    assert render('{% url_with "keadaan" "" %}', "/lokasi/?keadaan=waiting") == "?"


def test_a_page_keeps_every_filter():
    assert render("{% page_url 4 %}", "/lokasi/?keadaan=waiting&halaman=3") == "?keadaan=waiting&amp;halaman=4"


@pytest.mark.parametrize(("now", "then"), [("", "nama"), ("nama", "-nama"), ("-nama", "nama"), ("tps", "nama")])
def test_a_second_click_on_a_column_turns_its_order(now, then):
    assert render('{% sort_url "nama" %}', f"/lokasi/?urut={now}") == f"?urut={then}"


def test_the_column_in_order_says_so():
    path = "/lokasi/?urut=-tps"

    assert render('{% sort_direction "tps" %}{% sort_direction "nama" %}', path) == "descending"


def test_what_a_visitor_writes_into_the_address_cannot_become_markup():
    shown = render('{% url_with "urut" "nama" %}', '/lokasi/?cari="><script>')

    assert "<" not in shown
    assert '"' not in shown
