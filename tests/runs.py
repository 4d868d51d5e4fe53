"""Offline runs of whole programs, which tests of one process share."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from stackguard.preview import Preview, run
from tests.agreement.view import preconditions


def options(program: Path) -> dict[str, Any]:
    """What previews a program as the recordings do: its stack, secret config and mock files."""
    mock = program / "mock.yaml"
    return {"stack": "dev", "config": preconditions(program)["config"], "mock": [mock] if mock.exists() else []}


@cache
def unresolved(program: Path) -> Preview:
    """The preview in which what AWS computes is unknown, as in the engine's own."""
    return run(program, **options(program), resolve=False, timeout=120)
