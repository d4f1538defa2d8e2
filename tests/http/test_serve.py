import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from playbill.errors import AccessDenied, SettingsError
from playbill.http.access import FILE, key_of
from playbill.http.serve import AGAIN_AFTER, Hand, listen, new_folder, serve
from playbill.settings import Server, Settings

SCRIPT = """
import sys
from pathlib import Path
from playbill.http.serve import serve
from playbill.settings import Server, Settings
server = Server(port=0, workers=int(sys.argv[2]), log=sys.argv[3])
serve(Path(sys.argv[1]), Settings(server=server), lambda address: print(address, flush=True))
"""


class Served:
    """A service that is served by processes of its own."""

    def __init__(self, home: Path, workers: int = 1, form: str = "text") -> None:
        self.snapshot = (home / "snapshots" / "current").read_text()  # before it is served
        self.process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(home), str(workers), form],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.address = self.process.stdout.readline().strip()
        self.children = [pid for pid in children(self.process.pid) if "spawn_main" in command(pid)]

    def alive(self) -> bool:
        try:
            return httpx.get(self.address.replace("/?", "/health/live?")).status_code == 200
        except httpx.TransportError:
            return False

    def end(self) -> None:
        self.process.kill()
        for pid in self.children:  # those that ought to have ended hold the pipe that is read to its end here
            if "spawn_main" in command(pid):
                os.kill(pid, signal.SIGKILL)
        self.process.communicate()


@pytest.fixture
def served(home):
    served = Served(home)
    yield served
    served.end()


@pytest.fixture
def pair(home):
    served = Served(home, workers=2, form="json")
    yield served
    served.end()


def counts_of(served: Served) -> Path | None:
    """The folder with the counts that a service's processes share."""
    place = Path("/dev/shm" if Path("/dev/shm").is_dir() else tempfile.gettempdir())
    pids = {str(pid) for pid in served.children}
    for folder in place.glob("playbill-counts-*"):
        with suppress(OSError):  # that of another service may go at any time
            if pids & {file.read_text("ascii") for file in folder.glob("*.pid")}:
                return folder
    return None


def children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def until(true, seconds: float = 30.0) -> bool:
    end = time.monotonic() + seconds
    while not (found := true()) and time.monotonic() < end:
        time.sleep(0.05)
    return bool(found)


on_linux = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks into /proc")


@on_linux
def test_a_service_is_served_and_followed_until_it_is_told_to_stop(home, served):
    key = key_of(home)
    assert served.address.endswith(f"/?key={key}")
    with httpx.Client() as browser:
        page = browser.get(served.address, follow_redirects=True)
        assert page.status_code == 200 and "key=" not in str(page.url)
        assert browser.get(page.url.join("/v1/homepage/ada")).json()["rows"]
    assert until(lambda: (home / "snapshots" / "current").read_text() != served.snapshot)

    os.kill(max(served.children), signal.SIGKILL)
    assert until(lambda: max(served.children) not in children(served.process.pid))
    assert until(served.alive)

    served.process.send_signal(signal.SIGTERM)
    said, complaints = served.process.communicate(timeout=30)
    assert served.process.returncode == 0 and not said
    assert "worker 1 ended with code -9; it is started again." in complaints
    assert key not in complaints and "Traceback" not in complaints
    assert not served.alive()


