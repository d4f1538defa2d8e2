"""Words on a poster: cleaned for XML, measured, broken into lines and fitted into a box, without any font at hand.

Widths are estimates: a table of advance widths of a bold grotesque, one factor for each hand. Every line carries its
estimate as `textLength`, so whatever font the reader's system has, a line is never wider than it was planned.
Lengths are in ems where no size is given yet, and in units of the poster (240 wide, 360 high) afterwards.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, sqrt

MOST_LETTERS = 160
"""Longer text is cut with an ellipsis: a poster is not a page."""

WORD_BREAKS = 0.42
"""A word that would make a title smaller than this share of its largest size is broken instead."""

_UNUSABLE = re.compile("[^\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_JOINERS = "\u200d\ufe0e\ufe0f"
_WIDTHS = {
    0.25: "'", 0.3: " ,./I\\ijl|", 0.35: "!()-:;[]`ft", 0.4: '*r{}"', 0.5: "z", 0.56: "#$0123456789J_aceksvxy",
    0.61: "+<=>?FLTZ^bdghnopqu~", 0.67: "EPSVXY", 0.73: "&ABCDHKNRU", 0.79: "GOQw", 0.85: "M", 0.9: "%m", 0.96: "@W",
}  # fmt: skip
_ADVANCE = {letter: width for width, letters in _WIDTHS.items() for letter in letters}


@dataclass(frozen=True, slots=True)
class Hand:
    """A way of lettering: fonts that systems have, and how wide they run."""

    family: str
    weight: int
    wide: float  # width relative to the table of a bold grotesque
    caps: bool = False
    italic: bool = False
    tracking: float = 0.0  # ems added after each letter
    leading: float = 1.02  # line height in sizes


CONDENSED = Hand("'Arial Narrow','Liberation Sans Narrow','Roboto Condensed',Arial,sans-serif", 700, 0.82, caps=True)
GROTESQUE = Hand("Helvetica,Arial,'Liberation Sans',sans-serif", 700, 1.0)
LIGHT = Hand("'Segoe UI','Helvetica Neue',Roboto,Arial,sans-serif", 300, 0.93, caps=True, tracking=0.14, leading=1.25)
SLAB = Hand("Rockwell,'Roboto Slab',Georgia,'Liberation Serif',serif", 700, 0.94)
SCRIPT = Hand("Georgia,'Times New Roman','Liberation Serif',serif", 400, 0.84, italic=True)


@dataclass(frozen=True, slots=True)
class Block:
    """Text broken into lines of one size."""

    lines: tuple[str, ...]
    size: float

    def height(self, hand: Hand) -> float:
        """From the top of the first line to the foot of the last."""
        return len(self.lines) * self.size * hand.leading


def clean(text: str) -> str:
    """The text with single spaces, at most MOST_LETTERS long, and without what XML 1.0 cannot hold (section 2.2)."""
    words = " ".join(_UNUSABLE.sub(" ", text[: 4 * MOST_LETTERS]).split())
    return words if len(words) <= MOST_LETTERS else words[: MOST_LETTERS - 1].rstrip() + "…"


def escape(text: str) -> str:
    """Cleaned text for an XML text node."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def right_to_left(text: str) -> bool:
    """Whether the first letter with a direction runs from right to left (Unicode annex 9, rule P2)."""
    return next((d in ("R", "AL") for d in map(unicodedata.bidirectional, text) if d in ("L", "R", "AL")), False)


def advance(text: str, hand: Hand) -> float:
    """Estimated width of one line, in ems."""
    return sum(_ADVANCE.get(c) or _wide(c) for c in text) * hand.wide + len(text) * hand.tracking


def _wide(c: str) -> float:
    if unicodedata.combining(c) or c in _JOINERS:
        return 0.0
    return 1.05 if unicodedata.east_asian_width(c) in ("W", "F") else 0.7


