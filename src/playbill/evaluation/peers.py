"""Peers: models of other libraries, on the same data, in the same run, beside playbill's own.

Each library is installed into an environment of its own, from the package index, and its models are trained and asked
by that environment's interpreter (`peer_runner.py`). What goes there are likes as numbers, what comes back are lists of
titles; splits, settings chosen on validation members, metrics and intervals are playbill's, the same for everybody.

The protocol is `liang` (see `protocols.py`): titles that nobody in train likes are unknown to everybody. Nothing else
in playbill installs anything. m: members asked, n: titles, k: places, s: settings.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from playbill.errors import InputError, nearest
from playbill.evaluation import metrics as measures
from playbill.evaluation.contest import Contest, Make, Progress, Settings, with_settings
from playbill.evaluation.dataset import Dataset
from playbill.evaluation.metrics import Bootstrap
from playbill.evaluation.outcomes import POPULARITY
from playbill.evaluation.protocols import SEED, folds
from playbill.evaluation.questions import MOST, Questions, Trial
from playbill.evaluation.ranking import Interval
from playbill.evaluation.rules import PROTOCOLS
from playbill.slate import Bools, Floats, Numbers

LIANG = "liang"

LIBRARIES = {"implicit": "implicit==0.7.3", "rectools": "rectools==0.19.0", "lenskit": "lenskit==2025.8.1"}
"""library -> what pip is asked for. Each has an environment of its own: RecTools brings a fork of implicit that is
imported by the same name, and wants an older numpy."""

HOUR = 3_600.0
"""Seconds after which an installation, or a peer that chooses or answers, is given up."""

RUNNER = Path(__file__).with_name("peer_runner.py")


@dataclass(frozen=True)
class Peer:
    """A model of another library."""

    means: str  # what it is, and how it is asked about members it was not trained on
    grid: tuple[Settings, ...]  # to choose from on validation members; the first is what the library does by default


_SOLVED = "a new member's factors are solved for from their likes"
_NEAR = "titles near a new member's likes, by the trained item weights"
_KNN: tuple[Settings, ...] = ({"K": 20}, {"K": 50}, {"K": 100}, {"K": 400})

PEERS: dict[str, Peer] = {
    "implicit.als": Peer(f"ALS; {_SOLVED} (recalculate_user)", (
        {}, *({"factors": 64, "alpha": 5, "regularization": r, "iterations": 10} for r in (10, 40, 80)),
    )),
    "implicit.cosine": Peer(f"item-item cosine; {_NEAR}", _KNN),
    "implicit.bm25": Peer(f"item-item BM25; {_NEAR}", _KNN),
    "rectools.ease": Peer(f"EASE; {_NEAR}", ({}, *({"regularization": r} for r in (200, 1_000, 2_000)))),
    "lenskit.ease": Peer(f"EASE; {_NEAR}", ({}, *({"regularization": r} for r in (200, 500, 1_000)))),
    "lenskit.item_knn": Peer(f"item kNN for implicit feedback; {_NEAR}", (
        {}, {"max_nbrs": 100}, {"max_nbrs": 300}, {"max_nbrs": 1_000},
    )),
    "lenskit.als": Peer(f"implicit-feedback ALS; {_SOLVED}", (
        {}, {"embedding_size": 64, "weight": 5, "regularization": 0.1},
        {"embedding_size": 64, "weight": 5, "regularization": 1}, {"embedding_size": 64, "weight": 40},
    )),
}  # fmt: skip
"""library.model -> what takes part. Left out: RecTools' item kNN and ALS, which are implicit's, and its SVD, which is
told of new members only by training."""


def chosen(names: Sequence[str] | None) -> list[str]:
    """The peers of these names; that of a library means all of its models; all by default. Raises InputError."""
    known = [*PEERS, *LIBRARIES]
    for name in names or ():
        if name not in known:
            raise InputError(f"peer: {name!r} is not known.{nearest(name, known)} Known: {', '.join(known)}.")
    return [peer for peer in PEERS if not names or peer in names or library_of(peer) in names]


def library_of(peer: str) -> str:
    """The library a peer is of."""
    return peer.partition(".")[0]


# Where peers live ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Environment:
    """A folder with a virtual environment for each library. What is there already is used as it is."""

    folder: Path
    patience: float = HOUR  # seconds

    def python(self, library: str) -> Path:
        """The interpreter of a library, there or not."""
        return self.folder / library / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")

    def version(self, library: str) -> str | None:
        """The version of a library that is installed; None if it is not."""
        if not self.python(library).exists():
            return None
        try:
            return self._ran(library, "-c", f"from importlib import metadata; print(metadata.version({library!r}))")
        except InputError:
            return None

    def install(self, library: str) -> None:
        """Make the environment of a library, and let pip install it from the package index.

        Raises InputError with the last line of what went wrong.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / ".gitignore").write_text("*\n", "utf-8")
        if not self.python(library).exists():
            _run([sys.executable, "-m", "venv", str(self.folder / library)], self.patience)
        quietly = ("--disable-pip-version-check", "--no-input", "--quiet")
        self._ran(library, "-m", "pip", "install", *quietly, LIBRARIES[library])

    def ask(self, peer: str, settings: Sequence[Settings], trial: Trial, questions: Questions, k: int) -> Lists:
        """Train and ask a peer with each of some settings. Raises InputError with what went wrong."""
        titles = np.flatnonzero(questions.titles)
        place = np.full(len(questions.titles), -1, np.int32)
        place[titles] = np.arange(len(titles), dtype=np.int32)
        train, known = trial.train.matrix()[:, titles], questions.seen[:, titles].tocsr()
        train = train[np.flatnonzero(np.diff(train.indptr))].tocsr()
        with TemporaryDirectory(prefix="playbill-peer-") as folder:
            arrays, answer, job = (Path(folder) / name for name in ("arrays.npz", "answer.npz", "job.json"))
            np.savez(
                arrays, train_start=train.indptr, train_title=train.indices, known_start=known.indptr,
                known_title=known.indices, n=np.array(len(titles)),
            )  # fmt: skip
            told = {"peer": peer, "settings": [dict(each) for each in settings], "k": k, "seed": SEED}
            job.write_text(json.dumps({**told, "arrays": str(arrays), "answer": str(answer)}), "utf-8")
            self._ran(library_of(peer), "-P", str(RUNNER), str(job))  # -P: what lies beside the script is no library
            return _lists(answer, titles, (len(settings), len(questions)))

    def _ran(self, library: str, *words: str) -> str:
        return _run([str(self.python(library)), *words], self.patience)


