"""How a region is named on a page."""

import pytest
from django.template import Context, Template
from pytest_django import DjangoAssertNumQueries

from regions.models import Region
from regions.templatetags.region_names import short_region
from tests import factories

NAMES = {"36": "Banten", "36.03": "Kabupaten Tangerang", "36.03.04": "Jambe", "36.03.04.2003": "Taban"}


@pytest.mark.parametrize(
    ("name", "short"),
    [("Kabupaten Tangerang", "Kab. Tangerang"), ("Kota Tangerang", "Kota Tangerang"), ("Kabupaten", "Kabupaten")],
)
def test_only_a_regency_is_shortened(name: str, short: str) -> None:
    assert short_region(name) == short


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("code", "path"),
    [("36.03.04.2003", "Taban, Jambe, Kabupaten Tangerang, Banten"), ("36", "Banten"), ("00", "Indonesia")],
)
def test_a_path_leads_up_to_the_province_with_one_query(
    code: str, path: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for each, name in NAMES.items():
        factories.region(each, name)

    with django_assert_num_queries(1):
        region = Region.objects.select_related("parent__parent__parent").get(pk=code)
        page = Template("{% load region_names %}{{ region|region_path }}").render(Context({"region": region}))

    assert page == path
