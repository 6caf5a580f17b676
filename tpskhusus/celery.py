"""Which work happens outside a request, and when? The Celery app and the table of what recurs."""

import os
import signal
import threading
import time
import warnings
from typing import Any, NamedTuple

from celery import Celery
from celery.beat import EmbeddedService
from celery.platforms import SecurityWarning
from celery.signals import beat_init, celeryd_init, setup_logging, worker_ready
from django.conf import settings

from . import filesystem_broker
from .celery_settings import EMBEDDED_SCHEME

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tpskhusus.settings")
SUPERVISOR = "TPSKHUSUS_SUPERVISOR"  # the process id of `serve`, told to the children it starts
PARENT_POLL_SECONDS = 0.5
GRACE_SECONDS = 3.0


class Recurring(NamedTuple):
    task: str
    seconds: float
    why: str


def recurring(sweep_seconds: float) -> list[Recurring]:
    """The beat table. A message that was not taken within its period is dropped: the next one says the same."""
    return [
        Recurring("mapping.tasks.recompute_changed", sweep_seconds, "finds changes whose bell was lost"),
        Recurring("mapping.tasks.resume_scenarios", 3 * sweep_seconds, "runs scenarios whose message was lost"),
        Recurring("voters.tasks.resume_imports", 3 * sweep_seconds, "goes on with imports that were cut off"),
        Recurring("voters.tasks.resume_undos", 3 * sweep_seconds, "takes lists back whose message or worker was lost"),
        Recurring("voters.tasks.settle_departures", 600, "gives a claim to the next list once a departure has passed"),
        Recurring(
            "accounts.tasks.seal_audit", 3 * sweep_seconds, "seals audit entries that nobody sealed after commit"
        ),
        Recurring("voters.tasks.find_likely_duplicates", 3600, "compares voters who changed with everybody else"),
        Recurring("mapping.tasks.search_concentrations", 24 * 3600, "suggests locations where unplaced voters gather"),
        Recurring("voters.tasks.forget_uploads", 3600, "deletes uploads and refused rows after 30 days"),
        Recurring("voters.tasks.remember_condition", 6 * 3600, "keeps how good the data of each regency was today"),
        Recurring("accounts.tasks.forget", 3600, "drops failed sign-ins and sessions that are over"),
    ]


def _schedule(rows: list[Recurring]) -> dict[str, Any]:
    return {row.task: {"task": row.task, "schedule": row.seconds, "options": {"expires": row.seconds}} for row in rows}


warnings.filterwarnings("ignore", category=SecurityWarning)  # it warns root of pickle; messages are JSON only
filesystem_broker.register()
app = Celery("tpskhusus")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@app.on_after_configure.connect
def _fill_beat_table(sender: Celery, source: Any, **kwargs: Any) -> None:
    source.beat_schedule = _schedule(recurring(settings.CELERY_SWEEP_SECONDS))


@setup_logging.connect
def _log_as_the_site_does(**kwargs: Any) -> None:
    """Celery's own handlers would write past the filter that keeps identities out; ours are there already."""


@worker_ready.connect
def _start_embedded_beat(sender: Any, **kwargs: Any) -> None:
    """With the embedded broker the one worker also beats, in a thread that dies with it."""
    if not settings.CELERY_BROKER_URL.startswith(EMBEDDED_SCHEME):
        return
    EmbeddedService(app, thread=True, scheduler_cls=app.conf.beat_scheduler).start()


@celeryd_init.connect
@beat_init.connect
def _end_with_the_supervisor(**kwargs: Any) -> None:
    """A child of `serve` ends itself when `serve` is gone, however that was killed."""
    if supervisor := os.environ.get(SUPERVISOR):
        threading.Thread(target=_watch, args=(int(supervisor),), name="watch", daemon=True).start()


def _watch(supervisor: int) -> None:
    while os.getppid() == supervisor:
        time.sleep(PARENT_POLL_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os.killpg(os.getpgrp(), signal.SIGKILL)
