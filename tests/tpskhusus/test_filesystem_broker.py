"""The broker in a folder: nothing in the folder can end the worker, and nobody gets a message twice."""

import json

import pytest
from kombu import Connection

from tpskhusus import filesystem_broker
from tpskhusus.celery_settings import celery_settings

pytestmark = pytest.mark.once


@pytest.fixture
def options(tmp_path):
    options = celery_settings("", tmp_path)["CELERY_BROKER_TRANSPORT_OPTIONS"]
    filesystem_broker.make_folders(options)
    return options


@pytest.fixture
def queue(options):
    filesystem_broker.register()
    with Connection("tpskhusus-folder://localhost", transport_options=options) as connection:
        yield connection.SimpleQueue("tpskhusus")


def messages(options, tmp_path):
    return sorted((tmp_path / "broker" / "messages").glob("*.msg"))


def test_what_is_sent_arrives_in_order(queue):
    for number in range(3):
        queue.put({"number": number})

    assert [queue.get(timeout=1).payload["number"] for _ in range(3)] == [0, 1, 2]


@pytest.mark.parametrize("content", [b"", b'{"body": "cut', b"[1, 2]", b"\xff\xfe", b"null"])
def test_a_broken_message_is_dropped_and_the_next_one_arrives(queue, tmp_path, content):
    (tmp_path / "broker" / "messages" / "00000000000000000001_x.tpskhusus.msg").write_bytes(content)
    queue.put({"number": 1})

    assert queue.get(timeout=1).payload == {"number": 1}
    assert not list((tmp_path / "broker" / "messages").iterdir())


def test_a_half_written_message_is_not_seen(queue, tmp_path):
    (tmp_path / "broker" / "messages" / ".beside.part").write_text(json.dumps({"body": "x"}))

    with pytest.raises(queue.Empty):
        queue.get(timeout=0.2)


def test_a_broken_table_of_queues_is_made_anew(options, tmp_path):
    filesystem_broker.register()
    (tmp_path / "broker" / "control" / "tpskhusus.exchange").write_text("")
    with Connection("tpskhusus-folder://localhost", transport_options=options) as connection:
        queue = connection.SimpleQueue("tpskhusus")

        queue.put({"number": 1})

        assert queue.get(timeout=1).payload == {"number": 1}


def test_a_start_begins_with_empty_folders_that_are_ours_alone(options, queue, tmp_path):
    queue.put({"number": 1})

    filesystem_broker.empty_folders(options)

    assert not messages(options, tmp_path)
    assert (tmp_path / "broker" / "messages").stat().st_mode & 0o077 == 0
