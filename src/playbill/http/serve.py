"""Serving: worker processes that share one socket, and the one process that publishes snapshots.

Each worker builds one page at a time, so there are as many as pages should be built at once. A process that dies is
started again. All of them end with the one that called `serve`, however that ends.
"""

from __future__ import annotations

import gc
import ipaddress
import logging
import multiprocessing
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

import uvicorn

from playbill.app import Playbill
from playbill.errors import ReleaseError, SettingsError
from playbill.http import journal, metrics
from playbill.http.access import key_of
from playbill.http.server import make_app
from playbill.settings import Server, Settings

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""What keeps numpy from starting threads: each worker is one thread, and there are as many workers as wanted."""

SWITCH = 0.0005
"""Seconds after which a page that is being composed lets the writer thread in: a commit needs that a few times, and a
page that waits for its commit would otherwise wait five milliseconds each time."""

LOOK_EVERY = 0.25
"""Seconds between two looks at the processes."""

AGAIN_AFTER = 1.0
"""Seconds from the start of a process to its next start, at least."""

GRACE = 15.0
"""Seconds that a process has to finish what it is at."""

WAITING = 2_048
"""Connections that may wait for a worker."""

COUNTS = "playbill-counts-"
MEMORY = Path("/dev/shm")
"""Where counts lie that workers share: a file there needs no disk, which may be full."""

log = logging.getLogger("playbill.serve")


@dataclass(frozen=True)
class Told:
    """Where processes tell what they do."""

    folder: Path  # for counts; private, and gone with the last process
    form: str  # of the log
    requests: bool  # whether each is logged


@dataclass
class Hand:
    """One process, and how to start it again."""

    name: str
    work: Callable[..., None]
    given: tuple[Any, ...]
    process: SpawnProcess | None = None
    started: float = 0.0

    def keep(self, now: float) -> None:
        """Start the process if it does not run, but not in haste. now: seconds."""
        if (self.process is not None and self.process.is_alive()) or now - self.started < AGAIN_AFTER:
            return
        if self.process is not None:
            log.error("%s ended with code %s; it is started again.", self.name, self.process.exitcode)
        self.process = multiprocessing.get_context("spawn").Process(target=self.work, args=self.given, name=self.name)
        self.process.start()
        self.started = now


def serve(home: Path, settings: Settings, ready: Callable[[str], None], requests: bool = True) -> None:
    """Serve a service until SIGINT or SIGTERM. Runs in the main thread.

    ready: called once, when the service answers, with the address that opens it in a browser, key included.
    requests: log each of them.
    Raises SettingsError where it cannot or must not listen, AccessDenied where the key is not private.
    """
    key = key_of(home)
    listener = listen(settings.server)
    told = Told(new_folder(), settings.server.log, requests)
    journal.begin(told.form, requests)
    for name in THREADS:
        os.environ.setdefault(name, "1")  # the processes inherit it before they import numpy
    hands = [Hand("nearline", _live, (told, _follow, home, settings))]
    workers = (f"worker {n + 1}" for n in range(settings.server.workers))
    hands += [Hand(name, _live, (told, _work, home, settings, key, listener)) for name in workers]
    stopping = threading.Event()
    before = {number: signal.signal(number, lambda *_: stopping.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        _supervise(hands, stopping, Greeting(listener, key, ready))
    finally:
        _end(hands)
        listener.close()
        shutil.rmtree(told.folder, ignore_errors=True)
        for number, handler in before.items():
            signal.signal(number, handler)


def new_folder() -> Path:
    """A new private folder for counts, in memory where there is such a place. Clears away what killed services left."""
    place = MEMORY if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) else Path(tempfile.gettempdir())
    for folder in place.glob(f"{COUNTS}*"):
        with suppress(OSError, ValueError):  # those of other users
            pids = [int(file.read_text("ascii")) for file in folder.glob("*.pid")]
            if pids and not any(map(_runs, pids)):
                shutil.rmtree(folder)
    return Path(tempfile.mkdtemp(prefix=COUNTS, dir=place))


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's
        pass
    return True


def listen(server: Server) -> socket.socket:
    """A listening socket. Raises SettingsError for an address beyond this machine that was not allowed."""
    try:
        family, _, _, _, address = socket.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM)[0]
        if not server.allow_remote and not ipaddress.ip_address(address[0]).is_loopback:
            raise SettingsError(
                f"server.host: {server.host} can be reached from other machines. Use 127.0.0.1, or put TLS in front "
                "and set server.allow_remote = true."
            )
        listener = socket.create_server(address, family=family, backlog=WAITING)
    except OSError as failed:
        where = f"{server.host}:{server.port}"
        raise SettingsError(f"server.host, server.port: cannot listen on {where}: {failed.strerror}.") from failed
    # Connections inherit it. asyncio leaves it off where the listener came from elsewhere, and then the body of an
    # answer waits 40 ms for the acknowledgement of its head.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


class Greeting:
    """Says once that the service answers."""

    def __init__(self, listener: socket.socket, key: str, ready: Callable[[str], None]) -> None:
        self._host, self._port = listener.getsockname()[:2]
        if ipaddress.ip_address(self._host).is_unspecified:
            self._host = "::1" if ":" in self._host else "127.0.0.1"
        name = f"[{self._host}]" if ":" in self._host else self._host
        self._address = f"http://{name}:{self._port}/?key={key}"
        self._ready: Callable[[str], None] | None = ready

    def __call__(self) -> None:
        """Ask, unless it was said already."""
        if self._ready is not None and self._answers():
            self._ready(self._address)
            self._ready = None

    def _answers(self) -> bool:
        connection = HTTPConnection(self._host, self._port, timeout=1.0)
        try:
            connection.request("GET", "/health/live", headers={"Host": "localhost"})
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()


def _supervise(hands: Sequence[Hand], stopping: threading.Event, greet: Callable[[], None]) -> None:
    while not stopping.is_set():
        for hand in hands:
            hand.keep(time.monotonic())
        greet()
        stopping.wait(LOOK_EVERY)


def _end(hands: Sequence[Hand]) -> None:
    """Ask every process to end, wait, and end what does not."""
    running = [hand.process for hand in hands if hand.process is not None]
    for process in running:
        process.terminate()
    until = time.monotonic() + GRACE
    for process in running:
        process.join(max(0.0, until - time.monotonic()))
        if process.is_alive():
            process.kill()
            process.join()


# In the processes ----------------------------------------------------------------------------------------------------


def _leave(*_: object) -> None:
    sys.exit(0)


def _begin(told: Told) -> Any:
    """Set a process up. Returns the process that it ends with."""
    journal.begin(told.form, told.requests)
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process; the first one passes it on in order
    metrics.share(told.folder, multiprocessing.current_process().name)
    parent = multiprocessing.parent_process()
    assert parent is not None
    return parent


def _live(told: Told, work: Callable[..., None], *given: Any) -> None:
    """All that a process does: set itself up, work, clear away what the first process no longer can, end."""
    parent, code = _begin(told), 0
    try:
        with journal.crashes_told():
            work(parent, *given)
    except SystemExit as ended:
        code = int(ended.code or 0)
    if not parent.is_alive():
        shutil.rmtree(told.folder, ignore_errors=True)
    sys.stderr.flush()
    os._exit(code)  # all is closed; libraries that tidy up as an interpreter ends would write into the log


def settle_in(service: Playbill) -> None:
    """Make a process ready to serve: what every page needs is worked out, and garbage is looked for where it can be."""
    with suppress(ReleaseError):  # without a release yet, pages say what to do
        service.snapshot().warm()
    gc.collect()
    gc.freeze()  # the catalogue stays: looking through it for garbage would hold a page up for a tenth of a second
    gc.set_threshold(50_000, 20, 50)  # a page makes thousands of objects and no cycles: collecting cost it a tenth


def _work(parent: Any, home: Path, settings: Settings, key: str, listener: socket.socket) -> None:
    """A worker: one service, one app, one event loop."""
    sys.setswitchinterval(SWITCH)
    with Playbill(home, settings=settings) as service:
        settle_in(service)
        config = uvicorn.Config(
            make_app(service, key), lifespan="off", ws="none", log_config=None, access_log=False, proxy_headers=False,
            server_header=False, backlog=WAITING, timeout_graceful_shutdown=int(GRACE) - 5,
        )  # fmt: skip
        server = uvicorn.Server(config)

        def end_with_parent() -> None:
            parent.join()
            server.should_exit = True

        threading.Thread(target=end_with_parent, name="playbill-orphan", daemon=True).start()
        server.run(sockets=[listener])


def _follow(parent: Any, home: Path, settings: Settings) -> None:
    """The follower of the log. Whatever happens it tries again, from nothing: half a step must not count twice."""
    os.nice(10)  # a page that is waited for goes before a snapshot that is not
    with Playbill(home, settings=settings) as service:
        nearline = service.nearline()
        while parent.is_alive():
            try:
                nearline.step(service.clock())
            except Exception:
                log.exception("No snapshot this time.")
                nearline = service.nearline()
            parent.join(settings.nearline.every_seconds)
