from __future__ import annotations

import os
import socket
import threading
from itertools import chain
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from benchmarks import durable, http, importing, install, machine, page, thumbs
from benchmarks.__main__ import main
from benchmarks.figures import FIGURES, Figure
from benchmarks.reading import BenchmarkError, Reading, quantile, quantile_interval
from benchmarks.register import chosen, run
from benchmarks.server import running, worker_of
from benchmarks.service import fingerprint, members
from hypothesis import given
from hypothesis import strategies as st

from playbill.app import Playbill
from playbill.errors import InputError
from playbill.events import Action, Kind, ProfileSet, Title, TitleSet
from playbill.exchange import FORMATS

NOW = 1_378_000_000_000


def group(*readings: Reading) -> Any:
    """A group that hands over these readings, and counts how often it ran."""
    ran: list[tuple[bool, int]] = []

    def measure(quick: bool, seed: int) -> list[Reading]:
        """Not measured at all."""
        ran.append((quick, seed))
        return list(readings)

    measure.ran = ran  # type: ignore[attr-defined]
    return measure


def figure(name: str, measure: Any, better: Any = "lower", floor: float = 10, **more: Any) -> Figure:
    return Figure(name, "ms", floor, None, better, "An example.", measure, **more)


# The register ---------------------------------------------------------------------------------------------------------


def test_every_figure_has_a_name_of_its_own_and_says_what_it_means_and_how_it_is_measured() -> None:
    assert len({f.name for f in FIGURES}) == len(FIGURES)
    assert all(f.means.endswith(".") and f.measure.__doc__ for f in FIGURES)


@pytest.mark.parametrize("claim", [f for f in FIGURES if f.aim is not None], ids=lambda f: f.name)
def test_an_aim_lies_beyond_its_floor(claim: Figure) -> None:
    assert claim.aim is not None
    assert claim.aim < claim.floor if claim.better == "lower" else claim.aim > claim.floor


def test_a_floor_itself_still_holds() -> None:
    at, over = Reading(name="x", value=10, data=""), Reading(name="x", value=10.1, data="")
    lower, higher = figure("x", group()), figure("x", group(), "higher")
    assert (lower.holds(at), lower.holds(over)) == (True, False)
    assert (higher.holds(at), higher.holds(over), higher.holds(Reading(name="x", value=9.9, data=""))) == (
        True, True, False,
    )  # fmt: skip


def test_a_gain_whose_interval_reaches_the_floor_does_not_hold() -> None:
    gain = figure("gain", group(), "higher", 0.0, by_interval=True)
    assert gain.holds(Reading(name="gain", value=0.1, data="", interval=(0.01, 0.2)))
    assert not gain.holds(Reading(name="gain", value=0.1, data="", interval=(0.0, 0.2)))


def test_names_prefixes_and_all_choose_figures_in_the_registers_order() -> None:
    some = [figure(name, group()) for name in ("page.p50", "page.p99", "pages.overlap", "http.p99")]
    assert [f.name for f in chosen(["page"], some)] == ["page.p50", "page.p99"]
    assert [f.name for f in chosen(["http.p99", "page.p50"], some)] == ["page.p50", "http.p99"]
    assert [f.name for f in chosen(["page.p"], some)] == ["page.p50", "page.p99"]
    assert chosen(["all"], some) == some


@pytest.mark.parametrize(("wrong", "near"), [("page.p98", "page.p99"), ("htpp", "http"), ("", "lists them")])
def test_an_unknown_figure_is_an_error_that_names_the_nearest(wrong: str, near: str) -> None:
    with pytest.raises(InputError, match=near):
        chosen([wrong], [figure(name, group()) for name in ("page.p99", "http.p99")])


def test_figures_of_one_group_come_from_one_run() -> None:
    both = group(Reading(name="a", value=1, data="d"), Reading(name="b", value=2, data="d"))
    lines = list(run([figure("a", both), figure("b", both)], quick=True, seed=3))
    assert [line["value"] for line in lines] == [1, 2]
    assert both.ran == [(True, 3)]


def test_a_figure_that_its_group_did_not_measure_is_an_error() -> None:
    with pytest.raises(BenchmarkError, match="b was not measured"):
        list(run([figure("b", group(Reading(name="a", value=1, data="")))], quick=False, seed=7))


# The command ----------------------------------------------------------------------------------------------------------


