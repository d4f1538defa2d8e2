"""Everything that is held of one profile, for the person it is about."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import structs

from playbill.events import Action, Event, kind_of
from playbill.state import MemberState, facts_of, fold_all
from playbill.store.store import EventLog
from playbill.viewer import CONTROLS


def export(log: EventLog, profile: str, now: int) -> Iterator[dict[str, Any]]:
    """Every event of a profile in log order, then one object of kind `derived`: what playbill makes of them.

    Events are as they were sent, and can be sent again: an object each, with its `kind`, without fields at their
    default. Pages that were served are of kind `impression`. now: ms.
    """
    for _, event in log.tail(profile, 0):
        yield said_in(event)
    state = fold_all(MemberState(), (event for _, event in log.told(profile, 0)))
    facts = facts_of(state)
    listed = sorted((f for f in facts.values() if f.listed is not None), key=lambda f: (-(f.listed or 0), f.title))
    yield {
        "kind": "derived",
        "at": now,
        "profile": None if state.profile is None else said_in(state.profile),
        "controls": {c: state.controls[c][2] if c in state.controls else values[0] for c, values in CONTROLS.items()},
        "facts": [msgspec.to_builtins(f) for f in facts.values()],
        "list": [f.title for f in listed],
    }  # fmt: skip


def said_in(event: Event) -> dict[str, Any]:
    """An event as a JSON object with its kind."""
    said: dict[str, Any] = msgspec.to_builtins(event)
    if isinstance(event, Action):
        default = {f.name: f.default for f in structs.fields(event)}
    else:
        default = {f.name: f.default for f in dataclasses.fields(event)}
    kept = {name: value for name, value in said.items() if getattr(event, name) != default[name]}
    if isinstance(event, Action):
        return kept
    return {"kind": kind_of(event), **kept}
