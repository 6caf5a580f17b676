"""Which buttons does a reviewer get, and what is said after a decision?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .forms import APPROVE, REJECT, RETURN, REVOKE, DecisionForm
from .models import Decision
from .states import State

if TYPE_CHECKING:
    from accounts.models import User
    from locations.models import SpecialLocation

    from .models import Proposal

OFFERED = {
    State.WAITING: (REJECT, RETURN, APPROVE),
    State.APPROVED: (REVOKE, RETURN),
    State.RETURNED: (REVOKE,),
    State.REJECTED: (REVOKE,),
}


def bar(proposal: Any, failed: DecisionForm | None, user: User) -> dict[str, Any] | None:
    """What the bar at the bottom of the page holds; None where there is nothing to decide."""
    location = proposal.location
    offered = OFFERED.get(proposal.state, ())
    if not offered or location.withdrawn_at:
        return None
    if location.submitted_by_id == user.pk:
        return {"own_work": True}
    forms = {verdict: form_for(verdict, proposal, failed) for verdict in offered}
    return {
        "approve": forms.get(APPROVE),
        "approve_label": approve_label(proposal),
        "confirmed": [confirmed(verdict, form) for verdict, form in forms.items() if verdict != APPROVE],
        "failed": failed if failed and failed.data.get("verdict") == APPROVE else None,
    }


def form_for(verdict: str, proposal: Any, failed: DecisionForm | None) -> DecisionForm:
    """The form as it came back, or a fresh one that carries what this page shows."""
    if failed is not None and failed.data.get("verdict") == verdict:
        return failed
    shown = {"verdict": verdict, "seen": proposal.fingerprint, "after": proposal.latest_decision}
    return DecisionForm(initial=shown, verdict=verdict)


def approve_label(proposal: Proposal) -> str:
    if not proposal.tps:
        return _("Approve: no TPS")
    return ngettext("Approve %(count)s TPS", "Approve %(count)s TPS", proposal.tps) % {"count": proposal.tps}


def confirmed(verdict: str, form: DecisionForm) -> dict[str, Any]:
    label, text, button, tone = {
        REJECT: (
            _("Reject"),
            _("The location is closed: it gets no TPS, and its voters can be registered elsewhere."),
            _("Reject this location"),
            "danger",
        ),
        RETURN: (
            _("Return"),
            _("The location goes back to its operator, who mends it and submits it again."),
            _("Return to the operator"),
            "",
        ),
        REVOKE: (
            _("Revoke decision"),
            _("The decision no longer holds, and the proposal waits again."),
            _("Revoke the decision"),
            "",
        ),
    }[verdict]
    return {"form": form, "label": label, "text": text, "button": button, "tone": tone}


def done(decision: Decision, location: SpecialLocation) -> str:
    """What the reviewer reads after a decision."""
    return {
        Decision.Verdict.APPROVED: _("%(name)s is approved."),
        Decision.Verdict.RETURNED: _("%(name)s is returned to its operator."),
        Decision.Verdict.REJECTED: _("%(name)s is rejected and closed."),
        Decision.Verdict.REVOKED: _("The decision on %(name)s is revoked; it waits again."),
    }[Decision.Verdict(decision.verdict)] % {"name": location.name}


def told(decision: Decision, location: SpecialLocation) -> str:
    """What another reviewer decided meanwhile."""
    words = _("%(who)s decided on %(name)s: %(verdict)s.")
    return words % {"who": decision.decided_by, "name": location.name, "verdict": decision.get_verdict_display()}
