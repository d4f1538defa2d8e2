"""A member's own history: what they played and what they said, latest first."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from playbill.catalog import Catalog
from playbill.errors import InputError, shorten
from playbill.page.gates import Shown, admitted, pass_
from playbill.rows.continue_watching import bookmark
from playbill.slate import Slate
from playbill.state import MemberState, TitleFacts
from playbill.viewer import Viewer

OWN_WORD = frozenset({"not_refused", "not_excluded"})
"""Gates that say no because of the member's own word. A title does not cease to exist by it, and what was refused
stands in the history: where else would it be taken back?"""


@dataclass(frozen=True)
class History:
    """A part of a history. e: its entries."""

    shown: Shown  # (e,)
    facts: tuple[TitleFacts, ...]  # (e,)
    progress: tuple[float | None, ...]  # (e,) 0 to 1 of the film or of the latest episode; None: only rated or thumbed
    cursor: str | None  # for what lies further back; None: nothing does
    withheld: int  # entries of the whole history that may not be shown


def history(viewer: Viewer, n: int, cursor: str | None = None) -> History:
    """At most n entries that lie behind the cursor. Pure. Raises InputError for a cursor that none was.

    It does not depend on the control `profiling`: it is the member's own record. What every other gate refuses, such as
    a title above the ceiling, is withheld, and so is what the catalogue does not describe.
    """
    request, catalog = viewer.request, viewer.catalog
    own = replace(request, state=MemberState(profile=request.state.profile), known={}, exclude=frozenset())
    may = admitted(own, catalog)
    everything = sorted((f for f in request.facts.values() if f.watched or f.thumb or f.hidden), key=_order)
    open_ = [f for f in everything if f.title in catalog.index and may[catalog.index[f.title]]]
    after = _place(cursor)
    behind = [f for f in open_ if after is None or _order(f) > after]
    facts = tuple(behind[:n])
    slate = Slate(catalog.numbers(f.title for f in facts), np.zeros(len(facts)))
    more = f"{facts[-1].last}:{facts[-1].title}" if len(behind) > n else None
    progress = tuple(_progress(catalog, f) for f in facts)
    return History(pass_(may, slate), facts, progress, more, len(everything) - len(open_))


def _order(facts: TitleFacts) -> tuple[int, str]:
    return -facts.last, facts.title


def _place(cursor: str | None) -> tuple[int, str] | None:
    if cursor is None:
        return None
    last, _, title = cursor.partition(":")
    if not (last.isascii() and last.isdecimal() and title) or len(last) > 16:
        raise InputError(f"cursor: {shorten(cursor)} is not a cursor. Send back the one that came with the history.")
    return -int(last), title


def _progress(catalog: Catalog, facts: TitleFacts) -> float | None:
    if not facts.started:
        return None
    mark = bookmark(catalog, facts)
    return 1.0 if facts.done or mark.next else round(mark.share, 4)
