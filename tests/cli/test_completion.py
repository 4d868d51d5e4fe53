"""A shell completes commands, ids, stacks and formats."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from policypack.policies import POLICIES

STACKGUARD = [sys.executable, "-m", "stackguard"]


def completed(folder: Path, line: str) -> list[str]:
    """What bash shows for a line that ends where the cursor is."""
    words = shlex.split(line)
    if line.endswith(" "):
        words.append("")
    environment = {
        "_STACKGUARD_COMPLETE": "bash_complete",
        "COMP_WORDS": shlex.join(words[:-1]) + f" {words[-1]}",
        "COMP_CWORD": str(len(words) - 1),
        "PYTHONPATH": str(Path.cwd()),
        "PATH": "/usr/bin:/bin",
    }
    done = subprocess.run(STACKGUARD, env=environment, cwd=folder, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return [line.partition(",")[2] for line in done.stdout.split()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for project, stacks in {"web": ("dev", "prod-eu", "prod-us"), "data": ("staging",)}.items():
        (tmp_path / project).mkdir()
        (tmp_path / project / "Pulumi.yaml").write_text(f"name: {project}\nruntime: python\n")
        for stack in stacks:
            (tmp_path / project / f"Pulumi.{stack}.yaml").touch()
    return tmp_path


def test_commands_and_formats(folder: Path) -> None:
    assert completed(folder, "stackguard ba") == ["baseline"]
    assert {"text", "json", "sarif"} <= set(completed(folder, "stackguard check --format "))
    assert completed(folder, "stackguard completion f") == ["fish"]


@pytest.mark.parametrize("command", ["explain", "check --policy"])
def test_ids_of_policies(folder: Path, command: str) -> None:
    expected = [policy.id for policy in POLICIES if policy.id.startswith("s3-")]
    assert completed(folder, f"stackguard {command} s3-") == expected


def test_stacks_of_the_project(folder: Path) -> None:
    assert completed(folder, "stackguard check web --stack ") == ["dev", "prod-eu", "prod-us"]
    assert completed(folder / "web", "stackguard baseline --stack prod") == ["prod-eu", "prod-us"]
    assert completed(folder / "web", "stackguard access public ../data --stack ") == ["staging"]
    assert completed(folder, "stackguard check --stack ") == []  # no project is here
    (folder / "web" / "Pulumi.yaml").write_text("{")
    assert completed(folder, "stackguard check web --stack ") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_the_shells(folder: Path, shell: str) -> None:
    done = subprocess.run(
        [*STACKGUARD, "completion", shell], cwd=Path.cwd(), capture_output=True, text=True, check=True
    )
    assert f"_STACKGUARD_COMPLETE={shell}_complete" in done.stdout
    if shell == "bash":
        subprocess.run(["bash", "-n"], input=done.stdout, text=True, check=True)
