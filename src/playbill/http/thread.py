"""A server in a thread of a process that does other things with the same service, such as simulating its members."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from playbill.app import Playbill
from playbill.http.serve import listen
from playbill.http.server import make_app
from playbill.settings import Server


@contextmanager
def answering(service: Playbill) -> Iterator[str]:
    """A server of a service, in a thread, on a free port of this machine. Gives its address, with a key of its own."""
    key = secrets.token_urlsafe(32)  # not the one of the folder: nobody else is to come in while time is simulated
    with listen(Server(port=0)) as listener:
        config = uvicorn.Config(
            make_app(service, key), lifespan="off", ws="none", log_config=None, access_log=False, proxy_headers=False,
            server_header=False,
        )  # fmt: skip
        server = uvicorn.Server(config)  # outside the main thread it leaves signals alone
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="playbill-server")
        thread.start()
        try:
            host, port = listener.getsockname()[:2]
            yield f"http://{host}:{port}/?key={key}"
        finally:
            server.should_exit = True
            thread.join()
