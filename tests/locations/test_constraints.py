"""Does the database itself refuse what a location, a block, a change or a batch cannot be?"""

import datetime

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from locations.models import Batch, Block, Change, Kind, Refusal, SpecialLocation
from tests import factories

pytestmark = pytest.mark.django_db

NOW = timezone.make_aware(datetime.datetime(2026, 10, 12, 9, 0))
BEFORE = NOW - datetime.timedelta(days=1)


def a_batch(**fields):
    return Batch.everywhere.create(**{"territory": "36.03", "subject": "voters", "file_name": "daftar.csv", **fields})


def a_refusal(**fields):
    return Refusal.everywhere.create(**{"territory": "36.03", "row_number": 2, "reasons": [], "row": b"", **fields})


def twice_the_same_row():
    batch = a_batch()
    a_refusal(batch=batch)
    a_refusal(batch=batch)


def twice_the_same_block():
    location = factories.special_location()
    factories.block(location, name="Blok A")
    factories.block(location, name="BLOK A")


VIOLATIONS = {
    "location_has_territory": lambda: factories.special_location(territory=""),
    "location_kind_known": lambda: factories.special_location(kind="hotel"),
    "location_subkind_of_other_only": lambda: factories.special_location(kind=Kind.PRISON, subkind="pesantren"),
    "location_point_is_whole": lambda: factories.special_location(latitude=-6.2),
    "location_point_in_indonesia": lambda: factories.special_location(latitude=-6.2, longitude=10.0),
    "location_drawn_plan_has_reason": lambda: factories.special_location(drawn_plan="187+117"),
    "location_kept_apart_known": lambda: factories.special_location(kept_apart="cats"),
    "location_requested_tps_positive": lambda: factories.special_location(requested_tps=0),
    "location_code_not_empty": lambda: factories.special_location(name=""),
    "location_not_submitted_once_withdrawn": lambda: factories.special_location(submitted_at=NOW, withdrawn_at=BEFORE),
    "block_has_territory": lambda: factories.block(territory=""),
    "block_once_in_location": twice_the_same_block,
    "block_has_name": lambda: Block.everywhere.create(
        territory="36.03", location=factories.special_location(), name=""
    ),
    "change_has_territory": lambda: Change.everywhere.create(territory="", location=factories.special_location()),
    "batch_has_territory": lambda: a_batch(territory=""),
    "batch_counts_add_up": lambda: a_batch(state="done", rows=3, accepted=1),
    "batch_taken_back_by_somebody": lambda: a_batch(state="taken_back"),
    "refusal_has_territory": lambda: a_refusal(batch=a_batch(), territory=""),
    "refusal_once_per_row": twice_the_same_row,
}


@pytest.mark.parametrize("name", VIOLATIONS)
def test_the_database_refuses(name):
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        VIOLATIONS[name]()

    assert name in str(refused.value) or "UNIQUE" in str(refused.value)


def test_a_code_is_given_once_in_the_country():
    factories.special_location(code="36.03-001")

    with pytest.raises(IntegrityError), transaction.atomic():
        factories.special_location(code="36.03-001", region_code="32.73")

    assert SpecialLocation.everywhere.count() == 1


def test_the_other_kinds_need_to_say_which():
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.special_location(kind=Kind.OTHER, subkind="")
