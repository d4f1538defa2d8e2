from collections.abc import Callable

import numpy as np
import pytest
from scipy.special import expit, logit

from playbill.simulation.attention import SCREENS, Look, curve, look
from playbill.simulation.dice import Dice
from playbill.simulation.parameters import Attention
from playbill.simulation.service import DEVICES, Pages, Visits

DICE = Dice(5)
MODELS = ("gaze", "cascade", "rows_first")
ENDLESS, NONE = 40.0, -40.0
"""Patience that brings the whole page on screen, and patience for nothing beyond the first screen."""


def visits_of(v: int, device: int | None = None) -> Visits:
    """v visits, on all devices in turn or on one."""
    number = np.arange(v)
    devices = (number % len(DEVICES) if device is None else np.full(v, device)).astype(np.int8)
    zero = np.zeros(v, np.int8)
    person = number.astype(np.int32)
    return Visits(number, zero, person, person, number, devices, zero, np.full(v, 60, np.float32))


def pages_of(titles: np.ndarray) -> Pages:
    v, r, _ = titles.shape
    return Pages(titles.astype(np.int32), np.zeros(titles.shape, np.int8), np.zeros((v, r), bool))


def full(v: int, r: int, c: int) -> Pages:
    return pages_of(np.broadcast_to(np.arange(r * c).reshape(r, c), (v, r, c)))


def ragged(v: int, r: int, c: int) -> Pages:
    """Pages of which the rows end early, some without any title, some pages without any at all."""
    lengths = (DICE.uniform("length", np.arange(v)[:, None], np.arange(r)) * (c + 1)).astype(np.int64)
    lengths[np.arange(r) >= (np.arange(v) % (r + 1))[:, None]] = 0
    return pages_of(np.where(np.arange(c) < lengths[:, :, None], np.arange(r * c).reshape(r, c), -1))


def seen(
    visits: Visits, pages: Pages, patience: float = ENDLESS, brief: bool = False,
    promise: Callable = lambda visit, title: np.zeros(len(title), np.float32), **values,
) -> Look:  # fmt: skip
    v = len(visits)
    return look(visits, pages, np.full(v, brief), np.full(v, patience, np.float32), Attention(**values), DICE, promise)


def attended(found: Look, pages: Pages) -> np.ndarray:
    """(v, r, c) of what is looked at."""
    cells = np.zeros(pages.titles.shape, bool)
    cells[found.visit, found.row, found.column] = True
    return cells


def close(share, chance, n) -> bool:
    """Whether shares of n draws each are as near to chances as 5 standard deviations."""
    return bool(np.all(np.abs(share - chance) <= 5 * np.sqrt(np.maximum(chance * (1 - chance), 1e-4) / n)))


# Gaze ----------------------------------------------------------------------------------------------------------------


def test_gaze_attends_to_each_tile_as_often_as_its_curve_says() -> None:
    v = 24_000
    visits, pages = visits_of(v), full(v, 6, 12)
    cells = attended(seen(visits, pages), pages)
    for device in range(len(DEVICES)):
        mine = visits.device == device
        chance = curve((6, 12), np.array([device], np.int8), Attention())[0]
        assert close(cells[mine].mean(0), chance, mine.sum())


def test_the_curve_falls_by_its_decays_and_rises_at_mid_screen() -> None:
    flat = curve((30, 40), np.zeros(1, np.int8), Attention(centre=0.0))[0]
    assert flat[0, 0] == 0.9
    assert flat[6, 0] == pytest.approx(0.9 / np.e) and flat[0, 4] == pytest.approx(0.9 / np.e)
    assert flat[6, 4] == pytest.approx(0.9 / np.e**2)
    bumped = curve((30, 40), np.zeros(1, np.int8), Attention(centre=0.2))[0] / flat
    wide = SCREENS[0, 1]
    np.testing.assert_allclose(bumped[3, :wide], 1 + 0.2 * np.sin(np.pi * (np.arange(wide) + 0.5) / wide))
    np.testing.assert_allclose(bumped[:, wide : 2 * wide], bumped[:, :wide])


