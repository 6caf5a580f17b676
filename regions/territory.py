"""Whose rows may this person see: a territory, and the manager that refuses to answer without one.

A row's territory is one region code, never empty. A person's is a region, read as the set of its own
code and its regencies. Every wall compares equality with that set (docs/decisions/0003-territory.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from django.db import models
from django.db.models import Q

from .levels import Level
from .models import COUNTRY, Region

if TYPE_CHECKING:
    from collections.abc import Iterable


class UnscopedQuery(RuntimeError):
    """A protected model was asked without saying for whom."""


class National:
    """The explicit word for the whole country; never the meaning of an empty set."""

    def __contains__(self, territory: object) -> bool:
        return isinstance(territory, str) and bool(territory)

    def __repr__(self) -> str:
        return "NATIONAL"


NATIONAL: Final = National()
Reach = frozenset[str] | National


class Asks(Protocol):
    """Whoever may ask: a person, a token, or the system itself."""

    @property
    def reach(self) -> Reach: ...


def regencies_of(code: str) -> Reach:
    """A person's territory as the set of its own code and its regencies; one query."""
    if code == COUNTRY:
        return NATIONAL
    regencies = Region.objects.current().within(code).of_level(Level.REGENCY).values_list("pk", flat=True)
    return frozenset([code, *regencies])


def territory_of(region_code: str) -> str:
    """The territory of a thing that lies in `region_code`: its regency, or what is coarser."""
    return region_code[:5]


class TerritoryField(models.CharField):
    """One region code: regency, province or the country. No default: whoever writes a row says whose it is."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 5)
        kwargs.setdefault("db_index", True)
        super().__init__(**kwargs)

    def deconstruct(self) -> Any:
        """Migrations see a plain CharField, so that they import nothing of ours."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs


def territory_is_set(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(name=name, condition=~Q(territory=""))


M = TypeVar("M", bound=models.Model)


class ProtectedQuerySet(models.QuerySet[M]):
    def within_reach(self, reach: Reach) -> ProtectedQuerySet[M]:
        """Rows of a reach; an empty reach is a mistake, never "everything" and never "nothing"."""
        if isinstance(reach, National):
            return self.all()
        if not reach:
            raise UnscopedQuery("an empty territory is no territory")
        return self.filter(territory__in=sorted(reach))

    def visible_to(self, who: Asks) -> ProtectedQuerySet[M]:
        return self.within_reach(who.reach)


class GuardedManager(models.Manager[M]):
    """`Model.objects` of a protected model: refuses everything but `visible_to(…)`."""

    _queryset_class: type[ProtectedQuerySet[Any]] = ProtectedQuerySet

    @classmethod
    def of(cls, queryset_class: type[ProtectedQuerySet]) -> GuardedManager:
        manager = cls()
        manager._queryset_class = queryset_class
        return manager

    def get_queryset(self) -> Any:
        raise UnscopedQuery(f"{self.model.__name__}.objects answers only through .visible_to(…)")

    def visible_to(self, who: Asks) -> Any:
        return self._queryset_class(self.model, using=self._db).visible_to(who)


def reach_covers(reach: Reach, territories: Iterable[str]) -> bool:
    return all(territory in reach for territory in territories)
