from dataclasses import replace
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest

from playbill.app import Served
from playbill.catalog import Catalog
from playbill.events import Artwork, ControlSet, ProfileSet, Title
from playbill.http import replies
from playbill.http.wire import SYNOPSIS, Encoder, page_bytes, profiles_bytes, version_of, why_bytes
from playbill.page.explain import Cause, Explanation
from playbill.page.gates import pass_
from playbill.slate import Slate
from playbill.state import MemberState

NOW = 1_700_000_000_000


@pytest.fixture(scope="module")
def served(service):
    return service.homepage("ada", shape=(10, 20))


@pytest.fixture(scope="module")
def page(served):
    return msgspec.json.decode(page_bytes(served), type=replies.Homepage, strict=True)


def shown(*numbers: int, n: int = 10):
    return pass_(np.ones(n, bool), Slate(np.array(numbers, np.int32), np.zeros(len(numbers))))


def catalog_of(*titles: Title) -> SimpleNamespace:
    """What `similar` needs of a snapshot."""
    return SimpleNamespace(catalog=Catalog.of(titles))


def cards(encoder: Encoder, *titles: Title) -> list[dict[str, object]]:
    found = encoder.similar(catalog_of(*titles), shown(*range(len(titles))))
    return msgspec.json.decode(found)["titles"]


def card(slot: replies.Slot) -> replies.Card:
    return msgspec.json.decode(slot.title, type=replies.Card, strict=True)


# Pages


def test_a_page_says_the_titles_that_its_impression_logs_in_the_same_slots(served, page):
    slots = [slot for row in page.rows for slot in row.slots]
    assert len(slots) > 30
    assert tuple(card(slot).id for slot in slots) == served.impression.slots.title
    assert [slot.slot for slot in slots] == list(range(len(slots)))


def test_a_page_says_the_rows_and_pictures_that_its_impression_logs(served, page):
    logged = served.impression
    assert [(r.kind, r.key, len(r.slots)) for r in page.rows] == [(r.kind, r.key, r.length) for r in logged.rows]
    pictures = [msgspec.json.decode(slot.artwork, type=replies.Picture) for row in page.rows for slot in row.slots]
    assert tuple(picture.variant for picture in pictures) == logged.choices[0].arm


def test_a_page_says_who_it_is_for_and_what_it_was_made_from(served, page):
    assert page.profile == replies.Member("ada", "Ada", False, None)
    assert (page.impression, page.session) == (served.impression.id, served.impression.session)
    assert (page.as_of, page.now) == (served.page.snapshot.at, NOW)


def test_a_profile_that_nobody_described_is_named_by_its_id_and_has_the_strictest_ceiling(service):
    page = msgspec.json.decode(page_bytes(service.homepage("m2")), type=replies.Homepage)
    assert page.profile == replies.Member("m2", "m2", False, 0)


def test_a_heading_travels_as_key_and_facts_and_as_text(page):
    genre = next(row for row in page.rows if row.kind in ("because_you_watched", "by_genre", "top_picks"))
    assert genre.heading.key == f"row.{genre.kind}"
    assert genre.text and genre.reason
    assert all(value in genre.text for value in genre.heading.facts.values())


def test_titles_go_on_where_they_were_left_in_continue_watching_only(page):
    first = page.rows[0]
    assert first.kind == "continue_watching"
    assert {card(s).id: (s.progress, s.episode) for s in first.slots} == {"t0": (0.4, None), "t98": (0.0, (1, 3))}
    assert all(slot.progress is None and slot.episode is None for row in page.rows[1:] for slot in row.slots)


def test_a_cause_becomes_the_reason_of_its_slot_and_no_other(served):
    slots = len(served.page.titles)
    cause = np.full(slots, -1)
    cause[5] = 0
    name = served.page.viewer.catalog.titles[served.page.viewer.titles[0]].name
    page = msgspec.json.decode(
        page_bytes(Served(replace(served.page, cause=cause), served.impression)), type=replies.Homepage
    )
    reasons = [slot.reason for row in page.rows for slot in row.slots]
    assert reasons == [f"Because of {name}" if slot == 5 else None for slot in range(slots)]


def test_with_profiling_off_no_reason_speaks_of_the_member(service):
    service.record([ControlSet("off", "m8", NOW, "profiling", "off")])
    page = msgspec.json.decode(page_bytes(service.homepage("m8")))
    assert page["rows"]
    assert {row["reason"] for row in page["rows"]} == {
        "Profiling is off: neither the titles nor their order depend on what you watched."
    }


def test_the_cursor_goes_on_from_the_first_chunk_of_the_page(service):
    first = service.homepage("ada", shape=(1, 20))
    service.serve(first.impression).result()
    said = msgspec.json.decode(page_bytes(first))
    assert said["cursor"] == f"{first.impression.id}:1"
    second = service.homepage("ada", shape=(1, 20), cursor=said["cursor"])
    said = msgspec.json.decode(page_bytes(second))
    assert said["cursor"] == f"{first.impression.id}:2"
    assert said["rows"][0]["index"] == 1 and said["rows"][0]["slots"][0]["slot"] == 0
    rest = service.homepage("ada", shape=(60, 20), cursor=said["cursor"])
    assert msgspec.json.decode(page_bytes(rest))["cursor"] is None


