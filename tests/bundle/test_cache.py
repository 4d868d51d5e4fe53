"""The cache is whole whatever happens: damage, other builders, an end in the middle."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stackguard.bundle import CannotBundle, build, cache
from tests.bundle.functions import RUNTIME, function, names, wheel

BUILD = "import sys; from stackguard.bundle import build; print(build(sys.argv[1]).archive)"


@pytest.fixture
def folder(tmp_path: Path, wheels: Path) -> Path:
    return function(tmp_path / "fn", [wheel(wheels, "alpha")], wheels=wheels)


def entry(caches: Path, kind: str) -> Path:
    (folder,) = caches.glob(f"{kind}-*")
    return folder


def test_an_unchanged_function_is_not_built_again(folder: Path, caches: Path) -> None:
    first = build(folder)
    stamp = first.archive.stat()

    second = build(folder)

    assert second.archive == first.archive
    assert second.archive.stat().st_ino == stamp.st_ino


def test_a_change_of_code_installs_nothing_and_is_never_stale(folder: Path, caches: Path, wheels: Path) -> None:
    first = build(folder)
    dependencies = entry(caches, "dependencies")
    inode = (dependencies / "dependencies.zip").stat().st_ino
    stamp = (folder / "app" / "main.py").stat()
    (folder / "app" / "main.py").write_text("def handler(event, context): +++\n")
    os.utime(folder / "app" / "main.py", ns=(stamp.st_atime_ns, stamp.st_mtime_ns))

    second = build(folder)

    assert second.archive.read_bytes() != first.archive.read_bytes()
    assert (dependencies / "dependencies.zip").stat().st_ino == inode


def test_a_comment_in_the_lock_keeps_the_dependencies(folder: Path, caches: Path) -> None:
    build(folder)
    before = entry(caches, "dependencies")
    (folder / "requirements.lock").write_text("# locked today\n" + (folder / "requirements.lock").read_text())

    build(folder)

    assert entry(caches, "dependencies") == before


@pytest.mark.parametrize("table", [RUNTIME, f'{RUNTIME}\narchitecture = "arm64"', 'runtime = "python3.12"'])
def test_the_target_is_part_of_the_key(folder: Path, caches: Path, table: str, wheels: Path) -> None:
    build(folder)
    build(function(folder, [wheel(wheels, "alpha")], table=table, wheels=wheels))

    assert len(list(caches.glob("dependencies-*"))) == (1 if table == RUNTIME else 2)


@pytest.mark.parametrize("kind", ["dependencies", "finished", "materials"])
@pytest.mark.parametrize("how", ["cut", "changed", "removed", "no index"])
def test_a_damaged_entry_is_made_anew(folder: Path, caches: Path, kind: str, how: str) -> None:
    expected = build(folder).archive.read_bytes()
    place = entry(caches, kind)
    if kind != "finished":
        shutil.rmtree(entry(caches, "finished"))
    file = max((file for file in place.iterdir() if file.name != "entry.json"), key=lambda file: file.stat().st_size)
    content = file.read_bytes()
    if how == "cut":
        file.write_bytes(content[: len(content) // 2])
    elif how == "changed":
        file.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    elif how == "removed":
        file.unlink()
    else:
        (place / "entry.json").write_text("{")

    assert build(folder).archive.read_bytes() == expected
    assert cache.fetch(kind, place.name.partition("-")[2]) == place
    assert [path.name for path in caches.iterdir() if path.name.startswith(".")] == []


def test_two_builders_at_once_make_the_same(folder: Path, caches: Path) -> None:
    command = [sys.executable, "-c", BUILD, str(folder)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    printed = [process.communicate() for process in running]

    assert [process.returncode for process in running] == [0] * 4, printed
    assert len({out for out, _ in printed}) == 1
    kinds = sorted(path.name.partition("-")[0] for path in caches.iterdir())
    assert kinds == ["dependencies", "finished", "materials"]


SLOW = """
import sys, time
from pathlib import Path
from stackguard.bundle import archive, build
write = archive.write
def slow(*arguments, **options):
    members = write(*arguments, **options)
    Path(sys.argv[2]).touch()
    time.sleep(60)
    return members
archive.write = slow
build(sys.argv[1])
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_end_in_the_middle_leaves_the_cache_good(
    folder: Path, caches: Path, tmp_path: Path, number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign = tmp_path / "sign"
    child = subprocess.Popen([sys.executable, "-c", SLOW, str(folder), str(sign)], stderr=subprocess.DEVNULL)
    while not sign.exists():
        assert child.poll() is None
        time.sleep(0.02)
    monkeypatch.setattr(cache, "_YOUNG", -1.0)
    cache.prune()
    assert list(caches.glob(".making-*")), "what another is making stays"
    child.send_signal(number)
    child.wait()

    left = list(caches.glob(".making-*"))
    assert bool(left) == (number == signal.SIGKILL)
    assert list(caches.glob("dependencies-*")) == []
    assert "alpha/__init__.py" in names(build(folder).archive)
    assert list(caches.glob(".making-*")) == []


def test_an_unused_entry_is_removed_in_time(folder: Path, caches: Path) -> None:
    build(folder)
    old = entry(caches, "finished")
    os.utime(old, (time.time() - 3 * 86_400,) * 2)
    other = entry(caches, "dependencies")
    os.utime(other, (time.time() - 3 * 86_400,) * 2)
    (caches / "of-someone-else").mkdir()
    os.utime(caches / "of-someone-else", (0, 0))

    cache.prune()

    assert not old.exists()
    assert other.exists()
    assert (caches / "of-someone-else").exists()


def test_a_cache_that_cannot_be_written_is_an_error_with_the_fix(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("STACKGUARD_CACHE_DIR", str(tmp_path / "file"))

    with pytest.raises(CannotBundle, match=r"the cache `.*/file/bundle` cannot be written: .*STACKGUARD_CACHE_DIR"):
        build(folder)


def test_without_a_variable_the_cache_is_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("STACKGUARD_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "of-the-user"))
    monkeypatch.setenv("HOME", str(tmp_path))

    assert cache.root().is_relative_to(tmp_path)
    assert cache.root().parts[-2:] == ("stackguard", "bundle")
