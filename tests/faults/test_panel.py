"""A worker that commits at any moment of a request: the page shows the new figures, or goes on asking for them."""

from __future__ import annotations

import itertools
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.urls import reverse

from locations import changes
from mapping import policies, recompute
from tests import factories
from tests.voters.lists import invented_nik
from voters.models import Voter

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.django_db


@contextmanager
def worker_commits_before(statement: int) -> Iterator[list[bool]]:
    """Recomputes just before the n-th statement; the list is filled once it has."""
    numbers, done = itertools.count(1), []

    def interrupt(execute: Any, *arguments: Any) -> Any:
        if not done and next(numbers) == statement:
            done.append(True)
            recompute.changed()
        return execute(*arguments)

    with connection.execute_wrapper(interrupt):
        yield done


def test_the_panel_of_a_location_never_rests_on_old_figures(client: Any) -> None:
    policies.load_shipped()
    prison = factories.special_location()
    client.force_login(factories.user())
    url = reverse("mapping:location_panel", args=[prison.pk])

    for statement in itertools.count(1):
        factories.voter(prison, nik=invented_nik(serial=statement))
        changes.record([prison.pk])
        with worker_commits_before(statement) as is_done:
            panel = client.get(url, headers={"HX-Request": "true"}).content.decode()

        shown = [int(figure) for figure in re.findall(r"<dd[^>]*>(\d+)</dd>", panel)]
        assert Voter.everywhere.count() in shown or "every 2s" in panel, f"after a commit before statement {statement}"
        if not is_done:
            break

    assert statement > 5
