"""Protocols that hold out members or titles at random, as pure functions of a data set.

liang         strong generalisation: members that no model has seen, four fifths of whose likes are told
service       the same members, and what a service knows of them besides: the titles they disliked
cold_titles   a fifth of the titles lose all they had; members are asked about those only
cold_members  members of whom 0, 1, 3 or 5 likes are known

Source of the split: D. Liang, R. Krishnan, M. Hoffman, T. Jebara, "Variational Autoencoders for Collaborative
Filtering" (WWW 2018), section 4.1, and the authors' code for the order of draws. Data sets are `once`d: each profile
says one thing of each title. m: members, n: titles.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from playbill.evaluation.dataset import Dataset
from playbill.evaluation.questions import MOST, Questions, Trial, asking, at_most, offered, places_of, told
from playbill.interactions import Interactions
from playbill.slate import Bools

SEED = 98765
"""Of the published split."""

LEAST = 5
"""Likes that a member must have."""

SHARE = 0.2
"""Of a member's likes that are held out."""

COLD_SHARE = 0.2
"""Of the titles that lose all interactions."""

KNOWN = (0, 1, 3, 5)
"""Likes known of a cold member."""

Events = NDArray[np.int64]


@dataclass(frozen=True)
class Fold:
    """Who is in which part, as profiles, ascending; and what is liked."""

    likes: Events  # of all profiles, in the order of the file
    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]
    known: Bools  # (n,) titles liked by someone in train


