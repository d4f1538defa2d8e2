"""The house keeps its own rules: who imports whom, how large things grow, and what no file may do."""

import ast
import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "playbill"
FILES = sorted(SOURCE.rglob("*.py"))
ALL_FILES = [*FILES, *(p for room in ("tests", "tools", "examples", "benchmarks") for p in (ROOT / room).rglob("*.py"))]

WITHOUT_A_ROOM = {"utils", "util", "common", "helpers", "helper", "core", "manager", "managers", "misc", "logics"}
RUNS_CODE = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "torch"}
CALLS_OUT = {"requests", "httpx", "aiohttp", "urllib3", "urllib.request", "http.client", "ftplib", "smtplib", "socket"}
SERVES, SIMULATES, ASKS = "src/playbill/http/serve.py", "src/playbill/simulation/line.py", "src/playbill/client.py"
"""The files with a socket. One listens, and asks its own workers over loopback whether they are ready; the other lets
simulated members use a service, of this machine unless that is allowed."""

ENGINES = {
    "apsw": {"store", "testing", "cli"}, "duckdb": {"exchange", "data", "simulation", "evaluation"},
    "fastapi": {"http"},
    "starlette": {"http"}, "uvicorn": {"http"}, "prometheus_client": {"http"}, "typer": {"cli"}, "rich": {"cli"},
    "lightgbm": {"models"}, "jax": {"models"}, "optax": {"models"},
    "pandas": set(), "pyarrow": set(), "sklearn": set(), "numba": set(), "pydantic": set(), "pytest": set(),
    "hypothesis": set(),
}  # fmt: skip
"""The rooms that may import an engine; none: nothing in the package may."""


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path), feature_version=(3, 11))


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in it."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def room(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def ran(code: str) -> subprocess.CompletedProcess[str]:
    """A Python process of its own, in which a warning is an error."""
    return subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=ROOT, capture_output=True, text=True)


# Who imports whom ----------------------------------------------------------------------------------------------------


def test_a_room_imports_only_from_the_lines_below_its_own() -> None:
    code = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True, no_logo=True))"
    linted = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert linted.returncode == 0, linted.stdout + linted.stderr
    assert "1 kept, 0 broken" in linted.stdout


def test_every_room_stands_on_a_line() -> None:
    written = (ROOT / "pyproject.toml").read_text("utf-8")
    lines = written.split("layers = [", 1)[1].split("\n]", 1)[0]
    known = {word.strip(' "(),') for line in lines.splitlines() for word in line.split("|")}
    below_all = {"__init__", "__main__", "py", "typed", "testing", "data"}
    assert {room(path) for path in FILES} - known - below_all == set(), "a new room needs a line in pyproject.toml"


def test_nothing_imports_testing() -> None:
    inside = [
        name(p) for p in FILES if room(p) != "testing" and any(i.startswith("playbill.testing") for i in imports(p))
    ]
    assert inside == []


def test_an_engine_is_imported_only_where_it_is_adapted() -> None:
    found = {(name(p), i) for p in FILES for i in imports(p) if room(p) not in ENGINES.get(i.split(".")[0], {room(p)})}
    assert found == set()


def test_importing_playbill_imports_no_engine() -> None:
    out = ran("import sys; before = set(sys.modules); import playbill; print(*sorted(set(sys.modules) - before))")
    assert out.returncode == 0, out.stderr
    loaded = {module.split(".")[0] for module in out.stdout.split()}
    assert loaded & {*ENGINES, "numpy", "scipy", "msgspec", "matplotlib"} == set()


