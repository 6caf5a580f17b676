"""The map in a real browser: zooming, keyboard, phone, and the table that moves with it."""

from __future__ import annotations

from typing import Any

import pytest

from tests import live

PASSWORD = "a-long-password-of-nobody"


@pytest.fixture
def country(new_page: Any, live_site: Any) -> Any:
    """Opens the map signed in as central KPU; the register holds no proposals yet."""

    def open_map(**window: Any) -> Any:
        name = f"pusat{window.get('width', 0)}"
        live_site.run("create_account", name, "--role", "reviewer", "--territory", "00", text=f"{PASSWORD}\n")
        page = new_page(**window)
        page.goto("/peta/")
        page.fill("[name=username]", name)
        page.fill("[name=password]", PASSWORD)
        page.press("[name=password]", "Enter")
        page.wait_for_selector("#map path.circle")
        return page

    return open_map


@pytest.mark.slow  # a whole program and a browser
def test_the_first_start_shows_a_real_country_to_look_into(country: Any) -> None:
    page = country()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: message.type == "error" and faults.append(message.text))

    assert page.locator("#map path.circle").count() == 392
    assert page.locator("#places tbody tr").count() == 392
    assert page.locator(".atlas-what dd").first.inner_text() == "1.822"

    first = page.locator("#places tbody tr").first
    name = first.locator("a").inner_text()
    first.locator("a").focus()
    assert page.locator(".leaflet-tooltip").inner_text().startswith(name)
    page.keyboard.press("Enter")
    live.wait_until(lambda: page.locator("#places tbody tr").count() < 60, 10)
    assert name in page.locator("#places").inner_text()

    page.locator("#map").focus()
    before = page.evaluate("location.hash")
    page.keyboard.press("ArrowRight")
    live.wait_until(lambda: page.evaluate("location.hash") != before, 10)

    page.click("th[data-column=nama] a")
    names = page.locator("#places tbody a").all_inner_texts()
    assert names == sorted(names, key=str.casefold)
    assert faults == []


@pytest.mark.slow  # a whole program and a browser
def test_on_a_phone_nothing_scrolls_sideways(country: Any) -> None:
    page = country(width=360, height=740)

    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert page.locator("#map").bounding_box()["y"] < page.locator("#places").bounding_box()["y"]
