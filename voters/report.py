"""In what state was a list when it came in? Its shares against thresholds, and against the list before.

Counted once, from what preparing and entering have in memory anyway; kept as counts with the batch, also when its rows are
forgotten. What a share means stands in docs/operators/condition.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import numpy as np
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from locations.models import Batch

from . import condition, preparing
from .preparing import CODES, Prepared

GOOD: Final = {
    **{measure: percent for measure, percent in condition.THRESHOLDS.items() if measure != "matched"},
    "home": 98,
    "refused": 1,
    "repeated": 1,
    "doubtful": 2,
    "namesake": 1,
}
BAD: Final = {
    "complete": 80,
    "valid": 90,
    "duplicate": 3,
    "leaving": 25,
    "without_ektp": 15,
    "nkk": 70,
    "home": 90,
    "refused": 5,
    "repeated": 5,
    "doubtful": 10,
    "namesake": 3,
}
"""Percent: from GOOD on a share is in order, beyond BAD it is bad, between them to be watched."""

OF_ROWS: Final = ("refused", "repeated")  # shares of all rows; every other one is of the people in the list
IN_FILE: Final = (*OF_ROWS, "complete", "valid", "nkk", "home", "without_ektp", "leaving", "doubtful")
IN_REGISTER: Final = ("known", "duplicate", "namesake")
MEASURES: Final = (*IN_FILE, *IN_REGISTER)
IS_GOOD: Final = frozenset((*condition.GOOD, "home"))  # the more the better
DOUBTFUL: Final = ("age_unlikely", "ambiguous_date", "unknown_village", "nkk_malformed")
LABELS: Final = {
    **condition.LABELS,
    "refused": pgettext_lazy("report", "refused"),
    "repeated": pgettext_lazy("report", "twice in the file"),
    "home": pgettext_lazy("report", "with a known home"),
    "doubtful": pgettext_lazy("report", "to be looked at"),
    "known": pgettext_lazy("report", "known already"),
    "namesake": pgettext_lazy("report", "namesake with another NIK"),
}
EXPLANATIONS: Final = {
    "refused": _("rows that could not be taken"),
    "repeated": _("rows of somebody who comes again further down"),
    "complete": condition.EXPLANATIONS["complete"],
    "valid": _("the NIK agrees with birth date, sex and district"),
    "nkk": condition.EXPLANATIONS["nkk"],
    "home": _("the home is given, not guessed from the NIK"),
    "without_ektp": condition.EXPLANATIONS["without_ektp"],
    "leaving": condition.EXPLANATIONS["leaving"],
    "doubtful": _("unlikely age, ambiguous date, unknown village or malformed NKK"),
    "known": _("stood at this place before the list came"),
    "duplicate": _("new here, while the NIK counts at another place"),
    "namesake": _("somebody of this name and birth date stands here with another NIK"),
}


class Verdict(StrEnum):
    GOOD, WATCH, BAD = "good", "watch", "bad"


WORDS: Final = {
    Verdict.GOOD: pgettext_lazy("report", "in order"),
    Verdict.WATCH: pgettext_lazy("report", "to be watched"),
    Verdict.BAD: pgettext_lazy("report", "bad"),
}


@dataclass(frozen=True, slots=True)
class Share:
    """One measure of one list: how many of how many, and percent points more than in the list before."""

    measure: str
    count: int
    whole: int
    change: float | None = None

    @property
    def percent(self) -> float:
        return 100 * self.count / self.whole if self.whole else 0.0

    @property
    def verdict(self) -> Verdict | None:
        """None for what is neither good nor bad, and for a share of nothing."""
        if self.measure not in GOOD or not self.whole:
            return None
        sign = 1 if self.measure in IS_GOOD else -1
        if sign * self.percent >= sign * GOOD[self.measure]:
            return Verdict.GOOD
        return Verdict.BAD if sign * self.percent < sign * BAD[self.measure] else Verdict.WATCH

    @property
    def is_better(self) -> bool:
        """Than in the list before; told only where there is a change."""
        return ((self.change or 0) > 0) == (self.measure in IS_GOOD)


def measured(
    prepared: Prepared, is_counted: Sequence[Any], *, new: int, warnings: Mapping[str, Mapping[str, Any]]
) -> dict[str, int]:
    """`rows`, `people`, and each of MEASURES: `is_counted` are masks, one a chunk, of the rows that stand for somebody.

    `rows` = `people` + `refused` + `repeated`. `new` of the people were not at their place before.
    """
    counts = dict.fromkeys(MEASURES, 0)
    people = 0
    for chunk, counted in zip(prepared.chunks, is_counted, strict=True):
        rows = chunk[counted]
        people += len(rows)
        for measure, holds in _OF_CHUNK.items():
            counts[measure] += int(np.count_nonzero(holds(rows)))
    counts["refused"] = prepared.refused
    counts["repeated"] = prepared.rows - prepared.refused - people
    counts["known"] = people - new
    for measure, code in (("duplicate", "duplicate"), ("namesake", "other_nik")):
        counts[measure] = warnings[code]["count"] if code in warnings else 0
    return {"rows": prepared.rows, "people": people, **counts}


def before(batch: Batch, batches: QuerySet[Batch]) -> Batch | None:
    """Of `batches` the one with a report that came in last before: for the same location, or for none from the same territory.

    Lists that were taken back are left out.
    """
    alike = {"location": batch.location_id} if batch.location_id else {"location": None, "territory": batch.territory}
    done = batches.filter(state=Batch.State.DONE, finished_at__lt=batch.finished_at, **alike)
    return done.exclude(report={}).order_by("-finished_at", "-pk").first()


def shares(batch: Batch, earlier: Batch | None) -> list[Share]:
    """In the order of MEASURES; empty for a list that has no report."""
    if not batch.report:
        return []
    then = {share.measure: share.percent for share in shares(earlier, None) if share.whole} if earlier else {}
    return [_share(batch.report, measure, then.get(measure)) for measure in MEASURES]


def _share(counts: Mapping[str, int], measure: str, then: float | None) -> Share:
    share = Share(measure, counts[measure], counts["rows" if measure in OF_ROWS else "people"])
    change = None if then is None or not share.whole else round(share.percent - then, 1)
    return Share(share.measure, share.count, share.whole, change)


def _has(bits: int) -> Callable[[Any], Any]:
    return lambda rows: rows["facts"] & np.uint8(bits)


def _is_told(*codes: str) -> Callable[[Any], Any]:
    mask = np.uint64(sum(1 << CODES.index(code) for code in codes))
    return lambda rows: rows["warnings"] & mask


def _is_not_told(*codes: str) -> Callable[[Any], Any]:
    is_told = _is_told(*codes)
    return lambda rows: is_told(rows) == 0


_OF_CHUNK: Final[dict[str, Callable[[Any], Any]]] = {
    "complete": _has(preparing.COMPLETE),
    "valid": lambda rows: rows["is_ok"],
    "nkk": _is_not_told("no_nkk", "nkk_malformed"),
    "home": _is_not_told("home_assumed", "unknown_domicile"),
    "without_ektp": _has(preparing.WITHOUT_EKTP),
    "leaving": _has(preparing.LEAVES),
    "doubtful": _is_told(*DOUBTFUL),
}
