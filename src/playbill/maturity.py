"""Maturity: the labels of rating systems as ages, so that titles rated in one country can be judged in another.

The age of a label is the youngest that needs nobody beside them: what younger ones may see in company (12A, R, 7-9PG)
counts from the age at which they may go alone. PG bars nobody: it counts as 8, or as what its system says below.

A label may name its system, `FSK 12`, or its country, `DE:12`. A plain label that several systems know counts as the
strictest of them, except that the labels of the United States mean what they mean there. Anything else is UNKNOWN_AGE.
For a ceiling it is the other way round: the youngest counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

UNKNOWN_AGE = 99
"""The age of a title whose maturity is not known: older than every ceiling, so it counts as the strictest."""

OLDEST = 21
"""Years. The greatest plain age, and the greatest age of any label."""

BEFORE_PG13, LOOSE, LOOSE_AGE = 1984, frozenset({"PG", "GP", "M/PG"}), 13
"""PG-13 exists since July 1984. Before, PG and its forerunners covered what it covers since, and count as it does."""

LAST_US_M = 1972
"""The United States used M from 1968 to 1970, for films that were released up to two years later. A plain M of a later
title, or of one without a year, is one of Australia or New Zealand, where it is stricter."""


@dataclass(frozen=True, slots=True)
class System:
    """The labels of one authority."""

    name: str
    prefixes: tuple[str, ...]  # what a label may begin with: short names, and ISO 3166 alpha-2 codes of countries
    authority: str
    site: str  # where the authority publishes what its labels mean
    ages: Mapping[str, int]  # label -> age, years
    ours: tuple[str, ...] = ()  # labels whose authority names no age, or not this one; the age is our judgement


US_FILMS = System(
    "MPA", ("MPA", "MPAA", "US"), "Classification and Rating Administration, United States", "filmratings.com",
    {"G": 0, "PG": 8, "PG-13": 13, "R": 17, "NC-17": 18, "X": 18, "GP": 8, "M/PG": 8, "M": 13},
    ("PG", "X", "GP", "M/PG", "M"),
)  # fmt: skip
US_TELEVISION = System(
    "TV Parental Guidelines", ("US",), "TV Parental Guidelines Monitoring Board, United States", "tvguidelines.org",
    {"TV-Y": 0, "TV-G": 0, "TV-Y7": 7, "TV-PG": 8, "TV-14": 14, "TV-MA": 17}, ("TV-PG",),
)  # fmt: skip

SYSTEMS: tuple[System, ...] = (
    US_FILMS,
    US_TELEVISION,
    System(
        "BBFC", ("BBFC", "GB", "UK"), "British Board of Film Classification", "bbfc.co.uk",
        {"U": 4, "PG": 8, "12A": 12, "12": 12, "15": 15, "18": 18, "R18": 18},
    ),
    System(
        "IFCO", ("IFCO", "IE"), "Irish Film Classification Office", "ifco.ie",
        {"G": 0, "PG": 12, "12A": 12, "12": 12, "15A": 15, "15": 15, "16": 16, "18": 18}, ("PG",),
    ),
    System(
        "FSK", ("FSK", "DE"), "Freiwillige Selbstkontrolle der Filmwirtschaft, Germany", "fsk.de",
        {"o.A.": 0, "0": 0, "6": 6, "12": 12, "16": 16, "18": 18, "KJ": 18},
    ),
    System(
        "CNC", ("CNC", "FR"), "Centre national du cinéma et de l'image animée, France", "cnc.fr",
        {"U": 0, "TP": 0, "Tous publics": 0, "12": 12, "16": 16, "18": 18, "X": 18},
    ),
    System(
        "Arcom", ("ARCOM", "CSA", "FR"), "Arcom, formerly CSA: television in France", "arcom.fr",
        {"TP": 0, "-10": 10, "-12": 12, "-16": 16, "-18": 18, "10": 10, "12": 12, "16": 16, "18": 18},
    ),
    System(
        "ICAA", ("ICAA", "ES"), "Instituto de la Cinematografía y de las Artes Audiovisuales, Spain", "cultura.gob.es",
        {"A": 0, "APTA": 0, "TP": 0, "A/i": 0, "7": 7, "7/i": 7, "12": 12, "13": 13, "16": 16, "18": 18, "X": 18},
    ),
    System(
        "Kijkwijzer", ("KIJKWIJZER", "NICAM", "NL", "BE"), "NICAM: the Netherlands, and films in Belgium",
        "kijkwijzer.nl", {"AL": 0, "6": 6, "9": 9, "12": 12, "14": 14, "16": 16, "18": 18},
    ),
    System(
        "Italy", ("IT",), "Direzione generale Cinema e audiovisivo, Italy", "cinema.cultura.gov.it",
        {"T": 0, "6+": 6, "14+": 14, "18+": 18, "VM14": 14, "VM18": 18},
    ),
    System(
        "IGAC", ("IGAC", "PT"), "Inspeção-Geral das Atividades Culturais, Portugal", "igac.gov.pt",
        {"M/3": 3, "M/4": 4, "M/6": 6, "M/12": 12, "M/14": 14, "M/16": 16, "M/18": 18},
    ),
    System(
        "Sweden", ("SE",), "Mediemyndigheten, Sweden", "mediemyndigheten.se", {"Btl": 0, "7": 7, "11": 11, "15": 15},
    ),
    System(
        "Norway", ("NO",), "Medietilsynet, Norway", "medietilsynet.no",
        {"A": 0, "6": 6, "9": 9, "12": 12, "15": 15, "18": 18},
    ),
    System("Denmark", ("DK",), "Medierådet, Denmark", "medieraadet.dk", {"A": 0, "7": 7, "11": 11, "15": 15}),
    System("KAVI", ("KAVI", "FI"), "Kansallinen audiovisuaalinen instituutti, Finland", "kavi.fi",
        {"S": 0, "7": 7, "12": 12, "16": 16, "18": 18},
    ),
    System(
        "Eirin", ("EIRIN", "JP"), "Film Classification and Rating Organization, Japan", "eirin.jp",
        {"G": 0, "PG12": 12, "R15+": 15, "R18+": 18},
    ),
    System(
        "KMRB", ("KMRB", "KR"), "Korea Media Rating Board, South Korea", "kmrb.or.kr",
        {"ALL": 0, "7": 7, "12": 12, "15": 15, "18": 18, "19": 19, "전체관람가": 0, "12세이상관람가": 12,
         "15세이상관람가": 15, "청소년관람불가": 18},
    ),
    System(
        "Australia", ("ACB", "AU"), "Australian Classification", "classification.gov.au",
        {"G": 0, "PG": 8, "M": 15, "MA 15+": 15, "AV 15+": 15, "R 18+": 18, "X 18+": 18}, ("PG",),
    ),
    System(
        "New Zealand", ("NZ",), "Classification Office, New Zealand", "classificationoffice.govt.nz",
        {"G": 0, "PG": 8, "M": 16, "R13": 13, "RP13": 13, "R15": 15, "R16": 16, "RP16": 16, "R18": 18, "RP18": 18},
        ("PG",),
    ),
    System(
        "ClassInd", ("CLASSIND", "BR"), "Ministério da Justiça e Segurança Pública, Brazil", "gov.br/mj",
        {"L": 0, "AL": 0, "6": 6, "10": 10, "12": 12, "14": 14, "16": 16, "18": 18, "A6": 6, "A10": 10, "A12": 12,
         "A14": 14, "A16": 16, "A18": 18},
    ),
    System(
        "RTC", ("RTC", "MX"), "Dirección General de Radio, Televisión y Cinematografía, Mexico", "rtc.gob.mx",
        {"AA": 0, "A": 0, "B": 12, "B15": 15, "C": 18, "D": 18},
    ),
    System(
        "CBFC", ("CBFC", "IN"), "Central Board of Film Certification, India", "cbfcindia.gov.in",
        {"U": 0, "UA": 12, "U/A": 12, "UA 7+": 7, "UA 13+": 13, "UA 16+": 16, "U/A 7+": 7, "U/A 13+": 13,
         "U/A 16+": 16, "A": 18, "S": 18},
        ("S",),
    ),
    System(
        "CHVRS", ("CHVRS", "CA"), "Canadian Home Video Rating System", "mpa-canada.org",
        {"G": 0, "PG": 8, "14A": 14, "18A": 18, "R": 18}, ("PG",),
    ),
    System(
        "Québec", ("QC", "QUÉBEC", "QUEBEC", "CA"), "Ministère de la Culture et des Communications, Québec",
        "quebec.ca", {"G": 0, "13+": 13, "16+": 16, "18+": 18},
    ),
    System(
        "Canadian television", ("CA",), "Canadian Broadcast Standards Council", "cbsc.ca",
        {"C": 0, "C8": 8, "G": 0, "PG": 8, "14+": 14, "18+": 18}, ("PG",),
    ),
    System(
        "IMDA", ("IMDA", "SG"), "Infocomm Media Development Authority, Singapore", "imda.gov.sg",
        {"G": 0, "PG": 8, "PG13": 13, "NC16": 16, "M18": 18, "R21": 21}, ("PG",),
    ),
    System(
        "FPB", ("FPB", "ZA"), "Film and Publication Board, South Africa", "fpb.org.za",
        {"A": 0, "PG": 8, "7-9PG": 10, "10-12PG": 13, "13": 13, "16": 16, "18": 18, "X18": 18}, ("PG",),
    ),
    System(
        "Russia", ("RU",), "Ministry of Culture, Russia", "culture.gov.ru",
        {"0+": 0, "6+": 6, "12+": 12, "16+": 16, "18+": 18},
    ),
)  # fmt: skip
"""Every system that is known. Labels and ages as published by each authority."""

RATING_AGES: Mapping[str, int] = {**US_FILMS.ages, **US_TELEVISION.ages}
"""The labels of the United States, which mean the same with and without a prefix."""


def age_of(rating: str | None, year: int | None = None) -> int:
    """Youngest age a title of this rating is meant for, years: a label of a system, with or without its prefix, or a
    plain age such as 12 or 12+, up to OLDEST. Anything else: UNKNOWN_AGE.

    year: of release; some ratings meant more before others existed.
    """
    if rating is None:
        return UNKNOWN_AGE
    label = _compact(rating)
    age = _plain_age(label)
    if age is None and label in _US and (label != "M" or (year is not None and year <= LAST_US_M)):
        age = _us_age(label, year)
    if age is None and label in _MEANINGS:
        age = max(_MEANINGS[label])
    return _prefixed_age(rating, year) if age is None else age


def ceiling_of(rating: str) -> int:
    """The ceiling that a rating stands for, years: as `age_of`, but of several meanings the youngest age counts, so
    that what is not clear lets less through. Not known: UNKNOWN_AGE, which is no ceiling that anyone may have."""
    label = _compact(rating)
    if label in _MEANINGS and not label.isdecimal():
        return min(_MEANINGS[label])
    return age_of(rating)


def _compact(text: str) -> str:
    """A label without what is written now in one way, now in another: PG13, tv-ma, UA 13+."""
    label = "".join(text.upper().split()).removesuffix("+")
    return re.sub(r"(?<=[A-Z])-", "", label)


def _meanings(systems: Iterable[System]) -> dict[str, set[int]]:
    """Label, compact, to the ages that it has in the systems."""
    found: dict[str, set[int]] = {}
    for system in systems:
        for label, age in system.ages.items():
            found.setdefault(_compact(label), set()).add(age)
    return found


_US = {_compact(label): age for label, age in RATING_AGES.items()}
_MEANINGS = _meanings(SYSTEMS)
_BY_PREFIX = {prefix: _meanings(s for s in SYSTEMS if prefix in s.prefixes) for s in SYSTEMS for prefix in s.prefixes}
_PREFIXED = re.compile(r"([^\W\d_]+)[\s:/_-]*(.*)")


def _plain_age(label: str) -> int | None:
    """The age that is written there, None where there is no number; UNKNOWN_AGE for one that nobody has."""
    if not label.isdecimal():
        return None
    return int(label) if len(label) <= 2 and int(label) <= OLDEST else UNKNOWN_AGE


def _us_age(label: str, year: int | None) -> int:
    return LOOSE_AGE if label in LOOSE and year is not None and year <= BEFORE_PG13 else _US[label]


def _prefixed_age(rating: str, year: int | None) -> int:
    """The age of a label that names its system or country; UNKNOWN_AGE for a label that it does not have."""
    found = _PREFIXED.fullmatch(rating.strip().upper())
    if found is None:
        return UNKNOWN_AGE
    prefix, label = found[1], _compact(found[2])
    if prefix in US_FILMS.prefixes and label in LOOSE:
        return _us_age(label, year)
    return max(_BY_PREFIX.get(prefix, {}).get(label, {UNKNOWN_AGE}))
