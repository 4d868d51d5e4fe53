"""The server: listens on loopback only, until it is interrupted."""

from __future__ import annotations

import contextlib
import errno
import socket
from pathlib import Path
from types import FrameType

import platformdirs
import uvicorn

from stackguard.audit.serve.app import guarded
from stackguard.audit.serve.overview import overview
from stackguard.audit.serve.saved import SavedViews
from stackguard.audit.serve.security import PARAMETER, Keys
from stackguard.audit.serve.snapshot import Newest
from stackguard.audit.store.runs import Runs
from stackguard.errors import CannotJudge, reason

LOOPBACK = "127.0.0.1"
PATIENCE = 3
"""Seconds that requests have to end in, after an interrupt."""


class AuditServer(uvicorn.Server):
    """A server that ends the questions which it still asks when it is interrupted."""

    def __init__(self, config: uvicorn.Config, newest: Newest) -> None:
        super().__init__(config)
        self._newest = newest

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End."""
        super().handle_exit(sig, frame)
        self._newest.interrupt()


class Site:
    """The pages of a store on a port of this machine."""

    def __init__(self, runs: Runs, port: int, views: Path | None = None) -> None:
        """Listen, and read the newest run; a request waits until `serve`.

        Args:
            runs: of the store.
            port: 0 for a free one.
            views: where views are saved; None is the user's settings.

        Raises:
            CannotJudge: the port is in use, or the store cannot be read.
        """
        self._socket = _listening(port)
        self.port: int = self._socket.getsockname()[1]
        self.keys = Keys(self.port)
        try:
            self._newest = Newest(runs, overview)
        except BaseException:
            self._socket.close()
            raise
        saved = SavedViews(views or platformdirs.user_config_path("stackguard") / "audit-views.json")
        config = uvicorn.Config(
            guarded(self._newest, saved, self.keys, self.port),
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=PATIENCE,
        )
        self.server = AuditServer(config, self._newest)

    def url(self, token: str) -> str:
        """The address of the first page."""
        return f"http://{LOOPBACK}:{self.port}/?{PARAMETER}={token}"

    def serve(self) -> None:
        """Answer requests until an interrupt."""
        with contextlib.suppress(KeyboardInterrupt):
            self.server.run(sockets=[self._socket])
        self._newest.wait()


def _listening(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    else:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port))
        listener.listen()
    except OSError as error:
        listener.close()
        why = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be opened: {reason(error)}"
        raise CannotJudge(f"port {port} {why}; choose another with `--port`, or 0 for a free one") from None
    return listener
