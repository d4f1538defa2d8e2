"""Influence is told from taste where pages are random, and luck is not taken for drift."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from playbill.errors import InputError
from playbill.evaluation.influence import LASTING, Binding, Pull, Screens, _sums, bound, moved, preferred, pull

FEATURES = np.random.default_rng(0).normal(size=(60, 3))


def screens(influence: float = 0.0, persons: int = 60, days: int = 60, tiles: int = 8, seed: int = 1) -> Screens:
    """Two random pages a day for each person; one tile of each is chosen by a logit of taste."""
    rng = np.random.default_rng(seed)
    taste = rng.normal(size=(persons, 3))
    pages, chosen = [], []
    for _ in range(days):
        seen = np.zeros_like(taste)
        for _ in range(2):
            page = np.argsort(rng.random((persons, len(FEATURES))), 1)[:, :tiles]
            utility = np.einsum("pkg,pg->pk", FEATURES[page], taste) + rng.gumbel(size=page.shape)
            pages.append(page)
            chosen.append(page[np.arange(persons), utility.argmax(1)])
            seen += FEATURES[page].sum(1)
        taste += influence * seen
    v = len(pages) * persons
    return Screens(
        np.tile(np.arange(persons), len(pages)), np.repeat(np.arange(days), 2 * persons), np.concatenate(chosen),
        np.repeat(np.arange(v), tiles), np.concatenate(pages).reshape(-1),
    )  # fmt: skip


# The pull of what was shown -------------------------------------------------------------------------------------------


def test_what_was_shown_pulls_later_choices() -> None:
    found = pull(screens(0.01, persons=200), FEATURES)
    assert found.persons == 200
    assert found.value > 5 * found.error


def test_lasting_tastes_alone_give_no_pull() -> None:
    found = [pull(screens(seed=seed), FEATURES) for seed in range(12)]
    z = np.array([p.value / p.error for p in found])
    assert abs(z.mean()) < 3 / np.sqrt(12) and 0.4 < z.std() < 1.8


def test_the_other_way_round_the_pull_is_negative() -> None:
    found = pull(screens(-0.01, persons=200), FEATURES)
    assert found.value < -5 * found.error


def test_the_order_of_pages_and_tiles_does_not_matter() -> None:
    some, rng = screens(0.01, persons=8, days=6), np.random.default_rng(3)
    order = rng.permutation(len(some.person))
    place = np.argsort(order)
    tiles = rng.permutation(len(some.title))
    other = Screens(some.person[order], some.day[order], some.chosen[order], place[some.page][tiles], some.title[tiles])
    one, same = pull(some, FEATURES), pull(other, FEATURES)
    assert same.value == pytest.approx(one.value) and same.error == pytest.approx(one.error)


def test_the_sums_are_those_of_the_formula() -> None:
    some = screens(0.02, persons=3, days=4, tiles=4)
    x = FEATURES - FEATURES[some.title].mean(0)
    spread = FEATURES[some.title].std(0)
    share = np.bincount(some.title, minlength=len(FEATURES)) / len(some.title)
    rows = {page: some.title[some.page == page] for page in range(len(some.person))}
    for person, (a, b) in enumerate(zip(*_sums(some, FEATURES), strict=True)):
        mine = [page for page in rows if some.person[page] == person]
        gain = variance = 0.0

        def past(page: int, tile: int, mine: list[int] = mine) -> float:
            """e of the page times the features of the tile, without what views of the tile itself add beyond chance."""
            total = 0.0
            for title in (t for w in mine if some.day[w] < some.day[page] for t in rows[w]):
                total += (x[title] / spread) @ x[tile] - ((title == tile) - share[tile]) * (x[tile] ** 2 / spread).sum()
            return total

        for page in mine:
            usual = [np.mean([past(other, tile) for other in mine]) for tile in rows[page]]
            u = np.array([past(page, tile) for tile in rows[page]])
            u -= len(mine) / (len(mine) + LASTING) * np.array(usual)
            gain += u[rows[page] == some.chosen[page]][0] - u.mean()
            variance += u.var()
        assert a == pytest.approx(gain) and b == pytest.approx(variance)


def test_views_of_a_title_do_not_count_for_itself() -> None:
    """Whoever was shown a title has it played ever after; nothing else moves."""
    some = screens(persons=40, days=30)
    played = some.chosen.copy()
    for person in range(40):
        known: set[int] = set()
        for page in np.flatnonzero(some.person == person):
            shown = some.title[some.page == page].tolist()
            played[page] = next((title for title in shown if title in known), played[page])
            known |= set(shown[:2])
    found = pull(Screens(some.person, some.day, played, some.page, some.title), FEATURES)
    assert abs(found.value) < 4 * found.error


def test_pages_of_one_day_tell_nothing_and_say_so() -> None:
    with pytest.raises(InputError, match="0 persons chose"):
        pull(screens(days=1), FEATURES)


def test_some_pages_can_be_looked_at_alone() -> None:
    some = screens(persons=4, days=2)
    only = some.of(some.person == 2)
    assert set(only.person) == {2} and len(only.person) == 4
    assert only.decided.all() and only.hit.sum() == 4
    np.testing.assert_array_equal(only.title, some.title[some.person[some.page] == 2])


# From pulls to influences ---------------------------------------------------------------------------------------------


def test_an_influence_is_its_pull_over_the_slope() -> None:
    found = Binding(0.05, 0.0, 0.0).influence(Pull(0.004, 0.001, 10_000))
    assert found.value == pytest.approx(0.08)
    assert (found.low, found.high) == pytest.approx((0.08 - 1.96 * 0.02, 0.08 + 1.96 * 0.02), rel=1e-3)
    assert found.holds(0.1) and not found.holds(0.13)


def test_what_is_not_known_of_the_slope_widens_the_interval() -> None:
    seen = Pull(0.004, 0.001, 10_000)
    sure, unsure, loose = (Binding(0.05, e, s).influence(seen) for e, s in ((0.0, 0.0), (0.005, 0.0), (0.003, 0.004)))
    assert unsure.low < sure.low and unsure.high > sure.high
    assert (loose.low, loose.high) == pytest.approx((unsure.low, unsure.high))
    for end in (unsure.low, unsure.high):  # at its ends the pull is just not surprising
        assert abs(0.004 - 0.05 * end) == pytest.approx(1.96 * np.hypot(0.001, 0.005 * end), rel=1e-3)


def test_a_slope_that_may_be_0_bounds_nothing() -> None:
    found = Binding(0.05, 0.03, 0.0).influence(Pull(0.004, 0.001, 50))
    assert found.holds(-9.0) and found.holds(9.0)


def test_a_binding_is_learnt_from_planted_influences() -> None:
    rng = np.random.default_rng(5)
    planted = np.repeat([0.05, 0.1], 40)
    steady = bound(planted, 0.06 * planted + rng.normal(0, 1e-4, 80), np.full(80, 1e-4))
    assert abs(steady.slope - 0.06) < 4 * steady.error < 0.002
    assert steady.scatter < 0.0008
    worlds = bound(planted, rng.normal(0.06, 0.01, 80) * planted + rng.normal(0, 1e-4, 80), np.full(80, 1e-4))
    assert 0.007 < worlds.scatter < 0.013 and worlds.error > 3 * steady.error


# How far choices move -------------------------------------------------------------------------------------------------


def choices(step: float, persons: int = 400, each: int = 12) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Profiles of standard normal persons who move by a normal step, each choice with much luck of its own."""
    rng = np.random.default_rng(4)
    early = rng.normal(size=(persons, 3))
    late = early + step * rng.normal(size=(persons, 3))
    person, span = np.tile(np.arange(persons), 2 * each), np.repeat([False, True], persons * each)
    profile = np.where(span[:, None], late[person], early[person]) + 2 * rng.normal(size=(len(person), 3))
    return person, span, profile + 5 * span[:, None]


