"""The title as the picture: every line as wide as the poster, the stack as tall; a single word runs up the side."""

from __future__ import annotations

from math import log

from playbill.posters.composition import HEIGHT, WIDTH, Composition, Sheet
from playbill.posters.dice import pick
from playbill.posters.lettering import CONDENSED, advance, line, right_to_left, wrap, written
from playbill.posters.palette import Palette, contrast

ROOM = (220.0, 336.0, 150.0)
DRAWN_OUT = 1.35  # how much taller than drawn by the font the letters best are
TALLEST = 2.1  # and how much at most
LEGIBLE = 2.5  # contrast below which a line of ink on the strong colour could not be read
REACHING = frozenset("(),;[]{}Q@$|_")  # plain signs that reach below the line

Sized = list[tuple[str, float]]


def _above(text: str) -> float:
    """Height of a line over its foot, in sizes: plain capitals need less than accents and other scripts."""
    return 0.74 if text.isascii() else 0.95


def _below(text: str) -> float:
    """Depth of a line under its foot, in sizes."""
    if right_to_left(text):
        return 0.36
    return (0.16 if REACHING & set(text) else 0.02) if text.isascii() else 0.22


def stack(text: str, width: float, height: float) -> Sized:
    """Lines with their sizes, each as wide as the poster; of all ways to break the text the one that fills it best.

    No word is broken unless it alone is longer than about 14 letters.
    """
    words = text.split(" ")
    longest = min(8.0, max(advance(word, CONDENSED) for word in words))
    ways = [wrap(text, longest * k, CONDENSED) for k in (1.01, 1.3, 1.7, 2.3, 3.2)]
    if len(words) <= 4 and longest < 8:
        ways.append(words)
    sized = [[(t, min(240.0, width / max(0.4, advance(t, CONDENSED)))) for t in way] for way in ways]
    return min(sized, key=lambda way: abs(log(height / (_tall(way) * DRAWN_OUT))))


def _tall(sized: Sized) -> float:
    return sum(size * (_above(t) + _below(t)) for t, size in sized)


def draw(sheet: Sheet) -> str:
    """The stacked title, one line in the quiet colour, drawn out to the height of the poster."""
    p, text = sheet.palette, sheet.name.upper()
    inverted = _inverted(sheet)
    fill, quiet = (p.ground, _strong(p)) if inverted else (p.ink, p.middle)
    upright = " " in text or len(text) < 4
    across, along = (ROOM[0], ROOM[1]) if upright else (ROOM[1], ROOM[0])
    sized = stack(text, across, along)
    accent = int(sheet.dice.random() * len(sized)) if len(sized) > 1 else -1
    marks, y = "", 0.0
    for i, (words, size) in enumerate(sized):
        foot = y + size * _above(words)
        y = foot + size * _below(words)
        width = min(across, advance(words, CONDENSED) * size)
        marks += line(words, 0, foot, size, CONDENSED, quiet if i == accent else fill, width, across)
    ground = f'<path d="M0 0h{WIDTH}v{HEIGHT}H0z" fill="{p.middle}"/>' if inverted else ""
    drawn_out = min(TALLEST, along / y)
    start = 12 + (along - y * drawn_out) * pick(sheet.dice, (0, 1))
    turn = f"translate(10 {start:.0f})" if upright else f"translate({start - 2:.0f} 348) rotate(-90)"
    return (
        ground
        + _figure(sheet, p.ground if inverted else p.middle)
        + f'<g transform="{turn} scale(1 {drawn_out:.3g})">{written(CONDENSED, marks)}</g>'
    )


def _figure(sheet: Sheet, colour: str) -> str:
    """One large plain shape behind the words, just strong enough to be seen."""
    dice = sheet.dice
    x, y, r = dice.uniform(0, WIDTH), dice.uniform(0, HEIGHT), dice.uniform(70, 150)
    lean = dice.uniform(-50, 50)
    shape = pick(
        dice,
        (
            f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{r:.0f}"/>',
            f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{r:.0f}" fill="none" stroke="{colour}" stroke-width="{r / 2:.0f}"/>',
            f'<path d="M-300 0h600v{r:.0f}h-600z" transform="translate({x:.0f} {y:.0f}) rotate({lean:.0f})"/>',
            f'<path d="M0 0h400v400z" transform="translate({x:.0f} {y:.0f}) rotate({4 * lean:.0f})"/>',
            f'<path d="{"".join(f"M-400 {i * r / 3:.0f}h800" for i in range(-5, 6))}" stroke="{colour}" '
            f'stroke-width="{r / 6:.0f}" transform="translate({x:.0f} {y:.0f}) rotate({lean:.0f})"/>',
        ),
    )
    return f'<g fill="{colour}" opacity=".2">{shape}</g>'


def _strong(p: Palette) -> str:
    """The colour of the one line that stands out on the strong colour."""
    return p.ink if contrast(p.ink, p.middle) > LEGIBLE else p.ground


def _inverted(sheet: Sheet) -> bool:
    return sheet.dice.random() < 0.6


def light(sheet: Sheet) -> tuple[float, float]:
    """See `Composition.light`."""
    if not _inverted(sheet):
        return 0.21, 0.145
    if " " not in sheet.name:
        return 0.64, 0.0
    return (0.46, 0.14) if _strong(sheet.palette) == sheet.palette.ink else (0.51, 0.015)


BIG_TYPE = Composition("big_type", draw, light, type_led=1.0, room=ROOM)
