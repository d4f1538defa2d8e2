"""Words: every text in every language, and which language is spoken."""

import re
from importlib import resources
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbill.data import shipped
from playbill.errors import InputError
from playbill.http import words
from playbill.http.countries import CODES
from playbill.http.words import ENGLISH, because, heading, reason
from playbill.page.explain import Explanation
from playbill.rows import ROWS


def why(**said: object) -> Explanation:
    given = {
        "title": "t1", "name": "Film 1", "row": "because_you_watched", "key": "t2", "facts": (("title", "Alien"),),
        "index": 1, "column": 2, "score": 0.0123, "popularity": 0.004, "causes": (), "picture": 1, "pictures": 6,
        "propensity": 0.25, **said,
    }  # fmt: skip
    return Explanation(**given)  # type: ignore[arg-type]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.kind)
def test_every_row_type_has_a_heading_and_a_reason(row):
    assert f"row.{row.kind}" in words.ENGLISH
    assert f"reason.{row.kind}" in words.ENGLISH


@pytest.mark.parametrize(
    ("kind", "facts", "text"),
    [
        ("continue_watching", (), "Continue watching"),
        ("because_you_watched", (("title", "Alien"),), "Because you watched Alien"),
        ("by_genre", (("genre", "Drama"),), "Drama"),
        ("by_genre_pair", (("genre_pair", "Comedy + Romance"),), "Comedy + Romance"),
        ("by_director", (("director", "Agnès Varda"),), "Directed by Agnès Varda"),
        ("by_decade", (("decade", "1980s"),), "From the 1980s"),
        ("by_country", (("country", "France"),), "From France"),
        ("by_country", (("country", "United States"),), "From the United States"),
    ],
)
def test_a_heading_says_its_facts(kind, facts, text):
    assert heading(kind, facts) == text


def test_a_fact_is_text_and_never_a_template():
    assert heading("because_you_watched", (("title", "{title.__class__} {0}"),)) == (
        "Because you watched {title.__class__} {0}"
    )


@pytest.mark.parametrize(
    ("kind", "facts", "text"),
    [
        ("my_own_row", (("mood", "blue"), ("place", "Kyiv")), "My own row: blue, Kyiv"),
        ("my_own_row", (), "My own row"),
        ("by_genre", (), "By genre"),  # a known kind without its fact
    ],
)
def test_a_kind_that_has_no_words_is_named_with_its_facts(kind, facts, text):
    assert heading(kind, facts) == text


def test_a_row_without_profiling_claims_nothing_about_the_member():
    assert "what you watched" in reason("top_picks", (), profiling=False)
    assert reason("top_picks", ()) != reason("top_picks", (), profiling=False)


def test_a_kind_without_a_reason_of_its_own_still_has_one():
    assert reason("my_own_row", ()) == words.ENGLISH["reason"]


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (["Alien"], "Because of Alien"),
        (["Alien", "Aliens"], "Because of Alien and Aliens"),
        (["A", "B", "C"], "Because of A, B and C"),
    ],
)
def test_causes_are_listed_as_a_person_would(names, text):
    assert because(names) == text


def test_the_place_counts_from_one():
    assert words.place(why()).startswith("Place 3 in row 2, Because you watched Alien.")
    assert "0.0123" in words.place(why()) and "0.0040" in words.place(why())


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({}, "Picture 2 of 6, drawn with probability 0.25."),
        ({"propensity": 1.0, "picture": 0}, "Picture 1 of 6. It was not chosen by chance."),
        ({"pictures": 1, "picture": 0, "propensity": 1.0}, "It has one picture."),
    ],
)
def test_the_picture_tells_how_it_was_chosen(said, text):
    assert words.picture(why(**said)) == text


def test_a_language_without_texts_is_named():
    with pytest.raises(InputError, match=r"language: 'eo' has no texts.* There are: en, "):
        heading("new", (), language="eo")


# In every language ---------------------------------------------------------------------------------------------------

SCRIPTS = {"ja": "[\u3040-\u30ff\u4e00-\u9fff]", "ar": "[\u0621-\u064a]"}
"""A letter that a text of the language has, unless it is made of names alone."""

BORROWED = {
    "de": "genre.Action genre.Anime genre.Animation genre.Drama genre.Fantasy genre.Horror genre.Musical genre.Mystery "
    "genre.Reality genre.Sport genre.Thriller genre.Western web.pause web.player",
    "es": "genre.Anime genre.Drama genre.Musical genre.Romance",
    "ja": "",
    "ar": "",
}
"""Keys whose text is the English one because the language uses the English word, or has the same."""

FACTS = {
    "because_you_watched": (("title", "Alien"),), "because_you_liked": (("title", "Alien"),),
    "by_genre": (("genre", "Crime"),), "by_genre_pair": (("genre_pair", "Comedy + Adventure"),),
    "by_director": (("director", "Agnès Varda"),), "by_actor": (("actor", "Setsuko Hara"),),
    "by_country": (("country", "United Kingdom"),), "by_decade": (("decade", "1980s"),),
    "editors_choice": (("heading", "Sommer"), ("heading.ja", "夏"), ("heading.ar", "الصيف")),
}  # fmt: skip
"""What the heading of a kind of row needs."""


