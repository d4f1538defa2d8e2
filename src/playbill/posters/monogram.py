"""One letter, larger than the frame."""

from __future__ import annotations

from playbill.posters.composition import HEIGHT, MARGIN, WIDTH, Composition, Sheet
from playbill.posters.dice import pick
from playbill.posters.lettering import GROTESQUE, SLAB, advance, clusters, escape, fit, lines

ROOM = (208.0, 70.0, 30.0)
ARTICLES = {"the", "a", "an", "le", "la", "les", "l'", "un", "une", "der", "die", "das", "el", "los", "las", "il"}


def initial(name: str) -> str:
    """The first letter of the first word that is no article, or of whatever there is."""
    words = name.split(" ")
    word = next((w for w in words if w.lower() not in ARTICLES and any(map(str.isalnum, w))), words[0])
    letters = [c for c in clusters(word) if c[0].isalnum()] or list(clusters(word))
    return letters[0].upper()[:8]


def draw(sheet: Sheet) -> str:
    """The letter in the strong colour, its echo in the ground, the title at the foot."""
    p, dice = sheet.palette, sheet.dice
    hand = pick(dice, (SLAB, GROTESQUE))
    letter = escape(initial(sheet.name))
    size = min(420.0, 250 / max(0.35, advance(letter, hand)))
    x, y = WIDTH / 2 + dice.uniform(-34, 34), 150 + size * 0.36
    font = f'font-size="{size:.0f}" font-family="{hand.family}" font-weight="700" text-anchor="middle"'
    block = fit(sheet.name, sheet.look.hand, *ROOM)
    top = HEIGHT - MARGIN - block.height(sheet.look.hand)
    return (
        f'<g {font}><text x="{x + 10:.0f}" y="{y + 10:.0f}" fill="{p.ink}" opacity=".16">{letter}</text>'
        f'<text x="{x:.0f}" y="{y:.0f}" fill="url(#u)">{letter}</text></g>'
        f'<path d="M0 {top - 90:.0f}h{WIDTH}V{HEIGHT}H0z" fill="url(#v)"/>'
        + lines(block, MARGIN, top, sheet.look.hand, p.ink)
    )


MONOGRAM = Composition("monogram", draw, type_led=0.8, middle=0.35, ink=0.05, room=ROOM)
