"""How many stacks the machine can judge at the same time.

Source: https://docs.kernel.org/admin-guide/cgroup-v2.html.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_LIMITING = threading.Lock()
_former: list[tuple[int, int]] = []
"""The limits before the blocks of `limited_memory` that have not ended, once for each."""
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


@contextmanager
def limited_memory(most: int) -> Iterator[None]:
    """Let this process allocate so many bytes more at most, on Linux; an allocation that needs more fails.

    Blocks may overlap, in threads: the limit of the first one counts until the last one ends.
    """
    import resource  # not on Windows, where exports are judged, too

    with _LIMITING:
        if not _former:
            _former.append(resource.getrlimit(resource.RLIMIT_DATA))
            with suppress(OSError, ValueError, StopIteration):
                lines = Path("/proc/self/status").read_text("ascii").splitlines()
                used = int(next(line for line in lines if line.startswith("VmData:")).split()[1]) << 10
                soft, hard = _former[0]
                known = [limit for limit in (soft, hard, used + most) if limit != resource.RLIM_INFINITY]
                resource.setrlimit(resource.RLIMIT_DATA, (min(known), hard))
        else:
            _former.append(_former[0])
    try:
        yield
    finally:
        with _LIMITING:
            limits = _former.pop()
            if not _former:
                resource.setrlimit(resource.RLIMIT_DATA, limits)


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
