"""What the journeys have in common: accounts, signing in, and listening for what a browser complains about."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests import live
from tests.factories import PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.live import Site


def prepare(site: Site, script: str) -> str:
    """Runs Python on the site's data, with the factories at hand; returns the last line that it printed."""
    return site.run("shell", "--no-imports", "-c", f"from tests import factories\n{script}").strip().rpartition("\n")[2]


def accounts(**territories: str) -> str:
    """A script that makes accounts: a reviewer where the territory is the country, an operator elsewhere."""
    return "".join(
        f"factories.user({'reviewer' if territory == '00' else 'operator'!r}, {territory!r},"
        f" username={name!r}, password={PASSWORD!r})\n"
        for name, territory in territories.items()
    )


def sign_in(page: Page, name: str) -> Page:
    page.set_default_timeout(30_000)  # the machine may be busy with other tests
    page.goto("/masuk/")
    page.fill("[name=username]", name)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda url: "/masuk/" not in url)
    return page


def complaints_of(page: Page) -> list[str]:
    """Fills with every error a page has from now on: of a script, of the console, of the content policy."""
    heard: list[str] = []
    page.on("pageerror", lambda error: heard.append(f"{page.url}: {error}"))
    page.on("console", lambda said: heard.append(f"{page.url}: {said.text}") if said.type == "error" else None)
    return heard


def wait_for(page: Page, is_true: Any, seconds: float = 15) -> float:
    """Seconds until a condition holds; what the page shows if it never does."""
    return live.wait_until(is_true, seconds, lambda: f"{page.url}\n{page.locator('main').inner_text()[:2000]}")


def workers_of(site: Site) -> list[int]:
    """Process ids of the site's workers, each the head of a group of its own."""
    assert site.process is not None
    children = Path(f"/proc/{site.process.pid}/task").glob("*/children")
    ids = [int(child) for listed in children for child in listed.read_text().split()]
    return [child for child in ids if b"\0worker\0" in Path(f"/proc/{child}/cmdline").read_bytes()]
