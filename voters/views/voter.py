"""The pages of one voter: see, add, correct, remove, and look at the identity with a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.permissions import Permission, may, require
from locations.models import Block
from locations.views import url_if_any
from locations.words import region_name
from regions.models import Region

from .. import masking, registration
from ..duplicates import open_cases
from ..forms import ReasonForm, VoterForm, completed
from ..masking import MARK
from ..models import Role, Voter, VoterIdentity
from ..rows import VoterRow, facts_of, row_of, with_names
from ..standing import standing_of
from ..told import told_of
from . import saved
from .location import blocks_of, crumbs, one_location

if TYPE_CHECKING:
    import uuid

    from django.http import HttpRequest

    from accounts.models import User
    from locations.models import SpecialLocation

REFUSED = 422


@require_GET
@never_cache
def detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    require(request.user, Permission.SEE_VOTERS)
    return page(request, one_voter(request.user, pk))


@require_POST
@never_cache
def reveal(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The identity, once: this answer is kept nowhere, and showing it again asks for a reason again."""
    require(request.user, Permission.REVEAL_IDENTITY)
    voter = one_voter(request.user, pk)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return page(request, voter, reveal_form=form, status=REFUSED)
    shown = registration.reveal_identity(voter=voter, reason=form.cleaned_data["reason"], by=request.user)
    fields = VoterForm.base_fields
    identity = [{"label": fields[column].label, "text": text} for column, text in shown.items() if text]
    return page(request, voter, identity=identity)


def page(
    request: HttpRequest,
    voter: Voter,
    *,
    reveal_form: ReasonForm | None = None,
    identity: list[dict[str, Any]] | None = None,
    status: int = 200,
) -> HttpResponse:
    row = seen(voter, request.user)
    context = {
        "row": row,
        "voter": voter,
        "facts": facts_of(row),
        "crumbs": trail_of(voter),
        "cases": open_cases(request.user).filter(voter=voter),
        "told": told_of(voter, user=request.user),
        "identity": identity,
        "proposals": proposals_shown(voter) if may(request.user, Permission.ENTER) else [],
        "reveal_form": reveal_form or ReasonForm(),
        "may_reveal": may(request.user, Permission.REVEAL_IDENTITY),
        "may_enter": may(request.user, Permission.ENTER),
        "panel_url": url_if_any("mapping:location_panel", voter.location_id) if voter.location_id else "",
        "tps_url": url_if_any("mapping:voter_tps", voter.pk) if voter.location_id else "",
    }
    return render(request, "voters/detail.html", context, status=status)


def seen(voter: Voter, user: User) -> VoterRow:
    own = Voter.objects.visible_to(user).filter(pk=voter.pk)
    niks = masking.masked_niks(VoterIdentity.objects.visible_to(user).filter(pk=voter.pk))
    return row_of(voter, niks.get(voter.pk, ""), standing_of(own).reasons.get(voter.pk))


