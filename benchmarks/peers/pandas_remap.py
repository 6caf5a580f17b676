"""The national recompute as a data analyst writes it: one read of the columns, rules on whole columns, one groupby."""

from __future__ import annotations

import time
import warnings
from typing import TYPE_CHECKING, Any

import pandas as pd
from django.db import connection

from locations.models import SpecialLocation
from mapping import policies
from mapping.core.allocation import plan_location
from mapping.core.plan import Cell
from voters.eligibility import BALLOT_BIT

if TYPE_CHECKING:
    import uuid

    from mapping.models import Policy

VOTERS = """
SELECT location_id, block_id, role, sex, home_id, of_age_on, marital, arrival, departure, is_foreign, is_military_police,
       official_mark, nik_verdict, is_duplicate, is_mismatch
FROM voters_voter WHERE location_id IS NOT NULL
"""
DISTRICTS = "SELECT region_id, dpr_id, dprd_prov_id, dprd_kabko_id FROM regions_regiondistricts"
PLACES = "SELECT id, region_id, kind FROM locations_speciallocation WHERE withdrawn_at IS NULL AND closed_at IS NULL"


def measured(policy: Policy, ours: dict[uuid.UUID, int]) -> dict[str, Any]:
    """Raises AssertionError where it does not come to our number of TPS."""
    started = time.perf_counter()
    found = _tps(policy)
    seconds = time.perf_counter() - started
    assert found == {str(pk).replace("-", ""): tps for pk, tps in ours.items()}, "the peer comes to other TPS"
    return {"seconds": round(seconds, 3)}


def _tps(policy: Policy) -> dict[str, int]:
    grouped = _grouped(_judged(_joined(), policy), policy)
    places = {place.pk.hex: place for place in SpecialLocation.everywhere.active()}
    cells: dict[str, list[Cell]] = {key: [] for key in places}
    for location, block, sex, ballots, count in grouped.itertuples(index=False):
        cells[location.replace("-", "")].append(Cell(block, sex, ballots, count))
    return {
        key: len(plan_location(cells[key], policies.plan_rules(policy, place)).stations)
        for key, place in places.items()
    }


def _joined() -> pd.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pandas would rather have SQLAlchemy
        voters = pd.read_sql(VOTERS, connection.connection)
        districts = pd.read_sql(DISTRICTS, connection.connection)
        places = pd.read_sql(PLACES, connection.connection)
    for name in ("location_id", "block_id"):
        voters[name] = voters[name].astype("string")
    places["id"] = places["id"].astype("string")
    places = places.merge(districts, on="region_id", how="left")
    joined = voters.merge(places, left_on="location_id", right_on="id", suffixes=("", "_here"))
    return joined.merge(districts, left_on="home_id", right_on="region_id", how="left", suffixes=("_here", "_home"))


def _judged(people: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    day = pd.Timestamp(policy.polling_day)
    date = {name: pd.to_datetime(people[name]) for name in ("of_age_on", "arrival", "departure")}
    here, home = people["region_id_here"], people["home_id"]
    width = home.str.len().combine(here.str.len(), min)
    is_home = pd.Series([h[:w] == r[:w] for h, r, w in zip(home, here, width, strict=True)], index=people.index)
    is_resident = people["kind"].isin(["rutan_lapas", "panti"]) & (people["role"] == "penghuni")
    barred = (
        (people["nik_verdict"] != "ok")
        | ((date["of_age_on"] > day) & ~people["marital"].isin(["S", "P"]))
        | (date["arrival"] > day)
        | (date["departure"] <= day)
        | (people["official_mark"] != "")
        | people[["is_foreign", "is_military_police", "is_duplicate", "is_mismatch"]].astype(bool).any(axis=1)
        | home.isna()
        | (is_home & ~is_resident)
    )
    return people[~barred]


def _grouped(people: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    here, home = people["region_id_here"], people["home_id"]
    entitled = {
        "ppwp": pd.Series(True, index=people.index),
        "dpd": home.str[:2] == here.str[:2],
        **{b: people[f"{b}_id_here"] == people[f"{b}_id_home"] for b in ("dpr", "dprd_prov", "dprd_kabko")},
    }
    held = sum(entitled[ballot].astype(int) * BALLOT_BIT[ballot] for ballot in policy.ballots)
    keyed = people.assign(ballots=held, block_id=people["block_id"].fillna(""))
    return keyed.groupby(["location_id", "block_id", "sex", "ballots"], sort=False).size().reset_index()
