"""A service in a process of its own and a real browser: the fixtures of the tests of the web page.

A test file takes them by `pytest_plugins = ("tests.http.browser",)`. Where playwright or a Chromium is missing, its
tests are skipped. All files of a run share the service: a test that changes something takes a member of its own.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.http.browsing import CHROMIUM, SCRIPT, Visit, fill

from playbill.app import Playbill


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A service's address as `playbill serve` prints it."""
    home = tmp_path_factory.mktemp("served")
    with Playbill(home) as service:
        fill(service, int(time.time() * 1000))
        service.train()
    with subprocess.Popen([sys.executable, "-c", SCRIPT, str(home)], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


@pytest.fixture(scope="module")  # while playwright is open, no other test of the process can run an event loop
def browser() -> Iterator[Any]:
    """A headless Chromium."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is missing: pip install playwright")
    if CHROMIUM is None:
        pytest.skip("there is no chromium on the PATH")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Any, address: str) -> Iterator[Callable[..., Visit]]:
    """Begins visits; whatever they do, no script may fail and nothing be complained of."""
    begun: list[Visit] = []

    def begin(width: int = 1280, height: int = 1400, **wishes: Any) -> Visit:
        begun.append(Visit(browser, address, width, height, **wishes))
        return begun[-1]

    yield begin
    for each in begun:
        each.context.close()
    assert [complaint for each in begun for complaint in each.complaints] == []
