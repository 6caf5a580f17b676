"""What does every page know: policy, register, places to go, and how many proposals wait?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission, may
from mapping.models import Policy, Proposal
from voters.models import Register

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.utils.functional import _StrPromise

    from accounts.models import User
    from mapping.querysets import ProposalQuerySet

# The verb behind each page asks for its permission again; this only spares people doors that stay shut.
PLACES: Final[tuple[tuple[str, _StrPromise, frozenset[Permission]], ...]] = (
    ("desk", _("Desk"), frozenset({Permission.VIEW})),
    ("locations:list", _("Locations"), frozenset({Permission.VIEW})),
    ("voters:search", _("Voters"), frozenset({Permission.SEE_VOTERS})),
    ("mapping:map", _("Map"), frozenset({Permission.VIEW})),
    ("mapping:queue", _("Review"), frozenset({Permission.DECIDE, Permission.READ_AUDIT})),
    ("mapping:policies", _("Policies"), frozenset({Permission.VIEW})),
)


def interface(request: HttpRequest) -> dict[str, Any]:
    """Lazy values, so that a fragment that shows none of them asks nothing of the database."""
    return {
        "policy_in_force": SimpleLazyObject(policy_in_force),
        "register": SimpleLazyObject(lambda: Register.objects.first()),
        "navigation": SimpleLazyObject(lambda: places_of(request)),
    }


def policy_in_force() -> Policy | None:
    return Policy.objects.filter(is_current=True).first()


def places_of(request: HttpRequest) -> list[dict[str, Any]]:
    """The pages this person can go to, in the order of work; none for a stranger."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return []
    return [
        place(request.path, user, name, label)
        for name, label, any_of in PLACES
        if any(may(user, permission) for permission in any_of)
    ]


def place(path: str, user: User, name: str, label: _StrPromise) -> dict[str, Any]:
    url = reverse(name)
    return {
        "url": url,
        "label": label,
        "is_current": first_step(path) == first_step(url),
        "count": waiting_for(user) if name == "mapping:queue" else 0,
    }


def first_step(path: str) -> str:
    """`lokasi` for everything below `/lokasi/`."""
    return path.strip("/").partition("/")[0]


def waiting_for(user: User) -> int:
    """Proposals that wait for this person's decision; nothing waits for whoever cannot decide."""
    policy = policy_in_force()
    if policy is None or not may(user, Permission.DECIDE):
        return 0
    proposals: ProposalQuerySet = Proposal.objects.visible_to(user)
    return proposals.current(policy).awaiting_decision().count()
