"""What happens to an audit while it runs: the result equals an undisturbed one, or says which stacks are missing."""

from __future__ import annotations

import errno
import io
import os
import subprocess
import sys
import time
from concurrent.futures import Future
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest
from pebble import ProcessPool

from benchmarks.fleet import Fleet
from stackguard.audit.engine import pool
from stackguard.audit.engine.pool import LostError, Pool
from stackguard.audit.request import AuditRequest
from stackguard.audit.run import Audit, Plan
from stackguard.audit.selection import Selection
from stackguard.audit.sources import listing, opening
from stackguard.audit.store import files
from stackguard.audit.store.database import connected
from stackguard.audit.store.runs import RunInfo, Runs
from stackguard.audit.store.tables import FACTS
from stackguard.cli import main
from stackguard.errors import CannotJudge
from stackguard.gate.exemptions import Accepting
from stackguard.sources.settings import of_target
from tests.audit import faulty_requests
from tests.audit.faulty_requests import Deadly, Slow
from tests.audit.test_run import Inline, audited, rows

pytestmark = pytest.mark.outside

STACKS = 10
OF_A_RUN = {"run", "shard", "seconds", "judged_at", "modified", "first_seen", "last_seen", "fixed_at"}
"""The columns that differ between two runs of the same content."""


def tables(store: Path, run: RunInfo | None = None) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of a run, sorted, without what differs between two equal ones."""
    found = {}
    with connected(Runs(files.opened(str(store))), run) as database:
        for table in ("stacks", "violations", *FACTS):
            columns = [name for name, *_ in database.sql(f"DESCRIBE {table}").fetchall() if name not in OF_A_RUN]
            listed = ", ".join(f'"{name}"' for name in columns)
            found[table] = sorted(database.sql(f"SELECT {listed} FROM {table}").fetchall(), key=repr)
    return found


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, list[tuple[Any, ...]]]]:
    """A fleet, and what an audit of it reports."""
    folder = tmp_path_factory.mktemp("undisturbed")
    Fleet(folder / "fleet", 7).write(STACKS)
    audited(folder / "fleet", folder / "store")
    expected = tables(folder / "store")
    assert len(expected["stacks"]) == STACKS
    assert all(expected[table] for table in ("resources", "outcomes", "evidence", "violations"))
    return folder / "fleet", expected


def run(fleet: Path, store: Path, request: AuditRequest, **plan: Any) -> RunInfo:
    """An audit in two processes."""
    audit = Audit(request, Plan((str(fleet),), str(store), **plan), lambda job: Pool(job, 2, request.timeout))
    return audit.run(list(listing.stacks([str(fleet)])))


def request(**facts: Any) -> AuditRequest:
    return AuditRequest(of_target("-"), Accepting(), **facts)


def test_a_worker_that_is_killed_loses_nothing(undisturbed: tuple[Path, Any], tmp_path: Path) -> None:
    fleet, expected = undisturbed
    victim = str(next(listing.stacks([str(fleet)])).name)
    deadly = Deadly(of_target("-"), Accepting(), victim=victim, marker=str(tmp_path / "marker"))
    info = run(fleet, tmp_path / "store", deadly)
    assert (tmp_path / "marker").exists()
    assert (info.judged, info.failed) == (STACKS, 0)
    assert tables(tmp_path / "store") == expected


def test_a_stack_that_kills_its_worker_every_time_fails_alone(undisturbed: tuple[Path, Any], tmp_path: Path) -> None:
    fleet, _ = undisturbed
    victim = next(listing.stacks([str(fleet)]))
    info = run(fleet, tmp_path / "store", Deadly(of_target("-"), Accepting(), victim=str(victim.name)))
    assert (info.judged, info.failed) == (STACKS - 1, 1)
    assert rows(tmp_path / "store", "SELECT stack_id, reason FROM stacks WHERE state = 'failed'") == [
        (victim.id, "killed")
    ]


def test_workers_that_do_not_start_end_the_audit_or_fail_every_stack(
    undisturbed: tuple[Path, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet, _ = undisturbed
    monkeypatch.setattr(pool, "prepare", faulty_requests.ends)
    try:
        info = run(fleet, tmp_path / "store", request())
    except CannotJudge as error:
        assert "end as soon as they start" in error.message  # noqa: PT017 (either is right)
    else:
        assert (info.judged, info.failed) == (0, STACKS)


def test_a_batch_that_a_breaking_pool_never_answers_is_tried_again(
    undisturbed: tuple[Path, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet, expected = undisturbed
    sent = pool._sent
    lost: list[Future[Any]] = []

    def loses_the_first(processes: ProcessPool, *call: Any, **options: Any) -> Future[Any]:
        if lost:
            return sent(processes, *call, **options)
        lost.append(Future())
        processes.stop()  # type: ignore[no-untyped-call]
        return lost[0]

    monkeypatch.setattr(pool, "_sent", loses_the_first)
    info = run(fleet, tmp_path / "store", request())
    assert (info.judged, info.failed) == (STACKS, 0)
    assert tables(tmp_path / "store") == expected


@pytest.mark.parametrize("most", [0, 20])
def test_a_worker_that_is_killed_while_stacks_are_joined_is_one_line(most: int) -> None:
    with pytest.raises(
        CannotJudge, match="a worker of the audit ended while stacks were joined; go on with `--resume`"
    ):
        list(pool.spread(partial(faulty_requests.ends_above, most), range(100), 2))


def test_what_is_spread_over_processes_comes_back_in_order() -> None:
    assert list(pool.spread(str, range(100), 2)) == [str(number) for number in range(100)]


def test_a_worker_that_is_killed_after_it_wrote_its_shard_counts_once(
    undisturbed: tuple[Path, Any], tmp_path: Path
) -> None:
    fleet, expected = undisturbed

    class Forgetful(Inline):
        """Loses the result of the first batch, which is written."""

        lost = False

        def run(self, batches: Any) -> Any:
            for batch, result in super().run(batches):
                yield batch, result if Forgetful.lost else LostError()
                Forgetful.lost = True

    info = audited(fleet, tmp_path / "store", Forgetful)
    assert (info.judged, info.failed) == (STACKS, 0)
    assert tables(tmp_path / "store") == expected


def test_a_stack_that_takes_too_long_fails_alone(undisturbed: tuple[Path, Any], tmp_path: Path) -> None:
    fleet, _ = undisturbed
    victim = next(listing.stacks([str(fleet)]))
    slow = Slow(of_target("-"), Accepting(), victim=str(victim.name), timeout=3.0)
    info = run(fleet, tmp_path / "store", slow)
    assert (info.judged, info.failed) == (STACKS - 1, 1)
    assert rows(tmp_path / "store", "SELECT stack_id, reason FROM stacks WHERE state = 'failed'") == [
        (victim.id, "timeout")
    ]


DEEP = b'{"version": 3, "checkpoint": {"latest": {"resources": [{"x": ' + b"[" * 60_000 + b"]" * 60_000 + b"}]}}}"
RESOURCE = b'{"urn": "urn:pulumi:dev::p::aws:s3/bucket:Bucket::b", "type": "aws:s3/bucket:Bucket", "custom": true}'
BAD = {
    "truncated": (b'{"version": 3, "checkpoint": {"latest": {"resources": [' + RESOURCE[:50], "failed"),
    "foreign": (b'{"AWSTemplateFormatVersion": "2010-09-09"}', "failed"),
    "text": (b"hello", "failed"),
    "empty": (b"", "failed"),
    "binary": (b"\x7fELF\x02\x00\x00" + bytes(range(256)) * 100, "failed"),
    "deep": (DEEP, "failed"),
    "latin": ('{"version": 3, "name": "caf\u00e9"}'.encode("latin-1"), "failed"),
    "newer": (b'{"version": 99, "checkpoint": {"latest": {"resources": []}}}', "failed"),
    "types": (b'{"version": 3, "checkpoint": {"latest": {"resources": [{"urn": 3}]}}}', "failed"),
    "gzip": (b"\x1f\x8b\x08\x00 damaged", "failed"),
    "zstd": (b"\x28\xb5\x2f\xfd damaged", "failed"),
    "encrypted": (b"-----BEGIN PGP MESSAGE-----\nabc\n-----END PGP MESSAGE-----\n", "failed"),
    "large": (b" " * (3 << 20), "failed"),
    "duplicates": (
        b'{"version": 3, "checkpoint": {"latest": {"resources": ['
        + RESOURCE
        + b'], "resources": ['
        + RESOURCE
        + b"]}}}",
        "failed",
    ),
}


def test_files_that_are_no_stacks_fail_alone(tmp_path: Path) -> None:
    folder = tmp_path / "fleet" / ".pulumi" / "stacks" / "p"
    folder.mkdir(parents=True)
    for name, (content, _) in BAD.items():
        (folder / f"{name}.json").write_bytes(content)
    (folder / "good.json").write_bytes(b'{"version": 3, "checkpoint": {"latest": {"resources": [' + RESOURCE + b"]}}}")
    info = run(tmp_path / "fleet", tmp_path / "store", request(largest=2 << 20))
    states = dict(rows(tmp_path / "store", "SELECT parse_filename(location, true), state FROM stacks"))
    assert states == {name: state for name, (_, state) in BAD.items()} | {"good": "judged"}
    assert info.failed == sum(state == "failed" for _, state in BAD.values())
    reasons = dict(rows(tmp_path / "store", "SELECT stack, reason FROM stacks WHERE state = 'failed'"))
    assert reasons.pop("large") == "too-large"
    assert set(reasons.values()) <= {"malformed", "unreadable"}
    assert not [
        message for (message,) in rows(tmp_path / "store", "SELECT message FROM stacks") if "\n" in str(message)
    ]


def command(fleet: Path, store: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "stackguard", "audit", str(fleet), "--store", str(store), "-j", "2", *more]


def shards_of(store: Path) -> int:
    return sum(1 for _ in store.glob("runs/*/stacks/*.parquet"))


def descendants(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


KILLED_AT = {
    "the beginning": lambda store: any(store.glob("runs/*/run.json")),
    "the third shard": lambda store: shards_of(store) >= 3,
    "compacting": lambda store: any(store.glob("runs/*/stacks/all-*.parquet")),
}


@pytest.mark.parametrize("moment", KILLED_AT)
def test_a_coordinator_that_is_killed_is_resumed_and_leaves_no_process(
    undisturbed: tuple[Path, Any], tmp_path: Path, moment: str
) -> None:
    fleet, expected = undisturbed
    store, temporary = tmp_path / "store", tmp_path / "t"
    temporary.mkdir()
    coordinator = subprocess.Popen(
        command(fleet, store),
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env=os.environ | {"TMPDIR": str(temporary)},
    )
    family = psutil.Process(coordinator.pid)
    started: set[psutil.Process] = set()
    while coordinator.poll() is None and not KILLED_AT[moment](store):
        started |= {*descendants(family)}
        time.sleep(0.002)
    started |= {*descendants(family)}
    coordinator.kill()
    coordinator.wait()
    _, alive = psutil.wait_procs(started, timeout=20)
    assert not alive
    assert not [*temporary.glob("pymp-*")]
    unfinished = [info for info in Runs(files.opened(str(store))).all() if info.state != "finished"]
    more = ["--resume"] if unfinished else []  # it may have been faster
    resumed = subprocess.run(command(fleet, store, *more), check=False, capture_output=True, text=True)
    assert resumed.returncode == 0, resumed.stderr
    if unfinished:
        assert len(Runs(files.opened(str(store))).all()) == 1
        assert tables(store) == expected


@pytest.mark.parametrize(
    "moment", ["stackguard.audit.run.history.violations", "stackguard.audit.run.history.counts", "save"]
)
def test_a_coordinator_that_dies_at_the_end_is_resumed(
    undisturbed: tuple[Path, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    fleet, expected = undisturbed
    former = Runs.save

    def dies(*arguments: Any) -> Any:
        if moment == "save" and arguments[1].state != "finished":
            return former(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        if moment == "save":
            patched.setattr(Runs, "save", dies)
        else:
            patched.setattr(moment, dies)
        with pytest.raises(KeyboardInterrupt):
            audited(fleet, tmp_path / "store")
    info = audited(fleet, tmp_path / "store", resume=True)
    assert info.judged == STACKS
    assert tables(tmp_path / "store") == expected


@pytest.mark.parametrize("write", range(0, 24, 5))
def test_a_full_disk_is_one_line_and_resume_goes_on(
    undisturbed: tuple[Path, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: int
) -> None:
    fleet, expected = undisturbed
    former, count = files.Folder.write, iter(range(10**6))

    def full(self: files.Folder, name: str, content: bytes) -> None:
        if next(count) >= write:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        former(self, name, content)

    with monkeypatch.context() as patched:
        patched.setattr(files.Folder, "write", full)
        with pytest.raises(OSError, match="No space left"):
            audited(fleet, tmp_path / "store")
    assert not list(tmp_path.rglob(".writing-*"))
    begun = bool(Runs(files.opened(str(tmp_path / "store"))).all())
    info = audited(fleet, tmp_path / "store", resume=begun)
    assert info.judged == STACKS
    assert tables(tmp_path / "store") == expected


def cli(*arguments: object) -> tuple[int, str]:
    """The exit code of a command, and what it prints."""
    printed = io.StringIO()
    with redirect_stdout(printed), redirect_stderr(printed):
        code = main(["audit", *map(str, arguments)])
    return code, printed.getvalue()


def test_a_disk_that_is_really_full(undisturbed: tuple[Path, Any], tmp_path: Path) -> None:
    fleet, expected = undisturbed
    store = tmp_path / "small"
    store.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "none", store], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("only root may mount a small file system")
    try:
        result = subprocess.run(command(fleet, store), check=False, capture_output=True, text=True)
        assert result.returncode == 2
        assert "no space left on device" in result.stderr
        assert "Traceback" not in result.stderr
        assert "`--resume` with the same arguments goes on" in result.stderr
        subprocess.run(["mount", "-o", "remount,size=64m", store], check=True)
        result = subprocess.run(command(fleet, store, "--resume"), check=False, capture_output=True, text=True)
        assert result.returncode == 0, result.stderr
        assert tables(store) == expected
    finally:
        subprocess.run(["umount", store], check=True)


def test_two_audits_into_one_store_at_once(undisturbed: tuple[Path, Any], tmp_path: Path) -> None:
    fleet, expected = undisturbed
    both = [
        subprocess.Popen(command(fleet, tmp_path / "store"), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
        for _ in range(2)
    ]
    assert [audit.communicate()[1] and audit.returncode for audit in both] == [0, 0]
    finished = Runs(files.opened(str(tmp_path / "store"))).finished()
    assert len(finished) == 2
    for info in finished:
        assert tables(tmp_path / "store", info)["outcomes"] == expected["outcomes"]
        assert info.judged + info.carried == STACKS


def test_two_audits_that_resume_one_run_count_each_stack_once(undisturbed: tuple[Path, Any], tmp_path: Path) -> None:
    fleet, expected = undisturbed

    class Interrupted(Inline):
        """Lets another audit resume the same run, before it writes its own first batch."""

        nested = False

        def run(self, batches: Any) -> Any:
            if not Interrupted.nested:
                Interrupted.nested = True
                runs = Runs(files.opened(str(tmp_path / "store")))
                run = runs.all()[0].id
                for number, batch in enumerate(batches):
                    yield from super().run(iter([replace(batch, shard=f"{run}-other-{number}"), batch]))
            else:
                yield from super().run(batches)

    info = audited(fleet, tmp_path / "store", Interrupted)
    assert info.judged == STACKS
    assert tables(tmp_path / "store") == expected


def test_a_sample_is_resumed_as_it_was(undisturbed: tuple[Path, Any], tmp_path: Path) -> None:
    fleet, _ = undisturbed
    store, selection = tmp_path / "store", Selection(sample=4)

    class Dies(Inline):
        def run(self, batches: Any) -> Any:
            yield next(super().run(batches))
            raise KeyboardInterrupt

    def begin(engine: type, **plan: Any) -> RunInfo:
        listed = list(listing.stacks([str(fleet)]))
        asked = Plan((str(fleet),), str(store), sample=selection.described(len(listed)), **plan)
        return Audit(request(), asked, engine).run(selection.chosen(listed))

    with pytest.raises(KeyboardInterrupt):
        begin(Dies)
    with pytest.raises(CannotJudge, match="begun with other sample"):
        audited(fleet, store, resume=True)
    info = begin(Inline, resume=True)
    assert (info.judged, info.sample) == (4, f"a sample of 4 of {STACKS} stacks")


def test_reads_that_fail_are_said_and_fix_nothing(
    undisturbed: tuple[Path, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet, expected = undisturbed
    audited(fleet, tmp_path / "store")
    former, count = opening._stream, iter(range(10**6))

    def failing(location: Any, most: int) -> Any:
        if next(count) % 2 == 0:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return former(location, most)

    with monkeypatch.context() as patched:
        patched.setattr(opening, "_stream", failing)
        info = audited(fleet, tmp_path / "store", anew=True)
    assert (info.judged, info.failed) == (STACKS // 2, STACKS // 2)
    assert set(rows(tmp_path / "store", "SELECT reason FROM stacks WHERE state = 'failed'")) == {("unreadable",)}
    assert set(rows(tmp_path / "store", "SELECT DISTINCT status FROM violations")) == {("open",), ("not-looked-at",)}
    assert audited(fleet, tmp_path / "store").failed == 0
    assert tables(tmp_path / "store")["outcomes"] == expected["outcomes"]
