"""Three made-up households for the demo, and the week in which they watch. Nobody did any of this.

Every event is marked `made_up`; the four invented series say so in their synopsis. The week ends with the data.
Everything follows from the tables below: no randomness.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from playbill.errors import InputError
from playbill.events import DAY, HOUR, MINUTE, Action, Episode, Kind, ProfileSet, Sendable, Title, TitleSet, changed
from playbill.exchange.format import Batch, columns_of

Film = tuple[str, int]
"""Name and year, as the catalogue has them."""


@dataclass(frozen=True)
class Seen:
    """One evening: a film, or an episode of an invented series, and how far it was watched."""

    title: Film | str  # a series by its id
    share: float = 1.0  # of the runtime; 1: to the end
    thumb: int | None = None
    left: bool = False  # abandoned, not paused
    episode: tuple[int, int] | None = None  # season, number


@dataclass(frozen=True)
class Member:
    """A profile, what it is for, and its week in order."""

    profile: str
    account: str
    name: str
    country: str
    hour: int  # of the day (UTC, from the hour the week begins) at which it watches
    week: tuple[Seen, ...] = ()
    listed: tuple[Film, ...] = ()
    hidden: tuple[Film, ...] = ()
    kids: bool = False
    ceiling: int | None = None
    device: str = "tv"


TIDES, KESTREL, PAPER, KETTLE = (f"demo-series-{number}" for number in range(1, 5))

SERIES = (
    Title(
        TIDES, "Nine Tides", "series", 2011, ("Drama", "Mystery", "Crime"), ("Ilse Varnholm",),
        ("Runa Estrid Falk", "Teodor Quillmark", "Oona Brask"), ("Ilse Varnholm",), ("Denmark", "Spain"),
        ("Danish", "Spanish"), "TV-14", 52 * 60,
        "Made up for the demo. A harbour pilot stops answering the radio, and a ferry town learns who knew.",
        episodes=tuple(Episode(s, n, f"Tide {n}", 52 * 60) for s in (1, 2) for n in range(1, 7)),
    ),
    Title(
        KESTREL, "Kestrel Station", "series", 2010, ("Sci-Fi", "Thriller", "Adventure"), ("Dov Aramante",),
        ("Juno Harrowick", "Bastien Okwumabua", "Mirela Stoyanesku"), ("Petra Lindqvane",), ("Canada",),
        ("English",), "TV-14", 44 * 60,
        "Made up for the demo. Eleven people keep a weather station above a planet that has no weather.",
        episodes=tuple(Episode(s, n, f"Orbit {n}", 44 * 60) for s in (1, 2, 3) for n in range(1, 9)),
    ),
    Title(
        PAPER, "Pip and the Paper Fleet", "series", 2012, ("Animation", "Family", "Adventure"), ("Hanneke Vosgaard",),
        ("Lumi Tarkkanen", "Otis Pemberley-Ade"), ("Hanneke Vosgaard",), ("Netherlands",),
        ("English",), "TV-Y", 11 * 60,
        "Made up for the demo. Pip folds boats from old newspapers, and each sails to where its story happened.",
        episodes=tuple(Episode(s, n, f"Boat {n}", 11 * 60) for s in (1, 2, 3) for n in range(1, 11)),
    ),
    Title(
        KETTLE, "Two Rooms, One Kettle", "series", 2012, ("Comedy", "Romance"), ("Wren Abelmoor",),
        ("Saskia Dunmorrow", "Idris Calloway-Finn", "Bea Tunstallby"), ("Wren Abelmoor",), ("United Kingdom",),
        ("English",), "TV-PG", 24 * 60,
        "Made up for the demo. Two strangers rent the same flat in shifts, and argue by notes on the kettle.",
        episodes=tuple(Episode(s, n, f"Cup {n}", 24 * 60) for s in (1, 2) for n in range(1, 9)),
    ),
)  # fmt: skip

MEMBERS = (
    Member(
        "ana", "rivera", "Ana", "ES", 1,
        (
            Seen(("Talk to Her", 2002), thumb=2), Seen(TIDES, episode=(1, 1)), Seen(("The Hunt", 2012), 0.45),
            Seen(TIDES, episode=(1, 2)), Seen(("Volver", 2006), thumb=1), Seen(("Iron Man 3", 2013), 0.15, left=True),
            Seen(TIDES, 0.4, episode=(1, 3)), Seen(("Amour", 2012), 0.6),
        ),
        listed=(("The Skin I Live In", 2011), ("Broken Embraces", 2009), ("A Royal Affair", 2012)),
        hidden=(("The Purge", 2013),),
    ),
    Member(
        "leo", "rivera", "Leo", "ES", 4,
        (
            Seen(("Inception", 2010), thumb=2), Seen(KESTREL, episode=(1, 7)), Seen(KESTREL, episode=(1, 8)),
            Seen(("District 9", 2009), thumb=1), Seen(KESTREL, 0.5, episode=(2, 1)), Seen(("Looper", 2012), 0.7),
            Seen(("The Artist", 2011), 0.2, -1, left=True), Seen(("Dredd", 2012), 0.35),
        ),
        listed=(("Oblivion", 2013), ("Source Code", 2011)),
    ),
    Member(
        "kids-rivera", "rivera", "Kids", "ES", 19,
        (
            Seen(("Finding Nemo", 2003), thumb=1), Seen(PAPER, episode=(1, 1)), Seen(PAPER, episode=(1, 2)),
            Seen(("My Neighbor Totoro", 1988), thumb=2), Seen(PAPER, 0.5, episode=(1, 3)),
            Seen(("Wreck-It Ralph", 2012), 0.55), Seen(("Monsters, Inc.", 2001)),
        ),
        listed=(("Toy Story 3", 2010), ("Ratatouille", 2007)), kids=True, ceiling=8, device="tablet",
    ),
    Member(
        "ngozi", "okafor", "Ngozi", "GB", 1,
        (
            Seen(("Seven", 1995), thumb=1), Seen(("The Departed", 2006), thumb=2), Seen(TIDES, episode=(1, 5)),
            Seen(("Memento", 2000)), Seen(("Shutter Island", 2010), 0.5), Seen(TIDES, 0.6, episode=(1, 6)),
            Seen(("Pitch Perfect", 2012), 0.1, left=True), Seen(("The Girl with the Dragon Tattoo", 2011), 0.3),
        ),
        listed=(("The Silence of the Lambs", 1991), ("The Usual Suspects", 1995)),
        hidden=(("The Smurfs 2", 2013),),
    ),
    Member(
        "sam", "okafor", "Sam", "GB", 3,
        (
            Seen(("Amélie", 2001), thumb=2), Seen(KETTLE, episode=(1, 3)), Seen(KETTLE, episode=(1, 4)),
            Seen(("Silver Linings Playbook", 2012), thumb=1), Seen(("Hot Fuzz", 2007)),
            Seen(KETTLE, 0.5, episode=(1, 5)), Seen(("Mama", 2013), 0.2, -1, left=True),
            Seen(("Moonrise Kingdom", 2012), 0.4), Seen(("Midnight in Paris", 2011), 0.65),
        ),
        listed=(("Lost in Translation", 2003), ("Ruby Sparks", 2012)),
    ),
    Member(
        "teen-okafor", "okafor", "Teen", "GB", 20,
        (
            Seen(("The Avengers", 2012), thumb=2), Seen(("The Hunger Games", 2012), thumb=1),
            Seen(KETTLE, 0.7, episode=(1, 1)), Seen(("Pitch Perfect", 2012)), Seen(("Skyfall", 2012), 0.4),
            Seen(("Lawrence of Arabia", 1962), 0.1, left=True), Seen(("Star Trek", 2009), 0.75),
        ),
        listed=(("Pacific Rim", 2013), ("Iron Man", 2008)), ceiling=13, device="phone",
    ),
    Member(
        "maja", "lind", "Maja", "SE", 2,
        (
            Seen(("Searching for Sugar Man", 2012), thumb=2), Seen(("Blackfish", 2013), thumb=1), Seen(("Senna", 2010)),
            Seen(("The Act of Killing", 2012), 0.35), Seen(("Fast & Furious 6", 2013), 0.1, left=True),
            Seen(("Jiro Dreams of Sushi", 2011), thumb=1), Seen(("Exit Through the Gift Shop", 2010), 0.5),
        ),
        listed=(("The Cove", 2009), ("Grizzly Man", 2005), ("Chasing Ice", 2012)),
    ),
    Member(
        "erik", "lind", "Erik", "SE", 5,
        (
            Seen(("The Good, the Bad and the Ugly", 1966), thumb=2), Seen(("Rear Window", 1954), thumb=1),
            Seen(("Rio Bravo", 1959)), Seen(("The Searchers", 1956), 0.5), Seen(("Casablanca", 1942), thumb=1),
            Seen(("World War Z", 2013), 0.2, left=True), Seen(("Seven Samurai", 1954), 0.4),
        ),
        listed=(("High Noon", 1952), ("Vertigo", 1958)), hidden=(("Warm Bodies", 2013),),
    ),
    Member("new", "new", "New", "GB", 0),
)  # fmt: skip


def batch(films: Sequence[Title], as_of: int) -> Batch:
    """The invented series, the profiles and their week up to `as_of` (ms).

    Raises InputError if a film they watch is not among `films`, or has no runtime.
    """
    start = as_of - 7 * DAY
    series = tuple(replace(title, added=start) for title in SERIES)
    known: dict[Film | str, Title] = {title.id: title for title in series}
    known |= {(film.name, film.year or 0): film for film in reversed(films)}
    facts: list[Sendable] = [TitleSet(f"demo:title:{title.id}", start, title) for title in series]
    facts += [_profile(member, start) for member in MEMBERS]
    actions = [action for member in MEMBERS for action in _week(member, known, start)]
    actions.sort(key=lambda action: (action.at, action.id))
    return Batch(tuple(facts), columns_of(actions), ("The households of the demo and what they did are made up.",))


def _profile(member: Member, at: int) -> ProfileSet:
    return ProfileSet(
        f"demo:profile:{member.profile}", member.profile, at, member.account, member.name, member.kids, member.ceiling,
        member.country, made_up=True,
    )  # fmt: skip


def _week(member: Member, known: dict[Film | str, Title], start: int) -> Iterator[Action]:
    """All that a member does: evenings spread over the week, the list at its beginning, and what they hide."""
    for number, (seen, at) in enumerate(zip(member.week, _evenings(member, start), strict=True)):
        yield from _evening(member, number, seen, find(known, seen.title), at)
    for kind, films in ((Kind.LIST_ADD, member.listed), (Kind.HIDE, member.hidden)):
        for number, film in enumerate(films):
            at = start + (number + 1) * 3 * MINUTE
            yield _act(member, f"{kind}:{number}", kind, at, find(known, film))


def _evenings(member: Member, start: int) -> Iterator[int]:
    """When each play of the week begins: at the member's hour, and the second of a day four and a half hours later."""
    count = len(member.week)
    days = [number * 7 // count for number in range(count)]
    for number, day in enumerate(days):
        yield start + day * DAY + member.hour * HOUR + (number - days.index(day)) * 270 * MINUTE


def _evening(member: Member, number: int, seen: Seen, title: Title, at: int) -> Iterator[Action]:
    """One play: begun, half-way to where it ended, and its end; a long film is interrupted for ten minutes."""
    reached = float(round((title.runtime or 0.0) * seen.share))
    season, episode = seen.episode or (None, None)
    play = _act(member, f"{number}:play", Kind.PLAY, at, title)
    yield changed(play, value=0.0, season=season, episode=episode, source="next" if season else "direct")

    def later(kind: Kind, position: float, pause: int = 0) -> Action:
        event = _act(member, f"{number}:{kind}", kind, at + round(position * 1_000) + pause, title)
        return changed(
            event, value=position, watched=position, season=season, episode=episode, play=play.id, started=at
        )

    pause = 10 * MINUTE if reached > 2 * 3600 else 0
    if pause:
        yield later(Kind.PAUSE, reached // 2)
        yield later(Kind.RESUME, reached // 2, pause)
    else:
        yield later(Kind.PROGRESS, reached // 2)
    if seen.share == 1.0:
        yield later(Kind.COMPLETE, reached, pause)
    else:
        yield changed(later(Kind.ABANDON if seen.left else Kind.PAUSE, reached, pause), id=f"{play.id}:end")
    if seen.thumb is not None:
        after = at + round(reached * 1_000) + pause + MINUTE
        yield changed(_act(member, f"{number}:thumbs", Kind.THUMBS, after, title), value=float(seen.thumb))


def _act(member: Member, name: str, kind: Kind, at: int, title: Title) -> Action:
    return Action(
        f"demo:{member.profile}:{name}", member.profile, kind, at, title=title.id, device=member.device,
        country=member.country, made_up=True,
    )  # fmt: skip


def find(known: dict[Film | str, Title], wanted: Film | str) -> Title:
    """The title that a household watches. Raises InputError if the catalogue lacks it, or its runtime."""
    title = known.get(wanted)
    if title is None or not title.runtime:
        said = "is not in the catalogue" if title is None else "has no runtime"
        raise InputError(f"The demo needs {wanted!r}, which {said}. Choose another title in data/households.py.")
    return title
