"""How does a verb's edge tell the worker that there is work? It rings after commit; a lost ring is no loss.

The database is the truth. So a broker that is refused, hung or full is counted and otherwise ignored,
and all the rings of one commit together hold up their request for less than 1.5 seconds.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from celery import Task
from django.db import DEFAULT_DB_ALIAS, connections

log = logging.getLogger(__name__)
PATIENCE_SECONDS = 1.0  # the longest that one ring may take
SLOW_SECONDS = 0.4  # a ring that took longer must have been the last of its request
REST_SECONDS = 5.0  # how long a broker that failed is left alone

Value = str | int  # ids only


@dataclass(frozen=True)
class _Ring:
    """One message to be sent after commit; equal rings of one transaction are the same ring."""

    task: Task
    values: tuple[tuple[str, Value], ...]

    def __call__(self) -> None:
        _bell.send(self)


def ring(task: Task, *, using: str = DEFAULT_DB_ALIAS, **values: Value) -> None:
    """Send `task` with `values` (ids only) once the transaction has committed; at once outside of one.

    Never raises for the broker's sake. The same ring twice in one transaction is sent once.
    """
    once_after_commit(_Ring(task, tuple(sorted(values.items()))), using=using)


def once_after_commit(act: Callable[[], None], *, using: str = DEFAULT_DB_ALIAS) -> None:
    """Like `transaction.on_commit(act, robust=True)`, but equal acts of one transaction are one.

    An act registered in a savepoint that was rolled back does not count: it will not happen.
    """
    connection = connections[using]
    open_savepoints = set(connection.savepoint_ids)
    waiting = (row[1] for row in connection.run_on_commit if row[0] <= open_savepoints)
    if act not in waiting:
        connection.on_commit(act, robust=True)


def missed() -> int:
    """How many rings of this process did not reach the broker."""
    return _bell.missed


class _Bell:
    """Rings, and keeps away from a broker that is ill."""

    def __init__(self) -> None:
        self.missed = 0
        self._is_ill = False
        self._resting_until = 0.0
        self._lock = threading.Lock()

    def send(self, message: _Ring) -> None:
        is_sent = self._may_try() and self._is_well_after(message)
        if not is_sent:
            self.missed += 1

    def _may_try(self) -> bool:
        """After a rest one caller tries; the others go on resting until that one has come back."""
        with self._lock:
            now = time.monotonic()
            if now < self._resting_until:
                return False
            if self._is_ill:
                self._resting_until = now + PATIENCE_SECONDS
            return True

    def _is_well_after(self, message: _Ring) -> bool:
        began = time.monotonic()
        is_sent = _publish_patiently(message)
        seconds = time.monotonic() - began
        with self._lock:
            self._is_ill = not is_sent or seconds > SLOW_SECONDS
            self._resting_until = time.monotonic() + (REST_SECONDS if not is_sent else seconds) * self._is_ill
        return is_sent


def _publish_patiently(message: _Ring) -> bool:
    """True if the broker took it in time. In a thread, as not every way of hanging honours a timeout."""
    sent = threading.Event()
    sender = threading.Thread(target=_publish, args=(message, sent), name="bell", daemon=True)
    sender.start()
    sender.join(PATIENCE_SECONDS)
    return sent.is_set()


def _publish(message: _Ring, sent: threading.Event) -> None:
    try:
        message.task.apply_async(kwargs=dict(message.values), retry=False, ignore_result=True)
    except Exception as error:  # whatever a broker's client raises: the sweep finds the change
        log.warning("the bell did not ring: %s", type(error).__name__)
    else:
        sent.set()


_bell = _Bell()
