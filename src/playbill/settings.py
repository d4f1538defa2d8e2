"""playbill.toml, as frozen objects. Every key has a default; an unknown one is an error naming the nearest."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime
from math import inf
from pathlib import Path
from typing import Any, get_type_hints

from playbill.errors import SettingsError, nearest, shorten
from playbill.loops.rewards import Lasting, RewardTable
from playbill.loops.settle import Rewards
from playbill.models.blend import BlendConfig
from playbill.models.linear import LinearConfig

FILE = "playbill.toml"

LOGS = ("text", "json")
"""Forms of the log."""

ORIGIN = re.compile(r"https://[a-z0-9-]+(\.[a-z0-9-]+)*(:\d{1,5})?|http://localhost(:\d{1,5})?")
"""An https origin as a content security policy may name it: host and port, no path and no wildcard."""


@dataclass(frozen=True)
class Clock:
    """What time it is. By default the machine's; a demo on old data lives at its data's end and runs on from there."""

    as_of: datetime | None = None  # the moment the service's clock showed ...
    since: datetime | None = None  # ... when the machine's clock showed this
    speed: float = 1.0  # seconds of the service for each of the machine's from `since` on


@dataclass(frozen=True)
class Store:
    """Where the event log is."""

    url: str = "sqlite:///playbill.db"  # a relative path is taken from the folder of playbill.toml


@dataclass(frozen=True)
class Page:
    """What a page is unless the request says otherwise."""

    rows: int = 40  # at most; a page holds as many rows as have enough titles
    columns: int = 40  # titles a row at most
    idle_minutes: float = 30.0  # this long without an event ends a session
    notice: str = ""  # shown at the page's foot: whose data this is, under which licence


@dataclass(frozen=True)
class Nearline:
    """Snapshots."""

    every_seconds: float = 60.0  # how often a snapshot is published
    keep: int = 60  # how many snapshots stay on disk


@dataclass(frozen=True)
class Catalogue:
    """Feeds of titles."""

    largest_loss: float = 0.05  # share of the catalogue; a feed that lacks more is asked about before it is applied


@dataclass(frozen=True)
class Training:
    """Releases."""

    seed: int = 7  # the same log and seed give the same release
    keep: int = 5  # how many releases stay on disk, the current one included


@dataclass(frozen=True)
class Server:
    """The HTTP skin."""

    host: str = "127.0.0.1"  # loopback only; anything else needs `allow_remote`
    port: int = 8517
    workers: int = 1  # each builds one page at a time
    allow_remote: bool = False  # listen beyond this machine; put TLS in front
    names: tuple[str, ...] = ()  # further Host names under which the service is reached
    largest_body: int = 1_048_576  # bytes; larger requests are refused
    largest_batch: int = 1_000  # events a request
    largest_import: int = 67_108_864  # bytes of a bulk import, or of a feed of titles
    artwork_hosts: tuple[str, ...] = ()  # https origins that pictures may come from; nothing else leaves the origin
    log: str = "text"  # on stderr: text for people, json for machines; one line a request


@dataclass(frozen=True)
class Settings:
    """All settings of one service."""

    clock: Clock = field(default_factory=Clock)
    store: Store = field(default_factory=Store)
    page: Page = field(default_factory=Page)
    nearline: Nearline = field(default_factory=Nearline)
    catalogue: Catalogue = field(default_factory=Catalogue)
    training: Training = field(default_factory=Training)
    server: Server = field(default_factory=Server)
    rewards: Rewards = field(default_factory=Rewards)
    lasting: Lasting = field(default_factory=Lasting)
    linear: LinearConfig = field(default_factory=LinearConfig)
    blend: BlendConfig = field(default_factory=BlendConfig)


def load(home: Path) -> Settings:
    """The settings of the service in a folder; the defaults if it has no playbill.toml. Raises SettingsError."""
    path = home / FILE
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as failed:
        raise SettingsError(f"{path} cannot be read: {failed}.") from failed
    settings: Settings = _build(Settings, table, str(path))
    _check_skin(settings, path)
    if (settings.clock.as_of is None) != (settings.clock.since is None):
        raise SettingsError(f"{path}: clock.as_of and clock.since belong together: set both or neither.")
    if not 0 < settings.clock.speed < inf:
        raise SettingsError(f"{path}: clock.speed: {settings.clock.speed} is no number greater than 0. Usual is 1.0.")
    if settings.clock.speed != 1 and settings.clock.since is None:
        raise SettingsError(f"{path}: clock.speed needs a moment to count from: set clock.as_of and clock.since.")
    RewardTable(settings.rewards, settings.lasting)  # raises SettingsError where the two do not go together
    for section, taste in (("linear", settings.linear), ("blend", settings.blend)):
        for name, value in ((f.name, getattr(taste, f.name)) for f in fields(taste)):
            if not 0 <= value < inf or (name == "ridge" and not value):
                raise SettingsError(
                    f"{path}: {section}.{name}: {value} is out of range. It is 0 or more, a ridge above 0."
                )
    for name, value in (("as_of", settings.clock.as_of), ("since", settings.clock.since)):
        if value is not None and value.tzinfo is None:
            raise SettingsError(f"{path}: clock.{name} has no time zone. Write it as 2013-09-01T20:00:00Z.")
    return settings


def _check_skin(settings: Settings, path: Path) -> None:
    """What the types of `catalogue` and `server` do not say. Raises SettingsError."""
    if not 0 <= settings.catalogue.largest_loss <= 1:
        raise SettingsError(
            f"{path}: catalogue.largest_loss: {settings.catalogue.largest_loss} is no share from 0 to 1. Usual is 0.05."
        )
    if settings.server.log not in LOGS:
        raise SettingsError(f"{path}: server.log: {shorten(settings.server.log)} is neither of {', '.join(LOGS)}.")
    for host in settings.server.artwork_hosts:
        if not ORIGIN.fullmatch(host):
            raise SettingsError(
                f"{path}: server.artwork_hosts: {shorten(host)} is no https origin. Write it as "
                '"https://img.example.com", without a path.'
            )


def _build(cls: Any, table: dict[str, Any], where: str) -> Any:
    """An object of a settings class from a table of the file."""
    hints = get_type_hints(cls)
    values = {}
    for key, value in table.items():
        if key not in hints:
            raise SettingsError(f"{where}: {key!r} is not a setting.{nearest(key, hints)} Known: {', '.join(hints)}.")
        values[key] = _value(hints[key], value, getattr(cls, key, None), f"{where}, {key}")
    return cls(**values)


def _value(kind: Any, value: Any, default: Any, where: str) -> Any:
    if is_dataclass(kind):
        if not isinstance(value, dict):
            raise SettingsError(f"{where}: {shorten(value)} is not a section. Write [{where.rsplit(', ', 1)[-1]}].")
        return _build(kind, value, where)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if kind == tuple[str, ...] and isinstance(value, list) and all(isinstance(v, str) for v in value):
        return tuple(value)
    wanted: Any = {"datetime | None": datetime}.get(str(kind).replace("datetime.datetime", "datetime"), kind)
    if (
        not isinstance(wanted, type)
        or not isinstance(value, wanted)
        or (isinstance(value, bool) and wanted is not bool)
    ):
        raise SettingsError(f"{where}: {shorten(value)} is not a {getattr(wanted, '__name__', wanted)}.")
    if isinstance(value, int) and not isinstance(value, bool) and (value < 0 or (value == 0 and default != 0)):
        raise SettingsError(f"{where}: {value} is not greater than 0.")
    return value


def reference() -> list[tuple[str, str, str]]:
    """(section.key, default, type) of every setting, for the docs."""
    sections = get_type_hints(Settings)
    return [(f"{name}.{f.name}", repr(f.default), str(f.type)) for name, cls in sections.items() for f in fields(cls)]
