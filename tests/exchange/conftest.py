"""What every test of a format needs: a file, and its reading."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from playbill.exchange import FORMATS
from playbill.exchange.format import Batch

NOW = 1_700_000_000_000


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    """Writes a file: bytes as they are, text as UTF-8."""

    def write(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def read(write: Callable[[str, str | bytes], Path]) -> Callable[..., Batch]:
    """Reads a path, or content under a name, by a format."""

    def read(kind: str, name: str | Path, content: str | bytes | None = None) -> Batch:
        path = name if isinstance(name, Path) else write(name, content or "")
        return FORMATS[kind]().read(path, NOW, lambda what, share: None)

    return read


@pytest.fixture
def parquet(tmp_path: Path) -> Callable[[str, str], Path]:
    """Writes what a query gives as Parquet."""

    def parquet(name: str, query: str) -> Path:
        path = tmp_path / name
        with duckdb.connect() as con:
            con.execute("set timezone = 'UTC'")
            con.execute(f"copy ({query}) to '{path}' (format parquet)")
        return path

    return parquet
