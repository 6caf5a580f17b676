"""Every page of the site as a person sees it: on a desk and on a phone, in Indonesian, with the keyboard alone."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from .acting import accounts, complaints_of, prepare, sign_in, wait_for

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.live import Site

pytestmark = [pytest.mark.slow, pytest.mark.once]  # the whole program, a browser, and every page in it
DESK, PHONE = 1280, 360
SAMPLE = """
import json
from accounts.models import User
from locations import registration
from locations.models import Batch
from mapping import determination, policies, recompute, review, scenarios
from mapping.models import Proposal, Suggestion
from tests.voters.lists import invented_nik, load, row
from voters.models import Voter
operator, other, reviewer = (User.objects.get(username=name) for name in ("banten", "jabar", "pusat"))
LONG = "Lembaga Pemasyarakatan Perempuan Kelas IIA Contoh dengan Nama yang Panjang"
place, returned, draft, far = (
    factories.special_location(code, region, name=name, address="Jalan Contoh Nomor 1", estimated_voters=1200)
    for code, region, name in (
        ("36.03-001", "36.03.28.2006", LONG), ("36.03-002", "36.03.28.1001", "Rutan Kembali"),
        ("36.03-003", "36.03", "Rutan Rencana"), ("32.73-001", "32.73.01.1001", "Rutan Seberang"),
    )
)
home = {"kode_wilayah_domisili": "31.71.01.1001"}
people = [
    row(f"Muhammad Abdurrahman Wirasatya Kusumawardhana {n}", invented_nik(serial=n), blok=f"Blok {n % 7}", **home)
    for n in range(1, 60)
]
load(row("Warga Contoh", invented_nik(serial=1), kode_lokasi="32.73-001", **home), by=other)
load(row("Tanpa Tempat", invented_nik(serial=90), kode_wilayah_keberadaan="36.03.28.2006"), by=operator)
twin = row("Warga Mungkin Ganda", invented_nik(serial=501), **home)
batch = load(*people, twin, row("Tanpa NIK", "-"), row("", "1"), row("Salah", "999"), at=place, by=operator)
other_twin = row("Warga Mungkin Ganda", invented_nik(serial=501, district="360318"), **home)
load(row("Warga Kembali", invented_nik(serial=91), **home), other_twin, at=returned, by=operator)
recompute.changed()
for location in (place, returned):
    registration.submit(location=location, by=operator)
recompute.changed()
in_force = {row.location_id: row for row in Proposal.everywhere.filter(superseded_at=None)}
seen = in_force[returned.pk]
review.return_(proposal=seen, seen=seen.fingerprint, note="Lampirkan surat penanggung jawab.", by=reviewer)
policy = policies.current()
final = factories.special_location("36.03-004", "36.03.28.2007", name=LONG, person_in_charge="Kepala", letter_number="1")
for _ in range(3):
    factories.voter(final, home=factories.region("31.71.01.1001"))
