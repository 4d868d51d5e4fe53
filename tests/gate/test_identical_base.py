"""A program against the same program: nothing is new, fixed or newly allowed, whatever is unknown, wherever a copy lies."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.running import ROOT, RanApart

pytestmark = pytest.mark.corpus

UNKNOWNS = """
import pulumi
import pulumi_aws as aws
from names import policy_of

network = pulumi.StackReference(f"acme/network/{pulumi.get_stack()}")
uploads = aws.s3.Bucket("uploads")
aws.s3.BucketPolicy("uploads", bucket=uploads.id, policy=policy_of(network))
role = aws.iam.Role("reader", assume_role_policy=network.get_output("trust"))
aws.iam.RolePolicyAttachment("reader", role=role.name, policy_arn=network.get_output("arn"))
"""
FUNCTION = """
worker = aws.iam.Role("worker", assume_role_policy="{}")
aws.iam.RolePolicy("worker", role=worker.id, policy=network.get_output("workerPolicy"))
for name, code in {
    "folder": pulumi.FileArchive("./code"),
    "files": pulumi.AssetArchive({"handler.py": pulumi.FileAsset("code/handler.py")}),
}.items():
    aws.lambda_.Function(name, runtime="python3.13", handler="handler.run", role=worker.arn, code=code)
"""
NAMES = """
def policy_of(network):
    return network.get_output("uploadsPolicy")
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a program in a monorepo, with a module beside it; the monorepo is the working folder."""
    folder = tmp_path / "mono" / "infra"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder.parent)
    monkeypatch.setenv("PYTHONPATH", str(folder.parent))
    return folder


def written(folder: Path) -> None:
    (folder / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (folder / "Pulumi.dev.yaml").write_text("config:\n  aws:region: eu-west-1\n")
    (folder / "__main__.py").write_text(UNKNOWNS)
    (folder.parent / "names.py").write_text(NAMES)


def base_of(folder: Path, kind: str) -> str:
    root = folder.parent
    subprocess.run(["git", "init", "-q", "-b", "main"], cwd=root, check=True)
    if kind == "commit":
        who = ("-c", "user.name=a", "-c", "user.email=a@example.com")
        subprocess.run(["git", "add", "."], cwd=root, check=True)
        subprocess.run(["git", *who, "commit", "-q", "-m", "one"], cwd=root, check=True)
        return "main"
    if kind == "copy":
        shutil.copytree(folder, root.parent / "copy")
        return str(root.parent / "copy")
    if kind == "copy of the repository":
        shutil.copytree(root, root.parent / "other", ignore=shutil.ignore_patterns(".git"))
        return str(root.parent / "other" / "infra")
    return "infra"


def changes(base: str) -> tuple[list[int], str]:
    """The counts of new, fixed and newly allowed, and the Markdown."""
    arguments = ("check", "infra", "--stack", "dev", "--base", base)
    ran = RanApart(*arguments, "--format", "json", "-o", "out.json", "--format", "markdown", "-o", "out.md")
    assert ran.code in {0, 1}, ran.err
    change = json.loads(Path("out.json").read_text())["change"]
    assert change["problem"] == ""
    return [change["new"], len(change["fixed"]), len(change["access"])], Path("out.md").read_text()


@pytest.mark.parametrize("kind", ["folder", "copy", "copy of the repository", "commit"])
@pytest.mark.cold_start
def test_unknown_values_are_the_same_in_an_identical_program(project: Path, kind: str) -> None:
    written(project)
    counts, markdown = changes(base_of(project, kind))
    assert counts == [0, 0, 0]
    assert "<b>0 new</b>, 0 fixed" in markdown
    assert "new access" not in markdown.lower()


@pytest.mark.parametrize("result", [1, 2])
@pytest.mark.cold_start
def test_the_code_of_a_function_decides_no_access(project: Path, result: int) -> None:
    written(project)
    (project / "__main__.py").write_text(UNKNOWNS + FUNCTION)
    (project / "code").mkdir()
    handler = project / "code" / "handler.py"
    handler.write_text("def run(event, context):\n    return 1\n")
    base = base_of(project, "commit")
    handler.write_text(f"def run(event, context):\n    return {result}\n")
    assert changes(base)[0] == [0, 0, 0]


@pytest.mark.cold_start
def test_another_role_of_an_unknown_policy_is_newly_undecided_access(project: Path) -> None:
    written(project)
    (project / "__main__.py").write_text(UNKNOWNS + FUNCTION)
    (project / "code").mkdir()
    (project / "code" / "handler.py").write_text("def run(event, context):\n    return 1\n")
    base = base_of(project, "commit")
    (project / "__main__.py").write_text(UNKNOWNS + FUNCTION.replace("workerPolicy", "otherPolicy"))
    assert changes(base)[0][2] == 1


@pytest.mark.parametrize(
    "name", ["stack_references", "components", "buckets", "options", "assets", "invoke_transforms"]
)
@pytest.mark.cold_start
def test_nothing_changes_in_the_programs_of_this_project(project: Path, name: str) -> None:
    shutil.copytree(ROOT / "tests" / "programs" / name, project, dirs_exist_ok=True)
    assert changes(base_of(project, "commit"))[0] == [0, 0, 0]


@pytest.mark.cold_start
def test_another_expression_of_another_module_is_a_change(project: Path) -> None:
    written(project)
    base = base_of(project, "commit")
    (project.parent / "names.py").write_text(NAMES.replace("uploadsPolicy", "publicPolicy"))
    new, fixed, access = changes(base)[0]
    assert new == fixed > 0
    assert access == 1


@pytest.mark.cold_start
def test_a_setting_around_an_unknown_policy_is_newly_undecided_access(project: Path) -> None:
    blocked = '\naws.s3.BucketPublicAccessBlock("b", bucket=uploads.id, block_public_policy=True)\n'
    written(project)
    (project / "__main__.py").write_text(UNKNOWNS + blocked)
    base = base_of(project, "commit")
    (project / "__main__.py").write_text(UNKNOWNS)
    assert changes(base)[0][2] == 1
