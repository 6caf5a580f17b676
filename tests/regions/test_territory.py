"""Whose rows a person sees: a territory is a set of codes, and `objects` answers nobody who does not say for whom."""

import pytest
from django.apps import apps

from accounts.models import Role
from accounts.permissions import SYSTEM
from locations.models import Block, SpecialLocation
from regions.territory import (
    NATIONAL,
    ProtectedQuerySet,
    TerritoryField,
    UnscopedQuery,
    reach_covers,
    regencies_of,
    territory_of,
)
from tests import factories

pytestmark = pytest.mark.django_db

PROTECTED = sorted(
    (
        model
        for model in apps.get_models()
        if any(isinstance(field, TerritoryField) for field in model._meta.local_fields)
    ),
    key=lambda model: model._meta.label,
)
WAYS_IN = {
    "all": lambda rows: rows.all(),
    "filter": lambda rows: rows.filter(territory="36"),
    "exclude": lambda rows: rows.exclude(territory="36"),
    "get": lambda rows: rows.get(pk=1),
    "first": lambda rows: rows.first(),
    "last": lambda rows: rows.last(),
    "count": lambda rows: rows.count(),
    "exists": lambda rows: rows.exists(),
    "values": lambda rows: rows.values("pk"),
    "values_list": lambda rows: rows.values_list("pk"),
    "iterator": lambda rows: rows.iterator(),
    "in_bulk": lambda rows: rows.in_bulk(),
    "aggregate": lambda rows: rows.aggregate(),
    "annotate": lambda rows: rows.annotate(),
    "order_by": lambda rows: rows.order_by("pk"),
    "select_related": lambda rows: rows.select_related(),
    "prefetch_related": lambda rows: rows.prefetch_related(),
    "select_for_update": lambda rows: rows.select_for_update(),
    "none": lambda rows: rows.none(),
    "using": lambda rows: rows.using("default"),
    "raw": lambda rows: rows.raw("SELECT 1 AS id"),
    "explain": lambda rows: rows.explain(),
    "union": lambda rows: rows.union(rows),
    "contains": lambda rows: rows.contains(None),
    "earliest": lambda rows: rows.earliest("pk"),
    "create": lambda rows: rows.create(territory="36"),
    "get_or_create": lambda rows: rows.get_or_create(territory="36"),
    "update_or_create": lambda rows: rows.update_or_create(territory="36"),
    "bulk_create": lambda rows: rows.bulk_create([]),
    "update": lambda rows: rows.update(territory="36"),
    "within_reach": lambda rows: rows.within_reach(NATIONAL),
}


class Asking:
    def __init__(self, reach):
        self.reach = reach


def test_the_walk_finds_the_protected_models():
    assert {"SpecialLocation", "Voter", "VoterIdentity", "Proposal", "AuditEntry"} <= {m.__name__ for m in PROTECTED}


@pytest.mark.parametrize("way", WAYS_IN)
@pytest.mark.parametrize("model", PROTECTED, ids=lambda model: model.__name__)
def test_no_rows_without_saying_for_whom(model, way):
    with pytest.raises((UnscopedQuery, AttributeError)) as refused:
        WAYS_IN[way](model.objects)

    assert not isinstance(refused.value, AttributeError) or not hasattr(type(model.objects), way)


@pytest.mark.parametrize("model", PROTECTED, ids=lambda model: model.__name__)
def test_whoever_asks_for_somebody_gets_a_queryset_of_the_field(model):
    rows = model.objects.visible_to(SYSTEM)

    assert isinstance(rows, ProtectedQuerySet)
    assert (
        type(rows) is type(model.everywhere.all())
        or rows.__class__.__bases__ == model.everywhere.all().__class__.__bases__
    )
    assert list(rows) == list(model.everywhere.all())


@pytest.mark.parametrize("model", PROTECTED, ids=lambda model: model.__name__)
def test_every_question_carries_the_territory(model):
    asked = str(model.objects.visible_to(Asking(frozenset({"36", "36.03"}))).query)

    assert f'"{model._meta.db_table}"."territory" IN (36, 36.03)' in asked


