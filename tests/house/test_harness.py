"""The tests themselves talk to nobody outside, and to the services they started."""

import socket

import pytest
from django.conf import settings
from django.db import connection

from tests import services


@pytest.mark.once
def test_no_test_reaches_the_network():
    with socket.socket() as outside, pytest.raises(AssertionError, match="wants to talk to"):
        outside.connect(("192.0.2.1", 80))


@pytest.mark.django_db
def test_the_database_is_the_one_this_run_is_about():
    assert connection.vendor == ("postgresql" if services.uses_postgres() else "sqlite")
    assert settings.CELERY_BROKER_URL.startswith("redis:" if services.uses_postgres() else "tpskhusus-folder:")
