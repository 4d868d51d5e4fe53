"""Two programs of one project's name, each with its own entries of the baseline and its own heading."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.warm.apart import stackguard

pytestmark = pytest.mark.outside

OPEN = "import pulumi_aws as aws\naws.sqs.Queue('inbox', sqs_managed_sse_enabled=False)\n"
SOUND = "import pulumi_aws as aws\naws.sqs.Queue('inbox')\n"
CHOSEN = ("--policy", "sqs-missing-encryption")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with the program `east`, whose violation is in the baseline."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "stackguard.yaml").write_text("allowedRegions: [eu-west-1]\n")
    (tmp_path / "east").mkdir()
    (tmp_path / "east" / "Pulumi.yaml").write_text("name: till\nruntime: python\n")
    (tmp_path / "east" / "Pulumi.live.yaml").write_text("config:\n  aws:region: eu-west-1\n")
    (tmp_path / "east" / "__main__.py").write_text(OPEN)
    assert "1 violation or unknown value does not block" in accepted(tmp_path)
    return tmp_path


def accepted(root: Path, *options: str) -> str:
    ran = stackguard(root, "baseline", ".", "--all-stacks", *options)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def entries(root: Path) -> list[str]:
    """The folders that the baseline has entries of."""
    lines: dict[str, Any] = json.loads((root / "stackguard-baseline.json").read_text())
    return sorted(entry["folder"] for entry in lines.values() if isinstance(entry, dict) and "policy" in entry)


def codes(root: Path) -> dict[str, int]:
    """The exit code of each program, by itself."""
    return {
        folder.parent.name: stackguard(root, "check", folder.parent.name, *CHOSEN).returncode
        for folder in sorted(root.glob("*/Pulumi.yaml"))
    }


def test_a_second_program_of_the_name_is_new_alone_and_beside_the_first(root: Path) -> None:
    shutil.copytree(root / "east", root / "west")
    ran = stackguard(
        root, "check", ".", "--all-stacks", *CHOSEN, "--format", "text", "--format", "json", "-o", "out.json"
    )
    assert ran.returncode == 1
    assert [line for line in ran.stdout.splitlines() if line.startswith("== ")] == [
        "== till/live of east",
        "== till/live of west",
    ]
    assert "1 pass, 1 do not (till/live of west)" in ran.stdout
    assert "till/live: is also a program of `east`" in ran.stdout
    assert "has 1 entry of `till/live` in `east`, another program of this name, which does not count here" in ran.stdout
    stacks = json.loads((root / "out.json").read_text())["stacks"]
    assert [(stack["target"], stack["summary"]["baselined"]) for stack in stacks] == [("east", 1), ("west", 0)]
    assert codes(root) == {"east": 0, "west": 1}


def test_each_program_keeps_its_own_entries_when_the_other_is_fixed(root: Path) -> None:
    shutil.copytree(root / "east", root / "west")
    accepted(root)
    assert entries(root) == ["east", "west"]
    assert codes(root) == {"east": 0, "west": 0}
    (root / "east" / "__main__.py").write_text(SOUND)
    assert "1 removed" in accepted(root, "--prune")
    assert entries(root) == ["west"]
    (root / "east" / "__main__.py").write_text(OPEN)
    assert codes(root) == {"east": 1, "west": 0}, "what comes back is new"


@pytest.mark.parametrize("new", ["west", "infra/east", "east/infra"])
def test_a_program_that_moves_keeps_its_entries(root: Path, new: str) -> None:
    (root / "east").rename(root / "moving")
    (root / new).parent.mkdir(exist_ok=True)
    (root / "moving").rename(root / new)
    ran = stackguard(root, "check", new, *CHOSEN)
    assert ran.returncode == 0, ran.stdout
    assert "another program" not in ran.stdout
    assert "nothing to add" in accepted(root)


def test_an_entry_without_a_folder_is_of_any_program(root: Path) -> None:
    file = root / "stackguard-baseline.json"
    file.write_text(file.read_text().replace(',"folder":"east"', ""))
    (root / "east").rename(root / "west")
    assert codes(root) == {"west": 0}


def test_programs_with_names_of_their_own_are_as_before(root: Path) -> None:
    shutil.copytree(root / "east", root / "west")
    (root / "west" / "Pulumi.yaml").write_text("name: depot\nruntime: python\n")
    (root / "west" / "__main__.py").write_text(SOUND)
    ran = stackguard(root, "check", ".", "--all-stacks", *CHOSEN)
    assert ran.returncode == 0
    assert [line for line in ran.stdout.splitlines() if line.startswith("== ")] == ["== till/live", "== depot/live"]
    assert "another" not in ran.stdout


def test_a_copy_of_the_repository_elsewhere_keeps_its_entries(root: Path) -> None:
    copy = root / "copy"
    shutil.copytree(root, copy, ignore=shutil.ignore_patterns("copy"))
    file = str(root / "stackguard-baseline.json")
    assert stackguard(copy, "check", "east", *CHOSEN).returncode == 0
    assert stackguard(copy, "check", "east", *CHOSEN, "--baseline", file).returncode == 0
