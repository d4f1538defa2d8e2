from dataclasses import replace

from playbill.events import HOUR, MINUTE, Action, Impression, Kind, ServedRow, Slots, changed
from playbill.page.shown import LONGEST, Visit, viewed_in

NOW = 1_700_000_000_000
SERVED = Impression(
    "i1", "ana", NOW - 20 * MINUTE, "home", (ServedRow("popular", "", (), 2),), Slots(("a", "b"), (-1, -1)), (), (),
    "r-1-1", 1, 1, 7, "0", (1, 2), session="s1",
)  # fmt: skip
VIEW = Action("v1", "ana", Kind.VIEW, NOW - 19 * MINUTE, source="i1", slots=(0,), session="s1")
PROGRESS = Action("p1", "ana", Kind.PROGRESS, NOW - MINUTE, title="a", value=60.0, watched=60.0, play="p0")


def seen(*events: Action | Impression, session: str | None = None) -> Visit:
    return viewed_in(enumerate(events), NOW, 30 * MINUTE, session, "home", None)


def test_what_was_viewed_of_the_last_page_is_found_behind_later_events() -> None:
    visit = seen(PROGRESS, VIEW, SERVED)
    assert (visit.session, visit.chunks, visit.viewed) == ("s1", (SERVED,), {"i1": frozenset({0})})


def test_without_an_event_for_long_there_is_no_session() -> None:
    long_ago = [changed(e, at=e.at - 40 * MINUTE) for e in (VIEW, SERVED)]
    assert seen(*long_ago) == Visit()


def test_a_named_session_is_looked_for_and_no_other() -> None:
    other = replace(SERVED, id="i2", session="s2", at=NOW - 10 * MINUTE)
    assert seen(PROGRESS, other, VIEW, SERVED, session="s1").chunks == (SERVED,)


def test_a_page_served_half_a_day_ago_is_not_looked_for_however_busy_the_profile_was_since() -> None:
    busy = [changed(PROGRESS, id=f"p{n}", at=NOW - n * 10 * MINUTE) for n in range(1, 80)]
    before = replace(SERVED, at=NOW - LONGEST - HOUR)
    looked = []

    def back():
        for number, event in enumerate([*busy, before]):
            looked.append(event)
            yield number, event

    assert viewed_in(back(), NOW, 30 * MINUTE, "s1", "home", None) == Visit()
    assert before not in looked
