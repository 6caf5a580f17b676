"""Will the ballots do? What Langsa learned in 2024, and that no figure is ever below nothing."""

from hypothesis import given
from hypothesis import strategies as st

from mapping.core.forecast import forecast


def test_in_langsa_exactly_69_of_91_movers_could_vote():
    """176 ballots for a list of 172; 107 of it came."""
    found = forecast(listed=172, gone=172 - 107, late=91)

    assert (found.printed, found.free, found.short) == (176, 69, 91 - 69)


def test_the_reserve_is_rounded_up_for_each_tps_and_ballot():
    assert [forecast(listed=listed, gone=0, late=0).printed for listed in (0, 1, 50, 51, 300)] == [0, 2, 51, 53, 306]


def test_expected_departures_free_ballots_before_anybody_has_left():
    assert forecast(listed=200, gone=10, late=0, departures_percent=23).free == 4 + 46


@given(st.integers(0, 600), st.integers(0, 700), st.integers(0, 300), st.integers(0, 100), st.integers(0, 100))
def test_nothing_is_ever_below_nothing(listed, gone, late, reserve, departures):
    found = forecast(listed=listed, gone=gone, late=late, reserve_percent=reserve, departures_percent=departures)

    assert min(found) >= 0
    assert found.printed >= listed
    assert found.free + found.needed == found.printed
    assert found.short == max(0, late - found.free)
