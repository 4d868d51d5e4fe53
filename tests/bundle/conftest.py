from __future__ import annotations

from pathlib import Path

import pytest

from stackguard.bundle.cache import VARIABLE


@pytest.fixture(autouse=True)
def caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Caches of this test alone, both ours and uv's, for wheels made by hand."""
    monkeypatch.setenv(VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    return tmp_path / "cache" / "bundle"


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    return tmp_path / "wheels"
