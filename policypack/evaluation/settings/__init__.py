"""The operator's settings: files, options and a stack go in, the settings in effect and where each comes from come out.

One schema serves `stackguard.yaml`, `[tool.stackguard]`, central files and CrossGuard's policy configuration. A setting is
never an opinion of a policy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from policypack.evaluation.settings.files import read
from policypack.evaluation.settings.model import DEFAULT_FILE, UNSEEN, Settings, SettingsError
from policypack.evaluation.settings.parsing import Whole, layer
from policypack.evaluation.settings.resolving import resolve
from policypack.evaluation.settings.schema import config_schema

__all__ = ["DEFAULT_FILE", "UNSEEN", "Settings", "SettingsError", "config_schema", "parse", "read"]


def parse(raw: Any, source: str | Callable[[Sequence[str | int]], str], stack_region: str | None = None) -> Settings:
    """Settings from decoded YAML or JSON, without those of a stack.

    Args:
        raw: a mapping with camelCase keys, or None for an empty file.
        source: its name in an error, such as the file's name; or returns the place of the part at some keys.
        stack_region: the stack's own `aws:region`, if it is known.

    Raises:
        SettingsError: a key is unknown, or a value does not fit.
    """
    return resolve([layer(raw, source if callable(source) else Whole(source))], region=stack_region).settings
