"""What should a reviewer look at twice? Risks of a proposal as conditions of the database, and as words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.db.models import Case, F, IntegerField, Q, Value, When
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce
from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from .models import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from .models import Policy, Proposal
    from .querysets import ProposalQuerySet

NEARLY: Final = 20
"""Voters short of the minimum, or above it, that count as near."""
WITHOUT_NIK_PERCENT: Final = 10


class Badge(NamedTuple):
    text: str
    tone: str


LABELS: Final = {
    "no_letter": _("no letter"),
    "nearly": _("just below the minimum"),
    "barely": _("just above the minimum"),
    "exempt": _("below the usual minimum"),
    "extra_tps": _("more TPS asked for"),
    "duplicates": _("duplicates"),
    "without_nik": _("many without a NIK"),
}


def with_risks(proposals: ProposalQuerySet, policy: Policy) -> Any:
    """Annotates one boolean per risk (`risk_no_letter` …) and `risks`, how many there are."""
    counted = proposals.annotate(
        minimum=minimum_of_kind(policy), no_nik=counted_under("no_nik"), duplicate=counted_under("duplicate")
    )
    risks = conditions(policy)
    flagged = counted.annotate(**{f"risk_{name}": flag(condition) for name, condition in risks.items()})
    return flagged.annotate(risks=sum(map(as_number, risks.values()), Value(0)))


def conditions(policy: Policy) -> dict[str, Q]:
    """Over the annotations of `with_risks`; the order is the order of the badges."""
    own = Q(outcome=Outcome.QUALIFIED)
    return {
        "no_letter": Q(location__person_in_charge="") | Q(location__letter_number=""),
        "nearly": Q(outcome=Outcome.NEAREST, eligible__lt=F("minimum"), eligible__gte=F("minimum") - NEARLY),
        "barely": own & Q(minimum__gte=NEARLY, eligible__lt=F("minimum") + NEARLY),
        "exempt": own & Q(minimum__lt=policy.minimum, eligible__lt=policy.minimum),
        "extra_tps": Q(tps__gt=F("engine_tps")),
        "duplicates": Q(duplicate__gt=0),
        "without_nik": Q(no_nik__gt=0, no_nik__gte=F("registered") * WITHOUT_NIK_PERCENT / 100),
    }


def minimum_of_kind(policy: Policy) -> Case:
    own = [When(location__kind=kind, then=Value(minimum)) for kind, minimum in policy.minimums.items()]
    return Case(*own, default=Value(policy.minimum), output_field=IntegerField())


def counted_under(reason: str) -> Coalesce:
    return Coalesce(Cast(KT(f"ineligible__{reason}"), IntegerField()), 0)


def flag(condition: Q) -> Case:
    return Case(When(condition, then=Value(True)), default=Value(False))


def as_number(condition: Q) -> Case:
    return Case(When(condition, then=Value(1)), default=Value(0), output_field=IntegerField())


def badges(proposal: Proposal, policy: Policy) -> list[Badge]:
    """The risks of a row of `with_risks` in words with their figures."""
    return [word(proposal, policy) for name, word in WORDS.items() if getattr(proposal, f"risk_{name}")]


def no_letter(proposal: Any, policy: Policy) -> Badge:
    return Badge(gettext("no letter yet"), "bad")


def nearly(proposal: Any, policy: Policy) -> Badge:
    short = proposal.minimum - proposal.eligible
    return Badge(ngettext("%(count)s voter short", "%(count)s voters short", short) % {"count": short}, "warn")


def barely(proposal: Any, policy: Policy) -> Badge:
    above = proposal.eligible - proposal.minimum
    return Badge(gettext("%(count)s above the minimum") % {"count": above}, "warn")


def exempt(proposal: Any, policy: Policy) -> Badge:
    return Badge(gettext("below %(minimum)s: kind exempt") % {"minimum": policy.minimum}, "")


def extra_tps(proposal: Any, policy: Policy) -> Badge:
    return Badge(gettext("+%(count)s TPS asked for") % {"count": proposal.tps - proposal.engine_tps}, "warn")


def duplicates(proposal: Any, policy: Policy) -> Badge:
    count = proposal.duplicate
    words = ngettext("%(count)s duplicate", "%(count)s duplicates", count)
    return Badge(words % {"count": number_format(count, force_grouping=True)}, "warn")


def without_nik(proposal: Any, policy: Policy) -> Badge:
    share = round(100 * proposal.no_nik / proposal.registered)
    return Badge(gettext("%(percent)s%% without a NIK") % {"percent": share}, "bad")


WORDS: Final[dict[str, Callable[[Any, Policy], Badge]]] = {
    "no_letter": no_letter,
    "nearly": nearly,
    "barely": barely,
    "exempt": exempt,
    "extra_tps": extra_tps,
    "duplicates": duplicates,
    "without_nik": without_nik,
}