@pytest.mark.parametrize("model", PROTECTED, ids=lambda model: model.__name__)
@pytest.mark.parametrize("nothing", [frozenset(), set(), None, ""])
def test_nobodys_territory_is_a_mistake_and_neither_all_nor_nothing(model, nothing):
    with pytest.raises(UnscopedQuery):
        model.objects.visible_to(Asking(nothing))


def test_nobody_at_all_is_a_mistake():
    with pytest.raises(AttributeError):
        SpecialLocation.objects.visible_to(None)


def test_a_province_reaches_its_own_code_and_its_regencies():
    for code in ("36.03.28.2004", "36.71", "32.73", "3"):
        if len(code) > 1:
            factories.region(code)

    assert regencies_of("36") == {"36", "36.03", "36.71"}


def test_a_retired_regency_is_in_nobodys_reach():
    factories.region("93.01")
    factories.region("91.01", successor="93.01")

    assert regencies_of("91") == {"91"}
    assert regencies_of("93") == {"93", "93.01"}


def test_a_regency_reaches_itself():
    factories.region("36.03")

    assert regencies_of("36.03") == {"36.03"}


def test_the_country_reaches_everything_by_a_word_of_its_own():
    assert regencies_of("00") is NATIONAL
    assert "36.03" in NATIONAL
    assert "00" in NATIONAL
    assert "" not in NATIONAL
    assert None not in NATIONAL
    assert repr(NATIONAL) == "NATIONAL"


def test_a_reach_costs_one_query(django_assert_num_queries):
    person = factories.user(Role.OPERATOR, "36")

    with django_assert_num_queries(1):
        assert person.reach == {"36"}
        assert person.reach == {"36"}


def test_people_see_what_lies_in_their_territory():
    banten, tangerang, jabar = (factories.special_location(region_code=code) for code in ("36.71", "36.03", "32.73"))

    def seen_by(role, territory):
        return set(SpecialLocation.objects.visible_to(factories.user(role, territory)))

    assert seen_by(Role.OPERATOR, "36") == {banten, tangerang}
    assert seen_by(Role.OPERATOR, "36.03") == {tangerang}
    assert seen_by(Role.AUDITOR, "32") == {jabar}
    assert seen_by(Role.ADMIN, "31") == set()
    assert seen_by(Role.REVIEWER, "00") == {banten, tangerang, jabar}


def test_what_is_known_to_its_province_only_is_seen_by_the_province_and_not_by_its_regencies():
    factories.region("36.03")
    location = factories.special_location(region_code="36")

    assert SpecialLocation.objects.visible_to(factories.user(Role.OPERATOR, "36")).contains(location)
    assert not SpecialLocation.objects.visible_to(factories.user(Role.OPERATOR, "36.03")).exists()


def test_a_code_that_begins_alike_is_no_neighbour():
    factories.region("36.03")
    factories.special_location(region_code="36.03", territory="36.0")

    assert not SpecialLocation.objects.visible_to(factories.user(Role.OPERATOR, "36")).exists()


def test_a_foreign_key_still_finds_its_row_whoever_asks():
    """The database's own checks go on working: they ask `everywhere`."""
    block = factories.block()

    assert Block.everywhere.get(pk=block.pk).location.name
    block.full_clean()


@pytest.mark.parametrize(
    ("region", "territory"),
    [("36.03.28.2004", "36.03"), ("36.03.28", "36.03"), ("36.03", "36.03"), ("36", "36"), ("00", "00")],
)
def test_a_thing_belongs_to_its_regency_or_to_what_is_coarser(region, territory):
    assert territory_of(region) == territory


def test_a_reach_covers_territories_only_all_together():
    assert reach_covers(frozenset({"36", "36.03"}), ["36.03", "36"])
    assert not reach_covers(frozenset({"36", "36.03"}), ["36.03", "32"])
    assert reach_covers(NATIONAL, ["36.03", "32"])
