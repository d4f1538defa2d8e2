"""A server in processes of its own, as `playbill serve` starts it, and a client that speaks to it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from benchmarks.reading import BenchmarkError

HOST = "127.0.0.1"
START = 120.0
"""Seconds that a server may take to say that it is ready."""


@dataclass(frozen=True)
class Server:
    """A running server."""

    home: Path
    port: int
    process: subprocess.Popen[str]

    def client(self) -> Client:
        """A new connection to it."""
        return Client(self.port, (self.home / "key").read_text("ascii").strip())

    def clients(self, each: int, workers: int) -> list[list[Client]]:
        """So many connections to each of so many workers, as a balancer before them would keep. Raises BenchmarkError.

        Where the system does not tell which process holds a connection, they are dealt out as they come.
        """
        by_worker: dict[int | None, list[Client]] = {}
        until = time.monotonic() + START
        while time.monotonic() < until:
            client = self.client()
            client.get("/health/ready")
            holder = worker_of(self.port, client.port, _descendants(self.process.pid))
            by_worker.setdefault(holder, []).append(client)
            if None in by_worker and len(by_worker[None]) == each * workers:
                return [by_worker[None][n::workers] for n in range(workers)]
            full = [clients for worker, clients in by_worker.items() if worker and len(clients) >= each]
            if len(full) == workers:
                return [clients[:each] for clients in full]
        counts = [len(clients) for clients in by_worker.values()]
        raise BenchmarkError(f"{workers} workers should answer; connections went to them like this: {counts}.")

    def cpu(self) -> dict[int, float]:
        """Seconds of processor time that each of its processes has taken."""
        return {pid: _cpu_seconds(pid) for pid in (self.process.pid, *_descendants(self.process.pid))}


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        return int(listener.getsockname()[1])


@contextmanager
def running(command: str, home: Path, *words: str) -> Iterator[Server]:
    """`playbill COMMAND` on a free port: entered when it has printed that it is ready, stopped with Ctrl-C at the end.

    Raises BenchmarkError with what it said, if it does not start.
    """
    port = free_port()
    script = shutil.which("playbill", path=str(Path(sys.executable).parent))
    if script is None:
        raise BenchmarkError("The command playbill is not installed beside this Python. Run: pip install --editable .")
    given = (script, command, "--home", str(home), "--port", str(port), *words)
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(given, stdout=subprocess.PIPE, stderr=said, text=True)
        try:
            if not _ready(process, time.monotonic() + START):
                said.seek(0)
                raise BenchmarkError(f"{' '.join(given)} did not start: {said.read()[-2000:]}")
            yield Server(home, port, process)
        finally:
            _stop(process)


def _ready(process: subprocess.Popen[str], until: float) -> bool:
    """Whether the server says so: its standard output is read up to the line with the address."""
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("Ready:"):
            return True
        if time.monotonic() > until:
            return False
    return False


def _stop(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.communicate(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


class Client:
    """One connection that is kept open. Every answer but 200 is an error."""

    def __init__(self, port: int, key: str) -> None:
        self._connection = HTTPConnection(HOST, port, timeout=30)
        self._headers = {"X-API-Key": key, "Content-Type": "application/json"}

    @property
    def port(self) -> int:
        """This end's port; 0 before the first request."""
        return 0 if self._connection.sock is None else int(self._connection.sock.getsockname()[1])

    def get(self, path: str) -> bytes:
        """An answer as it came. Raises BenchmarkError."""
        return self._ask("GET", path)

    def get_page(self, profile: str, shape: tuple[int, int]) -> bytes:
        """A member's page as it came. Raises BenchmarkError."""
        return self._ask("GET", f"/v1/homepage/{quote(profile)}?rows={shape[0]}&columns={shape[1]}")

    def page(self, profile: str, shape: tuple[int, int]) -> Any:
        """A member's page, decoded; shaped like `replies.Homepage`. Raises BenchmarkError."""
        return msgspec.json.decode(self.get_page(profile, shape))

    def profiles(self) -> list[str]:
        """The first profiles that the server names. Raises BenchmarkError."""
        return [profile["id"] for profile in msgspec.json.decode(self.get("/v1/profiles"))["profiles"]]

    def record(self, events: Sequence[dict[str, Any]]) -> None:
        """Send events; back when they are durable. Raises BenchmarkError."""
        self._ask("POST", "/v1/events", msgspec.json.encode(events))

    def _ask(self, method: str, path: str, body: bytes | None = None) -> bytes:
        try:
            self._connection.request(method, path, body, self._headers)
            answer = self._connection.getresponse()
            content = answer.read()
        except (OSError, HTTPException) as failed:
            self._connection.close()  # the next request opens it again
            raise BenchmarkError(f"{method} {path}: {failed!r}.") from failed
        if answer.status != 200:
            raise BenchmarkError(f"{method} {path}: {answer.status} {content[:300]!r}.")
        return content

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


def worker_of(server_port: int, client_port: int, processes: Sequence[int]) -> int | None:
    """Which process holds the server's end of a connection; None where the system does not tell."""
    try:
        table = Path("/proc/net/tcp").read_text().splitlines()[1:]
        ends = f":{server_port:04X}", f":{client_port:04X}"
        rows = (row.split() for row in table)
        socket_ = next(f"socket:[{row[9]}]" for row in rows if row[1].endswith(ends[0]) and row[2].endswith(ends[1]))
        return next(pid for pid in processes if _holds(pid, socket_))
    except (OSError, StopIteration):
        return None


def _holds(pid: int, socket_: str) -> bool:
    return any(os.readlink(handle) == socket_ for handle in Path(f"/proc/{pid}/fd").iterdir())


def _descendants(pid: int) -> list[int]:
    """The processes that a process started, and those that they started."""
    try:
        tasks = Path(f"/proc/{pid}/task").iterdir()
        children = [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        return []
    return children + [grandchild for child in children for grandchild in _descendants(child)]


def _cpu_seconds(pid: int) -> float:
    """User and system time of a process; 0 where the system does not tell, or it has ended."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
