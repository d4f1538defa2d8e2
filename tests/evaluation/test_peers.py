"""Peers: likes go out, lists come back, everybody is judged alike, and who cannot take part is told why.

Nothing is installed. The libraries are small modules of these tests, put where the other interpreter looks.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from playbill.catalog import Catalog
from playbill.errors import InputError
from playbill.evaluation import peer_runner
from playbill.evaluation import peers as module
from playbill.evaluation.contest import CONTENDERS
from playbill.evaluation.dataset import Dataset
from playbill.evaluation.outcomes import POPULARITY
from playbill.evaluation.peers import (
    LIBRARIES,
    PEERS,
    RUNNER,
    Comparison,
    Environment,
    Scope,
    chosen,
    compare,
    library_of,
    prepare,
)  # fmt: skip
from playbill.evaluation.protocols import liang
from playbill.events import Title

PROFILES, TITLES = 80, 30

ALS = """
import os
import numpy as np

class AlternatingLeastSquares:
    \"\"\"Likes titles of the parity that a member's are of, if `factors` is 64; else it likes title 0 .. k - 1.\"\"\"

    def __init__(self, factors=1, alpha=1, regularization=0.1, iterations=1, random_state=0, use_gpu=True):
        assert not use_gpu
        self.good = factors == 64 and regularization == 40

    def fit(self, likes, show_progress):
        assert likes.shape[0] > 0 and (likes.data == 1).all()
        self.n = likes.shape[1]

    def recommend(self, members, known, N, filter_already_liked_items, recalculate_user):
        assert filter_already_liked_items and recalculate_user
        titles, scores = np.zeros((len(members), N), int), np.full((len(members), N), -3e38)
        for m in members.tolist():
            mine = known.indices[known.indptr[m]:known.indptr[m + 1]]
            order = [t for t in range(self.n) if t not in mine]
            if self.good:
                order = [t for t in order if t % 2 == mine[0] % 2]
            titles[m, : len(order[:N])], scores[m, : len(order[:N])] = order[:N], 1.0
        return titles, scores
"""

NEAR = """
class CosineRecommender:
    def __init__(self, K):
        raise ValueError("similarity is not what it was")

class BM25Recommender:
    def __init__(self, K):
        pass

    def fit(self, likes, show_progress):
        pass

    def recommend(self, members, known, N, filter_already_liked_items):
        import numpy as np
        return np.zeros((len(members), N), int), np.ones((len(members), N))
"""


def colours() -> Dataset:
    """Even members like even titles, odd ones odd."""
    rng = np.random.default_rng(1)
    rows = [(p, t) for p in range(PROFILES) for t in rng.permutation(np.arange(p % 2, TITLES, 2))[:11].tolist()]
    profile, title = np.array(rows, np.int32).T
    return Dataset(
        "colours", Catalog.of([Title(f"t{t}", f"T{t}") for t in range(TITLES)]),
        tuple(f"p{p:02d}" for p in range(PROFILES)), profile, title, np.full(len(rows), 5.0), None,
        np.zeros(len(rows), bool), None, 4.0,
    )  # fmt: skip


def python(folder: Path, library: str, before: str = "") -> None:
    """A stand-in for the interpreter of a library's environment: this one, after some lines of shell."""
    file = folder / library / "bin" / "python"
    file.parent.mkdir(parents=True)
    file.write_text(f'#!/bin/sh\n{before}\nexec "{sys.executable}" "$@"\n', "utf-8")
    file.chmod(0o755)


def library(folder: Path, name: str, **files: str) -> None:
    """A library with a version, in a folder."""
    (folder / name).mkdir()
    for file, text in ({"__init__": ""} | files).items():
        (folder / name / f"{file}.py").write_text(text, "utf-8")
    told = folder / f"{name}-9.9.dist-info"
    told.mkdir()
    (told / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 9.9\n", "utf-8")


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    """An environment that has a library `implicit`."""
    if sys.platform == "win32":
        pytest.skip("the stand-in for an interpreter is a shell script")
    python(tmp_path, "implicit")
    (tmp_path / "fakes").mkdir()
    library(tmp_path / "fakes", "implicit", als=ALS, nearest_neighbours=NEAR)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "fakes"))
    return Environment(tmp_path, 60.0)


@pytest.fixture
def near(there: Environment, monkeypatch: pytest.MonkeyPatch) -> Environment:
    """The same, with peers run in this process: it takes no time to start."""
    monkeypatch.syspath_prepend(there.folder / "fakes")
    apart = module._run

    def run(words: list[str], seconds: float) -> str:
        if words[1] != "-P" or "implicit" not in words[0]:
            return "9.9" if "implicit" in words[0] else apart(words, seconds)
        for name in [name for name in sys.modules if name.partition(".")[0] == "implicit"]:
            monkeypatch.delitem(sys.modules, name)
        try:
            peer_runner.run(json.loads(Path(words[-1]).read_text("utf-8")))
        finally:
            for name in [name for name in sys.modules if name.partition(".")[0] == "implicit"]:
                del sys.modules[name]
        return ""

    monkeypatch.setattr(module, "_run", run)
    return there


