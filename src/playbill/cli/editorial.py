"""`playbill editorial`: what editors ask of pages. Every rule has a name, an end, and an entry in the log."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from playbill.app import Playbill
from playbill.catalog import TitleFold
from playbill.cli.home import AsJson, Home, home_of, say
from playbill.errors import InputError, UnknownTitle, nearest
from playbill.events import EditorialAction, EditorialSet, TakenDown, TitleRemoved, TitleSet
from playbill.rows import ROWS

editorial = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Pin, boost and bury titles, and make rows, until a given moment."
)
out = Console()

Rule = Annotated[str, typer.Argument(help="The rule's name; the same name again replaces it.")]
By = Annotated[str, typer.Option(help="Who asks for it; it stays in the log.")]


@editorial.callback()
def _() -> None:
    """Pin, boost and bury titles, and make rows, until a given moment."""


@editorial.command("list")
def list_(home: Home = None, as_json: AsJson = False) -> None:
    """The rules that hold now or will."""
    with Playbill(home_of(home)) as service:
        rules, now = service.editorial(), service.clock()
    if as_json:
        say(rules)
        return
    if not rules:
        out.print("No rule holds. Next: playbill editorial set RULE --help")
        return
    table = Table("rule", "asks", "titles", "from", "until", "by", box=SIMPLE_HEAD)
    for rule in rules:
        start = "now" if (rule.start or 0) <= now else _shown(rule.start or 0)
        table.add_row(rule.rule, _asks(rule), ", ".join(rule.titles), start, _shown(rule.until), rule.by)
    out.print(table)
    out.print("To end one sooner: playbill editorial withdraw RULE --by WHO")


@editorial.command("set")
def set_(
    rule: Rule,
    action: Annotated[EditorialAction, typer.Option(help="What it asks.")],
    title: Annotated[list[str], typer.Option(help="A title's id. Repeatable, in their order.")],
    until: Annotated[str, typer.Option(help="When it ends: 2026-12-24 or 2026-12-24T18:00:00Z.")],
    by: By,
    reason: Annotated[str, typer.Option(help="Why; members see that an editor did it.")] = "",
    start: Annotated[str | None, typer.Option(help="When it begins. Default: now.")] = None,
    country: Annotated[str | None, typer.Option(help="Only there: ISO 3166 alpha-2. Default: everywhere.")] = None,
    row: Annotated[str | None, typer.Option(help="pin: the kind of row, such as top_picks.")] = None,
    place: Annotated[int | None, typer.Option(help="row: its place on the page from 0.")] = None,
    factor: Annotated[float, typer.Option(help="boost: above 1 to 10. bury: from 0 to below 1.")] = 1.0,
    heading: Annotated[list[str] | None, typer.Option(help='row: en="Films of the week". Repeatable.')] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Make a rule, or replace it."""
    kinds = [kind.kind for kind in ROWS]
    if row is not None and row not in kinds:
        raise InputError(f"row: {row!r} is no kind of row.{nearest(row, kinds)} Known: {', '.join(kinds)}.")
    if action in (EditorialAction.BOOST, EditorialAction.BURY) and factor == 1.0:
        raise InputError(f"factor: {factor} changes nothing. Give a boost one above 1, a burial one below 1.")
    with Playbill(home_of(home)) as service:
        _known(service, title)
        event_id, now = service.stamp()
        asked = EditorialSet(
            event_id, _after(service, rule, now), rule, action, tuple(title), _moment("until", until), by, reason,
            None if start is None else _moment("start", start), country, row, place, factor, _headings(heading or ()),
        )  # fmt: skip
        service.record([asked])
    if as_json:
        say(asked)
        return
    out.print(
        f"Set {rule}: {_asks(asked)}, titles: {len(title)}, until {_shown(asked.until)}. Pages obey it from the next "
        f"snapshot on. To end it sooner: playbill editorial withdraw {rule} --by WHO", markup=False, soft_wrap=True,
    )  # fmt: skip


