"""No sixteen digits leave the program by any log."""

import io
import logging
import os
import subprocess
import sys

import pytest

from tests.house.code import BASE
from tpskhusus.logs import NoIdentities, without_identities

pytestmark = pytest.mark.once
NIK = "3603280101900001"
MASK = "•" * 16


@pytest.fixture
def log():
    """A logger with the site's filter; `log.said()` is what left it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(NoIdentities())
    logger = logging.getLogger("tests.identities")
    logger.addHandler(handler)
    logger.propagate = False
    logger.said = stream.getvalue
    yield logger
    logger.removeHandler(handler)


@pytest.mark.parametrize(
    "text", [NIK, f"'{NIK}", "3603 2801 0190 0001", "36.03.28.010190.0001", f"nik={NIK}&x=1", f"x{NIK}y"]
)
def test_sixteen_digits_are_masked(text):
    masked = without_identities(text)

    assert MASK in masked
    assert "0190" not in masked


@pytest.mark.parametrize(
    "text",
    [
        "360328010190000",
        "36032801019000011",
        "2026-11-24 20:28:13,875",
        "36.03.28.2004",
        "01a20f42-7515-72ee-8597-365ea5b29bb4",
    ],
)
def test_other_numbers_stay_readable(text):
    assert without_identities(text) == text


def test_a_message_is_masked_with_its_arguments(log):
    log.error("no voter %s at %s", NIK, {"nik": NIK, "list": [int(NIK)]})

    assert "0190" not in log.said()
    assert log.said().count(MASK) == 3


def test_a_traceback_is_masked(log):
    try:
        raise ValueError(f"Key (nik)=({NIK}) already exists")
    except ValueError:
        log.exception("import failed")

    assert "ValueError" in log.said()
    assert "already exists" in log.said()
    assert "0190" not in log.said()


def test_the_cause_of_a_fault_is_masked_too(log):
    try:
        try:
            int(NIK + "x")
        except ValueError as error:
            raise RuntimeError("row 2") from error
    except RuntimeError:
        log.exception("import failed")

    assert "invalid literal" in log.said()
    assert "0190" not in log.said()


def test_a_stack_is_masked(log):
    log.warning("here", stack_info=True)

    record = logging.LogRecord("x", logging.INFO, "", 0, "here", None, None, sinfo=f"Stack\n  f({NIK})")
    NoIdentities().filter(record)
    assert "0190" not in record.stack_info


def test_a_traceback_that_another_handler_wrote_first_is_masked(log):
    record = logging.LogRecord("x", logging.ERROR, "", 0, "here", None, None)
    record.exc_text = f"ValueError: {NIK}"

    NoIdentities().filter(record)

    assert "0190" not in record.exc_text


def in_a_process(code, **environment):
    """Standard output and error of a process that runs `code` with the site's settings."""
    command = [sys.executable, "-c", f"import django; django.setup()\n{code}"]
    return subprocess.run(
        command,
        cwd=BASE,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "tpskhusus.settings", **environment},
        capture_output=True,
        text=True,
        check=True,
    )


LOGGERS = [
    "",
    "django",
    "django.request",
    "django.server",
    "django.db.backends",
    "axes",
    "celery",
    "celery.task",
    "gunicorn.error",
]


@pytest.mark.parametrize("debug", ["0", "1"])
def test_every_logger_of_the_site_goes_through_the_filter(debug):
    code = f"import logging\nfor name in {LOGGERS!r}: logging.getLogger(name).error('voter %s', '{NIK}')"

    said = in_a_process(code, DEBUG=debug)

    assert "0190" not in said.stderr + said.stdout
    assert said.stderr.count(MASK) == len(LOGGERS)


def test_the_worker_goes_through_the_filter():
    """Celery would put handlers of its own on root and tasks."""
    code = f"""
import logging
from celery.utils.log import get_task_logger
from tpskhusus.celery import app
app.log.setup(loglevel="INFO", redirect_stdouts=True)
for logger in (logging.getLogger(), logging.getLogger("celery.worker"), get_task_logger("voters.tasks")):
    logger.error("voter %s", "{NIK}")
"""

    said = in_a_process(code)

    assert "0190" not in said.stderr + said.stdout
    assert said.stderr.count(MASK) == 3
