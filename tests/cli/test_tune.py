"""`playbill tune`: a record of what was tried, and settings that go into playbill.toml as they are printed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import duckdb
import numpy as np
import pytest

from playbill.settings import load

Run = Callable[..., SimpleNamespace]


@pytest.fixture
def run(run: Run, tmp_path: Path) -> Run:
    """Runs a command in a folder with a data set `data`."""
    write_data(tmp_path / "data", times=True)
    return run


def write_data(folder: Path, times: bool) -> None:
    """Sixty members who like what others of their colour like, over a hundred days."""
    folder.mkdir()
    rng = np.random.default_rng(1)
    e = 1_200
    profile, seconds = rng.integers(0, 60, e), np.sort(rng.integers(0, 100 * 86_400, e))
    title = np.minimum(rng.geometric(0.1, e) - 1, 19) * 2 + profile % 2
    rows = ", ".join(f"('p{p}', 't{t}', 5.0, {s})" for p, t, s in zip(profile, title, seconds, strict=True))
    columns = 'profile, title, value, "at"' if times else "profile, title, value"
    with duckdb.connect() as con:
        named = f'(values {rows}) as v(profile, title, value, "at")'
        con.execute(f"copy (select {columns} from {named}) to '{folder}/events.parquet'")
        titles = "select 't' || i as title, 'T ' || i as name from range(40) as r(i)"
        con.execute(f"copy ({titles}) to '{folder}/titles.parquet'")


def test_everything_that_was_tried_is_on_record(run: Run, tmp_path: Path) -> None:
    done = run("tune", "--data", "data", "--trials", "3", "--json")
    assert done.code == 0, done.err
    told = json.loads(done.out)
    tried = [json.loads(line) for line in (tmp_path / "tuning.jsonl").read_text().splitlines()]
    assert told["trials"] == len(tried) == 3
    assert told["values"] == max(tried, key=lambda t: t["score"])["values"]
    assert told["gain"]["low"] <= told["gain"]["mean"] <= told["gain"]["high"]


def test_what_is_printed_can_be_read(run: Run, tmp_path: Path) -> None:
    done = run("tune", "--data", "data", "--trials", "2", "--record", "tried.jsonl")
    assert done.code == 0, done.err
    assert "linear.ridge" in done.out and "that no choice has seen" in " ".join(done.out.split())
    (tmp_path / "playbill.toml").write_text("[linear]\nridge = 7.5\ndislikes = 0\n[blend]\nneutral = 0.01\n")
    settings = load(tmp_path)
    assert (settings.linear.ridge, settings.blend.neutral) == (7.5, 0.01)


def test_data_without_times_cannot_be_tuned_on(run: Run, tmp_path: Path) -> None:
    write_data(tmp_path / "timeless", times=False)
    done = run("tune", "--data", "timeless")
    assert done.code == 2 and "Add a column 'at'" in done.err


@pytest.mark.parametrize("words", [("--minutes", "0"), ("--trials", "0")])
def test_no_budget_is_refused(run: Run, words: tuple[str, ...]) -> None:
    done = run("tune", "--data", "data", *words)
    assert done.code == 2 and "at least one trial" in done.err
