"""What an import has checked and sealed is not done again, is readable by nobody, and goes when it is of no use."""

from __future__ import annotations

import gc
import io
import stat
import tempfile
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from accounts.permissions import SYSTEM
from locations import intake
from locations.models import Batch
from tests import factories
from voters import importing, preparing, registration, spool
from voters.models import FormerNIK, Voter, VoterIdentity
from voters.reading import Reading, alike

from .lists import as_csv, counts, invented_nik, load, prisons, row

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]
ROWS = 50


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    prisons()
    monkeypatch.setattr(preparing, "CHUNK", 10)
    monkeypatch.setattr(preparing, "STRETCH", 4)


def people(count: int = ROWS) -> list[dict[str, Any]]:
    """Every tenth row is refused."""
    rows = [
        row(f"Nama {n}", invented_nik(serial=n + 1), kode_lokasi="A", blok=f"Blok {n // 20}", alamat="Jl. Mawar")
        for n in range(count)
    ]
    return [cells if n % 10 else {**cells, "jenis_kelamin": "X"} for n, cells in enumerate(rows)]


def receive(rows: list[dict[str, Any]]) -> Batch:
    return importing.receive(file=io.BytesIO(as_csv(rows)), file_name="daftar.csv", by=SYSTEM)


def cut_off(batch: Batch, monkeypatch: pytest.MonkeyPatch, *, after: int) -> Path:
    """Lets the database go away once so many rows were looked at; returns the spool that is left."""

    def gone(_batch: Batch, *, rows_done: int) -> None:
        if rows_done > after:
            raise OperationalError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(intake, "beat", gone)
        with pytest.raises(OperationalError):
            importing.run(batch)
    Batch.everywhere.update(heartbeat_at=timezone.now() - intake.LOST_AFTER * 2)
    (left,) = spools()
    return left


def spools() -> list[Path]:
    return list((importing.stored_path(Batch.everywhere.latest("received_at"))).parent.glob("*.spool"))


