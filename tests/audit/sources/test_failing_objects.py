"""An object store behind a line that fails: throttled, broken, cut off or slow."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import urllib3

from benchmarks.fleet import Fleet
from stackguard.audit.sources import objects
from tests.audit.sources.test_objects import bucket, server, uploaded
from tests.audit.test_run import audited, reported, rows

pytestmark = pytest.mark.outside

__all__ = ["bucket", "server"]
STACKS = 8


class Line(BaseHTTPRequestHandler):
    """Passes requests on, but for every so manieth."""

    protocol_version = "HTTP/1.1"
    origin = ""
    fault = ""
    every = 4
    count = 0
    bad = "\0"
    """A part of a path that always fails."""

    def log_message(self, *_: Any) -> None:
        pass

    def pass_on(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        kind = type(self)
        kind.count += 1
        faulty = kind.count % self.every == 0 or self.bad in self.path
        if faulty and self.fault in {"503", "429"}:
            content = b"<Error><Code>SlowDown</Code><Message>slow down</Message></Error>"
            self.reply(int(self.fault), {"Content-Type": "application/xml"}, content)
            return
        if faulty and self.fault == "hung":
            self.close_connection = True
            return
        if faulty and self.fault == "slow":
            time.sleep(0.05)
        answer = urllib3.request(
            self.command, self.origin + self.path, headers=dict(self.headers.items()), body=body, retries=False
        )
        kept = HOP - {"content-length"} if self.command == "HEAD" else HOP
        headers = {name: text for name, text in answer.headers.items() if name.lower() not in kept}
        cut = faulty and self.fault == "cut" and self.command == "GET" and len(answer.data) > 100
        self.reply(answer.status, headers, answer.data, len(answer.data) // 2 if cut else None)

    def reply(self, status: int, headers: dict[str, str], content: bytes, cut: int | None = None) -> None:
        self.send_response(status)
        for name, text in headers.items():
            self.send_header(name, text)
        if self.command != "HEAD":
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content[:cut])
        self.close_connection = cut is not None


for method in ("GET", "PUT", "HEAD", "POST", "DELETE"):
    setattr(Line, f"do_{method}", Line.pass_on)
HOP = {"connection", "content-length", "transfer-encoding", "date", "server"}


@pytest.fixture
def line(bucket: str, server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Line]]:
    """The line, after whose faults the pauses are short."""
    backoff = {"init_backoff": timedelta(milliseconds=5), "max_backoff": timedelta(milliseconds=50), "base": 2}
    monkeypatch.setattr(objects, "RETRIES", objects.RETRIES | {"backoff": backoff})
    kind = type("Faulty", (Line,), {"origin": server})
    listener = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{listener.server_port}")
    yield kind
    listener.shutdown()
    thread.join()
    listener.server_close()


@pytest.mark.parametrize("fault", ["503", "429", "hung", "cut", "slow"])
def test_a_store_that_fails_now_and_then_loses_nothing(
    line: type[Line], bucket: str, server: str, tmp_path: Path, fault: str
) -> None:
    truth = Fleet(tmp_path / "fleet", 3).write(STACKS)
    uploaded(tmp_path / "fleet", bucket, server)
    line.fault = fault
    store = f"s3://{bucket}/audits"
    info = audited(f"s3://{bucket}/org-0", store)
    assert (info.judged, info.failed) == (STACKS, 0)
    assert line.count > line.every
    assert reported(store) == Fleet.expected(truth)


def test_an_object_that_cannot_be_read_fails_alone(
    line: type[Line], bucket: str, server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects, "RETRIES", objects.RETRIES | {"max_retries": 1})
    Fleet(tmp_path / "fleet", 3).write(STACKS)
    uploaded(tmp_path / "fleet", bucket, server)
    victim = min((tmp_path / "fleet").rglob(".pulumi/stacks/*/*.json")).relative_to(tmp_path / "fleet").as_posix()
    line.fault, line.every, line.bad = "503", 10**9, victim
    info = audited(f"s3://{bucket}/org-0", tmp_path / "store")
    assert (info.judged, info.failed) == (STACKS - 1, 1)
    ((reason, message),) = rows(tmp_path / "store", "SELECT reason, message FROM stacks WHERE state = 'failed'")
    assert reason == "unreadable"
    assert "the object store refuses" in str(message)
