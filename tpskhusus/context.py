"""What does every page know: policy, register, places to go, and how many proposals wait?"""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from mapping.models import Policy, Proposal
from voters.models import Register

PLACES = (
    ("desk", _("Desk")),
    ("locations:list", _("Locations")),
    ("voters:search", _("Voters")),
    ("mapping:map", _("Map")),
    ("mapping:queue", _("Review")),
    ("mapping:policies", _("Policies")),
)
ALL = ("desk", "locations:list", "voters:search", "mapping:map", "mapping:queue", "mapping:policies")
# The permission of each page decides; this only spares people doors that stay shut.
OPEN_TO = {
    "operator": ("desk", "locations:list", "voters:search", "mapping:map", "mapping:policies"),
    "reviewer": ALL,
    "auditor": ALL,
    "admin": ("desk", "locations:list", "mapping:map", "mapping:policies"),
}


def interface(request: HttpRequest) -> dict:
    """Lazy values, so that a fragment that shows none of them asks nothing of the database."""
    return {
        "policy_in_force": SimpleLazyObject(lambda: Policy.objects.filter(is_current=True).first()),
        "register": SimpleLazyObject(lambda: Register.objects.order_by("pk").last()),
        "navigation": SimpleLazyObject(lambda: places_of(request)),
    }


def places_of(request: HttpRequest) -> list[dict]:
    """The pages this person can go to, in the order of work; none for a stranger."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return []
    open_places = OPEN_TO[user.role]
    return [place(request, name, label) for name, label in PLACES if name in open_places]


def place(request: HttpRequest, name: str, label: str) -> dict:
    url = reverse(name)
    return {
        "url": url,
        "label": label,
        "is_current": first_step(request.path) == first_step(url),
        "count": waiting_for(request.user) if name == "mapping:queue" else 0,
    }


def first_step(path: str) -> str:
    """`/lokasi/` for everything below it."""
    return path.strip("/").partition("/")[0]


def waiting_for(user) -> int:
    """Proposals that wait for a reviewer's decision; nothing waits for anybody else."""
    if user.role != "reviewer":
        return 0
    return Proposal.objects.visible_to(user).awaiting_decision().count()
