"""How does all of it run on one machine? `manage.py serve`: the site, the worker and the clock, ended together."""

import contextlib
import fcntl
import os
import signal
import socket
import subprocess
import sys
import threading
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from tpskhusus import filesystem_broker
from tpskhusus.celery import SUPERVISOR
from tpskhusus.celery_settings import EMBEDDED_SCHEME

WEB_THREADS = 8
CHILD_LOOK_SECONDS = 0.5
RESTART_SECONDS = 1.0
END_SECONDS = 5.0
CELERY = [sys.executable, "-m", "celery", "--app", "tpskhusus"]
EMBEDDED_WORKER = ["--pool", "threads", "--concurrency", "2", "--hostname", "embedded@tpskhusus"]
QUIET = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING"]


class Command(BaseCommand):
    help = "Serves the site and its worker on one machine until Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
        parser.add_argument("--port", type=int, default=settings.PORT, help="port to listen on")

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        with listening(host, port) as listener, contextlib.ExitStack() as stack:
            _react_to_signals()
            Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)  # whitenoise looks there first
            stack.enter_context(_own_broker_folders())
            stack.enter_context(Children(_commands()))
            self.stdout.write(_("Serving on http://%(host)s:%(port)s — Ctrl-C ends it.") % {"host": host, "port": port})
            self.stdout.flush()
            _serve(listener)
            self.stdout.write(_("Ending …"))
            self.stdout.flush()


@contextlib.contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """A bound socket, before anything slow is begun. CommandError if the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen(128)
        except (OSError, OverflowError) as error:
            raise CommandError(
                f"Cannot listen on {host}:{port} ({error}). Another program uses the port? "
                f"Choose another one: make run PORT={port + 1 if port < 65535 else 8000}"
            ) from error
        yield listener


def _serve(listener: socket.socket) -> None:
    """Answer requests until a signal ends it."""
    from waitress import create_server  # type: ignore[import-untyped]

    from tpskhusus.wsgi import application

    server = create_server(
        application,
        sockets=[listener],
        threads=WEB_THREADS,
        ident=None,
        clear_untrusted_proxy_headers=True,
        max_request_body_size=settings.MAX_UPLOAD_BYTES + 1_000_000,
    )
    with contextlib.suppress(SystemExit, KeyboardInterrupt):
        server.run()


def _react_to_signals() -> None:
    """INT, TERM and HUP end all; set explicitly, as a shell's background job ignores INT."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end_politely)


def _end_politely(number: int, frame: FrameType | None) -> None:
    """The first signal ends in order; a second one does not wait."""
    for again in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(again, _end_at_once)
    raise SystemExit(0)


def _end_at_once(number: int, frame: FrameType | None) -> None:
    for child in Children.running:
        _signal_group(child, signal.SIGKILL)
    os._exit(130)


def _commands() -> list[list[str]]:
    """The worker; with a broker of its own also the clock, which the embedded worker has inside."""
    if _is_embedded():
        return [[*CELERY, "--quiet", "worker", *EMBEDDED_WORKER, *QUIET]]
    node = f"serve{os.getpid()}@%h"
    worker = ["--quiet", "worker", "--pool", "prefork", "--concurrency", "2", "--hostname", node, *QUIET]
    return [[*CELERY, *worker], [*CELERY, "--quiet", "beat", "--loglevel", "WARNING", "--pidfile", ""]]


def _is_embedded() -> bool:
    return bool(settings.CELERY_BROKER_URL.startswith(EMBEDDED_SCHEME))


@contextlib.contextmanager
def _own_broker_folders() -> Iterator[None]:
    """Empty the embedded broker, unless another `serve` of the same data folder is using it."""
    if not _is_embedded():
        yield
        return
    options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    filesystem_broker.make_folders(options)
    with (Path(settings.DATA_DIR) / "serve.lock").open("a") as lock:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            filesystem_broker.empty_folders(options)
        yield


class Children:
    """Keeps each command running in a session of its own, and ends them all on leaving."""

    running: list["subprocess.Popen[bytes]"] = []

    def __init__(self, commands: list[list[str]]) -> None:
        self._commands = commands
        self._ending = threading.Event()
        self._keepers = [threading.Thread(target=self._keep, args=(command,), daemon=True) for command in commands]

    def __enter__(self) -> "Children":
        for keeper in self._keepers:
            keeper.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._ending.set()
        for keeper in self._keepers:
            keeper.join()

    def _keep(self, command: list[str]) -> None:
        while not self._ending.is_set():
            child = self._start(command)
            while child.poll() is None and not self._ending.is_set():
                self._ending.wait(CHILD_LOOK_SECONDS)
            _end(child)
            self.running.remove(child)
            self._ending.wait(RESTART_SECONDS)

    def _start(self, command: list[str]) -> "subprocess.Popen[bytes]":
        environment = os.environ | {SUPERVISOR: str(os.getpid())}
        child = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, start_new_session=True)
        self.running.append(child)
        return child


def _end(child: "subprocess.Popen[bytes]") -> None:
    """TERM, then KILL for the whole group: nobody of it may stay behind."""
    _signal_group(child, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(END_SECONDS)
    _signal_group(child, signal.SIGKILL)
    child.wait()


def _signal_group(child: "subprocess.Popen[bytes]", number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, number)
