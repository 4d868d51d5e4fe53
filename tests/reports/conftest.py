from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository, which is the working folder, with a program in `stack`."""
    (tmp_path / ".git").mkdir()
    folder = tmp_path / "stack"
    folder.mkdir()
    for name in ("Pulumi.yaml", "__main__.py", "storage.py"):
        (folder / name).touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path
