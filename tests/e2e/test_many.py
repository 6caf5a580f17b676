"""A clerk mends the refused rows of a list, and marks several voters at once, in a browser and by keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .acting import accounts, complaints_of, prepare, sign_in, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.live import Site

pytestmark = pytest.mark.slow  # the whole program and a browser
LIST = """
import io
from accounts.models import User
from voters import importing
factories.region("36.03.28")
location = factories.special_location(region_code="36.03.28.2007")
lines = ["nama,nik,tanggal_lahir,jenis_kelamin", "Warga Satu,3603281508900001,1990-08-15,L",
         "Warga Dua,3603281508900002,1990-08-15,Laki-laki", "Warga Tiga,360328150890,8/15/1990,L"]
batch = importing.receive(file=io.BytesIO(chr(10).join(lines).encode()), file_name="daftar.csv", location=location,
                          by=User.objects.get(username="banten"))
importing.run(batch)
print(f"{batch.pk} {location.pk}")
"""


@pytest.fixture(scope="module")
def made(live_site: Site) -> tuple[str, str]:
    """Ids of a list with two refused rows, and of its location."""
    batch, location = prepare(live_site, accounts(banten="36") + LIST).split()
    return batch, location


def test_refused_rows_are_mended_one_after_the_other(made: tuple[str, str], new_page: Callable[..., Any]) -> None:
    page = sign_in(new_page(), "banten")
    heard = complaints_of(page)
    page.goto(f"/pemilih/berkas/{made[0]}/ditolak/")
    wait_for(page, lambda: page.evaluate("document.activeElement.name") == "jenis_kelamin")

    page.click("[name=pakai][value=jenis_kelamin]")
    wait_for(page, lambda: page.input_value("[name=jenis_kelamin]") == "L")
    page.focus("[name=nama]")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    wait_for(page, lambda: "Warga Dua" in page.inner_text("main"))
    assert page.url.endswith("?baris=4")

    page.click("[name=pakai][value=semua], [name=pakai]")
    wait_for(page, lambda: page.input_value("[name=tanggal_lahir]") == "1990-••-••")
    page.fill("[name=nik]", "3603281508900003")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    wait_for(page, lambda: page.url.endswith(f"/berkas/{made[0]}/"))
    assert heard == []


def test_chosen_voters_are_marked_after_the_page_said_what_would_happen(
    made: tuple[str, str], new_page: Callable[..., Any]
) -> None:
    page = sign_in(new_page(), "banten")
    heard = complaints_of(page)
    page.goto(f"/pemilih/lokasi/{made[1]}/")
    button = page.locator("button[data-selected=voters]")
    assert button.is_disabled()

    page.keyboard.press("j")
    page.keyboard.press("x")
    assert button.is_enabled()
    button.press("Enter")
    page.check("[name=tindakan][value=mark]")
    page.select_option("[name=tanda]", "1")
    page.fill("[name=reason]", "akta kematian")
    page.keyboard.press("Enter")
    page.wait_for_selector("[name=lakukan][value='1']")
    page.click("[name=lakukan]")

    page.wait_for_url("**/pemilih/ganda/tindakan/*/")
    assert "meninggal" in page.inner_text("main")
    assert heard == []
