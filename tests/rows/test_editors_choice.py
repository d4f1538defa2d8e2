from dataclasses import replace

import pytest

from playbill.catalog import Catalog
from playbill.editorial import Editorial
from playbill.events import DAY, Action, EditorialAction, EditorialSet, Event, Kind, Title
from playbill.rows.editors_choice import EditorsChoice
from playbill.rows.row import Themes
from playbill.snapshot import Stock
from playbill.testing.rows import NOW, names_each_theme_once, service, stock_of, viewer_of
from playbill.viewer import Viewer

CATALOG = Catalog.of([Title(f"t{i}", f"Title {i}", runtime=6_000.0) for i in range(10)])
RULE = EditorialSet(
    "e", NOW, "week", EditorialAction.ROW, ("t5", "t2", "gone", "t2", "t8"), NOW + DAY, "editor",
    headings=(("de", "Filme der Woche"), ("en", "Films of the week")),
)  # fmt: skip


def seen_by(*events: Event, rules: tuple[EditorialSet, ...] = (RULE,)) -> tuple[Viewer, Stock]:
    viewer = viewer_of(CATALOG, events)
    stock = stock_of(viewer, {"t2": 0.1, "t5": 0.01, "t8": 0.05})
    return viewer, replace(stock, editorial=Editorial(rules))


def proposed(*events: Event, rules: tuple[EditorialSet, ...] = (RULE,)) -> Themes:
    return EditorsChoice().propose(*seen_by(*events, rules=rules))


def act(kind: Kind, title: str, value: float) -> Action:
    return Action(f"{kind}-{title}", "p", kind, NOW - DAY, title=title, value=value)


def test_the_titles_stand_in_the_order_of_the_editor_with_the_scores_of_the_viewer() -> None:
    themes = proposed()
    assert themes.keys == ("week",)
    assert themes.titles.tolist() == [5, 2, 8]
    assert themes.scores.tolist() == [0.01, 0.1, 0.05]


@pytest.mark.parametrize(
    ("headings", "facts"),
    [
        (
            (("de", "Woche"), ("en", "Week")),
            (("heading", "Week"), ("heading.de", "Woche"), ("heading.en", "Week")),
        ),
        ((("ja", "今週"), ("de", "Woche")), (("heading", "今週"), ("heading.ja", "今週"), ("heading.de", "Woche"))),
    ],
)
def test_the_heading_is_english_or_the_first_there_is_and_each_language_comes_along(
    headings: tuple[tuple[str, str], ...], facts: tuple[tuple[str, str], ...]
) -> None:
    assert proposed(rules=(replace(RULE, headings=headings),)).facts == (facts,)


def test_what_the_member_refused_is_left_out_and_one_title_is_a_row() -> None:
    themes = proposed(act(Kind.THUMBS, "t5", -1.0), act(Kind.THUMBS, "t2", -1.0))
    assert themes.titles.tolist() == [8]


def test_a_title_seen_to_the_end_stays_and_one_the_member_is_in_the_middle_of_is_left_to_continue_watching() -> None:
    themes = proposed(act(Kind.COMPLETE, "t5", 6_000.0), act(Kind.PROGRESS, "t8", 3_000.0))
    assert themes.titles.tolist() == [5, 2]


def test_without_a_title_that_may_be_shown_there_is_no_row() -> None:
    assert len(proposed(rules=(replace(RULE, titles=("gone",)),))) == 0
    assert len(proposed(rules=())) == 0


def test_a_heading_holds_for_the_titles_of_its_rule_as_long_as_the_rule_holds() -> None:
    row, everything = EditorsChoice(), CATALOG.numbers(CATALOG.ids)
    viewer, stock = seen_by()
    assert CATALOG.numbers(RULE.titles).tolist() == [5, 2, 2, 8]
    assert everything[row.holds(viewer, stock, "week", everything)].tolist() == [2, 5, 8]
    assert not row.holds(viewer, stock, "another", everything).any()
    assert not row.holds(viewer, replace(stock, editorial=Editorial()), "week", everything).any()


def test_the_made_up_service_has_rows_of_editors_for_the_suite() -> None:
    edited = [case for case in service() if case.stock.editorial.rules]
    assert len(edited) == 3
    assert all(EditorsChoice().propose(c.viewer, c.stock).keys for c in edited)
    names_each_theme_once(EditorsChoice(), edited)
