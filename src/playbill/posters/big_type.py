"""The title as the picture: every line as wide as the poster, the stack as tall; a single word runs up the side."""

from __future__ import annotations

from math import log

from playbill.posters.composition import HEIGHT, WIDTH, Composition, Sheet
from playbill.posters.dice import pick
from playbill.posters.lettering import CONDENSED, advance, line, wrap, written
from playbill.posters.palette import contrast

ROOM = (220.0, 336.0, 150.0)
DRAWN_OUT = 1.35  # how much taller than drawn by the font the letters best are
TALLEST = 2.1  # and how much at most
LEGIBLE = 2.5  # contrast below which a line of ink on the strong colour could not be read

Sized = list[tuple[str, float]]


def stack(text: str, width: float, height: float, cap: float) -> Sized:
    """Lines with their sizes, each as wide as the poster; of all ways to break the text the one that fills it best.

    `cap`: height of a line in sizes. No word is broken unless it alone is longer than about 14 letters.
    """
    words = text.split(" ")
    longest = min(8.0, max(advance(word, CONDENSED) for word in words))
    ways = [wrap(text, longest * k, CONDENSED) for k in (1.01, 1.3, 1.7, 2.3, 3.2)]
    if len(words) <= 4 and longest < 8:
        ways.append(words)
    sized = [[(t, min(240.0, width / max(0.4, advance(t, CONDENSED)))) for t in way] for way in ways]
    return min(sized, key=lambda way: abs(log(height / (_tall(way, cap) * DRAWN_OUT))))


def _tall(sized: Sized, cap: float) -> float:
    return cap * sum(size for _, size in sized)


def draw(sheet: Sheet) -> str:
    """The stacked title, one line in the quiet colour, drawn out to the height of the poster."""
    p, text = sheet.palette, sheet.name.upper()
    inverted = sheet.dice.random() < 0.6
    strong = p.ink if contrast(p.ink, p.middle) > LEGIBLE else p.ground
    fill, quiet = (p.ground, strong) if inverted else (p.ink, p.middle)
    upright = " " in text or len(text) < 4
    across, along = (ROOM[0], ROOM[1]) if upright else (ROOM[1], ROOM[0])
    cap = 0.74 if text.isascii() else 0.98  # accents and other scripts need more room than plain capitals
    sized = stack(text, across, along, cap)
    accent = int(sheet.dice.random() * len(sized)) if len(sized) > 1 else -1
    marks, y = "", 0.0
    for i, (words, size) in enumerate(sized):
        y += size * cap
        foot = y - size * (cap - 0.74) / 2
        width = min(across, advance(words, CONDENSED) * size)
        marks += line(words, 0, foot, size, CONDENSED, quiet if i == accent else fill, width, across)
    ground = f'<path d="M0 0h{WIDTH}v{HEIGHT}H0z" fill="{p.middle}"/>' if inverted else ""
    drawn_out = min(TALLEST, along / y)
    start = 12 + (along - y * drawn_out) * pick(sheet.dice, (0, 1))
    turn = f"translate(10 {start:.0f})" if upright else f"translate({start - 2:.0f} 348) rotate(-90)"
    return f'{ground}<g transform="{turn} scale(1 {drawn_out:.3g})">{written(CONDENSED, marks)}</g>'


BIG_TYPE = Composition("big_type", draw, type_led=1.0, middle=0.55, ink=0.12, room=ROOM)
