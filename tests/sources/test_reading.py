"""Targets of any kind and size: files, pipes, archives, devices and standard input."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackguard.errors import CannotJudge
from stackguard.sources import LoadedStack, RunOptions, input_stream, load
from tests.sources.states import as_bytes, export, parsed, state

EXPORT = as_bytes(export())
NEEDS_UNIX = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")


def loaded(target: Path, timeout: float = 20) -> LoadedStack:
    return load(str(target), RunOptions(timeout=timeout))


def refused(target: Path, timeout: float = 20) -> str:
    with pytest.raises(CannotJudge) as caught:
        loaded(target, timeout)
    assert "\n" not in caught.value.message
    return caught.value.message


def count(resources: LoadedStack) -> int:
    return len(resources.resources)


def test_a_compressed_checkpoint_is_unpacked(tmp_path: Path) -> None:
    """The file backend writes `dev.json.gz` if `PULUMI_DIY_BACKEND_GZIP` is set."""
    file = tmp_path / "dev.json.gz"
    file.write_bytes(gzip.compress(EXPORT))
    assert count(loaded(file)) == 4


@given(st.integers(0, len(gzip.compress(EXPORT, mtime=0)) - 1), st.integers(1, 200))
def test_an_archive_that_is_cut_off_is_refused(length: int, block: int) -> None:
    with pytest.raises(CannotJudge):
        parsed(gzip.compress(EXPORT, mtime=0)[:length], block=block)


@given(st.integers(1, 400))
def test_an_archive_is_the_same_read_in_blocks_of_any_size(block: int) -> None:
    members = gzip.compress(EXPORT[:100]) + gzip.compress(EXPORT[100:])
    assert parsed(members, block=block).resources == parsed(EXPORT).resources


def test_a_damaged_archive_is_refused() -> None:
    damaged = bytearray(gzip.compress(EXPORT))
    damaged[30:40] = b"\xff" * 10
    with pytest.raises(CannotJudge, match=r"gzip-compressed and damaged|not UTF-8|is not JSON|binary"):
        parsed(bytes(damaged))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("block", [1, 3, 1_000])
def test_a_byte_order_mark_is_skipped(encoding: str, block: int) -> None:
    text = as_bytes(export()).decode().replace("inbox", "ïnbox€😀")
    mark = "\ufeff" if encoding == "utf-16-le" else ""
    assert parsed((mark + text).encode(encoding), block=block).resources == parsed(text.encode()).resources


def test_an_archive_is_read_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(input_stream, "LIMIT", 1 << 20)
    bomb = zlib.compressobj(wbits=31)
    packed = bomb.compress(b'{"deployment": {"a": "' + b"x" * (3 << 20)) + bomb.flush()
    with pytest.raises(CannotJudge, match=r"`state\.json` is larger than 1 MiB; unpack it first"):
        parsed(packed)


def test_the_error_about_a_path(tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    (tmp_path / "main.py").write_text("1")
    for target, message in {
        tmp_path / "nope.json": "there is no file or folder",
        tmp_path / "main.py": "is part of a program; give the program's folder",
        loop: "too many levels of symbolic links",
        tmp_path: "has no `Pulumi.yaml`",
        tmp_path / ("x" * 300): "file name too long",
        tmp_path / "main.py" / "x": "cannot be read: not a directory",
    }.items():
        assert message in refused(target).lower().replace("pulumi.yaml", "Pulumi.yaml")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is unreadable to this user")
def test_an_unreadable_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    file.write_bytes(EXPORT)
    file.chmod(0)
    assert "cannot be read: permission denied" in refused(file)


@NEEDS_UNIX
@pytest.mark.parametrize("device", ["/dev/zero", "/dev/urandom", "/dev/null"])
def test_a_device_is_refused(device: str) -> None:
    assert refused(Path(device)) == f"`{device}` is a device, not a file; give a file, or `-` for standard input"


@NEEDS_UNIX
def test_a_named_pipe_is_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(EXPORT))
    writer.start()
    assert count(loaded(pipe)) == 4
    writer.join(10)


@NEEDS_UNIX
def test_a_pipe_that_nothing_writes_to_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(input_stream, "GRACE", 0.1)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert "is a pipe that nothing writes to" in refused(pipe)


@NEEDS_UNIX
def test_a_pipe_that_does_not_end_is_an_error_after_the_timeout(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    kept = os.open(pipe, os.O_RDWR)
    os.write(kept, b'{"deployment": {')
    assert "does not end within 0.2 seconds; allow more with `--timeout`" in refused(pipe, timeout=0.2)
    os.close(kept)


GATE = [sys.executable, "-m", "stackguard", "check"]
LIMITED = ["sh", "-c", 'ulimit -v "$1"; shift; exec "$@"', "sh"]
"""Starts a command with that many KiB of address space. Not `preexec_fn`: gRPC aborts such a fork of a process that uses it."""


def check(*arguments: str, stdin: bytes | int = b"", memory: int = 600 << 20) -> tuple[int, str]:
    """The exit code and error output of a process that may use at most `memory` bytes."""
    keyword: dict[str, Any] = {"stdin": stdin} if isinstance(stdin, int) else {"input": stdin}
    finished = subprocess.run(
        [*LIMITED, str(memory >> 10), *GATE, *arguments],
        capture_output=True,
        check=False,
        timeout=60,
        **keyword,
    )
    return finished.returncode, finished.stderr.decode()


@NEEDS_UNIX
@pytest.mark.parametrize("memory", [150, 300])
def test_too_little_memory_for_a_program_is_one_line(tmp_path: Path, memory: int) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {}\n")
    (tmp_path / "__main__.py").write_text("import pulumi\n")
    code, errors = check(str(tmp_path), memory=memory << 20)
    assert code == 2
    assert len(errors.splitlines()) == 1
    assert "allow more" in errors
    assert "ulimit -v" in errors


def sparse(file: Path, start: bytes, size: int) -> Path:
    """A sparse file of any size, with zeros after its start."""
    file.write_bytes(start)
    os.truncate(file, size)
    return file


def repeated(file: Path, start: bytes, piece: bytes, size: int) -> Path:
    with file.open("wb") as opened:
        opened.write(start)
        for _ in range(size // len(piece)):
            opened.write(piece)
    return file


@NEEDS_UNIX
@pytest.mark.parametrize(
    ("start", "message"),
    [
        (b"", "is binary (byte 0 is zero)"),
        (b'{"deployment": {"resources": [', "is binary (byte 30 is zero)"),
        (b"PK\x03\x04", "is a zip archive"),
        (b"\xff\xfe{\0", "is binary (byte 1 is zero)"),
    ],
)
def test_a_huge_binary_file_is_refused_in_little_memory(tmp_path: Path, start: bytes, message: str) -> None:
    code, printed = check(str(sparse(tmp_path / "x.json", start, 500 << 20)))
    assert (code, printed.count("\n")) == (2, 1)
    assert message in printed


@NEEDS_UNIX
@pytest.mark.parametrize(
    ("start", "piece", "message"),
    [
        (b'"', b"x", "a JSON text"),
        (b"", b"[", "nested too deeply"),
        (b"", b'{"a":', "nested too deeply"),
        (b'{"deployment":', b"[", "`deployment` must be an object"),
        (b'{"deployment": {"resources": [', b"[", "nested too deeply"),
        (b'{"deployment": {"resources": [', b"{},", "resource 1 has no valid `urn`"),
        (b'{"deployment": "', b"x", "`deployment` must be an object"),
        (b'{"x": "', b"x", "has a value of more than 64 MiB at line 1 column 7 (byte 6), which no stack contains"),
        (b"", b"garbage ", "is not JSON: it breaks at line 1 column 1"),
        (b"", b" ", "is empty"),
        (b"", b"\n", "is empty"),
    ],
)
def test_a_huge_text_is_refused_in_little_memory(tmp_path: Path, start: bytes, piece: bytes, message: str) -> None:
    code, printed = check(str(repeated(tmp_path / "x.json", start, piece * 100_000, 100 << 20)))
    assert (code, printed.count("\n")) == (2, 1)
    assert message in printed


MEASURE = """
import gc, resource, sys
from stackguard.sources import RunOptions, load
gc.disable()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
loaded = load(sys.argv[1], RunOptions())
print(len(loaded.resources), (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="counts memory in kibibytes")
def test_an_export_takes_less_memory_than_its_size(tmp_path: Path) -> None:
    """The whole text is never in memory, only the resources."""
    document = json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": f"S{n}"} for n in range(100)]})
    states = [
        state(
            "aws:iam/rolePolicy:RolePolicy",
            f"p{n}",
            {"policy": document + str(n)},
            outputs={"policy": document + str(n)},
        )
        for n in range(10_000)
    ]
    file = tmp_path / "state.json"
    file.write_bytes(as_bytes(export(states)))
    command = [sys.executable, "-c", MEASURE, str(file)]
    finished = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    count, memory = map(int, finished.stdout.split())
    assert count == 10_000
    assert memory < file.stat().st_size


def endless(piece: str) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["yes", piece], stdout=subprocess.PIPE) as writer:
        yield writer
        writer.kill()


