import numpy as np

from playbill.events import DAY, HOUR, Kind
from playbill.simulation.dice import Dice
from playbill.simulation.generated import generate
from playbill.simulation.members import BOT, SHILL, STRANGER
from playbill.simulation.parameters import Parameters, with_values
from playbill.simulation.run import Kept, run
from playbill.simulation.service import CODE, Happenings
from playbill.simulation.stand_ins import RandomPages
from playbill.simulation.world import World, world_of

START = 1_767_571_200_000 // DAY * DAY


def lived(values: dict[str, float], days: int = 3, persons: int = 300) -> tuple[World, Happenings]:
    parameters = with_values(Parameters(), values)
    world = world_of(generate(150, parameters, Dice(5), START), persons, parameters, 5, START)
    service = Kept(RandomPages(world))
    rest = run(world, service, days).rest
    assert rest is not None and rest.happened is not None
    return world, Happenings.joined([*service.happened, rest.happened])


def ordered(happened: Happenings) -> Happenings:
    return happened.take(np.lexsort((happened.place, happened.part, happened.visit)))


def test_without_bad_actors_everything_arrives_once_and_when_it_happens() -> None:
    _, happened = lived({})
    assert np.array_equal(happened.at, happened.due)
    keys = np.stack([happened.visit, happened.part, happened.place], 1)
    assert len(np.unique(keys, axis=0)) == len(keys)


def test_duplicates_are_the_same_but_for_their_arrival() -> None:
    _, clean = lived({})
    _, twice = lived({"actors.duplicates": 0.2})
    assert len(twice) / len(clean) - 1 == np.clip(len(twice) / len(clean) - 1, 0.17, 0.23)
    keys, counts = np.unique(np.stack([twice.visit, twice.part, twice.place], 1), axis=0, return_counts=True)
    assert len(keys) == len(clean)
    assert set(counts.tolist()) == {1, 2}
    pairs = ordered(twice)
    same = (np.diff(pairs.visit) == 0) & (np.diff(pairs.part) == 0) & (np.diff(pairs.place) == 0)
    first, second = pairs.take(np.flatnonzero(same)), pairs.take(np.flatnonzero(same) + 1)
    assert np.array_equal(first.at, second.at)
    assert np.array_equal(first.kind, second.kind)
    assert (np.abs(first.due - second.due) <= 60_000).all()


def test_late_sessions_arrive_hours_after_they_happened() -> None:
    _, happened = lived({"actors.late": 0.3})
    delay = happened.due - happened.at
    late = delay > 0
    assert ((delay[late] >= HOUR) & (delay[late] <= DAY + HOUR)).all()
    visits, first = np.unique(happened.visit, return_index=True)
    assert 0.25 < late[first].mean() < 0.35
    for visit in visits[:50].tolist():
        assert len(np.unique(delay[happened.visit == visit])) == 1


def test_a_wrong_clock_is_wrong_for_good_and_moves_no_arrival() -> None:
    world, happened = lived({"actors.skew": 0.2})
    off = happened.at - happened.due
    assert 0 < np.abs(off).max() <= DAY
    person = (happened.visit // 64) % len(world.members)
    by_device = person * 8 + happened.device
    matters = happened.visit % 64 == 63
    for device in np.unique(by_device[(off != 0) & ~matters])[:20].tolist():
        assert len(np.unique(off[(by_device == device) & ~matters])) == 1
    belongs = happened.started >= 0
    assert np.array_equal((happened.at - happened.started)[belongs] >= 0, np.ones(belongs.sum(), bool))


def test_shills_push_one_title_and_bots_watch_nothing() -> None:
    world, happened = lived({"actors.shills": 0.1, "actors.bots": 0.02})
    role = world.members.role[(happened.visit // 64) % len(world.members)]
    played = happened.kind == CODE[Kind.PLAY]
    shill, bot = (role == SHILL) & played, (role == BOT) & played
    assert len(np.unique(happened.title[shill])) == 1
    ends = np.isin(happened.kind, [CODE[Kind.COMPLETE], CODE[Kind.ABANDON]])
    assert happened.watched[ends & (role == SHILL)].max() <= 20
    assert (happened.kind[ends & (role == SHILL)] == CODE[Kind.COMPLETE]).all()
    thumbs = (happened.kind == CODE[Kind.THUMBS]) & (role == SHILL)
    assert thumbs.sum() == shill.sum()
    assert (happened.value[thumbs] == 2).all()
    assert bot.sum() / (world.members.role == BOT).sum() > 10 * played[role == 0].sum() / len(world.members)
    assert happened.watched[ends & (role == BOT)].max() <= 20


def test_strangers_watch_from_another_country() -> None:
    world, happened = lived({"actors.strangers": 0.3})
    members = world.members
    person = (happened.visit // 64) % len(members)
    elsewhere = happened.country != members.country[members.account[person]]
    matters = happened.visit % 64 == 63
    assert elsewhere[(members.role[person] == STRANGER) & ~matters].all()
    assert not elsewhere[members.role[person] != STRANGER].any()