@editorial.command()
def withdraw(
    rule: Rule,
    by: By,
    reason: Annotated[str, typer.Option(help="Why; it stays in the log.")] = "",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """End a rule before its time."""
    with Playbill(home_of(home)) as service:
        rules = {known.rule: known for known in service.editorial()}
        if rule not in rules:
            raise InputError(f"rule: {rule!r} does not hold.{nearest(rule, rules)} See: playbill editorial list")
        event_id, now = service.stamp()
        known, at = rules[rule], _after(service, rule, now)
        service.record([
            EditorialSet(event_id, at, rule, known.action, known.titles, known.until, by, reason, withdrawn=True)
        ])  # fmt: skip
    if as_json:
        say({"rule": rule, "withdrawn": True, "at": at})
    else:
        out.print(f"Withdrew {rule}. Pages forget it with the next snapshot.", markup=False, soft_wrap=True)


@editorial.command()
def log(
    rule: Annotated[str | None, typer.Option("--rule", help="Of this rule only.")] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Every change of every rule, newest first: who, when, why."""
    with Playbill(home_of(home)) as service:
        said = [event for _, event in service.log.read(0, kinds=("editorial_set",)) if isinstance(event, EditorialSet)]
    said = [event for event in reversed(said) if rule in (None, event.rule)]
    if as_json:
        say(said)
        return
    table = Table("when", "rule", "asked", "titles", "until", "by", "reason", box=SIMPLE_HEAD)
    for event in said:
        asked = "withdrawn" if event.withdrawn else _asks(event)
        until = "" if event.withdrawn else _shown(event.until)
        table.add_row(_shown(event.at), event.rule, asked, ", ".join(event.titles), until, event.by, event.reason)
    out.print(table)
    out.print(f"{len(said)} entries. What holds now: playbill editorial list")


def _asks(rule: EditorialSet) -> str:
    """What a rule asks, in a few words."""
    words = {
        EditorialAction.PIN: f"pin in {rule.row}",
        EditorialAction.BOOST: f"boost × {rule.factor:g}",
        EditorialAction.BURY: f"bury × {rule.factor:g}",
        EditorialAction.ROW: "row" + (f" at {rule.place}" if rule.place is not None else ""),
    }
    return words[rule.action] + (f" in {rule.country}" if rule.country else "")


def _known(service: Playbill, titles: list[str]) -> None:
    """Raises UnknownTitle for a title that the log does not describe."""
    fold = TitleFold()
    for _, event in service.log.catalogue(0):
        if isinstance(event, TitleSet | TitleRemoved | TakenDown):
            fold.apply(event)
    known = {title.id for title in fold}
    for title in titles:
        if title not in known:
            raise UnknownTitle(f"There is no title {title!r}.{nearest(title, known)} Nothing was recorded.")


def _after(service: Playbill, rule: str, now: int) -> int:
    """A moment (ms) after whatever was said of a rule before: the latest one holds."""
    said = (event for _, event in service.log.read(0, kinds=("editorial_set",)))
    return max([now, *(e.at + 1 for e in said if isinstance(e, EditorialSet) and e.rule == rule)])


def _moment(name: str, text: str) -> int:
    """A date or a moment as ms; without a zone it is UTC. Raises InputError."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as wrong:
        raise InputError(f"{name}: {text!r} is no moment. Write it as 2026-12-24 or 2026-12-24T18:00:00Z.") from wrong
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def _headings(given: list[str] | tuple[()]) -> tuple[tuple[str, str], ...]:
    """Headings by language. Raises InputError."""
    headings = []
    for text in given:
        language, equals, heading = text.partition("=")
        if not equals or not heading:
            raise InputError(f'heading: {text!r} names no language. Write it as --heading en="Films of the week".')
        headings.append((language.strip(), heading.strip()))
    return tuple(headings)


def _shown(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M")