def test_the_curve_is_a_chance_whatever_is_added() -> None:
    assert curve((5, 5), np.zeros(1, np.int8), Attention(first=1.0, centre=9.0)).max() == 1


def test_gaze_looks_at_tiles_one_by_one() -> None:
    """That a tile is attended to tells nothing about its neighbour: the position-based model."""
    v = 20_000
    pages = full(v, 2, 4)
    flat = attended(seen(visits_of(v, 0), pages), pages).reshape(v, -1)
    together = np.corrcoef(flat.T) - np.eye(8)
    assert np.abs(together).max() < 5 / np.sqrt(v)


def test_gaze_falls_on_the_same_cells_whatever_stands_there() -> None:
    pages = full(500, 6, 12)
    other = pages_of(pages.titles[:, ::-1, ::-1] + 7)
    one, two = seen(visits_of(500), pages, 0.0), seen(visits_of(500), other, 0.0)
    for name in ("rows", "columns", "visit", "row", "column"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
    assert not np.array_equal(one.title, two.title)


# Cascade -------------------------------------------------------------------------------------------------------------


def test_a_cascade_looks_at_the_beginning_of_what_is_on_screen() -> None:
    pages = ragged(900, 6, 12)
    found = seen(visits_of(900), pages, 0.0, model="cascade")
    visible = (np.arange(12) < found.columns[:, :, None]).reshape(900, -1)
    looked = attended(found, pages).reshape(900, -1)
    for on_screen, own in zip(visible, looked, strict=True):
        order = own[on_screen]
        assert not np.any(~order[:-1] & order[1:])
        assert order[:1].all()
    assert 0 < (looked.sum(1) < visible.sum(1)).mean() < 1


def test_a_cascade_goes_on_with_a_constant_chance() -> None:
    v = 20_000
    pages = full(v, 6, 12)
    length = attended(seen(visits_of(v), pages, model="cascade"), pages).sum((1, 2))
    on = np.exp(-1 / (0.9 * 6.0 * 4.0 / 2))
    for n in (1, 5, 20, 60):
        assert close(np.mean(length > n), on**n, v)


# Rows first ----------------------------------------------------------------------------------------------------------


def test_rows_are_entered_by_what_their_first_tiles_promise() -> None:
    v, worth = 20_000, np.zeros(72)
    worth[[24, 25, 26]] = 3.0, 0.0, 1.5  # the first three of the third row
    worth[[36, 37, 38, 39]] = -1.0, -1.0, -1.0, 50.0  # the fourth tile does not count
    pages = full(v, 6, 12)
    found = seen(
        visits_of(v), pages, promise=lambda _, title: worth[title].astype(np.float32), model="rows_first", first=0.5
    )
    entered = attended(found, pages)[:, :, 0].mean(0)
    hope = np.array([0, 0, 1.5, -1.0, 0, 0])
    assert close(entered, expit(logit(0.5) - np.arange(6) / 6.0 + 0.5 * hope), v)


def test_the_promise_is_asked_of_the_person_who_looks() -> None:
    pages = full(400, 4, 8)
    found = seen(
        visits_of(400), pages, promise=lambda visit, title: np.where(visit % 2, 90.0, -90.0).astype(np.float32),
        model="rows_first",
    )  # fmt: skip
    assert set(np.unique(found.visit).tolist()) == set(range(1, 400, 2))


def test_a_row_that_is_entered_is_looked_at_from_its_left_end() -> None:
    v = 6_000
    pages = full(v, 4, 12)
    looked = attended(seen(visits_of(v), pages, model="rows_first"), pages).reshape(-1, 12)
    assert not np.any(~looked[:, :-1] & looked[:, 1:])
    length = looked.sum(1)
    entered = length > 0
    assert close(np.mean(length[entered] > 4), np.exp(-1), entered.sum())


# On screen -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("patience", [NONE, 0.0, ENDLESS])
def test_nothing_is_attended_to_that_is_not_on_screen(model: str, patience: float) -> None:
    pages = ragged(700, 6, 12)
    found = seen(visits_of(700), pages, patience, model=model)
    assert len(found.visit)
    assert (found.row < found.rows[found.visit]).all()
    assert (found.column < found.columns[found.visit, found.row]).all()
    np.testing.assert_array_equal(found.title, pages.titles[found.visit, found.row, found.column])
    assert (found.title >= 0).all()
    place = (found.visit * 6 + found.row) * 12 + found.column
    assert (np.diff(place) > 0).all()  # in reading order, each once


def test_rows_on_screen_are_rows_of_the_page() -> None:
    pages = ragged(700, 6, 12)
    there = pages.titles >= 0
    for patience in (NONE, 0.0, ENDLESS):
        found = seen(visits_of(700), pages, patience)
        assert (found.columns <= there.sum(2)).all()
        assert not found.columns[np.arange(6) >= found.rows[:, None]].any()
        last = np.where(there.any(2), np.arange(1, 7), 0).max(1)
        assert (found.rows <= last).all()
    np.testing.assert_array_equal(found.rows, last)
    np.testing.assert_array_equal(found.columns, there.sum(2))


def test_the_first_screen_is_that_of_the_device() -> None:
    found = seen(visits_of(8), full(8, 10, 20), NONE)
    np.testing.assert_array_equal(found.rows, np.tile(SCREENS[:, 0], 2))
    np.testing.assert_array_equal(found.columns[:, 0], np.tile(SCREENS[:, 1], 2))


def test_who_comes_with_something_in_mind_does_not_scroll() -> None:
    found = seen(visits_of(8), full(8, 10, 20), ENDLESS, brief=True)
    np.testing.assert_array_equal(found.rows, np.tile(SCREENS[:, 0], 2))
    np.testing.assert_array_equal(found.columns.max(1), np.tile(SCREENS[:, 1], 2))


@pytest.mark.parametrize("patience", [0.0, 0.8])
def test_each_further_row_and_screenful_comes_with_its_chance(patience: float) -> None:
    v = 20_000
    found = seen(visits_of(v, device=1), full(v, 12, 20), patience)
    tall, wide = SCREENS[1]
    down, across = expit(logit(0.75) + patience), expit(logit(0.25) + patience)
    for n in (1, 3, 7):
        assert close(np.mean(found.rows >= tall + n), down**n, v)
    for n in (1, 2, 4):
        assert close(np.mean(found.columns[:, 0] >= wide * (1 + n)), across**n, v)


@pytest.mark.parametrize(("chance", "rows", "columns"), [(0.0, 3, 6), (1.0, 10, 20)])
def test_chances_of_0_and_1_are_allowed(chance: float, rows: int, columns: int) -> None:
    for model in MODELS:
        found = seen(visits_of(50, 0), full(50, 10, 20), 0.0, model=model, down=chance, across=chance, first=chance)
        assert (found.rows == rows).all() and (found.columns[:, 0] == columns).all()


@pytest.mark.parametrize("model", MODELS)
def test_a_visit_sees_the_same_in_any_batch(model: str) -> None:
    pages, visits = ragged(300, 6, 12), visits_of(300)
    together = seen(visits, pages, 0.0, model=model)
    some = np.array([250, 3, 77])
    alone = seen(visits.take(some), pages.take(some), 0.0, model=model)
    np.testing.assert_array_equal(alone.rows, together.rows[some])
    cells = attended(together, pages)[some]
    np.testing.assert_array_equal(attended(alone, pages.take(some)), cells)


def test_another_page_of_a_session_is_looked_at_anew() -> None:
    visits, pages = visits_of(300), full(300, 6, 12)
    later = Visits(*(getattr(visits, n) + (n == "part") for n in Visits.__dataclass_fields__))
    assert not np.array_equal(attended(seen(visits, pages), pages), attended(seen(later, pages), pages))


@pytest.mark.parametrize("model", MODELS)
def test_nobody_sees_nothing(model: str) -> None:
    found = seen(visits_of(0), full(0, 6, 12), model=model)
    assert len(found.visit) == len(found.rows) == 0
