"""Next: which title comes after these, from the order in which they were dealt with. Closed form, nothing iterated.

    φ(t)  = for each channel c (decay d, window w) and title i:  Σ over ages a < w with title(t - a) = i, d^a     (C i,)
    y(t)  = Σ over s = 1, 2, ..  ahead_s · one-hot(title(t + s))                                                  (k,)
    B     = (Φ'Φ + Λ)^-1 Φ'Y       Λ_j = ridge ḡ (g_j / ḡ)^ridge_popularity, g = diag Φ'Φ, ḡ its mean          (C i, k)
    like  = Σ over the last titles h of the member, rarity_h recall^age · recall^(age of h in the state)
    votes = for each title j not yet dealt with: Σ over training states that j followed, like^sharpness; sums to 1
    affinity of a member for title j = φ B_j + memory · votes_j

Both parts guess the share of next plays that go to j. The first is linear in what was played, so it cannot know that
titles mean something else together; the second can: in it those vote who had just dealt with the same few titles.
Everything that was dealt with is a step, also what was disliked: it was watched. Ages count known titles only.
The states are what single members did, without names: who erases a member trains again, or sets `memory` to 0.

NDCG@10 of the second to last title of members of MovieLens-1M, all titles ranked: ridge in proportion to an input's
weight .1747, to its root .1797, with `ahead` .1815, with votes .1878 (recall .8, window 8, sharpness 5, memory .6; of a
quarter of the members these gain .0061 and the defaults .0072). What brought nothing or cost: weights by activity
or by place in the history, a longer channel, channels with likes and dislikes apart, popularity of the last weeks, an
exponent of popularity on the output. Mixed with `Linear` the ridge alone gains .001.

Φ is never made. A pair of events of one member, lag l apart, adds to Φ'Φ the same product for each state both are in,
so its sum is a geometric one, and each lag costs one pass over the events (`normal_equations`).

Source: for φ, an exponentially decayed history as in M. Choi et al., "Session-aware Linear Item-Item Models for
Session-based Recommendation" (WWW 2021); for votes, M. Ludewig, D. Jannach, "Evaluation of Session-based
Recommendation Algorithms" (UMUAI 28, 2018), V-SKNN, with states for sessions.
m: members, n: titles, k: titles the model knows, i: those that are inputs, C: channels, e: events, S: states.
Bytes to train: 4 (C i)² + 8 C i k + 100 e + 300 S; with the defaults at most 6.5 GB + 100 e, for 20,000 titles. By
this count MovieLens-1M takes 1.2 GB. Trained: 4 C i k + 8 S recall_window.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import lapack

from playbill.catalog import Catalog
from playbill.errors import InputError
from playbill.histories import Histories
from playbill.interactions import Interactions
from playbill.models.model import Arrays, Singles
from playbill.slate import Bools, Floats, Numbers
from playbill.viewer import Viewer

BLOCK = 64
"""Members who are ranked for at a time."""


@dataclass(frozen=True)
class NextConfig:
    """How `Next` learns. Chosen on the second to last title of each member of MovieLens-1M, never the last."""

    channels: tuple[tuple[float, int], ...] = ((0.0, 1), (0.75, 15), (0.95, 60))  # decay per age, ages
    ahead: tuple[float, ...] = (1.0, 0.5, 0.25)  # how much the next titles count, the very next one first
    ridge: float = 0.65  # in mean weights of an input
    ridge_popularity: float = 0.5  # 0: the same ridge for all inputs; 1: in proportion to an input's weight
    memory: float = 0.4  # weight of the votes; 0: none, and no states are kept
    recall: float = 0.87  # decay per age in comparing states
    recall_window: int = 10  # ages
    sharpness: float = 6.0  # the greater, the more a state counts that shares several titles
    most_states: int = 1_000_000  # the latest are kept
    least_support: int = 3  # profiles; a title that fewer played is unknown
    most_titles: int = 20_000  # the most played are kept
    most_inputs: int = 24_000  # over all channels; beyond it only the most played titles are inputs, all are foretold


@dataclass(frozen=True)
class Steps:
    """What members did, in order, known titles only; by member."""

    start: NDArray[np.int64]  # (m + 1,)
    column: Numbers  # (e,) of the title
    age: NDArray[np.int64]  # (e,) how many of the member's steps came after

    @staticmethod
    def of(histories: Histories, columns: Numbers) -> Steps:
        """columns: (n,) the column of each title, -1 for one that is not known."""
        known = histories.where(histories.title < len(columns))
        known = known.where(columns[known.title] >= 0)
        age = known.start[1:].repeat(known.lengths) - np.arange(len(known.title)) - 1
        return Steps(known.start, columns[known.title], age)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """(m,)."""
        return np.diff(self.start)

    def decayed(self, decay: float, window: int, k: int) -> sparse.csr_array:
        """(m, k) float32: decay^age of each step younger than `window`."""
        young = self.age < window
        start = np.r_[0, young.cumsum()][self.start]
        weight = np.power(decay, self.age[young]).astype(np.float32)
        return sparse.csr_array((weight, self.column[young], start), shape=(len(self.start) - 1, k))


class Next:
    """Affinity by order."""

    def __init__(self, config: NextConfig = NextConfig()) -> None:
        """Knows nothing until it is trained."""
        self.config = config
        none = np.zeros(0, np.int32)
        empty = sparse.csr_array(np.zeros((0, 0), np.float32))
        self._hold(np.zeros((0, 0), np.float32), none, none, np.zeros(0, np.float32), empty, none, 0, config)

    def _hold(
        self, weights: Singles, titles: Numbers, inputs: Numbers, rarity: Singles, states: sparse.csr_array,
        followers: Numbers, n: int, config: NextConfig,
    ) -> None:  # fmt: skip
        self.config = config
        self.weights = weights  # (C i, k) B
        self.titles = titles  # (k,) which titles the model knows, ascending
        self.inputs = inputs  # (i,) columns of those that are inputs, ascending
        self.rarity = rarity  # (k,) log (all steps / those of the title)
        self.states = states  # (k, S) how strongly a title is in a state: recall^age
        self.followers = followers  # (S,) column of what came next
        self.n = n
        self._column = np.full(n, -1, np.int32)  # (n,) the column of each title, -1 for titles the model does not know
        self._column[titles] = np.arange(len(titles), dtype=np.int32)

    def train(self, interactions: Interactions, catalog: Catalog, now: int, rng: np.random.Generator) -> None:
        """Solve. Neither `catalog` nor `now` matters, and nothing is drawn. Raises InputError without a ridge."""
        config = self.config
        plays = interactions.counts(now)
        titles = _most(np.flatnonzero(plays >= config.least_support), plays, config.most_titles)
        columns = np.full(interactions.n, -1, np.int32)
        columns[titles] = np.arange(len(titles), dtype=np.int32)
        histories = Histories.among(interactions)
        steps = Steps.of(histories, columns)
        count = np.bincount(steps.column, minlength=len(titles)).astype(np.float64)
        inputs = _most(np.arange(len(titles)), count, config.most_inputs // max(len(config.channels), 1))
        gram, wanted = normal_equations(steps, len(titles), inputs, config)
        weights = ridge_regression(gram, wanted, config)
        rarity = np.log(count.sum() / np.maximum(count, 1.0)).astype(np.float32)
        states, followers = states_of(steps, histories.at[columns[histories.title] >= 0], len(titles), config)
        self._hold(weights, titles, inputs, rarity, states, followers, interactions.n, config)

    def affinities(self, histories: Histories, n: int) -> Singles:
        """(m, n) see `Taste`."""
        out = np.full((len(histories), n), np.nan, np.float32)
        within = self.titles < n
        for begin in range(0, len(histories), BLOCK):
            some = histories.take(np.arange(begin, min(begin + BLOCK, len(histories))))
            steps = Steps.of(some, self._column)
            affinity = self._inputs(steps) @ self.weights + self.config.memory * self._votes(steps)
            affinity[steps.lengths == 0] = np.nan
            out[begin : begin + BLOCK, self.titles[within]] = affinity[:, within]
        return out

    def scores(self, viewers: Sequence[Viewer], n: int) -> Floats:
        """(m, n) share of all positive affinity that each title has; NaN for titles the model does not know.

        A viewer without a usable history has a row of NaN.
        """
        affinities = self.affinities(Histories.of(viewers, 0), self.n).astype(np.float64)
        positive = np.maximum(affinities, 0.0)
        whole = np.nansum(positive, axis=1, keepdims=True)
        scores = np.full((len(viewers), n), np.nan)
        scores[:, : self.n] = np.divide(positive, whole, out=np.full_like(positive, np.nan), where=whole > 0)[:, :n]
        return scores

    def causes(self, viewer: Viewer, titles: Numbers) -> Floats:
        """(h, k) how much each title of the history adds to the affinity for each of k titles.

        Exact: the sum over the history is the affinity. A vote is shared among the titles that made its state alike,
        each by its part of the likeness. 0 where the model does not know one of the two. But what a member disliked is
        never named as a cause, though it is a step: its part is shown as 0 where it is above.
        """
        histories = Histories.of([viewer], 0)
        steps = Steps.of(histories, self._column)
        out = np.zeros((len(viewer.titles), len(titles)))
        answered = np.flatnonzero(self._known(titles))
        known = np.flatnonzero(self._known(histories.title))
        if len(known):
            single = replace(steps, start=np.arange(len(steps.column) + 1))  # each step as if alone, at its own age
            part = self._inputs(single) @ self.weights + self.config.memory * self._vote_parts(steps)
            out[np.ix_(len(out) - 1 - known, answered)] = part[:, self._column[titles[answered]]]  # latest first
        disliked = viewer.weights < 0
        out[disliked] = np.minimum(out[disliked], 0.0)
        return out

    def arrays(self) -> Arrays:
        """`weights` (C i, k) and `rarity` (k,) float32, `titles` (k,), `inputs` (i,), `followers` (S,), `n` ();
        `state_starts`, `state_numbers`, `state_weights`: the states as compressed rows; `channels` (C, 2) and `recall`
        (4,): the settings that asking needs."""
        config = self.config
        return {
            "weights": self.weights, "titles": self.titles, "inputs": self.inputs, "rarity": self.rarity,
            "state_starts": self.states.indptr, "state_numbers": self.states.indices,
            "state_weights": self.states.data, "followers": self.followers, "n": np.array(self.n),
            "channels": np.array(config.channels, np.float64).reshape(-1, 2),
            "recall": np.array([config.memory, config.recall, config.recall_window, config.sharpness]),
        }  # fmt: skip

    @classmethod
    def of(cls, arrays: Arrays) -> Self:
        """The model that `arrays` were taken from."""
        memory, recall, window, sharpness = map(float, arrays["recall"])
        channels = tuple((float(decay), int(ages)) for decay, ages in arrays["channels"])
        config = NextConfig(channels, memory=memory, recall=recall, recall_window=int(window), sharpness=sharpness)
        titles, followers = arrays["titles"], arrays["followers"]
        parts = arrays["state_weights"], arrays["state_numbers"], arrays["state_starts"]
        states = sparse.csr_array(parts, shape=(len(titles), len(followers)))
        model = cls(config)
        n = int(arrays["n"])
        model._hold(arrays["weights"], titles, arrays["inputs"], arrays["rarity"], states, followers, n, config)
        return model

    def _known(self, titles: Numbers) -> Bools:
        """Which titles the model knows."""
        known = titles < self.n
        known[known] = self._column[titles[known]] >= 0
        return known

    def _inputs(self, steps: Steps) -> sparse.csr_array:
        """(m, C i) φ."""
        channels = [steps.decayed(*channel, len(self.titles))[:, self.inputs] for channel in self.config.channels]
        return sparse.csr_array(sparse.hstack(channels, format="csr"))

    def _votes(self, steps: Steps) -> Singles:
        """(m, k) votes."""
        votes = np.zeros((len(steps.lengths), len(self.titles)))
        for member, row in enumerate(votes):
            _, column, vote = self._recalled(steps, member)
            row += np.bincount(column, vote, minlength=len(row))
        votes[np.arange(len(votes)).repeat(steps.lengths), steps.column] = 0.0
        whole = votes.sum(axis=1, keepdims=True)
        return (votes / np.where(whole > 0, whole, 1.0)).astype(np.float32)

    def _vote_parts(self, steps: Steps) -> Floats:
        """(h, k) the votes of the only member, by the step that they are due to."""
        shape = len(steps.column), len(self.titles)
        step, column, vote = self._recalled(steps, 0)
        parts = np.bincount(step * shape[1] + column, vote, minlength=shape[0] * shape[1]).reshape(shape)
        parts[:, steps.column] = 0.0
        whole = parts.sum()
        return np.asarray(parts / whole if whole > 0 else parts, np.float64)

    def _recalled(self, steps: Steps, member: int) -> tuple[NDArray[np.int64], Numbers, Floats]:
        """(r,) for each of a member's last titles and each state it is in: the step, the column that came next, and
        its part of the vote. like is the sum of what the titles add to it, so like^sharpness is that sum times
        like^(sharpness - 1), and each state need not be looked at again."""
        config, states, none = self.config, self.states, np.zeros(0, np.int32)
        mine = np.arange(steps.start[member], steps.start[member + 1])
        mine = mine[steps.age[mine] < config.recall_window]
        columns = steps.column[mine]
        rows = [slice(*states.indptr[column : column + 2]) for column in columns]
        length = states.indptr[columns + 1] - states.indptr[columns]
        state = np.concatenate([none, *(states.indices[row] for row in rows)])
        added = np.concatenate([none, *(states.data[row] for row in rows)])
        added = added * (self.rarity[columns] * config.recall ** steps.age[mine]).repeat(length)
        like = np.bincount(state, added, minlength=states.shape[1])
        return mine.repeat(length), self.followers[state], added * like[state] ** (config.sharpness - 1)


def normal_equations(steps: Steps, k: int, inputs: Numbers, config: NextConfig) -> tuple[Singles, Singles]:
    """Φ'Φ (C i, C i), its upper triangle, and Y'Φ (k, C i), over all states that have a next title.

    Events x, and y of the same member a lag later, are in one state t for each t from y on, until x or y is too old for
    its channel or the member has no next title. There they are Σ_t d_a^(t - x) d_b^(t - y): d_a^lag times a geometric
    sum of d_a d_b with as many terms as there are such states.
    """
    channels, width = config.channels, len(inputs)
    gram = np.zeros((len(channels) * width,) * 2, np.float32)
    wanted = np.zeros((k, len(gram)), np.float32)
    input_of = np.full(k, -1, np.int64)
    input_of[inputs] = np.arange(width)
    place = np.arange(len(steps.column)) - steps.start[:-1].repeat(steps.lengths)
    for lag in range(max((window for _, window in channels), default=0) + len(config.ahead)):
        late = np.flatnonzero(place >= lag)
        late = late[input_of[steps.column[late - lag]] >= 0]
        first, second = input_of[steps.column[late - lag]], input_of[steps.column[late]]
        both = second >= 0
        for a, (decay, window) in enumerate(channels):
            said = sum(share * decay ** (lag - s) for s, share in enumerate(config.ahead, 1) if 0 <= lag - s < window)
            if said:
                _add(wanted, steps.column[late].astype(np.int64), a * width + first, np.float32(said))
            if lag >= window or decay**lag == 0:
                continue
            for b, (other, reach) in enumerate(channels):
                if lag or a <= b:  # at lag 0 both are the same event, and the two orders of channels the same cell
                    sums = np.r_[0.0, np.cumsum((decay * other) ** np.arange(min(window - lag, reach)))]
                    weight = (decay**lag * sums).astype(np.float32)
                    states = np.minimum(steps.age[late[both]], len(sums) - 1)
                    one, two = a * width + first[both], b * width + second[both]
                    _add(gram, np.minimum(one, two), np.maximum(one, two), weight[states])
    return gram, wanted


def _add(matrix: Singles, row: NDArray[np.int64], column: NDArray[np.int64], weight: Singles | np.float32) -> None:
    """Add to the cells of a matrix, to a cell that is named twice both."""
    np.add.at(matrix.reshape(-1), row * matrix.shape[1] + column, weight)


def ridge_regression(gram: Singles, wanted: Singles, config: NextConfig) -> Singles:
    """(C i, k) B from the normal equations, which are overwritten. Raises InputError if they have no solution."""
    if not len(gram):
        return np.zeros((0, len(wanted)), np.float32)
    g = np.maximum(gram.diagonal(), 1.0)  # what nobody ever went on from counts as one state
    gram[np.diag_indices_from(gram)] += config.ridge * g.mean() * (g / g.mean()) ** config.ridge_popularity
    factor, failed = lapack.spotrf(gram.T, lower=True, overwrite_a=True)
    if failed:
        raise InputError(f"ridge is {config.ridge!r}, and the normal equations have no solution. Set it above 0.")
    solved, _ = lapack.spotrs(factor, wanted.T, lower=True, overwrite_b=True)
    return np.ascontiguousarray(solved)


def states_of(steps: Steps, at: NDArray[np.int64], k: int, config: NextConfig) -> tuple[sparse.csr_array, Numbers]:
    """States that have a next title, (k, S) how strongly a title is in each, and (S,) the columns of the next titles;
    the latest by `at` (e,), ms."""
    there = np.flatnonzero(steps.age > 0) if config.memory else np.zeros(0, np.int64)
    if len(there) > config.most_states:
        there = np.sort(there[np.argsort(-at[there], kind="stable")[: config.most_states]])
    place = (np.arange(len(steps.column)) - steps.start[:-1].repeat(steps.lengths))[there]
    number = np.arange(len(there), dtype=np.int32)
    some = [number[place >= age] for age in range(config.recall_window)]
    title = np.concatenate([steps.column[there[those] - age] for age, those in enumerate(some)])
    weight = np.repeat(config.recall ** np.arange(len(some)), [len(those) for those in some]).astype(np.float32)
    states = sparse.coo_array((weight, (title, np.concatenate(some))), shape=(k, len(there)))
    return sparse.csr_array(states), steps.column[there + 1]


def _most(titles: NDArray[np.int64], counts: Floats, most: int) -> Numbers:
    """The `most` with the greatest counts (by title), ascending."""
    if len(titles) > most:
        titles = np.sort(titles[np.argsort(-counts[titles], kind="stable")[:most]])
    return titles.astype(np.int32)
