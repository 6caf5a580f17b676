"""Whoever runs it finds every command and every setting in docs/operators/."""

import re

import pytest
from django.core.management import get_commands, load_command_class

from tests.house.code import BASE, ROOMS

pytestmark = pytest.mark.once
READS = re.compile(r"""(?:\benv(?:\.\w+)?|\brequired)\(\s*["']([A-Z_]+)["']""")


def operators() -> str:
    return "".join(path.read_text(encoding="utf-8") for path in sorted((BASE / "docs/operators").glob("*.md")))


def our_commands() -> dict[str, str]:
    return {name: app for name, app in get_commands().items() if app in ROOMS}


def test_every_command_is_explained():
    text = operators()

    assert not [name for name in our_commands() if f"`{name}" not in text]


def test_every_option_of_every_command_is_explained():
    text = operators()
    missing = [
        f"{name} {option}"
        for name, app in our_commands().items()
        for action in load_command_class(app, name).create_parser("manage.py", name)._actions
        for option in action.option_strings
        if option.startswith("--") and option not in STANDARD and option not in text
    ]

    assert not missing


def test_every_setting_is_explained():
    text = operators()
    settings = READS.findall((BASE / "tpskhusus/settings.py").read_text(encoding="utf-8"))

    assert {"SECRET_KEY", "DATABASE_URL", "PORT"} <= set(settings)
    assert not [name for name in settings if f"`{name}`" not in text]


def test_the_example_file_names_every_setting():
    example = (BASE / ".env.example").read_text(encoding="utf-8")
    settings = READS.findall((BASE / "tpskhusus/settings.py").read_text(encoding="utf-8"))

    assert not [name for name in settings if f"{name}=" not in example]


def test_only_one_file_reads_the_environment():
    """serve tells its children who they belong to; the wsgi and Celery entries name the settings."""
    allowed = {"settings.py", "first_start.py", "serve.py", "celery.py", "wsgi.py"}
    found = [
        str(path.relative_to(BASE))
        for room in ROOMS
        for path in (BASE / room).rglob("*.py")
        if path.name not in allowed and re.search(r"os\.(environ|getenv)", path.read_text(encoding="utf-8"))
    ]

    assert not found


STANDARD = {
    "--help", "--version", "--verbosity", "--settings", "--pythonpath", "--traceback",
    "--no-color", "--force-color", "--skip-checks",
}  # fmt: skip
