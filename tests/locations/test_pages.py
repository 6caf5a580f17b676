"""What does each person see of special locations, and what happens to what they type?"""

import csv
import io
import re
import uuid

import pytest

from accounts.models import AuditEntry, Role
from locations import registration
from locations.models import Kind, SpecialLocation
from regions.territory import UnscopedQuery
from tests import factories

pytestmark = pytest.mark.django_db

LIST = "/lokasi/"
NEW = "/lokasi/baru/"


@pytest.fixture
def signed_in(client):
    """Call it with a person; the client then is theirs."""

    def sign_in(person):
        client.force_login(person)
        return client

    return sign_in


@pytest.fixture
def operator():
    return factories.user(territory="36")


def typed(**changed):
    return {"name": "Rutan Contoh", "kind": "rutan_lapas", "region": factories.VILLAGE, **changed}


def form_of(response):
    """What the browser would send back of the form on this page, hidden fields included."""
    form = response.context["form"]
    sent = {field.html_name: field.value() if field.value() is not None else "" for field in form}
    seen = {field.html_initial_name: field.value() if field.value() is not None else "" for field in form}
    return {**sent, **{name: value for name, value in seen.items() if name != "initial-version"}}


def without_tokens(response):
    """The page without what differs at every answer: the form's token and the page's own address."""
    page = response.content.decode().replace(response.request["PATH_INFO"], "")
    return re.sub(r"[A-Za-z0-9]{64}", "", page)


def names_in(response):
    return [location.name for location, _path in response.context["page"]]


def test_a_stranger_is_asked_to_sign_in(client):
    response = client.get(LIST)

    assert response.status_code == 302
    assert response.url.startswith("/masuk/")


def test_the_list_shows_the_own_territory_only(signed_in, operator):
    factories.special_location(name="Lapas Serang", region_code="36.73.01.1001")
    factories.special_location(name="Lapas Sukamiskin", region_code="32.73.01.1001")
    browser = signed_in(factories.user(territory="36"))

    response = browser.get(LIST)

    assert names_in(response) == ["Lapas Serang"]
    assert "Sukamiskin" not in response.content.decode()


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.AUDITOR, Role.ADMIN])
def test_central_staff_see_everything_and_write_nothing(signed_in, role):
    location = factories.special_location(name="Lapas Serang")
    browser = signed_in(factories.user(role, "00"))

    assert names_in(browser.get(LIST)) == ["Lapas Serang"]
    assert browser.get(f"/lokasi/{location.pk}/").status_code == 200
    assert NEW not in browser.get(LIST).content.decode()
    assert browser.get(NEW).status_code == 403
    assert browser.post(NEW, typed()).status_code == 403
    assert browser.post(f"/lokasi/{location.pk}/ubah/", typed()).status_code == 403
    assert browser.post(f"/lokasi/{location.pk}/ajukan/").status_code == 403
    assert browser.post(f"/pemilih/lokasi/{location.pk}/tarik/", {"reason": "tutup"}).status_code == 403
    assert SpecialLocation.everywhere.filter(version=1, submitted_at=None, withdrawn_at=None).count() == 1


@pytest.mark.parametrize("page", ["/lokasi/{}/", "/lokasi/{}/ubah/", "/pemilih/lokasi/{}/tarik/"])
def test_a_foreign_location_is_as_unknown_as_one_that_does_not_exist(signed_in, operator, page):
    foreign = factories.special_location(name="Lapas Sukamiskin", region_code="32.73.01.1001")
    browser = signed_in(operator)

    answers = [browser.get(page.format(pk)) for pk in (foreign.pk, uuid.uuid4())]
    posted = browser.post(page.format(foreign.pk), typed(reason="tutup", version=1))

    assert [answer.status_code for answer in answers] == [404, 404]
    assert without_tokens(answers[0]) == without_tokens(answers[1])
    assert posted.status_code in (404, 405)
    foreign.refresh_from_db()
    assert (foreign.name, foreign.is_active) == ("Lapas Sukamiskin", True)


