"""The year as a monument: two pairs of figures, one upon the other."""

from __future__ import annotations

from playbill.events import Title
from playbill.posters.composition import HEIGHT, MARGIN, WIDTH, Composition, Sheet
from playbill.posters.lettering import CONDENSED, fit, line, lines, written

ROOM = (208.0, 62.0, 30.0)


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
    """The figures filling the upper part, the title below a rule."""
    p, hand = sheet.palette, sheet.look.hand
    above, below = figures(sheet)
    first, second = ("url(#g)", p.ink) if sheet.dice.random() < 0.5 else (p.ink, "url(#g)")
    block = fit(sheet.name, hand, *ROOM)
    top = HEIGHT - MARGIN - block.height(hand)
    size = min(176.0, (top - 24) / 1.52)
    return (
        written(
            CONDENSED,
            line(above, 12, 12 + size * 0.72, size, CONDENSED, first, WIDTH - 24)
            + line(below, 12, 20 + size * 1.44, size, CONDENSED, second, WIDTH - 24),
        )
        + f'<path d="M{MARGIN} {top - 9:.0f}H{WIDTH - MARGIN}" stroke="{p.middle}"/>'
        + lines(block, MARGIN, top, hand, p.ink)
    )


NUMERAL = Composition("numeral", draw, type_led=0.3, year_led=1.0, middle=0.2, ink=0.25, room=ROOM)