@dataclass(frozen=True)
class Lists:
    """What a peer answered with each of s settings."""

    titles: Numbers  # (s, m, k') best first, -1 for none
    fit: Floats  # (s,) seconds
    ask: Floats  # (s,) seconds
    version: str


def _lists(answer: Path, titles: NDArray[np.int64], shape: tuple[int, int]) -> Lists:
    """Read and check an answer, in the numbers of the data set. titles: (n',) those of the peer. Raises InputError."""
    with np.load(answer, allow_pickle=False) as given:
        lists, fit, ask, version = given["lists"], given["fit"], given["ask"], str(given["version"])
    if lists.shape[:2] != shape or lists.max(initial=-1) >= len(titles):
        raise InputError(f"it answered with lists {lists.shape} up to title {lists.max(initial=-1)}, not {shape}")
    ordered = np.sort(lists, axis=2)
    if ((ordered[:, :, 1:] == ordered[:, :, :-1]) & (ordered[:, :, 1:] >= 0)).any():
        raise InputError("it named a title twice in one list")
    return Lists(np.where(lists >= 0, titles[np.maximum(lists, 0)], -1).astype(np.int32), fit, ask, version)


def _run(words: Sequence[str], seconds: float) -> str:
    """What a program prints, with the environment variables of this one: threads are what they say.

    Raises InputError with the last line of its complaint.
    """
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired as late:
        raise InputError(f"it took longer than {seconds:,.0f} s") from late
    except OSError as failed:
        raise InputError(f"{words[0]} cannot be run: {failed}") from failed
    if done.returncode:
        said = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise InputError(said[-1] if said else f"it ended with {done.returncode}")
    return done.stdout.strip()


def prepare(environment: Environment, peers: Sequence[str], tell: Callable[[str], None]) -> dict[str, str]:
    """Install the libraries of some peers that are not there. tell: is told what will be installed, before.

    Returns why a library could not be had. Raises InputError if none could.
    """
    libraries = list(dict.fromkeys(map(library_of, peers)))
    missing = [library for library in libraries if environment.version(library) is None]
    failed: dict[str, str] = {}
    if missing:
        names = ", ".join(LIBRARIES[library] for library in missing)
        tell(f"Installing {names} from the package index into {environment.folder}, apart from playbill …")
    for library in missing:
        try:
            environment.install(library)
        except InputError as wrong:
            failed[library] = f"{LIBRARIES[library]} could not be installed: {wrong}"
    if len(failed) == len(libraries):
        raise InputError(
            f"{'; '.join(failed.values())}. Installing needs a Python with venv and pip, and a network or an index "
            "that pip is told of (PIP_INDEX_URL); or name the --environment of an earlier run."
        )
    return failed


