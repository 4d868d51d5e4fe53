"""What `[tool.stackguard.bundle]` takes, and the message for each mistake."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from stackguard.bundle import CannotBundle
from stackguard.bundle.config import Overrides, read
from tests.bundle.functions import RUNTIME, function


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ('runtme = "python3.13"', "has no key `runtme`; did you mean `runtime`?"),
        (f"{RUNTIME}\nfrom_source = []", "has no key `from_source`; did you mean `from-source`?"),
        (f"{RUNTIME}\nzzz = 1", "has no key `zzz`; the keys are runtime, architecture, "),
        ('runtime = "python3.31"', "`runtime` below `[tool.stackguard.bundle]` is one of python3.10, "),
        ('runtime = "Python3.13"', 'did you mean "python3.13" instead of "Python3.13"?'),
        (f'{RUNTIME}\narchitecture = "aarch64"', 'did you mean "arm64" instead of "aarch64"?'),
        (f'{RUNTIME}\nstrip = ["test"]', 'did you mean "tests" instead of "test"?'),
        (f'{RUNTIME}\nbefore = "make"', "`before` below `[tool.stackguard.bundle]` is a list of commands"),
        (f"{RUNTIME}\nlayer = 1", "`layer` below `[tool.stackguard.bundle]` is true or false"),
        ("", 'add `runtime = "python3.13"` below `[tool.stackguard.bundle]`'),
        ("= 1", "is not valid TOML"),
    ],
)
def test_a_mistake_is_reported_with_file_key_and_fix(tmp_path: Path, table: str, message: str) -> None:
    folder = function(tmp_path / "fn", table=table)

    with pytest.raises(CannotBundle) as refused:
        read(folder)

    assert message in refused.value.message
    assert f"`{folder / 'pyproject.toml'}`" in refused.value.message
    assert "\n" not in refused.value.message


def test_a_folder_without_a_project_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotBundle, match=r"has no `pyproject.toml`; give a function.s folder"):
        read(tmp_path)


def test_dynamic_dependencies_are_refused(tmp_path: Path) -> None:
    folder = function(tmp_path / "fn")
    file = folder / "pyproject.toml"
    file.write_text(file.read_text().replace("dependencies = []", 'dynamic = ["dependencies"]'))

    with pytest.raises(CannotBundle, match="`dependencies` are dynamic"):
        read(folder)


def test_options_go_before_the_table(tmp_path: Path) -> None:
    table = f'{RUNTIME}\narchitecture = "arm64"\nstrip = ["tests"]\nfrom-source = ["Doc_Opt"]'
    folder = function(tmp_path / "fn", table=table)

    plain = read(folder)
    changed = read(folder, Overrides("python3.12", "x86_64", ("stubs",), ("other",), layer=True))

    assert (plain.target.runtime, plain.target.architecture) == ("python3.13", "arm64")
    assert (changed.target.runtime, changed.target.architecture) == ("python3.12", "x86_64")
    assert changed.table.strip == ("stubs", "tests")
    assert changed.table.from_source == ("doc-opt", "other")
    assert changed.table.layer
    with pytest.raises(CannotBundle, match="`--runtime` is one of python3"):
        read(folder, Overrides("python2.7"))


@pytest.mark.parametrize(
    "line", ["requires-python = 5", "dynamic = 5", "[tool.uv]\nindex = 5", "[tool.uv]\nindex = ['x']"]
)
def test_a_value_of_another_kind_is_no_crash(tmp_path: Path, line: str) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[project]\nname = 'f'\n{line}\n[tool.stackguard.bundle]\n{RUNTIME}\n")
    with contextlib.suppress(CannotBundle):
        assert read(tmp_path).indexes == ()
