"""The whole program answers, with its worker in a process of its own."""

import time

import pytest

from tests import live

pytestmark = pytest.mark.slow  # starts web and worker


def test_a_visitor_is_asked_to_sign_in(live_site, browser_page):
    browser_page.goto("/")

    assert "/masuk/" in browser_page.url
    assert browser_page.locator("h1").count() == 1


def test_the_worker_takes_what_is_waiting(live_site):
    """Changes of a location are gone soon after they were made, without anybody having rung."""
    live_site.run("shell", "-c", MARK_A_LOCATION)
    began = time.monotonic()

    live.wait_until(
        lambda: live_site.run("shell", "-c", COUNT).strip().endswith("changes: 0"), 30, live_site.log.read_text
    )

    assert time.monotonic() - began < 20


MARK_A_LOCATION = """
from tests import factories
from locations import changes
location = factories.special_location()
factories.voter(location)
from locations.models import Change
Change.everywhere.create(location=location, territory=location.territory)
"""
COUNT = """
from locations.models import Change
print("changes:", Change.everywhere.count())
"""
