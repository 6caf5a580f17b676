"""The form of one voter says what an import would warn of, and asks before it takes two for one."""

import re

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.utils.translation import gettext

from locations.models import Block
from tests import factories
from voters import columns, registration
from voters.models import Voter
from voters.reasons import LABELS

from .lists import invented_nik, prisons, row

pytestmark = pytest.mark.django_db


@pytest.fixture
def place():
    factories.policy()
    return prisons()[0]


@pytest.fixture
def browser(place):
    browser = Client()
    browser.force_login(factories.user(territory="36"))
    return browser


def typed(name="Budi Santoso", **changed):
    cells = row(name, invented_nik(), kode_wilayah_domisili=factories.HOME) | {"peran": "penghuni"}
    return cells | changed


@pytest.fixture
def save(browser, place):
    """Sends the form of a new voter."""
    return lambda **cells: browser.post(f"/pemilih/lokasi/{place.pk}/tambah/", typed(**cells))


def said(response):
    """What is said after the form was sent, by how loud."""
    return [(message.level_tag, str(message)) for message in get_messages(response.wsgi_request)]


def errors_of(response):
    return {
        name: [error.code for error in errors.as_data()] for name, errors in response.context["form"].errors.items()
    }


def test_a_voter_with_nothing_amiss_is_saved_without_a_warning(save):
    assert "warning" not in dict(said(save()))
    assert "warning" not in dict(said(save(name="Ani", nik=invented_nik(serial=2), kode_wilayah_domisili="")))


@pytest.mark.parametrize(
    ("cells", "reasons", "warnings"),
    [
        ({"jenis_kelamin": "P"}, ["bad_nik"], ["bad_nik_sex"]),
        ({"tanggal_lahir": "1990-08-16"}, ["bad_nik"], ["bad_nik_birth_date"]),
        ({"nik": ""}, ["no_nik"], ["no_nkk"]),
        ({"nik": "", "nkk": "3603280101100001", "kode_wilayah_domisili": ""}, ["no_nik", "unknown_domicile"], []),
        ({"nkk": "123"}, [], ["nkk_malformed"]),
        ({"tanggal_lahir": "1901-08-15"}, ["bad_nik"], ["age_unlikely", "bad_nik_birth_date"]),
        ({"kewarganegaraan": "WNA"}, ["foreign"], []),
    ],
)
def test_what_an_import_would_warn_of_the_form_says_too(save, cells, reasons, warnings):
    warning = dict(said(save(**cells)))["warning"]

    assert [code for code, label in LABELS.items() if f"{label}," in warning or f"{label}." in warning] == reasons
    assert {code for code, text in columns.WARNINGS.items() if gettext(text) in warning} == set(warnings)
    assert f'href="/pemilih/{Voter.everywhere.get().pk}/"' in warning
    assert invented_nik() not in warning


def test_a_nik_that_counts_elsewhere_is_said_at_once(save):
    registration.register(
        location=factories.special_location("C", "36.03.28.2004"),
        fields=row("Budi Santoso", kode_wilayah_domisili=factories.HOME),
        by=factories.user(territory="36"),
    )

    assert gettext(columns.WARNINGS["duplicate"]) in dict(said(save()))["warning"]


def test_a_new_block_is_named_and_one_written_otherwise_is_asked_about(save):
    assert "“Blok A”" in dict(said(save(blok="Blok A")))["success"]
    another = {"name": "Ani", "nik": invented_nik(serial=2), "blok": "BLOK-A."}

    page = save(**another)

    assert errors_of(page) == {"blok": ["alike_block"]}
    assert 'name="blok_lain"' in page.content.decode()
    assert not Voter.everywhere.filter(name="Ani").exists()
    save(**another, blok_lain="on")
    assert Voter.everywhere.get(name="Ani").block.name == "BLOK-A."


def test_a_corrected_block_written_otherwise_is_asked_about_too(save, browser):
    save(blok="Blok A")
    url = f"/pemilih/{Voter.everywhere.get().pk}/ubah/"
    shown = {field.html_name: field.value() or "" for field in browser.get(url).context["form"]}

    page = browser.post(url, shown | {"blok": "blok  a."})

    assert errors_of(page) == {"blok": ["alike_block"]}
    assert Block.everywhere.get().name == "Blok A"


def test_somebody_of_the_same_name_and_birth_date_is_not_overwritten_unasked(save):
    save(nik="", kewarganegaraan="WNA")

    page = save(nik="")

    assert errors_of(page) == {"nama": ["same_person"]}
    assert Voter.everywhere.get().is_foreign
    save(nik="", orang_sama="on")
    assert not Voter.everywhere.get().is_foreign


def test_whoever_is_on_the_list_already_is_said_to_be(save):
    anew, again = (dict(said(save(pekerjaan=work)))["success"] for work in ("", "Petani"))

    assert Voter.everywhere.count() == 1
    assert again != anew


def test_a_wrong_nik_is_named_even_where_what_it_would_tell_is_missing(save):
    page = save(nik="360328150890001", tanggal_lahir="", jenis_kelamin="", kode_wilayah_domisili="xyz")

    found = errors_of(page)
    assert (found["nik"], found["kode_wilayah_domisili"]) == (["nik_length"], ["bad_region_code"])
    assert found["tanggal_lahir"] == ["required"]


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"jenis_kelamin": "P"}, "jenis_kelamin"),
        ({"tanggal_lahir": "1990-08-16"}, "tanggal_lahir"),
        ({"tanggal_lahir": "1990-08-16"}, "nik"),
    ],
)
def test_what_would_make_the_nik_agree_is_taken_with_a_click_and_shown_hidden(save, browser, cells, column):
    save(**cells)
    voter = Voter.everywhere.get()

    page = browser.get(f"/pemilih/{voter.pk}/")
    form = browser.get(f"/pemilih/{voter.pk}/ubah/").content.decode()
    browser.post(f"/pemilih/{voter.pk}/ubah/", {"pakai": column})

    assert f'name="pakai" value="{column}"' in page.content.decode()
    assert f'name="pakai" value="{column}"' in form
    assert not re.search(r"\d{16}|1990-08-1", page.content.decode() + form)
    voter.refresh_from_db()
    assert voter.nik_verdict == "ok"
    assert not browser.get(f"/pemilih/{voter.pk}/").context["proposals"]
    browser.post(f"/pemilih/{voter.pk}/ubah/", {"pakai": column})
    assert Voter.everywhere.get().nik_verdict == "ok"
