"""The power goes at a random moment, again and again: no acknowledged event is lost. And the harness can fail."""

import os
import shutil
from pathlib import Path
from random import Random

import apsw
import pytest

from playbill.testing.power_cut import SECTOR, Disk, Life, live, plugged_in, verdict

CUTS = int(os.environ.get("PLAYBILL_CUTS", "50"))
"""Independent cuts; the long form sets it to 50,000."""

OFTEN = "PRAGMA wal_autocheckpoint=20; "


def cut_once(folder: Path, seed: int, pragmas: str = OFTEN) -> tuple[str | None, Life]:
    """Live, cut, restore, judge: the whole of one trial."""
    disk = Disk(seed, cut_at=Random(seed).randint(1, 300))
    (folder / "before").mkdir(parents=True)
    life = live(disk, folder / "before" / "log.db", seed, batches=60, pragmas=pragmas)
    disk.restore(folder / "after")
    found = verdict(folder / "after" / "log.db", [life])
    shutil.rmtree(folder)
    return found, life


def test_no_acknowledged_event_is_lost_when_the_power_goes(tmp_path: Path) -> None:
    answered = 0
    for seed in range(CUTS):
        found, life = cut_once(tmp_path / str(seed), seed)
        assert found is None, f"seed {seed}: {found}"
        answered += sum(life.answered)
    assert answered > 2 * CUTS, "the cuts come too early to prove anything"


def test_a_log_survives_one_power_cut_after_the_other(tmp_path: Path) -> None:
    rng, lives, path = Random(7), [], tmp_path / "0" / "log.db"
    path.parent.mkdir()
    for number in range(1, 9):
        disk = Disk(number, cut_at=rng.randint(1, 300))
        lives.append(live(disk, path, number, batches=40))
        path = tmp_path / str(number) / "log.db"
        disk.restore(path.parent)
        shutil.copytree(path.parent, tmp_path / f"copy-{number}")  # judging opens the log, and so repairs it
        assert verdict(tmp_path / f"copy-{number}" / "log.db", lives) is None, f"life {number}"


@pytest.mark.parametrize("weakness", ["NORMAL", "OFF"])
def test_the_harness_finds_the_loss_when_syncs_are_left_out(tmp_path: Path, weakness: str) -> None:
    trials = [cut_once(tmp_path / str(s), s, OFTEN + f"PRAGMA synchronous={weakness}")[0] for s in range(16)]
    assert sum(found is not None for found in trials) >= 4, trials


def test_the_same_seed_cuts_in_the_same_place_and_leaves_the_same_bytes(tmp_path: Path) -> None:
    images = []
    for attempt in ("a", "b"):
        disk = Disk(3, cut_at=150)
        (tmp_path / attempt).mkdir()
        life = live(disk, tmp_path / attempt / "log.db", 3, batches=60)
        images.append((life, {name: data for name, data in (disk.image or {}).items() if name == "log.db"}))
    assert images[0] == images[1] and images[0][0].steps >= 150


def write_once(path: Path, seed: int, *, sync: bool) -> bytes | None:
    """Write three sectors of ones to a file on a disk, cut the power, and give what is found."""
    disk = Disk(seed)
    path.with_name(path.name.removesuffix("-journal")).touch()  # SQLite gives a journal the mode of its database
    flags = apsw.SQLITE_OPEN_MAIN_JOURNAL | apsw.SQLITE_OPEN_CREATE | apsw.SQLITE_OPEN_READWRITE
    with plugged_in(disk):
        file = disk.xOpen(str(path), [flags, 0])
        file.xWrite(b"\1" * (3 * SECTOR), 0)
        if sync:
            file.xSync(apsw.SQLITE_SYNC_NORMAL)
        file.xWrite(b"\2" * SECTOR, 3 * SECTOR)
        disk.cut()
        file.xClose()
    path.unlink()
    return (disk.image or {}).get(path.name)


def test_what_was_not_synced_may_be_gone_whole_or_torn(tmp_path: Path) -> None:
    found = {write_once(tmp_path / "f-journal", seed, sync=False) for seed in range(200)}
    ones = b"\1" * 3 * SECTOR
    assert {None, b"", ones, ones + b"\2" * SECTOR, b"\0" * 3 * SECTOR + b"\2" * SECTOR} <= found
    sectors = {image[at : at + SECTOR] for image in found if image for at in range(0, len(image), SECTOR)}
    assert sectors == {bytes([sign]) * SECTOR for sign in (0, 1, 2)}, "a sector arrives whole or not at all"


def test_what_was_synced_is_there(tmp_path: Path) -> None:
    found = [write_once(tmp_path / "f-journal", seed, sync=True) for seed in range(50)]
    assert all(image is not None and image.startswith(b"\1" * 3 * SECTOR) for image in found)


def test_a_verdict_names_what_is_wrong(tmp_path: Path) -> None:
    disk = Disk(1)
    life = live(disk, tmp_path / "log.db", 1, batches=5)
    assert verdict(tmp_path / "log.db", [life]) is None
    more = Life((*life.batches, ("never",)), (*life.answered, True), life.steps)
    assert "1 acknowledged events lost" in (verdict(tmp_path / "log.db", [more]) or "")
    halved = Life((("never", *life.batches[0]), *life.batches[1:]), (False,) * len(life.answered), life.steps)
    assert "1 calls half stored" in (verdict(tmp_path / "log.db", [halved]) or "")
    turned = Life(life.batches[::-1], life.answered, life.steps)
    assert "order kept: False" in (verdict(tmp_path / "log.db", [turned]) or "")
    (tmp_path / "log.db").write_bytes(b"no database" * 100)
    assert "damaged" in (verdict(tmp_path / "log.db", [life]) or "")
