"""Features: what a ranker is told of a member and a title at one moment. One library for training and for serving.

    taste.M.z           affinity of model M, less its mean over all titles, by its deviation: comparable between members
    taste.M.place       share of the titles that model M puts below the title, ties half
    popularity.Dd       log((plays + 1/2) / (mean plays + 1/2)) of the last D days
    freshness.age       log(1 + days since the title was added), NaN where not known
    freshness.year      years since its release, NaN where not known
    fatigue.shown       how often the member saw the title within 30 days, since they last played it
    fatigue.since       days since they last saw it, NaN where not
    history.length      log(1 + titles dealt with)
    history.known       1 if they dealt with the title
    context.hour, context.weekday     UTC, from 0; Monday is 0
    context.device, context.country   number of the word in the vocabulary, -1 for any other, NaN for none
    context.language    1 if the title is in a language of the profile, else 0; NaN where either is not known
    context.home        1 if the title comes from the country of the request, else 0; NaN where either is not known

All of a `Moment` lies before it: whoever makes one gives the log up to there and no more. Trees take NaN as they are.
Sources: popularity over several windows, "The Netflix Recommender System" (ACM TMIS 2015), section 2.2; the same
encoders online and offline against facts as of the moment, "Distributed Time Travel for Feature Generation" (Netflix
Technology Blog, 2016). n: titles, k: titles asked about, f: features.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from playbill.catalog import Catalog
from playbill.events import DAY, HOUR, PLAYBACK, Action, Event, Impression, Kind
from playbill.histories import Histories
from playbill.models.model import Arrays, Singles, Taste
from playbill.slate import Floats, Numbers
from playbill.viewer import Viewer

WINDOWS = (1, 7, 30, 365)
"""Days over which plays are counted: from a day's trend to what is always watched."""

TIRED_FOR = 30 * DAY
"""What was shown longer ago has been forgotten."""

THURSDAY = 3
"""The weekday on which 1970 began."""


@dataclass(frozen=True)
class Fatigue:
    """What one member was shown."""

    times: NDArray[np.int64]  # (n,) views since the last play, none older than `TIRED_FOR`
    last: NDArray[np.int64]  # (n,) ms of the last one; 0: none

    @staticmethod
    def of(events: Iterable[Event], catalog: Catalog, at: int) -> Fatigue:
        """From a profile's events, in log order and up to the moment. Pages that are not among them count for nothing.

        at: ms; a view that bears a later time is left out, like one older than `TIRED_FOR`.
        """
        times, last = np.zeros(len(catalog), np.int64), np.zeros(len(catalog), np.int64)
        pages: dict[str, tuple[str, ...]] = {}
        for event in events:
            match event:
                case Impression():
                    pages[event.id] = event.slots.title
                case Action(kind=Kind.VIEW) if at - TIRED_FOR < event.at <= at:
                    titles = pages.get(event.source or "", ())
                    seen = catalog.numbers({titles[slot] for slot in event.slots if slot < len(titles)})
                    times[seen] += 1
                    last[seen] = np.maximum(last[seen], event.at)
                case Action(kind=kind, title=str(title)) if kind in PLAYBACK and event.at <= at:
                    number = catalog.index.get(title)
                    if number is not None:
                        times[number] = 0
                case _:
                    pass
        return Fatigue(times, last)


@dataclass(frozen=True)
class Moment:
    """All that features are made of: one member at one moment."""

    at: int  # ms
    catalog: Catalog
    affinities: Mapping[str, Singles]  # model -> (n,)
    plays: Mapping[int, Floats]  # days, as in `WINDOWS` -> (n,) members whose first play of the title lies within
    fatigue: Fatigue
    titles: Numbers  # (h,) dealt with
    device: str | None = None
    country: str | None = None
    languages: tuple[str, ...] = ()

    @staticmethod
    def of(
        viewer: Viewer, models: Mapping[str, Taste], trained_at: int, plays: Mapping[int, Floats], fatigue: Fatigue
    ) -> Moment:
        """The moment of a viewer's request. models: as trained at `trained_at` (ms), before it."""
        n, request, profile = len(viewer.catalog), viewer.request, viewer.request.state.profile
        history = Histories.of([viewer], trained_at)
        affinities = {name: model.affinities(history, n)[0] for name, model in models.items()}
        languages = profile.languages if profile else ()
        return Moment(
            request.at, viewer.catalog, affinities, plays, fatigue, viewer.titles, request.device, request.where,
            languages,
        )  # fmt: skip


