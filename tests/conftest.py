"""What every test may rely on: a real database, no network, and a whole program to talk to."""

import contextlib
import os
import re
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from tests import live, services
from tpskhusus import messages

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
CHROMIUM_FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
# PostgreSQL names the keyed hash of a claim that is there already: digits among its letters are no identity.
IDENTITY = re.compile(r"(?<![0-9a-f])\d{16}(?![0-9a-f])")
LONG = os.environ.get("TPS_TEST_LONG") == "1"
NEEDS_DATABASE = {"db", "transactional_db", "live_site", "site"}

hypothesis_settings.register_profile(
    "ours",
    deadline=None,
    derandomize=not LONG,
    max_examples=1000 if LONG else 100,
    suppress_health_check=[HealthCheck.too_slow],
)
hypothesis_settings.load_profile("ours")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and messages.is_stale():
        messages.compile_all()  # a fresh checkout has no .mo, and its pages would be English
    config.addinivalue_line("markers", "slow: takes longer than a few seconds; the test says why it must")
    config.addinivalue_line("markers", "long: only in `make test-full`")
    config.addinivalue_line("markers", "once: says nothing about the database; run on SQLite only")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL only what touches the database; the long forms only when asked for."""
    left_out = [item for item in items if _is_left_out(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def _is_left_out(item: pytest.Item) -> bool:
    if item.get_closest_marker("long") and not LONG:
        return True
    return services.uses_postgres() and (bool(item.get_closest_marker("once")) or not _touches_database(item))


def _touches_database(item: pytest.Item) -> bool:
    return bool(item.get_closest_marker("django_db")) or bool(NEEDS_DATABASE & set(getattr(item, "fixturenames", ())))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Where everything is there to be tested, a test that leaves itself out has failed."""
    report = yield
    if report.skipped and services.wants_all() and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped although TPS_TEST_ALL=1: {report.longrepr}"
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    """No sixteen digits in anything that was logged."""
    if hasattr(session.config, "workerinput"):
        return
    for log in services.folder().rglob("*.log"):
        if found := IDENTITY.search(log.read_text(errors="replace")):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
            print(f"\nFAILED: {log.name} shows an identity, at character {found.start()}")


@pytest.fixture(autouse=True, scope="session")
def _no_network() -> Iterator[None]:
    """Whoever connects to anything but this machine fails."""
    connect = socket.socket.connect

    def only_here(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"a test wants to talk to {address[0]}")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", only_here)
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """Tables that refuse deletion can still be emptied between tests that commit."""
    from django.db import connection

    flush = connection.ops.sql_flush

    def cascading(*args: Any, allow_cascade: bool = False, **kwargs: Any) -> list[str]:
        return flush(*args, allow_cascade=True, **kwargs)  # knox leaves a table behind that we replaced

    def past_triggers(*args: Any, **kwargs: Any) -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            triggers = cursor.fetchall()
        return [
            *(f'DROP TRIGGER "{name}"' for name, _ in triggers),
            *flush(*args, **kwargs),
            *(sql for _, sql in triggers),
        ]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connection.ops, "sql_flush", past_triggers if connection.vendor == "sqlite" else cascading)
        yield


@pytest.fixture
def reference(db: None) -> None:
    """Regions and electoral districts of Banten and its neighbours, as shipped."""
    from regions.loading import load_reference_data

    load_reference_data(only={"31", "32", "33", "36"})


@pytest.fixture(scope="module")
def live_site(request: pytest.FixtureRequest) -> Iterator[live.Site]:
    """Web and worker in processes of their own: SQLite and the embedded broker, or PostgreSQL and Redis."""
    name = re.sub(r"\W+", "_", request.module.__name__)
    with live.site(name) as running:
        yield running


@pytest.fixture(scope="module")
def _browser() -> Iterator[Any]:
    """Debian's Chromium, driven by Playwright, whose event loop Django would take for its own if it went on."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def new_page(_browser: Any, live_site: live.Site) -> Iterator[Any]:
    """Call it for a page in a window of its own, signed in as nobody: `new_page()`; `new_page(width=390)` is a phone."""
    with contextlib.ExitStack() as stack:

        def open_page(*, width: int = 1280, height: int = 900, **options: Any) -> Any:
            context = _browser.new_context(
                base_url=live_site.url, viewport={"width": width, "height": height}, locale="id-ID", **options
            )
            context.set_default_timeout(10_000)
            stack.callback(context.close)
            return context.new_page()

        yield open_page


@pytest.fixture
def browser_page(new_page: Any) -> Any:
    """One page of the live site."""
    return new_page()


@pytest.fixture
def data_dir(tmp_path: Path, settings: Any) -> Path:
    """A data folder of this test alone."""
    settings.DATA_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "files"
    return tmp_path
