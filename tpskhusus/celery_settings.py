"""How do web and worker talk to the broker? Called by settings.py, which alone reads the environment.

The database is the truth and the broker a doorbell: a message may be lost, late or doubled, and
carries ids only. So nothing here is kept for ever, and nothing here may hold up a request.
"""

from pathlib import Path
from typing import Any

EMBEDDED_SCHEME = "tpskhusus-folder"
VISIBILITY_TIMEOUT_SECONDS = 1800
TASK_HARD_LIMIT_SECONDS = 1500  # below the visibility timeout, or a long task would run beside itself
TASK_SOFT_LIMIT_SECONDS = 1440
SOCKET_TIMEOUT_SECONDS = 1  # a hung Redis otherwise blocks a request for more than a minute
POLL_SECONDS = 0.05  # kombu's own second would be felt by everyone who edits
SWEEP_SECONDS = 10
SWEEP_SECONDS_EMBEDDED = 2


def celery_settings(broker_url: str, data_dir: Path) -> dict[str, Any]:
    """Django settings of Celery, all beginning with `CELERY_`; an empty `broker_url` is the embedded broker."""
    return COMMON | (_external(broker_url) if broker_url else _embedded(data_dir / "broker"))


COMMON: dict[str, Any] = {
    "CELERY_TASK_DEFAULT_QUEUE": "tpskhusus",
    "CELERY_TASK_SERIALIZER": "json",
    "CELERY_ACCEPT_CONTENT": ["json"],
    "CELERY_TASK_IGNORE_RESULT": True,
    "CELERY_TASK_STORE_EAGER_RESULT": False,
    # A worker that dies leaves its message for the next one.
    "CELERY_TASK_ACKS_LATE": True,
    "CELERY_TASK_REJECT_ON_WORKER_LOST": True,
    "CELERY_WORKER_PREFETCH_MULTIPLIER": 1,
    "CELERY_TASK_TIME_LIMIT": TASK_HARD_LIMIT_SECONDS,
    "CELERY_TASK_SOFT_TIME_LIMIT": TASK_SOFT_LIMIT_SECONDS,
    # Ringing fails at once; the sweep finds what was not heard.
    "CELERY_TASK_PUBLISH_RETRY": False,
    "CELERY_BROKER_CONNECTION_TIMEOUT": SOCKET_TIMEOUT_SECONDS,
    "CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP": True,
    "CELERY_BROKER_CONNECTION_MAX_RETRIES": None,
    "CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS": True,
    "CELERY_WORKER_SEND_TASK_EVENTS": False,
    "CELERY_BEAT_SCHEDULER": "celery.beat:Scheduler",  # periods only, so nothing to remember on disk
    "CELERY_TIMEZONE": "UTC",
}


def _external(broker_url: str) -> dict[str, Any]:
    return {
        "CELERY_BROKER_URL": broker_url,
        "CELERY_BROKER_TRANSPORT_OPTIONS": _redis_options() if broker_url.startswith("redis") else {},
        "CELERY_SWEEP_SECONDS": SWEEP_SECONDS,
    }


def _redis_options() -> dict[str, Any]:
    return {
        "visibility_timeout": VISIBILITY_TIMEOUT_SECONDS,
        "socket_timeout": SOCKET_TIMEOUT_SECONDS,
        "socket_connect_timeout": SOCKET_TIMEOUT_SECONDS,
        "retry_on_timeout": False,
    }


def _embedded(folder: Path) -> dict[str, Any]:
    return {
        "CELERY_BROKER_URL": f"{EMBEDDED_SCHEME}://localhost",
        "CELERY_BROKER_TRANSPORT_OPTIONS": {
            "data_folder_in": str(folder / "messages"),
            "data_folder_out": str(folder / "messages"),
            "processed_folder": str(folder / "taken"),
            "control_folder": str(folder / "control"),
            "polling_interval": POLL_SECONDS,
        },
        "CELERY_SWEEP_SECONDS": SWEEP_SECONDS_EMBEDDED,
    }
