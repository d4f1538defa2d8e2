"""The cast as the picture: family names as large as they go, given names above them."""

from __future__ import annotations

from playbill.events import Title
from playbill.posters.composition import HEIGHT, MARGIN, WIDTH, Composition, Sheet, motif_of
from playbill.posters.lettering import CONDENSED, GROTESQUE, advance, clean, fit, line, lines, written

ROOM = (208.0, 66.0, 30.0)
AFTER = {"JR.", "JR", "SR.", "SR", "II", "III"}  # what may stand behind a family name
MOST = 4  # people


def shown(title: Title) -> tuple[str, ...]:
    """Of whom the names stand there: the cast, or without one who made it; nobody if neither is known."""
    return (title.cast or title.directors or title.writers)[:MOST]


def people(sheet: Sheet) -> list[tuple[str, str]]:
    """Up to four people as (given names, family name); without any, what the title is."""
    known = shown(sheet.title) or sheet.title.genres or (sheet.title.kind,)
    words = [[w for w in clean(name).upper().split(" ") if w not in AFTER] for name in known[:MOST]]
    return [(" ".join(w[:-1])[:22], w[-1][:20]) for w in words if w and w[-1]] or [("", "?")]


def draw(sheet: Sheet) -> str:
    """The names from the top down, the title at the foot on the strong colour."""
    p, hand = sheet.palette, sheet.look.hand
    block = fit(sheet.name, hand, *ROOM)
    top = HEIGHT - MARGIN - block.height(hand)
    cast = people(sheet)
    share = (top - 26) / len(cast)
    odd = int(sheet.dice.random() * 2)
    behind = motif_of(sheet, 0.34 if len(cast) < 3 else 0.2)
    given, family = "", ""
    for i, (first, last) in enumerate(cast):
        y, wide = 12 + share * i, advance(last, CONDENSED)
        size = min(1.35 * 216 / max(0.4, wide), (share - 19) / 0.76, 130.0)
        length = min(216, wide * size)
        given += line(first, 13, y + 9, 11, GROTESQUE, p.ink, min(214, advance(first, GROTESQUE) * 11))
        family += line(last, 12, y + 14 + size * 0.73, size, CONDENSED, p.ink if i % 2 == odd else p.middle, length)
    foot = f'<path d="M0 {top - 12:.0f}H{WIDTH}V{HEIGHT}H0z" fill="{p.middle}"/>'
    return (
        behind
        + written(GROTESQUE, given)
        + written(CONDENSED, family)
        + foot
        + lines(block, MARGIN, top - 2, hand, p.ground)
    )


def light(sheet: Sheet) -> tuple[float, float]:
    """See `Composition.light`."""
    return 0.29, 0.09


NAMES = Composition("names", draw, light, cast_led=1.0, type_led=0.4, room=ROOM)
