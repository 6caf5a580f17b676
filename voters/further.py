"""Which sheets of a workbook are lists that nobody has imported yet, and how does the next one come in?

Of a workbook one sheet is read; lists often come with a sheet for each block.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission, require
from locations.models import Batch

from . import confirming, importing, vault
from .reading import Reading

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from accounts.models import User

GONE = (Batch.State.FAILED, Batch.State.TAKEN_BACK)


def named_in(warnings: Mapping[str, Any]) -> list[str]:
    """The sheets that look like lists, too, as `other_sheets` names them."""
    names = warnings.get("other_sheets", {}).get("params", {}).get("name", "")
    return names.split(", ") if names else []


def sheets_of(batch: Batch) -> list[str]:
    """Those of its workbook that were not imported, nor wait to be; none once its file is gone."""
    if batch.state != Batch.State.DONE or not batch.stored_name:
        return []
    others = named_in(batch.warnings)
    if not others:
        return []
    same = Batch.everywhere.filter(subject=batch.subject, territory=batch.territory, sha256=batch.sha256)
    taken = {Reading.of(stored).sheet for stored in same.exclude(state__in=GONE).values_list("reading", flat=True)}
    return [name for name in others if name not in taken]


def take(*, batch: Batch, sheet: str, by: User) -> Batch:
    """A list of its own for a further sheet, to be looked at and confirmed. Raises ValidationError where there is none such.

    It goes to the same location and does the same, but replaces nothing: the first sheet has noted whom it does not name,
    and whom a further one names is missed no more.
    """
    require(by, Permission.ENTER, territories=[batch.territory])
    if sheet not in sheets_of(batch):
        raise ValidationError(_("Choose a sheet from the list."), code="invalid_choice")
    mode = Batch.Mode.UPDATE if batch.mode == Batch.Mode.REPLACE else batch.mode
    with vault.read(importing.stored_path(batch), batch.pk) as file:
        made = importing.receive(
            file=file, file_name=batch.file_name, location=batch.location, by=by, mode=mode, is_checked=True
        )
    confirming.choose(batch=made, reading=Reading(sheet), location=batch.location, by=by)
    return made
