"""Offline runs of whole programs, which tests of one process share."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from stackguard.preview import Preview, run
from tests.agreement.view import preconditions


def options(program: Path) -> dict[str, Any]:
    """The options of the recordings: the program's stack, secret config and mock files."""
    mock = program / "mock.yaml"
    return {"stack": "dev", "config": preconditions(program)["config"], "mock": [mock] if mock.exists() else []}


@cache
def unresolved(program: Path) -> Preview:
    """The preview without resolution, so that what AWS computes is unknown, as in the engine's."""
    return run(program, **options(program), resolve=False, timeout=120)
