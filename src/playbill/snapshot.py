"""What pages are built from: a release, and all that has moved since.

Release    models and their configuration, immutable, on disk, opened read-only by memory map
Snapshot   a release as of a place in the log: catalogue, counts, trends, policies. A pure function of both
Stock      a snapshot seen by one viewer: what row types are given
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from playbill.bandits.empirical_bayes import EmpiricalBayes
from playbill.bandits.policy import Policy
from playbill.catalog import Catalog, Facet
from playbill.editorial import NO_RULES, Editorial
from playbill.errors import ReleaseError
from playbill.events import DAY
from playbill.interactions import Interactions
from playbill.models import MODELS
from playbill.models.blend import Blend, BlendConfig
from playbill.models.model import Arrays, Scorer, Trainable
from playbill.models.near import Near, nearest
from playbill.models.picker import Picker
from playbill.models.similar import Similar
from playbill.models.trending import Trend, trend
from playbill.slate import Bools, Floats, Numbers, Slate, best
from playbill.viewer import Viewer

RANKED = 2.5
"""Themed rows are made of the viewer's best titles, this many times as many as the page has slots."""

NEAR_KEPT = 20_000
"""For so many titles their likes are kept in memory, 4 KB each."""

LASTING = ("similar", "facets", "themed", "_near")
"""What a snapshot works out from its release and its catalogue alone."""

DEEPEST = 120
"""How many titles of a theme are considered at most: three times the widest row, so that repeats can be left out."""

EXAMINED = 0.9 ** np.arange(DEEPEST)
"""(DEEPEST,) chance that a tile is looked at, by column, in a row that is looked at; the usual geometric model."""

THEMED = ("genre", "genre_pair", "director", "actor", "country", "decade")
"""The facets that themed rows are made of, one theme a term."""

FREQUENT = {"actor": 10, "director": 8}
"""Terms need so many titles to be thought of for a row, where it is more than the six of a row: of most people's titles
only some are among a viewer's best."""


class Manifest(msgspec.Struct, frozen=True):
    """What a release says of itself."""

    playbill: str  # version
    seq: int  # trained on the log up to here
    at: int  # ms; decayed weights were computed for this moment
    titles: int  # numbers the models cover
    files: dict[str, str]  # file -> sha256
    figures: dict[str, float]  # what evaluation measured
    blend: dict[str, float] = {}  # settings of `Blend` that pages of this release are made with


@dataclass(frozen=True)
class Release:
    """Trained models. `id` is the hash of its manifest, which holds the hash of every file."""

    id: str
    manifest: Manifest
    models: Mapping[str, Trainable]
    near: Near = field(default_factory=Near.none)
    picker: Picker = field(default_factory=Picker)

    @staticmethod
    def write(models: Mapping[str, Trainable], near: Near, picker: Picker, manifest: Manifest, root: Path) -> Path:
        """Write a release into a folder below `root` that bears its id, whole or not at all. Returns the folder."""
        everything = {name: model.arrays() for name, model in models.items()}
        everything |= {"near": near.arrays(), "picker": picker.arrays()}
        draft = root / ".draft"
        draft.mkdir(parents=True, exist_ok=True)
        for old in draft.iterdir():
            old.unlink()
        files = {}
        for model, array, values in ((m, a, v) for m, arrays in everything.items() for a, v in arrays.items()):
            name = f"{model}.{array}.npy"
            np.save(draft / name, values, allow_pickle=False)
            files[name] = _digest(draft / name)
        text = msgspec.json.encode(msgspec.structs.replace(manifest, files=dict(sorted(files.items()))))
        (draft / "manifest.json").write_bytes(text)
        folder = root / hashlib.sha256(text).hexdigest()[:16]
        if not folder.exists():
            draft.rename(folder)
        return folder

    @staticmethod
    def read(folder: Path, verify: bool = False) -> Release:
        """Open a release. `verify` reads every file and compares hashes. Raises ReleaseError."""
        try:
            text = (folder / "manifest.json").read_bytes()
            manifest = msgspec.json.decode(text, type=Manifest)
            arrays: dict[str, dict[str, Any]] = {name: {} for name in (*MODELS, "near", "picker")}
            for name, digest in manifest.files.items():
                if verify and _digest(folder / name) != digest:
                    raise ReleaseError(f"{folder / name} is damaged. Train again: playbill train.")
                model, array, _ = name.split(".")
                arrays[model][array] = np.load(folder / name, mmap_mode="r", allow_pickle=False)
            near, picker = Near.of(arrays.pop("near")), Picker.of(arrays.pop("picker"))
            models = {name: MODELS[name].of(of_model) for name, of_model in arrays.items()}
        except (OSError, ValueError, KeyError, msgspec.MsgspecError) as failed:
            raise ReleaseError(
                f"The release at {folder} cannot be read: {failed}. Train again: playbill train."
            ) from failed
        return Release(hashlib.sha256(text).hexdigest()[:16], manifest, models, near, picker)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True)
