"""The contract of a composition: one way to lay out a poster, and what it leads with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from playbill.events import Title
from playbill.posters.dice import pick
from playbill.posters.genre import Look
from playbill.posters.palette import Palette

WIDTH, HEIGHT, MARGIN = 240, 360, 16


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a poster is drawn from. `url(#g)` is the gradient from middle to ground, top to bottom, of each shape;
    `url(#u)` the same over the whole poster."""

    title: Title
    name: str  # cleaned, never empty
    look: Look
    palette: Palette
    dice: Random  # the same for the same title and composition, for ever


@dataclass(frozen=True, slots=True)
class Composition:
    """One way to lay out a poster. What it leads with, each 0 to 1, are the policies' features."""

    name: str
    draw: Callable[[Sheet], str]  # SVG elements, back to front, without the ground
    light: Callable[[Sheet], tuple[float, float]]  # shares of middle and ink in its light, as measured
    genre_led: float = 0.0
    cast_led: float = 0.0
    type_led: float = 0.0
    year_led: float = 0.0
    room: tuple[float, float, float] = (208, 80, 40)  # the title's box: width, height, largest size


def veil(sheet: Sheet, top: float, reach: float = 110) -> str:
    """Darkness that grows over `reach` units down to `top`, and stays: words below it are legible on any picture."""
    ground = sheet.palette.ground
    return (
        f'<linearGradient id="v" x2="0" y1="{top - reach:.0f}" y2="{top:.0f}" gradientUnits="userSpaceOnUse">'
        f'<stop stop-color="{ground}" stop-opacity="0"/><stop offset="1" stop-color="{ground}" stop-opacity=".9"/>'
        f'</linearGradient><path d="M0 {top - reach:.0f}h{WIDTH}V{HEIGHT}H0z" fill="url(#v)"/>'
    )


def motif_of(sheet: Sheet, opacity: float) -> str:
    """One of the genre's motifs, in the background."""
    motif = pick(sheet.dice, sheet.look.motifs)
    return f'<g opacity="{opacity}">{motif(sheet.palette, sheet.dice)}</g>'
