"""The docs say what the code does: everything stands in them, every link leads somewhere, every example runs."""

from __future__ import annotations

import ast
import asyncio
import json
import re
import runpy
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer
from benchmarks.figures import FIGURES
from msgspec import structs

from playbill.app import Playbill
from playbill.bandits import POLICIES
from playbill.checks import check
from playbill.cli.main import app as commands
from playbill.cli.main import main
from playbill.errors import InputError
from playbill.events import FACTS, Action, Kind
from playbill.exchange import FORMATS, events, impressions, movielens, profiles, titles
from playbill.exchange.format import Column
from playbill.http.access import key_of
from playbill.http.bodies import event_of
from playbill.http.openapi import describe
from playbill.http.problems import STATUSES
from playbill.http.server import make_app
from playbill.http.words import ENGLISH
from playbill.models import MODELS
from playbill.rows import ROWS
from playbill.settings import reference
from playbill.simulation.calibration import WORLDS
from playbill.simulation.parameters import Parameters
from playbill.testing.rows import CHECKS, Case, service

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(
    p for room in (".", "docs", "src", "examples") for p in (ROOT / room).glob("**/*.md" if room != "." else "*.md")
)


@cache
def text(page: str) -> str:
    return (DOCS / page).read_text("utf-8")


def section(page: str, heading: str) -> str:
    """What stands below a heading, up to the next one of its level."""
    level = "#" * heading.index(" ")
    return re.split(rf"^#{{1,{len(level)}}} ", text(page).split(f"\n{heading}\n", 1)[1], maxsplit=1, flags=re.M)[0]


def tables(prose: str) -> list[list[list[str]]]:
    """Every table as rows of cells, without its header."""
    found = re.findall(r"^\|.*\n\|[-| ]+\|\n((?:\|.*\n)+)", prose + "\n", flags=re.M)
    split = re.compile(r"(?<!\\)\|")
    return [[[cell.strip() for cell in split.split(row)[1:-1]] for row in table.splitlines()] for table in found]


def blocks(prose: str, kind: str = "") -> list[tuple[str, str]]:
    """(kind, content) of every block of code, or of those of one kind; indented ones without their indent."""
    found = re.findall(r"^( *)```([^\n`]+)\n(.*?)^\1```", prose, flags=re.M | re.S)
    cut = [(of, re.sub(f"^{indent}", "", body, flags=re.M)) for indent, of, body in found]
    return [(of, body) for of, body in cut if kind in ("", of)]


def quoted(cell: str) -> list[str]:
    """What stands in backticks."""
    return re.findall(r"`([^`]+)`", cell)


