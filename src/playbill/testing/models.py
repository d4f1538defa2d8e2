"""What every model keeps to, as checks that raise AssertionError. For the models here and those of third parties:

    @pytest.mark.parametrize("check", CHECKS)
    def test_my_model(check): check(MyModel)

Each check is given `make`, which builds a model that has learned nothing. The data is a checkerboard with a known
answer: even members play even titles and odd members odd ones; one title of each member's own colour is withheld.
`finds_what_was_withheld` is not for models that score everybody alike on purpose.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import numpy as np

from playbill.catalog import Catalog
from playbill.events import DAY, Action, Kind, Title
from playbill.histories import Histories
from playbill.interactions import Interactions
from playbill.models.model import Arrays, Scorer, Taste, Trainable
from playbill.slate import Floats, Numbers
from playbill.state import MemberState, fold_all
from playbill.viewer import Request, Viewer

PROFILES, TITLES = 40, 20
NOW = 1_700_000_000_000
"""14 November 2023."""


class Model(Scorer, Trainable, Protocol):
    """Both contracts."""


Make = Callable[[], Model]


def checkerboard(titles: int = TITLES) -> tuple[Catalog, Interactions]:
    """The catalogue and the plays; titles from number TITLES on were played by nobody."""
    catalog = Catalog.of([Title(f"t{i}", f"Title {i}", genres=(("Even", "Odd")[i % 2],)) for i in range(titles)])
    plays = [(p, t) for p in range(PROFILES) for t in played(p).tolist()]
    profile, title = np.array(plays, np.int32).T
    at = NOW - (np.arange(len(plays), dtype=np.int64) % 97) * DAY
    names = tuple(f"p{p}" for p in range(PROFILES))
    strength, from_row = np.ones(len(plays)), np.zeros(len(plays), bool)
    return catalog, Interactions(names, titles, profile, title, at, strength, from_row)


def withheld(profile: int) -> int:
    """The title of the profile's own colour that it did not play."""
    return profile % TITLES


def played(profile: int) -> Numbers:
    """The titles that a profile played."""
    own = np.arange(profile % 2, TITLES, 2, dtype=np.int32)
    return np.asarray(own[own != withheld(profile)])


def viewer(catalog: Catalog, liked: Iterable[int], disliked: Iterable[int] = ()) -> Viewer:
    """A viewer who rated these titles 8, and those 2, of 10."""
    rated = [*((title, 8.0) for title in liked), *((title, 2.0) for title in disliked)]
    ratings = (
        Action(f"e{place}", "p", Kind.RATING, NOW - place, title=catalog.titles[title].id, value=value)
        for place, (title, value) in enumerate(rated)
    )
    request = Request("p", fold_all(MemberState(), ratings), NOW)
    return Viewer(request, catalog, np.ones(len(catalog), bool))


def trained(make: Make, titles: int = TITLES, seed: int = 1) -> tuple[Model, Catalog]:
    """A model that has learned the checkerboard, and its catalogue."""
    catalog, interactions = checkerboard(titles)
    model = make()
    model.train(interactions, catalog, NOW, np.random.default_rng(seed))
    return model, catalog


def viewers(catalog: Catalog) -> list[Viewer]:
    """Members of the checkerboard, one who dislikes, one who is new."""
    members = [viewer(catalog, played(p).tolist()) for p in range(6)]
    return [*members, viewer(catalog, played(0).tolist(), [1, 3]), viewer(catalog, [], [2]), viewer(catalog, [])]


def finds_what_was_withheld(make: Make) -> None:
    """Of the titles that a member did not play, the withheld one has the best score."""
    model, catalog = trained(make)
    for profile in range(PROFILES):
        scores = model.scores([viewer(catalog, played(profile).tolist())], TITLES)[0]
        scores[played(profile)] = np.nan
        assert np.nanargmax(scores) == withheld(profile), f"member {profile}: {scores}"


def scores_are_shares(make: Make) -> None:
    """Shape (m, n); each is between 0 and 1 or NaN, and a member's sum to 1 at most."""
    model, catalog = trained(make)
    asked = viewers(catalog)
    scores = model.scores(asked, TITLES)
    assert scores.shape == (len(asked), TITLES)
    said = scores[~np.isnan(scores)]
    assert ((said >= 0) & (said <= 1)).all(), f"scores from {said.min()} to {said.max()}"
    assert (np.nansum(scores, axis=1) <= 1 + 1e-9).all(), f"sums: {np.nansum(scores, axis=1)}"


def new_members_are_alike(make: Make) -> None:
    """Whoever did nothing gets the same as anybody who did nothing, or NaN; and nothing is a cause."""
    model, catalog = trained(make)
    scores = model.scores([viewer(catalog, []), viewer(catalog, [])], TITLES)
    np.testing.assert_array_equal(scores[0], scores[1])
    assert model.causes(viewer(catalog, []), np.array([0, 1], np.int32)).shape == (0, 2)


def a_title_that_nobody_played_does_no_harm(make: Make) -> None:
    """It is scored, or NaN; the titles that were played are still found."""
    model, catalog = trained(make, TITLES + 4)
    scores = model.scores([viewer(catalog, [*played(0).tolist(), TITLES])], TITLES + 4)
    assert not np.isinf(scores).any()
    assert not np.isnan(scores[0, :TITLES]).all(), "a new title in the history silences the model"


