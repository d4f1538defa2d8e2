"""What holds of every format that `FORMATS` lists. A new one gives a small good file here and is tested."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec import structs

from playbill.errors import BadRow, InputError
from playbill.events import Action, ProfileSet, TitleSet, changed
from playbill.exchange import FORMATS, events, impressions, profiles, titles
from playbill.exchange.format import Format, actions_of, columns_of

NOW = 1_700_000_000_000

GOOD = {
    "titles": {"t.csv": "id,name,year\nm1,Tea,1999\nm2,Pots,2001\n"},
    "profiles": {"p.csv": "id,ceiling\np1,8\np2,\n"},
    "events": {"e.csv": "profile,kind,at,title\np1,play,1700000000,m1\np1,play,1700000000,m1\n"},
    "impressions": {"i.csv": "impression,profile,at,slot,title\ni1,p1,1700000000,0,m1\ni2,p1,1700000000,0,m2\n"},
    "movielens": {
        "ratings.csv": "userId,movieId,rating,timestamp\n7,1,3.5,978300760\n",
        "movies.csv": "movieId,title,genres\n1,Tea (1999),Comedy\n",
    },
}
BAD = {  # the last value of the first file becomes this
    "titles": "MCMXCIX",
    "profiles": "teen",
    "events": " m1",
    "impressions": " m1",
    "movielens": "yesterday",
}
DOCUMENTED = {"titles": titles, "profiles": profiles, "events": events, "impressions": impressions}


@pytest.fixture(params=FORMATS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def path(name: str, tmp_path: Path) -> Path:
    """What the format reads: a file, or the folder where it reads several."""
    for file, content in GOOD[name].items():
        (tmp_path / file).write_text(content)
    return tmp_path if len(GOOD[name]) > 1 else tmp_path / next(iter(GOOD[name]))


def quiet(what: str, share: float) -> None:
    """Tells nobody."""


def test_it_is_a_format_and_knows_its_name(name: str) -> None:
    kind = FORMATS[name]()

    assert isinstance(kind, Format)
    assert kind.name == name


def test_reading_twice_gives_the_same_so_importing_twice_adds_nothing(name: str, path: Path) -> None:
    assert FORMATS[name]().read(path, NOW, quiet) == FORMATS[name]().read(path, NOW, quiet)


def test_ids_are_unique(name: str, path: Path) -> None:
    batch = FORMATS[name]().read(path, NOW, quiet)
    ids = [fact.id for fact in batch.facts] + list(batch.actions.get("id", ()))

    assert len(ids) == len(set(ids)) == len(batch) > 0


def test_columns_are_equally_long_fields_of_an_action_and_make_actions(name: str, path: Path) -> None:
    columns = FORMATS[name]().read(path, NOW, quiet).actions or columns_of([])

    assert len({len(values) for values in columns.values()}) == 1
    assert {"id", "profile", "kind", "at"} <= set(columns) <= {field.name for field in structs.fields(Action)}
    assert all(type(action.at) is int and type(action.id) is str for action in actions_of(columns))


def test_facts_hold_from_a_moment_that_is_not_in_the_future_and_are_not_yet_received(name: str, path: Path) -> None:
    facts = FORMATS[name]().read(path, NOW, quiet).facts

    assert all(0 < fact.at <= NOW for fact in facts)
    assert all(fact.received == 0 for fact in facts if isinstance(fact, TitleSet | ProfileSet))
    assert facts == tuple(changed(fact) for fact in facts)


def test_progress_rises_to_the_end(name: str, path: Path) -> None:
    told: list[float] = []
    FORMATS[name]().read(path, NOW, lambda what, share: told.append(share))

    assert told == sorted(told)
    assert told[-1] == 1.0


def test_a_bad_value_is_named_with_its_file_row_and_remedy(name: str, path: Path) -> None:
    file = path / next(iter(GOOD[name])) if path.is_dir() else path
    lines = file.read_text().splitlines()
    lines[-1] = lines[-1].rsplit(",", 1)[0] + "," + BAD[name]
    file.write_text("\n".join(lines))

    with pytest.raises(BadRow) as caught:
        FORMATS[name]().read(path, NOW, quiet)
    assert (caught.value.file, caught.value.row, caught.value.value) == (file.name, len(lines), BAD[name])
    assert caught.value.remedy


@pytest.mark.parametrize("spoil", [lambda path: path.write_bytes(b""), lambda path: path.write_bytes(b"\xff\xfe\x00")])
def test_an_unusable_file_is_an_input_error(name: str, path: Path, spoil: Callable[[Path], int]) -> None:
    spoil(path / next(iter(GOOD[name])) if path.is_dir() else path)

    with pytest.raises(InputError):
        FORMATS[name]().read(path, NOW, quiet)


def test_a_missing_file_is_an_input_error(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no"):
        FORMATS[name]().read(tmp_path / "none.csv", NOW, quiet)


@pytest.mark.parametrize("name", DOCUMENTED)
def test_every_column_stands_in_the_table_of_its_module(name: str) -> None:
    module = DOCUMENTED[name]

    assert module.__doc__ is not None
    words = module.__doc__.replace(",", " ").split()
    assert [column.name for column in module.COLUMNS if column.name not in words] == []
