"""What does the page of a proposal show: figures, picture, reasons, ballots, who is left out, what changed?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.urls import reverse
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from locations.words import obstacles_of
from regions.levels import Level, level_of
from voters.reasons import LABELS

from . import ballots, comparing, indication, picture
from .core.fingerprint import cells_from_json, plan_from_json
from .models import Decision, Outcome, Proposal
from .numbering import numbers_of
from .sentences import Sentence, sentences
from .states import State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from accounts.models import User

    from .core.plan import Plan

VERSIONS: Final = 12


def sheet(proposal: Proposal, *, who: User, sees_voters: bool) -> dict[str, Any]:
    """Everything but the decision, in finished values."""
    plan, cells = plan_from_json(proposal.plan), cells_from_json(proposal.plan)
    names = picture.block_names(proposal, who)
    numbers = list(numbers_of([proposal], policy=proposal.policy, who=who)[proposal.pk])
    rows = picture.ballot_rows(plan.stations, proposal.policy, numbers)
    maximum = proposal.policy.maximum
    decisions = decisions_on(proposal, who)
    return {
        "proposal": proposal,
        "location": proposal.location,
        "policy": proposal.policy,
        "outcome": Outcome(proposal.outcome).label,
        "figures": figures(proposal, numbers, split_blocks(plan), sum(row.printed for row in rows), sees_voters),
        "stations": picture.stations(plan.stations, cells, numbers=numbers, names=names, maximum=maximum),
        "maximum": maximum,
        "maximum_x": picture.MAXIMUM_X,
        "why": why(proposal, plan, names),
        "warnings": sentences(plan.warnings, names),
        "ballots": [ballots.LABELS[ballot] for ballot in proposal.policy.ballots],
        "ballot_rows": rows,
        "ballot_totals": picture.ballot_totals(rows) if rows else None,
        "entitled": entitled(proposal),
        "left_out": left_out(proposal, sees_voters),
        "since": since(proposal, decisions, names, who),
        "since_approval": since_approval(proposal, decisions),
        "attention": attention(proposal, sees_voters),
        "decisions": decisions,
        "versions": versions(proposal, who),
    }


def figures(
    proposal: Proposal, numbers: list[int], split: int, printed: int, sees_voters: bool
) -> list[dict[str, Any]]:
    voters = reverse("voters:location_list", args=[proposal.location_id]) if sees_voters else ""
    found: list[dict[str, Any]] = [
        {"value": proposal.registered, "label": _("registered"), "href": voters},
        {"value": proposal.eligible, "label": _("eligible"), "href": voters},
        {"value": proposal.tps, "label": tps_label(numbers)},
    ]
    if proposal.tps:
        found.append({"value": split, "label": _("blocks split")})
        found.append({"value": printed, "label": _("ballots with the reserve of 2%")})
    return found


def tps_label(numbers: list[int]) -> str:
    """`TPS · 901-903`: provisional numbers."""
    if not numbers:
        return _("TPS")
    span = f"{numbers[0]}–{numbers[-1]}" if len(numbers) > 1 else str(numbers[0])
    return _("TPS · %(numbers)s") % {"numbers": span}


def split_blocks(plan: Plan) -> int:
    return sum(reason.code == "block_split" for reason in plan.reasons)


def why(proposal: Proposal, plan: Plan, names: Mapping[str, str]) -> list[Sentence]:
    """The engine's reasons, and what follows from the figures: number of TPS, sizes, what is missing."""
    first, *others = sentences(plan.reasons, names)
    is_divided = len(plan.stations) > 1
    return [
        first,
        *([counted(proposal)] if is_divided else []),
        *others,
        *([sized(plan)] if is_divided else []),
        *([lacking(proposal)] if proposal.not_eligible else []),
    ]


def counted(proposal: Proposal) -> Sentence:
    text = _("%(eligible)s voters at %(maximum)s per TPS, rounded up: %(tps)s TPS.")
    figures = {"eligible": proposal.eligible, "maximum": proposal.policy.maximum, "tps": proposal.engine_tps}
    return Sentence(f"k = {proposal.engine_tps}", text % shown(figures), _("maximum of this policy"))


def sized(plan: Plan) -> Sentence:
    sizes = plan.sizes
    apart = max(sizes) - min(sizes)
    text = ngettext(
        "Sizes %(sizes)s; the largest difference is %(apart)s voter.",
        "Sizes %(sizes)s; the largest difference is %(apart)s voters.",
        apart,
    )
    return Sentence(_("sizes"), text % {"sizes": comparing.joined(sizes), "apart": apart}, "")


def lacking(proposal: Proposal) -> Sentence:
    """Only those without a NIK can still become eligible by completing data: minors and foreigners cannot."""
    missing, without = proposal.not_eligible, min(proposal.ineligible.get("no_nik", 0), proposal.not_eligible)
    text = ngettext("%(missing)s voter is not eligible.", "%(missing)s voters are not eligible.", missing)
    told = text % shown({"missing": missing})
    if without:
        would = proposal.eligible + without
        tps = would_be_tps(proposal, would)
        more = _("%(without)s of them have no NIK. Were all of these complete: up to %(would)s voters, %(tps)s TPS.")
        told = f"{told} {more % shown({'without': without, 'would': would, 'tps': tps})}"
    return Sentence(_("missing %(count)s") % {"count": number_format(missing, force_grouping=True)}, told, "")


