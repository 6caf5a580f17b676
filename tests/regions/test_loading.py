"""Loading the reference data: the whole country, again, and in part."""

import pytest
from django.db import IntegrityError, transaction

from regions.levels import Level
from regions.loading import load_reference_data
from regions.models import ElectoralDistrict, FormedTPS, ReferenceFile, Region, RegionDistricts
from regions.reference import EDITION

pytestmark = pytest.mark.django_db

PAPUA = {"91", "93"}


def districts(code: str) -> RegionDistricts:
    return RegionDistricts.objects.select_related("dpr", "dprd_prov", "dprd_kabko").get(edition=EDITION, region=code)


@pytest.mark.slow  # the whole country, as every installation loads it: 4 s on SQLite, 12 s on PostgreSQL
def test_the_whole_country_loads_and_a_second_time_changes_nothing() -> None:
    counts = load_reference_data()
    stamps = set(ReferenceFile.objects.values_list("name", "sha256", "loaded_at"))

    assert load_reference_data() == counts | {"written": 0}
    assert set(ReferenceFile.objects.values_list("name", "sha256", "loaded_at")) == stamps
    assert counts == {
        "country": 1, "province": 38, "regency": 514, "district": 7_285, "village": 83_762, "retired": 620,
        "dpr": 84, "dprd_prov": 301, "dprd_kabko": 2_325,
        "region_districts": 514 + 7_285 + 83_762, "formed_tps": 1_822,
        "written": 92_220 + 84 + 301 + 2_325 + 91_561 + 702,
    }  # fmt: skip
    assert Region.objects.count() == 92_220
    assert RegionDistricts.objects.filter(dpr=None).count() == 0
    assert unknown_of_regencies_and_districts() == {"dprd_prov": [20, 0], "dprd_kabko": [514, 68]}


def unknown_of_regencies_and_districts() -> dict[str, list[int]]:
    """24 districts are split by village; the other 44 are those of DKI, which has no regency council."""
    levels = (Level.REGENCY, Level.DISTRICT)
    return {
        kind: [RegionDistricts.objects.filter(**{kind: None, "region__level": level}).count() for level in levels]
        for kind in ("dprd_prov", "dprd_kabko")
    }


def test_a_row_that_was_tampered_with_is_put_right() -> None:
    load_reference_data(only=PAPUA)
    Region.objects.filter(pk="93.01").update(name="Elsewhere", latitude=None)
    RegionDistricts.objects.filter(region="93.01.01").update(dpr=None)
    ElectoralDistrict.objects.filter(kind="dpr").update(name="?")
    FormedTPS.objects.filter(region="93.01").update(tps=99)
    written = (
        2 + ElectoralDistrict.objects.filter(kind="dpr").count() + FormedTPS.objects.filter(region="93.01").count()
    )

    assert load_reference_data(only=PAPUA)["written"] == written
    assert load_reference_data(only=PAPUA)["written"] == 0
    assert Region.objects.get(pk="93.01").name == "Kabupaten Merauke"
    assert districts("93.01.01").dpr is not None


def test_a_retired_code_is_a_region_with_a_successor_and_no_electoral_district() -> None:
    load_reference_data(only=PAPUA)
    merauke = Region.objects.get(pk="91.01.01")

    assert (merauke.successor_id, merauke.parent_id, merauke.last_seen) == ("93.01.01", "91.01", 2022)
    assert Region.objects.get(pk="91.01").name == "Kabupaten Merauke"
    assert not RegionDistricts.objects.filter(region__successor__isnull=False).exists()
    assert not Region.objects.current().filter(pk="91.01.01").exists()


def test_every_parent_and_successor_exists_and_stands_where_it_must() -> None:
    load_reference_data(only=PAPUA)

    for region in Region.objects.select_related("parent", "successor"):
        assert region.parent is None if region.pk == "00" else region.parent.level == region.level - 1
        assert region.successor is None or region.successor.level == region.level


def test_dki_has_districts_of_the_dpr_and_the_provincial_council_only() -> None:
    load_reference_data(only={"31"})

    assert not RegionDistricts.objects.filter(dprd_kabko__isnull=False).exists()
    assert not RegionDistricts.objects.filter(dpr=None).exists()
    assert districts("31.74.01").dprd_prov is not None


def test_a_village_without_a_regency_district_leaves_its_district_unknown() -> None:
    load_reference_data(only={"61"})

    assert districts("61.12.01.2021").dprd_kabko is None
    assert districts("61.12.01").dprd_kabko is None
    assert districts("61.12.01").dprd_prov is not None


def test_progress_is_told_step_by_step() -> None:
    lines: list[str] = []

    load_reference_data(only={"34"}, progress=lines.append)

    assert len(lines) == 4


def test_a_part_does_not_pass_for_the_whole() -> None:
    load_reference_data(only={"34"})
    part = ReferenceFile.objects.get(pk="regions").sha256
    load_reference_data(only={"34", "31"})

    assert ReferenceFile.objects.get(pk="regions").sha256 != part


def violates(name: str) -> pytest.RaisesExc[IntegrityError]:
    """PostgreSQL names the constraint, SQLite the columns of a unique one."""
    columns = {
        "electoral_district_once": "regions_electoraldistrict.code",
        "region_districts_once": "regions_regiondistricts.region_id",
        "formed_tps_once": "regions_formedtps.village_code",
    }
    return pytest.raises(IntegrityError, match=f"{name}|{columns.get(name, name)}")


@pytest.mark.parametrize("fields", [{"successor_id": "34"}, {"last_seen": 2022}])
def test_a_retired_region_has_successor_and_year_or_neither(fields: dict[str, object]) -> None:
    load_reference_data(only={"34"})

    with violates("region_retired_has_both"), transaction.atomic():
        Region.objects.filter(pk="34.01").update(**fields)


def test_an_electoral_district_exists_once_per_edition() -> None:
    row = {"edition": EDITION, "kind": "dpr", "code": "1", "name": "X"}
    ElectoralDistrict.objects.create(**row)

    with violates("electoral_district_once"), transaction.atomic():
        ElectoralDistrict.objects.create(**row)


def test_a_region_has_its_electoral_districts_once_per_edition() -> None:
    load_reference_data(only={"34"})

    with violates("region_districts_once"), transaction.atomic():
        RegionDistricts.objects.create(edition=EDITION, region_id="34.01")


def test_the_tps_formed_in_a_village_stand_there_once() -> None:
    load_reference_data(only={"34"})
    formed = FormedTPS.objects.all()[0]
    formed.pk = None

    with violates("formed_tps_once"), transaction.atomic():
        formed.save()
