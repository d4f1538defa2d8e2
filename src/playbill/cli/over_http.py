"""Simulated months over HTTP: the real service answers on a port of this machine, in simulated time.

    begin, until     in process, as an operator imports, trains and publishes: HTTP has no verbs for that
    pages            GET /v1/homepage/{profile}, one after the other, each at its visit's own time
    record, tell     POST /v1/events

The server is a thread of the process that simulates, so both share one `Playbill`, its clock and its ids. Only one of
them works at a time: whoever asks waits for the answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from playbill.events import Sendable
from playbill.http.thread import answering
from playbill.simulation.application import SHAPE, Application
from playbill.simulation.over_http import OverHTTP
from playbill.simulation.service import Happenings, Pages, Visits


class ApplicationOverHTTP(Application):
    """An `Application` that its members use over HTTP. Counts and times are those of both sides together.

    The log is that of an `Application` but for the cursors of its pages: each page is logged before the next one is
    composed, not all of a wave after the last.
    """

    def __init__(
        self, home: Path, title_ids: Sequence[str], profile_ids: Sequence[str], countries: Sequence[str],
        title_names: Sequence[str], shape: tuple[int, int] = SHAPE, **given: Any,
    ) -> None:  # fmt: skip
        """As `Application`, but pages are composed by the server alone, however many processes are given."""
        super().__init__(home, title_ids, profile_ids, countries, title_names, shape=shape, **given)
        with ExitStack() as opened:
            opened.callback(super().close)
            address = opened.enter_context(answering(self.service))
            self._members = opened.enter_context(OverHTTP(
                address, title_ids, profile_ids, countries, title_names, shape=shape, set_moment=self._set_moment
            ))  # fmt: skip
            self._opened = opened.pop_all()
        self._members.counters = self.counters

    def pages(self, visits: Visits) -> Pages:
        """See `Service.pages`."""
        return self._members.pages(visits)

    def record(self, happened: Happenings, now: int) -> None:
        """See `Service.record`."""
        self._members.record(happened, now)

    def tell(self, facts: Sequence[Sendable], now: int) -> None:
        """See `Service.tell`."""
        self._members.tell(facts, now)

    def close(self) -> None:
        """See `Service.close`."""
        self._opened.close()

    def _set_moment(self, now: int, page: str) -> None:
        self._moment.now, self._moment.page = now, page