def test_only_what_went_through_the_last_gate_is_encoded(served):
    titles = SimpleNamespace(titles=np.zeros(1, np.int32), scores=np.zeros(1))
    row = replace(served.page.rows[0], shown=titles)
    for page in (SimpleNamespace(rows=()), replace(served.page, rows=(row,)), None):
        with pytest.raises(TypeError, match="Only a Page"):
            page_bytes(Served(page, served.impression))
    with pytest.raises(TypeError, match="Only what is Shown"):
        Encoder().similar(served.page.snapshot, titles)
    with pytest.raises(TypeError, match="Only what is Shown"):
        Encoder().title(served.page.viewer, Slate(np.zeros(1, np.int32), np.zeros(1)))


# Titles


def test_a_long_synopsis_is_cut_between_words():
    (said,) = cards(Encoder(), Title("t", "n", synopsis="word " * 100))
    assert said["synopsis"].endswith("word…") and SYNOPSIS - 6 <= len(said["synopsis"]) <= SYNOPSIS
    (said,) = cards(Encoder(), Title("t", "n", synopsis="x" * SYNOPSIS))
    assert said["synopsis"] == "x" * SYNOPSIS


def test_an_id_is_quoted_in_the_address_of_its_picture():
    (said,) = cards(Encoder(), Title("a/b ?&é", "n"))
    assert said["artwork"]["url"].startswith("/v1/posters/a%2Fb%20%3F%26%C3%A9/0.svg?v=")


def test_the_operators_pictures_come_before_drawn_ones():
    (said,) = cards(Encoder(), Title("t", "n", artworks=(Artwork("a", "https://x.example/a.jpg"),)))
    assert said["artwork"] == {"variant": 0, "url": "https://x.example/a.jpg"}


def test_the_address_of_a_picture_changes_with_the_title():
    title = Title("t", "n")
    assert version_of(title) == version_of(Title("t", "n")) != version_of(replace(title, name="m"))


def test_a_title_that_changed_is_encoded_anew_and_the_others_are_not():
    encoder = Encoder()
    a, b = Title("a", "A"), Title("b", "B")
    assert [t["name"] for t in cards(encoder, a, b)] == ["A", "B"]
    kept = encoder._cards[0]
    assert [t["name"] for t in cards(encoder, a, replace(b, name="New"))] == ["A", "New"]
    assert encoder._cards[0] is kept


def test_another_service_s_catalogue_brings_its_own_titles():
    encoder = Encoder()
    cards(encoder, Title("a", "A"), Title("b", "B"))
    assert [t["name"] for t in cards(encoder, Title("c", "C"))] == ["C"]


def test_a_title_says_where_the_member_stands(service):
    viewer = service.homepage("ada", shape=(1, 1)).page.viewer

    def standing(title: str) -> dict[str, object]:
        one = shown(viewer.catalog.index[title], n=len(viewer.catalog))
        return msgspec.json.decode(Encoder().title(viewer, one))["member"]

    assert standing("t0") == {"thumb": 0, "listed": False, "progress": 0.4, "episode": None}
    assert standing("t4")["thumb"] == 1  # rated 9
    assert standing("t98") == {"thumb": 0, "listed": False, "progress": 0.0, "episode": [1, 3]}
    assert standing("t1") == {"thumb": 0, "listed": False, "progress": None, "episode": None}


def test_a_refused_title_has_no_bytes(service):
    viewer = service.homepage("ada", shape=(1, 1)).page.viewer
    assert Encoder().title(viewer, shown(n=len(viewer.catalog))) is None


# The rest


def test_profiles_of_made_up_households_come_first():
    def state(profile: str, made_up: bool) -> MemberState:
        return MemberState(profile=ProfileSet("e", profile, 1, "acc", profile.upper(), made_up=made_up))

    said = msgspec.json.decode(
        profiles_bytes([state("a", False), state("b", True), MemberState(), state("c", True)]), type=replies.Profiles
    )
    assert [(p.id, p.name, p.account, p.made_up) for p in said.profiles] == [
        ("b", "B", "acc", True), ("c", "C", "acc", True), ("a", "A", "acc", False),
    ]  # fmt: skip


def test_an_explanation_says_everything_in_numbers_and_in_words():
    why = Explanation(
        "t1", "Film", "by_genre", "Drama", (("genre", "Drama"),), 3, 4, 0.01, 0.002,
        (Cause("t2", "Alien", 0.75), Cause("t3", "Up", -0.25)), 2, 6, 0.2,
    )  # fmt: skip
    said = msgspec.json.decode(why_bytes(why), type=replies.Why, strict=True)
    assert said.title == replies.Named("t1", "Film")
    assert (said.row.index, said.row.text, said.row.heading.facts) == (3, "Drama", {"genre": "Drama"})
    assert [(c.title, c.name, c.weight) for c in said.causes] == [("t2", "Alien", 0.75), ("t3", "Up", -0.25)]
    assert (said.column, said.variant, said.variants, said.propensity) == (4, 2, 6, 0.2)
    assert said.place.startswith("Place 5 in row 4, Drama.") and said.picture.startswith("Picture 3 of 6")