def test_luck_and_what_all_have_in_common_are_not_drift() -> None:
    found = moved(*choices(0.0))
    assert found.holds(0.0) and found.high - found.low < 0.15


def test_drift_is_the_share_of_the_spread_that_moved() -> None:
    found = moved(*choices(0.7))
    assert found.holds(0.49 / 1.245)  # persons lie (1 + 1.49) / 2 apart
    assert found.low > 0.25


def test_squares_are_products_of_different_choices() -> None:
    person, late, profile = choices(0.7, persons=5, each=3)
    drift = apart = 0.0
    for who in range(5):
        spans = [profile[late == x][person[late == x] == who] - profile[late == x].mean(0) for x in (False, True)]
        within = [np.mean([s[i] @ s[j] for i, j in product(range(3), range(3)) if i != j]) for s in spans]
        across = np.mean([one @ other for one, other in product(*spans)])
        drift, apart = drift + sum(within) - 2 * across, apart + sum(within) / 2
    assert moved(person, late, profile).value == pytest.approx(drift / apart)


def test_without_luck_squares_are_whole() -> None:
    person, late = np.tile(np.arange(3), 4), np.repeat([False, True], 6)
    profile = np.concatenate([np.tile(x, (2, 1)) for x in ([[1.0], [0.0], [-1.0]], [[0.0], [1.0], [-1.0]])])
    assert moved(person, late, profile, luck=False).value == pytest.approx(moved(person, late, profile).value)
    known = np.array([2.0, 0.0, -2.0, 0.0, 3.0, -1.0, -3.0, 1.0])[:, None]  # of mean 1 and -1, in both spans
    person, late = np.array([0, 0, 1, 1] * 2), np.repeat([False, True], 4)
    assert moved(person, late, known, luck=False).value == pytest.approx(0)


def test_drift_needs_persons_who_chose_in_both_spans() -> None:
    person, late, profile = choices(0.0, persons=3)
    with pytest.raises(InputError, match="0 persons chose twice in both spans"):
        moved(person[~late], late[~late], profile[~late])


def test_what_was_chosen_is_compared_with_what_was_on_screen() -> None:
    features = np.array([[0.0], [1.0], [5.0]])
    seen = Screens(*(np.array(c) for c in ([0, 0], [0, 0], [2, -1], [0, 0, 1, 1, 0], [0, 1, 2, 0, 2])))
    pages, profile = preferred(seen, features)
    assert pages.tolist() == [0] and profile.tolist() == [[3.0]]
