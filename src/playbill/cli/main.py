"""The command line: a thin skin on the verbs of `playbill.app.Playbill`.

Every command takes `--json` for complete, stable output; what people read goes to the terminal, progress to stderr.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from playbill.app import Playbill
from playbill.cli import draw, operate
from playbill.cli.bench import bench
from playbill.cli.editorial import editorial
from playbill.cli.evaluate import evaluate
from playbill.cli.home import AsJson, Home, home_of, say
from playbill.cli.progress import Bars
from playbill.cli.simulate import simulate
from playbill.cli.tune import tune
from playbill.errors import InputError, PlaybillError, nearest
from playbill.loops.sync import NO_ACTIONS
from playbill.settings import FILE, load

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None, help=__doc__)
out = Console()


@app.command()
def init(home: Home = None, as_json: AsJson = False) -> None:
    """Make a service folder with a playbill.toml to edit."""
    folder = home_of(home)
    path = folder / FILE
    if path.exists():
        raise InputError(f"{path} exists already. Edit it, or name another folder with --home.")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # the histories of members will lie there
    path.write_text(draw.settings_file(), "utf-8")
    if as_json:
        say({"home": str(folder), "settings": str(path)})
    else:
        out.print(f"Made {path}. Next: playbill import titles FILE")


@app.command("import")
def import_(
    kind: Annotated[str, typer.Argument(help="titles, profiles, events, impressions or movielens")],
    path: Annotated[Path, typer.Argument(help="A file; for movielens a folder or a ZIP.")],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Import a service's own data: all of a file, or nothing of it."""
    from playbill.exchange import FORMATS

    if kind not in FORMATS:
        raise InputError(f"{kind!r} cannot be imported.{nearest(kind, FORMATS)} Known: {', '.join(FORMATS)}.")
    with Bars() as bars, Playbill(home_of(home)) as service:
        batch = FORMATS[kind]().read(path, service.clock(), bars)
        bars("writing", 0.0)
        new = service.import_(batch.facts, batch.actions)
    read = len(batch.facts) + len((batch.actions or NO_ACTIONS)["id"])
    if as_json:
        say({"read": read, "new": new, "known": read - new, "notes": batch.notes})
        return
    for note in batch.notes:
        out.print(f"Note: {note}", markup=False)
    known = f" ({read - new:,} were known already)" if read > new else ""
    out.print(f"Imported {new:,} events from {path}{known}. Next: playbill train", markup=False)


@app.command()
def train(home: Home = None, as_json: AsJson = False) -> None:
    """Train a release on the whole log, and make it current."""
    with Bars() as bars, Playbill(home_of(home)) as service:
        name = service.train(bars)
        manifest = service.snapshot().release.manifest
    if as_json:
        say({"release": name, "seq": manifest.seq, "at": manifest.at, "titles": manifest.titles})
    else:
        out.print(f"Release {name} is current: {manifest.titles:,} titles. Next: playbill page PROFILE, playbill serve")


@app.command()
def page(
    profile: str,
    rows: Annotated[int | None, typer.Option(min=1, max=60, help="At most this many rows.")] = None,
    columns: Annotated[int | None, typer.Option(min=1, max=100, help="At most this many titles a row.")] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Compose a member's page, log it as served, and draw it."""
    with Playbill(home_of(home)) as service:
        most = service.settings.page
        wide = columns or (most.columns if as_json else draw.titles_that_fit(out))
        served = service.homepage(profile, shape=(rows or most.rows, wide), surface="terminal")
        service.serve(served.impression).result()
        if as_json:
            from playbill.http.wire import page_bytes

            sys.stdout.write(page_bytes(served, most.notice).decode() + "\n")
        else:
            draw.page(out, served)


@app.command()
def why(impression: str, slot: int, home: Home = None, as_json: AsJson = False) -> None:
    """Why a slot of a served page holds what it holds."""
    with Playbill(home_of(home)) as service:
        explanation = service.why(impression, slot)
    if as_json:
        say(explanation)
    else:
        draw.explanation(out, explanation)


@app.command()
def replay(impression: str, home: Home = None, as_json: AsJson = False) -> None:
    """Build a served page again from the log, and compare it byte for byte. Ends with 1 if it differs."""
    with Playbill(home_of(home)) as service:
        served, again = (msgspec.json.encode(i) for i in service.replay(impression))
    same = served == again
    if as_json:
        say({"impression": impression, "same": same, "bytes": len(served)})
    else:
        out.print(f"{impression}: {len(served):,} bytes, " + ("the same, byte for byte." if same else "NOT the same."))
    raise typer.Exit(0 if same else 1)


@app.command()
def serve(
    port: Annotated[int | None, typer.Option(min=1, max=65_535)] = None,
    workers: Annotated[int | None, typer.Option(min=1, max=64)] = None,
    home: Home = None,
) -> None:
    """Serve pages over HTTP until interrupted."""
    from playbill.cli.demo import serve_until_stopped

    serve_until_stopped(home_of(home), load(home_of(home)), port, workers, out)


@app.command()
def demo(
    port: Annotated[int | None, typer.Option(min=1, max=65_535)] = None,
    workers: Annotated[int, typer.Option(min=1, max=64)] = 1,
    home: Annotated[Path | None, typer.Option(help="Where the demo keeps its data. Default: demo, demo-alive.")] = None,
    only_prepare: Annotated[bool, typer.Option("--only-prepare", help="Import and train, do not serve.")] = False,
    alive: Annotated[bool, typer.Option("--alive", help="Let simulated members use it, in a time that flies.")] = False,
    members: Annotated[int, typer.Option(min=1, max=10_000, help="With --alive: simulated persons.")] = 300,
    speed: Annotated[float, typer.Option(min=1, max=3_600, help="With --alive: seconds a second.")] = 120.0,
) -> None:
    """Import the shipped data, train, serve, and print the address."""
    from playbill.cli.demo import prepare, serve_until_stopped

    home = home or Path("demo-alive" if alive else "demo")
    if alive:
        from playbill.cli.alive import demo_alive

        demo_alive(home, port, workers, members, speed, only_prepare, out)
        return
    settings = prepare(home, out)
    if not only_prepare:
        serve_until_stopped(home, settings, port, workers, out, requests=False)


@app.command()
def doctor(home: Home = None, as_json: AsJson = False) -> None:
    """Look the service over: store, clock, data, release. Ends with 1 if something needs attention."""
    from playbill.cli.doctor import examine

    findings = examine(home_of(home))
    if as_json:
        say(findings)
    else:
        draw.findings(out, findings)
    raise typer.Exit(0 if all(f.fine for f in findings) else 1)


app.command("take-down")(operate.take_down)
app.command()(operate.forget)
app.command()(operate.export)
app.command()(operate.backup)
app.command()(operate.restore)
app.command()(operate.sync)
app.add_typer(editorial, name="editorial")
app.command()(simulate)
app.command()(tune)
app.add_typer(evaluate, name="evaluate")
app.add_typer(bench, name="bench")


def main() -> None:
    """Run a command. A mistake ends with one clear line and exit code 2."""
    try:
        app()
    except PlaybillError as wrong:
        sys.stderr.write(f"playbill: {wrong}\n")
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
