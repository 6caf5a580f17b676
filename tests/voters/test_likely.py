"""Who is probably listed twice: what speaks for it, what against, and that nothing is proposed out of nothing."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import namesakes
from voters import likely
from voters.likely import Person

BORN = date(1988, 3, 14)
NIK = "3603281403880001"
OTHER = "1101011403880003"


def crowd(count: int = 300) -> list[Person]:
    """People who have nothing to do with those a test is about."""
    return namesakes.people(count, twice=0)[0]


def found(*people: Person, among: int = 300):
    """Pairs among these people, who stand first, in a register with others."""
    return [pair for pair in likely.pairs([*people, *crowd(among)]) if pair.other < len(people)]


def verdicts(pair) -> dict[str, str]:
    return dict(zip(likely.FIELDS, pair.verdicts, strict=True))


def test_the_same_rare_name_and_birth_date_under_two_niks_is_probably_one_person():
    (pair,) = found(Person("supriadiwijaya", BORN, NIK, "L"), Person("supriadiwijaya", BORN, OTHER, "L"))

    assert pair.probability > 0.9
    assert verdicts(pair) == {"name": "same", "birth_date": "same", "nik": "different", "sex": "same"}


def test_a_common_name_weighs_less():
    common = [Person("siti", BORN.replace(year=1950 + n % 50, day=1 + n % 28), "", "P") for n in range(120)]
    rare = found(Person("supriadiwijaya", BORN, NIK, "L"), Person("supriadiwijaya", BORN, OTHER, "L"))
    people = [Person("siti", BORN, NIK, "P"), Person("siti", BORN, OTHER, "P"), *common, *crowd()]

    among_many = [pair for pair in likely.pairs(people, least=0) if (pair.one, pair.other) == (0, 1)]

    assert among_many[0].probability < rare[0].probability


def test_a_digit_of_the_nik_typed_wrongly_is_one_person():
    (pair,) = found(Person("budisantoso", BORN, NIK, "L"), Person("budisantoso", BORN, "3603271403880001", "L"))

    assert verdicts(pair)["nik"] == "near"


def test_two_digits_of_the_nik_changed_round_are_one_person():
    (pair,) = found(Person("budisantoso", BORN, NIK, "L"), Person("budisantoso", BORN, "3630281403880001", "L"))

    assert verdicts(pair)["nik"] == "near"


def test_day_and_month_changed_round_are_near():
    turned = Person("supriadiwijaya", date(1988, 5, 3), "", "L")
    (pair,) = found(Person("supriadiwijaya", date(1988, 3, 5), "", "L"), turned, among=3000)

    assert verdicts(pair)["birth_date"] == "near"


def test_a_letter_missing_in_a_long_name_is_near():
    (pair,) = found(Person("supriadiwijaya", BORN, NIK, "L"), Person("supradiwijaya", BORN, OTHER, "L"))

    assert verdicts(pair)["name"] == "near"


def test_twins_with_other_names_and_neighbouring_niks_are_two_people():
    assert not found(Person("rinawati", BORN, NIK, "P"), Person("marlina", BORN, NIK[:-1] + "2", "P"))


def test_the_same_nik_is_a_claim_and_no_guess():
    assert not found(Person("supriadiwijaya", BORN, NIK, "L"), Person("supriadiwijaya", BORN, NIK, "L"))


def test_two_empty_niks_and_two_empty_names_are_not_the_same_thing():
    (pair,) = found(Person("supriadiwijaya", BORN, "", "L"), Person("supriadiwijaya", BORN, "", "L"))

    assert verdicts(pair)["nik"] == "missing"
    assert not found(Person("", BORN, "", "L"), Person("", BORN, "", "L"))


def test_the_first_of_january_says_less_than_another_day():
    def listed(born: date) -> float:
        crowded = [Person(person.name, date(person.born.year, 1, 1), "", person.sex) for person in crowd(600)]
        people = [Person("wijayakusuma", born, "", "L"), Person("wijayakusuma", born, "", "L"), *crowded, *crowd(2000)]
        year = [Person(f"x{n}", date(1988, 1, 1), "", "L") for n in range(300)]
        return next(p.probability for p in likely.pairs([*people, *year], least=0) if (p.one, p.other) == (0, 1))

    assert listed(date(1988, 1, 1)) < listed(BORN)


def test_a_cluster_holds_everybody_who_hangs_together():
    three = [Person("supriadiwijaya", BORN, nik, "L") for nik in (NIK, OTHER, "")]

    (cluster,) = likely.clusters([*three, *crowd()])

    assert cluster.members == (0, 1, 2)
    assert not cluster.was_large


def test_not_the_same_holds():
    two = [Person("supriadiwijaya", BORN, NIK, "L"), Person("supriadiwijaya", BORN, OTHER, "L")]

    assert likely.clusters([*two, *crowd()], apart=[(1, 0)]) == []


def test_a_large_cluster_is_held_together_by_its_sure_pairs_alone():
    many = [Person("supriadiwijaya", BORN, "", "L") for _ in range(likely.LARGE + 2)]

    found = likely.clusters([*many, *crowd()])

    assert all(cluster.was_large for cluster in found)
    assert all(pair.probability >= likely.SURE for cluster in found for pair in cluster.pairs)


def test_a_crowd_of_one_name_and_year_is_compared_by_finer_keys_and_not_pair_by_pair():
    crowded = [Person("siti", date(1990, 1 + n % 12, 1 + n % 28), "", "P") for n in range(5000)]

    pairs = likely.pairs(crowded, least=0)

    assert len(pairs) < 5000 * likely.CROWD


def test_most_of_what_was_planted_is_found_and_little_else():
    people, planted = namesakes.people(20_000)

    proposed = {(pair.one, pair.other) for pair in likely.pairs(people)}

    assert len(proposed & planted.keys()) > 0.85 * len(planted)
    assert len(proposed - planted.keys()) < 0.02 * len(proposed)


@pytest.mark.parametrize("count", [0, 1])
def test_nobody_is_paired_with_himself(count):
    assert likely.clusters(crowd(count)) == []


persons = st.builds(
    Person,
    name=st.sampled_from(["", "budi", "budi santoso", "supriadiwijaya", "supradiwijaya", "ani"]),
    born=st.dates(date(1988, 1, 1), date(1988, 12, 31)),
    nik=st.sampled_from(["", NIK, OTHER, "3603281403880010", "3603271403880001"]),
    sex=st.sampled_from("LP"),
)


@given(st.lists(persons, max_size=12), st.randoms())
def test_the_order_of_the_people_makes_no_difference(people, randomness):
    order = list(range(len(people)))
    randomness.shuffle(order)

    straight = {frozenset((p.one, p.other)): (p.probability, p.verdicts) for p in likely.pairs(people, least=0)}
    shuffled = likely.pairs([people[place] for place in order], least=0)

    assert {frozenset((order[p.one], order[p.other])): (p.probability, p.verdicts) for p in shuffled} == straight


@given(st.lists(persons, max_size=12))
def test_every_pair_stands_once_in_order_and_in_one_cluster(people):
    pairs = likely.pairs(people, least=0.1)
    clusters = likely.clusters(people)

    assert all(pair.one < pair.other for pair in pairs)
    assert len({(pair.one, pair.other) for pair in pairs}) == len(pairs)
    members = [member for cluster in clusters for member in cluster.members]
    assert len(members) == len(set(members))


def test_the_same_nik_claims_or_is_weighed():
    in_order = [Person("supriadiwijaya", BORN, NIK, "L"), Person("supriadiwijaya", BORN, NIK, "L")]

    (pair,) = found(*(person._replace(claims=False) for person in in_order))

    assert found(*in_order) == []
    assert verdicts(pair)["nik"] == "same"


def test_only_those_who_are_new_are_compared_and_with_the_same_result():
    people, _planted = namesakes.people(3000)
    anew = range(0, 3000, 7)

    some = likely.pairs(people, anew=anew)

    assert some == [pair for pair in likely.pairs(people) if {pair.one, pair.other} & set(anew)]


def test_names_that_number_people_are_not_alike():
    two = [Person("wargacontoh12", BORN, NIK, "L"), Person("wargacontoh13", BORN, "3603271403880001", "L")]

    found_pairs = [pair for pair in likely.pairs([*two, *crowd()], least=0) if (pair.one, pair.other) == (0, 1)]

    assert verdicts(found_pairs[0])["name"] == "different"
