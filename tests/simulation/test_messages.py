import numpy as np

from playbill.events import DAY
from playbill.simulation.dice import Dice
from playbill.simulation.generated import generate
from playbill.simulation.parameters import Parameters, with_values
from playbill.simulation.run import run
from playbill.simulation.service import DIRECT
from playbill.simulation.stand_ins import RandomPages
from playbill.simulation.world import CALL, CALLED, World, world_of

START = 1_767_571_200_000 // DAY * DAY


def world(values: dict[str, float], persons: int = 2_000) -> World:
    parameters = with_values(Parameters(), values)
    return world_of(generate(150, parameters, Dice(5), START), persons, parameters, 5, START)


def chances(values: dict[str, float], days: int) -> list[float]:
    """Mean chance of opening a message, day by day."""
    lived, means = world(values), []
    for day in range(days):
        lived.morning(day)
        assert lived.sent is not None
        means.append(float(lived.sent.chance.mean()))
        lived.evening()
    return means


def test_nobody_is_written_to_by_default() -> None:
    lived = world({})
    lived.morning(0)
    assert lived.sent is None


def test_messages_go_out_as_often_as_asked() -> None:
    lived = world({"messages.per_week": 3.5})
    sent = 0
    for day in range(6):
        lived.morning(day)
        assert lived.sent is not None
        sent += len(lived.sent.person)
        lived.evening()
    active = (lived.lives.active[lived.members.account] & ~lived.members.kid).sum()
    assert abs(sent / (6 * active) - 0.5) < 0.02


def test_a_person_tires_of_messages_and_recovers_without_them() -> None:
    daily = chances({"messages.per_week": 7.0}, 8)
    assert daily[7] < 0.5 * daily[0]
    none = chances({"messages.per_week": 7.0, "messages.fatigue": 0.0}, 8)
    assert abs(none[7] - none[0]) < 0.2 * none[0]
    lived = world({"messages.per_week": 7.0})
    lived.morning(0)
    before = lived.lives.reminded.max()
    assert before == 1
    for day in range(1, 8):
        lived.parameters = with_values(lived.parameters, {"messages.per_week": 0.001})
        lived.morning(day)
    assert np.median(lived.lives.reminded[lived.lives.reminded > 0]) < 0.4


def test_an_opened_message_brings_its_person_to_its_title() -> None:
    lived = world({"messages.per_week": 7.0, "messages.opened": 0.5}, 500)
    result = run(lived, RandomPages(lived), 3, keep_truth=True)
    truth = result.all_truth
    called = truth.intent == CALLED
    assert called.sum() > 100
    assert np.array_equal(called, (truth.number % 64 == CALL) & (truth.part == 0))
    assert (truth.source[called] == DIRECT).all()
    assert (truth.title[called] >= 0).all()


def test_who_opts_out_is_written_to_no_more() -> None:
    lived = world({"messages.per_week": 7.0, "messages.opt_out": 0.3}, 500)
    gone: set[int] = set()
    for day in range(5):
        lived.morning(day)
        assert lived.sent is not None
        assert gone.isdisjoint(lived.sent.person.tolist())
        gone |= set(lived.sent.person[lived.sent.opted_out].tolist())
    assert len(gone) > 100


def test_relevant_messages_are_opened_more_often() -> None:
    lived = world({"messages.per_week": 7.0, "messages.relevance": 1.0})
    lived.morning(0)
    assert lived.sent is not None
    worth = lived.attraction(lived.sent.person, lived.sent.title)
    assert np.corrcoef(worth, lived.sent.chance)[0, 1] > 0.5
