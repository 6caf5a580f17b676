"""No page, API view, form, serializer or filter reaches rows without saying for whom."""

import ast
import importlib
import inspect
from collections.abc import Iterator

import pytest
from django import forms
from django.apps import apps
from django.db import models

from regions.territory import GuardedManager
from tests.house.code import APPS, BASE, edges, name_of

pytestmark = pytest.mark.once
WAYS_ROUND = {"everywhere", "_default_manager", "_base_manager"}
FETCHERS = {"get_object_or_404", "get_list_or_404"}


def protected() -> set[type[models.Model]]:
    return {
        model
        for model in apps.get_models()
        if isinstance(getattr(model, "_default_manager", None), models.Manager) and _is_guarded(model)
    }


def _is_guarded(model: type[models.Model]) -> bool:
    return any(isinstance(manager, GuardedManager) for manager in model._meta.managers)


def ways_round(tree: ast.Module) -> Iterator[int]:
    """Lines that use the named way round the territory."""
    return (node.lineno for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr in WAYS_ROUND)


def fetches_from_a_model(tree: ast.Module) -> Iterator[int]:
    """Lines that fetch from a model instead of a queryset: `get_object_or_404(Voter, …)`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and name_of(node.func) in FETCHERS and node.args:
            first = node.args[0]
            if isinstance(first, (ast.Name, ast.Attribute)) and name_of(first)[:1].isupper():
                yield node.lineno


def views_of_a_whole_model(tree: ast.Module) -> Iterator[int]:
    """Classes with `model = …` and neither `queryset` nor `get_queryset`, forms' Meta left out."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name != "Meta":
            names = {name_of(target) for item in node.body if isinstance(item, ast.Assign) for target in item.targets}
            methods = {item.name for item in node.body if isinstance(item, ast.FunctionDef)}
            if "model" in names and not {"queryset", "get_queryset"} & (names | methods):
                yield node.lineno


@pytest.mark.parametrize("fault", [ways_round, fetches_from_a_model, views_of_a_whole_model])
def test_no_edge_reaches_past_the_territory(fault):
    found = [f"{path}:{line}" for path, tree in edges() for line in fault(tree)]

    assert not found, f"{fault.__name__}: {found}"


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (ways_round, "Voter.everywhere.all()"),
        (ways_round, "Voter._default_manager.get(pk=1)"),
        (fetches_from_a_model, "get_object_or_404(Voter, pk=1)"),
        (fetches_from_a_model, "shortcuts.get_object_or_404(models.Voter, pk=1)"),
        (views_of_a_whole_model, "class All(ListView):\n    model = Voter"),
    ],
)
def test_the_walk_sees_each_fault(fault, code):
    assert list(fault(ast.parse(code)))


def test_a_form_names_the_rows_that_may_be_chosen():
    """A choice made by Django from a foreign key offers every row of the country."""
    found = [
        f"{form.__module__}.{form.__name__}.{name}"
        for form in all_classes("forms", forms.ModelForm)
        for name, field in form.base_fields.items()
        if isinstance(field, forms.ModelChoiceField) and field.queryset.model in protected()
        if name not in form.declared_fields
    ]

    assert not found


def test_the_models_of_people_and_places_are_protected():
    names = {model.__name__ for model in protected()}

    assert {"SpecialLocation", "Block", "Voter", "VoterIdentity", "Proposal", "Decision", "Batch", "Refusal"} <= names


def all_classes(module_name: str, base: type) -> Iterator[type]:
    for app in APPS:
        if (BASE / app / f"{module_name}.py").exists():
            module = importlib.import_module(f"{app}.{module_name}")
            yield from (
                found
                for _, found in inspect.getmembers(module, inspect.isclass)
                if issubclass(found, base) and found.__module__ == module.__name__
            )