@dataclass(frozen=True)
class Features:
    """Which features there are: the models whose affinities are given, and the words that have a number."""

    models: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()

    @cached_property
    def names(self) -> tuple[str, ...]:
        """(f,) names of the columns. What stands before the first dot is the group that explanations name."""
        return (
            *(f"taste.{model}.{what}" for model in self.models for what in ("z", "place")),
            *(f"popularity.{days}d" for days in WINDOWS),
            "freshness.age", "freshness.year", "fatigue.shown", "fatigue.since", "history.length", "history.known",
            "context.hour", "context.weekday", "context.device", "context.country", "context.language", "context.home",
        )  # fmt: skip

    @property
    def groups(self) -> tuple[str, ...]:
        """(f,) the group of each column."""
        return tuple(name.partition(".")[0] for name in self.names)

    def matrix(self, moment: Moment, titles: Numbers) -> Singles:
        """(k, f) float32, a row per title asked about. A row does not depend on which others are asked about.

        Raises KeyError if the moment lacks a model or a window.
        """
        out = np.empty((len(titles), len(self.names)), np.float32)
        column = 0
        for model in self.models:
            out[:, column], out[:, column + 1] = (v[titles] for v in standing(moment.affinities[model]))
            column += 2
        for days in WINDOWS:
            plays = moment.plays[days]
            out[:, column] = np.log((plays[titles] + 0.5) / (plays.mean() + 0.5))
            column += 1
        for values in (*_freshness(moment, titles), *_fatigue(moment, titles), *self._context(moment, titles)):
            out[:, column] = values
            column += 1
        return out

    def _context(self, moment: Moment, titles: Numbers) -> Iterable[Floats | float]:
        """Columns of history and context."""
        yield np.log1p(len(moment.titles))
        yield np.isin(titles, moment.titles).astype(np.float64)
        yield float(moment.at // HOUR % 24)
        yield float((moment.at // DAY + THURSDAY) % 7)
        yield _number(self.devices, moment.device)
        yield _number(self.countries, moment.country)
        yield _carries(moment.catalog, "language", moment.languages, titles)
        yield _carries(moment.catalog, "country", (moment.country,) if moment.country else (), titles)

    def arrays(self) -> Arrays:
        """`models`, `devices`, `countries`: arrays of text."""
        return {name: np.array(getattr(self, name), np.str_) for name in ("models", "devices", "countries")}

    @staticmethod
    def read(arrays: Arrays) -> Features:
        """The features that `arrays` were taken from."""
        return Features(*(tuple(arrays[name].tolist()) for name in ("models", "devices", "countries")))


def standing(affinity: Singles) -> tuple[Singles, Singles]:
    """((n,), (n,)) how each title stands within a row of affinities: by deviations from the mean, and the share of
    titles below it. NaN where the model cannot say; those do not count."""
    known = np.flatnonzero(np.isfinite(affinity))
    z, place = np.full(len(affinity), np.nan, np.float32), np.full(len(affinity), np.nan, np.float32)
    if len(known):
        values = affinity[known].astype(np.float64)
        spread = values.std()
        z[known] = (values - values.mean()) / (spread if spread > 0 else 1.0)
        in_order = np.sort(values)
        below, upto = (np.searchsorted(in_order, values, side) for side in ("left", "right"))
        place[known] = (below + upto) / (2.0 * len(values))
    return z, place


def _freshness(moment: Moment, titles: Numbers) -> Iterable[Floats]:
    added, year = moment.catalog.added[titles], moment.catalog.year[titles].astype(np.float64)
    now = 1970.0 + moment.at / (365.25 * DAY)
    yield np.where(added > 0, np.log1p(np.maximum(moment.at - added, 0) / DAY), np.nan)
    yield np.where(year > 0, now - year, np.nan)


def _fatigue(moment: Moment, titles: Numbers) -> Iterable[Floats]:
    times, last = moment.fatigue.times[titles], moment.fatigue.last[titles]
    yield times.astype(np.float64)
    yield np.where(last > 0, (moment.at - last) / DAY, np.nan)


def _number(words: Sequence[str], word: str | None) -> float:
    if word is None:
        return np.nan
    return float(words.index(word)) if word in words else -1.0


def _carries(catalog: Catalog, facet: str, words: Sequence[str], titles: Numbers) -> Floats:
    """(k,) 1 where a title has one of the words as a term of the facet, 0 where it has only others, else NaN."""
    terms = catalog.facets[facet]
    wanted = [terms.index[word] for word in words if word in terms.index]
    if not wanted:
        return np.full(len(titles), np.nan)
    has = np.full(len(catalog), np.nan)
    has[terms.titles] = 0.0
    for term in wanted:
        has[terms.titles_of(term)] = 1.0
    return has[titles]
