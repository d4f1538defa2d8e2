"""The table of likes says what working them out would say."""

from __future__ import annotations

import numpy as np

from playbill.models.near import NEAREST, Near, nearest


class Alike:
    """Titles are the more alike the closer their numbers; beyond three apart not at all."""

    def to(self, title: int) -> np.ndarray:  # type: ignore[type-arg]
        apart = np.abs(np.arange(30) - title)
        return np.where((apart > 0) & (apart <= 3), 1.0 / np.maximum(apart, 1), 0.0)


def test_the_table_has_the_most_played_titles_and_says_the_same_as_asking() -> None:
    plays = np.zeros(30)
    plays[[5, 0, 29]] = [9.0, 3.0, 2.0]
    table = Near.among(Alike(), plays, most=2)  # type: ignore[arg-type]
    assert table.titles.tolist() == [5, 0]
    for title in (5, 0):
        slate, asked = table.to(title), nearest(Alike(), title)  # type: ignore[arg-type]
        assert slate is not None
        assert slate.titles.tolist() == asked.titles.tolist() and slate.scores.tolist() == asked.scores.tolist()
    assert table.to(29) is None
    assert nearest(Alike(), 5).titles.tolist() == [4, 6, 3, 7, 2, 8]  # type: ignore[arg-type]


def test_the_table_is_its_arrays() -> None:
    table = Near.among(Alike(), np.ones(30))  # type: ignore[arg-type]
    again = Near.of(table.arrays())
    assert all(again.to(t).titles.tolist() == table.to(t).titles.tolist() for t in range(30))  # type: ignore[union-attr]
    assert table.arrays()["near"].shape == (30, NEAREST)
    assert Near.none().to(3) is None
