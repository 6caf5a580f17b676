"""In which electoral district a region lies, and when that cannot be known."""

from regions.districts import resolve

REGENCY = ["36.03", "36.03.01", "36.03.01.2001", "36.03.01.2002", "36.03.02", "36.03.02.2001"]


def test_a_region_belongs_to_the_district_of_its_longest_matching_code() -> None:
    assert resolve(regions=REGENCY, named={"36.03": "A"}) == dict.fromkeys(REGENCY, "A")


def test_a_regency_split_between_districts_is_unknown_and_its_parts_are_not() -> None:
    found = resolve(regions=REGENCY, named={"36.03.01": "A", "36.03.02": "B"})

    assert "36.03" not in found
    assert found["36.03.01.2002"] == "A"
    assert found["36.03.02"] == "B"


def test_an_exception_below_makes_everything_above_it_unknown() -> None:
    found = resolve(regions=REGENCY, named={"36.03": "A", "36.03.01.2002": "B"})

    assert found == {"36.03.01.2001": "A", "36.03.01.2002": "B", "36.03.02": "A", "36.03.02.2001": "A"}


def test_parts_that_all_name_the_same_district_make_the_whole_known() -> None:
    named = {"36.03.01.2001": "A", "36.03.01.2002": "A", "36.03.02": "A"}

    assert resolve(regions=REGENCY, named=named) == dict.fromkeys(REGENCY, "A")


def test_a_village_in_no_district_makes_the_region_above_it_unknown() -> None:
    found = resolve(regions=REGENCY, named={"36.03.01.2001": "A", "36.03.02": "A"})

    assert found == {"36.03.01.2001": "A", "36.03.02": "A", "36.03.02.2001": "A"}


def test_a_district_without_villages_counts_for_itself() -> None:
    assert resolve(regions=["36.03", "36.03.01"], named={"36.03": "A"}) == {"36.03": "A", "36.03.01": "A"}