def test_a_foreign_location_cannot_be_submitted(signed_in, operator):
    foreign = factories.special_location(region_code="32.73.01.1001")

    assert signed_in(operator).post(f"/lokasi/{foreign.pk}/ajukan/").status_code == 404

    foreign.refresh_from_db()
    assert foreign.submitted_at is None


def test_asking_for_nobody_is_refused():
    factories.special_location()

    for ask in (SpecialLocation.objects.all, SpecialLocation.objects.count, SpecialLocation.objects.exists):
        with pytest.raises(UnscopedQuery):
            ask()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Lapas Serang", "Panti Lebak", "Pondok Jambe"]),
        ("cari=lebak", ["Panti Lebak"]),
        ("kategori=lainnya", ["Pondok Jambe"]),
        ("jenis=pesantren", ["Pondok Jambe"]),
        ("wilayah=36.73", ["Lapas Serang"]),
        ("wilayah=36.73.01", ["Lapas Serang"]),
        ("surat=lengkap", ["Lapas Serang"]),
        ("surat=kurang", ["Panti Lebak", "Pondok Jambe"]),
        ("keadaan=ditarik", ["Panti Lebak"]),
        ("keadaan=konsep", ["Lapas Serang", "Pondok Jambe"]),
        ("urut=-perkiraan", ["Pondok Jambe", "Lapas Serang", "Panti Lebak"]),
        ("urut=tidak-ada", ["Lapas Serang", "Panti Lebak", "Pondok Jambe"]),
        ("kategori=hotel", []),
        ("wilayah=32", []),
        ("cari=%00", []),
        ("cari=" + "x" * 3000, []),
        ("halaman=nol", ["Lapas Serang", "Panti Lebak", "Pondok Jambe"]),
    ],
)
def test_the_list_is_what_its_address_says(signed_in, query, found):
    factories.special_location(
        name="Lapas Serang",
        region_code="36.73.01.1001",
        estimated_voters=200,
        person_in_charge="Budi",
        letter_number="1",
    )
    panti = factories.special_location(name="Panti Lebak", region_code="36.02", kind=Kind.CARE)
    factories.special_location(name="Pondok Jambe", kind=Kind.OTHER, estimated_voters=300)
    operator = factories.user(territory="36")
    registration.withdraw(location=panti, reason="tutup", by=operator)

    response = signed_in(operator).get(f"{LIST}?{query}")

    assert response.status_code == 200
    assert names_in(response) == found


def test_a_long_list_has_pages_and_few_queries(signed_in, operator, django_assert_max_num_queries):
    factories.policy()
    for number in range(60):
        factories.special_location(name=f"Lapas {number:02}")
    browser = signed_in(operator)

    with django_assert_max_num_queries(12):
        first = browser.get(LIST)
    second = browser.get(f"{LIST}?halaman=2")

    assert (len(names_in(first)), len(names_in(second))) == (50, 10)
    assert "60" in first.content.decode()


def test_the_download_holds_the_filtered_rows_and_no_formula(signed_in, operator):
    factories.special_location(name="=cmd()", phone="+62 21 555", latitude=-6.2, longitude=106.6, capacity=1200)
    factories.special_location(name="Panti Lebak", kind=Kind.CARE)
    factories.special_location(name="Lapas Sukamiskin", region_code="32.73.01.1001")

    response = signed_in(operator).get(f"{LIST}?kategori=rutan_lapas&format=csv")

    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert response["Content-Type"].startswith("text/csv")
    assert [row["nama"] for row in rows] == ["'=cmd()"]
    assert (rows[0]["telepon"], rows[0]["lintang"], rows[0]["kapasitas"]) == ("'+62 21 555", "-6.2", "1200")
    assert AuditEntry.everywhere.get(action="locations.exported").details == {"rows": 1}


def test_an_operator_enters_a_location(signed_in, operator):
    factories.region()
    browser = signed_in(factories.user(territory="36"))

    response = browser.post(
        NEW, typed(latitude="-6,178", longitude="106.632", capacity="1.200", letter_date="2026-10-01")
    )

    location = SpecialLocation.everywhere.get()
    assert response.url == f"/lokasi/{location.pk}/"
    assert (location.code, location.territory) == ("36.03-001", "36.03")
    assert (location.latitude, location.longitude, location.capacity) == (-6.178, 106.632, 1200)
    assert location.letter_date.isoformat() == "2026-10-01"


