"""What titles are in truth, real or generated: traits that tastes meet, appeal, quality, clickbait, launches.

    traits = [genres, themes, faces]     (n, d); each block is centred over titles and scaled so that the mean squared
                                         length of its rows is weight ** 2
    utility of person i for title t = traits[t] @ taste[i] + appeal[t] + ...

A taste of independent standard normals then gives each block a variance of weight ** 2 over titles, in expectation over
persons. Utilities are in units of the choice noise (Gumbel, scale 1); the weights are assumed. Hidden utilities, of
which a service sees only what was done: A. J. B. Chaney, B. M. Stewart, B. E. Engelhardt, "How Algorithmic Confounding
in Recommendation Systems Increases Homogeneity and Decreases Utility", RecSys 2018.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from playbill.catalog import age_of
from playbill.errors import InputError
from playbill.events import DAY, Title, TitleSet
from playbill.page.artwork import MOST_ARMS
from playbill.posters import COMPOSITIONS
from playbill.posters.poster import FEATURES, variants
from playbill.simulation.dice import Dice
from playbill.simulation.parameters import Parameters
from playbill.simulation.service import Ints, Single, Small
from playbill.slate import Bools, Floats

LAUNCH_DAYS = 90
"""Launches that are drawn fall on a whole day from 1 to this many after the world begins."""

MOST_GENRES, FEWEST_TITLES = 30, 5
"""Tastes know so many genres at most, and those of so many titles at least."""

PEOPLE = 5
"""Directors and cast beyond this many do not draw anybody."""

RUNTIME_SPREAD = 0.25
"""Standard deviation of the logarithm of a length that is not known."""


@dataclass(frozen=True)
class Titles:
    """n titles and what is true of them. Numbers are those of the world, in this order. d: genres, themes, faces."""

    titles: tuple[Title, ...] = field(repr=False)
    traits: Single  # (n, d): traits @ taste is a utility; scaled so that standard normal tastes give the weights
    trait_names: tuple[str, ...]  # (d,) "genre:Drama", "theme:3", "face:0"
    appeal: Single  # (n,) utility that everybody shares
    quality: Single  # (n,) standard normal: what it holds, whatever it promises
    allure: Single  # (n,) utility of the promise that is not kept, 0 for most
    launch: Ints  # (n,) ms; 0: long ago
    minutes: Single  # (n,) of a film or of one episode
    episodes: NDArray[np.int16]  # (n,) 1 for a film
    season_of: tuple[NDArray[np.int16], NDArray[np.int16]]  # two of (sum of episodes,): season and number within it
    first_episode: Ints  # (n,) where the title's episodes begin in these
    pictures: Single  # (n, a, f) features of the pictures of each title, centred over the title's own; 0 beyond `arms`
    arms: Small  # (n,) how many pictures there are

    def __len__(self) -> int:
        return len(self.titles)

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """(n,) external ids."""
        return tuple(title.id for title in self.titles)

    @cached_property
    def series(self) -> Bools:
        """(n,) which are series."""
        return np.array([title.kind == "series" for title in self.titles], bool)

    @cached_property
    def age(self) -> Small:
        """(n,) youngest age each is meant for, `catalog.UNKNOWN_AGE` where it is not known."""
        return np.array([age_of(title.maturity, title.year) for title in self.titles], np.int8)


def truth_of(
    titles: Sequence[Title], parameters: Parameters, dice: Dice, start: int, appeal: Floats | None = None
) -> Titles:
    """The hidden truth of real or generated titles, drawn by their numbers, in the order given.

    start: ms, when the world begins. appeal: (n,) utilities that everybody shares, where they are known from data.
    A title whose `added` lies after `start` launches then, and one with an earlier `added` was there long ago. Of those
    that do not say, a share `launches` is withheld and launches on a day after `start`; `added` then says so.
    A film has season and number -1, and so has a series without episodes, which is one piece.
    Raises InputError where there are no titles, or `appeal` is not one finite number for each.
    """
    if not titles:
        raise InputError("titles: there are none. A world needs at least one title: generate some, or import some.")
    launch = _launches(titles, parameters.titles.launches, dice, start)
    titles = tuple(
        replace(t, added=at) if at and t.added != at else t for t, at in zip(titles, launch.tolist(), strict=True)
    )
    traits, names = _traits(titles, parameters, dice)
    shared = _appeal(len(titles), parameters.titles.appeal_spread, dice, appeal)
    quality, allure = _quality(shared, parameters, dice)
    episodes, season_of, first = _episodes(titles)
    pictures, arms = _pictures(titles)
    return Titles(
        titles, traits, names, shared.astype(np.float32), quality, allure, launch, _minutes(titles, parameters, dice),
        episodes, season_of, first, pictures, arms,
    )  # fmt: skip


def events_of(titles: Titles, start: int, until: int | None = None) -> list[TitleSet]:
    """The titles that are known at `start` (ms), as facts of that moment; then the launches up to `until` if given."""
    known = np.flatnonzero(titles.launch <= start)
    return _facts(titles, known, np.full(len(known), start)) + ([] if until is None else launched(titles, start, until))


def launched(titles: Titles, after: int, until: int) -> list[TitleSet]:
    """The launches with after < launch <= until (ms), by time, each as a fact of its own moment."""
    new = np.flatnonzero((titles.launch > after) & (titles.launch <= until))
    new = new[np.argsort(titles.launch[new], kind="stable")]
    return _facts(titles, new, titles.launch[new])


def _facts(titles: Titles, numbers: Ints, times: Ints) -> list[TitleSet]:
    chosen = (titles.titles[number] for number in numbers.tolist())
    return [TitleSet(f"title-{t.id}", at, t) for t, at in zip(chosen, times.tolist(), strict=True)]


def _launches(titles: Sequence[Title], share: float, dice: Dice, start: int) -> Ints:
    numbers = np.arange(len(titles))
    added = np.array([-1 if t.added is None else t.added for t in titles], np.int64)
    day = 1 + (dice.uniform("title launch day", numbers) * LAUNCH_DAYS).astype(np.int64)
    withheld = (added < 0) & (dice.uniform("title withheld", numbers) < share)
    launch: Ints = np.where(withheld, start + day * DAY, np.where(added > start, added, 0))
    return launch


def _traits(titles: Sequence[Title], parameters: Parameters, dice: Dice) -> tuple[Single, tuple[str, ...]]:
    """(n, d) and the names of the columns: genres by frequency, then themes, then faces."""
    tastes = parameters.tastes
    genres, parts = _genres(titles)
    themes, faces = _themes(genres, parts, tastes.themes, dice), _faces(titles, tastes.faces, dice)
    blocks = (
        _scaled(parts - parts.mean(0), tastes.genre_weight),
        _scaled(themes, tastes.theme_weight),
        _scaled(faces, tastes.face_weight),
    )
    names = [f"genre:{g}" for g in genres]
    names += [f"theme:{k}" for k in range(tastes.themes)] + [f"face:{k}" for k in range(tastes.faces)]
    return np.concatenate(blocks, 1).astype(np.float32), tuple(names)


def _genres(titles: Sequence[Title]) -> tuple[list[str], Floats]:
    """The genres that tastes know, and (n, g) the equal parts that a title has of its own."""
    counts = Counter(genre for t in titles for genre in dict.fromkeys(t.genres))
    often = sorted((-count, genre) for genre, count in counts.items() if count >= FEWEST_TITLES)
    column = {genre: number for number, (_, genre) in enumerate(often[:MOST_GENRES])}
    parts = np.zeros((len(titles), len(column)))
    for number, title in enumerate(titles):
        own = {column[genre] for genre in title.genres if genre in column}
        for genre in own:
            parts[number, genre] = 1 / len(own)
    return list(column), parts


def _themes(genres: Sequence[str], parts: Floats, themes: int, dice: Dice) -> Floats:
    """(n, themes) loadings, centred: half of their variance comes from the genres, half is the title's own."""
    numbers, theme = np.arange(len(parts)), np.arange(themes)
    of_genre = parts @ dice.normal("themes of a genre", _hashes(genres)[:, None], theme)
    of_genre = _scaled(of_genre - of_genre.mean(0), np.sqrt(themes))
    own = dice.normal("themes of a title", numbers[:, None], theme)
    together: Floats = np.sqrt(0.5) * (of_genre + own - own.mean(0))
    return together


