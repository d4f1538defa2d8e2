"""Words: headings, reasons and explanations as text, in each language.

A row travels as the key of its heading, `row.<kind>`, and facts such as ("title", "Alien"). This turns them into words;
whoever shows pages in another language does the same with the key and the facts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from playbill.errors import InputError, nearest
from playbill.page.explain import Explanation
from playbill.rows.row import Facts

ENGLISH: Mapping[str, str] = {
    "row.continue_watching": "Continue watching",
    "row.top_picks": "Top picks for you",
    "row.because_you_watched": "Because you watched {title}",
    "row.because_you_liked": "Because you liked {title}",
    "row.trending_now": "Trending now",
    "row.popular": "Popular",
    "row.new": "New",
    "row.by_genre": "{genre}",
    "row.by_genre_pair": "{genre_pair}",
    "row.by_director": "Directed by {director}",
    "row.by_actor": "With {actor}",
    "row.by_country": "From {country}",
    "row.by_decade": "From the {decade}",
    "row.my_list": "My list",
    "row.watch_again": "Watch again",
    "row.outside_your_usual": "Outside your usual",
    "reason.continue_watching": "You started these and have not finished them.",
    "reason.top_picks": "Of everything you have not watched yet, what we expect you to play next.",
    "reason.because_you_watched": "Titles like {title}, which you watched.",
    "reason.because_you_liked": "Titles like {title}, which you liked.",
    "reason.trending_now": "Watched more these days than usual.",
    "reason.popular": "Among the most watched these days.",
    "reason.new": "Added or released lately.",
    "reason.by_genre": "{genre}: what we expect you to play comes first.",
    "reason.by_genre_pair": "{genre_pair} in one: what we expect you to play comes first.",
    "reason.by_director": "Directed by {director}: what we expect you to play comes first.",
    "reason.by_actor": "{actor} is in each of them: what we expect you to play comes first.",
    "reason.by_country": "Made in {country}: what we expect you to play comes first.",
    "reason.by_decade": "Released in the {decade}: what we expect you to play comes first.",
    "reason.my_list": "You put these on your list and have not finished them.",
    "reason.watch_again": "You finished these. Those you liked come first.",
    "reason.outside_your_usual": "Of genres that you hardly watch.",
    "reason": "Chosen for this page.",
    "reason.profiling_off": "Profiling is off: neither the titles nor their order depend on what you watched.",
    "cause": "Because of {names}",
    "and": "{first} and {last}",
    "place": (
        "Place {column} in row {row}, {heading}. Its expected share of your next play is {score:.4f}; "
        "its share of everyone's recent plays is {popularity:.4f}."
    ),
    "picture.only": "It has one picture.",
    "picture.first": "Picture {picture} of {pictures}. It was not chosen by chance.",
    "picture.drawn": "Picture {picture} of {pictures}, drawn with probability {propensity:.2f}.",
}
"""Every text, by key. Names in braces are facts."""

TEXTS: Mapping[str, Mapping[str, str]] = {"en": ENGLISH}
"""The texts of each language."""


THE = ("United ", "Soviet ", "People's Republic", "Czech Republic", "Netherlands", "Philippines", "Bahamas")
"""How the names of countries begin that have an article."""


def heading(kind: str, facts: Facts, language: str = "en") -> str:
    """The heading of a row. A kind without a text, or without the facts for it, is named with what facts there are.

    Raises InputError for a language that has no texts.
    """
    text = _filled(f"row.{kind}", facts, language)
    if text is not None:
        return text
    said = ", ".join(value for _, value in facts)
    name = kind.replace("_", " ").capitalize()
    return f"{name}: {said}" if said else name


def reason(kind: str, facts: Facts, profiling: bool = True, language: str = "en") -> str:
    """Why a row is there. profiling: whether the member lets pages depend on what they did."""
    if not profiling:
        return _texts(language)["reason.profiling_off"]
    return _filled(f"reason.{kind}", facts, language) or _texts(language)["reason"]


def because(names: Sequence[str], language: str = "en") -> str:
    """Why a title is there: the titles that spoke for it, strongest first. At least one name."""
    texts = _texts(language)
    *others, last = names
    listed = texts["and"].format(first=", ".join(others), last=last) if others else last
    return texts["cause"].format(names=listed)


def place(why: Explanation, language: str = "en") -> str:
    """Where a title stands and what was expected of it there."""
    return _texts(language)["place"].format(
        column=why.column + 1,
        row=why.index + 1,
        heading=heading(why.row, why.facts, language),
        score=why.score,
        popularity=why.popularity,
    )


def picture(why: Explanation, language: str = "en") -> str:
    """Which picture a title is shown with, and how it was chosen."""
    how = "only" if why.pictures < 2 else "drawn" if why.propensity < 1 else "first"
    return _texts(language)[f"picture.{how}"].format(
        picture=why.picture + 1, pictures=why.pictures, propensity=why.propensity
    )


def _texts(language: str) -> Mapping[str, str]:
    if language not in TEXTS:
        raise InputError(
            f"language: {language!r} has no texts.{nearest(language, TEXTS)} There are: {', '.join(TEXTS)}."
        )
    return TEXTS[language]


def _in_a_sentence(name: str, value: str) -> str:
    """A fact as English sentences want it: some countries have an article."""
    return f"the {value}" if name == "country" and value.startswith(THE) else value


def _filled(key: str, facts: Facts, language: str) -> str | None:
    """The text of a key with its facts filled in; None without a text or without one of its facts."""
    template = _texts(language).get(key)
    try:
        return (
            None
            if template is None
            else template.format_map({name: _in_a_sentence(name, value) for name, value in facts})
        )
    except KeyError:
        return None
