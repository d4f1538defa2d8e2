"""One letter: larger than the frame, echoed in outlines, or cut out of a shape."""

from __future__ import annotations

from playbill.posters.composition import HEIGHT, MARGIN, Composition, Sheet, motif_of, veil
from playbill.posters.dice import pick
from playbill.posters.lettering import GROTESQUE, SLAB, advance, clusters, escape, fit, lines, right_to_left

ROOM = (208.0, 70.0, 30.0)
ARTICLES = {"the", "a", "an", "le", "la", "les", "l'", "un", "une", "der", "die", "das", "el", "los", "las", "il"}
WAYS = ("cropped", "echoed", "cut_out")
LIGHT = {"cropped": (0.16, 0.025), "echoed": (0.19, 0.015), "cut_out": (0.325, 0.01)}
SHAPES = (
    "M-98 0a98 98 0 1 0 196 0a98 98 0 1 0-196 0z",  # a disc
    "M-92 120V-20a92 92 0 0 1 184 0V120z",  # an arch
    "M-96-108H96V108H-96z",  # a card
    "M0-136L108 0L0 136L-108 0z",  # a lozenge
)


def initial(name: str) -> str:
    """The first letter of the first word that is no article, or of whatever there is."""
    words = name.split(" ")
    word = next((w for w in words if w.lower() not in ARTICLES and any(map(str.isalnum, w))), words[0])
    letters = [c for c in clusters(word) if c[0].isalnum()] or list(clusters(word))
    return letters[0].upper()[:8]


def draw(sheet: Sheet) -> str:
    """A quiet motif, the letter in one of the ways, the title at the foot."""
    way, dice, letter = pick(sheet.dice, WAYS), sheet.dice, initial(sheet.name)
    hand = pick(dice, (SLAB, GROTESQUE))
    block = fit(sheet.name, sheet.look.hand, *ROOM)
    top = HEIGHT - MARGIN - block.height(sheet.look.hand)
    behind = motif_of(sheet, 0.2 if way == "cropped" else 0.16)
    font = f'<g font-family="{hand.family}" font-weight="700" text-anchor="middle">'
    return (
        behind
        + font
        + _letter(sheet, way, letter, max(0.4, advance(letter, hand)))
        + "</g>"
        + veil(sheet, top - 4, 80)
        + lines(block, MARGIN, top, sheet.look.hand, sheet.palette.ink)
    )


def _letter(sheet: Sheet, way: str, letter: str, wide: float) -> str:
    """wide: of the letter, in sizes. Letters other than plain capitals reach above or below: they are set smaller."""
    p, dice, plain = sheet.palette, sheet.dice, letter.isascii()
    most = 1.0 if plain else 0.78
    drop = 0.2 if right_to_left(letter) else 0.36 if plain else 0.4  # of the size, from its middle to the baseline
    said = escape(letter)
    if way == "cropped":
        size = min(440.0, 290 / wide) * most
        x, y = 120 + pick(dice, (-1, 1)) * dice.uniform(6, 30), dice.uniform(136, 168) + size * drop
        return f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size:.0f}" fill="url(#u)">{said}</text>'
    if way == "echoed":
        size, dx, dy = min(300.0, 190 / wide) * most, dice.uniform(-13, 13), dice.uniform(-9, 9)
        y = 146 + size * drop
        echoes = "".join(
            f'<text x="{120 + dx * (i - 2):.0f}" y="{y + dy * (i - 2):.0f}" opacity="{1 - 0.19 * i:.2f}">{said}</text>'
            for i in range(4, 0, -1)
        )
        face = f'<text x="{120 - dx * 2:.0f}" y="{y - dy * 2:.0f}" fill="{p.middle}" stroke="none">{said}</text>'
        return f'<g font-size="{size:.0f}" fill="{p.ground}" stroke="{p.middle}" stroke-width="2">{echoes}{face}</g>'
    shape, turn = pick(dice, SHAPES), dice.uniform(-14, 14)
    size, x, y = min(190.0, 130 / wide) * most, dice.uniform(100, 140), dice.uniform(132, 160)
    size *= 0.74 if shape is SHAPES[-1] else 1  # its corners leave less room
    return (
        f'<g transform="translate({x:.0f} {y:.0f})"><path d="{shape}" fill="{p.middle}" '
        f'transform="rotate({turn:.0f})"/><text y="{size * drop:.0f}" font-size="{size:.0f}" '
        f'fill="{p.ground}">{said}</text></g>'
    )


def light(sheet: Sheet) -> tuple[float, float]:
    """See `Composition.light`."""
    return LIGHT[pick(sheet.dice, WAYS)]


MONOGRAM = Composition("monogram", draw, light, type_led=0.8, room=ROOM)
