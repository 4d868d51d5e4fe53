"""Audits of generated fleets: their time by number of stacks and of workers, a second audit, roll-ups, and Dask.

    python -m benchmarks.audit --stacks 2000 --folder DIR
    python -m benchmarks.audit --stacks 2000 --dask

Counts are compared with what the fleet has planted; a difference ends it.
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.fleet import Fleet, crossing
from benchmarks.truth import check
from stackguard.audit.engine.cluster import Cluster
from stackguard.audit.engine.pool import Pool
from stackguard.audit.engine.worker import Batch, BatchResult, Job
from stackguard.audit.request import AuditRequest
from stackguard.audit.run import Audit, Engine, Plan, Watcher
from stackguard.audit.sources import listing
from stackguard.audit.store import files
from stackguard.audit.store.database import connected
from stackguard.audit.store.runs import RunInfo, Runs
from stackguard.garbage import no_garbage_collection
from stackguard.gate import machine
from stackguard.gate.exemptions import Accepting
from stackguard.sources.settings import of_target

PRELOAD = ("--preload", "stackguard.audit.engine.warm")
ROLL_UPS = {
    "policies": "SELECT policy, count(*) FROM outcomes GROUP BY policy ORDER BY 2 DESC",
    "teams": "SELECT owner, account, severity, count(*) FROM violations WHERE status = 'open' GROUP BY ALL ORDER BY 4 DESC",
    "types": "SELECT type, count(*) FROM resources GROUP BY type ORDER BY 2 DESC",
    "evidence": "SELECT policy, came, sum(count) FROM evidence GROUP BY ALL",
    "stacks": "SELECT project, sum(resources), sum(blocking) FROM stacks GROUP BY project ORDER BY 3 DESC LIMIT 20",
}


class Peak(Watcher):
    """The most memory of a worker."""

    bytes = 0

    def batch(self, batch: Batch, result: BatchResult) -> None:  # noqa: ARG002 (as of `Watcher`)
        """Keep the peak."""
        self.bytes = max(self.bytes, result.peak)


def audit(fleet: Path, store: Path, engine: Callable[[Job], Engine]) -> tuple[RunInfo, float, int]:
    """One audit: the run, its seconds and the peak of a worker."""
    gc.collect()
    gc.freeze()  # what is planted is millions of objects, which the command does not have to look through
    peak, start = Peak(), time.monotonic()
    with no_garbage_collection():  # as the command does
        refs = [ref for ref in listing.stacks([str(fleet)]) if ref.name.stack]
    plan = Plan((str(fleet),), str(store))
    info = Audit(AuditRequest(of_target("-"), Accepting()), plan, engine, peak).run(refs)
    return info, time.monotonic() - start, peak.bytes


@contextmanager
def dask(folder: Path, workers: int) -> Iterator[str]:
    """A scheduler and workers of this machine."""
    command = [sys.executable, "-W", "ignore", "-m", "dask"]
    port = 28786
    address = f"tcp://127.0.0.1:{port}"
    started = [
        subprocess.Popen(
            [*command, *arguments], cwd=folder, stderr=subprocess.DEVNULL, env={"PYTHONPATH": str(Path.cwd())}
        )
        for arguments in (
            ["scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"],
            *[["worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard", *PRELOAD]] * workers,
        )
    ]
    try:
        time.sleep(8)
        yield address
    finally:
        for process in reversed(started):
            process.kill()
            process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.audit", description=__doc__.partition("\n")[0])
    parser.add_argument("--stacks", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=machine.cores())
    parser.add_argument("--folder", type=Path, help="where the fleet and the store stay; by default they are removed")
    parser.add_argument("--share", type=float, default=0.01, help="of the stacks that change before the second audit")
    parser.add_argument("--dask", action="store_true", help="also on Dask's workers, as many")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.folder or Path(scratch)
        fleet, store, known = folder / "fleet", folder / "store", folder / "truth.json"
        if known.exists():
            truth = json.loads(known.read_text())
        else:
            truth = Fleet(fleet, 1).write(arguments.stacks, crossing(arguments.stacks))
            known.write_text(json.dumps(truth))

        def pool(job: Job) -> Pool:
            return Pool(job, arguments.workers, 300.0)

        info, first, peak = audit(fleet, store, pool)
        print(
            f"{info.listed} stacks, {info.resources} resources, {arguments.workers} workers: {first:.1f} s,"
            f" {first / info.listed * 1000:.1f} ms a stack; a worker at most {peak >> 20} MB",
            flush=True,
        )
        check(fleet, store, truth)  # at 100,000 stacks the paths alone take 15 minutes
        changed = Fleet(fleet, int(time.time())).drift(truth, arguments.share)
        known.write_text(json.dumps(truth))
        info, second, _ = audit(fleet, store, pool)
        print(f"second audit, {changed} stacks changed: {second:.1f} s, {second / first:.1%} of the first", flush=True)
        assert info.judged == changed
        check(fleet, store, truth)
        with connected(Runs(files.opened(str(store)))) as database:
            for name, sql in ROLL_UPS.items():
                start = time.monotonic()
                count = len(database.sql(sql).fetchall())
                print(f"roll-up by {name}: {time.monotonic() - start:.2f} s, {count} rows", flush=True)
        if arguments.dask:
            with dask(folder, arguments.workers) as address:
                _, seconds, _ = audit(fleet, folder / "store-of-dask", lambda job: Cluster(job, address))
            check(fleet, folder / "store-of-dask", truth)
            print(f"on Dask: {seconds:.1f} s, {seconds / first:.2f} of the pool", flush=True)
        print(f"peak of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MB")


if __name__ == "__main__":
    main()
