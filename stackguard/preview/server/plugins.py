"""The provider plugins that a program's installed SDKs ask for: what a registration without a version means.

Source: `listPulumiPackageInfos` in sdk/python/cmd/pulumi-language-python/main.go and `normalizeProviderRequest` in
pkg/resource/deploy/default_providers.go of https://github.com/pulumi/pulumi. An SDK without a `pulumi-plugin.json`,
which all have had since 2022, is not looked for.
"""

from __future__ import annotations

import json
import site
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Plugin:
    """What an SDK says of its plugin; `parameter` is the name and version of a package that the plugin is made to serve."""

    version: str = ""
    url: str = ""
    parameter: tuple[str, str] | None = None


@cache
def installed(interpreter: Path) -> Mapping[str, Plugin]:
    """By package, the plugins that the SDKs in an interpreter's environment ask for."""
    found: dict[str, Plugin] = {}
    for folder in _libraries(interpreter):
        for file in sorted(folder.glob("*/pulumi-plugin.json")):
            written = _read(file)
            if written.get("resource") and isinstance(written.get("name"), str):
                parameter = _parameter(written.get("parameterization"))
                plugin = Plugin(str(written.get("version") or ""), str(written.get("server") or ""), parameter)
                found.setdefault(parameter[0] if parameter else written["name"], plugin)
    return found


def _libraries(interpreter: Path) -> list[Path]:
    """Where an interpreter's packages are."""
    own = sorted(interpreter.parent.parent.glob("lib*/python3*/site-packages"))
    if own or interpreter != Path(sys.executable):
        return own
    return [Path(folder) for folder in (*site.getsitepackages(), site.getusersitepackages())]


def _read(file: Path) -> Mapping[str, Any]:
    """What the file says; nothing where it is not as Pulumi writes it, which only Pulumi itself has to mind."""
    try:
        written = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return written if isinstance(written, dict) else {}


def _parameter(written: Any) -> tuple[str, str] | None:
    named = isinstance(written, dict) and {"name", "version"} <= written.keys()
    return (str(written["name"]), str(written["version"])) if named else None
