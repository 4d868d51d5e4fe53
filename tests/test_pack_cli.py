"""The real CLI runs the pack: it lets the reference pass, and stops what must never pass."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.standin_aws.project import run_pulumi, with_standin
from tests.test_failures import FAILURES, REFUSED_BY_THE_SDK, ROWS, expected

ROOT = Path(__file__).parents[1]

pytestmark = [
    pytest.mark.cli,
    pytest.mark.skipif(shutil.which("pulumi") is None, reason="needs the `pulumi` CLI on PATH"),
    pytest.mark.skipif(not (ROOT / ".venv").exists(), reason="the CLI starts the pack in `.venv`, which is not there"),
]

Preview = Callable[[Path], subprocess.CompletedProcess[str]]
ONE_OF_EACH = sorted({name[:5]: name for name in reversed(ROWS) if REFUSED_BY_THE_SDK not in expected(name)}.values())


@pytest.fixture
def preview(tmp_path: Path) -> Preview:
    """Previews a program under the pack, with the stand-in for the provider and a backend of its own."""

    def run(program: Path) -> subprocess.CompletedProcess[str]:
        folder = with_standin(program, tmp_path)
        assert run_pulumi(tmp_path, folder, "stack", "init", "dev").returncode == 0
        return run_pulumi(tmp_path, folder, "preview", "--stack", "dev", "--policy-pack", str(ROOT))

    return run


def mandatory(printed: str) -> set[str]:
    return set(re.findall(r"\[mandatory\].*?\s([a-z0-9-]+)\s+\(", printed))


def test_the_reference_passes(preview: Preview) -> None:
    finished = preview(ROOT / "stack")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "✅ stackguard" in finished.stdout
    assert mandatory(finished.stdout) == set()


@pytest.mark.parametrize("row", ONE_OF_EACH)
def test_a_failure_is_stopped_and_named(preview: Preview, row: str) -> None:
    """The engine stops at the first resource that breaks a policy, so of several expected policies some may not run."""
    finished = preview(FAILURES / row / "failing")
    assert finished.returncode != 0
    assert expected(row) & mandatory(finished.stdout)


def test_an_unknown_document_is_stopped(preview: Preview, tmp_path: Path) -> None:
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
    finished = preview(program)
    assert finished.returncode != 0
    assert "`policy` is known only after the update, so this policy cannot judge it" in finished.stdout
    assert "iam-public-policy" in mandatory(finished.stdout)
