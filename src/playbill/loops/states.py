"""Member states as of a place in the log: kept in memory, saved now and then, always brought up to that place.

What is kept is a cache: losing it is harmless. When a profile is erased, by whichever process, everything is let go of.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

from playbill.errors import UnknownProfile, nearest
from playbill.state import MemberState, TitleFacts, facts_of, fold_all
from playbill.store.store import EventLog

STATES = 10_000
"""States kept in memory."""

SAVE_AFTER = 200
"""A state is saved once this many events were folded into it since it was loaded."""


@dataclass
class Kept:
    """A member's state in memory."""

    cursor: int = 0  # the last log row folded into it
    state: MemberState = field(default_factory=MemberState)
    unsaved: int = 0  # events folded since it was loaded or saved
    facts: tuple[MemberState, Mapping[str, TitleFacts]] | None = None  # those of this state, or of an earlier one


class States:
    """The states of one log. Not for several threads at once."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._erased = log.erased()
        self._kept: OrderedDict[str, Kept] = OrderedDict()

    def of(self, profile: str, until: int) -> MemberState:
        """The member's state as of a place in the log. Raises UnknownProfile if the log never heard of them."""
        if (erased := self._log.erased()) != self._erased:
            self._kept.clear()
            self._erased = erased
        kept = self._kept.pop(profile, None) or Kept()
        if kept.cursor > until or kept.cursor == 0:
            cached = self._log.load_state(profile)
            cursor, state = cached if cached and cached[0] <= until else (0, MemberState())
            kept = Kept(cursor, state)
        told = self._log.told(profile, kept.cursor, until)
        if told:
            kept.state, kept.unsaved = fold_all(kept.state, (event for _, event in told)), kept.unsaved + len(told)
        if kept.state == MemberState() and not self._log.has_profile(profile):
            raise UnknownProfile(f"There is no profile {profile!r}.{nearest(profile, self._log.profiles(most=1_000))}")
        kept.cursor = until
        if kept.unsaved >= SAVE_AFTER:
            self._log.save_state(profile, until, kept.state)
            kept.unsaved = 0
        self._kept[profile] = kept
        if len(self._kept) > STATES:
            self._kept.popitem(last=False)
        return kept.state

    def facts(self, profile: str, until: int) -> tuple[MemberState, Mapping[str, TitleFacts]]:
        """The state, and what it says of each title; worked out anew only where something was said since."""
        state = self.of(profile, until)
        kept = self._kept[profile]
        kept.facts = state, facts_of(state, kept.facts)
        return kept.facts
