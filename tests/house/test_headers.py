"""What every answer of the site says to the browser: nothing inline, no frames, no guessing, no foreign addresses."""

import re

import pytest

from accounts.models import Role
from tests import factories
from tests.house.routes import OPEN, routes, write_register

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]

DATA = r"application/json|application/ld\+json|importmap"
INLINE = {
    "script": re.compile(rf"<script(?![^>]*\bsrc=)(?![^>]*type=[\"'](?:{DATA})[\"'])[^>]*>", re.I),
    "style": re.compile(r"<style\b", re.I),
    "style attribute": re.compile(r"<[a-z][^<>]*\sstyle\s*=", re.I),
    "handler": re.compile(r"<[a-z][^<>]*\son[a-z]+\s*=", re.I),
    "htmx handler": re.compile(r"<[a-z][^<>]*\shx-on[:\-a-z]*\s*=", re.I),
    "script address": re.compile(r"(?:href|src|action)\s*=\s*[\"']?\s*javascript:", re.I),
    "foreign address": re.compile(
        r"<(?:script|link|img|iframe|form)[^>]*\s(?:src|href|action)\s*=\s*[\"']?(?:https?:)?//", re.I
    ),
}


@pytest.fixture
def world(data_dir):
    return write_register()


def answers(client, world, person=None):
    """(route, answer) of every page this person may read, or of the open ones and the errors for nobody."""
    if person is not None:
        client.force_login(person)
    for route in routes():
        if not route.is_api and route.name != "logout":
            yield route, client.get(route.url(world))
            if route.arguments:
                yield route, client.get(route.url(None))


def inline(html):
    return {kind: found[0][:200] for kind, pattern in INLINE.items() if (found := pattern.search(html))}


def is_html(answer):
    return answer["content-type"].startswith("text/html") and not answer.streaming


@pytest.mark.parametrize("role", [None, *[role for role in Role.values if role != Role.CLIENT]])
def test_no_page_has_anything_inline(client, world, role):
    person = role and factories.user(role, "36.03")

    seen = [
        route.name for route, answer in answers(client, world, person) if is_html(answer) and answer.status_code == 200
    ]
    found = {
        route.path: inline(answer.content.decode())
        for route, answer in answers(client, world, person)
        if is_html(answer)
    }

    assert {path: kinds for path, kinds in found.items() if kinds} == {}
    assert len(seen) >= (2 if role is None else 8), seen


def test_forms_that_are_sent_back_have_nothing_inline(client, world):
    client.force_login(factories.user(Role.OPERATOR, "36.03"))
    posted = [client.post(route.url(world)) for route in routes() if not route.is_api and route.name not in OPEN]

    assert [
        inline(answer.content.decode()) for answer in posted if is_html(answer) and inline(answer.content.decode())
    ] == []


@pytest.mark.parametrize("path", ["/", "/masuk/", "/tidak-ada/", "/api/v1/docs/", "/api/v1/regions/", "/healthz"])
def test_every_answer_forbids_what_it_does_not_need(client, path):
    answer = client.get(path)
    policy = dict(rule.strip().partition(" ")[::2] for rule in answer["content-security-policy"].split(";"))

    assert policy["default-src"] == "'self'"
    assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["form-action"] == "'self'"
    assert "unsafe" not in answer["content-security-policy"]
    assert not {"script-src", "style-src"} & set(policy)
    assert answer["x-content-type-options"] == "nosniff"
    assert answer["x-frame-options"] == "DENY"
    assert answer["referrer-policy"] == "same-origin"
    assert answer["cross-origin-opener-policy"] == "same-origin"


def test_the_page_of_the_api_gets_its_script_from_us(client):
    page = client.get("/api/v1/docs/").content.decode()
    (own,) = [address for address in re.findall(r'<script src="([^"]+)"', page) if "script=" in address]

    script = client.get(own.replace("&amp;", "&"))

    assert script["content-type"].startswith("application/javascript")
    assert b"SwaggerUIBundle(" in script.content


@pytest.mark.once
@pytest.mark.parametrize(
    ("kind", "html"),
    [
        ("script", "<script>alert(1)</script>"),
        ("script", '<script type="module">import x</script>'),
        ("style", "<style>p {}</style>"),
        ("style attribute", '<p class="x" style="color: red">'),
        ("handler", '<button onclick="x()">'),
        ("htmx handler", '<button hx-on:click="x()">'),
        ("script address", '<a href="javascript:x()">'),
        ("foreign address", '<link href="https://cdn.example.org/x.css">'),
    ],
)
def test_the_walk_sees_what_is_inline(kind, html):
    assert kind in inline(html)
    assert not inline(
        '<script src="/x.js" defer></script><script type="application/json" id="d">{}</script><p class="style">on</p>'
    )
