"""What must be there before Django can start? A free port, and random keys in `.env`. Standard library only.

Called by the Makefile: `python3 -I tpskhusus/first_start.py port 8000`, `… keys .env`.
"""

import base64
import os
import secrets
import socket
import sys
from pathlib import Path

KEY_BYTES = 64  # AES-SIV with 256 bits wants 64
COMMENT = (
    "# Written once by `make run`. Keep a copy in a safe place: without these keys no identity can be read again.\n"
)


def main() -> int:
    what, argument = sys.argv[1:]
    return {"port": check_port, "keys": write_keys}[what](argument)


def check_port(port: str) -> int:
    """0 if the port is free on this machine; 1 and a sentence if it is not."""
    try:
        number = int(port)
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", number))
    except (ValueError, OverflowError):
        return _say(f"PORT={port} is not a port number. Choose one: make run PORT=8001")
    except OSError as error:
        return _say(f"Port {port} cannot be used ({error.strerror}). Choose another one: make run PORT={number + 1}")
    return 0


def write_keys(path: str) -> int:
    """Add the keys that `path` lacks; a key once written is never changed. The file is its owner's alone (0600)."""
    file = Path(path)
    known = file.read_text() if file.exists() else ""
    missing = {name: value for name, value in _new_keys().items() if not _has(known, name)}
    if missing:
        _append(file, known, missing)
        print(f"== Keys: {', '.join(missing)} written to {path}, at random; keep a copy in a safe place")
    return 0


def _new_keys() -> dict[str, str]:
    return {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "IDENTITY_KEYS": f"1:{_random_base64()}",
        "HASH_KEY": _random_base64(),
    }


def _random_base64() -> str:
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def _has(text: str, name: str) -> bool:
    """True if the environment or the file already sets `name`: offices keep keys outside the file."""
    return bool(os.environ.get(name)) or any(line.strip().startswith(f"{name}=") for line in text.splitlines())


def _append(file: Path, known: str, missing: dict[str, str]) -> None:
    lines = "".join(f"{name}={value}\n" for name, value in missing.items())
    glue = "" if not known or known.endswith("\n") else "\n"
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w") as out:
        out.write(glue + ("" if known else COMMENT) + lines)
    file.chmod(0o600)


def _say(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
