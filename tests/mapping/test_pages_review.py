"""The pages of review and the desk: who sees what, and what a click does."""

import csv
import io
import math
import re
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Role
from locations import changes
from locations import registration as places
from locations.models import Change, Kind, SpecialLocation
from mapping import ballots, recompute, review
from mapping.core.plan import SOURCES
from mapping.models import Decision, Policy, Proposal
from mapping.sentences import IGNORED, MENDING, NEAR, NOT_COMBINED, PUT_ASIDE, WORDS
from tests import factories
from voters.eligibility import REASONS
from voters.reasons import LABELS

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def policy(db, settings) -> Policy:
    settings.LANGUAGE_CODE = "en"
    return factories.policy(maximum=4, minimum=2, minimums={})


@pytest.fixture
def as_(client):
    """`as_(user)`: a browser in which this person is signed in."""

    def signed_in(user):
        client.force_login(user)
        client.cookies["django_language"] = "en"
        return client

    return signed_in


def submitted(voters: int = 3, name: str = "Rutan Contoh", region_code: str = factories.VILLAGE, **fields) -> Proposal:
    location = factories.special_location(region_code=region_code, name=name, **fields)
    block = factories.block(location, "Blok Melati")
    for _ in range(voters):
        factories.voter(location, block=block)
    recompute.locations([location.pk])
    places.submit(location=location, by=factories.user(Role.OPERATOR, region_code[:2]))
    return in_force(location)


def in_force(location: SpecialLocation) -> Proposal:
    return Proposal.everywhere.in_force(Policy.objects.get(is_current=True)).with_state().get(location=location)


def reviewer():
    return factories.user(Role.REVIEWER)


def url_of(proposal: Proposal) -> str:
    return reverse("mapping:proposal", args=[proposal.pk])


def post(client, proposal: Proposal, verdict: str, **fields):
    values = {"verdict": verdict, "seen": proposal.fingerprint, "after": "", "note": ""}
    return client.post(url_of(proposal), {**values, **fields})


def text_of(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


# The queue


def test_the_queue_shows_what_waits_and_nothing_else(as_):
    submitted(name="Rutan Menunggu")
    review.approve(proposal=(done := submitted(name="Rutan Selesai")), seen=done.fingerprint, by=reviewer())

    page = text_of(as_(reviewer()).get(reverse("mapping:queue")))

    assert "Rutan Menunggu" in page
    assert "Rutan Selesai" not in page
    assert "1 proposal waiting" in page


def test_the_queue_shows_rejected_locations_when_asked(as_):
    rejected = submitted(name="Rutan Ditolak")
    review.reject(proposal=rejected, seen=rejected.fingerprint, note="Tidak ada daftar.", by=reviewer())

    page = text_of(as_(reviewer()).get(reverse("mapping:queue"), {"keadaan": "rejected"}))

    assert "Rutan Ditolak" in page


def test_an_approval_that_fell_stands_on_top_of_the_queue(as_):
    submitted(name="Rutan Pertama")
    moved = submitted(voters=4, name="Rutan Berubah")
    review.approve(proposal=moved, seen=moved.fingerprint, by=reviewer())
    factories.voter(moved.location)
    recompute.locations([moved.location_id])

    page = text_of(as_(reviewer()).get(reverse("mapping:queue")))

    assert page.index("Rutan Berubah") < page.index("Rutan Pertama")
    assert "changed since approval" in page


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"kategori": "rutan_lapas"}, {"Rutan Banten"}),
        ({"kategori": "panti"}, {"Panti Jabar"}),
        ({"provinsi": "32"}, {"Panti Jabar"}),
        ({"cari": "banten"}, {"Rutan Banten"}),
        ({"risiko": "extra_tps"}, {"Panti Jabar"}),
        ({"risiko": "no_letter"}, {"Rutan Banten", "Panti Jabar"}),
        ({"risiko": "no_such"}, set()),
        ({"keadaan": "draft"}, set()),
        ({"keadaan": "semua", "urut": "-tps"}, {"Rutan Banten", "Panti Jabar"}),
    ],
)
def test_the_queue_is_filtered(as_, asked, found):
    submitted(name="Rutan Banten")
    submitted(
        name="Panti Jabar", kind=Kind.CARE, region_code="32.73.01.1002", requested_tps=2, requested_tps_reason="Blok."
    )

    page = text_of(as_(reviewer()).get(reverse("mapping:queue"), asked))

    assert {name for name in ("Rutan Banten", "Panti Jabar") if name in page} == found


def test_an_operator_sees_only_the_own_province(as_):
    submitted(name="Rutan Banten")
    submitted(name="Rutan Jabar", region_code="32.73.01.1002")

    page = text_of(as_(factories.user(Role.OPERATOR, "32")).get(reverse("mapping:queue")))

    assert "Rutan Jabar" in page
    assert "Rutan Banten" not in page