def checked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of the rows that are checked from now on."""
    numbers: list[int] = []
    people_of = preparing.Prepared.people_of

    def noting(self: Any, rows: Any, of: Any, ids: Any = None) -> Any:
        numbers.extend(of)
        return people_of(self, rows, of, ids)

    monkeypatch.setattr(preparing.Prepared, "people_of", noting)
    return numbers


def test_an_attempt_that_was_cut_off_is_gone_on_with_from_its_last_whole_chunk(monkeypatch):
    batch = receive(people())
    cut_off(batch, monkeypatch, after=30)

    numbers = checked(monkeypatch)
    done = importing.run(batch)

    assert min(numbers) == 32  # the header is row 1, and thirty rows lay in whole chunks
    assert counts(done) == {"rows": 50, "accepted": 45, "updated": 0, "rejected": 5, "duplicates": 0}
    assert dict(Voter.everywhere.values_list("name", "block__name")) == {
        f"Nama {n}": f"Blok {n // 20}" for n in range(ROWS) if n % 10
    }
    assert VoterIdentity.everywhere.exclude(claim=None).count() == 45


def test_what_was_cut_in_the_middle_of_a_chunk_or_changed_is_done_again(monkeypatch):
    batch = receive(people())
    left = cut_off(batch, monkeypatch, after=30)
    data = bytearray(left.read_bytes())
    data[-5] ^= 1
    left.write_bytes(data)

    numbers = checked(monkeypatch)

    assert importing.run(batch).accepted == 45
    assert min(numbers) == 22


def test_rows_checked_against_another_register_are_checked_again(monkeypatch):
    rows = [*people(), row("Orang Baru", invented_nik(serial=900), kode_lokasi="NEW")]
    batch = receive([rows[-1], *rows[:-1]])
    cut_off(batch, monkeypatch, after=30)
    factories.special_location("NEW")

    assert importing.run(batch).accepted == 46


@pytest.mark.parametrize(("later", "name"), [("Mawar", "Mawar"), ("Melati", "Melati")], ids=["the same", "another"])
def test_rows_go_on_as_the_list_is_read_now(monkeypatch, later, name):
    batch = receive(people())
    Batch.everywhere.update(reading=Reading(blocks={"A": {alike("Blok 1"): "Mawar"}}).as_json())
    cut_off(batch, monkeypatch, after=30)
    Batch.everywhere.update(reading=Reading(blocks={"A": {alike("Blok 1"): later}}).as_json())

    assert importing.run(batch).accepted == 45
    assert set(Voter.everywhere.values_list("block__name", flat=True)) == {"Blok 0", name, "Blok 2"}


def test_what_waits_is_sealed_and_for_us_alone_and_nothing_is_left_of_it_afterwards(monkeypatch):
    batch = receive(people())
    left = cut_off(batch, monkeypatch, after=30)

    data = left.read_bytes()
    assert stat.S_IMODE(left.stat().st_mode) == 0o600
    for secret in (invented_nik(serial=2), "Nama 1", "Mawar", "1990-08-15"):
        assert secret.encode() not in data
    head, pieces = next(iter(spool.left_behind(left, batch.pk)))
    assert b"Nama 1" in pieces[preparing.CELLS]
    assert head

    importing.run(batch)
    assert spools() == []


@pytest.mark.parametrize("end", [b'"x', b"x,\xff\n"])
def test_a_file_that_cannot_be_read_on_leaves_nothing(monkeypatch, end):
    batch = importing.receive(file=io.BytesIO(as_csv(people()) + end), file_name="x.csv", by=SYSTEM)

    assert importing.run(batch).state == "failed"
    assert spools() == []


def test_a_list_that_goes_unfinished_takes_its_spool_with_it(monkeypatch):
    batch = receive(people())
    cut_off(batch, monkeypatch, after=30)
    now = timezone.now()
    Batch.everywhere.update(state="failed", finished_at=now)

    importing.forget_uploads(at=now + intake.KEPT_FOR * 2)

    assert spools() == []
    assert not list(importing.stored_path(batch).parent.glob(f"{batch.pk}*"))


def test_the_same_person_far_apart_in_a_file_is_found_across_chunks(monkeypatch):
    rows = [row("Budi Santoso", invented_nik(serial=800), kode_lokasi="A", blok="Mawar"), *people()]
    rows.append(row("Budi Santosa", invented_nik(serial=800), kode_lokasi="A", blok="Melati"))
    rows.append(row("Budi Santoso", invented_nik(serial=800), kode_lokasi="B"))

    batch = load(*rows)

    assert counts(batch) == {"rows": 53, "accepted": 46, "updated": 1, "rejected": 5, "duplicates": 1}
    assert batch.warnings["twice_in_file"]["rows"] == [53]
    assert Voter.everywhere.get(name="Budi Santosa").block.name == "Melati"
    assert not Voter.everywhere.filter(block__name="Mawar").exists()


def test_a_corrected_nik_is_put_right_wherever_its_row_lies(monkeypatch):
    """The voter who had it before stands at B; the list of A still has the old number."""
    load(row("Budi Santoso", invented_nik(serial=801), kode_lokasi="B"))
    voter = Voter.everywhere.get()
    old = VoterIdentity.everywhere.get().nik_hash
    right = load_corrected(voter, old)

    batch = load(*people(), row("Budi Santoso", invented_nik(serial=801), kode_lokasi="A"))

    assert batch.warnings["former_nik"]["rows"] == [52]
    assert VoterIdentity.everywhere.filter(nik_hash=right).count() == 2
    assert batch.duplicates == 1


def load_corrected(voter: Voter, old: bytes) -> bytes:
    """Gives the voter the NIK 803 as a correction does."""
    registration.correct(voter=voter, fields={"nik": invented_nik(serial=803)}, by=SYSTEM)
    assert FormerNIK.everywhere.filter(nik_hash=old).exists()
    return bytes(VoterIdentity.everywhere.get(voter=voter).nik_hash)


def test_a_list_sent_again_updates_chunk_by_chunk(monkeypatch):
    monkeypatch.setattr("voters.entering.PEOPLE", 7)
    load(*people())

    again = [{**cells, "alamat": "Jl. Melati"} for cells in people()]
    batch = load(*reversed(again))

    assert counts(batch) == {"rows": 50, "accepted": 0, "updated": 45, "rejected": 5, "duplicates": 0}
    assert Voter.everywhere.count() == 45


@pytest.mark.slow  # memory is traced, which takes its time
def test_a_longer_list_takes_hardly_more_memory(monkeypatch):
    """Seven rows in eight wait in the spool when the last ones are checked; of each some bytes stay."""
    monkeypatch.setattr(preparing, "CHUNK", 250)
    load(*people())  # whatever is remembered from the first row on is not a matter of length

    factories.special_location("C", "32.73.01.1001")

    short = peak_of(lambda: load_list("C", range(1000, 2000)))
    long = peak_of(lambda: load_list("B", range(2000, 9000)))

    assert long - short < 6000 * 120  # a row as people, sealed and unsealed, is 5,000 bytes


def load_list(code: str, serials: range) -> None:
    names = "nama,nik,tanggal_lahir,jenis_kelamin,kode_lokasi,alamat"
    rows = (f"Budi Santoso,{invented_nik(serial=serial)},1990-08-15,L,{code},Jl. {serial}" for serial in serials)
    with tempfile.TemporaryFile() as file:
        file.writelines(f"{line}\n".encode() for line in (names, *rows))
        file.seek(0)
        batch = importing.receive(file=file, file_name="daftar.csv", by=SYSTEM)
    assert importing.run(batch).rows == len(serials)


def peak_of(work: Callable[[], None]) -> int:
    gc.collect()
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
