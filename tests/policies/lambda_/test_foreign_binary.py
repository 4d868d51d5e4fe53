from __future__ import annotations

import shutil
import sys
import sysconfig
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policypack.core.examples import HANDLER, texts
from policypack.core.policy import UNKNOWN, Asset
from policypack.lambda_code.archive import opened
from policypack.lambda_code.binaries import Target
from policypack.lambda_code.platform_mismatch import foreign_files
from policypack.policies.lambda_.foreign_binary import POLICY
from tests.compiled import ARM64, MACH_O, WINDOWS, elf, wheel
from tests.policies.helpers import messages, outcomes, silent, undecided, undecided_with, violations
from tests.policies.packages import ELSEWHERE, READ_ELSEWHERE, UNREADABLE, function, layer, with_layers, zipped


def native(tmp_path: Path, files: dict[str, bytes]) -> Asset:
    return zipped(tmp_path / f"{len(list(tmp_path.iterdir()))}.zip", {"index.py": HANDLER.encode(), **files})


def wheels(*tags: str) -> bytes:
    return wheel(*tags).encode()


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            {"numpy/_a.so": elf(ARM64), "numpy/_b.so": elf(ARM64), "numpy/_c.so": elf(ARM64)},
            "contains `numpy/_a.so` and 2 more, built for arm64; the function runs `python3.13` on x86_64",
        ),
        (
            {"numpy/_a.cpython-312-x86_64-linux-gnu.so": elf()},
            "contains `numpy/_a.cpython-312-x86_64-linux-gnu.so`, built for Python 3.12; the function runs",
        ),
        ({"numpy/_a.cpython-313-darwin.so": MACH_O}, "built for macOS"),
        ({"numpy/_a.cp313-win_amd64.pyd": WINDOWS}, "built for Windows"),
        ({"bin/tool": elf(ARM64, kind=2)}, "contains `bin/tool`, built for arm64"),
        ({"numpy.libs/libgfortran.so.5.0.0": elf(ARM64)}, "built for arm64"),
        # a sound neighbour is no counterpart
        ({"a/_a.so": elf(), "a/_b.so": elf(ARM64)}, "contains `a/_b.so`, built for arm64"),
        ({"a/_a.cpython-313-x86_64-linux-gnu.so": elf(), "b/_a.so": elf(ARM64)}, "contains `b/_a.so`"),
    ],
)
def test_code_for_another_machine(files: dict[str, bytes], message: str, tmp_path: Path) -> None:
    run = function(native(tmp_path, files))
    assert violations(POLICY, run) == ["code"]
    assert message in messages(POLICY, run)[0]


def test_each_reason_is_reported_once(tmp_path: Path) -> None:
    run = function(native(tmp_path, {"a.so": elf(ARM64), "b.so": MACH_O, "c.so": elf(ARM64)}))
    assert [message.partition(";")[0] for message in messages(POLICY, run)] == [
        "contains `a.so` and 1 more, built for arm64",
        "contains `b.so`, built for macOS",
    ]


@pytest.mark.parametrize(
    ("runtime", "architecture", "files"),
    [
        ("python3.13", None, {"numpy/_a.cpython-313-x86_64-linux-gnu.so": elf(), "lib/libz.so.1": elf()}),
        ("python3.13", ["arm64"], {"numpy/_a.abi3.so": elf(ARM64), "bin/tool": elf(ARM64)}),
        ("python3.13", None, {"a-1.dist-info/WHEEL": wheels("py3-none-any"), "LICENSE": b"MIT"}),
        # a package for several machines takes the right one
        (
            "nodejs22.x",
            None,
            {
                "node_modules/@esbuild/linux-x64/bin/esbuild": elf(),
                "node_modules/@esbuild/linux-arm64/bin/esbuild": elf(ARM64),
                "node_modules/@esbuild/darwin-arm64/bin/esbuild": MACH_O,
                "node_modules/bufferutil/prebuilds/linux-x64/bufferutil.node": elf(),
                "node_modules/bufferutil/prebuilds/win32-x64/bufferutil.node": WINDOWS,
            },
        ),
        ("python3.13", None, {"d/attach_linux_amd64.so": elf(), "d/attach_x86_64.dylib": MACH_O, "d/run.exe": WINDOWS}),
        ("python3.13", None, {"a/_a.cpython-313-x86_64-linux-gnu.so": elf(), "a/_a.cpython-312-darwin.so": MACH_O}),
        ("provided.al2023", ["arm64"], {"bootstrap": elf(ARM64, kind=2)}),
        ("dotnet8", None, {"Orders.dll": WINDOWS}),
        ("nodejs22.x", None, {"a-1.dist-info/WHEEL": wheels("cp313-cp313-win_amd64")}),
    ],
)
def test_code_for_this_machine(
    runtime: str, architecture: list[str] | None, files: dict[str, bytes], tmp_path: Path
) -> None:
    run = function(native(tmp_path, files), runtime=runtime, architectures=architecture)
    assert outcomes(POLICY, run) == []


