"""Verbs: the voters of a location as a masked file, and the refused rows of an upload to be mended."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction

from accounts import audit
from accounts.permissions import Permission, require
from locations.exporting import safe

from . import importing, masking
from .eligibility import codes_of
from .models import Voter, VoterIdentity

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable, Sequence

    from accounts.models import User
    from locations.models import Batch, SpecialLocation

    from .standing import Standing

HEADER: Final = (
    "nama",
    "nik_tersamar",
    "tahun_lahir",
    "jenis_kelamin",
    "peran",
    "blok",
    "kode_wilayah_domisili",
    "domisili",
    "tanggal_masuk",
    "tanggal_keluar",
    "memenuhi_syarat",
    "alasan",
)
_PLAIN_NUMBER: Final = re.compile(r"-|[+-]?\d+(?:[.,]\d+)*")
_TOO_LONG_FOR_A_SPREADSHEET: Final = 12


@transaction.atomic
def export(*, location: SpecialLocation, voter_ids: Sequence[uuid.UUID], standing: Standing, by: User) -> str:
    """CSV text of these voters of the location, in their order, NIK and birth date masked; recorded with its rows."""
    require(by, Permission.SEE_VOTERS, territories=[location.territory])
    found = Voter.objects.visible_to(by).at(location.pk).select_related("block", "home")
    voters = {voter.pk: voter for voter in found}
    niks = masking.masked_niks(VoterIdentity.objects.visible_to(by).filter(voter__location=location.pk))
    rows = [_row(voters[pk], niks.get(pk, ""), standing.reasons.get(pk)) for pk in voter_ids if pk in voters]
    audit.record(by=by, action="voters.exported", subject=location, territory=location.territory, rows=len(rows))
    return as_csv([HEADER, *rows])


def export_refused(*, batch: Batch, by: User) -> str:
    """CSV text of the refused rows as they came, ready to be mended and sent again; recorded before it leaves."""
    return as_csv(importing.export_rejected(batch=batch, by=by))


def as_csv(rows: Iterable[Sequence[Any]]) -> str:
    file = io.StringIO()
    csv.writer(file, lineterminator="\r\n").writerows([harmless(cell) for cell in row] for row in rows)
    return file.getvalue()


def harmless(cell: Any) -> Any:
    """A spreadsheet runs formulas and rounds long numbers: an apostrophe in front, which the import drops again."""
    if not isinstance(cell, str):
        return "" if cell is None else cell
    if cell.isdigit():
        return f"'{cell}" if len(cell) >= _TOO_LONG_FOR_A_SPREADSHEET else cell
    return cell if _PLAIN_NUMBER.fullmatch(cell) else safe(cell)


def _row(voter: Voter, nik: str, reasons: int | None) -> list[Any]:
    is_judged = reasons is not None
    return [
        voter.name,
        nik,
        voter.birth_year,
        voter.sex,
        voter.role,
        voter.block.name if voter.block else "",
        voter.home_id,
        voter.home.name if voter.home else "",
        voter.arrival,
        voter.departure,
        ("tidak" if reasons else "ya") if is_judged else "",
        "+".join(codes_of(reasons)) if reasons else "",
    ]
