"""The year as a monument: two pairs of figures one upon the other, a tower, or an echo."""

from __future__ import annotations

from playbill.events import Title
from playbill.posters.composition import HEIGHT, MARGIN, WIDTH, Composition, Sheet, motif_of, veil
from playbill.posters.dice import pick
from playbill.posters.lettering import CONDENSED, fit, line, lines, written

ROOM = (208.0, 62.0, 30.0)
WAYS = ("stacked", "cut", "tower", "echo")
LIGHT = {"stacked": (0.23, 0.135), "cut": (0.105, 0.145), "tower": (0.335, 0.0), "echo": (0.11, 0.07)}


def has_year(title: Title) -> bool:
    """Whether the year is known and has four figures."""
    return title.year is not None and 1000 <= title.year <= 9999


def figures(sheet: Sheet) -> tuple[str, str]:
    """The year in two pairs; without a year the length in minutes; without either, the doubt of an archivist."""
    title = sheet.title
    if has_year(title):
        return str(title.year)[:2], str(title.year)[2:]
    minutes = round((title.runtime or 0) / 60)
    return (str(minutes), "min") if 0 < minutes < 1000 else ("19", "??")


def draw(sheet: Sheet) -> str:
    """A quiet motif, the figures filling the upper part, the title below a rule."""
    p, hand = sheet.palette, sheet.look.hand
    way = pick(sheet.dice, WAYS)
    block = fit(sheet.name, hand, *ROOM)
    top = HEIGHT - MARGIN - block.height(hand)
    marks = _figures(sheet, way, top)
    return (
        motif_of(sheet, 0.45)
        + veil(sheet, top - 8, 70)
        + written(CONDENSED, marks)
        + f'<path d="M{MARGIN} {top - 9:.0f}H{WIDTH - MARGIN}" stroke="{p.middle}"/>'
        + lines(block, MARGIN, top, hand, p.ink)
    )


def _figures(sheet: Sheet, way: str, top: float) -> str:
    p, (above, below) = sheet.palette, figures(sheet)
    first, second = ("url(#u)", p.ink) if sheet.dice.random() < 0.5 else (p.ink, "url(#u)")
    if way == "tower":
        long = top - 30
        tower = line(above + below, 0, 0, 150, CONDENSED, first, long)
        return f'<g transform="translate({pick(sheet.dice, (124, 172, 226))} {top - 16:.0f}) rotate(-90)">{tower}</g>'
    if way == "echo":
        step = (top - 22) / 4
        shares = (0.16, 0.32, 0.6, 1) if sheet.dice.random() < 0.5 else (1, 0.55, 0.3, 0.16)
        colours = (p.ink, p.middle, p.ink, p.middle)
        rows = [
            line(above + below, 12, 8 + step * (i + 0.9), step / 0.78, CONDENSED, colour, WIDTH - 24)
            for i, colour in enumerate(colours)
        ]
        return "".join(f'<g opacity="{share}">{row}</g>' for share, row in zip(shares, rows, strict=True))
    if way == "cut":
        first, second = (p.ground, p.ink) if first == p.ink else (p.ink, p.ground)
    high = (top - 32) * sheet.dice.uniform(0.36, 0.64)
    edge = {p.ground: f' stroke="{p.middle}" stroke-width="2"'}  # figures in the colour of the ground are outlines
    return (
        _pair(above, 11, high, first, edge.get(first, ""))
        + _pair(below, 19 + high, top - 32 - high, second, edge.get(second, ""))
    )  # fmt: skip


def _pair(words: str, y: float, high: float, fill: str, edge: str) -> str:
    """Two figures as wide as the poster, from y on, drawn out to a height."""
    row = line(words, 12, 110, 150, CONDENSED, fill, WIDTH - 24)
    return f'<g transform="translate(0 {y:.0f}) scale(1 {high / 110:.3g})"{edge}>{row}</g>'


def light(sheet: Sheet) -> tuple[float, float]:
    """See `Composition.light`."""
    return LIGHT[pick(sheet.dice, WAYS)]


NUMERAL = Composition("numeral", draw, light, type_led=0.3, year_led=1.0, room=ROOM)