def test_a_line_of_json_has_all_that_is_needed_to_judge_a_figure(capsys: pytest.CaptureFixture[str]) -> None:
    measured = group(Reading(name="a", value=5.0, data="d", interval=(4.0, 6.0), beside={"n": 3}))
    assert main(["a", "--json"], [figure("a", measured)]) == 0
    line = msgspec.json.decode(capsys.readouterr().out)
    assert list(line) == [
        "name", "value", "unit", "floor", "aim", "holds", "data", "seed", "versions", "machine", "seconds", "interval",
        "beside",
    ]  # fmt: skip
    assert set(line["versions"]) == {"python", "playbill", "numpy", "sqlite"}
    assert {"cpu", "cores", "memory_gib"} <= set(line["machine"])
    assert line["holds"] is True


def test_a_short_form_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    one = [figure("a", group(Reading(name="a", value=5.0, data="d")))]
    main(["a", "--json", "--quick"], one)
    assert msgspec.json.decode(capsys.readouterr().out)["quick"] is True
    main(["a", "--quick"], one)
    assert "not to be quoted" in capsys.readouterr().out


def test_only_with_check_does_a_floor_that_does_not_hold_fail_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    bad = [figure("a", group(Reading(name="a", value=11, data="d", beside={"ms": {"p50": 3.5}})))]
    assert (main(["a"], bad), main(["a", "--check"], bad)) == (0, 1)
    said = capsys.readouterr().out
    assert "!!" in said and "p50 3.5" in said


def test_a_name_that_is_not_known_ends_with_two_and_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pgae"], [figure("page", group())]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_what_was_measured_before_a_failure_is_still_shown(capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = figure("a", group(Reading(name="a", value=5, data="d"))), figure("b", group())
    assert main(["all"], [good, bad]) == 2
    said = capsys.readouterr()
    assert "5 ms" in said.out and "b was not measured" in said.err


def test_without_a_name_every_figure_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    listed = capsys.readouterr().out
    assert all(f.name in listed for f in FIGURES)
    main(["--json"])
    assert len(capsys.readouterr().out.splitlines()) == len(FIGURES)


# Order statistics -----------------------------------------------------------------------------------------------------


def test_a_quantile_is_a_value_that_was_measured() -> None:
    assert quantile([1, 2, 3, 4], 0.5) == 2
    assert quantile(range(1, 101), 0.99) == 99
    assert quantile([7, 9], 0.99) == 9
    with pytest.raises(BenchmarkError, match="Nothing"):
        quantile([], 0.5)


def test_the_interval_of_a_median_of_a_hundred_has_the_ranks_of_the_tables() -> None:
    assert quantile_interval(range(1, 101), 0.5) == (40, 61)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=300), st.sampled_from([0.5, 0.9, 0.99]))
def test_an_interval_holds_its_quantile(values: list[float], share: float) -> None:
    low, high = quantile_interval(values, share)
    assert low <= quantile(values, share) <= high


# The machine ----------------------------------------------------------------------------------------------------------


def test_a_folder_lies_on_the_file_system_mounted_nearest_above_it(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"d / ext4 rw 0 0\nt {tmp_path.resolve() / 'memory'} tmpfs rw 0 0\n")
    assert machine.real_disk(tmp_path, mounts) == "ext4"
    with pytest.raises(BenchmarkError, match="TMPDIR"):
        machine.real_disk(tmp_path / "memory" / "deep", mounts)
    assert machine.file_system(tmp_path, tmp_path / "nowhere") == "unknown"


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="the system does not tell")
def test_the_process_behind_a_connection_is_found() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as client:
        accepted, _ = listener.accept()
        with accepted:
            port, own = listener.getsockname()[1], client.getsockname()[1]
            assert worker_of(port, own, [os.getpid()]) == os.getpid()
            assert worker_of(port, own, []) is None


def test_a_server_that_does_not_start_is_an_error_with_its_own_words(tmp_path: Path) -> None:
    with pytest.raises(BenchmarkError, match="No such option"), running("serve", tmp_path, "--nonsense"):
        pass


# A small service ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Eighty titles and fifteen members who rated twenty-five of them, one of them a child; and somebody made up."""
    genres = ("Drama", "Comedy", "Action", "Thriller")
    titles = [
        Title(f"t{n}", f"Film {n}", year=1990 + n % 30, genres=(genres[n % 4],), maturity="PG") for n in range(80)
    ]
    who = [ProfileSet(f"w{m}", f"m{m:02d}", NOW, "a", "M", ceiling=12 if m == 0 else None) for m in range(15)]
    made_up = ProfileSet("w99", "zoe", NOW, "a", "Zoe", made_up=True)
    ratings = [
        Action(f"r{m}-{n}", f"m{m:02d}", Kind.RATING, NOW + n, title=f"t{(m * 7 + n * 3) % 80}", value=float(n % 10))
        for m in range(15)
        for n in range(25)
    ]
    with Playbill(tmp_path_factory.mktemp("service"), clock=lambda: NOW + 1_000) as service:
        service.record([*(TitleSet(f"s{t.id}", NOW, t) for t in titles), *who, made_up, *ratings])
        service.train()
        yield service