def clusters(text: str) -> Iterator[str]:
    """Letters with the marks and joiners that belong to them, so that breaking a word breaks no letter."""
    held = ""
    for c in text:
        joined = unicodedata.category(c).startswith("M") or c in _JOINERS or "\U0001f3fb" <= c <= "\U0001f3ff"
        if held and not joined and not held.endswith("\u200d"):
            yield held
            held = ""
        held += c
    if held:
        yield held


def wrap(text: str, most: float, hand: Hand) -> list[str]:
    """Lines of at most `most` ems, broken between words, and inside a word only where it alone is too long."""
    lines: list[str] = []
    for word in text.split(" "):
        together = f"{lines[-1]} {word}" if lines else word
        if lines and advance(together, hand) <= most:
            lines[-1] = together
        elif advance(word, hand) <= most:
            lines.append(word)
        else:
            lines += _broken(word, most, hand)
    return lines


def _broken(word: str, most: float, hand: Hand) -> list[str]:
    """The word in as few parts as it needs, about equally long: no single letter is left over."""
    parts, whole = [""], advance(word, hand)
    even = min(most, whole / ceil(whole / most) + 1) if whole > 0 else most
    for letter in clusters(word):
        if parts[-1] and advance(parts[-1] + letter, hand) > even:
            parts.append("")
        parts[-1] += letter
    return parts


def fit(text: str, hand: Hand, width: float, height: float, largest: float, smallest: float = 9) -> Block:
    """The text as large as it goes into the box without breaking a word; with words broken, or cut, if it must be."""
    text = text.upper() if hand.caps else text
    longest = max(advance(word, hand) for word in text.split(" "))
    whole = max(width / max(longest, 0.1), WORD_BREAKS * largest)
    size = max(smallest, min(largest, whole, sqrt(width * height / max(0.1, advance(text, hand)))))
    while True:
        block = Block(tuple(wrap(text, width / size * (1 + 1e-9), hand)), size)  # rounding must not break a word
        if block.height(hand) <= height:
            return block
        if size <= smallest:
            return _cut(block, hand, width, height)
        size = max(smallest, size * 0.92)


def _cut(block: Block, hand: Hand, width: float, height: float) -> Block:
    room = max(1, int(height / (block.size * hand.leading)))
    *above, last = block.lines[:room]
    while advance(last + "…", hand) * block.size > width:
        last = last[:-1]
    return Block((*above, last + "…"), block.size)


def line(text: str, x: float, y: float, size: float, hand: Hand, fill: str, width: float | None = None,
         frame: float = 240) -> str:  # fmt: skip
    """One line of text with its baseline at y, from x on; stretched or squeezed to `width` where given.

    Text that runs from right to left starts as far from the right edge of the `frame` as other text from the left.
    To be put into `written`, which says in which hand.
    """
    length = advance(text, hand) * size if width is None else width
    way, start = (' direction="rtl" letter-spacing="0"', frame - x) if right_to_left(text) else ("", x)  # letters join
    return (
        f'<text x="{start:.4g}" y="{y:.4g}" font-size="{size:.4g}" fill="{fill}" textLength="{length:.4g}" '
        f'lengthAdjust="spacingAndGlyphs"{way}>{escape(text)}</text>'
    )


def written(hand: Hand, marks: str) -> str:
    """Lines of text in a hand."""
    slope = ' font-style="italic"' if hand.italic else ""
    apart = f' letter-spacing="{hand.tracking}em"' if hand.tracking else ""
    return f'<g font-family="{hand.family}" font-weight="{hand.weight}"{slope}{apart}>{marks}</g>'


def lines(block: Block, x: float, top: float, hand: Hand, fill: str) -> str:
    """A block of text below `top`."""
    step, first = block.size * hand.leading, top + block.size * 0.82
    return written(
        hand, "".join(line(text, x, first + step * i, block.size, hand, fill) for i, text in enumerate(block.lines))
    )
