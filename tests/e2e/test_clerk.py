"""A clerk enters voters from paper without touching the mouse: NIK, name, home, Enter, next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.voters.lists import BORN, invented_nik

from .acting import accounts, complaints_of, prepare, sign_in, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.live import Site

pytestmark = pytest.mark.slow  # the whole program and a browser
DORMITORY = """
location = factories.special_location(region_code="36.03.28.2006")
print(location.pk)
"""


@pytest.fixture(scope="module")
def form(live_site: Site) -> str:
    """Path of the form for a new voter."""
    return f"/pemilih/lokasi/{prepare(live_site, accounts(banten='36') + DORMITORY)}/tambah/"


def tab_to(page: Any, name: str, strokes: int = 20) -> None:
    """Walks on with the tabulator until the field of this name has the focus."""
    for _stroke in range(strokes):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == name:
            return
    raise AssertionError(f"{name} is not reached with {strokes} strokes")


def test_a_voter_is_entered_with_the_keyboard_alone_and_the_next_form_is_ready(
    form: str, new_page: Callable[..., Any]
) -> None:
    page = sign_in(new_page(), "banten")
    heard = complaints_of(page)
    keys = page.keyboard
    page.goto(form)

    keys.type(invented_nik(sex="P", serial=7))
    assert page.input_value("[name=tanggal_lahir]") == BORN.strftime("%d/%m/%Y")
    assert page.input_value("[name=jenis_kelamin]") == "P"
    keys.press("Tab")
    keys.type("Warga Contoh")
    tab_to(page, "blok")
    keys.type("Blok Mawar")
    tab_to(page, "kode_wilayah_domisili")
    keys.type("Sukarasa Sukasari")
    page.wait_for_selector("[data-region-picker] [data-code]")
    keys.press("Enter")
    assert page.input_value("[name=kode_wilayah_domisili]") == "32.73.01.1001"
    with page.expect_navigation():
        keys.press("Enter")

    wait_for(page, lambda: page.evaluate("document.activeElement.name") == "nik")
    assert page.url.split("?")[0].endswith(form)
    assert "Warga Contoh" in page.inner_text("main")
    assert page.input_value("[name=nik]") == ""
    assert page.input_value("[name=blok]") == "Blok Mawar"
    assert heard == []


def test_the_second_voter_of_a_block_takes_a_nik_a_name_and_enter(form: str, new_page: Callable[..., Any]) -> None:
    page = sign_in(new_page(), "banten")
    page.goto(form)

    for serial, name in ((11, "Warga Satu"), (12, "Warga Dua")):
        page.keyboard.type(invented_nik(serial=serial))
        page.keyboard.press("Tab")
        page.keyboard.type(name)
        with page.expect_navigation():
            page.keyboard.press("Enter")
        wait_for(page, lambda: page.evaluate("document.activeElement.name") == "nik")
        assert name in page.inner_text("main")


def test_the_cursor_stands_in_the_first_field_that_is_wrong(form: str, new_page: Callable[..., Any]) -> None:
    page = sign_in(new_page(), "banten")
    page.goto(form)

    page.keyboard.type(invented_nik(serial=8))
    with page.expect_navigation():
        page.keyboard.press("Enter")

    wait_for(page, lambda: page.evaluate("document.activeElement.name") == "nama")
    assert page.input_value("[name=nik]") == invented_nik(serial=8)
