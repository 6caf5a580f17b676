"""Row ids made by the program: UUIDv7, known before a row is sealed and sorted by arrival."""

from uuid_utils.compat import uuid7 as new_id

__all__ = ["new_id"]
