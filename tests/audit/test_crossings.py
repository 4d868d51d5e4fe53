"""Every variant of the planted cases that cross stacks, and what an audit and `access paths` say about them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks.crossings import TAG, VARIANTS
from benchmarks.fleet import Fleet
from benchmarks.truth import check, shortest
from stackguard.access import path_stacks
from stackguard.audit.engine import pool
from stackguard.gate.stacks import Selection
from stackguard.sources import RunOptions
from tests.audit.test_run import audited

COUNT = sum(map(len, VARIANTS.values()))
OPTIONS = (RunOptions(), Selection())


@pytest.fixture
def truth(tmp_path: Path) -> dict[str, Any]:
    return Fleet(tmp_path / "fleet", 1).write(9, COUNT)


def test_what_crosses_stacks_is_found_and_its_look_alikes_are_not(
    truth: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "FEW", 1)  # what is judged together is sent to processes and back
    audited(tmp_path / "fleet", tmp_path / "store")
    check(tmp_path / "fleet", tmp_path / "store", truth)
    changed = Fleet(tmp_path / "fleet", 2).drift(truth, 0.5)
    info = audited(tmp_path / "fleet", tmp_path / "store")
    assert info.judged == changed
    check(tmp_path / "fleet", tmp_path / "store", truth)


@pytest.mark.usefixtures("truth")
def test_resources_that_are_left_out_of_memory_change_no_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = path_stacks.read([str(tmp_path / "fleet")], path_stacks.Asked(tags=(TAG,)), *OPTIONS)
    ways = shortest(tmp_path / "fleet")
    monkeypatch.setattr(path_stacks, "leads_on", lambda _: True)
    whole = path_stacks.read([str(tmp_path / "fleet")], path_stacks.Asked(tags=(TAG,)), *OPTIONS)
    assert sum(len(part.resources) for part in read.parts) < sum(len(part.resources) for part in whole.parts)
    assert shortest(tmp_path / "fleet") == ways != {}
