"""Requests with which the workers of a pool fail: they are sent to them, so they are in a module that these can import."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from policypack.core.stack_name import StackName
from stackguard.audit.request import AuditRequest


@dataclass(frozen=True)
class Deadly(AuditRequest):
    """A request that kills the worker which judges a stack: once, or every time."""

    victim: str = ""
    marker: str = ""
    """A file that is written before the first time; empty for every time."""

    def key(self, content: str, name: StackName, reported: Collection[str], *, dated: bool) -> str:
        if str(name) == self.victim and not (self.marker and Path(self.marker).exists()):
            if self.marker:
                Path(self.marker).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().key(content, name, reported, dated=dated)


@dataclass(frozen=True)
class Slow(AuditRequest):
    """A request that takes long to judge one stack."""

    victim: str = ""

    def key(self, content: str, name: StackName, reported: Collection[str], *, dated: bool) -> str:
        while str(name) == self.victim:
            time.sleep(0.05)
        return super().key(content, name, reported, dated=dated)


def ends() -> None:
    """End a worker as soon as it starts."""
    os._exit(1)


def ends_above(most: int, number: int) -> int:
    """End a worker that gets a greater number."""
    if number > most:
        os._exit(1)
    return number
