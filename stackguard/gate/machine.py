"""How many stacks the machine can judge at the same time.

Source: https://docs.kernel.org/admin-guide/cgroup-v2.html.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

MEGABYTES = 500
"""What one stack takes: its program, and the process that judges it."""
LIMITS = Path("/sys/fs/cgroup")


def jobs() -> int:
    """One more than there are cores, as far as there is free memory, in the container if there is one; at least one.

    A stack's program and what judges it wait for each other, which leaves time for another.
    """
    return max(1, min(cores() + 1, free_memory() // (MEGABYTES << 20)))


def cores() -> int:
    """The cores that this process may use."""
    try:
        available = len(os.sched_getaffinity(0))
    except AttributeError:  # not on this system
        available = os.cpu_count() or 1
    with suppress(OSError, ValueError):
        quota, period = map(int, (LIMITS / "cpu.max").read_text().split())
        return min(available, max(1, quota // period))
    return available


def free_memory() -> int:
    """The bytes of memory that are free, in the container if there is one."""
    free = 1 << 62
    with suppress(OSError, ValueError, StopIteration):
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
        free = int(next(line for line in lines if line.startswith("MemAvailable:")).split()[1]) << 10
    with suppress(OSError, ValueError):
        limit = int((LIMITS / "memory.max").read_text())
        files = next(line for line in (LIMITS / "memory.stat").read_text().splitlines() if line.startswith("file "))
        used = int((LIMITS / "memory.current").read_text()) - int(files.split()[1])  # a cache of files gives way
        free = min(free, max(0, limit - used))
    return free
