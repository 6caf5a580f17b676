"""The report of a list as finished values: each share with its state, its threshold and the way it went since the list before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from locations.models import Batch

from .. import report
from ..report import BAD, GOOD, IS_GOOD, LABELS, WORDS, Share, Verdict

if TYPE_CHECKING:
    from django.db.models import QuerySet

TONES: Final = {Verdict.GOOD: "good", Verdict.WATCH: "warn", Verdict.BAD: "bad"}


def report_of(shown: Batch, batches: QuerySet[Batch]) -> dict[str, Any] | None:
    """None for a list that came in before reports were made; `batches` are those that may be seen."""
    earlier = report.before(shown, batches)
    lines = {share.measure: line(share) for share in report.shares(shown, earlier)}
    if not lines:
        return None
    return {
        "in_file": [lines[measure] for measure in report.IN_FILE],
        "in_register": [lines[measure] for measure in report.IN_REGISTER],
        "people": shown.report["people"],
        "is_taken_back": shown.state == Batch.State.TAKEN_BACK,
        "earlier": earlier,
        "earlier_url": reverse("voters:batch", args=[earlier.pk]) if earlier else "",
    }


def line(share: Share) -> dict[str, Any]:
    verdict = share.verdict
    return {
        "label": LABELS[share.measure],
        "about": report.EXPLANATIONS[share.measure],
        "count": share.count,
        "whole": share.whole,
        "share": percent(share.percent) if share.whole else "–",
        "width": round(share.percent, 1),
        "state": WORDS[verdict] if verdict else "",
        "tone": TONES[verdict] if verdict else "",
        "threshold": threshold_text(share.measure),
        "change": change_text(share),
        "change_tone": change_tone(share),
    }


def percent(share: float) -> str:
    """A small share of many is not nothing, and a large one not all."""
    shown = round(share, 1)
    if shown != share and shown in (0, 100):
        shown = 0.1 if shown == 0 else 99.9
    return f"{number_format(shown, 1)}%"


def threshold_text(measure: str) -> str:
    if measure not in GOOD:
        return ""
    words = (
        _("in order from %(good)s%%, bad below %(bad)s%%")
        if measure in IS_GOOD
        else _("in order up to %(good)s%%, bad above %(bad)s%%")
    )
    return words % {"good": GOOD[measure], "bad": BAD[measure]}


def change_text(share: Share) -> str:
    """`+1.2 points, better`; empty where there is no list before."""
    if share.change is None:
        return ""
    if not share.change:
        return _("as before")
    points = _("%(points)s points") % {"points": f"{share.change:+.1f}".replace(".", number_format(0.5, 1)[1])}
    if not share.verdict:
        return points
    words = _("%(points)s, better") if share.is_better else _("%(points)s, worse")
    return words % {"points": points}


def change_tone(share: Share) -> str:
    if not share.change or not share.verdict:
        return ""
    return "good" if share.is_better else "bad"
