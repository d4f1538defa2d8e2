"""The suite itself: each planted bug is caught by the check that is there for it, and a sound row type passes all."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from playbill.rows.row import Themes
from playbill.rows.top_picks import TopPicks
from playbill.slate import Bools, Numbers, Slate
from playbill.snapshot import Stock
from playbill.testing.rows import CHECKS, Case, Check, service
from playbill.viewer import Viewer

Change = Callable[[Themes, Viewer, Stock], Themes]


@pytest.fixture(scope="module")
def cases() -> Sequence[Case]:
    return service()


class Planted:
    """Top Picks with a bug."""

    kind = "top_picks"

    def __init__(self, change: Change = lambda themes, viewer, stock: themes, always: bool = False) -> None:
        self.change, self.always = change, always

    def propose(self, viewer: Viewer, stock: Stock) -> Themes:
        return self.change(TopPicks().propose(viewer, stock), viewer, stock)

    def holds(self, viewer: Viewer, stock: Stock, key: str, titles: Numbers) -> Bools:
        return np.ones(len(titles), bool) if self.always else TopPicks().holds(viewer, stock, key, titles)


def shows_what_was_refused(themes: Themes, viewer: Viewer, stock: Stock) -> Themes:
    refused = np.flatnonzero(~viewer.admitted).astype(np.int32)
    return replace(themes, titles=np.r_[themes.titles[: -len(refused[:1])], refused[:1]]) if len(themes) else themes


def repeats(themes: Themes, viewer: Viewer, stock: Stock) -> Themes:
    return replace(themes, titles=np.r_[themes.titles[:1], themes.titles[:-1]])


def is_too_small(themes: Themes, viewer: Viewer, stock: Stock) -> Themes:
    return replace(themes, start=np.minimum(themes.start, 5), titles=themes.titles[:5], scores=themes.scores[:5])


def is_too_deep(themes: Themes, viewer: Viewer, stock: Stock) -> Themes:
    titles = stock.ranked[:200]
    return Themes.of("top_picks", [("", (), Slate(titles, stock.scores[titles]))])


def comes_twice(themes: Themes, viewer: Viewer, stock: Stock) -> Themes:
    slate = Slate(themes.titles, themes.scores)
    return Themes.of("top_picks", [("", (), slate), ("", (), slate)])


def has_another_name(themes: Themes, viewer: Viewer, stock: Stock) -> Themes:
    return replace(themes, kind="best_picks")


def is_upside_down(themes: Themes, viewer: Viewer, stock: Stock) -> Themes:
    return replace(themes, titles=themes.titles[::-1], scores=themes.scores[::-1])


def scores_in_percent(themes: Themes, viewer: Viewer, stock: Stock) -> Themes:
    return replace(themes, scores=themes.scores * 100)


def scores_nothing(themes: Themes, viewer: Viewer, stock: Stock) -> Themes:
    return replace(themes, scores=themes.scores * np.nan)


def lies(themes: Themes, viewer: Viewer, stock: Stock) -> Themes:
    worst = stock.ranked[-len(themes.titles) :]
    return replace(themes, titles=worst, scores=stock.scores[worst])


def names_the_unknown(themes: Themes, viewer: Viewer, stock: Stock) -> Themes:
    return replace(themes, facts=tuple((("genre", "Operetta"),) for _ in themes.facts))


def names_the_refused(themes: Themes, viewer: Viewer, stock: Stock) -> Themes:
    hidden = [t.name for t, shown in zip(stock.catalog.titles, viewer.admitted, strict=True) if not shown]
    return replace(themes, facts=tuple((("title", name),) for name, _ in zip(hidden, themes.facts, strict=False)))


def throws_dice(themes: Themes, viewer: Viewer, stock: Stock) -> Themes:
    return replace(themes, scores=themes.scores * np.random.default_rng().random())


def spoils_its_stock(themes: Themes, viewer: Viewer, stock: Stock) -> Themes:
    stock.scores[:] /= 2
    return themes


def looks_at_the_history(themes: Themes, viewer: Viewer, stock: Stock) -> Themes:
    return replace(themes, scores=themes.scores / (1 + len(viewer.request.facts)))


def keeps_silent(themes: Themes, viewer: Viewer, stock: Stock) -> Themes:
    return Themes.of("top_picks", ())


BUGS: list[tuple[Change, str]] = [
    (shows_what_was_refused, "proposes_only_admitted_titles"),
    (repeats, "repeats_no_title_within_a_theme"),
    (is_too_small, "has_neither_too_few_titles_nor_too_many"),
    (is_too_deep, "has_neither_too_few_titles_nor_too_many"),
    (comes_twice, "names_each_theme_once"),
    (has_another_name, "names_each_theme_once"),
    (is_upside_down, "scores_are_shares_in_descending_order"),
    (scores_in_percent, "scores_are_shares_in_descending_order"),
    (scores_nothing, "scores_are_shares_in_descending_order"),
    (lies, "keeps_what_its_heading_promises"),
    (names_the_unknown, "names_things_that_exist"),
    (names_the_refused, "names_things_that_exist"),
    (throws_dice, "proposes_the_same_again"),
    (spoils_its_stock, "proposes_the_same_again"),
    (looks_at_the_history, "forgets_the_member_when_asked_to"),
    (keeps_silent, "proposes_something_to_somebody"),
]


def check_named(name: str) -> Check:
    return next(check for check in CHECKS if check.__name__ == name)


@pytest.mark.parametrize(("bug", "check"), BUGS, ids=lambda p: getattr(p, "__name__", p))
def test_a_planted_bug_is_caught(bug: Change, check: str, cases: Sequence[Case]) -> None:
    own = [replace(case, stock=replace(case.stock, scores=case.stock.scores.copy())) for case in cases]
    with pytest.raises(AssertionError, match="top_picks"):
        check_named(check)(Planted(bug), own)


def test_a_heading_that_is_true_of_everything_is_caught(cases: Sequence[Case]) -> None:
    with pytest.raises(AssertionError, match="true of every title"):
        check_named("promises_something")(Planted(always=True), cases)


def test_a_predicate_that_answers_with_numbers_is_caught(cases: Sequence[Case]) -> None:
    row_type = Planted()
    row_type.holds = lambda viewer, stock, key, titles: np.ones(len(titles))  # type: ignore[method-assign,assignment,return-value]
    with pytest.raises(AssertionError, match="Bools"):
        check_named("answers_for_any_title_and_key")(row_type, cases)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_sound_row_type_passes(check: Check, cases: Sequence[Case]) -> None:
    check(Planted(), cases)
