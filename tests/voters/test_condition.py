"""The condition of the data: what each share counts, that figures lead to their rows, and that days are remembered."""

import csv
import datetime
import io

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Role
from locations import registration as places
from tests import factories
from voters import condition, nkks, tasks
from voters.condition import COUNTED, MEASURES, Row
from voters.models import ConditionDay, Register, Strike, Voter

pytestmark = pytest.mark.django_db

POLLING_DAY = datetime.date(2024, 2, 14)
PAGE = "/pemilih/kondisi/"


@pytest.fixture(autouse=True)
def policy(db):
    policy = factories.policy()
    Register.objects.update_or_create(pk=1, defaults={"polling_day": POLLING_DAY})
    return policy


@pytest.fixture
def prison():
    return factories.special_location(name="Rutan Contoh")


@pytest.fixture
def reviewer(client):
    client.force_login(factories.user(Role.REVIEWER))
    client.cookies["django_language"] = "en"
    return client


def in_order(location, **fields):
    """A voter of whom everything is known and right."""
    values = {"marital": "S", "ektp": "S", "home_assumed": False, "has_nkk": True, **fields}
    voter = factories.voter(location)
    Voter.everywhere.filter(pk=voter.pk).update(**values)
    return voter


def only_row(location, code="36.03") -> Row:
    (row,) = condition.rows(Voter.everywhere.filter(territory=location.territory), code, polling_day=POLLING_DAY)
    return row


def test_a_list_without_a_flaw_is_wholly_complete_and_valid(prison):
    in_order(prison)

    row = only_row(prison)

    assert [row.share(measure) for measure in MEASURES] == [100, 100, 100, 100, 0, 0, 0]
    assert row.worst < 0


@pytest.mark.parametrize(
    ("fields", "measure", "counted"),
    [
        ({"marital": ""}, "complete", 0),
        ({"ektp": ""}, "complete", 0),
        ({"home_assumed": True}, "complete", 0),
        ({"home": None}, "complete", 0),
        ({"nik_verdict": "none"}, "complete", 0),
        ({"nik_verdict": "bad"}, "valid", 0),
        ({"is_mismatch": True}, "valid", 0),
        ({"has_nkk": False}, "nkk", 0),
        ({"has_nkk": None}, "nkk", 0),
        ({"is_duplicate": True}, "duplicate", 1),
        ({"departure": POLLING_DAY}, "leaving", 1),
        ({"departure": POLLING_DAY + datetime.timedelta(days=1)}, "leaving", 0),
        ({"ektp": "B"}, "without_ektp", 1),
    ],
)
def test_a_flaw_counts_where_it_belongs_and_its_row_is_found_by_the_same_condition(prison, fields, measure, counted):
    voter = in_order(prison, **fields)

    assert only_row(prison).counts[measure] == counted
    found = Voter.everywhere.filter(condition.condition_of(measure, polling_day=POLLING_DAY))
    assert list(found.values_list("pk", flat=True)) == [voter.pk] * counted


def test_without_a_polling_day_nobody_leaves_before_it(prison):
    in_order(prison, departure=POLLING_DAY)

    (row,) = condition.rows(Voter.everywhere.all(), "36.03", polling_day=None)

    assert row.counts["leaving"] == 0


def test_a_withdrawn_location_is_no_part_of_the_condition(prison):
    in_order(prison)
    places.withdraw(location=prison, reason="contoh", by=factories.user(Role.OPERATOR))

    assert condition.rows(Voter.everywhere.all(), "36.03", polling_day=POLLING_DAY) == []


def test_the_worst_comes_first_and_every_level_adds_up_to_the_same(prison):
    in_order(prison)
    other = factories.special_location(region_code="32.73.01.1001", name="Pesantren Contoh", kind="panti")
    in_order(other, nik_verdict="none")

    rows = condition.rows(Voter.everywhere.all(), "00", polling_day=POLLING_DAY)

    assert [row.key for row in rows] == ["32", "36"]
    deeper = [row for code in ("32", "36") for row in rows_below(code)]
    assert condition.total(rows).counts == condition.total(deeper).counts
    assert condition.total(deeper).voters == 2


