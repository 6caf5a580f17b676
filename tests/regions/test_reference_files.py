"""The shipped figures are whole: what the manifest says of them, and what they say of each other."""

from collections import Counter
from pathlib import Path

import pytest

from regions import reference
from regions.levels import Level, level_of, parent_code
from regions.reference import pack

FILES = sorted(pack.ORIGINS)


@pytest.fixture(scope="module")
def current() -> dict[str, str]:
    return {row["code"]: row["name"] for row in reference.rows("regions")}


@pytest.fixture(scope="module")
def retired() -> dict[str, dict[str, str]]:
    return {row["code"]: row for row in reference.rows("retired_regions")}


@pytest.fixture(scope="module")
def electoral() -> list[dict[str, str]]:
    return reference.rows("electoral_districts")


def test_the_manifest_names_exactly_the_files_that_are_there() -> None:
    shipped = {path.name.removesuffix(".csv.gz") for path in reference.FOLDER.glob("*.csv.gz")}

    assert shipped == set(reference.manifest()) == set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_every_file_has_the_rows_counts_and_origin_of_the_manifest(name: str) -> None:
    entry = reference.manifest()[name]
    table = reference.rows(name)

    assert len(table) == entry["rows"]
    assert pack.counts(name, table) == entry["counts"]
    assert all(entry[key] for key in ("edition", "source", "licence"))


def test_a_file_that_is_not_the_one_of_the_manifest_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = (reference.FOLDER / "national_2024.csv.gz").read_bytes()
    (tmp_path / "national_2024.csv.gz").write_bytes(shipped + b" ")
    reference.manifest()
    monkeypatch.setattr(reference, "FOLDER", tmp_path)

    with pytest.raises(reference.Damaged, match="national_2024"):
        reference.rows("national_2024")


def test_the_decree_has_its_provinces_regencies_districts_and_villages(current: dict[str, str]) -> None:
    levels = Counter(level_of(code) for code in current)

    assert levels == {Level.PROVINCE: 38, Level.REGENCY: 514, Level.DISTRICT: 7_285, Level.VILLAGE: 83_762}


def test_the_parent_of_every_region_is_there(current: dict[str, str]) -> None:
    assert all(parent_code(code) in current for code in current if level_of(code) > Level.PROVINCE)


def test_every_retired_code_has_a_successor_of_its_own_level_and_a_parent(
    current: dict[str, str], retired: dict[str, dict[str, str]]
) -> None:
    assert len(retired) == 620
    assert not set(retired) & set(current)
    assert all(row["successor"] in current for row in retired.values())
    assert all(level_of(code) is level_of(row["successor"]) for code, row in retired.items())
    assert all(parent_code(code) in current or parent_code(code) in retired for code in retired)


def test_every_province_regency_and_district_has_a_point_in_indonesia(current: dict[str, str]) -> None:
    points = {
        row["code"]: (float(row["latitude"]), float(row["longitude"])) for row in reference.rows("region_centroids")
    }

    assert set(points) == {code for code in current if level_of(code) < Level.VILLAGE}
    assert all(-11.5 < latitude < 6.5 and 94.5 < longitude < 141.5 for latitude, longitude in points.values())


def test_every_electoral_district_is_there_and_covers_regions_that_exist(
    current: dict[str, str], electoral: list[dict[str, str]]
) -> None:
    kinds = Counter(kind for kind, _code in {(row["kind"], row["district_code"]) for row in electoral})

    assert kinds == {"dpr": 84, "dprd_prov": 301, "dprd_kabko": 2_325}
    assert all(row["region_code"] in current for row in electoral)


def test_every_regency_is_in_exactly_one_electoral_district_of_the_dpr(
    current: dict[str, str], electoral: list[dict[str, str]]
) -> None:
    covered = Counter(row["region_code"] for row in electoral if row["kind"] == "dpr")

    assert covered == {code: 1 for code in current if level_of(code) is Level.REGENCY}


def test_kpu_formed_1822_tps_and_three_villages_are_known_only_by_their_regency(current: dict[str, str]) -> None:
    formed = reference.rows("special_tps_2024")
    provinces: Counter[str] = Counter()
    for row in formed:
        provinces[row["village_code"][:2]] += int(row["special_tps"])

    assert (provinces.total(), len(provinces)) == (1_822, 37)
    assert (provinces["35"], provinces["31"], provinces["36"]) == (416, 80, 48)
    assert all(row["village_code"][:5] in current for row in formed)
    assert {row["village_code"] for row in formed if row["village_code"] not in current} == {
        "96.01.42.2003", "96.02.14.2006", "96.71.05.1011",
    }  # fmt: skip


def test_the_population_adds_up_to_the_same_at_both_levels() -> None:
    totals: Counter[Level] = Counter()
    for row in reference.rows("population_2025"):
        totals[level_of(row["region_code"])] += int(row["total"])

    assert totals == {Level.PROVINCE: 284_973_643, Level.REGENCY: 284_973_643}
