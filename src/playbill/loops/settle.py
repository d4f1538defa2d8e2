"""From what members saw to what it was worth: each viewed slot is settled once, with one reward.

    view      opens a window on the slot, 24 hours by default
    act       counts for a slot if it is on the slot's title, by the same profile, and names the page as its `source`;
              playback may name the PLAY that it belongs to instead, which names the page
    close     when the window ends, or when the member completes, abandons, thumbs or rates the title, from wherever;
              then one reward from the reward table, 0 if nothing happened. A slot nobody viewed is never settled

The log alone decides. Its clock is the greatest `received` so far (`at` where an event has none) and only moves
forward; a window counts from the moment its view came into the log, so a device that was offline gets a whole one, too.
An event takes part in all that happens in its own millisecond, in nothing that closed before. So what is settled, and
in which order, is a function of the log, however it was cut into batches.

A tile that kept its place from an earlier page of the session (`Impression.kept`) is still the same tile: viewing it
again opens nothing, and acts that name the later page count for the window that the first view opened.
"""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playbill.bandits.policy import Policy
from playbill.errors import InputError, SettingsError
from playbill.events import DAY, PLAYBACK, Action, Event, Impression, Kind, TitleSet, changed
from playbill.slate import Floats
from playbill.state import DISLIKED_TO, MemberState, TitleFacts, facts_of, fold
from playbill.viewer import FINISHED

COUNTED = frozenset(
    (
        *PLAYBACK,
        Kind.THUMBS,
        Kind.RATING,
        Kind.LIST_ADD,
        Kind.LIST_REMOVE,
        Kind.UNDO,
        Kind.REMOVE_FROM_HISTORY,
        Kind.RESET,
    )
)
"""Acts that change a reward. Opening a card is not one: a click says more about the picture than about the title."""

CLOSING = frozenset((Kind.COMPLETE, Kind.ABANDON, Kind.THUMBS, Kind.RATING))
"""Acts after which nothing better can be learned of a slot, so its window closes."""

TAKES_BACK = frozenset((Kind.UNDO, Kind.RESET, Kind.REMOVE_FROM_HISTORY, Kind.LIST_REMOVE))
"""Acts that need no source: whatever page earned something, it is taken back."""

PAGE_ENDS = -1
"""In place of a slot number: the page itself can no longer be viewed."""


@dataclass(frozen=True, slots=True)
class Rewards:
    """What each outcome of a viewed slot is worth, 0 to 1. The best outcome counts, a thumb down above all.

    The numbers are judgements. They reward what lasts, not what is clicked: "Recommending for Long-Term Member
    Satisfaction at Netflix" (Netflix Technology Blog, 2024) names completion, thumbs and abandonment as such proxies.
    Raises SettingsError for a number outside 0 to 1.
    """

    complete: float = 1.0  # watched to the end, or rated: what the page is for
    two_up: float = 1.0  # the most a member can say
    thumbs_up: float = 0.9  # just below: it can be said of a title without watching it now
    progress: float = 0.8  # times the share of the runtime watched; below 1, since the verdict is still open
    abandoned: float = 0.5  # times what its progress earns: half, as in `viewer.strength`
    list_add: float = 0.2  # wanted, but for later; most of a list is never played
    thumbs_down: float = 0.0  # however much was watched: the member says that it was no good

    def __post_init__(self) -> None:
        for name, value in ((f.name, getattr(self, f.name)) for f in fields(self)):
            if not 0.0 <= value <= 1.0:
                raise SettingsError(f"rewards.{name} is {value!r}. A reward is a number from 0 to 1.")

    def of(self, facts: TitleFacts, share: float) -> float:
        """The reward of a slot: what the member did with its title because of it, and the share watched, 0 to 1."""
        if facts.thumb < 0:
            return self.thumbs_down
        if facts.completed or share >= FINISHED:
            watched = self.complete
        else:
            watched = self.progress * share * (self.abandoned if facts.abandoned else 1.0)
        liked = (0.0, self.thumbs_up, self.two_up)[min(facts.thumb, 2)]
        return max(watched, liked, 0.0 if facts.listed is None else self.list_add)


