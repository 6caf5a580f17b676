"""Finding a region by what somebody types."""

import pytest
from django.test import Client

from regions.models import Region
from regions.search import matching
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _regions() -> None:
    for code, name in {
        "36": "Banten",
        "36.03": "Kabupaten Tangerang",
        "36.71": "Kota Tangerang",
        "36.71.01": "Tangerang",
        "36.03.04": "Jambe",
        "36.03.04.2003": "Taban",
        "36.03.04.2010": "Jambe",
        "91.01": "Kabupaten Taban Lama",
    }.items():
        factories.region(code, name, **({"successor": "93.01"} if code == "91.01" else {}))


def found(words: str) -> list[str]:
    return [region.pk for region in matching(Region.objects.current(), words)]


@pytest.mark.parametrize("words", ["taban", "TABAN jambe", "taban, jambe, kab. tangerang"])
def test_a_village_is_found_by_its_name_and_what_lies_above(words: str) -> None:
    assert found(words) == ["36.03.04.2003"]


def test_the_very_name_comes_first_and_the_larger_region_before_the_smaller() -> None:
    assert found("tangerang") == ["36.03", "36.71", "36.71.01"]
    assert found("jambe") == ["36.03.04", "36.03.04.2010"]


def test_of_alike_names_that_of_the_own_province_comes_first() -> None:
    for code in ("51", "51.02", "51.02.01", "36.03.05"):
        factories.region(code, "Kediri")

    for near, first in (("51", "51.02.01"), ("36", "36.03.05")):
        districts = matching(Region.objects.filter(level=3), "kediri", near=near)
        assert districts[0].pk == first


@pytest.mark.parametrize("text", ["36.03.04.2", "3603042", "36 03 04 2"])
def test_the_beginning_of_a_code_is_enough(text: str) -> None:
    assert found(text) == ["36.03.04.2003", "36.03.04.2010"]


@pytest.mark.parametrize("text", ["%", "_", "3%", "nowhere", "", "  ", "9" * 50, "٣٦"])
def test_what_names_no_region_finds_none(text: str) -> None:
    assert found(text) == []


def test_a_retired_region_is_not_offered() -> None:
    assert "91.01" not in found("taban lama")
    assert found("9101") == []


def test_the_list_below_a_picker_shows_the_way_up() -> None:
    client = Client()
    client.force_login(factories.user())

    page = client.get("/wilayah/cari/", {"cari": "taban", "dalam": "36"})

    assert page.status_code == 200
    assert "Jambe, Kabupaten Tangerang, Banten" in page.content.decode()
    assert 'data-code="36.03.04.2003"' in page.content.decode()
