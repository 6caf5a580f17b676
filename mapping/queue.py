"""Which proposals does a reviewer see, in which order? Filters that read as words, and the columns to sort by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.db.models import F, Q
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django_filters import CharFilter, ChoiceFilter, FilterSet

from locations.models import Kind
from regions.levels import Level
from regions.models import Region

from . import risks
from .models import Proposal
from .states import State

if TYPE_CHECKING:
    from accounts.models import User

    from .models import Policy

ALL: Final = "semua"
TOP: Final = (F("moved_since_approval").desc(), F("location__submitted_at").asc(nulls_last=True), "location__code")
"""Approved ones that moved first, then whoever waits longest."""
SORTS: Final[dict[str, str]] = {
    "nama": "location__name",
    "kategori": "location__kind",
    "memenuhi_syarat": "eligible",
    "tps": "tps",
    "risiko": "risks",
    "menunggu": "location__submitted_at",
}


class QueueFilter(FilterSet):
    """`cari`, `keadaan`, `provinsi`, `kategori`, `risiko`; a value outside its list finds nothing."""

    cari = CharFilter(method="search", max_length=100)
    keadaan = ChoiceFilter(
        label=_("State"), method="of_state", empty_label=None, choices=[*State.choices, (ALL, _("all"))]
    )
    provinsi = ChoiceFilter(label=_("Province"), method="of_province", empty_label=_("all"))
    kategori = ChoiceFilter(
        label=_("Category"), field_name="location__kind", choices=Kind.choices, empty_label=_("all")
    )
    risiko = ChoiceFilter(label=_("Risk"), method="of_risk", choices=list(risks.LABELS.items()), empty_label=_("all"))

    def __init__(self, data: QueryDict, queryset: Any, *, user: User) -> None:
        """Waiting ones unless another state is asked for."""
        data = data.copy()
        data.setdefault("keadaan", State.WAITING)
        super().__init__(data, queryset)
        self.filters["provinsi"].extra["choices"] = provinces_of(user)

    @property
    def found(self) -> Any:
        return self.qs if self.is_valid() else self.queryset.none()

    def search(self, queryset: Any, _name: str, words: str) -> Any:
        for word in words.split():
            queryset = queryset.filter(Q(location__name__icontains=word) | Q(location__code__icontains=word))
        return queryset

    def of_state(self, queryset: Any, _name: str, value: str) -> Any:
        return queryset if value == ALL else queryset.filter(state=value)

    def of_province(self, queryset: Any, _name: str, value: str) -> Any:
        return queryset.within(value)

    def of_risk(self, queryset: Any, _name: str, value: str) -> Any:
        return queryset.filter(**{f"risk_{value}": True})

    @property
    def is_narrowed(self) -> bool:
        """Something else is asked for than the page shows by itself."""
        return self.data.get("keadaan") != State.WAITING or any(
            self.data.get(name) for name in ("cari", "provinsi", "kategori", "risiko")
        )


def provinces_of(user: User) -> list[tuple[str, str]]:
    """The provinces that a person's territory lies in or holds."""
    provinces = Region.objects.current().of_level(Level.PROVINCE)
    if not user.is_central:
        provinces = provinces.filter(pk=user.territory_id[:2])
    return list(provinces.order_by("name").values_list("pk", "name"))


def proposals_for(user: User, policy: Policy) -> Any:
    """Every version in force that somebody may want to decide on, with state and risks; withdrawn ones left out."""
    in_force = Proposal.objects.visible_to(user).in_force(policy).filter(location__withdrawn_at=None)
    return risks.with_risks(in_force.with_state(), policy).select_related("location")


def in_order(proposals: Any, asked: str) -> Any:
    """By a column (`-column` downwards), or in the order of work."""
    column = SORTS.get(asked.removeprefix("-"))
    if column is None:
        return proposals.order_by(*TOP)
    order = F(column).desc(nulls_last=True) if asked.startswith("-") else F(column).asc(nulls_last=True)
    return proposals.order_by(order, "location__code")
