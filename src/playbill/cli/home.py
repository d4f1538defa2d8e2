"""Options that most commands have, and how they print JSON."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from playbill.settings import FILE

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Home = Annotated[
    Path | None,
    typer.Option(
        "--home",
        envvar="PLAYBILL_HOME",
        help=f"The service's folder. Default: here if it has {FILE}, else playbill-data.",
    ),
]


def home_of(home: Path | None) -> Path:
    """The service's folder: the one named, this one if it has a playbill.toml, else ./playbill-data."""
    return home or (Path() if Path(FILE).exists() else Path("playbill-data"))


def say(value: Any) -> None:
    """Print a value as one line of JSON."""
    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")
