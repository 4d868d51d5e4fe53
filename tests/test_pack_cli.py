"""The real CLI runs the pack: the reference passes, and the programs of `tests/failures/` do not."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from policypack.core.policy import Resource
from policypack.policies import POLICIES
from stackguard.gate.request import CheckRequest, judge
from tests.standin_aws.project import run_pulumi, with_standin
from tests.test_failures import FAILURES, REFUSED_BY_THE_SDK, ROWS, expected

ROOT = Path(__file__).parents[1]

pytestmark = [
    pytest.mark.cli,
    pytest.mark.skipif(shutil.which("pulumi") is None, reason="needs the `pulumi` CLI on PATH"),
    pytest.mark.skipif(not (ROOT / ".venv").exists(), reason="the CLI starts the pack in `.venv`, which is not there"),
]

Preview = Callable[..., subprocess.CompletedProcess[str]]
ONE_OF_EACH = sorted({name[:5]: name for name in reversed(ROWS) if REFUSED_BY_THE_SDK not in expected(name)}.values())
SOUND = sorted(file.parent.name for file in (ROOT / "tests" / "sound").glob("*/Pulumi.yaml"))
PROGRAMS = [*(f"sound/{name}" for name in SOUND), *(f"failures/{name}/failing" for name in ONE_OF_EACH)]


@pytest.fixture
def preview(tmp_path: Path) -> Preview:
    """Previews a program under the pack, with the stand-in for the provider and a backend of its own."""

    def run(program: Path, **variables: str) -> subprocess.CompletedProcess[str]:
        folder = with_standin(program, tmp_path)
        assert run_pulumi(tmp_path, folder, "stack", "init", "dev").returncode == 0
        arguments = ("preview", "--stack", "dev", "--policy-pack", str(ROOT))
        return run_pulumi(tmp_path, folder, *arguments, environment=variables)

    return run


def mandatory(printed: str) -> set[str]:
    """The mandatory violations that a preview prints: policy, and type and name of the resource."""
    return set(re.findall(r"\[mandatory\].*?\s([a-z0-9-]+\s+\(.*\))", printed))


def policies(printed: str) -> set[str]:
    return {violation.partition(" ")[0] for violation in mandatory(printed)}


def test_the_reference_passes(preview: Preview) -> None:
    finished = preview(ROOT / "stack")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert re.search(r"Policies:\n +⚠️ +stackguard@", finished.stdout)  # with the note about types without a policy
    assert mandatory(finished.stdout) == set()
    assert "have no policy: aws:" in finished.stdout


@pytest.mark.parametrize("row", ONE_OF_EACH)
def test_a_failure_is_stopped_and_named(preview: Preview, row: str) -> None:
    finished = preview(FAILURES / row / "failing")
    assert finished.returncode != 0
    assert expected(row) <= policies(finished.stdout)


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_preview_reports_what_the_gate_reports(preview: Preview, program: str) -> None:
    finished = preview(ROOT / "tests" / program)
    report = judge(CheckRequest(str(ROOT / "tests" / program)), POLICIES)
    assert mandatory(finished.stdout) == {
        f"{outcome.policy.id}  ({displayed(outcome.resource)})" for outcome in report.condensed if outcome.blocks
    }
    assert (finished.returncode == 0) is (report.exit_code == 0)


def displayed(resource: Resource) -> str:
    """A resource as the CLI prints it: its type without the module's file."""
    package, module, name = resource.type.split(":")
    return f"{package}:{module.partition('/')[0]}:{name}: {resource.name}"


@pytest.fixture
def open_bucket(tmp_path: Path) -> Path:
    program = tmp_path / "program"
    program.mkdir()
    (program / "Pulumi.yaml").write_text("name: unknown\nruntime: python\n", encoding="utf-8")
    (program / "Pulumi.dev.yaml").write_text("config:\n  aws:region: eu-central-1\n", encoding="utf-8")
    (program / "__main__.py").write_text(
        "import json\n"
        "import pulumi_aws as aws\n"
        "bucket = aws.s3.Bucket('orders')\n"
        "statement = {'Effect': 'Allow', 'Principal': '*', 'Action': 's3:GetObject'}\n"
        "aws.s3.BucketPolicy('orders', bucket=bucket.id, policy=bucket.arn.apply(\n"
        "    lambda arn: json.dumps({'Version': '2012-10-17', 'Statement': [{**statement, 'Resource': f'{arn}/*'}]})))\n",
        encoding="utf-8",
    )
    return program


def test_a_document_that_the_preview_does_not_know_is_judged(preview: Preview, open_bucket: Path) -> None:
    finished = preview(open_bucket)
    assert finished.returncode != 0
    assert "iam-public-policy" in policies(finished.stdout)
    assert "pulumi-unknown-value" not in policies(finished.stdout)


def test_a_document_that_stays_unknown_is_stopped(preview: Preview, open_bucket: Path) -> None:
    finished = preview(open_bucket, STACKGUARD_RESOLVE_UNKNOWNS="false")
    assert finished.returncode != 0
    assert "undecided: `policy` is known only after the update; not judged by " in finished.stdout
    assert "pulumi-unknown-value" in policies(finished.stdout)
