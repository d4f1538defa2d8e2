"""Geometric motifs: what a genre looks like without a photograph. Each fills the whole 240 by 360 poster.

A motif is given the palette and dice; it answers with SVG elements, back to front, and leaves the lower third quiet
enough for the title. `g` is the id of the ground-to-middle gradient that every poster defines.
"""

from __future__ import annotations

from collections.abc import Callable
from math import cos, hypot, pi, sin
from random import Random

from playbill.posters.dice import pick
from playbill.posters.palette import Palette

Motif = Callable[[Palette, Random], str]


def horizon(p: Palette, dice: Random) -> str:
    """A low sun behind three ranges of hills: journeys, the west, the wide."""
    x, y, r = dice.uniform(40, 200), dice.uniform(90, 160), dice.uniform(30, 84)
    hills = ""
    for i, (colour, share) in enumerate(((p.middle, 0.55), (p.middle, 0.28), (p.ground, 1.0))):
        top = 175 + 38 * i
        a, b, c = (top + dice.uniform(-22, 22) for _ in range(3))
        hills += f'<path d="M0 {a:.0f}Q60 {b - 30:.0f} 120 {b:.0f}T240 {c:.0f}V360H0Z" fill="{p.ground}"/>'
        hills += (
            f'<path d="M0 {a:.0f}Q60 {b - 30:.0f} 120 {b:.0f}T240 {c:.0f}V360H0Z" fill="{colour}" opacity="{share}"/>'
        )
    return (
        f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{r * 1.7:.0f}" fill="{p.middle}" opacity=".18"/>'
        f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{r:.0f}" fill="{p.ink}"/>{hills}'
    )


def orbit(p: Palette, dice: Random) -> str:
    """A planet, its rings and a few stars: elsewhere."""
    x, y, r, tilt = dice.uniform(60, 180), dice.uniform(90, 160), dice.uniform(38, 92), dice.uniform(-50, 50)
    stars = "".join(f"M{dice.uniform(6, 234):.0f} {dice.uniform(6, 250):.0f}h0" for _ in range(34))
    rings = "".join(
        f'<ellipse rx="{r * k:.0f}" ry="{r * k * 0.3:.0f}" stroke-opacity="{1.05 - 0.28 * k:.2f}"/>'
        for k in (1.35, 1.7, 2.15, 2.7)
    )
    moon = dice.uniform(0, 2 * pi)
    return (
        f'<path d="{stars}" stroke="{p.ink}" stroke-width="1.4" stroke-linecap="round" opacity=".7"/>'
        f'<g transform="translate({x:.0f} {y:.0f}) rotate({tilt:.0f})"><circle r="{r:.0f}" fill="url(#g)"/>'
        f'<g fill="none" stroke="{p.ink}" stroke-width="1.6">{rings}</g>'
        f'<circle cx="{r * 2.15 * cos(moon):.0f}" cy="{r * 0.645 * sin(moon):.0f}" r="7" fill="{p.ink}"/></g>'
    )


