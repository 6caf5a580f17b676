"""Locations below the minimum vote together: who may, where, and that no other grouping gives more voters a TPS."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.core import combining
from mapping.core.combining import Candidate, combine, why_not

VILLAGE, DISTRICT = "36.03.28.2004", "36.03.28"
HERE = (-6.2, 106.6)
ONE_KM_NORTH = (-6.191, 106.6)
SAME = ("3601", "360103", "36030101")


def candidate(key: str, voters: int, **fields) -> Candidate:
    values = {"minimum": 100, "village": VILLAGE, "district": DISTRICT, "point": HERE, "constituencies": SAME, **fields}
    return Candidate(key, voters, **values)


def grouped(*candidates: Candidate, distance_m: int = 2000):
    return [
        (group.host, [key for key, _ in group.guests])
        for group in combine(candidates, distance_m=distance_m, maximum=300)
    ]


def test_two_of_one_village_vote_at_the_larger_one():
    assert grouped(candidate("a", 40), candidate("b", 60)) == [("b", ["a"])]


def test_together_still_too_few_stay_alone():
    assert grouped(candidate("a", 40), candidate("b", 59)) == []


def test_neighbours_of_one_district_vote_together_within_the_distance():
    far = candidate("b", 60, village="36.03.28.2005", point=ONE_KM_NORTH)

    assert grouped(candidate("a", 40), far, distance_m=1100) == [("b", ["a"])]
    assert grouped(candidate("a", 40), far, distance_m=900) == []


def test_within_a_village_no_distance_is_asked():
    assert grouped(candidate("a", 40), candidate("b", 60, point=(-6.0, 106.0)), distance_m=0) == [("b", ["a"])]


def test_another_district_is_too_far_however_near():
    other = candidate("b", 60, village="36.03.29.2001", district="36.03.29")

    assert grouped(candidate("a", 40), other) == []


@pytest.mark.parametrize("constituencies", [None, ("3601", "360103", "36030102")])
def test_other_or_unknown_electoral_districts_never_vote_together(constituencies):
    assert grouped(candidate("a", 40, constituencies=constituencies), candidate("b", 60)) == []


def test_without_a_point_only_the_own_village_is_near():
    nowhere = candidate("b", 60, village="36.03.28.2005", point=None)

    assert grouped(candidate("a", 40), nowhere) == []


def test_no_guest_is_farther_from_the_host_than_the_distance_even_if_another_guest_is_between():
    west = candidate("w", 30, village=None, point=(-6.2, 106.600))
    middle = candidate("m", 35, village=None, point=(-6.2, 106.610))
    host = candidate("e", 60, village=None, point=(-6.2, 106.620))

    groups = combine([west, middle, host], distance_m=1500, maximum=300)

    assert groups == []
    assert combining.metres(west.point, host.point) > 1500


def test_the_most_voters_get_a_tps_and_not_the_largest_group():
    """Two groups of two cover four; one group around the largest would leave one out."""
    line = [
        candidate("a", 50, village=None, point=(-6.2, 106.600)),
        candidate("b", 60, village=None, point=(-6.2, 106.608)),
        candidate("c", 61, village=None, point=(-6.2, 106.616)),
        candidate("d", 50, village=None, point=(-6.2, 106.624)),
    ]

    assert grouped(*line, distance_m=1000) == [("b", ["a"]), ("c", ["d"])]


def test_why_nobody_votes_together_is_said():
    alone = candidate("a", 40)
    assert why_not(alone, [alone], distance_m=0) == "alone"
    assert why_not(alone, [alone, candidate("b", 50)], distance_m=0) == "too_few"
    assert why_not(alone, [alone, candidate("b", 60, constituencies=None)], distance_m=0) == "other_districts"
    far = candidate("b", 60, village="36.03.28.2005", point=(-6.0, 106.6))
    assert why_not(alone, [alone, far], distance_m=100) == "too_far"


candidates = st.lists(
    st.builds(
        candidate,
        key=st.uuids().map(str),
        voters=st.integers(1, 99),
        village=st.sampled_from([VILLAGE, "36.03.28.2005", None]),
        point=st.sampled_from([HERE, ONE_KM_NORTH, (-6.182, 106.6), (-6.173, 106.6), None]),
        constituencies=st.sampled_from([SAME, SAME, SAME, ("3601", "360103", "36030102"), None]),
    ),
    max_size=7,
    unique_by=lambda each: each.key,
)


def covered(groups, people) -> int:
    voters = {each.key: each.voters for each in people}
    return sum(voters[key] for group in groups for key in (group.host, *(guest for guest, _ in group.guests)))


def most_by_brute_force(people: list[Candidate], distance_m: int) -> int:
    """Every way to part the candidates into groups, each voting at its largest."""
    if not people:
        return 0
    first, rest = people[0], people[1:]
    best = most_by_brute_force(rest, distance_m)
    for size in range(1, len(rest) + 1):
        for others in combinations(rest, size):
            group = sorted([first, *others], key=lambda each: (-each.voters, each.key))
            near = all(combining._way(group[0], guest, distance_m) is not None for guest in group[1:])
            total = sum(each.voters for each in group)
            if near and total >= group[0].minimum:
                left = [each for each in rest if each not in others]
                best = max(best, total + most_by_brute_force(left, distance_m))
    return best


@given(candidates, st.sampled_from([0, 900, 1100, 2100]))
def test_no_other_grouping_gives_more_voters_a_tps(people, distance_m):
    groups = combine(people, distance_m=distance_m, maximum=300)

    assert covered(groups, people) == most_by_brute_force(people, distance_m)


@given(candidates, st.randoms())
def test_the_order_of_the_candidates_makes_no_difference(people, randomness):
    shuffled = people.copy()
    randomness.shuffle(shuffled)

    assert combine(people, distance_m=1100, maximum=300) == combine(shuffled, distance_m=1100, maximum=300)


@given(st.integers(13, 30), st.randoms())
def test_a_crowd_of_candidates_is_grouped_within_the_rules(count, randomness):
    people = [
        candidate(str(n), randomness.randrange(1, 99), point=randomness.choice([HERE, ONE_KM_NORTH]))
        for n in range(count)
    ]

    groups = combine(people, distance_m=500, maximum=300)

    by_key = {each.key: each for each in people}
    members = [key for group in groups for key in (group.host, *(guest for guest, _ in group.guests))]
    assert len(members) == len(set(members))
    for group in groups:
        host, guests = by_key[group.host], [by_key[key] for key, _ in group.guests]
        assert all(host.voters >= guest.voters for guest in guests)
        assert host.voters + sum(guest.voters for guest in guests) >= host.minimum
