"""Day two: what an operator asks is done, is told in one line, and is asked first where it cannot be taken back."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer

from playbill.app import Playbill
from playbill.cli.main import app
from playbill.events import MINUTE, TakenDown
from playbill.http.metrics import Metrics

NOW = 1_700_000_000_000
ROOT = Path(__file__).parents[2]

Run = Callable[..., SimpleNamespace]


def titles_of(page: SimpleNamespace) -> set[str]:
    """Ids on a page that was printed as JSON."""
    assert page.code == 0, page.err
    return {slot["title"]["id"] for row in json.loads(page.out)["rows"] for slot in row["slots"]}


def feed(folder: Path, numbers: range) -> None:
    """titles.csv as `fill` describes titles."""
    lines = [f"t{n},Title {n},{1990 + n % 20},{('Drama', 'Comedy')[n % 2]},PG" for n in numbers]
    (folder / "titles.csv").write_text("id,name,year,genres,maturity\n" + "\n".join(lines) + "\n", "utf-8")


# A title -------------------------------------------------------------------------------------------------------------


def test_a_taken_down_title_is_absent_from_the_next_page_and_lifting_brings_it_back(run: Run, home: Path) -> None:
    before = titles_of(run("page", "m1", "--json"))
    title = sorted(before)[0]
    done = run("take-down", title, "--reason", "The licence ended.")
    assert done.code == 0, done.err
    assert f"({title})" in done.out and f"Took down Title {title[1:]}" in done.out and "--lift" in done.out
    assert title not in titles_of(run("page", "m1", "--json"))
    assert json.loads(run("take-down", title, "--lift", "--json").out)["taken_down"] is False
    assert title in titles_of(run("page", "m1", "--json"))


def test_what_was_said_with_a_clock_that_is_ahead_does_not_outlive_what_is_said_now(run: Run, home: Path) -> None:
    with Playbill(home) as service:
        service.record([TakenDown("ahead", NOW + 4 * MINUTE, "t1", "from a fast clock")])
    assert run("take-down", "t1", "--lift").code == 0
    assert run("take-down", "t1", "--lift").code == 2, "it is lifted already"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("t1",), "reason: missing"),
        (("t999", "--reason", "x"), "no title 't999'"),
        (("t1", "--lift"), "is not taken down"),
    ],
)
def test_a_take_down_that_makes_no_sense_is_refused(run: Run, home: Path, words: tuple[str, ...], says: str) -> None:
    done = run("take-down", *words)
    assert done.code == 2 and says in done.err
    with Playbill(home) as service:
        assert "taken_down" not in service.log.counts()


# A profile -----------------------------------------------------------------------------------------------------------


def test_without_a_terminal_nothing_is_erased_until_yes_is_said(run: Run, home: Path) -> None:
    refused = run("forget", "mira")
    assert refused.code == 2 and "--yes" in refused.err and "Nothing was changed" in refused.err
    assert run("page", "mira", "--json").code == 0
    done = run("forget", "mira", "--yes")
    assert done.code == 0, done.err
    assert "Erased" in done.out and "events of mira" in done.out and "playbill train" in done.out
    assert len(done.out.splitlines()) >= 2, "it says what remains"
    gone = run("page", "mira", "--json")
    assert gone.code == 2 and "no profile 'mira'" in gone.err


def test_on_a_terminal_it_asks_first(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []

    def answer(question: str, **_: object) -> bool:
        said.append(question)
        return len(said) > 1

    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr(typer, "confirm", answer)
    assert "Not confirmed" in run("forget", "mira").err
    assert run("page", "mira", "--json").code == 0
    assert run("forget", "mira").code == 0
    assert "'mira'" in said[0] and "cannot be taken back" in said[0]


def test_a_profile_that_nobody_knows_is_named_before_anything_is_asked(run: Run, home: Path) -> None:
    done = run("forget", "mirra")
    assert done.code == 2 and "no profile 'mirra'" in done.err and "mira" in done.err


def test_an_export_holds_every_event_and_what_is_derived(run: Run, home: Path, tmp_path: Path) -> None:
    printed = [json.loads(line) for line in run("export", "mira").out.splitlines()]
    assert {"profile_set", "thumbs"} <= {each["kind"] for each in printed}
    done = run("export", "mira", "--out", "mira.jsonl")
    assert done.code == 0 and "mira.jsonl" in done.out
    written = [json.loads(line) for line in (tmp_path / "mira.jsonl").read_text("utf-8").splitlines()]
    assert written == printed
    assert (tmp_path / "mira.jsonl").stat().st_mode & 0o777 == 0o600
    again = run("export", "mira", "--out", "mira.jsonl")
    assert again.code == 2 and "Name a new file" in again.err
    assert len((tmp_path / "mira.jsonl").read_text("utf-8").splitlines()) == len(printed)
    assert json.loads(run("export", "mira", "--out", "b", "--json").out)["objects"] == len(printed)


# Copies --------------------------------------------------------------------------------------------------------------


def test_a_backup_is_restored_into_a_service_that_makes_the_same_page(run: Run, home: Path, tmp_path: Path) -> None:
    made = run("backup", "copy")
    assert made.code == 0, made.err
    assert "playbill restore copy --home" in made.out and not (tmp_path / "copy" / "key").exists()
    found = {f["what"]: f for f in json.loads(run("doctor", "--json").out)}
    assert found["backup"]["fine"] and str(tmp_path / "copy") in found["backup"]["seen"]
    page = titles_of(run("page", "m1", "--json"))
    done = run("restore", "copy", "--home", "again", "--json")
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert told["events"] > 0 and told["snapshot"]
    assert titles_of(run("page", "m1", "--home", "again", "--json")) == page


def test_a_restore_never_writes_over_a_service(run: Run, home: Path) -> None:
    run("backup", "copy")
    held = (home / "playbill.db").stat().st_ino
    done = run("restore", "copy", "--home", "home")
    assert done.code == 2 and "Traceback" not in done.err
    assert (home / "playbill.db").stat().st_ino == held


def test_who_was_erased_after_the_backup_is_erased_again(run: Run, home: Path) -> None:
    assert run("backup", "copy").code == 0
    assert run("forget", "mira", "--yes").code == 0
    done = run("restore", "copy", "--home", "again", "--ledger", "home/erased.jsonl")
    assert done.code == 0, done.err
    assert "profiles erased again: 1" in done.out
    assert "no profile 'mira'" in run("page", "mira", "--home", "again").err


# The catalogue -------------------------------------------------------------------------------------------------------


def test_a_feed_is_compared_first_and_applied_when_asked(run: Run, home: Path, tmp_path: Path) -> None:
    feed(tmp_path, range(1, 41))
    looked = run("sync", "titles.csv")
    assert looked.code == 0, looked.err
    rows = {line.split()[0]: line.split()[1] for line in looked.out.splitlines() if line.strip()}
    assert [rows[part] for part in ("added", "changed", "vanished", "unchanged")] == ["1", "0", "1", "39"]
    assert "Title 40" in looked.out and "Title 0" in looked.out and "--apply" in looked.out
    told = json.loads(run("sync", "titles.csv", "--apply", "--json").out)
    assert told["applied"] and (told["added"], told["vanished"]) == (["t40"], ["t0"])
    assert "nothing to do" in run("sync", "titles.csv").out
    assert "t0" not in titles_of(run("page", "m1", "--json"))


def test_half_a_catalogue_is_a_question_until_its_number_is_named(run: Run, home: Path, tmp_path: Path) -> None:
    feed(tmp_path, range(20))
    asked = run("sync", "titles.csv", "--apply")
    assert asked.code == 1 and "--confirm vanished:20" in " ".join(asked.out.split())
    assert run("sync", "titles.csv", "--apply", "--confirm", "vanished:19").code == 1
    told = json.loads(run("sync", "titles.csv", "--json").out)
    assert len(told["vanished"]) == 20 and not told["applied"] and told["question"]
    done = run("sync", "titles.csv", "--apply", "--confirm", "vanished:20")
    assert done.code == 0 and "Applied" in done.out
    assert not titles_of(run("page", "m1", "--json")) & {f"t{n}" for n in range(20, 40)}


# The runbook ---------------------------------------------------------------------------------------------------------


def test_every_command_of_the_runbook_can_be_given() -> None:
    group: Any = typer.main.get_command(app)
    blocks = re.findall(r"^```sh\n(.*?)^```", (ROOT / "docs" / "runbook.md").read_text("utf-8"), flags=re.M | re.S)
    words = [shlex.split(line) for block in blocks for line in block.splitlines()]
    own = [line for line in words if line[0] == "playbill"]
    assert {line[0] for line in words} <= {"playbill", "export", "systemctl", "rm", "/opt/playbill/bin/pip"}
    assert {"backup", "restore", "take-down", "forget", "export", "sync", "doctor", "train"} <= {w[1] for w in own}
    for line in own:
        group.commands[line[1]].make_context(line[1], line[2:])  # raises for what the command does not take


def test_alerts_ask_only_for_metrics_that_there_are_and_chapters_that_exist(home: Path) -> None:
    alerts, runbook = ((ROOT / p).read_text("utf-8") for p in ("deploy/alerts.yml", "docs/runbook.md"))
    with Playbill(home) as service:
        metrics = Metrics(lambda: 0.0, service)
        metrics.request("GET", "none", 200, 0.1)
        known = set(re.findall(r"^(\w+)[{ ]", metrics.text().decode(), flags=re.M)) | {"up"}
    named = set(re.findall(r"\b((?:http|playbill|process)_\w+|up)(?=[{\[ <]| ==)", "\n".join(
        line for line in alerts.splitlines() if "expr:" in line
    )))  # fmt: skip
    assert len(named) > 6 and named <= known, named - known
    headings = {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in re.findall(r"^#+ (.*)$", runbook, re.M)}
    linked = set(re.findall(r"runbook\.md#([\w-]+)", alerts))
    assert linked and linked <= headings, linked - headings
