"""Who may vote at a special location on polling day, and for what: one rule per function, all of them as SQL.

What a voter's own row decides is one expression per rule (`ROW_RULES`). What home and location decide
(`not_away`, `outside_electorate`, the ballots) is added by the grouped scan (`scan`), which joins the
electoral districts of both. The result for a voter is a bit mask of reasons; 0 is eligible.
"""

from __future__ import annotations

import io
import tempfile
from dataclasses import dataclass, field
from functools import reduce
from itertools import starmap
from operator import add
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.db import connection
from django.db.models import Case, IntegerField, Q, Value, When

from .models import Marital, NIKVerdict, OfficialMark, Role, Sex, Voter

if TYPE_CHECKING:
    import datetime
    import uuid
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from .querysets import VoterQuerySet

REASONS: Final = (
    "no_nik",
    "bad_nik",
    "underage",
    "foreign",
    "military_police",
    "deceased",
    "rights_revoked",
    "moved_away",
    "wrong_tps",
    "not_away",
    "absent_on_polling_day",
    "outside_electorate",
    "unknown_domicile",
    "duplicate",
    "mismatch",
)
BIT: Final = {code: 1 << position for position, code in enumerate(REASONS)}
BALLOTS: Final = ("ppwp", "dpd", "dpr", "dprd_prov", "dprd_kabko", "gub", "bupwal")
BALLOT_BIT: Final = {ballot: 1 << position for position, ballot in enumerate(BALLOTS)}


@dataclass(frozen=True, slots=True)
class EligibilityRules:
    """What an election asks of a voter; a policy fills it.

    `away_width`: characters of the finest region code at which home and location are compared.
    `always_away_kinds`: kinds whose residents are away wherever they come from.
    `without_ballot`: provinces where a ballot does not exist.
    """

    polling_day: datetime.date
    edition: str
    ballots: tuple[str, ...]
    away_width: int = 13
    always_away_kinds: tuple[str, ...] = ("rutan_lapas", "panti")
    without_ballot: dict[str, list[str]] = field(default_factory=dict)


_rules_in_force: list[Callable[[], EligibilityRules | None]] = []


def provide(rules: Callable[[], EligibilityRules | None]) -> None:
    """Says where the rules in force come from. A lower rule needs a higher setting: this app declares the value,
    the app that knows the policy fills it at start."""
    _rules_in_force[:] = [rules]


def rules_in_force() -> EligibilityRules | None:
    """The rules of the current policy; None while there is none, when nobody can be judged."""
    return _rules_in_force[0]() if _rules_in_force else None


def no_nik(rules: EligibilityRules) -> Q:
    """A placeholder, or nothing, instead of a NIK."""
    return Q(nik_verdict=NIKVerdict.NONE)


def bad_nik(rules: EligibilityRules) -> Q:
    """A NIK at odds with birth date or sex, or of a district that never was."""
    return Q(nik_verdict=NIKVerdict.BAD)


def underage(rules: EligibilityRules) -> Q:
    """Neither 17 on polling day nor ever married (UU 7/2017 art. 198)."""
    young = Q(of_age_on__gt=rules.polling_day) & ~Q(marital__in=[Marital.MARRIED, Marital.WAS])
    return young | Q(official_mark=OfficialMark.UNDERAGE)


def foreign(rules: EligibilityRules) -> Q:
    return Q(is_foreign=True) | Q(official_mark=OfficialMark.FOREIGN)


def military_police(rules: EligibilityRules) -> Q:
    """TNI and Polri do not vote (UU 7/2017 art. 200)."""
    return Q(is_military_police=True) | Q(official_mark__in=[OfficialMark.MILITARY, OfficialMark.POLICE])


def deceased(rules: EligibilityRules) -> Q:
    return Q(official_mark=OfficialMark.DECEASED)


def rights_revoked(rules: EligibilityRules) -> Q:
    """Voting rights taken by a court (UU 7/2017 art. 198)."""
    return Q(official_mark=OfficialMark.RIGHTS_REVOKED)


def moved_away(rules: EligibilityRules) -> Q:
    return Q(official_mark=OfficialMark.MOVED_AWAY)


def wrong_tps(rules: EligibilityRules) -> Q:
    return Q(official_mark=OfficialMark.WRONG_TPS)


def absent_on_polling_day(rules: EligibilityRules) -> Q:
    """Not yet arrived, or gone on polling day or before (PKPU 7/2022 art. 179)."""
    return Q(arrival__gt=rules.polling_day) | Q(departure__lte=rules.polling_day)


def unknown_domicile(rules: EligibilityRules) -> Q:
    return Q(home=None)


