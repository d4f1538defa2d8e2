"""What follows a title, and what a history shows, on a service's own data."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from playbill.app import Playbill
from playbill.events import DAY, Action, ControlSet, Episode, Kind, ProfileSet, TakenDown, Title, TitleSet
from playbill.page.after import Next

NOW = 1_700_000_000_000


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Playbill]:
    genres = ("Drama", "Comedy")
    with Playbill(tmp_path, clock=lambda: NOW) as service:
        films = [Title(f"f{n}", f"Film {n}", genres=(genres[n % 2],), runtime=100.0, maturity="G") for n in range(30)]
        episodes = tuple(Episode(s, n, f"S{s}E{n}", 50.0) for s in (1, 2) for n in (1, 2))
        series = Title("s", "Series", kind="series", maturity="12", episodes=episodes)
        service.record([TitleSet(f"set-{t.id}", NOW - 9 * DAY, t) for t in (*films, series)])
        service.record([ProfileSet(f"p{m}", m, NOW - 9 * DAY, "a", m) for m in ("ana", "ben", "new")])
        service.record([ProfileSet("kid", "kid", NOW - 9 * DAY, "a", "Kid", kids=True, ceiling=6)])
        for member, first in (("ana", 0), ("ben", 1)):
            service.record([
                Action(f"{member}{n}", member, Kind.RATING, NOW - 2 * DAY + n, title=f"f{n}", value=9.0)
                for n in range(first, 16, 2)
            ])  # fmt: skip
        service.train()
        yield service


def play(service: Playbill, profile: str, season: int, episode: int, at: int = NOW - 60_000) -> None:
    service.record([
        Action(f"{profile}-{season}-{episode}", profile, Kind.COMPLETE, at + season * 10 + episode, title="s",
               season=season, episode=episode, value=50.0)
    ])  # fmt: skip


def episode_of(following: Next) -> tuple[int, int] | None:
    return None if following.episode is None else (following.episode.season, following.episode.number)


def test_episodes_follow_each_other_across_seasons_until_the_last_one(service: Playbill) -> None:
    assert episode_of(service.next("new", "s")[1]) == (1, 1)
    for played, follows in (((1, 1), (1, 2)), ((1, 2), (2, 1)), ((2, 1), (2, 2))):
        play(service, "new", *played)
        for title in ("s", None):
            _, following = service.next("new", title)
            assert episode_of(following) == follows and len(following.series) == 1 and not len(following.titles)
    play(service, "new", 2, 2)
    _, following = service.next("new", "s")
    assert following.episode is None and not len(following.series) and len(following.titles) == 3


def test_after_the_end_three_titles_follow_that_are_like_it_and_were_not_dealt_with(service: Playbill) -> None:
    snapshot, following = service.next("ana", "f2")
    ids = [snapshot.catalog.ids[t] for t in following.titles.titles]
    assert len(ids) == 3 and all(int(i[1:]) % 2 == 0 and int(i[1:]) >= 16 for i in ids)


def test_without_anything_played_the_likeliest_titles_follow(service: Playbill) -> None:
    assert len(service.next("new")[1].titles) == 3


def test_what_follows_goes_through_the_gates(service: Playbill) -> None:
    snapshot, first = service.next("ana", "f2")
    down = snapshot.catalog.ids[first.titles.titles[0]]
    service.record([TakenDown("down", NOW, down), TakenDown("series", NOW, "s")])
    _, following = service.next("ana", "f2")
    assert down not in [snapshot.catalog.ids[t] for t in following.titles.titles] and len(following.titles) == 3
    play(service, "ana", 1, 1)
    assert service.next("ana")[1].episode is None


def test_with_profiling_off_what_follows_does_not_depend_on_what_was_played(service: Playbill) -> None:
    play(service, "ana", 1, 1)
    service.record([ControlSet(f"c-{m}", m, NOW, "profiling", "off") for m in ("ana", "ben")])
    titles = [service.next(m)[1].titles.titles.tolist() for m in ("ana", "ben")]
    assert titles[0] == titles[1] and len(titles[0]) == 3
    assert episode_of(service.next("ana", "s")[1]) == (1, 2)  # where a series goes on is no matter of taste
