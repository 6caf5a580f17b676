"""How does a message get from web to worker without a broker to install? As a file in a folder of ours.

kombu's own transport of this kind dies of one empty or half-written file. This one writes beside and
renames into place, takes a message by renaming it away, and drops what is no message. `kill -9` loses
the message being worked on: the sweep finds what it was about.
"""

import fcntl
import logging
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES, filesystem, virtual
from kombu.utils.json import dumps, loads

from .celery_settings import EMBEDDED_SCHEME

log = logging.getLogger(__name__)
MESSAGE_FOLDERS = ("data_folder_in", "data_folder_out", "processed_folder")
CONTROL_FOLDER = "control_folder"  # which queue hears which exchange


def register() -> None:
    """Make `EMBEDDED_SCHEME://` a URL that kombu understands."""
    TRANSPORT_ALIASES[EMBEDDED_SCHEME] = f"{__name__}:Transport"


def make_folders(options: dict[str, Any]) -> None:
    """The folders of the transport, readable by nobody else; made beforehand, or the first ring is lost."""
    for folder in _folders(options, *MESSAGE_FOLDERS, CONTROL_FOLDER):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)


def empty_folders(options: dict[str, Any]) -> None:
    """Begin without messages: what an earlier run left behind is in the database too.

    Who hears what is kept: a process that has long been sending says it only once.
    """
    for folder in _folders(options, *MESSAGE_FOLDERS):
        shutil.rmtree(folder, ignore_errors=True)
    make_folders(options)


def _folders(options: dict[str, Any], *names: str) -> set[Path]:
    return {Path(options[name]) for name in names}


class Channel(filesystem.Channel):
    """Messages are `<nanoseconds>_<uuid>.<queue>.msg`, so the order of names is the order of sending."""

    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]
        name = f"{time.time_ns():020d}_{uuid.uuid4()}.{queue}.msg"
        _write_whole(Path(self.data_folder_out) / name, payload)

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        for name in sorted(self._waiting(queue)):
            message = self._take(name)
            if message is not None:
                return message
        raise Empty

    def _waiting(self, queue: str) -> list[str]:
        try:
            names = [path.name for path in Path(self.data_folder_in).iterdir()]
        except FileNotFoundError:
            return []
        return [name for name in names if name.partition(".")[2] == f"{queue}.msg"]

    def _take(self, name: str) -> Any | None:
        """The message, now ours alone; None if somebody was quicker or it is no message."""
        taken = Path(self.processed_folder) / f"{uuid.uuid4()}_{name}"
        try:
            (Path(self.data_folder_in) / name).rename(taken)
        except OSError:
            return None
        try:
            message = loads(taken.read_bytes().decode())
        except ValueError:
            message = None
        finally:
            taken.unlink(missing_ok=True)
        if not isinstance(message, dict):
            log.warning("dropped a broken message from the embedded broker")
            return None
        return message

    def get_table(self, exchange: str) -> list[Any]:
        try:
            return super().get_table(exchange)
        except (ValueError, TypeError):
            return []

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str, queue: str) -> None:
        row = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        with _locked(Path(self.control_folder) / ".lock"):
            rows = self.get_table(exchange)
            if row not in rows:
                _write_whole(self._exchange_file(exchange), [row, *rows])

    def _delete(self, queue: str, exchange: str, routing_key: str, pattern: str, *args: Any, **kwargs: Any) -> None:
        virtual.Channel._delete(self, queue, exchange, routing_key, pattern, *args, **kwargs)
        row = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        with _locked(Path(self.control_folder) / ".lock"):
            rows = self.get_table(exchange)
            if row in rows:
                _write_whole(self._exchange_file(exchange), [kept for kept in rows if kept != row])


def _write_whole(path: Path, content: Any) -> None:
    """Either the whole file is there or none; ChannelError if the folder cannot be written."""
    beside = path.with_name(f".{uuid.uuid4()}.part")
    try:
        beside.write_text(dumps(content))
        beside.replace(path)
    except OSError as error:
        raise ChannelError(f"cannot write to the embedded broker: {error.strerror}") from error


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


class Transport(filesystem.Transport):
    Channel = Channel
    driver_type = "filesystem"
    driver_name = "tpskhusus"

    def __init__(self, client: Any, **kwargs: Any) -> None:
        super().__init__(client, **kwargs)
        make_folders(client.transport_options)
        self.state = virtual.BrokerState()  # of this connection: another one may have another folder