def test_every_module_can_be_imported_without_a_warning() -> None:
    modules = [
        ".".join(p.relative_to(SOURCE.parent).with_suffix("").parts).removesuffix(".__init__")
        for p in FILES if p.stem != "__main__"
    ]  # fmt: skip
    if importlib.util.find_spec("jax") is None:
        modules.remove("playbill.models.deep")  # what trains with the extra playbill[deep], and says so to who asks
    out = ran(
        "import importlib, sys, traceback\n"
        f"for name in {modules!r}:\n"
        "    try:\n"
        "        importlib.import_module(name)\n"
        "    except Exception:\n"
        "        print(name, traceback.format_exc(limit=-1))\n"
    )
    assert (out.stdout, out.stderr) == ("", "")


# What no file may do -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ALL_FILES, ids=name)
def test_every_file_is_python_3_11(path: Path) -> None:
    assert tree(path).body or path.name == "__init__.py"


def test_no_file_can_run_code_that_came_as_data() -> None:
    found = [(name(p), i) for p in FILES for i in imports(p) if i.split(".")[0] in RUNS_CODE]
    for path in FILES:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                loads = {(k.arg, ast.unparse(k.value)) for k in node.keywords}
                if called in {"eval", "exec", "compile", "__import__", "yaml.load", "os.system"}:
                    found.append((name(path), called))
                if ("allow_pickle", "True") in loads or ("shell", "True") in loads:
                    found.append((name(path), ast.unparse(node)))
    assert found == []


def test_every_numpy_file_is_read_without_pickle() -> None:
    bare = [
        name(p) for p in FILES for node in ast.walk(tree(p))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"np.load", "numpy.load", "np.save"}
        and ("allow_pickle", "False") not in {(k.arg, ast.unparse(k.value)) for k in node.keywords}
    ]  # fmt: skip
    assert bare == []


def test_no_file_calls_out() -> None:
    found = {
        (name(p), i) for p in FILES for i in imports(p) for out in CALLS_OUT if i == out or i.startswith(f"{out}.")
    }
    assert {file for file, _ in found} <= {SERVES, SIMULATES, ASKS}, found


def test_no_room_is_a_drawer() -> None:
    everything = (p for top in ("src", "tests", "tools", "examples", "benchmarks") for p in (ROOT / top).rglob("*"))
    found = [name(p) for p in everything if p.stem.removeprefix("test_").lower() in WITHOUT_A_ROOM]
    assert found == []


def test_tests_are_no_package() -> None:
    assert list((ROOT / "tests").rglob("__init__.py")) == []


# How large things grow -----------------------------------------------------------------------------------------------


def share_within(sizes: dict[str, int], most: int) -> float:
    return sum(size <= most for size in sizes.values()) / len(sizes)


def largest(sizes: dict[str, int]) -> dict[str, int]:
    return dict(sorted(sizes.items(), key=lambda item: -item[1])[:8])


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef, text: list[str]) -> int:
    """Lines of a function's body without its docstring, blank lines and comments."""
    body = function.body[ast.get_docstring(function) is not None :]
    if not body:
        return 0
    lines = text[body[0].lineno - 1 : function.end_lineno]
    return sum(bool(line.strip()) and not line.strip().startswith("#") for line in lines)


def functions() -> dict[str, int]:
    return {
        f"{name(path)}:{node.lineno} {node.name}": code_lines(node, path.read_text("utf-8").splitlines())
        for path in FILES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def test_files_stay_small() -> None:
    sizes = {name(path): len(path.read_text("utf-8").splitlines()) for path in FILES if path.stat().st_size}
    assert max(sizes.values()) <= 600 and share_within(sizes, 300) >= 0.9, largest(sizes)


def test_functions_stay_small() -> None:
    sizes = functions()
    assert max(sizes.values()) <= 70 and share_within(sizes, 28) >= 0.9, largest(sizes)


def test_the_ruler_measures_what_it_says() -> None:
    source = 'def f():\n    """Doc.\n\n    More."""\n    # why\n\n    a = 1\n    return (\n        a\n    )\n'
    (function,) = ast.parse(source).body
    assert isinstance(function, ast.FunctionDef) and code_lines(function, source.splitlines()) == 4