class Snapshot:
    """A release as of a place in the log. n: titles of the catalogue."""

    release: Release
    seq: int  # the log up to here
    at: int  # ms; the moment decayed counts were computed for
    catalog: Catalog
    denied: frozenset[str]  # ids removed or taken down up to `seq`
    popular: Floats = field(repr=False)  # (n,) share of plays, each profile once per title
    lately: Floats = field(repr=False)  # (n,) the same with a 14-day half-life
    trend: Trend = field(repr=False)
    artwork: Policy = field(repr=False)
    editorial: Editorial = field(default=NO_RULES, repr=False)  # rules said up to `seq`, holding or not

    @property
    def id(self) -> str:
        """Names the release, the place and the moment, from which the snapshot can be made again."""
        return f"{self.release.id}-{self.seq}-{self.at}"

    def warm(self) -> None:
        """Work out now what every page will ask for."""
        for name in ("themed", "scorer", "similar", "charts"):
            getattr(self, name)

    def inherit(self, before: Snapshot) -> None:
        """Take over what was worked out for an earlier snapshot and does not depend on what moved since.

        Nothing a page says changes by it; without it the first pages after each swap would wait.
        """
        if before.release is self.release and before.catalog is self.catalog:
            self.__dict__.update({name: before.__dict__[name] for name in LASTING if name in before.__dict__})

    @cached_property
    def scorer(self) -> Scorer:
        """The scorer that pages use."""
        of = self.release.manifest
        return Blend.of_release(self.release.models, self.lately, BlendConfig(**of.blend), of.at)

    @cached_property
    def similar(self) -> Similar:
        """Title similarity."""
        return Similar.of_release(self.release.models, self.catalog)

    def near(self, title: int) -> Slate:
        """The titles most similar to one, most similar first; none that is not related at all.

        The same for every viewer. Those of the most played titles come with the release, others are kept once asked.
        """
        slate = self.release.near.to(title)
        if slate is None:
            slate = self._near.get(title)
        if slate is None:
            slate = nearest(self.similar, title)
            if len(self._near) < NEAR_KEPT:
                self._near[title] = slate
        return slate

    @cached_property
    def charts(self) -> Numbers:
        """The titles that were played of late, the most played first."""
        return best(self.lately, len(self.lately), self.lately > 0).titles

    @cached_property
    def _near(self) -> dict[int, Slate]:
        return {}

    @cached_property
    def facets(self) -> dict[str, Facet]:
        """Facets that themed rows are made of: terms with enough titles, and pairs of genres."""
        facets = {name: _frequent(facet, FREQUENT.get(name, 6)) for name, facet in self.catalog.facets.items()}
        pairs = ([f"{a} + {b}" for a, b in combinations(sorted(t.genres), 2)] for t in self.catalog.titles)
        return {**facets, "genre_pair": _frequent(Facet.of("genre_pair", pairs), 6)}

    @cached_property
    def themed(self) -> tuple[Facet, dict[str, tuple[int, int]]]:
        """The THEMED facets as one, and the first and the last but one of each one's terms in it."""
        facets = [self.facets[name] for name in THEMED]
        bounds = np.cumsum([0, *(len(facet.terms) for facet in facets)]).tolist()
        pairs = np.cumsum([0, *(len(facet.titles) for facet in facets)])
        start = [facet.start[:-1] + before for facet, before in zip(facets, pairs[:-1], strict=True)]
        terms = tuple(term for facet in facets for term in facet.terms)
        every = Facet("themed", terms, np.r_[*start, pairs[-1]], np.concatenate([facet.titles for facet in facets]))
        return every, dict(zip(THEMED, pairwise(bounds), strict=True))


def _frequent(facet: Facet, least: int) -> Facet:
    kept = np.flatnonzero(facet.counts >= least)
    start = np.zeros(len(kept) + 1, np.int64)
    np.cumsum(facet.counts[kept], out=start[1:])
    titles = facet.titles[np.isin(facet.term_of_pair, kept)]
    return Facet(facet.name, tuple(facet.terms[t] for t in kept), start, titles)


