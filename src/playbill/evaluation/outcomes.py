"""What a contest gives: each contender's figures with intervals, and differences on the same members."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from playbill.evaluation.metrics import Bootstrap, best_other
from playbill.evaluation.ranking import Interval
from playbill.evaluation.rules import Rules
from playbill.slate import Bools, Floats

POPULARITY = "popularity"

AS_SERVED = ", as served"
"""What is added to a contender's name where it also takes part with settings chosen for the protocol."""


@dataclass(frozen=True)
class Line:
    """One contender's figures under one question."""

    contender: str
    question: str  # with ", " and the name of a group where only some members count
    members: int
    values: dict[str, Interval]  # by metric
    over_popularity: dict[str, Interval]  # paired differences on the same members; empty for popularity
    best_other: str | None  # by the first metric; no other form of the same model, and not popularity
    over_best_other: dict[str, Interval]


@dataclass(frozen=True)
class Ratio:
    """How many times as good one question's figure is as another's, by the same members."""

    contender: str
    question: str
    against: str  # a question; with ", " and the contender it is of, where that is another
    metric: str
    times: Interval


@dataclass(frozen=True)
class Outcome:
    """What a contest gave, or why it was left out."""

    protocol: str
    means: str
    left_out: str = ""
    lines: tuple[Line, ...] = ()
    ratios: tuple[Ratio, ...] = ()
    settings: dict[str, list[dict[str, float]]] = field(default_factory=dict)  # contender -> chosen by the first trials
    grids: dict[str, list[dict[str, float]]] = field(default_factory=dict)  # contender -> what they chose from

    def line(self, contender: str, question: str) -> Line:
        """The line of a contender. Raises KeyError if there is none."""
        for line in self.lines:
            if (line.contender, line.question) == (contender, question):
                return line
        raise KeyError((contender, question))

    def ratio(self, contender: str, question: str, metric: str) -> Ratio:
        """A ratio of a contender. Raises KeyError if there is none."""
        for each in self.ratios:
            if (each.contender, each.question, each.metric) == (contender, question, metric):
                return each
        raise KeyError((contender, question, metric))


class Found:
    """Answers as they come in. Every contender answers the same members in the same order."""

    def __init__(self, rules: Rules) -> None:
        """Nothing is known yet."""
        self.rules = rules
        # question -> contender -> metric -> a column of each trial
        self._parts: dict[str, dict[str, dict[str, list[Floats]]]] = defaultdict(
            lambda: defaultdict(lambda: defaultdict(list))
        )
        self._groups: dict[str, dict[str, list[Bools]]] = defaultdict(lambda: defaultdict(list))
        self._asker: dict[str, str] = {}

    def add(self, question: str, contender: str, values: Mapping[str, Floats], groups: Mapping[str, Bools]) -> None:
        """Take a contender's values (m,) by metric. groups: (m,) members who are looked at on their own, too."""
        for metric, column in values.items():
            self._parts[question][contender][metric].append(column)
        if self._asker.setdefault(question, contender) == contender:  # the members are the same for all
            for group, those in groups.items():
                self._groups[question][group].append(those)

    def summary(self, rng: np.random.Generator) -> tuple[tuple[Line, ...], tuple[Ratio, ...]]:
        """All lines and ratios."""
        whole = {
            question: {
                contender: {metric: np.concatenate(columns) for metric, columns in of.items()}
                for contender, of in answers.items()
            }
            for question, answers in self._parts.items()
        }
        lines: list[Line] = []
        ratios: list[Ratio] = []
        draws = _Draws(rng)
        for question, answers in whole.items():
            for name, members in self._masks(question):
                lines += _lines(f"{question}{name}", _only(answers, members), draws)
        for name, members in self._masks(self.rules.ratio[0]) if self.rules.ratio else ():
            one, other = (_only(whole[question], members) for question in self.rules.ratio or ())
            ratios += self._ratios(name, one, other, draws)
        return tuple(lines), tuple(ratios)

    def _masks(self, question: str) -> Iterator[tuple[str, Bools | slice]]:
        """All members, then each group: what is added to the question's name, and who."""
        yield "", slice(None)
        for group, parts in self._groups[question].items():
            yield f", {group}", np.concatenate(parts)

    def _ratios(self, name: str, one: Answers, other: Answers, draws: _Draws) -> Iterator[Ratio]:
        """Of each contender, in each metric."""
        assert self.rules.ratio is not None
        question, against = self.rules.ratio
        for metric in (m.name for m in self.rules.metrics):
            best = max(other, key=lambda contender: float(other[contender][metric].mean()))
            for contender, values in one.items():
                of, told = (best, f"{against}, {best}") if self.rules.ceiling else (contender, against)
                times = draws[len(values[metric])].ratio(values[metric], other[of][metric])
                yield Ratio(contender, f"{question}{name}", f"{told}{name}", metric, times)


class _Draws(dict[int, Bootstrap]):
    """The bootstrap of so many members: as many draw the same places."""

    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__()
        self._seed = int(rng.integers(2**63))

    def __missing__(self, m: int) -> Bootstrap:
        self.clear()  # one is large
        self[m] = made = Bootstrap(m, np.random.default_rng([self._seed, m]))
        return made


Answers = Mapping[str, Mapping[str, Floats]]
"""Contender -> metric -> (m,)."""


def _only(answers: Answers, members: Bools | slice) -> Answers:
    return {name: {metric: column[members] for metric, column in of.items()} for name, of in answers.items()}


def _lines(question: str, answers: Answers, draws: _Draws) -> Iterator[Line]:
    first = next(iter(next(iter(answers.values()))))
    means = {name: float(of[first].mean()) for name, of in answers.items()}
    for name, of in answers.items():
        same = [each for each in answers if each.removesuffix(AS_SERVED) == name.removesuffix(AS_SERVED)]
        best = best_other(means, (*same, POPULARITY))
        yield Line(
            name, question, len(of[first]),
            {metric: draws[len(column)].interval(column) for metric, column in of.items()},
            _over(of, answers.get(POPULARITY, {}), draws) if name != POPULARITY else {},
            best, _over(of, answers[best], draws) if best else {},
        )  # fmt: skip


def _over(one: Mapping[str, Floats], other: Mapping[str, Floats], draws: _Draws) -> dict[str, Interval]:
    return {metric: draws[len(one[metric])].interval(one[metric] - other[metric]) for metric in other}
