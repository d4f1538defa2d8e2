"""Whatever editors ask, a page stays a page: only what may be shown, nothing twice, viewed tiles in their place."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playbill.editorial import Editorial, EditorialFold
from playbill.events import DAY, Action, ControlSet, EditorialAction, EditorialSet, Event, Kind
from playbill.page.explain import OWN, explain
from playbill.page.gates import admitted
from playbill.page.homepage import homepage
from playbill.page.page import Page
from playbill.page.shown import Visit, shown_in
from playbill.rows import ROWS
from playbill.snapshot import Snapshot, Stock
from playbill.state import MemberState, fold_all
from playbill.testing.rows import ADULT, NOW, made_up_catalog, made_up_plays, trained
from playbill.viewer import Request, Viewer

PIN, BOOST, BURY, ROW = EditorialAction
NO_RULES = Editorial()


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    catalog = made_up_catalog()
    return trained(catalog, made_up_plays(catalog))


def rule(name: str, action: EditorialAction, *titles: str, **more: object) -> EditorialSet:
    given = EditorialSet(f"e-{name}", NOW - DAY, name, action, titles, NOW + DAY, "editor", headings=(("en", "Row"),))
    return replace(given, **more)  # type: ignore[arg-type]


def edited(snapshot: Snapshot, *rules: EditorialSet) -> Snapshot:
    fold = EditorialFold()
    for each in rules:
        fold.apply(each)
    other = replace(snapshot, editorial=fold.editorial)
    other.inherit(snapshot)
    return other


def act(kind: Kind, title: str, value: float | None = None) -> Action:
    return Action(f"{kind}-{title}", "p", kind, NOW - DAY, title=title, value=value)


def wish(*events: Event, **more: object) -> Request:
    request = Request("p", fold_all(MemberState(), [ADULT, *events]), NOW, (8, 8), session="s")
    return replace(request, **more)  # type: ignore[arg-type]


def tiles(page: Page) -> list[tuple[str, list[str]]]:
    ids = page.viewer.catalog.ids
    return [(row.kind, [ids[t] for t in row.shown.titles.tolist()]) for row in page.rows]


def row_of(page: Page, kind: str) -> list[str]:
    return next((titles for of, titles in tiles(page) if of == kind), [])


def encoded(page: Page) -> bytes:
    return msgspec.json.encode(page.impression("i", 1, 1, None))


# What each rule does -------------------------------------------------------------------------------------------------


def test_pinned_titles_stand_first_in_their_row_in_their_order_and_nowhere_else(snapshot: Snapshot) -> None:
    plain = homepage(snapshot, wish(), 1)
    pinned = (row_of(plain, "top_picks")[5], "t201", row_of(plain, "popular")[0])
    page = homepage(edited(snapshot, rule("x", PIN, *pinned, row="top_picks")), wish(), 1)
    assert row_of(page, "top_picks")[:3] == list(pinned)
    assert [kind for kind, titles in tiles(page) if "t201" in titles] == ["top_picks"]


def test_a_pin_stands_in_a_row_of_a_genre_or_of_ones_own_titles_only_where_the_heading_is_true(
    snapshot: Snapshot,
) -> None:
    fan = [act(Kind.PROGRESS, f"t{i}", 2_000.0) for i in (1, 2, 3)]
    first, other = [row for row in homepage(snapshot, wish(*fan, shape=(20, 8)), 1).rows if row.kind == "by_genre"][:2]
    genres = [set(title.genres) for title in snapshot.catalog.titles]
    pinned = next(f"t{i}" for i in range(80, 240) if other.key in genres[i] and first.key not in genres[i])
    rules = (rule("x", PIN, "t50", "t3", row="continue_watching"), rule("y", PIN, pinned, row="by_genre"))
    page = homepage(edited(snapshot, *rules), wish(*fan, shape=(20, 8)), 1)
    assert row_of(page, "continue_watching")[0] == "t3" and "t50" not in row_of(page, "continue_watching")
    leading = {row.key: snapshot.catalog.ids[row.shown.titles[0]] for row in page.rows if row.kind == "by_genre"}
    assert leading[other.key] == pinned and leading[first.key] != pinned


def test_what_the_member_is_in_the_middle_of_stays_in_continue_watching(snapshot: Snapshot) -> None:
    rules = (rule("x", PIN, "t1", row="top_picks"), rule("y", ROW, "t1", "t4", place=0))
    started = [act(Kind.PROGRESS, title, 2_000.0) for title in ("t1", "t2", "t3")]
    page = homepage(edited(snapshot, *rules), wish(*started), 1)
    assert set(row_of(page, "continue_watching")) == {"t1", "t2", "t3"} and row_of(page, "editors_choice") == ["t4"]
    assert "t1" not in row_of(page, "top_picks")


def test_a_boost_raises_a_title_and_a_burial_lowers_it_but_may_still_show_it(snapshot: Snapshot) -> None:
    request = wish()
    viewer = Viewer(request, snapshot.catalog, admitted(request, snapshot.catalog))
    plain, ids = Stock.of(snapshot, viewer), snapshot.catalog.ids
    best, last = (int(plain.ranked[place]) for place in (0, 60))
    rules = (rule("x", BOOST, ids[last], factor=10.0), rule("y", BURY, ids[best], factor=0.0))
    stock = Stock.of(edited(snapshot, *rules), viewer)
    assert stock.scores[last] == 10 * plain.scores[last] and stock.ranked.tolist().index(last) < 60
    assert stock.scores[best] == 0.0 and stock.ranked.tolist().index(best) == len(plain.ranked) - 1
    others = np.delete(np.arange(240), [best, last])
    assert np.array_equal(stock.scores[others], plain.scores[others])
    shares = Stock.of(
        edited(snapshot, rule("x", BOOST, *ids, factor=10.0), rule("z", BOOST, *ids, factor=10.0)), viewer
    )
    assert shares.scores.max() == 1.0, "a share is never above one"


def test_a_row_with_a_place_stands_there_and_one_without_competes(snapshot: Snapshot) -> None:
    chosen = ("t9", "t3", "t7")
    page = homepage(edited(snapshot, rule("x", ROW, *chosen, place=3)), wish(), 1)
    assert tiles(page)[3] == ("editors_choice", list(chosen))
    assert page.rows[3].key == "x" and page.rows[3].facts[0] == ("heading", "Row")
    promising = row_of(homepage(snapshot, wish(), 1), "popular")
    assert row_of(homepage(edited(snapshot, rule("x", ROW, *promising)), wish(), 1), "editors_choice") == promising


def test_a_rule_begins_and_ends_by_the_clock_of_the_request_in_its_country(snapshot: Snapshot) -> None:
    from_now = rule("x", ROW, "t9", place=0, start=NOW, until=NOW + DAY, country="SE")
    other = edited(snapshot, from_now)

    def has(at: int, country: str | None = "SE") -> bool:
        return bool(row_of(homepage(other, wish(at=at, country=country), 1), "editors_choice"))

    assert [has(at) for at in (NOW - 1, NOW, NOW + DAY - 1, NOW + DAY)] == [False, True, True, False]
    assert not has(NOW, "NO") and not has(NOW, None)
    at_home = [replace(ADULT, id="later", at=NOW - DAY, country="SE")]
    assert row_of(homepage(other, wish(*at_home), 1), "editors_choice") == ["t9"], "the profile's country"


def test_a_row_that_was_looked_at_goes_when_its_rule_ends(snapshot: Snapshot) -> None:
    other = edited(snapshot, rule("x", ROW, "t9", "t3", place=0, until=NOW + 10))
    page = homepage(other, wish(), 1)
    shown = shown_in(Visit("s", (page.impression("i", 1, 1, None),), {"i": frozenset({0, 1, 2})}), whole=False)
    assert tiles(homepage(other, wish(shown=shown, at=NOW + 9), 1))[0] == ("editors_choice", ["t9", "t3"])
    assert "editors_choice" not in [kind for kind, _ in tiles(homepage(other, wish(shown=shown, at=NOW + 10), 1))]


def test_rules_hold_with_profiling_off_too_and_the_same_for_all(snapshot: Snapshot) -> None:
    off = ControlSet("c", "p", NOW - DAY, "profiling", "off")
    rules = (
        rule("x", PIN, "t9", row="top_picks"),
        rule("y", ROW, "t30", "t3", place=0),
        rule("z", BOOST, "t5", factor=9.0),
    )
    other = edited(snapshot, *rules)
    one, two = (
        homepage(other, wish(off, *did), 1) for did in ((), (act(Kind.COMPLETE, "t30", 9.0), act(Kind.PLAY, "t3")))
    )
    assert tiles(one) == tiles(two)
    assert tiles(one)[0] == ("editors_choice", ["t30", "t3"]) and row_of(one, "top_picks")[0] == "t9"


def test_rules_that_do_not_hold_or_name_nothing_known_leave_every_byte_of_the_page(snapshot: Snapshot) -> None:
    others = (
        rule("ended", ROW, "t1", until=NOW), rule("later", PIN, "t2", row="top_picks", start=NOW + 1),
        rule("elsewhere", BOOST, "t3", factor=9.0, country="SE"), rule("withdrawn", BURY, "t4", withdrawn=True),
        rule("unknown", PIN, "nobody", row="top_picks"), rule("gone", ROW, "nothing", place=0),
        rule("odd", PIN, "t1", row="no_such_row"), rule("neither", BOOST, "no one", factor=9.0),
    )  # fmt: skip
    fan = [act(Kind.COMPLETE, f"t{i}", 5_400.0) for i in range(0, 80, 8)]
    for request in (wish(), wish(*fan)):
        assert encoded(homepage(edited(snapshot, *others), request, 1)) == encoded(homepage(snapshot, request, 1))


# What is said of it --------------------------------------------------------------------------------------------------


def test_an_explanation_says_what_editors_did_and_what_was_expected_without_them(snapshot: Snapshot) -> None:
    plain = homepage(snapshot, wish(), 1)
    raised = row_of(plain, "top_picks")[-1]
    rules = (
        rule("p", PIN, "t9", row="top_picks", reason="opening week"), rule("b", BOOST, raised, factor=10.0),
        rule("r", ROW, "t30", "t3", place=0, reason="festival"), rule("u", BURY, "t3", factor=0.5, reason="stale"),
    )  # fmt: skip
    page = homepage(edited(snapshot, *rules), wish(), 1)
    said = {why.title: why for why in (explain(page, slot) for slot in range(len(page.titles)))}
    assert said["t9"].editor == "pin: opening week" and said[raised].editor == "boost"
    assert said["t30"].editor == "row: festival" and set((said["t3"].editor or "").split("; ")) == {
        "row: festival", "bury: stale",
    }  # fmt: skip
    assert {why.editor for title, why in said.items() if title not in ("t9", "t30", "t3", raised)} == {None}
    column = row_of(plain, "top_picks").index(raised)
    slot = next(r for r in plain.rows if r.kind == "top_picks").first_slot + column
    assert said[raised].score == explain(plain, slot).score


def test_no_title_of_the_history_is_named_as_the_cause_of_what_an_editor_placed(snapshot: Snapshot) -> None:
    fan = [act(Kind.COMPLETE, f"t{i}", 5_400.0) for i in range(0, 80, 8)]
    plain = homepage(snapshot, wish(*fan), 1)
    picks = next(row for row in plain.rows if row.kind == "top_picks")
    causes = plain.cause[picks.first_slot : picks.first_slot + len(picks.shown)]
    first, *others = [snapshot.catalog.ids[t] for t in picks.shown.titles[causes >= 0]]
    rules = (rule("x", PIN, first, row="top_picks"), rule("y", ROW, *others, place=0))
    page = homepage(edited(snapshot, *rules), wish(*fan), 1)
    ours = next(row for row in page.rows if row.kind == "top_picks")
    assert row_of(page, "top_picks")[0] == first and page.cause[ours.first_slot] == -1
    assert len(others) and tiles(page)[0] == ("editors_choice", others) and (page.cause[: len(others)] == -1).all()
    assert (page.cause >= 0).any()


def test_a_boost_is_not_named_where_it_does_nothing(snapshot: Snapshot) -> None:
    page = homepage(edited(snapshot, rule("x", BOOST, "t1", factor=9.0)), wish(act(Kind.PROGRESS, "t1", 2_000.0)), 1)
    assert row_of(page, "continue_watching") == ["t1"]
    slot = next(row for row in page.rows if row.kind == "continue_watching").first_slot
    assert explain(page, slot).editor is None
    assert explain(page, slot).score == page.scores[slot]


# Any rules -----------------------------------------------------------------------------------------------------------

TITLES = st.lists(st.integers(0, 245).map("t{}".format), min_size=1, max_size=14).map(tuple)
RULES = st.lists(
    st.builds(
        lambda name, action, titles, factor, row, place, until, start, country: replace(
            rule(name, action, *titles), factor=factor, row=row, place=place, until=until, start=start, country=country
        ),
        st.sampled_from("abcdefgh"), st.sampled_from(list(EditorialAction)), TITLES, st.sampled_from([0.0, 0.1, 9.0]),
        st.sampled_from([*(row.kind for row in ROWS), "no_such_row"]), st.sampled_from([None, 0, 1, 1, 2, 5, 9, 59]),
        st.sampled_from([NOW, NOW + 1, NOW + DAY]), st.sampled_from([None, NOW, NOW + 1]),
        st.sampled_from([None, "SE", "NO"]),
    ),
    max_size=6, unique_by=lambda said: said.rule,
)  # fmt: skip
DID = st.lists(
    st.builds(
        act, st.sampled_from([Kind.COMPLETE, Kind.PROGRESS, Kind.THUMBS, Kind.LIST_ADD, Kind.HIDE]),
        st.integers(0, 60).map("t{}".format), st.sampled_from([-1.0, 1.0, 2.0]),
    ),
    max_size=25,
)  # fmt: skip
PROFILES = st.sampled_from([ADULT, replace(ADULT, ceiling=8), replace(ADULT, country="SE")])
OFF = ControlSet("c", "p", NOW - DAY, "profiling", "off")


@settings(max_examples=80)
@given(data=st.data())
def test_any_rules_leave_a_page_what_it_is(data: st.DataObject, snapshot: Snapshot) -> None:
    did: list[Event] = [data.draw(PROFILES), *data.draw(DID), *([OFF] if data.draw(st.booleans()) else [])]
    request = Request(
        "p", fold_all(MemberState(), did), NOW, data.draw(st.tuples(st.integers(1, 9), st.integers(1, 9))), "s",
        denied=frozenset(data.draw(TITLES)), exclude=frozenset(data.draw(TITLES)),
    )  # fmt: skip
    before = homepage(edited(snapshot, *data.draw(RULES)), request, 1)
    keeps_its_promises(before, request)
    slots = st.integers(0, max(0, len(before.titles) - 1))
    visit = Visit("s", (before.impression("i", 1, 1, None),), {"i": frozenset(data.draw(st.sets(slots, max_size=9)))})
    again = replace(request, shown=shown_in(visit, whole=False))
    page = homepage(edited(snapshot, *data.draw(RULES)), again, 1)
    keeps_its_promises(page, again)
    assert encoded(page) == encoded(homepage(page.snapshot, again, 1))


def keeps_its_promises(page: Page, request: Request) -> None:
    catalog, ids = page.viewer.catalog, page.viewer.catalog.ids
    rules = page.snapshot.editorial.holding(request.at, request.where)
    titles = page.titles.tolist()
    assert len(titles) == len(set(titles)), "no title twice"
    assert admitted(request, catalog)[titles].all(), "only what may be shown"
    assert len(page.rows) <= request.shape[0] and all(len(row.shown) <= request.shape[1] for row in page.rows)
    assert len({(row.kind, row.key) for row in page.rows}) == len(page.rows), "no theme twice"
    kept = {(row.kind, row.key): dict(enumerate(row.shown.titles.tolist())) for row in page.rows}
    for was in request.shown:  # nothing is refused that was not before, so viewed tiles have their very column
        if was.kind != "editors_choice":
            assert all(ids[kept[was.kind, was.key][column]] == title for column, title in was.tiles), (
                "viewed tiles stay"
            )
    for row in page.rows:
        if row.kind == "editors_choice":
            (said,) = (r for r in rules.rows if r.rule == row.key)
            assert {ids[t] for t in row.shown.titles} <= set(said.titles)
    pins_lead(page, rules, {title for row in request.shown for _, title in row.tiles})


def pins_lead(page: Page, rules: Editorial, viewed: set[str]) -> None:
    """Each pinned title stands among the first of its row, or there is a reason why not."""
    ids, middle = page.viewer.catalog.ids, {f.title for f in page.viewer.resumable}
    placed = {t for r in rules.rows if r.place is not None for t in r.titles}
    of = {ids[t]: row for row in page.rows for t in row.shown.titles.tolist()}
    for kind, numbers in rules.pins(page.viewer.catalog).items():
        row = next((row for row in page.rows if row.kind == kind and not row.key and kind not in OWN), None)
        if row is None:
            continue
        standing = [ids[t] for column, t in enumerate(row.shown.titles.tolist()) if column not in row.kept]
        pinned = [
            ids[t] for t in numbers.tolist() if page.viewer.admitted[t] and ids[t] not in viewed | middle | placed
        ]
        led = [title for title in pinned if title in standing]
        assert standing[: len(led)] == led, "in their order, before all others"
        for title in pinned[: page.viewer.request.shape[1]]:
            above = of.get(title)
            spared = above is not None and (above.kept or len(above.shown) <= 6)
            assert title in led or spared or row.kept, (kind, title)
            assert above is None or above.index <= row.index, "a title that is pinned does not stand below"


def test_the_made_up_members_have_pages_to_check(snapshot: Snapshot) -> None:
    page = homepage(snapshot, wish(), 1)
    assert len(page.rows) == 8 and np.isin(page.titles, np.arange(240)).all()