recompute.locations([final.pk])
registration.submit(location=final, by=operator)
seen_final = Proposal.everywhere.get(location=final, superseded_at=None)
review.approve(proposal=seen_final, seen=seen_final.fingerprint, by=reviewer)
ready = determination.readiness(Proposal.everywhere.filter(location=final), policy)
region = factories.region("36.03.28.2007")
determination.determine(policy=policy, region=region, seen=ready.seen, by=reviewer)
from voters import acts, searching
from voters.models import DuplicateCase
searching.search()
case = DuplicateCase.everywhere.filter(voter__location=place, kind="likely").earliest("pk")
done = acts.set_apart(cases=[case], reason="NIK dicek dengan KTP-el", name="Pemeriksaan blok A", by=operator)
import datetime
from voters import orders
prison = factories.special_location(region_code="33.01.01.2001", name="Lapas Jauh")
leaving = [factories.voter(prison) for _ in range(3)]
order = orders.Order("transfer", on=datetime.date(2024, 1, 5), to=place, is_announced=True)
sender = factories.user("operator", "33.01")
transfer = orders.carry_out(order=order, voters=leaving, reason="surat 12/2024", by=sender).act
suggestion = Suggestion.everywhere.create(
    territory=place.territory, region=place.region, voters=124, sure_percent=88, latitude=-6.2, longitude=106.6,
    radius_m=410, cells="89694e64b03ffff",
)
scenario = scenarios.derive(based_on=policy, fields={"name": "Paling banyak 250", "maximum": 250}, by=reviewer)
scenarios.run(scenarios.ask(scenario=scenario, region=reviewer.territory, by=reviewer).pk)
from voters import answers, searches
import io
found = searches.load(
    file=io.BytesIO(b"referensi;nama;nik;nkk;hasil\\nD-1-AAA;Warga;;;ditemukan\\n"), file_name="temuan.csv", by=operator
)
(origin,) = [origin for origin in searches.origins(operator) if origin.without_nik]
sought = searches.make(home=origin.code, lacks="nik", due=datetime.date.today(), by=operator)
file = io.BytesIO(b"referensi;nama;jawaban;warna\\nC-1-AAA;Warga;ditemukan;biru\\n")
answered = answers.load(file=file, file_name="jawaban.csv", by=operator)
from tests.voters.lists import as_csv
from voters import importing
readable = as_csv([row("Warga Baru", invented_nik(serial=70), blok="Blok 01"), row("Warga", "999", blok="blok-1")])
unread = as_csv([{"Nama WBP": LONG * 2, "No. Identitas Kependudukan Warga Binaan": "3603280101900001", "Kelamin": "L"}])
sent = {"location": place, "file_name": LONG + ".csv", "by": operator, "is_checked": True}
looked_at, not_understood = (importing.receive(file=io.BytesIO(data), **sent) for data in (readable, unread))
print(json.dumps({
    "looked_at": str(looked_at.pk), "not_understood": str(not_understood.pk),
    "answers": str(answered.pk), "found": str(found.pk), "sought": str(sought.pk),
    "suggestion": str(suggestion.pk),
    "case": str(DuplicateCase.everywhere.filter(voter__location=place, closed_at=None).earliest("pk").pk),
    "act": str(done.act.pk), "transfer": str(transfer.pk),
    "determination": str(final.determinations.get().pk), "scenario": scenario.slug,
    "location": str(place.pk), "batch": str(batch.pk), "proposal": str(in_force[place.pk].pk),
    "returned": str(seen.pk), "voter": str(Voter.everywhere.filter(location=place, is_duplicate=True).get().pk),
}))
"""
OBJECTS = (
    ("coret/jawaban/<uuid:pk>", "answers"),
    ("pindahan/<uuid:pk>", "transfer"),
    ("pencarian/jawaban/<uuid:pk>", "found"),
    ("pencarian/<uuid:pk>", "sought"),
    ("berkas/<uuid:pk>", "batch"),
    ("ganda/tindakan/<uuid:pk>", "act"),
    ("ganda/<uuid:pk>", "case"),
    ("lokasi/<uuid:pk>", "location"),
    ("lokasi/<uuid:location_id>", "location"),
    ("telaah/penetapan/<uuid:pk>", "determination"),
    ("peta/usulan/<uuid:pk>", "suggestion"),
    ("telaah/pemilih/<uuid:voter_id>", "voter"),
    ("telaah/<uuid:proposal_id>", "proposal"),
    ("kebijakan/<slug:slug>", "scenario"),
    ("pemilih/<uuid:pk>", "voter"),
)
FURTHER = (
    "/lokasi/?kategori=panti",
    "/lokasi/?cari=rutan&urut=-nama",
    "/telaah/?keadaan=semua",
    "/peta/?wilayah=36",
    "/telaah/{returned}/",
    "/pemilih/unggah/?lokasi={location}",
    "/pemilih/berkas/{looked_at}/periksa/",
    "/pemilih/berkas/{not_understood}/periksa/",
    "/kebijakan/bandingkan/?k=pemilu-2024&k={scenario}",
    "/pemilih/?tempat=lokasi&peran=penghuni",
    "/pemilih/unduh/?kondisi=without_ektp",
    "/pemilih/kondisi/?wilayah=36.03",
    "/pemilih/ganda/?keadaan=selesai",
    "/pemilih/ganda/?cari=tidakada",
    "/tidak-ada/",
)
"""Pages as they look with a choice made, and where there is none."""


@pytest.fixture(scope="module")
def sample(live_site: Site) -> dict[str, str]:
    """Ids of one of each: a long list with a duplicate and refused rows, a decision, an empty draft."""
    made: dict[str, str] = json.loads(prepare(live_site, accounts(banten="36", jabar="32", pusat="00") + SAMPLE))
    return made


def routes(patterns: list[Any] | None = None, before: str = "") -> Iterator[str]:
    """Every path of the site but the API's, with its arguments' places."""
    for pattern in get_resolver("tpskhusus.urls").url_patterns if patterns is None else patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver) and not route.startswith("api/"):
            yield from routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route


def paths(sample: dict[str, str]) -> list[str]:
    found = [f"/{_filled(route, sample)}" for route in routes()] + [path.format(**sample) for path in FURTHER]
    assert not [path for path in found if "<" in path], "say in OBJECTS what this argument names"
    return found


def _filled(route: str, sample: dict[str, str]) -> str:
    for place, name in OBJECTS:
        route = route.replace(place, re.sub("<.*>", sample[name], place))
    return route


def is_page(page: Page, path: str) -> bool:
    """A whole page, not a fragment, a file or a door that is shut."""
    answer = page.request.get(path)
    return answer.headers.get("content-type", "").startswith("text/html") and "<!doctype" in answer.text()


def test_every_page_fits_has_one_heading_and_breaks_no_rule_of_its_own(
    new_page: Callable[..., Page], sample: dict[str, str]
) -> None:
    faults: list[str] = []
    seen: set[str] = set()
    for name in ("banten", "pusat"):
        page = sign_in(new_page(), name)
        heard = complaints_of(page)
        for path in paths(sample):
            if is_page(page, path):
                faults += [f"{name} {path}: {fault}" for fault in faults_of(page, path)]
                seen.add(path)
        faults += [f"{name} {complaint}" for complaint in heard if "Failed to load resource" not in complaint]

    assert len(seen) > 25
    assert faults == []


def test_the_pages_before_signing_in_fit_too(new_page: Callable[..., Page]) -> None:
    page = new_page()
    heard = complaints_of(page)

    assert faults_of(page, "/masuk/") == []
    assert heard == []


def faults_of(page: Page, path: str) -> list[str]:
    page.set_viewport_size({"width": DESK, "height": 900})
    answer = page.goto(path)
    wait_for(page, lambda: page.evaluate(IS_WHOLE))
    faults = [f"inline {found}" for found in INLINE.findall(answer.text())]
    faults += page.evaluate(LOOK)
    faults += [f"wider than {DESK}: {wide}" for wide in page.evaluate(TOO_WIDE)]
    page.set_viewport_size({"width": PHONE, "height": 740})
    faults += [f"wider than {PHONE}: {wide}" for wide in page.evaluate(TOO_WIDE)]
    return faults


def test_the_look_sees_each_fault(new_page: Callable[..., Page]) -> None:
    page = new_page()
    heard = complaints_of(page)
    page.goto("/masuk/")
    page.evaluate(f"document.body.innerHTML = {json.dumps(FAULTY)}")

    assert len(page.evaluate(LOOK)) == 4
    assert "wide" in page.evaluate(TOO_WIDE)[0]
    assert len(INLINE.findall(FAULTY)) == 2
    assert any("style" in complaint for complaint in heard)


FAULTY = """<h1>One</h1><h1 id="one">Two</h1><p id="one" style="width: 2000px"></p><input name="x"><a>nowhere</a>
<svg id="wide" width="3000" height="1"></svg><script>alert(1)</script>"""
IS_WHOLE = "!document.querySelector('[hx-trigger=load]') && !!(!document.getElementById('map') || document.querySelector('path.circle'))"
INLINE = re.compile(r"""<style|<script(?![^>]*\ssrc=)[^>]*>|\s(?:style|on[a-z]+)=["'][^"']*""", re.IGNORECASE)
LOOK = r"""() => {
  const faults = [];
  const headings = [...document.querySelectorAll("h1")];
  if (headings.length !== 1) faults.push(`${headings.length} h1`);
  if (!/^\S.* · TPS Khusus$/.test(document.title)) faults.push(`title "${document.title}"`);
  if (document.documentElement.lang !== "id") faults.push(`language ${document.documentElement.lang}`);
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  const twice = ids.filter((id, place) => ids.indexOf(id) !== place);
  if (twice.length) faults.push(`id twice: ${twice}`);
  for (const field of document.querySelectorAll("input:not([type=hidden]), select, textarea")) {
    if (!field.labels?.length && !field.ariaLabel) faults.push(`no label: ${field.name || field.id}`);
  }
  for (const link of document.querySelectorAll("a:not([href]), a[href=''], button:not([type]):empty")) {
    faults.push(`leads nowhere: ${link.outerHTML.slice(0, 80)}`);
  }
  return faults;
}"""
TOO_WIDE = r"""() => {
  const room = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= room) return [];
  const scrolls = (element) => element && (getComputedStyle(element).overflowX !== "visible" || scrolls(element.parentElement));
  const wide = [...document.body.querySelectorAll("*")].filter((element) =>
    element.getBoundingClientRect().right > room + 1 && !scrolls(element.parentElement.closest("main *")));
  return [`${document.documentElement.scrollWidth}: ` + wide.slice(-3).map((element) => element.outerHTML.slice(0, 90)).join(" | ")];
}"""


@pytest.mark.parametrize("path", ["/", "/lokasi/", "/peta/", "/telaah/"])
def test_a_stroke_leads_to_the_search(new_page: Callable[..., Page], sample: dict[str, str], path: str) -> None:
    page = sign_in(new_page(), "pusat")
    page.goto(path)

    page.keyboard.press("/")

    assert page.evaluate("document.activeElement.matches('[data-search]')")


def test_the_list_of_locations_is_walked_and_opened_by_keys(
    new_page: Callable[..., Page], sample: dict[str, str]
) -> None:
    page = sign_in(new_page(), "banten")
    page.goto("/lokasi/")

    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    target = page.evaluate("document.activeElement.getAttribute('href')")
    page.keyboard.press("Enter")

    page.wait_for_url(f"**{target}")
    page.keyboard.press("?")
    assert page.locator("dialog#keys").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("dialog#keys").is_visible()


def test_the_inbox_of_duplicates_is_worked_by_keys(new_page: Callable[..., Page], sample: dict[str, str]) -> None:
    page = sign_in(new_page(), "banten")
    page.goto("/pemilih/ganda/")
    button = page.locator("button[data-selected=cases]")
    assert button.is_disabled()

    page.keyboard.press("j")
    page.keyboard.press("x")
    assert button.is_enabled()
    target = page.evaluate("document.activeElement.getAttribute('href')")
    page.keyboard.press("Enter")

    page.wait_for_url(f"**{target}")
    assert page.locator("h1").is_visible()


def test_the_maps_table_is_reached_by_tab_and_leads_into_the_map(
    new_page: Callable[..., Page], sample: dict[str, str]
) -> None:
    page = sign_in(new_page(), "pusat")
    page.goto("/peta/")
    page.wait_for_selector("#map path.circle")

    assert any(stop["inside"] for stop in tab_through(page, "#places tbody a", until_inside=True))
    page.keyboard.press("Enter")
    page.wait_for_selector("#places tbody tr[data-key*='.']")


@pytest.mark.parametrize(("width", "height"), [(1280, 640), (360, 640)])
def test_the_decision_bar_never_hides_what_has_the_focus(
    new_page: Callable[..., Page], sample: dict[str, str], width: int, height: int
) -> None:
    page = sign_in(new_page(width=width, height=height, reduced_motion="reduce"), "pusat")
    page.goto(f"/telaah/{sample['proposal']}/")

    stops = tab_through(page, ".decision-bar")

    assert len(stops) > 10
    assert stops[-1]["inside"], "the decision comes last"
    assert [stop["what"] for stop in stops if stop["hidden"]] == []
    assert [stop["what"] for stop in stops if not stop["marked"]] == []


def tab_through(page: Page, inside: str, *, until_inside: bool = False) -> list[dict[str, Any]]:
    """Every stop of the Tab key: what it is, whether the decision bar hides it, whether it is marked."""
    stops: list[dict[str, Any]] = []
    for _ in range(200):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP, inside)
        if stop is None:
            break
        stops.append(stop)
        if until_inside and stop["inside"]:
            break
    return stops


STOP = r"""(inside) => {
  const here = document.activeElement;
  if (!here || here === document.body) return null;
  const bar = document.querySelector(".decision-bar");
  const box = here.getBoundingClientRect();
  const edge = bar ? bar.getBoundingClientRect().top : innerHeight;
  const style = getComputedStyle(here);
  return {
    what: here.outerHTML.slice(0, 120),
    inside: here.closest(inside) !== null,
    hidden: !bar?.contains(here) && (box.top >= edge || box.bottom <= 0 || (box.bottom > edge + 1 && box.height < edge)),
    marked: style.outlineStyle !== "none" || style.boxShadow !== "none" || here.matches(".skip"),
  };
}"""
