"""Settings: defaults that are safe, and messages that name the mistake."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from playbill.errors import SettingsError
from playbill.settings import Settings, load, reference


def written(folder: Path, text: str) -> Path:
    (folder / "playbill.toml").write_text(text, "utf-8")
    return folder


def test_a_folder_without_a_file_has_the_defaults(tmp_path: Path) -> None:
    assert load(tmp_path) == Settings()
    assert load(tmp_path).server.host == "127.0.0.1"


def test_what_the_file_says_holds_and_the_rest_stays(tmp_path: Path) -> None:
    settings = load(
        written(tmp_path, '[page]\nrows = 12\n[server]\nnames = ["play.example"]\n[nearline]\nevery_seconds=5\n')
    )
    assert (settings.page.rows, settings.page.columns) == (12, 40)
    assert settings.server.names == ("play.example",)
    assert settings.nearline.every_seconds == 5.0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[pages]\n", "'pages' is not a setting. Did you mean 'page'"),
        ("[page]\nrow = 3\n", "'row' is not a setting. Did you mean 'rows'"),
        ("[page]\nrows = 'many'\n", "rows: 'many' is not a int"),
        ("[page]\nrows = true\n", "rows: True is not a int"),
        ("[page]\nrows = 0\n", "rows: 0 is not greater than 0"),
        ("page = 3\n", "3 is not a section"),
        ("[page\n", "cannot be read"),
        ("[clock]\nas_of = 2013-09-01T00:00:00Z\n", "belong together"),
        ("[clock]\nas_of = 2013-09-01T00:00:00\nsince = 2020-01-01T00:00:00Z\n", "no time zone"),
        ("[clock]\nspeed = 0.0\n", "clock.speed: 0.0 is no number greater than 0"),
        ("[clock]\nspeed = -1.5\n", "clock.speed: -1.5 is no number greater than 0"),
        ("[clock]\nspeed = inf\n", "clock.speed: inf is no number"),
        ("[clock]\nspeed = nan\n", "clock.speed: nan is no number"),
        ("[clock]\nspeed = 60\n", "clock.speed needs a moment to count from: set clock.as_of and clock.since"),
        ("[server]\nnames = [3]\n", "names: [3] is not a"),
        ("[server]\nlog = 'yaml'\n", "server.log: 'yaml' is neither of text, json"),
        ("[server]\nartwork_hosts = ['http://img.example']\n", "'http://img.example' is no https origin"),
        ("[server]\nartwork_hosts = ['https://img.example/a']\n", "without a path"),
        ("[server]\nartwork_hosts = ['https://*.example']\n", "is no https origin"),
        ('[server]\nartwork_hosts = ["https://a.example; script-src *"]\n', "is no https origin"),
        ("[server]\nlargest_import = 0\n", "largest_import: 0 is not greater than 0"),
        ("[catalogue]\nlargest_loss = 5.0\n", "catalogue.largest_loss: 5.0 is no share"),
        ("[catalogue]\nlargest_loss = nan\n", "catalogue.largest_loss: nan is no share"),
    ],
)
def test_a_mistake_is_named_with_its_remedy(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(SettingsError) as raised:
        load(written(tmp_path, text))
    assert says in str(raised.value)


def test_artwork_comes_from_https_origins_with_or_without_a_port(tmp_path: Path) -> None:
    hosts = ("https://img.example.com", "https://img.example:8443")
    written(tmp_path, f"[server]\nartwork_hosts = {list(hosts)}\nlog = 'json'\n[catalogue]\nlargest_loss = 0\n")
    settings = load(tmp_path)
    assert settings.server.artwork_hosts == hosts and settings.server.log == "json"
    assert settings.catalogue.largest_loss == 0.0


def test_settings_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        Settings().page.rows = 3  # type: ignore[misc]


def test_the_reference_lists_every_setting_once() -> None:
    names = [name for name, _, _ in reference()]
    assert "server.port" in names and len(names) == len(set(names)) > 15


def test_rewards_that_would_pay_for_watching_less_are_refused(tmp_path: Path) -> None:
    written(tmp_path, "[rewards]\ncomplete = 0.2\n[lasting]\nnew_genre = 0.5\n")
    with pytest.raises(SettingsError):
        load(tmp_path)
    written(tmp_path, "[lasting]\nthumbs_down = -2\n")
    assert load(tmp_path).lasting.thumbs_down == -2.0
