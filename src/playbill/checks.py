"""The border: whether an event can be taken as it is. Behind it everything trusts what it gets."""

from __future__ import annotations

from operator import attrgetter

from playbill.errors import InputError, nearest, shorten
from playbill.events import (
    ABOUT_A_PAGE,
    ABOUT_A_TITLE,
    Action,
    ControlSet,
    EditorialAction,
    EditorialSet,
    Kind,
    ProfileSet,
    Sendable,
    Title,
    TitleSet,
)

_KINDS, _ABOUT_A_TITLE, _ABOUT_A_PAGE = frozenset(Kind), frozenset(ABOUT_A_TITLE), frozenset(ABOUT_A_PAGE)
_WORDS = ("title", "source", "play", "target", "session", "device", "country")
_words_of = attrgetter(*_WORDS)
_RANGES = {Kind.THUMBS: (-1.0, 2.0), Kind.RATING: (0.0, 10.0)}
LATEST = 2**53
"""Whole numbers stay exact in JSON up to here."""


def check(event: Sendable) -> None:
    """Raises InputError, naming the field, the value and the remedy, if the event cannot be taken as it is."""
    _check_word("id", event.id)
    if not 0 <= event.at < LATEST:
        raise InputError(f"at: {event.at} is not a time. Send whole milliseconds since 1970-01-01 UTC.")
    if isinstance(event, Action):
        _check_word("profile", event.profile)
        _check_action(event)
    elif isinstance(event, ProfileSet | ControlSet):
        _check_word("profile", event.profile)
        if isinstance(event, ProfileSet):
            _check_profile(event)
    elif isinstance(event, TitleSet):
        _check_title(event.title)
    elif isinstance(event, EditorialSet):
        _check_editorial(event)
    else:
        _check_word("title", event.title)


def _check_profile(event: ProfileSet) -> None:
    _check_word("account", event.account)
    _check_word("name", event.name)
    _check_range("ceiling", event.ceiling, 0, 99)
    _check_word("country", event.country or "-", 2)
    for language in event.languages:
        _check_word("languages", language, 35)


MOST_EDITED = 200
"""Titles an editorial rule names at most."""


def _check_editorial(event: EditorialSet) -> None:
    for name, word in (("rule", event.rule), ("by", event.by), ("row", event.row or "-"),
                       ("country", event.country or "-")):  # fmt: skip
        _check_word(name, word)
    for title in event.titles:
        _check_word("titles", title)
    _check_range("until", event.until, 0, LATEST)
    _check_range("start", event.start, 0, LATEST)
    _check_range("place", event.place, 0, 59)
    if event.withdrawn:
        return
    if not 1 <= len(event.titles) <= MOST_EDITED:
        raise InputError(f"titles: {len(event.titles)} of them. A rule names 1 to {MOST_EDITED} titles.")
    if event.until <= (event.start or event.at):
        raise InputError(f"until: {event.until} is not after the rule begins. Every rule ends: send a later time.")
    low, high = {EditorialAction.BOOST: (1.0, 10.0), EditorialAction.BURY: (0.0, 1.0)}.get(event.action, (1.0, 1.0))
    _check_range("factor", event.factor, low, high)
    if event.action in (EditorialAction.BOOST, EditorialAction.BURY) and event.factor == 1.0:
        raise InputError("factor: 1.0 changes nothing. A boost has one above 1, a burial one below 1.")
    if event.action == EditorialAction.PIN and event.row is None:
        raise InputError("row: missing. A pin names the kind of row, such as top_picks.")
    if event.action == EditorialAction.ROW and not event.headings:
        raise InputError('headings: missing. A row has at least one, such as [["en", "Films of the week"]].')
    for language, heading in event.headings:
        _check_word("headings.language", language, 35)
        _check_word("headings", heading, 120)


def _check_title(title: Title) -> None:
    """One title that columns cannot hold would take the whole catalogue down."""
    _check_word("title.id", title.id)
    _check_word("title.name", title.name, 500)
    for name, words in (("title.maturity", (title.maturity or "-",)), ("title.genres", title.genres)):
        for word in words:
            _check_word(name, word, 60)
    _check_range("title.year", title.year, 1_800, 2_200)
    _check_range("title.runtime", title.runtime, 1, 1e7)
    times = [("title.added", title.added)]
    times += [
        (f"title.windows.{name}", t) for w in title.windows for name, t in (("start", w.start), ("until", w.until))
    ]
    for name, time in times:
        _check_range(name, time, 0, LATEST)
    for episode in title.episodes:
        _check_range("title.episodes.season", episode.season, 0, 10_000)
        _check_range("title.episodes.number", episode.number, 0, 100_000)
        _check_range("title.episodes.runtime", episode.runtime, 1, 1e7)


def _check_range(name: str, value: float | None, low: float, high: float) -> None:
    if value is not None and not low <= value <= high:  # false for NaN too
        raise InputError(f"{name}: {value} is out of range. It lies between {low:,} and {high:,}.")


def _check_action(event: Action) -> None:
    kind = event.kind
    if kind not in _KINDS:
        raise InputError(f"kind: {shorten(kind)} is not known.{nearest(str(kind), list(Kind))}")
    if event.title is None and kind in _ABOUT_A_TITLE:
        raise InputError(f"title: missing. A {kind} event names the title it is about.")
    if event.source is None and kind in _ABOUT_A_PAGE:
        raise InputError(f"source: missing. A {kind} event names the impression it happened on.")
    if kind == Kind.VIEW and not event.slots:
        raise InputError("slots: missing. A view event names the slots that were seen.")
    if kind == Kind.UNDO and event.target is None:
        raise InputError("target: missing. An undo event names the event that it undoes.")
    low, high = _RANGES.get(kind, (0.0, 1e9))
    if event.value is None and kind in _RANGES:
        raise InputError(f"value: missing. A {kind} event has a value from {low:g} to {high:g}.")
    _check_range("value", event.value, low, high)
    _check_range("watched", event.watched, low, high)
    _check_range("started", event.started, 0, LATEST)
    _check_range("season", event.season, 0, 10_000)
    _check_range("episode", event.episode, 0, 100_000)
    if kind == Kind.THUMBS and event.value not in (-1, 0, 1, 2):
        raise InputError(f"value: {event.value} is not a thumb. Send -1 (down), 1 (up), 2 (two up) or 0 (taken back).")
    if event.slots and (len(event.slots) > 10_000 or min(event.slots) < 0 or max(event.slots) >= 100_000):
        raise InputError("slots: numbers from 0 to 99,999, at most 10,000 of them.")
    for name, word in zip(_WORDS, _words_of(event), strict=True):
        if word is not None:
            _check_word(name, word)
    if event.text is not None and len(event.text) > 1_000:
        raise InputError(f"text: {len(event.text)} characters. Send at most 1,000.")


def _check_word(name: str, word: str, most: int = 200) -> None:
    """An id or a name: not empty, not endless, and nothing that a terminal or a database chokes on."""
    if not word or len(word) > most:
        raise InputError(f"{name}: {shorten(word)} has {len(word)} characters. Send 1 to {most}.")
    if not word.isprintable():
        raise InputError(f"{name}: {shorten(word)} holds characters that cannot be printed. Leave them out.")
