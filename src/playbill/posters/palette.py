"""Three colours for a poster: a dark ground, a strong middle, a light ink. Chosen by genre, all tested for contrast."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Palette:
    """Three sRGB colours as #rrggbb. Ink stands on the ground at 7:1 or better, ground on the middle at 4:1."""

    ground: str
    middle: str
    ink: str
    mood: str = "cool"  # warm | cool | sombre | bright


EMBER = Palette("#1a0d0a", "#e0552f", "#fbe3cd", "warm")
BLOOD = Palette("#140708", "#cf3a3f", "#f6e7df", "sombre")
RUST = Palette("#170f0b", "#b9703f", "#f1e2d0", "warm")
SAND = Palette("#1b130a", "#d8973c", "#f8e9cb", "warm")
LEMON = Palette("#17140a", "#f0c23f", "#fff5d4", "bright")
MOSS = Palette("#0c150e", "#6fae5c", "#e7f1da", "cool")
PINE = Palette("#08150f", "#2fa577", "#dcf4e7", "cool")
LAGOON = Palette("#07161a", "#2fb0b5", "#dbf5f2", "cool")
ABYSS = Palette("#081322", "#3f93d6", "#dcecf8", "cool")
SKY = Palette("#0b1524", "#5db4f5", "#fdf3d2", "bright")
STEEL = Palette("#0e1317", "#7f9cad", "#e9eff2", "sombre")
NOIR = Palette("#0f0f10", "#a3a099", "#f4f1e9", "sombre")
IRIS = Palette("#120e25", "#8f74ee", "#ebe4ff", "cool")
PLUM = Palette("#190d1f", "#c065d6", "#f8e4fa", "warm")
ROSE = Palette("#1d0d16", "#e9668f", "#fde4ea", "warm")
CORAL = Palette("#1c0f10", "#ff7f66", "#ffe9dc", "bright")

PALETTES = (
    EMBER, BLOOD, RUST, SAND, LEMON, MOSS, PINE, LAGOON, ABYSS, SKY, STEEL, NOIR, IRIS, PLUM, ROSE, CORAL,
)  # fmt: skip


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb, 0 black to 1 white (WCAG 2.2, definition of relative luminance)."""
    shares = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.2, definition of contrast ratio)."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)
