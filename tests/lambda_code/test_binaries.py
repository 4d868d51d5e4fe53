"""What a file was built for, by its first bytes, its name and its wheel's tags."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policypack.lambda_code.binaries import Target, mismatch, wheel_mismatch
from tests.compiled import ARM64, MACH_O, WINDOWS, X86, X86_64, elf, wheel

INTEL = Target("python3.13")
ARM = Target("python3.13", "arm64")
OLD = Target("python3.11")
NODE = Target("nodejs22.x", "arm64")


@pytest.mark.parametrize(
    ("name", "head", "target", "reason"),
    [
        ("numpy/core/_umath.so", elf(ARM64), INTEL, "built for arm64"),
        ("bootstrap", elf(X86_64, kind=2), Target("provided.al2023", "arm64"), "built for x86_64"),
        ("libz.so.1", elf(X86, bits=32), INTEL, "built for 32-bit x86"),
        ("libz.so.1", elf(X86_64, bits=32), INTEL, "built for 32-bit x86_64"),
        ("libz.so.1", elf(22, order=">"), INTEL, "built for s390x"),
        ("node_modules/sharp/sharp.node", MACH_O, NODE, "built for macOS"),
        ("libz.dylib", bytes.fromhex("cafebabe00000002") + bytes(56), INTEL, "built for macOS"),
        ("_cffi.cp313-win_amd64.pyd", WINDOWS, INTEL, "built for Windows"),
        ("addon.node", WINDOWS, NODE, "built for Windows"),
        # the name tells, whatever the bytes
        ("a/_json.cpython-313-aarch64-linux-gnu.so", b"", INTEL, "built for arm64"),
        ("a/_json.cpython-313-x86_64-linux-gnu.so", elf(), ARM, "built for x86_64"),
        ("a/_json.cpython-312-x86_64-linux-gnu.so", elf(), INTEL, "built for Python 3.12"),
        ("a/_json.cpython-39-x86_64-linux-gnu.so", elf(), INTEL, "built for Python 3.9"),
        ("a/_json.cpython-313t-x86_64-linux-gnu.so", elf(), INTEL, "built for free-threaded Python"),
        ("a/_json.cpython-313-x86_64-linux-musl.so", elf(), INTEL, "built for musl, and Lambda has glibc"),
        ("a/_json.cpython-312-darwin.so", MACH_O, INTEL, "built for macOS"),
        ("a/_json.cpython-313-darwin.so", b"", INTEL, "built for macOS"),
        ("a/_json.cp312-win_amd64.pyd", b"", INTEL, "built for Windows"),
        ("a/_json.pypy310-pp73-x86_64-linux-gnu.so", elf(), INTEL, "built for PyPy"),
    ],
)
def test_the_platform_of_a_foreign_file(name: str, head: bytes, target: Target, reason: str) -> None:
    assert mismatch(name, head, target) == reason


@pytest.mark.parametrize(
    ("name", "head", "target"),
    [
        ("a/_json.cpython-313-x86_64-linux-gnu.so", elf(), INTEL),
        ("a/_json.cpython-313-aarch64-linux-gnu.so", elf(ARM64), ARM),
        ("cryptography/_rust.abi3.so", elf(), INTEL),
        ("a/_json.so", elf(), INTEL),
        ("a/_json.cpython-312-x86_64-linux-gnu.so", elf(), Target("provided.al2023")),
        ("program.o", elf(ARM64, kind=1), INTEL),
        ("filter.bpf", elf(247), INTEL),
        ("launcher.exe", WINDOWS, INTEL),
        ("Newtonsoft.Json.dll", WINDOWS, Target("dotnet8")),
        ("Handler.class", bytes.fromhex("cafebabe00000041") + bytes(56), Target("java21")),
        ("handler.py", b"import os\n", INTEL),
        ("empty.so", b"", INTEL),
        ("cut.so", elf(ARM64)[:19], INTEL),
        ("archive.so", b"PK\x03\x04", INTEL),
    ],
)
def test_what_fits_and_what_is_no_compiled_code(name: str, head: bytes, target: Target) -> None:
    assert mismatch(name, head, target) is None


@pytest.mark.parametrize(
    ("tags", "target", "reason"),
    [
        (["cp313-cp313-macosx_11_0_arm64"], ARM, "built for macOS"),
        (["cp313-cp313-win_amd64"], INTEL, "built for Windows"),
        (["cp313-cp313-musllinux_1_2_x86_64"], INTEL, "built for musl, and Lambda has glibc"),
        (["cp313-cp313-manylinux_2_17_aarch64", "cp313-cp313-manylinux2014_aarch64"], INTEL, "built for arm64"),
        (["cp313-cp313-manylinux2014_i686"], INTEL, "built for i686"),
        (["cp312-cp312-manylinux_2_17_x86_64"], INTEL, "built for Python 3.12"),
        (["cp313-cp313t-manylinux_2_17_x86_64"], INTEL, "built for free-threaded Python"),
        (["cp314-abi3-manylinux_2_17_x86_64"], INTEL, "built for Python 3.14 or newer"),
        (["cp311-cp311-manylinux_2_28_x86_64"], OLD, "built for glibc 2.28, and `python3.11` has 2.26"),
        (["cp313-cp313-manylinux_2_39_x86_64"], INTEL, "built for glibc 2.39, and `python3.13` has 2.34"),
        (
            ["pp310-pypy310_pp73-manylinux_2_17_x86_64"],
            INTEL,
            "built for `pp310`, which is another Python than Lambda's",
        ),
        (["py2-none-any"], INTEL, "built for Python 2"),
        (["cp312-none-any"], INTEL, "built for Python 3.12"),
        (["py3-none-android_24_arm64_v8a"], ARM, "built for `android_24_arm64_v8a`"),
    ],
)
def test_a_wheel_that_does_not_fit(tags: list[str], target: Target, reason: str) -> None:
    assert wheel_mismatch(wheel(*tags), target) == reason


@pytest.mark.parametrize(
    ("tags", "target"),
    [
        (["py3-none-any"], INTEL),
        (["py2.py3-none-any"], ARM),
        (["py2-none-any", "py3-none-any"], ARM),
        (["py39-none-any"], INTEL),
        (["cp37-abi3-manylinux_2_34_x86_64"], INTEL),
        (["cp313-cp313-manylinux_2_17_x86_64.manylinux2014_x86_64"], INTEL),
        (["cp313-cp313-manylinux_2_28_x86_64", "cp313-cp313-manylinux_2_34_x86_64"], INTEL),
        (["cp311-cp311-manylinux_2_28_x86_64", "cp311-cp311-manylinux2014_x86_64"], OLD),
        (["cp313-cp313-linux_aarch64"], ARM),
        (["py3-none-manylinux1_x86_64"], INTEL),
        (["cp312-cp312-win_amd64"], NODE),
        ([], INTEL),
        (["nonsense", "a-b", "py3-none-any-more-parts"], INTEL),
    ],
)
def test_a_wheel_that_fits(tags: list[str], target: Target) -> None:
    assert wheel_mismatch(wheel(*tags), target) is None


MAGICS = st.sampled_from([b"\x7fELF", MACH_O[:4], b"\xca\xfe\xba\xbe", b"MZ", b"", elf(), elf(ARM64)])
RUNTIMES = st.sampled_from(["python3.9", "python3.13", "python", "nodejs22.x", "provided.al2", ""]) | st.text(
    max_size=12
)
NAMES = st.text(max_size=40) | st.from_regex(r"[a-z]+\.(cpython-|cp|pypy)[0-9]{0,6}[a-z]{0,2}(-[a-z0-9_-]*)?\.(so|pyd)")


@given(NAMES, MAGICS, st.binary(max_size=64), RUNTIMES, st.sampled_from(["x86_64", "arm64", "", "mips"]))
def test_no_file_is_too_strange(name: str, magic: bytes, rest: bytes, runtime: str, architecture: str) -> None:
    reason = mismatch(name, magic + rest, Target(runtime, architecture))
    assert reason is None or reason.startswith("built for ")


@given(st.text() | st.from_regex(r"(Tag: [a-z0-9_.]{0,20}-[a-z0-9_.]{0,20}-[a-z0-9_.]{0,30}\n)*"), RUNTIMES)
def test_no_metadata_is_too_strange(metadata: str, runtime: str) -> None:
    reason = wheel_mismatch(metadata, Target(runtime))
    assert reason is None or reason.startswith("built for ")


@given(st.sampled_from([X86_64, ARM64]), st.integers(7, 20), st.sampled_from(["tagged", "untagged"]))
def test_what_is_built_for_the_target_fits(machine: int, minor: int, name_is: str) -> None:
    architecture, word = {X86_64: ("x86_64", "x86_64"), ARM64: ("arm64", "aarch64")}[machine]
    target = Target(f"python3.{minor}", architecture)
    name = f"_m.cpython-3{minor}-{word}-linux-gnu.so" if name_is == "tagged" else "_m.so"
    other = Target(target.runtime, {"x86_64": "arm64", "arm64": "x86_64"}[architecture])
    assert mismatch(name, elf(machine), target) is None
    assert mismatch(name, elf(machine), other) == f"built for {architecture}"
    tag = f"cp3{minor}-cp3{minor}-manylinux_2_17_{word}"
    assert wheel_mismatch(wheel(tag), target) is None
    assert wheel_mismatch(wheel(tag), other) == f"built for {architecture}"
