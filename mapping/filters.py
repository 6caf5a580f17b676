"""Which proposals and locations does a client ask for? Every parameter has a type, and a refusal for the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import Http404
from django.utils.translation import gettext_lazy as _
from django_filters import CharFilter, ChoiceFilter, FilterSet

from locations.models import Kind
from regions import levels
from regions.levels import COUNTRY_CODE, Level

from .models import Policy, Run
from .places import region_asked

if TYPE_CHECKING:
    from django.db.models import QuerySet

LEVELS = {level.name.lower(): level for level in Level if level is not Level.COUNTRY}


def policy_asked(slug: str | None) -> Policy:
    """The policy of this slug, without one that in force. Raises Http404 if there is none."""
    policy = Policy.objects.filter(**({"slug": slug} if slug else {"is_current": True})).first()
    if policy is None:
        raise Http404
    return policy


class RegionCodeField(forms.CharField):
    """A region code in the dotted form, whichever way it was typed."""

    def to_python(self, value: Any) -> str:
        text = super().to_python(value)
        try:
            return levels.normalise(text) if text else ""
        except ValueError:
            raise ValidationError(_("Enter a region code such as 36 or 36.03."), code="bad_region") from None


class RegionFilter(CharFilter):
    """Within a region that the client may see; foreign and non-existent alike are a 404."""

    field_class = RegionCodeField

    def filter(self, queryset: Any, value: str) -> Any:
        if not value:
            return queryset
        return queryset.within(region_asked(value, who=self.parent.request.auth).pk)


class StrikeFilter(FilterSet):
    region = RegionFilter(
        method="in_region", help_text="Code of a province or regency that is home to these voters: `36`, `36.03`."
    )

    def in_region(self, queryset: Any, _name: str, value: str) -> Any:
        code = region_asked(value, who=self.request.auth).pk
        if code == COUNTRY_CODE:
            return queryset
        return queryset.filter(Q(territory=code) | Q(territory__startswith=f"{code}."))


class LocationFilter(FilterSet):
    region = RegionFilter(help_text="Code of a region: `36`, `36.03`, `36.03.04` or `36.03.04.2001`.")
    category = ChoiceFilter(field_name="kind", choices=Kind.choices, help_text="Kind of special location.")


class ProposalFilter(FilterSet):
    """Proposals in force of one policy: the one named, else the current one."""

    region = RegionFilter(help_text="Code of a region: `36`, `36.03`, `36.03.04` or `36.03.04.2001`.")
    category = ChoiceFilter(field_name="location__kind", choices=Kind.choices, help_text="Kind of special location.")
    policy = CharFilter(method="keep", help_text="Slug of a policy; the one in force if left out.")

    def keep(self, queryset: QuerySet, _name: str, _value: str) -> QuerySet:
        """What this parameter says is not a condition on rows."""
        return queryset

    def filter_queryset(self, queryset: Any) -> Any:
        return super().filter_queryset(queryset.current(policy_asked(self.form.cleaned_data["policy"])))


class SummaryFilter(ProposalFilter):
    level = ChoiceFilter(
        method="keep",
        choices=[(name, name) for name in LEVELS],
        help_text="What one row stands for; `province` if left out.",
    )


class RunFilter(FilterSet):
    """Runs on the page: `kebijakan` by slug, `sebab`."""

    kebijakan = ChoiceFilter(label=_("Policy"), field_name="policy__slug")
    sebab = ChoiceFilter(label=_("Cause"), field_name="cause", choices=Run.Cause.choices)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["kebijakan"].extra["choices"] = list(Policy.objects.order_by("slug").values_list("slug", "name"))

    @property
    def found(self) -> Any:
        return self.qs if self.is_valid() else self.queryset.none()

    @property
    def is_filtered(self) -> bool:
        return any(self.data.get(name) for name in self.filters)


class NoParameters(FilterSet):
    """Of what is named by its path."""


def region_code_of(text: str | None) -> str:
    """The code a client asked about, once the filter has let it pass; without one the country's."""
    return levels.normalise(text) if text else COUNTRY_CODE
