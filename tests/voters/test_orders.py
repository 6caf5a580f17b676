"""Marks, departures and transfers of many at once: shown first, done with a reason, told to both sides, and back again."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import AuditEntry, Role
from locations.models import Change
from tests import factories
from tpskhusus.invariants import check
from voters import acts, orders
from voters.models import Act, ActStep, Notice, OfficialMark, Register, Strike, Voter, VoterIdentity
from voters.orders import Order
from voters.views import location

from .lists import invented_nik, load, row

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]

KIND = Act.Kind
MOVED = date(2026, 10, 5)
LATER = date(2027, 1, 20)


@pytest.fixture
def places():
    """Two of one province, in different regencies, and one of another province."""
    Register.current()
    Register.objects.update(polling_day=date(2027, 2, 14))
    factories.policy()
    for code in ("36.03.28", factories.HOME):
        factories.region(code)
    return (
        factories.special_location("A", "36.03.28.2004", name="Rutan A"),
        factories.special_location("B", "36.71.01.1001", name="Rutan B"),
        factories.special_location("C", "32.73.01.1001", name="Rutan C"),
    )


@pytest.fixture
def banten():
    return factories.user(territory="36")


@pytest.fixture
def people(places):
    """Three at A: with a block, without a NIK, and one who left long ago."""
    load(
        row("Budi", invented_nik(serial=1), blok="Mawar", alamat="Jl. 1", kode_wilayah_domisili=factories.HOME),
        row("Siti", "", sex="P", kode_wilayah_domisili=factories.HOME),
        row("Wayan", invented_nik(serial=3), tanggal_keluar="2025-01-01", kode_wilayah_domisili=factories.HOME),
        at=places[0],
    )
    Change.everywhere.all().delete()
    return {voter.name: voter for voter in Voter.everywhere.select_related("location")}


def do(kind, people, by, reason="surat 12/2026", **values):
    return orders.carry_out(order=Order(kind, **values), voters=list(people), reason=reason, by=by)


def state():
    """All of voters and identities that an act may move."""
    fields = ("pk", "location", "arrival", "departure", "official_mark", "is_duplicate", "identity__claim")
    return list(Voter.everywhere.order_by("pk").values_list(*fields))


def holds():
    """Whether the invariants hold, but for proposals that no worker has made yet."""
    return all(finding.holds for finding in check() if finding.name != "counts_equal_recounts")


def told():
    return sorted((notice.territory, notice.kind, notice.voter.name) for notice in Notice.everywhere.all())


@pytest.mark.parametrize("mark", OfficialMark.values)
def test_each_official_mark_is_set_for_many_and_taken_back_as_a_whole(places, people, banten, mark):
    before = state()

    done = do(KIND.MARK, people.values(), banten, mark=mark)

    assert set(Voter.everywhere.values_list("official_mark", flat=True)) == {mark}
    assert (done.act.kind, done.act.voters, done.act.cases) == ("mark", 3, 0)
    assert Change.everywhere.filter(location=places[0]).exists()
    details = AuditEntry.everywhere.get(action="voters.mark").details
    assert details == {"voters": 3, "reason": "surat 12/2026", "mark": mark}
    assert acts.take_back(act=done.act, by=banten) == []
    assert state() == before


def test_a_mark_goes_as_it_came(people, banten):
    do(KIND.MARK, people.values(), banten, mark="1")

    done = do(KIND.MARK, people.values(), banten, mark="")

    assert set(Voter.everywhere.values_list("official_mark", flat=True)) == {""}
    assert not done.refused


def test_who_left_or_has_the_mark_already_is_left_alone_and_named(people, banten):
    do(KIND.MARK, [people["Budi"]], banten, mark="4")

    marked = do(KIND.MARK, people.values(), banten, mark="4")
    left = do(KIND.DEPARTURE, people.values(), banten, on=MOVED)

    assert [(voter.name, why) for voter, why in marked.refused] == [("Budi", "no_change")]
    assert [(voter.name, why) for voter, why in left.refused] == [("Wayan", "left")]
    assert Voter.everywhere.get(name="Siti").departure == MOVED


def test_a_transfer_leaves_here_arrives_there_and_tells_both_regencies(places, people, banten):
    done = do(KIND.TRANSFER, people.values(), banten, on=MOVED, to=places[1])

    assert [(voter.name, why) for voter, why in done.refused] == [("Wayan", "left")]
    old, new = Voter.everywhere.filter(name="Budi").order_by("location__code")
    assert (old.departure, new.location, new.arrival, new.departure, new.block) == (MOVED, places[1], MOVED, None, None)
    assert (new.territory, new.home_id, new.nik_verdict, new.batch) == ("36.71", old.home_id, "ok", None)
    claims = dict(VoterIdentity.everywhere.filter(voter__name="Budi").values_list("voter", "claim"))
    assert claims[old.pk] is None
    assert claims[new.pk]
    assert told() == [
        ("36.03", "moved_out", "Budi"),
        ("36.03", "moved_out", "Siti"),
        ("36.71", "moved_in", "Budi"),
        ("36.71", "moved_in", "Siti"),
    ]
    assert set(Change.everywhere.values_list("location__code", flat=True)) == {"A", "B"}
    assert AuditEntry.everywhere.get(action="voters.transfer").details["to"] == "B"
    assert holds()


def test_a_transfer_to_come_counts_there_on_polling_day(places, people, banten):
    do(KIND.TRANSFER, [people["Budi"]], banten, on=LATER, to=places[1])

    assert VoterIdentity.everywhere.get(voter__name="Budi", claim__isnull=False).voter.location == places[1]


def test_a_transfer_after_polling_day_would_cost_the_vote_and_is_refused(places, people, banten):
    with pytest.raises(ValidationError) as fault:
        do(KIND.TRANSFER, [people["Budi"]], banten, on=date(2027, 2, 15), to=places[1])

    assert fault.value.code == "after_polling_day"


def test_a_departure_given_before_goes_along(places, banten):
    load(row("Made", invented_nik(serial=9), tanggal_keluar="2027-01-30"), at=places[0])

    do(KIND.TRANSFER, Voter.everywhere.all(), banten, on=MOVED, to=places[1])

    assert dict(Voter.everywhere.values_list("location__code", "departure")) == {"A": MOVED, "B": date(2027, 1, 30)}


def test_a_transfer_is_taken_back_as_a_whole(places, people, banten):
    before = state()
    done = do(KIND.TRANSFER, people.values(), banten, on=MOVED, to=places[1])

    kept = acts.take_back(act=done.act, by=banten)

    assert kept == []
    assert state() == before
    assert holds()


def test_who_was_changed_at_the_new_location_since_stays_there_and_stays_gone_here(places, people, banten):
    done = do(KIND.TRANSFER, [people["Budi"], people["Siti"]], banten, on=MOVED, to=places[1])
    Voter.everywhere.filter(name="Budi", location=places[1]).update(arrival=date(2026, 10, 9))

    kept = acts.take_back(act=done.act, by=banten)

    assert {(step.voter.location.code, step.kept_why) for step in kept} == {("A", "moved"), ("B", "changed")}
    assert Voter.everywhere.get(name="Siti").departure is None
    assert Voter.everywhere.get(name="Budi", location=places[0]).departure == MOVED
    assert VoterIdentity.everywhere.filter(voter__name="Budi", claim__isnull=False).get().voter.location == places[1]


def test_whom_the_home_list_was_told_of_is_put_back_by_nobody(places, people, banten):
    Strike.everywhere.create(territory="32.73", voter=people["Budi"])
    done = do(KIND.DEPARTURE, [people["Budi"]], banten, on=MOVED)
    Strike.everywhere.update(taken_back_at=done.act.at)

    assert [step.kept_why for step in acts.take_back(act=done.act, by=banten)] == ["on_list"]


def test_who_seems_to_be_there_already_is_not_entered_twice(places, people, banten):
    load(row("Siti", "", sex="P"), row("Budi Lain", invented_nik(serial=1)), at=places[1])

    with pytest.raises(ValidationError) as fault:
        do(KIND.TRANSFER, [people["Siti"], people["Budi"]], banten, on=MOVED, to=places[1])

    assert [each.code for each in fault.value.error_list] == ["there"]
    assert Voter.everywhere.filter(location=places[1]).count() == 2
    assert not Act.everywhere.exists()


def test_whose_entry_would_be_refused_today_is_left_alone(places, people, banten):
    Voter.everywhere.filter(name="Siti").update(name="...")

    done = do(KIND.TRANSFER, [people["Siti"], people["Budi"]], banten, on=MOVED, to=places[1])

    assert [why for _voter, why in done.refused] == ["faulty"]
    assert Voter.everywhere.get(name="...").departure is None


def test_a_transfer_of_many_takes_no_more_statements_than_one_of_a_few(
    places, people, banten, django_assert_max_num_queries
):
    load(*[row(f"Warga {chr(97 + n)}", invented_nik(serial=100 + n)) for n in range(20)], at=places[0])

    with django_assert_max_num_queries(90):
        do(KIND.TRANSFER, Voter.everywhere.filter(name__startswith="Warga"), banten, on=MOVED, to=places[1])

    assert Voter.everywhere.filter(location=places[1]).count() == 20


@pytest.mark.parametrize(
    ("kind", "values", "code"),
    [
        (KIND.MARK, {"mark": "9"}, "outside_list"),
        (KIND.DEPARTURE, {}, "required"),
        (KIND.TRANSFER, {"on": MOVED}, "inactive"),
    ],
)
def test_an_order_that_says_too_little_is_refused(people, banten, kind, values, code):
    with pytest.raises(ValidationError) as fault:
        do(kind, people.values(), banten, **values)

    assert fault.value.code == code


def test_an_act_needs_a_reason_and_the_own_territory_on_both_sides(places, people, banten):
    with pytest.raises(ValidationError):
        do(KIND.MARK, people.values(), banten, mark="1", reason=" ")
    with pytest.raises(PermissionDenied):
        do(KIND.TRANSFER, people.values(), banten, on=MOVED, to=places[2])
    for stranger in (factories.user(territory="32"), factories.user(Role.REVIEWER)):
        with pytest.raises(PermissionDenied):
            do(KIND.MARK, people.values(), stranger, mark="1")
    assert not ActStep.everywhere.exists()


@pytest.fixture
def browser(client, banten):
    client.force_login(banten)
    return client


def url(place):
    return f"/pemilih/lokasi/{place.pk}/tindakan/"


def test_chosen_rows_are_asked_about_shown_and_then_done(browser, places, people):
    ids = [str(voter.pk) for voter in people.values()]
    typed = {"pemilih": ids, "tindakan": "mark", "tanda": "1", "reason": "akta kematian"}
    listed = browser.get(f"/pemilih/lokasi/{places[0].pk}/").content.decode()
    assert all(f'value="{pk}"' in listed for pk in ids)

    asked = browser.post(url(places[0]), {"pemilih": ids})
    shown = browser.post(url(places[0]), typed)

    assert asked.status_code == 200
    assert "found" not in asked.context
    assert len(shown.context["fitting"]) == 3
    assert not Act.everywhere.exists()
    answer = browser.post(url(places[0]), {**typed, "lakukan": "3"})
    assert answer.headers["Location"] == f"/pemilih/ganda/tindakan/{Act.everywhere.get().pk}/"
    assert browser.get(answer.headers["Location"]).status_code == 200
    assert set(Voter.everywhere.values_list("official_mark", flat=True)) == {"1"}


def test_all_that_match_are_chosen_over_all_pages_and_stay_those_who_were_shown(browser, places, people, monkeypatch):
    monkeypatch.setattr(location, "PAGE_SIZE", 2)
    listed = browser.get(f"/pemilih/lokasi/{places[0].pk}/?peran=penghuni&urut=-nama")
    filtered = listed.context["order_url"]
    factories.voter(places[0], name="Agus", role="petugas")

    asked = browser.post(filtered, {"semua": "1"})
    ids = [str(voter.pk) for voter in asked.context["voters"]]
    factories.voter(places[0], name="Zainal")
    typed = {"pemilih": ids, "tindakan": "mark", "tanda": "1", "reason": "akta kematian"}
    answer = browser.post(filtered, {**typed, "lakukan": "3"})

    assert "3" in listed.context["choose_all"]
    assert [voter.name for voter in asked.context["voters"]] == ["Budi", "Siti", "Wayan"]
    assert answer.status_code == 302
    assert set(Voter.everywhere.filter(official_mark="").values_list("name", flat=True)) == {"Agus", "Zainal"}


def test_of_more_than_go_at_once_the_first_of_the_list_are_chosen_and_it_is_said(browser, places, people, monkeypatch):
    for module in (orders, location):
        monkeypatch.setattr(module, "MOST", 2)
    monkeypatch.setattr(location, "PAGE_SIZE", 2)
    listed = browser.get(f"/pemilih/lokasi/{places[0].pk}/?urut=-nama")

    asked = browser.post(listed.context["order_url"], {"semua": "1"})

    assert "2" in listed.context["choose_all"]
    assert "3" in listed.context["choose_all"]
    assert [voter.name for voter in asked.context["voters"]] == ["Siti", "Wayan"]
    assert [str(message).count("3") for message in asked.context["messages"]] == [1]


def test_what_changed_since_it_was_shown_is_shown_again(browser, places, people, banten):
    typed = {"pemilih": [str(voter.pk) for voter in people.values()], "tindakan": "mark", "tanda": "1", "reason": "x"}
    do(KIND.MARK, [people["Budi"]], banten, mark="1")

    answer = browser.post(url(places[0]), {**typed, "lakukan": "3"})

    assert answer.status_code == 200
    assert [group["names"][0].name for group in answer.context["refused"]] == ["Budi"]
    assert Act.everywhere.count() == 1


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"tindakan": "mark"}, "tanda"),
        ({"tindakan": "transfer", "tanggal": "2026-10-05"}, "lokasi"),
        ({"tindakan": "departure"}, "tanggal"),
        ({"tindakan": "meninggal"}, "tindakan"),
        ({"tindakan": "departure", "tanggal": "2026-10-05", "reason": ""}, "reason"),
        ({"tindakan": "departure", "tanggal": "1800-01-01"}, "tanggal"),
        ({"tindakan": "departure", "tanggal": "9999-12-31"}, "tanggal"),
    ],
)
def test_what_is_missing_is_said_beside_its_field(browser, places, people, typed, field):
    answer = browser.post(url(places[0]), {"pemilih": [str(people["Budi"].pk)], "reason": "x", **typed})

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]


def test_a_transfer_after_polling_day_is_refused_before_it_is_promised(browser, places, people):
    typed = {"tindakan": "transfer", "lokasi": places[1].pk, "tanggal": "2027-03-01", "reason": "x"}

    answer = browser.post(url(places[0]), {"pemilih": [str(people["Budi"].pk)], **typed})

    assert answer.status_code == 422
    assert "found" not in answer.context


def test_nobody_leaves_before_being_born(people, banten):
    found = orders.outlook(order=Order(KIND.DEPARTURE, on=date(1980, 1, 1)), voters=people.values())

    assert found.by_reason == {"unborn": 3}


def test_a_foreign_location_is_no_choice_and_foreign_voters_are_not_there(browser, places, people):
    elsewhere = factories.voter(places[2])
    typed = {"tindakan": "transfer", "tanggal": "2026-10-05", "reason": "x", "lokasi": str(places[2].pk)}

    refused = browser.post(url(places[0]), {"pemilih": [str(people["Budi"].pk)], **typed})
    nobody = browser.post(url(places[0]), {"pemilih": [str(elsewhere.pk), "x"], **typed})

    assert "lokasi" in refused.context["form"].errors
    assert nobody.status_code == 302
    assert browser.post(url(places[2]), typed).status_code == 404
    assert not Act.everywhere.exists()


def test_a_reviewer_is_offered_no_boxes(client, places, people):
    client.force_login(factories.user(Role.REVIEWER))

    assert "pemilih" not in client.get(f"/pemilih/lokasi/{places[0].pk}/").content.decode().split("<main")[1].split(
        "name="
    )
    assert client.post(url(places[0]), {"pemilih": [str(people["Budi"].pk)]}).status_code == 403