def would_be_tps(proposal: Proposal, voters: int) -> int:
    needed = indication.tps_of(voters, proposal.location.kind, proposal.policy)
    return max(needed, proposal.tps) if needed else 0


def shown(figures: Mapping[str, int]) -> dict[str, str]:
    return {name: number_format(value, force_grouping=True) for name, value in figures.items()}


def entitled(proposal: Proposal) -> list[dict[str, Any]]:
    """Eligible voters by ballot, for a location without TPS of its own."""
    if proposal.tps:
        return []
    return [{"value": getattr(proposal, ballot), "label": ballots.LABELS[ballot]} for ballot in proposal.policy.ballots]


def left_out(proposal: Proposal, sees_voters: bool) -> list[dict[str, Any]]:
    """Who is not eligible, by reason, most first; each bar leads to the voters it counts."""
    counts = sorted(proposal.ineligible.items(), key=lambda item: -item[1])
    most = max(proposal.ineligible.values(), default=1)
    return [
        {
            "label": LABELS[code],
            "count": count,
            "width": round(100 * count / most, 1),
            "href": voters_url(proposal, code) if sees_voters else "",
        }
        for code, count in counts
        if count
    ]


def voters_url(proposal: Proposal, reason: str) -> str:
    return f"{reverse('voters:location_list', args=[proposal.location_id])}?reason={reason}"


def since(proposal: Proposal, decisions: list[Decision], names: Mapping[str, str], who: User) -> dict[str, Any] | None:
    """What changed since the version that was last decided on, or else since the version before."""
    versions = Proposal.objects.visible_to(who).filter(location=proposal.location_id, policy=proposal.policy_id)
    earlier = versions.filter(version__lt=proposal.version)
    decided = [decision.proposal_id for decision in decisions]
    before = earlier.filter(pk=decided[0]).first() if decided and decided[0] != proposal.pk else None
    is_decided = before is not None
    before = before or earlier.order_by("-version").first()
    if before is None:
        return None
    return {
        "title": _("Since the last decision") if is_decided else _("Since the version before"),
        "versions": f"v{before.version} → v{proposal.version}",
        "url": reverse("mapping:proposal", args=[before.pk]),
        "lines": comparing.lines(comparing.compare(before, proposal), names) or [_("Nothing that can be counted.")],
    }


def since_approval(proposal: Any, decisions: list[Decision]) -> str:
    """`+3 voters since`: the small movement that leaves an approval in force; empty where there is none."""
    if proposal.superseded_at is not None or proposal.state != State.APPROVED:
        return ""
    moved = proposal.eligible - decisions[0].proposal.eligible
    words = ngettext("%(count)s voter since then", "%(count)s voters since then", abs(moved))
    return words % {"count": comparing.signed(moved)} if moved else ""


def attention(proposal: Proposal, sees_voters: bool) -> list[dict[str, str]]:
    """Obstacles of the location, and what its voters' data say against determining it."""
    found = [{"href": "", **obstacle} for obstacle in obstacles_of(proposal.location)]
    if level_of(proposal.location.region_id) != Level.VILLAGE:
        text = _("The village is not known yet; numbers of TPS need it.")
        found.append({"tone": "warn", "tag": _("region"), "text": text, "href": ""})
    for code, tone, tag, text in counted_attention(proposal):
        found.append(
            {"tone": tone, "tag": tag, "text": text, "href": voters_url(proposal, code) if sees_voters else ""}
        )
    return found


def counted_attention(proposal: Proposal) -> list[tuple[str, str, str, str]]:
    day = date_format(proposal.policy.polling_day, "j M Y")
    told = {
        "no_nik": ("bad", _("%(count)s without NIK"), _("cannot be listed before Dukcapil has recorded them")),
        "absent_on_polling_day": (
            "warn",
            _("%(count)s not there"),
            _("leave before or arrive after %(day)s") % {"day": day},
        ),
        "duplicate": ("warn", _("%(count)s duplicates"), _("are registered elsewhere too")),
    }
    return [
        (code, tone, tag % shown({"count": proposal.ineligible[code]}), text)
        for code, (tone, tag, text) in told.items()
        if proposal.ineligible.get(code)
    ]


def decisions_on(proposal: Proposal, who: User) -> list[Decision]:
    """What was decided on this location under this policy, newest first."""
    found = Decision.objects.visible_to(who).filter(location=proposal.location_id, policy=proposal.policy_id)
    return list(found.select_related("decided_by", "proposal").order_by("-decided_at", "-pk"))


def versions(proposal: Proposal, who: User) -> list[Proposal]:
    found = Proposal.objects.visible_to(who).filter(location=proposal.location_id, policy=proposal.policy_id)
    return list(
        found.only("version", "computed_at", "eligible", "tps", "superseded_at").order_by("-version")[:VERSIONS]
    )
