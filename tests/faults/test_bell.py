"""A broker that is refused or hung neither fails nor holds up a request; the bell rings once per transaction."""

import socket
import time

import pytest
from celery import Celery
from django.db import transaction

from locations import bell
from tests import services

LIMIT_SECONDS = 1.5


@pytest.fixture(autouse=True)
def fresh_bell(monkeypatch):
    monkeypatch.setattr(bell, "_bell", bell._Bell())


def task_of(url: str, **options):
    app = Celery("faults", set_as_current=False)
    app.conf.update(broker_write_url=url, task_publish_retry=False, broker_transport_options=options)

    @app.task(name="faults.nothing")
    def nothing() -> None: ...

    assert app.connection_for_write().transport  # the client's import is not what is measured
    return nothing


@pytest.fixture
def hung():
    """Somebody who accepts and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(16)
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"


@transaction.atomic
def ring_and_fail(task) -> None:
    bell.ring(task)
    raise ZeroDivisionError


def timed(act) -> float:
    began = time.monotonic()
    act()
    return time.monotonic() - began


@pytest.mark.django_db(transaction=True)
def test_a_refused_broker_fails_nothing():
    task = task_of(f"redis://127.0.0.1:{services.free_port()}/0")

    assert timed(lambda: bell.ring(task)) < LIMIT_SECONDS
    assert bell.missed() == 1


@pytest.mark.django_db(transaction=True)
def test_a_hung_broker_holds_up_one_request_a_little_and_the_burst_behind_it_not_at_all(hung):
    task = task_of(hung)

    first = timed(lambda: bell.ring(task))
    burst = timed(lambda: [bell.ring(task) for _ in range(50)])

    assert first < LIMIT_SECONDS
    assert burst < 0.2
    assert bell.missed() == 51


@pytest.mark.django_db(transaction=True)
def test_all_the_rings_of_one_commit_together_keep_the_limit(hung):
    first, other = task_of(hung), task_of(hung)

    def edit():
        with transaction.atomic():
            bell.ring(first)
            bell.ring(other, batch_id="1")

    assert timed(edit) < LIMIT_SECONDS


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_back_is_rung_again(hung, monkeypatch):
    monkeypatch.setattr(bell, "REST_SECONDS", 0.1)
    bell.ring(task_of(hung))

    time.sleep(0.2)
    bell.ring(task_of("memory://"))

    assert bell.missed() == 1


@pytest.mark.django_db(transaction=True)
def test_the_bell_rings_once_per_transaction_however_many_edits_it_has(monkeypatch):
    rung = []
    monkeypatch.setattr(bell._bell, "send", rung.append)
    task = task_of("memory://")

    with transaction.atomic():
        for _ in range(1000):
            bell.ring(task)
        assert not rung

    assert len(rung) == 1


@pytest.mark.django_db(transaction=True)
def test_an_edit_that_was_rolled_back_does_not_silence_the_next_one(monkeypatch):
    rung = []
    monkeypatch.setattr(bell._bell, "send", rung.append)
    task = task_of("memory://")

    with transaction.atomic():
        with pytest.raises(ZeroDivisionError):
            ring_and_fail(task)
        bell.ring(task)

    assert len(rung) == 1


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_fails_rings_nothing(monkeypatch):
    rung = []
    monkeypatch.setattr(bell._bell, "send", rung.append)

    with pytest.raises(ZeroDivisionError):
        ring_and_fail(task_of("memory://"))

    assert not rung