# Links ---------------------------------------------------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    prose = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.M | re.S)
    headings = re.findall(r"^#+ (.*)$", prose, flags=re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    prose = re.sub(r"^( *)```.*?^\1```", "", page.read_text("utf-8"), flags=re.M | re.S)
    links = re.findall(r"\]\(([^)\s]+)\)", prose)
    for link in links:
        if link.startswith(("http://", "https://")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists() and target.is_relative_to(ROOT), f"{page.name} links to {link}, which is not there"
        assert not anchor or anchor in anchors(target), f"{page.name} links to {link}, which has no such heading"


def test_every_page_is_in_the_index() -> None:
    index = text("README.md")
    for page in DOCS.glob("*.md"):
        assert page.name == "README.md" or f"({page.name})" in index
    for page in (*DOCS.glob("how-to/*.md"), DOCS / "decisions" / "README.md"):
        assert f"({page.relative_to(DOCS)})" in index


# Everything stands there ---------------------------------------------------------------------------------------------


def test_every_row_type_is_described_with_its_heading() -> None:
    (table,) = tables(text("rows.md"))
    assert [(quoted(kind)[0], heading) for kind, heading, *_ in table] == [
        (row.kind, ENGLISH[f"row.{row.kind}"]) for row in ROWS
    ]
    assert all(promise and order for _, _, promise, order in table)


@pytest.mark.parametrize(("heading", "known"), [("## Models", MODELS), ("## Policies", POLICIES)])
def test_every_model_and_policy_is_described(heading: str, known: dict[str, Any]) -> None:
    found = re.findall(r"^### `(\w+)`$", section("models.md", heading), flags=re.M)
    assert found == list(known)
    for name in found:
        described = section("models.md", f"### `{name}`")
        assert all(f"**{part}**" in described for part in ("Formula", "Source", "Limits")), name


def as_toml(default: str) -> str:
    return {"None": "not set", "True": "true", "False": "false", "()": "[]"}.get(default, default.replace("'", '"'))


def test_every_setting_stands_there_with_its_default() -> None:
    said = [
        (quoted(name)[0], default.strip("`")) for table in tables(text("settings.md")) for name, default, *_ in table
    ]
    assert said == [(name, as_toml(default)) for name, default, _ in reference()]


def test_every_command_is_described_and_its_examples_can_be_given() -> None:
    group: Any = typer.main.get_command(commands)
    assert re.findall(r"^## `playbill (\S+)`$", text("cli.md"), flags=re.M) == list(group.commands)
    for name, command in group.commands.items():
        described = section("cli.md", f"## `playbill {name}`")
        examples = [shlex.split(line) for _, block in blocks(described, "sh") for line in block.splitlines()]
        assert examples, name
        for words in examples:
            assert words[:2] == ["playbill", name]
            command.make_context(name, words[2:])  # raises for what the command does not take
        own = {o for p in command.params for o in p.opts if o.startswith("--")} - {"--home", "--json"}
        assert all(option in described for option in own), name


def test_every_kind_of_event_stands_there_with_what_it_needs() -> None:
    did, _, are = tables(text("events.md"))
    needs = {quoted(row[0])[0]: set(quoted(row[-2])) for row in (*did, *are)}
    assert list(needs) == [*Kind, *FACTS]
    examples = [event for _, block in blocks(text("events.md"), "json") for event in json.loads(block)]
    assert {event["kind"] for event in examples} == set(needs)
    for event in examples:
        check(event_of(event))
        assert needs[event["kind"]] == {name for name in event if not usable(without(event, name))} - ALWAYS


ALWAYS = {"id", "at", "kind", "profile"}


def without(event: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in event.items() if key != name}


def usable(event: dict[str, Any]) -> bool:
    try:
        check(event_of(event))
    except InputError:
        return False
    return True


def test_every_field_of_an_action_stands_there() -> None:
    _, table, _ = tables(text("events.md"))
    stamped = {"received", "clamped"}
    assert {name for row in table for name in quoted(row[0])} == {
        f.name for f in structs.fields(Action)
    } - ALWAYS - stamped


def as_rows(columns: tuple[Column, ...]) -> list[list[str]]:
    return [[f"`{c.name}`", c.type, "yes" if c.required else "", c.means] for c in columns]


def test_every_column_of_every_format_stands_there() -> None:
    assert re.findall(r"^## `(\w+)`$", text("import.md"), flags=re.M) == list(FORMATS)
    for name, columns in (
        ("titles", titles.COLUMNS),
        ("profiles", profiles.COLUMNS),
        ("events", events.COLUMNS),
        ("impressions", impressions.COLUMNS),
    ):
        assert tables(section("import.md", f"## `{name}`")) == [as_rows(columns)]
    editions = {edition.columns: as_rows(edition.columns) for edition in movielens.EDITIONS}
    assert tables(section("import.md", "## `movielens`")) == list(editions.values())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the examples and a trained service, as the tutorial makes it."""
    folder = tmp_path_factory.mktemp("docs")
    shutil.copytree(ROOT / "examples", folder / "examples")
    with Playbill(folder / "my-service") as made:
        for name in ("titles", "profiles", "events"):
            batch = FORMATS[name]().read(folder / f"examples/catalogue/{name}.csv", made.clock(), lambda *_: None)
            made.import_(batch.facts, batch.actions)
        made.train()
    key_of(folder / "my-service")
    return folder


@pytest.fixture(scope="module")
def served(folder: Path) -> Iterator[Any]:
    """The HTTP app of that service."""
    with Playbill(folder / "my-service") as opened:
        yield make_app(opened, key_of(folder / "my-service"))


def test_every_route_and_parameter_stands_there(served: Any) -> None:
    routes, parameters, *_ = tables(text("http.md"))
    described = describe(served)["paths"]
    assert {(method, quoted(path)[0]) for method, path, _ in routes} == {
        (method.upper(), path) for path, operations in described.items() for method in operations
    }
    said: dict[str, list[str]] = {}
    for path, name, means in parameters:
        said.setdefault(*quoted(path), []) if path else None
        said[list(said)[-1]].append(quoted(name)[0])
        assert means
    asked = {
        path: [p["name"] for op in operations.values() for p in op.get("parameters", []) if p["in"] == "query"]
        for path, operations in described.items()
    }
    assert {path: sorted(names) for path, names in said.items()} == {p: sorted(q) for p, q in asked.items() if q}


def test_every_error_stands_there_with_its_status() -> None:
    table = next(t for t in tables(section("http.md", "## Errors")))
    said = {
        (int(status), quoted(kind)[0].removeprefix("urn:playbill:")) for status, kind, _ in table if status.isdecimal()
    }
    snake = {re.sub(r"(?<=[a-z])(?=[A-Z])", "-", cls.__name__).lower(): status for cls, status in STATUSES.items()}
    assert {(status, name) for name, status in snake.items()} <= said


def test_every_parameter_of_the_world_stands_there_with_its_unit_and_its_source() -> None:
    *_, table = tables(text("world.md"))
    parameters = [
        [f"`{name}`", ", ".join(map(str, value)) if isinstance(value, tuple) else str(value), unit, source]
        for name, value, unit, source in Parameters()
    ]
    assert [list(row) for row in table] == parameters


def test_every_calibrated_world_stands_there() -> None:
    table, *_ = tables(section("world.md", "## Calibrated worlds"))
    assert [quoted(name)[0] for name, *_ in table] == list(WORLDS)


# What is promised, and what is borrowed ------------------------------------------------------------------------------


def test_every_promise_names_tests_that_exist() -> None:
    for table in tables(section("promises.md", "## What is promised")):
        for promise, held in table:
            named = re.findall(r"\[`([^`]+\.py)`\]\([^)]+\)((?: `test_\w+`,?)+)", held)
            assert named, promise
            for file, tests in named:
                known = {n.name for n in ast.walk(ast.parse((ROOT / file).read_text("utf-8"))) if hasattr(n, "name")}
                assert set(quoted(tests)) <= known, f"{promise}: {file} has no {set(quoted(tests)) - known}"


def test_every_figure_that_is_named_is_in_the_register() -> None:
    known = {figure.name for figure in FIGURES}
    for page in PAGES:
        named = re.findall(r"python -m benchmarks ([a-z][\w.]*)", page.read_text("utf-8"))
        assert all(any(k == n or k.startswith(n + ".") for k in known) or n == "all" for n in named), (page, named)


def test_every_cited_work_is_among_the_sources() -> None:
    """Works are cited by name and year, such as Luce 1959 or W. DuMouchel, "...", ... (1999)."""
    listed = text("sources.md")
    for path in (ROOT / "src" / "playbill").rglob("*.py"):
        prose = path.read_text("utf-8")
        cited = re.findall(r"\b([A-Z][\w-]+)(?: & [A-Z][\w-]+)? (1[5-9]\d\d|20\d\d)\b", prose)
        cited += re.findall(
            r"\b[A-Z]\. ([A-Z][\w-]+)(?:, [A-Z]\. [A-Z][\w-]+)*, \"[^\"]+\"[^()\"]*\((?:[^()]*)(\d{4})\)", prose
        )
        for name, year in cited:
            if name not in MONTHS:
                assert re.search(rf"{name}[^|]*{year}", listed), f"{path.name} cites {name} {year}"


MONTHS = {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December"}  # fmt: skip


# The tour ------------------------------------------------------------------------------------------------------------


def test_every_box_of_the_tour_is_a_file_and_is_explained_below() -> None:
    drawing = blocks(section("tour.md", "## The way of the data"), "text")[0][1]
    boxes = re.findall(r"│ +([\w/]+\.(?:py|js))(?= )", drawing)
    listed = re.findall(
        r"^- \[`([\w/.]+)`\]\(\.\./src/playbill/\1\)", section("tour.md", "## The way of the data"), flags=re.M
    )
    assert len(boxes) > 15 and sorted(set(boxes)) == sorted(listed)
    assert all((ROOT / "src" / "playbill" / box).is_file() for box in boxes)


def test_the_layers_of_the_tour_are_those_that_are_enforced() -> None:
    enforced = re.search(r"layers = \[\n(.*?)\n\]", (ROOT / "pyproject.toml").read_text("utf-8"), re.S)
    assert enforced
    there = [re.sub(r"[(),\"]", "", line).strip() for line in enforced[1].splitlines()]
    said = blocks(section("tour.md", "## Who may import whom"), "text")[0][1]
    assert [" ".join(line.split()) for line in said.splitlines()] == there


# Examples run --------------------------------------------------------------------------------------------------------


def test_the_row_type_of_the_how_to_passes_the_suite(monkeypatch: pytest.MonkeyPatch) -> None:
    (_, code), *_ = blocks((DOCS / "how-to" / "add-a-row.md").read_text("utf-8"), "python")
    namespace: dict[str, Any] = {"__name__": "playbill.rows.short_films"}
    exec(compile(code, "add-a-row.md", "exec", dont_inherit=True), namespace)
    cases: tuple[Case, ...] = service()
    for suite in CHECKS:
        suite(namespace["ShortFilms"](), cases)


Send = Callable[[str, str, dict[str, str], str | None], httpx.Response]


class Terminal:
    """A newcomer's terminal. Runs the commands of the docs without a process for each."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], send: Send) -> None:
        self._patch, self._capsys, self._send = monkeypatch, capsys, send
        self._impression = ""

    def run(self, block: str, fails: bool = False) -> str:
        """What the commands of a block print."""
        self._capsys.readouterr()
        for line in block.replace("\\\n", " ").splitlines():
            line = re.sub(r"\$\(cat (\S+)\)", lambda m: Path(m[1]).read_text().strip(), line)
            code = self._command(shlex.split(line.replace("IMPRESSION", self._impression)))
            assert (code != 0) == fails, f"{line} ended with {code}"
        printed = "".join(self._capsys.readouterr())
        self._impression = (re.findall(r"Impression (\w+)\.", printed) or [self._impression])[-1]
        return printed

    def _command(self, words: list[str]) -> int:
        """Runs one command and returns its exit code."""
        match words:
            case ["export", assignment]:
                self._patch.setenv(*assignment.split("=", 1))
                return 0
            case ["playbill", *_]:
                return self._run(words, main)
            case ["python", file, *rest]:
                return self._run([file, *rest], lambda: runpy.run_path(file, run_name="__main__"))
            case ["curl", *rest]:
                return self._curl(rest)
        raise AssertionError(f"The docs use a command that the test does not know: {words}")

    def _run(self, words: list[str], program: Callable[[], object]) -> int:
        self._patch.setattr(sys, "argv", words)
        try:
            program()
        except SystemExit as ended:
            return int(ended.code or 0)
        return 0

    def _curl(self, words: list[str]) -> int:
        options, url = words[:-1], words[-1]
        given = [(options[i], options[i + 1]) for i, word in enumerate(options) if word in ("-H", "-d")]
        assert len(options) == 2 * len(given) + 1 and "-s" in options, f"not understood here: {words}"
        headers = dict(value.split(": ", 1) for option, value in given if option == "-H")
        data = next((value for option, value in given if option == "-d"), None)
        answer = self._send("GET" if data is None else "POST", url, headers, data)
        print(answer.text)
        return 0


def says(printed: str, expected: str) -> bool:
    """Whether each line of `expected` was printed, wherever the terminal broke it. `…` stands for anything."""
    flat = " ".join(printed.split())
    lines = (".*".join(map(re.escape, " ".join(line.split()).split("…"))) for line in expected.splitlines())
    return all(re.search(line, flat) for line in lines)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Callable[[], tuple[str, int]]]:
    """Starts `playbill serve` in a process of its own, and returns what it printed and its port."""
    started: list[subprocess.Popen[str]] = []

    def start() -> tuple[str, int]:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        code = "from playbill.cli.main import main; main()"
        words = [sys.executable, "-c", code, "serve", "--port", str(port)]
        started.append(subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))
        output = started[-1].stdout
        assert output is not None
        return output.readline() + output.readline(), port

    yield start
    for process in started:
        process.terminate()
        process.communicate(timeout=30)