def test_a_foreign_region_is_as_unknown_as_one_that_does_not_exist(signed_in, operator):
    factories.region("32.73.01.1001")
    browser = signed_in(operator)

    errors = [
        browser.post(NEW, typed(region=code)).context["form"].errors["region"] for code in ("32.73.01.1001", "99.99")
    ]

    assert errors[0] == errors[1]
    assert not SpecialLocation.everywhere.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("kind", "hotel"),
        ("kind", "lainnya"),
        ("region", "tangerang"),
        ("latitude", "-6.2"),
        ("letter_date", "2026-02-30"),
        ("capacity", "banyak"),
        ("requested_tps", "0"),
        ("capacity", "9" * 30),
    ],
)
def test_what_cannot_be_is_said_and_what_was_typed_stays(signed_in, field, value):
    factories.region()
    browser = signed_in(factories.user(territory="36"))

    response = browser.post(NEW, typed(**{"address": "Jalan Contoh 1", field: value}))

    assert response.status_code == 200
    assert response.context["form"].errors
    assert "Jalan Contoh 1" in response.content.decode()
    assert not SpecialLocation.everywhere.exists()


def test_a_correction_is_saved_and_left_fields_stay(signed_in):
    location = factories.special_location(phone="021 555", estimated_voters=1234, notes="Pintu timur\nuntuk petugas")
    browser, address = signed_in(factories.user(territory="36")), f"/lokasi/{location.pk}/ubah/"
    opened = form_of(browser.get(address)) | {"notes": "Pintu timur\r\nuntuk petugas"}  # as browsers send it

    response = browser.post(address, opened | {"name": "Rutan Baru"})

    assert response.url == f"/lokasi/{location.pk}/"
    location.refresh_from_db()
    assert (location.name, location.phone, location.estimated_voters) == ("Rutan Baru", "021 555", 1234)
    assert location.version == 2
    assert AuditEntry.everywhere.get(action="location.corrected").details["fields"] == ["name"]


def test_two_people_on_one_location_lose_nothing(signed_in):
    location = factories.special_location(position="Kepala", notes="Pintu timur\nuntuk petugas")
    operator, other = factories.user(territory="36"), factories.user(territory="36.03")
    browser, address = signed_in(operator), f"/lokasi/{location.pk}/ubah/"
    lines = "Pintu timur\r\nuntuk petugas"  # as browsers send it
    opened = form_of(browser.get(address)) | {"notes": lines, "initial-notes": lines}
    registration.correct(
        location=location, data={"phone": "021 555", "position": "Plt. Kepala"}, seen_version=1, by=other
    )

    late = browser.post(address, opened | {"position": "Direktur", "address": "Jalan Contoh 1"})

    assert late.status_code == 409
    moved = {movement.saved: movement.typed for movement in late.context["movements"]}
    assert moved == {"021 555": None, "Plt. Kepala": "Direktur"}
    location.refresh_from_db()
    assert (location.phone, location.position, location.address) == ("021 555", "Plt. Kepala", "")

    browser.post(address, form_of(late))

    location.refresh_from_db()
    assert (location.phone, location.position, location.address) == ("021 555", "Direktur", "Jalan Contoh 1")


def test_a_location_is_submitted_once(signed_in):
    location = factories.special_location()
    operator = factories.user(territory="36")
    browser = signed_in(operator)

    browser.post(f"/lokasi/{location.pk}/ajukan/")
    location.refresh_from_db()
    first = location.submitted_at
    browser.post(f"/lokasi/{location.pk}/ajukan/")

    location.refresh_from_db()
    assert first is not None
    assert (location.submitted_at, location.submitted_by_id) == (first, operator.pk)
    assert browser.get(f"/lokasi/{location.pk}/ajukan/").status_code == 405


