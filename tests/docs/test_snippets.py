"""Every command and every snippet of the documentation runs, or its page says why it cannot."""

from __future__ import annotations

import configparser
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml
from syrupy.assertion import SnapshotAssertion

from policypack.evaluation import waiver_file
from policypack.evaluation.settings.model import NAMES, STRUCTURE
from policypack.evaluation.settings.parsing import layer
from stackguard import cli
from tests.docs.snippets import PAGES, ROOT, RUN, Block, blocks

pytestmark = pytest.mark.outside

FILES = Path(__file__).with_name("files")
PLAIN = re.compile(r"stackguard(?: [\w./=:,'-]+)*")
"""A command without a pipe or a redirection."""
FORKS = {"init", "--all-stacks", "--policies", "--settings"}
"""What makes a command fork, or may: it gets a process of its own."""
WITH_BLOCKS = [page for page in PAGES if any(block.language in RUN for block in blocks(page))]

BUILDS_ON = {"README.md": "write-policies.md", "pytest.md": "write-policies.md"}
"""By page, the page whose Python files it presumes."""


@pytest.fixture
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A repository as the pages presume it: programs, an export, a function, a pack beside it."""
    shutil.copytree(FILES, tmp_path, dirs_exist_ok=True)
    for folder in ("stack", "lambda_fn"):
        shutil.copytree(ROOT / folder, tmp_path / "work" / folder, ignore=shutil.ignore_patterns("__pycache__", "dist"))
    (tmp_path / "work/.venv").symlink_to(sys.prefix)
    monkeypatch.chdir(tmp_path / "work")
    scripts = Path(sys.executable).parent
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{scripts}:{os.environ['PATH']}")
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p stackguard.pytest_plugin -p no:cacheprovider")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


@pytest.mark.parametrize("page", WITH_BLOCKS, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_what_a_page_shows_works(page: Path, sandbox: None, capfd: pytest.CaptureFixture[str]) -> None:
    if page.name in BUILDS_ON:
        write(block for block in blocks(ROOT / "docs" / BUILDS_ON[page.name]) if block.file.endswith(".py"))
    for block in blocks(page):
        if block.reason or block.language not in RUN:
            continue
        write([block])
        place = f"{block.page}:{block.line}"
        if block.language == "sh":
            for command, code in block.commands():
                assert run(command) == code, f"{place}: {command}\n{''.join(capfd.readouterr())}"
        else:
            check(block, place)


def write(shown: Iterable[Block]) -> None:
    """Write the blocks that are files."""
    for block in shown:
        if block.file:
            Path(block.file).parent.mkdir(parents=True, exist_ok=True)
            Path(block.file).write_text(block.text, encoding="utf-8")


def run(command: str) -> int:
    """The exit code of a command line."""
    command = command.partition("  #")[0].strip()
    arguments = command.split()[1:]
    if PLAIN.fullmatch(command) and FORKS.isdisjoint(arguments):
        return cli.main(arguments)
    script = f'stackguard() {{ "{sys.executable}" -m stackguard "$@"; }}\nset -o pipefail\n{command}'
    return subprocess.run(["bash", "-c", script], check=False).returncode


def check(block: Block, place: str) -> None:
    """Validate what is not a command."""
    match block.language:
        case "python":
            code = compile(block.text, place, "exec")
            if not block.file:
                exec(code, {"__name__": "snippet"})
        case "json":
            json.loads(block.text)
        case "toml":
            tomllib.loads(block.text)
        case "ini":
            configparser.ConfigParser().read_string(block.text)
        case _:
            _check_yaml(yaml.safe_load(block.text), Path(block.file), place)


def _check_yaml(document: Any, file: Path, place: str) -> None:
    if file.name == "stackguard.yaml" or (not file.name and set(document) <= {*NAMES, *STRUCTURE}):
        layer(document, lambda _: place, central="programs" in document)
    elif file.name == "stackguard-waivers.yaml":
        waiver_file.read(Path(file))
    elif not file.name:
        assert set(document) <= {"functions", "stacks"}, f"{place}: neither settings nor a mock file; name the file"


def test_a_block_that_is_not_run_is_counted(snapshot: SnapshotAssertion) -> None:
    reasons = [
        f"{block.page}: {block.language}: {block.reason}" for page in PAGES for block in blocks(page) if block.reason
    ]
    assert "\n".join(reasons) == snapshot


def test_a_language_is_named() -> None:
    unnamed = [f"{block.page}:{block.line}" for page in PAGES for block in blocks(page) if not block.language]
    assert unnamed == []
