"""Migrations can be undone, stand alone, and lack nothing."""

import ast
import re

import pytest
from django.core.management import call_command
from django.db import migrations
from django.db.migrations.loader import MigrationLoader

from tests.house.code import APPS, BASE, ROOMS

pytestmark = pytest.mark.once
NAMED = re.compile(r"\d{4}_(initial|[a-z0-9]+(_[a-z0-9]+)+)$")


def ours() -> list:
    loader = MigrationLoader(None)
    return [migration for (app, _), migration in loader.disk_migrations.items() if app in APPS]


@pytest.mark.django_db
def test_no_migration_is_missing(capsys):
    call_command("makemigrations", check=True, dry_run=True)


def test_every_step_can_be_undone():
    stuck = [(migration.name, step) for migration in ours() for step in migration.operations if not step.reversible]

    assert not stuck


def test_no_migration_imports_code_of_ours():
    for app in APPS:
        for path in (BASE / app / "migrations").glob("0*.py"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            roots = {name.partition(".")[0] for node in ast.walk(tree) for name in imported(node)}
            assert not roots & set(ROOMS), path


def imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []


def test_every_migration_is_named_by_what_it_does():
    assert all(NAMED.fullmatch(migration.name) for migration in ours())
    assert all(not migration.name.startswith("000") or "auto" not in migration.name for migration in ours())


def test_data_moves_apart_from_tables():
    """A migration that runs code or SQL changes no table."""
    code = (migrations.RunPython, migrations.RunSQL)
    for migration in ours():
        runs = [isinstance(step, code) for step in migration.operations]
        assert all(runs) or not any(runs), migration


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_all_of_it_can_be_taken_back_and_made_again():
    """Slow: every migration of ours backwards and forwards."""
    from django.contrib.contenttypes.models import ContentType

    for app in reversed(APPS):
        call_command("migrate", app, "zero", verbosity=0)
    call_command("migrate", verbosity=0)
    ContentType.objects.clear_cache()