def rows_below(code):
    return condition.rows(Voter.everywhere.filter(territory__startswith=code), code, polling_day=POLLING_DAY)


def test_each_count_on_the_page_leads_to_exactly_its_rows(reviewer, prison):
    in_order(prison)
    flawed = in_order(prison, ektp="B")

    page = reviewer.get(PAGE, {"wilayah": "36.03"})
    (line,) = page.context["rows"]
    url = line["cells"][MEASURES.index("without_ektp")]["url"]
    listed = reviewer.get(url)

    assert [row.voter.pk for row in listed.context["page"]] == [flawed.pk]


def answered(voter, answer="", **fields):
    said = {"answered_at": timezone.now(), "answered_by": factories.user(Role.OPERATOR)} if answer else {}
    return Strike.everywhere.create(territory="32.73", voter=voter, answer=answer, **said, **fields)


def test_matched_is_who_was_found_at_home_of_those_whom_a_strike_list_names(prison):
    found, struck, missing, silent, taken_back, _unlisted = [in_order(prison) for _ in range(6)]
    answered(found, "found"), answered(struck, "struck"), answered(missing, "not_found"), answered(silent)
    answered(taken_back, "found", taken_back_at=timezone.now())

    row = only_row(prison)

    assert (row.counts["matched"], row.whole("matched"), row.share("matched")) == (2, 4, 50)
    matched = Voter.everywhere.filter(condition.condition_of("matched", polling_day=None))
    assert set(matched) == {found, struck}


@pytest.fixture
def two_provinces(prison):
    """Voters with every flaw, in two provinces, and in a location that asks no longer."""
    other = factories.special_location(region_code="32.73.01.1001", name="Pesantren Contoh", kind="panti")
    closed = factories.special_location(region_code="36.03.28.2005", name="Rutan Lama")
    flaws = ({}, {"ektp": "B"}, {"nik_verdict": "none"}, {"is_duplicate": True}, {"has_nkk": False})
    for place, flawed in ((prison, flaws), (other, flaws[:3]), (closed, flaws)):
        for fields in flawed:
            in_order(place, **fields)
    answered(in_order(prison, departure=POLLING_DAY), "struck")
    places.withdraw(location=closed, reason="contoh", by=factories.user(Role.OPERATOR))


@pytest.mark.parametrize("code", ["00", "36", "36.03", "32", "32.73"])
def test_every_figure_of_every_level_leads_to_exactly_as_many_rows(reviewer, two_provinces, code):
    page = reviewer.get(PAGE, {"wilayah": code}).context

    cells = [cell for row in page["rows"] for cell in row["cells"]]
    shown = {measure: sum(row["cells"][n]["count"] for row in page["rows"]) for n, measure in enumerate(MEASURES)}
    heads = zip((figure["href"] for figure in page["figures"][1:]), shown.values(), strict=True)
    for url, count in [*((cell["url"], cell["count"]) for cell in cells), *heads]:
        assert reviewer.get(url).context["page"].paginator.count == count, url


def test_who_may_not_see_voters_is_led_to_none(client, two_provinces):
    client.force_login(factories.user(Role.AUDITOR))

    page = client.get(PAGE, {"wilayah": "36.03"})

    assert not any(cell["url"] for row in page.context["rows"] for cell in row["cells"])
    assert "/pemilih/?" not in page.content.decode()


def test_the_search_by_condition_stays_within_the_own_territory(client, two_provinces):
    client.force_login(factories.user(Role.OPERATOR, territory="36"))

    listed = client.get("/pemilih/", {"wilayah": "32.73", "kondisi": "valid"})

    assert listed.context["page"].paginator.count == 0


def test_voters_entered_before_are_looked_at_once(prison):
    with_nkk = factories.voter(prison, record={"nkk": "3603280101100001"})
    without, malformed = factories.voter(prison), factories.voter(prison, record={"nkk": "12345"})

    assert nkks.look() == 3

    told = dict(Voter.everywhere.values_list("pk", "has_nkk"))
    assert told == {with_nkk.pk: True, without.pk: False, malformed.pk: False}
    assert nkks.look() == 0


