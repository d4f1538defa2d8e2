"""Commands as a terminal gives them, without a process for each."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from playbill.app import Playbill
from playbill.cli.main import main
from playbill.events import DAY, Action, Kind, ProfileSet, Title, TitleSet

Run = Callable[..., SimpleNamespace]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in a folder of the test's own: its exit code and what it printed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")

    def call(*words: str) -> SimpleNamespace:
        monkeypatch.setattr(sys, "argv", ["playbill", *words])
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        return SimpleNamespace(code=code, **capsys.readouterr()._asdict())

    return call


NOW = 1_700_000_000_000


def fill(home: Path, now: int = NOW) -> None:
    """Forty titles of two genres; twelve members who finished some of their genre; Mira, described; a release."""
    with Playbill(home, clock=lambda: now) as service:
        titles = (
            Title(f"t{n}", f"Title {n}", year=1990 + n % 20, genres=(("Drama", "Comedy")[n % 2],), maturity="PG")
            for n in range(40)
        )
        service.record([TitleSet(f"set-{title.id}", now - 100 * DAY, title) for title in titles])
        service.record([
            Action(f"c{m}-{n}", f"m{m}", Kind.COMPLETE, now - DAY - m * 1_000 - n, title=f"t{n}", value=6_000.0)
            for m in range(12) for n in range(m % 2, 40, 4 + m % 3)
        ])  # fmt: skip
        service.record([
            ProfileSet(f"p-{name}", name, now - 30 * DAY, "a house", name.title()) for name in ("mira", "m1", "m2")
        ])  # fmt: skip
        service.record([Action("a1", "mira", Kind.THUMBS, now - DAY, title="t3", value=1.0)])
        service.train()


@pytest.fixture(scope="session")
def _filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("filled") / "home"
    home.mkdir(mode=0o700)
    (home / "playbill.toml").write_text(
        "[clock]\nas_of = 2023-11-14T22:13:20Z\nsince = 2023-11-14T22:13:20Z\nspeed = 0.000001\n", "utf-8"
    )
    fill(home)
    return home


@pytest.fixture
def home(_filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder `home` of a trained service whose clock stands nearly still. Commands use it unless told otherwise."""
    shutil.copytree(_filled, tmp_path / "home", symlinks=True)
    (tmp_path / "home").chmod(0o700)
    monkeypatch.setenv("PLAYBILL_HOME", "home")
    return tmp_path / "home"