def test_members_to_measure_have_no_ceiling_and_ratings_enough_or_are_made_up(service: Playbill) -> None:
    assert members(service, least=20) == [f"m{m:02d}" for m in range(1, 15)] + ["zoe"]
    assert members(service, least=26) == ["zoe"]


def test_a_sample_asks_each_member_once_and_the_same_seed_draws_the_same(service: Playbill) -> None:
    asked: list[str] = []
    watched = SimpleNamespace(
        log=service.log, homepage=lambda profile, shape: asked.append(profile) or service.homepage(profile, shape=shape)
    )
    sample = page.sample_of(watched, 6, seed=1, pinned=False)  # type: ignore[arg-type]
    assert len(asked) == len(set(asked)) == 6 + page.WARM
    assert len(sample.milliseconds) == len(sample.cpu_ms) == len(sample.body) == 6
    assert all(0 < slots <= 80 for slots in sample.slots)
    assert page.sample_of(service, 6, seed=1, pinned=False).slots == sample.slots


def test_too_few_members_are_an_error_rather_than_a_warm_cache(service: Playbill) -> None:
    with pytest.raises(BenchmarkError, match="15 have ratings enough"):
        page.sample_of(service, 11, seed=1, pinned=False)


def test_the_fingerprint_is_the_packages() -> None:
    assert fingerprint() == fingerprint()
    assert len(fingerprint()) == 12


# Load -----------------------------------------------------------------------------------------------------------------


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def perf_counter(self) -> float:
        return self.now

    process_time = perf_counter

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Slow:
    """A connection whose answers take so long, by a clock."""

    def __init__(self, clock: Clock, seconds: list[float]) -> None:
        self._clock, self._seconds = clock, iter(seconds)

    def get_page(self, profile: str, shape: tuple[int, int]) -> bytes:
        self._clock.sleep(next(self._seconds))
        if profile == "broken":
            raise BenchmarkError("500")
        return b"page"

    def close(self) -> None:
        pass


def test_a_slow_answer_counts_against_all_that_waited_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(http, "time", clock)
    monkeypatch.setattr(http, "WARM", 0)
    server = SimpleNamespace(clients=lambda each, workers: [[Slow(clock, [5.0] + [0.0] * 24)]])
    load = http.run(server, ["m"], (12, 24), 0.5, seed=1)  # type: ignore[arg-type]
    assert len(load.latency_ms) == 25
    assert load.latency_ms[0] == pytest.approx(5_000)
    assert all(later > 4_000 for later in load.latency_ms)  # all 25 were due within about half a second
    assert load.late_ms[0] == pytest.approx(0) and load.late_ms[-1] > 4_000


def test_a_load_with_errors_gives_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(http, "time", clock)
    monkeypatch.setattr(http, "WARM", 0)
    server = SimpleNamespace(clients=lambda each, workers: [[Slow(clock, [0.0] * 25)]], cpu=dict)
    with pytest.raises(BenchmarkError, match="25 of 25 requests failed, first: 500"):
        http._watched(server, ["broken"], (12, 24), 0.5, seed=1)  # type: ignore[arg-type]


# Thumbs ---------------------------------------------------------------------------------------------------------------


class Shelf:
    """A server that shows what got no thumb down; `obeys` says whether it listens."""

    def __init__(self, titles: list[str], obeys: bool = True) -> None:
        self.titles, self.obeys, self.asked = titles, obeys, list[tuple[str, int]]()

    def clients(self, each: int, workers: int) -> list[list[Any]]:
        return [[SimpleNamespace(get_page=self._page(w), record=self._record(w))] for w in range(workers)]

    def _page(self, worker: int) -> Any:
        def page(profile: str, shape: tuple[int, int]) -> bytes:
            self.asked.append(("page", worker))
            slots = [{"title": {"id": title}} for title in self.titles]
            return msgspec.json.encode({"now": NOW, "profile": {"id": profile}, "rows": [{"slots": slots}]})

        return page

    def _record(self, worker: int) -> Any:
        def record(events: list[dict[str, Any]]) -> None:
            self.asked.append(("thumb", worker))
            for event in events if self.obeys else ():
                self.titles.remove(event["title"])
                if event["value"] > 0:
                    self.titles.insert(0, event["title"])

        return record


