"""Which client system is asking, and what may it read? Knox's tokens with scopes and a territory."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from knox.auth import TokenAuthentication
from rest_framework.permissions import BasePermission

from . import audit
from .models import ApiToken, User
from .permissions import Actor, Permission, require

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView

    from regions.models import Region

MAX_DAYS: Final = 3650
SCOPES: Final = ("summaries", "locations", "proposals", "map", "regions", "handovers", "opinions")


class ScopedTokenAuthentication(TokenAuthentication):
    """`Authorization: Token …`; the token is who asks, its account only who answers for it."""

    def authenticate_header(self, request: Request) -> str:
        return "Token"


class HasScope(BasePermission):
    """The token holds the scope that the view names in `scope`; no token is a 401, a token without it a 403."""

    message = _("This token does not have the scope for this resource.")

    def has_permission(self, request: Request, view: APIView) -> bool:
        token = request.auth
        return isinstance(token, ApiToken) and token.allows(view.scope)  # type: ignore[attr-defined]


@transaction.atomic
def issue(
    *, user: User, name: str, scopes: list[str], territory: Region, days: int | None, by: Actor
) -> tuple[ApiToken, str]:
    """A new token and its text, which is shown once and stored only hashed.

    Without `days` it does not expire. Raises ValueError for a suspended account, a scope that is not
    there, and less than a day.
    """
    require(by, Permission.MANAGE_ACCOUNTS, territories=[territory.pk])
    if not user.is_active:
        raise ValueError(f"{user.username} is suspended")
    unknown = set(scopes) - set(SCOPES)
    if unknown:
        raise ValueError(f"unknown scopes: {', '.join(sorted(unknown))}")
    options: dict[str, Any] = {"name": name, "scopes": sorted(scopes), "territory": territory}
    if days is not None and not 1 <= days <= MAX_DAYS:
        raise ValueError(f"a token is valid for 1 to {MAX_DAYS} days")
    expiry = None if days is None else timedelta(days=days)
    token, text = ApiToken.objects.create(user=user, expiry=expiry, **options)
    audit.record(
        by=by,
        action="token.issued",
        subject=user,
        territory=territory.pk,
        name=name,
        scopes=sorted(scopes),
        days=days,
    )
    return token, text
