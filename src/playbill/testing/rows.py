"""The conformance suite of row types: what every one of them keeps, ours and yours, over a small made-up service.

In your own tests:

    from playbill.testing.rows import CHECKS, service

    @pytest.mark.parametrize("check", CHECKS)
    def test_my_row(check):
        check(MyRow(), service())

A check raises AssertionError that names the case and the theme. The service has 240 titles, 60 members who watch, and
a case for each kind of viewer that rows get wrong. Nothing in it is real.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from playbill.bandits.empirical_bayes import EmpiricalBayes
from playbill.bandits.uniform import Uniform
from playbill.catalog import Catalog
from playbill.editorial import Editorial, EditorialFold
from playbill.events import (
    DAY,
    HOUR,
    Action,
    ControlSet,
    EditorialAction,
    EditorialSet,
    Episode,
    Event,
    Kind,
    ProfileSet,
    Title,
    changed,
)
from playbill.interactions import Interactions
from playbill.models import MODELS
from playbill.models.model import Trainable
from playbill.models.trending import Trend
from playbill.page.gates import admitted
from playbill.rows.row import Facts, RowType
from playbill.slate import Floats, Slate
from playbill.snapshot import DEEPEST, Manifest, Release, Snapshot, Stock, snapshot_of
from playbill.state import MemberState, fold_all
from playbill.viewer import Request, Viewer

NOW = 1_700_000_000_000
"""The moment of the service: 14 November 2023."""

ADULT = ProfileSet("adult", "p", NOW - 900 * DAY, "a", "Adult")
"""The profile of most cases: no ceiling."""

NOTHING: Mapping[str, float] = MappingProxyType({})

GENRES = ("Comedy", "Crime", "Drama", "Fantasy", "Horror", "Musical", "Romance", "War")


@dataclass(frozen=True)
class Case:
    """A viewer, and what rows are given for them."""

    name: str
    viewer: Viewer
    stock: Stock


Check = Callable[[RowType, Sequence[Case]], None]


# The checks ----------------------------------------------------------------------------------------------------------


def proposes_only_admitted_titles(row_type: RowType, cases: Sequence[Case]) -> None:
    """Every proposed title may be shown to the viewer."""
    for where, case, _, _, slate in _themes(row_type, cases):
        refused = slate.titles[~case.viewer.admitted[slate.titles]]
        assert not len(refused), f"{where} holds titles that are not admitted: {refused.tolist()}"


def repeats_no_title_within_a_theme(row_type: RowType, cases: Sequence[Case]) -> None:
    """No theme holds a title twice."""
    for where, _, _, _, slate in _themes(row_type, cases):
        assert len(np.unique(slate.titles)) == len(slate), f"{where} holds a title twice: {slate.titles.tolist()}"


def has_neither_too_few_titles_nor_too_many(row_type: RowType, cases: Sequence[Case]) -> None:
    """A theme has at least as many titles as its kind says, and at most DEEPEST."""
    for case in cases:
        themes = row_type.propose(case.viewer, case.stock)
        assert themes.least >= 1, f"{case.name}: {row_type.kind}: a row without titles is none; least = {themes.least}"
        for key, size in zip(themes.keys, np.diff(themes.start).tolist(), strict=True):
            where = f"{case.name}: {row_type.kind} {key!r}"
            assert themes.least <= size <= DEEPEST, f"{where} has {size} titles, not {themes.least} to {DEEPEST}"


def names_each_theme_once(row_type: RowType, cases: Sequence[Case]) -> None:
    """Themes bear the kind of their row type and keys of their own."""
    for case in cases:
        themes = row_type.propose(case.viewer, case.stock)
        assert themes.kind == row_type.kind, f"{case.name}: {row_type.kind} proposes themes of kind {themes.kind}"
        assert len(set(themes.keys)) == len(themes), f"{case.name}: {row_type.kind} repeats a key: {themes.keys}"


def scores_are_shares_in_descending_order(row_type: RowType, cases: Sequence[Case]) -> None:
    """Scores are shares of the next play: finite, 0 to 1, best first.

    A row type with `by_hand = True` puts titles in an order that is not the scores'.
    """
    by_hand = getattr(row_type, "by_hand", False)
    for where, _, _, _, slate in _themes(row_type, cases):
        assert np.isfinite(slate.scores).all(), f"{where} has scores that are no numbers"
        assert ((slate.scores >= 0) & (slate.scores <= 1)).all(), f"{where} has scores that are no shares"
        assert by_hand or (np.diff(slate.scores) <= 0).all(), f"{where} is not in the order of its scores"


def keeps_what_its_heading_promises(row_type: RowType, cases: Sequence[Case]) -> None:
    """The predicate of the heading is true of every proposed title."""
    for where, case, key, _, slate in _themes(row_type, cases):
        held = row_type.holds(case.viewer, case.stock, key, slate.titles)
        broken = slate.titles[~held]
        assert not len(broken), f"{where} promises what these titles do not keep: {broken.tolist()}"


def promises_something(row_type: RowType, cases: Sequence[Case]) -> None:
    """The predicate is false of some title in some case: a heading that is true of everything says nothing."""
    everything = [
        bool(row_type.holds(case.viewer, case.stock, key, np.arange(len(case.stock.catalog), dtype=np.int32)).all())
        for _, case, key, _, _ in _themes(row_type, cases)
    ]
    assert not everything or not all(everything), f"{row_type.kind}: its heading is true of every title in every case"


def answers_for_any_title_and_key(row_type: RowType, cases: Sequence[Case]) -> None:
    """The predicate gives one answer a title, also for no title at all and for a theme that is gone."""
    for case in cases:
        for key in ("", "no such theme"):
            for n in (0, len(case.stock.catalog)):
                held = row_type.holds(case.viewer, case.stock, key, np.arange(n, dtype=np.int32))
                assert held.shape == (n,) and held.dtype == bool, f"{case.name}: {row_type.kind}: no Bools ({n},)"


def names_things_that_exist(row_type: RowType, cases: Sequence[Case]) -> None:
    """Facts of headings are names and values; titles and terms they name are in the catalogue, titles admitted."""
    for where, case, _, facts, _ in _themes(row_type, cases):
        facets = case.stock.snapshot.facets
        names = {t.name for t, shown in zip(case.stock.catalog.titles, case.viewer.admitted, strict=True) if shown}
        for name, value in facts:
            assert name and value, f"{where} has an empty fact: {facts}"
            assert name != "title" or value in names, f"{where} names a title that must not be shown: {value!r}"
            assert name not in facets or value in facets[name].index, f"{where} names an unknown {name}: {value!r}"


def proposes_the_same_again(row_type: RowType, cases: Sequence[Case]) -> None:
    """The same viewer and stock give the same themes, and are left as they were."""
    for case in cases:
        given = (case.viewer.admitted, case.stock.scores, case.stock.open)
        before = [array.copy() for array in given]
        first = _flat(row_type, case.viewer, case.stock)
        assert all(np.array_equal(a, b) for a, b in zip(given, before, strict=True)), (
            f"{case.name}: {row_type.kind} changes what it was given"
        )
        again = _flat(row_type, replace(case.viewer), replace(case.stock))
        assert first == again, f"{case.name}: {row_type.kind} proposes something else the second time"


def forgets_the_member_when_asked_to(row_type: RowType, cases: Sequence[Case]) -> None:
    """With profiling off the themes are those of a member who never did anything."""
    for case in cases:
        if not case.viewer.controls.profiling:
            state = case.viewer.request.state
            blank = MemberState(profile=state.profile, controls=state.controls)
            stranger = replace(case.viewer, request=replace(case.viewer.request, state=blank))
            same = _flat(row_type, stranger, case.stock) == _flat(row_type, case.viewer, case.stock)
            assert same, f"{case.name}: {row_type.kind} looks at the history although profiling is off"


def proposes_something_to_somebody(row_type: RowType, cases: Sequence[Case]) -> None:
    """At least one case gets a theme; otherwise the other checks have checked nothing."""
    assert any(True for _ in _themes(row_type, cases)), (
        f"{row_type.kind} proposes nothing in any case. If it needs viewers of a special kind, add a case of your own: "
        "check(MyRow(), [*service(), Case(...)])."
    )


CHECKS: tuple[Check, ...] = (
    proposes_only_admitted_titles,
    repeats_no_title_within_a_theme,
    has_neither_too_few_titles_nor_too_many,
    names_each_theme_once,
    scores_are_shares_in_descending_order,
    keeps_what_its_heading_promises,
    promises_something,
    answers_for_any_title_and_key,
    names_things_that_exist,
    proposes_the_same_again,
    forgets_the_member_when_asked_to,
    proposes_something_to_somebody,
)
"""Everything that is checked of a row type."""


def _themes(row_type: RowType, cases: Sequence[Case]) -> Iterator[tuple[str, Case, str, Facts, Slate]]:
    """Each theme of each case: where it stands, the case, key, facts, titles."""
    for case in cases:
        themes = row_type.propose(case.viewer, case.stock)
        for i, (key, facts) in enumerate(zip(themes.keys, themes.facts, strict=True)):
            members = slice(int(themes.start[i]), int(themes.start[i + 1]))
            slate = Slate(themes.titles[members], themes.scores[members])
            yield f"{case.name}: {row_type.kind} {key!r}", case, key, facts, slate


def _flat(row_type: RowType, viewer: Viewer, stock: Stock) -> tuple[object, ...]:
    """Themes as something that can be compared."""
    themes = row_type.propose(viewer, stock)
    return themes.keys, themes.facts, themes.start.tolist(), themes.titles.tolist(), themes.scores.tolist()


# The service ---------------------------------------------------------------------------------------------------------


def service() -> tuple[Case, ...]:
    """A made-up service, seen by each kind of viewer that rows get wrong. Takes a moment: keep it for all checks."""
    catalog = made_up_catalog()
    snapshot = trained(catalog, made_up_plays(catalog))
    history = tuple(_history(catalog))
    private = ControlSet("c", "p", NOW - DAY, "profiling", "off")
    thumbs = [_act(catalog, Kind.THUMBS, i, NOW - DAY, value=-1.0) for i in range(20)]
    survey = [_act(catalog, Kind.THUMBS, i, NOW - DAY, value=1.0) for i in range(0, 40, 8)]
    everything = [_act(catalog, Kind.RATING, i, NOW - (i + 1) * HOUR, value=8.0) for i in range(len(catalog))]
    cases = {
        "a profile that nobody described": _request([]),
        "a newcomer": _request([ADULT]),
        "a child": _request([replace(ADULT, ceiling=8, kids=True), *history]),
        "a fan": _request([ADULT, *history]),
        "a fan, profiling off": _request([ADULT, private, *history]),
        "a fan, back after a year": replace(_request([ADULT, *history]), at=NOW + 400 * DAY),
        "a fan, half of the catalogue taken down": replace(
            _request([ADULT, *history]), denied=frozenset(catalog.ids[::2])
        ),
        "one who likes nothing": _request([ADULT, *thumbs]),
        "one who only answered the survey": _request([ADULT, *survey]),
        "one who has seen everything": _request([ADULT, *everything]),
    }
    nothing = made_up_catalog(0)
    empty = trained(nothing, made_up_plays(nothing))
    edited = replace(snapshot, editorial=made_up_rules(catalog))
    return (
        *(_case(name, request, snapshot) for name, request in cases.items()),
        _case("a fan, with editors", cases["a fan"], edited),
        _case("a child, with editors", cases["a child"], edited),
        _case("a fan, profiling off, with editors", cases["a fan, profiling off"], edited),
        _case("a fan of what is gone: an empty catalogue", _request([ADULT, *history]), empty),
    )


def made_up_rules(catalog: Catalog) -> Editorial:
    """Rules of every action that hold at NOW: two rows, a boost, a burial, a pin; and a row that ended yesterday."""
    fold = EditorialFold()
    for rule, action, first, more in (
        ("festival", EditorialAction.ROW, 0, {"headings": (("de", "Festival"), ("en", "The festival")), "place": 2}),
        ("two", EditorialAction.ROW, 230, {"headings": (("fr", "Deux"),)}),
        ("over", EditorialAction.ROW, 40, {"headings": (("en", "Last week"),), "until": NOW - DAY}),
        ("season", EditorialAction.BOOST, 80, {"factor": 10.0}),
        ("stale", EditorialAction.BURY, 100, {"factor": 0.0}),
        ("opening", EditorialAction.PIN, 160, {"row": "top_picks"}),
    ):  # fmt: skip
        titles = (*catalog.ids[first : first + 12], "gone")
        rule_set = EditorialSet(f"e-{rule}", NOW - 9 * DAY, rule, action, titles, NOW + DAY, "editor")
        fold.apply(replace(rule_set, **more))
    return fold.editorial


def _case(name: str, request: Request, snapshot: Snapshot) -> Case:
    viewer = Viewer(request, snapshot.catalog, admitted(request, snapshot.catalog))
    return Case(name, viewer, Stock.of(snapshot, viewer))


def _request(events: Iterable[Event]) -> Request:
    return Request("p", fold_all(MemberState(), events), NOW)


def made_up_catalog(n: int = 240) -> Catalog:
    """n films and, each eighth, series: 8 genres, 12 directors, 20 actors, 4 countries, 54 years, all ages."""
    return Catalog.of([_title(i) for i in range(n)])


def _title(i: int) -> Title:
    series = i % 8 == 7
    return Title(
        id=f"t{i}",
        name=f"Title {i}",
        kind="series" if series else "film",
        year=1970 + i * 13 % 54,
        genres=(GENRES[i % 8], GENRES[(i + 1 + i // 8 % 3) % 8]),
        directors=(f"Director {i % 12}",),
        cast=(f"Actor {i % 20}", f"Actor {(7 * i + 3) % 20}"),
        countries=(("US", "FR", "JP", "IN")[i // 3 % 4],),
        maturity=("G", "PG", "PG-13", "R", None)[i % 5],
        runtime=1_800.0 if series else 5_400.0,
        added=NOW - i % 10 * 20 * DAY if i % 3 else None,
        episodes=tuple(Episode(s, e) for s in (1, 2) for e in (1, 2, 3)) if series else (),
    )


def made_up_plays(catalog: Catalog) -> Interactions:
    """60 members watch the titles of one genre each, over 200 days; in the last hour every other one watches the same
    ten titles, 100 to 109."""
    rng, n = np.random.default_rng(7), len(catalog)
    usual = (
        (member, title, NOW - int(rng.integers(2 * DAY, 200 * DAY)))
        for member in range(60)
        for title in rng.permutation(np.arange(member % 8, n, 8))[:14].tolist()
    )
    spike = ((member, title, NOW - HOUR) for member in range(0, 60, 2) for title in range(100, min(110, n)))
    return plays_of(n, (*usual, *spike))


def plays_of(n: int, plays: Sequence[tuple[int, int, int]]) -> Interactions:
    """Interactions over n titles from (member number, title number, ms), each watched to the end."""
    member, title, at = np.array(plays, np.int64).reshape(-1, 3).T
    names = tuple(f"m{m}" for m in range(int(member.max(initial=-1)) + 1))
    return Interactions(
        names, n, member.astype(np.int32), title.astype(np.int32), at, np.ones(len(at)), np.zeros(len(at), bool)
    )


def trained(catalog: Catalog, plays: Interactions) -> Snapshot:
    """The snapshot of a service with this catalogue and these plays, with every model trained on them."""
    models = {name: kind() for name, kind in MODELS.items()}
    for model in models.values():
        model.train(plays, catalog, NOW, np.random.default_rng(7))
    return snapshot_of(_release(catalog, models), 0, NOW, catalog, frozenset(), plays, EmpiricalBayes().arrays())


def _release(catalog: Catalog, models: Mapping[str, Trainable]) -> Release:
    return Release("made-up", Manifest("0", 0, NOW, len(catalog), {}, {}), models)


def viewer_of(catalog: Catalog, events: Iterable[Event] = ()) -> Viewer:
    """An adult at NOW to whom these events happened, behind the real gates."""
    request = _request([ADULT, *events])
    return Viewer(request, catalog, admitted(request, catalog))


def stock_of(viewer: Viewer, scores: Mapping[str, float] = NOTHING, lately: Mapping[str, float] = NOTHING) -> Stock:
    """A stock without models: scores and recent shares by title id, 0 where none is given; nothing trends."""
    catalog = viewer.catalog
    share, zero = _column(catalog, lately), np.zeros(len(catalog))
    snapshot = Snapshot(_release(catalog, {}), 0, NOW, catalog, frozenset(), share, share, Trend(zero, zero), Uniform())
    return Stock(snapshot, _column(catalog, scores), viewer.admitted & ~viewer.seen, deep=1_000)


def _column(catalog: Catalog, by_id: Mapping[str, float]) -> Floats:
    column = np.zeros(len(catalog))
    column[catalog.numbers(by_id)] = list(by_id.values())
    return column


def _history(catalog: Catalog) -> Iterator[Action]:
    """What the fan did: finished comedies and liked some; films and series not finished, a list, a dislike."""
    for i in range(0, 160, 8):
        yield _act(catalog, Kind.COMPLETE, i, NOW - (i + 20) * DAY, value=5_400.0)
    for i in range(0, 64, 8):
        yield _act(catalog, Kind.THUMBS, i, NOW - (i + 19) * DAY, value=1.0 + (i == 0))
    yield _act(catalog, Kind.THUMBS, 72, NOW - 2 * DAY, value=-1.0)
    for i, share in ((1, 0.5), (10, 0.05), (50, 0.9)):
        yield _act(catalog, Kind.PROGRESS, i, NOW - DAY, value=share * 5_400.0)
    yield changed(_act(catalog, Kind.COMPLETE, 15, NOW - DAY, value=1_800.0), season=1, episode=3)
    yield changed(_act(catalog, Kind.PROGRESS, 23, NOW - 3 * DAY, value=600.0), season=1, episode=2)
    yield _act(catalog, Kind.ABANDON, 5, NOW - DAY, value=300.0)
    for i in (0, 20, 30, 40):
        yield _act(catalog, Kind.LIST_ADD, i, NOW - (i + 1) * DAY)


def _act(catalog: Catalog, kind: Kind, title: int, at: int, value: float | None = None) -> Action:
    """An action of the profile "p". Titles of an empty catalogue are named all the same: they are gone."""
    name = catalog.ids[title] if title < len(catalog) else f"t{title}"
    return Action(f"{kind}-{name}", "p", kind, at, title=name, value=value)
