"""Words: headings, reasons and explanations as text, in each language.

A row travels as the key of its heading, `row.<kind>`, and facts such as ("title", "Alien"). This turns them into words;
whoever shows pages in another language does the same with the key and the facts. The texts are files that the member's
page reads as well, `static/texts/<language>.json`: to add a language is to add a file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources

import msgspec

from playbill.errors import InputError, nearest, shorten
from playbill.http.countries import CODES
from playbill.page.explain import Explanation
from playbill.rows.row import Facts

SPOKEN = "en"
"""The language for who says nothing, or nothing that has texts."""

RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})
"""Languages that are written from right to left."""

LONGEST_ACCEPT = 1_000
"""Characters of an Accept-Language header that are looked at."""


def _read() -> dict[str, Mapping[str, str]]:
    folder = resources.files("playbill.http") / "static" / "texts"
    files = {file.name.removesuffix(".json"): file for file in folder.iterdir() if file.name.endswith(".json")}
    languages = sorted(files, key=lambda language: (language != SPOKEN, language))
    return {name: msgspec.json.decode(files[name].read_bytes(), type=dict[str, str]) for name in languages}


TEXTS: Mapping[str, Mapping[str, str]] = _read()
"""Language to its texts, by key. Names in braces are facts. SPOKEN first."""

ENGLISH: Mapping[str, str] = TEXTS["en"]

NAMED = frozenset({"genre", "country"})
"""Facts whose values have names in each language, under `genre.<value>` and `country.<value>`."""

_DECADE = re.compile("([0-9]{4})s")
_RANGE = re.compile(
    r"(\*|[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)(?:[ \t]*;[ \t]*[qQ]=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?"
)


def language_of(asked: str | None, accept: str | None, languages: Sequence[str]) -> str:
    """The language to answer in: the one asked for, else the best of an Accept-Language header (RFC 9110), else the
    first of the member's own languages that has texts, else SPOKEN. A region without texts of its own falls back to its
    language: de-AT to de.

    Raises InputError if a language is asked for that has no texts. A header is a wish and never an error.
    """
    if asked is not None:
        found = _ours(asked)
        if found is None:
            raise _no_texts(asked)
        return found
    weights = dict(_ranges((accept or "")[:LONGEST_ACCEPT]))
    wanted = sorted((tag for tag, weight in weights.items() if weight > 0), key=lambda tag: -weights[tag])
    own = (*languages, SPOKEN)
    for tag in (tag for wish in (*wanted, "*") for tag in (own if wish == "*" else (wish,))):
        found = _ours(tag)
        if found is not None and weights.get(found, 1.0) > 0:
            return found
    return SPOKEN


def _ranges(accept: str) -> Iterator[tuple[str, float]]:
    """The language ranges of a header, lower case, and the weight of each, 0-1; what is not one is passed over."""
    for part in accept.split(","):
        if found := _RANGE.fullmatch(part.strip(" \t")):
            yield found[1].lower(), float(found[2] or 1)


def _ours(tag: str) -> str | None:
    """The language of TEXTS that a tag such as de-AT falls back to."""
    tag = tag[:LONGEST_ACCEPT].lower().replace("_", "-")
    while tag and tag not in TEXTS:
        tag = tag.rpartition("-")[0]
    return tag or None


def heading(kind: str, facts: Facts, language: str = SPOKEN) -> str:
    """The heading of a row. A kind without a text, or without the facts for it, is named with what facts there are.

    Raises InputError for a language that has no texts.
    """
    text = _filled(f"row.{kind}", facts, language)
    if text is not None:
        return text
    said = ", ".join(value for _, value in facts)
    name = kind.replace("_", " ").capitalize()
    return f"{name}: {said}" if said else name


def reason(kind: str, facts: Facts, profiling: bool = True, language: str = SPOKEN) -> str:
    """Why a row is there. profiling: whether the member lets pages depend on what they did."""
    if not profiling:
        return _texts(language)["reason.profiling_off"]
    return _filled(f"reason.{kind}", facts, language) or _texts(language)["reason"]


def because(names: Sequence[str], language: str = SPOKEN) -> str:
    """Why a title is there: the titles that spoke for it, strongest first. At least one name."""
    texts = _texts(language)
    *others, last = (texts["name"].format(name=_apart(name, language)) for name in names)
    listed = texts["and"].format(first=texts["comma"].join(others), last=last) if others else last
    return texts["cause"].format(names=listed)


def place(why: Explanation, language: str = SPOKEN) -> str:
    """Where a title stands and what was expected of it there."""
    return _texts(language)["place"].format(
        column=why.column + 1,
        row=why.index + 1,
        heading=heading(why.row, why.facts, language),
        score=why.score,
        popularity=why.popularity,
    )


def picture(why: Explanation, language: str = SPOKEN) -> str:
    """Which picture a title is shown with, and how it was chosen."""
    how = "only" if why.pictures < 2 else "drawn" if why.propensity < 1 else "first"
    return _texts(language)[f"picture.{how}"].format(
        picture=why.picture + 1, pictures=why.pictures, propensity=why.propensity
    )


def _texts(language: str) -> Mapping[str, str]:
    if language not in TEXTS:
        raise _no_texts(language)
    return TEXTS[language]


def _no_texts(language: str) -> InputError:
    hint = nearest(language, TEXTS)
    return InputError(f"language: {shorten(language)} has no texts.{hint} There are: {', '.join(TEXTS)}.")


def _filled(key: str, facts: Facts, language: str) -> str | None:
    """The text of a key with its facts filled in; None without a text or without one of its facts."""
    template = _texts(language).get(key)
    if template is None:
        return None
    said = dict(facts)
    if own := said.get(f"heading.{language}"):
        said["heading"] = own
    try:
        return template.format_map({name: _apart(_said(name, said[name], language), language) for name in said})
    except KeyError:
        return None


def _said(name: str, value: str, language: str) -> str:
    """A fact as the language says it: names of genres, countries and decades. What it has no word for stays."""
    texts = TEXTS[language]
    if name == "genre_pair":
        return " + ".join(texts.get(f"genre.{genre}", genre) for genre in value.split(" + "))
    if name == "decade" and (found := _DECADE.fullmatch(value)):
        return texts["decade"].format(decade=found[1])
    known = CODES.get(value, value) if name == "country" else value
    return texts.get(f"{name}.{known}", value) if name in NAMED else value


def _apart(text: str, language: str) -> str:
    """What is put into a sentence, isolated where a name in Latin letters would else scramble it."""
    return f"\u2068{text}\u2069" if language in RIGHT_TO_LEFT else text