def compared(environment: Environment, *peers: str, data: Dataset | None = None, **scope: int) -> Comparison:
    own = {name: CONTENDERS[name] for name in (POPULARITY, "linear")}
    ticks = iter(range(10_000))
    return compare(
        data or colours(), environment, peers, own, Scope(**scope), lambda: float(next(ticks)), lambda _: None,
        lambda *_: None, "1.2",
    )  # fmt: skip


def test_a_peer_is_judged_as_playbills_models_are_with_settings_of_validation_members(there: Environment) -> None:
    found = compared(there, "implicit.als", most_settings=4)
    lines = {line.name: line for line in found.lines}
    assert list(lines) == [POPULARITY, "linear", "implicit.als"] and not found.left_out
    peer = lines["implicit.als"]
    assert peer.settings[0]["regularization"] == 40 and len(peer.grid) == 4
    assert (peer.version, lines["linear"].version) == ("9.9", "1.2")
    # 15 titles of a colour, 9 known, 6 offered: all that is wanted is found, whatever the order
    assert peer.values["recall@20"].mean == 1.0 == lines["linear"].values["recall@20"].mean
    assert peer.values["ndcg@100"].mean > lines[POPULARITY].values["ndcg@100"].mean
    assert peer.fit > 0 and peer.ask > 0 and lines["linear"].fit == 1.0


def test_how_far_the_best_is_ahead_is_the_difference_on_the_same_members(near: Environment) -> None:
    found = compared(near, "implicit.als", most_settings=1)  # only the defaults, which know nothing
    lines = {line.name: line for line in found.lines}
    assert found.best == "linear" and not lines["linear"].ahead and lines["implicit.als"].settings == []
    ahead = lines["implicit.als"].ahead["ndcg@100"]
    gap = lines["linear"].values["ndcg@100"].mean - lines["implicit.als"].values["ndcg@100"].mean
    assert ahead.mean == pytest.approx(gap) and ahead.mean > 0
    assert found.closest is lines["implicit.als"]


def test_folds_are_asked_one_after_the_other_and_told_as_one(near: Environment) -> None:
    one, three = (compared(near, "implicit.als", folds=folds, most_settings=2) for folds in (1, 3))
    assert three.members == 3 * one.members
    assert all(len(line.settings) in (0, 2) for line in three.lines), "the first two choose"


def test_a_peer_that_fails_is_left_out_with_its_last_words_and_the_others_stay(there: Environment) -> None:
    found = compared(there, "implicit.als", "implicit.cosine", most_settings=1)
    assert [line.name for line in found.lines] == [POPULARITY, "linear", "implicit.als"]
    assert found.left_out == {"implicit.cosine": "ValueError: similarity is not what it was"}


def test_a_list_that_names_a_title_twice_does_not_count(near: Environment) -> None:
    assert compared(near, "implicit.bm25").left_out == {"implicit.bm25": "it named a title twice in one list"}


def test_a_peer_that_takes_too_long_is_left_out(there: Environment) -> None:
    python(there.folder, "rectools", 'case "$1" in -P) exec sleep 5 ;; esac')
    library(there.folder / "fakes", "rectools")
    found = compared(Environment(there.folder, 1.5), "rectools.ease")
    assert found.left_out == {"rectools.ease": "it took longer than 2 s"} and found.closest is None


