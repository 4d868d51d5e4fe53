"""The real CLI previews and updates the reference stack, and knows every document before anything exists."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from policypack.core.wire import UNKNOWN_STRING
from tests.standin_aws.project import run_pulumi, with_standin

STACK = Path(__file__).parents[2] / "stack"

pytestmark = [
    pytest.mark.cli,
    pytest.mark.skipif(shutil.which("pulumi") is None, reason="needs the `pulumi` CLI on PATH"),
]

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def pulumi(tmp_path: Path) -> Run:
    """Runs the CLI on the stack `dev` of a project that uses the stand-in, with a backend of its own."""
    folder = with_standin(STACK, tmp_path)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return run_pulumi(tmp_path, folder, *arguments)

    created = run("stack", "init", "dev")
    assert created.returncode == 0, created.stderr
    return run


def test_a_preview_knows_every_document(pulumi: Run) -> None:
    preview = pulumi("preview", "--stack", "dev", "--json")
    assert preview.returncode == 0, preview.stdout + preview.stderr

    inputs = [step["newState"].get("inputs", {}) for step in json.loads(preview.stdout)["steps"]]
    documents = [written[key] for written in inputs for key in ("policy", "assumeRolePolicy") if key in written]

    assert len(documents) == 6
    for document in documents:
        assert UNKNOWN_STRING not in document
        assert json.loads(document)["Statement"]


def test_an_update_creates_what_the_bucket_needs_to_invoke_the_function(pulumi: Run) -> None:
    update = pulumi("up", "--yes", "--skip-preview", "--stack", "dev")
    assert update.returncode == 0, update.stdout + update.stderr

    exported: dict[str, Any] = json.loads(pulumi("stack", "export", "--stack", "dev").stdout)
    types = {resource["type"] for resource in exported["deployment"]["resources"]}
    assert {"aws:s3/bucketNotification:BucketNotification", "aws:lambda/permission:Permission"} <= types


def test_a_wrong_config_stops_the_program_without_a_traceback(pulumi: Run) -> None:
    pulumi("config", "set", "--stack", "dev", "--path", "trustedCidrs[0]", "0.0.0.0/0")

    preview = pulumi("preview", "--stack", "dev")

    assert preview.returncode != 0
    assert (
        "config `stackguard-ingest:trustedCidrs` covers more IPv4 addresses than a /8"
        in preview.stdout + preview.stderr
    )
    assert "Traceback" not in preview.stdout + preview.stderr
