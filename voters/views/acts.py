"""Acts about duplicates: what was done to many at once, by whom and why, and taking it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.permissions import Permission, may, require

from .. import acts as verbs
from .. import announcing, duplicates
from ..models import ActStep
from ..sides import step_line

if TYPE_CHECKING:
    import uuid

    from django.http import HttpRequest

ROWS_A_PAGE: Final = 50


@require_GET
@never_cache
def acts(request: HttpRequest) -> HttpResponse:
    require(request.user, Permission.SEE_VOTERS)
    page = Paginator(duplicates.acts_of(request.user), ROWS_A_PAGE).get_page(request.GET.get("halaman"))
    return render(request, "voters/acts.html", {"page": page, "crumbs": crumbs(_("Acts"))})


@require_http_methods(["GET", "POST"])
@never_cache
def act(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """What an act changed, step by step, as far as the own territory goes. A POST takes it back."""
    require(request.user, Permission.SEE_VOTERS)
    found = get_object_or_404(duplicates.acts_of(request.user), pk=pk)
    if request.method == "POST":
        require(request.user, Permission.ENTER)
        try:
            tell(request, verbs.take_back(act=found, by=request.user))
        except ValidationError as fault:
            messages.error(request, " ".join(fault.messages))
        return redirect("voters:act", found.pk)
    steps = ActStep.objects.visible_to(request.user).filter(act=found).select_related("voter__location")
    page: Any = Paginator(steps.order_by("pk"), ROWS_A_PAGE).get_page(request.GET.get("halaman"))
    left = ActStep.objects.visible_to(request.user).filter(act=found).values("voter").distinct().count()
    answers, is_late = announcing.of_act(found), announcing.is_too_late(timezone.localdate())
    words = {row.voter_id: announcing.word_of(row, is_late=is_late) for row in answers}
    page.object_list = [{**step_line(step), "announced": words.get(step.voter_id)} for step in page.object_list]
    context = {
        "act": found,
        "page": page,
        "removed": max(0, found.voters - left),
        "announced_to": next((row.to for row in answers), None),
        "kept": steps.exclude(kept_why="").count(),
        "crumbs": crumbs(found.name, {"label": _("Acts"), "url": reverse("voters:acts")}),
        "may_take_back": found.taken_back_at is None and may(request.user, Permission.ENTER),
    }
    return render(request, "voters/act.html", context)


def tell(request: HttpRequest, kept: list[ActStep]) -> None:
    if not kept:
        messages.success(request, _("All of it is taken back."))
        return
    words = ngettext(
        "Taken back, but for %(count)s step; it says below why.",
        "Taken back, but for %(count)s steps; they say below why.",
        len(kept),
    )
    messages.warning(request, words % {"count": len(kept)})


def crumbs(here: str, *between: dict[str, str]) -> list[dict[str, str]]:
    return [
        {"label": _("Voters"), "url": reverse("voters:search")},
        {"label": _("Duplicates"), "url": reverse("voters:duplicates")},
        *between,
        {"label": here},
    ]