def snapshot_of(
    release: Release, seq: int, at: int, catalog: Catalog, denied: frozenset[str], interactions: Interactions,
    artwork: Arrays, editorial: Editorial = NO_RULES,
) -> Snapshot:  # fmt: skip
    """The snapshot of a release and of what the log held up to `seq`, as of the moment `at`. Pure."""
    return Snapshot(
        release, seq, at, catalog, denied,
        popular=_shares(interactions.counts(at)),
        lately=_shares(interactions.counts(at, 14 * DAY)),
        trend=trend(interactions, at),
        artwork=EmpiricalBayes.of(artwork),
        editorial=editorial,
    )  # fmt: skip


def _shares(counts: Floats) -> Floats:
    total = counts.sum()
    return counts / total if total else counts


_EXAMINED_EVER = np.r_[EXAMINED, 0.0]
"""(DEEPEST + 1,) chance that a tile is looked at, and 0 beyond."""


@dataclass(frozen=True)
class ByTerm:
    """A viewer's best titles by the terms of themed rows, best first within a term; made once a page.

    t: terms that occur. The titles of the i-th are titles[start[i] : start[i] + size[i]].
    """

    terms: tuple[str, ...]  # of all themed facets
    bounds: dict[str, tuple[int, int]]  # facet -> its terms are those from the first up to the second number
    term: NDArray[np.int64]  # (t,) ascending
    start: NDArray[np.int64]  # (t,)
    size: NDArray[np.int64]  # (t,)
    titles: Numbers  # (pairs,)
    scores: Floats  # (pairs,)
    worth: Floats  # (t,) what the first tiles of a row of the term would bring this viewer
    usual: Floats  # (t,) what they would bring anyone

    def terms_of(self, facet: str) -> tuple[int, int]:
        """The terms that occur of a facet: from the first up to the second place in the columns."""
        first, last = np.searchsorted(self.term, self.bounds[facet]).tolist()
        return first, last


def _sums(values: Floats, first: NDArray[np.int64]) -> Floats:
    """The sums of stretches of values that begin at `first`."""
    return np.add.reduceat(values, first) if len(first) else np.zeros(0)


@dataclass(frozen=True)
class Stock:
    """A snapshot seen by one viewer: what row types are given. Everything of shape (n,) is by title number."""

    snapshot: Snapshot
    scores: Floats  # (n,) share of the viewer's next play, times what editors made of it; 0 where nobody can say
    open: Bools  # (n,) admitted, and not yet dealt with: a discovery
    deep: int  # how many of the viewer's best titles themed rows are made of
    editorial: Editorial = NO_RULES  # the rules that hold for the request

    @staticmethod
    def of(snapshot: Snapshot, viewer: Viewer) -> Stock:
        """Score the whole catalogue once for a viewer."""
        scores = np.nan_to_num(snapshot.scorer.scores([viewer], len(snapshot.catalog))[0], nan=0.0)
        editorial = snapshot.editorial.holding(viewer.request.at, viewer.request.where)
        if (factors := editorial.factors(snapshot.catalog)) is not None:
            scores = np.minimum(scores * factors, 1.0)
        slots = (viewer.request.first_row + viewer.request.shape[0]) * viewer.request.shape[1]
        deep = int(min(max(RANKED * slots, 1_000), 65_535))
        return Stock(snapshot, scores, viewer.admitted & ~viewer.seen, deep, editorial)

    @property
    def catalog(self) -> Catalog:
        """The snapshot's catalogue."""
        return self.snapshot.catalog

    @property
    def popularity(self) -> Floats:
        """(n,) share of recent plays."""
        return self.snapshot.lately

    @cached_property
    def by_term(self) -> ByTerm:
        """`ranked` by the terms of themed rows."""
        every, bounds = self.snapshot.themed
        terms, rank = every.terms_of(self.ranked)
        keys = terms.astype(np.int64) << 16 | rank
        if len(every.terms) <= 32_768:
            keys = keys.astype(np.uint32)  # sorts twice as fast
        keys.sort()  # by term, then by rank
        term = (keys >> 16).astype(np.int64)
        titles = self.ranked.take(keys & 0xFFFF)  # `take` gathers three times as fast as an index does
        first = np.flatnonzero(np.diff(term, prepend=-1))
        size = np.diff(first, append=len(term))
        looked_at = _EXAMINED_EVER.take(np.arange(len(term)) - first.repeat(size), mode="clip")
        scores = self.scores.take(titles)
        worth, usual = _sums(looked_at * scores, first), _sums(looked_at * self.popularity.take(titles), first)
        return ByTerm(every.terms, bounds, term.take(first), first, size, titles, scores, worth, usual)

    @cached_property
    def ranked(self) -> Numbers:
        """The viewer's best open titles, best first: more than a page has room for, fewer than 65,536."""
        return best(self.scores, self.deep, self.open).titles
