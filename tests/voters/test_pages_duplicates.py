"""The inbox of duplicates: each office sees its own row, what is alike, and what it may do; never the other side's person."""

from datetime import date

import pytest
from django.urls import reverse

from accounts.models import AuditEntry, Role
from tests import factories
from voters import acts, searching
from voters.models import Act, DuplicateCase, Register, Voter

from .lists import invented_nik, load, prisons, row

pytestmark = pytest.mark.django_db

BORN = date(1988, 3, 14)
FOREIGN = "Supriyadi Wijayakusuma"


@pytest.fixture
def places():
    Register.current()
    Register.objects.update(polling_day=date(2027, 2, 14))
    factories.region("36.03.18")
    return prisons()


def person(name: str, number: str, place: str, **cells):
    return row(name, number, born=BORN, kode_lokasi=place, kode_wilayah_domisili=factories.HOME, **cells)


@pytest.fixture
def likely(places):
    """The own row, of a pair whose other side lies in another province."""
    load(person("Supriadi Wijaya", invented_nik(BORN), "A"))
    load(person(FOREIGN, invented_nik(BORN, district="360318"), "B"))
    searching.search()
    return DuplicateCase.everywhere.get(kind="likely", territory="36.03")


@pytest.fixture
def same_nik(places):
    """Three people under one NIK each, here and elsewhere; the own rows."""
    for place in ("A", "B"):
        load(*(person(f"Warga Contoh {n}", invented_nik(BORN, serial=n), place) for n in (1, 2, 3)))
    return list(DuplicateCase.everywhere.filter(kind="nik", territory="36.03").order_by("voter__name"))


@pytest.fixture
def banten(client):
    user = factories.user(territory="36")
    client.force_login(user)
    return user


INBOX = "/pemilih/ganda/"


def url_of(case):
    return reverse("voters:case", args=[case.pk])


def test_the_inbox_shows_the_own_row_its_score_and_what_agrees(client, banten, likely):
    page = client.get(INBOX)

    (line,) = page.context["page"].object_list
    assert line["voter"].name == "Supriadi Wijaya"
    assert line["score"].endswith("%")
    assert "·" in line["agrees"]
    text = page.content.decode()
    assert FOREIGN not in text
    assert "36.03" not in line["nik"]
    assert invented_nik(BORN) not in text
    assert "1988-03-14" not in text


def test_the_case_shows_of_the_other_side_only_how_alike_it_is(client, banten, likely):
    text = client.get(url_of(likely)).content.decode()

    assert "Supriadi Wijaya" in text
    assert FOREIGN not in text
    assert "Rutan Contoh" in text
    assert invented_nik(BORN) not in text


def test_under_one_nik_the_two_rows_are_compared_too(client, banten, same_nik):
    table = client.get(url_of(same_nik[0])).context["table"]

    verdicts = {line["label"]: line["cells"][1].get("verdict") for line in table["lines"][:4]}
    assert all(verdicts.values())
    assert table["heads"][1]["case"] is None


def test_who_may_see_both_sides_sees_both(client, likely):
    client.force_login(factories.user(Role.REVIEWER))

    page = client.get(url_of(likely))

    assert FOREIGN in page.content.decode()
    assert not page.context["may_act"]


def test_a_case_of_elsewhere_is_not_there(client, banten, likely):
    other = DuplicateCase.everywhere.get(kind="likely", territory="32.73")

    assert client.get(url_of(other)).status_code == 404
    assert client.post(url_of(other), {"pegang": "ya"}).status_code == 404


@pytest.mark.parametrize(
    ("question", "count"),
    [
        ("", 3),
        ("?keadaan=menunggu", 3),
        ("?keadaan=dijawab", 0),
        ("?keadaan=selesai", 0),
        ("?keadaan=semua&jenis=nik", 3),
        ("?jenis=likely", 0),
        ("?petugas=saya", 0),
        ("?petugas=belum", 3),
        ("?cari=contoh+2", 1),
        ("?keadaan=apa", 0),
        ("?urut=-nama", 3),
    ],
)
def test_filters_read_as_words(client, banten, same_nik, question, count):
    assert client.get(INBOX + question).context["page"].paginator.count == count


def test_an_empty_inbox_says_why(client, banten, places):
    page = client.get(INBOX)

    assert page.status_code == 200
    assert 'class="empty"' in page.content.decode()


def test_taking_a_case_and_giving_it_back(client, banten, likely):
    client.post(url_of(likely), {"pegang": "ya"})
    likely.refresh_from_db()
    assert likely.taken_by == banten
    assert client.get(f"{INBOX}?petugas=saya").context["page"].paginator.count == 1

    client.post(url_of(likely), {"pegang": "tidak"})
    likely.refresh_from_db()
    assert likely.taken_by is None


