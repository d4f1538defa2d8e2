"""Marginals: the measured curves of a log, by one set of functions for real logs and simulated ones.

    Gini           G = sum_i (2 i - n - 1) x_i / (n sum_i x_i),  x ascending, i = 1..n          no unit, 0 to 1 - 1/n
    held           share of everything that the greatest 1%, 2%, .. 90% hold (the Lorenz curve, from its upper end)
    decay          d_1 = 1,  d_k = d_(k-1) * median over titles of (hours in week k / hours in week k-1)

The formula is that of the sample, without the correction n / (n - 1): C. Damgaard, J. Weiner, "Describing inequality in
plant size or fecundity", Ecology 81 (2000), 1139-1142. Titles without a play count, as zeros, when the size of the
catalogue is known; persons without a play never do, since no log shows them. Decay chains the ratios of successive
weeks because a list of the most watched loses titles: each ratio needs a title for two weeks only, whereas a ratio to
week 1 among those still listed would follow the few that lasted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike

from playbill.events import DAY, HOUR, Kind
from playbill.simulation.service import CODE, Columns, Happenings, Ints
from playbill.slate import Bools, Floats

TOP = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""Where a concentration is measured: shares of titles or persons, the greatest first."""
WEEKS = 8
FEWEST = 30
"""Plays in its first week that a title needs, to be followed through the next: below, a ratio is mostly luck."""
IDLE = HOUR // 2
"""ms without watching that end a session, as the service counts sessions."""

NAN = float("nan")
Curve = tuple[float, ...]


@dataclass(frozen=True)
class Log(Columns):
    """e plays, in any order: what a log says of watching. A rating is a play of unknown length."""

    title: Ints  # (e,) numbers from 0
    person: Ints  # (e,) who, as far as the log knows: a person, a profile, an account
    at: Ints  # (e,) ms, UTC
    hours: Floats  # (e,) watched, 0 where unknown
    piece: Ints  # (e,) which episode of the title, so that the next one is no repeat; 0 for a film
    begun: Bools  # (e,) begun at the start, not gone on with
    finished: Floats  # (e,) 1 or 0, NaN where unknown

    @classmethod
    def of(cls, title: ArrayLike, person: ArrayLike, at: ArrayLike, hours: ArrayLike = 0.0) -> Self:
        """Plays, or ratings, of which no more is known: films, each from its start, finished or not."""
        titles, persons, times = (np.atleast_1d(np.asarray(column, np.int64)) for column in (title, person, at))
        titles, persons, times, known = np.broadcast_arrays(titles, persons, times, np.asarray(hours, np.float64))
        film, unknown = np.zeros(titles.shape, np.int64), np.full(titles.shape, NAN)
        return cls(titles, persons, times, known, film, film == 0, unknown)


@dataclass(frozen=True)
class Reporting:
    """How a source reports what happened. A simulated log is measured as its target was reported."""

    firsts: bool = False  # a title counts once for a person, as in ratings; else what counts are the hours watched
    least: int = 1  # plays of a person, below which the source leaves the person out
    floor: float = 0.0  # weight of a title, relative to the mean title, below which the source does not list it


@dataclass(frozen=True)
class Concentration:
    """How unevenly something is held."""

    gini: float = NAN
    held: Curve = (NAN,) * len(TOP)  # share of everything that the greatest TOP[i] hold

    @classmethod
    def of(cls, amounts: ArrayLike) -> Self:
        """Of amounts (n,), zeros included as they stand."""
        return cls(gini(amounts), held(amounts))


@dataclass(frozen=True)
class Marginals:
    """The curves of one log. NaN: the log cannot say. Shares are 0 to 1."""

    popularity: Concentration = Concentration()  # of hours, or of persons, over titles
    unplayed: float = NAN  # share of the catalogue without a play
    activity: Concentration = Concentration()  # of plays over persons
    plays: float = NAN  # plays of a person, mean
    per_session: float = NAN  # plays of a session, mean
    repeat: float = NAN  # share of plays of what the person had played before
    completion: float = NAN  # share of plays that were finished
    decay: Curve = (NAN,) * WEEKS  # hours in week k after the launch, relative to the first
    hours: Curve = (NAN,) * 24  # share of plays by hour of day, UTC
    days: Curve = (NAN,) * 7  # share of plays by day of week, UTC, from Monday


class Row(NamedTuple):
    """One line of a comparison. A whole curve shows where it differs most; the distance of a histogram is the share of
    plays that would have to move for the two to agree (total variation)."""

    name: str
    real: float
    simulated: float
    distance: float


