"""Does the database itself refuse what a voter, an identity, a case or a notice cannot be?"""

import datetime
import uuid

import pytest
from django.db import IntegrityError, transaction

from locations.models import Batch
from tests import factories
from voters.models import (
    Act,
    ActStep,
    Announcement,
    BatchBefore,
    BatchMissing,
    ClaimBefore,
    Compared,
    DuplicateCase,
    FormerNIK,
    KnownHeader,
    Likeness,
    MendedRow,
    NIKVerdict,
    Notice,
    Register,
    Undo,
    Voter,
    VoterIdentity,
)

pytestmark = pytest.mark.django_db

DAY = datetime.date(2024, 1, 10)


def changed(**fields):
    """A voter whose row is written past every verb."""
    return Voter.everywhere.filter(pk=factories.voter().pk).update(**fields)


def sealed(**fields):
    return VoterIdentity.everywhere.filter(pk=factories.voter().pk).update(**fields)


def a_case(voter=None, **fields):
    values = {"territory": "36.03", "number": uuid.uuid4(), "voter": voter or factories.voter()}
    return DuplicateCase.everywhere.create(**{**values, **fields})


def a_likeness(voter=None, **fields):
    alike = dict.fromkeys(("name", "birth_date", "nik", "sex"), "same")
    values = {"territory": "36.03", "voter": voter or factories.voter(), "probability": 0.9, **alike}
    return Likeness.everywhere.create(**{"other": factories.voter(), **values, **fields})


def an_announcement(**fields):
    to = factories.special_location()
    values = {"territory": to.territory, "act": an_act(), "voter": factories.voter(), "to": to, "on": DAY}
    return Announcement.everywhere.create(**{**values, **fields})


def announced_twice():
    an_announcement(voter=an_announcement().voter)


def twice_the_same_likeness():
    voter, other = factories.voter(), factories.voter()
    a_likeness(voter, other=other)
    a_likeness(voter, other=other)


def alike_to_himself():
    voter = factories.voter()
    a_likeness(voter, other=voter)


def an_act(**fields):
    values = {"territory": "36.03", "kind": "merge", "name": "a", "reason": "b", "cases": 1, "voters": 1}
    return Act.everywhere.create(**{"by": factories.user(), **values, **fields})


def a_step(**fields):
    values = {"territory": "36.03", "act": an_act(), "voter": factories.voter(), "field": "departure"}
    return ActStep.everywhere.create(**{**values, **fields})


def a_batch():
    return Batch.everywhere.create(territory="36.03", subject="voters", file_name="daftar.csv")


def a_missing_voter(**fields):
    values = {"territory": "36.03", "voter": factories.voter(), "batch": a_batch()}
    return BatchMissing.everywhere.create(**{**values, **fields})


def a_voter_missed_twice_by_one_list():
    once = a_missing_voter()
    a_missing_voter(voter=once.voter, batch=once.batch)


def a_lost_claim(**fields):
    values = {"territory": "36.03", "voter": factories.voter(), "batch": a_batch()}
    return ClaimBefore.everywhere.create(**{**values, **fields})


def a_claim_lost_twice_to_one_list():
    once = a_lost_claim()
    a_lost_claim(voter=once.voter, batch=once.batch)


def an_undo(**fields):
    values = {
        "territory": "36.03",
        "batch": a_batch(),
        "reason": "salah",
        "seen": "1-0-0",
        "asked_by": factories.user(),
    }
    return Undo.everywhere.create(**{**values, **fields})


def a_row_before(voter=None, batch=None, **fields):
    values = {"territory": "36.03", "batch": batch or a_batch(), "voter": voter or factories.voter(), "row": b"sealed"}
    return BatchBefore.everywhere.create(**{**values, **fields})


def a_voter_changed_twice_by_one_list():
    once = a_row_before()
    a_row_before(once.voter, once.batch)


def a_header(**fields):
    values = {"territory": "36.03", "digest": "0" * 64, "mapping": ["nama"], "changed_by": factories.user()}
    return KnownHeader.everywhere.create(**{**values, **fields})


def twice_the_same_header():
    a_header()
    a_header()


def a_former_nik(voter=None, **fields):
    values = {"territory": "36.03", "voter": voter or factories.voter(), "nik_hash": b"former"}
    return FormerNIK.everywhere.create(**{**values, **fields})


def two_open_cases():
    voter = factories.voter()
    a_case(voter)
    a_case(voter)


def twice_the_same_former_nik():
    voter = factories.voter()
    a_former_nik(voter)
    a_former_nik(voter)


def a_mended_row(batch=None, **fields):
    batch = batch or Batch.everywhere.create(territory="36", subject=Batch.Subject.VOTERS, file_name="a.csv")
    values = {"territory": "36.03", "batch": batch, "row_number": 2, "by": factories.user()}
    return MendedRow.everywhere.create(**{**values, **fields})


