"""Is a plan drawn by hand kept as it was meant, and shown as it was typed?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locations import drawing

BLOCKS = {"blok a": "a" * 32, "blok b": "b" * 32, "10": "c" * 32}
NAMES = {"a" * 32: "Blok A", "b" * 32: "Blok B", "c" * 32: "10"}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", ""),
        ("  \n \n", ""),
        ("187 + 117", "187+117"),
        ("187+117\n", "187+117"),
        ("300", "300"),
        ("Blok A\nblok  b", f"{'a' * 32}+{'b' * 32}"),
        ("BLOK A + Blok B", f"{'a' * 32},{'b' * 32}"),
        ("Blok A + blok a", "a" * 32),
        ("10\nBlok A", f"{'c' * 32}+{'a' * 32}"),
    ],
)
def test_what_is_typed_is_kept(typed, kept):
    assert drawing.stored(typed, BLOCKS) == kept


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("187 + 0", "empty_tps"),
        ("Blok C", "unknown_block"),
        ("+".join(["1"] * 201), "too_many_tps"),
        ("187 + x", "unknown_block"),
    ],
)
def test_what_is_no_plan_is_refused(typed, code):
    with pytest.raises(drawing.DrawingFault) as refused:
        drawing.stored(typed, BLOCKS)

    assert refused.value.code == code


def test_sizes_and_blocks_are_told_apart():
    assert drawing.read("187+117") == (187, 117)
    assert drawing.read(f"{'a' * 32},{'b' * 32}+{'c' * 32}") == (frozenset({"a" * 32, "b" * 32}), frozenset({"c" * 32}))
    assert drawing.read("") == ()


def test_a_block_that_is_gone_is_left_out():
    assert drawing.typed(f"{'a' * 32},{'d' * 32}+{'d' * 32}", NAMES) == "Blok A\n-"


@given(st.lists(st.sets(st.sampled_from(["Blok A", "Blok B"]), min_size=1), min_size=1, max_size=5))
def test_shown_again_it_means_the_same(lines):
    kept = drawing.stored("\n".join(" + ".join(sorted(line)) for line in lines), BLOCKS)

    assert drawing.stored(drawing.typed(kept, NAMES), BLOCKS) == kept


def test_figures_that_are_none_are_no_sizes():
    assert drawing.read("²+1") == (frozenset({"²"}), frozenset({"1"}))