def bare(text: str) -> str:
    """A text without its facts and their isolates."""
    return re.sub(r"{\w+(:[^}]*)?}|[\u2068\u2069]", "", text)


def braces(text: str) -> list[tuple[str, str]]:
    """The facts of a text, and how each is written."""
    return sorted((name, form or "") for _, name, form, _ in Formatter().parse(text) if name is not None)


def test_the_languages_are_those_of_the_texts_that_ship():
    assert list(words.TEXTS) == ["en", "ar", "de", "es", "ja"]
    assert words.TEXTS["en"] is words.ENGLISH
    page = resources.files("playbill.http").joinpath("static", "texts.js").read_text("utf-8")
    assert all(f'"{language}"' in page for language in words.TEXTS), "the web page offers each of them"


@pytest.mark.parametrize("language", words.TEXTS)
def test_every_language_has_the_same_texts_and_facts(language):
    texts = words.TEXTS[language]
    assert list(texts) == list(words.ENGLISH)
    for key, text in texts.items():
        assert braces(text) == braces(words.ENGLISH[key]), key
        assert text.strip() or key == "comma", key


@pytest.mark.parametrize("language", SCRIPTS)
def test_texts_of_another_script_are_in_it(language):
    for key, text in words.TEXTS[language].items():
        written = re.search(SCRIPTS[language], text)
        only_names = not re.search(r"[^\W\d_]", bare(text).replace("playbill", ""))
        assert written or only_names or text == "SF", key


@pytest.mark.parametrize("language", BORROWED)
def test_no_english_is_left_over(language):
    texts = words.TEXTS[language]
    same = {k for k, text in texts.items() if text == words.ENGLISH[k] and re.search(r"[^\W\d_]", bare(text))}
    assert {k for k in same if not k.startswith("country.")} == {"web.title", *BORROWED[language].split()}
    left = re.compile(r"\b(the|and|you|your|of|is|are|watched|with|this|not|from)\b", re.I)
    assert not [key for key, text in texts.items() if left.search(bare(text))]


@pytest.mark.parametrize("language", words.TEXTS)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.kind)
def test_every_row_type_has_a_heading_and_a_reason_in_every_language(row, language):
    facts = FACTS.get(row.kind, ())
    said = heading(row.kind, facts, language), reason(row.kind, facts, language=language)
    assert all(said) and not any("{" in text or "  " in text for text in said)
    assert said[0] != row.kind.replace("_", " ").capitalize() or language == "en"
    assert said[1] != words.TEXTS[language]["reason"]
    if language != "en" and row.kind not in ("editors_choice",):
        assert said[0] != heading(row.kind, facts) and said[1] != reason(row.kind, facts)


@pytest.mark.parametrize(
    ("kind", "facts", "language", "text"),
    [
        ("because_you_watched", (("title", "Alien"),), "de", "Weil du „Alien“ gesehen hast"),
        ("by_genre_pair", (("genre_pair", "Comedy + Adventure"),), "es", "Comedia + Aventura"),
        ("by_genre_pair", (("genre_pair", "Comedy + Krautrock"),), "de", "Komödie + Krautrock"),
        ("by_genre", (("genre", "Krautrock"),), "ja", "Krautrock"),
        ("by_country", (("country", "United States"),), "de", "Aus den USA"),
        ("by_country", (("country", "Netherlands"),), "es", "Hecho en los Países Bajos"),
        ("by_country", (("country", "Japan"),), "ja", "日本の作品"),
        ("by_country", (("country", "Atlantis"),), "de", "Aus Atlantis"),
        ("by_decade", (("decade", "1980s"),), "de", "Aus den 1980ern"),
        ("by_decade", (("decade", "1980s"),), "ja", "1980年代の作品"),
        ("by_decade", (("decade", "long ago"),), "es", "De la long ago"),
        ("by_director", (("director", "Drama"),), "es", "Dirección: Drama"),  # a person and no genre
    ],
)  # fmt: skip
def test_facts_are_said_in_the_language(kind, facts, language, text):
    assert heading(kind, facts, language) == text


@pytest.mark.parametrize(
    ("language", "text"), [("en", "Summer"), ("de", "Sommer"), ("es", "Summer"), ("ar", "\u2068صيف\u2069")]
)
def test_a_row_of_the_editors_has_their_own_heading_in_each_language(language, text):
    facts = (("heading", "Summer"), ("heading.de", "Sommer"), ("heading.ar", "صيف"), ("heading.es", ""))
    assert heading("editors_choice", facts, language) == text
    assert reason("editors_choice", facts, language=language) == words.TEXTS[language]["reason.editors_choice"]


def test_a_name_in_a_text_from_right_to_left_is_isolated():
    assert heading("because_you_watched", (("title", "Alien 3"),), "ar") == "لأنك شاهدت \u2068Alien 3\u2069"
    assert because(["Alien", "Aliens"], "ar") == "بسبب \u2068Alien\u2069 و\u2068Aliens\u2069"
    for language in words.TEXTS.keys() - words.RIGHT_TO_LEFT:
        assert "\u2068" not in heading("because_you_watched", (("title", "Alien"),), language)