@require_http_methods(["GET", "POST"])
@never_cache
def create(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    require(request.user, Permission.ENTER)
    location = one_location(request.user, pk)
    if not location.is_active:
        messages.error(request, _("%(name)s asks for no TPS any more, so nobody is added.") % {"name": location.name})
        return redirect("locations:detail", location.pk)
    if request.method == "GET":
        form = VoterForm(kept=kept(request, location))
        return form_page(request, form, location, crumbs=crumbs(location, _("New voter")))
    filled = completed(request.POST, at=timezone.localdate())
    form = VoterForm(filled or request.POST)
    if filled:
        form.add_error(None, _("Birth date and sex were taken from the NIK. Look at them, then save."))
    elif form.is_valid():
        try:
            entered = registration.enter(location=location, fields=form.cells, by=request.user, doubts=form.doubts)
        except ValidationError as faults:
            form.take(faults)
        else:
            saved.tell(request, entered, location)
            return redirect(after_saving(request, entered.voter))
    return form_page(request, form, location, crumbs=crumbs(location, _("New voter")))


def kept(request: HttpRequest, location: SpecialLocation) -> dict[str, str]:
    """Block and role of the voter just saved stay for the next one."""
    role, block = request.GET.get("peran", ""), request.GET.get("blok", "")
    names = dict(Block.objects.visible_to(request.user).filter(location=location).values_list("pk", "name"))
    found = next((name for pk, name in names.items() if str(pk) == block), "")
    return {"blok": found, "peran": role if role in Role.values else Role.RESIDENT.value}


def after_saving(request: HttpRequest, voter: Voter) -> str:
    """The next empty form, or the location where that was asked for. A block is named by its id: names may be anything."""
    if "selesai" in request.POST:
        return reverse("locations:detail", args=[voter.location_id])
    stays = {"peran": voter.role, **({"blok": voter.block_id} if voter.block_id else {})}
    return f"{reverse('voters:create', args=[voter.location_id])}?{urlencode(stays)}"


@require_http_methods(["GET", "POST"])
@never_cache
def edit(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    require(request.user, Permission.ENTER)
    voter = one_voter(request.user, pk)
    if "pakai" in request.POST:
        return take_proposal(request, voter)
    form = VoterForm(
        request.POST if request.method == "POST" else None,
        masked=masking.masked_cells(voter),
        is_placed=voter.location_id is not None,
    )
    if form.is_valid():
        try:
            registration.correct(voter=voter, fields=form.cells, by=request.user, doubts=form.doubts)
        except ValidationError as faults:
            form.take(faults)
        else:
            messages.success(request, _("%(name)s is saved.") % {"name": form.cells["nama"]})
            return redirect("voters:detail", voter.pk)
    return form_page(request, form, voter.location, voter=voter, crumbs=trail_of(voter, pgettext("verb", "Correct")))


def take_proposal(request: HttpRequest, voter: Voter) -> HttpResponse:
    """One of the corrections that would make NIK and person agree, with a click and unseen where it identifies."""
    column = request.POST["pakai"]
    proposed = registration.proposals_of(voter)
    if column not in proposed:
        messages.info(request, _("Nothing is proposed here any more."))
        return redirect("voters:detail", voter.pk)
    try:
        registration.correct(voter=voter, fields={column: proposed[column]}, by=request.user)
    except ValidationError as faults:
        messages.error(request, " ".join(faults.messages))
    else:
        messages.success(request, _("%(name)s is saved.") % {"name": voter.name})
    return redirect("voters:detail", voter.pk)


def proposals_shown(voter: Voter) -> list[dict[str, Any]]:
    """As a page may show them: what identifies is hidden."""
    labels = {
        "jenis_kelamin": _("Take the sex from the NIK"),
        "tanggal_lahir": _("Take the birth date from the NIK"),
        "nik": _("Put the birth date of this entry into the NIK"),
    }
    shown = masking.masked_row(registration.proposals_of(voter))
    return [{"column": column, "label": labels[column], "text": text} for column, text in shown.items()]


def form_page(
    request: HttpRequest,
    form: VoterForm,
    location: SpecialLocation | None,
    *,
    crumbs: list[dict[str, str]],
    voter: Voter | None = None,
) -> HttpResponse:
    cancel = reverse("voters:detail", args=[voter.pk]) if voter else reverse("locations:detail", args=[location.pk])
    home = str(form["kode_wilayah_domisili"].value() or "")
    context = {
        "form": form,
        "location": location,
        "voter": voter,
        "proposals": proposals_shown(voter) if voter else [],
        "crumbs": crumbs,
        "cancel_url": cancel,
        "blocks": blocks_of(location, request.user) if location else [],
        "region_url": reverse("regions:search"),
        "region_chosen": "" if MARK in home else region_name(home, Region.objects.all()),
    }
    return render(request, "voters/form.html", context)


@require_http_methods(["GET", "POST"])
@never_cache
def remove(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    require(request.user, Permission.ENTER)
    voter = one_voter(request.user, pk)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        place, name = voter.location_id, voter.name
        try:
            registration.remove(voter=voter, reason=form.cleaned_data["reason"], by=request.user)
        except ValidationError as fault:
            form.add_error(None, fault.messages)
        else:
            messages.success(request, _("%(name)s is removed.") % {"name": name})
            return redirect("locations:detail", place) if place else redirect("voters:search")
    claims = VoterIdentity.objects.visible_to(request.user).filter(pk=voter.pk, claim__isnull=False)
    context = {
        "form": form,
        "voter": voter,
        "row": seen(voter, request.user),
        "counts_here": claims.exists(),
        "crumbs": trail_of(voter, _("Remove")),
        "button": _("Remove %(name)s from the list") % {"name": voter.name},
    }
    return render(request, "voters/remove.html", context)


def one_voter(user: User, pk: uuid.UUID) -> Voter:
    """The voter, or 404 for a foreign one as for one that does not exist."""
    return get_object_or_404(with_names(Voter.objects.visible_to(user)), pk=pk)


def trail_of(voter: Voter, here: str = "") -> list[dict[str, str]]:
    """Where a voter stands: below the location's list, or among the voters without one."""
    url = reverse("voters:detail", args=[voter.pk]) if here else ""
    if voter.location is None:
        trail = [{"label": _("Voters"), "url": reverse("voters:search")}]
    else:
        listed = reverse("voters:location_list", args=[voter.location_id])
        trail = [*crumbs(voter.location), {"label": _("Voters"), "url": listed}]
    trail.append({"label": voter.name, "url": url})
    return [*trail, {"label": here}] if here else trail
