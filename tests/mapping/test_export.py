"""The file of proposals: exact columns, nothing else on standard output."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from mapping.core.plan import Cell
from tests import factories
from tests.mapping.plans import proposal

pytestmark = pytest.mark.django_db

COLUMNS = (
    "kode_lokasi,nama,kategori,kode_wilayah,terdaftar,memenuhi_syarat,tps,ukuran,nomor,hasil,alasan,"
    "ppwp,dpd,dpr,dprd_prov,dprd_kabko,gub,bupwal"
)


def export(*arguments: str) -> str:
    out, err = io.StringIO(), io.StringIO()
    call_command("export_proposals", *arguments, stdout=out, stderr=err)
    assert err.getvalue() == ""
    return out.getvalue()


def rows(*arguments: str) -> list[dict[str, Any]]:
    return list(csv.DictReader(io.StringIO(export(*arguments))))


@pytest.fixture
def jambe() -> None:
    """The detention centre of Tangerang under the rules of Pilkada: 802 voters, at most 600 per TPS."""
    rules = factories.policy("pilkada-2024", maximum=600, ballots=["gub", "bupwal"])
    place = factories.special_location("36.03-1", "36.03.28.2004", name='Rutan "Jambe", Tangerang')
    proposal(place, policy=rules, cells=[Cell("", "L", 32 + 64, 500), Cell("", "L", 32, 302)], ineligible={"no_nik": 5})


@pytest.mark.usefixtures("jambe")
def test_802_voters_get_tps_901_and_902_with_401_each() -> None:
    (row,) = rows()

    assert (row["tps"], row["ukuran"], row["nomor"], row["hasil"]) == ("2", "401+401", "901+902", "qualified")
    assert (row["terdaftar"], row["memenuhi_syarat"]) == ("807", "802")
    assert (row["gub"], row["bupwal"], row["ppwp"]) == ("802", "500", "0")
    assert "split_even" in row["alasan"].split("+")


@pytest.mark.usefixtures("jambe")
def test_the_file_has_the_columns_of_the_contract_and_nothing_else() -> None:
    lines = export().splitlines()

    assert lines[0] == COLUMNS
    assert len(lines) == 2
    assert '"Rutan ""Jambe"", Tangerang"' in lines[1]


@pytest.mark.usefixtures("jambe")
def test_json_has_the_same_rows_with_numbers_as_numbers() -> None:
    (row,) = json.loads(export("--format", "json"))

    assert list(row) == COLUMNS.split(",")
    assert (row["tps"], row["ukuran"], row["gub"]) == (2, "401+401", 802)


def test_a_location_without_tps_keeps_its_row_and_its_ballots() -> None:
    proposal(factories.special_location(kind="panti"), 40)
    proposal(factories.special_location(kind="panti"), 0, ineligible={"foreign": 2})

    few, nobody = rows()

    assert (few["tps"], few["ukuran"], few["nomor"], few["hasil"]) == ("0", "", "", "nearest_regular_tps")
    assert few["ppwp"] == "40"
    assert (nobody["hasil"], nobody["terdaftar"]) == ("no_eligible_voters", "2")


def test_numbers_run_on_over_the_locations_of_a_village_by_code() -> None:
    proposal(factories.special_location("Z", "36.03.28.2004"), 310)
    proposal(factories.special_location("A", "36.03.28.2004"), 620)
    proposal(factories.special_location("B", "36.03.28.2005"), 20)

    assert {row["kode_lokasi"]: row["nomor"] for row in rows()} == {"A": "901+902+903", "Z": "904+905", "B": "901"}


def test_only_the_version_in_force_of_the_region_and_policy_asked_for() -> None:
    place = factories.special_location("A", "36.03.28.2004")
    proposal(place, 100, superseded_at="2026-11-24T00:00:00Z")
    proposal(place, 200, version=2)
    proposal(factories.special_location("B", "32.73"), 300)
    other = factories.policy("pilkada-2024", is_current=False)
    proposal(place, 150, policy=other)

    assert [row["terdaftar"] for row in rows("--region", "36")] == ["200"]
    assert [row["terdaftar"] for row in rows("--policy", "pilkada-2024")] == ["150"]


def test_what_does_not_exist_is_said_and_nothing_is_printed() -> None:
    factories.policy()
    factories.region("36")

    with pytest.raises(CommandError, match=r"pemilu-2024"):
        export("--policy", "pemilu-2020")
    with pytest.raises(CommandError, match="region"):
        export("--region", "banten")
    with pytest.raises(CommandError, match="region"):
        export("--region", "98")
