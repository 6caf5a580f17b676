"""Names are compared as an office would: spelling does not part people, and does not join twins."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voters.names import name_key, names_alike

with (Path(__file__).parent / "name_keys.csv").open(encoding="utf-8", newline="") as file:
    CORPUS = [tuple(row) for row in list(csv.reader(file))[1:]]


def pairs(relation: str) -> list:
    return [
        pytest.param(one, other, id=f"{why}: {one}/{other}") for kind, one, other, why in CORPUS if kind == relation
    ]


@pytest.mark.parametrize(("one", "other"), pairs("same"))
def test_usual_spellings_share_a_key(one, other):
    assert name_key(one) == name_key(other) != ""
    assert names_alike(one, other)


@pytest.mark.parametrize(("one", "other"), pairs("different"))
def test_different_names_have_different_keys(one, other):
    assert name_key(one) != name_key(other)


@pytest.mark.parametrize(("one", "other"), pairs("near"))
def test_a_typing_error_under_one_nik_is_the_same_person(one, other):
    assert name_key(one) != name_key(other)
    assert names_alike(one, other)
    assert names_alike(other, one)


@pytest.mark.parametrize(("one", "other"), pairs("far"))
def test_twins_and_strangers_under_one_nik_stay_apart(one, other):
    assert not names_alike(one, other)
    assert not names_alike(other, one)


def test_a_name_without_a_letter_has_no_key():
    assert name_key("-") == name_key("") == name_key(" . ' ") == ""


def test_a_name_that_is_nothing_but_titles_keeps_one():
    assert name_key("H.") == "h"
    assert name_key("Haji Prof") == "prof"


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_gets_an_answer_and_order_does_not_matter(one, other):
    assert name_key(one) == name_key(one.strip())
    assert names_alike(one, one)
    assert names_alike(one, other) == names_alike(other, one)
