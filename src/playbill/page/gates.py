"""Gates: may a title be shown at all. They never score, and every surface leaves through them.

`Shown` is the last gate as a type: only `pass_` makes one, and what serializes a page or a list accepts nothing else.
An unknown fact counts as the strictest.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Protocol

import numpy as np

from playbill.catalog import Catalog
from playbill.slate import Bools, Floats, Numbers, Slate
from playbill.viewer import Request


class Gate(Protocol):
    """One reason why a title may not be shown."""

    name: str

    def admits(self, request: Request, catalog: Catalog) -> Bools:
        """(n,) which titles this gate lets through."""
        ...


class Present:
    """In the catalogue and not taken down, neither by the snapshot nor since."""

    name = "present"

    def admits(self, request: Request, catalog: Catalog) -> Bools:
        """(n,) see `Gate`."""
        admitted = catalog.present.copy()
        admitted[catalog.numbers(request.denied)] = False
        return admitted


class Maturity:
    """Suitable for the profile's ceiling. Unknown ratings are older than every ceiling; unknown profiles have the
    strictest."""

    name = "maturity"

    def admits(self, request: Request, catalog: Catalog) -> Bools:
        """(n,) see `Gate`."""
        return catalog.age <= request.ceiling


class Available:
    """Its window is open at the request's time, in the request's country."""

    name = "available"

    def admits(self, request: Request, catalog: Catalog) -> Bools:
        """(n,) see `Gate`."""
        return catalog.available(request.at, request.where)


class NotRefused:
    """The member neither disliked nor hid it. Holds with profiling off too: a refusal is an instruction."""

    name = "not_refused"

    def admits(self, request: Request, catalog: Catalog) -> Bools:
        """(n,) see `Gate`."""
        refused = (f.title for f in request.facts.values() if f.thumb < 0 or f.hidden)
        admitted = np.ones(len(catalog), bool)
        admitted[catalog.numbers(refused)] = False
        return admitted


class NotExcluded:
    """The caller did not ask to leave it out."""

    name = "not_excluded"

    def admits(self, request: Request, catalog: Catalog) -> Bools:
        """(n,) see `Gate`."""
        admitted = np.ones(len(catalog), bool)
        admitted[catalog.numbers(request.exclude)] = False
        return admitted


GATES: tuple[Gate, ...] = (Present(), Maturity(), Available(), NotRefused(), NotExcluded())


def admitted(request: Request, catalog: Catalog) -> Bools:
    """(n,) which titles may be shown: those that every gate lets through."""
    return reduce(np.logical_and, (gate.admits(request, catalog) for gate in GATES))


def refusals(request: Request, catalog: Catalog, title: int) -> tuple[str, ...]:
    """The names of the gates that keep a title away; none if it may be shown."""
    return tuple(gate.name for gate in GATES if not gate.admits(request, catalog)[title])


_KEY = object()


@dataclass(frozen=True, slots=True, init=False)
class Shown:
    """Titles that went through the last gate. Only `pass_` makes one."""

    titles: Numbers  # (k,)
    scores: Floats  # (k,)

    def __init__(self, titles: Numbers, scores: Floats, key: object = None) -> None:
        if key is not _KEY:
            raise TypeError("A Shown comes from gates.pass_ only: whatever is shown has gone through the gates.")
        object.__setattr__(self, "titles", titles)
        object.__setattr__(self, "scores", scores)

    def __len__(self) -> int:
        return len(self.titles)


def pass_(admitted: Bools, slate: Slate) -> Shown:
    """The titles of the slate that are admitted (n,), in its order."""
    through = admitted[slate.titles]
    return Shown(slate.titles[through], slate.scores[through], _KEY)
