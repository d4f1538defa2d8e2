"""A store is opened by its URL, and a URL that cannot be obeyed is refused."""

from contextlib import closing
from pathlib import Path

import pytest

from playbill.errors import StoreError
from playbill.events import Action, Kind
from playbill.store.store import open_store


def test_a_url_says_where_the_log_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for url in ("sqlite:///here.db", f"sqlite:///{tmp_path}/deep/er/there.db"):
        with closing(open_store(url)) as log:
            log.append([Action("a", "p", Kind.OPEN, 1)])
    assert (tmp_path / "here.db").exists() and (tmp_path / "deep" / "er" / "there.db").exists()


@pytest.mark.parametrize(
    "url",
    ["", "playbill.db", "postgres://host/db", "sqlite://data/x.db", "sqlite:x.db", "sqlite:///", "sqlite:///a.db?mode=ro",
     "sqlite:///a.db#b"],
)  # fmt: skip
def test_a_url_that_cannot_be_obeyed_is_refused(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoreError, match=r"sqlite:///"):
        open_store(url)
    assert list(tmp_path.iterdir()) == [], "nothing was made"


def test_what_is_not_a_store_is_named_in_the_error(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("This is no database, but a letter, and a long one." * 30)
    (tmp_path / "folder.db").mkdir()
    for name in ("text.db", "folder.db", "text.db/below"):
        with pytest.raises(StoreError, match=name):
            open_store(f"sqlite:///{tmp_path}/{name}")
