"""Rankers: what members do with what they are shown, learned from viewed slots.

    catalogue    p_a(x) = map_a(σ(score_a(x)))        for every action a of the reward table; trees on each by itself
    head         q(x)   = σ(score(x))                 trees that order the best `head` titles of a page (lambdarank)
    value(x)     = Σ over the actions of worth_a · p_a(x)
    rank(x)      = value(x) + pull · q(x)             the second term for the `head` best titles by value, else 0

The head's term is never negative, so no title comes into the head by it: it only changes the order there. σ(s) =
1 / (1 + exp -s). map: `Isotonic`, fitted on the last pages in time, which trees never saw; `pull` is chosen there, too.

    value(x) = base + Σ over groups of features of their contributions, exactly:
    contribution_g = Σ_a worth_a (p_a(x) - p_a(base_a)) · c_ag / Σ_g c_ag,  c_ag as in `Trees`

Two rankers because they have different tasks: ordering anything a row may filter out of the whole catalogue, and the
best few ("The Netflix Recommender System", ACM TMIS 2015, sections 2.1 and 2.2). k: slots or titles, f: features,
a: actions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Self

import numpy as np
from numpy.typing import NDArray

from playbill.catalog import Catalog
from playbill.errors import InputError
from playbill.events import DAY
from playbill.histories import Histories
from playbill.interactions import Interactions
from playbill.models.blend import Blend, BlendConfig
from playbill.models.calibration import Isotonic
from playbill.models.content import Content
from playbill.models.features import Features
from playbill.models.linear import Linear
from playbill.models.model import Arrays, Singles
from playbill.models.trees import Trees, TreesConfig, grown
from playbill.slate import Bools, Floats, Numbers, best

PULLS = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0)
"""Candidates for `pull`, in deviations of the value by deviations of q: from no say to nearly all."""

GRADES = 4
"""Grades that the head is taught: the value of a slot, 0 to 1, in quarters rounded up."""


@dataclass(frozen=True)
class Examples:
    """Viewed slots as columns of equal length k, page by page in the order of serving (see `loops.examples`)."""

    features: Features
    actions: tuple[str, ...]  # (a,) names of the columns of `amounts`
    x: Singles  # (k, f) as of the page
    amounts: Singles  # (k, a) what came of the slot, 0 to 1
    page: NDArray[np.int64]  # (k,) pages numbered from 0
    member: Numbers  # (k,) profiles numbered by first appearance
    title: Numbers  # (k,)
    slot: Numbers  # (k,)
    at: NDArray[np.int64]  # (k,) ms of the page
    weight: Floats  # (k,) how many pages like this one it stands for
    propensity: Floats  # (k,) with which the title was put there; NaN where that was not randomized

    def __len__(self) -> int:
        return len(self.page)

    def take(self, which: NDArray[np.int64] | Bools) -> Examples:
        """Only these slots."""
        return Examples(
            self.features, self.actions, self.x[which], self.amounts[which], self.page[which], self.member[which],
            self.title[which], self.slot[which], self.at[which], self.weight[which], self.propensity[which],
        )  # fmt: skip

    def split(self, share: float) -> tuple[Examples, Examples]:
        """The first pages in time, and the last `share` (0 to 1) of them."""
        times = np.sort(self.at[np.r_[True, self.page[1:] != self.page[:-1]][: len(self)]])
        if not len(times):
            return self, self
        first = self.at < times[min(round(len(times) * (1.0 - share)), len(times) - 1)]
        return self.take(first), self.take(~first)


@dataclass(frozen=True)
class RankerConfig:
    """How rankers learn."""

    trees: TreesConfig = field(default_factory=TreesConfig)
    head: int = 100  # titles that the second ranker orders
    held: float = 0.2  # share of the pages, the last in time, for maps and `pull`
    least: int = 20  # an action that came less often has no trees, only its base rate
    seen: int = 10  # places of a page that `pull` is judged by


class Ranker:
    """Chances of some outputs, from trees and a map each. Immutable."""

    def __init__(self, outputs: Sequence[str], trees: Trees, maps: Sequence[Isotonic | None]) -> None:
        """trees: an output for each of `outputs`. maps: None: σ of the score is the chance."""
        self.outputs, self.trees, self.maps = tuple(outputs), trees, tuple(maps)

    def chances(self, x: Singles) -> Floats:
        """(k, o) chance of each output."""
        return self._mapped(self.trees.scores(x))

    def _mapped(self, scores: Floats) -> Floats:
        out = _sigmoid(scores)
        for column, mapped in enumerate(self.maps):
            if mapped is not None:
                out[:, column] = mapped(out[:, column])
        return out

    def parts(self, x: Singles, worth: Floats, groups: Sequence[str]) -> tuple[float, Floats]:
        """(base, (k, groups)): what each group of features adds to Σ worth · chance; with `base` they sum to it."""
        names = list(dict.fromkeys(groups))
        column = np.array([names.index(group) for group in groups])
        by_feature = self.trees.contributions(x)
        by_group = np.stack([by_feature[:, :, column == g].sum(axis=2) for g in range(len(names))], axis=2)
        moved = by_group.sum(axis=2)
        base = self._mapped(self.trees.base[None])
        gained = self._mapped(self.trees.base + moved) - base
        rate = np.divide(gained, moved, out=np.zeros_like(moved), where=moved != 0)
        return float((base @ worth)[0]), np.einsum("o,ko,kog->kg", worth, rate, by_group)

    def arrays(self) -> Arrays:
        """`outputs`, the arrays of `Trees`, and the maps as `map_start` (o + 1,), `map_score` and `map_chance` (b,)."""
        sizes = [0 if m is None else len(m.score) for m in self.maps]
        held = [m for m in self.maps if m is not None]
        return {
            "outputs": np.array(self.outputs, np.str_), **self.trees.arrays(), "map_start": np.r_[0, np.cumsum(sizes)],
            "map_score": np.concatenate([np.zeros(0), *(m.score for m in held)]),
            "map_chance": np.concatenate([np.zeros(0), *(m.chance for m in held)]),
        }  # fmt: skip

    @classmethod
    def of(cls, arrays: Arrays) -> Self:
        """The ranker that `arrays` were taken from."""
        start = arrays["map_start"].tolist()
        bounds = pairwise(start)
        maps = [Isotonic(arrays["map_score"][a:b], arrays["map_chance"][a:b]) if b > a else None for a, b in bounds]
        return cls(arrays["outputs"].tolist(), Trees.of(arrays), maps)


@dataclass(frozen=True)
class Ranking:
    """Both rankers, the weights they are summed with, and the reward table these are of."""

    features: Features
    catalogue: Ranker
    head: Ranker
    worth: Floats  # (a,) weight of each output of `catalogue`
    pull: float  # weight of the head's term
    first: int  # titles that the head orders
    table: str  # version of the reward table

    def value(self, x: Singles) -> Floats:
        """(k,) what showing each title is expected to be worth."""
        return np.asarray(self.catalogue.chances(x) @ self.worth, np.float64)

    def scores(self, x: Singles) -> Floats:
        """(k,) what the titles of one page are ranked by; see the sum above. x: a row for each title in question."""
        scores = self.value(x)
        among = np.argsort(-scores, kind="stable")[: self.first]
        if self.pull:
            scores[among] += self.pull * self.head.chances(x[among])[:, 0]
        return scores

    def parts(self, x: Singles) -> tuple[float, dict[str, Floats]]:
        """(base, group -> (k,)): what each group of features adds to `value`. Base and groups sum to it, exactly but
        for rounding."""
        base, parts = self.catalogue.parts(x, self.worth, self.features.groups)
        names = dict.fromkeys(self.features.groups)
        return base, {name: parts[:, column] for column, name in enumerate(names)}

    def arrays(self) -> Arrays:
        """All parts, the names of those of a part preceded by its own."""
        parts: dict[str, Arrays] = {
            "features": self.features.arrays(), "catalogue": self.catalogue.arrays(), "head": self.head.arrays(),
        }  # fmt: skip
        own = {
            "worth": self.worth, "pull": np.array(self.pull), "first": np.array(self.first),
            "table": np.array(self.table, np.str_),
        }  # fmt: skip
        return own | {f"{part}_{name}": array for part, arrays in parts.items() for name, array in arrays.items()}

    @classmethod
    def of(cls, arrays: Arrays) -> Self:
        """The ranking that `arrays` were taken from."""
        features, catalogue, head = (
            {name.removeprefix(part): a for name, a in arrays.items() if name.startswith(part)}
            for part in ("features_", "catalogue_", "head_")
        )
        return cls(
            Features.read(features), Ranker.of(catalogue), Ranker.of(head), np.asarray(arrays["worth"], np.float64),
            float(arrays["pull"]), int(arrays["first"]), str(arrays["table"]),
        )  # fmt: skip


def trained(
    examples: Examples, weights: Mapping[str, float], table: str, rng: np.random.Generator,
    config: RankerConfig = RankerConfig(),
) -> Ranking:  # fmt: skip
    """Both rankers, learned from viewed slots.

    weights, table: `RewardTable.weights` and `.version`. The same examples and generator give the same ranking.
    Raises InputError without examples, where an action has no weight, and where LightGBM cannot be loaded.
    """
    missing = [action for action in examples.actions if action not in weights]
    if missing:
        raise InputError(f"No weight for {missing[0]!r}. Give one for each of: {', '.join(examples.actions)}.")
    early, late = examples.split(config.held)
    if not len(early) or not len(late):
        raise InputError(
            f"{len(examples)} viewed slots to rank by. Wait for more pages: two at different times at least."
        )
    worth = np.array([weights[action] for action in examples.actions], np.float64)
    catalogue = _catalogue(early, late, worth, rng, config)
    head = _head(early, catalogue.chances(early.x) @ worth, worth, rng, config)
    ranking = Ranking(examples.features, catalogue, head, worth, 0.0, config.head, table)
    return _pulled(ranking, late, config.seen)


def _catalogue(
    early: Examples, late: Examples, worth: Floats, rng: np.random.Generator, config: RankerConfig
) -> Ranker:
    """Trees grown on the earlier pages, maps fitted on the later ones. An action without weight is not learned."""
    parts: list[Trees] = []
    maps: list[Isotonic | None] = []
    for column in range(len(early.actions)):
        y, held = early.amounts[:, column], late.amounts[:, column]
        if worth[column] and (y > 0).sum() >= config.least and (held > 0).any():
            parts.append(grown(early.x, y, early.weight, rng, config.trees))
            maps.append(Isotonic.fit(_sigmoid(parts[-1].scores(late.x)[:, 0]), held, late.weight))
        else:
            rate = float(np.average(y, weights=early.weight))
            parts.append(Trees.constant(np.log(max(rate, 1e-9) / max(1.0 - rate, 1e-9))))
            maps.append(None)
    return Ranker(early.actions, Trees.joined(parts), maps)


def _head(early: Examples, value: Floats, worth: Floats, rng: np.random.Generator, config: RankerConfig) -> Ranker:
    """Trees that order the titles which the first ranker puts at the top of each page."""
    among = np.flatnonzero(_place(early.page, value) < config.head)
    grade = np.ceil(GRADES * np.clip(early.amounts[among] @ worth, 0.0, 1.0) - 1e-6)
    weight = early.weight[among]
    trees = grown(early.x[among], grade, weight / weight.mean(), rng, config.trees, early.page[among])
    return Ranker(("head",), trees, (None,))


def _pulled(ranking: Ranking, late: Examples, seen: int) -> Ranking:
    """With the pull under which the later pages have the best first places; the smallest of equals."""
    value, head = ranking.value(late.x), ranking.head.chances(late.x)[:, 0]
    head = np.where(_place(late.page, value) < ranking.first, head, 0.0)
    gain = np.clip(late.amounts @ ranking.worth, 0.0, None)
    unit = float(value.std() / head.std()) if head.std() > 0 else 0.0
    judged = [ndcg(value + unit * pull * head, gain, late.page, seen, late.weight) for pull in PULLS]
    pull = unit * PULLS[int(np.argmax(judged))]
    return replace(ranking, pull=pull)


def ndcg(
    score: Floats, gain: Floats, page: NDArray[np.int64], seen: int, weight: Floats | None = None
) -> float:  # fmt: skip
    """Mean over the pages on which anything was gained of Σ gain / log2(place + 1) over the first `seen` places, by
    the same of the best order; NaN without such a page. Equal scores share their places' worth.

    score, gain, page, weight: (k,) by slot; a page weighs as its slots do.
    """
    pages, of = np.unique(page, return_inverse=True)
    got, most = (_discounted(key, gain, of, seen, len(pages)) for key in (score, gain))
    some = most > 0
    weights = np.ones(len(pages)) if weight is None else np.bincount(of, weight) / np.bincount(of)
    return float(np.average(got[some] / most[some], weights=weights[some])) if some.any() else float("nan")


def _discounted(key: Floats, gain: Floats, page: NDArray[np.int64], seen: int, pages: int) -> Floats:
    place = _place(page, key)
    worth = np.where(place < seen, 1.0 / np.log2(place + 2.0), 0.0)
    _, tie = np.unique(np.column_stack([page, key]), axis=0, return_inverse=True)
    shared = np.bincount(tie.ravel(), worth) / np.bincount(tie.ravel())
    return np.asarray(np.bincount(page, gain * shared[tie.ravel()], pages), np.float64)


def _place(page: NDArray[np.int64], score: Floats) -> NDArray[np.int64]:
    """(k,) place of each slot on its page by score, best first, from 0."""
    order = np.lexsort((-score, page))
    place = np.empty(len(page), np.int64)
    in_order = page[order]
    new = np.r_[True, in_order[1:] != in_order[:-1]][: len(page)]
    place[order] = np.arange(len(page)) - np.maximum.accumulate(np.where(new, np.arange(len(page)), 0))
    return place


def _sigmoid(score: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(score, -50.0, 50.0))), np.float64)


# Before there are any impressions ------------------------------------------------------------------------------------

GRID = {
    "neutral": (0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032),
    "popularity": (0.0, 0.15, 0.3, 0.45, 0.6, 0.8, 1.0),
    "recency": (0.0, 0.25, 0.5, 0.75, 1.0),
}
"""Values that are tried for each weight of `BlendConfig`."""

AS_GIVEN = BlendConfig()
"""The weights that were chosen elsewhere."""

FADES = 14 * DAY
"""Half-life of the popularity that pages are made with."""


@dataclass(frozen=True)
class BlendFit:
    """Which weights of the blend foretold the last part of history best."""

    config: BlendConfig
    tried: tuple[tuple[BlendConfig, float], ...]  # with the mean NDCG of each, in the order in which they were tried
    members: int  # asked about; 0: nobody could be, and the config is the one that was given
    moment: int  # ms; models knew what was before, and foretold what came from then on


def fit_blend(
    interactions: Interactions, catalog: Catalog, rng: np.random.Generator, begin: BlendConfig = AS_GIVEN,
    share: float = 0.1, most: int = 300, k: int = 20, least: int = 5,
) -> BlendFit:  # fmt: skip
    """Weights for `Blend` where nothing was shown yet: fitted on what members did next, not on what they did of a page.

    Models are trained on all but the last `share` of the events in time and foretell, for at most `most` members with
    `least` titles before, what they took up after. One weight at a time, twice over all three, moves to the value with
    the greatest mean NDCG@k, if that is more than one standard error of the paired difference above the value it has.
    The events given are all that is known: quote no figure on them.
    """
    if not len(interactions):
        return BlendFit(begin, (), 0, 0)
    moment = int(np.quantile(interactions.at, 1.0 - share))
    before, after = interactions.until(moment), interactions.take(interactions.at >= moment)
    asked, wanted = _next(before, after, rng, most, least)
    if not len(asked):
        return BlendFit(begin, (), 0, moment)
    linear, content = Linear(), Content()
    for model in (linear, content):
        model.train(before, catalog, moment, rng)
    counts = before.counts(moment, FADES)
    history = Histories.among(before).take(asked)
    judged: dict[BlendConfig, Floats] = {}

    def judge(config: BlendConfig) -> Floats:
        if config not in judged:
            blend = Blend(linear, content, counts / counts.sum(), config)
            judged[config] = np.array([_found(blend, history, i, want, k) for i, want in enumerate(wanted)])
        return judged[config]

    config = begin
    for name in (*GRID, *GRID):
        ahead = max((replace(config, **{name: value}) for value in GRID[name]), key=lambda c: float(judge(c).mean()))
        gain = judge(ahead) - judge(config)
        if gain.mean() > gain.std() / np.sqrt(len(gain)):
            config = ahead
    tried = tuple((each, float(found.mean())) for each, found in judged.items())
    return BlendFit(config, tried, len(asked), moment)


def _next(
    before: Interactions, after: Interactions, rng: np.random.Generator, most: int, least: int
) -> tuple[NDArray[np.int64], list[Numbers]]:
    """Members to ask about, and the titles that each liked after the moment without having dealt with them before."""
    pairs = after.pairs
    width = np.int64(after.n)
    known = before.profile * width + before.title
    new = pairs.take((pairs.strength > 0) & ~np.isin(pairs.profile * width + pairs.title, known))
    long = np.bincount(before.pairs.profile, minlength=len(before.profiles)) >= least
    asked = np.unique(new.profile[long[new.profile]]).astype(np.int64)
    asked = np.sort(rng.choice(asked, min(most, len(asked)), replace=False))
    return asked, [new.title[new.profile == member] for member in asked]


def _found(blend: Blend, history: Histories, member: int, wanted: Numbers, k: int) -> float:
    """NDCG@k of one member."""
    own = slice(history.start[member], history.start[member + 1])
    titles = history.title[own]
    shares = blend.shares(titles, history.weight[own])
    among = np.ones(len(shares), bool)
    among[titles] = False
    first = best(shares, k, among).titles
    worth = 1.0 / np.log2(np.arange(2.0, k + 2.0))
    return float(worth[: len(first)][np.isin(first, wanted)].sum() / worth[: len(wanted)].sum())
