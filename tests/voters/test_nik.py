"""What a NIK says by itself, and when it identifies nobody."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voters import nik

BORN = date(1990, 8, 15)
MAN, WOMAN = "3603041508900001", "3603045508900001"


@pytest.mark.parametrize(
    "text", ["", "-", "0", "00000", "0000000000000000", "1111111111111111", "9", "0360304150890001"]
)
def test_offices_write_placeholders_instead_of_a_nik(text):
    assert nik.is_placeholder(nik.parse_nik(text))


def test_a_nik_that_ends_in_zeros_is_a_placeholder_except_among_invented_people():
    assert nik.is_placeholder("3603041508900000")
    assert not nik.is_placeholder("3603041508900000", synthetic=True)


@pytest.mark.parametrize(
    "text", ["3603.0415.0890.0001", "'3603041508900001", "3603 0415 0890 0001", "’3603041508900001"]
)
def test_dots_blanks_and_the_leading_apostrophe_do_not_count(text):
    assert nik.parse_nik(text) == MAN


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("360304150890001", "nik_length"),
        ("36030415089000011", "nik_length"),
        ("36030415O8900001", "nik_length"),
        ("٣٦٠٣٠٤١٥٠٨٩٠٠٠٠١", "nik_length"),
        ("--", "nik_length"),
        ("3,60304E+15", "nik_scientific"),
        ("3.60304E+15", "nik_scientific"),
        ("3603043208900001", "nik_date"),
        ("3603047208900001", "nik_date"),
        ("3603040008900001", "nik_date"),
        ("3603044008900001", "nik_date"),
        ("3603041513900001", "nik_date"),
        ("3603041500900001", "nik_date"),
        ("3603043104900001", "nik_date"),
        ("3603042902910001", "nik_date"),
        ("3603042902920001", None),
        ("3603042902000001", None),
        (MAN, None),
        (WOMAN, None),
    ],
)
def test_what_cannot_be_a_nik_is_named(text, code):
    assert nik.nik_fault(nik.parse_nik(text)) == code


def test_forty_is_added_to_the_day_for_women():
    assert (nik.sex_of(MAN), nik.sex_of(WOMAN)) == ("L", "P")
    assert nik.birth_date_of(MAN, at=date(2024, 2, 14)) == nik.birth_date_of(WOMAN, at=date(2024, 2, 14)) == BORN


def test_a_two_digit_year_is_the_latest_that_is_past():
    assert nik.birth_date_of("3603041508240001", at=date(2024, 2, 14)).year == 2024
    assert nik.birth_date_of("3603041508250001", at=date(2024, 2, 14)).year == 1925


def test_a_nik_in_agreement_is_ok_and_a_placeholder_is_none():
    assert nik.nik_verdict(MAN, BORN, "L", True).verdict == "ok"
    assert nik.nik_verdict(WOMAN, BORN, "P", True).verdict == "ok"
    assert nik.nik_verdict("", BORN, "L", True).verdict == "none"


def test_the_other_sex_is_bad_and_proposes_the_sex_of_the_nik():
    verdict = nik.nik_verdict(MAN, BORN, "P", True)

    assert (verdict.verdict, verdict.conflicts) == ("bad", ("sex",))
    assert verdict.corrections == (nik.Correction("sex", "L"),)


def test_another_birth_date_is_bad_and_proposes_both_ways_out():
    verdict = nik.nik_verdict(MAN, date(1990, 8, 16), "L", True)

    assert (verdict.verdict, verdict.conflicts) == ("bad", ("birth_date",))
    assert nik.Correction("birth_date", "1990-08-15") in verdict.corrections
    assert nik.Correction("nik", "3603041608900001") in verdict.corrections


def test_a_district_that_never_was_is_bad():
    verdict = nik.nik_verdict(MAN, BORN, "L", False)

    assert (verdict.verdict, verdict.conflicts, verdict.corrections) == ("bad", ("district",), ())


@given(st.dates(date(1900, 1, 1), date(2024, 1, 1)), st.sampled_from("LP"))
def test_every_birth_date_and_sex_makes_a_nik_that_agrees_with_it(born, sex):
    number = "360304" + nik.date_part(born, sex) + "0001"

    assert nik.nik_fault(number) is None
    assert nik.nik_verdict(number, born, sex, True).verdict == "ok"
    assert nik.sex_of(number) == sex


@given(
    st.dates(date(1930, 1, 1), date(2024, 1, 1)),
    st.dates(date(1930, 1, 1), date(2024, 1, 1)),
    st.sampled_from("LP"),
    st.sampled_from("LP"),
)
def test_every_proposed_correction_mends_it(born, told, sex, told_sex):
    number = "360304" + nik.date_part(told, told_sex) + "0001"

    for correction in nik.nik_verdict(number, born, sex, True).corrections:
        mended = {"nik": number, "birth_date": born.isoformat(), "sex": sex, correction.field: correction.value}
        again = nik.nik_verdict(mended["nik"], date.fromisoformat(mended["birth_date"]), mended["sex"], True)
        assert again.verdict == "ok"