def limb(p: Palette, dice: Random) -> str:
    """The edge of a world from close by, another one behind it: elsewhere, and large."""
    side, r = pick(dice, (-1, 1)), dice.uniform(190, 330)
    x, y = 120 + side * dice.uniform(20, 100), dice.uniform(90, 165) + r
    far = (120 - side * dice.uniform(10, 80), dice.uniform(50, 110), dice.uniform(10, 40))
    stars = "".join(f"M{dice.uniform(6, 234):.0f} {dice.uniform(6, 200):.0f}h0" for _ in range(26))
    ticks = "".join(
        f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{r + 11 * k:.0f}" stroke-opacity="{0.5 - 0.12 * k:.2f}"/>'
        for k in range(1, 4)
    )
    return (
        f'<path d="{stars}" stroke="{p.ink}" stroke-width="1.4" stroke-linecap="round" opacity=".7"/>'
        f'<circle cx="{far[0]:.0f}" cy="{far[1]:.0f}" r="{far[2]:.0f}" fill="{p.ink}" opacity=".9"/>'
        f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{r:.0f}" fill="{p.ground}"/>'
        f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{r:.0f}" fill="url(#u)"/>'
        f'<g fill="none" stroke="{p.middle}">{ticks}</g>'
    )


def grid(p: Palette, dice: Random) -> str:
    """A floor that runs to the horizon below one disc: machines, and speed."""
    y, x, r = dice.uniform(130, 190), dice.uniform(60, 180), dice.uniform(30, 80)
    across = "".join(f"M0 {y + 4 + 3.4 * i * i:.0f}h240" for i in range(1, 9))
    along = "".join(f"M{x:.0f} {y:.0f}L{x + 64 * k:.0f} 360" for k in range(-6, 7))
    return (
        f'<circle cx="{x:.0f}" cy="{y - r * 0.3:.0f}" r="{r:.0f}" fill="url(#g)"/>'
        f'<path d="M0 {y:.0f}H240V360H0z" fill="{p.ground}"/>'
        f'<path d="{across}{along}" stroke="{p.middle}" opacity=".8"/>'
        f'<path d="M0 {y:.0f}h240" stroke="{p.ink}" stroke-width="2"/>'
    )


def bars(p: Palette, dice: Random) -> str:
    """Light through a blind: crime, and what is hidden."""
    lean, step = dice.uniform(-28, 28), dice.uniform(19, 27)
    slats = ""
    for i in range(int(300 / step)):
        y, share = 20 + step * i, 1.1 * (1 - abs(i * step - 120) / 300)
        slats += (
            f'<rect x="-80" y="{y:.0f}" width="400" height="{step * 0.5:.1f}" opacity="{min(1, max(share, 0.1)):.2f}"/>'
        )
    x, near = dice.uniform(50, 190), dice.uniform(0.9, 1.5)
    return (
        f'<g fill="url(#g)" transform="rotate({lean:.0f} 120 150)">{slats}</g>'
        f'<path transform="translate({x:.0f} 330) scale({near:.2f})" '
        f'd="M-62 0q8-74 44-84v-14a30 34 0 1 1 36 0v14q36 10 44 84z" fill="{p.ground}"/>'
    )


def spiral(p: Palette, dice: Random) -> str:
    """Down and in: mystery, vertigo."""
    way, x, y = pick(dice, (0, 1)), dice.uniform(60, 180), dice.uniform(90, 170)
    r, sign, path, growth = 5.0, 1, "M0 0", dice.uniform(1.1, 1.3)
    for _ in range(13):
        path += f"a{r:.1f} {r:.1f} 0 0 {way} {2 * r * sign:.1f} 0"
        r, sign = r * growth + 2.4, -sign
    turn, wide = dice.uniform(0, 360), dice.uniform(6, 20)
    return (
        f'<g transform="translate({x:.0f} {y:.0f}) rotate({turn:.0f})" fill="none">'
        f'<path d="{path}" stroke="url(#g)" stroke-width="{wide:.0f}"/>'
        f'<path d="{path}" stroke="{p.ink}" stroke-width="1.5" opacity=".8"/></g>'
    )


def stairs(p: Palette, dice: Random) -> str:
    """Steps towards a light: people, and where they are going."""
    steps, mirror = pick(dice, (4, 6, 7, 8, 9, 12)), pick(dice, ("", ' transform="matrix(-1 0 0 1 240 0)"'))
    wide, high = 240 / steps, dice.uniform(120, 200) / steps
    x, y, r = dice.uniform(20, 220), dice.uniform(40, 110), dice.uniform(20, 56)
    outline = "".join(f"V{262 - high * (i + 1):.1f}h{wide:.1f}" for i in range(steps))
    shades = "".join(f"M{wide * i:.1f} {262 - high * (i + 1):.1f}h{wide:.1f}" for i in range(steps))
    return (
        f'<g{mirror}><circle cx="{x:.0f}" cy="{y:.0f}" r="{r:.0f}" fill="{p.ink}"/>'
        f'<path d="M0 360{outline}V360Z" fill="{p.ground}"/><path d="M0 360{outline}V360Z" fill="url(#g)"/>'
        f'<path d="{shades}" stroke="{p.ink}" stroke-width="2" opacity=".7"/></g>'
    )


def dots(p: Palette, dice: Random) -> str:
    """A printer's halftone of a disc or a ring: things as they were."""
    x, y, reach = dice.uniform(60, 180), dice.uniform(80, 160), dice.uniform(90, 150)
    ring, turn = pick(dice, (0.0, 0.0, 0.5, 0.9)) * reach, dice.uniform(-45, 45)
    by_size: dict[int, str] = {}
    for i in range(13 * 12):
        cx, cy = 23 * (i % 12) - (i // 12 % 2) * 11 + 1, 19 * (i // 12) + 14
        size = round(18 * (1 - abs(hypot(cx - x, cy - y) - ring) / reach))
        if size >= 2:
            by_size[size] = f"{by_size.get(size, '')}M{cx} {cy}h0"
    rows = "".join(f'<path d="{at}" stroke-width="{size}"/>' for size, at in by_size.items())
    return f'<g stroke="url(#u)" stroke-linecap="round" transform="rotate({turn:.0f} {x:.0f} {y:.0f})">{rows}</g>'


def waves(p: Palette, dice: Random) -> str:
    """Ribbons that swing together: music and romance."""
    swing, drift, x = dice.uniform(24, 76), dice.uniform(-46, 46), dice.uniform(40, 200)
    turned, r = pick(dice, ("", ' transform="matrix(-1 0 0 1 240 0)"')), dice.uniform(26, 58)
    ribbons = ""
    for i in range(9):
        y, lift = 70 + 19 * i, swing * (1 - i / 11)
        ribbons += (
            f'<path d="M-20 {y}C50 {y - lift:.0f} 80 {y + lift:.0f} 130 {y + drift:.0f}S220 {y - lift:.0f} 270 {y}" '
            f'stroke-opacity="{1 - 0.09 * i:.2f}" stroke-width="{9 - 0.7 * i:.1f}"/>'
        )
    disc = f'<circle cx="{x:.0f}" cy="92" r="{r:.0f}" fill="{p.ink}" opacity=".92"/>'
    return f'{disc}<g fill="none" stroke="url(#u)"{turned}>{ribbons}</g>'


def shards(p: Palette, dice: Random) -> str:
    """Something has just burst: action and fright."""
    x, y, at, pieces = dice.uniform(90, 150), dice.uniform(115, 155), dice.uniform(0, 1), ""
    for i in range(11):
        at += 2 * pi / 11
        spread, reach = dice.uniform(0.1, 0.24), dice.uniform(110, 230)
        a = (x + 24 * cos(at), y + 24 * sin(at))
        b = (x + reach * cos(at - spread), y + reach * sin(at - spread))
        c = (x + reach * 0.82 * cos(at + spread), y + reach * 0.82 * sin(at + spread))
        colour = p.ink if i % 5 == 2 else p.middle
        pieces += (
            f'<path d="M{a[0]:.0f} {a[1]:.0f}L{b[0]:.0f} {b[1]:.0f}L{c[0]:.0f} {c[1]:.0f}Z" fill="{colour}" '
            f'opacity="{dice.uniform(0.45, 1):.2f}"/>'
        )
    return pieces


def discs(p: Palette, dice: Random) -> str:
    """Bright discs in company: comedy and family."""
    shapes = ""
    for i in range(6):
        x, y, r = (
            30 + 90 * (i % 3) + dice.uniform(-26, 26),
            70 + 96 * (i // 3) + dice.uniform(-26, 26),
            dice.uniform(26, 62),
        )
        fill = (p.middle, p.ink, "url(#g)")[i % 3]
        shapes += f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{r:.0f}" fill="{fill}" opacity="{(0.85, 0.9, 0.8)[i % 3]}"/>'
    x = dice.uniform(40, 200)
    return f'{shapes}<path d="M{x - 46:.0f} 128a46 46 0 0 0 92 0z" fill="{p.ground}" opacity=".85"/>'


def peaks(p: Palette, dice: Random) -> str:
    """Mountains under a flat sky: history and war."""
    ridges = f'<path d="M0 {dice.uniform(60, 100):.0f}h240" stroke="{p.ink}" opacity=".5"/>'
    for i in range(4):
        top, x, half = 70 + 34 * i + dice.uniform(-14, 14), dice.uniform(30, 210), dice.uniform(90, 150)
        mountain = f"M{x - half:.0f} 360L{x:.0f} {top:.0f}L{x + half:.0f} 360Z"
        snow = f"M{x:.0f} {top:.0f}l{half * 0.22:.0f} {(360 - top) * 0.22:.0f}-{half * 0.2:.0f}-8z"
        ridges += (
            f'<path d="{mountain}" fill="{p.ground}"/>'
            f'<path d="{mountain}" fill="url(#g)" opacity="{0.9 - 0.2 * i:.1f}"/>'
            f'<path d="{snow}" fill="{p.ink}" opacity=".85"/>'
        )
    return ridges
