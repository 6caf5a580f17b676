"""How does the answer of a home regency to its strike list come in? Read whole, then entered in one transaction.

The later answer counts, an empty one says nothing, and the same file again changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.permissions import Permission, require
from locations import intake
from locations.cells import Column, Fault, one_of, text_of
from locations.models import Batch
from locations.sheets import SheetError

from . import columns, references, returned, storing, strikes
from .models import Strike

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from accounts.models import User

    from .returned import Returned, Row

SPELLED: Final = {
    "": "",
    **{word: answer.value for answer, word in strikes.ANSWERS.items()},
    "tidak_ditemukan": Strike.Answer.NOT_FOUND.value,
    "sudah_dicoret": Strike.Answer.STRUCK.value,
    "dicoret": Strike.Answer.STRUCK.value,
    "found": Strike.Answer.FOUND.value,
    "not found": Strike.Answer.NOT_FOUND.value,
    "already struck": Strike.Answer.STRUCK.value,
}
COLUMNS: Final = (
    Column(returned.REFERENCE, "reference", partial(references.number_of, references.STRIKE), ("reference",)),
    Column(returned.NAME, "nama", text_of(columns.NAME_LENGTH), ("nama_lengkap",)),
    Column("jawaban", "answer", one_of(SPELLED, ", ".join(strikes.ANSWERS.values())), ("answer", "hasil")),
)


def load(*, file: BinaryIO, file_name: str, by: User) -> Batch:
    """Answers of a CSV or XLSX file to strikes of the own territory; its batch, done, or failed where it cannot be read."""
    require(by, Permission.ENTER, territories=[by.territory_id])
    batch = returned.begin(subject=Batch.Subject.ANSWERS, file_name=file_name, by=by)
    try:
        content = returned.read_file(file, COLUMNS, given=frozenset(strikes.HEADER))
    except SheetError as error:
        intake.fail(batch, code=error.code, row=error.row, column=error.column)
        return batch
    with transaction.atomic():
        accepted = _enter(content, by)
        counts = returned.finish(batch, content, accepted=accepted)
        audit.record(by=by, action="strikes.answered", subject=batch, territory=batch.territory, **counts)
    return batch


def _enter(content: Returned, by: User) -> int:
    """Writes what is new, always in the order of the keys; returns of how many."""
    known = {strike.pk: strike for strike in _strikes(sorted({row.key for row in content.rows}), by)}
    new: dict[str, list[int]] = defaultdict(list)
    for key, row in content.latest(lambda row: _fault_of(known.get(row.key), row)).items():
        answer = row.values["answer"]
        if not answer:
            content.warnings.add("no_answer", row.number)
        elif known[key].answer != answer:
            new[answer].append(key)
    for answer, keys in new.items():
        _write(answer, keys, by)
    return sum(map(len, new.values()))


def _strikes(keys: list[int], by: User) -> Iterator[Strike]:
    for some in storing.chunks(keys, storing.HASHES_A_QUERY):
        own = Strike.objects.visible_to(by).filter(pk__in=some).select_related("voter")
        yield from own.order_by("pk").select_for_update(of=("self",))


def _fault_of(strike: Strike | None, row: Row) -> Fault | None:
    if strike is None:
        return Fault(returned.REFERENCE, "unknown_reference")
    if returned.is_other_person(row, strike.voter.name):
        return Fault(returned.NAME, "other_person")
    if strike.taken_back_at and row.values["answer"] not in ("", strike.answer):
        return Fault(returned.REFERENCE, "off_the_list")
    return None


def _write(answer: str, keys: list[int], by: User) -> None:
    fields: Mapping[str, Any] = {"answer": answer, "answered_at": timezone.now(), "answered_by": by}
    for some in storing.chunks(keys, storing.HASHES_A_QUERY):
        Strike.objects.visible_to(by).filter(pk__in=some).update(**fields)
