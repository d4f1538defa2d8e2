"""`playbill evaluate models`: tables with intervals, complete JSON, plots, and one clear line for a mistake."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest

from playbill.evaluation.rules import PROTOCOLS

Run = Callable[..., SimpleNamespace]


@pytest.fixture
def run(run: Run, tmp_path: Path) -> Run:
    """Runs the command in a folder with a data set `mine`."""
    folder = tmp_path / "mine"
    folder.mkdir()
    with duckdb.connect() as con:
        con.execute(f"""copy (select 't' || i as title, 'Title ' || i as name, ['Even', 'Odd'][i % 2 + 1] genres
            from range(24) r(i)) to '{folder}/titles.parquet' (format parquet)""")
        con.execute(f"""copy (select 'm' || p as profile, 't' || ((p + 2 * k + (k % 3)) % 24) as title,
            case when k % 5 = 4 then 1 else 5 end as value, 1000000000 + 100 * k + p as "at"
            from range(60) a(p), range(14) b(k)) to '{folder}/events.parquet' (format parquet)""")
    return lambda *words: run("evaluate", "models", *words)


MINE = ("--data", "mine", "--model", "linear")


def test_every_protocol_is_a_table_with_baseline_and_intervals(run: Run) -> None:
    done = run(*MINE)
    assert done.code == 0, done.err
    for name, rules in PROTOCOLS.items():
        assert f"{name}: {rules.means[:40]}" in done.out
    lines = done.out.splitlines()
    assert sum(line.startswith("popularity ") for line in lines) >= len(PROTOCOLS)
    assert any(line.startswith("linear, as served") and "±" in line for line in lines)
    assert any(line.startswith("linear: all fresh") for line in lines)
    assert max(map(len, lines)) <= 120 and "…" not in done.out


def test_a_narrow_terminal_gets_fewer_columns(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    done = run(*MINE, "--protocol", "liang", "--protocol", "chronological")
    lines = done.out.splitlines()
    assert max(map(len, lines)) <= 80 and "…" not in done.out and "over popularity" in done.out
    served = [line for line in lines if line.startswith("linear, as served ")]
    assert len(served) == 4 and all(len(re.findall(r"\d\.\d{4}", line)) >= 3 for line in served), "cells are whole"


def test_json_has_all_that_was_measured_and_how(run: Run) -> None:
    done = run(*MINE, "--protocol", "liang", "--protocol", "chronological", "--folds", "2", "--seed", "3", "--json")
    told = json.loads(done.out)
    assert told["data"]["liked"] == 4 and told["data"]["members"] == 60
    assert (told["folds"], told["seed"], told["quick"]) == (2, 3, False)
    assert [p["protocol"] for p in told["protocols"]] == ["liang", "chronological"]
    line = told["protocols"][0]["lines"][-1]
    assert set(line["values"]) == {"ndcg@100", "recall@20", "recall@50"}
    assert set(line["values"]["ndcg@100"]) == {"mean", "low", "high"}
    assert told["protocols"][0]["settings"]["linear"][0]["ridge"] > 0
    assert any(ratio["question"] == "all fresh" for ratio in told["protocols"][1]["ratios"])


def test_data_without_time_leaves_protocols_out_and_is_no_failure(run: Run, tmp_path: Path) -> None:
    with duckdb.connect() as con:
        events = tmp_path / "mine" / "events.parquet"
        con.execute(f"create table e as select profile, title, value from '{events}'")
        con.execute(f"copy e to '{events}' (format parquet)")
    done = run(*MINE, "--protocol", "moments", "--protocol", "next")
    assert done.code == 0
    assert done.out.count("Left out: mine has") == 2


def test_quick_says_that_it_is_not_to_be_quoted(run: Run) -> None:
    done = run(*MINE, "--protocol", "liang", "--quick")
    assert "Not to be quoted" in done.out and "Chosen among 2" in done.out


def test_plots_are_drawn_where_there_is_matplotlib(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    done = run(*MINE, "--protocol", "chronological", "--plots", "drawn")
    assert done.code == 0, done.err
    files = sorted((tmp_path / "drawn").iterdir())
    assert [file.name for file in files] == ["chronological-fresh.png", "chronological.png"]
    assert all(file.read_bytes().startswith(b"\x89PNG") for file in files)


def test_without_matplotlib_nothing_is_begun(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    done = run(*MINE, "--plots", "drawn")
    assert done.code == 2 and "pip install" in done.err and not (tmp_path / "drawn").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--protocol", "laing"), "Did you mean 'liang'"),
        (("--model", "liner"), "Did you mean 'linear'"),
        (("--data", "yours"), "no titles.parquet"),
        (("--data", "mine", "--liked", "6"), "liked: 6"),
    ],
)
def test_a_mistake_ends_with_one_clear_line(run: Run, words: tuple[str, ...], says: str) -> None:
    done = run(*words)
    assert (done.code, done.err.count("\n")) == (2, 1) and says in done.err
