"""Voters who go where their own office does not reach: announced, accepted or declined by the other, and both know it."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from accounts.models import AuditEntry, Role
from mapping import agenda
from tests import factories
from tpskhusus.invariants import check
from voters import acts, announcing, orders, registration
from voters.models import ActStep, Announcement, Notice, Register, Voter, VoterIdentity
from voters.orders import Order
from voters.views import announcements

from .lists import BORN, invented_nik, load, row

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]

MOVED = date(2026, 10, 5)
POLLING_DAY = date(2027, 2, 14)


@pytest.fixture
def places():
    """One in Banten, one in Jawa Barat."""
    Register.current()
    Register.objects.update(polling_day=POLLING_DAY)
    factories.policy()
    for code in ("36.03.28", factories.HOME):
        factories.region(code)
    return (
        factories.special_location("A", "36.03.28.2004", name="Rutan A", person_in_charge="Rahasia", address="Jl. 9"),
        factories.special_location("C", "32.73.01.1001", name="Lapas C", person_in_charge="Rahasia", address="Jl. 9"),
    )


@pytest.fixture
def banten():
    return factories.user(territory="36.03")


@pytest.fixture
def jabar():
    return factories.user(territory="32")


@pytest.fixture
def people(places):
    load(
        row("Budi", invented_nik(serial=1), blok="Mawar", alamat="Jl. 1", kode_wilayah_domisili=factories.HOME),
        row("Siti", "", sex="P", kode_wilayah_domisili=factories.HOME),
        row("Made", invented_nik(serial=3), tanggal_keluar="2027-03-01", kode_wilayah_domisili=factories.HOME),
        at=places[0],
    )
    return {voter.name: voter for voter in Voter.everywhere.select_related("location")}


@pytest.fixture
def sent(places, people, banten):
    """All three, announced to Jawa Barat."""
    return send(people.values(), places[1], banten)


def send(voters, to, by):
    order = Order("transfer", on=MOVED, to=to, is_announced=True)
    return orders.carry_out(order=order, voters=list(voters), reason="surat 12/2026", by=by)


def waiting(*names):
    found = Announcement.everywhere.waiting().select_related("voter").order_by("voter__name")
    return [each for each in found if not names or each.voter.name in names]


def states():
    return dict(Announcement.everywhere.with_state().values_list("voter__name", "state"))


def told():
    return sorted((notice.territory, notice.kind, notice.voter.name) for notice in Notice.everywhere.all())


def holds():
    return all(finding.holds for finding in check() if finding.name != "counts_equal_recounts")


def there(name):
    return Voter.everywhere.filter(location__code="C", name=name)


def test_the_departure_is_entered_here_and_the_other_office_is_told(places, people, sent, banten, jabar):
    assert set(Voter.everywhere.values_list("departure", flat=True)) == {MOVED}
    assert not Voter.everywhere.filter(location=places[1]).exists()
    assert {(each.territory, each.voter.name) for each in waiting()} == {
        ("32.73", "Budi"),
        ("32.73", "Made"),
        ("32.73", "Siti"),
    }
    assert agenda.announced(jabar)["count"] == 3
    assert agenda.announced(banten)["count"] == 0
    details = AuditEntry.everywhere.get(action="voters.transfer").details
    assert (details["to"], details["is_announced"], details["voters"]) == ("C", True, 3)


def test_accepted_they_are_registered_with_their_identity_and_the_sender_is_told(places, people, sent, jabar):
    budi, made, siti = waiting()

    done = announcing.accept(announcements=[budi, made, siti], blocks={budi.pk: "Anggrek"}, by=jabar)

    assert len(done.answered) == 3
    new = there("Budi").get()
    assert (new.territory, new.arrival, new.departure, new.block.name) == ("32.73", MOVED, None, "Anggrek")
    assert there("Made").get().departure == date(2027, 3, 1)
    claims = dict(VoterIdentity.everywhere.filter(voter__name="Budi").values_list("voter__location__code", "claim"))
    assert claims["A"] is None
    assert claims["C"]
    reader = factories.user(territory="32.73")
    assert registration.reveal_identity(voter=new, reason="cek", by=reader)["nik"] == invented_nik(serial=1)
    assert told() == [("36.03", "accepted", name) for name in ("Budi", "Made", "Siti")]
    assert states() == dict.fromkeys(("Budi", "Made", "Siti"), "accepted")
    assert AuditEntry.everywhere.get(action="transfers.accepted").territory == "32.73"
    assert holds()


def test_declined_the_sender_reads_why_and_may_take_the_departure_back(people, sent, banten, jabar):
    announcing.decline(announcements=waiting("Budi"), reason="tidak pernah tiba, 3603281508900001", by=jabar)

    row = Announcement.everywhere.get(answer="declined")
    assert (row.voter.name, row.why) == ("Budi", "tidak pernah tiba, •")
    assert told() == [("36.03", "declined", "Budi")]
    assert agenda.unaccepted(banten)["count"] == 1
    assert AuditEntry.everywhere.get(action="transfers.declined").details["reason"] == "tidak pernah tiba, •"
    assert acts.take_back(act=sent.act, by=banten) == []
    assert states() == {"Budi": "declined", "Made": "withdrawn", "Siti": "withdrawn"}
    assert VoterIdentity.everywhere.get(voter__name="Budi").claim


def test_taken_back_nobody_is_announced_any_more_but_who_was_accepted_stays_gone(people, sent, banten, jabar):
    announcing.accept(announcements=waiting("Budi"), by=jabar)
    late = waiting("Siti")

    kept = acts.take_back(act=sent.act, by=banten)
    done = announcing.accept(announcements=late, by=jabar)

    assert [(step.voter.name, step.kept_why) for step in kept] == [("Budi", "there")]
    assert dict(people["Budi"].location.voters.values_list("name", "departure")) == {
        "Budi": MOVED,
        "Siti": None,
        "Made": date(2027, 3, 1),
    }
    assert [why for _row, why in done.refused] == ["withdrawn"]
    assert not there("Siti").exists()
    assert holds()


def test_who_comes_with_a_list_is_accepted_by_that_and_not_entered_again(places, people, sent, jabar):
    seen = waiting()
    load(row("Budi", invented_nik(serial=1)), row("Siti", "", sex="P"), at=places[1])

    assert states() == {"Budi": "accepted", "Made": "waiting", "Siti": "accepted"}
    done = announcing.accept(announcements=seen, by=jabar)

    assert (len(done.answered), len(done.there)) == (1, 2)
    assert Voter.everywhere.filter(location=places[1]).count() == 3
    assert set(Announcement.everywhere.values_list("answer", flat=True)) == {"accepted"}


def test_who_was_there_before_and_left_is_no_arrival(places, people, banten, jabar):
    load(row("Budi", invented_nik(serial=1), tanggal_keluar="2025-01-01"), at=places[1])
    send([people["Budi"]], places[1], banten)

    done = announcing.accept(announcements=waiting(), by=jabar)

    assert [why for _row, why in done.refused] == ["there_before"]
    assert states() == {"Budi": "waiting"}


def test_another_person_of_the_same_name_and_birth_date_is_not_taken_for_them(places, people, sent, jabar):
    load(row("Budi", invented_nik(serial=77)), at=places[1])

    announcing.accept(announcements=waiting("Budi"), by=jabar)

    assert there("Budi").count() == 2


@pytest.mark.parametrize("change", [{"departure": None}, {"official_mark": "1"}])
def test_who_does_not_come_after_all_waits_for_nobody(people, sent, jabar, change):
    seen = waiting("Budi")
    Voter.everywhere.filter(name="Budi").update(**change)

    done = announcing.accept(announcements=seen, by=jabar)

    assert [why for _row, why in done.refused] == ["withdrawn"]
    assert states()["Budi"] == "withdrawn"
    assert not there("Budi").exists()


def test_who_is_announced_is_announced_once_and_again_only_when_that_came_to_nothing(places, people, sent, banten):
    further = factories.special_location("D", "33.01.01.2001")
    voters = list(Voter.everywhere.all())
    earlier = Order("transfer", on=date(2026, 10, 1), to=further, is_announced=True)

    assert set(orders.outlook(order=earlier, voters=voters).by_reason) == {"announced"}
    Voter.everywhere.filter(name="Budi").update(departure=None)
    send(Voter.everywhere.filter(name="Budi"), further, banten)

    rows = Announcement.everywhere.with_state().filter(voter__name="Budi").values_list("to__code", "state")
    assert dict(rows) == {"C": "withdrawn", "D": "waiting"}


def test_what_nobody_answered_by_polling_day_is_seen_by_the_sender(people, sent, banten, jabar):
    assert not announcing.unanswered(banten, at=date(2027, 2, 13)).exists()
    assert announcing.unanswered(banten, at=POLLING_DAY).count() == 3
    assert not announcing.unanswered(jabar, at=POLLING_DAY).exists()
    announcing.accept(announcements=waiting("Budi"), by=jabar)
    assert announcing.unanswered(banten, at=POLLING_DAY).count() == 2


def test_a_location_that_asks_for_nothing_any_more_takes_nobody(places, sent, jabar):
    registration.withdraw_location(location=places[1], reason="ditutup", by=jabar)

    with pytest.raises(ValidationError) as fault:
        announcing.accept(announcements=waiting(), by=jabar)

    assert fault.value.code == "inactive"
    announcing.decline(announcements=waiting(), reason="lokasi ditutup", by=jabar)
    assert set(states().values()) == {"declined"}


def test_nobody_answers_for_another_office(people, sent, banten):
    for stranger in (banten, factories.user(territory="33"), factories.user(Role.REVIEWER)):
        with pytest.raises(PermissionDenied):
            announcing.accept(announcements=waiting(), by=stranger)
        with pytest.raises(PermissionDenied):
            announcing.decline(announcements=waiting(), reason="x", by=stranger)
        with pytest.raises(PermissionDenied):
            announcing.birth_dates(announcements=waiting(), reason="x", by=stranger)
    assert set(states().values()) == {"waiting"}


def test_of_locations_elsewhere_the_summary_is_all_that_is_told(places, banten):
    factories.special_location("E", "36.03.28.2004", name="Lapas milik sendiri")
    factories.special_location("F", "32.73.01.1001", name="Lapas ditarik", withdrawn_at=timezone.now())
    regency = factories.region("32.73").name

    assert announcing.destinations("lapas", banten) == announcing.destinations("C", banten)
    assert [(each.code, each.name, each.regency) for each in announcing.destinations(f"c {regency}", banten)] == [
        ("C", "Lapas C", regency)
    ]
    assert announcing.destination("A", banten) is None
    assert announcing.destination("c", banten) == places[1]


# The pages


@pytest.fixture
def sender(client, banten):
    client.force_login(banten)
    return client


def order_url(place):
    return f"/pemilih/lokasi/{place.pk}/tindakan/"


def test_the_form_says_that_the_other_office_has_to_accept(sender, places, people):
    ids = [str(people["Budi"].pk)]
    typed = {"pemilih": ids, "tindakan": "transfer", "tanggal": "2026-10-05", "reason": "surat", "lokasi_lain": "c"}

    shown = sender.post(order_url(places[0]), typed)

    assert "sebelum diterima, mereka tidak terdaftar di lokasi mana pun" in str(shown.context["sentence"])
    assert shown.context["button"] == "Beritahukan 1 pemilih"
    assert not Announcement.everywhere.exists()
    answer = sender.post(order_url(places[0]), {**typed, "lakukan": "1"})
    page = sender.get(answer.headers["Location"])
    assert [line["announced"]["word"] for line in page.context["page"]] == ["menunggu"]
    assert [card["word"] for card in sender.get(f"/pemilih/{ids[0]}/").context["told"]] == ["menunggu"]


def test_the_pages_of_a_transfer_ask_no_more_for_many_than_for_a_few(
    client, places, banten, jabar, django_assert_max_num_queries
):
    load(*[row(f"Warga {chr(97 + n)}", invented_nik(serial=100 + n)) for n in range(20)], at=places[0])
    act = send(Voter.everywhere.all(), places[1], banten).act

    for person, url in ((banten, f"/pemilih/ganda/tindakan/{act.pk}/"), (jabar, f"/pemilih/pindahan/{act.pk}/")):
        client.force_login(person)
        with django_assert_max_num_queries(20):
            assert client.get(url).status_code == 200


@pytest.mark.parametrize("code", ["A", "tidak-ada"])
def test_a_code_of_no_location_elsewhere_is_said_beside_its_field(sender, places, people, code):
    typed = {"tindakan": "transfer", "tanggal": "2026-10-05", "reason": "x", "lokasi_lain": code}

    answer = sender.post(order_url(places[0]), {"pemilih": [str(people["Budi"].pk)], **typed})

    assert list(answer.context["form"].errors) == ["lokasi_lain"]


def test_the_search_for_a_location_elsewhere_shows_nothing_of_it_but_the_summary(sender, places):
    text = sender.get("/pemilih/pindahan/tujuan/?cari=lapas").content.decode()

    assert "Lapas C" in text
    assert not any(secret in text for secret in ("Rahasia", "Jl. 9"))
    assert "data-code" not in sender.get("/pemilih/pindahan/tujuan/?cari=rutan").content.decode()


def test_the_other_office_looks_accepts_and_declines_on_one_page(client, places, sent, jabar):
    client.force_login(jabar)
    url = f"/pemilih/pindahan/{sent.act.pk}/"
    budi, _made, siti = waiting()

    listed = client.get("/pemilih/pindahan/")
    shown = client.get(url).content.decode()
    accepted = client.post(url, {"jawab": "terima", "pilih": [str(budi.pk)], f"blok-{budi.pk}": "Anggrek"})
    faulty = client.post(url, {"jawab": "tolak", "pilih": [str(siti.pk)], "reason": ""})
    client.post(url, {"jawab": "tolak", "pilih": [str(siti.pk)], "reason": "tidak tiba"})

    assert [line["waiting"] for line in listed.context["page"]] == [3]
    assert "Rutan A" in shown
    assert "1990" in shown
    assert BORN.strftime("%Y-%m-%d") not in shown
    assert invented_nik(serial=1) not in shown
    assert accepted.status_code == 302
    assert there("Budi").get().block.name == "Anggrek"
    assert faulty.status_code == 422
    assert states() == {"Budi": "accepted", "Made": "waiting", "Siti": "declined"}
    assert [line["name"] for line in client.get(url).context["lines"]] == ["Made"]


def test_birth_dates_are_shown_once_for_a_reason_and_recorded(client, sent, jabar):
    client.force_login(jabar)
    url = f"/pemilih/pindahan/{sent.act.pk}/"

    refused = client.post(url, {"jawab": "lihat"})
    shown = client.post(url, {"jawab": "lihat", "lihat-reason": "mencocokkan kartu"})

    assert refused.status_code == 422
    assert {line["birth_date"] for line in shown.context["lines"]} == {BORN}
    assert AuditEntry.everywhere.get(action="transfers.revealed").details["voters"] == 3
    assert {line["birth_date"] for line in client.get(url).context["lines"]} == {None}


def test_birth_dates_are_those_of_the_page_that_was_looked_at(client, sent, jabar, monkeypatch):
    monkeypatch.setattr(announcements, "ROWS_A_PAGE", 2)
    client.force_login(jabar)
    second = client.get(f"/pemilih/pindahan/{sent.act.pk}/?halaman=2")

    shown = client.post(second.context["here"], {"jawab": "lihat", "lihat-reason": "mencocokkan kartu"})

    assert [(line["name"], line["birth_date"]) for line in shown.context["lines"]] == [("Siti", BORN)]


def test_who_was_removed_over_there_is_told_about_in_a_sentence(client, people, sent, banten, jabar):
    client.force_login(jabar)
    (budi,) = waiting("Budi")
    registration.remove(voter=people["Budi"], reason="salah entri", by=banten)

    answer = client.post(f"/pemilih/pindahan/{sent.act.pk}/", {"jawab": "terima", "pilih": [str(budi.pk)]}, follow=True)

    assert "tidak lagi diberitahukan" in answer.content.decode()


def test_each_office_sees_its_own_side_only(client, places, people, sent, banten, jabar):
    announcing.accept(announcements=waiting("Budi"), by=jabar)
    new, old = there("Budi").get(), people["Budi"]

    for person, foreign in ((jabar, old), (banten, new)):
        client.force_login(person)
        assert client.get(f"/pemilih/{foreign.pk}/").status_code == 404
    client.force_login(banten)
    assert client.get(f"/pemilih/pindahan/{sent.act.pk}/").status_code == 404
    assert client.get(f"/pemilih/lokasi/{places[1].pk}/").status_code == 404
    assert client.get("/pemilih/pindahan/").context["page"].paginator.count == 0
    client.force_login(jabar)
    assert client.get(f"/pemilih/ganda/tindakan/{sent.act.pk}/").status_code == 404
    assert ActStep.everywhere.filter(territory="32.73").count() == 0
