"""The command: how it begins, ends and fails."""

from __future__ import annotations

import http.client
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from stackguard.cli import main
from stackguard.cli.audit import options
from tests.audit.serve.serving import Served


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_it(site: Served, number: signal.Signals) -> None:
    command = [sys.executable, "-m", "stackguard", "audit", "serve", "--store", str(site.store), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = urlsplit(process.stdout.readline().strip())
        assert url.hostname == "127.0.0.1"
        connection = http.client.HTTPConnection("127.0.0.1", url.port or 0, timeout=60)
        connection.request("GET", f"{url.path}?{url.query}")
        response = connection.getresponse()
        assert response.status == 200
        response.read()
        connection.close()
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    token = url.query.partition("=")[2]
    assert token not in out + err
    assert "Traceback" not in err
    assert process.returncode == 0


def test_a_port_in_use_is_one_line(site: Served, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "serve", "--store", str(site.store), "--port", str(site.site.port)]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert f"port {site.site.port} is in use" in err


def test_it_listens_on_this_machine_only(site: Served) -> None:
    address = site.site._socket.getsockname() if site.site._socket.fileno() >= 0 else ("127.0.0.1",)
    assert address[0] == "127.0.0.1"
    with socket.socket() as other:
        assert other.connect_ex(("127.0.0.2", site.site.port)) != 0


def test_an_empty_store_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "serve", "--store", str(tmp_path), "--port", "0"]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "no finished audit" in err


def test_a_missing_extra_is_named(
    site: Served, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = options.importlib.util.find_spec
    monkeypatch.setattr(options.importlib.util, "find_spec", lambda name: None if name == "uvicorn" else real(name))
    assert main(["audit", "serve", "--store", str(site.store)]) == 2
    assert "needs `uvicorn`; install `stackguard[audit-serve]`" in capsys.readouterr().err
