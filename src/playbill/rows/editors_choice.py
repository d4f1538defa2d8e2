"""Editors' Choice: a row that an editor put together, under a heading of theirs. See `playbill.editorial`."""

from __future__ import annotations

import numpy as np

from playbill.events import EditorialSet
from playbill.rows.row import Facts, Themes
from playbill.slate import Bools, Numbers, Slate
from playbill.snapshot import DEEPEST, Stock
from playbill.viewer import Viewer


class EditorsChoice:
    """One theme a rule; its key is the rule."""

    kind = "editors_choice"
    by_hand = True  # in the editor's order, whatever the scores

    def propose(self, viewer: Viewer, stock: Stock) -> Themes:
        """The rule's titles that the viewer may see, seen ones too. What they are in the middle of stays in Continue
        Watching."""
        if not stock.editorial.rows:
            return Themes.of(self.kind, ())
        resumable = stock.catalog.numbers(f.title for f in viewer.resumable)

        def theme(rule: EditorialSet) -> tuple[str, Facts, Slate]:
            titles = stock.catalog.numbers(dict.fromkeys(rule.titles))
            titles = titles[viewer.admitted[titles] & ~np.isin(titles, resumable)][:DEEPEST]
            return rule.rule, _facts(rule), Slate(titles, stock.scores[titles])

        return Themes.of(self.kind, map(theme, stock.editorial.rows), least=1)

    def holds(self, viewer: Viewer, stock: Stock, key: str, titles: Numbers) -> Bools:
        """Whether each title is one of the rule's; False once the rule holds no longer."""
        chosen = (title for rule in stock.editorial.rows if rule.rule == key for title in rule.titles)
        return np.isin(titles, stock.catalog.numbers(chosen))


def _facts(rule: EditorialSet) -> Facts:
    """The heading in English, or in the first language there is, and then in each."""
    headings = dict(rule.headings)
    return (
        ("heading", headings.get("en", rule.headings[0][1])),
        *((f"heading.{language}", text) for language, text in headings.items()),
    )
