"""Style, types and texts: what a machine can read over."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.code import BASE
from tpskhusus import messages

pytestmark = pytest.mark.once
PROGRAMS = Path(sys.executable).parent


def said_by(*command: str) -> str:
    """What a program complains about; empty if it is content."""
    done = subprocess.run(
        [str(PROGRAMS / command[0]), *command[1:]], cwd=BASE, capture_output=True, text=True, check=False
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_ruff_finds_nothing():
    assert not said_by("ruff", "check", "--no-cache", ".")


def test_the_code_is_formatted():
    assert not said_by("ruff", "format", "--no-cache", "--check", ".")


@pytest.mark.slow
def test_the_types_agree():
    """Slow: mypy reads Django's types along with ours."""
    assert not said_by("mypy")


def test_every_text_is_said_in_indonesian():
    assert not messages.untranslated()


def test_no_translation_lost_a_placeholder():
    lost = [message.id for message in messages.load() if message.id for _ in message.check()]

    assert not lost


def test_no_text_is_longer_known_than_said():
    said = {messages.key_of(message) for message in messages.texts_of(messages.extract())}
    known = {messages.key_of(message) for message in messages.texts_of(messages.load())}

    assert known == said, "run `make translations`"


def test_no_module_is_a_drawer():
    names = {"services.py", "utils.py", "helpers.py", "common.py"}

    assert not [
        path
        for room in ("tpskhusus", "regions", "accounts", "locations", "voters", "mapping")
        for path in (BASE / room).rglob("*.py")
        if path.name in names
    ]