@NEEDS_UNIX
@pytest.mark.parametrize(("piece", "message"), [("{", "nested too deeply|is not JSON"), ("x", "is not JSON")])
def test_standard_input_that_never_ends_is_refused(piece: str, message: str) -> None:
    for writer in endless(piece):
        assert writer.stdout is not None
        code, printed = check("-", stdin=writer.stdout.fileno())
        assert (code, printed.count("\n")) == (2, 1)
        assert any(text in printed for text in message.split("|"))


@NEEDS_UNIX
def test_standard_input_without_data_is_an_error_after_the_timeout() -> None:
    reader, writer = os.pipe()
    code, printed = check("-", "--timeout", "0.5", stdin=reader)
    os.close(reader)
    os.close(writer)
    assert (code, printed.count("\n")) == (2, 1)
    assert "standard input does not end within 0.5 seconds" in printed


def test_standard_input_is_read_and_judged() -> None:
    code, printed = check("-", stdin=EXPORT, memory=4 << 30)
    assert code == 1, printed


@NEEDS_UNIX
def test_standard_input_that_is_closed_is_refused() -> None:
    command = " ".join(f"'{argument}'" for argument in [*GATE, "-"])
    finished = subprocess.run(["sh", "-c", f"{command} <&-"], capture_output=True, text=True, check=False, timeout=60)
    assert (finished.returncode, finished.stderr.count("\n")) == (2, 1)
    assert "standard input is closed" in finished.stderr