def test_the_country_leads_to_the_province_and_the_province_to_the_regency(reviewer, prison):
    in_order(prison)

    for code, below in (("00", "36"), ("36", "36.03")):
        (line,) = reviewer.get(PAGE, {"wilayah": code}).context["rows"]
        assert line["url"] == f"?wilayah={below}"


def test_a_page_asks_the_same_number_of_questions_for_one_location_as_for_ten(reviewer, prison):
    def questions():
        with CaptureQueriesContext(
            connection,
        ) as asked:
            reviewer.get(PAGE, {"wilayah": "36.03"})
        return len(asked)

    in_order(prison)
    questions()  # the first request also writes the session
    one = questions()
    for number in range(9):
        in_order(factories.special_location(name=f"Rutan {number}"))

    assert questions() == one


def test_an_operator_sees_the_own_territory_only(client, prison):
    in_order(prison)
    client.force_login(factories.user(Role.OPERATOR, "32"))

    assert client.get(PAGE).context["rows"] == []
    assert client.get(PAGE, {"wilayah": "36"}).status_code == 404
    assert client.get(PAGE, {"wilayah": "00"}).status_code == 404
    assert client.get(PAGE, {"wilayah": "x"}).status_code == 404


def test_an_empty_register_says_what_to_do_next(reviewer):
    assert "There are no voters here yet" in reviewer.get(PAGE).content.decode()


@pytest.mark.parametrize("sort", ["nama", "-pemilih", "complete", "-valid", "unknown"])
def test_the_table_sorts_by_every_column_and_survives_an_unknown_one(reviewer, prison, sort):
    in_order(prison)

    assert reviewer.get(PAGE, {"urut": sort}).status_code == 200


def test_the_export_holds_counts_and_no_person(reviewer, prison):
    voter = in_order(prison)

    text = reviewer.get(PAGE, {"wilayah": "36.03", "format": "csv"}).content.decode("utf-8-sig")

    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["nama"], row["pemilih"], row["lengkap"]) == ("Rutan Contoh", "1", "1")
    assert voter.name not in text


def test_todays_figures_are_kept_once_however_often_the_task_runs(prison):
    in_order(prison)
    tasks.remember_condition()
    answered(in_order(prison, is_duplicate=True), "found")

    tasks.remember_condition()

    day = ConditionDay.everywhere.get()
    assert (day.territory, day.voters, day.duplicate) == ("36.03", 2, 1)
    assert (day.nkk, day.listed, day.matched) == (2, 1, 1)


def test_the_page_draws_the_way_from_day_to_day(reviewer, prison):
    in_order(prison)
    tasks.remember_condition()
    assert reviewer.get(PAGE).context["chart"] is None
    ConditionDay.everywhere.create(
        territory="36.03", day=datetime.date.today() - datetime.timedelta(days=10), voters=2, complete=1, valid=2,
        duplicate=0, leaving=0, without_ektp=0,
    )  # fmt: skip

    (complete, _valid, nkk) = reviewer.get(PAGE).context["chart"]["lines"]

    assert complete["points"] == "0.0,40.0 600.0,0.0"
    assert nkk["points"] == "600.0,0.0"  # nobody counted it then


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"territory": ""}, "condition_has_territory"),
        ({"complete": 3}, "condition_counts_within_voters"),
        ({"nkk": 3}, "condition_later_counts_within"),
        ({"listed": 1, "matched": 2}, "condition_later_counts_within"),
        ({"listed": None}, "condition_later_counts_within"),
        ({"day": datetime.date(2024, 1, 1)}, "condition_once_a_day"),
    ],
)
def test_what_a_day_cannot_be(fields, constraint):
    values = {"territory": "36.03", "day": datetime.date(2024, 1, 1), "voters": 2} | dict.fromkeys(COUNTED, 0)
    ConditionDay.everywhere.create(**values)

    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        ConditionDay.everywhere.create(**(values | {"day": datetime.date(2024, 1, 2)} | fields))

    assert constraint in str(refused.value) or "UNIQUE" in str(refused.value)
