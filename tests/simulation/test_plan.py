"""A plan: twins that share all but their pages, and the same bytes from the same seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import msgspec
import numpy as np
import pytest

from playbill.app import Playbill
from playbill.errors import InputError
from playbill.events import DAY, ControlSet, ProfileSet, Sendable, Title, TitleRemoved, TitleSet
from playbill.simulation.dice import Dice
from playbill.simulation.folder import read, simulate
from playbill.simulation.outcome import MEASURES, Outcome, Sums, compare
from playbill.simulation.parameters import Parameters, with_values
from playbill.simulation.plan import Plan, run, titles_for
from playbill.simulation.service import Happenings, Numbers, Visits
from playbill.simulation.stand_ins import BestPages, PopularPages, RandomPages, StandIn
from playbill.simulation.world import World

LIVELY = with_values(
    Parameters(), {"people.sessions_per_day": 1.5, "titles.launches": 0.5, "people.profiling_off": 0.3}
)
PLAN = Plan(members=40, days=3, history=2, titles=120, rows=4, columns=8, parameters=LIVELY)


def table(path: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as con:
        con.read_parquet(str(path)).create_view("rows")
        return con.execute(query).fetchall()


def log_of(home: Path) -> list[bytes]:
    with Playbill(home) as service:
        return [msgspec.json.encode((seq, event)) for seq, event in service.log.read(0)]


# The same seed -------------------------------------------------------------------------------------------------------


def test_the_same_plan_gives_the_same_bytes_whatever_the_processes(tmp_path: Path) -> None:
    plan = replace(PLAN, policies=("playbill", "random"), truth=True, days=2, train_days=1)
    simulate(plan, tmp_path / "one")
    simulate(replace(plan, processes=2), tmp_path / "two")
    for name in ("days.parquet", "visits.parquet"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    log = log_of(tmp_path / "one" / "playbill")
    assert len(log) > 500 and log == log_of(tmp_path / "two" / "playbill")


def test_another_seed_gives_another_world() -> None:
    one, two = (run(replace(PLAN, seed=seed), "random") for seed in (7, 8))
    assert one.totals.plays != two.totals.plays


class Watcher:
    """Makes a stand-in that notes what it begins with and what it is told of titles and profiles."""

    def __init__(self, kind: type[StandIn]) -> None:
        self._kind, self.lives, self.told = kind, dict[str, Any](), list[Any]()
        self.facts: list[Any] = []
        self.history: Happenings | None = None

    def __call__(self, world: World) -> StandIn:
        pages = self._kind(world, (4, 8))
        begin = pages.begin

        def noted(facts: Sequence[Sendable], history: Happenings | None, now: int) -> None:
            self.lives = {name: np.copy(value) for name, value in vars(world.lives).items()}
            self.facts, self.history = list(facts), history
            begin(facts, history, now)

        pages.begin = noted  # type: ignore[method-assign]
        pages.tell = lambda facts, now: self.told.extend(facts)  # type: ignore[method-assign]
        return pages


def test_twins_begin_the_first_day_in_the_same_state() -> None:
    one, two = Watcher(PopularPages), Watcher(RandomPages)
    for name, watcher in (("one", one), ("two", two)):
        run(PLAN, name, watcher)
    assert one.lives.keys() == two.lives.keys() and one.facts == two.facts
    for name, value in one.lives.items():
        np.testing.assert_array_equal(value, two.lives[name], name)
    assert one.history is not None and two.history is not None and len(one.history) > 50
    for field in fields(Happenings):
        np.testing.assert_array_equal(getattr(one.history, field.name), getattr(two.history, field.name))
    assert one.history.at.max() <= PLAN.begin
    assert (one.lives["satisfaction"] != 0).any()  # the history has left its traces


def test_a_service_knows_what_was_there_before_the_first_day_and_is_told_the_rest_later() -> None:
    watcher = Watcher(PopularPages)
    run(replace(PLAN, days=20, members=12), "popular", watcher)
    launched = {fact.title.id: fact.title.added for fact in watcher.facts + watcher.told if isinstance(fact, TitleSet)}
    late = {fact.title.id for fact in watcher.told if isinstance(fact, TitleSet)}
    assert late == {title for title, added in launched.items() if added is not None and added >= PLAN.begin} != set()
    assert all(fact.at < PLAN.begin for fact in watcher.facts)
    assert all(fact.at >= PLAN.begin for fact in watcher.told)
    assert {type(fact) for fact in watcher.facts} == {TitleSet, ProfileSet, ControlSet}


# Twins ---------------------------------------------------------------------------------------------------------------


def test_pages_by_the_truth_are_better_than_random_ones() -> None:
    plan = replace(PLAN, members=120, days=4)
    found = {line.measure: line for line in compare(run(plan, "best", BestPages), run(plan, "random"))}
    assert list(found) == list(MEASURES)
    for name in ("found", "hours", "enjoyment"):
        assert found[name].low > 0 and found[name].value > found[name].against_value
        assert found[name].low < found[name].difference < found[name].high


def test_a_policy_does_not_differ_from_itself() -> None:
    one, two = run(PLAN, "popular"), run(PLAN, "popular")
    assert one.days == two.days
    assert {(line.difference, line.low, line.high) for line in compare(one, two)} == {(0.0, 0.0, 0.0)}


def test_worlds_that_are_no_twins_are_not_compared() -> None:
    with pytest.raises(InputError, match="no twins"):
        compare(run(PLAN, "random"), run(replace(PLAN, seed=8), "random"))


def test_a_ranker_of_ones_own_is_a_few_lines() -> None:
    class Newest(StandIn):
        def order(self, visits: Visits, among: Numbers, k: int) -> Numbers:
            newest = among[np.argsort(-self.world.titles.launch[among], kind="stable")][:k]
            return np.broadcast_to(newest, (len(visits), len(newest)))

    ours = run(PLAN, "newest", Newest)
    assert ours.totals.policy == "newest" and ours.totals.plays > 0
    assert compare(ours, run(PLAN, "best"))[0].difference < 0


def of(sums: Sums, account: np.ndarray) -> Outcome:
    """As much of an outcome as a comparison looks at."""
    members = type("Members", (), {"account": account, "__len__": lambda self: len(account)})()
    world: Any = SimpleNamespace(members=members, dice=Dice(1))
    return Outcome("x", date(2026, 1, 5), (), sums, np.zeros(1, np.int64), {}, {}, {}, world)


def sums(**columns: np.ndarray) -> Sums:
    p = len(next(iter(columns.values())))
    return Sums(*(columns.get(field.name, np.ones(p)) for field in fields(Sums)))


def test_with_equal_denominators_the_interval_is_that_of_paired_means() -> None:
    hours = 3 + Dice(3).normal("hours", np.arange(2)[:, None], np.arange(40))
    account = np.arange(40)
    line = compare(*(of(sums(hours=own), account) for own in hours))[1]
    gaps = hours[0] - hours[1]
    margin = 1.96 * gaps.std(ddof=1) / np.sqrt(40)
    assert (line.measure, line.difference) == ("hours", pytest.approx(gaps.mean()))
    assert (line.low, line.high) == (pytest.approx(gaps.mean() - margin), pytest.approx(gaps.mean() + margin))


def test_intervals_cover_the_true_difference_of_ratios_as_often_as_they_say() -> None:
    dice, account, covered = Dice(5), np.repeat(np.arange(100), 2), 0
    for trial in range(400):
        person = np.arange(200)
        shared = dice.normal("shared by an account", trial, account)  # persons of one account are alike
        liking = 0.1 * np.tanh(shared)[:, None]
        pages = [1.0 + dice.poisson(np.exp(0.5 * shared), "pages", trial, person, twin) for twin in range(2)]
        found = [
            (dice.uniform("found", trial, person[:, None], np.arange(60), twin) < share + liking)
            & (np.arange(60) < own[:, None])
            for twin, (share, own) in enumerate(zip((0.6, 0.5), pages, strict=True))
        ]  # fmt: skip
        line = compare(*(of(sums(found=f.sum(1), browsed=p), account) for f, p in zip(found, pages, strict=True)))[0]
        covered += line.low <= 0.1 <= line.high
    assert 0.92 <= covered / 400 <= 0.98


def test_what_persons_did_adds_up_to_the_days() -> None:
    outcome = run(replace(PLAN, truth=True), "popular")
    days, sums, truth = outcome.days, outcome.sums, outcome.truth
    assert [day.day for day in days] == [0, 1, 2]
    assert truth is not None and len(truth) == sums.pages.sum() == sum(day.pages for day in days)
    assert sums.plays.sum() == outcome.plays_by_title.sum() == sum(day.plays for day in days)
    assert sums.hours.sum() == pytest.approx(sum(day.hours for day in days))
    assert sums.enjoyment.sum() == pytest.approx(sum(day.enjoyment * day.pages for day in days))
    assert sums.titles.sum() == len(
        set(zip(truth.person.tolist(), truth.title.tolist(), strict=True)) - {(p, -1) for p in range(len(sums))}
    )
    assert sums.days.max() == 3 and (sums.pages[sums.days == 0] == 0).all()
    assert outcome.totals.hours == pytest.approx(sums.hours.sum() / sums.days.sum())


def test_who_leaves_counts_as_not_watching() -> None:
    plan = replace(
        PLAN, members=20, days=31, parameters=with_values(LIVELY, {"staying.churn": 0.9, "staying.back": 0.0})
    )
    outcome = run(plan, "random")
    world = outcome.world
    gone = world.lives.joined & ~world.lives.active
    assert outcome.totals.kept < 0.5 and gone.any()
    assert outcome.sums.days[gone[world.members.account]].max() == 31
    assert outcome.totals.accounts == world.lives.active.sum()


# A folder ------------------------------------------------------------------------------------------------------------


def test_a_folder_holds_all_that_was_done(tmp_path: Path) -> None:
    plan = replace(PLAN, policies=("popular", "random"), truth=True)
    outcomes = simulate(plan, tmp_path)
    assert read(tmp_path / "plan.json") == plan
    rows = table(
        tmp_path / "days.parquet",
        "select policy, cast(min(date) as varchar), count(*), sum(pages) from rows group by policy order by policy",
    )
    assert rows == [(o.policy, "2026-01-05", 3, sum(d.pages for d in o.days)) for o in outcomes]
    visits = table(
        tmp_path / "visits.parquet",
        "select count(*), count(title), min(profile), max(intent) from rows where policy = 'popular'",
    )
    totals = outcomes[0].totals
    assert visits[0][:2] == (totals.pages, totals.plays) and visits[0][2].startswith("m") and visits[0][3] == "search"
    written = msgspec.json.decode((tmp_path / "outcome.json").read_bytes())
    assert [t["plays"] for t in written["totals"]] == [o.totals.plays for o in outcomes]
    assert [line["measure"] for line in written["differences"]] == list(MEASURES)


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="not made by a simulation"):
        simulate(PLAN, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_an_interrupted_run_says_so_and_lets_go_of_its_service(tmp_path: Path) -> None:
    def interrupt(what: str, share: float) -> None:
        if "week 1" in what and share > 0.2:
            raise KeyboardInterrupt

    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        simulate(replace(PLAN, policies=("playbill",)), out, interrupt)
    assert sorted(path.name for path in out.iterdir()) == ["plan.json", "playbill"]
    with pytest.raises(InputError, match="did not come to its end"):
        simulate(PLAN, out)
    assert len(log_of(out / "playbill")) > 100


# Catalogues and mistakes ---------------------------------------------------------------------------------------------


def test_the_catalogue_of_a_service_can_be_lived_with(tmp_path: Path) -> None:
    with Playbill(tmp_path, clock=lambda: PLAN.begin) as service:
        films = [Title(f"t{n}", f"Film {n}", "film", 2000, ("Drama",)) for n in range(30)]
        service.record([TitleSet(f"s{film.id}", PLAN.begin - DAY, film) for film in films])
        service.record([TitleRemoved("gone", PLAN.begin, "t7")])
    plan = replace(PLAN, catalogue=str(tmp_path))
    assert [title.id for title in titles_for(plan)] == [film.id for film in films if film.id != "t7"]
    outcome = run(plan, "popular")
    assert outcome.totals.titles_there == 29 and outcome.totals.plays > 0


def test_the_shipped_catalogue_is_the_one_of_the_demo() -> None:
    titles = titles_for(replace(PLAN, catalogue="shipped"))
    assert len(titles) > 5_000 and titles[0].id.startswith("tt")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"members": 0}, "members: 0"),
        ({"days": 0}, "days: 0"),
        ({"history": -1}, "history: -1"),
        ({"processes": 0}, "processes: 0"),
        ({"snapshot_hours": float("nan")}, "snapshot_hours: nan"),
        ({"policies": ("popula",)}, "Did you mean 'popular'"),
        ({"policies": ("popular", "popular")}, "each once"),
        ({"policies": ()}, "at least one"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        replace(PLAN, **changes)


def test_a_folder_without_a_service_is_no_catalogue_and_stays_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not the folder of a service"):
        titles_for(replace(PLAN, catalogue=str(tmp_path)))
    assert list(tmp_path.iterdir()) == []


def test_a_playbill_needs_a_folder() -> None:
    with pytest.raises(InputError, match="application"):
        run(PLAN, "playbill")


def test_a_file_that_is_no_plan_is_refused(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text('{"plan": {"members": "many"}}')
    for name in ("plan.json", "nothing.json"):
        with pytest.raises(InputError, match="is no plan"):
            read(tmp_path / name)


@pytest.mark.parametrize("members", [1, 3])
def test_a_world_of_hardly_anybody_runs(members: int, tmp_path: Path) -> None:
    plan = replace(PLAN, members=members, history=0, days=2, policies=("playbill", "popular"), truth=True)
    assert [len(outcome.days) for outcome in simulate(plan, tmp_path)] == [2, 2]
