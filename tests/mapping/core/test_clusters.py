"""Are concentrations found where people are close together, and nowhere else?"""

import random

import h3
import pytest

from mapping.core.clusters import VILLAGE_SURE, Spot, concentrations, metres, overlap

VILLAGE = "36.03.04.2001"
HERE = (-6.178, 106.632)


def cell(north: float = 0, east: float = 0) -> int:
    """The cell so many kilometres north and east of here."""
    return int(h3.latlng_to_cell(HERE[0] + north / 111.32, HERE[1] + east / 110.7, 9), 16)


def test_a_crowd_is_found_with_place_radius_and_number():
    found = concentrations([Spot(cell(), VILLAGE, 80), Spot(cell(0.3), VILLAGE, 40)], fewest=100)

    assert [(each.people, each.region, each.sure) for each in found] == [(120, VILLAGE, 100)]
    assert metres(found[0].point or (0, 0), HERE) < 400
    assert 200 < (found[0].radius_m or 0) < 800
    assert found[0].cells == tuple(sorted({cell(), cell(0.3)}))


@pytest.mark.parametrize("people", [1, 50, 99])
def test_fewer_than_a_tps_needs_are_no_concentration(people):
    assert concentrations([Spot(cell(), VILLAGE, people)], fewest=100) == []


def test_two_crowds_far_apart_are_two():
    found = concentrations([Spot(cell(), VILLAGE, 150), Spot(cell(5), VILLAGE, 200)], fewest=100)

    assert [each.people for each in found] == [200, 150]


def test_a_town_that_is_crowded_all_over_is_none():
    ring = h3.grid_disk(h3.int_to_str(cell()), 12)
    spots = [Spot(int(each, 16), VILLAGE, 12) for each in ring]

    found = concentrations(spots, fewest=100)

    assert all(each.people > 3000 for each in found), "a crowd of that size is a town, told as one place"
    assert len(found) <= 1


def test_a_crowd_in_a_town_stands_out_or_is_not_told():
    ring = h3.grid_disk(h3.int_to_str(cell()), 12)
    around = [Spot(int(each, 16), VILLAGE, 3) for each in ring]

    (found,) = concentrations([*around, Spot(cell(), VILLAGE, 400)], fewest=100)

    assert found.people >= 400
    assert 50 <= found.sure < 100


def test_of_people_without_a_point_the_village_is_told():
    spots = [Spot(None, VILLAGE, 60), Spot(None, VILLAGE, 50), Spot(None, "36.03.04.2002", 99)]

    (found,) = concentrations(spots, fewest=100)

    assert (found.region, found.people, found.sure, found.point, found.cells) == (VILLAGE, 110, VILLAGE_SURE, None, ())


def test_the_region_is_that_of_most():
    spots = [Spot(cell(), VILLAGE, 40), Spot(cell(), "36.03.04.2002", 70)]

    assert concentrations(spots, fewest=100)[0].region == "36.03.04.2002"


def test_the_order_of_rows_makes_no_difference():
    spots = [Spot(cell(north, east), VILLAGE, 30 + north) for north in range(4) for east in range(4)]
    spots += [Spot(cell(), VILLAGE, 200)]
    shuffled = random.Random(1).sample(spots, len(spots))

    assert concentrations(spots, fewest=100) == concentrations(shuffled, fewest=100)


def test_overlap_is_the_share_of_the_smaller():
    assert overlap([1, 2], [2, 3, 4]) == 0.5
    assert overlap([], [1]) == 0
