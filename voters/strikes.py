"""Verbs of a home regency: acknowledge who leaves its lists, and take the list along."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.permissions import Permission, require

from . import exporting
from .models import Strike

if TYPE_CHECKING:
    from collections.abc import Sequence

    from accounts.models import User

HEADER = (
    "nama",
    "tahun_lahir",
    "jenis_kelamin",
    "kode_wilayah_domisili",
    "lokasi_khusus",
    "kode_wilayah_lokasi",
    "keadaan",
)


@transaction.atomic
def acknowledge(*, ids: Sequence[int] | None = None, by: User) -> int:
    """The home regency has struck these, or all that are open in the own territory; returns how many."""
    require(by, Permission.ENTER)
    waiting = Strike.objects.visible_to(by).filter(acknowledged_at=None, taken_back_at=None)
    if ids is not None:
        waiting = waiting.filter(pk__in=list(ids))
    count = waiting.update(acknowledged_at=timezone.now(), acknowledged_by=by)
    if count:
        audit.record(by=by, action="strikes.acknowledged", subject=by, territory=by.territory_id, strikes=count)
    return count


@transaction.atomic
def export(*, by: User) -> str:
    """CSV text of the strikes of the own territory, without NIK and birth date; recorded with its rows."""
    require(by, Permission.SEE_VOTERS)
    found = Strike.objects.visible_to(by).select_related("voter__location").order_by("voter__home", "voter__name", "pk")
    rows = [
        [each.voter.name, each.voter.birth_year, each.voter.sex, each.voter.home_id, *_where(each), state_of(each)]
        for each in found
    ]
    audit.record(by=by, action="strikes.exported", subject=by, territory=by.territory_id, rows=len(rows))
    return exporting.as_csv([HEADER, *rows])


def _where(strike: Strike) -> tuple[str, str]:
    location = strike.voter.location
    return (location.name, location.region_id) if location else ("", "")


def state_of(strike: Strike) -> str:
    """The state in the office's words, as files carry it."""
    if strike.taken_back_at:
        return "ditarik"
    return "dicoret" if strike.acknowledged_at else "menunggu"
