"""The genre as a picture: a motif over the whole poster, the title at its foot."""

from __future__ import annotations

from playbill.posters.composition import HEIGHT, MARGIN, WIDTH, Composition, Sheet
from playbill.posters.dice import pick
from playbill.posters.lettering import fit, lines

ROOM = (208.0, 92.0, 44.0)


def draw(sheet: Sheet) -> str:
    """The motif, a veil under the title, the title."""
    hand = sheet.look.hand
    block = fit(sheet.name, hand, *ROOM)
    top = HEIGHT - MARGIN - block.height(hand)
    motif = pick(sheet.dice, sheet.look.motifs)(sheet.palette, sheet.dice)
    veil = f'<path d="M0 {top - 110:.0f}h{WIDTH}V{HEIGHT}H0z" fill="url(#v)"/>'
    rule = f'<path d="M{MARGIN} {top - 10:.0f}h28" stroke="{sheet.palette.middle}" stroke-width="3"/>'
    return motif + veil + rule + lines(block, MARGIN, top, hand, sheet.palette.ink)


SCENE = Composition("scene", draw, genre_led=1.0, type_led=0.3, middle=0.3, ink=0.06, room=ROOM)
