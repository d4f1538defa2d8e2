"""Events as they enter the log: stamped, clocks set back, and refused with a message that teaches."""

import dataclasses
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playbill.catalog import TitleFold
from playbill.checks import check
from playbill.errors import InputError
from playbill.events import (
    ABOUT_A_PAGE,
    ABOUT_A_TITLE,
    CLOCK_SLACK,
    DAY,
    MINUTE,
    PLAYBACK,
    Action,
    ControlSet,
    Episode,
    Kind,
    ProfileSet,
    Sendable,
    TakenDown,
    Title,
    TitleRemoved,
    TitleSet,
    Window,
    changed,
    receive,
)  # fmt: skip

NOW = 1_700_000_000_000
THUMB = Action("a", "p", Kind.THUMBS, NOW, title="t", value=1.0)


def with_(**changes: object) -> Action:
    return changed(THUMB, **changes)  # type: ignore[arg-type]


# The clock -----------------------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.integers(0, 2 * NOW), st.none() | st.integers(0, 2 * NOW), st.integers(0, 2**50), st.booleans())
def test_no_event_enters_the_log_from_further_ahead_than_the_slack(
    at: int, started: int | None, now: int, flag: bool
) -> None:
    event = receive(with_(at=at, started=started, received=7, clamped=flag), now)
    assert event.received == now and event.at == min(at, now + CLOCK_SLACK)
    assert event.clamped == (at > now + CLOCK_SLACK), "the flag is playbill's own, whatever the sender says"
    assert event.started == (None if started is None else min(started, now + CLOCK_SLACK))
    assert receive(event, now).at == event.at


@pytest.mark.parametrize(("ahead", "clamped"), [(-30 * DAY, False), (5 * MINUTE, False), (5 * MINUTE + 1, True)])
def test_late_is_taken_as_it_is_and_future_only_beyond_five_minutes_is_flagged(ahead: int, clamped: bool) -> None:
    event = receive(with_(at=NOW + ahead), NOW)
    assert (event.clamped, event.at) == (clamped, NOW + 5 * MINUTE if clamped else NOW + ahead)


@pytest.mark.parametrize(
    "event",
    [ProfileSet("a", "p", 2 * NOW, "acct", "n"), TitleSet("a", 2 * NOW, Title("t", "T")), TakenDown("a", 2 * NOW, "t")],
)
def test_every_class_of_event_is_stamped_and_set_back(event: ProfileSet | TitleSet | TakenDown) -> None:
    taken = receive(event, NOW)
    assert (taken.at, taken.received) == (NOW + CLOCK_SLACK, NOW)
    assert changed(taken, at=event.at, received=event.received) == event, "nothing else changes"


# What is refused -----------------------------------------------------------------------------------------------------

REFUSED = {
    "id: ''": with_(id=""),
    "id:": with_(id="x" * 201),
    "holds characters that cannot be printed": with_(id="a\x1b[2J"),
    "profile:": with_(profile=""),
    "at: -1": with_(at=-1),
    "whole milliseconds": with_(at=2**60),
    "kind: 'thums' is not known. Did you mean 'thumbs'": with_(kind="thums"),
    "title: missing. A thumbs event": with_(title=None),
    "title: ''": with_(title=""),
    "source: missing. A view event": with_(kind=Kind.VIEW, value=None, slots=(1,)),
    "slots: missing": with_(kind=Kind.VIEW, value=None, source="i"),
    "slots: numbers": with_(kind=Kind.VIEW, value=None, source="i", slots=(-1,)),
    "target: missing": with_(kind=Kind.UNDO, value=None),
    "value: missing. A rating event": with_(kind=Kind.RATING, value=None),
    "value: 11": with_(kind=Kind.RATING, value=11.0),
    "value: 0.5 is not a thumb": with_(value=0.5),
    "value: nan": with_(kind=Kind.PROGRESS, value=math.nan),
    "value: inf": with_(kind=Kind.PLAY, value=math.inf),
    "watched: -1": with_(kind=Kind.PROGRESS, value=1.0, watched=-1.0),
    "text: 1001": with_(kind=Kind.SEARCH, value=None, text="x" * 1_001),
    "session:": with_(session="x" * 201),
    "title.name:": TitleSet("a", 1, Title("t", "")),
    "title.id:": TitleSet("a", 1, Title("", "T")),
    "title: 'x": TitleRemoved("a", 1, "x" * 201),
    "profile: ''": ControlSet("a", "", 1, "profiling", "off"),
}


@pytest.mark.parametrize("start", REFUSED)
def test_a_bad_event_is_refused_with_the_field_the_value_and_the_remedy(start: str) -> None:
    with pytest.raises(InputError) as refused:
        check(REFUSED[start])
    assert start in str(refused.value) and str(refused.value).endswith((".", "?"))
    assert len(str(refused.value)) < 250, "a bad event cannot flood the terminal"


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_is_taken_when_it_has_what_it_needs(kind: Kind) -> None:
    needs = {Kind.THUMBS: 2.0, Kind.RATING: 10.0}
    check(Action("a", "p", kind, NOW, title="t", source="i", slots=(0,), target="b", value=needs.get(kind)))
    bare = Action("a", "p", kind, NOW)
    if kind in (*ABOUT_A_TITLE, *ABOUT_A_PAGE, Kind.UNDO):
        with pytest.raises(InputError, match="missing"):
            check(bare)
    else:
        check(bare)


def test_the_groups_of_kinds_do_not_overlap() -> None:
    assert set(PLAYBACK) < set(ABOUT_A_TITLE) and not set(ABOUT_A_TITLE) & set(ABOUT_A_PAGE)


EXTREME = [
    *({"year": year} for year in (-1, 0, 40_000, 2**70)), *({"added": at} for at in (-1, 2**70)),
    *({"runtime": seconds} for seconds in (-1.0, 0.0, math.nan, math.inf, 1e300)),
    *({"windows": (Window("NO", start, until),)} for start, until in ((-1, 2**70), (2**70, None), (2, 1))),
    {"episodes": (Episode(-1, 2**70),)}, {"kind": "opera"}, {"genres": ("",)}, {"cast": ("x" * 10_000,)},
]  # fmt: skip


@pytest.mark.parametrize("changes", EXTREME, ids=str)
def test_a_title_is_refused_or_the_catalogue_can_hold_it(changes: dict[str, object]) -> None:
    """One bad row of a feed must not take the whole catalogue down."""
    event = TitleSet("a", 1, dataclasses.replace(Title("t", "T"), **changes))  # type: ignore[arg-type]
    if passes(event):
        fold = TitleFold()
        fold.apply(event)
        assert fold.catalog().available(NOW, "NO").shape == (1,)


@pytest.mark.parametrize("maturity", ["²", "１２", "-1", "999", "", "PG-13 "])
def test_no_maturity_label_takes_the_catalogue_down(maturity: str) -> None:
    fold = TitleFold()
    fold.apply(TitleSet("a", 1, Title("t", "T", maturity=maturity)))
    assert 0 <= fold.catalog().age[0] <= 99


@pytest.mark.parametrize("field", ["started", "season", "episode"])
@pytest.mark.parametrize("number", [-1, 10**30])
def test_whole_numbers_that_no_player_can_mean_are_refused(field: str, number: int) -> None:
    with pytest.raises(InputError, match=field):
        check(with_(kind=Kind.PLAY, **{field: number}))


def passes(event: Sendable) -> bool:
    try:
        check(event)
    except InputError:
        return False
    return True
