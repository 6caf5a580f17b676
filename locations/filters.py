"""Which special locations does the list show, and in which order? All of it lives in the URL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.db.models import F
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_filters import CharFilter, ChoiceFilter, FilterSet

from regions.levels import Level, level_of
from regions.models import Region

from .models import Kind, Subkind

if TYPE_CHECKING:
    from accounts.models import User

    from .querysets import SpecialLocationQuerySet

LETTER: Final = (("lengkap", _("complete")), ("kurang", _("missing")))
STATE: Final = (
    ("konsep", pgettext_lazy("filter", "not submitted")),
    ("diajukan", pgettext_lazy("filter", "submitted")),
    ("ditarik", pgettext_lazy("filter", "withdrawn")),
    ("ditutup", pgettext_lazy("filter", "closed by a rejection")),
)
SORTS: Final = {
    "kode": ("code",),
    "nama": ("name", "code"),
    "kategori": ("kind", "subkind", "name", "code"),
    "wilayah": ("region", "name", "code"),
    "perkiraan": ("estimated_voters", "name", "code"),
    "diajukan": ("submitted_at", "name", "code"),
}


class LocationFilter(FilterSet):
    """`cari`, `wilayah`, `kategori`, `jenis`, `surat`, `keadaan`; a value outside its list finds nothing."""

    cari = CharFilter(method="search", max_length=100)
    wilayah = ChoiceFilter(label=_("Region"), method="within")
    kategori = ChoiceFilter(label=_("Category"), field_name="kind", choices=Kind.choices)
    jenis = ChoiceFilter(label=_("Kind of other"), field_name="subkind", choices=Subkind.choices)
    surat = ChoiceFilter(label=_("Person in charge and letter"), choices=LETTER, method="with_letter")
    keadaan = ChoiceFilter(label=_("State"), choices=STATE, method="in_state")

    def __init__(self, data: Any, queryset: SpecialLocationQuerySet, *, user: User) -> None:
        super().__init__(data, queryset)
        self.filters["wilayah"].extra["choices"] = region_choices(user, data.get("wilayah", ""))

    @property
    def found(self) -> SpecialLocationQuerySet:
        return self.qs if self.is_valid() else self.queryset.none()

    @property
    def is_filtered(self) -> bool:
        return any(self.data.get(name) for name in self.filters)

    def search(self, queryset: SpecialLocationQuerySet, _name: str, words: str) -> SpecialLocationQuerySet:
        return queryset.search(words)

    def within(self, queryset: SpecialLocationQuerySet, _name: str, code: str) -> SpecialLocationQuerySet:
        return queryset.within(code)

    def with_letter(self, queryset: SpecialLocationQuerySet, _name: str, state: str) -> SpecialLocationQuerySet:
        return queryset.without_letter() if state == "kurang" else queryset.with_letter()

    def in_state(self, queryset: SpecialLocationQuerySet, _name: str, state: str) -> SpecialLocationQuerySet:
        conditions = {
            "konsep": {"withdrawn_at": None, "closed_at": None, "submitted_at": None},
            "diajukan": {"withdrawn_at": None, "closed_at": None, "submitted_at__isnull": False},
            "ditarik": {"withdrawn_at__isnull": False},
            "ditutup": {"withdrawn_at": None, "closed_at__isnull": False},
        }
        return queryset.filter(**conditions[state])


def region_choices(user: User, chosen: str) -> list[tuple[str, str]]:
    """One level below the person's territory (their regency itself has districts), and what the URL names within it."""
    within = Region.objects.current().within(user.territory_id)
    listed = within.filter(parent=user.territory_id).order_by("name").values_list("pk", "name")
    choices = list(listed)
    if chosen and chosen not in dict(choices) and is_code(chosen):
        choices += list(within.filter(pk=chosen).values_list("pk", "name"))
    return choices


def is_code(text: str) -> bool:
    try:
        return level_of(text) > Level.COUNTRY
    except ValueError:
        return False


def in_order(queryset: SpecialLocationQuerySet, sort: str) -> SpecialLocationQuerySet:
    """Sorted by one of SORTS, downwards with `-` in front; by name for what is none. Empty values come last."""
    first, *rest = SORTS.get(sort.removeprefix("-"), SORTS["nama"])
    is_downwards = sort.startswith("-") and sort[1:] in SORTS
    key = F(first).desc(nulls_last=True) if is_downwards else F(first).asc(nulls_last=True)
    return queryset.order_by(key, *rest, "pk")
