"""`playbill bench peers`: a table, complete JSON, who is left out and why, and one clear line for a mistake.

Nothing is installed: the library is a small module of this test.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from benchmarks import taste_peers
from benchmarks.reading import BenchmarkError

from playbill.cli import bench
from playbill.evaluation import dataset, peers
from playbill.evaluation.peers import Comparison

Run = Callable[..., SimpleNamespace]

NEAR = """
import numpy as np

class CosineRecommender:
    def __init__(self, K):
        self.K = K

    def fit(self, likes, show_progress):
        self.counts = np.asarray(likes.sum(axis=0)).ravel()

    def recommend(self, members, known, N, filter_already_liked_items):
        counts = np.where(known.toarray() > 0, -1e38, self.counts)
        titles = np.argsort(-counts, axis=1)[:, :N]
        return titles, np.take_along_axis(counts, titles, axis=1)

class BM25Recommender:
    def __init__(self, K):
        raise MemoryError("too much")
"""


@pytest.fixture
def run(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command in a folder with a small data set `mine` and an environment `env`."""
    if sys.platform == "win32":
        pytest.skip("the stand-in for an interpreter is a shell script")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "fakes"))
    small(tmp_path / "mine")
    files = {
        "fakes/implicit/__init__.py": "", "fakes/implicit/als.py": "",
        "fakes/implicit/nearest_neighbours.py": NEAR,
        "fakes/implicit-9.9.dist-info/METADATA": "Metadata-Version: 2.1\nName: implicit\nVersion: 9.9\n",
        "env/implicit/bin/python": f'#!/bin/sh\nexec "{sys.executable}" "$@"\n',
    }  # fmt: skip
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    (tmp_path / "env/implicit/bin/python").chmod(0o755)
    return lambda *words: run("bench", "peers", *words)


def small(folder: Path) -> None:
    """60 members, 24 titles; those of a colour like titles of that colour."""
    import duckdb

    folder.mkdir()
    with duckdb.connect() as con:
        con.execute(f"""copy (select 't' || i as title, 'Title ' || i as name from range(24) r(i))
            to '{folder}/titles.parquet' (format parquet)""")
        con.execute(f"""copy (select 'm' || p as profile, 't' || ((p + 2 * k) % 24) as title, 5 as value
            from range(60) a(p), range(10) b(k)) to '{folder}/events.parquet' (format parquet)""")


PEERS = ("--data", "mine", "--environment", "env", "--quick", "--peer", "implicit.cosine")


def test_a_table_has_playbills_models_and_the_peers_with_intervals_and_seconds(run: Run) -> None:
    done = run(*PEERS, "--peer", "implicit.bm25")
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert any(line.startswith("implicit.cosine  ") and "±" in line for line in lines)
    assert any(line.startswith("linear  ") and "±" in line for line in lines)
    assert "implicit.cosine (9.9): item-item cosine" in done.out and "chosen among 2" in done.out
    assert "Left out: implicit.bm25: MemoryError: too much" in done.out
    assert "linear ahead" in done.out and "Not to be quoted" in done.out
    assert "Installing" not in done.out + done.err, "what is there is used as it is"


def test_a_narrow_terminal_gets_fewer_columns(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    done = run(*PEERS)
    assert max(map(len, done.out.splitlines())) <= 80 and "…" not in done.out and "recall@50" not in done.out


def test_json_has_all_that_was_measured_and_how(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    told = json.loads(run(*PEERS, "--json").out)
    assert (told["protocol"], told["folds"], told["quick"], told["threads"]) == ("liang", 1, True, "1")
    assert told["data"]["liked"] == 4 and told["best"] == "linear" and told["left_out"] == {}
    peer = next(line for line in told["lines"] if line["name"] == "implicit.cosine")
    assert set(peer["values"]["ndcg@100"]) == {"mean", "low", "high"} == set(peer["ahead"]["ndcg@100"])
    assert peer["version"] == "9.9" and peer["fit"] > 0 and peer["settings"] == [peer["grid"][0]]


def test_that_something_will_be_installed_is_said_before_it_is(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []

    def install(self: peers.Environment, library: str) -> None:
        asked.append((library, sys.stderr.getvalue()))  # type: ignore[attr-defined]
        raise peers.InputError("ERROR: no network")

    monkeypatch.setattr(peers.Environment, "install", install)
    done = run("--data", "mine", "--environment", "elsewhere", "--peer", "implicit", "--json")
    assert done.code == 2 and done.out == "" and len(done.err.splitlines()[-1]) < 500
    assert "could not be installed: ERROR: no network" in done.err and "--environment of an earlier run" in done.err
    assert "Installing implicit==" in done.err and "from the package index into elsewhere" in done.err.replace(
        "\n", " "
    )
    assert [library for library, _ in asked] == ["implicit"]
    assert "Installing implicit==" in asked[0][1]


@pytest.mark.parametrize(
    ("words", "says"),
    [(("--peer", "lenskitt"), "Did you mean 'lenskit'"), (("--data", "yours"), "no titles.parquet")],
)
def test_a_mistake_is_one_line_with_the_remedy(words: tuple[str, ...], says: str, run: Run) -> None:
    done = run(*words, "--environment", "env")
    assert done.code == 2 and done.out == "" and says in done.err and done.err.count("\n") == 1


def test_without_data_the_shipped_ratings_are_taken(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float | None] = []

    def shipped(liked: float | None) -> dataset.Dataset:
        asked.append(liked)
        return dataset.load(Path("mine"))

    monkeypatch.setattr(dataset, "shipped", shipped)
    assert run("--liked", "7.5", *PEERS[2:]).code == 0
    assert asked == [7.5]


def test_the_environment_is_a_folder_of_its_own_by_default() -> None:
    assert Path(".playbill-peers") == bench.ENVIRONMENT


# The figure ----------------------------------------------------------------------------------------------------------


def line(name: str, found: float, ahead: float | None) -> peers.Line:
    value = {"ndcg@100": peers.Interval(found, found - 0.01, found + 0.01)}
    over = {} if ahead is None else {"ndcg@100": peers.Interval(ahead, ahead - 0.01, ahead + 0.01)}
    return peers.Line(name, "1", "", value, 1.0, 2.0, over, [], [{}])


def test_the_figure_is_the_smallest_advantage_over_any_peer() -> None:
    lines = (line("popularity", 0.5, 0.0), line("linear", 0.5, None), line("implicit.als", 0.3, 0.2),
             line("lenskit.ease", 0.4, 0.1), line("rectools.ease", 0.2, 0.3))  # fmt: skip
    reading = taste_peers.reading(Comparison(9, "linear", lines, {"implicit.bm25": "why"}), "data")
    assert (reading["name"], reading["value"]) == ("taste.peers", 0.1)
    assert reading["interval"] == pytest.approx((0.09, 0.11))
    beside = reading["beside"]
    assert beside["closest"] == "lenskit.ease" and list(beside["lines"]) == [each.name for each in lines]
    assert beside["lines"]["lenskit.ease"]["behind"]["ndcg@100"] == pytest.approx([0.1, 0.09, 0.11])
    assert beside["left_out"] == {"implicit.bm25": "why"}


def test_without_any_peer_there_is_no_figure() -> None:
    alone = Comparison(9, "linear", (line("linear", 0.5, None),), {"implicit.als": "no network"})
    with pytest.raises(BenchmarkError, match="no network"):
        taste_peers.reading(alone, "data")


def test_without_the_data_the_figure_says_where_it_is_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYBILL_DATA", str(tmp_path))
    with pytest.raises(BenchmarkError, match="PLAYBILL_DATA"):
        taste_peers.measure(True, 7)
