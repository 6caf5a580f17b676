"""A spreadsheet that keeps 15 digits of a NIK is found out by the list as a whole, and a true list is left alone."""

import io
import random

import pytest

from locations.models import Batch
from tests import factories
from voters import checking, importing, preparing
from voters.models import Register
from voters.rounded import last_digits
from voters.words import warnings_of

from .lists import as_csv, invented_nik, load, prisons, row


def true_niks(count, seed=1):
    """As offices issue them: serials from 0001 on, few of them large."""
    some = random.Random(seed)
    return [invented_nik(serial=1 + int(some.expovariate(1 / 12))) for _ in range(count)]


def rounded(niks):
    """As Excel writes them: 15 digits, and a 0."""
    return [f"{nik[:15]}0" for nik in niks]


@pytest.mark.parametrize("seed", range(20))
def test_a_true_list_is_never_taken_for_a_rounded_one(seed):
    assert not last_digits(true_niks(20, seed), synthetic=False).are_rounded
    assert last_digits(rounded(true_niks(20, seed)), synthetic=False).are_rounded


@pytest.mark.parametrize(
    ("texts", "niks", "zeros", "are_rounded"),
    [
        (rounded(true_niks(19)), 19, 19, False),
        ([*rounded(true_niks(18)), "'3603281508900001", " 36.03.28.150890.0002 "], 20, 18, True),
        (rounded(true_niks(17)) + true_niks(3), 20, 17, False),
        (["-", "", "0" * 16, "1" * 16, "360328150890000", "3.6E+15"] * 20, 0, 0, False),
    ],
)
def test_what_counts_is_whatever_has_sixteen_digits_and_is_no_mere_stand_in(texts, niks, zeros, are_rounded):
    found = last_digits(texts, synthetic=False)

    assert (found.niks, found.zeros, found.are_rounded) == (niks, zeros, are_rounded)


def test_the_people_of_a_synthetic_register_are_not_rounded():
    assert not last_digits(["3603281508900000"] * 50, synthetic=True).niks


@pytest.mark.django_db
def test_a_rounded_list_is_told_before_its_import_and_with_it(monkeypatch):
    place, _elsewhere = prisons()
    monkeypatch.setattr(preparing, "CHUNK", 7)
    rows = [row(f"Warga {'ABCDEFGHIJKLMNOPQRSTUVWXY'[n]}", nik) for n, nik in enumerate(rounded(true_niks(25)))]
    rows[3]["jenis_kelamin"] = "X"

    batch = load(*rows, at=place)
    again = importing.receive(
        file=io.BytesIO(as_csv(rows)), file_name="x.csv", location=place, by=factories.user(), is_checked=True
    )
    looked_at = checking.check(again, location=place)

    told = {"count": 25, "rows": [], "params": {"niks": 25, "percent": 100}}
    assert batch.warnings["niks_rounded"] == told
    assert looked_at.warnings.as_json()["niks_rounded"] == told
    assert "25" in next(line["text"] for line in warnings_of(batch) if "100%" in line["text"])


@pytest.mark.django_db
def test_what_was_counted_before_a_worker_was_lost_still_counts(monkeypatch):
    place, _elsewhere = prisons()
    monkeypatch.setattr(preparing, "CHUNK", 10)
    data = as_csv([row(f"Warga {chr(65 + n)}", nik) for n, nik in enumerate(rounded(true_niks(20)))])
    batch = importing.receive(file=io.BytesIO(data), file_name="x.csv", location=place, by=factories.user())

    def lost(rows):
        if rows >= 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        importing.run(batch, on_progress=lost)
    Batch.everywhere.filter(pk=batch.pk).update(state=Batch.State.RECEIVED)

    assert importing.run(batch).warnings["niks_rounded"]["params"] == {"niks": 20, "percent": 100}


@pytest.mark.django_db
def test_an_invented_list_in_a_synthetic_register_is_left_alone():
    place, _elsewhere = prisons()
    Register.objects.create(name="contoh", is_synthetic=True)

    batch = load(*(row(f"Warga {chr(65 + n)}", invented_nik(serial=0)) for n in range(25)), at=place)

    assert "niks_rounded" not in batch.warnings
