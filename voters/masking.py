"""What may a page show of an identity? NIK and birth date hide together: the province and the year stay."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from locations.cells import shown

from . import columns, identity, keyring, registration, storing

if TYPE_CHECKING:
    import uuid
    from collections.abc import Mapping

    from .models import Voter
    from .querysets import IdentityQuerySet

HIDDEN: Final = "••••••"
MARK: Final = columns.MASK
_SECRET: Final = frozenset(column.header for column in columns.COLUMNS if column.secret)
_NUMBERS: Final = frozenset(("nik", "nkk"))
_YEAR: Final = re.compile(r"(?<!\d)(?:18|19|20)\d\d(?!\d)")
_IDENTITY: Final = re.compile(r"\d(?:[ .]?\d){11,}")
_DIGITS_OF_A_DATE: Final = 8
_DIGIT, _LETTER = re.compile(r"\d"), re.compile(r"[^\W\d_]")
_LONGEST_CODE, _LONGEST_SHAPE = 2, 40


def masked_niks(identities: IdentityQuerySet) -> dict[uuid.UUID, str]:
    """`36••••••••••••••` by voter; who has no NIK is not in it. Opened in memory, 3 µs each."""
    unseal = keyring.sealer("identity", "nik").unseal
    rows = identities.exclude(nik_sealed=None).values_list("pk", "key_id", "nik_sealed")
    return {
        pk: identity.mask(unseal(pk.bytes, key_id, keyring.as_bytes(sealed)).decode()) for pk, key_id, sealed in rows
    }


def masked_cells(voter: Voter) -> dict[str, str]:
    """A stored voter as a row of the voter file, whatever is sealed being masked; an empty cell stays empty."""
    stored = storing.stored_voters([voter.pk])[voter.pk]
    cells = registration.cells_of(stored)
    return {column: masked_secret(column, text) if column in _SECRET else text for column, text in cells.items()}


def masked_cell(column: str, text: str) -> str:
    """A cell of a file as it may be shown; what is no secret is shown unless it looks like a shifted one."""
    if column in _SECRET:
        return masked_secret(column, text)
    return text if _is_day(column, text) else shown(text)


def masked_row(cells: Mapping[str, str]) -> dict[str, str]:
    """The cells of a row as a form may show them: whole, or hidden so that they can be left as they are."""
    return {
        column: masked_secret(column, text)
        if column in _SECRET
        else text
        if _is_day(column, text)
        else shown(text)
        if MARK in shown(text)
        else text
        for column, text in cells.items()
    }


def masked_secret(column: str, text: str) -> str:
    if not text:
        return ""
    if column in _NUMBERS:
        return identity.mask(text)
    return _only_year(text) if column == "tanggal_lahir" else HIDDEN


def shape_of(text: str) -> str:
    """`xxx 00, 00000` of `Ani 12, 15118`: what a column may be, without what stands in it; a code of two characters stays."""
    return text if len(text) <= _LONGEST_CODE else _LETTER.sub("x", _DIGIT.sub("0", text[:_LONGEST_SHAPE]))


def without_identities(text: str) -> str:
    """A file's name or the like, without anything as long as a NIK."""
    return _IDENTITY.sub(HIDDEN, text)


def _is_day(column: str, text: str) -> bool:
    """Codes and days of arrival and departure have many digits and give nobody away."""
    return column.startswith(("kode_", "tanggal_")) and len(text) <= len("36.03.04.2001")


def _only_year(text: str) -> str:
    """`1990-••-••`; without anything that is a year, all of it hidden."""
    year = _YEAR.search(text)
    if year is None or sum(c.isdigit() for c in text) > _DIGITS_OF_A_DATE:
        return MARK * min(len(text), 10)
    before, after = (re.sub(r"\w", MARK, part) for part in (text[: year.start()], text[year.end() :]))
    return f"{before}{year[0]}{after}"