def test_a_page_is_asked_for_from_another_worker_than_took_the_thumb() -> None:
    shelf, tally = Shelf(list("abcdef")), thumbs.Tally()
    rounds = thumbs.Rounds(shelf, seed=1)  # type: ignore[arg-type]
    for _ in range(3):
        rounds.down("m", tally)
    assert not tally.disobeyed and tally.slots == [5, 4, 3] and len(tally.milliseconds) == 3
    pairs = [(shelf.asked[n], shelf.asked[n + 1]) for n in (1, 4, 7)]
    assert all(thumb[0] == "thumb" and after == ("page", 1 - thumb[1]) for thumb, after in pairs)
    assert {thumb[1] for thumb, _ in pairs} == {0, 1}


def test_a_page_that_does_not_obey_is_found_out() -> None:
    tally = thumbs.Tally()
    thumbs.Rounds(Shelf(["a"], obeys=False), seed=1).down("m", tally)  # type: ignore[arg-type]
    assert tally.disobeyed == ["m: a"]


def test_an_empty_page_obeys_nobody() -> None:
    tally = thumbs.Tally()
    rounds = thumbs.Rounds(Shelf(["a"]), seed=1)  # type: ignore[arg-type]
    rounds.down("m", tally)
    rounds.down("m", tally)
    assert tally.disobeyed == ["m: an empty page after a", "m: an empty page"]


def test_a_thumb_up_is_compared_with_doing_nothing() -> None:
    rounds = thumbs.Rounds(Shelf(list("abc")), seed=0)  # type: ignore[arg-type]
    ups = [rounds.up("m") for _ in range(8)]
    assert not any(nothing for nothing, _ in ups)
    assert any(up for _, up in ups)


# Events ---------------------------------------------------------------------------------------------------------------


def test_events_are_sent_once_each_by_all_threads() -> None:
    calls = [durable.calls_of(10, 5, thread, seed=1) for thread in range(3)]
    events = list(chain(*chain(*calls)))
    assert [len(call) for call in calls[0]] == [5, 5]
    assert len({event.id for event in events}) == len(events) == 30


def test_a_rate_counts_only_what_is_in_the_log_afterwards(tmp_path: Path) -> None:
    assert durable._rate(tmp_path / "a", 30, threads=3, batch=5, seed=1) > 0
    with Playbill(tmp_path / "a") as again:
        assert again.log.counts()["progress"][0] == 30
    with pytest.raises(BenchmarkError, match="31 events were sent, 30 acknowledged and 30 kept"):
        durable._check(tmp_path / "a", acknowledged=30, sent=31)


def test_a_thread_that_fails_ends_the_measurement(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(durable, "AT", -5)  # no time at all
    before = threading.active_count()
    with pytest.raises(InputError, match="at: -5"):
        durable._rate(tmp_path, 4, threads=2, batch=1, seed=1)
    assert threading.active_count() == before


def test_the_file_to_import_is_usable_and_the_same_for_a_seed(tmp_path: Path) -> None:
    text = importing.csv_of(400, seed=1)
    assert text == importing.csv_of(400, seed=1) != importing.csv_of(400, seed=2)
    (tmp_path / "e.csv").write_text(text)
    batch = FORMATS["events"]().read(tmp_path / "e.csv", importing.NOW, lambda _, __: None)
    assert batch.actions is not None and len(set(batch.actions["id"])) == 400
    assert set(batch.actions["kind"]) == set(importing.KINDS)


def test_an_import_is_counted_in_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "QUICK_ROWS", 300)
    monkeypatch.setattr(importing, "real_disk", lambda _: "ext4")
    (reading,) = importing.measure(quick=True, seed=1)
    assert reading["name"] == "import.rows_per_s" and reading["value"] > 0


# Installation ---------------------------------------------------------------------------------------------------------


def test_requirements_of_extras_do_not_count() -> None:
    lines = ["numpy>=2.1", "a-b [c] ; python_version < '3.12'", 'ruff>=0.9; extra == "dev"', "starlette (>=0.4)", "x"]
    assert install.requirements(lines) == ["numpy", "a-b", "starlette", "x"]


def test_what_the_requirements_require_counts_too() -> None:
    sizes = install.installed_sizes()
    assert {"playbill", "numpy", "starlette", "pydantic"} <= set(sizes) and "pytest" not in sizes
    assert all(size > 0 for size in sizes.values())


def test_a_folder_is_as_large_as_its_files_and_links_count_nothing(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a").write_bytes(bytes(10))
    (tmp_path / "b").write_bytes(bytes(5))
    (tmp_path / "c").symlink_to(tmp_path / "b")
    assert install.size_of(tmp_path) == 15
