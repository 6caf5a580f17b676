"""Questions about special locations, in the field's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from regions.territory import ProtectedQuerySet

if TYPE_CHECKING:
    from .models import Block, SpecialLocation  # noqa: F401 (named in the strings below)


class SpecialLocationQuerySet(ProtectedQuerySet["SpecialLocation"]):
    def active(self) -> SpecialLocationQuerySet:
        """Those that ask for a TPS: neither withdrawn nor closed by a rejection."""
        return self.filter(withdrawn_at=None, closed_at=None)

    def of_kind(self, kind: str) -> SpecialLocationQuerySet:
        return self.filter(kind=kind)

    def within(self, region_code: str) -> SpecialLocationQuerySet:
        """In a region or anywhere below it; the country is everywhere."""
        if region_code == "00":
            return self.all()
        return self.filter(Q(region=region_code) | Q(region__code__startswith=f"{region_code}."))

    def without_letter(self) -> SpecialLocationQuerySet:
        """Those whose person in charge or letter is missing: an obstacle to determination."""
        return self.filter(Q(person_in_charge="") | Q(letter_number=""))

    def with_letter(self) -> SpecialLocationQuerySet:
        return self.exclude(Q(person_in_charge="") | Q(letter_number=""))

    def with_place(self) -> SpecialLocationQuerySet:
        """Together with the names of its region up to the province; no query for each row."""
        return self.select_related("region__parent__parent__parent")

    def search(self, words: str) -> SpecialLocationQuerySet:
        found = self
        for word in words.split():
            found = found.filter(Q(name__icontains=word) | Q(code__icontains=word) | Q(region__name__icontains=word))
        return found


class BlockQuerySet(ProtectedQuerySet["Block"]):
    pass
