"""Protocols: who is asked what, told what, and that nothing wanted was learned from."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from playbill.catalog import Catalog
from playbill.evaluation import protocols
from playbill.evaluation.dataset import Dataset
from playbill.evaluation.protocols import SEED, cold_members, cold_titles, fold_of, folds, held_members, liang, service
from playbill.evaluation.questions import Questions, Trial
from playbill.evaluation.timed_protocols import ALL, CURVE, EXACT, STALE, at_moments, chronological, next_title
from playbill.events import Title

PROFILES, TITLES = 60, 40


def made(seed: int = 1, profiles: int = PROFILES) -> Dataset:
    """Members who rated 4 to 24 titles from 1 to 5, in no order of the file, with times that tie."""
    rng = np.random.default_rng(seed)
    who = np.concatenate([np.full(rng.integers(4, 25), p) for p in range(profiles)]).astype(np.int32)
    what = np.concatenate([rng.permutation(TITLES)[: (who == p).sum()] for p in range(profiles)]).astype(np.int32)
    shuffled = rng.permutation(len(who))
    return Dataset(
        "made", Catalog.of([Title(f"t{t}", f"T{t}") for t in range(TITLES)]),
        tuple(f"p{p:03d}" for p in range(profiles)),
        who[shuffled], what[shuffled], rng.integers(1, 6, len(who)).astype(np.float64),
        rng.integers(0, 50, len(who)) * 1_000, np.ones(len(who), bool), None, 3.0,
    )  # fmt: skip


def lists(matrix: Any) -> list[list[int]]:
    return [sorted(matrix[[i]].indices.tolist()) for i in range(matrix.shape[0])]


def histories(questions: Questions) -> list[list[int]]:
    asked = questions.asked
    return [asked.title[a:b].tolist() for a, b in zip(asked.start, asked.start[1:], strict=False)]


def literal_liang(data: Dataset, fold: int) -> dict[str, dict[int, tuple[list[int], list[int]]]]:
    """The split as its authors' code makes it, one row at a time: part -> member -> (fold-in, held out)."""
    rows = [
        (p, t)
        for p, t, v in zip(data.profile.tolist(), data.title.tolist(), data.value.tolist(), strict=True)
        if v >= 3
    ]
    members = sorted({p for p, _ in rows if sum(q == p for q, _ in rows) >= 5})
    np.random.seed(SEED)  # noqa: NPY002
    permuted = [members[i] for i in np.random.permutation(len(members))]  # noqa: NPY002
    held = len(members) // 10
    permuted = np.roll(permuted, held * fold).tolist()
    parts = {"test": permuted[-held:], "validation": permuted[-2 * held : -held], "train": permuted[: -2 * held]}
    known = {t for p, t in rows if p in parts["train"]}
    out: dict[str, dict[int, tuple[list[int], list[int]]]] = {"train": {p: ([], []) for p in parts["train"]}}
    for part in ("test", "validation"):
        out[part] = {}
        np.random.seed(SEED)  # noqa: NPY002
        for p in sorted(parts[part]):
            mine = [t for q, t in rows if q == p and t in known]
            drawn = set()
            if len(mine) >= 5:
                drawn = set(np.random.choice(len(mine), size=int(0.2 * len(mine)), replace=False).tolist())  # noqa: NPY002
            out[part][p] = ([t for i, t in enumerate(mine) if i not in drawn], [mine[i] for i in drawn])
    return out


@pytest.mark.parametrize("fold", [0, 3])
def test_liang_is_the_split_of_the_published_code(fold: int) -> None:
    data = made()
    trial, literal = liang(data, fold), literal_liang(data, fold)
    assert trial.validation is not None
    for part, given in (("test", trial), ("validation", trial.validation)):
        questions = given.questions["likes"]
        expected = [pair for _, pair in sorted(literal[part].items()) if pair[1]]
        assert [sorted(told) for told, _ in expected] == [sorted(told) for told in histories(questions)]
        assert [sorted(told) for told, _ in expected] == lists(questions.seen)
        assert [sorted(wanted) for _, wanted in expected] == lists(questions.wanted)
    assert set(trial.train.profile.tolist()) == set(literal["train"])
    assert (trial.train.strength == 1).all()


