"""The alive demo: it serves, its members watch, its time stands still between two runs, and nothing stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from rich.console import Console

from playbill.app import Playbill
from playbill.cli import alive
from playbill.cli.alive import HEADER, lines, picture, prepare_alive, set_clock, shown
from playbill.cli.main import main
from playbill.errors import InputError
from playbill.events import DAY, MINUTE, Action, Impression, Kind, ProfileSet, Title, TitleSet
from playbill.settings import FILE, load
from playbill.simulation.alive import Rise, Scene

NOON = 1_700_049_600_000  # of a Wednesday, UTC
GENRES = ("Drama", "Comedy", "Horror", "Western")
SCENE = Scene(NOON, 7, 40.4, 31.6, 1_234, ("Member 1 opens [b]", "Member 2 likes It"), (Rise("It [x]", 9, 2),))
SCRIPT = """
import sys
from pathlib import Path
from rich.console import Console
from playbill.cli.alive import serve_alive
from playbill.settings import Server, load
from dataclasses import replace
if __name__ == "__main__":
    home = Path(sys.argv[1])
    settings = replace(load(home), server=Server(port=0))
    serve_alive(home, settings, 40, Console())
"""


def fill(home: Path) -> None:
    """80 films, rated by twenty people; trained, and at noon from now on."""
    films = [
        Title(f"t{n}", f"Film {n}", year=1990 + n % 20, genres=(GENRES[n % 4],), runtime=6_000.0, maturity="PG")
        for n in range(80)
    ]
    rated = [(m, n) for m in range(20) for n in range(m % 4, 80, 4 + m % 3)]
    with Playbill(home, clock=lambda: NOON) as service:
        service.record([TitleSet(f"set-{film.id}", NOON - 90 * DAY, film) for film in films])
        service.record([ProfileSet("set-ana", "ana", NOON - DAY, "a", "Ana", made_up=True)])
        service.record(
            [Action(f"r{m}-{n}", f"m{m}", Kind.RATING, NOON - 5 * DAY - n, title=f"t{n}", value=8.0) for m, n in rated]
        )
        service.train()
    set_clock(home, NOON, 600.0)


class Demo:
    """The demo in processes of its own, as a terminal starts it: they are one group."""

    def __init__(self, home: Path) -> None:
        words = [sys.executable, "-c", SCRIPT, str(home)]
        self.process = subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        assert self.process.stdout is not None
        self.address = self.process.stdout.readline().removeprefix("Ready: ").strip()

    def left(self) -> list[str]:
        """What still runs of the group, but for what has ended and was not looked at."""
        listed = (stat(int(pid.name)) for pid in Path("/proc").iterdir() if pid.name.isdigit())
        return [name for name, state, group in listed if group == self.process.pid and state != "Z"]


def stat(pid: int) -> tuple[str, str, int]:
    """(name, state, group) of a process."""
    try:
        name, rest = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)
    except OSError:
        return "", "Z", 0
    return name, rest.split()[0], int(rest.split()[2])


def until(true: Callable[[], object], seconds: float = 40.0) -> bool:
    end = time.monotonic() + seconds
    while not (found := true()) and time.monotonic() < end:
        time.sleep(0.05)
    return bool(found)


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    fill(tmp_path)
    started = Demo(tmp_path)
    yield started
    if started.left():
        os.killpg(started.process.pid, signal.SIGKILL)
    started.process.communicate()


on_linux = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")


@on_linux
def test_members_watch_beside_the_person_who_looks_and_all_ends_with_ctrl_c(demo: Demo, tmp_path: Path) -> None:
    with httpx.Client(timeout=30) as browser:
        address = httpx.URL(str(browser.get(demo.address, follow_redirects=True).url))

        def ask(path: str) -> Any:
            return browser.get(address.join(path)).json()

        assert until(lambda: any(p["id"] == "user-00" for p in ask("/v1/profiles")["profiles"]))
        first = ask("/v1/homepage/ana?rows=3")
        assert until(lambda: ask("/v1/homepage/ana?rows=3")["as_of"] > first["as_of"])  # what they do is published
        assert ask("/v1/homepage/user-00?rows=3")["rows"]
    with Playbill(tmp_path, settings=load(tmp_path)) as service:
        told = lambda: [e for _, e in service.log.read(0) if isinstance(e, Action) and "-e" in e.id]  # noqa: E731
        assert until(lambda: any(event.kind == Kind.PLAY for event in told()))
        served = [e for _, e in service.log.read(0) if isinstance(e, Impression) and e.surface == "home"]
    assert len(demo.left()) >= 4
    os.killpg(demo.process.pid, signal.SIGINT)  # as Ctrl-C does: to all of them
    assert demo.process.stdout is not None and demo.process.stderr is not None
    said, complaints = demo.process.stdout.read(), demo.process.stderr.read()  # `communicate` forgets what was read on
    demo.process.wait(30)
    assert (demo.process.returncode, complaints) == (0, "")
    assert until(lambda: not demo.left()), demo.left()
    assert "watching" in said and "40 simulated members" in said
    assert {page.profile for page in served} > {"ana"}


@on_linux
def test_no_process_stays_behind_when_the_first_one_is_killed(demo: Demo) -> None:
    assert until(lambda: len(demo.left()) >= 4)
    demo.process.kill()
    assert until(lambda: not demo.left()), demo.left()


# The folder ----------------------------------------------------------------------------------------------------------


def test_time_stands_still_between_two_runs(tmp_path: Path) -> None:
    fill(tmp_path)
    path = tmp_path / FILE
    long_ago = path.read_text("utf-8").replace(f"since = {datetime.now(UTC):%Y}", "since = 2001")
    path.write_text(long_ago, "utf-8")  # at this speed the clock has run on for centuries
    settings = prepare_alive(tmp_path, 240.0, Console(file=StringIO()))
    assert settings.clock.speed == 240.0 and settings.nearline.every_seconds == alive.PUBLISH
    with Playbill(tmp_path) as service:
        assert NOON <= service.clock() < NOON + 240 * MINUTE
    assert settings == load(tmp_path) and settings.page.notice.endswith("simulated.")


@pytest.mark.parametrize("file", [FILE, "holiday.jpg"])
def test_a_folder_of_something_else_is_left_alone(tmp_path: Path, file: str) -> None:
    (tmp_path / file).write_text("[page]\n", "utf-8")
    with pytest.raises(InputError, match="holds something else"):
        prepare_alive(tmp_path, 120.0, Console(file=StringIO()))
    assert [p.name for p in tmp_path.iterdir()] == [file] and (tmp_path / file).read_text("utf-8") == "[page]\n"


@pytest.mark.parametrize(("speed", "later"), [(1.0, 90_000), (120.0, 10_800_000), (0.5, 45_000)])
def test_a_clock_runs_so_much_faster_from_where_it_was_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, speed: float, later: int
) -> None:
    set_clock(tmp_path, NOON, speed)
    since = load(tmp_path).clock.since
    assert since is not None
    machine = round(since.timestamp() * 1e9) + 90 * 10**9  # a minute and a half after that
    with Playbill(tmp_path) as service:
        monkeypatch.setattr("playbill.app.time.time_ns", lambda: machine)
        assert service.clock() == pytest.approx(NOON + later, abs=2 * speed)


def test_a_run_ends_with_a_clock_of_usual_speed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path)
    given: list[Any] = []
    monkeypatch.setattr(alive, "serve_alive", lambda *words: given.append(words))
    words = "playbill demo --alive --members 9 --speed 60 --port 8600 --workers 2"
    monkeypatch.setattr(sys, "argv", words.split())
    monkeypatch.chdir(tmp_path.parent)
    tmp_path.rename("demo-alive")
    with pytest.raises(SystemExit) as ended:
        main()
    ((home, settings, members, _),) = given
    assert (ended.value.code, home, members) == (0, Path("demo-alive"), 9)
    assert (settings.clock.speed, settings.server.port, settings.server.workers) == (60.0, 8600, 2)
    assert load(home).clock.speed == 1.0 and (home / FILE).read_text("utf-8").startswith(HEADER)


# What is seen --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [70, 140])
def test_a_scene_fits_the_terminal(width: int) -> None:
    console = Console(file=StringIO(), width=width)
    console.print(picture(SCENE))
    said = console.file.getvalue()  # type: ignore[attr-defined]
    assert all(text in said for text in ("Wed 15 Nov 2023, 12:00 · 7 watching", "opens [b]", "It [x]", " 9 ", " 2 "))
    assert max(map(len, said.splitlines())) <= width and len(said.splitlines()) == 4


def test_a_scene_is_a_few_lines_where_there_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    console = Console(file=StringIO(), width=20)
    with shown(console) as show:
        for _ in range(3):
            show(SCENE)  # all within a moment: said once
    assert console.file.getvalue().splitlines() == lines(SCENE) == [  # type: ignore[attr-defined]
        "Wed 15 Nov 2023, 12:00 · 7 watching · 32 plays and 40 pages a minute · 1,234 events",
        "  rising: It [x] 9 (2 before)",
        "  Member 2 likes It",
    ]  # fmt: skip


def test_a_terminal_is_drawn_in_place() -> None:
    console = Console(file=StringIO(), force_terminal=True, width=100)
    with shown(console) as show:
        show(SCENE)
    assert "Member 2 likes It" in console.file.getvalue()  # type: ignore[attr-defined]