def duplicate(rules: EligibilityRules) -> Q:
    """Another registration of the same NIK counts."""
    return Q(is_duplicate=True) | Q(official_mark=OfficialMark.DUPLICATE)


def mismatch(rules: EligibilityRules) -> Q:
    """Matching with the population data found another person."""
    return Q(is_mismatch=True)


ROW_RULES: Final[dict[str, Callable[[EligibilityRules], Q]]] = {
    rule.__name__: rule
    for rule in (
        no_nik,
        bad_nik,
        underage,
        foreign,
        military_police,
        deceased,
        rights_revoked,
        moved_away,
        wrong_tps,
        absent_on_polling_day,
        unknown_domicile,
        duplicate,
        mismatch,
    )
}


def row_reasons(rules: EligibilityRules) -> Any:
    """The bit mask of what a voter's own row decides, as one expression; most rows are clean and ask one rule only."""
    bits = (
        Case(When(rule(rules), then=Value(BIT[code])), default=Value(0), output_field=IntegerField())
        for code, rule in ROW_RULES.items()
    )
    return Case(When(CLEAN, then=Value(0)), default=reduce(add, bits), output_field=IntegerField())


CLEAN: Final = Q(
    nik_verdict=NIKVerdict.OK,
    official_mark="",
    is_foreign=False,
    is_military_police=False,
    is_duplicate=False,
    is_mismatch=False,
    of_age_on=None,
    arrival=None,
    departure=None,
    home__isnull=False,
)
"""A row that no rule of ROW_RULES can be true of, whatever the policy."""


class Group(NamedTuple):
    """Voters of one location alike in all that matters; block, sex and ballots are empty where not eligible.

    Location and block are ids as text, in the form of the database at hand.
    """

    location: str
    block: str | None
    sex: str | None
    ballots: int
    reasons: int
    voters: int


REASONS_MASK: Final = (1 << len(REASONS)) - 1
MALE_BIT: Final = 1 << len(REASONS)
BALLOTS_SHIFT: Final = len(REASONS) + 1


def groups(rules: EligibilityRules, location_ids: Iterable[uuid.UUID] | None = None) -> Iterator[Group]:
    """The grouped scan, ordered by location: every registered voter of the active locations, once.

    One statement; O(voters) in the database, O(1) memory here. `location_ids` narrows it.
    """
    return starmap(_group, scanned(*grouped_statement(rules, location_ids)))


def scanned(sql: str, params: Sequence[Any]) -> Iterator[tuple[str, str | None, int, int]]:
    """The rows of `grouped_statement`. PostgreSQL sends them to a temporary file, which holds no person: a server-side
    cursor would be planned without parallel workers, and a plain one would hold the whole country in memory."""
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            cursor.execute(sql, params)
            while rows := cursor.fetchmany(FETCHED):
                yield from rows
            return
        with tempfile.TemporaryFile() as file:
            if connection.in_atomic_block:
                cursor.execute(f"SET LOCAL work_mem = '{WORK_MEM}'")
            cursor.copy_expert(f"COPY ({cursor.cursor.mogrify(sql, params).decode()}) TO STDOUT", file)
            file.seek(0)
            for line in io.TextIOWrapper(file, "ascii"):
                location, block, key, voters = line.split("\t")
                yield location, block if block != "\\N" else None, int(key), int(voters)


FETCHED: Final = 5000
WORK_MEM: Final = "64MB"


class Meaning(NamedTuple):
    """What the number of a group holds."""

    reasons: int
    is_male: bool
    ballots: int


def group_of(key: int) -> Meaning:
    """Sex, ballots and reasons of `grouped_statement`'s number; without sex and ballots where there are reasons."""
    reasons = key & REASONS_MASK
    return Meaning(reasons, False, 0) if reasons else Meaning(0, bool(key & MALE_BIT), key >> BALLOTS_SHIFT)


def _group(location: str, block: str | None, key: int, count: int) -> Group:
    reasons, is_male, ballots = group_of(key)
    if reasons:
        return Group(location, None, None, 0, reasons, count)
    return Group(location, block, Sex.MALE if is_male else Sex.FEMALE, ballots, 0, count)


