"""`playbill simulate`: from one line to a folder that goes on, with clear errors and complete JSON."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from playbill.app import Playbill
from playbill.cli.over_http import ApplicationOverHTTP
from playbill.events import Impression
from playbill.simulation import folder
from playbill.simulation.plan import Plan

SMALL = ("--members", "30", "--days", "2", "--titles", "100", "--history", "2", "--rows", "4", "--columns", "6")

Run = Callable[..., SimpleNamespace]


@pytest.fixture
def run(run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command in a narrow terminal."""
    monkeypatch.setenv("COLUMNS", "80")
    return run


def test_a_simulated_service_goes_on_where_its_days_end(run: Run, tmp_path: Path) -> None:
    done = run("simulate", *SMALL, "--twin", "random", "--start", "2026-03-02", "--set", "people.sessions_per_day=2")
    assert done.code == 0, done.err
    assert {path.name for path in (tmp_path / "simulated").iterdir()} == {
        "days.parquet", "outcome.json", "plan.json", "playbill",
    }  # fmt: skip
    words = done.out.strip().splitlines()[-1].split("Next: playbill ")[1].split()
    page = run(*words)
    assert page.code == 0, page.err
    assert "As of 2026-03-04" in page.out and "Impression" in page.out
    clock = next(f for f in json.loads(run("doctor", "--json", *words[2:]).out) if f["what"] == "clock")
    assert clock["fine"] and clock["seen"].startswith("2026-03-04T00:0")


def test_what_people_read_fits_a_narrow_terminal(run: Run) -> None:
    done = run("simulate", *SMALL, "--policy", "popular", "--twin", "random", "--twin", "best")
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert max(map(len, lines[:-1])) <= 80 and "…" not in done.out
    assert [line.split()[0] for line in lines[2:5]] == ["popular", "random", "best"]
    assert sum(line.startswith("member by member") for line in lines) == 2
    assert "--policy playbill" in lines[-1]


def test_json_is_complete_and_says_what_the_folder_says(run: Run, tmp_path: Path) -> None:
    done = run("simulate", *SMALL, "--policy", "best", "--twin", "popular", "--out", "here", "--json")
    told = json.loads(done.out)
    assert told.pop("out") == "here"
    assert told == json.loads((tmp_path / "here" / "outcome.json").read_text())
    assert [totals["policy"] for totals in told["totals"]] == ["best", "popular"]
    assert {line["measure"] for line in told["differences"]} == {"found", "hours", "enjoyment", "titles", "kept"}


