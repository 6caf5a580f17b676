"""How the installation is set up: start is refused without keys, and real life is strict."""

import os
import subprocess
import sys

import pytest

from tests import services
from tests.house.code import BASE

pytestmark = pytest.mark.once
KEYS = ["SECRET_KEY", "IDENTITY_KEYS", "HASH_KEY"]


def start(*arguments, **environment):
    """`manage.py …` as an office calls it; an empty value is as good as none, and wins over the file `.env`."""
    folder = {"TPS_DATA_DIR": os.environ["TPS_TEST_FOLDER"], "DJANGO_SETTINGS_MODULE": "tpskhusus.settings"}
    known = os.environ | services.KEYS | folder
    command = [sys.executable, "manage.py", *(arguments or ("check",))]
    return subprocess.run(command, cwd=BASE, env=known | environment, capture_output=True, text=True, check=False)


def value_of(expression, **environment):
    done = start(
        "shell", "--no-imports", "-c", f"from django.conf import settings; print(({expression}))", **environment
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_it_starts_with_its_keys():
    assert start().returncode == 0


@pytest.mark.parametrize("missing", KEYS)
def test_it_does_not_start_without_a_key_and_says_what_mends_it(missing):
    done = start(**{missing: ""})

    assert done.returncode != 0
    assert f"{missing} is not set. `make run` writes random keys to .env" in done.stderr
    assert f"offices set {missing} in the environment" in done.stderr


@pytest.mark.parametrize("program", [("-m", "celery", "-A", "tpskhusus", "report"), ("-c", "import tpskhusus.wsgi")])
@pytest.mark.parametrize("missing", KEYS)
def test_neither_worker_nor_web_starts_without_a_key(missing, program):
    environment = os.environ | services.KEYS | {missing: "", "DJANGO_SETTINGS_MODULE": "tpskhusus.settings"}

    done = subprocess.run(
        [sys.executable, *program], cwd=BASE, env=environment, capture_output=True, text=True, check=False
    )

    assert done.returncode != 0
    assert f"{missing} is not set" in done.stderr


def test_debug_is_off_and_strangers_hosts_are_refused_unless_said_otherwise():
    assert (
        value_of("settings.DEBUG, settings.ALLOWED_HOSTS", DEBUG="") == "(False, ['127.0.0.1', 'localhost', '[::1]'])"
    )


def test_behind_https_cookies_are_secure_and_the_browser_remembers():
    expression = "settings.SESSION_COOKIE_SECURE, settings.CSRF_COOKIE_SECURE, settings.SECURE_HSTS_SECONDS > 10**7"

    assert value_of(expression, HTTPS="true") == "(True, True, True)"
    assert value_of(expression, HTTPS="false") == "(False, False, False)"


def test_the_offices_numbers_count():
    expression = "settings.SESSION_COOKIE_AGE, settings.AXES_FAILURE_LIMIT, settings.AXES_COOLOFF_TIME, settings.MAX_UPLOAD_BYTES"
    numbers = {"SESSION_MINUTES": "20", "SIGN_IN_FAILURES": "3", "SIGN_IN_LOCK_MINUTES": "30", "MAX_UPLOAD_MB": "10"}

    assert value_of(expression, **numbers) == "(1200, 3, 0.5, 10000000)"


def test_the_data_folder_is_its_owners_alone(tmp_path):
    folder = tmp_path / "data"

    assert start(TPS_DATA_DIR=str(folder), DATABASE_URL="").returncode == 0

    assert folder.stat().st_mode & 0o777 == 0o700


def test_djangos_own_check_of_a_real_site_is_content():
    done = start(
        "check",
        "--deploy",
        "--fail-level",
        "WARNING",
        HTTPS="true",
        SECRET_KEY="k" * 25 + "0123456789abcdefghijklmnopqrst",
    )

    assert done.returncode == 0, done.stderr