def test_likes_go_out_without_titles_nobody_in_train_likes_and_come_back_in_the_numbers_of_the_data(
    there: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: dict[str, Any] = {}

    def run(words: list[str], seconds: float) -> str:
        job = json.loads(Path(words[-1]).read_text("utf-8"))
        with np.load(job["arrays"], allow_pickle=False) as arrays:
            sent.update({name: arrays[name] for name in arrays.files} | job)
        m = len(sent["known_start"]) - 1
        lists = np.tile(np.array([1, 0, -1], np.int32), (2, m, 1))
        np.savez(job["answer"], lists=lists, fit=np.ones(2), ask=np.zeros(2), version=np.array("5"))
        return ""

    monkeypatch.setattr(module, "_run", run)
    data = colours()
    trial = liang(data.take(np.flatnonzero(data.title != 0)))  # nobody likes title 0
    questions = trial.questions["likes"]
    given = there.ask("implicit.als", [{}, {"factors": 2}], trial, questions, 100)
    assert (sent["n"], sent["settings"], sent["k"]) == (TITLES - 1, [{}, {"factors": 2}], 100)
    assert sent["train_start"][-1] == len(trial.train) and (np.diff(sent["train_start"]) > 0).all()
    assert sent["known_start"][-1] == questions.seen.nnz == len(questions.asked.title)
    assert (sent["known_title"] + 1 == questions.seen.indices).all()
    assert given.titles.shape == (2, len(questions), 3) and given.titles[0, 0].tolist() == [2, 1, -1]


@pytest.mark.parametrize("lists", [np.zeros((1, 2, 3)), np.full((1, 8, 3), 99)], ids=["members", "titles"])
def test_an_answer_to_another_question_is_refused(lists: Any, tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", lists=lists, fit=np.ones(1), ask=np.ones(1), version=np.array("1"))
    with pytest.raises(InputError, match="it answered with lists"):
        module._lists(tmp_path / "a.npz", np.arange(TITLES), (1, 8))


def test_what_cannot_be_installed_is_left_out_with_the_last_line_of_pip(near: Environment) -> None:
    python(near.folder, "lenskit", 'case "$2" in pip) echo "ERROR: No matching distribution" >&2; exit 1 ;; esac')
    said: list[str] = []
    failed = prepare(near, ["implicit.als", "lenskit.ease"], said.append)
    assert failed == {"lenskit": f"{LIBRARIES['lenskit']} could not be installed: ERROR: No matching distribution"}
    assert len(said) == 1 and LIBRARIES["lenskit"] in said[0] and "implicit" not in said[0]
    found = compared(near, "implicit.als", "lenskit.ease", "lenskit.als")
    assert list(found.left_out) == ["lenskit.ease", "lenskit.als"] and found.lines[-1].name == "implicit.als"


def test_pip_is_asked_for_the_pinned_version_quietly(there: Environment) -> None:
    log = there.folder / "asked"
    python(there.folder, "rectools", f'case "$2" in pip) echo "$@" > "{log}"; exit 0 ;; esac')
    assert prepare(there, ["rectools.ease"], lambda _: None) == {}
    asked = log.read_text("utf-8").split()
    assert asked[:3] == ["-m", "pip", "install"] and asked[-1] == LIBRARIES["rectools"] and "--no-input" in asked
    assert (there.folder / ".gitignore").read_text("utf-8") == "*\n"


def test_where_nothing_can_be_installed_the_remedy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no-python"))
    with pytest.raises(InputError, match=r"no-python cannot be run.*PIP_INDEX_URL.*--environment"):
        compared(Environment(tmp_path / "env"), "implicit.als")


def test_an_environment_of_an_earlier_run_is_used_as_it_is(there: Environment) -> None:
    said: list[str] = []
    assert prepare(there, ["implicit.als"], said.append) == {} and said == []
    assert there.version("implicit") == "9.9" and there.version("lenskit") is None


def test_data_too_small_is_told_before_anything_is_installed(tmp_path: Path) -> None:
    data = colours()
    with pytest.raises(InputError, match="fewer than 10 members"):
        compared(Environment(tmp_path / "env"), "implicit.als", data=data.take(data.profile < 5))
    assert not (tmp_path / "env").exists()


def test_threads_are_those_of_the_environment(there: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert there._ran("implicit", "-c", "import os; print(os.environ['OMP_NUM_THREADS'])") == "3"


def test_every_peer_has_a_way_to_be_run_and_a_pinned_library() -> None:
    assert list(peer_runner.PEERS) == list(PEERS)
    assert {library_of(peer) for peer in PEERS} == set(LIBRARIES)
    assert all(pin.startswith(f"{name}==") for name, pin in LIBRARIES.items())
    assert all(2 <= len(peer.grid) <= 4 for peer in PEERS.values())


@pytest.mark.parametrize(
    ("names", "peers"),
    [(None, list(PEERS)), (["implicit"], [p for p in PEERS if p.startswith("implicit.")]),
     (["lenskit.als", "rectools.ease"], ["rectools.ease", "lenskit.als"])],
)  # fmt: skip
def test_peers_are_named_by_library_or_model(names: list[str] | None, peers: list[str]) -> None:
    assert chosen(names) == peers


def test_an_unknown_peer_is_told_with_the_nearest() -> None:
    with pytest.raises(InputError, match=r"Did you mean 'implicit"):
        chosen(["implicit.asl"])


def test_the_runner_needs_nothing_of_playbill() -> None:
    code = (
        f"import runpy, sys; runpy.run_path({str(RUNNER)!r}); "
        "sys.exit(any(m.split('.')[0] == 'playbill' for m in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-P", "-W", "error", "-c", code], env=os.environ).returncode == 0
