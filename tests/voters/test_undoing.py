"""A list too large to be taken back while a page waits is ordered, done by the worker, and how it ended is shown."""

from __future__ import annotations

import datetime
import re
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEntry, Role, User
from locations.intake import LOST_AFTER
from locations.models import Batch
from tests import factories
from voters import importing, registration, undo, undoing
from voters.models import Undo, Voter
from voters.tasks import resume_undos

from .lists import invented_nik, load, prisons, row

pytestmark = pytest.mark.django_db
REASON = "berkas bulan lalu"


@pytest.fixture(autouse=True)
def small_is_large(monkeypatch):
    monkeypatch.setattr(undoing, "AT_ONCE", 1)


@pytest.fixture
def prison():
    return prisons()[0]


@pytest.fixture
def clerk(prison):
    return factories.user(territory="36")


@pytest.fixture
def batch(clerk):
    return load(*(row(f"Warga {'ABC'[n]}", invented_nik(serial=n + 1), kode_lokasi="A") for n in range(3)), by=clerk)


@pytest.fixture
def browser(clerk):
    signed_in = Client()
    signed_in.force_login(clerk)
    return signed_in


def ordered(batch: Batch, by: User) -> Undo:
    order = undoing.take_back(batch=batch, reason=REASON, seen=undo.outlook(batch).seen, by=by)
    assert order is not None
    return order


def texts(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def pages(batch: Batch) -> tuple[str, str]:
    return f"/pemilih/berkas/{batch.pk}/", f"/pemilih/berkas/{batch.pk}/tarik/"


def test_a_small_list_is_taken_back_at_once(batch, clerk, monkeypatch):
    monkeypatch.setattr(undoing, "AT_ONCE", 3)

    assert undoing.take_back(batch=batch, reason=REASON, seen="3-0-0", by=clerk) is None

    assert not Voter.everywhere.exists()
    assert not Undo.everywhere.exists()


def test_a_large_list_waits_for_the_worker_and_is_taken_back_once(batch, clerk):
    order = ordered(batch, clerk)
    assert Voter.everywhere.count() == 3
    assert ordered(batch, clerk) == order

    for _ in range(2):
        undoing.run(order.pk)

    batch.refresh_from_db()
    assert (batch.state, batch.taken_back_by, batch.taken_back_reason) == (Batch.State.TAKEN_BACK, clerk, REASON)
    assert not Voter.everywhere.exists()
    actions = AuditEntry.everywhere.filter(action__in=["voters.undo_ordered", "voters.taken_back"])
    assert sorted(actions.values_list("action", flat=True)) == ["voters.taken_back", "voters.undo_ordered"]
    with pytest.raises(ValidationError):
        undoing.take_back(batch=batch, reason=REASON, seen="0-0-0", by=clerk)


def test_an_order_whose_message_was_lost_is_found_and_one_that_is_being_done_is_left_alone(batch, clerk):
    order = ordered(batch, clerk)
    Undo.everywhere.update(started_at=timezone.now(), heartbeat_at=timezone.now())
    resume_undos()
    assert Voter.everywhere.count() == 3

    Undo.everywhere.update(heartbeat_at=timezone.now() - LOST_AFTER - datetime.timedelta(seconds=1))
    resume_undos()

    order.refresh_from_db()
    assert order.ended_at
    assert not order.failure
    assert not Voter.everywhere.exists()


def test_only_who_may_and_gives_a_reason_orders_it_and_only_as_it_was_shown(batch, clerk):
    seen = undo.outlook(batch).seen
    with pytest.raises(PermissionDenied):
        undoing.take_back(batch=batch, reason=REASON, seen=seen, by=factories.user(Role.AUDITOR, "36"))
    with pytest.raises(PermissionDenied):
        undoing.take_back(batch=batch, reason=REASON, seen=seen, by=factories.user(territory="32"))
    for reason, shown in [(" ", seen), (REASON, "9-9-9")]:
        with pytest.raises(ValidationError):
            undoing.take_back(batch=batch, reason=reason, seen=shown, by=clerk)

    assert not Undo.everywhere.exists()


def test_what_moved_meanwhile_is_not_overrun_and_may_be_ordered_again(batch, clerk, browser):
    page, undo_page = pages(batch)
    order = ordered(batch, clerk)
    registration.correct(voter=Voter.everywhere.get(name="Warga A"), fields={"alamat": "Jl. Betul 2"}, by=clerk)

    undoing.run(order.pk)

    order.refresh_from_db()
    assert order.failure == "moved"
    assert Voter.everywhere.count() == 3
    for address in (page, undo_page):
        assert "data sudah berubah" in texts(browser.get(address))
    undoing.run(ordered(batch, clerk).pk)
    assert [voter.name for voter in Voter.everywhere.all()] == ["Warga A"]
    assert "Warga A" in texts(browser.get(undo_page))
    assert "data sudah berubah" not in texts(browser.get(page))


def test_who_lost_the_right_meanwhile_takes_nothing_back(batch, clerk):
    order = ordered(batch, clerk)
    User.objects.filter(pk=clerk.pk).update(role=Role.AUDITOR)

    undoing.run(order.pk)

    order.refresh_from_db()
    assert order.failure == "not_allowed"
    assert Voter.everywhere.count() == 3


def test_an_error_is_kept_and_nothing_is_half_done(batch, clerk, monkeypatch):
    def broken(hashes: Any, **_named: Any) -> set[Any]:
        raise RuntimeError("broken")

    order = ordered(batch, clerk)
    monkeypatch.setattr("voters.claims.settle", broken)
    with pytest.raises(RuntimeError):
        undoing.run(order.pk)

    order.refresh_from_db()
    assert order.failure == "crashed"
    assert Voter.everywhere.count() == 3
    batch.refresh_from_db()
    assert batch.state == Batch.State.DONE


def test_a_list_that_is_being_taken_back_says_so_and_then_how_it_ended(batch, clerk, browser):
    page, undo_page = pages(batch)
    form = browser.get(undo_page)
    assert "di latar belakang" in texts(form)

    for _ in range(2):
        posted = browser.post(undo_page, {"dilihat": form.context["outlook"].seen, "reason": REASON})
    assert posted.url == page
    order = Undo.everywhere.get()
    for address in (page, undo_page):
        waiting = texts(browser.get(address))
        assert REASON in waiting
        assert "Menunggu" in waiting
        assert 'name="dilihat"' not in browser.get(address).content.decode()
    Undo.everywhere.update(started_at=timezone.now(), heartbeat_at=timezone.now())
    moving = browser.get(f"{page}kemajuan/")
    assert "Sedang ditarik kembali sejak" in texts(moving)
    assert "every 1s" in moving.content.decode()
    Undo.everywhere.update(heartbeat_at=timezone.now() - 2 * LOST_AFTER)

    undoing.run(order.pk)

    assert browser.get(f"{page}kemajuan/").headers["HX-Refresh"] == "true"
    assert "Ditarik kembali" in texts(browser.get(page))


def test_an_order_goes_with_what_it_would_need(batch, clerk):
    ordered(batch, clerk)
    importing.forget_uploads(at=timezone.now() + datetime.timedelta(days=31))

    assert not Undo.everywhere.exists()