@on_linux
def test_any_worker_answers_for_all_and_each_line_is_an_object(home, pair):
    base, key = pair.address.split("/?key=")
    headers = {"X-API-Key": key}

    def answered(path: str, code: str) -> float:
        text = httpx.get(f"{base}/metrics", headers=headers).text
        families = text_string_to_metric_families(text)
        return sum(
            s.value for f in families for s in f.samples
            if s.name == "http_requests_total" and (s.labels["handler"], s.labels["code"]) == (path, code)
        )  # fmt: skip

    if not answered("/health/live", "200"):
        pytest.skip("nobody watches the app yet")
    for _ in range(20):  # a connection each, which either worker takes
        assert httpx.get(f"{base}/v1/homepage/ada?rows=1", headers=headers).status_code == 200
    assert httpx.get(f"{base}/v1/homepage/nobody", headers=headers).status_code == 404
    assert [answered("/v1/homepage/{profile}", code) for code in ("200", "404")] == [20.0, 1.0]

    workers = [pid for pid in pair.children if "spawn_main" in command(pid)][1:]
    for worker in workers:
        os.kill(worker, signal.SIGKILL)
    assert until(lambda: sum("spawn_main" in command(pid) for pid in children(pair.process.pid)) == 3)
    assert until(pair.alive)
    assert answered("/v1/homepage/{profile}", "200") == 20.0, "nothing counted is lost with a worker"

    pair.process.send_signal(signal.SIGTERM)
    _, told = pair.process.communicate(timeout=30)
    lines = [json.loads(line) for line in told.splitlines()]
    assert {"time", "level", "event", "worker"} <= set.intersection(*(set(line) for line in lines))
    pages = [line for line in lines if line.get("route") == "/v1/homepage/{profile}"]
    assert len(pages) == 21 and {line["worker"] for line in pages} <= {"worker 1", "worker 2"}
    assert "ada" not in told and "nobody" not in told and key not in told


@on_linux
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_the_private_folder_of_counts_goes_with_the_service_however_it_ends(served, end):
    folder = counts_of(served)
    assert folder is not None and folder.stat().st_mode & 0o077 == 0
    served.process.send_signal(end)
    assert until(lambda: not folder.exists())


def test_what_a_service_that_was_killed_left_is_cleared_away_at_the_next_start(tmp_path, monkeypatch):
    monkeypatch.setattr("playbill.http.serve.MEMORY", tmp_path)
    for name, pid in (
        ("playbill-counts-dead", 2**22 + 1),
        ("playbill-counts-alive", os.getpid()),
        ("playbill-counts-other", None),
    ):
        (tmp_path / name).mkdir()
        if pid:
            (tmp_path / name / "worker 1.pid").write_text(str(pid), "ascii")
    made = new_folder()
    assert {folder.name for folder in tmp_path.iterdir()} == {
        "playbill-counts-alive",
        "playbill-counts-other",
        made.name,
    }
    assert made.stat().st_mode & 0o077 == 0


@on_linux
def test_no_process_stays_behind_when_the_first_one_is_killed(served):
    assert len(served.children) == 2 and served.alive()
    served.process.kill()
    assert until(lambda: not any("spawn_main" in command(pid) for pid in served.children))


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_an_address_beyond_this_machine_has_to_be_allowed(host):
    with pytest.raises(SettingsError, match=r"can be reached from other machines.*allow_remote"):
        listen(Server(host=host, port=0)).close()
    listen(Server(host="0.0.0.0", port=0, allow_remote=True)).close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_this_machine_needs_no_leave(host):
    with listen(Server(host=host, port=0)) as listener:
        assert listener.getsockname()[0] in ("127.0.0.1", "::1")


@on_linux
def test_the_body_of_an_answer_does_not_wait_for_its_head_to_be_acknowledged():
    with listen(Server(port=0)) as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_port_that_is_taken_is_named():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=f"cannot listen on 127.0.0.1:{port}"):
            listen(Server(port=port))


def test_nothing_is_served_with_a_key_that_others_can_read(tmp_path):
    key_of(tmp_path)
    (tmp_path / FILE).chmod(0o640)
    with pytest.raises(AccessDenied):
        serve(tmp_path, Settings(), print)


def test_a_process_that_keeps_dying_is_not_started_in_haste(monkeypatch):
    starts = []
    process = SimpleNamespace(start=lambda: None, is_alive=lambda: False, exitcode=1)
    context = SimpleNamespace(Process=lambda **given: starts.append(given["name"]) or process)
    monkeypatch.setattr("playbill.http.serve.multiprocessing.get_context", lambda _: context)
    hand = Hand("worker 1", print, ())
    for now in (100.0, 100.1, 100.0 + AGAIN_AFTER - 0.01):
        hand.keep(now)
    assert starts == ["worker 1"]
    hand.keep(100.0 + AGAIN_AFTER)
    assert starts == ["worker 1", "worker 1"]
    process.is_alive = lambda: True
    hand.keep(200.0)
    assert len(starts) == 2
