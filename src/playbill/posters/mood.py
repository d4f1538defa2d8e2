"""A feeling and a few quiet words: soft light in the genre's colours, the title small below it."""

from __future__ import annotations

from math import sin

from playbill.posters.composition import HEIGHT, MARGIN, WIDTH, Composition, Sheet, veil
from playbill.posters.dice import pick
from playbill.posters.lettering import LIGHT as THIN
from playbill.posters.lettering import SCRIPT, fit, lines

ROOM = (192.0, 120.0, 31.0)
WAYS = ("lights", "eclipse", "haze", "curtain")
LIGHT = {"lights": (0.31, 0.055), "eclipse": (0.115, 0.02), "haze": (0.22, 0.01), "curtain": (0.18, 0.03)}


def draw(sheet: Sheet) -> str:
    """Light in one of the ways, and the title."""
    way = pick(sheet.dice, WAYS)
    hand = pick(sheet.dice, (THIN, SCRIPT))
    marks = {"lights": _lights, "eclipse": _eclipse, "haze": _haze, "curtain": _curtain}[way](sheet)
    block = fit(sheet.name, hand, *ROOM)
    top = HEIGHT - 1.5 * MARGIN - block.height(hand)
    wash = f'<path d="M0 0h{WIDTH}v{HEIGHT}H0z" fill="{sheet.palette.middle}" opacity=".18"/>'
    return wash + marks + veil(sheet, top, 120) + lines(block, (WIDTH - ROOM[0]) / 2, top, hand, sheet.palette.ink)


def _glow(x: float, y: float, r: float, light: str) -> str:
    return f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{r:.0f}" fill="url(#{light})"/>'


def _lights(sheet: Sheet) -> str:
    """Three lights that run into each other, and rings around the last."""
    p, dice, marks = sheet.palette, sheet.dice, ""
    x = y = 0.0
    for light, r in (("m", 230), ("m", 150), ("i", 130)):
        x, y = dice.uniform(20, WIDTH - 20), dice.uniform(20, HEIGHT * 0.6)
        marks += _glow(x, y, r, light)
    first, apart = dice.uniform(24, 60), dice.uniform(9, 22)
    rings = "".join(
        f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{first + apart * i:.0f}" stroke-opacity="{0.9 / (i + 1):.2f}"/>'
        for i in range(pick(dice, (1, 2, 3, 5)))
    )
    return f'{marks}<g fill="none" stroke="{p.ink}">{rings}</g>'


def _eclipse(sheet: Sheet) -> str:
    """A dark disc before its own light."""
    dice = sheet.dice
    x, y, r, turn = dice.uniform(60, 180), dice.uniform(90, 180), dice.uniform(40, 92), dice.uniform(-1, 1)
    halo = _glow(x, y, r * 2.4, "m") + _glow(x + r * 0.35 * turn, y - r * 0.3, r * 1.35, "i")
    disc = f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{r:.0f}" fill="{sheet.palette.ground}"/>'
    return halo + disc


def _haze(sheet: Sheet) -> str:
    """Ranges of hills that fade into each other, below one light."""
    p, dice = sheet.palette, sheet.dice
    marks = _glow(dice.uniform(40, 200), dice.uniform(40, 130), dice.uniform(90, 170), pick(dice, ("i", "m")))
    swing, phase, count = dice.uniform(14, 46), dice.uniform(0, 6), pick(dice, (3, 4, 5))
    for i in range(count):
        y = 110 + 170 * i / count
        a, b, c = (y + swing * sin(phase + 2.1 * i + k) for k in (0, 1.7, 3.3))
        marks += (
            f'<path d="M0 {a:.0f}Q70 {b - swing:.0f} 130 {b:.0f}T240 {c:.0f}V360H0Z" '
            f'fill="{p.ground if i % 2 else p.middle}" opacity="{0.3 + 0.1 * i:.1f}"/>'
        )
    return marks


def _curtain(sheet: Sheet) -> str:
    """Soft folds of light from above."""
    dice, folds = sheet.dice, ""
    lean = dice.uniform(-16, 16)
    for _ in range(pick(dice, (4, 5, 6))):
        x, wide, deep = dice.uniform(-10, 250), dice.uniform(14, 52), dice.uniform(120, 230)
        folds += f'<ellipse cx="{x:.0f}" cy="{deep * 0.6:.0f}" rx="{wide:.0f}" ry="{deep:.0f}" fill="url(#m)"/>'
    x, wide = dice.uniform(30, 210), dice.uniform(8, 24)
    bright = f'<ellipse cx="{x:.0f}" cy="110" rx="{wide:.0f}" ry="170" fill="url(#i)"/>'
    return f'<g transform="rotate({lean:.0f} 120 0)">{folds}{bright}</g>'


def light(sheet: Sheet) -> tuple[float, float]:
    """See `Composition.light`."""
    return LIGHT[pick(sheet.dice, WAYS)]


MOOD = Composition("mood", draw, light, genre_led=0.6, type_led=0.1, room=ROOM)
