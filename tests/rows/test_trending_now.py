from dataclasses import replace

import numpy as np
import pytest

from playbill.catalog import Catalog
from playbill.events import DAY, HOUR, Action, Kind, Title
from playbill.rows.trending_now import MOST, TrendingNow
from playbill.snapshot import Snapshot, Stock
from playbill.testing.rows import NOW, plays_of, trained, viewer_of

CATALOG = Catalog.of([Title(f"t{i}", f"Title {i}", genres=("Drama",), runtime=3_600.0) for i in range(60)])
SPIKE = range(10, 18)


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    """Every title is watched once a day for a month; titles 10 to 17 by everybody an hour ago, title 0 ever since."""
    daily = [(100 + day, title, NOW - day * DAY) for day in range(1, 31) for title in range(60)]
    hit = [(200 + day, 0, NOW - day * DAY // 8) for day in range(240)]
    spike = [(member, title, NOW - HOUR) for member in range(40) for title in SPIKE]
    return trained(CATALOG, plays_of(60, daily + hit + spike))


def test_a_spike_trends_and_a_lasting_hit_does_not(snapshot: Snapshot) -> None:
    viewer = viewer_of(CATALOG)
    held = TrendingNow().holds(viewer, Stock.of(snapshot, viewer), "", np.arange(60, dtype=np.int32))
    assert np.flatnonzero(held).tolist() == list(SPIKE)


def test_the_row_holds_what_trends_and_was_not_watched_yet(snapshot: Snapshot) -> None:
    viewer = viewer_of(CATALOG, [Action("c", "p", Kind.COMPLETE, NOW - HOUR, title="t12", value=3_600.0)])
    themes = TrendingNow().propose(viewer, Stock.of(snapshot, viewer))
    assert sorted(themes.titles.tolist()) == [t for t in SPIKE if t != 12]


def test_a_rise_makes_a_title_likelier_up_to_a_bound(snapshot: Snapshot) -> None:
    viewer = viewer_of(CATALOG)
    stock = Stock.of(snapshot, viewer)
    themes = TrendingNow().propose(viewer, stock)
    rise = themes.scores / stock.scores[themes.titles]
    assert ((rise > 1.3) & (rise <= MOST + 1e-9)).all()


def test_the_viewers_favourites_among_what_trends_stand_first(snapshot: Snapshot) -> None:
    viewer = viewer_of(CATALOG)
    stock = Stock.of(snapshot, viewer)
    stock.scores[17] = 0.5
    assert TrendingNow().propose(viewer, stock).titles[0] == 17


def test_a_small_rise_is_no_trend(snapshot: Snapshot) -> None:
    lift = np.zeros(60)
    lift[:6], lift[6:12], lift[12:18] = np.log(1.4), np.log(1.3), -1.0
    viewer = viewer_of(CATALOG)
    stock = Stock.of(replace(snapshot, trend=replace(snapshot.trend, lift=lift)), viewer)
    assert sorted(TrendingNow().propose(viewer, stock).titles.tolist()) == list(range(6))


def test_a_quiet_day_has_no_trends() -> None:
    daily = [(day, title, NOW - day * DAY // 2) for day in range(60) for title in range(60)]
    viewer = viewer_of(CATALOG)
    assert len(TrendingNow().propose(viewer, Stock.of(trained(CATALOG, plays_of(60, daily)), viewer))) == 0