@dataclass(frozen=True)
class Settled:
    """Settled slots as columns of equal length, ordered by (closed_at, impression, slot)."""

    impression: tuple[str, ...]
    slot: NDArray[np.int64]
    title: tuple[str, ...]
    arm: NDArray[np.int64]  # the picture drawn; -1 where pictures were not randomized
    arms: NDArray[np.int64]  # how many were eligible; 0 where pictures were not randomized
    propensity: Floats  # with which `arm` was drawn; NaN where pictures were not randomized
    context: tuple[tuple[float, ...], ...]  # the vector the policy was given; empty if it takes none
    reward: Floats  # 0 to 1
    closed_at: NDArray[np.int64]  # ms, by the log's clock

    def __len__(self) -> int:
        return len(self.impression)

    @staticmethod
    def of(rows: Sequence[tuple[Any, ...]]) -> Settled:
        """The columns of rows (impression, slot, title, arm, arms, propensity, context, reward, closed_at)."""
        of = tuple(zip(*rows, strict=True)) or ((),) * 9
        slot, arm, arms, closed_at = (np.array(of[i], np.int64) for i in (1, 3, 4, 8))
        propensity, reward = (np.array(of[i], np.float64) for i in (5, 7))
        return Settled(of[0], slot, of[2], arm, arms, propensity, of[6], reward, closed_at)


@dataclass(slots=True)
class _Window:
    """A viewed slot."""

    viewed: int  # ms, by the member's clock
    closes: int  # ms, by the log's clock


@dataclass(slots=True)
class _Page:
    """An impression that can still be viewed, or that has an open window."""

    served: Impression
    until: int  # ms; views are taken until here
    acts: MemberState = field(default_factory=MemberState)  # what the member did because of it
    about: set[str | None] = field(default_factory=set)  # the titles of these acts: of most slots there is none
    plays: dict[str, int] = field(default_factory=dict)  # id of a play that counts here -> when it started
    windows: dict[int, _Window] = field(default_factory=dict)  # slot ->
    ended: set[str] = field(default_factory=set)  # ids of closing acts seen, so that none closes a later window
    open: int = 0  # windows not settled yet

    def slots_of(self, title: str | None) -> list[int]:
        """The viewed slots that show a title."""
        return [slot for slot in self.windows if self.served.slots.title[slot] == title]


