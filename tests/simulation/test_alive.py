"""Members in a service's own time: nobody acts before they saw a page, too many wait, and what they do can be told."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from playbill.data.households import MEMBERS
from playbill.events import DAY, HOUR, MINUTE, Kind, Title
from playbill.simulation import alive
from playbill.simulation.alive import AT_ONCE, LATELY, LISTED, PATIENCE, Alive, Chronicle, Scene, lively, profiles
from playbill.simulation.over_http import Served
from playbill.simulation.service import CODE, DIRECT, NEXT, PAGE, SEARCH, Happenings, Pages, Visits
from playbill.simulation.stand_ins import PopularPages
from playbill.simulation.world import World

NOON = 1_700_049_600_000  # of a Wednesday, UTC
GENRES = ("Drama", "Comedy", "Horror", "Western")
TITLES = [
    Title(f"t{n}", f"Film {n}", year=1990 + n % 20, genres=(GENRES[n % 4],), runtime=6_000.0, maturity="PG")
    for n in range(80)
]


@dataclass
class Pretended:
    """Pages of the most played titles, and a book of all that was asked and told."""

    pages_of: PopularPages
    asked: list[Visits] = field(default_factory=list)
    told: list[tuple[int, Happenings]] = field(default_factory=list)

    def pages(self, visits: Visits) -> Pages:
        self.asked.append(visits)
        return self.pages_of.pages(visits)

    def record(self, happened: Happenings, now: int) -> None:
        self.told.append((now, happened))

    def page(self, visit: int, part: int) -> Served:
        return Served("an impression", 0, ("Trending now", "Western"), (8, 48))


def begun(persons: int = 40) -> tuple[World, Pretended, SimpleNamespace, Alive]:
    world = lively(TITLES, np.arange(80) / 3_160, persons, 3, NOON)
    service, time = Pretended(PopularPages(world, (6, 8))), SimpleNamespace(now=NOON)
    return world, service, time, Alive(world, service, lambda: time.now)  # type: ignore[arg-type]


def lived(hours: float, persons: int = 40, step: int = MINUTE) -> tuple[World, Pretended, Scene]:
    world, service, time, members = begun(persons)
    for _ in range(int(hours * HOUR / step)):
        scene = members.step()
        time.now += step
    return world, service, scene


@pytest.fixture(scope="module")
def evening() -> tuple[World, Pretended, Scene]:
    return lived(9.0)


# A world around a service's own titles -------------------------------------------------------------------------------


def test_the_world_begins_on_the_day_of_the_service_and_likes_what_is_played_there() -> None:
    world, *_ = begun()
    assert world.start == NOON - 12 * HOUR and world.titles.ids == tuple(title.id for title in TITLES)
    assert np.all(np.diff(world.titles.appeal) > 0)  # as the plays
    assert abs(world.titles.appeal.mean()) < 1e-3 and world.titles.appeal.max() < 4
    assert not (world.titles.launch > 0).any()  # the service shows all of them


def test_a_catalogue_that_nobody_has_played_will_do() -> None:
    assert np.isfinite(lively(TITLES, np.zeros(80), 3, 3, NOON).titles.appeal).all()


def test_profiles_are_listed_behind_the_households_and_the_others_behind_the_viewers() -> None:
    world, *_ = begun(150)
    facts = profiles(world)
    ids = [fact.profile for fact in facts]
    assert ids == alive.profile_ids(world) and len({fact.id for fact in facts}) == len(ids) > 2 * LISTED
    assert all(max(member.profile for member in MEMBERS) < name < "viewer-" for name in ids[:LISTED])
    assert ids[:LISTED] == sorted(ids[:LISTED])
    assert all(name > "viewer-~" for name in ids[LISTED:])
    assert all(fact.made_up and fact.at <= NOON for fact in facts)
    assert [fact.kids for fact in facts] == world.members.profile_kid.tolist()
    assert [fact.account for fact in facts] == [f"household {a + 1}" for a in world.members.profile_account.tolist()]


# Time ----------------------------------------------------------------------------------------------------------------


def test_a_visit_is_of_the_moment_at_which_its_page_is_asked_for(evening: tuple[World, Pretended, Scene]) -> None:
    _, service, _ = evening
    came = {(n, p): at for v in service.asked for n, p, at in zip(v.number, v.part, v.at, strict=True)}
    assert len(came) > 50 and all(len(set(v.at.tolist())) == 1 for v in service.asked)
    told = Happenings.joined([happened for _, happened in service.told])
    on_pages = told.source == PAGE
    assert on_pages.any()
    seen = [came[visit, part] for visit, part in zip(told.visit[on_pages], told.part[on_pages], strict=True)]
    assert (told.at[on_pages] > np.array(seen)).all()


def test_what_happens_is_told_when_it_is_due_and_in_that_order(evening: tuple[World, Pretended, Scene]) -> None:
    _, service, scene = evening
    for now, happened in service.told:
        assert (happened.due <= now).all() and (np.diff(happened.due) >= 0).all()
    for now, happened in service.told[1:]:  # the first time the morning is told, too
        assert (happened.due > now - MINUTE).all()
    assert scene.events == sum(len(happened) for _, happened in service.told) > 500


def test_few_come_at_once_and_no_profile_twice() -> None:
    _, service, _ = lived(2.0, persons=400)
    assert max(len(visits) for visits in service.asked) == AT_ONCE
    assert all(len(set(visits.profile.tolist())) == len(visits) for visits in service.asked)


def test_who_had_to_wait_for_too_long_does_not_come_any_more() -> None:
    world, service, time, members = begun()
    members.step()
    asked = len(service.asked)
    time.now += 4 * HOUR  # as if the machine had slept
    drawn, _ = World(world.titles, world.members, world.parameters, 3, world.start).morning(0)
    missed = drawn.number[(drawn.at > NOON + MINUTE) & (drawn.at <= time.now - PATIENCE)]
    for _ in range(40):
        members.step()
    came = {number for visits in service.asked[asked:] for number in visits.number.tolist()}
    assert len(missed) > 5 and came and not came & set(missed.tolist())


def test_days_follow_each_other_however_long_nobody_looked() -> None:
    world, service, time, members = begun()
    members.step()
    taste = world.lives.taste.copy()
    time.now += 3 * DAY
    members.step()
    assert world.day == 3 and not np.array_equal(taste, world.lives.taste)
    members.step()
    assert {int(v.number[0]) // 64 // 40 for v in service.asked} == {0, 3}


# What can be seen ----------------------------------------------------------------------------------------------------

EMPTY: dict[str, tuple[type, Any]] = {
    "at": (np.int64, NOON), "due": (np.int64, NOON), "visit": (np.int64, 0), "part": (np.int8, 0),
    "place": (np.int16, 0), "profile": (np.int32, 0), "kind": (np.int8, CODE[Kind.PLAY]), "title": (np.int32, 7),
    "value": (np.float32, 0.0), "watched": (np.float32, np.nan), "slot": (np.int32, -1), "slots": (np.int16, 0),
    "source": (np.int8, 0), "play": (np.int16, -1), "started": (np.int64, -1), "season": (np.int16, -1),
    "episode": (np.int16, -1), "autoplay": (np.bool_, False), "device": (np.int8, 0), "country": (np.int8, 0),
}  # fmt: skip


def happened(*rows: dict[str, Any]) -> Happenings:
    """Happenings by the fields that say something."""
    return Happenings(*(np.array([row.get(n, d) for row in rows], kind) for n, (kind, d) in EMPTY.items()))


def chronicle() -> Chronicle:
    world, service, *_ = begun(3)
    return Chronicle(world, service)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ({"kind": Kind.OPEN, "source": PAGE, "slot": 3}, "Member 12 opens Film 7 from “Trending now”"),
        ({"kind": Kind.PLAY, "source": PAGE, "slot": 8}, "Member 12 plays Film 7 from “Western”"),
        ({"kind": Kind.PLAY, "source": SEARCH}, "Member 12 searches for Film 7, and plays it"),
        ({"kind": Kind.PLAY, "source": DIRECT}, "Member 12 goes on with Film 7"),
        ({"kind": Kind.PLAY, "source": NEXT, "autoplay": True}, None),
        ({"kind": Kind.COMPLETE}, "Member 12 finishes Film 7"),
        ({"kind": Kind.ABANDON}, "Member 12 gives up on Film 7"),
        ({"kind": Kind.PAUSE}, "Member 12 leaves Film 7 for later"),
        ({"kind": Kind.LIST_ADD}, "Member 12 puts Film 7 on the list"),
        ({"kind": Kind.THUMBS, "value": 2.0}, "Member 12 likes Film 7"),
        ({"kind": Kind.THUMBS, "value": -1.0}, "Member 12 does not like Film 7"),
        ({"kind": Kind.VIEW, "source": PAGE, "slot": 0}, None),
        ({"kind": Kind.RENEWAL, "title": -1}, None),
    ],
)
def test_what_is_done_is_said_in_a_sentence(row: dict[str, Any], sentence: str | None) -> None:
    told = chronicle()
    told.tell(happened({**row, "kind": CODE[row["kind"]], "profile": 12}))
    assert told.scene(NOON).said == ((sentence,) if sentence else ())


def test_a_profile_watches_from_a_play_to_its_end() -> None:
    told = chronicle()
    for kind, profile, watching in (
        (Kind.PLAY, 1, 1), (Kind.PLAY, 2, 2), (Kind.PROGRESS, 1, 2), (Kind.PAUSE, 1, 1), (Kind.PLAY, 1, 2),
        (Kind.COMPLETE, 2, 1), (Kind.ABANDON, 1, 0),
    ):  # fmt: skip
        told.tell(happened({"kind": CODE[kind], "profile": profile}))
        assert told.scene(NOON).watching == watching


def test_what_grew_most_rises_first() -> None:
    told = chronicle()
    before, lately = NOON - LATELY - MINUTE, NOON - MINUTE
    told.tell(happened(*({"title": 5, "at": NOON - 2 * LATELY - MINUTE} for _ in range(9))))  # too long ago
    told.tell(
        happened(*({"title": 1, "at": before} for _ in range(10)), *({"title": 2, "at": before} for _ in range(2)))
    )
    told.tell(
        happened(*({"title": 1, "at": lately} for _ in range(12)), *({"title": 2, "at": lately} for _ in range(9)))
    )
    told.tell(happened({"title": 3, "at": lately}, *({"title": 4, "at": lately, "autoplay": True} for _ in range(30))))
    rising = [(rise.name, rise.plays, rise.before) for rise in told.scene(NOON).rising]
    assert rising == [("Film 2", 9, 2), ("Film 3", 1, 0), ("Film 1", 12, 10)]


def test_rates_are_those_of_the_last_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = SimpleNamespace(now=0.0)
    monkeypatch.setattr(alive.time, "monotonic", lambda: seconds.now)
    told = chronicle()
    told.tell(happened({}, {}))
    told.scene(NOON, pages=4)
    seconds.now = 30.0
    told.tell(happened({}))
    scene = told.scene(NOON, pages=1)
    assert (scene.pages, scene.plays) == (10.0, 6.0)  # in half a minute
    seconds.now = 75.0
    scene = told.scene(NOON)
    assert (scene.pages, scene.plays) == (pytest.approx(4 / 3), pytest.approx(4 / 3))


def test_an_evening_is_seen(evening: tuple[World, Pretended, Scene]) -> None:
    world, service, scene = evening
    told = Happenings.joined([happened for _, happened in service.told])
    profile = world.members.profile
    assert 0 < scene.watching <= len(set(profile.tolist())) and len(scene.said) == 12
    plays = (told.kind == CODE[Kind.PLAY]) & ~told.autoplay & (told.at > scene.now - LATELY)
    assert sum(rise.plays for rise in scene.rising) <= plays.sum()
    assert scene.rising[0].plays > 0 and len(scene.rising) == 5
