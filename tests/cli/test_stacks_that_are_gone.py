"""What a baseline has of stacks and projects that are not there any more."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.warm.apart import stackguard

pytestmark = pytest.mark.outside

PROGRAM = "import pulumi_aws as aws\n\naws.sqs.Queue('jobs', sqs_managed_sse_enabled=False)\n"
FILE = "stackguard-baseline.json"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository of two projects, with a baseline of all stacks."""
    for project, stacks in (("shop", ("dev", "prod")), ("bill", ("dev",))):
        folder = tmp_path / "infra" / project
        folder.mkdir(parents=True)
        (folder / "Pulumi.yaml").write_text(f"name: {project}\nruntime: python\n")
        (folder / "__main__.py").write_text(PROGRAM)
        for stack in stacks:
            (folder / f"Pulumi.{stack}.yaml").touch()
    (tmp_path / "stackguard.yaml").write_text("{}\n")
    stackguard(tmp_path, "baseline", ".", "--all-stacks")
    return tmp_path


def test_a_stack_that_is_gone_is_noted_and_pruned(root: Path) -> None:
    (root / "infra/shop/Pulumi.dev.yaml").unlink()
    checked = stackguard(root, "check", ".", "--all-stacks", "--quiet")
    assert checked.returncode == 0
    assert "`shop/dev`, which is gone" in checked.stdout
    assert "gone" not in stackguard(root, "check", "infra/bill", "--stack", "dev").stdout
    report = json.loads(stackguard(root, "check", ".", "--all-stacks", "--format", "json").stdout)
    assert [*report["goneStacks"]] == ["shop/dev"]
    for form in ("markdown", "html"):
        shown = stackguard(root, "check", ".", "--all-stacks", "--format", form).stdout
        assert "which is gone" in shown
        assert "shop/dev" in shown
    assert "gone (remove them with --prune)" in stackguard(root, "baseline", ".", "--all-stacks").stdout
    assert "removed" in stackguard(root, "baseline", ".", "--all-stacks", "--prune").stdout
    (root / "infra/shop/Pulumi.dev.yaml").touch()
    assert stackguard(root, "check", "infra/shop", "--stack", "dev").returncode == 1
    assert stackguard(root, "check", "infra/shop", "--stack", "prod").returncode == 0


def test_a_stack_without_a_file_may_be_there(root: Path) -> None:
    (root / "infra/bill/Pulumi.dev.yaml").unlink()
    (root / "infra/shop/Pulumi.yaml").write_text("name: shop\nruntime: python\ndescription: [\n")
    pruned = stackguard(root, "baseline", "infra/bill", "--all-stacks", "--prune")
    assert "removed" not in pruned.stdout
    assert "gone" not in pruned.stdout


def test_a_project_with_a_baseline_of_its_own_and_one_that_is_excluded(root: Path) -> None:
    (root / "infra/bill/stackguard.yaml").write_text("{}\n")
    stackguard(root, "baseline", "infra/bill", "--all-stacks")
    (root / "stackguard.yaml").write_text("exclude: [infra/shop]\n")
    (root / "infra/bill/Pulumi.dev.yaml").rename(root / "infra/bill/Pulumi.test.yaml")
    report = json.loads(stackguard(root, "check", ".", "--all-stacks", "--format", "json").stdout)
    assert [*report["goneStacks"]] == ["bill/dev"]


@pytest.mark.parametrize(("old", "new"), [("shop/dev", "shop/development"), ("shop", "store")])
def test_a_new_name_of_a_stack_is_recognized(root: Path, old: str, new: str) -> None:
    if "/" in old:
        (root / "infra/shop/Pulumi.dev.yaml").rename(root / "infra/shop/Pulumi.development.yaml")
    else:
        (root / "infra/shop/Pulumi.yaml").write_text("name: store\nruntime: python\n")
    check = ("check", "infra/shop", "--stack", "development" if "/" in old else "dev")
    checked = stackguard(root, *check)
    assert checked.returncode == 1
    command = f"stackguard baseline --rename {old} {new}"
    assert f"`{command}` moves the entries" in checked.stdout
    stackguard(root, *command.split()[1:])
    assert stackguard(root, *check).returncode == 0
