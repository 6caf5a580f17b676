"""From a new location to an approved map: an operator of Banten, central KPU, and one of Jawa Barat who sees nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.voters.lists import as_csv, invented_nik, row

from .acting import accounts, complaints_of, prepare, sign_in, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.live import Site

pytestmark = pytest.mark.slow  # the whole program and a browser
NAME = "Rutan Contoh Perjalanan"
VILLAGE, VILLAGE_NAME = "36.03.28.2006", "Curug Sangereng"
HOME = "32.73.01.1001"
PEOPLE = 12


def test_a_new_location_is_entered_filled_submitted_and_approved_and_no_other_province_sees_it(
    live_site: Site, new_page: Callable[..., Page]
) -> None:
    prepare(live_site, accounts(banten="36", pusat="00", jabar="32"))
    banten, pusat, jabar = (sign_in(new_page(), name) for name in ("banten", "pusat", "jabar"))
    complaints = [complaints_of(page) for page in (banten, pusat)]

    location = enter(banten)
    upload(banten, location)
    submit(banten, location)
    proposal = find_on_the_map(pusat)
    approve(pusat)

    assert_that_nothing_is_seen(jabar, location, proposal)
    assert complaints == [[], []]
    banten.goto(location)
    banten.wait_for_selector("#proposal-panel .state-approved")


def enter(page: Page) -> str:
    """Returns the path of the new location: its region chosen by search, its point put on the map."""
    page.goto("/lokasi/")
    page.click("main a[href='/lokasi/baru/']")
    page.fill("[name=name]", NAME)
    page.select_option("[name=kind]", "rutan_lapas")
    page.locator("[name=region]").press_sequentially(VILLAGE_NAME)
    page.click(f"[data-region-picker] [data-code='{VILLAGE}']")
    assert page.input_value("[name=region]") == VILLAGE
    page.click("[data-point-picker]", position={"x": 120, "y": 90})
    assert float(page.input_value("[name=latitude]")) < 0
    page.click("form.paired button.main")
    page.wait_for_url(re.compile(r"/lokasi/[0-9a-f-]{36}/$"))
    assert page.inner_text("h1").startswith(NAME)
    return path_of(page)


def upload(page: Page, location: str) -> None:
    """Sees the work go on to its end without touching anything."""
    people = [
        row(f"Warga Contoh {number}", invented_nik(serial=number + 1), blok="Mawar", kode_wilayah_domisili=HOME)
        for number in range(PEOPLE)
    ]
    broken = row("Warga Contoh", "12345", kode_wilayah_domisili=HOME)
    page.click("#voters-panel a[href*='/unggah/']")
    page.set_input_files("input[type=file]", files=[csv_of([*people, broken])])
    page.click("main form button.main")
    page.wait_for_url(re.compile(r"/pemilih/berkas/[0-9a-f-]{36}/periksa/$"))
    page.click("main .page-head button.main")
    page.wait_for_url(re.compile(r"/pemilih/berkas/[0-9a-f-]{36}/$"))
    page.wait_for_selector("main .figures", timeout=20_000)

    figures = [int(text) for text in page.locator("main .columns > div > .card:first-child dd").all_inner_texts()]
    assert sorted(figures)[-1] in (PEOPLE, PEOPLE + 1)
    assert page.locator("#results tbody tr").count() == 1
    assert "12345" not in page.inner_text("main")
    page.goto(location)
    wait_for(page, lambda: f"{PEOPLE}" in page.inner_text("#proposal-panel .figures"))


def csv_of(rows: list[dict[str, Any]]) -> Any:
    return {"name": "daftar.csv", "mimeType": "text/csv", "buffer": as_csv(rows)}


def submit(page: Page, location: str) -> None:
    page.click(f"details:has(form[action='{location}ajukan/']) summary")
    page.click(f"form[action='{location}ajukan/'] button")
    page.wait_for_selector("#proposal-panel .state-waiting")


def find_on_the_map(page: Page) -> str:
    """From the province to the regency to the location to its proposal, whose path it returns."""
    page.goto("/peta/")
    page.wait_for_selector("#map path.circle")
    page.click("#places tr[data-key='36'] a")
    page.click("#places tr[data-key='36.03'] a")
    page.click(f"#places tbody a:text-is('{NAME}')")
    page.wait_for_url(re.compile(r"/telaah/[0-9a-f-]{36}/"))
    return path_of(page)


def approve(page: Page) -> None:
    assert page.locator("main .plan").count() == 1
    page.click(".decision-bar form button.main:visible")
    page.wait_for_selector("h1 .state-approved")


def assert_that_nothing_is_seen(page: Page, location: str, proposal: str) -> None:
    for path in ("/", "/lokasi/", f"/lokasi/?cari={NAME.replace(' ', '+')}", "/peta/", "/pemilih/", "/pemilih/berkas/"):
        assert NAME not in page.goto(path).text().replace(f'value="{NAME}"', ""), path
    for level in ("province", "regency", "location"):
        assert NAME not in page.request.get(f"/peta/data.json?level={level}").text()
    for path in (location, f"{location}ubah/", proposal, f"/pemilih{location}", f"/pemilih{location}tambah/"):
        assert page.request.get(path).status == 404, path


def path_of(page: Page) -> str:
    return re.sub(r"^https?://[^/]+([^?#]*).*", r"\1", page.url)
