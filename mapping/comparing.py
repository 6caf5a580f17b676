"""What changed between two versions of a proposal, in sentences that a reviewer reads at a glance?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from voters.reasons import LABELS as REASON_LABELS

from .ballots import LABELS as BALLOT_LABELS
from .core import difference
from .core.fingerprint import cells_from_json, plan_from_json
from .models import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .core.difference import Change, Difference
    from .models import Proposal

FIGURES: Final = {
    "registered": _("registered"),
    "eligible": _("eligible"),
    "tps": _("TPS"),
}
ORDER: Final = ("outcome", "host", "tps", "eligible", "registered", "sizes", "ineligible", "block", "ballot")


def compare(before: Proposal, after: Proposal) -> Difference:
    """The difference of two versions of one location under one policy; arithmetic only."""
    return difference.compare(version_of(before), version_of(after))


def version_of(proposal: Proposal) -> difference.Version:
    return difference.Version(
        plan=plan_from_json(proposal.plan),
        cells=cells_from_json(proposal.plan),
        registered=proposal.registered,
        ineligible=proposal.ineligible,
        host=str(proposal.host_id) if proposal.host_id else None,
    )


def lines(found: Difference, block_names: Mapping[str, str]) -> list[str]:
    """One sentence per change, what matters most first; who would stand at another TPS last."""
    changes = sorted(found.changes, key=lambda change: ORDER.index(change.subject))
    told = [line(change, block_names) for change in changes]
    if found.moved:
        words = ngettext(
            "%(count)s voter would stand at another TPS (%(percent)s%%)",
            "%(count)s voters would stand at another TPS (%(percent)s%%)",
            found.moved,
        )
        told.append(words % {"count": number(found.moved), "percent": number_format(found.moved_percent, 1)})
    return told


def line(change: Change, block_names: Mapping[str, str]) -> str:
    if change.subject == "outcome":
        return arrow(gettext("Outcome"), outcome(change.before), outcome(change.after))
    if change.subject == "host":
        return gettext("They vote at another location than before")
    if change.subject == "sizes":
        return arrow(gettext("Sizes"), joined(change.before), joined(change.after))
    return counted(label_of(change, block_names), change.before, change.after)


def label_of(change: Change, block_names: Mapping[str, str]) -> str:
    if change.subject == "block":
        return block_names.get(change.key, gettext("Block"))
    if change.subject == "ballot":
        return gettext("Ballots %(ballot)s") % {"ballot": BALLOT_LABELS[change.key]}
    if change.subject == "ineligible":
        return str(REASON_LABELS[change.key])
    return str(FIGURES[change.subject])


def outcome(code: Any) -> str:
    return str(Outcome(code).label)


def counted(label: str, before: Any, after: Any) -> str:
    return f"{arrow(label, number(before), number(after))} ({signed(after - before)})"


def signed(difference: int) -> str:
    """`+3`, `−11` with a real minus sign."""
    return ("+" if difference > 0 else "−") + number(abs(difference))


def arrow(label: str, before: str, after: str) -> str:
    return f"{label}: {before} → {after}"


def joined(sizes: Any) -> str:
    return " + ".join(map(number, sizes)) or "–"


def number(value: Any) -> str:
    return number_format(value, force_grouping=True)
