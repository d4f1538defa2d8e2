"""Names as they are compared: without case, accents, vowel points and punctuation, in one form for each letter.

    "Amélie"  amelie      "Don’t Look Up"  dont look up      "WALL·E"  wall e      "Fast & Furious"  fast and furious
    "ﾄﾄﾛ", "トトロ"  ととろ      "Ёлки"  елки      "أسماء"  اسماء

Names and queries go through the same function, so whatever it makes alike finds each other. It reads the first LONGEST
characters and uses no regular expression: its work is bounded whatever it is given.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

LONGEST = 200
"""Characters of a name or a query that are looked at."""

ACCENT = 10
"""Marks of this combining class or above are accents and vowel points, which people leave out when they type. Those
below spell the letters of Indic scripts and Japanese, and stay."""

JOINED: dict[int, str | None] = dict.fromkeys([*map(ord, "'’‘ʼ`´ـ"), *range(0xFE00, 0xFE10)])
"""Signs within a word: apostrophes, the Arabic stretching sign, and those that only choose a glyph."""

LETTERS: dict[int, str | int] = {
    **{ord(a): b for a, b in zip("øłđðıةى", "olddiهي", strict=True)}, ord("æ"): "ae", ord("œ"): "oe", ord("þ"): "th",
    **{katakana: katakana - 0x60 for katakana in range(0x30A1, 0x30F7)},  # typed as hiragana on the way
}  # fmt: skip
"""Letters that Unicode does not take apart, but people type so."""

ASCII = {sign: " " for sign in map(chr, range(128)) if not sign.isalnum()} | {"&": " and ", "'": "", "`": ""}
FAST = str.maketrans(ASCII)

ARTICLES = frozenset({"the", "a", "an", "le", "la", "les", "l", "el", "los", "las", "der", "das", "il"})
"""Words that people leave out in front of a name. Not "die" and "i": names begin with them for other reasons."""

NUMERALS = {"ii": "2", "iii": "3", "iv": "4", "v": "5", "vi": "6", "vii": "7", "viii": "8", "ix": "9"}
UNSPACED = "\u2e80"
"""From here on in Unicode words are written without spaces between them (Chinese, Japanese)."""
LONGEST_RUN = 24
"""Characters of such a run that begin a word of their own."""


def plain(text: str) -> str:
    """The words of a text as they are compared, one space between two; "" if there is no letter and no digit."""
    text = text[:LONGEST]
    if text.isascii():
        return " ".join(text.lower().translate(FAST).split())
    folded = unicodedata.normalize("NFKD", text.translate(JOINED)).casefold().translate(LETTERS)
    return " ".join("".join(_kept(folded)).split())[:LONGEST].strip()


def _kept(folded: str) -> Iterator[str]:
    """Letters and digits as they are, accents and invisible signs left out, a space for anything else."""
    for sign in folded:
        if sign.isalnum():
            yield sign
        elif sign == "&":
            yield " and "
        elif (category := unicodedata.category(sign))[0] == "M":
            yield sign if unicodedata.combining(sign) < ACCENT else ""
        elif category != "Cf":
            yield " "


def signs(text: str) -> str:
    """A text without letters and digits, such as the name "$", as it is compared."""
    return text[:LONGEST].strip().casefold()


def spellings(name: str) -> tuple[str, ...]:
    """A plain name as people begin to type it: whole, without its article, with digits for Roman numerals, without
    spaces."""
    words = name.split(" ")
    said = [name]
    if len(words) > 1 and words[0] in ARTICLES:
        said.append(" ".join(words[1:]))
    if any(word in NUMERALS for word in words[1:]):  # a first word is a word: "V for Vendetta"
        split = [spelling.split(" ") for spelling in said]
        said += [" ".join([first, *(NUMERALS.get(word, word) for word in rest)]) for first, *rest in split]
    if len(words) > 1:
        said.append("".join(words))
    return tuple(said)


def turned(name: str) -> tuple[str, ...]:
    """A person's plain name as people begin to type it: from each of its words on, the first ones then at the end."""
    words = name.split(" ")
    return tuple(" ".join(words[i:] + words[:i]) for i in range(len(words)))


def words_of(spelled: tuple[str, ...]) -> set[str]:
    """Everything that counts as a word of a name. Where no spaces are written, a word begins at each character."""
    apart = [spelling for spelling in spelled if " " in spelling] or spelled  # not the one without its spaces
    words = {word for spelling in apart for word in spelling.split(" ")}
    for word in [word for word in words if word and word[-1] >= UNSPACED]:
        words |= {word[i:] for i in range(1, min(len(word), LONGEST_RUN))}
    return words
