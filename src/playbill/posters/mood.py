"""A feeling and a few quiet words: soft light in the genre's colours, the title small in the middle of it."""

from __future__ import annotations

from playbill.posters.composition import HEIGHT, MARGIN, WIDTH, Composition, Sheet
from playbill.posters.dice import pick
from playbill.posters.lettering import LIGHT, SCRIPT, fit, lines

ROOM = (184.0, 120.0, 31.0)


def draw(sheet: Sheet) -> str:
    """Three lights that run into each other, and the title."""
    p, dice = sheet.palette, sheet.dice
    hand = pick(dice, (LIGHT, SCRIPT))
    marks = f'<path d="M0 0h{WIDTH}v{HEIGHT}H0z" fill="{p.middle}" opacity=".22"/>'
    for glow, r in (("m", 230), ("m", 150), ("i", 130)):
        x, y = dice.uniform(0, WIDTH), dice.uniform(-10, HEIGHT * 0.62)
        marks += f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{r}" fill="url(#{glow})"/>'
    block = fit(sheet.name, hand, *ROOM)
    top = HEIGHT - 2 * MARGIN - block.height(hand)
    ring = f'<circle cx="{x:.0f}" cy="{max(y, 70):.0f}" r="{dice.uniform(40, 74):.0f}" fill="none" stroke="{p.ink}"/>'
    veil = f'<path d="M0 {top - 120:.0f}h{WIDTH}V{HEIGHT}H0z" fill="url(#v)"/>'
    return marks + ring + veil + lines(block, (WIDTH - ROOM[0]) / 2, top, hand, p.ink)


MOOD = Composition("mood", draw, genre_led=0.6, type_led=0.1, middle=0.5, ink=0.2, room=ROOM)
