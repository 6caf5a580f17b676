"""What an old code or the first digits of a NIK mean today."""

import pytest

from regions.loading import load_reference_data
from regions.models import Region
from regions.resolve import Resolver, resolver


@pytest.fixture
def chain() -> Resolver:
    return Resolver(
        [
            ("36", "Banten", None),
            ("36.03", "Kabupaten Tangerang", None),
            ("36.03.04", "Jambe", None),
            ("32.19.04", "Older", "36.19.04"),
            ("36.19.04", "Old", "36.03.04"),
        ]
    )


def test_a_retired_code_leads_through_every_successor_to_the_one_in_force(chain: Resolver) -> None:
    assert chain.current("32.19.04") == "36.03.04"
    assert chain.current("36.03.04") == "36.03.04"
    assert chain.current("99.99.99") is None


@pytest.mark.parametrize("digits", ["321904", "361904", "360304"])
def test_a_nik_shows_the_district_of_today_whatever_its_code_was(chain: Resolver, digits: str) -> None:
    assert chain.district_of_nik(digits) == "36.03.04"
    assert chain.known_or_retired(digits)


@pytest.mark.parametrize("digits", ["999999", "36030", "3603040", "36.03.", "", "36030a", "٣٦٠٣٠٤"])
def test_what_never_was_a_district_is_none(chain: Resolver, digits: str) -> None:
    assert chain.district_of_nik(digits) is None
    assert not chain.known_or_retired(digits)


def test_a_code_is_found_with_or_without_dots(chain: Resolver) -> None:
    assert chain.find("360304") == chain.find("36.03.04") == "36.03.04"
    assert chain.find("nowhere") is None


def test_a_path_reads_from_the_region_up_to_its_province(chain: Resolver) -> None:
    assert chain.path("36.03.04") == ["Jambe", "Kabupaten Tangerang", "Banten"]
    assert chain.path("99") == []


@pytest.mark.django_db
def test_a_nik_issued_in_merauke_before_2022_is_of_merauke_today() -> None:
    load_reference_data(only={"91", "93"})

    assert resolver().district_of_nik("910101") == "93.01.01"
    assert resolver().names()["93.01.01"] == "Merauke"


@pytest.mark.django_db
def test_regions_are_kept_in_memory_until_reference_data_is_loaded_again() -> None:
    load_reference_data(only={"34"})
    before = resolver()
    again = resolver()
    load_reference_data(only={"34", "36"})

    assert again is before
    assert before.current("36.03") is None
    assert resolver().current("36.03") == "36.03"


@pytest.mark.django_db
def test_without_loaded_reference_data_nothing_is_kept() -> None:
    Region.objects.create(pk="34", name="DIY", level=1)
    assert resolver().current("34") == "34"

    Region.objects.create(pk="36", name="Banten", level=1)
    assert resolver().current("36") == "36"