def one_row_mended_twice():
    a_mended_row(batch=a_mended_row().batch)


VIOLATIONS = {
    "voter_has_territory": lambda: changed(territory=""),
    "voter_somewhere": lambda: changed(location=None, stay=None),
    "voter_has_name": lambda: changed(name=""),
    "voter_sex_known": lambda: changed(sex="X"),
    "voter_role_known": lambda: changed(role="tamu"),
    "voter_leaves_after_arriving": lambda: changed(arrival=DAY, departure=DAY - datetime.timedelta(days=1)),
    "voter_duplicate_has_a_nik": lambda: changed(is_duplicate=True, nik_verdict=NIKVerdict.NONE),
    "identity_has_territory": lambda: sealed(territory=""),
    "identity_claims_its_own_nik": lambda: sealed(claim=b"somebody else's"),
    "identity_nik_and_hash_together": lambda: sealed(nik_sealed=None, claim=None),
    "former_nik_has_territory": lambda: a_former_nik(territory=""),
    "former_nik_once": twice_the_same_former_nik,
    "case_has_territory": lambda: a_case(territory=""),
    "case_open_once_per_voter": two_open_cases,
    "case_probable_if_likely": lambda: a_case(kind="likely"),
    "case_taken_by_somebody": lambda: a_case(taken_by=factories.user()),
    "case_answered_at_a_time": lambda: a_case(answer="kept"),
    "likeness_has_territory": lambda: a_likeness(territory=""),
    "likeness_once": twice_the_same_likeness,
    "likeness_of_two": alike_to_himself,
    "likeness_is_probable": lambda: a_likeness(probability=0),
    "compared_has_territory": lambda: Compared.everywhere.create(
        voter=factories.voter(), territory="", person_hash=b"x", sex="L"
    ),
    "act_has_territory": lambda: an_act(territory=""),
    "act_has_a_name_and_a_reason": lambda: an_act(reason=""),
    "act_taken_back_by_somebody": lambda: an_act(taken_back_by=factories.user()),
    "act_step_has_territory": lambda: a_step(territory=""),
    "act_step_of_a_pair_names_the_other": lambda: a_step(field="apart"),
    "announcement_has_territory": lambda: an_announcement(territory=""),
    "announcement_open_once": announced_twice,
    "announcement_answered_by_somebody": lambda: an_announcement(answer="accepted"),
    "announcement_declined_with_a_reason": lambda: an_announcement(why="x"),
    "batch_missing_has_territory": lambda: a_missing_voter(territory=""),
    "batch_missing_once": a_voter_missed_twice_by_one_list,
    "claim_before_has_territory": lambda: a_lost_claim(territory=""),
    "claim_before_once": a_claim_lost_twice_to_one_list,
    "undo_has_territory": lambda: an_undo(territory=""),
    "undo_one_at_a_time": lambda: an_undo(batch=an_undo().batch),
    "undo_fails_once_it_is_over": lambda: an_undo(failure="moved"),
    "undo_has_a_reason": lambda: an_undo(reason=""),
    "batch_before_has_territory": lambda: a_row_before(territory=""),
    "batch_before_once": a_voter_changed_twice_by_one_list,
    "batch_before_is_a_row_or_kept": lambda: a_row_before(kept_why="list"),
    "mended_row_has_territory": lambda: a_mended_row(territory=""),
    "mended_row_once": one_row_mended_twice,
    "known_header_has_territory": lambda: a_header(territory=""),
    "known_header_once": twice_the_same_header,
    "notice_has_territory": lambda: Notice.everywhere.create(
        territory="", voter=factories.voter(), kind=Notice.Kind.LOST
    ),
    "register_only_one": lambda: Register.objects.create(pk=2, name="second"),
}


@pytest.mark.parametrize("name", VIOLATIONS)
def test_the_database_refuses(name):
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        VIOLATIONS[name]()

    assert name in str(refused.value) or "UNIQUE" in str(refused.value)


def test_a_nik_is_claimed_by_one_row():
    first, second = factories.voter(), factories.voter()
    claimed = VoterIdentity.everywhere.get(pk=first.pk).nik_hash

    with pytest.raises(IntegrityError), transaction.atomic():
        VoterIdentity.everywhere.filter(pk=second.pk).update(nik_hash=claimed, claim=claimed)

    assert VoterIdentity.everywhere.filter(claim=claimed).count() == 1


def test_an_unplaced_voter_is_in_no_block():
    voter = factories.voter(stay=factories.VILLAGE)

    with pytest.raises(IntegrityError), transaction.atomic():
        Voter.everywhere.filter(pk=voter.pk).update(block=factories.block())


def test_closed_cases_may_be_many():
    voter = factories.voter()
    a_case(voter, closed_at=datetime.datetime(2024, 1, 10, tzinfo=datetime.UTC))

    a_case(voter)

    assert DuplicateCase.everywhere.filter(voter=voter).count() == 2
