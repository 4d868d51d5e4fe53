"""Real packages, pure and native, from a real index: the lock is made by uv, and the handler imports."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from stackguard.bundle import Bundle, build
from stackguard.bundle.install.index_config import environment
from tests.bundle.functions import function, names

HERE = f"python{sys.version_info.major}.{sys.version_info.minor}"
NATIVE = "x86_64" if platform.machine() in {"x86_64", "AMD64"} else "arm64"
CODE = """
from markupsafe import _speedups, escape
from typing_extensions import override

def handler(event, context):
    return str(escape(event))
"""
RUN = "import sys; sys.path.insert(0, sys.argv[1]); import app; print(app.handler('<&>', None), sys.modules['markupsafe'].__file__)"


@pytest.fixture(autouse=True)
def shared_uv_cache(caches: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UV_CACHE_DIR")  # what was downloaded once is not downloaded again


def uv(*arguments: str, folder: Path) -> None:
    from uv import find_uv_bin

    result = subprocess.run(
        [find_uv_bin(), *arguments],
        cwd=folder,
        env=environment(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr


def bundled(folder: Path, runtime: str, architecture: str, *, project: bool = False) -> Bundle:
    table = f'runtime = "{runtime}"\narchitecture = "{architecture}"\nhandler = "app.handler"'
    dependencies = ["markupsafe", "typing-extensions", "colorama; sys_platform == 'win32'"]
    function(folder, None, dependencies, table=table, files={"app.py": CODE})
    if project:
        file = folder / "pyproject.toml"
        file.write_text(f"{file.read_text()}\n[dependency-groups]\ndev = ['iniconfig']\n")
        uv("lock", "--quiet", "--python", sys.executable, folder=folder)
    else:
        options = ("-q", "--universal", "--generate-hashes", "pyproject.toml", "-o", "requirements.lock")
        uv("pip", "compile", *options, folder=folder)
    return build(folder)


@pytest.mark.parametrize("lock", ["requirements.lock", "uv.lock"])
def test_the_handler_runs_from_what_is_in_the_archive(tmp_path: Path, lock: str) -> None:
    bundle = bundled(tmp_path / "fn", HERE, NATIVE, project=lock == "uv.lock")
    zipfile.ZipFile(bundle.archive).extractall(tmp_path / "out")

    result = subprocess.run(
        [sys.executable, "-I", "-S", "-c", RUN, str(tmp_path / "out")], capture_output=True, text=True, check=False
    )

    assert result.stdout.split() == ["&lt;&amp;&gt;", str(tmp_path / "out" / "markupsafe" / "__init__.py")], (
        result.stderr
    )
    assert not any(path.startswith(("colorama", "iniconfig")) for path in names(bundle.archive))


def test_native_code_is_for_the_target(tmp_path: Path) -> None:
    bundle = bundled(tmp_path / "fn", "python3.13", "arm64")

    assert "markupsafe/_speedups.cpython-313-aarch64-linux-gnu.so" in names(bundle.archive)


def test_a_function_in_a_workspace_has_the_lock_of_the_workspace(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "all"\nversion = "1"\nrequires-python = ">=3.11"\n[tool.uv]\npackage = false\n'
        '[tool.uv.workspace]\nmembers = ["fn"]\n'
    )
    folder = function(tmp_path / "fn", None, ["typing-extensions"], files={"app.py": CODE})
    file = folder / "pyproject.toml"
    file.write_text(file.read_text().replace('version = "1.0"', 'version = "1.0"\nrequires-python = ">=3.11"'))
    uv("lock", "--quiet", "--python", sys.executable, folder=folder)

    assert "typing_extensions.py" in names(build(folder).archive)
