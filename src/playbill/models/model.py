"""The contract of models: score viewers over the whole catalogue, say why, and be trained on columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from playbill.catalog import Catalog
from playbill.histories import Histories
from playbill.interactions import Interactions
from playbill.slate import Floats, Numbers
from playbill.viewer import Viewer

Singles = NDArray[np.float32]

Arrays = Mapping[str, NDArray[Any]]
"""What a trained model is: named arrays of plain dtypes, saved without anything executable."""


@runtime_checkable
class Scorer(Protocol):
    """Says how likely each title is the member's next play."""

    def scores(self, viewers: Sequence[Viewer], n: int) -> Floats:
        """(m, n) share of the next play that each title gets, 0 to 1, for m viewers over the first n titles.

        NaN: this model cannot say, and the next in the configured order speaks. Titles beyond those the model was
        trained on are NaN. What may be shown is not its business: gates decide that.
        """
        ...

    def causes(self, viewer: Viewer, titles: Numbers) -> Floats:
        """(h, k) how much each title of `viewer.titles` contributed to the score of each of k titles.

        Exact where the model is linear; shape (0, k) if the model has no causes.
        """
        ...


@runtime_checkable
class Taste(Protocol):
    """Ranks all titles for many members at once: what evaluations ask, and what blends and rankers are made of."""

    def affinities(self, histories: Histories, n: int) -> Singles:
        """(m, n) float32: the greater, the likelier the title is next; comparable within a row only.

        NaN: the model cannot say, of a title it does not know, or of a member (a whole row) it knows nothing of. Titles
        of the history are scored like any other: whoever asks leaves them out.
        """
        ...


@runtime_checkable
class Trainable(Protocol):
    """Is trained on columns, and is nothing but its arrays afterwards."""

    def train(self, interactions: Interactions, catalog: Catalog, now: int, rng: np.random.Generator) -> None:
        """Learn from the interactions. `now` (ms): the moment decayed weights are computed for."""
        ...

    def arrays(self) -> Arrays:
        """The trained model."""
        ...

    @classmethod
    def of(cls, arrays: Arrays) -> Self:
        """The model that `arrays` were taken from. Arrays may be read-only memory maps."""
        ...
