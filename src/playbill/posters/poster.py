"""A picture for a title that has none: several drawn variants, and the features that policies choose by.

    variants(title)        the variants a title has, with their features
    draw(title, number)    one of them, as SVG, 2 wide to 3 high

Every title has the same compositions in the same order, so an arm of a policy means the same for all titles. Pure and
deterministic: the same title gives the same bytes, on every machine, in every process. A picture uses only fonts that
systems have, refers to nothing outside itself and stays below MOST_BYTES.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from playbill.errors import InputError
from playbill.events import Title
from playbill.posters import COMPOSITIONS
from playbill.posters.composition import HEIGHT, WIDTH, Composition, Sheet
from playbill.posters.dice import dice_of, pick
from playbill.posters.genre import look_of
from playbill.posters.lettering import GROTESQUE, advance, clean, escape
from playbill.posters.names import shown
from playbill.posters.numeral import has_year
from playbill.posters.palette import Palette, luminance

MOST_BYTES = 6144
"""No picture is larger, whatever the title."""

ENOUGH = 30
"""Letters of a name that are drawn where more of them would make the picture too large."""

FEATURES = ("genre_led", "cast_led", "type_led", "year_led", "brightness", "text_size")
"""The names of the features, in the order in which every variant has them."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One picture that a title could be shown with."""

    number: int  # its place in `variants`, and what `draw` is asked for
    composition: str
    features: tuple[tuple[str, float], ...]  # FEATURES with values from 0 to 1
    mood: str  # of its colours: warm | cool | sombre | bright
    who: tuple[str, ...] = ()  # whose names lead it: of the cast, or without one who made the title


def variants(title: Title) -> tuple[Variant, ...]:
    """Every variant of a title, the same number for each title. What a title does not have, no variant leads with."""
    palette, letters = _palette(title), advance(_name(title), GROTESQUE)
    return tuple(
        Variant(
            number, c.name, tuple(zip(FEATURES, _features(c, title, palette, letters), strict=True)), palette.mood,
            shown(title) if c.cast_led else (),
        )
        for number, c in enumerate(COMPOSITIONS)
    )  # fmt: skip


def draw(title: Title, number: int) -> str:
    """Variant `number` of a title as an SVG document. Raises InputError where there is no such variant."""
    if not 0 <= number < len(COMPOSITIONS):
        raise InputError(
            f"Title {title.id!r} has no picture number {number}. Ask for one from 0 to {len(COMPOSITIONS) - 1}."
        )
    composition, palette, name = COMPOSITIONS[number], _palette(title), _name(title)
    svg = _document(_sheet(title, name, composition, palette), composition)
    if len(svg) * 4 > MOST_BYTES and len(svg.encode()) > MOST_BYTES:  # a long name of signs that take much room
        svg = _document(_sheet(title, name[: ENOUGH - 1] + "…", composition, palette), composition)
    return svg


def _document(sheet: Sheet, composition: Composition) -> str:
    palette, whole = sheet.palette, f"M0 0h{WIDTH}v{HEIGHT}H0z"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">'
        f"<title>{escape(sheet.name)}</title>{_lights(palette)}"
        f'<path d="{whole}" fill="{palette.ground}"/><path d="{whole}" fill="url(#u)" opacity=".2"/>'
        f'{composition.draw(sheet)}<path d="{whole}" fill="url(#n)"/></svg>'
    )


def _sheet(title: Title, name: str, composition: Composition, palette: Palette) -> Sheet:
    """A new one for each use: its dice begin at the beginning."""
    return Sheet(title, name, look_of(title.genres), palette, dice_of(title.id, composition.name))


def _grain() -> str:
    """Specks on a tile, the same in every poster: paper, not noise."""
    dice = dice_of("", "grain")
    return "".join(f"M{int(dice.random() * 80)} {int(dice.random() * 80)}h1" for _ in range(50))


GRAIN = _grain()


def _name(title: Title) -> str:
    return clean(title.name) or clean(title.id) or "?"


def _palette(title: Title) -> Palette:
    return pick(dice_of(title.id, "palette"), look_of(title.genres).palettes)


def _features(c: Composition, title: Title, palette: Palette, letters: float) -> tuple[float, ...]:
    ground, middle, ink = map(luminance, (palette.ground, palette.middle, palette.ink))
    strong, pale = c.light(_sheet(title, _name(title), c, palette))
    width, height, largest = c.room
    size = min(largest, sqrt(width * height / max(letters, 0.5)))
    return (
        c.genre_led if title.genres else 0.0,
        c.cast_led if title.cast else 0.0,
        c.type_led,
        c.year_led if has_year(title) else 0.0,
        round(strong * middle + pale * ink + (1 - strong - pale) * ground, 3),
        round(min(1.0, size / 100), 3),
    )


def _lights(p: Palette) -> str:
    """The gradients that compositions may use: see `Sheet`; `m` and `i` two lights, `n` the grain."""
    fade = f'<stop stop-color="{p.middle}"/><stop offset="1" stop-color="{p.middle}" stop-opacity=".12"/>'
    return (
        f'<linearGradient id="g" x2="0" y2="1">{fade}</linearGradient>'
        f'<linearGradient id="u" x2="0" y2="{HEIGHT}" gradientUnits="userSpaceOnUse">{fade}</linearGradient>'
        f'<radialGradient id="m"><stop stop-color="{p.middle}"/>'
        f'<stop offset="1" stop-color="{p.middle}" stop-opacity="0"/></radialGradient>'
        f'<radialGradient id="i"><stop stop-color="{p.ink}" stop-opacity=".8"/>'
        f'<stop offset="1" stop-color="{p.middle}" stop-opacity="0"/></radialGradient>'
        f'<pattern id="n" width="80" height="80" patternUnits="userSpaceOnUse"><path d="{GRAIN}" stroke="{p.ink}" '
        f'opacity=".1"/></pattern>'
    )
