"""The main job by its commands: files in, proposed TPS out, on the figures that were reported in 2023 and 2024."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command

from mapping import policies
from regions import reference
from regions.loading import load_reference_data
from tests.voters.lists import as_csv
from tpskhusus import sample, synthetic
from voters.models import Register

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]


@pytest.fixture
def country(db: None) -> None:
    """The provinces of the cases below, the shipped policies, a synthetic register."""
    load_reference_data(only={"31", "32", "33", "35", "36", "63", "74", "91", "93", "94", "95", "96"})
    policies.load_shipped()
    register = Register.current()
    register.is_synthetic = True
    register.save()


def command(name: str, *arguments: Any) -> str:
    output = io.StringIO()
    call_command(name, *arguments, stdout=output)
    return output.getvalue()


def result(name: str, *arguments: Any) -> dict[str, Any]:
    return json.loads(command(name, *arguments, "--json").splitlines()[-1])


def exported(*arguments: str) -> dict[str, dict[str, str]]:
    rows = csv.DictReader(io.StringIO(command("export_proposals", *arguments)))
    return {row["kode_lokasi"]: row for row in rows}


def bring(folder: Path, places: list[dict[str, Any]], people: list[dict[str, Any]]) -> dict[str, Any]:
    (folder / "lokasi.csv").write_bytes(synthetic.as_csv(places, sample.LOCATION_COLUMNS))
    (folder / "pemilih.csv").write_bytes(as_csv(people))
    result("import_locations", folder / "lokasi.csv")
    return result("import_voters", folder / "pemilih.csv")


def place(code: str, region: str, kind: str = "rutan_lapas", **cells: Any) -> dict[str, Any]:
    return {"kode_lokasi": code, "nama": f"Lokasi {code}", "kategori": kind, "kode_wilayah": region, **cells}


def people(code: str, homes: list[str], *, nik_district: str = "") -> Iterator[dict[str, Any]]:
    """Men born one day after the other, at home in `homes`; with `nik_district` only the NIK says where."""
    for number, home in enumerate(homes):
        born = synthetic.FIRST_DAY.replace(year=1970 + number // 300, month=1 + number % 12, day=1 + number // 12 % 25)
        district = nik_district or home[:8].replace(".", "")
        yield {
            "kode_lokasi": code,
            "nik": f"{district}{born:%d%m%y}0000",
            "nama": f"Warga Contoh {number}",
            "tanggal_lahir": born.isoformat(),
            "jenis_kelamin": "L",
            "kode_wilayah_domisili": "" if nik_district else home,
        }


def ballots(row: dict[str, str]) -> dict[str, int]:
    names = ("ppwp", "dpd", "dpr", "dprd_prov", "dprd_kabko", "gub", "bupwal")
    return {name: int(row[name]) for name in names if int(row[name])}


@pytest.mark.usefixtures("country")
def test_the_sample_gets_the_reported_number_of_tps_at_all_eleven_locations() -> None:
    sample.load_real_locations()

    remapped = result("remap")
    rows = exported()

    reported = reference.rows("real_locations")
    assert sorted((row["nama"], int(row["memenuhi_syarat"]), int(row["tps"])) for row in rows.values()) == sorted(
        (row["name"], int(row["voters"]), int(row["tps"])) for row in reported
    )
    assert (remapped["locations"], remapped["qualified"], remapped["tps"]) == (11, 11, 53)


@pytest.mark.usefixtures("country")
def test_without_the_request_the_three_get_the_least_number() -> None:
    sample.load_real_locations()
    from locations.models import SpecialLocation

    SpecialLocation.everywhere.update(requested_tps=None, requested_tps_reason="")
    result("remap")
    tps = {row["nama"]: int(row["tps"]) for row in exported().values()}

    assert tps["Lapas Kelas I Cipinang"] == 10
    assert tps["Rutan Kelas I Jakarta Pusat"] == 11
    assert tps["Lapas Kelas IIB Tulungagung"] == 2


@pytest.mark.usefixtures("country")
def test_an_inmate_in_banjarbaru_from_banjarmasin_gets_three_of_five_ballots(tmp_path: Path) -> None:
    bring(tmp_path, [place("LAPAS", "63.72")], list(people("LAPAS", ["63.71.01.1001"])))
    result("remap")

    assert ballots(exported()["LAPAS"]) == {"ppwp": 1, "dpd": 1, "dpr": 1}


@pytest.mark.usefixtures("country")
def test_a_boarding_school_in_magelang_in_a_regional_election(tmp_path: Path) -> None:
    school = place("PONPES", "33.08.01.2001", "lainnya", jenis="pesantren")
    homes = ["33.08.02.2001", "33.09.01.2001", "35.01.01.2001"]
    bring(tmp_path, [school], list(people("PONPES", homes)))

    remapped = result("remap", "--policy", "pilkada-2024")

    assert remapped["ineligible"] == {"outside_electorate": 1}
    assert ballots(exported("--policy", "pilkada-2024")["PONPES"]) == {"gub": 2, "bupwal": 1}


@pytest.mark.usefixtures("country")
def test_802_voters_of_one_detention_centre_become_901_and_902_with_401_each(tmp_path: Path) -> None:
    imported = bring(tmp_path, [place("RUTAN", "36.03.28.1001")], list(people("RUTAN", ["36.71.01.1001"] * 802)))
    result("remap", "--policy", "pilkada-2024")
    row = exported("--policy", "pilkada-2024")["RUTAN"]

    assert (imported["rows"], imported["accepted"]) == (802, 802)
    assert (row["tps"], row["ukuran"], row["nomor"], row["hasil"]) == ("2", "401+401", "901+902", "qualified")


@pytest.mark.usefixtures("country")
def test_a_home_known_only_by_a_nik_of_a_retired_code_gives_all_five_ballots(tmp_path: Path) -> None:
    """910101 was Merauke until 2022; today it is 93.01.01."""
    bring(tmp_path, [place("MERAUKE", "93.01.01")], list(people("MERAUKE", ["93.01.01"], nik_district="910101")))
    result("remap")

    assert ballots(exported()["MERAUKE"]) == dict.fromkeys(("ppwp", "dpd", "dpr", "dprd_prov", "dprd_kabko"), 1)


@pytest.mark.usefixtures("country")
def test_numbers_run_on_over_the_locations_of_a_village(tmp_path: Path) -> None:
    places = [place("A", "36.03.28.1001"), place("B", "36.03.28.1001"), place("C", "36.03.28.1002")]
    homes = ["36.71.01.1001"]
    bring(
        tmp_path,
        places,
        [*people("A", homes * 2), *list(people("B", homes * 4))[2:], *list(people("C", homes * 6))[4:]],
    )
    result("remap")

    assert {code: row["nomor"] for code, row in exported().items()} == {"A": "901", "B": "902", "C": "901"}


@pytest.mark.usefixtures("country")
def test_the_same_files_again_change_nothing(tmp_path: Path) -> None:
    places, rows = [place("A", "36.03.28.1001")], list(people("A", ["36.71.01.1001"] * 5))
    bring(tmp_path, places, rows)
    result("remap")
    before = command("export_proposals")

    again = bring(tmp_path, places, rows)
    result("remap")

    assert (again["accepted"], again["updated"]) == (0, 5)
    assert command("export_proposals") == before


def test_invented_people_never_join_real_ones() -> None:
    from django.core.management.base import CommandError

    from tests import factories

    factories.policy()
    factories.user()

    with pytest.raises(CommandError, match="never join real ones"):
        call_command("load_sample")
