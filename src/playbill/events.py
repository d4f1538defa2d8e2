"""Facts. Everything that ever changes anything in playbill is one of these, appended to the log and never edited.

    Action        what a member did                       sent by players and pages
    Impression    a page as it was served                 appended by the server only; no client can send one
    ProfileSet    a profile as it is from now on          account, name, ceiling, country, languages
    ControlSet    one of the member's own controls        profiling, artwork, exploration
    TitleSet      a title as it is from now on            the whole `Title`
    TitleRemoved  a title has left the catalogue
    TakenDown     a title must not be shown, now          lifted again with `lifted=True`
    EditorialSet  what an editor asks of pages            pin, boost, bury or a row; it ends at a date
    Erased        a profile was erased                    appended by the server only; its events are gone

Times are whole milliseconds since 1970-01-01 UTC. The sender chooses the id, so sending an event twice is harmless.
Shares and probabilities are between 0 and 1, never percent; durations are seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar, cast

import msgspec
from msgspec import structs

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

CLOCK_SLACK = 5 * MINUTE
"""How far into the future a sender's clock may lie; beyond, `at` is set back to this and the event is flagged."""


class Kind(StrEnum):
    """What a member did. The unit of `Action.value` stands behind each kind."""

    VIEW = "view"  # slots at least half visible for one second: `source` = impression id, `slots`
    SCROLLED_PAST = "scrolled_past"  # a row left the screen upwards: `source` = impression, value = row number from 0
    HOVER = "hover"  # value = seconds; `source` = impression id, `slots` = the one slot
    OPEN = "open"  # the card or detail page was opened; `source` as for play
    PLAY = "play"  # value = start position in seconds; `source`, `autoplay`
    PROGRESS = "progress"  # value = position in seconds, `watched` = seconds watched so far in this play
    PAUSE = "pause"  # value = position in seconds
    RESUME = "resume"  # value = position in seconds
    COMPLETE = "complete"  # value = position in seconds
    ABANDON = "abandon"  # value = position in seconds
    THUMBS = "thumbs"  # value = -1 down, 1 up, 2 two thumbs up, 0 taken back
    RATING = "rating"  # value = 0 to 10; counts as a completed play, liked from 7, disliked to 4
    LIST_ADD = "list_add"
    LIST_REMOVE = "list_remove"
    HIDE = "hide"
    UNHIDE = "unhide"
    REMOVE_FROM_HISTORY = "remove_from_history"  # plays and ratings of the title up to `at` are forgotten
    UNDO = "undo"  # `target` = id of the event that is undone; an undo cannot be undone
    RESET = "reset"  # everything up to `at` is forgotten, for good
    SEARCH = "search"  # `text` = the query
    SIGN_UP = "sign_up"
    RENEWAL = "renewal"
    CANCELLATION = "cancellation"  # `text` = the reason
    PAYMENT_FAILURE = "payment_failure"


PLAYBACK = (Kind.PLAY, Kind.PROGRESS, Kind.PAUSE, Kind.RESUME, Kind.COMPLETE, Kind.ABANDON)
ABOUT_A_TITLE = (
    *PLAYBACK, Kind.OPEN, Kind.THUMBS, Kind.RATING, Kind.LIST_ADD, Kind.LIST_REMOVE, Kind.HIDE, Kind.UNHIDE,
    Kind.REMOVE_FROM_HISTORY,
)  # fmt: skip
ABOUT_A_PAGE = (Kind.VIEW, Kind.SCROLLED_PAST, Kind.HOVER)
PLAY_SOURCES = ("search", "direct", "next", "list")
"""Where a play can come from when it does not come from a page; otherwise `source` is the impression's id."""


class Action(msgspec.Struct, frozen=True):
    """Something a member did. The one event that comes by the million, so a struct: made in a sixth of the time."""

    id: str  # chosen by the sender; the same id twice is the same event
    profile: str
    kind: Kind
    at: int  # when it happened, by the sender's clock
    received: int = 0  # when playbill accepted it; set by `record`, whatever the sender says
    clamped: bool = False  # `at` lay too far in the future and was set back; set by `record`
    title: str | None = None
    season: int | None = None
    episode: int | None = None
    value: float | None = None  # unit: see `Kind`
    watched: float | None = None  # seconds really watched so far in this play
    source: str | None = None  # impression id, or one of PLAY_SOURCES
    slots: tuple[int, ...] = ()  # slot numbers within the impression `source`
    autoplay: bool = False  # the player started it by itself; never counted as a choice
    play: str | None = None  # id of the PLAY event that this playback event belongs to
    started: int | None = None  # `at` of that PLAY event, so that order of arrival does not matter
    target: str | None = None  # id of the event that an UNDO undoes
    text: str | None = None
    session: str | None = None
    device: str | None = None
    country: str | None = None
    made_up: bool = False  # an example, not something a person did