def test_each_member_is_tested_once_in_all_folds() -> None:
    data = made()
    assert folds(data) == 10
    tested = np.concatenate([fold_of(data, fold).test for fold in range(10)])
    assert (
        len(tested)
        == len(set(tested.tolist()))
        == 10 * held_members((np.bincount(data.profile[data.likes]) >= 5).sum())
    )
    first, second = fold_of(data, 0), fold_of(data, 1)
    assert first.validation.tolist() == second.test.tolist()


@pytest.mark.parametrize(("members", "held"), [(6_034, 600), (136_677, 10_000), (49_659, 5_000), (60, 6), (9, 0)])
def test_a_tenth_is_held_out_in_round_numbers(members: int, held: int) -> None:
    assert held_members(members) == held


def test_fewer_members_are_asked_the_same() -> None:
    data = made(2, 200)
    all_of_them, some = (liang(data, most=most).questions["likes"] for most in (10_000, 4))
    assert len(some) <= 4 < len(all_of_them)
    pairs = list(zip(lists(all_of_them.seen), lists(all_of_them.wanted), strict=True))
    assert all(pair in pairs for pair in zip(lists(some.seen), lists(some.wanted), strict=True))


def test_the_service_knows_what_members_disliked_and_wants_the_same() -> None:
    data = made()
    plain, known = liang(data).questions["likes"], service(data).questions["service"]
    assert lists(plain.wanted) == lists(known.wanted)
    low = [set(a) - set(b) for a, b in zip(lists(known.seen), lists(plain.seen), strict=True)]
    assert sum(map(len, low)) > 10
    disliked = known.asked.where(known.asked.weight < 0)
    assert [set(disliked.title[a:b].tolist()) for a, b in zip(disliked.start, disliked.start[1:], strict=False)] == low
    assert (service(data).train.strength == -1).any()


def questions_of(trials: Trial | tuple[Trial, ...]) -> list[tuple[Trial, Questions]]:
    trials = trials if isinstance(trials, tuple) else (trials,)
    both = [t for trial in trials for t in (trial, trial.validation) if t]
    return [(trial, questions) for trial in both for questions in trial.questions.values()]


EVERY = (liang, service, cold_titles, cold_members, chronological, at_moments, next_title)


@pytest.mark.parametrize("protocol", EVERY, ids=lambda p: p.__name__)
def test_nothing_that_is_wanted_was_learned_from_or_told(protocol: Any) -> None:
    data = made()
    for trial, questions in questions_of(protocol(data)):
        assert len(questions) and (questions.held > 0).all()
        wanted, seen = questions.wanted.toarray(), questions.seen.toarray()
        asked = questions.asked.matrix(TITLES).toarray() != 0
        assert not (wanted & (seen | asked)).any()
        assert not (asked & ~seen).any(), "what is told may not be offered"
        assert not wanted[:, ~questions.titles].any()
        if protocol is not next_title:
            assert len(set(zip(trial.train.profile.tolist(), trial.train.title.tolist(), strict=True))) == len(
                trial.train
            )


@pytest.mark.parametrize("protocol", [chronological, at_moments], ids=lambda p: p.__name__)
def test_settings_are_chosen_on_nothing_that_the_test_wants(protocol: Any) -> None:
    data = made()
    trial = protocol(data)

    def wanted(of: Trial) -> set[tuple[int, int]]:
        # a member is known by what they were told first: every question of a trial asks the same members
        questions = of.questions[STALE]
        firsts = [(h[0], h[1]) for h in histories(questions)]
        return {(first, t) for first, titles in zip(firsts, lists(questions.wanted), strict=True) for t in titles}

    earlier, later = wanted(trial.validation), wanted(trial)
    assert earlier and later and not earlier & later
    assert len(trial.validation.train) < len(trial.train)


