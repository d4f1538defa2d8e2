"""Influence: how much what was shown moves what is chosen later; and how far choices move at all.

Pages must show titles drawn at random. Then what a person was shown is independent of their taste, and what it does to
later choices is caused by it, whatever that taste is and however it moves by itself.

    e(page)  = sum of the features of what was on screen on the person's earlier days (g,)
    u(tile)  = sum over features of e * feature / spread, without earlier views of the tile's own title
    pull     = sum over choices of (u of the chosen tile - mean of u on screen)
               / sum over choices of the variance of u on screen

`pull` is one Newton step from 0 towards the coefficient of u in a logit choice among the tiles on screen. Features are
centred over what was viewed. The person's mean of e over their c choices, times c / (c + LASTING), is taken from e, so
that lasting taste adds little noise. Views of a title do not count in its own u: they have another effect, it may have
been watched. So hardly any pull is expected without influence, in any world. Errors are those of the jackknife.

What pull an influence gives depends on attention and choice. A simulation tells: b(influence) = slope * influence;
inverting it is indirect inference.

    moved    = mean |late - early| ** 2 / mean of |early| ** 2 and |late| ** 2, over persons

early, late (g,): what a person is expected to choose less what is on screen, in two spans of time. Squares are products
of different choices, so that luck, of which each choice has its own, cancels.

v: pages, k: tiles on screen, c: choices, n: titles, g: features, p: persons.
Sources: C. Gourieroux, A. Monfort, E. Renault, "Indirect Inference", Journal of Applied Econometrics 8 (1993);
interval of a ratio: E. C. Fieller, JRSS B 16 (1954); jackknife: R. G. Miller, Biometrika 61 (1974).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from playbill.errors import InputError
from playbill.slate import Bools, Floats

Ints = NDArray[np.int64]

LASTING = 30.0
"""Choices whose luck is as large as what lasting taste adds. Any value is valid; this one gives small errors."""


@dataclass(frozen=True)
class Screens:
    """What came on screen of v pages, and what was chosen there. Pages are in any order."""

    person: Ints  # (v,) from 0
    day: Ints  # (v,) what is seen on a day can move choices from the next one on
    chosen: Ints  # (v,) title played from the page, -1: none
    page: Ints  # (k,) index of the page of each tile on screen
    title: Ints  # (k,)

    def of(self, pages: Bools) -> Screens:
        """The pages of a mask (v,)."""
        tiles = pages[self.page]
        number = np.cumsum(pages) - 1
        return Screens(
            self.person[pages], self.day[pages], self.chosen[pages], number[self.page[tiles]], self.title[tiles]
        )

    @property
    def hit(self) -> Bools:
        """(k,) whether a tile was chosen."""
        hit: Bools = self.title == self.chosen[self.page]
        return hit

    @property
    def decided(self) -> Bools:
        """(v,) whether one of the tiles on screen was chosen."""
        some: Bools = np.bincount(self.page[self.hit], minlength=len(self.person)) > 0
        return some


@dataclass(frozen=True)
class Pull:
    """How strongly earlier views pull choices, in units of the features; see the head of this file."""

    value: float
    error: float  # standard error
    persons: int  # who chose anything

    @property
    def quantile(self) -> float:
        """Errors to either side that make an interval of 95 %."""
        return float(student.ppf(0.975, self.persons - 1))


@dataclass(frozen=True)
class Estimate:
    """An influence and where it lies with 95 % confidence; infinite where that cannot be said."""

    value: float
    low: float
    high: float

    def holds(self, truth: float) -> bool:
        """Whether the truth lies within."""
        return self.low <= truth <= self.high


@dataclass(frozen=True)
class Binding:
    """Which pull an influence gives: b(influence) = slope * influence."""

    slope: float
    error: float  # standard error of the slope
    scatter: float  # standard deviation of the slope between worlds of one kind

    def influence(self, pull: Pull) -> Estimate:
        """The influences under which the pull is not surprising: (pull - slope x)² <= q² (error² + x² spread²)."""
        q2, s2 = pull.quantile**2, self.error**2 + self.scatter**2
        value, a = pull.value / self.slope, self.slope**2 - q2 * s2
        root = self.slope**2 * pull.value**2 - a * (pull.value**2 - q2 * pull.error**2)
        if a <= 0 or root < 0:
            return Estimate(value, -np.inf, np.inf)
        low, high = ((self.slope * pull.value + sign * np.sqrt(root)) / a for sign in (-1, 1))
        return Estimate(value, float(low), float(high))


def bound(influence: Floats, pull: Floats, error: Floats) -> Binding:
    """The binding of m simulated worlds: planted influence (m,), not 0; pull (m,); its standard error (m,).

    Worlds whose pulls differ by more than their errors have different slopes; the excess is the scatter.
    """
    slopes, errors, m = pull / influence, error / np.abs(influence), len(pull)
    weight, scatter = errors**-2.0, 0.0
    for _ in range(20):
        slope = float(np.average(slopes, weights=weight))
        excess = (slopes - slope) ** 2 * m / (m - 1) - errors**2
        scatter = float(np.sqrt(max(np.average(excess, weights=weight**2), 0.0)))
        weight = 1 / (errors**2 + scatter**2)
    return Binding(slope, float(weight.sum() ** -0.5), scatter)


def pull(screens: Screens, features: Floats) -> Pull:
    """The pull of earlier views. features: (n, g), such as the parts of genres in titles.

    Raises InputError where fewer than two persons chose anything after a day with views.
    """
    a, b = _sums(screens, features)
    some = b > 0
    a, b = a[some], b[some]
    if len(a) < 2:
        raise InputError(
            f"{len(a)} persons chose from pages after an earlier day with pages. Give the views and plays of more "
            "persons, or of more days."
        )
    without = (a.sum() - a) / (b.sum() - b)
    error = np.sqrt((len(a) - 1) * np.mean((without - without.mean()) ** 2))
    return Pull(float(a.sum() / b.sum()), float(error), len(a))


def _sums(screens: Screens, features: Floats) -> tuple[Floats, Floats]:
    """(p,) numerator and (p,) denominator of the pull."""
    v, title, page, person = len(screens.person), screens.title, screens.page, screens.person
    views = np.bincount(title, minlength=len(features)) / len(title)
    x = features - views @ features
    spread = np.sqrt(views @ x**2)
    x, spread = x[:, spread > 0], spread[spread > 0]
    tiles = np.bincount(page, minlength=v)
    shown = np.stack([tiles, *(np.bincount(page, column[title], v) for column in x.T)], 1)
    decided = screens.decided
    later, share = _later(screens, decided)
    past = _past(shown, person, screens.day, later, share)
    own = _past(np.ones((len(title), 1)), person[page] * len(x) + title, screens.day[page], later[page], share[page])
    on = decided[page]
    tile, at = title[on], page[on]
    surplus = own[on, 0] - past[at, 0] * views[tile]
    u = np.einsum("kg,kg->k", (x / spread)[tile], past[at, 1:]) - surplus * (x**2 / spread).sum(1)[tile]
    many = np.maximum(tiles, 1)
    mean = np.bincount(at, u, v) / many
    variance = np.bincount(at, (u - mean[at]) ** 2, v) / many
    gain = np.bincount(at, u * screens.hit[on], v) - mean
    a, b = (np.bincount(person[decided], x[decided]) for x in (gain, variance))
    return a.astype(np.float64), b.astype(np.float64)


def _later(screens: Screens, decided: Bools) -> tuple[Floats, Floats]:
    """(v,) choices of the person on later days than the page's; (v,) 1 / (c + LASTING) of the person."""
    choices, nothing = decided.astype(np.float64), np.zeros(len(decided))
    later = _past(choices[:, None], screens.person, -screens.day, nothing, nothing)
    return later[:, 0], 1 / (np.bincount(screens.person, choices)[screens.person] + LASTING)