@dataclass(frozen=True, slots=True)
class Slots:
    """The slots of a page as served, as columns: one entry a slot, row by row from the top."""

    title: tuple[str, ...]
    cause: tuple[int, ...]  # index into Impression.causes, -1 where the row's heading is the reason


@dataclass(frozen=True, slots=True)
class Choices:
    """Deliberately randomized choices, as columns: one entry a choice.

    `propensity` is the probability with which the logged arm was drawn, from the very numbers it was drawn from.
    Whatever has no entry here was decided without randomness.
    """

    what: str  # row | title | artwork | evidence
    policy: str
    slot: tuple[int, ...]
    arms: tuple[int, ...]  # how many arms were eligible
    arm: tuple[int, ...]  # the one drawn
    propensity: tuple[float, ...]
    context: tuple[tuple[float, ...], ...] = ()  # one vector a choice, or empty if the policy takes none


@dataclass(frozen=True, slots=True)
class ServedRow:
    """One row of a page as served."""

    kind: str
    key: str
    facts: tuple[tuple[str, str], ...]
    length: int  # how many slots


@dataclass(frozen=True, slots=True)
class Impression:
    """A page as it was served. With the log it holds all that is needed to build the same page again."""

    id: str
    profile: str
    at: int
    surface: str
    rows: tuple[ServedRow, ...]
    slots: Slots
    causes: tuple[str, ...]  # ids of titles that were causes of recommendations
    choices: tuple[Choices, ...]
    snapshot: str  # the snapshot's id
    state_cursor: int  # the last log row of the profile that was folded
    denied_cursor: int  # the last log row that was looked at for take-downs
    seed: int
    engine: str  # version of playbill
    shape: tuple[int, int]  # rows, columns asked for
    first_row: int = 0  # pages are served in chunks: the first row of this one
    page_of: str | None = None  # the impression that served the first chunk of this page
    kept: tuple[int, ...] = ()  # slots that had been viewed in this session before and kept their place
    session: str | None = None
    device: str | None = None
    country: str | None = None
    exclude: tuple[str, ...] = ()
    variants: tuple[tuple[str, str], ...] = ()
    received: int = 0


@dataclass(frozen=True, slots=True)
class ProfileSet:
    """A profile as it is from now on."""

    id: str
    profile: str
    at: int
    account: str
    name: str
    kids: bool = False
    ceiling: int | None = None  # youngest age that every shown title must be suitable for; None: no ceiling
    country: str | None = None
    languages: tuple[str, ...] = ()
    received: int = 0
    made_up: bool = False


@dataclass(frozen=True, slots=True)
class ControlSet:
    """A control that a member set. `profiling`, `artwork`: on | off."""

    id: str
    profile: str
    at: int
    control: str
    value: str
    received: int = 0


@dataclass(frozen=True, slots=True)
class Window:
    """When and where a title may be shown: from <= now < until."""

    country: str | None = None  # ISO 3166 alpha-2; None: every country
    start: int | None = None  # ms; None: since ever
    until: int | None = None  # ms; None: for ever


@dataclass(frozen=True, slots=True)
class Episode:
    """One episode of a series."""

    season: int
    number: int
    name: str = ""
    runtime: float | None = None  # seconds


@dataclass(frozen=True, slots=True)
class Artwork:
    """A picture for a title, brought by the operator. Without any, playbill draws posters."""

    id: str
    url: str
    features: tuple[tuple[str, float], ...] = ()  # named features for the policies, each 0 to 1


@dataclass(frozen=True, slots=True)
class Title:
    """A film or a series, as the operator describes it."""

    id: str
    name: str
    kind: str = "film"  # film | series
    year: int | None = None
    genres: tuple[str, ...] = ()
    directors: tuple[str, ...] = ()
    cast: tuple[str, ...] = ()
    writers: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()  # of origin
    languages: tuple[str, ...] = ()
    maturity: str | None = None  # a rating such as PG-13 or TV-MA, or a plain age; unknown counts as the strictest
    runtime: float | None = None  # seconds; of an episode, for a series
    synopsis: str = ""
    added: int | None = None  # ms; when it came to the service
    windows: tuple[Window, ...] = ()  # none: always, everywhere
    episodes: tuple[Episode, ...] = ()
    artworks: tuple[Artwork, ...] = ()


