"""The cast as the picture: family names as large as they go, given names above them."""

from __future__ import annotations

from playbill.posters.composition import HEIGHT, MARGIN, WIDTH, Composition, Sheet
from playbill.posters.dice import pick
from playbill.posters.lettering import CONDENSED, GROTESQUE, advance, clean, fit, line, lines, written

ROOM = (208.0, 66.0, 30.0)
AFTER = {"JR.", "JR", "SR.", "SR", "II", "III"}  # what may stand behind a family name


def people(sheet: Sheet) -> list[tuple[str, str]]:
    """Up to four people as (given names, family name); without a cast who made the title, or what it is."""
    title = sheet.title
    known = title.cast or title.directors or title.writers or title.genres or (title.kind,)
    words = [[w for w in clean(name).upper().split(" ") if w not in AFTER] for name in known[:4]]
    return [(" ".join(w[:-1])[:28], w[-1][:24]) for w in words if w and w[-1]] or [("", "?")]


def draw(sheet: Sheet) -> str:
    """The names from the top down, the title at the foot on the strong colour."""
    p, hand = sheet.palette, sheet.look.hand
    block = fit(sheet.name, hand, *ROOM)
    top = HEIGHT - MARGIN - block.height(hand)
    cast = people(sheet)
    share = (top - 24) / len(cast)
    given, family, motif = "", "", pick(sheet.dice, sheet.look.motifs)(p, sheet.dice)
    for i, (first, last) in enumerate(cast):
        y, wide = 14 + share * i, advance(last, CONDENSED)
        size = min(1.35 * 216 / max(0.4, wide), (share - 17) / 0.74, 130.0)
        given += line(first, 13, y + 6, 8, GROTESQUE, p.ink)
        family += line(
            last, 12, y + 11 + size * 0.73, size, CONDENSED, p.ink if i % 2 else p.middle, min(216, wide * size)
        )
    foot = f'<path d="M0 {top - 12:.0f}H{WIDTH}V{HEIGHT}H0z" fill="{p.middle}"/>'
    behind = f'<g opacity=".3">{motif}</g>' if len(cast) < 3 else ""
    return (
        behind
        + written(GROTESQUE, given)
        + written(CONDENSED, family)
        + foot
        + lines(block, MARGIN, top - 2, hand, p.ground)
    )


NAMES = Composition("names", draw, cast_led=1.0, type_led=0.4, middle=0.4, ink=0.15, room=ROOM)
