"""What a member is shown for a query."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbill.catalog import Catalog
from playbill.events import Title
from playbill.search import Answer, Index, search
from playbill.search.search import CONCEPT, TASTE

TITLES = (
    Title("t0", "Alien", genres=("Sci-Fi", "Horror"), cast=("Sigourney Weaver",)),
    Title("t1", "Aliens", genres=("Sci-Fi", "Action"), cast=("Sigourney Weaver",)),
    Title("t2", "Alien Nation", genres=("Sci-Fi",)),
    Title("t3", "My Stepmother Is an Alien", genres=("Comedy",)),
    Title("t4", "Working Girl", genres=("Comedy",), cast=("Sigourney Weaver",)),
    Title("t5", "Paddington", genres=("Family",)),
    Title("t6", "Galaxy Quest", genres=("Sci-Fi", "Comedy"), cast=("Sigourney Weaver",)),
    Title("t7", "Allied", genres=("War",)),
    Title("t8", "Maps to the Stars", genres=("Drama",)),
    Title("t9", "Mama", genres=("Horror",)),
    Title("t10", "Horror Express", genres=("Horror",)),
    Title("t11", "Ms. Weaver at Work", genres=("Documentary",)),
)
INDEX = Index.of(Catalog.of(TITLES))
N = len(TITLES)
EVERYTHING = np.ones(N, bool)
EQUAL = np.zeros(N)


def loving(*titles: str) -> np.ndarray:
    """Scores of a member who likes these, the first most."""
    scores = np.zeros(N)
    for place, title in enumerate(titles):
        scores[[t.name for t in TITLES].index(title)] = 100 - place
    return scores


def names(answer: Answer) -> list[str]:
    return [TITLES[t].name for t in answer.slate.titles]


def ask(query: str, scores: np.ndarray = EQUAL, admitted: np.ndarray = EVERYTHING, k: int = 20) -> Answer:
    return search(INDEX, query, scores, admitted, k)


def test_an_exact_name_stands_first_however_popular_the_others_are() -> None:
    assert names(ask("alien", loving("Alien Nation", "My Stepmother Is an Alien", "Allied")))[0] == "Alien"


def test_names_that_begin_so_stand_before_names_that_only_have_the_word() -> None:
    found = names(ask("alien", loving("My Stepmother Is an Alien")))
    assert set(found[1:3]) == {"Aliens", "Alien Nation"} and found[3] == "My Stepmother Is an Alien"


def test_a_mistyped_name_never_stands_before_one_that_is_typed_so() -> None:
    found = names(ask("alie", loving("Allied")))
    assert found[0] != "Allied" and "Alien" in found[:3]


def test_among_equal_matches_the_members_scores_decide() -> None:
    assert names(ask("ma", loving("Mama")))[:2] == ["Mama", "Maps to the Stars"]
    assert names(ask("ma", loving("Maps to the Stars")))[:2] == ["Maps to the Stars", "Mama"]


def test_titles_without_a_score_come_last_among_equal_matches_and_are_found() -> None:
    scores = np.zeros(N)
    scores[8] = np.nan
    assert names(ask("ma", scores))[:2] == ["Mama", "Maps to the Stars"]


def test_equal_titles_stand_in_the_order_of_their_numbers() -> None:
    assert ask("ma").slate.titles.tolist()[:2] == [8, 9]


def test_titles_of_a_person_follow_those_that_are_named_so() -> None:
    answer = ask("weaver", loving("Aliens", "Galaxy Quest"))
    assert answer.people == ("Sigourney Weaver",) and not answer.substitutes
    assert names(answer) == ["Ms. Weaver at Work", "Aliens", "Galaxy Quest", "Alien", "Working Girl"]


def test_titles_of_a_genre_follow_those_that_are_named_so() -> None:
    answer = ask("horror", loving("Mama"))
    assert answer.genres == ("Horror",) and names(answer) == ["Horror Express", "Mama", "Alien"]


def test_what_is_not_admitted_is_never_shown_and_nobody_known_from_it_alone_is_named() -> None:
    admitted = EVERYTHING.copy()
    admitted[[0, 1, 4, 6]] = False
    answer = ask("sigourney weaver", EQUAL, admitted)
    assert admitted[answer.slate.titles].all() and answer.people == () and answer.substitutes


def test_a_title_that_may_not_be_shown_is_answered_by_what_is_most_like_it() -> None:
    admitted = EVERYTHING.copy()
    admitted[[0, 1, 2, 3]] = False
    answer = ask("alien", loving("Paddington"), admitted)
    assert answer.substitutes and names(answer)[0] == "Galaxy Quest"


def test_a_nearly_named_title_does_not_pass_for_the_one_that_was_asked_for() -> None:
    admitted = np.zeros(N, bool)
    admitted[7] = True
    assert ask("alien", EQUAL, admitted).substitutes
    assert not ask("alleid", EQUAL, admitted).substitutes


def test_a_query_for_nothing_we_have_gives_the_members_best_and_says_so() -> None:
    answer = ask("zzyzx qqq", loving("Paddington"))
    assert answer.substitutes and names(answer)[0] == "Paddington"


@pytest.mark.parametrize("query", ["", "  ", "?!", "\u200b"])
def test_an_empty_query_gives_nothing_and_says_so(query: str) -> None:
    answer = ask(query)
    assert (answer.asked, len(answer.slate), answer.people, answer.genres, answer.substitutes) == ("", 0, (), (), False)


def test_no_more_than_asked_for() -> None:
    assert len(ask("alien", k=2).slate) == 2 and len(ask("alien", k=0).slate) == 0


def test_where_nothing_is_admitted_nothing_is_shown() -> None:
    answer = ask("alien", EQUAL, np.zeros(N, bool))
    assert len(answer.slate) == 0 and answer.people == () and answer.genres == ()


def test_a_typed_word_stands_before_a_beginning_without_spaces_however_popular() -> None:
    index = Index.of(Catalog.of([Title("a", "The Matrix"), Title("b", "Killing Them Softly")]))
    answer = search(index, "them", np.array([1.0, 0.0]), np.ones(2, bool), 5)
    assert answer.slate.titles.tolist() == [1, 0]


def test_the_weights_keep_the_order_that_they_promise() -> None:
    weights = INDEX.weights
    steps = [
        1.0, weights.begun(), weights.named(), weights.letters + weights.begins, weights.letters, weights.nearly(),
    ]  # fmt: skip
    assert steps == sorted(steps, reverse=True)
    assert all(high - low > TASTE for high, low in pairwise(steps[:4]))
    assert weights.named() - CONCEPT > TASTE and CONCEPT - weights.letters > TASTE


@given(st.text(max_size=30), st.lists(st.booleans(), min_size=N, max_size=N), st.integers(0, N))
def test_whatever_is_asked_only_admitted_titles_come_each_once(query: str, admitted: list[bool], k: int) -> None:
    mask = np.array(admitted)
    answer = ask(query, np.arange(N, dtype=np.float64), mask, k)
    titles = answer.slate.titles.tolist()
    assert mask[titles].all() and len(set(titles)) == len(titles) <= k
    assert answer.slate.scores.tolist() == sorted(answer.slate.scores.tolist(), reverse=True)
    if answer.asked and mask.any() and k:
        assert titles


@given(st.sampled_from([t.name for t in TITLES]), st.lists(st.floats(0, 1), min_size=N, max_size=N))
def test_a_name_typed_whole_is_first_for_every_member(name: str, scores: list[float]) -> None:
    assert names(ask(name, np.array(scores)))[0] == name