def test_the_queue_as_a_file_carries_policy_and_time(as_):
    submitted(name="=Rutan Jahat")

    answer = as_(reviewer()).get(reverse("mapping:queue"), {"format": "csv"})

    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["nama"] for row in rows] == ["'=Rutan Jahat"]
    assert (rows[0]["kebijakan"], rows[0]["keadaan"], rows[0]["tps"]) == ("pemilu-2024", "waiting", "1")
    assert rows[0]["dihitung"]
    assert rows[0]["sumber"]


def test_the_queue_asks_the_same_number_of_questions_however_long_it_is(as_):
    client = as_(reviewer())
    submitted()
    client.get(reverse("mapping:queue"))

    with CaptureQueriesContext(connection) as short:
        client.get(reverse("mapping:queue"))
    for number in range(6):
        submitted(name=f"Rutan {number}")
    with CaptureQueriesContext(connection) as long:
        client.get(reverse("mapping:queue"))

    assert len(long) == len(short) < 20


# The proposal's page


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.REVIEWER, Role.AUDITOR, Role.ADMIN])
def test_everybody_of_the_territory_reads_a_proposal(as_, role):
    proposal = submitted(voters=6)

    answer = as_(factories.user(role, "36")).get(url_of(proposal))

    page = text_of(answer)
    assert answer.status_code == 200
    assert "TPS 901" in page
    assert "TPS 902" in page
    assert "Blok Melati" in page


def test_a_proposal_of_another_province_looks_like_none(as_):
    proposal = submitted()
    client = as_(factories.user(Role.OPERATOR, "32"))

    foreign = client.get(url_of(proposal))
    nothing = client.get(reverse("mapping:proposal", args=[uuid.uuid4()]))

    assert foreign.status_code == nothing.status_code == 404
    assert "Rutan Contoh" not in text_of(foreign)


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.AUDITOR, Role.ADMIN])
def test_only_a_reviewer_has_the_buttons_of_a_decision(as_, role):
    proposal = submitted()

    assert "decision-bar" not in as_(factories.user(role, "36")).get(url_of(proposal)).content.decode()
    assert "Approve 1 TPS" in text_of(as_(reviewer()).get(url_of(proposal)))


def test_a_superseded_version_is_readable_and_points_to_the_one_in_force(as_):
    old = submitted()
    factories.voter(old.location)
    recompute.locations([old.location_id])
    new = in_force(old.location)

    page = as_(reviewer()).get(url_of(old)).content.decode()

    assert f'href="{url_of(new)}"' in page
    assert "superseded" in page
    assert "decision-bar" not in page


def test_the_page_tells_what_changed_since_the_decision(as_):
    proposal = submitted(voters=3)
    review.approve(proposal=proposal, seen=proposal.fingerprint, by=reviewer())
    factories.voter(proposal.location)
    recompute.locations([proposal.location_id])

    page = text_of(as_(reviewer()).get(url_of(in_force(proposal.location))))

    assert "Approved +1 voter since then" in page
    assert "Since the last decision" in page
    assert "eligible: 3 → 4 (+1)" in page


def test_who_is_not_eligible_leads_to_the_voters_counted(as_):
    proposal = submitted()
    factories.voter(proposal.location, nik="")
    factories.voter(proposal.location, is_foreign=True)
    recompute.locations([proposal.location_id])
    listed = reverse("voters:location_list", args=[proposal.location_id])

    page = as_(reviewer()).get(url_of(in_force(proposal.location))).content.decode()

    assert f'href="{listed}?reason=no_nik"' in page
    assert f'href="{listed}?reason=foreign"' in page
    assert "1 of them have no NIK" in text_of(as_(reviewer()).get(url_of(in_force(proposal.location))))


def test_an_auditor_gets_no_link_to_voters(as_):
    proposal = submitted()
    factories.voter(proposal.location, nik="")
    recompute.locations([proposal.location_id])

    page = as_(factories.user(Role.AUDITOR, "00")).get(url_of(in_force(proposal.location))).content.decode()

    assert "No NIK" in page
    assert "?reason=" not in page


@pytest.mark.parametrize("code", list(SOURCES))
def test_every_reason_of_the_engine_has_a_sentence(code):
    by_params = {
        "request_ignored": set(IGNORED) == {"below", "no_reason", "more_than_voters"},
        "drawn_ignored": set(PUT_ASIDE) == {"too_few", "too_many", "above_maximum", "empty", "not_apart"},
        "could_be_mended": set(MENDING) == {"enough", "some", "none"},
        "not_combined": set(NOT_COMBINED) == {"alone", "other_districts", "too_far", "too_few"},
        "combined_into": set(NEAR) == {True, False},
    }
    assert code in WORDS or by_params[code]


