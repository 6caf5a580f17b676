"""The desk: what the signed-in person has to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.permissions import Permission, may, require

from .. import agenda
from ..models import Policy

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_GET
def desk(request: HttpRequest) -> HttpResponse:
    user = request.user
    require(user, Permission.VIEW)
    policy = Policy.objects.filter(is_current=True).first()
    if policy is None:
        return render(request, "mapping/desk.html", {"policy": None})
    works = may(user, Permission.ENTER) or may(user, Permission.DECIDE)
    return render(
        request,
        "mapping/desk.html",
        {
            "policy": policy,
            "works": works,
            "todo": agenda.todo(user, policy),
            "oldest": agenda.oldest(user, policy) if may(user, Permission.DECIDE) else [],
            "lately": agenda.lately(user, policy),
            "figures": agenda.figures(user, policy),
            "states": agenda.states(user, policy),
            "may_enter": may(user, Permission.ENTER),
        },
    )
