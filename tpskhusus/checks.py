"""May this installation start? Refused with the sentence that helps, before anything is written under wrong keys."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.db import DatabaseError

from voters import keyring
from voters.identity import WrongKeys


@register()
def keys_open_what_is_sealed(**_kwargs: Any) -> list[CheckMessage]:
    """Opens one stored identity. Before the first migration, or with the database away, there is nothing to say."""
    try:
        keyring.check()
    except DatabaseError:
        return []
    except WrongKeys:
        hint = "Set IDENTITY_KEYS and HASH_KEY to the keys of this register; `.env` of the old machine holds them."
        return [Error("The keys do not open the identities in the database.", hint=hint, id="tpskhusus.E001")]
    return []
