"""Editorial rules: the latest word counts in any order, rules begin and end, unknown titles are harmless."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbill.catalog import Catalog
from playbill.checks import check
from playbill.editorial import Editorial, EditorialFold
from playbill.events import DAY, EditorialAction, EditorialSet, Title
from playbill.http.bodies import event_of

NOW = 1_700_000_000_000
CATALOG = Catalog.of([Title(name, name) for name in "abcde"])
PIN, BOOST, BURY, ROW = EditorialAction


def rule(name: str, action: EditorialAction = BOOST, titles: str = "ab", **more: object) -> EditorialSet:
    given = EditorialSet(f"e-{name}", NOW, name, action, tuple(titles), NOW + DAY, "editor", factor=2.0)
    return replace(given, **more)  # type: ignore[arg-type]


def fold(*events: EditorialSet) -> Editorial:
    rules = EditorialFold()
    for event in events:
        rules.apply(event)
    return rules.editorial


SAID = st.lists(
    st.builds(
        lambda event_id, at, name, withdrawn: rule(name, id=event_id, at=at, withdrawn=withdrawn),
        st.sampled_from("pqrstuvw"), st.integers(0, 3), st.sampled_from("xyz"), st.booleans(),
    ),
    max_size=8, unique_by=lambda event: event.id,
)  # fmt: skip


@given(SAID.flatmap(lambda said: st.tuples(st.just(said), st.permutations([*said, *said[:2]]))))
def test_the_rules_do_not_depend_on_the_order_of_events_nor_on_repeats(
    both: tuple[Sequence[EditorialSet], Sequence[EditorialSet]],
) -> None:
    said, shuffled = both
    rules = fold(*shuffled).rules
    assert fold(*said).rules == rules
    latest = {
        name: max((e for e in said if e.rule == name), key=lambda e: (e.at, e.id)) for e in said for name in e.rule
    }
    assert {r.rule: r for r in rules} == {name: event for name, event in latest.items() if not event.withdrawn}
    assert list(rules) == sorted(rules, key=lambda e: (e.at, e.id), reverse=True)


def test_a_withdrawn_rule_is_gone_and_can_be_said_again() -> None:
    said = rule("x")
    withdrawn = rule("x", id="later", at=NOW + 1, titles="", withdrawn=True)
    assert fold(said, withdrawn) == fold() == Editorial()
    assert fold(said, withdrawn, rule("x", id="again", at=NOW + 2)).rules[0].id == "again"


@pytest.mark.parametrize(
    ("at", "country", "holds"),
    [
        (NOW - 1, None, ["always"]),
        (NOW, None, ["always", "starts"]),
        (NOW, "SE", ["always", "starts", "swedish"]),
        (NOW, "NO", ["always", "starts"]),
        (NOW + DAY - 1, "SE", ["always", "starts", "swedish"]),
        (NOW + DAY, "SE", ["always"]),
    ],
)
def test_a_rule_holds_from_its_start_until_its_end_in_its_country(
    at: int, country: str | None, holds: list[str]
) -> None:
    rules = fold(
        rule("always", until=NOW + 9 * DAY), rule("starts", start=NOW), rule("swedish", start=NOW, country="SE")
    )
    assert sorted(r.rule for r in rules.holding(at, country).rules) == holds


def test_boosts_and_burials_of_a_title_multiply_and_a_name_given_twice_counts_once() -> None:
    rules = fold(
        rule("x", BOOST, "aab", factor=4.0), rule("y", BURY, "bc", factor=0.5), rule("z", BURY, "d", factor=0.0)
    )
    factors = rules.factors(CATALOG)
    assert factors is not None
    assert factors.tolist() == [4.0, 2.0, 0.5, 0.0, 1.0]


def test_without_boosts_and_burials_there_are_no_factors() -> None:
    assert fold(rule("p", PIN, row="new"), rule("r", ROW, headings=(("en", "Row"),))).factors(CATALOG) is None


def test_pins_of_a_kind_follow_each_other_the_latest_rule_first() -> None:
    rules = fold(
        rule("old", PIN, "abc", row="new"),
        rule("young", PIN, "cde", row="new", at=NOW + 1),
        rule("o", PIN, row="popular"),
    )
    assert {kind: titles.tolist() for kind, titles in rules.pins(CATALOG).items()} == {
        "new": [2, 3, 4, 0, 1],
        "popular": [0, 1],
    }


def test_a_rule_about_unknown_titles_changes_nothing() -> None:
    rules = fold(rule("x", BOOST, "?!"), rule("y", PIN, "!", row="new"))
    factors = rules.factors(CATALOG)
    assert factors is not None and np.array_equal(factors, np.ones(5))
    assert rules.pins(CATALOG)["new"].tolist() == []
    empty = Catalog.of([])
    assert len(rules.pins(empty)["new"]) == 0 and np.array_equal(rules.factors(empty), [])  # type: ignore[arg-type]


def test_rows_are_the_rules_of_that_action() -> None:
    assert [r.rule for r in fold(rule("x"), rule("y", ROW)).rows] == ["y"]


def test_the_rules_of_the_docs_can_be_sent_and_hold() -> None:
    page = (Path(__file__).parent.parent / "docs" / "editorial.md").read_text("utf-8")
    (block,) = re.findall(r"```json\n(.*?)```", page, flags=re.S)
    rules = [event_of(event) for event in json.loads(block)]
    for said in rules:
        assert isinstance(said, EditorialSet)
        check(said)
    holding = fold(*rules).holding(1_700_200_000_000, "SE")  # type: ignore[arg-type]
    assert {r.action for r in holding.rules} == {PIN, ROW, BURY}
    assert re.findall(r"^\| `(\w+)` \|", page, flags=re.M) == list(EditorialAction)
