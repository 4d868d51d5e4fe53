"""An audit of an organization of Pulumi Cloud, from a server of this machine that speaks its API and fails as it may."""

from __future__ import annotations

import gzip
import json
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from benchmarks.fleet import Fleet
from stackguard.audit.sources import cloud, listing
from stackguard.errors import CannotJudge
from tests.audit.test_run import audited, reported, rows

TOKEN = "pul-0123456789abcdef"
PAGE = 4
Fault = Callable[["Handler", int], bool]
"""Answers a request instead of the service, or returns false; the number is how often the path was asked for."""


@dataclass
class Service:
    """An organization."""

    address: str = ""
    stacks: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By ORGANIZATION/PROJECT/STACK: `export`, `version`, `tags`, `busy`."""
    fault: Fault = lambda _handler, _count: False
    asked: Counter[str] = field(default_factory=Counter)
    seen: list[str] = field(default_factory=list)
    """The authorization of every request."""

    def exports(self) -> int:
        return sum(count for path, count in self.asked.items() if path.endswith("/export"))


class Handler(BaseHTTPRequestHandler):
    service: Service
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        service, parts = self.service, urlsplit(self.path)
        service.asked[parts.path] += 1
        service.seen.append(self.headers.get("Authorization", ""))
        if service.fault(self, service.asked[parts.path]):
            return
        if self.headers.get("Authorization") != f"token {TOKEN}":
            self.answer(401, {"code": 401, "message": "Unauthorized"})
        elif parts.path == "/api/user/stacks":
            self.page({name: values[0] for name, values in parse_qs(parts.query).items()})
        else:
            name = "/".join(parts.path.split("/")[3:6])
            stack = service.stacks.get(name)
            if stack is None:
                self.answer(404, {"code": 404, "message": f"no {name}"})
            elif parts.path.endswith("/export"):
                self.answer(200, stack["export"])
            else:
                running = {"currentOperation": {"kind": "update"}} if stack.get("busy") else {}
                update = f"u{stack['version']}"
                self.answer(
                    200, {"version": stack["version"], "activeUpdate": update, "tags": stack.get("tags"), **running}
                )

    def page(self, fields: dict[str, str]) -> None:
        wanted = sorted(
            name
            for name in self.service.stacks
            if name.split("/")[0] == fields["organization"] and fields.get("project") in {None, name.split("/")[1]}
        )
        start = int(fields.get("continuationToken", "0"))
        listed = [
            dict(zip(("orgName", "projectName", "stackName"), name.split("/"), strict=True))
            for name in wanted[start : start + PAGE]
        ]
        more = {"continuationToken": str(start + PAGE)} if start + PAGE < len(wanted) else {}
        self.answer(200, {"stacks": listed, **more})

    def answer(self, status: int, value: Any, **headers: str) -> None:
        content = gzip.compress(json.dumps(value).encode())
        self.send_response(status)
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(content)))
        for name, text in headers.items():
            self.send_header(name.replace("_", "-"), text)
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    service = Service()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Of", (Handler,), {"service": service}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    service.address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("PULUMI_BACKEND_URL", service.address)
    monkeypatch.setenv("PULUMI_ACCESS_TOKEN", TOKEN)
    monkeypatch.setattr(cloud, "PAUSE", 0.01)
    monkeypatch.setattr(cloud, "READING", 2.0)
    cloud._client.cache_clear()
    yield service
    server.shutdown()
    thread.join()
    server.server_close()
    cloud._client.cache_clear()


def filled(service: Service, folder: Path, stacks: int) -> Counter[str]:
    """Put a fleet into the organization `acme`, and return what is planted."""
    truth = Fleet(folder, 7).write(stacks)
    for file in folder.rglob("*.json"):
        if ".pulumi" not in file.parts:
            continue
        latest = json.loads(file.read_bytes())["checkpoint"]["latest"]
        service.stacks[f"acme/{file.parent.name}/{file.stem}"] = {
            "export": {"version": 3, "deployment": latest},
            "version": 3,
            "tags": {"stage": file.stem},
        }
    return Fleet.expected(truth)


def test_all_pages_of_an_organization(service: Service, tmp_path: Path) -> None:
    planted = filled(service, tmp_path / "fleet", 10)
    service.stacks["other/shop/prod"] = {"export": {}, "version": 1}
    info = audited("pulumi:acme", tmp_path / "store")
    assert (info.judged, info.failed) == (10, 0)
    assert reported(tmp_path / "store") == planted
    assert set(rows(tmp_path / "store", "SELECT organization, origin FROM stacks")) == {
        ("acme", f"{service.address}/acme")
    }
    assert set(service.seen) == {f"token {TOKEN}"}
    (location,) = rows(tmp_path / "store", "SELECT location FROM stacks ORDER BY location LIMIT 1")[0]
    assert str(location).startswith("pulumi:acme/")


def test_a_stack_without_an_update_is_not_downloaded_again(service: Service, tmp_path: Path) -> None:
    filled(service, tmp_path / "fleet", 6)
    busy, changed = sorted(service.stacks)[:2]
    service.stacks[busy]["busy"] = True
    audited("pulumi:acme", tmp_path / "store")
    service.asked.clear()
    service.stacks[changed]["version"] = 4
    service.stacks[changed]["export"]["deployment"]["resources"] = []
    info = audited("pulumi:acme", tmp_path / "store")
    assert (info.judged, info.carried) == (1, 5)
    assert service.exports() == 2  # the one that changed, and the one that an update may change


def test_a_project_and_the_tags(service: Service, tmp_path: Path) -> None:
    filled(service, tmp_path / "fleet", 6)
    project = min(service.stacks).split("/")[1]
    refs = list(listing.stacks([f"pulumi:acme/{project}"]))
    assert {ref.name.project for ref in refs} == {project}
    assert all(ref.tags == {"stage": ref.name.stack} for ref in refs)
    assert [ref.id for ref in refs] == [
        ref.id for ref in listing.stacks(["pulumi:acme"]) if ref.name.project == project
    ]
    assert len({ref.origin for ref in listing.stacks(["cloud=pulumi:acme"])} - {"cloud"}) == 0


def times(most: int, fault: Callable[[Handler], None]) -> Fault:
    """A fault of the first requests for each path."""

    def faulty(handler: Handler, count: int) -> bool:
        if count > most:
            return False
        fault(handler)
        return True

    return faulty


def limited(handler: Handler) -> None:
    handler.answer(429, {"message": "slow down"}, Retry_After="0")


def broken(handler: Handler) -> None:
    handler.answer(503, {"message": "try again"})


def cut(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    handler.wfile.write(b'{"version": 3, "depl')
    handler.close_connection = True


def hung(handler: Handler) -> None:
    handler.close_connection = True


def silent(handler: Handler) -> None:
    time.sleep(2.5)
    handler.close_connection = True


@pytest.mark.parametrize("fault", [limited, broken, cut, hung])
def test_faults_that_pass(service: Service, tmp_path: Path, fault: Callable[[Handler], None]) -> None:
    planted = filled(service, tmp_path / "fleet", 6)
    service.fault = times(2, fault)
    info = audited("pulumi:acme", tmp_path / "store")
    assert (info.judged, info.failed) == (6, 0)
    assert reported(tmp_path / "store") == planted


def test_an_answer_that_does_not_come_is_asked_for_again(service: Service, tmp_path: Path) -> None:
    filled(service, tmp_path / "fleet", 2)
    service.fault = lambda handler, count: handler.path.endswith("/export") and times(1, silent)(handler, count)
    assert audited("pulumi:acme", tmp_path / "store").judged == 2


@pytest.mark.parametrize("fault", [limited, broken, cut, hung])
def test_faults_that_stay_fail_their_stack_only(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Callable[[Handler], None]
) -> None:
    monkeypatch.setattr(cloud, "ATTEMPTS", 2)
    filled(service, tmp_path / "fleet", 3)
    bad = f"/api/stacks/{sorted(service.stacks)[1]}/export"
    service.fault = lambda handler, count: handler.path == bad and times(10**6, fault)(handler, count)
    info = audited("pulumi:acme", tmp_path / "store")
    assert (info.judged, info.failed) == (2, 1)
    ((reason, message),) = rows(tmp_path / "store", "SELECT reason, message FROM stacks WHERE state = 'failed'")
    assert reason == "unreadable"
    assert "127.0.0.1" in str(message)
    assert TOKEN not in str(message)


def test_tags_that_cannot_be_read_are_said(service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloud, "ATTEMPTS", 1)
    filled(service, tmp_path / "fleet", 3)
    bad = f"/api/stacks/{sorted(service.stacks)[1]}"
    service.fault = lambda handler, count: handler.path == bad and times(10**6, broken)(handler, count)
    problems: list[str] = []
    assert len(list(listing.stacks(["pulumi:acme"], problems.append))) == 3
    assert "the tags of 1 stacks cannot be read" in problems[0]


def test_a_stack_that_was_deleted_meanwhile_is_none(service: Service, tmp_path: Path) -> None:
    filled(service, tmp_path / "fleet", 3)
    gone = min(service.stacks)

    def fault(handler: Handler, _count: int) -> bool:
        if handler.path == f"/api/stacks/{gone}":
            handler.answer(404, {})
            return True
        return False

    service.fault = fault
    assert len(list(listing.stacks(["pulumi:acme"]))) == 2


def test_a_token_that_is_revoked_is_one_line(
    service: Service, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("PULUMI_ACCESS_TOKEN", "pul-revoked-token")
    with pytest.raises(CannotJudge, match="refuses the token in `PULUMI_ACCESS_TOKEN`") as error:
        list(listing.stacks(["pulumi:acme"]))
    assert "pul-revoked" not in str(error.value) + caplog.text
    assert service.asked["/api/user/stacks"] == 1  # it is not tried again
    assert "\n" not in str(error.value)


def test_the_token_is_sent_to_no_other_host(service: Service) -> None:
    other = Service()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Of", (Handler,), {"service": other}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for status in (301, 302, 307, 308):

        def fault(handler: Handler, _count: int, status: int = status) -> bool:
            handler.answer(status, {}, Location=f"http://127.0.0.1:{server.server_port}{handler.path}")
            return True

        service.fault = fault
        with pytest.raises(CannotJudge, match="redirects"):
            list(listing.stacks(["pulumi:acme"]))
    assert not other.seen
    server.shutdown()
    server.server_close()


def test_a_list_that_repeats_itself_ends(service: Service) -> None:
    def fault(handler: Handler, _count: int) -> bool:
        handler.answer(200, {"stacks": [], "continuationToken": "again"})
        return True

    service.fault = fault
    with pytest.raises(CannotJudge, match="repeats a page"):
        list(listing.stacks(["pulumi:acme"]))


@pytest.mark.parametrize("answer", [[], "text", {"stacks": 1}, {"stacks": [{"orgName": 3}]}])
def test_a_malformed_answer_is_one_line(service: Service, answer: Any) -> None:
    def fault(handler: Handler, _count: int) -> bool:
        handler.answer(200, answer)
        return True

    service.fault = fault
    with pytest.raises(CannotJudge, match="malformed"):
        list(listing.stacks(["pulumi:acme"]))


def test_hostile_names_ask_for_nothing_else(service: Service, tmp_path: Path) -> None:
    service.stacks = {}
    hostile = ["..", ".", "a?b", "a b", "a\nb", "%2e%2e", "a#b"]

    def fault(handler: Handler, _count: int) -> bool:
        if handler.path.startswith("/api/user/stacks"):
            listed = [{"orgName": "acme", "projectName": "shop", "stackName": name} for name in hostile]
            handler.answer(200, {"stacks": listed})
            return True
        return False

    service.fault = fault
    problems: list[str] = []
    refs = list(listing.stacks(["pulumi:acme"], problems.append))
    assert len(refs) == len(hostile)
    assert problems
    assert set(service.asked) == {"/api/user/stacks"}


def test_an_export_that_is_too_large_is_not_read_to_its_end(service: Service) -> None:
    service.stacks["acme/shop/prod"] = {"export": {"x": " " * (40 << 20)}, "version": 1}
    with cloud.export("pulumi:acme/shop/prod", 1 << 20) as stream:
        assert 1 << 20 < len(stream.read()) <= 4 << 20


@pytest.mark.parametrize(
    ("url", "token", "message"),
    [
        ("", "", "needs a token"),
        ("https://api.example.com", "two words", "character"),
        ("https://api.example.com", "line\r\nX-Other: 1", "character"),
        ("http://api.example.com", TOKEN, "`https://` address"),
        ("s3://state", TOKEN, "`https://` address"),
        ("file://~", TOKEN, "`https://` address"),
        ("https://", TOKEN, "`https://` address"),
        ("https://user:hunter2@api.example.com", TOKEN, "more than an address"),
        ("https://api.example.com:port", TOKEN, "no address"),
        ("https://api.example.com/?a=b", TOKEN, "more than an address"),
    ],
)
def test_an_environment_that_cannot_be(monkeypatch: pytest.MonkeyPatch, url: str, token: str, message: str) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", url)
    monkeypatch.setenv("PULUMI_ACCESS_TOKEN", token)
    with pytest.raises(CannotJudge, match=message) as error:
        list(listing.stacks(["pulumi:acme"]))
    assert "hunter2" not in str(error.value)
    assert not token or token not in str(error.value)


@pytest.mark.parametrize("source", ["pulumi:", "pulumi:a/b/c", "pulumi:a b", "pulumi:../x", "pulumi://api/x"])
def test_what_is_no_organization(source: str) -> None:
    with pytest.raises(CannotJudge, match="no organization"):
        list(listing.stacks([source]))


def test_no_representation_has_the_token(service: Service) -> None:
    assert TOKEN not in repr(cloud._configured())
    assert service.address in repr(cloud._configured())
