"""Examples: what was viewed, as it was then, with what came of it; nothing from after a page enters its features."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from playbill.events import DAY, HOUR, Action, Choices, Event, Impression, Kind, Slots, Title, TitleSet
from playbill.histories import Histories
from playbill.loops.examples import Examples, ExamplesConfig, FirstPlays, Served, examples_of
from playbill.loops.nearline import Titles
from playbill.loops.rewards import ACTIONS
from playbill.models.features import Fatigue, Features, Moment
from playbill.models.model import Singles
from playbill.state import MemberState, fold_all
from playbill.store.sqlite import SQLiteLog
from playbill.viewer import Request, Viewer

START = 1_700_000_000_000
NAMES = ("heat", "alien", "fargo", "brazil")
GENRES = {"heat": ("Crime",), "alien": ("Horror",), "fargo": ("Crime",), "brazil": ("Horror", "Satire")}
RUNTIME = 6_000.0
FEATURES = Features(("own",))
END = START + 20 * DAY
CONFIG = ExamplesConfig()


class Own:
    """A model of taste that counts the history."""

    def affinities(self, histories: Histories, n: int) -> Singles:
        out = np.zeros((len(histories), n), np.float32)
        np.add.at(out, (histories.member, histories.title), 1.0)
        return out


def title(name: str, at: int = START) -> TitleSet:
    return TitleSet(f"t-{name}-{at}", at, Title(name, name, genres=GENRES[name], runtime=RUNTIME, year=1990), at)


def page(id: str, at: int, cursor: int, titles: Sequence[str] = ("heat", "alien"), profile: str = "ann", **other):
    given = {"snapshot": f"r-{cursor}-{at}", "choices": (), **other}
    return Impression(
        id=id, profile=profile, at=at, surface="home", rows=(), slots=Slots(tuple(titles), (-1,) * len(titles)),
        causes=(), state_cursor=cursor, denied_cursor=0, seed=0, engine="0", shape=(1, 2), received=at, **given,
    )  # fmt: skip


def act(kind: Kind, at: int, of: str | None, source: str | None = None, profile: str = "ann", **other) -> Action:
    id = f"{profile}-{kind}-{of}-{at}"
    return Action(**{"id": id, "profile": profile, "kind": kind, "at": at, "received": at, "title": of,
                     "source": source, **other})  # fmt: skip


def view(id: str, at: int, *slots: int, profile: str = "ann") -> Action:
    return act(Kind.VIEW, at, None, id, profile, id=f"view-{id}", slots=slots)


HISTORY: list[Event] = [
    *(title(name) for name in NAMES),
    act(Kind.COMPLETE, START + 1, "fargo", "direct"),
    act(Kind.COMPLETE, START + 2, "alien", "direct", "bob"),
]
AT = START + DAY


def learned(folder: Path, events: Sequence[Event], config: ExamplesConfig = CONFIG) -> Examples:
    """Examples of a log of these events, ended by one that tells nothing."""
    ended = act(Kind.COMPLETE, END, "heat", "direct", "nobody")
    log = SQLiteLog(folder / f"{len(list(folder.glob('*.db')))}.db")
    try:
        log.append([*events, ended])
        return examples_of(log, FEATURES, lambda _: ({"own": Own()}, START), np.random.default_rng(1), config)
    finally:
        log.close()


def came(folder: Path, *acts: Event) -> dict[str, float]:
    """The amounts of slot 0, viewed a second after the page, after these acts."""
    found = learned(folder, [*HISTORY, page("one", AT, 6), view("one", AT + 1_000, 0), *acts])
    assert found.slot.tolist() == [0]
    return {action: amount for action, amount in zip(ACTIONS, found.amounts[0].tolist(), strict=True) if amount}


def column(found: Examples, name: str) -> list[float]:
    return found.x[:, FEATURES.names.index(name)].tolist()


# Which slots.


def test_every_viewed_slot_is_an_example_and_no_other(tmp_path: Path) -> None:
    two = page("two", AT + HOUR, 8, ("brazil", "heat", "fargo"))
    found = learned(tmp_path, [*HISTORY, page("one", AT, 6), view("one", AT, 1), two, view("two", AT + HOUR, 0, 2)])
    assert (found.page.tolist(), found.slot.tolist(), found.title.tolist()) == ([0, 1, 1], [1, 0, 2], [1, 3, 2])
    assert found.actions == ACTIONS and found.weight.tolist() == [1.0] * 3 and not found.amounts.any()


def test_a_page_whose_days_after_are_not_over_is_left_out(tmp_path: Path) -> None:
    late = END - 2 * DAY
    assert len(learned(tmp_path, [*HISTORY, page("one", late, 6), view("one", late, 0)])) == 0


def test_a_page_whose_models_are_gone_is_left_out(tmp_path: Path) -> None:
    log = SQLiteLog(tmp_path / "log.db")
    log.append([*HISTORY, page("one", AT, 6), view("one", AT, 0), act(Kind.COMPLETE, END, "heat")])
    assert len(examples_of(log, FEATURES, lambda _: None, np.random.default_rng(1))) == 0
    log.close()


def test_the_sample_is_bounded_and_says_how_many_pages_each_stands_for(tmp_path: Path) -> None:
    events = list(HISTORY)
    for number in range(40):
        events += [page(f"p{number}", AT + number, 6), view(f"p{number}", AT + number, 0)]
    found = learned(tmp_path, events, ExamplesConfig(pages=25))
    assert len(found) == 5 and found.weight.tolist() == [8.0] * 5 and len(set(found.at.tolist())) == 5


def test_a_heavy_viewer_does_not_crowd_out_a_new_one(tmp_path: Path) -> None:
    events = [*HISTORY, page("new", AT, 6, profile="cleo"), view("new", AT, 0, profile="cleo")]
    for number in range(60):
        events += [page(f"p{number}", AT + number, 6), view(f"p{number}", AT + number, 0)]
    found = learned(tmp_path, events, ExamplesConfig(pages=10))
    assert sorted(found.weight.tolist()) == [1.0, 30.0, 30.0] and found.member.max() == 1


def test_propensities_come_along_where_titles_were_drawn(tmp_path: Path) -> None:
    drawn = Choices("title", "explore", (1,), (4,), (2,), (0.25,))
    found = learned(tmp_path, [*HISTORY, page("one", AT, 6, choices=(drawn,)), view("one", AT, 0, 1)])
    np.testing.assert_array_equal(found.propensity, [np.nan, 0.25])


# What came of it.


def test_a_play_to_the_end_counts_as_watched_and_completed(tmp_path: Path) -> None:
    assert came(tmp_path, act(Kind.COMPLETE, AT + HOUR, "heat", "one")) == {"watched": 1.0, "completed": 1.0}


def test_a_part_counts_as_its_share_of_the_runtime(tmp_path: Path) -> None:
    assert came(tmp_path, act(Kind.PROGRESS, AT + HOUR, "heat", "one", value=1_500.0)) == {"watched": 0.25}
    given_up = act(Kind.ABANDON, AT + HOUR, "heat", "one", value=1_500.0)
    assert came(tmp_path, given_up) == {"watched": 0.25, "abandoned": 0.25}


@pytest.mark.parametrize(
    ("value", "expected"), [(-1.0, {"thumbs_down": 1.0}), (1.0, {"thumbs_up": 1.0}), (2.0, {"two_up": 1.0})]
)
def test_a_thumb_counts_as_what_it_says(tmp_path: Path, value: float, expected: dict[str, float]) -> None:
    assert came(tmp_path, act(Kind.THUMBS, AT + HOUR, "heat", "one", value=value)) == expected


def test_a_title_put_on_the_list_and_a_pause_count(tmp_path: Path) -> None:
    assert came(tmp_path, act(Kind.LIST_ADD, AT + HOUR, "heat", "one")) == {"list_add": 1.0}
    paused = act(Kind.PAUSE, AT + HOUR, "heat", "one", value=600.0)
    assert came(tmp_path, paused) == {"watched": pytest.approx(0.1), "paused": 1.0}


def test_being_back_the_next_day_counts_for_what_was_played(tmp_path: Path) -> None:
    back, play = page("later", AT + DAY, 9), act(Kind.COMPLETE, AT + HOUR, "heat", "one")
    assert came(tmp_path, play, back)["next_day"] == 1.0
    assert "next_day" not in came(tmp_path, back)
    assert "next_day" not in came(tmp_path, play, page("soon", AT + 3 * HOUR, 9))


def test_a_second_title_of_a_genre_that_was_new_counts_for_the_first(tmp_path: Path) -> None:
    """Ann played a crime film before; a horror film is new to her."""
    start = [*HISTORY, page("one", AT, 6), view("one", AT, 0, 1)]
    horror, crime = act(Kind.COMPLETE, AT + 1, "alien", "one"), act(Kind.COMPLETE, AT + 2, "heat", "one")
    more = act(Kind.PLAY, AT + HOUR, "brazil", "direct", value=0.0)
    late = act(Kind.PLAY, AT + 3 * DAY, "brazil", "direct", value=0.0)
    new = ACTIONS.index("new_genre")
    assert learned(tmp_path, [*start, horror, crime, more]).amounts[:, new].tolist() == [0.0, 1.0]
    assert not learned(tmp_path, [*start, horror, crime, late]).amounts[:, new].any()


# As of the page.


def test_features_are_as_of_the_page(tmp_path: Path) -> None:
    one = [page("one", AT, 6), view("one", AT, 0, 1), act(Kind.COMPLETE, AT + HOUR, "heat", "one")]
    found = learned(tmp_path, [*HISTORY, *one, page("two", AT + DAY, 9), view("two", AT + DAY, 0, 1)])
    assert column(found, "history.known") == [0.0, 0.0, 1.0, 0.0]
    assert column(found, "fatigue.shown") == [0.0, 0.0, 0.0, 1.0]
    np.testing.assert_allclose(column(found, "history.length"), np.log([2, 2, 3, 3]), rtol=1e-6)
    of_heat = np.log((np.array([0.0, 1.0]) + 0.5) / (np.array([2.0, 3.0]) / 4 + 0.5))
    np.testing.assert_allclose(np.array(column(found, "popularity.30d"))[[0, 2]], of_heat, rtol=1e-6)


def test_nothing_that_comes_later_changes_the_features_of_a_page(tmp_path: Path) -> None:
    """Planted leaks: plays of the shown title by everybody, a like by the member, new and changed titles."""
    known = [*HISTORY, page("one", AT, 6), view("one", AT, 0, 1)]
    leaks: list[Event] = [
        *(act(Kind.COMPLETE, AT + 1, "heat", "one" if p == "ann" else "direct", p) for p in ("ann", "bob", "cleo")),
        act(Kind.THUMBS, AT + 2, "heat", "one", value=2.0),
        # a play before the page that came into the log after it
        act(Kind.COMPLETE, AT - HOUR, "heat", "direct", "dora", received=AT + 3),
        TitleSet("new", AT + 4, Title("late", "Late", genres=("Crime",), year=2024), AT + 4),
        TitleSet("changed", AT + 4, Title("heat", "Heat", genres=("Horror",), year=1901), AT + 4),
        page("two", AT + HOUR, 8), view("two", AT + HOUR, 0, 1),
    ]  # fmt: skip
    before, after = learned(tmp_path, known), learned(tmp_path, [*known, *leaks])
    assert after.x[after.page == 0].tobytes() == before.x.tobytes()
    assert after.amounts[0].any() and not before.amounts.any(), "the leak was planted where it shows in the outcome"


def test_training_and_serving_compute_the_same_bytes(tmp_path: Path) -> None:
    """Whoever serves asks about all titles at once, from the same log at the same moment."""
    events = [*HISTORY, page("one", AT, 6), view("one", AT, 0, 1)]
    log = SQLiteLog(tmp_path / "log.db")
    log.append([*events, act(Kind.COMPLETE, END, "heat", "direct", "nobody")])
    found = examples_of(log, FEATURES, lambda _: ({"own": Own()}, START), np.random.default_rng(1))
    titles, plays = Titles(), FirstPlays()
    titles.follow(log, 6)
    for columns in log.scan(("complete",), 0, 6):
        plays.take(columns)
    mine = [event for _, event in log.tail("ann", 0, 6)]
    viewer = Viewer(Request("ann", fold_all(MemberState(), mine), AT), titles.catalog, np.ones(4, bool))
    moment = Moment.of(
        viewer, {"own": Own()}, START, plays.windows(titles.catalog, AT), Fatigue.of(mine, titles.catalog, AT)
    )
    log.close()
    served = FEATURES.matrix(moment, np.arange(4, dtype=np.int32))
    assert served[found.title].tobytes() == found.x.tobytes()


def test_the_same_log_and_generator_give_the_same_examples(tmp_path: Path) -> None:
    events = list(HISTORY)
    for number in range(20):
        events += [page(f"p{number}", AT + number, 6), view(f"p{number}", AT + number, 0)]
    first, second = (learned(tmp_path, events, ExamplesConfig(pages=20)) for _ in range(2))
    assert first.x.tobytes() == second.x.tobytes() and first.at.tolist() == second.at.tolist()


def test_a_profile_counts_once_for_a_title_and_what_starts_by_itself_never(tmp_path: Path) -> None:
    log = SQLiteLog(tmp_path / "log.db")
    again = [act(Kind.PLAY, START + at, "heat", "direct") for at in (5, 6)]
    itself = act(Kind.PLAY, START + 7, "brazil", "direct", autoplay=True)
    log.append([*HISTORY, *again, itself])
    plays = FirstPlays()
    for columns in log.scan(("play", "complete")):
        plays.take(columns)
    titles = Titles()
    titles.follow(log, log.end())
    log.close()
    assert plays.windows(titles.catalog, START + 10)[1].tolist() == [1.0, 1.0, 1.0, 0.0]
    assert plays.windows(titles.catalog, START + 2 * DAY)[1].tolist() == [0.0] * 4
    assert plays.windows(titles.catalog, START + 2 * DAY)[7].sum() == 3.0


def test_what_was_served_can_be_learned_from() -> None:
    served = Served(lambda titles, weights: np.array([0.5, 0.25, 0.25]) if len(titles) else np.array([0.2, 0.4, 0.4]))
    one = np.array([1], np.int32)
    histories = Histories(np.array([0, 1, 1]), one, np.ones(1), np.ones(1, np.int64), np.zeros(1, bool))
    expected = np.log([[0.5, 0.25, 0.25, np.nan], [0.2, 0.4, 0.4, np.nan]])
    np.testing.assert_allclose(served.affinities(histories, 4), expected, rtol=1e-6)
