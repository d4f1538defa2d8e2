"""Similar: which titles are like one title. The same for everybody; which of them a member is shown is the viewer's.

    similarity_j = trust · B+_j / max B+ + likeness · cosine_j          trust = plays / (plays + half_trust)

The first part is co-play, B+ the positive part of the anchor's row of `Linear`: people who played the anchor play j
more than the rest of what they played explains. Of an anchor that few played it says little, so it is trusted by its
plays. The second is the cosine of features (`Content.like`). Both are cut off below a floor, so whatever is above 0 is
related: played by the same people, or alike.
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

NOISE = 1e-6
"""Entries of B that are not above what float32 leaves of a zero; one common player gives a thousand times as much."""


@dataclass(frozen=True)
class SimilarConfig:
    """How the parts are weighed. On MovieTweetings the nearest 20 of a member's last liked title hold .15 of what they
    played next by co-play alone, .13 like this; but by co-play alone Ghost Rider is like Volver."""

    likeness: float = 1.0  # what identical features count for, in units of the strongest co-play
    half_trust: float = 50.0  # plays of the anchor from which its co-play counts one half
    least_coplay: float = 0.1  # of the strongest; less is within what chance does
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
        if near is not None:
            similarity[self.linear.titles] += self._coplay(near, self.linear.plays[self.linear.titles == title].item())
        similarity[title] = 0.0
        return similarity

    def _coplay(self, near: Floats, plays: float) -> Floats:
        """(k,) the first part, from the anchor's row of B and how many profiles played it."""
        part = np.where(near > NOISE, near, 0.0) / max(float(near.max()), NOISE)
        part[part < self.config.least_coplay] = 0.0
        return np.asarray(part * plays / (plays + self.config.half_trust))
