"""What holds for every model: its constraints are tested, its fields classified, its territory never empty."""

import re

import pytest
from django.apps import apps
from django.db import models

from regions.territory import TerritoryField
from tests.house.code import APPS, BASE
from tests.house.test_edges import protected

pytestmark = pytest.mark.once
CLASSES = {"public", "personal", "sealed"}
ROW = re.compile(r"^\| `(?P<model>\w+\.\w+)` \| `(?P<field>\w+)` \| (?P<kind>\w+) \|", re.MULTILINE)


def our_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if model.__module__.partition(".")[0] in APPS]


def classified() -> dict[tuple[str, str], str]:
    text = (BASE / "docs/developers/data-classification.md").read_text(encoding="utf-8")
    return {(row["model"], row["field"]): row["kind"] for row in ROW.finditer(text)}


def test_every_field_of_every_model_is_classified():
    fields = {(model._meta.label, field.name) for model in our_models() for field in model._meta.local_fields}
    table = classified()

    assert not fields - set(table), "docs/developers/data-classification.md lacks these"
    assert not set(table) - fields, "docs/developers/data-classification.md names what is not there"
    assert set(table.values()) == CLASSES


def test_no_sealed_field_is_readable_text():
    kinds = {model._meta.label: model for model in our_models()}
    sealed = [kinds[label]._meta.get_field(field) for (label, field), kind in classified().items() if kind == "sealed"]

    assert sealed
    assert all(isinstance(field, models.BinaryField) for field in sealed)


def test_every_constraint_has_a_test_that_violates_it():
    tests = "".join(path.read_text(encoding="utf-8") for path in (BASE / "tests").rglob("test_*.py"))
    names = [constraint.name for model in our_models() for constraint in model._meta.constraints]

    assert not [name for name in names if not re.search(rf'"{name}[|"]', tests)]


def test_every_protected_model_carries_its_territory_and_never_an_empty_one():
    for model in protected():
        assert isinstance(model._meta.get_field("territory"), TerritoryField), model
        assert any(constraint.name.endswith("_has_territory") for constraint in model._meta.constraints), model


def test_the_default_manager_of_a_protected_model_is_the_named_way_round():
    assert {model._default_manager.name for model in protected()} == {"everywhere"}
