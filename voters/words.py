"""What does a page say about an upload, a case, a notice, in finished values?"""

from __future__ import annotations

from typing import Any, Final

from django.db.models import TextChoices
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy

from locations.models import Batch

from . import columns, missing, undoing
from .forms import file_fault
from .masking import without_identities
from .models import BatchBefore, DuplicateCase, Notice, Undo
from .reading import Reading

STATES: Final = {
    Batch.State.CHECKING: (gettext_lazy("waits for your confirmation"), "warn"),
    Batch.State.RECEIVED: (gettext_lazy("waits for the worker"), ""),
    Batch.State.RUNNING: (gettext_lazy("being read"), "warn"),
    Batch.State.DONE: (gettext_lazy("taken in"), "good"),
    Batch.State.FAILED: (gettext_lazy("not taken in"), "bad"),
    Batch.State.TAKEN_BACK: (gettext_lazy("taken back"), "warn"),
}
NEARLY_READ: Final = 2000  # rows between two signs of life of an import
ROWS_SHOWN: Final = 8
GOOD_NEWS: Final = (Notice.Kind.GAINED, Notice.Kind.MOVED_IN, Notice.Kind.ACCEPTED)


class Outcome(TextChoices):
    """What became of the rows of a file; in the order of the page."""

    ACCEPTED = "accepted", gettext_lazy("new")
    UPDATED = "updated", gettext_lazy("known already")
    DUPLICATES = "duplicates", gettext_lazy("registered elsewhere too")
    REJECTED = "rejected", gettext_lazy("refused")


MODES: Final = {
    Batch.Mode.ADD: pgettext_lazy("list", "only adds"),
    Batch.Mode.UPDATE: pgettext_lazy("list", "adds and updates"),
    Batch.Mode.REPLACE: pgettext_lazy("list", "replaces the one before"),
}
TONES: Final = {Outcome.ACCEPTED: "good", Outcome.DUPLICATES: "warn", Outcome.REJECTED: "bad"}


def batch_line(batch: Batch) -> dict[str, Any]:
    """A row of a list of uploads."""
    word, tone = STATES[Batch.State(batch.state)]
    return {
        "batch": batch,
        "name": name_of(batch),
        "url": reverse("voters:batch", args=[batch.pk]),
        "state": word,
        "tone": tone,
        "mode": MODES[Batch.Mode(batch.mode)],
        "sheet": sheet_of(batch),
        "check_url": reverse("voters:batch_check", args=[batch.pk]) if batch.state == Batch.State.CHECKING else "",
        "is_done": batch.state in (Batch.State.DONE, Batch.State.TAKEN_BACK),
    }


def name_of(batch: Batch) -> str:
    """The file's name, which people sometimes call after somebody's NIK."""
    return without_identities(batch.file_name) or _("list")


def sheet_of(batch: Batch) -> str:
    """Which sheet of its workbook was chosen, in words; empty for a CSV, and where nobody chose."""
    name = without_identities(Reading.of(batch.reading).sheet)
    return _("sheet %(name)s") % {"name": name} if name else ""


def size_of(batch: Batch) -> str:
    return filesizeformat(batch.size_bytes)


def figures_of(batch: Batch) -> list[dict[str, Any]]:
    """Rows, and what became of them; the latter add up to the former."""
    outcomes = [
        {"value": getattr(batch, outcome), "label": outcome.label, "tone": tone_of(outcome, getattr(batch, outcome))}
        for outcome in Outcome
    ]
    if batch.updated:
        outcomes[list(Outcome).index(Outcome.UPDATED)]["label"] = known_text(batch)
    return [{"value": batch.rows, "label": _("rows")}, *outcomes]


def known_text(batch: Batch) -> str:
    """Of those known already how many the list changed: told as long as it can be taken back."""
    if batch.mode == Batch.Mode.ADD:
        return _("known already, left as they were")
    if batch.state != Batch.State.DONE or batch.undo_until is None or batch.undo_until < timezone.now():
        return str(Outcome.UPDATED.label)
    changed = BatchBefore.everywhere.filter(batch=batch).count()
    return _("known already, %(changed)s of them changed") % {"changed": number_format(changed, force_grouping=True)}


def missing_of(batch: Batch) -> dict[str, Any]:
    """Whom a list that replaces the one before does not name, and how many departures were entered for that."""
    if batch.mode != Batch.Mode.REPLACE or batch.state != Batch.State.DONE:
        return {}
    entered = missing.departures(batch).values_list("voters", flat=True)
    url = reverse("voters:batch_missing", args=[batch.pk])
    return {"count": missing.waiting(batch).count(), "departed": sum(entered), "url": url}


