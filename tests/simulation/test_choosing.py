import numpy as np
import pytest

from playbill.simulation.attention import Look
from playbill.simulation.choosing import choose, greatest
from playbill.simulation.dice import Dice
from playbill.simulation.parameters import Choosing
from playbill.simulation.service import Visits
from playbill.slate import Floats

V = 30_000
DICE = Dice(11)
WORTH = np.array([1.0, 0.2, -0.5, 2.0, 0.0, 1.2])
ROW = np.array([0, 0, 0, 1, 1, 3])
LEAVE = 1.5


def visits_of(v: int = V) -> Visits:
    zero = np.zeros(v, np.int8)
    person = np.arange(v, dtype=np.int32)
    return Visits(np.arange(v), zero, person, person, np.arange(v), zero, zero, np.full(v, 60, np.float32))


def seen(titles: list[int], rows: np.ndarray, v: int = V) -> Look:
    """The same tiles, seen by all visits."""
    k = len(titles)
    column = np.arange(k) - np.searchsorted(rows, rows)
    visit = np.repeat(np.arange(v), k)
    empty = np.zeros(v, np.int64)
    return Look(
        empty, empty[:, None], visit, np.tile(rows, v), np.tile(column, v), np.tile(np.array(titles, np.int32), v)
    )


def shares(worth: Floats = WORTH, rows: np.ndarray = ROW, titles: list[int] | None = None, **values) -> Floats:
    """How often each tile is played, and, last, none."""
    k = len(worth)
    look = seen(titles or list(range(k)), rows)
    chosen = choose(visits_of(), look, np.tile(worth, V), Choosing(**values), DICE)
    assert ((chosen < 0) | (chosen // k == np.arange(V))).all()  # a tile of the own page
    return np.bincount(np.where(chosen < 0, k, chosen % k), minlength=k + 1) / V


def logit(worth: Floats, leave: float) -> Floats:
    weights = np.exp([*worth, leave])
    return weights / weights.sum()


def nested(worth: Floats, rows: np.ndarray, leave: float, within: float) -> Floats:
    """P(tile) = P(row) P(tile | row), by the formulas of Train's chapter 4."""
    inside = np.exp(worth / within)
    total = np.bincount(rows, inside)[rows]
    value = total**within
    everything = sum(value[rows == row][0] for row in np.unique(rows)) + np.exp(leave)
    return np.append(inside / total * value / everything, np.exp(leave) / everything)


def close(seen_share: Floats, chance: Floats) -> None:
    np.testing.assert_array_less(np.abs(seen_share - chance), 4.5 * np.sqrt(chance * (1 - chance) / V) + 1e-9)


def test_logit_plays_each_tile_and_leaves_as_often_as_the_softmax_says() -> None:
    close(shares(leave=LEAVE), logit(WORTH, LEAVE))
    close(shares(worth=WORTH + 3, leave=LEAVE), logit(WORTH + 3, LEAVE))


def test_nested_choice_follows_its_formula() -> None:
    for within in (0.3, 0.7):
        close(shares(model="nested", leave=LEAVE, within_row=within), nested(WORTH, ROW, LEAVE, within))


def test_nested_choice_with_dissimilar_tiles_is_logit() -> None:
    np.testing.assert_allclose(nested(WORTH, ROW, LEAVE, 1.0), logit(WORTH, LEAVE))
    close(shares(model="nested", leave=LEAVE, within_row=1.0), logit(WORTH, LEAVE))


def test_alike_tiles_of_a_row_share_what_one_of_them_would_get() -> None:
    worth, rows = np.zeros(4), np.array([0, 0, 0, 1])
    got = shares(worth, rows, model="nested", leave=0.0, within_row=0.01)
    close(np.array([got[:3].sum(), got[3], got[4]]), np.full(3, 1 / 3))
    close(shares(worth, rows, leave=0.0), np.full(5, 1 / 5))


def test_the_satisficing_play_the_first_tile_that_is_good_enough() -> None:
    good = 1 - np.exp(-np.exp(WORTH - 1.4))  # P(u + Gumbel >= enough)
    before = np.append(1.0, np.cumprod(1 - good))
    close(shares(model="satisficing", enough=1.4), np.append(good * before[:-1], before[-1]))


def test_for_the_satisficing_order_counts_and_for_the_others_it_does_not() -> None:
    worth = np.full(6, 1.0)
    first, *_, last, _ = shares(worth, model="satisficing", enough=1.0)
    assert first > 5 * last
    first, *_, last, _ = shares(worth, leave=1.0)
    assert first == pytest.approx(last, abs=0.012)


@pytest.mark.parametrize("model", ["logit", "nested"])
def test_leaving_is_an_alternative_among_others(model: str) -> None:
    assert shares(model=model, leave=-20.0)[-1] == 0
    assert shares(model=model, leave=20.0)[-1] == 1


def test_the_noise_of_a_title_does_not_depend_on_its_place() -> None:
    titles, order = list(range(6)), np.array([3, 5, 0, 1, 4, 2])
    one = choose(visits_of(), seen(titles, ROW), np.tile(WORTH, V), Choosing(leave=LEAVE), DICE)
    two = choose(
        visits_of(), seen(order.tolist(), np.zeros(6, int)), np.tile(WORTH[order], V), Choosing(leave=LEAVE), DICE
    )
    np.testing.assert_array_equal(np.where(one < 0, -1, one % 6), np.where(two < 0, -1, order[two % 6]))


def test_a_further_tile_is_played_or_changes_nothing() -> None:
    few = choose(visits_of(), seen(list(range(5)), ROW[:5]), np.tile(WORTH[:5], V), Choosing(leave=LEAVE), DICE)
    more = choose(visits_of(), seen(list(range(6)), ROW), np.tile(WORTH, V), Choosing(leave=LEAVE), DICE)
    few, more = np.where(few < 0, -1, few % 5), np.where(more < 0, -1, more % 6)
    np.testing.assert_array_equal(more[more != 5], few[more != 5])
    assert (more == 5).mean() > 0.1


def test_a_session_chooses_the_same_in_any_batch_and_with_other_luck_on_its_next_page() -> None:
    look, visits = seen(list(range(6)), ROW, 100), visits_of(100)
    for model in ("logit", "nested", "satisficing"):
        values = Choosing(model=model, leave=LEAVE, enough=1.5)
        all_of_them = choose(visits, look, np.tile(WORTH, 100), values, DICE)
        alone = choose(visits.take(np.array([42])), seen(list(range(6)), ROW, 1), WORTH, values, DICE)
        assert alone[0] == (all_of_them[42] - 42 * 6 if all_of_them[42] >= 0 else -1)
        later = Visits(*(getattr(visits, n) + (n == "part") for n in Visits.__dataclass_fields__))
        assert not np.array_equal(choose(later, look, np.tile(WORTH, 100), values, DICE), all_of_them)


@pytest.mark.parametrize("model", ["logit", "nested", "satisficing"])
def test_who_sees_nothing_plays_nothing(model: str) -> None:
    nothing = seen([], np.zeros(0, np.int64), 5)
    assert choose(visits_of(5), nothing, np.zeros(0), Choosing(model=model), DICE).tolist() == [-1] * 5
    none = np.zeros(2, np.int64)
    middle = Look(np.zeros(3), np.zeros((3, 1)), none + 1, none, np.arange(2), np.arange(2, dtype=np.int32))
    chosen = choose(visits_of(3), middle, np.full(2, 50.0), Choosing(model=model), DICE)
    assert chosen[0] == chosen[2] == -1 and chosen[1] in (0, 1)


@pytest.mark.parametrize("model", ["logit", "nested"])
def test_very_different_utilities_do_not_overflow(model: str) -> None:
    worth = np.array([-700.0, 0.0, 600.0, 0.0, 0.0, 0.0])
    assert shares(worth, model=model, within_row=0.01)[2] == 1


def test_the_greatest_of_each_group_is_found() -> None:
    group = np.sort((DICE.uniform("group", np.arange(200)) * 40).astype(np.int64))
    value = DICE.normal("value", np.arange(200))
    found = greatest(45, group, value)
    for number, winner in enumerate(found.tolist()):
        own = np.flatnonzero(group == number)
        assert winner == (own[np.argmax(value[own])] if len(own) else -1)
    assert greatest(2, np.zeros(0, np.int64), np.zeros(0)).tolist() == [-1, -1]
