"""The contract of a composition: one way to lay out a poster, and what it leads with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from playbill.events import Title
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
    """One way to lay out a poster. What it leads with and how bright it is, each 0 to 1, are the policies' features."""

    name: str
    draw: Callable[[Sheet], str]  # SVG elements, back to front, without the ground
    genre_led: float = 0.0
    cast_led: float = 0.0
    type_led: float = 0.0
    year_led: float = 0.0
    middle: float = 0.0  # share of the picture in the middle colour
    ink: float = 0.0  # share of the picture in the ink colour
    room: tuple[float, float, float] = (208, 80, 40)  # the title's box: width, height, largest size
