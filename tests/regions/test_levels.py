"""What a region code says about its level and about what lies above it."""

import pytest

from regions.levels import Level, ancestors, code_at, dotted, level_of, normalise, parent_code

VILLAGE = "36.03.04.2001"


@pytest.mark.parametrize(
    ("code", "level"),
    [
        ("00", Level.COUNTRY),
        ("36", Level.PROVINCE),
        ("36.03", Level.REGENCY),
        ("36.03.04", Level.DISTRICT),
        (VILLAGE, Level.VILLAGE),
    ],
)
def test_the_length_of_a_code_tells_its_level(code: str, level: Level) -> None:
    assert level_of(code) is level


@pytest.mark.parametrize(
    "text", ["", "3", "36.", "36.3", "3603", "36.03.04.200", "36.03.04.20011", "٣٦", "36.03\n", "ab"]
)
def test_what_is_no_code_has_no_level(text: str) -> None:
    with pytest.raises(ValueError, match="not a region code"):
        level_of(text)


def test_everything_above_a_village_is_a_prefix_of_it_or_the_country() -> None:
    assert ancestors(VILLAGE) == ["00", "36", "36.03", "36.03.04"]
    assert ancestors("00") == []


def test_a_parent_is_the_last_of_the_ancestors() -> None:
    assert parent_code("00") is None
    assert all(parent_code(code) == ancestors(code)[-1] for code in ("36", "36.03", "36.03.04", VILLAGE))


def test_a_code_is_found_on_a_level_above_it_and_on_none_below() -> None:
    assert code_at(VILLAGE, Level.REGENCY) == "36.03"
    assert code_at(VILLAGE, Level.VILLAGE) == VILLAGE
    assert code_at(VILLAGE, Level.COUNTRY) == "00"
    assert code_at("36", Level.REGENCY) is None


@pytest.mark.parametrize("text", [VILLAGE, "3603042001", " 3603042001 "])
def test_a_code_is_understood_with_and_without_dots(text: str) -> None:
    assert normalise(text) == VILLAGE


@pytest.mark.parametrize("text", ["", "360", "36030", "36-03", "36030420011", "3603.042001", "٣٦"])
def test_what_is_no_code_is_refused_and_not_guessed(text: str) -> None:
    with pytest.raises(ValueError, match="not a region code"):
        normalise(text)


def test_digits_get_their_dots_before_they_are_complete() -> None:
    assert [dotted(VILLAGE.replace(".", "")[:length]) for length in (1, 3, 5, 8)] == [
        "3",
        "36.0",
        "36.03.0",
        "36.03.04.20",
    ]
