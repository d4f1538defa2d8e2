"""How soon search finds what a member is typing, how well it reads typos, and what that costs.

Searched: the films that come with playbill, whoever may see them, by a member who likes what the most ratings are of.
Wanted: films drawn as often as they were rated, with replacement. The weights in src/playbill/search were chosen on one
half of the films, the figures are of the other half; all films can be found in both. The scores come from the same
ratings as the wanted films: they know how often a film is wanted, not by whom.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any
from zlib import crc32

import numpy as np

from benchmarks.reading import Reading, quantile, quantile_interval, spread
from playbill.catalog import Catalog
from playbill.data import shipped
from playbill.events import Title
from playbill.search import Answer, Index, search
from playbill.search.plain import ARTICLES
from playbill.slate import Floats

WANTED, QUICK_WANTED = 1_000, 100
LETTERS = range(1, 9)
FIRST = 3
"""Found: among so many first titles."""
MADE_UP, QUICK_MADE_UP = 100_000, 10_000
CHOOSING, QUOTED = 0, 1
"""The half of the films on which weights are chosen, and the other one."""
HOSTILE = ("the " * 50_000, "a b c d e f g h i j k l m n o p q r s t u v w x y z " * 4, "e" * 200, "\ufdfa" * 200,
           "thematrixreloadedthemanandthewomanofthehouse" * 5, "(a+)+$" * 99)  # fmt: skip


@dataclass(frozen=True)
class Trial:
    """One catalogue and one taste."""

    index: Index
    scores: Floats  # (n,)

    def ask(self, query: str) -> Answer:
        """The answer to a member who may see everything."""
        return search(self.index, query, self.scores, np.ones(len(self.scores), bool), 20)


def measure(quick: bool, seed: int) -> list[Reading]:
    """The names of 1,000 films, drawn by plays, are typed letter by letter; then whole with one typo; then as the first
    three letters of each word, in another order. One thread, one query after another.

    Found: the film is among the first three of the answer. Letters are those of the name as it stands, an article
    included, which is the harder way: three letters of 'The Matrix' are 'the'.
    """
    trial = shipped_trial()
    rng = np.random.default_rng(seed)
    films = drawn(trial, QUICK_WANTED if quick else WANTED, rng, QUOTED)
    asked = Asked(trial)
    names = [trial.index.catalog.titles[film].name for film in films]
    typed = {f"{n}_letters": asked.share(films, (first(name, n) for name in names)) for n in LETTERS}
    bare = {f"{n}_letters": asked.share(films, (first(bare_of(name), n) for name in names)) for n in LETTERS}
    typos = {kind: asked.share(films, (typo(name, kind, rng) for name in names)) for kind in TYPOS}
    several = [i for i, name in enumerate(names) if len(name.split()) > 1]
    mixed = asked.share(films[several], (reordered(names[i], rng) for i in several))
    hostile = Asked(trial)
    for query in HOSTILE:
        hostile.ask(query)
    data = f"{len(trial.scores)} films that come with playbill, {len(films)} wanted, drawn by plays"
    success, typo_success = typed["3_letters"], float(np.mean(list(typos.values())))
    built, size = build(trial.index.catalog)
    more = made_up(trial.index, QUICK_MADE_UP if quick else MADE_UP, rng)
    built_more, size_more = build(more)
    large = Asked(Trial(Index.of(more), rng.random(len(more))))
    for name in (more.titles[i].name for i in rng.integers(len(more), size=100)):
        for query in (first(name, 2), first(name, 4), first(name, 8), typo(name, "swap", rng)):
            large.ask(query)
    return [
        {"name": "search.success_at_3", "value": success, "data": data, "interval": interval(success, len(films)),
         "beside": {"typed": typed, "typed_without_article": bare, "first_3_letters_of_words_in_another_order": mixed,
                    "substitutes": asked.substitutes / len(asked.ms), "empty": asked.empty / len(asked.ms)}},
        {"name": "search.typo_success", "value": typo_success, "data": f"{data}, each with four kinds of typo",
         "interval": interval(typo_success, len(films)), "beside": typos},
        {"name": "search.p99_ms", "value": quantile(asked.ms, 0.99), "data": f"{data}: {len(asked.ms)} queries",
         "interval": quantile_interval(asked.ms, 0.99),
         "beside": {"ms": spread(asked.ms), "processor_ms": spread(asked.cpu_ms),
                    "processor_ms_of_hostile": spread(hostile.cpu_ms),
                    f"processor_ms_of_{len(more)}_titles": spread(large.cpu_ms)}},
        {"name": "search.index_s", "value": built, "data": f"{len(trial.scores)} films, {people(trial.index)} people",
         "beside": {"mb": size, f"s_of_{len(more)}_titles": built_more, f"mb_of_{len(more)}_titles": size_more,
                    "people_of_these": people(large.trial.index)}},
    ]  # fmt: skip


def shipped_trial() -> Trial:
    """The films that come with playbill, scored by how many ratings each has."""
    catalog = Catalog.of(shipped.titles())
    rated = catalog.numbers(shipped.ratings()["title"])
    return Trial(Index.of(catalog), np.bincount(rated, minlength=len(catalog)).astype(np.float64))


def drawn(trial: Trial, count: int, rng: np.random.Generator, half: int) -> Any:
    """(count,) films of a half, each as likely as it was often rated. The half is a function of the id."""
    titles = trial.index.catalog.titles
    mine = np.array([crc32(title.id.encode()) % 2 == half for title in titles])
    weight = trial.scores * mine
    return rng.choice(len(titles), count, p=weight / weight.sum())


class Asked:
    """What was asked, and how that went."""

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        self.ms: list[float] = []
        self.cpu_ms: list[float] = []
        self.substitutes = self.empty = 0

    def ask(self, query: str) -> Answer:
        """One query, timed and counted."""
        begun, used = time.perf_counter(), time.thread_time()
        answer = self.trial.ask(query)
        self.ms.append((time.perf_counter() - begun) * 1000)
        self.cpu_ms.append((time.thread_time() - used) * 1000)
        self.substitutes += answer.substitutes
        self.empty += not len(answer.slate)
        return answer

    def share(self, films: Any, queries: Iterable[str]) -> float:
        """How many of the films are among the first for their query."""
        return float(np.mean([f in self.ask(q).slate.titles[:FIRST] for f, q in zip(films, queries, strict=True)]))


# What members type ----------------------------------------------------------------------------------------------------


def first(name: str, letters: int) -> str:
    """The name up to its so many-th letter or digit, as it is written."""
    ends = [i + 1 for i, sign in enumerate(name) if sign.isalnum()]
    return name[: ends[min(letters, len(ends)) - 1]] if ends else name


def bare_of(name: str) -> str:
    """The name without a leading article."""
    article, _, rest = name.partition(" ")
    return rest if rest and article.casefold() in ARTICLES else name


def typo(name: str, kind: str, rng: np.random.Generator) -> str:
    """The name in small letters with one letter, drawn evenly, mistyped. No letter: as it is."""
    name = name.lower()
    places = [i for i, sign in enumerate(name) if sign.isalnum()]
    if not places:
        return name
    return TYPOS[kind](name, places[int(rng.integers(len(places)))], rng)


def _swap(name: str, i: int, rng: np.random.Generator) -> str:
    i = min(i, max(len(name) - 2, 0))
    return name[:i] + name[i : i + 2][::-1] + name[i + 2 :]


TYPOS: dict[str, Callable[[str, int, np.random.Generator], str]] = {
    "swap": _swap,
    "drop": lambda name, i, rng: name[:i] + name[i + 1 :],
    "double": lambda name, i, rng: name[: i + 1] + name[i:],
    "replace": lambda name, i, rng: name[:i] + "abcdefghijklmnopqrstuvwxyz"[int(rng.integers(26))] + name[i + 1 :],
}


def reordered(name: str, rng: np.random.Generator) -> str:
    """The first three letters of each word, in an order that is not the name's."""
    words = name.split()
    order = list(range(len(words)))
    while order == sorted(order):
        order = rng.permutation(len(words)).tolist()
    return " ".join(words[i][:3] for i in order)


