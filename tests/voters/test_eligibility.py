"""Every reason why somebody is not eligible, and every ballot somebody is entitled to, as the database judges them."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

import pytest

from locations.models import Kind
from mapping import policies
from mapping.core import plan
from tests import factories
from voters import eligibility
from voters.models import NIKVerdict, Role, Voter

if TYPE_CHECKING:
    from collections.abc import Iterable


pytestmark = pytest.mark.django_db
PRISON = "36.03.28.2004"
DAY = datetime.date(2024, 2, 14)


def rules(**changes: Any) -> eligibility.EligibilityRules:
    values: dict[str, Any] = {"polling_day": DAY, "edition": "pemilu-2024", "ballots": ("ppwp", "dpd", "dpr")}
    return eligibility.EligibilityRules(**(values | changes))


def reasons(voter: Voter, **changes: Any) -> list[str]:
    _ballots, mask = eligibility.judge(Voter.everywhere.filter(pk=voter.pk), rules(**changes))[voter.pk]
    return eligibility.codes_of(mask)


def ballots(voter: Voter, **changes: Any) -> list[str]:
    held, _mask = eligibility.judge(Voter.everywhere.filter(pk=voter.pk), rules(**changes))[voter.pk]
    return [ballot for ballot, bit in eligibility.BALLOT_BIT.items() if held & bit]


def test_a_prisoner_from_elsewhere_is_eligible() -> None:
    assert reasons(factories.voter()) == []


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"nik": ""}, ["no_nik"]),
        ({"nik_verdict": NIKVerdict.BAD}, ["bad_nik"]),
        ({"is_foreign": True}, ["foreign"]),
        ({"is_military_police": True}, ["military_police"]),
        ({"official_mark": "1"}, ["deceased"]),
        ({"official_mark": "2"}, ["duplicate"]),
        ({"official_mark": "3"}, ["underage"]),
        ({"official_mark": "4"}, ["moved_away"]),
        ({"official_mark": "5"}, ["foreign"]),
        ({"official_mark": "6"}, ["military_police"]),
        ({"official_mark": "7"}, ["military_police"]),
        ({"official_mark": "8"}, ["wrong_tps"]),
        ({"official_mark": "H"}, ["rights_revoked"]),
        ({"is_duplicate": True}, ["duplicate"]),
        ({"is_mismatch": True}, ["mismatch"]),
        ({"home": None}, ["unknown_domicile"]),
        ({"arrival": DAY + datetime.timedelta(days=1)}, ["absent_on_polling_day"]),
        ({"arrival": DAY}, []),
        ({"departure": DAY}, ["absent_on_polling_day"]),
        ({"departure": DAY + datetime.timedelta(days=1)}, []),
    ],
)
def test_what_the_row_of_a_voter_decides(fields: dict[str, Any], expected: list[str]) -> None:
    assert reasons(factories.voter(**fields)) == expected


@pytest.mark.parametrize(
    ("born", "marital", "expected"),
    [
        (datetime.date(2007, 2, 14), "B", []),
        (datetime.date(2007, 2, 15), "B", ["underage"]),
        (datetime.date(2007, 2, 15), "", ["underage"]),
        (datetime.date(2007, 2, 15), "S", []),
        (datetime.date(2007, 2, 15), "P", []),
    ],
)
def test_seventeen_on_polling_day_or_ever_married(born: datetime.date, marital: str, expected: list[str]) -> None:
    assert reasons(factories.voter(birth_date=born, marital=marital)) == expected


def test_a_voter_counts_under_every_reason_that_applies() -> None:
    voter = factories.voter(nik="", is_foreign=True, departure=DAY)

    assert reasons(voter) == ["no_nik", "foreign", "absent_on_polling_day"]


@pytest.mark.parametrize(
    ("place", "home", "kind", "role", "expected"),
    [
        (PRISON, PRISON, Kind.PRISON, Role.RESIDENT, []),
        (PRISON, PRISON, Kind.CARE, Role.RESIDENT, []),
        (PRISON, PRISON, Kind.PRISON, Role.STAFF, ["not_away"]),
        (PRISON, "36.03.28.2005", Kind.PRISON, Role.STAFF, []),
        (PRISON, PRISON, Kind.OTHER, Role.RESIDENT, ["not_away"]),
        (PRISON, "36.03.28", Kind.OTHER, Role.RESIDENT, ["not_away"]),
        (PRISON, "36.03", Kind.OTHER, Role.RESIDENT, ["not_away"]),
        (PRISON, "36.03.29", Kind.OTHER, Role.RESIDENT, []),
        ("36.03.28", "36.03.28.2005", Kind.OTHER, Role.RESIDENT, ["not_away"]),
        ("36.03", "36.03.29.2001", Kind.OTHER, Role.RESIDENT, ["not_away"]),
        ("36.03", "36.04", Kind.OTHER, Role.RESIDENT, []),
        (PRISON, "32.03.28.2004", Kind.DISASTER, Role.RESIDENT, []),
    ],
)
def test_away_from_home_at_the_finest_level_both_are_known_to(
    place: str, home: str, kind: str, role: str, expected: list[str]
) -> None:
    location = factories.special_location(region_code=place, kind=kind)

    assert reasons(factories.voter(location, home=factories.region(home), role=role)) == expected


def test_a_policy_may_compare_homes_more_coarsely() -> None:
    location = factories.special_location(region_code=PRISON, kind=Kind.OTHER)
    neighbour = factories.voter(location, home=factories.region("36.03.28.2005"))

    assert reasons(neighbour) == []
    assert reasons(neighbour, away_width=8) == ["not_away"]


REGIONAL = ("gub", "bupwal")


@pytest.mark.usefixtures("reference")
@pytest.mark.parametrize(
    ("home", "expected_ballots", "expected_reasons"),
    [
        ("33.08.02.2001", ["gub", "bupwal"], []),
        ("33.09.01.2001", ["gub"], []),
        ("32.73.01.1001", [], ["outside_electorate"]),
    ],
)
def test_who_gets_which_ballots_of_a_regional_election(
    home: str, expected_ballots: list[str], expected_reasons: list[str]
) -> None:
    school = factories.special_location(region_code="33.08.01.2001", kind=Kind.OTHER)
    pupil = factories.voter(school, home=factories.region(home))

    assert ballots(pupil, ballots=REGIONAL) == expected_ballots
    assert reasons(pupil, ballots=REGIONAL) == expected_reasons


@pytest.mark.usefixtures("reference")
def test_there_is_no_mayor_to_elect_in_jakarta_and_no_governor_in_yogyakarta() -> None:
    missing = {"gub": ["34"], "bupwal": ["31"]}
    in_jakarta = factories.voter(
        factories.special_location(region_code="31.75.03.1008"), home=factories.region("31.75.03.1007")
    )
    in_sleman = factories.voter(factories.special_location(region_code="34.04.01"), home=factories.region("34.04.02"))

    assert ballots(in_jakarta, ballots=REGIONAL, without_ballot=missing) == ["gub"]
    assert ballots(in_sleman, ballots=REGIONAL, without_ballot=missing) == ["bupwal"]


@pytest.mark.usefixtures("reference")
def test_an_unknown_electoral_district_gives_no_ballot() -> None:
    """Kab. Tangerang is split into several districts for its own council: home known to the regency only."""
    location = factories.special_location(region_code="36.03.28.1001")
    near = factories.voter(location, home=factories.region("36.03.28.1002"))
    vague = factories.voter(location, home=factories.region("36.03"))
    kinds = ("ppwp", "dpd", "dpr", "dprd_prov", "dprd_kabko")

    assert ballots(near, ballots=kinds) == list(kinds)
    assert "dprd_kabko" not in ballots(vague, ballots=kinds)


def test_the_grouped_scan_counts_everybody_once() -> None:
    location = factories.special_location()
    block = factories.block(location)
    people = [
        *(factories.voter(location, block=block, sex="L") for _ in range(3)),
        *(factories.voter(location, sex="P") for _ in range(2)),
        factories.voter(location, nik=""),
        factories.voter(location, nik="", is_foreign=True),
    ]
    factories.voter(stay="36.03")

    found = list(eligibility.groups(rules()))

    assert sum(group.voters for group in found) == len(people)
    eligible = {(group.block is not None, group.sex): group.voters for group in found if not group.reasons}
    assert eligible == {(True, "L"): 3, (False, "P"): 2}
    assert {group.reasons: group.voters for group in found if group.reasons} == {1: 1, 1 | 8: 1}


def test_the_grouped_scan_leaves_out_withdrawn_and_closed_locations() -> None:
    now = datetime.datetime.now(datetime.UTC)
    gone = [factories.special_location(withdrawn_at=now), factories.special_location(closed_at=now)]
    for location in gone:
        factories.voter(location)

    assert list(eligibility.groups(rules())) == []


def test_the_grouped_scan_can_be_narrowed_to_locations() -> None:
    here, elsewhere = factories.special_location(), factories.special_location()
    factories.voter(here)
    factories.voter(elsewhere)

    assert sum(group.voters for group in eligibility.groups(rules(), [here.pk])) == 1


def test_reasons_and_ballots_have_the_bits_of_the_engine() -> None:
    assert eligibility.BALLOT_BIT == plan.BALLOTS
    assert set(eligibility.ROW_RULES) | {"not_away", "outside_electorate"} == set(eligibility.REASONS)


def test_the_scan_agrees_with_the_judgement_of_every_single_voter() -> None:
    location = factories.special_location()
    for fields in ({}, {"nik": ""}, {"departure": DAY}, {"home": None}, {"is_foreign": True, "nik": ""}):
        factories.voter(location, **fields)

    singly = [mask for _ballots, mask in eligibility.judge(Voter.everywhere.all(), rules()).values()]

    assert counted(eligibility.groups(rules())) == {mask: singly.count(mask) for mask in singly}


def counted(groups: Iterable[eligibility.Group]) -> dict[int, int]:
    counts: dict[int, int] = {}
    for group in groups:
        counts[group.reasons] = counts.get(group.reasons, 0) + group.voters
    return counts


def test_a_policy_fills_the_rules() -> None:
    policy = factories.policy(away_level="district", without_ballot={"gub": ["34"]})

    filled = policies.voter_rules(policy)

    assert (filled.polling_day, filled.away_width, filled.without_ballot) == (DAY, 8, {"gub": ["34"]})
