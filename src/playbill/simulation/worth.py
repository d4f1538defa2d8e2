"""What titles are worth to persons, now: before they choose, and once they watch.

    attraction = taste . traits + quality_weight * picky * quality + appeal + allure + mood + picture + repeat
    enjoyment  = taste . traits + watching.quality * quality_weight * picky * quality - allure + luck

Attraction is in units of the choice noise. Clickbait is what has allure: it promises and does not keep.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from playbill.catalog import Catalog
from playbill.simulation.dice import Dice
from playbill.simulation.lives import Lives
from playbill.simulation.members import Members
from playbill.simulation.parameters import Parameters
from playbill.simulation.service import Ints, Numbers, Single, Small
from playbill.simulation.tastes import matched
from playbill.simulation.titles import Titles
from playbill.slate import Bools, Floats


class Worth:
    """Utilities of n titles to p persons, as their lives are."""

    def __init__(self, titles: Titles, members: Members, lives: Lives, parameters: Parameters, dice: Dice) -> None:
        self.titles, self.members, self.lives, self.parameters, self.dice = titles, members, lives, parameters, dice
        self.steady: Single = (titles.appeal + titles.allure).astype(np.float32)
        """(n,) what everyone is drawn by, whatever the day."""

    def attraction(self, person: Numbers | Ints, title: Numbers, mood: Single, arm: Small | None = None) -> Single:
        """(k,) utility of choosing titles, with the pictures they are shown with; for pairs. mood: (n,) of the day."""
        tastes, titles = self.parameters.tastes, self.titles
        worth = matched(self.lives.taste, person, titles, title)
        worth += self.steady[title] + mood[title]
        worth += tastes.quality_weight * self.members.picky[person] * titles.quality[title]
        if arm is not None and tastes.picture_weight:
            picture = np.einsum("kf,kf->k", self.members.eye[person], titles.pictures[title, arm])
            worth += tastes.picture_weight * self._eye * picture
        known = self.lives.has_finished(person, title)
        worth += np.where(known, np.where(self.members.kid[person], tastes.repeat_kids, tastes.repeat), 0)
        return worth

    @cached_property
    def _eye(self) -> float:
        """Scales the meeting of a standard normal eye with pictures to unit spread."""
        shown = np.arange(self.titles.pictures.shape[1]) < self.titles.arms[:, None]
        norms = (self.titles.pictures[shown] ** 2).sum(1)
        return float(1 / np.sqrt(max(norms.mean(), 1e-12))) if len(norms) else 0.0

    def enjoyment(self, person: Numbers, title: Numbers, number: Ints, part: Small) -> Floats:
        """(k,) how much plays are enjoyed: taste and quality, not promise; and luck."""
        tastes, watching = self.parameters.tastes, self.parameters.watching
        quality = watching.quality * tastes.quality_weight * self.members.picky[person] * self.titles.quality[title]
        luck = watching.noise * self.dice.normal("enjoyment", number, part, title)
        return matched(self.lives.taste, person, self.titles, title) + quality - self.titles.allure[title] + luck

    @cached_property
    def _windows(self) -> Catalog:
        return Catalog.of(self.titles.titles)

    @cached_property
    def _changes(self) -> Ints:
        """Moments, ms, at which some title opens or closes somewhere."""
        windows = [w for title in self.titles.titles for w in title.windows]
        times = [t for w in windows for t in (w.start, w.until) if t is not None]
        return np.unique(np.r_[self.titles.launch, np.array(times, np.int64)])

    def span(self, at: Ints) -> Ints:
        """(k,) numbers of the spans of time in which moments (ms) lie; within a span the same titles are open."""
        return np.searchsorted(self._changes, at, "right")

    def open(self, at: int, country: int) -> Bools:
        """(n,) which titles can be watched at a moment (ms) in a country of the world."""
        code = self.parameters.people.countries[country]
        return self._windows.available(at, code) & (self.titles.launch <= at)
