"""A store with what is hostile in it, and its pages on a port of this machine."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.fleet import Fleet
from stackguard.audit.serve.server import Site
from stackguard.audit.store import files
from stackguard.audit.store.runs import Runs
from tests.audit.test_run import audited

MARKUP = "<img src=x onerror=alert(1)>"
HOSTILE = (MARKUP, "</script><script>alert(1)</script>", "a\u202egpj.exe", "'\"`{{7*7}}", "long-" + "x" * 10_000)


def hostile_store(folder: Path) -> Path:
    """A store of two audits: a fleet, in it a stack with hostile names, a damaged one, and one that is left out later."""
    fleet = folder / "fleet"
    truth = Fleet(fleet, 7).write(9)
    broken, left_out, *_ = sorted(fleet.rglob("dev.json"))
    template = json.loads(max(fleet.rglob("prod.json"), key=lambda file: file.stat().st_size).read_text())
    states = template["checkpoint"]["latest"]["resources"]
    named = [_renamed(state, HOSTILE[at % len(HOSTILE)], at) for at, state in enumerate(states)]
    template["checkpoint"]["latest"]["resources"] = named
    (fleet / "hostile.json").write_text(json.dumps(template))
    audited(fleet, folder / "store")
    Fleet(fleet, 8).drift(truth, 0.3)
    broken.write_text('{"version": 3, "checkpoint": {')
    left_out.unlink()
    audited(fleet, folder / "store")
    return folder / "store"


def _renamed(state: dict[str, Any], name: str, at: int) -> dict[str, Any]:
    if state["type"].startswith("pulumi:"):
        return state
    head = state["urn"].rpartition("::")[0]
    inputs = {**state["inputs"], "tags": {name: name}}
    outputs = {**state["outputs"], "tags": {name: name}}
    return {**state, "urn": f"{head}::{name}{at}", "inputs": inputs, "outputs": outputs}


@dataclass(frozen=True)
class Answer:
    """A response."""

    status: int
    headers: Mapping[str, str]
    cookies: list[str]
    text: str


@dataclass(frozen=True)
class Served:
    """A site that answers."""

    site: Site
    store: Path
    views: Path

    @property
    def cookie(self) -> str:
        return self.site.keys.set_cookie.partition(";")[0]

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.site.port}"

    def ask(self, path: str, method: str = "GET", body: str = "", **headers: str | None) -> Answer:
        """A request with the cookie; a header that is None is left out."""
        connection = http.client.HTTPConnection("127.0.0.1", self.site.port, timeout=60)
        every = {"Host": f"127.0.0.1:{self.site.port}", "Cookie": self.cookie, **headers}
        connection.putrequest(method, path, skip_host=True)
        for name, value in every.items():
            if value is not None:
                connection.putheader(name, value)
        if body:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body.encode() or None)
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        lower = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, lower, response.headers.get_all("Set-Cookie") or [], text)

    def post(self, path: str, body: str, **headers: str | None) -> Answer:
        return self.ask(path, "POST", body, **{"Origin": self.origin, **headers})


@contextmanager
def served(store: Path, views: Path) -> Iterator[Served]:
    site = Site(Runs(files.opened(str(store))), 0, views)
    thread = threading.Thread(target=site.serve, daemon=True)
    thread.start()
    try:
        yield Served(site, store, views)
    finally:
        site.server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()
