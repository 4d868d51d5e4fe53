"""What the preview tells an SDK that it can do: each feature that is served has to be said.

Source: `SupportsFeature` in pkg/resource/deploy/source_eval.go of https://github.com/pulumi/pulumi.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeVar

FEATURES = frozenset(
    {
        "secrets",
        "resourceReferences",
        "outputValues",
        "aliasSpecs",
        "replacementTrigger",
        "deletedWith",
        "replaceWith",
        "transforms",
        "invokeTransforms",
        "parameterization",
        "resourceHooks",
        "errorHooks",
        "invokeDependsOn",
        "invokeParent",
    }
)

Number = TypeVar("Number", bound=int)


def numbers(enum: Iterable[tuple[str, Number]]) -> list[Number]:
    """The features by the numbers that newer SDKs know them by."""
    names = {f"RESOURCE_MONITOR_FEATURE_{re.sub(r'(?=[A-Z])', '_', each).upper()}" for each in FEATURES}
    return [number for name, number in enum if name in names]
