import math
from dataclasses import fields

import pytest

from playbill.errors import InputError
from playbill.simulation.parameters import Parameters, load, with_values

PLAIN = Parameters()
NUMBERS = [
    (f"{section.name}.{f.name}", f.metadata["within"], f.default)
    for section in fields(PLAIN)
    for f in fields(getattr(PLAIN, section.name))
    if not isinstance(f.default[0] if isinstance(f.default, tuple) else f.default, str)
]
"""Name, range and default of each parameter that is a number, or some."""


def test_every_parameter_has_a_unit_a_source_and_a_default_that_is_allowed() -> None:
    for name, value, unit, source in PLAIN:
        assert unit and source, name
        assert with_values(PLAIN, {name: value}) == PLAIN, name
    assert len({name for name, *_ in PLAIN}) == len(list(PLAIN)) > 60


def test_every_number_has_a_finite_range_and_its_ends_belong_to_it() -> None:
    for name, (low, high), default in NUMBERS:
        assert math.isfinite(low) and math.isfinite(high) and low < high, name
        for end in (low, high):
            given = [end] * len(default) if isinstance(default, tuple) else end
            changed = {name: value for name, value, *_ in with_values(PLAIN, {name: given})}
            assert changed[name] == (tuple(given) if isinstance(given, list) else given)


@pytest.mark.parametrize(("name", "within", "default"), NUMBERS, ids=[name for name, *_ in NUMBERS])
def test_a_number_beyond_its_range_is_refused_by_name_value_and_range(name, within, default) -> None:
    one = type(default[0] if isinstance(default, tuple) else default)
    beyond = [within[0] - 1, within[1] + 1] + ([math.nan, math.inf, -math.inf] if one is float else [])
    for value in beyond:
        given = [*default[1:], value] if isinstance(default, tuple) else one(value)
        with pytest.raises(InputError) as refused:
            with_values(PLAIN, {name: given})
        for word in (name, str(one(value)), f"{within[0]:,}", f"{within[1]:,}"):
            assert word in str(refused.value)


def test_only_what_is_named_changes() -> None:
    changed = with_values(PLAIN, {"drift.influence": 0.02, "tastes.clusters": 3})
    assert (changed.drift.influence, changed.tastes.clusters) == (0.02, 3)
    assert with_values(changed, {"drift.influence": 0.0, "tastes.clusters": 12}) == PLAIN
    assert PLAIN.drift.influence == 0


def test_whole_numbers_become_floats_and_lists_tuples() -> None:
    changed = with_values(PLAIN, {"people.devices": [1, 0, 0, 0], "choosing.leave": 3, "people.countries": ["FR"]})
    assert changed.people.devices == (1.0, 0.0, 0.0, 0.0) and type(changed.people.devices[0]) is float
    assert type(changed.choosing.leave) is float
    assert changed.people.countries == ("FR",)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("choosing.leave", "4", "choosing.leave: '4' is not a number like 4.0"),
        ("choosing.leave", True, "choosing.leave: True is not a number"),
        ("choosing.known", 4.5, "choosing.known: 4.5 is not a whole number"),
        ("choosing.known", True, "choosing.known: True is not a whole number"),
        ("people.devices", 0.5, "people.devices: 0.5 is not a list"),
        ("people.devices", ["a", 0.5], "people.devices: 'a' is not a number"),
        ("people.countries", [1], "people.countries: 1 is not a word"),
        ("attention.model", 3, "attention.model: 3 is not a word"),
        ("attention.model", "gase", "attention.model: 'gase' is not known. It is one of gaze, cascade, rows_first."),
        ("choosing.model", "cascade", "It is one of logit, satisficing, nested."),
        ("drift.influense", 0.1, "'drift.influense' is not a parameter of the world. Did you mean 'drift.influence'"),
        ("drift", 0.1, "'drift' is not a parameter"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_remedy(name, value, said) -> None:
    with pytest.raises(InputError) as refused:
        with_values(PLAIN, {name: value})
    assert said in str(refused.value)


def test_a_file_of_sections_is_read_on_top_of_what_holds(tmp_path) -> None:
    path = tmp_path / "world.toml"
    path.write_text(
        '[drift]\ninfluence = 1\n[attention]\nmodel = "cascade"\n[people]\ncountries = ["US", "FR"]\n', "utf-8"
    )
    read = load(path, with_values(PLAIN, {"drift.natural": 0.5, "drift.influence": 0.5}))
    assert (read.drift.influence, read.drift.natural, read.attention.model) == (1.0, 0.5, "cascade")
    assert read.people.countries == ("US", "FR")
    path.write_text("", "utf-8")
    assert load(path) == PLAIN


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[drift\n", "cannot be read"),
        ("influence = 1\n", "'influence' is not a section"),
        ("[drift]\ninfluenze = 1\n", "'drift.influenze' is not a parameter"),
        ("[drift]\nhoming = 1.5\n", "drift.homing: 1.5 is out of range. It lies between 0.0 and 1.0."),
        ("[drift]\nhoming = nan\n", "drift.homing: nan is out of range"),
        ("[drift.homing]\nx = 1\n", "drift.homing: {'x': 1} is not a number"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(tmp_path, text: str, said: str) -> None:
    path = tmp_path / "world.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError) as refused:
        load(path)
    assert said in str(refused.value)


def test_a_file_that_is_not_there_or_not_text_is_named(tmp_path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.toml cannot be read"):
        load(tmp_path / "nowhere.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match=r"bytes\.toml cannot be read"):
        load(tmp_path / "bytes.toml")
