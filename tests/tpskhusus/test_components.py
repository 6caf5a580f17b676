"""Components show what they are given, in words, whatever the locale does to figures."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.template.loader import get_template, render_to_string
from django.test import RequestFactory
from django.utils import translation

TEMPLATES = Path(settings.BASE_DIR) / "templates"
STATES = ["draft", "waiting", "returned", "approved", "determined", "rejected", "withdrawn"]


@pytest.fixture(autouse=True)
def _indonesian():
    with translation.override("id"):
        yield


def component(name: str, path: str = "/lokasi/", **values: object) -> str:
    return render_to_string(f"components/{name}.html", values, request=RequestFactory().get(path))


@pytest.mark.parametrize("state", STATES)
def test_a_state_is_a_word_and_a_shape(state):
    shown = component("state", state=state)

    sprite = ElementTree.parse(Path(settings.BASE_DIR) / "static/img/states.svg")
    shapes = {element.get("id") for element in sprite.iter() if element.tag.endswith("symbol")}
    assert state in shapes
    assert f"#{state}" in shown
    assert re.sub("<[^>]*>", "", shown).strip() not in ("", state)


def test_widths_of_the_plan_keep_their_decimal_point():
    block = {"label": "Blok A", "count": 1168, "x": 0.5, "width": 41.25, "hue": 0, "is_narrow": False}
    station = {"label": "TPS 901", "size": 1168, "blocks": [block]}

    shown = component("plan", stations=[station], maximum=1300, maximum_x=92.5)

    assert 'x="0.5%"' in shown
    assert 'width="41.25%"' in shown
    assert 'x1="92.5%"' in shown
    assert "<tspan>1.168</tspan> Blok A" in shown


def test_the_plan_has_its_table():
    blocks = [
        {"label": name, "count": 7, "x": 0, "width": 4, "hue": 0, "is_narrow": True} for name in ("Blok A", "Blok B")
    ]

    shown = component("plan", stations=[{"label": "TPS 901", "size": 14, "blocks": blocks}], maximum=300, maximum_x=92)

    assert shown.count("<td>Blok") == 2


def test_a_filter_reads_as_a_sentence_and_offers_ordinary_links():
    class Filter(forms.Form):
        keadaan = forms.ChoiceField(label="Keadaan", choices=[("", "-"), ("waiting", "menunggu")])

    form = Filter({"keadaan": "waiting"})

    shown = component("filter_bar", "/lokasi/?keadaan=waiting&urut=nama", form=form, is_filtered=True)

    assert "Keadaan: <b>menunggu</b>" in shown
    assert 'href="?urut=nama"' in shown
    assert 'href="?urut=nama&amp;keadaan=waiting" aria-current="true"' in shown


def test_a_search_keeps_the_filters_but_not_the_page():
    shown = component(
        "filter_bar", "/?keadaan=waiting&halaman=2", form=forms.Form(), search_name="cari", search_label="Cari"
    )

    assert '<input type="hidden" name="keadaan" value="waiting">' in shown
    assert 'name="halaman"' not in shown


def test_pages_say_how_many_rows_there_are():
    page = Paginator(range(1822), 50).page(2)

    shown = component("pagination", "/lokasi/?cari=rutan", page=page)

    assert "1.822" in shown
    assert 'href="?cari=rutan&amp;halaman=3"' in shown


def test_an_error_stands_beside_its_field_and_in_the_summary():
    class Form(forms.Form):
        nama = forms.CharField(label="Nama")

    form = Form({"nama": ""})

    shown = component("form", form=form, csrf_token="token", button="Simpan")

    assert '<a href="#id_nama">' in shown
    assert 'aria-describedby="id_nama_error"' in shown
    assert '<p class="error" id="id_nama_error">' in shown


@pytest.mark.parametrize("name", ["400.html", "500.html", "403_csrf.html"])
def test_a_page_for_a_fault_needs_no_context(name):
    assert "<h1>" in get_template(name).render()


def test_no_template_holds_inline_style_or_script():
    style = r"""\sstyle=["']|<style\b"""
    script = r"""\son[a-z]+=["']|<script(?![^>]*\bsrc=)|javascript:|hx-on|hx-vals=["']js"""
    inline = re.compile(f"{style}|{script}")

    guilty = [path.name for path in TEMPLATES.rglob("*.html") if inline.search(path.read_text())]

    assert guilty == []


def test_every_component_is_described_for_developers():
    described = (Path(settings.BASE_DIR) / "docs/developers/interface.md").read_text()

    inner = {"places.html"}  # a part of base.html only
    names = {path.name for path in (TEMPLATES / "components").glob("*.html")} - inner
    assert {name for name in names if f"`{name}`" not in described} == set()