def test_the_other_office_learns_that_somebody_is_on_it_and_what_was_answered(client, banten, likely):
    client.post(url_of(likely), {"pegang": "ya"})
    client.post(url_of(likely), {"tindakan": "merge", "reason": "orangnya di sini"})
    client.force_login(factories.user(territory="32.73"))
    other = DuplicateCase.everywhere.get(kind="likely", territory="32.73")

    table = client.get(url_of(other)).context["table"]

    told = [line["cells"][1]["text"] for line in table["lines"][-2:]]
    assert all(told)
    assert banten.username not in str(table)


def test_one_row_is_resolved_by_a_departure(client, banten, likely):
    answer = client.post(url_of(likely), {"tindakan": "departure", "tanggal": "2026-10-05", "reason": "pindah"})

    act = Act.everywhere.get()
    assert answer.url == reverse("voters:act", args=[act.pk])
    assert Voter.everywhere.get(pk=likely.voter_id).departure == date(2026, 10, 5)
    assert client.get(url_of(likely)).status_code == 200


def test_what_is_missing_is_said_beside_the_field_and_nothing_typed_is_lost(client, banten, same_nik):
    data = {"tindakan": "departure", "reason": "gelombang", "kasus": [str(same_nik[0].pk)]}

    page = client.post(INBOX, data)

    assert page.status_code == 422
    assert "tanggal" in page.context["form"].errors
    text = page.content.decode()
    assert "gelombang" in text
    assert f'value="{same_nik[0].pk}" checked' in text
    assert not Act.everywhere.exists()


def test_many_rows_are_one_act_that_can_be_taken_back(client, banten, same_nik):
    chosen = [str(case.pk) for case in same_nik]
    data = {"tindakan": "departure", "tanggal": "2026-10-05", "reason": "gelombang", "name": "Mutasi", "kasus": chosen}

    answer = client.post(INBOX, data)

    act = Act.everywhere.get()
    assert (act.name, act.cases) == ("Mutasi", 3)
    assert "Mutasi" in client.get("/pemilih/ganda/tindakan/").content.decode()
    Voter.everywhere.filter(pk=same_nik[0].voter_id).update(departure=date(2026, 10, 6))

    page = client.post(answer.url, follow=True)

    act.refresh_from_db()
    assert act.taken_back_by == banten
    assert page.context["kept"] == 1
    assert any(line["kept"] for line in page.context["page"].object_list)
    assert Voter.everywhere.filter(departure=None, territory="36.03").count() == 2


def test_rows_of_elsewhere_or_none_cannot_be_chosen(client, banten, same_nik):
    foreign = DuplicateCase.everywhere.filter(territory="32.73").first()
    data = {"tindakan": "apart", "reason": "x"}

    for chosen in ([], [str(foreign.pk)], ["bukan-id"], ["x" * 36]):
        assert client.post(INBOX, data | {"kasus": chosen}).status_code == 422
    assert not Act.everywhere.exists()


def test_whoever_may_not_enter_may_look_only(client, likely):
    client.force_login(factories.user(Role.REVIEWER))

    assert client.get(INBOX).status_code == 200
    data = {"tindakan": "apart", "reason": "x", "kasus": [str(likely.pk)]}
    assert client.post(INBOX, data).status_code == 403
    assert client.post(url_of(likely), {"pegang": "ya"}).status_code == 403


def test_auditors_see_no_voters_here(client, likely):
    client.force_login(factories.user(Role.AUDITOR, "36"))

    assert client.get(INBOX).status_code == 403
    assert client.get(url_of(likely)).status_code == 403


def test_the_rows_can_be_taken_along_masked_and_that_is_recorded(client, banten, likely):
    answer = client.get(f"{INBOX}?format=csv")

    text = answer.getvalue().decode()
    assert "Supriadi Wijaya" in text
    assert FOREIGN not in text
    assert invented_nik(BORN) not in text
    assert AuditEntry.everywhere.get(action="duplicates.exported").details["rows"] == 1


def test_from_one_open_row_to_the_next(client, banten, same_nik):
    ordered = [line["case"] for line in client.get(INBOX).context["page"].object_list]

    page = client.get(url_of(ordered[1]))

    text = page.content.decode()
    assert 'rel="prev"' in text
    assert 'rel="next"' in text


def test_an_act_of_elsewhere_is_not_there(client, banten, same_nik):
    other = DuplicateCase.everywhere.filter(territory="32.73").first()
    done = acts.arrive(cases=[other], on=date(2026, 10, 5), reason="x", by=factories.user(territory="32.73"))

    assert client.get(reverse("voters:act", args=[done.act.pk])).status_code == 404
    assert client.post(reverse("voters:act", args=[done.act.pk])).status_code == 404


def test_fifty_rows_cost_as_many_questions_as_two(client, banten, places, django_assert_max_num_queries):
    for place in ("A", "B"):
        load(*(person(f"Warga Contoh {n}", invented_nik(BORN, serial=n), place) for n in range(1, 60)))

    with django_assert_max_num_queries(24):
        client.get(INBOX)
