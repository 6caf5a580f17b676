"""The same people through splink (Fellegi and Sunter on DuckDB), as its own documentation sets a deduplication up."""

from __future__ import annotations

import logging
import time
import warnings
from typing import TYPE_CHECKING, Any

import pandas as pd
import splink.comparison_library as comparisons
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voters.likely import Person

SETTINGS = SettingsCreator(
    link_type="dedupe_only",
    comparisons=[
        comparisons.JaroWinklerAtThresholds("name", [0.95, 0.88]).configure(term_frequency_adjustments=True),
        comparisons.DamerauLevenshteinAtThresholds("born", [1, 2]),
        comparisons.DamerauLevenshteinAtThresholds("nik", [1, 2]),
        comparisons.ExactMatch("sex"),
    ],
    blocking_rules_to_generate_predictions=[
        block_on("name", "born"),
        block_on("born", "sex", "substr(name, 1, 2)"),
        block_on("born", "sex", "substr(name, -2)"),
        block_on("name", "year"),
        block_on("substr(nik, 1, 12)"),
        block_on("substr(nik, 5, 12)"),
    ],
)


def pairs(people: Sequence[Person]) -> tuple[set[tuple[int, int]], float]:
    """The pairs that splink takes for one person with more than 50%, and the seconds it took."""
    logging.getLogger("splink").setLevel(logging.ERROR)
    started = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = _predicted(_linker(people))
    seconds = time.perf_counter() - started
    return {(min(a, b), max(a, b)) for a, b in zip(found.unique_id_l, found.unique_id_r, strict=True)}, seconds


def _linker(people: Sequence[Person]) -> Any:
    rows = [
        (place, person.name, person.born.isoformat(), person.born.year, person.nik or None, person.sex)
        for place, person in enumerate(people)
    ]
    frame = pd.DataFrame(rows, columns=["unique_id", "name", "born", "year", "nik", "sex"])
    api = DuckDBAPI()
    return Linker(api.register(frame), SETTINGS)


def _predicted(linker: Any) -> pd.DataFrame:
    training = linker.training
    training.estimate_probability_two_random_records_match([block_on("name", "born")], recall=0.7)
    training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    training.estimate_parameters_using_expectation_maximisation(block_on("name", "year"))
    training.estimate_parameters_using_expectation_maximisation(block_on("born", "sex"))
    return linker.inference.predict(threshold_match_probability=0.5).as_pandas_dataframe()
