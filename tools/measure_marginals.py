"""Measures the marginals that the simulated worlds are calibrated to, and prints them as constants.

    python tools/measure_marginals.py DATA_DIR

DATA_DIR holds ml-1m/{ratings,movies}.parquet and netflix-top10/{engagement_2023H1,global_weekly}.parquet, which may be
measured but not shipped; the ratings that come with playbill are measured as well. The Netflix engagement report of
January to June 2023 lists titles with more than 50,000 hours, in steps of 100,000, a season as a title; by its own
words that is 99 % of all viewing. The weekly list holds ten titles in each of four categories.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from playbill.data import shipped
from playbill.events import DAY
from playbill.simulation.marginals import WEEKS, Concentration, Log, Marginals, Reporting, decay, measure
from playbill.slate import Floats

RATINGS = Reporting(firsts=True)
FLOOR = 50_000
"""Hours, from which the engagement report lists a title."""


def main(folder: Path) -> None:
    """Print all of it."""
    for name, marginals in (
        ("NETFLIX", netflix(folder / "netflix-top10")),
        ("ML_1M", ml_1m(folder / "ml-1m")),
        ("SHIPPED", shipped_ratings()),
    ):
        print(f"\n{name} = {literal(marginals)}")


# Ratings -------------------------------------------------------------------------------------------------------------


def ml_1m(folder: Path) -> Marginals:
    """MovieLens 1M: persons who left fewer than 20 ratings are not in it. Hours, days: exact times only."""
    person, title, at, exact = (
        np.array(column) for column in zip(
            *rows(f"select user_id, movie_id, timestamp, ts_exact from '{folder}/ratings.parquet'"), strict=True
        )
    )  # fmt: skip
    known = rows(f"select count(*) from '{folder}/movies.parquet'")[0][0]
    return rated("ml-1m", title, person, at, known, exact, replace(RATINGS, least=20))


def shipped_ratings() -> Marginals:
    """The ratings that come with playbill, over the whole of their catalogue."""
    columns = shipped.ratings()
    at = np.array(columns["at"]) // 1_000
    everything = np.full(len(at), True)
    titles, persons = (np.array(columns[name]) for name in ("title", "profile"))
    return rated("shipped", titles, persons, at, len(shipped.titles()), everything, RATINGS)


def rated(name: str, title: Any, person: Any, at: Any, known: int, exact: Any, reporting: Reporting) -> Marginals:
    """Ratings. They come in bursts and once for each title: they tell nothing of sessions, repeats and completion."""
    numbers, persons = (np.unique(column, return_inverse=True)[1] for column in (title, person))
    log = Log.of(numbers, persons, at * 1_000)
    over_all, over_rated = measure(log, reporting, known), measure(log, reporting)
    timed = measure(log.take(exact), reporting)
    span = (log.at.max() - log.at.min()) / DAY
    print(
        f"{name}: {len(log):,} ratings of {len(np.unique(title)):,} of {known:,} titles by {len(np.unique(person)):,} "
        f"persons in {span:.0f} days; {over_all.per_session:.1f} in a sitting; {exact.mean():.1%} with exact times\n"
        f"  popularity Gini {over_all.popularity.gini:.4f} over all titles, {over_rated.popularity.gini:.4f} over rated"
        f" ones; {singles(log.title):.3f} of rated titles and {singles(log.person):.3f} of persons have one rating"
    )
    return replace(over_all, per_session=np.nan, repeat=np.nan, hours=timed.hours, days=timed.days)


def singles(numbers: Any) -> float:
    """Share of those that occur at all which occur once."""
    counts = np.bincount(numbers)
    return float((counts == 1).sum() / (counts > 0).sum())


# Hours ---------------------------------------------------------------------------------------------------------------


def netflix(folder: Path) -> Marginals:
    """Hours of a title in half a year, and weekly decay after the launch. Nothing is known of persons."""
    hours = np.array(rows(f"select hours_viewed from '{folder}/engagement_2023H1.parquet'"), float)[:, 0]
    popularity = Concentration.of(hours)
    missing = hours.sum() / 99
    most = Concentration.of(np.concatenate([hours, np.full(int(missing / FLOOR), FLOOR)]))
    print(
        f"netflix: {len(hours):,} titles, {hours.sum() / 1e9:.4f} billion hours, floor {FLOOR / hours.mean():.4f} of"
        f" the mean; {(hours == 100_000).mean():.3f} of titles at 100,000\n  popularity Gini {popularity.gini:.4f};"
        f" {most.gini:.4f} if the missing 1 % lay at the floor; spread of log hours {np.log(hours).std():.3f}"
    )
    return Marginals(popularity=popularity, decay=after_launch(folder))


def after_launch(folder: Path) -> tuple[float, ...]:
    """Weekly decay of titles whose release day is known, in whole weeks after that day.

    Weeks of the list end on Sundays, and most titles come out on a Friday or Wednesday, so the first is a part of one:
    hours since release are interpolated between the ends of weeks. Titles leave the list; `decay` chains ratios of
    successive weeks among those still on it, and two bounds are printed beside that: the median with a title that has
    left at the hours of the tenth place, and at none.
    """
    weeks, bound, days = listed(folder)
    exact = np.array([whole_weeks(own, first) for own, first in zip(weeks, days, strict=True)])
    upper, lower = (
        np.array([whole_weeks(np.where(np.isnan(own), fill, own), first) for own, fill, first in zip(
            weeks, filled, days, strict=True
        )]) for filled in (bound, np.zeros_like(bound))
    )  # fmt: skip
    curve = decay(exact)
    for name, values in (
        ("calendar weeks", decay(weeks[:, :WEEKS])), ("still listed", np.isfinite(exact).mean(0)), ("weeks", curve),
        ("at most", np.median(upper / upper[:, :1], 0)), ("at least", np.median(lower / lower[:, :1], 0)),
    ):  # fmt: skip
        print(
            f"  {name:15}", *(f"{value:.3f}" for value in values), f"({len(weeks)} titles)" if name == "weeks" else ""
        )
    return curve


def listed(folder: Path) -> tuple[Floats, Floats, Floats]:
    """(n, 9) hours by calendar week from the release on, NaN where not listed; (n, 9) those of the tenth place of the
    category; (n,) days of the first week. Titles whose release day the engagement report knows."""
    released = dict(rows(f"""
        select split_part(title, ' // ', 1), try_cast(release_date as date)
        from '{folder}/engagement_2023H1.parquet' where release_date is not null
    """))  # fmt: skip
    series: dict[tuple[str, str], dict[date, int]] = {}
    tenth: dict[tuple[str, date], int] = {}
    for title, category, week, hours in rows(f"""
        select coalesce(season_title, show_title), category, week, sum(weekly_hours_viewed)
        from '{folder}/global_weekly.parquet' group by all order by all
    """):  # fmt: skip
        series.setdefault((title, category), {})[week] = hours
        tenth[category, week] = min(hours, tenth.get((category, week), hours))
    last = max(week for _, week in tenth)
    found = []
    for (title, category), own in series.items():
        first = min(own)
        ahead = [date.fromordinal(first.toordinal() + 7 * k) for k in range(WEEKS + 1)]
        days = (first - released[title]).days + 1 if title in released else 0
        if 1 <= days <= 7 and ahead[-1] <= last:
            found.append(([own.get(w, np.nan) for w in ahead], [tenth[category, w] for w in ahead], days))
    weeks, bound, days_of = zip(*found, strict=True)
    return np.array(weeks, float), np.array(bound, float), np.array(days_of, float)


def whole_weeks(hours: Floats, days: float) -> Floats:
    """(8,) hours in each week after the release, from (9,) those of calendar weeks of which the first has `days`."""
    ends = np.concatenate([[0.0], days + 7 * np.arange(len(hours))])
    upto = np.interp(7 * np.arange(WEEKS + 1), ends, np.concatenate([[0.0], np.cumsum(hours)]))
    return np.diff(upto)


# Printing ------------------------------------------------------------------------------------------------------------


def rows(query: str) -> list[tuple[Any, ...]]:
    """The answer to a query."""
    with duckdb.connect() as con:
        return con.execute(query).fetchall()


def literal(marginals: Marginals) -> str:
    """The marginals as Python, without what is not known."""

    def text(value: Any) -> str:
        if isinstance(value, Concentration):
            return f"Concentration({value.gini:.4f}, {text(value.held)})"
        return f"({', '.join(f'{v:.4f}' for v in value)})" if isinstance(value, tuple) else f"{value:.4f}"

    known = {name: value for name, value in vars(marginals).items() if "nan" not in text(value)}
    return f"Marginals({', '.join(f'{name}={text(value)}' for name, value in known.items())})"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]))