# Cost -----------------------------------------------------------------------------------------------------------------


def build(catalog: Catalog) -> tuple[float, float]:
    """Seconds of processor time to build the index of a catalogue, and how many MB it holds besides the catalogue.

    One thread builds it: on an idle machine that is how long it takes.
    """
    begun = time.process_time()
    index = Index.of(catalog)
    seconds = time.process_time() - begun
    return seconds, size([getattr(index, f.name) for f in fields(index) if f.name != "catalog"]) / 1e6


def size(thing: Any) -> int:
    """Bytes of arrays, texts, lists and dataclasses, each text once."""
    seen: set[int] = set()

    def parts(thing: Any) -> Iterator[int]:
        if id(thing) in seen:
            return
        seen.add(id(thing))
        yield thing.nbytes if isinstance(thing, np.ndarray) else sys.getsizeof(thing)
        if is_dataclass(thing):
            for field in fields(thing):
                yield from parts(getattr(thing, field.name))
        elif isinstance(thing, (list, tuple, dict)):
            for part in thing:
                yield from parts(part)

    return sum(parts(thing))


def people(index: Index) -> int:
    """How many people can be found."""
    return index.people.n


def made_up(index: Index, count: int, rng: np.random.Generator) -> Catalog:
    """So many titles: names of as many words as the films', of their words; eight people each, of twice as many people
    as titles, of the films' people's names."""
    names, known = [title.name for title in index.catalog.titles], list(index.credits.terms)
    words = np.array([word for name in names for word in name.split()])
    lengths = np.array([len(name.split()) for name in names])
    given, family = np.array([p.split()[0] for p in known]), np.array([p.split()[-1] for p in known])
    crowd = [f"{a} {b}" for a, b in zip(rng.choice(given, 2 * count), rng.choice(family, 2 * count), strict=True)]
    genres = index.catalog.facets["genre"].terms
    cast = rng.integers(len(crowd), size=(count, 8))
    return Catalog.of(
        [
            Title(f"t{i}", " ".join(rng.choice(words, n)), genres=(genres[i % len(genres)],),
                  cast=tuple(crowd[p] for p in cast[i]))
            for i, n in enumerate(rng.choice(lengths, count))
        ]
    )  # fmt: skip


def interval(share: float, n: int) -> tuple[float, float]:
    """95 % of a share of n draws, by Wilson's score."""
    z = 1.96
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * float(np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)))
    return middle - half, middle + half
