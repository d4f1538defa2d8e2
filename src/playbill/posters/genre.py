"""What each genre looks like: its motif, its palettes and its lettering."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from playbill.posters import lettering as hand
from playbill.posters import motif
from playbill.posters import palette as p
from playbill.posters.lettering import Hand
from playbill.posters.motif import Motif
from playbill.posters.palette import Palette


@dataclass(frozen=True, slots=True)
class Look:
    """How a genre is drawn."""

    motifs: tuple[Motif, ...]
    palettes: tuple[Palette, ...]
    hand: Hand


LOOKS = {
    "sci-fi": Look((motif.orbit, motif.limb, motif.grid), (p.ABYSS, p.IRIS, p.LAGOON), hand.LIGHT),
    "horror": Look((motif.shards, motif.spiral), (p.BLOOD, p.NOIR, p.MOSS), hand.CONDENSED),
    "western": Look((motif.horizon,), (p.SAND, p.RUST, p.EMBER), hand.SLAB),
    "film-noir": Look((motif.bars,), (p.NOIR, p.STEEL), hand.CONDENSED),
    "animation": Look((motif.discs,), (p.SKY, p.CORAL, p.LEMON), hand.GROTESQUE),
    "documentary": Look((motif.dots, motif.peaks), (p.NOIR, p.STEEL, p.PINE), hand.GROTESQUE),
    "war": Look((motif.peaks,), (p.STEEL, p.MOSS, p.RUST), hand.SLAB),
    "musical": Look((motif.waves,), (p.PLUM, p.LEMON, p.ROSE), hand.SCRIPT),
    "music": Look((motif.waves,), (p.PLUM, p.LAGOON, p.CORAL), hand.GROTESQUE),
    "fantasy": Look((motif.limb, motif.peaks, motif.waves), (p.IRIS, p.PINE, p.PLUM), hand.SCRIPT),
    "mystery": Look((motif.spiral, motif.bars), (p.LAGOON, p.IRIS, p.NOIR), hand.LIGHT),
    "sport": Look((motif.stairs, motif.grid), (p.SKY, p.EMBER, p.MOSS), hand.CONDENSED),
    "history": Look((motif.peaks,), (p.RUST, p.SAND, p.STEEL), hand.SLAB),
    "biography": Look((motif.dots,), (p.SAND, p.ROSE, p.ABYSS), hand.SCRIPT),
    "family": Look((motif.discs,), (p.LEMON, p.SKY, p.PINE), hand.GROTESQUE),
    "adventure": Look((motif.horizon,), (p.MOSS, p.SAND, p.LAGOON), hand.SLAB),
    "crime": Look((motif.bars, motif.stairs, motif.dots), (p.EMBER, p.NOIR, p.LAGOON), hand.CONDENSED),
    "thriller": Look((motif.spiral, motif.bars), (p.BLOOD, p.LAGOON, p.STEEL), hand.CONDENSED),
    "romance": Look((motif.waves, motif.horizon), (p.ROSE, p.CORAL, p.PLUM), hand.SCRIPT),
    "action": Look((motif.shards, motif.bars, motif.grid), (p.EMBER, p.ABYSS, p.SAND), hand.CONDENSED),
    "comedy": Look((motif.discs, motif.waves, motif.stairs), (p.LEMON, p.CORAL, p.SKY, p.PINE), hand.GROTESQUE),
    "drama": Look(
        (motif.stairs, motif.waves, motif.horizon, motif.spiral, motif.peaks),
        (p.RUST, p.ABYSS, p.ROSE, p.STEEL, p.IRIS),
        hand.LIGHT,
    ),
}
"""By genre in lower case; the rarest and most telling first."""

PLAIN = Look((motif.dots,), (p.STEEL, p.NOIR, p.ABYSS), hand.GROTESQUE)
"""For a title of no genre that is known here."""


def look_of(genres: Sequence[str]) -> Look:
    """The look of the most telling of a title's genres."""
    own = {g.strip().lower() for g in genres}
    return next((look for genre, look in LOOKS.items() if genre in own), PLAIN)
