"""Similar: which titles are like one title. The same for everybody; which of them a member is shown is the viewer's.

    similarity_j = B+_j / max B+ + likeness · cosine_j        B+: the positive part of the anchor's row of `Linear`

The first part is co-play: people who played the anchor play j more than the rest of what they played explains. The
second is features weighted by rarity (`Content.like`); it alone speaks where one of the two was played too little. Both
are cut off below a floor, so whatever is above 0 is related: played by the same people, or alike in rare features.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

from playbill.catalog import Catalog
from playbill.models.content import Content
from playbill.models.linear import Linear
from playbill.models.model import Trainable
from playbill.slate import Floats


@dataclass(frozen=True)
class SimilarConfig:
    """How the two parts are weighed."""

    likeness: float = 0.5  # what identical features count for, in units of the strongest co-play
    least_coplay: float = 0.02  # of the strongest; less is within what chance does
    least_likeness: float = 0.1  # cosine; to share a decade and a country is no likeness


class Similar:
    """Title to title. Holds nothing of its own. n: titles of the catalogue."""

    def __init__(self, linear: Linear, content: Content, n: int, config: SimilarConfig = SimilarConfig()) -> None:
        """n may be greater than what the models were trained on; such titles are similar to none."""
        self.linear, self.content, self.n, self.config = linear, content, n, config

    @classmethod
    def of_release(cls, models: Mapping[str, Trainable], catalog: Catalog) -> Self:
        """The similarity by a release's models. Raises KeyError if one is missing."""
        linear, content = models["linear"], models["content"]
        assert isinstance(linear, Linear) and isinstance(content, Content)
        return cls(linear, content, len(catalog))

    def to(self, title: int) -> Floats:
        """(n,) similarity of every title to `title`, 0 to 1 + likeness; 0: not related, and for the title itself."""
        similarity = np.zeros(self.n)
        alike = self.content.like(title)
        similarity[: len(alike)] = self.config.likeness * np.where(alike >= self.config.least_likeness, alike, 0.0)
        near = self.linear.near(title)
        if near is not None and near.max() > 0:
            played = near / near.max()
            similarity[self.linear.titles] += np.where(played >= self.config.least_coplay, played, 0.0)
        similarity[title] = 0.0
        return similarity
