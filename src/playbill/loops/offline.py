"""Offline: the log as columns, trained into a release."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np

import playbill
from playbill.catalog import Catalog
from playbill.errors import InputError
from playbill.interactions import Interactions
from playbill.loops.nearline import Nearline, Titles
from playbill.loops.plays import KINDS, Plays
from playbill.models import MODELS
from playbill.models.blend import BlendConfig
from playbill.models.linear import Linear, LinearConfig
from playbill.models.model import Trainable
from playbill.models.near import Near
from playbill.models.picker import Picker
from playbill.models.similar import Similar
from playbill.snapshot import Manifest, Release
from playbill.store.store import EventLog

Progress = Callable[[str, float], None]
"""Called with what is being done and the share that is done, 0 to 1."""


def columns_of(log: EventLog, until: int) -> tuple[Catalog, Interactions]:
    """The catalogue and the interactions of the log up to a place."""
    titles, plays = Titles(), Plays()
    titles.follow(log, until)
    for columns in log.scan(KINDS, 0, until):
        plays.take(columns)
    return titles.catalog, plays.interactions(titles.catalog)


def train(
    log: EventLog, at: int, root: Path, seed: int, linear: LinearConfig, blend: BlendConfig, progress: Progress,
    nearline: Nearline | None = None, until: int | None = None,
) -> Path:  # fmt: skip
    """Train every model on the log and write a release below `root`. Returns its folder. Raises InputError.

    linear, blend: settings. nearline: a follower of the log that is there already, so that it need not be read again.
    until: place in the log up to which to read; by default all of it.
    """
    seq = log.end() if until is None else until
    progress("reading the log", 0.0)
    catalog, interactions = columns_of(log, seq) if nearline is None else nearline.columns(seq)
    if not len(catalog):
        raise InputError("There are no titles to train on. Import some first: playbill import titles FILE.")
    models: dict[str, Trainable] = {}
    for done, (name, model) in enumerate(_trained(catalog, interactions, at, seed, progress, linear)):
        models[name] = model
        progress(f"trained {name}", (done + 1) / (len(MODELS) + 1))
    progress("finding the likes of the most played titles", len(MODELS) / (len(MODELS) + 1))
    near = Near.among(Similar.of_release(models, catalog), interactions.counts(at))
    manifest = Manifest(playbill.__version__, seq, at, len(catalog), {}, {}, asdict(blend))
    picker = Picker()
    picker.train(interactions, catalog, at, np.random.default_rng((seed, len(MODELS))))
    folder = Release.write(models, near, picker, manifest, root)
    progress("release written", 1.0)
    return folder


def _trained(
    catalog: Catalog, interactions: Interactions, at: int, seed: int, progress: Progress, linear: LinearConfig
) -> Iterator[tuple[str, Trainable]]:
    for place, (name, cls) in enumerate(MODELS.items()):
        progress(f"training {name}", place / (len(MODELS) + 1))
        model = Linear(linear) if cls is Linear else cls()
        model.train(interactions, catalog, at, np.random.default_rng((seed, place)))
        yield name, model
