"""Files in: one file a format, listed here."""

from playbill.exchange.events import Events
from playbill.exchange.format import Format
from playbill.exchange.impressions import Impressions
from playbill.exchange.movielens import MovieLens
from playbill.exchange.profiles import Profiles
from playbill.exchange.titles import Titles

FORMATS: dict[str, type[Format]] = {kind.name: kind for kind in (Titles, Profiles, Events, Impressions, MovieLens)}
"""Every format by its name."""
