"""Which regions does a client ask for? Every parameter has a type, and a refusal for the rest."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django_filters import CharFilter, ChoiceFilter, FilterSet

from .levels import Level, normalise
from .models import RegionQuerySet
from .search import matching

LEVELS = {level.name.lower(): level for level in Level}
LEAST_LETTERS = 2
LONGEST = 60


class CodeField(forms.CharField):
    """A region code in the dotted form, whichever way it was typed."""

    def to_python(self, value: Any) -> str:
        text = super().to_python(value)
        try:
            return normalise(text) if text else ""
        except ValueError:
            raise ValidationError(_("Enter a region code such as 36 or 36.03."), code="bad_region") from None


class CodeFilter(CharFilter):
    field_class = CodeField


class RegionFilter(FilterSet):
    level = ChoiceFilter(
        method="of_level", choices=[(name, name) for name in LEVELS], help_text="Only regions of this level."
    )
    parent = CodeFilter(field_name="parent", help_text="Only the regions right below this one: `36` or `36.03`.")
    q = CharFilter(
        method="found",
        min_length=LEAST_LETTERS,
        max_length=LONGEST,
        help_text="Words of the name and of the names above, or the beginning of a code.",
    )

    def of_level(self, queryset: RegionQuerySet, _name: str, value: str) -> RegionQuerySet:
        return queryset.of_level(LEVELS[value])

    def found(self, queryset: RegionQuerySet, _name: str, value: str) -> RegionQuerySet:
        return matching(queryset, value)
