"""The shapes of answers. OpenAPI describes them from here; `wire` and `server` fill them.

Parts that are encoded once and copied are `Raw`, with the name of the shape they hold.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Raw, Struct

from playbill.events import Title

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


class Listed(Card):
    """A title in a list of similar ones: a card with its picture."""

    artwork: Picture


class Similar(Struct):
    """Titles like one title, the closest first."""

    titles: list[Annotated[Raw, Meta(extra_json_schema={"$ref": SCHEMAS + "Listed"})]]


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


class Taken(Struct):
    """What became of events that were sent. All of them are durable."""

    accepted: int  # that were new
    received: int


class Health(Struct):
    """That the service lives, or is ready."""

    status: str