def test_parameters_come_from_a_world_then_a_file_then_words(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('[drift]\ninfluence = 0.5\nweekend = 0.1\n[choosing]\nmodel = "nested"\n')
    words = ("--policy", "random", "--parameters", "mine.toml", "--set", "drift.influence=0.02", "--set",
             "attention.model=cascade", "--world", "ml-1m", "--truth")  # fmt: skip
    assert run("simulate", *SMALL, *words).code == 0
    plan = folder.read(tmp_path / "simulated" / "plan.json")
    given = {name: value for name, value, _, _ in plan.parameters}
    assert (given["drift.influence"], given["drift.weekend"]) == (0.02, 0.1)
    assert (given["choosing.model"], given["attention.model"], given["titles.series"]) == ("nested", "cascade", 0.0)
    assert (plan.members, plan.titles, plan.truth) == (30, 100, True)
    assert (tmp_path / "simulated" / "visits.parquet").exists()


CURSORS = ("state_cursor", "denied_cursor")


def log_of(home: Path, without: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """What is in a log, without some fields of its pages."""
    with Playbill(home) as service:
        read = [(isinstance(event, Impression), msgspec.to_builtins(event)) for _, event in service.log.read(0)]
    return [{k: v for k, v in event.items() if not (page and k in without)} for page, event in read]


def test_over_http_members_get_the_same_pages_and_do_the_same(run: Run, tmp_path: Path) -> None:
    changes = ("people.sessions_per_day=4", "people.new=0.5", "actors.late=0.3", "actors.duplicates=0.2")
    words = (
        "simulate", *SMALL, "--members", "20", "--truth", "--train-days", "1", "--snapshot-hours", "6", "--json",
        *(word for change in changes for word in ("--set", change)),
    )  # fmt: skip
    here = run(*words, "--processes", "1", "--out", "here")
    there = run(*words, "--http", "--out", "there")
    assert (here.code, there.code) == (0, 0), here.err + there.err
    for name in ("days.parquet", "visits.parquet"):
        assert (tmp_path / "here" / name).read_bytes() == (tmp_path / "there" / name).read_bytes()
    one, two = (json.loads(done.out)["totals"][0] for done in (here, there))
    assert one["counters"] == two["counters"] and one["counters"]["releases"] > 1
    assert one["service_seconds"].keys() == two["service_seconds"].keys() and two["service_seconds"]["pages"] > 0

    # Over HTTP a page is logged before the next one of its wave is composed, in process after the last: so pages name
    # other places up to which the log was read. Between these are pages of other profiles alone, and all else is equal:
    # rows and titles, ids, and when each event was received.
    homes = [tmp_path / name / "playbill" for name in ("here", "there")]
    log = log_of(homes[0], CURSORS)
    assert log == log_of(homes[1], CURSORS) and log_of(homes[0]) != log_of(homes[1])
    pages = {event["id"]: event for event in log if "snapshot" in event}
    assert len(pages) == one["counters"]["pages"] > 50
    assert len({page["snapshot"] for page in pages.values()}) > 2  # also snapshots made during the run
    assert any(event.get("kind") == "play" and event["source"] in pages for event in log)
    first = min(page["at"] for page in pages.values())
    assert any("account" in event and event["received"] > first for event in log)  # who signed up during the run


def test_over_http_the_same_seed_gives_the_same_log_and_nothing_is_left_open(run: Run, tmp_path: Path) -> None:
    for out in ("one", "two"):
        assert run("simulate", *SMALL, "--days", "1", "--http", "--processes", "1", "--out", out).code == 0
    one, two = (tmp_path / out / "playbill" for out in ("one", "two"))
    assert log_of(one) == log_of(two) and any("snapshot" in event for event in log_of(one))
    assert "playbill-server" not in {thread.name for thread in threading.enumerate()}
    assert not (one / "key").exists()  # the server's key was its own


def test_over_http_an_interruption_ends_the_server_and_lets_go_of_the_service(tmp_path: Path) -> None:
    serving: list[bool] = []

    def interrupt(what: str, share: float) -> None:
        if "week 1" in what and share > 0.2:
            serving.append(any(thread.name == "playbill-server" for thread in threading.enumerate()))
            raise KeyboardInterrupt

    plan = Plan(members=20, days=2, history=2, titles=100, rows=4, columns=6)
    with pytest.raises(KeyboardInterrupt):
        folder.simulate(plan, tmp_path / "out", interrupt, ApplicationOverHTTP)
    assert serving == [True]
    assert "playbill-server" not in {thread.name for thread in threading.enumerate()}
    assert len(log_of(tmp_path / "out" / "playbill")) > 100


def test_days_are_drawn_where_there_is_matplotlib(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    words = ("--policy", "random", "--twin", "popular", "--plots")
    assert run("simulate", *SMALL, *words, "--days", "15").code == 0
    assert (tmp_path / "simulated" / "days.png").read_bytes().startswith(b"\x89PNG")


def test_without_matplotlib_nothing_is_begun(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    done = run("simulate", *SMALL, "--plots")
    assert done.code == 2 and "pip install" in done.err and list(tmp_path.iterdir()) == []


def test_an_interruption_says_what_is_left_and_what_to_do(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(folder, "run", interrupted)
    done = run("simulate", *SMALL)
    assert done.code == 130 and "did not come to its end: remove it" in done.err
    again = run("simulate", *SMALL)
    assert again.code == 2 and "did not come to its end" in again.err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--policy", "populer"), "Did you mean 'popular'"),
        (("--twin", "playbill"), "each once"),
        (("--set", "drift.influense=1"), "drift.influence"),
        (("--set", "drift.influence"), "says no value"),
        (("--set", "drift.influence=much"), "'much' is not a number"),
        (("--parameters", "nothing.toml"), "nothing.toml"),
        (("--world", "netflix"), "ml-1m"),
        (("--start", "monday"), "2026-01-05"),
        (("--catalogue", "shipped"), "leave out --titles"),
        (("--members", "0"), "members: 0"),
        (("--out", "taken"), "taken is not an empty folder"),
        (("--http", "--processes", "2"), "leave out --processes"),
        (("--http", "--policy", "random", "--twin", "best"), "random, best can be asked in process only"),
    ],
)
def test_a_mistake_ends_with_one_clear_line(run: Run, tmp_path: Path, words: tuple[str, ...], says: str) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "thesis.txt").touch()
    done = run("simulate", *SMALL, *words)
    assert (done.code, done.err.count("\n")) == (2, 1) and says in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
