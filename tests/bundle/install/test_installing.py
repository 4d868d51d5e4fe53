"""How uv is called, and what its failures mean."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from stackguard.bundle import CannotBundle, build
from stackguard.bundle.config import Overrides
from stackguard.bundle.install import uv
from tests.bundle.functions import RUNTIME, function, names, wheel
from tests.compiled import ARM64, elf

ZEROS = f"--hash=sha256:{'0' * 64}"


def refusal(folder: Path, overrides: Overrides | None = None, *, offline: bool = False) -> str:
    with pytest.raises(CannotBundle) as refused:
        build(folder, overrides, offline=offline)
    assert "\n" not in refused.value.message
    return refused.value.message


def test_the_wheel_is_the_targets_and_not_the_builders(tmp_path: Path, wheels: Path) -> None:
    lines = [
        wheel(wheels, "alpha", files={"alpha.py": tag}, tag=tag)
        for tag in ("cp313-cp313-manylinux_2_34_aarch64", "cp313-cp313-manylinux_2_34_x86_64", "cp312-cp312-win_amd64")
    ]
    lock = [" ".join([lines[0], *(line.partition(" ")[2] for line in lines[1:])])]
    for architecture, machine in (("arm64", "aarch64"), ("x86_64", "x86_64")):
        folder = function(
            tmp_path / architecture, lock, table=f'{RUNTIME}\narchitecture = "{architecture}"', wheels=wheels
        )
        bundle = build(folder)
        shutil.unpack_archive(bundle.archive, tmp_path / f"{architecture}-out")
        assert machine in (tmp_path / f"{architecture}-out" / "alpha.py").read_text()


def test_a_package_without_a_wheel_for_the_target_is_named_with_the_ways_out(tmp_path: Path, wheels: Path) -> None:
    folder = function(tmp_path / "fn", [wheel(wheels, "alpha", tag="cp312-cp312-manylinux_2_17_x86_64")], wheels=wheels)

    message = refusal(folder)

    assert message.startswith("`alpha 1.0` has no wheel for python3.13 on x86_64 (x86_64-manylinux_2_34): ")
    for way in ("lock another version", "`--runtime`", "`--architecture`", "`--from-source alpha`", "`--image`"):
        assert way in message
    assert build(folder, Overrides("python3.12")).archive.exists()


def test_a_wheel_for_a_newer_glibc_than_the_runtimes_is_no_wheel_for_it(tmp_path: Path, wheels: Path) -> None:
    lock = [wheel(wheels, "alpha", tag="py3-none-manylinux_2_28_x86_64")]
    folder = function(tmp_path / "fn", lock, table='runtime = "python3.11"', wheels=wheels)

    assert "`alpha 1.0` has no wheel for python3.11 on x86_64 (x86_64-manylinux_2_17)" in refusal(folder)
    assert build(folder, Overrides("python3.12")).archive.exists()


def test_other_bytes_than_the_locked_ones_are_refused(tmp_path: Path, wheels: Path) -> None:
    wheel(wheels, "alpha")
    folder = function(tmp_path / "fn", [f"alpha==1.0 {ZEROS}"], wheels=wheels)

    assert refusal(folder).startswith(
        f"the file of `alpha 1.0` for python3.13 on x86_64 has none of the hashes in `{folder / 'requirements.lock'}`"
    )


def test_a_package_that_the_index_does_not_have_is_named(tmp_path: Path, wheels: Path) -> None:
    wheel(wheels, "alpha")

    unknown = refusal(function(tmp_path / "one", [f"unpublished==1.0 {ZEROS}"], wheels=wheels))
    gone = refusal(function(tmp_path / "two", [f"alpha==9.0 {ZEROS}"], wheels=wheels))

    assert unknown.startswith("the index has no package `unpublished`, which")
    assert gone.startswith("the index has no `alpha 9.0`, which")


def test_no_network_is_one_line_with_the_fix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://someone:hidden@127.0.0.1:9/simple")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    folder = function(tmp_path / "fn", [f"alpha==1.0 {ZEROS}"])

    message = refusal(folder)
    offline = refusal(folder, offline=True)

    assert message.startswith(
        "the cache lacks a dependency, and the package index cannot be reached; run `stackguard bundle "
    )
    assert "hidden" not in message
    assert offline.startswith(
        "the cache lacks a dependency, and the network is not to be used; run `stackguard bundle "
    )


def test_what_was_bundled_once_needs_no_network(tmp_path: Path, wheels: Path) -> None:
    folder = function(tmp_path / "fn", [wheel(wheels, "alpha")], wheels=wheels)
    before = build(folder).archive.read_bytes()
    shutil.rmtree(wheels)
    shutil.rmtree(tmp_path / "uv")

    assert build(folder, offline=True).archive.read_bytes() == before
    (folder / "app" / "new.py").write_text("")
    assert "app/new.py" in names(build(folder, offline=True).archive)


def sdist(folder: Path, more: str) -> str:
    """Make a source distribution that builds with what this interpreter has, and return its line in a lock."""
    import hashlib
    import io
    import tarfile

    backend = (
        "import zipfile\n"
        "def get_requires_for_build_wheel(s=None): return []\n"
        "def build_wheel(to, s=None, m=None):\n"
        f"    tag = {more!r}\n"
        "    name = f'alpha-1.0-{tag}.whl'\n"
        "    with zipfile.ZipFile(f'{to}/{name}', 'w') as z:\n"
        "        z.writestr('alpha.py', '')\n"
        "        z.writestr('alpha-1.0.dist-info/METADATA', 'Metadata-Version: 2.1\\nName: alpha\\nVersion: 1.0\\n')\n"
        "        z.writestr('alpha-1.0.dist-info/WHEEL', f'Wheel-Version: 1.0\\nTag: {tag}\\n')\n"
        "        z.writestr('alpha-1.0.dist-info/RECORD', 'alpha.py,,\\nalpha-1.0.dist-info/METADATA,,\\n"
        "alpha-1.0.dist-info/WHEEL,,\\nalpha-1.0.dist-info/RECORD,,\\n')\n"
        "    return name\n"
    )
    project = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n[project]\nname = "alpha"\nversion = "1.0"\n'
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "alpha-1.0.tar.gz"
    with tarfile.open(file, "w:gz") as packed:
        for name, content in {
            "pyproject.toml": project,
            "backend.py": backend,
            "PKG-INFO": "Metadata-Version: 2.1\nName: alpha\nVersion: 1.0\n",
        }.items():
            entry = tarfile.TarInfo(f"alpha-1.0/{name}")
            entry.size = len(content)
            packed.addfile(entry, io.BytesIO(content.encode()))
    return f"alpha==1.0 --hash=sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}"


def test_a_source_is_built_only_where_it_is_asked_for(tmp_path: Path, wheels: Path) -> None:
    folder = function(tmp_path / "fn", [sdist(wheels, "py3-none-any")], wheels=wheels)

    assert "`alpha 1.0` has no wheel for python3.13 on x86_64" in refusal(folder)
    assert "alpha.py" in names(build(folder, Overrides(from_source=("Alpha",))).archive)
    assert "`other` is to be built from source and is not in" in refusal(folder, Overrides(from_source=("other",)))


def test_a_source_that_is_compiled_here_is_refused(tmp_path: Path, wheels: Path) -> None:
    folder = function(tmp_path / "fn", [sdist(wheels, "py3-none-linux_x86_64")], wheels=wheels)

    message = refusal(folder, Overrides(from_source=("alpha",)))

    assert message.startswith(
        "`alpha` has compiled code, so from source it is built for this machine and not for python3.13"
    )


def test_what_the_machine_sets_for_uv_and_pip_changes_no_result(
    tmp_path: Path, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = function(tmp_path / "fn", [wheel(wheels, "alpha")], wheels=wheels)
    before = build(folder).archive.read_bytes()
    shutil.rmtree(tmp_path / "cache")
    config = tmp_path / "config" / "uv" / "uv.toml"
    config.parent.mkdir(parents=True)
    config.write_text('compile-bytecode = true\nlink-mode = "symlink"\noffline = true\n')
    for name, value in {
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "UV_COMPILE_BYTECODE": "1",
        "UV_LINK_MODE": "symlink",
        "UV_NO_BINARY": "1",
        "UV_PYTHON": "3.9",
        "UV_EXCLUDE_NEWER": "2001-01-01",
        "UV_CONFIG_FILE": str(config),
        "PIP_TARGET": "/nowhere",
        "PIP_NO_BINARY": ":all:",
        "PYTHONPATH": "/nowhere",
    }.items():
        monkeypatch.setenv(name, value)

    assert build(folder).archive.read_bytes() == before


def test_pips_own_settings_for_a_folder_of_wheels_are_followed(
    tmp_path: Path, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = function(tmp_path / "fn", [wheel(wheels, "alpha")])
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", f"{wheels} {tmp_path}")

    assert "alpha/__init__.py" in names(build(folder).archive)


@pytest.mark.parametrize(
    ("code", "stderr", "message"),
    [
        (2, "error: Failed to install\n  cause: No space left on device (os error 28)", "the disk is full: make room"),
        (-9, "", "uv was ended by signal 9; start the bundle again"),
        (2, "error: Failed to fetch\n  cause: HTTP status client error (401 Unauthorized)", "the index refuses access"),
        (2, "error: x\n  cause: Permission denied (os error 13)", "uv may not write to its cache"),
        (1, "error: Failed to build `alpha==1.0`\n", "`alpha 1.0` cannot be built from source here"),
        (
            2,
            "error: Something new at http://u:secret@host/x.",
            "uv could not install what `{lock}` locks: something new at (address)",
        ),
    ],
)
def test_a_failure_of_uv_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, stderr: str, message: str
) -> None:
    def run(command: Sequence[str], *_more: object, **_options: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, code, "", stderr)

    monkeypatch.setattr(uv, "_run", run)
    folder = function(tmp_path / "fn", [f"alpha==1.0 {ZEROS}"])

    assert refusal(folder).startswith(message.format(lock=folder / "requirements.lock"))


def test_a_wheel_with_a_file_for_another_machine_is_reported(tmp_path: Path, wheels: Path) -> None:
    from stackguard.bundle import metadata

    lock = [wheel(wheels, "alpha", files={"alpha/lib.so": elf(ARM64)})]
    bundle = build(function(tmp_path / "fn", lock, wheels=wheels))

    assert metadata.read(bundle.folder, metadata.Finished).foreign == ("alpha/lib.so is built for arm64",)


@pytest.mark.skipif(os.getuid() != 0, reason="mounts a small disk")
def test_a_full_disk_is_one_line_and_leaves_nothing(
    tmp_path: Path, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", small], check=False).returncode:
        pytest.skip("may not mount")
    try:
        monkeypatch.setenv("STACKGUARD_CACHE_DIR", str(small))
        lock = [wheel(wheels, "alpha", files={"alpha.bin": os.urandom(200_000)})]

        message = refusal(function(tmp_path / "fn", lock, wheels=wheels))

        assert "no space left on device" in message or "the disk is full" in message
        assert list((small / "bundle").iterdir()) == []
    finally:
        subprocess.run(["umount", small], check=True)