def grouped_statement(
    rules: EligibilityRules, location_ids: Iterable[uuid.UUID] | None = None
) -> tuple[str, list[Any]]:
    """The statement of `groups`, which benchmarks time by itself: (location, block, key, count).

    Sex, ballots and reasons are one number, `key`: to sort by one is cheaper than to sort by three.
    """
    narrowed = location_ids is not None
    judged, params = _judged(Voter.everywhere.filter(**_placed(location_ids)), rules, narrowed=narrowed)
    return (
        f"""
        {judged}
        SELECT location_id,
               CASE WHEN reasons = 0 THEN block_id END AS block,
               CASE WHEN reasons <> 0 THEN reasons
                    ELSE ballots * {1 << BALLOTS_SHIFT} + CASE WHEN sex = '{Sex.MALE.value}' THEN {MALE_BIT} ELSE 0 END
               END AS sort_key,
               COUNT(*) AS voters
        FROM judged
        GROUP BY 1, 2, 3
        ORDER BY 1
        """,
        params,
    )


def _placed(location_ids: Iterable[uuid.UUID] | None) -> dict[str, Any]:
    if location_ids is None:
        return {"location__isnull": False}
    return {"location__in": list(location_ids)}


def judge(voters: VoterQuerySet, rules: EligibilityRules) -> dict[uuid.UUID, tuple[int, int]]:
    """{voter id: (ballots, reasons)} of placed voters; two bit masks, ballots 0 where not eligible."""
    judged, params = _judged(voters.filter(location__isnull=False), rules, narrowed=True)
    with connection.cursor() as cursor:
        cursor.execute(
            f"{judged} SELECT id, CASE WHEN reasons = 0 THEN ballots ELSE 0 END, reasons FROM judged", params
        )
        return {_uuid(pk): (ballots, reasons) for pk, ballots, reasons in cursor.fetchall()}


def eligible_statement(rules: EligibilityRules, location_ids: Iterable[uuid.UUID]) -> tuple[str, list[Any]]:
    """`WITH … eligible AS (…)`: id, location, block, sex and ballots of the eligible voters of these locations, each with
    its `place` among those alike, counted from 1 in the order of their ids."""
    ids = list(location_ids)
    judged, params = _judged(Voter.everywhere.filter(location__in=ids), rules, narrowed=len(ids) <= FEW)
    return (
        f"""
        {judged}, eligible AS (
            SELECT id, location_id, block_id, sex, ballots,
                   row_number() OVER (PARTITION BY location_id, block_id, sex, ballots ORDER BY id) AS place
            FROM judged WHERE reasons = 0
        )
        """,
        params,
    )


FEW: Final = 100
"""Locations up to which their regions are looked up one by one."""


def _uuid(value: Any) -> uuid.UUID:
    return Voter._meta.pk.to_python(value)


def _judged(voters: VoterQuerySet, rules: EligibilityRules, *, narrowed: bool) -> tuple[str, list[Any]]:
    """`WITH … judged AS (…)`: voters of active locations with their ballots and all their reasons.

    `narrowed`: of few locations, whose regions are looked up one by one; else every region is prepared once.
    """
    inner, inner_params = (
        voters.order_by()
        .annotate(row_reasons=row_reasons(rules))
        .values("id", "location_id", "block_id", "sex", "role", "home_id", "row_reasons")
        .query.sql_with_params()
    )
    once, fence = _evaluated_once()
    kinds = ", ".join(["%s"] * len(rules.always_away_kinds)) or "NULL"
    sql = f"""
        WITH places AS {once} (
            SELECT l.id, l.region_id, length(l.region_id) AS width, l.kind IN ({kinds}) AS residents_are_away,
                   substr(l.region_id, 1, 2) AS province, substr(l.region_id, 1, 5) AS regency,
                   p.dpr_id, p.dprd_prov_id, p.dprd_kabko_id, {SPLIT_DISTRICT if narrowed else "s.district"} AS split_district
            FROM locations_speciallocation l
            LEFT JOIN regions_regiondistricts p ON p.region_id = l.region_id AND p.edition = %s
            {"" if narrowed else SPLIT_DISTRICTS}
            WHERE l.withdrawn_at IS NULL AND l.closed_at IS NULL
            {"" if narrowed else fence}
        ), homes AS (
            SELECT r.code, length(r.code) AS width, substr(r.code, 1, 2) AS province, substr(r.code, 1, 5) AS regency,
                   d.dpr_id, d.dprd_prov_id, d.dprd_kabko_id
            FROM regions_region r
            LEFT JOIN regions_regiondistricts d ON d.region_id = r.code AND d.edition = %s
            {"" if narrowed else fence}
        ), placed AS {once} (
            SELECT v.id, v.location_id, v.block_id, v.sex, v.home_id,
                   v.row_reasons + {_not_away_sql(rules)} AS own_reasons,
                   {_ballots_sql(rules)} AS ballots
            FROM places l
            JOIN ({inner}) v ON v.location_id = l.id
            LEFT JOIN homes h ON h.code = v.home_id
            {fence}
        ), judged AS (
            SELECT id, location_id, block_id, sex, ballots, own_reasons + {_outside_sql(rules)} AS reasons
            FROM placed
            {fence}
        )
    """
    return sql, [*rules.always_away_kinds, rules.edition, rules.edition, *inner_params]


