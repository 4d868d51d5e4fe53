"""The same lock and code are the same bytes, wherever, whenever and by whomever they are bundled."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from stackguard.bundle import build
from tests.bundle.functions import RUNTIME, function, names, wheel

BUILD = "import sys; from stackguard.bundle import build; print(build(sys.argv[1]).folder)"


def built(folder: Path, scratch: Path, umask: int) -> dict[str, bytes]:
    """What another user on another machine would build: own home, own caches, own umask."""
    environment = {
        **os.environ,
        "HOME": str(scratch / "home"),
        "STACKGUARD_CACHE_DIR": str(scratch / "cache"),
        "UV_CACHE_DIR": str(scratch / "uv"),
        "TZ": "Asia/Kathmandu",
        "LC_ALL": "C",
        "SOURCE_DATE_EPOCH": "1700000000",
    }
    completed = subprocess.run(
        [sys.executable, "-c", BUILD, str(folder)],
        env=environment,
        umask=umask,
        cwd=scratch,
        capture_output=True,
        text=True,
        check=True,
    )
    return {file.name: file.read_bytes() for file in Path(completed.stdout.strip()).iterdir()}


@pytest.mark.parametrize("table", [RUNTIME, f"{RUNTIME}\nlayer = true"])
def test_another_folder_clock_umask_and_user_give_the_same_bytes(tmp_path: Path, wheels: Path, table: str) -> None:
    lock = [
        wheel(wheels, "alpha", entry_points="[console_scripts]\nalpha = alpha:run\n", runs=["alpha/tool"], files={
            "alpha/__init__.py": "", "alpha/tool": b"\x7fELF", "alpha/data.json": "{}"
        }),
        wheel(wheels, "beta", tag="cp313-cp313-manylinux_2_28_x86_64"),
    ]  # fmt: skip
    first = function(tmp_path / "here", lock, table=table, wheels=wheels)
    second = function(tmp_path / "elsewhere" / "deeper", lock, table=table, wheels=wheels)
    for path in second.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
        path.chmod(0o700 if path.is_dir() else 0o600)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()

    here, elsewhere = built(first, tmp_path / "one", 0o022), built(second, tmp_path / "two", 0o077)

    assert here == elsewhere
    assert {"orders.zip", "orders.manifest.json", "orders.cdx.json"} <= here.keys()


def test_the_archive_has_dependencies_then_code_each_sorted_and_nothing_of_the_builder(
    tmp_path: Path, wheels: Path
) -> None:
    lock = [
        wheel(
            wheels,
            "alpha",
            files={
                "alpha/__init__.py": "",
                "alpha/__pycache__/__init__.cpython-313.pyc": b"x",
                "alpha/__init__.pyc": b"x",
                "alpha/bare.pyc": b"x",
                "alpha/tool": "#!/bin/sh\n",
                "alpha-1.0.data/scripts/native": b"\x7fELF",
                "alpha-1.0.data/scripts/script": "#!python\n",
                "alpha-1.0.data/data/share/alpha.txt": "data",
            },
            entry_points="[console_scripts]\nalpha = alpha:run\n",
            runs=["alpha/tool"],
        )
    ]
    bundle = build(function(tmp_path / "fn", lock, wheels=wheels))

    assert names(bundle.archive) == [
        "alpha-1.0.dist-info/METADATA",
        "alpha-1.0.dist-info/RECORD",
        "alpha-1.0.dist-info/WHEEL",
        "alpha-1.0.dist-info/entry_points.txt",
        "alpha/__init__.py",
        "alpha/bare.pyc",
        "alpha/tool",
        "bin/native",
        "share/alpha.txt",
        "app/__init__.py",
        "app/main.py",
    ]
    with zipfile.ZipFile(bundle.archive) as packed:
        entries = packed.infolist()
        record = packed.read("alpha-1.0.dist-info/RECORD").decode().splitlines()
    assert {member.date_time for member in entries} == {(1980, 1, 1, 0, 0, 0)}
    modes = {member.filename: stat.S_IMODE(member.external_attr >> 16) for member in entries}
    assert modes.pop("bin/native") == modes.pop("alpha/tool") == 0o755
    assert set(modes.values()) == {0o644}
    recorded = {line.partition(",")[0] for line in record}
    assert recorded == {path for path in names(bundle.archive) if not path.startswith("app/")}


def test_a_file_that_two_packages_install_is_the_last_ones(tmp_path: Path, wheels: Path) -> None:
    lock = [wheel(wheels, name, files={"shared.py": name, f"{name}.py": ""}) for name in ("alpha", "beta", "gamma")]
    bundle = build(function(tmp_path / "fn", lock, wheels=wheels))

    with zipfile.ZipFile(bundle.archive) as packed:
        assert packed.read("shared.py") == b"gamma"
    assert names(bundle.archive).count("shared.py") == 1


def test_the_manifest_lists_the_contents_of_the_archive(tmp_path: Path, wheels: Path) -> None:
    lock = [wheel(wheels, "alpha")]
    folder = function(tmp_path / "fn", lock, wheels=wheels)
    bundle = build(folder)
    manifest = json.loads((bundle.folder / "orders.manifest.json").read_text())
    artifact = manifest["artifacts"][0]

    assert manifest["version"] == 1
    assert manifest["target"] == {"runtime": "python3.13", "architecture": "x86_64"}
    assert manifest["lock"]["sha256"] == hashlib.sha256((folder / "requirements.lock").read_bytes()).hexdigest()
    assert artifact["sha256"] == hashlib.sha256(bundle.archive.read_bytes()).hexdigest()
    with zipfile.ZipFile(bundle.archive) as packed:
        files = {
            name: {"sha256": hashlib.sha256(packed.read(name)).hexdigest(), "size": packed.getinfo(name).file_size}
            for name in packed.namelist()
        }
    assert artifact["files"] == files
    assert artifact["unzipped"] == sum(file["size"] for file in files.values()) == manifest["unzipped"]
    assert artifact["zipped"] == bundle.archive.stat().st_size


def test_the_bill_of_materials_names_each_package_and_what_requires_it(tmp_path: Path, wheels: Path) -> None:
    lock = [
        wheel(wheels, "alpha", requires=["beta"]),
        wheel(wheels, "beta", metadata="License: Some licence of ours\n"),
    ]
    bundle = build(function(tmp_path / "fn", lock, ["alpha"], wheels=wheels))
    bill = json.loads((bundle.folder / "orders.cdx.json").read_text())
    components = {component["name"]: component for component in bill["components"]}

    assert bill["bomFormat"] == "CycloneDX"
    assert bill["serialNumber"].startswith("urn:uuid:")
    assert "timestamp" not in bill["metadata"]
    assert components["alpha"]["purl"] == "pkg:pypi/alpha@1.0"
    assert components["alpha"]["hashes"] == [{"alg": "SHA-256", "content": lock[0].rpartition(":")[2]}]
    assert components["alpha"]["licenses"] == [{"license": {"id": "MIT"}}]
    assert components["beta"]["licenses"] == [{"license": {"name": "Some licence of ours"}}]
    edges = {dependency["ref"]: dependency.get("dependsOn", []) for dependency in bill["dependencies"]}
    assert edges["function"] == ["pkg:pypi/alpha@1.0"]
    assert edges["pkg:pypi/alpha@1.0"] == ["pkg:pypi/beta@1.0"]


def test_a_layer_contains_the_dependencies_and_does_not_change_with_the_code(tmp_path: Path, wheels: Path) -> None:
    folder = function(tmp_path / "fn", [wheel(wheels, "alpha")], table=f"{RUNTIME}\nlayer = true", wheels=wheels)
    before = build(folder)
    (folder / "app" / "main.py").write_text("def handler(event, context): return 1\n")
    after = build(folder)

    assert before.layer
    assert after.layer
    assert before.layer.read_bytes() == after.layer.read_bytes()
    assert before.archive.read_bytes() != after.archive.read_bytes()
    assert "python/alpha/__init__.py" in names(after.layer)
    assert names(after.archive) == ["app/__init__.py", "app/main.py"]
