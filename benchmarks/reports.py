"""`python -m benchmarks.reports`: the seconds of CPU of all formats together, against those of the run that they report."""

from __future__ import annotations

import gc
import os
import time

from benchmarks.__main__ import ROOT
from stackguard.cli.check import FORMATS
from stackguard.gate.request import CheckRequest, run
from stackguard.reports import Screen, render
from stackguard.sources import RunOptions

PROGRAM = ROOT / "benchmarks" / "large"
FLAWED = RunOptions(config={"large:flawed": "true"})
LIMIT = 0.1


def spent() -> float:
    """Seconds of CPU of this process, and of those that it has waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def main() -> None:
    """Print the seconds of each format, and the ratio: in one process, in which each format is imported and made once."""
    start = spent()
    judged = run(CheckRequest(str(PROGRAM), FLAWED))
    gc.freeze()  # as `check` does
    whole = spent() - start
    report = judged.reports[0]
    print(f"{report.resources} resources, {len(report.outcomes)} outcomes: {whole:.2f} s of CPU")
    seconds = {}
    for name in FORMATS:
        start = time.process_time()
        render(judged, name, Screen())
        seconds[name] = time.process_time() - start
    print(", ".join(f"{name} {value:.3f}" for name, value in seconds.items()))
    total = sum(seconds.values())
    print(f"all formats: {total:.2f} s, ratio {total / whole:.3f} (limit: {LIMIT:.2f})")


if __name__ == "__main__":
    main()