def gini(amounts: ArrayLike) -> float:
    """Gini coefficient of amounts (n,), at least 0, zeros included as they stand. NaN without any amount."""
    ordered = np.sort(np.asarray(amounts, np.float64))
    n, everything = len(ordered), float(ordered.sum())
    if everything <= 0:
        return NAN
    return float((2 * np.arange(1, n + 1) - n - 1) @ ordered / (n * everything))


def held(amounts: ArrayLike, top: Curve = TOP) -> Curve:
    """Share of everything that the greatest `top` of amounts (n,) hold, part of one included. NaN without any."""
    ordered = np.sort(np.asarray(amounts, np.float64))[::-1]
    upto = np.concatenate([[0.0], np.cumsum(ordered)])
    if upto[-1] <= 0:
        return (NAN,) * len(top)
    return tuple(np.interp(np.asarray(top) * len(ordered), np.arange(len(upto)), upto / upto[-1]).tolist())


def by_week(log: Log, weight: Floats, launch: Ints, fewest: int = FEWEST) -> Floats:
    """(n, 8) weight (e,) of plays in the first weeks of titles with launch (n,) in ms, 0 for long ago.

    NaN: not launched in the span of the log, with fewer than `fewest` plays in week 1, or a week not over by its end.
    """
    n = len(launch)
    since, until = int(log.at.min()) // DAY * DAY, int(log.at.max())
    week = np.where(launch[log.title] > 0, (log.at - launch[log.title]) // (7 * DAY), -1)
    fresh = (week >= 0) & (week < WEEKS)
    cell = log.title[fresh] * WEEKS + week[fresh]
    weights = np.bincount(cell, weight[fresh], n * WEEKS).reshape(n, WEEKS)
    enough = np.bincount(cell, minlength=n * WEEKS).reshape(n, WEEKS)[:, 0] >= fewest
    over = launch[:, None] + 7 * DAY * np.arange(1, WEEKS + 1) <= until
    return np.where(((launch >= since) & (launch > 0) & enough)[:, None] & over, weights, NAN)


def decay(weeks: Floats) -> Curve:
    """(w,) from hours of titles in w weeks (n, w), NaN unknown. NaN from the first week on that no title tells of."""
    curve = [1.0 if np.isfinite(weeks[:, 0]).any() else NAN]
    for before, after in zip(weeks.T[:-1], weeks.T[1:], strict=True):
        both = np.isfinite(after) & (before > 0)
        curve.append(curve[-1] * float(np.median(after[both] / before[both])) if both.any() else NAN)
    return tuple(curve)


def hours_of_day(at: Ints) -> Curve:
    """(24,) share of moments, ms, by hour of day, UTC."""
    return _shares(at // HOUR % 24, 24)


def days_of_week(at: Ints) -> Curve:
    """(7,) share of moments, ms, by day of week, UTC, from Monday: the first day of 1970 was a Thursday."""
    return _shares((at // DAY + 3) % 7, 7)


def measure(log: Log, reporting: Reporting, titles: int | None = None, launch: Ints | None = None) -> Marginals:
    """All curves of a log.

    titles: how many the catalogue holds, numbered below it; None: unknown, then only titles with a play count.
    launch: (titles,) ms, 0 for long ago; None: unknown, then there is no decay.
    """
    if not len(log):
        return Marginals()
    begun = log.take(log.begun)
    counted = firsts(log) if reporting.firsts else begun
    source = counted if reporting.firsts else log
    weight = np.ones(len(source)) if reporting.firsts else source.hours
    of_title = np.bincount(source.title, weight, titles or 0)
    if titles is None:
        of_title = of_title[of_title > 0]
    of_person = np.bincount(counted.person)
    of_person = of_person[of_person >= max(reporting.least, 1)]
    known = np.isfinite(counted.finished)
    return Marginals(
        popularity=Concentration.of(of_title[of_title >= reporting.floor * of_title.mean()]),
        unplayed=NAN if titles is None else float((of_title == 0).mean()),
        activity=Concentration.of(of_person),
        plays=float(of_person.mean()) if len(of_person) else NAN,
        per_session=_per_session(log),
        repeat=_repeated(begun),
        completion=float(counted.finished[known].mean()) if known.any() else NAN,
        decay=Marginals.decay if launch is None else decay(by_week(source, weight, launch)),
        hours=hours_of_day(counted.at),
        days=days_of_week(counted.at),
    )


def firsts(log: Log) -> Log:
    """The first play of each title by each person, in the order of time."""
    ordered = log.take(np.argsort(log.at, kind="stable"))
    _, first = np.unique(ordered.person * (int(ordered.title.max(initial=0)) + 1) + ordered.title, return_index=True)
    return ordered.take(np.sort(first))


def log_of(happened: Happenings) -> Log:
    """The plays among what happened: hours from the greatest `watched` of each, finished where it was completed."""
    _, visit = np.unique(happened.visit, return_inverse=True)
    page = visit.astype(np.int64) * 128 + happened.part
    start = np.flatnonzero(happened.kind == CODE[Kind.PLAY])
    key = page[start] * 32_768 + happened.place[start]
    order = np.argsort(key, kind="stable")
    about = np.flatnonzero(happened.play >= 0)
    which = order[np.searchsorted(key[order], page[about] * 32_768 + happened.play[about])]  # each PLAY is among them
    seconds, finished = np.zeros(len(start)), np.zeros(len(start))
    np.maximum.at(seconds, which, np.nan_to_num(happened.watched[about].astype(np.float64)))
    finished[which[happened.kind[about] == CODE[Kind.COMPLETE]]] = 1.0
    begun = np.nan_to_num(happened.value[start]) <= 0
    piece = np.maximum(happened.season[start], 0) * np.int64(10_000) + np.maximum(happened.episode[start], 0)
    return Log(
        happened.title[start].astype(np.int64), happened.profile[start].astype(np.int64), happened.at[start],
        seconds / 3600, piece, begun, finished,
    )  # fmt: skip


def compare(real: Marginals, simulated: Marginals) -> list[Row]:
    """A line for each marginal that the real data has. A NaN distance: the simulated log lacks it."""
    return [row for row in _rows(real, simulated) if np.isfinite(row.real)]


def table(rows: list[Row]) -> str:
    """A comparison as text, a line each."""
    width = max((len(row.name) for row in rows), default=0)
    lines = [f"{'':{width}}  {'real':>8}  {'simulated':>9}  {'distance':>8}"]
    lines += [f"{r.name:{width}}  {r.real:8.3f}  {r.simulated:9.3f}  {r.distance:8.3f}" for r in rows]
    return "\n".join(lines)


def _rows(real: Marginals, simulated: Marginals) -> Iterator[Row]:
    for name in ("popularity", "activity"):
        a, b = getattr(real, name), getattr(simulated, name)
        yield _single(f"{name} Gini", a.gini, b.gini)
        yield _single(f"{name}, top 1%", a.held[TOP.index(0.01)], b.held[TOP.index(0.01)])
        yield _single(f"{name}, top 10%", a.held[TOP.index(0.1)], b.held[TOP.index(0.1)])
        yield _widest(f"{name} curve, widest at top", [f"{share:.0%}" for share in TOP], a.held, b.held)
    for name, field in SINGLES.items():
        yield _single(name, getattr(real, field), getattr(simulated, field))
    for week in range(2, WEEKS + 1):
        yield _single(f"week {week} after the launch", real.decay[week - 1], simulated.decay[week - 1])
    yield _moved("hour of day, UTC, widest at", [f"{hour:02d}" for hour in range(24)], real.hours, simulated.hours)
    days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    yield _moved("day of week, UTC, widest on", days, real.days, simulated.days)


SINGLES = {
    "titles without a play": "unplayed", "plays of a person": "plays", "plays of a session": "per_session",
    "repeats": "repeat", "finished": "completion",
}  # fmt: skip


def _single(name: str, real: float, simulated: float) -> Row:
    return Row(name, real, simulated, abs(real - simulated))


def _widest(name: str, points: list[str], real: Curve, simulated: Curve) -> Row:
    gaps = np.nan_to_num(np.abs(np.subtract(real, simulated)))
    at = int(gaps.argmax())
    return _single(f"{name} {points[at]}", real[at], simulated[at])


def _moved(name: str, points: list[str], real: Curve, simulated: Curve) -> Row:
    moved = float(np.abs(np.subtract(real, simulated)).sum() / 2)
    return _widest(name, points, real, simulated)._replace(distance=moved)


def _shares(bins: Ints, n: int) -> Curve:
    counts = np.bincount(bins, minlength=n)
    return tuple((counts / counts.sum()).tolist()) if len(bins) else (NAN,) * n


def _per_session(log: Log) -> float:
    order = np.lexsort((log.at, log.person))
    person, at = log.person[order], log.at[order]
    over = at + (log.hours[order] * HOUR).astype(np.int64)
    new = (np.diff(person) != 0) | (at[1:] - over[:-1] > IDLE)
    return len(log) / (1 + int(new.sum()))


def _repeated(begun: Log) -> float:
    if not len(begun):
        return NAN
    whole = replace(begun, title=begun.title * (int(begun.piece.max()) + 1) + begun.piece)
    return 1 - len(firsts(whole)) / len(begun)