# Who takes part ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """What one training knew of all members."""

    hits: Bools  # (m, k) whether each place of each list holds a wanted title
    fit: float  # seconds
    ask: float  # seconds
    version: str


class Entrant(Protocol):
    """Who is trained and asked."""

    @property
    def grid(self) -> Sequence[Settings]:
        """What it can choose from, at least one; the first is tried where there is no choice."""
        ...

    def answers(self, trial: Trial, questions: Questions, settings: Sequence[Settings]) -> list[Answer]:
        """One answer for each of some settings. Raises InputError."""
        ...


@dataclass(frozen=True)
class Own:
    """A model of playbill's. clock: seconds."""

    make: Make
    grid: Sequence[Settings]
    data: Dataset
    version: str
    clock: Callable[[], float]

    def answers(self, trial: Trial, questions: Questions, settings: Sequence[Settings]) -> list[Answer]:
        """See `Entrant`."""
        return [self._answer(trial, questions, each) for each in settings]

    def _answer(self, trial: Trial, questions: Questions, settings: Settings) -> Answer:
        n = len(questions.titles)
        model = with_settings(self.make, settings) if settings else self.make()
        begun = self.clock()
        model.train(trial.train, self.data.catalog, trial.now, np.random.default_rng(SEED))
        trained = self.clock()
        liked = np.bincount(trial.train.title, minlength=n).astype(np.float64)
        hits = measures.hits_of(lambda told: model.affinities(told, n), questions, _most(), liked, lambda _: None)
        return Answer(hits, trained - begun, self.clock() - trained, self.version)


@dataclass(frozen=True)
class Other:
    """A peer."""

    name: str
    environment: Environment
    grid: Sequence[Settings]

    def answers(self, trial: Trial, questions: Questions, settings: Sequence[Settings]) -> list[Answer]:
        """See `Entrant`."""
        lists = self.environment.ask(self.name, settings, trial, questions, _most())
        wanted = questions.wanted.toarray()
        return [
            Answer(np.take_along_axis(wanted, np.maximum(of, 0), axis=1) & (of >= 0), float(fit), float(ask),
                   lists.version)
            for of, fit, ask in zip(lists.titles, lists.fit, lists.ask, strict=True)
        ]  # fmt: skip


def _most() -> int:
    return max(metric.k for metric in PROTOCOLS[LIANG].metrics)


# The comparison ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One entrant's figures."""

    name: str
    version: str
    means: str
    values: dict[str, Interval]  # by metric
    fit: float  # seconds of one training, mean over folds
    ask: float  # seconds from likes to lists of 100 titles for all members of a fold, mean over folds
    ahead: dict[str, Interval]  # of `Comparison.best` over this one, on the same members; empty for itself
    settings: list[dict[str, float]]  # chosen by the first folds
    grid: list[dict[str, float]]  # what they chose from; the first: its defaults


@dataclass(frozen=True)
class Comparison:
    """What everybody found, the best of playbill's models, and who could not take part and why."""

    members: int
    best: str
    lines: tuple[Line, ...]
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def closest(self) -> Line | None:
        """The peer that the best of playbill's models is least ahead of, by the first metric; None without peers."""
        first = PROTOCOLS[LIANG].metrics[0].name
        peers = [line for line in self.lines if line.name in PEERS]
        return min(peers, key=lambda line: line.ahead[first].mean, default=None)


@dataclass(frozen=True)
class Scope:
    """How much is asked."""

    folds: int = 1
    most: int = MOST  # members asked at most
    most_settings: int = 100  # to choose from at most