class Settler:
    """Takes the log event by event and settles viewed slots.

    Memory: the pages of the last window, and open windows. A row depends on nothing that came into the log more than
    two windows before it closed, save the runtimes: to go on after a restart, feed a new settler from there on and drop
    what closed before.
    """

    def __init__(self, rewards: Rewards, window: int = DAY, runtimes: Mapping[str, float] | None = None) -> None:
        """window: ms. runtimes: seconds by title id, where the log's titles lie before the first event taken."""
        if window < 1:
            raise SettingsError(f"The settlement window is {window!r} ms. Give at least 1, such as {DAY} for a day.")
        self._rewards, self._window = rewards, window
        self._runtimes: dict[str, float] = dict(runtimes or {})
        self._clock = 0
        self._pages: dict[str, _Page] = {}
        self._members: dict[str, dict[str, _Page]] = {}  # profile -> its pages, in the order they were served
        self._due: list[tuple[int, str, int]] = []  # heap of (closes, impression, slot or PAGE_ENDS)
        self._rows: list[tuple[Any, ...]] = []  # settled and not handed out yet, in order

    @property
    def open(self) -> tuple[int, int]:
        """(pages held, windows open)."""
        return len(self._pages), sum(page.open for page in self._pages.values())

    def take(self, event: Event) -> None:
        """Take in the next event of the log. Known events, and kinds that are no concern of it, change nothing."""
        came = event.received or event.at
        if came + self._window < self._clock:
            return  # the log stands a whole window later: this is a row that was read before
        self._clock = max(self._clock, came)
        self._settle()
        match event:
            case Impression() if event.id not in self._pages:
                self._serve(event)
            case TitleSet(title=title):
                self._runtimes[title.id] = title.runtime or 0.0
            case Action(kind=Kind.VIEW):
                self._view(event)
            case Action(kind=kind) if kind in COUNTED:
                self._act(event)
            case _:
                pass

    def close(self, until: int) -> Settled:
        """All that closed up to `until` (ms) and was not handed out yet, in order.

        The caller vouches that every event received up to `until` was taken; one that comes after all is treated as if
        it had come just after.
        """
        self._clock = max(self._clock, until + 1)
        self._settle()
        count = bisect_right(self._rows, until, key=lambda row: row[-1])
        rows, self._rows = self._rows[:count], self._rows[count:]
        return Settled.of(rows)

    def _serve(self, impression: Impression) -> None:
        page = _Page(impression, self._clock + self._window)
        self._pages[impression.id] = page
        self._members.setdefault(impression.profile, {})[impression.id] = page
        heapq.heappush(self._due, (page.until, impression.id, PAGE_ENDS))

    def _view(self, view: Action) -> None:
        """Open a window on each slot viewed for the first time. Slots that the page does not have are no views."""
        page = self._page(view)
        if page is None or self._clock > page.until:
            return
        titles = page.served.slots.title
        for slot in view.slots:
            if 0 <= slot < len(titles) and slot not in page.windows and slot not in page.served.kept:
                facts = facts_of(page.acts).get(titles[slot]) if titles[slot] in page.about else None
                over = facts is not None and (facts.completed or facts.abandoned or facts.thumb != 0)
                page.windows[slot] = _Window(max(view.at, page.served.at), self._clock)
                page.open += 1
                self._close_at(page, slot, self._clock if over else self._clock + self._window)

    def _close_at(self, page: _Page, slot: int, closes: int) -> None:
        page.windows[slot].closes = closes
        heapq.heappush(self._due, (closes, page.served.id, slot))

    def _act(self, act: Action) -> None:
        """Note an act where it counts, and close the windows that it ends."""
        pages = self._members.get(act.profile, {})
        if act.autoplay:  # nobody chose it: the same as a play that was undone
            act = changed(act, kind=Kind.UNDO, target=act.play or act.id)
        named = self._named(act, pages)
        refused = (act.kind == Kind.THUMBS and (act.value or 0) <= 0) or (
            act.kind == Kind.RATING and (act.value or 0) <= DISLIKED_TO
        )
        for page in pages.values() if refused or act.kind in TAKES_BACK else (named,) if named else ():
            page.acts = fold(page.acts, _as_counted(act, page))
            page.about.add(act.title)
        if act.kind in CLOSING and not (act.kind == Kind.THUMBS and not act.value):
            self._end(act, named, pages)

    def _page(self, action: Action) -> _Page | None:
        """The page that an action names, if it was this profile's."""
        page = self._pages.get(action.source or "")
        return page if page is not None and page.served.profile == action.profile else None

    def _named(self, act: Action, pages: dict[str, _Page]) -> _Page | None:
        """The page that an act counts for."""
        page = self._page(act)
        if page is None:
            return next((p for p in pages.values() if act.play in p.plays), None)
        titles, kept = page.served.slots.title, page.served.kept
        if any(slot < len(titles) and titles[slot] == act.title for slot in kept):
            same = (p for p in reversed(pages.values()) if p.served.session == page.served.session)
            page = next((p for p in same if p.slots_of(act.title)), None)
        if page is not None and act.kind in PLAYBACK:
            page.plays.setdefault(act.play or act.id, act.at if act.started is None else act.started)
        return page

    def _end(self, act: Action, named: _Page | None, pages: dict[str, _Page]) -> None:
        """Close the windows on the title that were open before the act, and those of the page that it names."""
        for page in pages.values():
            if act.id in page.ended or act.id in page.acts.undone or act.play in page.acts.undone:
                continue
            page.ended.add(act.id)
            for slot in page.slots_of(act.title):
                window = page.windows[slot]
                if window.closes > self._clock and (page is named or act.at > window.viewed):
                    self._close_at(page, slot, self._clock)

    def _settle(self) -> None:
        """Settle what closed before the clock, in order. What closes now stays open for the rest of the millisecond."""
        while self._due and self._due[0][0] < self._clock:
            closes, impression, slot = heapq.heappop(self._due)
            page = self._pages.get(impression)
            if page is None:
                continue
            if slot != PAGE_ENDS and page.windows[slot].closes == closes:
                page.open -= 1
                self._rows.append(self._row(page, slot, closes))
            if page.open == 0 and closes >= page.until:
                self._forget(page)

    def _forget(self, page: _Page) -> None:
        del self._pages[page.served.id]
        pages = self._members[page.served.profile]
        del pages[page.served.id]
        if not pages:
            del self._members[page.served.profile]

    def _row(self, page: _Page, slot: int, closed_at: int) -> tuple[Any, ...]:
        title = page.served.slots.title[slot]
        return (page.served.id, slot, title, *_picture(page.served, slot), self._reward(page, title), closed_at)

    def _reward(self, page: _Page, title: str) -> float:
        facts = facts_of(page.acts).get(title) if title in page.about else None
        if facts is None:
            return 0.0
        return self._rewards.of(facts, _share_watched(page.acts, title, self._runtimes.get(title, 0.0)))