def test_a_withdrawal_says_how_many_voters_it_concerns_and_frees_their_claims(signed_in):
    location = factories.special_location()
    voters = [factories.voter(location) for _ in range(3)]
    browser, address = signed_in(factories.user(territory="36")), f"/pemilih/lokasi/{location.pk}/tarik/"

    page = browser.get(address)
    without_reason = browser.post(address, {"reason": " "})
    done = browser.post(address, {"reason": "Pengelola menarik permohonan"})

    assert [figure["value"] for figure in page.context["figures"]] == [3, 3]
    assert without_reason.context["form"].errors["reason"]
    assert done.url == f"/lokasi/{location.pk}/"
    location.refresh_from_db()
    assert location.withdrawal_reason == "Pengelola menarik permohonan"
    assert [voter.identity.claim for voter in voters if voter.identity.refresh_from_db() is None] == [None] * 3


def test_the_page_of_a_location_names_what_is_in_the_way(signed_in):
    location = factories.special_location(requested_tps=4, person_in_charge="Budi")

    response = signed_in(factories.user(territory="36")).get(f"/lokasi/{location.pk}/")

    assert len(response.context["obstacles"]) == 3  # letter, point, reason


def test_only_an_auditor_reads_the_history(signed_in):
    operator = factories.user(territory="36")
    location = factories.special_location()
    registration.submit(location=location, by=operator)

    assert signed_in(operator).get(f"/lokasi/{location.pk}/").context["history"] == []
    history = signed_in(factories.user(Role.AUDITOR, "36")).get(f"/lokasi/{location.pk}/").context["history"]
    assert [entry.action for entry, _label, _fields in history] == ["location.submitted"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("cari=jambe", ["36.03.04"]),
        ("cari=taban+jambe", ["36.03.04.2004"]),
        ("cari=36.03.04", ["36.03.04", "36.03.04.2004"]),
        ("cari=360304", ["36.03.04", "36.03.04.2004"]),
        ("cari=jambe&dalam=32", []),
        ("cari=jambe&dalam=%00", []),
        ("cari=j", []),
        ("", []),
    ],
)
def test_a_region_is_found_by_name_or_code(signed_in, query, found):
    factories.region("36.03.04", "Jambe")
    factories.region("36.03.04.2004", "Taban")

    response = signed_in(factories.user(territory="36")).get(f"/wilayah/cari/?{query}")

    assert [region["code"] for region in response.context["regions"]] == found


# A plan drawn by hand


def test_a_plan_is_drawn_in_the_form_and_kept_by_the_ids_of_its_blocks(signed_in, operator):
    location = factories.special_location()
    first, second = factories.block(location, "Blok A"), factories.block(location, "Blok B")
    page = signed_in(operator).get(f"/lokasi/{location.pk}/ubah/")
    sent = {**form_of(page), "drawn_plan": "blok b\nBlok A", "drawn_plan_reason": "Keamanan", "kept_apart": "sexes"}

    answer = signed_in(operator).post(f"/lokasi/{location.pk}/ubah/", sent)

    location.refresh_from_db()
    assert answer.status_code == 302
    assert location.drawn_plan == f"{second.pk.hex}+{first.pk.hex}"
    assert location.kept_apart == "sexes"
    assert (
        signed_in(operator).get(f"/lokasi/{location.pk}/ubah/").context["form"]["drawn_plan"].value()
        == "Blok B\nBlok A"
    )


@pytest.mark.parametrize(
    ("plan", "reason", "field"), [("Blok X", "Keamanan", "drawn_plan"), ("10 + 12", "", "drawn_plan_reason")]
)
def test_a_drawing_that_cannot_be_is_refused_at_its_field(signed_in, operator, plan, reason, field):
    location = factories.special_location()
    page = signed_in(operator).get(f"/lokasi/{location.pk}/ubah/")

    answer = signed_in(operator).post(
        f"/lokasi/{location.pk}/ubah/", {**form_of(page), "drawn_plan": plan, "drawn_plan_reason": reason}
    )

    assert list(answer.context["form"].errors) == [field]