def test_the_tutorial_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    server: Callable[[], tuple[str, int]],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "examples", "examples")
    port, printed, namespace = 0, "", {}

    def send(method: str, url: str, headers: dict[str, str], data: str | None) -> httpx.Response:
        answer = httpx.request(method, url.replace(":8517", f":{port}"), headers=headers, content=data, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer

    terminal = Terminal(monkeypatch, capsys, send)
    for kind, block in blocks(text("tutorial.md")):
        match kind:
            case "sh" | "sh fails":
                printed = terminal.run(block, fails=kind == "sh fails")
            case "sh serves":
                printed, port = server()
                printed = printed.replace(f":{port}", ":8517")
            case "python":
                exec(compile(block, "tutorial.md", "exec", dont_inherit=True), namespace)
            case "output":
                assert says(printed, block), f"{block}\nis not what was printed:\n{printed}"


@pytest.mark.parametrize("page", ["http.md", "import.md"])
def test_commands_of_a_page_run_and_answer_as_it_says(
    page: str, folder: Path, served: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def once(method: str, url: str, headers: dict[str, str], data: str | None) -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(served)) as client:
            return await client.request(method, url, headers=headers, content=data)

    monkeypatch.chdir(folder)
    monkeypatch.setenv("PLAYBILL_HOME", "my-service")
    terminal, printed = Terminal(monkeypatch, capsys, lambda *request: asyncio.run(once(*request))), ""
    for kind, block in blocks(text(page)):
        if kind.startswith("sh"):
            printed = terminal.run(block)
            assert ('"type":"urn:playbill:' in printed) == (kind == "sh fails"), printed
        elif kind == "json":
            assert json.loads(printed) == json.loads(block)