@dataclass(frozen=True, slots=True)
class TitleSet:
    """A title as it is from now on."""

    id: str
    at: int
    title: Title
    received: int = 0


@dataclass(frozen=True, slots=True)
class TitleRemoved:
    """A title has left the catalogue. Its number is never given to another one."""

    id: str
    at: int
    title: str
    received: int = 0


@dataclass(frozen=True, slots=True)
class TakenDown:
    """A title must not be shown from this moment on, anywhere; `lifted=True` takes that back."""

    id: str
    at: int
    title: str
    reason: str = ""
    lifted: bool = False
    received: int = 0


class EditorialAction(StrEnum):
    """What an editor can ask of pages."""

    PIN = "pin"  # titles stand first in the row of kind `row`, in their order
    BOOST = "boost"  # titles count `factor` times as much, 1 < factor <= 10
    BURY = "bury"  # titles count `factor` times as much, 0 <= factor < 1; they may still be shown
    ROW = "row"  # a row of these titles, in their order, under `headings`


@dataclass(frozen=True, slots=True)
class EditorialSet:
    """What an editor asks of pages from now on. The same rule again replaces it; it never outlives `until`.

    What a member refused, what is above their ceiling or out of its window stays away all the same.
    """

    id: str
    at: int
    rule: str  # the editor's name for it
    action: EditorialAction
    titles: tuple[str, ...]
    until: int  # ms; from then on it holds no longer
    by: str  # who asked for it
    reason: str = ""
    start: int | None = None  # ms; before, it does not hold yet
    country: str | None = None  # ISO 3166 alpha-2; None: every country
    row: str | None = None  # pin: the kind of row
    place: int | None = None  # row: its number on the page from 0; None: where it promises most
    factor: float = 1.0  # boost, bury
    headings: tuple[tuple[str, str], ...] = ()  # row: (language, heading); the first where a language has none
    withdrawn: bool = False
    received: int = 0


@dataclass(frozen=True, slots=True)
class Erased:
    """A profile was erased: its events are gone from the log, and this stays. See `playbill.loops.erasure`."""

    id: str
    at: int
    profile_hash: str  # keyed with the ledger's salt: says nothing to who does not know the profile's id
    events: int  # how many rows were overwritten
    received: int = 0


Event = Action | Impression | ProfileSet | ControlSet | TitleSet | TitleRemoved | TakenDown | EditorialSet | Erased
Sendable = Action | ProfileSet | ControlSet | TitleSet | TitleRemoved | TakenDown | EditorialSet

FACTS: dict[str, type[Sendable]] = {
    "profile_set": ProfileSet, "control_set": ControlSet, "title_set": TitleSet, "title_removed": TitleRemoved,
    "taken_down": TakenDown, "editorial_set": EditorialSet,
}  # fmt: skip
"""What may be sent and is not an action, by the name that stands for an action's kind."""


CLASSES: dict[str, type[Event]] = {"impression": Impression, "erased": Erased, **FACTS}
"""What is not an action, by the name that it is logged under."""

_KIND_OF = {cls: kind for kind, cls in CLASSES.items()}


def kind_of(event: Event) -> str:
    """The kind of action, or the name in CLASSES."""
    return str(event.kind) if isinstance(event, Action) else _KIND_OF[type(event)]


E = TypeVar("E", bound=Event)


def receive(event: E, now: int) -> E:
    """The event as it enters the log: stamped with `now`, its clock set back if it lies too far in the future.

    The fold then needs no clock of its own.
    """
    latest = now + CLOCK_SLACK
    changes: dict[str, object] = {"received": now}
    if event.at > latest:
        changes["at"] = latest
    if isinstance(event, Action):
        changes["clamped"] = event.at > latest
        if event.started is not None and event.started > latest:
            changes["started"] = latest
    return changed(event, **changes)


def changed(event: E, **changes: object) -> E:
    """The same event with other values in some fields."""
    if isinstance(event, Action):
        return cast(E, structs.replace(event, **changes))
    return replace(event, **changes)  # type: ignore[arg-type]