def held_members(members: int) -> int:
    """How many members are held out for each of test and validation: a tenth, to the nearest hundred where it is a
    hundred or more, at most 10,000. MovieLens-1M: 600, MovieLens-20M: 10,000."""
    tenth = members // 10
    return min(tenth if tenth < 100 else (tenth + 50) // 100 * 100, MOST)


def folds(data: Dataset) -> int:
    """How many folds there are such that no member is tested twice: 10 at most; 0 for fewer than 10 members."""
    likes = np.bincount(data.profile[data.likes], minlength=len(data.profiles))
    members = int((likes >= LEAST).sum())
    held = held_members(members)
    return min(members // held, 10) if held else 0


def fold_of(data: Dataset, fold: int, seed: int = SEED) -> Fold:
    """One split of the members. The permuted list is rotated by the size of a part for each fold."""
    likes = np.flatnonzero(data.likes)
    count = np.bincount(data.profile[likes], minlength=len(data.profiles))
    members = np.flatnonzero(count >= LEAST)
    permuted = members[_legacy(seed).permutation(len(members))]
    held = held_members(len(members))
    permuted = np.roll(permuted, held * fold)
    rest = len(permuted) - held
    train = np.sort(permuted[: rest - held])
    mine = likes[_among(data, train)[data.profile[likes]]]
    return Fold(likes, train, np.sort(permuted[rest - held : rest]), np.sort(permuted[rest:]), offered(data, mine))


def liang(data: Dataset, fold: int = 0, seed: int = SEED, most: int = MOST) -> Trial:
    """Likes only. Titles that nobody in train liked are unknown to everybody."""
    parts = fold_of(data, fold, seed)
    train = data.interactions(parts.likes[_among(data, parts.train)[data.profile[parts.likes]]])
    return _trial(train, *(
        {"likes": _strong(data, parts, members, seed, most)} for members in (parts.test, parts.validation)
    ))  # fmt: skip


def service(data: Dataset, fold: int = 0, seed: int = SEED, most: int = MOST) -> Trial:
    """The members, likes and wanted titles of `liang`; disliked titles are told with weight -1 and never offered."""
    parts = fold_of(data, fold, seed)
    train = data.interactions(_among(data, parts.train)[data.profile])
    return _trial(train, *(
        {"service": _strong(data, parts, members, seed, most, dislikes=True)}
        for members in (parts.test, parts.validation)
    ))  # fmt: skip


def cold_titles(data: Dataset, seed: int = SEED, most: int = MOST) -> tuple[Trial, Trial]:
    """Trained without anything of a fifth of the titles; and the ceiling: the same questions, trained with it.

    Members of the test part of fold 0 are told without those titles, and want all of those they like.
    """
    parts = fold_of(data, 0, seed)
    titles = np.flatnonzero(parts.known)
    gone = np.random.default_rng(seed).choice(titles, int(COLD_SHARE * len(titles)), replace=False)
    cold = np.zeros(len(data.catalog), bool)
    cold[gone] = True
    train = parts.likes[_among(data, parts.train)[data.profile[parts.likes]]]

    def questions(members: NDArray[np.int64]) -> Questions:
        members = at_most(members, most, seed)
        mine = parts.likes[_among(data, members)[data.profile[parts.likes]] & parts.known[data.title[parts.likes]]]
        warm, wanted = mine[~cold[data.title[mine]]], mine[cold[data.title[mine]]]
        return asking(data, members, told(data, warm, members), warm, wanted, cold)

    test, validation = questions(parts.test), questions(parts.validation)
    without, whole = data.interactions(train[~cold[data.title[train]]]), data.interactions(train)
    return _trial(without, {"cold": test}, {"cold": validation}), _trial(whole, {"warm": test}, {"warm": validation})


def cold_members(data: Dataset, seed: int = SEED, most: int = MOST) -> Trial:
    """Members of the test part of fold 0 of whom their first 0, 1, 3 or 5 likes are told, by time where it is known.

    The first 5 are never offered, and all others are wanted, however many are told: so answers can be compared.
    """
    parts = fold_of(data, 0, seed)
    train = data.interactions(parts.likes[_among(data, parts.train)[data.profile[parts.likes]]])

    def questions(members: NDArray[np.int64]) -> dict[str, Questions]:
        members = at_most(members, most, seed)
        liked = data.order[data.likes[data.order]]
        mine = liked[_among(data, members)[data.profile[liked]] & parts.known[data.title[liked]]]
        place = places_in(data.profile[mine])
        first, wanted = mine[place < max(KNOWN)], mine[place >= max(KNOWN)]
        early = place[place < max(KNOWN)]
        return {
            f"{known} likes": asking(data, members, told(data, first[early < known], members), first, wanted,
                                     parts.known)
            for known in KNOWN
        }  # fmt: skip

    return _trial(train, questions(parts.test), questions(parts.validation))


def places_in(profile: NDArray[np.int32]) -> NDArray[np.int64]:
    """(e,) the place, from 0, of each event among those of its profile; events stand by profile."""
    return np.arange(len(profile)) - np.searchsorted(profile, profile)


def _strong(
    data: Dataset, parts: Fold, members: NDArray[np.int64], seed: int, most: int, dislikes: bool = False
) -> Questions:
    """Four fifths of each member's likes against the fifth that is held out."""
    mine = parts.likes[_among(data, members)[data.profile[parts.likes]] & parts.known[data.title[parts.likes]]]
    mine = mine[np.argsort(data.profile[mine], kind="stable")]  # by member; each one's in the order of the file
    held = held_out(np.bincount(places_of(data, members)[data.profile[mine]], minlength=len(members)), seed)
    asked = _among(data, at_most(members, most, seed))  # drawn after the split, which is the same for any `most`
    kept = asked[data.profile[mine]]
    seen, wanted, members = mine[~held & kept], mine[held & kept], np.flatnonzero(asked)
    weight = np.ones(len(seen))
    if dislikes:
        low = np.flatnonzero(~data.likes & asked[data.profile])
        seen, weight = np.r_[seen, low], np.r_[weight, np.full(len(low), -1.0)]
    return asking(data, members, told(data, seen, members, weight), seen, wanted, parts.known)


def held_out(counts: NDArray[np.int64], seed: int = SEED) -> Bools:
    """(e,) which likes are held out, of members with so many each, one member after the other."""
    draw = _legacy(seed)
    held = np.zeros(int(counts.sum()), bool)
    begin = 0
    for count in counts.tolist():
        if count >= LEAST:
            held[begin + draw.choice(count, size=int(SHARE * count), replace=False)] = True
        begin += count
    return held


def _trial(train: Interactions, test: dict[str, Questions], validation: dict[str, Questions]) -> Trial:
    return Trial(train, test, Trial(train, validation))


def _among(data: Dataset, members: NDArray[np.int64]) -> Bools:
    """(profiles,) whether each is one of these."""
    among = np.zeros(len(data.profiles), bool)
    among[members] = True
    return among


def _legacy(seed: int) -> np.random.RandomState:
    """The generator of the published split: `np.random.seed(seed)` without touching the global one."""
    return np.random.RandomState(seed)
