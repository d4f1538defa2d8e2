"""Picker: asks what tells most about a member's taste among what they are likely to know."""

from __future__ import annotations

import io

import numpy as np
import pytest

from playbill.catalog import Catalog
from playbill.errors import InputError
from playbill.histories import Histories
from playbill.interactions import Interactions
from playbill.models.model import Taste
from playbill.models.picker import (
    DISLIKED,
    LIKED,
    UNKNOWN,
    Picker,
    PickerConfig,
    familiarity,
    information,
)

NOTHING = Catalog.of(())
N, CONFIG = 12, PickerConfig(clusters=2, epochs=20, reg=1.0, spread=1.0, share=1.0)
HIT, TELLING, RARE = 0, (1, 2), (10, 11)
"""Everybody likes title 0. Titles 1 to 9 are liked by odd or by even members; 10 and 11 as well, by few of them."""


def said(members: int = 60) -> Interactions:
    rows = []
    for member in range(members):
        rows.append((member, HIT, 1.0))
        asked = [t for t in range(1, 10) if (member * 7 + t * 3) % 10 < (9 if t in TELLING else 5)]
        rows += [(member, title, 1.0 if title % 2 == member % 2 else -1.0) for title in asked]
        if member < 4:
            rows += [(member, title, 1.0) for title in RARE if title % 2 == member % 2]
    profile, title, strength = (np.array(column) for column in zip(*rows, strict=True))
    k = len(rows)
    return Interactions(
        tuple(map(str, range(members))), N, profile.astype(np.int32), title.astype(np.int32), np.arange(k), strength,
        np.zeros(k, bool),
    )  # fmt: skip


@pytest.fixture(scope="module")
def picker() -> Picker:
    made = Picker(CONFIG)
    made.train(said(), NOTHING, 0, np.random.default_rng(2))
    return made


def odd_first(picker: Picker) -> np.ndarray:
    """The clusters, that of odd members first."""
    return np.argsort(-picker.liked[:, 1])


# Which titles.


def test_it_asks_what_tells_tastes_apart_and_not_what_everybody_likes_or_nobody_knows(picker: Picker) -> None:
    picked = picker.next({}, 12)
    assert picked.titles[0] in TELLING
    assert picked.bits[0] > 0.5 and picked.bits[picked.titles.tolist().index(HIT)] < 0.01
    places = {title: place for place, title in enumerate(picked.titles.tolist())}
    assert all(places[rare] > 4 for rare in RARE if rare in places)


def test_information_is_the_entropy_of_a_question_that_settles_it() -> None:
    sure = np.array([[[1 - 2e-9, 1e-9, 1e-9]], [[1e-9, 1 - 2e-9, 1e-9]]])
    assert information(np.array([0.5, 0.5]), sure)[0] == pytest.approx(1.0, abs=1e-6)
    assert information(np.array([1.0, 0.0]), sure)[0] == pytest.approx(0.0, abs=1e-6)


def test_the_same_answers_give_the_same_titles(picker: Picker) -> None:
    first, second = (picker.next({1: LIKED}, 5) for _ in range(2))
    np.testing.assert_array_equal(first.titles, second.titles)
    assert len(set(first.titles.tolist()) | {1}) == 6


def test_the_next_title_depends_on_the_answers(picker: Picker) -> None:
    """After an answer that settles it, little is left to learn."""
    first = picker.next({})
    asked = int(first.titles[0])
    assert picker.next({asked: LIKED}).bits[0] < 0.5 * first.bits[0]
    assert picker.next({asked: UNKNOWN}).bits[0] > 0.5 * first.bits[0]


def test_only_titles_that_may_be_asked_about_are_picked(picker: Picker) -> None:
    among = np.zeros(N, bool)
    among[[3, 4]] = True
    assert sorted(picker.next({}, 5, among).titles.tolist()) == [3, 4]
    assert len(picker.next({3: LIKED, 4: UNKNOWN}, 5, among).titles) == 0


def test_only_the_best_known_titles_are_asked_about() -> None:
    made = Picker(PickerConfig(clusters=2, pool=3))
    made.train(said(), NOTHING, 0, np.random.default_rng(2))
    assert set(made.next({}, 10).titles.tolist()) == {HIT, *TELLING}


