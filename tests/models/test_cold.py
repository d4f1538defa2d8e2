"""Titles without plays are placed by what they are like, and hand over to their own plays without a seam."""

from __future__ import annotations

import numpy as np
import pytest

from playbill.catalog import Catalog
from playbill.errors import InputError
from playbill.events import Title
from playbill.histories import Histories
from playbill.interactions import Interactions
from playbill.models.cold import Cold, ColdConfig, _logit, describing
from playbill.testing import models as checks

GENRES, TITLES, MEMBERS, NEW = 4, 80, 200, 20


def world(seed: int = 3) -> tuple[Catalog, Interactions]:
    """Titles of four genres by famous people (f) or unknown ones (u); the last 20 are new. Members like one genre, and
    play famous titles three times as often as others."""
    rng = np.random.default_rng(seed)
    titles = [
        Title(f"t{i}", f"Title {i}", genres=(f"g{i % GENRES}",), directors=(("f", "u")[i // GENRES % 2],), year=1990)
        for i in range(TITLES)
    ]
    famous = np.array([t.directors[0] == "f" for t in titles])
    genre = np.arange(TITLES) % GENRES
    chance = np.where(genre[None, :] == (np.arange(MEMBERS) % GENRES)[:, None], 0.3, 0.06) * np.where(famous, 1.5, 0.5)
    played = rng.random((MEMBERS, TITLES)) < chance
    played[:, -NEW:] = False
    profile, title = played.nonzero()
    return Catalog.of(titles), plays(profile, title)


def plays(profile: np.ndarray, title: np.ndarray) -> Interactions:
    e = len(profile)
    names = tuple(f"p{p}" for p in range(MEMBERS))
    columns = profile.astype(np.int32), title.astype(np.int32), np.arange(e, dtype=np.int64), np.ones(e)
    return Interactions(names, TITLES, *columns, np.zeros(e, bool))


def trained(interactions: Interactions | None = None, config: ColdConfig | None = None) -> Cold:
    catalog, usual = world()
    model = Cold(config or ColdConfig())
    model.train(interactions or usual, catalog, 0, np.random.default_rng(1))
    return model


def test_a_title_without_plays_reaches_those_who_like_its_genre() -> None:
    affinity = trained().affinities(Histories.among(world()[1]), TITLES)[:, -NEW:]
    of_title, of_member = np.arange(TITLES - NEW, TITLES) % GENRES, np.arange(MEMBERS) % GENRES
    own = of_title[None, :] == of_member[:, None]
    better = [(row[mine][:, None] > row[~mine][None, :]).mean() for row, mine in zip(affinity, own, strict=True)]
    assert np.mean(better) > 0.9


def test_a_title_without_plays_by_famous_people_comes_before_one_by_unknown_people() -> None:
    catalog, usual = world()
    affinity = trained().affinities(Histories.among(usual), TITLES)
    new = np.arange(TITLES - NEW, TITLES)
    famous = np.array([catalog.titles[i].directors == ("f",) for i in new])
    for g in range(GENRES):  # of one genre, so that only the people differ
        mine = new % GENRES == g
        assert affinity[:, new[mine & famous]].mean() > affinity[:, new[mine & ~famous]].mean()


def test_the_place_of_a_title_moves_from_its_metadata_to_its_plays_without_a_turn() -> None:
    """The new title looks like genre 0; those who like genre 1 play it. Their rank of it only improves."""
    _, usual = world()
    new, fans = TITLES - NEW, np.flatnonzero(np.arange(MEMBERS) % GENRES == 1)
    asked = Histories.among(usual.take(usual.profile % GENRES == 1)).take(fans[-10:])  # none of whom plays it
    ranks = []
    for count in (0, 2, 5, 10, 20, 40):
        both = np.r_[usual.profile, fans[:count]], np.r_[usual.title, np.full(count, new)]
        affinity = trained(plays(*both)).affinities(asked, TITLES)
        ranks.append(float((affinity > affinity[:, [new]]).sum(axis=1).mean()))
    assert ranks == sorted(ranks, reverse=True), ranks
    assert ranks[0] > 40 and ranks[-1] < 20, ranks


def test_with_much_evidence_only_the_plays_count() -> None:
    trusting = trained(config=ColdConfig(half=1e-9))._fit
    counts = np.bincount(world()[1].title, minlength=TITLES)
    np.testing.assert_allclose(trusting.fame[counts > 0], np.log1p(counts[counts > 0]), rtol=1e-5)
    np.testing.assert_allclose(trusting.trust, counts > 0, atol=1e-6)


def test_every_title_of_the_catalogue_is_ranked_and_none_beyond() -> None:
    affinity = trained().affinities(Histories.among(world()[1]), TITLES + 2)
    assert np.isfinite(affinity[:, :TITLES]).all() and np.isnan(affinity[:, TITLES:]).all()


def test_a_member_of_only_new_titles_is_understood_by_what_they_are_like() -> None:
    catalog, _ = world()
    new = TITLES - NEW  # genre 0
    scores = trained().scores([checks.viewer(catalog, [new])], TITLES)[0]
    genre = np.arange(TITLES) % GENRES
    assert scores[genre == 0].mean() > 1.5 * scores[genre != 0].mean()


def test_causes_sum_to_the_affinity_without_fame() -> None:
    catalog, _ = world()
    model, every = trained(), np.arange(TITLES, dtype=np.int32)
    viewer = checks.viewer(catalog, [0, 5, TITLES - 1], [1])
    causes = model.causes(viewer, every)
    whole = model.affinities(Histories.of([viewer], 0), TITLES)[0] - model.weights[0] * model._fit.fame
    np.testing.assert_allclose(causes.sum(axis=0), whole, atol=1e-4)
    assert not causes[viewer.weights < 0].any()


def test_weights_are_those_that_choices_were_made_with_and_none_is_below_zero() -> None:
    rng = np.random.default_rng(0)
    x, chosen = rng.normal(size=(300, 30, 3)), np.zeros((300, 30))
    chosen[np.arange(300), (x @ [2.0, 0.0, -1.0] + rng.gumbel(size=(300, 30))).argmax(axis=1)] = 1
    weights = _logit(x, chosen)
    assert weights[0] == pytest.approx(2.0, abs=0.35)
    assert weights[1] < 0.2 and weights[2] == 0


def test_sequels_share_words_of_their_names() -> None:
    titles = [Title(str(i), name) for i, name in enumerate(("Rocky", "Rocky II", "Alien", "Aliens of London"))]
    features = describing(Catalog.of(titles))
    shared = (features @ features.T).toarray()
    assert shared[0, 1] > shared[0, 2]


def test_an_unknown_year_is_no_year() -> None:
    features = describing(Catalog.of([Title("a", "A", year=1999), Title("b", "B"), Title("c", "C", year=1999)]))
    shared = (features @ features.T).toarray()
    assert shared[0, 2] > 0 and shared[0, 1] == 0


def test_plots_place_titles_that_have_no_other_metadata() -> None:
    """Titles without genres, years or people; members like one of two sorts, which only the plots tell apart."""
    catalog, sort = Catalog.of([Title(f"t{i}", "") for i in range(TITLES)]), np.arange(TITLES) % 2
    plots = np.eye(2, 8, dtype=np.float32)[sort]
    played = np.random.default_rng(0).random((MEMBERS, TITLES)) < np.where(
        sort[None, :] == np.arange(MEMBERS)[:, None] % 2, 0.3, 0.05
    )
    played[:, -NEW:] = False
    model = Cold(plots=plots)
    model.train(plays(*played.nonzero()), catalog, 0, np.random.default_rng(1))
    affinity = model.affinities(Histories.among(plays(*played.nonzero())), TITLES)[::2, -NEW:]
    assert (affinity[:, ::2].min(axis=1) > affinity[:, 1::2].max(axis=1)).mean() > 0.95


def test_plots_of_other_titles_are_refused() -> None:
    with pytest.raises(InputError, match="3 plots for 80 titles"):
        Cold(plots=np.zeros((3, 4), np.float32)).train(world()[1], world()[0], 0, np.random.default_rng(1))


@pytest.mark.parametrize("check", checks.CHECKS, ids=lambda check: check.__name__)
def test_it_keeps_to_the_contract(check: checks.Callable[[checks.Make], None]) -> None:
    check(Cold)