def tone_of(outcome: Outcome, count: int) -> str:
    return TONES.get(outcome, "") if count else ""


def progress_of(batch: Batch) -> dict[str, Any]:
    """Label, rows done and in all (about), rows a second and time left, as the progress component wants them."""
    if batch.state == Batch.State.RECEIVED or batch.started_at is None:
        return {"label": _("Waiting for the worker"), "total": batch.rows_total, "done": 0}
    total = max(batch.rows_total or 0, batch.rows_done)
    if total - batch.rows_done < NEARLY_READ and batch.rows_done:
        return {"label": _("Comparing and saving"), "total": total, "done": batch.rows_done}
    seconds = (timezone.now() - batch.started_at).total_seconds()
    rate = round(batch.rows_done / seconds) if seconds and batch.rows_done else 0
    remaining = duration((total - batch.rows_done) / rate) if rate else ""
    return {
        "label": _("Reading the rows"),
        "total": total,
        "done": batch.rows_done,
        "rate": rate,
        "remaining": remaining,
    }


def duration(seconds: float) -> str:
    """`40 seconds`, `3 minutes`."""
    if seconds < 60:
        whole = max(1, round(seconds))
        return ngettext("%(count)s second", "%(count)s seconds", whole) % {"count": whole}
    minutes = round(seconds / 60)
    return ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes}


def failure_of(batch: Batch) -> str:
    """Why nothing of the file was taken."""
    return file_fault(batch.failure["code"], row=batch.failure["row"], column=batch.failure["column"])


def undo_failure_of(order: Undo | None) -> dict[str, Any]:
    """When a list was to be taken back, and why it was not; empty where nothing failed."""
    if order is None:
        return {}
    return {"at": order.ended_at, "who": order.asked_by, "text": undoing.FAILURES[order.failure]}


def warnings_of(batch: Batch) -> list[dict[str, Any]]:
    """What was taken with a reservation, the commonest first: sentence, how often, and in which rows first."""
    return lines_of(batch.warnings)


def lines_of(warnings: dict[str, Any]) -> list[dict[str, Any]]:
    counted = sorted(warnings.items(), key=lambda item: -item[1]["count"])
    return [
        {
            "text": warning_text(code, warning["params"]),
            "count": warning["count"],
            "rows": rows_text(warning["rows"], warning["count"]),
        }
        for code, warning in counted
    ]


def warning_text(code: str, params: dict[str, Any]) -> str:
    return told_with_name(columns.WARNINGS[code], params)


def told_with_name(sentence: str, params: dict[str, Any]) -> str:
    """The sentence in the language in force, and what it is about behind it."""
    text = _(sentence) % params
    return f"{text} ({params['name']})" if "name" in params else text


def rows_text(rows: list[int], count: int) -> str:
    """`Rows 2, 5, 9 and 4 more`; empty where none is named."""
    if not rows:
        return ""
    named = ", ".join(number_format(row, force_grouping=True) for row in rows[:ROWS_SHOWN])
    more = count - len(rows[:ROWS_SHOWN])
    if more > 0:
        return _("Rows %(rows)s and %(more)s more") % {"rows": named, "more": number_format(more, force_grouping=True)}
    return ngettext("Row %(rows)s", "Rows %(rows)s", count) % {"rows": named}


def case_line(case: DuplicateCase) -> dict[str, Any]:
    """The own side of a case; what the other side is, nobody here may know."""
    if case.kind == DuplicateCase.Kind.LIKELY:
        return _case_line(case, pgettext("case", "probably the same person"), "warn")
    is_waiting = case.voter.is_duplicate
    return _case_line(
        case, pgettext("case", "waits") if is_waiting else pgettext("case", "counts"), "bad" if is_waiting else "good"
    )


def _case_line(case: DuplicateCase, state: str, tone: str) -> dict[str, Any]:
    return {
        "case": case,
        "number": str(case.number)[:8],
        "voter": case.voter,
        "state": state,
        "tone": tone,
    }


def notice_line(notice: Notice) -> dict[str, Any]:
    return {
        "notice": notice,
        "voter": notice.voter,
        "text": Notice.Kind(notice.kind).label,
        "tone": "good" if notice.kind in GOOD_NEWS else "warn",
    }
