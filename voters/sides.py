"""What do the pages of duplicates say of a row, of a case side by side, and of a step, in finished values?"""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from .acts import REFUSALS
from .models import ActStep, DuplicateCase, OfficialMark, Verdict

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable, Mapping

    from accounts.models import User

    from .duplicates import Beside, Side
    from .models import Likeness
    from .rows import VoterRow

FIELDS: Final = {
    "name": gettext_lazy("name"),
    "birth_date": gettext_lazy("birth date"),
    "nik": gettext_lazy("NIK"),
    "sex": gettext_lazy("sex"),
}
TONES: Final = {Verdict.SAME: "good", Verdict.NEAR: "warn", Verdict.DIFFERENT: "bad", Verdict.MISSING: ""}


def case_row(
    case: DuplicateCase, row: VoterRow, beside: Beside, likeness: Likeness | None, user: User
) -> dict[str, Any]:
    """A row of the inbox."""
    is_likely = case.kind == DuplicateCase.Kind.LIKELY
    return {
        "case": case,
        "voter": row.voter,
        "nik": row.nik,
        "kind": DuplicateCase.Kind(case.kind).label,
        "score": score_of(case),
        "agrees": agreement(likeness) if likeness and is_likely else "",
        "beside": beside_words(beside),
        "taken": taken_words(case, user),
        "answer": DuplicateCase.Answer(case.answer).label if case.answer else "",
        "is_closed": case.closed_at is not None,
    }


def score_of(case: DuplicateCase) -> str:
    """`98%`; one NIK twice is no guess and has none."""
    if case.probability is None:
        return ""
    return f"{number_format(int(case.probability * 100), 0)}%"


def agreement(likeness: Likeness) -> str:
    """`name the same · birth date nearly the same`."""
    said = [f"{FIELDS[name]} {_word(name, getattr(likeness, name))}" for name in FIELDS]
    return " · ".join(said)


def beside_words(beside: Beside) -> str:
    said = []
    if beside.own:
        said.append(ngettext("%(count)s row of yours", "%(count)s rows of yours", beside.own) % {"count": beside.own})
    if beside.elsewhere:
        words = ngettext("%(count)s row elsewhere", "%(count)s rows elsewhere", beside.elsewhere)
        said.append(words % {"count": beside.elsewhere})
    return ", ".join(said)


def taken_words(case: DuplicateCase, user: User) -> str:
    if case.taken_by_id is None:
        return ""
    return pgettext("who is on it", "you") if case.taken_by_id == user.pk else str(case.taken_by)


def comparison(
    case: DuplicateCase, sides: list[Side], rows: Mapping[uuid.UUID, VoterRow], user: User
) -> dict[str, Any]:
    """Headings and lines of the table that puts all rows of a case side by side; of rows elsewhere only verdicts."""
    numbered = [_column(number, side, case, rows) for number, side in enumerate(sides)]
    return {
        "heads": [column["head"] for column in numbered],
        "lines": [
            {"label": label, "cells": [column["cells"].get(key, {"text": ""}) for column in numbered]}
            for key, label in _lines()
        ]
        + [
            {"label": _("Who is on it"), "cells": [{"text": _holder(side, user)} for side in sides]},
            {"label": _("Answer"), "cells": [{"text": _answer(side)} for side in sides]},
        ],
    }


def _lines() -> list[tuple[str, str]]:
    return [
        ("name", _("Name")),
        ("nik", _("NIK")),
        ("birth_date", _("Birth date")),
        ("sex", _("Sex")),
        ("location", _("Location")),
        ("block", _("Block")),
        ("home", _("Home")),
        ("arrival", _("Arrival")),
        ("departure", _("Departure")),
        ("state", _("Eligibility")),
    ]


def _column(number: int, side: Side, asked: DuplicateCase, rows: Mapping[uuid.UUID, VoterRow]) -> dict[str, Any]:
    if side.case is None:
        elsewhere = {"title": _("Elsewhere"), "text": _("in another territory"), "case": None, "is_here": False}
        return {"head": elsewhere, "cells": {name: _verdict(side, name) for name in FIELDS}}
    row = rows[side.case.voter_id]
    head: dict[str, Any] = {"title": row.voter.name, "text": "", "case": side.case, "is_here": side.case.pk == asked.pk}
    cells = {name: {**_verdict(side, name), "text": text} for name, text in _values(row).items()}
    return {"head": head, "cells": cells}


def _values(row: VoterRow) -> dict[str, str]:
    voter = row.voter
    return {
        "name": voter.name,
        "nik": row.nik or _("none"),
        "birth_date": _("born %(year)s") % {"year": voter.birth_year},
        "sex": voter.get_sex_display(),
        "location": voter.location.name if voter.location else _("without a location yet"),
        "block": voter.block.name if voter.block else "",
        "home": ", ".join(filter(None, (row.home, row.home_within))),
        "arrival": _day(voter.arrival),
        "departure": _day(voter.departure),
        "state": row.state or ", ".join(row.reasons),
    }


def _verdict(side: Side, name: str) -> dict[str, str]:
    verdict = side.verdicts.get(name)
    if not verdict:
        return {"text": ""}
    return {"text": "", "verdict": _word(name, verdict), "tone": TONES[Verdict(verdict)]}


def _word(name: str, verdict: str) -> str:
    """Of invented people (and where either has none) NIKs are not compared."""
    if name == "nik" and verdict == Verdict.MISSING:
        return pgettext("compared", "not compared")
    return str(Verdict(verdict).label)


def _holder(side: Side, user: User) -> str:
    if side.case is not None:
        return taken_words(side.case, user) or pgettext("who is on it", "nobody")
    return _("somebody of the other office") if side.is_taken else pgettext("who is on it", "nobody")


def _answer(side: Side) -> str:
    if side.answer:
        return str(DuplicateCase.Answer(side.answer).label)
    return _("none yet") if side.is_open else pgettext("case", "closed")


def _day(value: date | None) -> str:
    return date_format(value, "j M Y") if value else ""


def step_line(step: ActStep) -> dict[str, Any]:
    """A step of an act: whose, what, from what to what, and why it stays if it does."""
    return {
        "voter": step.voter,
        "field": ActStep.Field(step.field).label,
        "before": _step_text(step, step.before),
        "after": _step_text(step, step.after),
        "kept": ActStep.Kept(step.kept_why).label if step.kept_why else "",
    }


def _step_text(step: ActStep, text: str) -> str:
    if not text:
        return "–"
    if step.field in (ActStep.Field.DEPARTURE, ActStep.Field.ARRIVAL, ActStep.Field.REGISTERED):
        return _day(date.fromisoformat(text))
    return str((OfficialMark if step.field == ActStep.Field.MARK else DuplicateCase.Answer)(text).label)


def refusal_lines(refused: Iterable[tuple[DuplicateCase, str]]) -> list[str]:
    """How many rows an act left alone, by reason."""
    counted = Counter(why for _case, why in refused)
    words = [
        ngettext("%(count)s row was left alone: %(why)s.", "%(count)s rows were left alone: %(why)s.", n)
        for n in counted.values()
    ]
    return [text % {"count": n, "why": REFUSALS[why]} for text, (why, n) in zip(words, counted.items(), strict=True)]