def test_one_machine_of_several_is_not_enough_if_it_is_another(tmp_path: Path) -> None:
    files = {"node_modules/@esbuild/darwin-arm64/bin/esbuild": MACH_O, "node_modules/esbuild/bin/esbuild": b"#!/usr"}
    run = function(native(tmp_path, files), runtime="nodejs22.x")
    assert "contains `node_modules/@esbuild/darwin-arm64/bin/esbuild`, built for macOS" in messages(POLICY, run)[0]


def test_layers_of_the_stack_are_judged_with_the_function(tmp_path: Path) -> None:
    sound = function(texts({"index.py": HANDLER}), architectures=["arm64"])
    deps = layer(zipped(tmp_path / "layer.zip", {"python/numpy/_a.so": elf()}))
    for known in (True, False):
        stack = with_layers(sound, deps, known=known)
        assert violations(POLICY, *stack) == ["layers"]
        assert messages(POLICY, *stack) == [
            "has the layer `deps`, which contains `python/numpy/_a.so`, built for x86_64; the function runs `python3.13` on arm64"
        ]
    assert outcomes(POLICY, *with_layers(function(texts({"index.py": HANDLER})), deps)) == []
    in_a_bucket = function(None, s3Bucket="code", s3Key="read.zip", architectures=["arm64"])
    assert violations(POLICY, *with_layers(in_a_bucket, deps)) == ["layers"]


def test_what_a_layer_has_for_other_versions_of_python_is_not_loaded(tmp_path: Path) -> None:
    both = {f"python/lib/python3.{n}/site-packages/_a.cpython-3{n}-x86_64-linux-gnu.so": elf() for n in (12, 13)}
    deps = layer(zipped(tmp_path / "layer.zip", both))
    assert outcomes(POLICY, *with_layers(function(texts({})), deps)) == []


@pytest.mark.parametrize(
    ("declared", "part"),
    [
        ({"compatibleArchitectures": ["arm64"]}, "has the layer `deps`, which is for `arm64`; the function runs"),
        ({"compatibleRuntimes": ["python3.11", "python3.12"]}, "which is for `python3.11`, `python3.12`;"),
        ({"compatibleArchitectures": ["arm64", "x86_64"], "compatibleRuntimes": ["python3.13"]}, None),
        ({"compatibleArchitectures": UNKNOWN, "compatibleRuntimes": [UNKNOWN]}, None),
        ({"compatibleArchitectures": [], "compatibleRuntimes": None}, None),
    ],
)
def test_what_a_layer_declares(declared: dict[str, object], part: str | None) -> None:
    stack = with_layers(function(texts({})), layer(texts({"python/a.py": ""}), **declared))
    reports = messages(POLICY, *stack)
    assert len(reports) == (1 if part else 0)
    assert not part or part in reports[0]


test_what_is_not_known_is_undecided = undecided_with(
    POLICY,
    (function(texts({}), runtime=UNKNOWN), "runtime", "known only after the update"),
    (function(texts({}), architectures=UNKNOWN), "architectures", "known only after the update"),
    (function(texts({}), architectures=[UNKNOWN]), "architectures", "known only after the update"),
    *UNREADABLE,
)


def test_a_layer_that_cannot_be_read_is_undecided() -> None:
    stack = with_layers(function(texts({})), layer(Asset(path="/nowhere.zip", archive=True)))
    assert undecided(POLICY, *stack) == ["layers"]
    assert (
        "has the layer `deps`, whose `code` is packaged from a path that is not" in outcomes(POLICY, *stack)[0].message
    )


test_a_function_without_readable_code_is_not_judged = silent(
    POLICY,
    function(None, s3Bucket="code", s3Key="read.zip", architectures=UNKNOWN),
    *READ_ELSEWHERE,
    function(texts({}), layers=[ELSEWHERE]),
    function(texts({}), runtime=None),
)


def test_packages_that_are_installed_here_are_for_here(tmp_path: Path) -> None:
    """Real wheels: none of what pip installed for this machine is foreign to it."""
    site = Path(sysconfig.get_path("platlib"))
    for name in ("msgspec", "yaml", "cryptography", "rpds"):
        if (site / name).is_dir():
            shutil.copytree(site / name, tmp_path / name)
    assert any(file.suffix == ".so" for file in tmp_path.rglob("*"))
    runtime = f"python{sys.version_info.major}.{sys.version_info.minor}"
    machine = {"aarch64": "arm64"}.get(sysconfig.get_platform().rpartition("-")[2], "x86_64")
    archive = opened(Asset(path=str(tmp_path), archive=True))
    assert list(foreign_files(archive, Target(runtime, machine))) == []
    other = Target(runtime, {"arm64": "x86_64", "x86_64": "arm64"}[machine])
    assert {reason for _, reason in foreign_files(archive, other)} == {f"built for {machine}"}


@given(
    st.dictionaries(st.text(st.characters(codec="utf-8"), min_size=1, max_size=30), st.text(max_size=80), max_size=6),
    st.sampled_from(["python3.13", "nodejs22.x", ""]),
)
def test_no_archive_is_too_strange(files: dict[str, str], runtime: str) -> None:
    members = files | {f"{name}.dist-info/WHEEL": text for name, text in files.items()}
    outcomes(POLICY, function(texts(members), runtime=runtime))
