"""The language of the site, how long a session lasts, and wrong keys at the start."""

from __future__ import annotations

import base64
import time

import pytest
from django.core.checks import run_checks
from django.urls import reverse

from tests import factories
from tpskhusus.middleware import SEEN
from voters import keyring

pytestmark = pytest.mark.django_db


def test_an_english_browser_gets_bahasa_indonesia_until_it_chooses(client):
    page = client.get(reverse("login"), headers={"accept-language": "en-US,en"})

    assert page.headers["Content-Language"] == "id"
    assert "Masuk" in page.content.decode()


def test_whoever_chooses_english_gets_english(client):
    client.post(reverse("set_language"), {"language": "en", "next": "/masuk/"})

    assert client.get(reverse("login")).headers["Content-Language"] == "en"


def test_an_unknown_language_is_bahasa_indonesia(client, settings):
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "xx"

    assert client.get(reverse("login")).headers["Content-Language"] == "id"


def test_reading_pages_prolongs_a_session_now_and_then_only(client, django_assert_num_queries):
    client.force_login(factories.user())
    client.get(reverse("mapping:policies"))
    seen = client.session[SEEN]

    client.get(reverse("mapping:policies"))
    assert client.session[SEEN] == seen

    session = client.session
    session[SEEN] = int(time.time()) - 3600
    session.save()
    client.get(reverse("mapping:policies"))
    assert client.session[SEEN] >= seen


def test_what_a_page_asks_for_by_itself_does_not_prolong_a_session(client):
    client.force_login(factories.user())

    client.get(reverse("voters:batches"), headers={"hx-request": "true"})

    assert SEEN not in client.session


def test_wrong_keys_are_refused_at_the_start(settings):
    factories.voter()
    assert [error.id for error in run_checks() if error.id == "tpskhusus.E001"] == []

    settings.IDENTITY_KEYS = "1:" + base64.b64encode(b"x" * 64).decode()
    forget_keys()
    try:
        assert [error.id for error in run_checks() if error.id == "tpskhusus.E001"] == ["tpskhusus.E001"]
    finally:
        forget_keys()


def forget_keys() -> None:
    for kept in (keyring.ring, keyring.sealer, keyring.indexer):
        kept.cache_clear()
