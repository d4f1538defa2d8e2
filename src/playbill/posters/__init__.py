"""Posters drawn by code, and the compositions there are. The order is the variants' numbers: only ever append."""

from playbill.posters.big_type import BIG_TYPE
from playbill.posters.composition import Composition
from playbill.posters.monogram import MONOGRAM
from playbill.posters.mood import MOOD
from playbill.posters.names import NAMES
from playbill.posters.numeral import NUMERAL
from playbill.posters.scene import SCENE

COMPOSITIONS: tuple[Composition, ...] = (SCENE, BIG_TYPE, NAMES, NUMERAL, MOOD, MONOGRAM)
