"""What does a person have to do, and how does their territory stand? The contents of the desk."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Count, Exists, F, OuterRef, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.permissions import Permission, may
from locations.models import Batch, Refusal, SpecialLocation
from voters import announcing, missing, searches
from voters import strikes as strike_lists
from voters import words as list_words
from voters.models import Announcement, DuplicateCase, Notice, Strike

from . import queue as queues
from . import risks
from .models import Decision, Determination, Outcome, Proposal
from .states import State

if TYPE_CHECKING:
    from accounts.models import User

    from .models import Policy

NAMED: Final = 3
OLDEST: Final = 5
LATEST: Final = 8
LATEST_BATCHES: Final = 5


def todo(user: User, policy: Policy) -> list[dict[str, Any]]:
    """What waits for this person, what presses most first; only what there is."""
    found: list[dict[str, Any]] = []
    proposals = queues.proposals_for(user, policy)
    if may(user, Permission.DECIDE):
        found += [moved(proposals), waiting(proposals)]
    if may(user, Permission.SUBMIT):
        found += [returned(proposals)]
    if may(user, Permission.SEE_VOTERS):
        found += [refused_rows(user), duplicate_cases(user), notices(user), *after_determination(user, policy)]
        found += [strikes(user), not_found_at_home(user), overdue_searches(user)]
    if may(user, Permission.ENTER):
        found += [announced(user), unaccepted(user)]
        found += not_on_the_list(user)
        found += [unconfirmed(user), nearly(proposals), ready(proposals), without_voters(user, policy)]
    return [item for item in found if item["count"]]


def item(count: int, title: str, text: str, url: str, action: str, tone: str = "") -> dict[str, Any]:
    return {"count": count, "title": title, "text": text, "url": url, "action": action, "tone": tone}


def queue_url(**parameters: str) -> str:
    return f"{reverse('mapping:queue')}?" + "&".join(f"{name}={value}" for name, value in parameters.items())


def moved(proposals: Any) -> dict[str, Any]:
    found = proposals.filter(state=State.WAITING, moved_since_approval=True)
    return item(found.count(), _("Changed since approval"), names(found), queue_url(), _("Review again"), "bad")


def waiting(proposals: Any) -> dict[str, Any]:
    found = proposals.filter(state=State.WAITING)
    first = found.order_by("location__submitted_at").first()
    text = ""
    if first:
        words = _("the longest: %(name)s, %(time)s")
        text = words % {"name": first.location.name, "time": timesince(first.location.submitted_at, depth=1)}
    return item(found.count(), _("Waiting for a decision"), text, queue_url(), _("Review"))


def returned(proposals: Any) -> dict[str, Any]:
    found = proposals.filter(state=State.RETURNED)
    url = queue_url(keadaan=State.RETURNED)
    return item(found.count(), _("Returned by KPU RI"), names(found), url, _("Mend"), "bad")


def refused_rows(user: User) -> dict[str, Any]:
    """Of the latest files of which any wait to be corrected; after 30 days there are none."""
    batches = Batch.objects.visible_to(user).filter(subject=Batch.Subject.VOTERS, state=Batch.State.DONE)
    refused = Refusal.objects.visible_to(user)
    waiting = batches.filter(Exists(refused.filter(batch=OuterRef("pk"))), rejected__gt=0)
    found = list(waiting.order_by("-received_at")[:LATEST_BATCHES])
    count = refused.filter(batch__in=found).count()
    url = reverse("voters:batch", args=[found[0].pk]) if found else ""
    text = _("from %(files)s") % {"files": ", ".join(batch.file_name for batch in found[:NAMED])}
    return item(count, _("Rows of voter lists refused"), text, url, _("Mend"))


def unconfirmed(user: User) -> dict[str, Any]:
    """Lists that were sent, and that nobody said to import."""
    found = Batch.objects.visible_to(user).filter(subject=Batch.Subject.VOTERS, state=Batch.State.CHECKING)
    text = " · ".join(list_words.name_of(batch) for batch in found.order_by("-received_at")[:NAMED])
    url = f"{reverse('voters:batches')}?keadaan={Batch.State.CHECKING}"
    return item(found.count(), _("Voter lists not imported yet"), text, url, _("Look"), "bad")


def not_on_the_list(user: User) -> list[dict[str, Any]]:
    """Of each of the latest lists that replace the one before: whom it does not name."""
    title, text = _("Voters missing from a new list"), _("%(file)s does not name them: have they left?")
    waiting = islice(missing.of_lists(user).items(), LATEST_BATCHES)
    return [
        item(count, title, text % {"file": list_words.name_of(batch)}, missing_url(batch), _("Decide"), "bad")
        for batch, count in waiting
    ]


def missing_url(batch: Batch) -> str:
    return reverse("voters:batch_missing", args=[batch.pk])


def duplicate_cases(user: User) -> dict[str, Any]:
    cases = DuplicateCase.objects.visible_to(user).filter(closed_at=None)
    text = _("one NIK in more than one place, or probably one person under two")
    return item(cases.count(), _("Voters registered twice"), text, reverse("voters:duplicates"), _("Show"))


AFTER: Final = {
    "without_room": (gettext_lazy("Voters without a TPS"), gettext_lazy("every list of their location is full")),
    "too_late": (gettext_lazy("Came too late for a TPS"), gettext_lazy("entered after the last day for movers")),
    "ballots_short": (gettext_lazy("TPS that will lack ballots"), gettext_lazy("more late voters than ballots left")),
}


def after_determination(user: User, policy: Policy) -> list[dict[str, Any]]:
    """What happened at final locations that somebody must act on; one that is found opens itself."""
    final = Determination.objects.visible_to(user).filter(policy=policy, reopened_at=None).select_related("location")
    found = []
    for name, (title, text) in AFTER.items():
        touched = list(final.filter(**{f"{name}__gt": 0}).order_by(f"-{name}", "location__code"))
        count = len(touched) if name == "ballots_short" else sum(getattr(each, name) for each in touched)
        places = " · ".join(each.location.name for each in touched[:NAMED])
        url = reverse("mapping:determination", args=[touched[0].pk]) if touched else ""
        found.append(item(count, str(title), f"{text}: {places}", url, _("Show"), "bad"))
    return found


def strikes(user: User) -> dict[str, Any]:
    waiting = Strike.objects.visible_to(user).filter(answer__in=["", "found"], taken_back_at=None)
    text = _("voters listed at special locations elsewhere, to be struck from the list at home")
    return item(waiting.count(), _("To strike at home"), text, reverse("voters:strikes"), _("Show"))


def not_found_at_home(user: User) -> dict[str, Any]:
    lost = strike_lists.not_found_at_home(user)
    text = _("the home regency finds them on no list; their home may be wrong")
    return item(lost.count(), _("Not found at home"), text, reverse("voters:strikes_not_found"), _("Show"), "bad")


def overdue_searches(user: User) -> dict[str, Any]:
    late = searches.overdue(user, at=timezone.localdate()).select_related("home").order_by("due", "pk")
    names = " · ".join(each.home.name for each in late[:NAMED] if each.home)
    return item(late.count(), _("Search lists overdue"), names, reverse("voters:searches"), _("Show"), "bad")


def notices(user: User) -> dict[str, Any]:
    unread = Notice.objects.visible_to(user).filter(read_at=None)
    counts = dict(unread.order_by().values_list("kind").annotate(Count("pk")))
    lost, gained = counts.get(Notice.Kind.LOST, 0), counts.get(Notice.Kind.GAINED, 0)
    text = _("%(lost)s no longer count here, %(gained)s count from now on") % {"lost": lost, "gained": gained}
    return item(lost + gained, _("Registrations moved"), text, reverse("voters:search"), _("Show"))


def announced(user: User) -> dict[str, Any]:
    """Whom other offices send here, and who is registered nowhere until somebody accepts them."""
    waiting = Announcement.objects.visible_to(user).waiting()
    places = waiting.order_by("to__name").values_list("to__name", flat=True).distinct()[:NAMED]
    url = reverse("voters:announcements")
    return item(
        waiting.count(), _("Transfers announced to you"), " · ".join(places), url, _("Accept or decline"), "bad"
    )


def unaccepted(user: User) -> dict[str, Any]:
    """Own voters whom another office declined, or had not answered by polling day."""
    late = announcing.unanswered(user, at=timezone.localdate())
    declined = Notice.objects.visible_to(user).filter(read_at=None, kind=Notice.Kind.DECLINED).count()
    newest = late.order_by("-act__at").values_list("act", flat=True).first()
    url = reverse("voters:act", args=[newest]) if newest else f"{reverse('voters:search')}#notices"
    text = _("%(declined)s declined, %(late)s not answered by polling day") % {
        "declined": declined,
        "late": late.count(),
    }
    return item(declined + late.count(), _("Transfers that nobody accepted"), text, url, _("Show"), "bad")


def nearly(proposals: Any) -> dict[str, Any]:
    found = (
        proposals.filter(risk_nearly=True).exclude(state=State.REJECTED).annotate(short=F("minimum") - F("eligible"))
    )
    first = found.order_by("short", "location__code")[:NAMED]
    told = [_("%(name)s %(short)s short") % {"name": p.location.name, "short": p.short} for p in first]
    url = queue_url(keadaan=queues.ALL, risiko="nearly")
    return item(found.count(), _("Locations just below the minimum"), " · ".join(told), url, _("Show"))


def ready(proposals: Any) -> dict[str, Any]:
    found = proposals.filter(state=State.DRAFT, outcome=Outcome.QUALIFIED, risk_no_letter=False)
    return item(found.count(), _("Ready to submit"), names(found), queue_url(keadaan=State.DRAFT), _("Show"))


def without_voters(user: User, policy: Policy) -> dict[str, Any]:
    """Candidate places that have no list yet: most drop out for that (KPU 2022-2023)."""
    listed = Proposal.objects.visible_to(user).current(policy).filter(registered__gt=0).values("location")
    found = SpecialLocation.objects.visible_to(user).active().exclude(pk__in=listed)
    text = " · ".join(found.order_by("code").values_list("name", flat=True)[:NAMED])
    return item(found.count(), _("Locations without a voter list"), text, reverse("voters:upload"), _("Upload"))


def names(proposals: Any) -> str:
    return " · ".join(proposals.order_by(*queues.TOP).values_list("location__name", flat=True)[:NAMED])


def oldest(user: User, policy: Policy) -> list[dict[str, Any]]:
    """What a reviewer should open next: moved approvals, then the longest wait."""
    waiting = queues.proposals_for(user, policy).filter(state=State.WAITING).order_by(*queues.TOP)[:OLDEST]
    return [
        {
            "url": reverse("mapping:proposal", args=[proposal.pk]),
            "name": proposal.location.name,
            "badges": risks.badges(proposal, policy),
            "tps": proposal.tps or None,
            "time": timesince(proposal.location.submitted_at, depth=1),
        }
        for proposal in waiting
    ]


def figures(user: User, policy: Policy) -> list[dict[str, Any]]:
    current = Proposal.objects.visible_to(user).current(policy)
    sums = current.aggregate(
        tps=Sum("tps", default=0), eligible=Sum("eligible", default=0), registered=Sum("registered", default=0)
    )
    everywhere = queue_url(keadaan=queues.ALL)
    places = SpecialLocation.objects.visible_to(user).active().count()
    return [
        {"value": places, "label": _("locations"), "href": reverse("locations:list")},
        {"value": sums["tps"], "label": _("TPS"), "href": everywhere},
        {"value": sums["registered"], "label": _("registered"), "href": everywhere},
        {"value": sums["eligible"], "label": _("eligible"), "href": everywhere},
    ]


def states(user: User, policy: Policy) -> list[dict[str, Any]]:
    """How many proposals are in each state; each leads to them."""
    in_force = Proposal.objects.visible_to(user).in_force(policy).filter(location__withdrawn_at=None)
    counts = Counter(in_force.with_state().order_by().values_list("state", flat=True))
    return [
        {"state": state.value, "count": counts[state], "url": queue_url(keadaan=state.value)}
        for state in State
        if counts.get(state)
    ]


def lately(user: User, policy: Policy) -> list[dict[str, Any]]:
    """The newest versions, decisions and files of the territory, newest first."""
    found = [*versions_lately(user, policy), *decisions_lately(user, policy), *files_lately(user)]
    return sorted(found, key=lambda change: change["at"], reverse=True)[:LATEST]


def versions_lately(user: User, policy: Policy) -> list[dict[str, Any]]:
    newest = Proposal.objects.visible_to(user).current(policy).filter(version__gt=1)
    shown = list(newest.select_related("location").order_by("-computed_at")[:LATEST])
    earlier = Proposal.objects.visible_to(user).filter(policy=policy, location__in=[p.location_id for p in shown])
    before = {(location, version): (eligible, tps) for location, version, eligible, tps in earlier.values_list(
        "location", "version", "eligible", "tps"
    )}  # fmt: skip
    return [version_change(p, *before.get((p.location_id, p.version - 1), (p.eligible, p.tps))) for p in shown]


def version_change(proposal: Proposal, eligible: int, tps: int) -> dict[str, Any]:
    words = _("%(before)s → %(after)s eligible, TPS stay %(tps)s")
    if tps != proposal.tps:
        words = _("%(before)s → %(after)s eligible, TPS %(tps_before)s → %(tps)s")
    figures = {"before": eligible, "after": proposal.eligible, "tps_before": tps, "tps": proposal.tps}
    return {
        "at": proposal.computed_at,
        "territory": proposal.territory,
        "name": proposal.location.name,
        "url": reverse("mapping:proposal", args=[proposal.pk]),
        "text": words % figures,
        "badge": _("TPS changed") if tps != proposal.tps else "",
        "state": "",
    }


def decisions_lately(user: User, policy: Policy) -> list[dict[str, Any]]:
    found = Decision.objects.visible_to(user).filter(policy=policy).select_related("location").order_by("-decided_at")
    return [
        {
            "at": decision.decided_at,
            "territory": decision.territory,
            "name": decision.location.name,
            "url": reverse("mapping:proposal", args=[decision.proposal_id]),
            "text": ngettext("%(tps)s TPS", "%(tps)s TPS", decision.tps) % {"tps": decision.tps},
            "badge": "" if decision.verdict in State.values else decision.get_verdict_display(),
            "state": decision.verdict if decision.verdict in State.values else "",
        }
        for decision in found[:LATEST]
    ]


def files_lately(user: User) -> list[dict[str, Any]]:
    if not may(user, Permission.SEE_VOTERS):
        return []
    batches = Batch.objects.visible_to(user).filter(subject=Batch.Subject.VOTERS, state=Batch.State.DONE)
    words = _("%(accepted)s taken, %(updated)s updated, %(rejected)s refused")
    return [
        {
            "at": batch.received_at,
            "territory": batch.territory,
            "name": batch.file_name,
            "url": reverse("voters:batch", args=[batch.pk]),
            "text": words % {"accepted": batch.accepted, "updated": batch.updated, "rejected": batch.rejected},
            "badge": "",
            "state": "",
        }
        for batch in batches.order_by("-received_at")[:LATEST]
    ]
