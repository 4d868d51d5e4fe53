"""An audit on a Dask scheduler and workers of this machine, which have processes of their own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from benchmarks.fleet import Fleet
from stackguard.audit.engine.cluster import Cluster, check_address
from stackguard.audit.engine.pool import Finished
from stackguard.audit.engine.worker import Batch, Job
from stackguard.errors import CannotJudge
from tests.audit.test_run import audited, reported

pytestmark = pytest.mark.outside

STACKS = 12


class Dask:
    """A scheduler and workers."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{self.port}"
        self._stack, self._folder = stack, folder
        self.scheduler = self.start_scheduler()
        self.workers = [self.start_worker(), self.start_worker()]

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "dask", *arguments],
            cwd=self._folder,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
            stderr=subprocess.DEVNULL,
        )
        self._stack.callback(process.wait)
        self._stack.callback(process.kill)
        return process

    def start_scheduler(self) -> subprocess.Popen[bytes]:
        return self.start("scheduler", "--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard")

    def restart(self) -> None:
        """Kill the scheduler, and start another one at its address; its workers end with it."""
        for process in (self.scheduler, *self.workers):
            process.kill()
            process.wait()
        self.scheduler = self.start_scheduler()
        self.workers = [self.start_worker()]

    def start_worker(self) -> subprocess.Popen[bytes]:
        return self.start(
            "worker", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--death-timeout", "60"
        )


@pytest.fixture
def dask(tmp_path: Path) -> Iterator[Dask]:
    with ExitStack() as stack:
        yield Dask(stack, tmp_path)


def test_the_same_as_in_this_process_though_a_worker_dies(dask: Dask, tmp_path: Path) -> None:
    fleet = Fleet(tmp_path / "fleet", 7)
    truth = fleet.write(STACKS)
    sent = 0

    class Killing(Cluster):
        def run(self, batches: Iterable[Batch]) -> Iterator[Finished]:
            nonlocal sent
            for finished in super().run(batches):
                if not sent:
                    dask.workers[0].send_signal(signal.SIGKILL)
                sent += 1
                yield finished

    info = audited(tmp_path / "fleet", tmp_path / "store", lambda job: Killing(job, dask.address))
    assert (info.judged, info.failed) == (STACKS, 0)
    assert reported(tmp_path / "store") == Fleet.expected(truth)


def test_the_same_though_the_scheduler_restarts(dask: Dask, tmp_path: Path) -> None:
    fleet = Fleet(tmp_path / "fleet", 7)
    truth = fleet.write(STACKS)
    restarted = False

    class Restarting(Cluster):
        def run(self, batches: Iterable[Batch]) -> Iterator[Finished]:
            nonlocal restarted
            for finished in super().run(batches):
                if not restarted:
                    restarted = True
                    dask.restart()
                yield finished

    info = audited(tmp_path / "fleet", tmp_path / "store", lambda job: Restarting(job, dask.address))
    assert restarted
    assert (info.judged, info.failed) == (STACKS, 0)
    assert reported(tmp_path / "store") == Fleet.expected(truth)


def test_nobody_answers(tmp_path: Path) -> None:
    (tmp_path / "truth.json").write_text(json.dumps(Fleet(tmp_path / "fleet", 7).write(1)))

    def nobody(job: Job) -> Cluster:
        return Cluster(job, "tcp://127.0.0.1:9", patience=1)

    with pytest.raises(CannotJudge, match="no Dask scheduler"):
        audited(tmp_path / "fleet", tmp_path / "store", nobody)


@pytest.mark.parametrize(
    "address", ["tls://dask.example.com:8786", "tcp://127.0.0.1:8786", "tcp://localhost:1", "tcp://[::1]:8786"]
)
def test_a_safe_address(address: str) -> None:
    check_address(address)


@pytest.mark.parametrize(
    "address",
    ["tcp://10.0.0.1:8786", "tcp://dask.example.com:8786", "ws://127.0.0.1:1", "127.0.0.1:8786", "tcp://127.0.0.1", ""],
)
def test_an_address_that_is_not_safe_or_none(address: str) -> None:
    with pytest.raises(CannotJudge, match="--scheduler"):
        check_address(address)