def test_every_reason_of_ineligibility_has_a_name():
    assert list(LABELS) == list(REASONS)


@pytest.mark.parametrize("voters", [0, 1, 49, 50, 51, 282, 300])
def test_the_reserve_is_two_percent_rounded_up(voters):
    assert ballots.stack(voters).reserve == math.ceil(voters * 2 / 100)


# Decisions by click


@pytest.mark.parametrize(
    ("verdict", "after"), [("approve", "approved"), ("return", "returned"), ("reject", "rejected")]
)
def test_a_click_decides(as_, verdict, after):
    proposal = submitted()

    answer = post(as_(reviewer()), proposal, verdict, note="Surat belum ada.")

    assert answer.status_code == 302
    assert in_force(proposal.location).state == after


def test_a_click_revokes(as_):
    proposal = submitted()
    decision = review.reject(proposal=proposal, seen=proposal.fingerprint, note="Tidak ada.", by=reviewer())

    answer = post(as_(reviewer()), proposal, "revoke", after=str(decision.pk))

    assert answer.status_code == 302
    assert in_force(proposal.location).state == "waiting"


def test_a_return_without_a_note_comes_back_open_and_says_so(as_):
    proposal = submitted()

    answer = post(as_(reviewer()), proposal, "return", note=" ")

    assert answer.status_code == 422
    assert 'name="confirm" open' in answer.content.decode()
    assert not Decision.everywhere.exists()


def test_a_click_on_old_data_decides_nothing_and_shows_the_difference(as_):
    proposal = submitted(voters=3)
    client = as_(reviewer())
    client.get(url_of(proposal))
    factories.voter(proposal.location)
    changes.record([proposal.location_id])

    answer = post(client, proposal, "approve")

    page = text_of(answer)
    now = in_force(proposal.location)
    assert answer.status_code == 409
    assert not Decision.everywhere.exists()
    assert "Nothing was decided" in page
    assert "eligible: 3 → 4 (+1)" in page
    assert now.fingerprint in answer.content.decode()
    assert f'action="{url_of(now)}"' in answer.content.decode()


def test_what_the_outdated_page_offers_can_be_decided(as_):
    proposal = submitted(voters=3)
    client = as_(reviewer())
    factories.voter(proposal.location)
    changes.record([proposal.location_id])
    post(client, proposal, "approve")

    answer = post(client, in_force(proposal.location), "approve")

    assert answer.status_code == 302
    assert in_force(proposal.location).state == "approved"


def test_the_second_of_two_clicks_is_told_of_the_first(as_):
    proposal = submitted()
    first = factories.user(Role.REVIEWER, name="Penelaah Satu")
    review.approve(proposal=proposal, seen=proposal.fingerprint, by=first)

    answer = post(as_(reviewer()), proposal, "return", note="Surat.")

    assert answer.status_code == 409
    assert "Penelaah Satu decided on Rutan Contoh: approved" in text_of(answer)
    assert Decision.everywhere.count() == 1


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.AUDITOR, Role.ADMIN])
def test_who_is_no_reviewer_cannot_post_a_decision(as_, role):
    proposal = submitted()

    answer = post(as_(factories.user(role, "36")), proposal, "approve")

    assert answer.status_code == 403
    assert not Decision.everywhere.exists()


def test_a_reviewer_who_submitted_it_cannot_post_a_decision(as_):
    proposal = submitted()
    person = reviewer()
    SpecialLocation.everywhere.filter(pk=proposal.location_id).update(submitted_by=person)

    answer = post(as_(person), proposal, "approve")

    assert answer.status_code == 403
    assert not Decision.everywhere.exists()


@pytest.mark.parametrize("fields", [{"verdict": "destroy"}, {"verdict": ""}, {"after": "no-uuid"}, {"seen": ""}])
def test_a_decision_that_is_none_is_refused(as_, fields):
    proposal = submitted()

    answer = post(as_(reviewer()), proposal, **{"verdict": "approve", **fields})

    assert answer.status_code == 422
    assert not Decision.everywhere.exists()


def test_an_operator_submits_a_returned_location_again(as_):
    proposal = submitted()
    review.return_(proposal=proposal, seen=proposal.fingerprint, note="Surat.", by=reviewer())
    client = as_(factories.user(Role.OPERATOR, "36"))

    page = text_of(client.get(url_of(proposal)))
    client.post(reverse("mapping:submit_again", args=[proposal.pk]))

    assert "Submit again" in page
    assert in_force(proposal.location).state == "waiting"


def test_an_approved_location_is_not_submitted_again_by_a_late_click(as_):
    proposal = submitted()
    review.approve(proposal=proposal, seen=proposal.fingerprint, by=reviewer())

    as_(factories.user(Role.OPERATOR, "36")).post(reverse("mapping:submit_again", args=[proposal.pk]))

    assert in_force(proposal.location).state == "approved"


