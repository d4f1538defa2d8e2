"""Maturity: labels of many countries as ages, the unclear ones as the strictest."""

import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbill.data import shipped
from playbill.maturity import OLDEST, RATING_AGES, SYSTEMS, UNKNOWN_AGE, System, age_of, ceiling_of

DOCS = Path(__file__).parent.parent / "docs" / "maturity.md"
ALL = [(system, label) for system in SYSTEMS for label in system.ages]
by_label = pytest.mark.parametrize(("system", "label"), ALL, ids=[f"{s.name} {label}" for s, label in ALL])


def written(system: System, label: str) -> list[str]:
    """A label with its prefixes, as catalogues write them."""
    return [f"{p}{between}{label}" for p in system.prefixes for between in (" ", ":", "/", "-", " - ")]


@by_label
def test_a_label_that_names_its_system_or_country_means_what_it_means_there(system: System, label: str) -> None:
    for rating in written(system, label):
        assert age_of(rating) == age_of(rating.lower()) == age_of(f"  {rating} ") == system.ages[label], rating


@by_label
def test_a_plain_label_is_never_milder_than_in_any_system_except_those_of_the_united_states(
    system: System, label: str
) -> None:
    assert age_of(label) >= (RATING_AGES[label] if label in RATING_AGES else system.ages[label])


@by_label
def test_a_ceiling_is_never_looser_than_what_a_label_means_anywhere(system: System, label: str) -> None:
    assert ceiling_of(label) <= system.ages[label]
    assert ceiling_of(f"{system.prefixes[0]}:{label}") == system.ages[label]


def test_a_prefix_leaves_no_doubt() -> None:
    meanings: dict[tuple[str, str], set[int]] = {}
    for system, label in ALL:
        for prefix in system.prefixes:
            meanings.setdefault((prefix, label), set()).add(system.ages[label])
    assert all(len(ages) == 1 for ages in meanings.values())


@pytest.mark.parametrize(
    ("rating", "age"),
    [("FSK 12", 12), ("fsk12", 12), ("FSK-KJ", 18), ("BBFC 15", 15), ("gb/15", 15), ("GB-12A", 12), ("DE:12", 12),
     ("o.A.", 0), ("Tous publics", 0), ("-12", 12), ("FR:-12", 12), ("fr-16", 16), ("AL", 0), ("NL 9", 9),
     ("R15+", 15), ("R-18", 18), ("전체관람가", 0), ("MA15+", 15), ("ma 15+", 15), ("AU:M", 15), ("UA 13+", 13),
     ("L", 0), ("BR:L", 0), ("14A", 14), ("CA:R", 18), ("QC 13+", 13), ("M/12", 12), ("US:TV-14", 14), ("16+", 16),
     ("PG13", 13), ("TVMA", 17), ("12\n", 12)],
)  # fmt: skip
def test_labels_are_understood_as_catalogues_write_them(rating: str, age: int) -> None:
    assert age_of(rating) == age


@pytest.mark.parametrize(
    ("rating", "plain", "there"), [("A", 18, "ES:A"), ("U", 4, "IN:U"), ("S", 18, "FI:S"), ("C", 18, "CA:C")]
)
def test_a_label_of_many_meanings_counts_as_the_strictest_and_as_the_mildest_for_a_ceiling(
    rating: str, plain: int, there: str
) -> None:
    assert age_of(rating) == plain and age_of(there) == ceiling_of(rating) == 0


@pytest.mark.parametrize(
    "rating",
    ["FSK 13", "DE:13", "GB:TV-MA", "XX:12", "FSK", "FSK:", ":12", "US:US:R", "NR", "Not Rated", "RC", "22", "+", "-1",
     "1-2", "7-9", "9" * 5_000, "FSK " * 5_000, "\0", "PG-13 or so"],
)  # fmt: skip
def test_what_no_system_knows_counts_as_the_strictest(rating: str) -> None:
    assert age_of(rating) == ceiling_of(rating) == UNKNOWN_AGE


@given(st.text())
def test_whatever_is_written_there_has_an_age(rating: str) -> None:
    for age in (age_of(rating), age_of(rating, 1970), ceiling_of(rating)):
        assert 0 <= age <= OLDEST or age == UNKNOWN_AGE


@given(st.integers(0, 99))
def test_a_number_is_an_age_in_whatever_system(years: int) -> None:
    assert age_of(str(years)) == age_of(f"{years}+") == (years if years <= OLDEST else UNKNOWN_AGE)
    assert all(int(label) == s.ages[label] for s, label in ALL if label.isdecimal())


@pytest.mark.parametrize(
    ("rating", "year", "age"),
    [("PG", 1975, 13), ("PG", 1984, 13), ("PG", 1985, 8), ("US:PG", 1975, 13), ("GB:PG", 1983, 8), ("M", 1969, 13),
     ("M", 2010, 16), ("M", None, 16), ("US:M", 2010, 13), ("M/PG", 1969, 13)],
)  # fmt: skip
def test_the_year_tells_what_an_american_label_meant(rating: str, year: int | None, age: int) -> None:
    assert age_of(rating, year) == age


def test_the_ages_of_the_shipped_catalogue_stay() -> None:
    ages = Counter((t.maturity, age_of(t.maturity, t.year)) for t in shipped.titles() if t.maturity)
    assert ages == {
        ("G", 0): 205, ("PG", 8): 339, ("PG", 13): 305, ("GP", 13): 10, ("M/PG", 13): 11, ("M", 13): 6,
        ("PG-13", 13): 525, ("R", 17): 1_124, ("NC-17", 18): 42, ("X", 18): 1,
    }  # fmt: skip


def test_the_labels_of_a_system_are_its_own() -> None:
    assert len({system.name for system in SYSTEMS}) == len(SYSTEMS) >= 10
    for system in SYSTEMS:
        assert set(system.ours) <= set(system.ages) and min(system.ages.values()) < 18
        assert any(re.fullmatch("[A-Z]{2}", prefix) for prefix in system.prefixes), "a country"


def row(system: System) -> str:
    """A system as its line of the docs."""
    labels = ", ".join(f"`{label}` {age}{'*' if label in system.ours else ''}" for label, age in system.ages.items())
    prefixes = " ".join(f"`{prefix}`" for prefix in system.prefixes)
    return f"| {system.name} | {system.authority}, {system.site} | {prefixes} | {labels} |"


def test_the_docs_list_every_system_with_its_labels() -> None:
    lines = DOCS.read_text("utf-8").splitlines()
    assert [line for line in lines if line.startswith("| ")][1:] == [row(system) for system in SYSTEMS]
