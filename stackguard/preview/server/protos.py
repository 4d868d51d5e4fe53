"""Pulumi's generated protocol modules, without the rest of its SDK, which takes six times as long to import.

`FEATURES` are those that the monitor reports to an SDK.
Source: `SupportsFeature` in pkg/resource/deploy/source_eval.go of https://github.com/pulumi/pulumi.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pulumi.runtime.proto import (
        alias_pb2,
        analyzer_pb2,
        analyzer_pb2_grpc,
        callback_pb2,
        callback_pb2_grpc,
        engine_pb2,
        engine_pb2_grpc,
        provider_pb2,
        resource_pb2,
        resource_pb2_grpc,
    )

__all__ = [
    "alias_pb2",
    "analyzer_pb2",
    "analyzer_pb2_grpc",
    "callback_pb2",
    "callback_pb2_grpc",
    "engine_pb2",
    "engine_pb2_grpc",
    "provider_pb2",
    "resource_pb2",
    "resource_pb2_grpc",
]

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
FEATURE_NAMES = frozenset(
    f"RESOURCE_MONITOR_FEATURE_{re.sub(r'(?=[A-Z])', '_', feature).upper()}" for feature in FEATURES
)
"""The same in the enumeration of newer SDKs."""

ALIAS = "_stackguard_pulumi_proto"


def _package() -> str:
    """The name of a package with the generated modules.

    They import only each other, relatively, so any package name works; protobuf keeps one class for a message however
    often its module is imported. Pulumi's own package is used if it is already imported or has another layout.
    """
    spec = None if "pulumi" in sys.modules else importlib.util.find_spec("pulumi")
    for location in (spec and spec.submodule_search_locations) or ():
        folder = Path(location, "runtime", "proto")
        if (folder / "resource_pb2.py").is_file():
            package = types.ModuleType(ALIAS)
            package.__path__ = [str(folder)]
            sys.modules[ALIAS] = package
            return ALIAS
    return "pulumi.runtime.proto"


if not TYPE_CHECKING:
    _PACKAGE = _package()

    def __getattr__(name: str) -> Any:
        if name not in __all__:
            raise AttributeError(name)
        module = globals()[name] = importlib.import_module(f"{_PACKAGE}.{name}")
        return module
