"""What editors ask of pages: pins, boosts, burials and rows of their own. A fold of `EditorialSet` events.

    pin     titles stand first in the row of a kind
    boost   titles count up to ten times as much
    bury    titles count less; they may still be shown
    row     a row of these titles, under headings of the editor's

Rules are the same for everyone in a country, and every rule ends. They order what may be shown anyway: nothing here
gets a title past a gate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from playbill.catalog import Catalog
from playbill.events import EditorialAction, EditorialSet
from playbill.slate import Floats, Numbers


@dataclass(frozen=True, slots=True)
class Editorial:
    """Rules, the one said last first: where two want the same, it comes first. None is withdrawn."""

    rules: tuple[EditorialSet, ...] = ()

    def holding(self, at: int, country: str | None) -> Editorial:
        """The rules that hold at `at` (ms) in a country. Where that is not known, those for every country."""
        if not self.rules:
            return self
        return Editorial(
            tuple(
                rule
                for rule in self.rules
                if (rule.start is None or rule.start <= at) and at < rule.until and rule.country in (None, country)
            )
        )

    def factors(self, catalog: Catalog) -> Floats | None:
        """(n,) by how much each title counts: the product of all its boosts and burials. None if there are none."""
        rules = [rule for rule in self.rules if rule.action in (EditorialAction.BOOST, EditorialAction.BURY)]
        if not rules:
            return None
        factors = np.ones(len(catalog))
        for rule in rules:
            factors[catalog.numbers(rule.titles)] *= rule.factor  # a title that a rule names twice counts once
        return factors

    def pins(self, catalog: Catalog) -> dict[str, Numbers]:
        """Kind of row to the numbers of the titles pinned in it, in their order, none twice."""
        pinned: dict[str, dict[str, None]] = {}
        for rule in self.rules:
            if rule.action == EditorialAction.PIN and rule.row is not None:
                pinned.setdefault(rule.row, {}).update(dict.fromkeys(rule.titles))
        return {kind: catalog.numbers(titles) for kind, titles in pinned.items()}

    @property
    def rows(self) -> tuple[EditorialSet, ...]:
        """The rules that are rows."""
        return tuple(rule for rule in self.rules if rule.action == EditorialAction.ROW)


NO_RULES = Editorial()


class EditorialFold:
    """Folds events into rules. Whatever the order, the greatest (at, id) wins per rule."""

    def __init__(self) -> None:
        self._rules: dict[str, EditorialSet] = {}

    def apply(self, event: EditorialSet) -> None:
        """Take in one event."""
        known = self._rules.get(event.rule, event)
        self._rules[event.rule] = max(known, event, key=_said)

    @property
    def editorial(self) -> Editorial:
        """The rules after the events taken in so far."""
        standing = (rule for rule in self._rules.values() if not rule.withdrawn)
        return Editorial(tuple(sorted(standing, key=_said, reverse=True)))


def _said(rule: EditorialSet) -> tuple[int, str]:
    return rule.at, rule.id
