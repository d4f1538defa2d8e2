"""A made-up catalogue of any size, which says of itself that it is made up.

    chance of the genre, country or person of rank r  ~  (r + shift) ** -exponent       a shifted Zipf law, r from 0

Exponent 0.8 with a shift of 0.004 of the pool comes near what the shipped catalogue measures: 24,459 actors in 105,000
roles, 93 for the busiest and 1 for the median; 8,282 directors, 44 and 1. Of its titles 51 % have the first genre and
5 % the eleventh. The law: B. Mandelbrot, "An Informational Theory of the Statistical Structure of Language", in W.
Jackson (editor), Communication Theory, 1953. Each title is drawn by its number.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from playbill.errors import InputError
from playbill.events import DAY, Artwork, Episode, Title, Window
from playbill.posters.poster import FEATURES
from playbill.simulation.dice import Dice
from playbill.simulation.parameters import Parameters
from playbill.simulation.service import Ints
from playbill.simulation.titles import LAUNCH_DAYS, RUNTIME_SPREAD
from playbill.slate import Bools, Floats

GENRES = {
    "Drama": "Romance Crime Thriller Biography War History Comedy",
    "Comedy": "Romance Drama Family Crime Musical Action", "Romance": "Drama Comedy Musical History Fantasy",
    "Action": "Thriller Crime Adventure Sci-Fi War", "Thriller": "Crime Mystery Drama Action Horror",
    "Crime": "Thriller Drama Mystery Action", "Horror": "Thriller Mystery Sci-Fi Fantasy",
    "Documentary": "History Biography Sport War", "Animation": "Family Comedy Adventure Fantasy",
    "Family": "Comedy Adventure Animation Fantasy", "Sci-Fi": "Action Adventure Thriller Horror Mystery",
    "Fantasy": "Adventure Family Romance Action", "Adventure": "Action Family Fantasy Comedy",
    "Mystery": "Thriller Crime Horror Drama", "Biography": "Drama History Sport Documentary",
    "Musical": "Comedy Romance Drama Family", "War": "Drama History Action",
    "History": "Drama War Biography Documentary",
    "Western": "Action Adventure Drama", "Sport": "Drama Documentary Comedy Biography",
}  # fmt: skip
"""The most frequent first, and what goes with each: further genres are drawn from these only."""

KIDS, STRONG = {"Family", "Animation"}, {"Horror", "Thriller", "Crime", "War"}
RATINGS = {
    ("kids", False): ("G", "G", "PG"), ("kids", True): ("TV-Y", "TV-Y7", "TV-G"),
    ("strong", False): ("R", "R", "PG-13"), ("strong", True): ("TV-MA", "TV-MA", "TV-14"),
    ("other", False): ("PG-13", "PG", "R"), ("other", True): ("TV-14", "TV-PG", "TV-MA"),
}  # fmt: skip
"""(for whom, series) to three ratings, each as likely. Every title of the KIDS genres is for kids."""

COUNTRIES = (
    ("United States", "English"), ("United Kingdom", "English"), ("France", "French"), ("Germany", "German"),
    ("India", "Hindi"), ("Brazil", "Portuguese"), ("Japan", "Japanese"), ("Spain", "Spanish"), ("Italy", "Italian"),
    ("South Korea", "Korean"), ("Mexico", "Spanish"), ("Nigeria", "English"),
)  # fmt: skip
FIRST_YEAR, SERVICE_YEARS = 1950, 8
"""Releases begin here; titles came to the service during so many years before the world begins."""

ADJECTIVES = """amber ashen autumn azure barren bitter blank borrowed brazen bright brittle broken bronze burning
candid careful cedar clever cobalt copper coral crimson crooked curious dapper distant double drifting dusty eager
early earnest eastern electric elusive emerald empty errant faded faithful fallow fearless feral fickle final floating
foreign forgotten fragile frozen gentle gilded glass golden grand granite gravel grey hidden hollow honest humble idle
indigo inland iron ivory jagged jasper jolly lonely lavender lemon little lost lucky lunar marble mellow midnight mild
misty modest narrow nimble northern numb opal open orchid painted paper patient pearl phantom polar porcelain proud
quiet rapid reckless restless rival rough rustic saffron salted scarlet secret serene silver sleepless slow solar
solemn spare spiral stolen stubborn sudden tangled tender thirsty timid tiny topaz twin uneven unseen upper urgent
velvet vivid wandering wary western whispering wicked wild winter wooden yellow"""

NOUNS = """acre almanac anchor anthem apron arcade archive atlas avenue badge ballad bandit banquet barge bazaar
beacon bell bicycle blossom boulevard bramble bridge brigade cabin canal candle caravan carousel cellar chapel chart
chorus cinder circuit citadel clockmaker comet compass corridor cottage courier cousin cradle crossing current cypress
dagger daughter delta detour dockyard domino drifter duet echo embassy engine envoy estuary factory falcon ferry
fiddle flare forester fountain foxglove furnace gambit garden gate glacier gondola gospel granary guest gull hamlet
harbour harvest hatchet hazard heirloom heron hinge horizon hotel hourglass island jasmine jigsaw juggler kestrel
kettle labyrinth ladder lagoon lantern ledger legacy lighthouse lullaby magnet mapmaker meadow meridian mirror monsoon
mosaic motel needle notebook oracle orbit orchard outpost parade parcel pavilion pendulum pilgrim pioneer plateau
postman prairie quarry"""

GIVEN = """Abena Adil Aiko Alba Aldo Amara Anouk Arlo Asha Basim Bela Bram Bruna Caio Carys Celso Chidi Dagny Daria
Davor Delia Diego Dima Edda Eitan Elio Elodie Emeka Enzo Esra Farid Femke Fiona Gael Gita Greta Hana Hugo Idris Ilse
Imani Ines Ivo Jana Joaquim Jonas Juno Kaito Karim Kemi Kiran Lale Leif Lena Lior Livia Lucio Luna Mads Malik Marit
Mateo Mei Mila Mirko Nadia Nils Noor Odile Olu Otis Paloma Petra Priya Quentin Rafa Ravi Remy Rosa Rune Sade Sanjay
Selma Signe Soren Suki Talia Tariq Thea Tomas Uma Vera Viggo Wanda Wim Xenia Yara Yusuf Zadie Zeno"""

FAMILY = """Abrado Achterlo Adewuni Albrink Amsell Andovar Arkwell Asturo Bakovic Balmire Barrowin Belcastro
Bellweather Bexlow Bodanza Borgvik Brandale Calvani Cardowe Castelmor Chandrel Clavering Corvane Dalmeny Danforde
Delacoste Demirane Dovale Draskov Ekwueno Ellingar Emberly Estrano Fairlund Falkoner Farrowin Fenwicke Fiorano
Galbrath Garovic Gildenor Grimsund Hadlowe Halvorin Harukawa Hathersby Holmgard Ibarrola Ilvane Ishimoru Jacquarde
Jamshedi Jorvik Kalloway Karimeh Kestrin Kingsolve Kovarin Kurosaro Lachlane Lambrook Larsund Lindqvar Lombarro
Mahendry Malverin Marchetto Mbekani Merrivale Mirzani Montclar Morovic Nakazumi Navarone Nordahlin Novarek Obioran
Okonaro Olandor Orsino Ostrova Palmeiro Penhallow Petrossi Quillane Quintaro Radovan Ramanuja Ravenil Rosmund Rutherby
Sandovar Saravane Selwoode Severane Sorensby Strandell Tamarind Tavernor Thackwell Torvald Umarov Vandermoor Varghane
Velasko Vinterby Wadekin Wexford Whitlowe Yamashiro Yarrowby Zabranic Zellweg Zoltani"""

WHO = "clockmaker|retired pilot|young violinist|night porter|beekeeper|lighthouse keeper|runaway cook|map seller"
WHAT = "finds a letter without a sender|bets the family house|hides a stranger|counts the days|crosses a border"
WHERE = "at the edge of a desert|on the last ferry|in a town that floods|during a strike|above a closed theatre"


def generate(n: int, parameters: Parameters, dice: Dice, start: int) -> tuple[Title, ...]:
    """n made-up titles, numbered from "g00001". start: ms, when the world begins.

    `added` says when each came to the service: after `start` for the share `launches`, before it for all others. Of the
    share `windows`, half of those that are there at `start` leave within the days of launches, everywhere; the other
    titles are closed in one of the countries, where there are several. Raises InputError where n is below 1.
    """
    if n < 1:
        raise InputError(f"titles: {n} is not a number of titles. Generate at least 1.")
    given, numbers = parameters.titles, np.arange(n)
    series = dice.uniform("generated series", numbers) < given.series
    median = np.where(series, given.episode_minutes, given.minutes)
    minutes = np.maximum(1, np.round(median * np.exp(RUNTIME_SPREAD * dice.normal("generated runtime", numbers))))
    year, added = _times(n, given.launches, dice, start)
    genres, synopses = _genres(n, dice), _synopses(n, dice)
    columns = zip(
        _ids(n), _names(n, dice), np.where(series, "series", "film").tolist(), year.tolist(), genres,
        _people(n, "director", max(2, n // 2), 1, 1, dice), _people(n, "cast", max(12, 7 * n // 5), 2, 8, dice),
        *_origins(n, dice), _ratings(genres, series, dice), (minutes * 60).tolist(), synopses, added.tolist(),
        _windows(added, parameters, dice, start), _episodes(series, dice), _artworks(n, given.artworks, dice),
        strict=True,
    )  # fmt: skip
    return tuple(
        Title(i, name, kind, y, own, directors, cast, (), country, language, *rest)
        for i, name, kind, y, own, directors, cast, country, language, *rest in columns
    )


def _ids(n: int) -> list[str]:
    return [f"g{number:05d}" for number in range(1, n + 1)]


def _names(n: int, dice: Dice) -> list[str]:
    """Two words. When all pairs are used up they come again, numbered, as if they were sequels."""
    first, second = ADJECTIVES.title().split(), NOUNS.title().split()
    order = dice.shuffled(len(first) * len(second), "generated names").tolist()
    names = []
    for number in range(n):
        again, place = divmod(number, len(order))
        one, other = divmod(order[place], len(second))
        names.append(f"{first[one]} {second[other]}" + (f" {again + 1}" if again else ""))
    return names


def _times(n: int, launches: float, dice: Dice, start: int) -> tuple[Ints, Ints]:
    """(n,) year of release and (n,) when it was added, ms: never before its year, nor before the service."""
    numbers, now = np.arange(n), _year(start)
    later = dice.uniform("generated launches", numbers) < launches
    back = ((now - FIRST_YEAR + 1) * dice.uniform("generated year", numbers) ** 3).astype(np.int64)
    year = np.where(later, now, now - back)
    released = (year - 1970).astype("datetime64[Y]").astype("datetime64[ms]").astype(np.int64)
    earliest = np.clip(np.maximum(released, start - SERVICE_YEARS * 365 * DAY), 0, start)
    before = earliest + (dice.uniform("generated added", numbers) * (start - earliest)).astype(np.int64)
    day = 1 + (dice.uniform("generated launch day", numbers) * LAUNCH_DAYS).astype(np.int64)
    return year, np.where(later, start + day * DAY, before)


def _year(at: int) -> int:
    return int(np.datetime64(at, "ms").astype("datetime64[Y]").astype(np.int64)) + 1970


def _zipf(size: int, shift: float) -> Floats:
    return np.asarray((np.arange(size) + shift) ** -0.8, np.float64)


def _drawn(weights: Floats, dice: Dice, purpose: str, *keys: ArrayLike) -> Ints:
    """One of many, by the same weights for all, whatever the shape of the keys."""
    upto = np.cumsum(weights)
    drawn: Ints = np.searchsorted(upto[:-1], dice.uniform(purpose, *keys) * upto[-1])
    return drawn


def _genres(n: int, dice: Dice) -> list[tuple[str, ...]]:
    """One to three: the first by its frequency, the others among its companions by theirs."""
    words, numbers = list(GENRES), np.arange(n)
    often, beside = _zipf(len(words), 1), np.array([[w in GENRES[g].split() for w in words] for g in words])
    first = _drawn(often, dice, "generated genre", numbers)
    second = dice.pick(often * beside[first], "generated second genre", numbers)
    left = beside[first] & (np.arange(len(words)) != second[:, None])
    third = dice.pick(often * left, "generated third genre", numbers)
    count = _drawn(np.array([0.4, 0.38, 0.22]), dice, "generated genres", numbers) + 1
    drawn = np.stack([first, second, third], 1).tolist()
    return [tuple(words[g] for g in own[:k]) for own, k in zip(drawn, count.tolist(), strict=True)]


def _people(n: int, role: str, pool: int, low: int, high: int, dice: Dice) -> list[tuple[str, ...]]:
    """From low to high people for each title, out of a pool of people who have this role and no other."""
    numbers = np.arange(n)
    drawn = _drawn(_zipf(pool, 5 + 0.004 * pool), dice, f"generated {role}", numbers[:, None], np.arange(high))
    count = low + (dice.uniform(f"generated number of {role}", numbers) * (high - low + 1)).astype(np.int64)
    given, family = GIVEN.split(), FAMILY.split()
    order = dice.shuffled(len(given) * len(family), "generated people")
    known = {}
    for number in np.unique(drawn).tolist():
        again, place = divmod(2 * number + (role == "cast"), len(order))
        one, other = divmod(int(order[place]), len(family))
        known[number] = f"{given[one]} {_initials(again)}{family[other]}"
    return [
        tuple(dict.fromkeys(known[number] for number in own[:k]))
        for own, k in zip(drawn.tolist(), count.tolist(), strict=True)
    ]


def _initials(number: int) -> str:
    """None for 0, then "A. " and so on: they tell people apart when all pairs of names are used up."""
    initials = ""
    while number:
        number, letter = divmod(number - 1, 26)
        initials += f"{chr(ord('A') + letter)}. "
    return initials


def _origins(n: int, dice: Dice) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    """Countries, two for one title in eight, and the language of the first."""
    drawn = _drawn(_zipf(len(COUNTRIES), 0.3), dice, "generated country", np.arange(n)[:, None], np.arange(2))
    joint = (dice.uniform("generated joint production", np.arange(n)) < 0.125).tolist()
    countries: list[tuple[str, ...]] = []
    languages: list[tuple[str, ...]] = []
    for (first, second), both in zip(drawn.tolist(), joint, strict=True):
        own = (first, second) if both and first != second else (first,)
        countries.append(tuple(COUNTRIES[place][0] for place in own))
        languages.append((COUNTRIES[first][1],))
    return countries, languages


def _ratings(genres: list[tuple[str, ...]], series: Bools, dice: Dice) -> list[str]:
    """Suited to the genres, and known for every title."""
    place = (dice.uniform("generated rating", np.arange(len(genres))) * 3).astype(np.int64).tolist()
    whom = ["kids" if KIDS & {*own} else "strong" if STRONG & {*own} else "other" for own in genres]
    return [RATINGS[w, kind][k] for w, kind, k in zip(whom, series.tolist(), place, strict=True)]


def _synopses(n: int, dice: Dice) -> list[str]:
    parts = [words.split("|") for words in (WHO, WHAT, WHERE)]
    places = [
        (dice.uniform("generated synopsis", np.arange(n), k) * len(part)).astype(np.int64).tolist()
        for k, part in enumerate(parts)
    ]
    return [
        f"Made up for a simulation: a {parts[0][a]} {parts[1][b]} {parts[2][c]}."
        for a, b, c in zip(*places, strict=True)
    ]


def _windows(added: Ints, parameters: Parameters, dice: Dice, start: int) -> list[tuple[Window, ...]]:
    numbers, countries = np.arange(len(added)), parameters.people.countries
    limited = dice.uniform("generated window", numbers) < parameters.titles.windows
    leaves = limited & (added <= start) & ((dice.uniform("generated leaves", numbers) < 0.5) | (len(countries) < 2))
    closed = limited & ~leaves & (len(countries) > 1)
    until = start + 1 + (dice.uniform("generated leaves at", numbers) * LAUNCH_DAYS * DAY).astype(np.int64)
    where = (dice.uniform("generated closed in", numbers) * len(countries)).astype(np.int64)
    windows: list[tuple[Window, ...]] = [()] * len(added)
    for number in np.flatnonzero(leaves).tolist():
        windows[number] = (Window(until=int(until[number])),)
    for number in np.flatnonzero(closed).tolist():
        windows[number] = tuple(Window(country=c) for place, c in enumerate(countries) if place != where[number])
    return windows


def _episodes(series: Bools, dice: Dice) -> list[tuple[Episode, ...]]:
    """One to five seasons of four to twelve episodes for each series. They have no names, so titles share them."""
    shared = [[Episode(season, number) for number in range(1, 13)] for season in range(1, 6)]
    numbers = np.arange(len(series))
    seasons = 1 + (dice.uniform("generated seasons", numbers) * 5).astype(np.int64)
    lengths = 4 + (dice.uniform("generated episodes", numbers[:, None], np.arange(5)) * 9).astype(np.int64)
    lengths[(np.arange(5) >= seasons[:, None]) | ~series[:, None]] = 0
    return [tuple(e for season, k in zip(shared, own, strict=True) for e in season[:k]) for own in lengths.tolist()]


def _artworks(n: int, share: float, dice: Dice) -> list[tuple[Artwork, ...]]:
    """Three to six pictures, each with random features, for a share of titles. Their addresses lead nowhere."""
    names, numbers = (*FEATURES, "face", "text"), np.arange(n)
    count = 3 + (dice.uniform("generated number of artworks", numbers) * 4).astype(np.int64)
    count[dice.uniform("generated artworks", numbers) >= share] = 0
    artworks: list[tuple[Artwork, ...]] = [()] * n
    some, ids = np.flatnonzero(count), _ids(n)
    values = dice.uniform("generated picture", some[:, None, None], np.arange(6)[:, None], np.arange(len(names)))
    for number, own in zip(some.tolist(), values.round(2).tolist(), strict=True):
        title = ids[number]
        artworks[number] = tuple(
            Artwork(f"{title}-{k}", f"https://example.invalid/{title}/{k}.jpg", tuple(zip(names, row, strict=True)))
            for k, row in enumerate(own[: count[number]], 1)
        )
    return artworks