def _past(value: Floats, group: Ints, day: Ints, later: Floats, share: Floats) -> Floats:
    """(r, q) for each row, the sum of `value` (r, q) over rows of its group on earlier days, less a part of it.

    That part is `share` (r,) times its sum over the person's choices, which is the sum of value * later over the group.
    """
    order = np.lexsort((day, group))
    value, group, day = value[order], group[order], day[order]
    first = np.r_[True, group[1:] != group[:-1]]
    new = first | np.r_[True, day[1:] != day[:-1]]
    begin, today = (np.flatnonzero(starts)[np.cumsum(starts) - 1] for starts in (first, new))
    upto = np.concatenate([np.zeros((1, value.shape[1])), np.cumsum(value, 0)])
    total = np.add.reduceat(value * later[order, None], np.flatnonzero(first), 0)[np.cumsum(first) - 1]
    past = np.empty_like(value)
    past[order] = upto[today] - upto[begin] - share[order, None] * total
    return past


def preferred(screens: Screens, features: Floats) -> tuple[Ints, Floats]:
    """(c,) the pages on which something was chosen, and (c, g) its features less their mean on screen."""
    v, decided = len(screens.person), screens.decided
    tiles = np.maximum(np.bincount(screens.page, minlength=v), 1)
    mean = np.stack([np.bincount(screens.page, column[screens.title], v) / tiles for column in features.T], 1)
    pages = np.flatnonzero(decided)
    return pages, features[screens.chosen[pages]] - mean[pages]


def moved(person: Ints, late: Bools, profile: Floats, luck: bool = True) -> Estimate:
    """How far persons' choices moved from an early span to a late one, relative to how far persons lie apart.

    person, late: (c,) of each choice; profile: (c, g). What all persons have in common is taken out, in each span.
    luck: False where profiles are known without it; their squares are then whole. Persons with two choices in each span
    count, by their number of choices. Raises InputError where there are not two such persons.
    """
    p = int(person.max(initial=-1)) + 1
    count, total, square = np.zeros((2, p)), np.zeros((2, p, profile.shape[1])), np.zeros((2, p))
    for span, among in enumerate((~late, late)):
        if not among.any():
            continue
        d, who = profile[among] - profile[among].mean(0), person[among]
        count[span] = np.bincount(who, minlength=p)
        total[span] = np.stack([np.bincount(who, column, p) for column in d.T], 1)
        square[span] = np.bincount(who, (d**2).sum(1), p)
    enough = (count >= 2).all(0)
    if enough.sum() < 2:
        raise InputError(f"{enough.sum()} persons chose twice in both spans. Give the choices of more persons or days.")
    count, total, square = count[:, enough], total[:, enough], square[:, enough]
    within = ((total**2).sum(2) - luck * square) / (count * (count - luck))
    across = (total[0] * total[1]).sum(1) / (count[0] * count[1])
    weight, apart = count.sum(0), within.mean(0)
    drift = within.sum(0) - 2 * across
    value = float((weight @ drift) / (weight @ apart))
    error = float(np.sqrt(np.sum((weight * (drift - value * apart)) ** 2)) / (weight @ apart))
    return Estimate(value, value - 1.96 * error, value + 1.96 * error)
