"""Nearline with editors and erasures: rules come with snapshots, pages with rules replay, the erased leave memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from playbill.app import Playbill, Served
from playbill.events import (
    DAY,
    HOUR,
    MINUTE,
    Action,
    EditorialAction,
    EditorialSet,
    Erased,
    Kind,
    ProfileSet,
    TakenDown,
    Title,
    TitleSet,
)
from playbill.loops.nearline import Follower, Titles, snapshot_at
from playbill.loops.settle import Rewards
from playbill.snapshot import Snapshot

START = 1_700_000_000_000
PIN, BOOST, BURY, ROW = EditorialAction


class Clock:
    now = START

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def service(tmp_path: Path, clock: Clock) -> Iterator[Playbill]:
    """80 titles of two genres, 20 members who each watched a dozen of one."""
    rng = np.random.default_rng(5)
    titles = (Title(f"t{i}", f"Title {i}", genres=("Drama", "Comedy")[i % 2 :][:1], maturity="PG") for i in range(80))
    with Playbill(tmp_path, clock=clock, ids=map(str, range(10**6)).__next__) as opened:
        opened.record([TitleSet(f"s{title.id}", START - 90 * DAY, title) for title in titles])
        opened.record([ProfileSet(f"p{m}", f"m{m}", START - 90 * DAY, "a", "Member", country="SE") for m in range(20)])
        opened.record([
            Action(f"r{m}-{n}", f"m{m}", Kind.RATING, START - DAY - n * HOUR, title=f"t{n * 2 + m % 2}", value=9.0)
            for m in range(20) for n in rng.choice(40, 12, replace=False).tolist()
        ])  # fmt: skip
        opened.train()
        yield opened


def rule(name: str, action: EditorialAction, *titles: str, **more: object) -> EditorialSet:
    given = EditorialSet(f"e-{name}", START, name, action, titles, START + DAY, "editor", headings=(("en", "Row"),))
    return replace(given, **more)  # type: ignore[arg-type]


RULES = (
    rule("p", PIN, "t7", "t9", row="top_picks", start=START + 2 * MINUTE), rule("b", BOOST, "t20", "t22", factor=8.0),
    rule("u", BURY, "t1", factor=0.0), rule("r", ROW, "t40", "t3", "t5", place=1, country="SE"),
)  # fmt: skip


def step(service: Playbill) -> Snapshot:
    made = service.nearline().step(service.clock())
    assert made is not None
    return made


def editors_row(served: Served) -> list[str]:
    ids = served.page.viewer.catalog.ids
    return [ids[t] for row in served.page.rows if row.kind == "editors_choice" for t in row.shown.titles]


def test_rules_come_with_the_next_snapshot_and_go_when_withdrawn(service: Playbill) -> None:
    service.record(RULES)
    assert service.homepage("m1").page.snapshot.editorial.rules == ()
    step(service)
    assert {r.rule for r in service.snapshot().editorial.rules} == {"p", "b", "u", "r"}
    assert editors_row(service.homepage("m1")) == ["t40", "t3", "t5"]
    service.record([rule("r", ROW, id="gone", at=START + 1, withdrawn=True)])
    step(service)
    assert editors_row(service.homepage("m1")) == []


def test_rules_begin_and_end_without_a_new_snapshot(service: Playbill, clock: Clock) -> None:
    def first() -> str:
        page = service.homepage("m1", session=str(clock.now)).page
        number: int = next(r for r in page.rows if r.kind == "top_picks").shown.titles[0]
        return page.viewer.catalog.ids[number]

    plain = first()
    service.record(RULES)
    name = step(service).id
    assert first() != "t7"
    clock.now += 2 * MINUTE
    assert first() == "t7"
    clock.now = START + DAY
    assert first() == plain and editors_row(service.homepage("m1")) == []
    assert service.snapshot().id == name


def test_a_page_with_rules_is_rebuilt_byte_for_byte_after_they_were_changed(
    service: Playbill, clock: Clock, tmp_path: Path
) -> None:
    service.record(RULES)
    step(service)
    clock.now += 5 * MINUTE
    served = [service.homepage("m1", session="s"), service.homepage("m2", country="NO")]
    for page in served:
        service.serve(page.impression).result()
    service.record([Action("v", "m1", Kind.VIEW, clock.now, source=served[0].impression.id, slots=(0, 1, 2, 9, 10))])
    served.append(service.homepage("m1", session="s"))
    service.serve(served[-1].impression).result()
    service.record(
        [rule("r", ROW, "t60", id="other", at=clock.now, place=0), rule("p", PIN, id="w", at=clock.now, withdrawn=True)]
    )
    service.record([TakenDown("x", clock.now, "t40")])
    clock.now += MINUTE
    step(service)
    assert editors_row(service.homepage("m2")) == ["t60"]
    with Playbill(tmp_path, clock=clock) as other:
        for page in served:
            before, after = other.replay(page.impression.id)
            assert msgspec.json.encode(before) == msgspec.json.encode(after)


def test_a_snapshot_with_rules_is_a_function_of_the_release_the_log_and_the_moment(
    service: Playbill, clock: Clock
) -> None:
    nearline = service.nearline()
    for changed in (*RULES, rule("b", BOOST, "t4", id="b2", at=START + 1, factor=2.0)):
        service.record([changed])
        clock.now += MINUTE
        made = nearline.step(clock.now)
        assert made is not None
        again = snapshot_at(service.log, made.release, made.seq, made.at, service.settings.rewards)
        assert made.editorial == again.editorial == service.snapshot().editorial
    assert len(service.snapshot().editorial.rules) == 4


def test_a_rule_leaves_the_catalogue_as_it_is_so_that_nothing_is_worked_out_anew(service: Playbill) -> None:
    titles = Titles()
    titles.follow(service.log, service.log.end())
    catalog = titles.catalog
    facets = service.snapshot().facets
    service.record(RULES)
    titles.follow(service.log, service.log.end())
    assert titles.catalog is catalog and len(titles.editorial.rules) == 4
    step(service)
    assert service.snapshot().facets is facets


def test_a_title_taken_down_is_gone_from_an_editors_row_at_once(service: Playbill) -> None:
    service.record(RULES)
    step(service)
    service.record([TakenDown("x", START, "t3")])
    assert editors_row(service.homepage("m1")) == ["t40", "t5"]


# The erased ----------------------------------------------------------------------------------------------------------


def watched(service: Playbill, profile: str, title: str, clock: Clock) -> None:
    """The profile is served a page, sees all of it, and watches a title from it."""
    served = service.homepage(profile)
    service.serve(served.impression).result()
    slots = tuple(range(len(served.impression.slots.title)))
    acts = [
        Action(f"view-{profile}", profile, Kind.VIEW, clock.now, source=served.impression.id, slots=slots),
        Action(f"played-{profile}", profile, Kind.COMPLETE, clock.now, title=title, source=served.impression.id),
    ]
    service.record(acts)


def erase(service: Playbill, profile: str) -> None:
    service.log.erase(profile, Erased(f"erased-{profile}", service.clock(), "hash", 0, service.clock()))


Step = Callable[[Playbill, int], Snapshot | None]


@pytest.mark.parametrize("how", ["step", "draft"])
def test_after_an_erasure_nothing_of_the_profile_stays_in_the_follower(
    how: str, service: Playbill, clock: Clock
) -> None:
    nearline = service.nearline()

    def follow() -> Snapshot:
        made = nearline.step(clock.now) if how == "step" else nearline.draft(clock.now, service.log.end())
        assert made is not None
        return made

    service.record([ProfileSet("pz", "zoe", START, "a", "Zoe")])
    watched(service, "zoe", "t79", clock)
    watched(service, "m1", "t78", clock)
    clock.now += 2 * DAY
    with_her = follow()
    assert b"zoe" in held(nearline) and with_her.lately[79] > 0
    erase(service, "zoe")
    clock.now += MINUTE
    without = follow()
    assert b"zoe" not in held(nearline) and b"m1" in held(nearline)
    assert without.lately[79] < with_her.lately[79] and without.lately[78] > 0
    fresh = snapshot_at(service.log, without.release, without.seq, without.at, service.settings.rewards)
    assert np.array_equal(fresh.lately, without.lately) and np.array_equal(fresh.popular, without.popular)
    for name, values in fresh.artwork.arrays().items():
        assert np.array_equal(values, without.artwork.arrays()[name]), name


def held(thing: object) -> bytes:
    """Everything that a follower holds, as text: its objects' fields, all the way down, without the log."""
    seen: set[int] = set()

    def say(one: object) -> str:
        if id(one) in seen or isinstance(one, Playbill):
            return ""
        seen.add(id(one))
        if isinstance(one, dict):
            return " ".join(say(k) + " " + say(v) for k, v in one.items())
        if isinstance(one, list | tuple | set | frozenset):
            return " ".join(map(say, one))
        fields = getattr(one, "__dict__", None) or {
            name: getattr(one, name, None) for name in getattr(type(one), "__slots__", ())
        }
        return " ".join(say(v) for name, v in fields.items() if name != "_log") if fields else str(one)

    return say(thing).encode()


def test_a_follower_begins_anew_once_per_erasure_and_not_again(service: Playbill, clock: Clock) -> None:
    follower = Follower(Rewards())
    until = service.log.end()
    follower.follow(service.log, until)
    plays = follower._plays
    follower.follow(service.log, until)
    assert follower._plays is plays
    erase(service, "m3")
    follower.follow(service.log, until)  # the erasure stands behind: what it deleted is gone all the same
    anew = follower._plays
    assert anew is not plays and follower.seq == until
    follower.follow(service.log, service.log.end())
    assert follower._plays is anew