def _faces(titles: Sequence[Title], faces: int, dice: Dice) -> Floats:
    """(n, faces) the mean of a title's people, who have standard normal vectors. Directors count double; centred over
    the titles with people, 0 for the others."""
    people: dict[str, int] = {}
    rows, columns, counted = [], [], []
    for number, title in enumerate(titles):
        for name in [*dict.fromkeys((*title.directors, *title.cast))][:PEOPLE]:
            rows.append(number)
            columns.append(people.setdefault(name, len(people)))
            counted.append(2.0 if name in title.directors else 1.0)
    block = np.zeros((len(titles), faces))
    if not rows:
        return block
    vectors = dice.normal("face", _hashes(people)[:, None], np.arange(faces))
    total = np.bincount(rows, counted, len(titles))
    np.add.at(block, np.array(rows), vectors[columns] * np.array(counted)[:, None])
    known = total > 0
    block[known] /= total[known, None]
    block[known] -= block[known].mean(0)
    return block


def _scaled(block: Floats, weight: float) -> Floats:
    """A centred block (n, k) with a mean squared row length of weight ** 2; one without any variance stays 0."""
    length = float(np.sqrt((block**2).sum(1).mean()))
    scaled: Floats = block * (weight / length if length > 1e-9 else 0.0)
    return scaled