def _evaluated_once() -> tuple[str, str]:
    """What keeps a database from working out an expression anew wherever it is named: before and behind a query.

    SQLite writes a table. PostgreSQL need not: it takes an offset for a fence, and goes on in parallel as long as that
    is a constant of the right type by itself, which `0` is not.
    """
    return ("MATERIALIZED", "") if connection.vendor == "sqlite" else ("", "OFFSET '0'")


def _not_away_sql(rules: EligibilityRules) -> str:
    """At home: home and location are the same at the finest level that both are known to.

    Residents of prisons and institutions are away wherever they come from; staff there are judged like
    everybody else (an officer who lives next door, Mojokerto 2024). Unknown never equals unknown.
    """
    widest = rules.away_width
    return f"""
        CASE WHEN l.residents_are_away AND v.role = '{Role.RESIDENT.value}' THEN 0
             WHEN h.province <> l.province THEN 0
             WHEN h.width <= l.width AND h.width <= {widest}
                  AND v.home_id = substr(l.region_id, 1, h.width) THEN {BIT["not_away"]}
             WHEN l.width <= {widest} AND substr(v.home_id, 1, l.width) = l.region_id THEN {BIT["not_away"]}
             WHEN substr(v.home_id, 1, {widest}) = substr(l.region_id, 1, {widest}) THEN {BIT["not_away"]}
             ELSE 0 END
    """


def _outside_sql(rules: EligibilityRules) -> str:
    """No ballot at all of this election (voters from another province in a regional one: KPU Magelang 2024)."""
    if "ppwp" in rules.ballots:
        return "0"
    return f"CASE WHEN ballots = 0 AND home_id IS NOT NULL THEN {BIT['outside_electorate']} ELSE 0 END"


def _ballots_sql(rules: EligibilityRules) -> str:
    """The ballots that the home address entitles to at this location (PKPU 7/2022 art. 116(4)), as a bit mask."""
    terms = [
        f"CASE WHEN {_entitled_sql(ballot, rules)} THEN {BALLOT_BIT[ballot]} ELSE 0 END" for ballot in rules.ballots
    ]
    return " + ".join(terms)


def _entitled_sql(ballot: str, rules: EligibilityRules) -> str:
    entitled = ENTITLED[ballot]
    missing = [province for province in rules.without_ballot.get(ballot, []) if province.isdigit()]
    if not missing:
        return entitled
    provinces = ", ".join(f"'{province}'" for province in missing)
    return f"{entitled} AND l.province NOT IN ({provinces})"


SPLIT_DISTRICT: Final = """
    CASE WHEN length(l.region_id) = 8 AND p.dprd_kabko_id IS NULL AND EXISTS (
        SELECT 1 FROM regions_regiondistricts q
        WHERE q.edition = p.edition AND q.region_id LIKE l.region_id || '.%%' AND q.dprd_kabko_id IS NOT NULL
    ) THEN l.region_id END
"""
SPLIT_DISTRICTS: Final = """
    LEFT JOIN (
        SELECT DISTINCT q.edition, substr(q.region_id, 1, 8) AS district
        FROM regions_regiondistricts q WHERE length(q.region_id) = 13 AND q.dprd_kabko_id IS NOT NULL
    ) s ON s.district = l.region_id AND s.edition = p.edition AND p.dprd_kabko_id IS NULL
"""
"""The location's district (kecamatan), where its villages vote in several DPRD districts and none is known: looked up for
one location, or joined for all, which alone lets PostgreSQL work in parallel.

Home and location known to be the same such district get the ballot, with a warning (decision 0011): the 24
districts of that kind would otherwise take it from everybody whose home is known by the NIK alone.
"""

ENTITLED: Final = {
    "ppwp": "1 = 1",
    "dpd": "h.province = l.province",
    "dpr": "h.dpr_id = l.dpr_id",
    "dprd_prov": "h.dprd_prov_id = l.dprd_prov_id",
    "dprd_kabko": "(h.dprd_kabko_id = l.dprd_kabko_id OR v.home_id = l.split_district)",
    "gub": "h.province = l.province",
    "bupwal": "l.width >= 5 AND h.width >= 5 AND h.regency = l.regency",
}


def codes_of(mask: int) -> list[str]:
    """The reasons of a bit mask, in the order of `REASONS`."""
    return [code for code, bit in BIT.items() if mask & bit]
