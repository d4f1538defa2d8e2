import numpy as np
import pytest

from playbill.catalog import Catalog
from playbill.events import Action, Kind, Title
from playbill.histories import Histories
from playbill.interactions import Interactions
from playbill.state import MemberState, fold_all
from playbill.viewer import Request, Viewer

CATALOG = Catalog.of([Title(f"t{i}", f"Title {i}") for i in range(5)])


def viewer(*rated: tuple[str, int, float]) -> Viewer:
    events = [Action(f"{t}@{at}", "p", Kind.RATING, at, title=t, value=value) for t, at, value in rated]
    return Viewer(Request("p", fold_all(MemberState(), events), 100), CATALOG, np.ones(5, bool))


@pytest.fixture
def both() -> Histories:
    three = viewer(("t3", 10, 9.0), ("t1", 20, 2.0), ("t0", 30, 8.0)), viewer(), viewer(("t4", 5, 9.0))
    return Histories.of(three, trained_at=20)


def test_entries_stand_oldest_first_and_what_came_after_training_is_fresh(both: Histories) -> None:
    assert both.start.tolist() == [0, 3, 3, 4] and len(both) == 3
    assert both.title.tolist() == [3, 1, 0, 4]
    assert both.weight.tolist() == [1.0, -1.0, 1.0, 1.0]
    assert both.at.tolist() == [10, 20, 30, 5]
    assert both.fresh.tolist() == [False, False, True, False]
    assert both.member.tolist() == [0, 0, 0, 2]


def test_members_are_taken_in_the_order_asked_for(both: Histories) -> None:
    some = both.take(np.array([2, 0]))
    assert some.start.tolist() == [0, 1, 4] and some.title.tolist() == [4, 3, 1, 0]


def test_the_latest_entries_of_everyone_are_kept(both: Histories) -> None:
    some = both.latest(2)
    assert some.start.tolist() == [0, 2, 2, 3] and some.title.tolist() == [1, 0, 4]
    assert both.latest(0).lengths.tolist() == [0, 0, 0]


def test_a_matrix_leaves_out_titles_beyond_its_width(both: Histories) -> None:
    np.testing.assert_array_equal(both.matrix(4).toarray(), [[1, -1, 0, 1], [0] * 4, [0] * 4])
    np.testing.assert_array_equal(both.matrix(5, both.fresh.astype(float)).toarray()[0], [1, 0, 0, 0, 0])


def test_the_histories_of_interactions_are_those_of_its_profiles() -> None:
    none = np.zeros(4, bool)
    plays = Interactions(
        ("a", "b", "c"), 5, np.array([2, 0, 2, 2], np.int32), np.array([1, 4, 0, 1], np.int32),
        np.array([7, 8, 5, 9]), np.array([1.0, 0.5, 1.0, -1.0]), none,
    )  # fmt: skip
    histories = Histories.among(plays, trained_at=7)
    assert histories.start.tolist() == [0, 1, 1, 3]
    assert histories.title.tolist() == [4, 0, 1] and histories.weight.tolist() == [0.5, 1.0, -1.0]
    assert histories.fresh.tolist() == [True, False, True]


def test_nobody_has_no_history() -> None:
    nobody = Histories.of([], 0)
    assert len(nobody) == 0 and nobody.matrix(5).shape == (0, 5)