def titles_beyond_the_trained_ones_are_nan(make: Make) -> None:
    """Whether asked for more titles than it knows, or for fewer, or given a history with later ones."""
    model, _ = trained(make)
    larger, _ = checkerboard(TITLES + 3)
    asked = viewers(larger)
    scores = model.scores([*asked, viewer(larger, [0, 2, TITLES + 1])], TITLES + 3)
    assert np.isnan(scores[:, TITLES:]).all(), "a title that came after training has a score"
    assert model.scores(asked, TITLES - 5).shape == (len(asked), TITLES - 5)
    causes = model.causes(viewer(larger, [0, TITLES + 1]), np.array([2, TITLES + 2], np.int32))
    assert np.isfinite(causes).all()


def batch_equals_single(make: Make) -> None:
    """Scores do not depend on who else is scored."""
    model, catalog = trained(make)
    asked = viewers(catalog)
    alone = np.concatenate([model.scores([one], TITLES) for one in asked])
    np.testing.assert_array_equal(model.scores(asked, TITLES), alone)


def affinities_rank_like_scores(make: Make) -> None:
    """Many members at once are ranked as each is alone. A model without affinities has only scores."""
    model, catalog = trained(make, TITLES + 1)
    asked = viewers(catalog)
    if not isinstance(model, Taste):
        return
    affinities = model.affinities(Histories.of(asked, NOW), TITLES + 3)
    assert affinities.shape == (len(asked), TITLES + 3) and affinities.dtype == np.float32
    assert np.isnan(affinities[:, TITLES + 1 :]).all(), "a title that came after training is ranked"
    for row, scores in zip(affinities, model.scores(asked, TITLES + 1), strict=True):
        both = ~np.isnan(row[: TITLES + 1]) & ~np.isnan(scores) & (scores > 0)
        first, second = row[: TITLES + 1][both], scores[both]
        order = np.argsort(second, kind="stable")
        assert (np.diff(first[order]) >= -1e-5 * np.abs(first).max(initial=0)).all(), "affinities and scores disagree"


def causes_have_their_shape(make: Make) -> None:
    """(h, k) and finite, or (0, k) for a model that has none; what was disliked is no cause for anything."""
    model, catalog = trained(make)
    one = viewer(catalog, played(0).tolist(), [1, 3])
    causes = model.causes(one, np.arange(TITLES, dtype=np.int32))
    assert causes.shape in {(len(one.titles), TITLES), (0, TITLES)}, f"shape {causes.shape}"
    assert np.isfinite(causes).all()
    if len(causes):
        assert (causes[one.weights < 0] <= 0).all(), "a disliked title is a cause"


def arrays_round_trip(make: Make) -> None:
    """Saved without pickle, as one file or as memory maps that cannot be written: the same scores and causes."""
    model, catalog = trained(make)
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **model.arrays())
    file.seek(0)
    with np.load(file, allow_pickle=False) as arrays:
        _same(model, type(model).of({name: arrays[name] for name in arrays.files}), catalog)
    with tempfile.TemporaryDirectory() as folder:
        _same(model, type(model).of(_mapped(model.arrays(), Path(folder))), catalog)


def _mapped(arrays: Arrays, folder: Path) -> Arrays:
    """The arrays as a release holds them: a file each, opened read-only."""
    for name, values in arrays.items():
        assert name.isidentifier(), f"{name!r} cannot be the name of a file of a release"
        np.save(folder / f"{name}.npy", values, allow_pickle=False)
    return {name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in arrays}


def _same(one: Model, other: Model, catalog: Catalog) -> None:
    asked, titles = viewers(catalog), np.arange(TITLES, dtype=np.int32)
    np.testing.assert_array_equal(one.scores(asked, TITLES), other.scores(asked, TITLES))
    np.testing.assert_array_equal(one.causes(asked[0], titles), other.causes(asked[0], titles))


def same_seed_same_arrays(make: Make) -> None:
    """Training twice on the same with the same seed gives the same bytes."""
    first, second = (trained(make)[0].arrays() for _ in range(2))
    assert first.keys() == second.keys()
    for name in first:
        assert first[name].dtype == second[name].dtype and first[name].tobytes() == second[name].tobytes(), name


def trains_on_nothing(make: Make) -> None:
    """A catalogue without any plays is the first day of every service; a catalogue without titles is its first hour."""
    for titles in (TITLES, 0):
        catalog, some = checkerboard(titles) if titles else (Catalog.of(()), checkerboard()[1])
        nothing = replace(some.take(np.zeros(0, np.int64)), profiles=(), n=titles)
        model = make()
        model.train(nothing, catalog, NOW, np.random.default_rng(1))
        scores: Floats = model.scores([viewer(catalog, range(0, titles, 4)), viewer(catalog, [])], titles)
        assert scores.shape == (2, titles) and not np.isinf(scores).any()
        assert type(model).of(model.arrays()).scores([viewer(catalog, [])], titles).shape == (1, titles)


CHECKS: tuple[Callable[[Make], None], ...] = (
    finds_what_was_withheld,
    scores_are_shares,
    new_members_are_alike,
    a_title_that_nobody_played_does_no_harm,
    titles_beyond_the_trained_ones_are_nan,
    batch_equals_single,
    affinities_rank_like_scores,
    causes_have_their_shape,
    arrays_round_trip,
    same_seed_same_arrays,
    trains_on_nothing,
)
"""All of them."""
