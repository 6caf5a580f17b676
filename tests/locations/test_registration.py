"""Who may enter and change a special location, and what becomes of a race for it?"""

import threading

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection

from accounts.models import AuditEntry, Role
from locations import registration
from locations.models import Change, Kind, SpecialLocation, Subkind
from tests import factories

pytestmark = pytest.mark.django_db


def values(region_code: str = factories.VILLAGE, **changed: object) -> dict[str, object]:
    return {"name": "Rutan Contoh", "kind": Kind.PRISON, "region": factories.region(region_code), **changed}


def test_a_location_gets_its_regency_and_the_next_serial_as_code():
    operator = factories.user()
    factories.special_location(code="36.03-007")

    codes = [registration.enter(data=values(), by=operator).code for _ in range(2)]

    assert codes == ["36.03-008", "36.03-009"]


def test_every_regency_counts_for_itself():
    operator, there, elsewhere = factories.user(), values("36.03.28.2004"), values("36.71.01.1001")
    registration.enter(data=there, by=operator)

    location = registration.enter(data=elsewhere, by=operator)

    assert location.code == "36.71-001"
    assert location.territory == "36.71"


def test_entering_leaves_an_entry_and_a_change():
    operator = factories.user()

    location = registration.enter(data=values(estimated_voters=250), by=operator)

    entry = AuditEntry.everywhere.get(action="location.entered")
    assert (entry.actor, entry.territory, entry.subject_id) == (operator.username, "36.03", str(location.pk))
    assert "estimated_voters" in entry.details["fields"]
    assert Change.everywhere.filter(location=location, territory="36.03").count() == 1


def test_nobody_enters_a_location_outside_the_own_territory():
    operator = factories.user(territory="32")

    with pytest.raises(PermissionDenied):
        registration.enter(data=values(), by=operator)

    assert not SpecialLocation.everywhere.exists()


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.AUDITOR, Role.ADMIN, Role.CLIENT])
def test_only_operators_enter_correct_submit_and_withdraw(role):
    location = factories.special_location()
    by = factories.user(role, "36")

    for act in (
        lambda: registration.enter(data=values(), by=by),
        lambda: registration.correct(location=location, data={"name": "Lain"}, seen_version=1, by=by),
        lambda: registration.submit(location=location, by=by),
        lambda: registration.withdraw(location=location, reason="tutup", by=by),
    ):
        with pytest.raises(PermissionDenied):
            act()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": ""}, "name"),
        ({"kind": "hotel"}, "kind"),
        ({"kind": Kind.OTHER}, "subkind"),
        ({"latitude": -6.2}, "longitude"),
        ({"longitude": 106.6}, "latitude"),
        ({"latitude": 40.0, "longitude": 106.6}, "latitude"),
    ],
)
def test_what_no_location_can_be_is_said_beside_its_field(changed, field):
    operator = factories.user()

    with pytest.raises(ValidationError) as refused:
        registration.enter(data=values(**changed), by=operator)

    assert field in refused.value.error_dict


def test_a_location_lies_in_a_regency_of_today_or_below():
    factories.region("36.99", successor="36.03")
    central = factories.user(territory="00")

    for code in ("36", "36.99"):
        with pytest.raises(ValidationError) as refused:
            registration.enter(data=values(code), by=central)
        assert "region" in refused.value.error_dict


def test_the_kind_of_an_other_location_goes_when_it_is_a_prison_after_all():
    operator = factories.user()
    location = factories.special_location(kind=Kind.OTHER, subkind=Subkind.MINING)

    registration.correct(location=location, data={"kind": Kind.PRISON}, seen_version=1, by=operator)

    location.refresh_from_db()
    assert (location.kind, location.subkind) == (Kind.PRISON, "")


def test_a_late_save_changes_nothing_and_brings_what_stands_now():
    operator = factories.user()
    location = factories.special_location()
    registration.correct(location=location, data={"name": "Yang pertama"}, seen_version=1, by=operator)

    with pytest.raises(registration.Outdated) as late:
        registration.correct(location=location, data={"name": "Yang kedua"}, seen_version=1, by=operator)

    assert late.value.current.name == "Yang pertama"
    assert late.value.current.version == 2
    location.refresh_from_db()
    assert location.name == "Yang pertama"
    assert AuditEntry.everywhere.filter(action="location.corrected").count() == 1


