"""Which regions answer to some words or to the beginning of a code?"""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from django.db.models import Case, Q, Value, When

from .levels import dotted, level_of, normalise

if TYPE_CHECKING:
    from .models import RegionQuerySet

KINDS = ("kabupaten ", "kota ", "kota administrasi ", "kabupaten administrasi ")
ABBREVIATIONS = {"kab": "kabupaten", "kab.": "kabupaten"}


def matching(regions: RegionQuerySet, words: str, *, near: str = "") -> RegionQuerySet:
    """Those of `regions` whose code begins so, or whose name and what lies above hold every word; the best first, of the same
    level those of the province `near`.
    """
    return with_code(regions, words) if words[:1].isdigit() else with_name(regions, words, near=near)


def with_code(regions: RegionQuerySet, text: str) -> RegionQuerySet:
    """Codes that begin so, typed with or without dots, to the end or not."""
    digits = "".join(text.replace(".", " ").split())
    if not (digits.isascii() and digits.isdigit()):
        return regions.none()
    return regions.filter(pk__startswith=dotted(digits)).order_by("pk")


def with_name(regions: RegionQuerySet, text: str, *, near: str = "") -> RegionQuerySet:
    """The first word is in the name itself, the others there or above: `taban jambe`, `kab. tangerang`."""
    words = [ABBREVIATIONS.get(word, word) for word in text.lower().replace(",", " ").split()]
    if not words:
        return regions.none()
    found = regions.filter(name__icontains=words[0])
    for word in words[1:]:
        found = found.filter(
            Q(name__icontains=word) | Q(parent__name__icontains=word) | Q(parent__parent__name__icontains=word)
        )
    is_far = Case(When(pk__startswith=near, then=Value(0)), default=Value(1)) if near else Value(0)
    return found.order_by(rank(words), "level", is_far, "name", "pk")


def rank(words: list[str]) -> Case:
    """First the very name, then names that begin so, then names that begin with the first word; `kediri` is the very name of
    Kabupaten Kediri, too."""
    whole = " ".join(words)
    return Case(
        When(_named("iexact", whole), then=Value(0)),
        When(_named("istartswith", whole), then=Value(1)),
        When(_named("istartswith", words[0]), then=Value(2)),
        default=Value(3),
    )


def _named(lookup: str, text: str) -> Q:
    return reduce(or_, (Q(**{f"name__{lookup}": f"{kind}{text}"}) for kind in ("", *KINDS)))


def is_code(text: str) -> bool:
    try:
        level_of(normalise(text))
    except ValueError:
        return False
    return True
