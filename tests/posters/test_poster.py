"""Drawn posters: well-formed for any text, the same for ever, small, and honest about what they lead with."""

from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playbill.errors import InputError
from playbill.events import Title
from playbill.posters import COMPOSITIONS
from playbill.posters.genre import LOOKS, PLAIN
from playbill.posters.poster import FEATURES, MOST_BYTES, draw, variants
from playbill.posters.scene import LIGHT

ALIEN = Title(
    "tt0078748", "Alien", year=1979, genres=("Horror", "Sci-Fi"), runtime=117 * 60.0,
    cast=("Sigourney Weaver", "Tom Skerritt", "John Hurt", "Yaphet Kotto", "Ian Holm"), directors=("Ridley Scott",),
)  # fmt: skip
GENRES = [*LOOKS, "Drama", "Sci-Fi", "no such genre", ""]
NAMES = (
    st.text(max_size=200) | st.text("W& <>'\"", min_size=1, max_size=120) | st.text("😀👨‍👩‍👧🏽é́שקصة한千", max_size=120)
)
TITLES = st.builds(
    Title,
    id=st.text(min_size=1, max_size=20),
    name=NAMES,
    year=st.none() | st.integers(-5, 99_999),
    genres=st.lists(st.sampled_from(GENRES), max_size=3).map(tuple),
    cast=st.lists(NAMES, max_size=6).map(tuple),
    directors=st.lists(NAMES, max_size=1).map(tuple),
    runtime=st.none() | st.floats(0, 1e6),
)
NUMBERS = range(len(COMPOSITIONS))


def texts(svg: str) -> list[str]:
    return ["".join(e.itertext()) for e in ElementTree.fromstring(svg).iter() if e.tag.endswith("}text")]


@given(TITLES)
@settings(max_examples=150, deadline=None)
def test_every_picture_of_any_title_is_well_formed_and_small(title: Title) -> None:
    for number in NUMBERS:
        svg = draw(title, number)
        root = ElementTree.fromstring(svg)
        assert root.get("viewBox") == "0 0 240 360"
        assert len(svg.encode()) <= MOST_BYTES


@given(TITLES)
@settings(max_examples=60, deadline=None)
def test_no_two_pictures_of_a_title_are_equal_and_each_is_the_same_again(title: Title) -> None:
    first = [draw(title, number) for number in NUMBERS]
    assert len(set(first)) == len(COMPOSITIONS)
    assert first == [draw(replace(title), number) for number in NUMBERS]


@given(TITLES)
@settings(max_examples=60, deadline=None)
def test_every_variant_has_every_feature_between_0_and_1(title: Title) -> None:
    found = variants(title)
    assert [v.number for v in found] == list(NUMBERS) and len(found) >= 4
    for variant in found:
        assert tuple(name for name, _ in variant.features) == FEATURES
        assert all(0.0 <= value <= 1.0 for _, value in variant.features)