@pytest.mark.parametrize(
    ("language", "text"),
    [("de", "Wegen „A“, „B“ und „C“"), ("es", "Por «A», «B» y «C»"), ("ja", "『A』、『B』と『C』をもとに選びました")],
)
def test_causes_are_listed_as_the_language_does(language, text):
    assert because(["A", "B", "C"], language) == text


@pytest.mark.parametrize("language", words.TEXTS)
def test_place_and_picture_are_told_in_every_language(language):
    said = words.place(why(), language), words.picture(why(), language)
    assert "0.0123" in said[0] and "Alien" in said[0] and "0.25" in said[1]
    assert not any("{" in text for text in said)


def test_what_the_shipped_catalogue_holds_has_a_name_in_every_language():
    titles = shipped.titles()
    genres, countries = {g for t in titles for g in t.genres}, {c for t in titles for c in t.countries}
    keys = {f"genre.{genre}" for genre in genres} | {f"country.{country}" for country in countries}
    assert len(keys) > 150 and all(keys <= texts.keys() for texts in words.TEXTS.values())


# Which language -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "accept", "languages", "language"),
    [
        (None, None, (), "en"),
        ("ja", "de", ("es",), "ja"),
        ("de-AT", None, (), "de"),
        ("DE_at", None, (), "de"),
        (None, "de-AT,de;q=0.9,en;q=0.8", ("ja",), "de"),
        (None, "fr-CA, fr;q=0.9, es;q=0.5, en;q=0.1", (), "es"),
        (None, "en;q=0.1,ar;q=0.2 , ja ; q=0.15", (), "ar"),
        (None, "zh-Hant-TW, ja", (), "ja"),
        (None, "fr", ("pt", "de-CH"), "de"),
        (None, "", ("de",), "de"),
        (None, "*", ("es",), "es"),
        (None, "*", (), "en"),
        (None, "*, de;q=0.5", ("es",), "es"),
        (None, "fr, de;q=0.5, *;q=0.1", ("es",), "de"),
        (None, "de;q=0", ("de", "ja"), "ja"),
        (None, "de-AT;q=0, de", (), "de"),
        (None, "en;q=0", (), "en"),
        (None, "de;q=2, es;q=x, ja;q=0.5", (), "ja"),
        (None, "de;level=1", ("es",), "es"),
        (None, ",;,=;q=1,,", (), "en"),
        (None, "x" * 5_000 + ",de", (), "en"),
    ],
)  # fmt: skip
def test_the_language_is_the_one_asked_for_or_else_the_one_liked_best(asked, accept, languages, language):
    assert words.language_of(asked, accept, languages) == language


@pytest.mark.parametrize("asked", ["fr", "", "xx-DE", "../de", "e" * 40_000, "-de", "\0"])
def test_asking_for_a_language_without_texts_is_an_error_that_names_those_there_are(asked):
    with pytest.raises(InputError, match="There are: en, ar, de, es, ja") as caught:
        words.language_of(asked, "de", ("de",))
    assert len(str(caught.value)) < 200


tags = st.sampled_from(["en", "de", "es", "ja", "ar", "fr", "pt-BR", "de-CH", "ar-EG", "zh-Hant"])
weights = st.integers(0, 1_000).map(lambda thousandths: thousandths / 1_000)


@given(st.dictionaries(tags, weights, min_size=1), st.data())
def test_no_language_is_taken_where_a_better_liked_one_has_texts(wishes, data):
    order = data.draw(st.permutations(list(wishes)))
    header = ", ".join(f"{tag};q={wishes[tag]:.3f}" for tag in order)
    got = words.language_of(None, header, ())
    refused = {tag for tag, weight in wishes.items() if weight == 0}
    liked = {tag: weight for tag, weight in wishes.items() if weight > 0 and tag[:2] in words.TEXTS.keys() - refused}
    if liked:
        assert max(weight for tag, weight in liked.items() if tag[:2] == got) == max(liked.values())
    else:
        assert got == "en"


@given(st.text() | st.text("den-*;q=0.1, \t"), st.lists(st.text()))
def test_a_header_is_a_wish_and_never_an_error(accept, languages):
    assert words.language_of(None, accept, languages) in words.TEXTS


def test_a_long_header_is_read_to_a_bound():
    near = ",".join(["fr"] * 300)
    assert len(near) < words.LONGEST_ACCEPT < len(near) * 2
    assert words.language_of(None, f"{near},de", ()) == "de"
    assert words.language_of(None, f"{near},{near},de", ()) == "en"


def test_a_country_may_be_given_by_its_code() -> None:
    assert heading("by_country", (("country", "DE"),), "de") == heading("by_country", (("country", "Germany"),), "de")
    assert heading("by_country", (("country", "US"),)) == "From the United States"
    assert heading("by_country", (("country", "ZZ"),)) == "From ZZ"


@pytest.mark.parametrize(("code", "name"), CODES.items())
def test_every_code_of_a_country_has_a_name(code: str, name: str) -> None:
    assert re.fullmatch("[A-Z]{2}", code) and f"country.{name}" in ENGLISH
