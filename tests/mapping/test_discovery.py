"""Do unplaced voters who are close together become a suggestion, and a suggestion a location?"""

import h3
import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import AuditEntry, Role
from locations.models import SpecialLocation
from mapping import discovery
from mapping.models import Suggestion
from tests import factories
from voters.models import Register, Voter

pytestmark = pytest.mark.django_db

HERE = h3.latlng_to_cell(-6.178, 106.632, 9)


@pytest.fixture(autouse=True)
def policy():
    return factories.policy(minimum=3)


def gathered(count: int, cell: str = HERE, **fields) -> list[Voter]:
    fields = {"home": factories.region(factories.HOME), "stay": factories.VILLAGE, **fields}
    return [factories.voter(h3_cell=cell, **fields) for _ in range(count)]


def test_a_concentration_is_suggested_once():
    gathered(4)

    (found,) = discovery.search()
    discovery.search()

    assert Suggestion.everywhere.get() == found
    assert (found.voters, found.territory, found.region_id, found.cells) == (4, "36.03", factories.VILLAGE, HERE)


def test_it_follows_the_figures_and_goes_when_the_people_do():
    people = gathered(4)
    (first,) = discovery.search()
    gathered(1)
    (second,) = discovery.search()

    assert (second.pk, second.voters) == (first.pk, 5)

    Voter.everywhere.filter(pk__in=[person.pk for person in people]).update(official_mark="1")
    assert discovery.search() == []
    assert not Suggestion.everywhere.exists()


@pytest.mark.parametrize(
    "fields",
    [
        {"is_foreign": True},
        {"official_mark": "1"},
        {"nik": ""},
        {"home": factories.VILLAGE},
        {"is_placed": True},
    ],
)
def test_who_could_not_vote_there_does_not_count(fields):
    if isinstance(fields.get("home"), str):
        fields = {"home": factories.region(fields["home"])}
    gathered(4, **fields)

    assert discovery.search() == []


def test_without_points_the_village_is_suggested():
    gathered(3, cell="")

    (found,) = discovery.search()

    assert (found.cells, found.latitude, found.region_id) == ("", None, factories.VILLAGE)


def test_accepted_it_becomes_a_location_with_these_voters():
    Register.objects.update_or_create(
        pk=1, defaults={"name": "uji", "is_synthetic": True}
    )  # serials of zeros are its own
    factories.region("36.03.01")
    gathered(4)
    (found,) = discovery.search()
    operator = factories.user(Role.OPERATOR, "36")

    location = discovery.accept(suggestion=found, by=operator)

    found.refresh_from_db()
    assert (found.state, found.became) == ("accepted", location.code)
    assert Voter.everywhere.filter(location=location, is_duplicate=False).count() == 4
    assert not Voter.everywhere.unplaced().exists()
    assert location.submitted_at is None
    assert AuditEntry.everywhere.filter(action="suggestion.accepted").count() == 1
    assert discovery.search() == []
    with pytest.raises(ValidationError):
        discovery.accept(suggestion=found, by=operator)
    assert SpecialLocation.everywhere.count() == 1


def test_dismissed_it_stays_away_though_somebody_comes():
    gathered(4)
    (found,) = discovery.search()
    operator = factories.user(Role.OPERATOR, "36")
    with pytest.raises(ValidationError):
        discovery.dismiss(suggestion=found, reason=" ", by=operator)

    discovery.dismiss(suggestion=found, reason="Asrama mahasiswa, pulang saat libur", by=operator)
    gathered(2)

    assert discovery.search() == []
    assert Suggestion.everywhere.get().state == "dismissed"


@pytest.mark.parametrize(
    "fields",
    [{"reason": "x"}, {"state": "accepted"}, {"state": "dismissed"}, {"state": "closed"}, {"became": "36.03-001"}],
)
def test_a_suggestion_ends_with_a_reason_or_a_location(fields):
    with pytest.raises(IntegrityError, match="suggestion_ends_with_a_reason_or_a_location"), transaction.atomic():
        Suggestion.everywhere.create(
            territory="36.03", region=factories.region(factories.VILLAGE), voters=3, sure_percent=100, **fields
        )


def test_a_suggestion_has_a_territory():
    with pytest.raises(IntegrityError, match="suggestion_has_territory"), transaction.atomic():
        Suggestion.everywhere.create(
            territory="", region=factories.region(factories.VILLAGE), voters=3, sure_percent=100
        )


def test_the_page_shows_accepts_and_dismisses(client):
    gathered(4)
    (found,) = discovery.search()
    client.force_login(factories.user(Role.OPERATOR, "36.03"))

    page = client.get("/peta/usulan/").content.decode()
    assert found.region.name in page
    refused = client.post(f"/peta/usulan/{found.pk}/", {"abaikan": "1", "alasan": ""}, follow=True)
    assert refused.status_code == 200
    answer = client.post(f"/peta/usulan/{found.pk}/", {"terima": "1"})

    location = SpecialLocation.everywhere.get()
    assert answer.url == f"/lokasi/{location.pk}/ubah/"
    assert location.code in client.get("/peta/usulan/?keadaan=diterima").content.decode()


def test_another_province_neither_sees_nor_decides(client):
    gathered(4)
    (found,) = discovery.search()
    client.force_login(factories.user(Role.OPERATOR, "32"))

    assert str(found.pk) not in client.get("/peta/usulan/").content.decode()
    assert client.post(f"/peta/usulan/{found.pk}/", {"terima": "1"}).status_code == 404
