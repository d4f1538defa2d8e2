"""Picker: which titles to ask a new member about at sign-up, and what their answers say of their taste.

    members are of one of c clusters; answers to "do you know it, and did you like it?" depend on the cluster alone
    θ_c       multinomial over titles: what a like of cluster c falls on; fitted by EM to the likes of all members
    p(o | c)  liked: share · likes of the title in c / members of c, and so disliked; unknown: the rest
    post_c    ∝ prior_c Π over the answers p(answer | c)
    gain_j    H(Σ_c post_c p(· | c, j)) - Σ_c post_c H(p(· | c, j)): bits that the answer about j tells of the cluster
    next      the title with the greatest gain; liking_j = Σ_c post_c p(j liked | c) ranks titles for the member

That a title is known to many is part of it: an answer that is "no idea" for nearly everybody tells nothing. `familiar`
says how much better or less well a title is known where the member is; it scales liked and disliked.

Demographics take no part unless the caller gives them, and then `Picked` says what they changed.

Sources: expected information gain: D. V. Lindley, "On a Measure of the Information Provided by an Experiment" (Annals
of Mathematical Statistics 1956); for sign-up: N. Golbandi, Y. Koren, R. Lempel, "Adaptive Bootstrapping of Recommender
Systems Using Decision Trees" (WSDM 2011); mixture of multinomials: K. Nigam et al. (Machine Learning 39, 2000), section
3. m: members, n: titles, c: clusters, q: answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from playbill.catalog import Catalog
from playbill.errors import InputError
from playbill.histories import Histories
from playbill.interactions import Interactions
from playbill.models.model import Arrays, Singles
from playbill.slate import Bools, Floats, Numbers

LIKED, DISLIKED, UNKNOWN = 0, 1, 2
"""What can be answered."""

Answers = Mapping[int, int]
"""Title number -> LIKED, DISLIKED or UNKNOWN, in the order of asking."""

LEAST, MOST = 1e-6, 0.95
"""No answer is impossible, and none is certain."""


@dataclass(frozen=True)
class PickerConfig:
    """How tastes are told apart. Chosen on members of MovieLens 1M that no quoted figure is measured on."""

    clusters: int = 25  # with 8, three answers said less
    epochs: int = 30  # of EM
    reg: float = 10.0  # members of average taste added to each cluster
    spread: float = 1_000.0  # likes of average taste added to each cluster in EM, so that rare titles make no cluster
    share: float = 0.5  # of what members ever rate, what they know at sign-up
    pool: int = 250  # only so many of the best known titles are asked about


@dataclass(frozen=True)
class Picked:
    """Titles to ask about."""

    titles: Numbers  # best first
    bits: Floats  # what the answer to each is expected to tell
    without: Numbers  # what would have been asked without demographics; the same where none were given
    shift: float  # bits by which demographics moved what is believed before any answer (Kullback-Leibler); else 0


class Picker:
    """Clusters of taste and what their members say. Nothing but its arrays once trained."""

    def __init__(self, config: PickerConfig = PickerConfig()) -> None:
        """Knows nothing until it is trained."""
        self.config = config
        self._hold(np.ones(1), np.zeros((1, 0)), np.zeros((1, 0)))

    def _hold(self, prior: Floats, liked: Floats, disliked: Floats) -> None:
        self.prior = prior  # (c,)
        self.liked, self.disliked = liked, disliked  # (c, n) share of the members who say so
        self.n = liked.shape[1]

    def train(self, interactions: Interactions, catalog: Catalog, now: int, rng: np.random.Generator) -> None:
        """Fit the clusters. Neither `catalog` nor `now` matters; the first responsibilities are drawn."""
        config, pairs = self.config, interactions.pairs
        shape = (len(interactions.profiles), interactions.n)
        likes, refusals = (
            sparse.csr_array((np.ones(int(w.sum())), (pairs.profile[w], pairs.title[w])), shape=shape)
            for w in (pairs.strength > 0, pairs.strength <= 0)
        )
        members = np.unique(likes.nonzero()[0])
        likes, refusals = likes[members], refusals[members]
        shares = _responsible(likes, config, rng)
        prior = (shares.sum(axis=0) + 1.0) / (shares.sum() + config.clusters)
        liked, disliked = (_said(said, shares, config) for said in (likes, refusals))
        self._hold(prior, liked, disliked)

    def posterior(self, answers: Answers, prior: Floats | None = None, familiar: Floats | None = None) -> Floats:
        """(c,) chance of each cluster after the answers. prior: (c,), by default that of all members.

        familiar: (n,) see `familiarity`. Raises InputError for a title beyond the trained ones or another answer.
        """
        for title, answer in answers.items():
            if not 0 <= title < self.n or answer not in (LIKED, DISLIKED, UNKNOWN):
                raise InputError(
                    f"Answer {answer!r} about title {title!r}. Give 0, 1 or 2 about titles 0 to {self.n - 1}."
                )
        titles = np.fromiter(answers, np.int64, len(answers))
        said = np.fromiter(answers.values(), np.int64, len(answers))
        chances = self._chances(titles, familiar)[:, np.arange(len(titles)), said]
        return _normed(np.log(self.prior if prior is None else prior) + np.log(chances).sum(axis=1))

    def next(
        self, answers: Answers, k: int = 1, among: Bools | None = None, familiar: Floats | None = None,
        demographics: Floats | None = None,
    ) -> Picked:  # fmt: skip
        """k titles to ask about after the answers, one after the other. Deterministic; equal gains by lower number.

        Until they are answered, those already picked count as unknown: a screen is filled for whoever knows none of
        them. among: (n,) which may be asked about. familiar: (n,) see `familiarity`. demographics: (c,) prior of a
        group, see `prior_of`: off unless given.
        """
        titles, bits = self._pick(answers, k, among, familiar, demographics)
        if demographics is None:
            return Picked(titles, bits, titles, 0.0)
        shift = float((demographics * np.log2(demographics / self.prior)).sum())
        return Picked(titles, bits, self._pick(answers, k, among, familiar, None)[0], shift)

    def _pick(
        self, answers: Answers, k: int, among: Bools | None, familiar: Floats | None, prior: Floats | None
    ) -> tuple[Numbers, Floats]:
        pool = self._pool(among, familiar)
        told, picked, bits = dict(answers), list[int](), list[float]()
        chances = self._chances(pool, familiar)
        open_ = ~np.isin(pool, list(told))
        while len(picked) < k and open_.any():
            gains = np.where(open_, information(self.posterior(told, prior, familiar), chances), -1.0)
            place = int(np.argmax(gains))
            open_[place] = False
            picked.append(int(pool[place]))
            bits.append(float(gains[place]))
            told[picked[-1]] = UNKNOWN
        return np.array(picked, np.int32), np.array(bits)

    def _pool(self, among: Bools | None, familiar: Floats | None) -> Numbers:
        """The best known titles, ascending."""
        known = self.prior @ (self.liked + self.disliked) * (1.0 if familiar is None else familiar)
        if among is not None:
            known = np.where(among, known, -1.0)
        first = np.argsort(-known, kind="stable")[: self.config.pool]
        return np.sort(first[known[first] > 0]).astype(np.int32)

    def _chances(self, titles: NDArray[np.integer], familiar: Floats | None) -> Floats:
        """(c, q, 3) chance of each answer about each title."""
        said = self.config.share * np.stack([self.liked[:, titles], self.disliked[:, titles]], axis=2)
        if familiar is not None:
            said = said * familiar[titles][:, None]
        said = np.maximum(said / np.maximum(said.sum(axis=2, keepdims=True) / MOST, 1.0), LEAST)
        return np.concatenate([said, 1.0 - said.sum(axis=2, keepdims=True)], axis=2)

    def liking(self, posterior: Floats) -> Floats:
        """(n,) chance that a member who is believed to be of these clusters (c,) likes each title."""
        return np.asarray(posterior @ self.liked, np.float64)

    def affinities(self, histories: Histories, n: int) -> Singles:
        """(m, n) see `Taste`: `liking` after the likes and dislikes of the history. Silence is no answer."""
        out = np.full((len(histories), n), np.nan, np.float32)
        known = histories.where(histories.title < self.n)
        evidence = np.log(np.maximum(self.config.share * self.liked, LEAST))
        against = np.log(np.maximum(self.config.share * self.disliked, LEAST))
        for row, a, b in zip(out, known.start[:-1], known.start[1:], strict=True):
            titles, liked = known.title[a:b], known.weight[a:b] > 0
            said = np.where(liked, evidence[:, titles], against[:, titles]).sum(axis=1)
            covered = min(n, self.n)
            row[:covered] = self.liking(_normed(np.log(self.prior) + said))[:covered]
        return out

    def prior_of(self, histories: Histories) -> Floats:
        """(c,) the prior of a group, such as members of one age: the mean of what their histories (m) say, with
        `reg` members of average taste added. An empty group gives the prior of all."""
        believed = np.zeros(len(self.prior))
        for row in range(len(histories)):
            own = histories.take(np.array([row]))
            answers = dict(zip(own.title.tolist(), np.where(own.weight > 0, LIKED, DISLIKED).tolist(), strict=True))
            believed += self.posterior({t: said for t, said in answers.items() if t < self.n})
        return np.asarray((believed + self.config.reg * self.prior) / (len(histories) + self.config.reg), np.float64)

    def arrays(self) -> Arrays:
        """`prior` (c,), `liked` (c, n), `disliked` (c, n)."""
        return {"prior": self.prior, "liked": self.liked, "disliked": self.disliked}

    @classmethod
    def of(cls, arrays: Arrays) -> Self:
        """The picker that `arrays` were taken from."""
        picker = cls()
        picker._hold(arrays["prior"], arrays["liked"], arrays["disliked"])
        return picker


def information(belief: Floats, chances: Floats) -> Floats:
    """(q,) bits that each answer is expected to tell of the cluster. belief: (c,). chances: (c, q, 3)."""
    expected = np.einsum("c,cqo->qo", belief, chances)
    return np.maximum(_entropy(expected) - belief @ _entropy(chances), 0.0)


def familiarity(here: Floats, everywhere: Floats, reg: float = 50.0) -> Floats:
    """(n,) how much likelier a title is known here, say in one country or on one device, than to members as a whole.

    here, everywhere: (n,) members that played each title. `reg` plays of the average are added, so that where little
    was seen nothing is claimed: without any the ratio is 1.
    """
    share = everywhere / max(float(everywhere.sum()), 1.0)
    expected = share * (here.sum() + reg)
    return np.asarray(np.divide(here + reg * share, expected, out=np.ones(len(here)), where=expected > 0), np.float64)


def _entropy(chances: Floats) -> Floats:
    """Bits, over the last axis. Every chance is above 0."""
    return np.asarray(-(chances * np.log2(chances)).sum(axis=-1), np.float64)


def _normed(log: Floats) -> Floats:
    """Chances (..., c) from logarithms up to a constant."""
    chances = np.exp(log - log.max(axis=-1, keepdims=True))
    return np.asarray(chances / chances.sum(axis=-1, keepdims=True), np.float64)


def _responsible(likes: sparse.csr_array, config: PickerConfig, rng: np.random.Generator) -> Floats:
    """(m, c) chance of each cluster for each member, by EM."""
    of = rng.dirichlet(np.full(config.clusters, 0.1), likes.shape[0])
    everybody = np.asarray(likes.sum(axis=0)).ravel() + 0.5
    average = config.spread * everybody / everybody.sum()
    for _ in range(config.epochs if likes.shape[0] else 0):
        falls = (likes.T @ of).T + average
        log = likes @ np.log(falls / falls.sum(axis=1, keepdims=True)).T
        of = _normed(log + np.log((of.sum(axis=0) + 1.0) / (of.sum() + config.clusters)))
    return np.asarray(of, np.float64)


def _said(said: sparse.csr_array, of: Floats, config: PickerConfig) -> Floats:
    """(c, n) share of each cluster's members who said so of each title."""
    everybody = np.asarray(said.sum(axis=0)).ravel() / max(said.shape[0], 1)
    return np.asarray(((said.T @ of).T + config.reg * everybody) / (of.sum(axis=0)[:, None] + config.reg), np.float64)
