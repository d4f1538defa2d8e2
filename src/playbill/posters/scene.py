"""The genre as a picture: a motif over the whole poster, the title at its foot."""

from __future__ import annotations

from playbill.posters import motif
from playbill.posters.composition import HEIGHT, MARGIN, Composition, Sheet, motif_of, veil
from playbill.posters.dice import pick
from playbill.posters.lettering import fit, lines
from playbill.posters.motif import Motif

ROOM = (208.0, 92.0, 44.0)
LIGHT: dict[Motif, tuple[float, float]] = {
    motif.orbit: (0.08, 0.015), motif.limb: (0.095, 0.02), motif.peaks: (0.09, 0.015), motif.horizon: (0.0, 0.125),
    motif.grid: (0.075, 0.01), motif.stairs: (0.025, 0.085), motif.bars: (0.08, 0.02), motif.discs: (0.15, 0.075),
    motif.dots: (0.005, 0.035), motif.waves: (0.075, 0.055), motif.shards: (0.16, 0.025), motif.spiral: (0.095, 0.02),
}  # fmt: skip


def draw(sheet: Sheet) -> str:
    """The motif, a veil under the title, the title."""
    hand = sheet.look.hand
    block = fit(sheet.name, hand, *ROOM)
    top = HEIGHT - MARGIN - block.height(hand)
    rule = f'<path d="M{MARGIN} {top - 10:.0f}h28" stroke="{sheet.palette.middle}" stroke-width="3"/>'
    return motif_of(sheet, 1) + veil(sheet, top - 4) + rule + lines(block, MARGIN, top, hand, sheet.palette.ink)


def light(sheet: Sheet) -> tuple[float, float]:
    """See `Composition.light`."""
    return LIGHT[pick(sheet.dice, sheet.look.motifs)]


SCENE = Composition("scene", draw, light, genre_led=1.0, type_led=0.3, room=ROOM)
