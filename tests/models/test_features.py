"""Ranking features: named columns, the same bytes however they are asked for, nothing from after the moment."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from playbill.catalog import Catalog
from playbill.events import DAY, HOUR, Action, Impression, Kind, ProfileSet, Slots, Title
from playbill.models.features import TIRED_FOR, WINDOWS, Fatigue, Features, Moment, standing
from playbill.models.popularity import Popularity
from playbill.state import MemberState, fold
from playbill.testing.models import NOW, viewer

N = 6
CATALOG = Catalog.of(
    [
        Title(f"t{i}", f"Title {i}", year=2000 + i, added=NOW - 10 * DAY if i else None,
              languages=() if i == 5 else (("en", "de")[i % 2],), countries=("DE",) if i < 3 else ("FR",))
        for i in range(N)
    ]
)  # fmt: skip
ALL = np.arange(N, dtype=np.int32)
FEATURES = Features(("linear",), ("phone", "tv"), ("DE", "FR"))


def moment(**other) -> Moment:
    given = {
        "at": NOW, "catalog": CATALOG, "affinities": {"linear": np.array([0, 1, 2, 3, 4, np.nan], np.float32)},
        "plays": {days: np.arange(N, dtype=np.float64) * days for days in WINDOWS},
        "fatigue": Fatigue(np.zeros(N, np.int64), np.zeros(N, np.int64)), "titles": np.array([2], np.int32),
        "device": "tv", "country": "DE", "languages": ("de", "tlh"), **other,
    }  # fmt: skip
    return Moment(**given)


def column(name: str, **other) -> np.ndarray:
    return FEATURES.matrix(moment(**other), ALL)[:, FEATURES.names.index(name)]


def page(at: int, *titles: str) -> Impression:
    return Impression(
        id=f"page{at}", profile="p", at=at, surface="home", rows=(), slots=Slots(titles, (-1,) * len(titles)),
        causes=(), choices=(), snapshot="", state_cursor=0, denied_cursor=0, seed=0, engine="0", shape=(1, 2),
    )  # fmt: skip


def view(at: int, *slots: int) -> Action:
    return Action(f"view{at}", "p", Kind.VIEW, at + 1, source=f"page{at}", slots=slots)


# Columns.


def test_every_column_has_a_name_and_a_group() -> None:
    matrix = FEATURES.matrix(moment(), ALL)
    assert matrix.shape == (N, len(FEATURES.names)) and matrix.dtype == np.float32
    assert set(FEATURES.groups) == {"taste", "popularity", "freshness", "fatigue", "history", "context"}


def test_asking_about_some_titles_gives_the_same_bytes_as_asking_about_all() -> None:
    whole, some = FEATURES.matrix(moment(), ALL), np.array([4, 1], np.int32)
    assert FEATURES.matrix(moment(), some).tobytes() == whole[some].tobytes()


def test_taste_is_told_by_deviations_and_by_place_among_the_known_titles() -> None:
    np.testing.assert_allclose(column("taste.linear.z")[:5], (np.arange(5) - 2) / np.sqrt(2), rtol=1e-6)
    np.testing.assert_allclose(column("taste.linear.place")[:5], [0.1, 0.3, 0.5, 0.7, 0.9], rtol=1e-6)
    assert np.isnan(column("taste.linear.z")[5])


def test_a_model_that_tells_nobody_apart_says_so() -> None:
    z, place = standing(np.ones(4, np.float32))
    assert z.tolist() == [0.0] * 4 and place.tolist() == [0.5] * 4
    assert np.isnan(np.concatenate(standing(np.full(4, np.nan, np.float32)))).all()


def test_popularity_is_told_by_the_mean_title_in_each_window() -> None:
    plays = np.arange(N) * 7.0
    np.testing.assert_allclose(column("popularity.7d"), np.log((plays + 0.5) / (plays.mean() + 0.5)), rtol=1e-6)


def test_freshness_is_the_age_at_the_moment() -> None:
    age = column("freshness.age")
    assert np.isnan(age[0]) and age[1] == pytest.approx(np.log(11))
    assert column("freshness.age", at=NOW + 5 * DAY)[1] == pytest.approx(np.log(16))
    assert column("freshness.year")[0] == pytest.approx(23.87, abs=0.01)


def test_context_is_told_in_utc_and_by_the_vocabulary() -> None:
    assert column("context.hour")[0] == 22 and column("context.weekday")[0] == 1  # Tuesday, 14 November 2023, 22:13
    assert column("context.hour", at=NOW + 2 * HOUR)[0] == 0
    assert column("context.device")[0] == 1 and column("context.device", device="fridge")[0] == -1
    assert np.isnan(column("context.device", device=None)[0])


def test_matches_of_language_and_country_are_unknown_where_nothing_is_said() -> None:
    np.testing.assert_array_equal(column("context.language"), [0, 1, 0, 1, 0, np.nan])
    np.testing.assert_array_equal(column("context.home"), [1, 1, 1, 0, 0, 0])
    assert np.isnan(column("context.language", languages=())).all()
    assert np.isnan(column("context.home", country=None)).all()


def test_history_says_how_long_and_whether_the_title_is_in_it() -> None:
    assert column("history.known").tolist() == [0, 0, 1, 0, 0, 0]
    assert column("history.length")[0] == pytest.approx(np.log(2))


def test_features_come_back_from_their_arrays() -> None:
    assert Features.read(FEATURES.arrays()) == FEATURES
    assert Features.read(Features().arrays()) == Features()


# Fatigue.


def test_each_view_of_a_title_counts_until_it_is_played() -> None:
    one = [page(NOW - 9, "t0", "t1"), view(NOW - 9, 0, 1)]
    two = [page(NOW - 6, "t0", "t3"), view(NOW - 6, 0)]
    tired = Fatigue.of([*one, *two], CATALOG, NOW)
    assert tired.times.tolist() == [2, 1, 0, 0, 0, 0] and tired.last[0] == NOW - 5
    played = Action("a", "p", Kind.PLAY, NOW - 2, title="t0")
    assert Fatigue.of([*one, *two, played], CATALOG, NOW).times.tolist() == [0, 1, 0, 0, 0, 0]


def test_old_views_later_views_and_views_of_other_pages_count_for_nothing() -> None:
    old = NOW - TIRED_FOR - 5
    events = [page(old, "t0"), view(old, 0), page(NOW, "t1"), view(NOW, 0), view(NOW - 7, 0)]
    assert Fatigue.of(events, CATALOG, NOW).times.sum() == 0


# A moment of a viewer.


def test_the_moment_of_a_viewer_holds_what_the_models_say_and_where_they_watch() -> None:
    popularity = Popularity()
    popularity.shares = np.full(N, 1 / N)
    asked = viewer(CATALOG, [2, 3])
    profile = ProfileSet("i", "p", NOW, "a", "P", country="FR", languages=("en",))
    state = fold(asked.request.state, profile)
    asked = replace(asked, request=replace(asked.request, state=state, device="phone"))
    tired = Fatigue.of([], CATALOG, NOW)
    made = Moment.of(asked, {"linear": popularity}, NOW, moment().plays, tired)
    assert (made.device, made.country, made.languages, sorted(made.titles)) == ("phone", "FR", ("en",), [2, 3])
    np.testing.assert_allclose(made.affinities["linear"], 1 / N)
    nobody = replace(asked, request=replace(asked.request, state=MemberState()))
    assert Moment.of(nobody, {}, NOW, {}, tired).languages == ()
