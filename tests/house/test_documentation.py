"""Whoever runs or reads it finds every command, setting, endpoint, column and code in docs/, and what docs/ names is there."""

import re
from pathlib import Path
from pkgutil import resolve_name

import pytest
from django.apps import apps
from django.core.management import get_commands, load_command_class
from django.urls import get_resolver

from locations import cells
from locations import columns as location_columns
from locations import importing as location_importing
from mapping.core.plan import SOURCES
from tests.house.code import BASE, ROOMS
from tpskhusus.celery import recurring
from voters import columns as voter_columns
from voters import eligibility

pytestmark = pytest.mark.once
DOCUMENTS = [*BASE.glob("*.md"), *(BASE / "docs").rglob("*.md")]
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
NAME = re.compile(rf"`((?:{'|'.join(ROOMS)})(?:\.\w+)+)`")
PATH = re.compile(
    rf"`((?:{'|'.join((*ROOMS, 'tests', 'docs', 'deploy', 'templates', 'static', 'benchmarks'))})/[\w./-]*)`"
)
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


def test_every_command_that_is_explained_is_there():
    explained = re.findall(r"^## (\w+)$", read("docs/operators/commands.md"), re.MULTILINE)

    assert set(explained) == set(our_commands())


def test_every_recurring_task_is_explained():
    text = operators()

    assert not [row.task for row in recurring(10) if f"`{row.task}`" not in text]


def test_every_column_is_explained():
    text = read("docs/operators/files.md")
    columns = (*voter_columns.COLUMNS, *location_columns.COLUMNS)

    assert not [name for column in columns for name in (column.header, *column.aliases) if f"`{name}`" not in text]


def test_every_code_is_explained():
    text = read("docs/operators/files.md")
    faults = {**voter_columns.MESSAGES, **location_importing.MESSAGES, **cells.FILE_FAULTS}
    warnings = {**voter_columns.WARNINGS, **location_importing.WARNINGS}
    codes = {*faults, *warnings, *eligibility.REASONS, *SOURCES}

    assert not [code for code in sorted(codes) if f"`{code}`" not in text]


def test_every_endpoint_and_parameter_is_explained():
    text = read("docs/clients/api.md")
    api = next(entry for entry in get_resolver().url_patterns if str(entry.pattern) == "api/v1/")
    views = [view for entry in api.url_patterns for view in getattr(entry, "url_patterns", [entry])]
    paths = [
        re.sub(r"<\w+:(code|pk)>", lambda part: {"code": "{code}", "pk": "{id}"}[part[1]], str(view.pattern))
        for view in views
    ]
    filters = [getattr(view.callback, "cls", None) for view in views]
    parameters = {
        name for cls in filters if hasattr(cls, "filterset_class") for name in cls.filterset_class.base_filters
    }

    assert {"level", "region", "parent"} <= parameters
    assert not [path for path in paths if not path.startswith("^") and f"/api/v1/{path}" not in text]
    assert not [name for name in sorted(parameters) if f"`{name}`" not in text]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(BASE)))
def test_every_link_leads_somewhere(document):
    links = [
        (document.parent / path if path else document, anchor) for path, anchor in LINK.findall(document.read_text())
    ]

    assert not [str(path) for path, _ in links if not path.exists()]
    assert not [f"{path}#{anchor}" for path, anchor in links if anchor and anchor not in anchors(path)]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(BASE)))
def test_every_name_in_the_documents_is_there(document):
    text = document.read_text()
    paths = [path for path in PATH.findall(text) if not (BASE / path).exists()]
    names = [name for name in NAME.findall(text) if not name.endswith(ENDINGS) and not is_there(name)]

    assert not paths
    assert not names


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


def read(path: str) -> str:
    return (BASE / path).read_text(encoding="utf-8")


def anchors(document: Path) -> set[str]:
    """Of its headings, as they are linked to."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def is_there(name: str) -> bool:
    """A module, what it holds, or a model by its label."""
    try:
        resolve_name(name)
    except (AttributeError, ImportError):
        return name in {model._meta.label for model in apps.get_models()}
    return True


ENDINGS = (".py", ".md")
STANDARD = {
    "--help", "--version", "--verbosity", "--settings", "--pythonpath", "--traceback",
    "--no-color", "--force-color", "--skip-checks",
}  # fmt: skip
