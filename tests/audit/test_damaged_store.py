"""A store that is damaged: what is missing is named, and the next audit judges it again."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from stackguard.audit.run import Audit, Plan, Watcher
from stackguard.audit.sources import listing
from stackguard.audit.store.runs import RunInfo
from tests.audit.test_faults import STACKS, cli, request, tables, undisturbed
from tests.audit.test_run import Inline, audited

pytestmark = pytest.mark.outside

__all__ = ["undisturbed"]


class Noting(Watcher):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, line: str) -> None:
        self.lines.append(line)


def noted(fleet: Path, store: Path) -> tuple[RunInfo, list[str]]:
    watcher = Noting()
    audit = Audit(request(), Plan((str(fleet),), str(store)), Inline, watcher)
    return audit.run(list(listing.stacks([str(fleet)]))), watcher.lines


def test_a_store_that_cannot_be_written(undisturbed: tuple[Path, Any]) -> None:
    fleet, _ = undisturbed
    code, output = cli(fleet, "--store", "/proc/stackguard-store", "-j", "1")
    assert code == 2
    assert "the store `/proc/stackguard-store` cannot be written" in output


def damaged(file: Path, how: str) -> None:
    if how == "missing":
        file.unlink()
    elif how == "truncated":
        file.write_bytes(file.read_bytes()[:-20])
    else:
        content = bytearray(file.read_bytes())
        content[10 : len(content) // 2] = os.urandom(len(content) // 2 - 10)
        file.write_bytes(content)


@pytest.mark.parametrize("table", ["stacks", "outcomes", "violations"])
@pytest.mark.parametrize("how", ["missing", "truncated", "overwritten"])
def test_a_file_of_the_store_that_is_damaged_is_named(
    undisturbed: tuple[Path, Any], tmp_path: Path, table: str, how: str
) -> None:
    fleet, expected = undisturbed
    store = tmp_path / "store"
    audited(fleet, store)
    (file,) = store.glob(f"runs/*/{table}/*.parquet")
    damaged(file, how)
    code, output = cli("query", "SELECT count(*) FROM outcomes", "--store", store)
    assert code == 2
    assert str(file.relative_to(store)) in output
    assert output.count("cannot judge") == 1
    info, notes = noted(fleet, store)
    assert any(str(file.relative_to(store)) in note for note in notes)
    assert info.judged == (0 if table == "violations" else STACKS)
    found = tables(store)
    assert found["outcomes"] == expected["outcomes"]
    assert len(found["violations"]) == len(expected["violations"])
    assert cli("query", "SELECT count(*) FROM outcomes", "--store", store)[0] == 0


@pytest.mark.parametrize("table", ["stacks", "outcomes"])
def test_a_shard_that_is_damaged_is_judged_again_by_a_resume(
    undisturbed: tuple[Path, Any], tmp_path: Path, table: str
) -> None:
    fleet, expected = undisturbed
    store = tmp_path / "store"

    class Dies(Inline):
        def run(self, batches: Any) -> Any:
            for batch, result in super().run(batches):
                yield batch, result
                if result.blocking:
                    raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        audited(fleet, store, Dies)
    damaged(max(store.glob(f"runs/*/{table}/*.parquet")), "truncated")
    assert audited(fleet, store, resume=True).judged == STACKS
    assert tables(store) == expected


def test_a_middle_that_is_damaged_is_one_line(undisturbed: tuple[Path, Any], tmp_path: Path) -> None:
    fleet, _ = undisturbed
    store = tmp_path / "store"
    audited(fleet, store)
    (file,) = store.glob("runs/*/outcomes/*.parquet")
    content = bytearray(file.read_bytes())
    content[20 : len(content) - 200] = os.urandom(len(content) - 220)
    file.write_bytes(content)
    code, output = cli("query", "SELECT * FROM outcomes", "--store", store)
    assert code == 2
    assert output.count("cannot judge") == 1


def test_files_that_are_all_damaged_are_one_line(undisturbed: tuple[Path, Any], tmp_path: Path) -> None:
    fleet, _ = undisturbed
    store = tmp_path / "store"
    audited(fleet, store)
    for file in store.glob("runs/*/*/*.parquet"):
        file.write_bytes(b"")
    code, output = cli("query", "SELECT * FROM violations", "--store", store)
    assert code == 2
    assert len(output.strip().splitlines()) == 1
    assert " more are missing or damaged" in output


@pytest.mark.parametrize("content", [b"", b'{"id": 3}', b"\xff\xfe"])
def test_a_run_whose_facts_are_damaged_is_named_and_left_out(
    undisturbed: tuple[Path, Any], tmp_path: Path, content: bytes
) -> None:
    fleet, expected = undisturbed
    store = tmp_path / "store"
    first = audited(fleet, store)
    audited(fleet, store)
    (store / "runs" / first.id / "run.json").write_bytes(content)
    code, output = cli("query", "SELECT count(*) FROM outcomes", "--store", store)
    assert code == 2  # the second run rests on the first
    assert f"runs/{first.id}" in output
    info, notes = noted(fleet, store)
    assert any(f"runs/{first.id}/run.json" in note for note in notes)
    assert info.judged == STACKS
    assert tables(store)["outcomes"] == expected["outcomes"]


def test_an_old_run_that_was_removed_is_not_needed(undisturbed: tuple[Path, Any], tmp_path: Path) -> None:
    fleet, expected = undisturbed
    store = tmp_path / "store"
    first = audited(fleet, store)
    audited(fleet, store, anew=True)
    shutil.rmtree(store / "runs" / first.id)
    assert tables(store)["outcomes"] == expected["outcomes"]
    assert audited(fleet, store).carried == STACKS


@pytest.mark.parametrize("content", ["{", "[5]", "[" * 100_000, '{"format": ' + "[" * 100_000])
def test_a_mark_of_the_store_that_is_damaged_is_one_line(
    undisturbed: tuple[Path, Any], tmp_path: Path, content: str
) -> None:
    fleet, _ = undisturbed
    store = tmp_path / "store"
    audited(fleet, store)
    (store / "stackguard-store.json").write_text(content)
    code, output = cli(fleet, "--store", store)
    assert code == 2
    assert "the store's `stackguard-store.json` is damaged; restore it, or use another store" in output
    assert "Traceback" not in output


def test_a_copy_of_a_store_is_as_good_as_the_store(undisturbed: tuple[Path, Any], tmp_path: Path) -> None:
    fleet, _ = undisturbed
    audited(fleet, tmp_path / "store")
    shutil.copytree(tmp_path / "store", tmp_path / "copy", copy_function=shutil.copy)  # with other times
    info, notes = noted(fleet, tmp_path / "copy")
    assert info.carried == STACKS
    assert not notes


@pytest.mark.parametrize(
    "command",
    [("diff",), ("report",), ("report", "--format", "html"), ("query", "FROM stacks"), ("query", "FROM nothing")],
    ids=" ".join,
)
def test_without_its_tables_a_store_is_one_line(
    undisturbed: tuple[Path, Any], tmp_path: Path, command: tuple[str, ...]
) -> None:
    fleet, _ = undisturbed
    store = tmp_path / "store"
    for _ in range(2):
        audited(fleet, store)
    for file in store.rglob("*.parquet"):
        file.unlink()
    code, output = cli(*command, "--store", store)
    assert code == 2
    (line,) = output.splitlines()
    assert line.startswith("cannot judge: the store's `runs/")
    assert line.endswith("restore it, or audit again")


def test_what_is_damaged_and_not_needed_is_still_noted(undisturbed: tuple[Path, Any], tmp_path: Path) -> None:
    fleet, _ = undisturbed
    store = tmp_path / "store"
    first = audited(fleet, store)
    audited(fleet, store)
    (file,) = store.glob(f"runs/{first.id}/violations/*.parquet")
    file.unlink()
    code, output = cli("query", "SELECT count(*) FROM outcomes", "--store", store)
    assert code == 0
    assert f"note: the store's `{file.relative_to(store)}` is missing or damaged" in output


@pytest.mark.parametrize(
    "change",
    [
        {"id": "x'; DROP VIEW stacks; --"},
        {"id": "../elsewhere"},
        {"files": {"stacks": ["/etc/passwd"]}},
        {"files": {"stacks": ["runs/../../secret.parquet"]}},
    ],
    ids=str,
)
def test_a_run_that_names_what_is_not_its_own_is_left_out(
    undisturbed: tuple[Path, Any], tmp_path: Path, change: dict[str, Any]
) -> None:
    fleet, _ = undisturbed
    store = tmp_path / "store"
    for _ in range(2):
        last = audited(fleet, store)
    file = store / "runs" / last.id / "run.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    code, output = cli("query", "SELECT 'runs=' || count(*) FROM runs", "--store", store)
    assert (code, "runs=1" in output) == (0, True)
    assert f"note: the store's `runs/{last.id}/run.json` is damaged: that audit is left out" in output


def test_a_table_of_something_else_is_damaged(undisturbed: tuple[Path, Any], tmp_path: Path) -> None:
    fleet, expected = undisturbed
    store = tmp_path / "store"
    info = audited(fleet, store)
    file = store / "runs" / info.id / "run.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "sums": {}}))
    (foreign,) = store.glob("runs/*/stacks/*.parquet")
    parquet.write_table(pa.table({"animal": ["cat"]}), foreign)
    _, notes = noted(fleet, store)
    assert any(str(foreign.relative_to(store)) in note for note in notes)
    assert tables(store)["outcomes"] == expected["outcomes"]
