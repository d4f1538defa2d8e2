"""Protocols that split by time, as pure functions of a data set.

chronological   each member's likes in order: the first 70 % are learned from, the next 20 % are fresh, the last 10 %
                are wanted. Models are not trained again: they are told the first part, then the fresh likes as well
at_moments      the same with two moments for all members: nothing of the future is known to anybody
next_title      all but each member's last two events are learned from, the last one is wanted

What is fresh is marked so (`Histories.fresh`), and masked however much of it is told. Data sets are `once`d. Which of
the two splits a gain is quoted for must always be said: members return within minutes, seldom after months.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from playbill.evaluation.dataset import Dataset
from playbill.evaluation.protocols import LEAST, SEED, places_in
from playbill.evaluation.questions import MOST, Questions, Trial, asking, at_most, offered, told
from playbill.slate import Bools

STALE, ALL = "stale", "all fresh"
CURVE = {STALE: 0, "1 fresh": 1, "3 fresh": 3, "5 fresh": 5, "10 fresh": 10, ALL: 1 << 40}
"""How many of the fresh likes are told, the newest; the first question is without them, the last with all."""

PARTS, EARLIER = (7, 9, 10), (6, 8, 9)
"""Ends of the learned, the fresh and the wanted part in tenths of a member's likes, rounded down; and of the same one
step earlier, where settings are chosen: what the first wants is in no part of it."""

EXACT = "exact times"

Events = NDArray[np.int64]


def chronological(data: Dataset, seed: int = SEED, most: int = MOST) -> Trial:
    """By each member's own order; members with 5 likes or more. Raises nothing: needs `data.order` to be of time."""
    liked = data.order[data.likes[data.order]]
    count = np.bincount(data.profile[liked], minlength=len(data.profiles))
    liked = liked[count[data.profile[liked]] >= LEAST]
    place, of = places_in(data.profile[liked]), count[data.profile[liked]]

    def trial(parts: tuple[int, int, int]) -> Trial:
        first, second, third = (of * tenths // 10 for tenths in parts)
        learned = place < first
        return _fresh_trial(
            data, liked[learned], liked[~learned & (place < second)], liked[(place >= second) & (place < third)],
            seed, most,
        )  # fmt: skip

    return replace(trial(PARTS), validation=trial(EARLIER))


def at_moments(data: Dataset, seed: int = SEED, most: int = MOST) -> Trial:
    """By the moments at which 70 and 90 % of all likes had been given; members with 5 likes before the first."""
    liked = data.order[data.likes[data.order]]
    at = data.moments[liked]

    def trial(parts: tuple[int, int, int]) -> Trial:
        first, second, third = (int(np.quantile(at, tenths / 10)) + (tenths == 10) for tenths in parts)
        learned = at < first
        before = np.bincount(data.profile[liked[learned]], minlength=len(data.profiles))
        known = before[data.profile[liked]] >= LEAST
        fresh, wanted = (at >= first) & (at < second) & known, (at >= second) & (at < third) & known
        return _fresh_trial(data, liked[learned], liked[fresh], liked[wanted], seed, most)

    return replace(trial(PARTS), validation=trial(EARLIER))


def next_title(data: Dataset, seed: int = SEED, most: int = MOST) -> tuple[Trial, Trial]:
    """Events in the order of the data, and with those at one time in random order.

    Every event counts as one for its title, liked or not, as published figures have it. All titles of the data may be
    offered, so a wanted title that nobody is known to have played is a miss.
    """
    shuffled = data.shuffled(np.random.default_rng(seed))
    return _leave_one_out("as given", data, seed, most), _leave_one_out("ties shuffled", shuffled, seed, most)


def _leave_one_out(name: str, data: Dataset, seed: int, most: int) -> Trial:
    events = data.order
    count = np.bincount(data.profile, minlength=len(data.profiles))
    members = at_most(np.flatnonzero(count >= LEAST), most, seed)
    from_end = count[data.profile[events]] - 1 - places_in(data.profile[events])
    learned = data.interactions(events[(from_end >= 2) | (count[data.profile[events]] < LEAST)])
    asked = np.zeros(len(data.profiles), bool)
    asked[members] = True
    mine, from_end = events[asked[data.profile[events]]], from_end[asked[data.profile[events]]]
    known, wanted = mine[from_end >= 1], mine[from_end == 0]
    history = told(data, known, members, fresh=from_end[from_end >= 1] == 1)
    questions = asking(data, members, history, known, wanted, offered(data, events))
    return Trial(replace(learned, strength=np.ones(len(learned))), {name: questions})


def _fresh_trial(data: Dataset, learned: Events, fresh: Events, wanted: Events, seed: int, most: int) -> Trial:
    """A question for each point of the curve; all with the same mask, the same members and the same wanted titles."""
    titles = offered(data, learned)
    wanted = wanted[titles[data.title[wanted]]]
    has_history = np.zeros(len(data.profiles), bool)
    has_history[data.profile[learned]] = True
    members = np.unique(data.profile[wanted[has_history[data.profile[wanted]]]]).astype(np.int64)
    members = at_most(members, most, seed)
    asked = np.zeros(len(data.profiles), bool)
    asked[members] = True
    old, new, wanted = (part[asked[data.profile[part]]] for part in (learned, fresh, wanted))
    groups = {EXACT: _exact(data, members, np.concatenate([old, new, wanted]))}
    if groups[EXACT].all() or not groups[EXACT].any():
        groups = {}
    from_end = np.bincount(data.profile[new], minlength=len(data.profiles))[data.profile[new]]
    from_end = from_end - places_in(data.profile[new])  # 1: the newest
    seen = np.r_[old, new]

    def questions(most_fresh: int) -> Questions:
        said = new[from_end <= most_fresh]
        marked = np.r_[np.zeros(len(old), bool), np.ones(len(said), bool)]
        history = told(data, np.r_[old, said], members, fresh=marked)
        return asking(data, members, history, seen, wanted, titles, groups)

    return Trial(data.interactions(learned), {name: questions(k) for name, k in CURVE.items()})


def _exact(data: Dataset, members: NDArray[np.int64], events: Events) -> Bools:
    """(m,) whether the true moment of every event of a member is known."""
    doubtful = np.bincount(data.profile[events[~data.exact[events]]], minlength=len(data.profiles))
    return np.asarray(doubtful[members] == 0)
