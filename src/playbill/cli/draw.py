"""Pages, explanations and findings as a terminal shows them. Colours degrade with the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from playbill.app import Served
from playbill.cli.finding import Finding
from playbill.http.words import heading
from playbill.page.explain import Explanation
from playbill.settings import FILE, reference

BAR = 40
"""Characters of the longest bar."""

HEADING, TILE = 26, 22
"""Characters of a row's heading and of a title."""


def titles_that_fit(console: Console) -> int:
    """How many titles a row can have on this terminal and still be read."""
    return max(2, (console.width - HEADING) // TILE)


def page(console: Console, served: Served) -> None:
    """A page as a table: rows from the top, their titles from the left."""
    catalog = served.page.viewer.catalog
    table = Table(show_header=False, box=None, padding=(0, 1), expand=True)
    table.add_column(style="bold", width=HEADING, overflow="fold")
    width = max((len(row.shown) for row in served.page.rows), default=0)
    for _ in range(width):
        table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    for row in served.page.rows:
        names = [_tile(catalog.titles[t].name, catalog.titles[t].year) for t in row.shown.titles.tolist()]
        table.add_row(escape(heading(row.kind, row.facts)), *names)
    console.print(table)
    if not served.page.rows:
        console.print("No row has enough titles for this profile. Check its ceiling and country: playbill doctor.")
    as_of = datetime.fromtimestamp(served.page.snapshot.at / 1000, UTC).isoformat(timespec="minutes")
    console.print(f"As of {as_of}. Impression {served.impression.id}. Next: playbill why {served.impression.id} 0")


def _tile(name: str, year: int | None) -> str:
    return escape(name) + (f" [dim]{year}[/dim]" if year else "")


def explanation(console: Console, why: Explanation) -> None:
    """Why a title stands where it stands, with a bar for each cause."""
    console.print(f"[bold]{escape(why.name)}[/bold]: row {why.index + 1}, place {why.column + 1}, in "
                  f"“{escape(heading(why.row, why.facts))}”")  # fmt: skip
    console.print(f"Expected share of the next play {why.score:.2%}; of everyone's recent plays {why.popularity:.2%}.")
    console.print(f"Picture {why.picture + 1} of {why.pictures}, drawn with probability {why.propensity:.2f}.")
    for cause in why.causes:
        bar = "█" * max(1, round(abs(cause.weight) * BAR))
        colour = "green" if cause.weight > 0 else "red"
        console.print(f"  [{colour}]{bar:<{BAR}}[/{colour}] {cause.weight:+.0%} {escape(cause.name)}")
    if not why.causes:
        console.print("  Nothing in the history speaks for it more than for others: it is here for everyone's plays.")


def findings(console: Console, found: Sequence[Finding]) -> None:
    """Findings as a table; what needs attention says what to do."""
    table = Table(box=None, padding=(0, 1))
    for column in ("", "looked at", "seen", "do"):
        table.add_column(column)
    for f in found:
        mark = "[green]ok[/green]" if f.fine else "[red]!![/red]"
        table.add_row(mark, escape(f.what), escape(f.seen), "" if f.fine else escape(f.remedy))
    console.print(table)


def settings_file() -> str:
    """A playbill.toml with every setting at its default, commented out."""
    lines = [f"# {FILE}: every setting with its default. Take the # away to change one.", ""]
    section = None
    for name, default, kind in reference():
        head, _, key = name.partition(".")
        if head != section:
            lines += [f"[{head}]"]
            section = head
        value = {"True": "true", "False": "false", "None": "# not set", "()": "[]"}.get(default, default)
        lines.append(f"# {key} = {value.replace(chr(39), chr(34))}  # {kind}")
    return "\n".join(lines) + "\n"
