"""The shapes of answers. OpenAPI describes them from here; `wire` and `server` fill them.

Parts that are encoded once and copied are `Raw`, with the name of the shape they hold.
"""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Raw, Struct

from playbill.events import EditorialSet, Title

SCHEMAS = "#/components/schemas/"


class Card(Struct):
    """What a list of titles says of each."""

    id: str
    name: str
    year: int | None
    kind: str  # film | series
    genres: tuple[str, ...]
    maturity: str | None
    runtime: float | None  # seconds; of an episode, for a series
    synopsis: str  # its beginning


class Picture(Struct):
    """The picture a title is shown with."""

    variant: int
    url: str  # a path of this service, or the address that the operator gave


class Listed(Card):
    """A title in a list: a card with its picture."""

    artwork: Picture


ListedJSON = Annotated[Raw, Meta(extra_json_schema={"$ref": SCHEMAS + "Listed"})]
CardJSON = Annotated[Raw, Meta(extra_json_schema={"$ref": SCHEMAS + "Card"})]
PictureJSON = Annotated[Raw, Meta(extra_json_schema={"$ref": SCHEMAS + "Picture"})]


class Slot(Struct):
    """One title in its place."""

    slot: int  # its number in the impression; what events name
    title: CardJSON
    artwork: PictureJSON
    reason: str | None  # None: the row's heading is the reason
    progress: float | None  # 0 to 1, in Continue Watching
    episode: tuple[int, int] | None  # (season, number) that comes next, in Continue Watching


class Heading(Struct):
    """A heading for whoever has words of their own."""

    key: str
    facts: dict[str, str]


class Row(Struct):
    """One row."""

    index: int  # on the whole page, from 0
    kind: str
    key: str
    heading: Heading
    text: str
    reason: str
    slots: list[Slot]


class Member(Struct):
    """Who a page is for."""

    id: str
    name: str
    kids: bool
    ceiling: int | None  # youngest age that every title is suitable for; None: no ceiling


class Homepage(Struct):
    """A page, or a chunk of one."""

    impression: str
    profile: Member
    as_of: int  # ms; the moment of the snapshot it was made from
    now: int  # ms; the service's clock
    session: str | None
    cursor: str | None  # for the next chunk; None: there is none
    notice: str  # the operator's, for the foot
    rows: list[Row]


class Similar(Struct):
    """Titles like one title, the closest first."""

    titles: list[ListedJSON]


class Found(Struct):
    """What a query found."""

    query: str
    titles: list[ListedJSON]  # best first
    people: list[str]  # that the query names
    genres: list[str]  # that the query names
    substitutes: bool  # nothing of that name may be shown: these are the closest


class NextEpisode(Struct):
    """The episode that comes next."""

    title: ListedJSON  # the series
    season: int
    number: int
    name: str
    runtime: float | None  # seconds


class Next(Struct):
    """What follows: an episode, or titles."""

    episode: NextEpisode | None
    titles: list[ListedJSON]  # likeliest first; empty where an episode follows


class Entry(Struct):
    """One title of a history."""

    title: ListedJSON
    last: int  # ms of the last thing that counts
    plays: int  # how often it was played or rated
    progress: float | None  # 0 to 1 of the film or of the latest episode; None: not played
    season: int | None  # of the latest play
    episode: int | None
    thumb: int  # -1 down, 0 nothing said, 1 up, 2 two up
    completed: bool


class History(Struct):
    """A part of a history, latest first."""

    entries: list[Entry]
    cursor: str | None  # for what lies further back; None: nothing does
    withheld: int  # entries of the whole history that may not be shown


class Standing(Struct):
    """Where a member stands with a title."""

    thumb: int  # -1 down, 0 nothing said, 1 up, 2 two up
    listed: bool
    progress: float | None  # 0 to 1; None: not begun
    episode: tuple[int, int] | None  # (season, number) that comes next of a series that was begun


class TitlePage(Struct):
    """All there is to say about a title, and where a member stands with it."""

    title: Title
    artwork: PictureJSON
    member: Standing


class Described(Struct):
    """A profile in a list."""

    id: str
    name: str
    account: str
    kids: bool
    ceiling: int | None
    made_up: bool
    country: str | None
    languages: tuple[str, ...]


class Profiles(Struct):
    """Some profiles, those of made-up households first."""

    profiles: list[Described]


class Named(Struct):
    """A title by its name."""

    id: str
    name: str


class WhyRow(Struct):
    """The row that a title stands in."""

    index: int
    kind: str
    key: str
    heading: Heading
    text: str


class WhyCause(Struct):
    """A title of the member's history, and what it brought."""

    title: str
    name: str
    weight: float  # -1 to 1; absolute shares sum to 1


class Why(Struct):
    """Why a slot of a served page holds what it holds."""

    title: Named
    row: WhyRow
    column: int
    score: float  # expected share of the member's next play
    popularity: float  # share of everyone's recent plays
    causes: list[WhyCause]  # strongest first
    place: str  # in words
    picture: str  # in words
    variant: int
    variants: int  # how many pictures there were to choose from
    propensity: float  # 1 where nothing was randomized
    editor: str | None  # what an editor did here and why; None: nothing


class Taken(Struct):
    """What became of events that were sent. All of them are durable."""

    accepted: int  # that were new
    received: int


class Control(Struct):
    """One of the member's own controls."""

    name: str
    value: str  # as it is now
    values: tuple[str, ...]  # that it takes


class Controls(Struct):
    """All controls of a member."""

    controls: list[Control]


class Export(Struct):
    """Everything that is held of a profile."""

    profile: str
    at: int  # ms
    events: list[dict[str, Any]]  # as they were sent, in log order
    derived: dict[str, Any]  # profile, controls, facts of each title, list


class Forgotten(Struct):
    """That a profile was erased."""

    profile: str
    events: int  # that were overwritten
    at: int  # ms
    remains: str  # what still holds a part, in words


class Diff(Struct):
    """What a feed changes. Of each change the number, and the first titles."""

    added: int
    changed: int
    vanished: int
    unchanged: int
    applied: bool
    question: str | None  # what has to be confirmed, and how
    first: dict[str, tuple[str, ...]]  # the first ids of those added, changed and vanished


class Rules(Struct):
    """Editorial rules: those that hold now or will, by name; or all that ever were said, newest first."""

    rules: list[EditorialSet]


class Health(Struct):
    """That the service lives, or is ready."""

    status: str