def test_seven_tenths_are_learned_two_are_fresh_and_one_is_wanted() -> None:
    data = made()
    likes = np.bincount(data.profile[data.likes], minlength=PROFILES)
    trial = chronological(data)
    learned = np.bincount(trial.train.profile, minlength=PROFILES)
    assert learned.tolist() == [7 * c // 10 if c >= 5 else 0 for c in likes.tolist()]
    stale, fresh = trial.questions[STALE], trial.questions[ALL]
    assert not stale.asked.fresh.any() and fresh.asked.fresh.any()
    assert set(fresh.asked.lengths.tolist()) <= {9 * c // 10 for c in range(5, 30)}
    assert lists(stale.seen) == lists(fresh.seen) and lists(stale.wanted) == lists(fresh.wanted)
    for a, b, f in zip(
        histories(stale), histories(fresh), np.split(fresh.asked.fresh, fresh.asked.start[1:-1]), strict=True
    ):
        assert b[: len(a)] == a and f.tolist() == [False] * len(a) + [True] * (len(b) - len(a))


def test_a_curve_tells_the_newest_of_what_is_fresh() -> None:
    trial = chronological(made())
    for name, known in CURVE.items():
        for some, whole, stale in zip(*(histories(trial.questions[q]) for q in (name, ALL, STALE)), strict=True):
            new = whole[len(stale) :]
            assert some == stale + new[max(len(new) - known, 0) :]


def test_members_whose_times_are_all_known_are_a_group() -> None:
    data = made()
    data.exact[data.profile < 30] = False
    questions = chronological(data).questions[ALL]
    assert 0 < questions.groups[EXACT].sum() < len(questions)
    some = questions.take(np.flatnonzero(questions.groups[EXACT]))
    assert some.groups[EXACT].all() and len(some) == questions.groups[EXACT].sum()
    assert chronological(made()).questions[ALL].groups == {}


def test_of_two_moments_nothing_of_the_future_is_known() -> None:
    trial = at_moments(made())
    questions = trial.questions[ALL]
    assert trial.train.at.max() < questions.asked.at[questions.asked.fresh].min()


def test_the_next_title_is_each_members_last_and_ties_can_be_shuffled() -> None:
    data = made()
    given, shuffled = next_title(data)
    (questions,) = given.questions.values()
    members = np.flatnonzero(np.bincount(data.profile) >= 5)
    last = [data.title[data.order[data.profile[data.order] == m][-1]] for m in members]
    assert [wanted for (wanted,) in lists(questions.wanted)] == last
    assert (questions.asked.fresh.nonzero()[0] == questions.asked.start[1:] - 1).all()
    assert (given.train.strength == 1).all()
    (other,) = shuffled.questions.values()
    assert lists(other.wanted) != lists(questions.wanted)


def test_cold_titles_have_nothing_in_training_but_under_the_ceiling() -> None:
    cold, warm = cold_titles(made())
    gone = cold.questions["cold"].titles
    assert gone.sum() == int(0.2 * fold_of(made(), 0).known.sum())
    assert not gone[cold.train.title].any() and gone[warm.train.title].any()
    assert lists(cold.questions["cold"].wanted) == lists(warm.questions["warm"].wanted)


def test_cold_members_are_asked_the_same_whatever_is_known() -> None:
    trial = cold_members(made())
    assert [set(q.asked.lengths.tolist()) for q in trial.questions.values()] == [{0}, {1}, {3}, {5}]
    assert len({str(lists(q.wanted)) for q in trial.questions.values()}) == 1


def test_the_global_generator_is_left_alone() -> None:
    np.random.seed(5)  # noqa: NPY002
    before = np.random.get_state()[1].tolist()  # type: ignore[index,union-attr]  # noqa: NPY002
    protocols.liang(made())
    assert np.random.get_state()[1].tolist() == before  # type: ignore[index,union-attr]  # noqa: NPY002
