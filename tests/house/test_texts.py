"""Every page has a title, and no text stands in a template without being marked for translation."""

import ast
import re
from html.parser import HTMLParser

import pytest
from django.utils.translation.template import templatize

from tests.house.code import BASE, modules, name_of
from tpskhusus.messages import KEYWORDS

pytestmark = pytest.mark.once
TEMPLATES = sorted((BASE / "templates").rglob("*.html"))
TAG = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.DOTALL)
MARKED = re.compile(
    r"\{%\s*blocktrans(?:late)?\b.*?%\}.*?\{%\s*endblocktrans(?:late)?\s*%\}|\{%\s*comment\b.*?endcomment\s*%\}",
    re.DOTALL,
)
WORD = re.compile(r"[^\W\d_]{3,}")
SAID = {"alt", "title", "placeholder", "aria-label", "content"}
NAMES = {"TPS", "NIK", "NKK", "API", "KPU", "Khusus", "TPS Khusus", "CSV", "XLSX", "English", "Bahasa", "Indonesia"}


class Words(HTMLParser):
    """The words a person would read, script and style left out."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag, attrs):
        self._hidden += tag in ("script", "style")
        for name, value in attrs:
            if name in SAID and value and not (tag == "meta" and name == "content"):
                self.found += WORD.findall(value)

    def handle_endtag(self, tag):
        self._hidden -= tag in ("script", "style")

    def handle_data(self, data):
        if not self._hidden:
            self.found += WORD.findall(data)


def unmarked(source: str) -> list[str]:
    words = Words()
    words.feed(TAG.sub(" ", MARKED.sub(" ", source)))
    return [word for word in words.found if word not in NAMES]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(BASE)))
def test_no_text_is_left_unmarked(path):
    assert not unmarked(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(BASE)))
def test_a_page_has_a_title_in_both_languages(path):
    source = path.read_text(encoding="utf-8")
    if not source.lstrip().startswith("{% extends"):
        return
    block = re.search(r"\{%\s*block title\s*%\}(.*?)\{%\s*endblock", source, re.DOTALL)

    assert block, "no title"
    assert "gettext" in templatize(block[1]) or "{{" in block[1]


def test_the_walk_sees_a_text_that_nobody_marked():
    assert unmarked("<p>Some words</p>") == ["Some", "words"]
    assert unmarked('<img alt="Some">') == ["Some"]
    assert not unmarked("<p>{% translate 'Some words' %}{% blocktranslate trimmed %}more{% endblocktranslate %}</p>")


def test_what_marks_a_text_is_called_as_the_catalogue_knows_it():
    """Under another name the texts it marks are in no catalogue, and stay English."""
    unknown = [
        f"{path}: {alias.name} as {alias.asname}"
        for path, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
        if alias.name in KEYWORDS and alias.asname and alias.asname not in KEYWORDS
    ]
    assert not unknown


def test_no_text_is_marked_within_another_where_the_extractor_does_not_see_it():
    hidden = [
        f"{path}:{call.lineno} {ast.unparse(call)}"
        for path, tree in modules()
        for text in ast.walk(tree)
        if isinstance(text, ast.JoinedStr)
        for call in ast.walk(text)
        if isinstance(call, ast.Call) and name_of(call.func) in KEYWORDS and isinstance(call.args[0], ast.Constant)
    ]

    assert not hidden