# The panel on the location's page


def panel(client, location) -> str:
    answer = client.get(reverse("mapping:location_panel", args=[location.pk]), headers={"HX-Request": "true"})
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_panel_shows_the_proposal_and_its_state(as_):
    proposal = submitted()

    shown = panel(as_(factories.user(Role.OPERATOR, "36")), proposal.location)

    assert url_of(proposal) in shown
    assert "Awaiting decision" in shown
    assert "every 2s" not in shown


def test_the_panel_polls_until_the_recompute_is_done(as_):
    proposal = submitted()
    changes.record([proposal.location_id])
    client = as_(factories.user(Role.OPERATOR, "36"))

    before = panel(client, proposal.location)
    recompute.changed()

    assert "computing…" in before
    assert "every 2s" in before
    assert not Change.everywhere.exists()
    assert "every 2s" not in panel(client, proposal.location)


def test_the_panel_gives_an_indication_from_the_estimate_and_counts_it_nowhere(as_):
    location = factories.special_location(estimated_voters=9)
    client = as_(factories.user(Role.OPERATOR, "36"))

    shown = re.sub(r"\s+", " ", panel(client, location))

    assert "an estimate of 9 voters would give 3 TPS" in shown
    assert "Not a proposal" in shown
    assert not Proposal.everywhere.exists()


def test_the_panel_without_htmx_is_a_page(as_):
    proposal = submitted()

    answer = as_(reviewer()).get(reverse("mapping:location_panel", args=[proposal.location_id]))

    assert "<!doctype html>" in answer.content.decode()


def test_the_panel_of_a_foreign_location_is_not_found(as_):
    proposal = submitted()

    answer = as_(factories.user(Role.OPERATOR, "32")).get(
        reverse("mapping:location_panel", args=[proposal.location_id])
    )

    assert answer.status_code == 404


# Desk and policies


def test_the_desk_of_an_operator_names_what_was_returned_and_what_is_short(as_):
    returned = submitted(name="Rutan Dikembalikan")
    review.return_(proposal=returned, seen=returned.fingerprint, note="Surat.", by=reviewer())
    short = factories.special_location(name="Panti Kurang", kind=Kind.CARE)
    factories.voter(short)
    recompute.locations([short.pk])
    ready = factories.special_location(name="Rutan Siap", person_in_charge="Kepala", letter_number="1")
    for _ in range(2):
        factories.voter(ready)
    recompute.locations([ready.pk])

    page = text_of(as_(factories.user(Role.OPERATOR, "36")).get("/"))

    assert "Returned by KPU RI Rutan Dikembalikan" in page
    assert "Panti Kurang 1 short" in page
    assert "Ready to submit Rutan Siap" in page


def test_the_desk_of_a_reviewer_shows_the_longest_wait(as_):
    submitted(name="Rutan Lama")
    submitted(name="Rutan Baru")

    page = text_of(as_(reviewer()).get("/"))

    assert "2 Waiting for a decision" in page
    assert "the longest: Rutan Lama" in page


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMIN])
def test_the_desk_of_who_only_looks_shows_figures(as_, role):
    submitted(voters=3)

    page = text_of(as_(factories.user(role, "00")).get("/"))

    assert "eligible 3" in page
    assert "What you have to do" not in page


def test_the_desk_says_nothing_of_another_province(as_):
    returned = submitted(name="Rutan Banten")
    review.return_(proposal=returned, seen=returned.fingerprint, note="Surat.", by=reviewer())

    page = text_of(as_(factories.user(Role.OPERATOR, "32")).get("/"))

    assert "Rutan Banten" not in page


@pytest.mark.parametrize("name", ["desk", "mapping:queue", "mapping:policies"])
def test_before_any_policy_the_pages_say_what_to_do(as_, name):
    Policy.objects.all().delete()

    answer = as_(reviewer()).get(reverse(name))

    assert answer.status_code == 200
    assert "Load the reference data first." in text_of(answer)


def test_the_policies_begin_with_the_one_in_force(as_):
    factories.policy("pilkada-2024", name="Pilkada 2024", maximum=600, is_current=False)
    Policy.objects.filter(slug="pemilu-2024").update(name="Pemilu 2024")

    page = text_of(as_(reviewer()).get(reverse("mapping:policies")))

    assert page.index("in force") < page.index("Pilkada 2024") < page.index("not in force")
    assert "600" in page


@pytest.mark.parametrize("name", ["desk", "mapping:queue", "mapping:policies"])
def test_a_stranger_is_sent_to_sign_in(client, name):
    assert client.get(reverse(name)).status_code == 302
