"""What a bundle can do without is reported, and left out on request."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from stackguard.bundle import build, metadata
from stackguard.bundle.config import Overrides
from tests.bundle.functions import function, names, wheel

FILES = {
    "alpha/__init__.py": "",
    "alpha/__init__.pyi": "x" * 10,
    "alpha/include/alpha.h": "x" * 20,
    "alpha/tests/test_alpha.py": "x = 1\n" * 5,
    "alpha/tests/data.bin": "x" * 100,
    "alpha/test/test_more.py": "",
    "alpha/test/__init__.py": "",
    "beta/testing.py": "",
    "beta/test/client.py": "",
    "beta/tests.py": "",
}


@pytest.fixture
def folder(tmp_path: Path, wheels: Path) -> Path:
    lock = [wheel(wheels, "alpha", files=FILES), wheel(wheels, "boto3"), wheel(wheels, "six")]
    return function(tmp_path / "fn", lock, wheels=wheels)


def test_possible_savings_are_reported(folder: Path) -> None:
    savings = metadata.read(build(folder).folder, metadata.Finished).savings

    assert {kind: saving.size for kind, saving in savings.items()}.keys() == {"headers", "runtime", "stubs", "tests"}
    assert (savings["stubs"].size, savings["stubs"].packages) == (10, ("alpha",))
    assert savings["headers"].size == 20
    assert savings["tests"].size == 130
    assert savings["runtime"].packages == ("boto3", "six")


@pytest.mark.parametrize(
    ("kind", "gone"),
    [
        ("stubs", {"alpha/__init__.pyi"}),
        ("headers", {"alpha/include/alpha.h"}),
        (
            "tests",
            {"alpha/tests/test_alpha.py", "alpha/tests/data.bin", "alpha/test/test_more.py", "alpha/test/__init__.py"},
        ),
    ],
)
def test_what_is_stripped_is_gone_from_archive_and_record(folder: Path, kind: str, gone: set[str]) -> None:
    full, stripped = build(folder), build(folder, Overrides(strip=(kind,)))

    assert set(names(full.archive)) - set(names(stripped.archive)) == gone
    with zipfile.ZipFile(stripped.archive) as packed:
        record = packed.read("alpha-1.0.dist-info/RECORD").decode()
    assert not any(path in record for path in gone)
    assert kind not in metadata.read(stripped.folder, metadata.Finished).savings


def test_what_the_runtime_has_is_left_to_it_as_a_whole(folder: Path) -> None:
    bundle = build(folder, Overrides(strip=("runtime",)))

    assert not any(path.startswith(("boto3", "six")) for path in names(bundle.archive))
    assert metadata.read(bundle.folder, metadata.Finished).stripped == ("boto3", "six")


@pytest.mark.parametrize(
    ("place", "importing"),
    [
        ("alpha/__init__.py", "from alpha.tests import helper\n"),
        ("alpha/__init__.py", "from .tests import helper\n"),
        ("alpha/__init__.py", "from . import core, tests\n"),
        ("alpha/core/deep.py", "from ..tests.helper import run\n"),
        ("alpha_plugin.py", "import alpha.tests.helper\n"),
    ],
)
def test_tests_that_something_imports_are_no_tests(tmp_path: Path, wheels: Path, place: str, importing: str) -> None:
    files = {"alpha/__init__.py": "", "alpha/tests/__init__.py": "", "alpha/tests/helper.py": "", place: importing}
    folder = function(tmp_path / "fn", [wheel(wheels, "alpha", files=files)], wheels=wheels)

    bundle = build(folder, Overrides(strip=("tests",)))

    assert "alpha/tests/helper.py" in names(bundle.archive)
