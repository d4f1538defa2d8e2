import asyncio
import json

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request

from playbill.errors import InputError
from playbill.events import (
    CLASSES,
    FACTS,
    Action,
    ControlSet,
    Episode,
    Kind,
    ProfileSet,
    TakenDown,
    Title,
    TitleRemoved,
    TitleSet,
)
from playbill.http.bodies import body_of, events_of


def decode(*events: object) -> list[object]:
    return list(events_of(json.dumps(list(events)).encode(), 100))


def play(**said: object) -> dict[str, object]:
    return {"id": "e1", "profile": "p", "kind": "play", "at": 5, "title": "t1", **said}


def test_one_event_and_a_list_of_one_are_the_same():
    one = events_of(json.dumps(play()).encode(), 100)
    assert one == decode(play()) == [Action("e1", "p", Kind.PLAY, 5, title="t1")]


@pytest.mark.parametrize(
    ("sent", "event"),
    [
        ({"kind": "profile_set", "profile": "p", "account": "a", "name": "n", "ceiling": 8, "languages": ["de"]},
         ProfileSet("e", "p", 1, "a", "n", ceiling=8, languages=("de",))),
        ({"kind": "control_set", "profile": "p", "control": "profiling", "value": "off"},
         ControlSet("e", "p", 1, "profiling", "off")),
        ({"kind": "title_set", "title": {"id": "t", "name": "n", "episodes": [{"season": 1, "number": 2}]}},
         TitleSet("e", 1, Title("t", "n", episodes=(Episode(1, 2),)))),
        ({"kind": "title_removed", "title": "t"}, TitleRemoved("e", 1, "t")),
        ({"kind": "taken_down", "title": "t", "reason": "law"}, TakenDown("e", 1, "t", "law")),
        ({"kind": "view", "profile": "p", "source": "i", "slots": [0, 3]},
         Action("e", "p", Kind.VIEW, 1, source="i", slots=(0, 3))),
    ],
)  # fmt: skip
def test_the_kind_says_which_event_it_is(sent, event):
    assert decode({"id": "e", "at": 1, **sent}) == [event]


def test_every_event_of_the_log_but_impressions_and_erasures_can_be_sent():
    assert FACTS.items() == {kind: cls for kind, cls in CLASSES.items() if kind not in ("impression", "erased")}.items()


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (play(tilte="t"), "'tilte' is not a field of play. Did you mean 'title'?"),
        (play(xyz=1), "'xyz' is not a field of play. There are: id, profile, kind"),
        (play(kind="plya"), "kind: 'plya' is not known. Did you mean 'play'?"),
        (play(kind=3), "is not an event"),
        (play(at="5"), "at: Expected `int`, got `str`."),
        (play(at=5.5), "at: Expected `int`, got `float`."),
        (play(slots=[1, "x"]), r"slots\[1\]: Expected `int`, got `str`."),
        (play(season=2**60), "season: 1152921504606846976 is too large a number."),
        ({"kind": "play"}, "missing required field `id`"),
        ({"kind": "title_set", "id": "e", "at": 1, "title": {"id": "t", "name": "n", "genre": []}},
         "'title.genre' is not a field of title. Did you mean 'genres'?"),
        ({"kind": "title_set", "id": "e", "at": 1, "title": {"id": "t", "name": "n", "windows": [{"form": 1}]}},
         r"'title.windows\[0\].form' is not a field"),
        ({"kind": "title_set", "id": "e", "at": 1, "title": {"id": "t", "name": "n", "cast": "abc"}},
         "title.cast: Expected `array`, got `str`."),
        ({"kind": "impression", "id": "e"}, "kind: impression. Pages are logged by the server"),
        (7, "7 is not an event"),
        (None, "None is not an event"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_place_and_a_remedy(event, said):
    with pytest.raises(InputError, match=said) as wrong:
        decode(play(), event)
    assert str(wrong.value).startswith("Event 2 of 2: ") and str(wrong.value).endswith("Nothing was recorded.")


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff", b'"\\ud800"', b"[" * 100_000, b'{"a": NaN}', b"[1" + b"0" * 5_000 + b"]", b"1e999"]
)
def test_what_is_not_json_is_said_so(body):
    with pytest.raises(InputError, match="not usable JSON"):
        events_of(body, 100)


def test_too_many_events_are_refused():
    with pytest.raises(HTTPException) as wrong:
        events_of(b"[" + b"{}," * 100 + b"{}]", 100)
    assert wrong.value.status_code == 413 and "at most 100" in wrong.value.detail


def test_a_body_is_given_up_where_it_becomes_too_large():
    taken = 0

    async def receive() -> dict[str, object]:
        nonlocal taken
        taken += 1
        return {"type": "http.request", "body": b"x" * 10, "more_body": taken < 1_000}

    with pytest.raises(HTTPException) as wrong:
        asyncio.run(body_of(Request({"type": "http", "method": "POST", "headers": []}, receive), 35))
    assert wrong.value.status_code == 413
    assert taken == 4


def test_a_body_of_just_the_right_size_is_read_whole():
    chunks = [b"abc", b"de"]

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": chunks.pop(0), "more_body": bool(chunks)}

    request = Request({"type": "http", "method": "POST", "headers": []}, receive)
    assert asyncio.run(body_of(request, 5)) == b"abcde"
