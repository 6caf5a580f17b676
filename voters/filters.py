"""Which voters does a list show, and in which order? All of it lives in the URL, and none of it is a NIK."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.db.models import F, Q
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_filters import CharFilter, ChoiceFilter, FilterSet

from . import condition
from .models import DuplicateCase, Register, Role
from .reasons import LABELS
from .standing import ELIGIBLE
from .words import STATES

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from accounts.models import User
    from locations.models import Batch

    from .querysets import VoterQuerySet

WITHOUT_BLOCK: Final = "-"
PLACED, UNPLACED = "lokasi", "belum"
OPEN: Final = "terbuka"
CASE_STATES: Final = {
    OPEN: Q(closed_at=None),
    "menunggu": Q(closed_at=None, answer=""),
    "dijawab": Q(closed_at=None) & ~Q(answer=""),
    "selesai": ~Q(closed_at=None),
    "semua": Q(),
}
CASE_SORTS: Final = {
    "nama": "voter__name",
    "lokasi": "voter__location__name",
    "skor": "probability",
    "petugas": "taken_by__username",
    "dibuka": "opened_at",
}
SORTS: Final = {
    "nama": ("name",),
    "lahir": ("birth_year", "name"),
    "blok": ("block__name", "name"),
    "asal": ("home__name", "name"),
    "masuk": ("arrival", "name"),
    "keluar": ("departure", "name"),
    "lokasi": ("location__name", "name"),
}


class VoterFilter(FilterSet):
    """`cari`, `reason`, `blok` (an id: names may be anything), `peran`, `kondisi`, `wilayah`; a value outside its list finds
    nothing. The caller applies `reason`."""

    cari = CharFilter(method="search", max_length=100)
    reason = ChoiceFilter(
        label=pgettext_lazy("filter", "Eligibility"),
        choices=((ELIGIBLE, pgettext_lazy("filter", "eligible")), *LABELS.items()),
        method="leave",
    )
    blok = ChoiceFilter(label=_("Block"), method="in_block")
    peran = ChoiceFilter(label=_("Role"), field_name="role", choices=Role.choices)
    kondisi = ChoiceFilter(label=_("Condition"), method="in_condition", choices=list(condition.LABELS.items()))
    wilayah = CharFilter(method="in_region", max_length=13)

    def __init__(self, data: Any, queryset: VoterQuerySet, *, blocks: Iterable[tuple[uuid.UUID, str]] = ()) -> None:
        super().__init__(data, queryset)
        if "blok" in self.filters:
            without = (WITHOUT_BLOCK, pgettext_lazy("filter", "without a block"))
            self.filters["blok"].extra["choices"] = [*((str(pk), name) for pk, name in blocks), without]

    @property
    def found(self) -> VoterQuerySet:
        return self.qs if self.is_valid() else self.queryset.none()

    @property
    def condition_asked(self) -> str:
        return self.form.cleaned_data.get("kondisi") or "" if self.is_valid() else ""

    @property
    def reason_asked(self) -> str:
        return self.form.cleaned_data.get("reason") or "" if self.is_valid() else ""

    @property
    def is_filtered(self) -> bool:
        return any(self.data.get(name) for name in self.filters)

    def search(self, queryset: VoterQuerySet, _name: str, words: str) -> VoterQuerySet:
        return queryset.named(words)

    def leave(self, queryset: VoterQuerySet, _name: str, _value: str) -> VoterQuerySet:
        return queryset

    def in_condition(self, queryset: VoterQuerySet, _name: str, measure: str) -> VoterQuerySet:
        return queryset.filter(condition.condition_of(measure, polling_day=Register.current().polling_day))

    def in_region(self, queryset: VoterQuerySet, _name: str, code: str) -> VoterQuerySet:
        return queryset.filter(**condition.within(code))

    def in_block(self, queryset: VoterQuerySet, _name: str, block: str) -> VoterQuerySet:
        return queryset.filter(block=None) if block == WITHOUT_BLOCK else queryset.filter(block=block)


class SearchFilter(VoterFilter):
    """Over all locations: `cari`, `tempat`, `peran`, `kondisi`, `wilayah`. A condition is one of voters at active locations."""

    reason = blok = None
    tempat = ChoiceFilter(
        label=_("Location"),
        choices=(
            (PLACED, pgettext_lazy("filter", "at a special location")),
            (UNPLACED, pgettext_lazy("filter", "without a location yet")),
        ),
        method="at_place",
    )

    @property
    def found(self) -> VoterQuerySet:
        return condition.at_active_places(super().found) if self.condition_asked else super().found

    @property
    def asked(self) -> list[str]:
        """The names of the filters that are set."""
        return [name for name in self.filters if self.data.get(name)]

    def at_place(self, queryset: VoterQuerySet, _name: str, place: str) -> VoterQuerySet:
        return queryset.unplaced() if place == UNPLACED else queryset.filter(location__isnull=False)


class BatchFilter(FilterSet):
    """`keadaan`: how far an upload is."""

    keadaan = ChoiceFilter(
        label=_("State"), field_name="state", choices=[(state.value, word) for state, (word, _tone) in STATES.items()]
    )

    @property
    def found(self) -> QuerySet[Batch]:
        return self.qs if self.is_valid() else self.queryset.none()

    @property
    def is_filtered(self) -> bool:
        return any(self.data.get(name) for name in self.filters)


class CaseFilter(FilterSet):
    """`keadaan` (open ones unless asked otherwise), `jenis`, `petugas`, `cari`; a value outside its list finds nothing."""

    cari = CharFilter(method="search", max_length=100)
    keadaan = ChoiceFilter(
        label=_("State"),
        method="of_state",
        empty_label=None,
        choices=(
            (OPEN, pgettext_lazy("cases", "open")),
            ("menunggu", pgettext_lazy("cases", "open, without our answer")),
            ("dijawab", pgettext_lazy("cases", "open, answered by us")),
            ("selesai", pgettext_lazy("cases", "closed")),
            ("semua", _("all")),
        ),
    )
    jenis = ChoiceFilter(label=_("Kind"), field_name="kind", choices=DuplicateCase.Kind.choices)
    petugas = ChoiceFilter(
        label=_("Who is on it"),
        method="of_person",
        choices=(("saya", pgettext_lazy("who is on it", "me")), ("belum", pgettext_lazy("who is on it", "nobody"))),
    )

    def __init__(self, data: QueryDict, queryset: Any, *, user: User) -> None:
        data = data.copy()
        data.setdefault("keadaan", OPEN)
        super().__init__(data, queryset)
        self.user = user

    @property
    def found(self) -> Any:
        return self.qs if self.is_valid() else self.queryset.none()

    @property
    def is_narrowed(self) -> bool:
        others = any(self.data.get(name) for name in ("cari", "jenis", "petugas"))
        return others or self.data.get("keadaan") != OPEN

    def search(self, queryset: Any, _name: str, words: str) -> Any:
        for word in words.split():
            queryset = queryset.filter(Q(voter__name__icontains=word) | Q(voter__location__name__icontains=word))
        return queryset

    def of_state(self, queryset: Any, _name: str, value: str) -> Any:
        return queryset.filter(CASE_STATES[value])

    def of_person(self, queryset: Any, _name: str, value: str) -> Any:
        return queryset.filter(taken_by=self.user if value == "saya" else None)


def cases_in_order(cases: Any, asked: str) -> Any:
    """By a column of CASE_SORTS (`-` downwards), or as they come: one NIK twice first, then the likeliest."""
    column = CASE_SORTS.get(asked.removeprefix("-"))
    if column is None:
        return cases
    key = F(column).desc(nulls_last=True) if asked.startswith("-") else F(column).asc(nulls_last=True)
    return cases.order_by(key, "pk")


def in_order(queryset: VoterQuerySet, sort: str) -> VoterQuerySet:
    """Sorted by one of SORTS, downwards with `-` in front; by name for what is none. Empty values come last."""
    first, *rest = SORTS.get(sort.removeprefix("-"), SORTS["nama"])
    is_downwards = sort.startswith("-") and sort[1:] in SORTS
    key = F(first).desc(nulls_last=True) if is_downwards else F(first).asc(nulls_last=True)
    return queryset.order_by(key, *rest, "pk")
