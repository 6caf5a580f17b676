"""Keys are written once, for their owner alone; a port in use is said in a sentence."""

import base64
import os
import re
import socket
import subprocess
import sys

import pytest

from tests.house.code import BASE

pytestmark = pytest.mark.once


def first_start(*arguments, **environment):
    command = [sys.executable, "-I", "tpskhusus/first_start.py", *map(str, arguments)]
    bare = {
        name: value for name, value in os.environ.items() if name not in ("SECRET_KEY", "IDENTITY_KEYS", "HASH_KEY")
    }
    return subprocess.run(command, cwd=BASE, env=bare | environment, capture_output=True, text=True, check=False)


def test_keys_are_random_and_readable_by_their_owner_alone(tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"

    first_start("keys", one), first_start("keys", other)

    assert one.stat().st_mode & 0o777 == 0o600
    assert re.search(r"^IDENTITY_KEYS=1:(.+)$", one.read_text(), re.M)
    assert not set(re.findall(r"=(.{20,})$", one.read_text(), re.M)) & set(
        re.findall(r"=(.{20,})$", other.read_text(), re.M)
    )


def test_keys_are_long_enough_to_seal(tmp_path):
    first_start("keys", tmp_path / "env")

    values = dict(re.findall(r"^(\w+)=(?:1:)?(.+)$", (tmp_path / "env").read_text(), re.M))

    assert len(base64.b64decode(values["IDENTITY_KEYS"])) >= 32
    assert len(base64.b64decode(values["HASH_KEY"])) >= 32


def test_a_second_run_changes_nothing(tmp_path):
    first_start("keys", tmp_path / "env")
    before = (tmp_path / "env").read_bytes()

    done = first_start("keys", tmp_path / "env")

    assert (tmp_path / "env").read_bytes() == before
    assert done.stdout == ""


def test_keys_join_a_file_that_has_other_settings(tmp_path):
    file = tmp_path / "env"
    file.write_text("DATABASE_URL=postgres://tps@127.0.0.1/tps")

    first_start("keys", file)

    assert file.read_text().startswith("DATABASE_URL=postgres://tps@127.0.0.1/tps\n")
    assert "SECRET_KEY=" in file.read_text()


def test_keys_of_the_environment_are_not_doubled(tmp_path):
    first_start("keys", tmp_path / "env", SECRET_KEY="of the office")

    assert "SECRET_KEY=" not in (tmp_path / "env").read_text()


def test_a_port_in_use_is_said_with_the_way_out():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        done = first_start("port", port)

    assert done.returncode == 1
    assert f"make run PORT={port + 1}" in done.stderr


@pytest.mark.parametrize("port", ["x", "99999", "-1"])
def test_no_port_at_all_is_said_too(port):
    assert "is not a port number" in first_start("port", port).stderr