def test_another_process_draws_the_same_bytes() -> None:
    program = (
        "import hashlib; from playbill.events import Title; from playbill.posters.poster import draw;"
        "t = Title('tt1', 'The Long Goodbye', year=1973, genres=('Crime',), cast=('Elliott Gould',));"
        "print(hashlib.sha256(''.join(draw(t, i) for i in range(6)).encode()).hexdigest())"
    )
    seen = {
        subprocess.run([sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True)
        .stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(seen) == 1


def test_a_picture_refers_to_nothing_outside_itself_and_runs_nothing() -> None:
    for number in NUMBERS:
        svg = draw(replace(ALIEN, name='"/><script>x</script><image href="http://x/">'), number)
        tags = {e.tag.rpartition("}")[2] for e in ElementTree.fromstring(svg).iter()}
        assert tags.isdisjoint({"script", "image", "foreignObject", "style", "use", "a"})
        assert set(re.findall(r"url\(([^)]*)\)", svg)) <= {"#g", "#u", "#v", "#m", "#i", "#n"}
        assert not re.search(r'\s(href|src|on\w+|xlink:href)="', re.sub(r">[^<]*<", "><", svg))


def test_the_name_is_told_to_those_who_cannot_see() -> None:
    root = ElementTree.fromstring(draw(replace(ALIEN, name="Tom & <Jerry>"), 0))
    assert root[0].text == "Tom & <Jerry>"


@pytest.mark.parametrize("number", [0, 2, 3, 4, 5])
def test_the_whole_name_stands_on_the_picture(number: int) -> None:
    name = "Dr. Strangelove or: How I Learned to Stop Worrying and Love the Bomb, as Told by Those Who Were in the Room"
    name += " that Evening"
    assert len(name) == 120
    assert name.upper() in " ".join(texts(draw(replace(ALIEN, name=name), number))).upper()


def test_big_type_breaks_between_words_and_keeps_all_of_them() -> None:
    lines = texts(draw(replace(ALIEN, name="The Color of Money"), 1))
    assert " ".join(lines) == "THE COLOR OF MONEY" and len(lines) > 1
    assert texts(draw(replace(ALIEN, name="Casablanca"), 1)) == ["CASABLANCA"]


def test_the_cast_is_the_picture_where_there_is_one() -> None:
    lines = texts(draw(ALIEN, 2))
    assert {"WEAVER", "SKERRITT", "HURT", "KOTTO", "SIGOURNEY"} <= set(lines) and "HOLM" not in lines


def test_without_a_cast_those_who_made_it_stand_there_and_the_feature_says_so() -> None:
    bare = replace(ALIEN, cast=())
    assert "SCOTT" in texts(draw(bare, 2))
    assert dict(variants(ALIEN)[2].features)["cast_led"] == 1.0
    assert dict(variants(bare)[2].features)["cast_led"] == 0.0


@pytest.mark.parametrize(
    ("title", "figures", "year_led"),
    [
        (ALIEN, ["19", "79"], 1.0),
        (replace(ALIEN, year=None), ["117", "min"], 0.0),
        (replace(ALIEN, year=None, runtime=None), ["19", "??"], 0.0),
    ],
)
def test_the_numeral_is_the_year_or_else_the_length(title: Title, figures: list[str], year_led: float) -> None:
    assert texts(draw(title, 3))[:2] == figures
    assert dict(variants(title)[3].features)["year_led"] == year_led


@pytest.mark.parametrize(
    ("name", "letter"), [("The Godfather", "G"), ("M", "M"), ("Élan", "É"), ("!!!", "!"), ("千と", "千")]
)
def test_the_monogram_is_the_first_letter_that_is_not_of_an_article(name: str, letter: str) -> None:
    assert texts(draw(replace(ALIEN, name=name), 5))[0] == letter


def test_a_name_from_right_to_left_starts_at_the_right() -> None:
    svg = draw(replace(ALIEN, name="قصة الحي"), 0)
    lines = [e for e in ElementTree.fromstring(svg).iter() if e.tag.endswith("}text")]
    assert all(e.get("direction") == "rtl" and float(e.get("x", 0)) > 200 for e in lines)


def test_a_genre_has_its_colours_and_telling_genres_come_before_drama() -> None:
    western = LOOKS["western"].palettes
    for i in range(20):
        svg = draw(Title(f"w{i}", "Shane", genres=("Drama", "Western")), 0)
        assert any(p.middle in svg and p.ink in svg for p in western)


def test_a_shorter_name_is_set_larger() -> None:
    short, long = (dict(variants(replace(ALIEN, name=n))[0].features)["text_size"] for n in ("Up", "Word " * 20))
    assert short > long


@pytest.mark.parametrize("number", NUMBERS)
def test_a_shelf_of_one_name_genre_and_year_holds_no_picture_twice(number: int) -> None:
    shelf = [Title(f"tt{i:07}", "Home", year=2013, genres=("Drama",), cast=("Ada King",)) for i in range(200)]
    bare = {re.sub("<text.*?</text>", "", draw(title, number)) for title in shelf}
    assert len(bare) == 200


def test_a_name_of_signs_that_take_much_room_is_shortened_rather_than_the_picture_made_too_large() -> None:
    title = Title("x", "&" * 160, year=1999, genres=("Biography",), cast=("& " * 20 + "&" * 60,) * 4)
    sizes = [len(draw(title, number).encode()) for number in NUMBERS]
    assert max(sizes) <= MOST_BYTES
    assert "…" in draw(title, 2)


def test_a_variant_says_whose_names_lead_it_and_the_mood_of_its_colours() -> None:
    found = variants(ALIEN)
    assert found[2].who == ALIEN.cast[:4]
    assert all(v.who == () for v in found if v.composition != "names")
    assert variants(replace(ALIEN, cast=()))[2].who == ("Ridley Scott",)
    assert {v.mood for v in found} <= {"warm", "cool", "sombre", "bright"} and len({v.mood for v in found}) == 1


def test_every_motif_has_its_light() -> None:
    used = {motif for look in (*LOOKS.values(), PLAIN) for motif in look.motifs}
    assert used <= set(LIGHT)


@pytest.mark.parametrize("number", [-1, len(COMPOSITIONS)])
def test_a_picture_that_does_not_exist_is_refused_with_the_numbers_that_do(number: int) -> None:
    with pytest.raises(InputError, match=rf"no picture number {number}\. Ask for one from 0 to 5"):
        draw(ALIEN, number)


def test_the_docs_name_every_composition_and_feature_and_their_example_runs() -> None:
    page = (Path(__file__).parents[2] / "docs" / "posters.md").read_text("utf-8")
    rows = [(str(number), f"`{composition.name}`") for number, composition in enumerate(COMPOSITIONS)]
    assert re.findall(r"^\| (\d) \| (`\w+`)", page, flags=re.M) == rows
    assert [name for name in (*FEATURES, "who", "mood") if f"| `{name}` |" not in page] == []
    namespace: dict[str, object] = {}
    exec(compile(page.split("```python\n")[1].split("```")[0], "posters.md", "exec", dont_inherit=True), namespace)
    assert str(namespace["svg"]).startswith("<svg")
