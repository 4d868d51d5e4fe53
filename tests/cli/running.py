"""Runs the command line, in this process and as one of its own with the sample's policies."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from stackguard import cli
from tests.sources.states import as_bytes, export
from tests.warm.apart import stackguard

SAMPLE = [sys.executable, "-m", "tests.reports.sample"]
ROOT = Path(__file__).parents[2]


def written(file: Path, *states: dict[str, Any]) -> str:
    file.write_bytes(as_bytes(export(list(states))))
    return file.name


class Ran:
    """One run of the command line in this process."""

    def __init__(self, capfd: pytest.CaptureFixture[str], *args: str) -> None:
        capfd.readouterr()
        self.code = cli.main(args)
        self.out, self.err = capfd.readouterr()


class RanApart:
    """One run of the command line in a process of its own: it forks, and a fork of one that has used gRPC may hang."""

    def __init__(self, *args: str) -> None:
        ran = stackguard(Path.cwd(), *args, timeout=120)
        self.code, self.out, self.err = ran.returncode, ran.stdout, ran.stderr
