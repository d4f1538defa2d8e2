"""Every parameter of a simulated world: its unit and where its value comes from, or an honest "assumed".

Rates and spreads that a calibration fits are named in `calibration.py`; the values there replace these.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from playbill.errors import InputError, nearest

ASSUMED = "assumed"

SHARE, CORRELATION = (0.0, 1.0), (-1.0, 1.0)
SPREAD, LOGARITHM = (0.0, 10.0), (0.0, 3.0)
"""Weights and standard deviations: of utilities, of logarithms."""
UTILITY = (-20.0, 20.0)
DAYS, MINUTES, TILES = (0.1, 10_000.0), (1.0, 1_000.0), (0.1, 1_000.0)


def p(default: Any, unit: str, within: tuple[Any, ...] = (), source: str = ASSUMED) -> Any:
    """A parameter with its unit and its source. within: least and greatest value, or the words to choose from."""
    return field(default=default, metadata={"unit": unit, "within": within, "source": source})


@dataclass(frozen=True)
class People:
    """Who there is: persons, the profiles they watch behind, the accounts those belong to."""

    persons_per_account: float = p(
        2.2, "persons, mean, at least 1", (1.0, 4.0), "assumed, near the mean size of a household"
    )
    shared_profile: float = p(0.15, "share of persons who watch behind another one's profile of their account", SHARE)
    kids: float = p(0.15, "share of further persons of an account who are children with a profile of their own", SHARE)
    new: float = p(0.1, "share of accounts that sign up during the first 90 days rather than before", SHARE)
    sessions_per_day: float = p(0.5, "sessions a day of an active person, mean", (0.0, 50.0))
    activity_spread: float = p(1.0, "standard deviation of the logarithm of a person's sessions per day", LOGARITHM)
    devices: tuple[float, ...] = p((0.55, 0.2, 0.15, 0.1), "shares of sessions on tv, phone, web, tablet", SHARE)
    countries: tuple[str, ...] = p(("US", "GB", "DE", "BR", "IN"), "ISO 3166 alpha-2")
    country_shares: tuple[float, ...] = p((0.4, 0.15, 0.15, 0.15, 0.15), "shares of accounts", SHARE)
    profiling_off: float = p(0.0, "share of profiles that have switched profiling off", SHARE)


@dataclass(frozen=True)
class Tastes:
    """What they like. The utility of a title for a person, in units of the choice noise (Gumbel, scale 1)."""

    clusters: int = p(12, "groups of people with related tastes", (1, 100_000))
    cluster_share: float = p(0.6, "share of the variance of tastes that lies between clusters", SHARE)
    themes: int = p(8, "hidden themes beside the genres", (1, 1_000))
    faces: int = p(8, "dimensions of the taste for people, directors and cast", (0, 1_000))
    genre_weight: float = p(0.7, "standard deviation of utility over titles that the taste for genres gives", SPREAD)
    theme_weight: float = p(0.7, "the same for hidden themes", SPREAD)
    face_weight: float = p(0.4, "the same for people", SPREAD)
    quality_weight: float = p(0.4, "the same for quality, of the mean person", SPREAD)
    picky_spread: float = p(
        0.5, "standard deviation of the logarithm of how much quality counts for a person", LOGARITHM
    )
    picture_weight: float = p(0.3, "standard deviation of utility over pictures that artwork gives", SPREAD)
    repeat: float = p(-3.0, "utility added to a title that was finished before", UTILITY)
    repeat_kids: float = p(0.0, "the same for children, who watch things again and again", UTILITY)


@dataclass(frozen=True)
class Titles:
    """What there is to watch, beyond what the catalogue says of it."""

    appeal_spread: float = p(1.0, "standard deviation of utility over titles that everybody shares", SPREAD)
    quality_appeal: float = p(0.5, "correlation of quality with appeal", CORRELATION)
    clickbait: float = p(0.05, "share of titles that promise more than they hold", SHARE)
    allure: float = p(1.5, "utility that such a title adds to its choice and takes from its enjoyment", SPREAD)
    series: float = p(0.3, "share of series among generated titles", SHARE)
    minutes: float = p(100.0, "length of a film, median", MINUTES)
    episode_minutes: float = p(42.0, "length of an episode, median", MINUTES)
    launches: float = p(0.06, "share of the catalogue that launches within the first 90 days", SHARE)
    launch_boost: float = p(1.5, "utility added to a title at its launch", UTILITY)
    launch_days: float = p(14.0, "days in which that boost falls to 1/e", DAYS)
    windows: float = p(0.05, "share of titles that leave within the first 90 days, or are closed in one country", SHARE)
    artworks: float = p(
        0.0, "share of generated titles with pictures of their own, 3 to 6; others get drawn posters", SHARE
    )


@dataclass(frozen=True)
class Attention:
    """How they look at a page. On screen is what `view` events tell; attended to is hidden."""

    model: str = p("gaze", "gaze, cascade or rows_first", ("gaze", "cascade", "rows_first"))
    first: float = p(
        0.9, "chance that the tile at the top left of the page is attended to, before what `centre` adds", SHARE
    )
    row_decay: float = p(6.0, "rows of the page over which attention falls to 1/e", TILES)
    column_decay: float = p(4.0, "columns over which attention falls to 1/e", TILES)
    centre: float = p(0.15, "attention added at the middle columns of the screen, relative", SPREAD)
    down: float = p(0.75, "chance of one more row coming on screen", SHARE)
    across: float = p(0.25, "chance of one more screenful of a row coming on screen", SHARE)
    patience_spread: float = p(0.4, "standard deviation of a person's log odds of scrolling on", SPREAD)


@dataclass(frozen=True)
class Choosing:
    """How they decide."""

    model: str = p("logit", "logit, satisficing or nested", ("logit", "satisficing", "nested"))
    leave: float = p(4.0, "utility of leaving without a play", UTILITY)
    enough: float = p(4.5, "utility at which a satisficing person plays the tile before them", UTILITY)
    within_row: float = p(0.5, "nested: dissimilarity of titles within a row, 0 to 1; 1 is logit", (0.01, 1.0))
    resume: float = p(
        0.25, "share of sessions that come to go on with something, of those who have something begun", SHARE
    )
    search: float = p(
        0.08, "share of sessions that come with a title in mind", SHARE, "assumed; a service may see 0.2 of hours"
    )
    known: int = p(40, "titles that a searching person thinks of", (1, 10_000))


@dataclass(frozen=True)
class Watching:
    """What follows a play."""

    quality: float = p(1.0, "weight of quality in enjoyment, relative to its weight in choice", SPREAD)
    noise: float = p(1.0, "standard deviation of enjoyment that nothing explains", SPREAD)
    abandon: float = p(-1.0, "enjoyment below which a title is left early", UTILITY)
    evening: float = p(110.0, "minutes of time in a session, median", MINUTES)
    evening_spread: float = p(0.5, "standard deviation of the logarithm of that", LOGARITHM)
    thumbs: float = p(0.08, "chance of a thumb after a play that was clearly liked or disliked", SHARE)
    listing: float = p(0.02, "chance that an attended, liked and unplayed title is put on the list", SHARE)
    forget: float = p(30.0, "days after which something begun is no longer gone on with", DAYS)


@dataclass(frozen=True)
class Staying:
    """What keeps them."""

    memory: float = p(0.1, "weight of the newest session in remembered satisfaction", SHARE)
    usual: float = p(0.5, "enjoyment of a session that neither pleases nor disappoints", UTILITY)
    wasted: float = p(-0.5, "enjoyment of a session that came to browse and found nothing", UTILITY)
    pull: float = p(0.3, "change of the log of sessions per day for one unit of remembered satisfaction", SPREAD)
    churn: float = p(0.03, "chance that an account is cancelled at a monthly renewal, at mean satisfaction", SHARE)
    churn_slope: float = p(0.8, "change of its log odds for one unit of satisfaction less", SPREAD)
    back: float = p(0.01, "chance a day that a cancelled account comes back", SHARE)


@dataclass(frozen=True)
class Drift:
    """How tastes move."""

    natural: float = p(
        0.01, "standard deviation of a day's step of each taste, relative to the spread of tastes", SPREAD
    )
    homing: float = p(0.005, "share of the way back to the lasting taste, a day", SHARE)
    season: float = p(0.3, "utility by which genres rise and fall over the year", SPREAD)
    weekend: float = p(0.35, "more sessions on Saturday and Sunday, relative", (-1.0, 10.0))
    events: float = p(0.5, "events a week: one genre or person draws everyone for some days", (0.0, 7.0))
    event_boost: float = p(1.0, "utility added to the titles of an event", UTILITY)
    event_days: float = p(4.0, "days in which that falls to 1/e", DAYS)
    influence: float = p(
        0.0, "taste, in its own spreads, that ten tiles attended to add, one spread of a trait above the mean", UTILITY
    )


@dataclass(frozen=True)
class Messages:
    """How they answer messages."""

    per_week: float = p(0.0, "messages a week to each person", (0.0, 7.0))
    opened: float = p(0.05, "chance that a message of mean relevance is opened", SHARE)
    relevance: float = p(0.5, "change of its log odds for one unit of utility", SPREAD)
    fatigue: float = p(0.35, "change of its log odds for one message more in the memory below", SPREAD)
    memory: float = p(7.0, "days in which a message is forgotten to 1/e", DAYS)
    opt_out: float = p(0.002, "chance of opting out for each message, times what is remembered of others", SHARE)


@dataclass(frozen=True)
class Actors:
    """Who does not play fair, and what goes wrong on the way. All off by default."""

    bots: float = p(0.0, "share of persons who are programs: many plays at all hours, nothing watched", SHARE)
    shills: float = p(0.0, "share of persons who push one title: played, liked, never really watched", SHARE)
    strangers: float = p(0.0, "share of accounts lent to a stranger of another taste and country", SHARE)
    skew: float = p(0.0, "share of devices whose clock is wrong, by up to a day", SHARE)
    duplicates: float = p(0.0, "share of events sent twice", SHARE)
    late: float = p(0.0, "share of sessions whose events arrive hours late", SHARE)


@dataclass(frozen=True)
class Parameters:
    """All of them."""

    people: People = field(default_factory=People)
    tastes: Tastes = field(default_factory=Tastes)
    titles: Titles = field(default_factory=Titles)
    attention: Attention = field(default_factory=Attention)
    choosing: Choosing = field(default_factory=Choosing)
    watching: Watching = field(default_factory=Watching)
    staying: Staying = field(default_factory=Staying)
    drift: Drift = field(default_factory=Drift)
    messages: Messages = field(default_factory=Messages)
    actors: Actors = field(default_factory=Actors)

    def __iter__(self) -> Iterator[tuple[str, Any, str, str]]:
        """(section.name, value, unit, source) of each."""
        for section in fields(self):
            group = getattr(self, section.name)
            for f in fields(group):
                yield f"{section.name}.{f.name}", getattr(group, f.name), f.metadata["unit"], f.metadata["source"]


def with_values(parameters: Parameters, values: dict[str, Any]) -> Parameters:
    """The same parameters with some replaced: {"drift.influence": 0.02}. Raises InputError, naming the nearest."""
    known = {name: value for name, value, _, _ in parameters}
    sections = {f.name: getattr(parameters, f.name) for f in fields(parameters)}
    for name, value in values.items():
        if name not in known:
            raise InputError(f"{name!r} is not a parameter of the world.{nearest(name, known)}")
        section, _, key = name.partition(".")
        sections[section] = _replaced(sections[section], name, key, value)
    return Parameters(**sections)


def load(path: Path, parameters: Parameters | None = None) -> Parameters:
    """Parameters from a TOML file of sections; what it does not name stays as it is. Raises InputError."""
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as failed:
        raise InputError(f"{path} cannot be read: {failed}.") from failed
    values: dict[str, Any] = {}
    for section, group in table.items():
        if not isinstance(group, dict):
            raise InputError(f"{path}: {section!r} is not a section. Write [{section}] and its parameters below.")
        values |= {f"{section}.{key}": value for key, value in group.items()}
    return with_values(parameters or Parameters(), values)


def _replaced(section: Any, name: str, key: str, value: Any) -> Any:
    parameter = next(f for f in fields(section) if f.name == key)
    return replace(section, **{key: _checked(name, value, parameter.default, parameter.metadata["within"])})


_CALLED = {float: "a number", int: "a whole number", str: "a word", tuple: "a list"}


def _checked(name: str, value: Any, like: Any, within: tuple[Any, ...]) -> Any:
    """The value with the type of `like`: lists become tuples, whole numbers floats. Raises InputError."""
    if isinstance(like, tuple) and isinstance(value, list | tuple):
        return tuple(_checked(name, one, like[0], within) for one in value)
    if type(value) is not type(like) and not (isinstance(like, float) and type(value) is int):
        raise InputError(f"{name}: {value!r} is not {_CALLED[type(like)]} like {like!r}.")
    if isinstance(like, str):
        if within and value not in within:
            raise InputError(f"{name}: {value!r} is not known. It is one of {', '.join(within)}.")
        return value
    if not within[0] <= value <= within[1]:  # true for NaN too
        raise InputError(f"{name}: {value} is out of range. It lies between {within[0]:,} and {within[1]:,}.")
    return type(like)(value)
