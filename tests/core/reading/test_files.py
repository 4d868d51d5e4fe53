"""What is at a path that a person gives: files and pipes are read, and the rest is refused at once."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from policypack.core.reading import files


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return path


def test_a_pipe_is_read_to_its_end(pipe: Path) -> None:
    writer = threading.Thread(target=pipe.write_bytes, args=(b"a: b\n" * 50_000,))
    writer.start()
    assert files.content(pipe) == b"a: b\n" * 50_000
    writer.join()


def test_a_pipe_that_nothing_writes_to_is_refused(pipe: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "GRACE", 0.1)
    with pytest.raises(OSError, match="a pipe that nothing writes to"):
        files.content(pipe)


def test_a_silent_pipe_is_waited_for_once(pipe: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "GRACE", 0.4)
    started = time.monotonic()
    for _ in range(5):
        with pytest.raises(OSError, match=files.SILENT):
            files.content(pipe)
    assert time.monotonic() - started < 1


@pytest.mark.parametrize(("path", "kind"), [("/dev/zero", "a device"), ("/", "a folder"), ("a\0b", "malformed")])
def test_what_is_no_file_is_refused(path: str, kind: str) -> None:
    with pytest.raises(OSError, match=kind):
        files.content(Path(path))


def test_the_null_device_is_an_empty_file() -> None:
    assert files.content(Path(os.devnull)) == b""


def test_a_large_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_BYTES", 3)
    (tmp_path / "a").write_text("abc")
    assert files.content(tmp_path / "a") == b"abc"
    (tmp_path / "a").write_text("abcd")
    with pytest.raises(files.TooLargeError):
        files.content(tmp_path / "a")
