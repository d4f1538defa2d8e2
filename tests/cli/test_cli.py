"""The command line: from an empty folder to a page, with clear errors and complete JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def call(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from playbill.cli.main import main; main()", *words]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)

    return call


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    genres = ("Drama", "Comedy")
    lines = [f"t{n},Title {n},{1990 + n % 20},{genres[n % 2]},PG" for n in range(40)]
    (tmp_path / "titles.csv").write_text("id,name,year,genres,maturity\n" + "\n".join(lines) + "\n", "utf-8")
    (tmp_path / "profiles.csv").write_text(
        "id,name,kids\n" + "".join(f"m{m},Member {m},false\n" for m in range(12)), "utf-8"
    )
    events = [
        f"m{m},complete,{1_600_000_000 + 1000 * n},t{n},6000" for m in range(12) for n in range(m % 2, 40, 4 + m % 3)
    ]
    (tmp_path / "events.csv").write_text("profile,kind,at,title,value\n" + "\n".join(events) + "\n", "utf-8")
    return tmp_path


def test_from_three_files_to_a_page_that_replays(run: Run, catalogue: Path) -> None:
    for kind in ("titles", "profiles", "events"):
        done = run("import", kind, f"{kind}.csv", "--json")
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        assert told["new"] == told["read"] > 0
    assert json.loads(run("train", "--json").stdout)["titles"] == 40
    page = json.loads(run("page", "m1", "--json").stdout)
    assert page["profile"]["id"] == "m1" and page["rows"]
    replayed = run("replay", page["impression"], "--json")
    assert (replayed.returncode, json.loads(replayed.stdout)["same"]) == (0, True)
    why = json.loads(run("why", page["impression"], "0", "--json").stdout)
    assert why["title"] == page["rows"][0]["slots"][0]["title"]["id"]
    drawn = run("page", "m1", "--rows", "3")
    assert page["rows"][0]["slots"][0]["title"]["name"][:4] in drawn.stdout
    looked = run("doctor", "--json")
    assert {f["what"] for f in json.loads(looked.stdout)} >= {"sqlite", "disk", "fsync", "clock", "release", "snapshot"}


def test_importing_the_same_again_adds_nothing(run: Run, catalogue: Path) -> None:
    for kind in ("titles", "profiles", "events"):
        run("import", kind, f"{kind}.csv")
        assert json.loads(run("import", kind, f"{kind}.csv", "--json").stdout)["new"] == 0


def test_a_bad_row_is_named_and_nothing_is_imported(run: Run, catalogue: Path) -> None:
    with (catalogue / "events.csv").open("a", encoding="utf-8") as file:
        file.write("m1,thumbs,1600000000,t1,7\n")
    line = len((catalogue / "events.csv").read_text("utf-8").splitlines())
    done = run("import", "events", "events.csv")
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert f"row {line}" in done.stderr and "'value'" in done.stderr and "7" in done.stderr
    assert "Nothing was imported" in done.stderr
    assert "none" in run("doctor").stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("import", "title", "x.csv"), "Did you mean 'titles'"),
        (("import", "titles", "no-such.csv"), "no-such.csv"),
        (("train",), "playbill import titles"),
        (("page", "ana"), "playbill train"),
        (("replay", "nothing"), "no impression 'nothing'"),
        (("--home", "x"), "No such option"),
    ],
)
def test_a_mistake_ends_with_one_clear_line(run: Run, words: tuple[str, ...], says: str) -> None:
    done = run(*words)
    assert done.returncode == 2 and says in done.stderr and "Traceback" not in done.stderr


def test_init_writes_settings_that_load_and_does_not_overwrite_them(run: Run, tmp_path: Path) -> None:
    assert run("init", "--home", "service").returncode == 0
    from playbill.settings import Settings, load

    assert load(tmp_path / "service") == Settings()
    text = (tmp_path / "service" / "playbill.toml").read_text("utf-8").replace("# rows = 40", "rows = 7")
    (tmp_path / "service" / "playbill.toml").write_text(text, "utf-8")
    assert load(tmp_path / "service").page.rows == 7
    assert run("init", "--home", "service").returncode == 2
