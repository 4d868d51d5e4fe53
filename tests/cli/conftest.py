from __future__ import annotations

from pathlib import Path

import pytest

from policypack import policies
from tests.cli.running import written
from tests.reports import sample
from tests.sources.states import state


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, and the sample's policies."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(policies, "POLICIES", sample.POLICIES)
    return tmp_path


@pytest.fixture
def bad(workspace: Path) -> str:
    return written(workspace / "bad.json", state("aws:s3/bucket:Bucket", "inbox", {"bucket": "inbox"}))


@pytest.fixture
def clean(workspace: Path) -> str:
    return written(workspace / "clean.json", state("aws:sqs/queue:Queue", "jobs", {}))
