"""What does somebody want to see on the map? Kind, state, layer, level and region, all in the URL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django import forms
from django.core.validators import RegexValidator
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from locations.models import Kind
from regions.levels import Level, level_of
from voters.models import Register

from . import atlas
from .models import Policy, Proposal
from .places import region_asked

if TYPE_CHECKING:
    from django.http import HttpRequest, QueryDict

    from accounts.models import User
    from regions.models import Region

    from .querysets import ProposalQuerySet

LEVELS: Final = {"provinsi": "province", "kabkota": "regency", "lokasi": "location"}
FORMED: Final = "dibentuk-2024"
WITHOUT: Final = "tanpa"
NAMES: Final = {"kind": "kategori", "state": "keadaan", "region": "wilayah", "layer": "lapisan"}
"""The parameters of the map's data, and what the page calls them."""


class MapForm(forms.Form):
    """The filters of the page, as the filter bar shows them, and the layer, which is a switch beside them."""

    kategori = forms.ChoiceField(label=_("Category"), choices=[("", _("all")), *Kind.choices], required=False)
    keadaan = forms.ChoiceField(label=_("State"), choices=[("", _("all")), *atlas.STATES], required=False)
    lapisan = forms.CharField(validators=[RegexValidator(rf"^({FORMED}|{WITHOUT})\Z")], required=False)


class Question:
    """What one request asks, of one policy. Raises Http404 for a region outside the person's territory.

    A value outside its list finds nothing. The TPS of 2024 show where asked for, as long as there is no proposal in
    the person's territory, and in a synthetic register, whose first page is then a real country.
    """

    def __init__(self, asked: QueryDict | dict[str, str], *, user: User, policy: Policy) -> None:
        self.asked = asked
        self.policy = policy
        self.region = region_of(asked.get("wilayah", ""), user)
        everything: ProposalQuerySet = Proposal.objects.visible_to(user).current(policy)
        self.has_proposals = everything.exists()
        self.shows_formed = not self.has_proposals or shows_layer(asked.get("lapisan", ""))
        self.form = MapForm({name: asked.get(name, "") for name in MapForm.base_fields})
        self.is_valid = self.form.is_valid()
        self.proposals = self.narrowed(everything) if self.is_valid else everything.none()

    def narrowed(self, proposals: ProposalQuerySet) -> ProposalQuerySet:
        values = self.form.cleaned_data
        found = proposals.within(self.region.pk)
        if values["kategori"]:
            found = found.filter(location__kind=values["kategori"])
        return found.in_state(values["keadaan"]) if values["keadaan"] else found

    @property
    def atlas(self) -> atlas.Atlas:
        return atlas.Atlas(self.proposals, self.policy, self.region, with_formed=self.shows_formed)

    @property
    def level(self) -> str:
        """The level asked for, else the one below the region."""
        return LEVELS.get(self.asked.get("tingkat", "")) or level_below(self.region, self.has_proposals)

    @property
    def is_filtered(self) -> bool:
        return any(self.asked.get(name) for name in ("kategori", "keadaan", "wilayah"))

    @property
    def data_parameters(self) -> dict[str, str]:
        """What the page's script sends with every level it asks for."""
        asked = {name: str(self.asked[ours]) for name, ours in NAMES.items() if self.asked.get(ours)}
        return asked | {"layer": FORMED if self.shows_formed else WITHOUT}


def shows_layer(asked: str) -> bool:
    return asked == FORMED or (asked != WITHOUT and Register.current().is_synthetic)


def asked_by_script(request: HttpRequest) -> dict[str, str]:
    return {ours: request.GET.get(name, "") for name, ours in NAMES.items()}


def region_of(code: str, user: User) -> Region:
    if not code:
        return user.territory
    try:
        return region_asked(code, who=user)
    except ValueError:
        raise Http404 from None


def level_below(region: Region, has_proposals: bool) -> str:
    """Provinces of the country, regencies of a province, locations of a regency; of 2024 always regencies."""
    if not has_proposals:
        return "regency"
    return {Level.COUNTRY: "province", Level.PROVINCE: "regency"}.get(level_of(region.pk), "location")
