"""`playbill editorial`: rules are set, listed, withdrawn, and every change stays in the log."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from playbill.app import Playbill

Run = Callable[..., SimpleNamespace]

PIN = (
    "set",
    "friday",
    "--action",
    "pin",
    "--title",
    "t3",
    "--row",
    "top_picks",
    "--until",
    "2023-12-24",
    "--by",
    "ana",
)


@pytest.fixture
def edit(run: Run, home: Path) -> Run:
    """Runs a command of `playbill editorial` on the service."""
    return lambda *words: run("editorial", *words)


def test_a_rule_is_listed_until_it_is_withdrawn_and_the_log_keeps_both(edit: Run) -> None:
    assert "No rule holds" in edit("list").out
    done = edit(*PIN, "--reason", "premiere")
    assert done.code == 0, done.err
    assert "Set friday: pin in top_picks, titles: 1, until 2023-12-24 00:00" in done.out
    (rule,) = json.loads(edit("list", "--json").out)
    assert (rule["rule"], rule["titles"], rule["row"], rule["by"]) == ("friday", ["t3"], "top_picks", "ana")
    assert "friday" in edit("list").out
    assert edit("withdraw", "friday", "--by", "ben", "--reason", "moved").code == 0
    assert json.loads(edit("list", "--json").out) == []
    newest, oldest = json.loads(edit("log", "--json").out)
    assert (newest["withdrawn"], newest["by"], newest["reason"]) == (True, "ben", "moved")
    assert (oldest["by"], oldest["reason"]) == ("ana", "premiere")
    assert "withdrawn" in edit("log", "--rule", "friday").out and "0 entries" in edit("log", "--rule", "x").out


def test_the_same_name_replaces_a_rule_whatever_the_order_of_their_moments(edit: Run) -> None:
    for title in ("t3", "t4", "t5"):
        assert edit(*PIN[:5], title, *PIN[6:]).code == 0
    (rule,) = json.loads(edit("list", "--json").out)
    assert rule["titles"] == ["t5"]


def test_a_row_has_headings_by_language_and_a_place(edit: Run) -> None:
    words = ("set", "awards", "--action", "row", "--title", "t3", "--title", "t4", "--heading", "en=Award winners",
             "--heading", "de=Preisträger", "--place", "2", "--until", "2023-12-24T18:00:00+01:00", "--by", "ana",
             "--country", "DE")  # fmt: skip
    done = edit(*words, "--json")
    assert done.code == 0, done.err
    said = json.loads(done.out)
    assert said["headings"] == [["en", "Award winners"], ["de", "Preisträger"]]
    assert (said["titles"], said["place"], said["country"]) == (["t3", "t4"], 2, "DE")
    assert said["until"] == 1_703_437_200_000
    assert "row at 2 in DE" in edit("list").out


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("t3", "t333", "no title 't333'"),
        ("top_picks", "top_pick", "Did you mean 'top_picks'"),
        ("2023-12-24", "soon", "until: 'soon' is no moment"),
        ("2023-12-24", "2020-01-01", "until:"),
        ("pin", "boost", "factor: 1.0"),
        ("pin", "row", "headings: missing"),
    ],
)
def test_a_rule_that_cannot_be_obeyed_is_refused(edit: Run, home: Path, old: str, new: str, says: str) -> None:
    done = edit(*(new if word == old else word for word in PIN))
    assert done.code == 2 and says in done.err, (done.out, done.err)
    with Playbill(home) as service:
        assert "editorial_set" not in service.log.counts()


def test_what_does_not_hold_cannot_be_withdrawn(edit: Run) -> None:
    edit(*PIN)
    done = edit("withdraw", "fridai", "--by", "ana")
    assert done.code == 2 and "Did you mean 'friday'" in done.err
    assert "names no language" in edit(*PIN, "--heading", "Films").err
