"""`playbill doctor`: what is wrong is found, named with its remedy, and nothing else is called wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from playbill.app import Playbill
from playbill.cli.doctor import examine
from playbill.cli.finding import Finding
from playbill.cli.operate import NOTE
from playbill.events import DAY, HOUR, Action, ControlSet, Kind, ProfileSet, Title, TitleSet

NOW = 1_700_000_000_000

Run = Callable[..., SimpleNamespace]


def looked(home: Path) -> dict[str, Finding]:
    return {finding.what: finding for finding in examine(home)}


def made(folder: Path, titles: list[Title], actions: list[Action], train: bool = True) -> Path:
    """A service at NOW, with one described profile."""
    folder.mkdir(mode=0o700)
    at = "2023-11-14T22:13:20Z"
    (folder / "playbill.toml").write_text(f"[clock]\nas_of = {at}\nsince = {at}\nspeed = 0.000001\n", "utf-8")
    with Playbill(folder, clock=lambda: NOW) as service:
        service.record([TitleSet(f"s-{title.id}", NOW - 100 * DAY, title) for title in titles])
        service.record([ProfileSet("p", "ada", NOW - 30 * DAY, "a", "Ada"), *actions])
        if train:
            service.train()
    return folder


def films(n: int, **said: object) -> list[Title]:
    return [Title(f"t{i}", f"Film {i}", **said) for i in range(n)]  # type: ignore[arg-type]


def test_a_service_that_is_well_has_nothing_to_attend_to(run: Run, home: Path) -> None:
    done = run("doctor", "--json")
    found = {each["what"]: each for each in json.loads(done.out)}
    wrong = {what: each["seen"] for what, each in found.items() if not each["fine"]}
    assert done.code == 0 and wrong == {}
    assert {"sqlite", "store", "disk", "fsync", "private", "clock", "backup", "release", "snapshot", "pages"} <= set(
        found
    )
    assert "none is known" in found["backup"]["seen"] and "version" in found["store"]["seen"]
    assert "whole" in found["release"]["seen"]
    assert "mira" not in done.out, "findings can be shown to others"
    assert "ok" in run("doctor").out


def test_a_look_leaves_no_trace(home: Path) -> None:
    with Playbill(home) as service:
        before = service.log.end(), service.log.counts()
    examine(home)
    with Playbill(home) as service:
        assert (service.log.end(), service.log.counts()) == before


def test_rows_that_nobody_has_are_named_with_what_they_would_need(home: Path) -> None:
    said = looked(home)["rows on no page"].seen
    assert "my_list: for want of list_add events" in said
    with Playbill(home) as service:
        service.record([Action("l", "mira", Kind.LIST_ADD, NOW, title="t7")])
    assert "list_add" not in looked(home)["rows on no page"].seen


def test_pages_that_are_empty_are_found_with_the_gate_that_empties_them(tmp_path: Path) -> None:
    actions = [Action(f"r{i}", f"m{i % 9}", Kind.RATING, NOW - DAY, title=f"t{i % 20}", value=8.0) for i in range(90)]
    home = made(tmp_path / "h", films(20, genres=("Drama",), maturity="PG"), actions)
    with Playbill(home) as service:
        service.record([ProfileSet("p2", "ada", NOW, "a", "Ada", kids=True, ceiling=0)])
    found = looked(home)
    assert not found["pages"].fine and "1 empty" in found["pages"].seen and "rating" in found["pages"].remedy
    assert "maturity 100%" in found["titles kept away"].seen


def test_a_model_that_says_nothing_is_named_with_the_reason(tmp_path: Path) -> None:
    found = looked(made(tmp_path / "unwatched", films(8, genres=("Drama",), maturity="PG"), []))
    assert "nobody watched or rated anything yet" in found["model: linear"].seen and not found["model: linear"].fine
    found = looked(made(tmp_path / "one", films(1), []))
    assert "one title" in found["model: linear"].seen
    few = [Action("r", "ada", Kind.RATING, NOW - DAY, title="t1", value=8.0)]
    found = looked(made(tmp_path / "few", films(8), few))
    assert "linear.least_support" in found["model: linear"].seen


def test_a_damaged_release_is_found(home: Path) -> None:
    with Playbill(home) as service:
        folder = service.releases.root / str(service.releases.current())
    file = next(folder.glob("linear.*.npy"))
    file.write_bytes(file.read_bytes()[:-1] + b"\x01")
    release = looked(home)["release"]
    assert not release.fine and file.name in release.seen and "playbill train" in release.remedy


def test_what_other_users_can_read_is_named(home: Path) -> None:
    assert looked(home)["private"].fine
    home.chmod(0o755)
    for name in ("playbill.db", "key"):
        (home / name).touch()
        (home / name).chmod(0o644)
    found = looked(home)["private"]
    assert not found.fine and "playbill.db" in found.seen and "key" in found.seen and "chmod 700" in found.remedy


def test_senders_whose_clocks_are_ahead_are_counted(home: Path) -> None:
    assert "senders' clocks" not in looked(home)
    with Playbill(home) as service:
        service.record([Action(f"f{i}", "m1", Kind.OPEN, NOW + 2 * HOUR, title="t1") for i in range(50)])
    found = looked(home)["senders' clocks"]
    assert not found.fine and found.seen.startswith("50 of the latest")


def test_an_old_snapshot_counts_only_where_the_log_went_on(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (home / "playbill.toml").read_text("utf-8")
    (home / "playbill.toml").write_text(text.replace("as_of = 2023-11-14T22", "as_of = 2023-11-14T23"), "utf-8")
    assert looked(home)["snapshot"].fine
    with Playbill(home) as service:
        service.record([ControlSet("c", "mira", NOW, "artwork", "off")])
    found = looked(home)["snapshot"]
    assert not found.fine and "1 places behind" in found.seen and "playbill serve" in found.remedy


def test_an_old_backup_is_named_with_what_came_since(home: Path) -> None:
    (home / NOTE).write_text(json.dumps({"at": NOW - 9 * DAY, "folder": "/b", "end": 1}), "utf-8")
    found = looked(home)["backup"]
    assert not found.fine and "9.0 days ago, in /b" in found.seen


def test_a_log_that_fills_the_disk_is_foreseen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = made(tmp_path / "h", films(8), [])
    with Playbill(home, clock=lambda: NOW + DAY) as service:
        service.record([Action("late", "ada", Kind.OPEN, NOW + DAY, title="t1")])
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=1e5))
    found = looked(home)
    assert not found["growth"].fine and "the disk is full in" in found["growth"].seen
    assert not found["disk"].fine


def test_a_folder_that_is_not_there_is_all_there_is_to_say(tmp_path: Path) -> None:
    (finding,) = examine(tmp_path / "nowhere")
    assert not finding.fine and "playbill init" in finding.remedy
