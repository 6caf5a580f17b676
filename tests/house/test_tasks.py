"""Tasks take ids only, may run twice, and are known under the names that the clock uses."""

import inspect

import pytest
from django.apps import apps
from django.core import serializers

from tests import factories
from tests.house.code import APPS
from tpskhusus.celery import app, recurring


def our_tasks() -> dict:
    app.autodiscover_tasks(force=True)  # without what a worker checks at its start, which asks the database
    return {name: task for name, task in app.tasks.items() if name.partition(".")[0] in APPS}


def rows() -> list[str]:
    """Every row of ours, as text; runs and the clock's own marks left out."""
    models = [model for model in apps.get_models() if model._meta.app_label in APPS and model.__name__ != "Run"]
    return sorted(serializers.serialize("json", [row]) for model in models for row in model._default_manager.all())


@pytest.mark.once
def test_the_clock_knows_only_tasks_that_are_there():
    assert {row.task for row in recurring(1)} <= set(our_tasks())


@pytest.mark.once
def test_every_recurring_task_says_why():
    assert all(row.why and row.seconds > 0 for row in recurring(2))


@pytest.mark.once
@pytest.mark.parametrize("name", sorted(our_tasks()))
def test_a_task_takes_named_ids_and_whatever_a_newer_sender_adds(name):
    parameters = inspect.signature(our_tasks()[name].run).parameters.values()

    assert any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters)


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(row.task for row in recurring(1)))
def test_a_recurring_task_run_twice_changes_nothing_the_second_time(name):
    location = factories.special_location()
    factories.policy()
    factories.voter(location)
    from locations import changes

    changes.record([location.pk])
    our_tasks()[name].run()
    once = rows()

    our_tasks()[name].run()

    assert rows() == once
