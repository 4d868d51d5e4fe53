from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

STACK = Path(__file__).parents[2] / "stack"
sys.path.insert(0, str(STACK))  # the program's modules import each other as Pulumi runs them: from its folder


@pytest.fixture
def config() -> dict[str, str]:
    """The stack's own config, as Pulumi hands it to the program: texts, with lists as JSON."""
    values: dict[str, Any] = yaml.safe_load((STACK / "Pulumi.dev.yaml").read_text())["config"]
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in values.items()}
