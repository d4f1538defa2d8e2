from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from playbill.errors import InputError
from playbill.exchange import archive
from playbill.exchange.archive import unpack

SETS = [("new.csv",), ("a.csv", "b.csv")]


def made(tmp_path: Path, files: dict[str, str]) -> Path:
    path = tmp_path / "set.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in files.items():
            zipped.writestr(name, content)
    return path


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "target"
    folder.mkdir()
    return folder


def test_only_the_files_of_the_set_are_copied(tmp_path: Path, target: Path) -> None:
    path = made(tmp_path, {"top/a.csv": "A", "top/b.csv": "B", "top/users.dat": "U", "__MACOSX/top/._a.csv": "x"})

    assert unpack(path, SETS, target) == ("top", ["a.csv", "b.csv", "users.dat"])
    assert {file.name: file.read_text() for file in target.iterdir()} == {"a.csv": "A", "b.csv": "B"}


def test_a_set_lies_together_in_one_folder(tmp_path: Path, target: Path) -> None:
    path = made(tmp_path, {"x/a.csv": "wrong", "y/a.csv": "A", "y/b.csv": "B"})

    assert unpack(path, SETS, target)[0] == "y"
    assert (target / "a.csv").read_text() == "A"


def test_a_set_in_no_folder_is_called_after_its_zip(tmp_path: Path, target: Path) -> None:
    assert unpack(made(tmp_path, {"a.csv": "A", "b.csv": "B"}), SETS, target)[0] == "set"


def test_without_a_set_nothing_is_copied(tmp_path: Path, target: Path) -> None:
    assert unpack(made(tmp_path, {"a.csv": "A"}), SETS, target) == ("set", [])
    assert list(target.iterdir()) == []


@pytest.mark.parametrize("name", ["../a.csv", "top/../../a.csv", "/etc/a.csv", "C:\\a.csv", "top\\..\\a.csv"])
def test_a_member_that_points_out_of_the_archive_is_refused(tmp_path: Path, target: Path, name: str) -> None:
    path = made(tmp_path, {"a.csv": "A", "b.csv": "B", name: "evil"})

    with pytest.raises(InputError, match=r"points out of it. Nothing was unpacked"):
        unpack(path, SETS, target)
    assert list(target.iterdir()) == []


def test_a_member_that_is_too_big_is_refused(tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_BYTES", 1_000)
    path = made(tmp_path, {"a.csv": "A" * 1_001, "b.csv": "B"})

    with pytest.raises(InputError, match=r"1,001 bytes; at most 1,000"):
        unpack(path, SETS, target)


def test_what_is_no_zip_or_a_damaged_one_is_refused(tmp_path: Path, target: Path) -> None:
    path = made(tmp_path, {"a.csv": "A" * 500, "b.csv": "B"})
    whole = path.read_bytes()
    for damaged in (b"no zip", whole[:-30], whole[:35] + b"\xff\xff\xff" + whole[38:]):
        path.write_bytes(damaged)
        with pytest.raises(InputError, match="not a ZIP that can be read"):
            unpack(path, SETS, target)