def test_what_nobody_knows_here_is_not_asked_here(picker: Picker) -> None:
    familiar = np.ones(N)
    familiar[list(TELLING)] = 0.01
    assert picker.next({}).titles[0] in TELLING and picker.next({}, familiar=familiar).titles[0] not in TELLING


def test_familiarity_claims_nothing_where_little_was_seen() -> None:
    everywhere = np.array([100.0, 50.0, 50.0, 0.0])
    np.testing.assert_allclose(familiarity(np.zeros(4), everywhere), 1.0)
    ratio = familiarity(np.array([0.0, 5_000.0, 0.0, 0.0]), everywhere)
    assert ratio[0] < 0.1 and ratio[1] > 3 and ratio[3] == 1.0


# What answers say.


def test_answers_tell_the_cluster_and_what_the_member_will_like(picker: Picker) -> None:
    odd, even = odd_first(picker)
    belief = picker.posterior({1: LIKED, 2: DISLIKED})
    assert belief[odd] > 0.95 and belief.sum() == pytest.approx(1.0)
    liking = picker.liking(belief)
    assert liking[[3, 5, 7, 9]].min() > liking[[4, 6, 8]].max()
    assert picker.posterior({1: DISLIKED, 2: LIKED})[even] > 0.95


def test_without_answers_the_prior_stands(picker: Picker) -> None:
    np.testing.assert_allclose(picker.posterior({}), picker.prior)


@pytest.mark.parametrize("answers", [{99: LIKED}, {-1: LIKED}, {0: 7}])
def test_an_answer_that_cannot_be_is_refused(picker: Picker, answers: dict[int, int]) -> None:
    with pytest.raises(InputError, match="titles 0 to 11"):
        picker.posterior(answers)


def test_it_ranks_titles_for_members_like_any_model_of_taste(picker: Picker) -> None:
    assert isinstance(picker, Taste)
    histories = Histories.among(said())
    out = picker.affinities(histories, N + 2)
    assert out.shape == (60, N + 2) and out.dtype == np.float32 and np.isnan(out[:, N:]).all()
    assert out[1, 3] > out[1, 4] and out[2, 4] > out[2, 3]


# Demographics.


def test_demographics_take_no_part_unless_given_and_then_say_what_they_changed(picker: Picker) -> None:
    plain = picker.next({}, 4)
    np.testing.assert_array_equal(plain.titles, plain.without)
    assert plain.shift == 0.0
    group = picker.prior_of(Histories.among(said()).take(np.arange(1, 41, 2)))
    assert group[odd_first(picker)[0]] > 0.9
    given = picker.next({}, 4, demographics=group)
    np.testing.assert_array_equal(given.without, plain.titles)
    assert given.shift > 0.3 and given.bits[0] < plain.bits[0]


def test_a_group_nobody_is_of_is_like_everybody(picker: Picker) -> None:
    np.testing.assert_allclose(picker.prior_of(Histories.among(said()).take(np.zeros(0, np.int64))), picker.prior)


# Arrays.


def test_a_picker_comes_back_from_its_arrays(picker: Picker) -> None:
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **picker.arrays())
    file.seek(0)
    with np.load(file, allow_pickle=False) as arrays:
        again = Picker.of({name: arrays[name] for name in arrays.files})
    np.testing.assert_array_equal(again.liking(again.prior), picker.liking(picker.prior))
    assert again.n == N


def test_the_same_generator_gives_the_same_clusters() -> None:
    first, second = Picker(CONFIG), Picker(CONFIG)
    for one in (first, second):
        one.train(said(), NOTHING, 0, np.random.default_rng(5))
    assert first.liked.tobytes() == second.liked.tobytes()


def test_with_nobody_to_learn_from_there_is_nothing_to_ask() -> None:
    made = Picker()
    assert len(made.next({}).titles) == 0
    made.train(said().take(np.zeros(0, np.int64)), NOTHING, 0, np.random.default_rng(1))
    assert len(made.next({}, 3).titles) == 0
