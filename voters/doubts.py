"""What is asked once more before somebody is entered by hand: is it the same person, is it the same block?"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from locations.models import Block

from . import nik
from .reading import alike
from .resolving import Person

SAME_PERSON: Final = "same_person"
ALIKE_BLOCK: Final = "alike_block"
ALL: Final = frozenset((SAME_PERSON, ALIKE_BLOCK))
_SENTENCES: Final = {
    SAME_PERSON: _(
        "Somebody of this name and birth date is on the list already. If it is the same person, say so below. If it is "
        "somebody else, enter the NKK of both: different NKK tell them apart."
    ),
    ALIKE_BLOCK: _(
        "The location has a block “%(known)s” already. Write it like this, or say below that it is another."
    ),
}


def ask(person: Person, *, is_known: bool, doubts: Collection[str]) -> None:
    """Raises ValidationError by column, each with its doubt as the code, for those of `doubts` that there are.

    `is_known`: the person was found on the list.
    """
    errors: dict[str, ValidationError] = {}
    if SAME_PERSON in doubts and is_known and person.verdict != nik.OK:
        errors["nama"] = _error(SAME_PERSON)
    if ALIKE_BLOCK in doubts and (known := _alike_block(person)):
        errors["blok"] = _error(ALIKE_BLOCK, known=known)
    if errors:
        raise ValidationError(errors)


def _error(doubt: str, **params: Any) -> ValidationError:
    return ValidationError(_SENTENCES[doubt], code=doubt, params=params)


def _alike_block(person: Person) -> str:
    """The block of the location that is probably meant, where none has just this name; else empty."""
    typed = person.parsed.block
    if not person.location or not alike(typed):
        return ""
    names = list(Block.everywhere.filter(location=person.location.id).order_by("name").values_list("name", flat=True))
    if typed.lower() in (name.lower() for name in names):
        return ""
    return next((name for name in names if alike(name) == alike(typed)), "")
