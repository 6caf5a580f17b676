"""Who may import whom: downwards only, and the core nobody."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.code import BASE, edges, modules

pytestmark = pytest.mark.once


def test_apps_import_downwards_only():
    program = Path(sys.executable).parent / "lint-imports"

    done = subprocess.run([program, "--no-cache"], cwd=BASE, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


def test_the_core_loads_without_django():
    code = (
        "import sys, pkgutil, importlib, mapping.core;"
        "[importlib.import_module(f'mapping.core.{found.name}') for found in pkgutil.iter_modules(mapping.core.__path__)];"
        "foreign = {name.partition('.')[0] for name in sys.modules} & {'django', 'celery', 'rest_framework', 'numpy'};"
        "assert not foreign, foreign"
    )

    done = subprocess.run([sys.executable, "-c", code], cwd=BASE, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


def test_the_walk_finds_the_rooms():
    assert len(list(modules())) > 60
    assert len(list(edges())) > 10
