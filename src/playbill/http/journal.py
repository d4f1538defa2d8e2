"""The log: one line for each thing that happened, on stderr, as JSON or for people.

No line names a profile, a title, a query, an address or the key. A request is told by its route's template; a crash by
the error's type and the places in the code, without the error's message, since that may quote what was sent; a line of
another library by its fixed words, without what was filled in.
"""

from __future__ import annotations

import logging
import multiprocessing
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from playbill.errors import PlaybillError

OWN = "playbill"
"""Loggers below this one choose their words; those of others may quote what was sent."""

REQUEST = ("route", "method", "status", "ms")
"""What a line about a request has beside what every line has."""

PLACES = 12
"""Places of a crash that are told: the innermost ones."""

log = logging.getLogger("playbill.serve")


class Lines(logging.Formatter):
    """A record as one line. form: json or text."""

    def __init__(self, form: str) -> None:
        super().__init__()
        self._form = form

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter.format`."""
        line = line_of(record)
        return msgspec.json.encode(line).decode() if self._form == "json" else _for_people(line)


def line_of(record: logging.LogRecord) -> dict[str, Any]:
    """time, level, event, worker; of a request route, method, status and ms; of a crash error and places."""
    own = record.name.partition(".")[0] == OWN
    words = record.getMessage() if own else str(record.msg)
    line: dict[str, Any] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": record.levelname.lower(),
        "event": (words.splitlines() or [""])[0],
        "worker": record.processName if record.processName != "MainProcess" else "serve",
    }
    line |= {name: getattr(record, name) for name in REQUEST if hasattr(record, name)}
    if record.exc_info and record.exc_info[0] is not None:
        kind, _, trace = record.exc_info
        line["error"] = kind.__name__
        line["places"] = [_place(frame) for frame in traceback.extract_tb(trace)[-PLACES:]]
    return line


def _place(frame: traceback.FrameSummary) -> str:
    return f"{'/'.join(Path(frame.filename).parts[-3:])}:{frame.lineno} {frame.name}"


def _for_people(line: dict[str, Any]) -> str:
    words = line["event"]
    if "route" in line:
        words = f"{line['method']} {line['route']} {line['status']}, {line['ms']:.1f} ms"
    if "error" in line:
        words += f" {line['error']} at {' < '.join(reversed(line['places']))}"
    level = "" if line["level"] == "info" else f"{line['level']}: "
    return f"playbill: {line['time'][:19].replace('T', ' ')} {line['worker']}: {level}{words}"


def begin(form: str, requests: bool = True) -> None:
    """Let everything that this process logs go to stderr in one form. requests: tell each request, too."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines(form))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger(OWN).setLevel(logging.INFO if requests else logging.WARNING)


@contextmanager
def crashes_told() -> Iterator[None]:
    """What ends this process by mistake is told as a line like any other; the process then ends with 1."""
    try:
        yield
    except PlaybillError as wrong:
        log.error("%s cannot go on: %s", multiprocessing.current_process().name, wrong)
        sys.exit(1)
    except Exception:
        log.exception("A process ended by a mistake of ours.")
        sys.exit(1)