def _hashes(words: Iterable[str]) -> NDArray[np.uint64]:
    """A number for each word that depends on nothing else, so that it is the same in every catalogue."""
    digests = b"".join(blake2b(w.encode("utf-8", "surrogatepass"), digest_size=8).digest() for w in words)
    return np.frombuffer(digests, "<u8").astype(np.uint64)


def _appeal(n: int, spread: float, dice: Dice, known: Floats | None) -> Floats:
    if known is None:
        drawn: Floats = spread * dice.normal("title appeal", np.arange(n))
        return drawn
    if known.shape != (n,) or not np.isfinite(known).all():
        raise InputError(f"appeal: {known.shape} values for {n} titles, or some not finite. Give one number for each.")
    return known


def _quality(appeal: Floats, parameters: Parameters, dice: Dice) -> tuple[Single, Single]:
    """(n,) quality and (n,) allure. Clickbait holds what the worst third of titles hold."""
    numbers, given = np.arange(len(appeal)), parameters.titles
    shared = given.quality_appeal * _scaled((appeal - appeal.mean())[:, None], 1.0)[:, 0]
    quality = shared + np.sqrt(1 - given.quality_appeal**2) * dice.normal("title quality", numbers)
    bait = dice.uniform("title clickbait", numbers) < given.clickbait
    worst = ndtri(ndtr(quality) / 3)
    return np.where(bait, worst, quality).astype(np.float32), np.where(bait, given.allure, 0).astype(np.float32)


def _minutes(titles: Sequence[Title], parameters: Parameters, dice: Dice) -> Single:
    """(n,) as the catalogue says, else drawn about the median of the kind. At least 1."""
    runtime = np.array([np.nan if t.runtime is None else t.runtime for t in titles]) / 60
    series = np.array([t.kind == "series" for t in titles])
    median = np.where(series, parameters.titles.episode_minutes, parameters.titles.minutes)
    drawn = median * np.exp(RUNTIME_SPREAD * dice.normal("title minutes", np.arange(len(titles))))
    return np.maximum(1, np.where(np.isnan(runtime), drawn, runtime)).astype(np.float32)


def _episodes(titles: Sequence[Title]) -> tuple[NDArray[np.int16], tuple[NDArray[np.int16], NDArray[np.int16]], Ints]:
    """(n,) how many; (sum,) season and number of each, in order; (n,) where a title's begin."""
    pairs = [
        sorted((e.season, e.number) for e in t.episodes) if t.kind == "series" and t.episodes else [(-1, -1)]
        for t in titles
    ]
    counts = np.array([len(own) for own in pairs], np.int64)
    season, number = np.array([pair for own in pairs for pair in own], np.int16).T
    return counts.astype(np.int16), (season, number), np.cumsum(counts) - counts


def _pictures(titles: Sequence[Title]) -> tuple[Single, Small]:
    """(n, a, f) features and (n,) arms: the pictures that the operator brought, else the posters that are drawn.

    Features: FEATURES, then the others that the operator names, sorted. One that a picture does not name is 0.
    """
    brought = {name for t in titles for a in t.artworks[:MOST_ARMS] for name, _ in a.features}
    place = {name: number for number, name in enumerate((*FEATURES, *sorted(brought - {*FEATURES})))}
    posters = min(len(COMPOSITIONS), MOST_ARMS)
    arms = np.array([min(len(t.artworks), MOST_ARMS) or posters for t in titles])
    pictures = np.zeros((len(titles), arms.max(), len(place)), np.float32)
    drawn = [number for number, t in enumerate(titles) if not t.artworks]
    values = [x for number in drawn for v in variants(titles[number])[:posters] for _, x in v.features]
    pictures[drawn, :posters, : len(FEATURES)] = np.array(values).reshape(-1, posters, len(FEATURES))
    for number, title in enumerate(titles):
        for arm, artwork in enumerate(title.artworks[:MOST_ARMS]):
            for name, value in artwork.features:
                pictures[number, arm, place[name]] = value
    there = np.arange(arms.max()) < arms[:, None]
    centre = pictures.sum(1) / arms[:, None]
    centred = np.where(there[:, :, None], pictures - centre[:, None], 0)
    return centred.astype(np.float32), arms.astype(np.int8)