def test_a_save_that_changes_nothing_leaves_no_trace():
    operator = factories.user()
    location = factories.special_location(name="Rutan Contoh")

    registration.correct(location=location, data={"name": "Rutan Contoh"}, seen_version=1, by=operator)

    location.refresh_from_db()
    assert location.version == 1
    assert not AuditEntry.everywhere.exists()


def test_only_what_can_move_the_plan_asks_for_a_recompute():
    operator = factories.user()
    location = factories.special_location()

    registration.correct(location=location, data={"phone": "021 555"}, seen_version=1, by=operator)
    assert not Change.everywhere.exists()

    registration.correct(location=location, data={"requested_tps": 3}, seen_version=2, by=operator)
    assert Change.everywhere.filter(location=location).count() == 1


def test_a_location_becomes_known_more_precisely_but_stays_in_its_regency():
    operator = factories.user()
    location = factories.special_location(region_code="36.03")
    village, elsewhere = factories.region("36.03.28.2004"), factories.region("36.71.01.1001")

    registration.correct(location=location, data={"region": village}, seen_version=1, by=operator)
    with pytest.raises(ValidationError) as refused:
        registration.correct(location=location, data={"region": elsewhere}, seen_version=2, by=operator)

    assert "region" in refused.value.error_dict
    location.refresh_from_db()
    assert (location.region_id, location.territory) == ("36.03.28.2004", "36.03")


def test_a_second_submission_needs_a_return():
    operator = factories.user()
    location = factories.special_location()

    first = registration.submit(location=location, by=operator)
    with pytest.raises(ValidationError):
        registration.submit(location=location, by=operator)
    second = registration.submit(location=location, by=operator, again=True)

    assert first.submitted_by_id == operator.pk
    assert second.submitted_at > first.submitted_at


def test_what_is_withdrawn_stays_withdrawn():
    operator = factories.user()
    location = factories.special_location()

    withdrawn = registration.withdraw(location=location, reason=" Ditutup pengelola ", by=operator)

    assert not withdrawn.is_active
    assert withdrawn.withdrawal_reason == "Ditutup pengelola"
    assert Change.everywhere.filter(location=location).exists()
    for act in (
        lambda: registration.withdraw(location=location, reason="lagi", by=operator),
        lambda: registration.submit(location=location, by=operator, again=True),
        lambda: registration.correct(location=location, data={"name": "Lain"}, seen_version=1, by=operator),
    ):
        with pytest.raises(ValidationError):
            act()


@pytest.mark.parametrize("reason", ["", "  ", "x" * 301])
def test_a_withdrawal_needs_a_reason_of_readable_length(reason):
    location = factories.special_location()

    with pytest.raises(ValidationError) as refused:
        registration.withdraw(location=location, reason=reason, by=factories.user())

    assert "reason" in refused.value.error_dict
    location.refresh_from_db()
    assert location.is_active


def test_a_reviewer_closes_and_reopens():
    reviewer = factories.user(Role.REVIEWER)
    location = factories.special_location()

    assert not registration.close(location=location, by=reviewer).is_active
    with pytest.raises(ValidationError):
        registration.close(location=location, by=reviewer)
    assert registration.reopen(location=location, by=reviewer).is_active
    with pytest.raises(ValidationError):
        registration.reopen(location=location, by=reviewer)
    with pytest.raises(PermissionDenied):
        registration.close(location=location, by=factories.user())


@pytest.mark.django_db(transaction=True)
def test_two_people_who_enter_at_once_get_two_codes():
    operator, data, codes = factories.user(), values(), []
    at_once = threading.Barrier(4)

    def enter() -> None:
        try:
            at_once.wait()
            codes.append(registration.enter(data=data, by=operator).code)
        finally:
            connection.close()

    people = [threading.Thread(target=enter) for _ in range(4)]
    for person in people:
        person.start()
    for person in people:
        person.join()

    assert sorted(codes) == ["36.03-001", "36.03-002", "36.03-003", "36.03-004"]
