"""What a malformed file prints is the same for one stack and for several; what ends a process is told apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.warm.apart import stackguard

pytestmark = pytest.mark.outside

SETTINGS = {
    "unknown key": "acountId: '1'\n",
    "level": "enforcement:\n  sqs-missing-encryption: mandatry\n",
    "policy of a level": "enforcement:\n  sqs-mising-encryption: advisory\n",
    "severity": "failOn: hihg\n",
    "list for a text": "failOn: [low]\n",
    "integer": "accountId: 111122223333\n",
    "text for a list": "allowedRegions: eu-west-1\n",
    "range": "trustedCidrs: [10.0.0.0/40]\n",
    "key twice": "failOn: low\nfailOn: high\n",
    "conflict": "<<<<<<< HEAD\nfailOn: low\n=======\nfailOn: high\n>>>>>>> other\n",
    "override": "overrides:\n  - stacks: [live]\n    failsOn: low\n",
    "no mapping": "- failOn\n",
    "no YAML": "failOn: [low\n",
}
CENTRAL = {
    "missing": None,
    "list": b"- locked\n",
    "no YAML": b"locked: {allowedRegions: [a\n",
    "no UTF-8": b"locked: {failOn: \xff}\n",
    "key twice": b"failOn: low\nfailOn: low\n",
    "below locked": b"locked:\n  - fialOn\n",
    "below programs": b"programs:\n  failOn: low\n",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with two stacks, of which a test makes the settings."""
    (tmp_path / ".git").mkdir()
    folder = tmp_path / "till"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: till\nruntime: python\n")
    (folder / "__main__.py").write_text("import pulumi_aws as aws\naws.sqs.Queue('q')\n")
    for stack in ("live", "trial"):
        (folder / f"Pulumi.{stack}.yaml").touch()
    return folder


def reasons(folder: Path, *options: str) -> tuple[str, str]:
    """What a run of one stack and a run of all print as the reason; both end in 2, and say it once."""
    alone = stackguard(folder, "check", "--stack", "live", *options)
    several = stackguard(folder, "check", "--all-stacks", *options)
    assert (alone.returncode, several.returncode) == (2, 2), several.stdout + several.stderr
    lines = [line for line in (several.stdout + several.stderr).splitlines() if line.startswith("cannot judge: ")]
    assert len(lines) == 1, "of both stacks at once"
    return alone.stderr.splitlines()[-1].removeprefix("cannot judge: "), lines[0].removeprefix("cannot judge: ")


@pytest.mark.parametrize("text", SETTINGS.values(), ids=SETTINGS)
def test_malformed_settings_are_named_for_all_stacks_as_for_one(project: Path, text: str) -> None:
    (project / "stackguard.yaml").write_text(text)
    alone, several = reasons(project)
    assert several.removeprefix("till/live, till/trial: ") == alone
    assert "stackguard.yaml" in several
    assert "process" not in several


@pytest.mark.parametrize("content", CENTRAL.values(), ids=CENTRAL)
def test_a_malformed_central_file_is_named_for_all_stacks_as_for_one(project: Path, content: bytes | None) -> None:
    if content is not None:
        (project / "central.yaml").write_bytes(content)
    alone, several = reasons(project, "--central", "central.yaml")
    assert several.removeprefix("till/live, till/trial: ") == alone
    assert "central.yaml" in several
    assert "process" not in several


def test_each_project_with_its_own_mistake_says_its_own(project: Path) -> None:
    other = project.with_name("depot")
    other.mkdir()
    (other / "Pulumi.yaml").write_text("name: depot\nruntime: python\n")
    (other / "Pulumi.live.yaml").touch()
    (project / "stackguard.yaml").write_text("failOn: hihg\n")
    (other / "stackguard.yaml").write_text("unknwon: mandatory\n")
    ran = stackguard(project.parent, "check", "till", "depot", "--all-stacks")
    assert ran.returncode == 2
    assert "cannot judge: till/live, till/trial: till/stackguard.yaml:1: `failOn` must be" in ran.stdout
    assert "cannot judge: depot/live: depot/stackguard.yaml:1: there is no setting `unknwon`" in ran.stdout


def test_a_policy_that_ends_its_process_is_told_apart(project: Path) -> None:
    (project / "ends.py").write_text("import os\nif os.getppid():\n    os._exit(7)\nPOLICIES = ()\n")
    (project / "stackguard.yaml").write_text("policies: [ends.py]\n")
    ran = stackguard(project, "check", "--all-stacks")
    assert ran.returncode == 2
    assert "ended with exit code 7 (a policy may have ended it)" in ran.stdout


def test_the_markdown_says_it_once(project: Path) -> None:
    (project / "stackguard.yaml").write_text("failOn: hihg\n")
    ran = stackguard(project, "check", "--all-stacks", "--format", "markdown")
    assert ran.stdout.count("must be") == 1
    assert "<code>till/live, till/trial</code>" in ran.stdout
