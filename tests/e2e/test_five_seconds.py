"""A voter is added in the browser, and the proposal changes by itself: the worker is a process of its own."""

from __future__ import annotations

import itertools
import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests import live
from tests.voters.lists import BORN, invented_nik

from .acting import accounts, prepare, sign_in, workers_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.live import Site

pytestmark = pytest.mark.slow  # the whole program and a browser
PROMISED_SECONDS = 5
PRISON = """
from locations import changes
location = factories.special_location(region_code="36.03.28.2006")
factories.voter(location)
changes.record([location.pk])
print(location.pk)
"""
serials = itertools.count(1)


@pytest.fixture(scope="module")
def prison(live_site: Site) -> str:
    """Path of a prison with one voter."""
    return f"/lokasi/{prepare(live_site, accounts(banten='36') + PRISON)}/"


@pytest.fixture
def operator(prison: str, new_page: Callable[..., Page]) -> Page:
    page = sign_in(new_page(), "banten")
    shown(page, prison)
    return page


def add_a_voter(page: Page, prison: str) -> float:
    """Returns when the page had answered that the voter is saved."""
    serial = next(serials)
    page.goto(f"/pemilih{prison}tambah/")
    page.fill("[name=nama]", f"Warga Contoh {serial}")
    page.fill("[name=nik]", invented_nik(serial=serial))
    page.fill("[name=tanggal_lahir]", BORN.isoformat())
    page.select_option("[name=jenis_kelamin]", "L")
    page.fill("[name=kode_wilayah_domisili]", "32.73.01.1001")
    with page.expect_navigation():
        page.click("form.paired button.main")
    assert page.locator("[aria-invalid]").count() == 0
    return time.monotonic()


def shown(page: Page, prison: str, count: int = 1) -> float:
    """When the proposal on the location's page said that so many are registered; the page renews it by itself."""
    page.goto(prison)
    page.wait_for_selector("#proposal-panel .figures")
    live.wait_until(lambda: count in figures(page), 60, lambda: page.inner_text("main"))
    return time.monotonic()


def figures(page: Page) -> list[int]:
    return [int(text) for text in page.locator("#proposal-panel .figures dd").all_inner_texts()]


def test_an_added_voter_changes_the_proposal_by_itself_within_five_seconds(operator: Page, prison: str) -> None:
    """The best of three: the promise is the program's, and the machine may be busy with other tests."""
    before = max(figures(operator))
    seconds = []
    for added in (1, 2, 3):
        saved = add_a_voter(operator, prison)
        seconds.append(shown(operator, prison, before + added) - saved)
        if seconds[-1] < PROMISED_SECONDS:
            break

    assert min(seconds) < PROMISED_SECONDS


def test_a_voter_added_while_the_worker_is_dead_counts_once_there_is_a_new_one(
    operator: Page, prison: str, live_site: Site
) -> None:
    before = max(figures(operator))
    (worker,) = workers_of(live_site)

    os.killpg(worker, signal.SIGKILL)
    add_a_voter(operator, prison)

    shown(operator, prison, before + 1)
    assert worker not in workers_of(live_site)