def compare(
    data: Dataset, environment: Environment, peers: Sequence[str], own: Mapping[str, Make], scope: Scope,
    clock: Callable[[], float], tell: Callable[[str], None], progress: Progress, version: str = "",
) -> Comparison:  # fmt: skip
    """Install what is missing, train, choose settings on validation members, ask. data: `once`d.

    own: playbill's models, popularity among them or not, at least one other; version: of playbill. clock: seconds.
    Raises InputError where the data is too small, or no library can be had.
    """
    there = folds(data)
    if not there:
        raise InputError(
            f"{data.name} has fewer than 10 members with 5 likes of {data.liked:g} or more. "
            "Give it more, or a lower --liked."
        )
    failed = prepare(environment, peers, tell)
    left_out = {peer: failed[library_of(peer)] for peer in peers if library_of(peer) in failed}
    contest = Contest(own, most=scope.most, most_settings=scope.most_settings)
    entrants: dict[str, Entrant] = {
        name: Own(make, contest.grid(name, LIANG) or [{}], data, version, clock) for name, make in own.items()
    }
    for peer in (peer for peer in peers if peer not in left_out):
        entrants[peer] = Other(peer, environment, PEERS[peer].grid[: scope.most_settings])
    course = _Course(entrants, left_out)
    trials = min(scope.folds, there)
    for number, trial in enumerate(PROTOCOLS[LIANG].trials(data, trials, SEED, scope.most)):
        course.run(trial, number, partial(_step, progress, number, trials))
    return course.comparison(list(own))


def _step(progress: Progress, before: int, total: int, what: str, share: float) -> None:
    progress(what, (before + share) / total)


class _Course:
    """The answers of all entrants, trial after trial. Who fails once is out altogether."""

    def __init__(self, entrants: dict[str, Entrant], left_out: dict[str, str]) -> None:
        self._entrants, self._left_out = entrants, left_out
        self._metrics = PROTOCOLS[LIANG].metrics
        self._answers: dict[str, list[Answer]] = {name: [] for name in entrants}
        self._settings: dict[str, list[Settings]] = {name: [] for name in entrants}
        self._held: list[NDArray[np.int64]] = []

    def run(self, trial: Trial, number: int, progress: Progress) -> None:
        """Ask everybody who is still in. The first two trials choose settings, later ones take what the first chose."""
        questions = next(iter(trial.questions.values()))
        self._held.append(questions.held)
        among = [name for name in self._entrants if name not in self._left_out]
        for place, name in enumerate(among):
            progress(name, place / len(among))
            entrant, settings = self._entrants[name], self._settings[name]
            try:
                if number < 2:
                    settings.append(self._choice(entrant, trial.validation))
                use = settings[number if number < len(settings) else 0]
                self._answers[name] += entrant.answers(trial, questions, [use])
            except InputError as wrong:
                self._left_out[name] = str(wrong)

    def _choice(self, entrant: Entrant, trial: Trial | None) -> Settings:
        if len(entrant.grid) < 2 or trial is None:
            return entrant.grid[0]
        questions, first = next(iter(trial.questions.values())), self._metrics[0]
        answers = entrant.answers(trial, questions, entrant.grid)
        return entrant.grid[int(np.argmax([first.of(answer.hits, questions.held).mean() for answer in answers]))]

    def comparison(self, own: Sequence[str]) -> Comparison:
        """All lines. The best of playbill's models is that with the greatest first metric besides popularity."""
        among = [name for name in self._entrants if name not in self._left_out]
        values = {name: self._values(name) for name in among}
        first, held = self._metrics[0].name, np.concatenate(self._held)
        best = max((name for name in own if name != POPULARITY), key=lambda name: float(values[name][first].mean()))
        draws = Bootstrap(len(held), np.random.default_rng(SEED))
        lines = tuple(self._line(name, values[name], values[best] if name != best else {}, draws) for name in among)
        return Comparison(len(held), best, lines, self._left_out)

    def _values(self, name: str) -> dict[str, Floats]:
        parts = list(zip(self._answers[name], self._held, strict=True))
        return {m.name: np.concatenate([m.of(answer.hits, held) for answer, held in parts]) for m in self._metrics}

    def _line(self, name: str, values: Mapping[str, Floats], best: Mapping[str, Floats], draws: Bootstrap) -> Line:
        answers, grid = self._answers[name], self._entrants[name].grid
        return Line(
            name, answers[0].version, PEERS[name].means if name in PEERS else "",
            {metric: draws.interval(column) for metric, column in values.items()},
            float(np.mean([answer.fit for answer in answers])), float(np.mean([answer.ask for answer in answers])),
            {metric: draws.interval(column - values[metric]) for metric, column in best.items()},
            [dict(each) for each in self._settings[name]] if len(grid) > 1 else [], [dict(each) for each in grid],
        )  # fmt: skip