def _as_counted(act: Action, page: _Page) -> Action:
    """The act as it counts: with the start of its play, and a play that starts in the middle has not watched half."""
    started = page.plays.get(act.play or act.id, act.started)
    if act.kind == Kind.PLAY:
        return changed(act, started=started, value=None)
    return act if act.started == started else changed(act, started=started)


def _share_watched(acts: MemberState, title: str, runtime: float) -> float:
    """Share of the runtime watched, 0 to 1, in the longest play that counts: seconds watched where the player reports
    them, else the position reached. One half where the runtime is not known, as in `viewer.share_watched`."""
    forgotten = acts.mark("forgotten", title)
    after = forgotten[0] if forgotten else -1
    plays = [p for p in acts.plays.values() if p.title == title and p.id not in acts.undone and p.started > after]
    seconds = max((p.watched or p.position for p in plays), default=0.0)
    if not seconds:
        return 0.0
    return min(1.0, seconds / runtime) if runtime > 0 else 0.5


def _picture(served: Impression, slot: int) -> tuple[int, int, float, tuple[float, ...]]:
    """(arm, arms, propensity, context) of the picture in a slot."""
    for choices in served.choices:
        if choices.what == "artwork" and slot in choices.slot:
            i = choices.slot.index(slot)
            context = choices.context[i] if choices.context else ()
            return choices.arm[i], choices.arms[i], choices.propensity[i], context
    return -1, 0, np.nan, ()


def learn_from(settled: Settled, policy: Policy, numbers: Mapping[str, int], variants: int) -> int:
    """Let a policy learn the rewards of its pictures; returns of how many slots it learned.

    numbers: title id to title number (`Catalog.index`). variants: most pictures of a title; picture a of title number t
    is the arm t * variants + a. Left out: slots without a randomized picture, titles without a number, and slots
    whose context is not as long as that of the last one, for they were drawn by a policy of another kind.
    Raises InputError for a picture beyond `variants`.
    """
    usable = [i for i, t in enumerate(settled.title) if settled.arm[i] >= 0 and t in numbers]
    usable = [i for i in usable if len(settled.context[i]) == len(settled.context[usable[-1]])]
    if not usable:
        return 0
    chosen = settled.arm[usable]
    if chosen.max() >= variants:
        raise InputError(f"Picture {chosen.max()} was settled, but variants is {variants}. Give the number pages use.")
    titles = np.array([numbers[settled.title[i]] for i in usable], np.int64)
    arms = (titles[:, None] * variants + np.arange(variants)).astype(np.float64)[:, :, None]
    policy.learn(np.array([settled.context[i] for i in usable], np.float64), arms, chosen, settled.reward[usable])
    return len(usable)
