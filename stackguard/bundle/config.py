"""A function's `pyproject.toml`: its dependencies, and the table `[tool.stackguard.bundle]`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

import msgspec

from policypack.core.reading import files, toml_reader
from policypack.lambda_code.binaries import Target
from stackguard.bundle.errors import CannotBundle, lowered
from stackguard.bundle.targets import ARCHITECTURES, KINDS, RUNTIMES, Architecture, Kind, Runtime
from stackguard.errors import reason

TABLE = "tool.stackguard.bundle"
PROJECT_FILE = "pyproject.toml"


class BundleTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab", kw_only=True):
    """The table `[tool.stackguard.bundle]`."""

    runtime: Runtime | None = None
    architecture: Architecture = "x86_64"
    handler: str | None = None
    lock: str | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    strip: tuple[Kind, ...] = ()
    from_source: tuple[str, ...] = ()
    layer: bool = False
    upload: Literal["direct", "s3"] = "s3"
    allow_secrets: tuple[str, ...] = ()


_SHAPES = {
    "runtime": f"is one of {', '.join(RUNTIMES)}, in quotes",
    "architecture": 'is "x86_64" or "arm64"',
    "handler": 'is the function\'s handler in quotes, as "package.module.function"',
    "lock": 'is the name of the lock file in quotes, as "requirements.lock"',
    "include": 'is a list of globs, as ["ingest/**"]',
    "exclude": 'is a list of globs, as ["**/fixtures/**"]',
    "before": 'is a list of commands, as ["make schema"]',
    "after": 'is a list of commands, as ["./sign.sh"]',
    "strip": f"is a list of {', '.join(KINDS)}, each in quotes",
    "from-source": 'is a list of package names, as ["docopt"]',
    "layer": "is true or false",
    "upload": 'is "direct" or "s3"',
    "allow-secrets": 'is a list of globs, as ["app/fixtures/*.pem"]',
}
_CHOICES = {"runtime": RUNTIMES, "architecture": ARCHITECTURES, "strip": KINDS}
_ALIASES = {"aarch64": "arm64", "amd64": "x86_64", "x86-64": "x86_64"}


@dataclass(frozen=True, slots=True)
class Overrides:
    """Options of the command line, which replace or extend values of the table."""

    runtime: str | None = None
    architecture: str | None = None
    strip: tuple[str, ...] = ()
    from_source: tuple[str, ...] = ()
    layer: bool = False
    allow_secrets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FunctionProject:
    """A function's folder and the contents of its `pyproject.toml`."""

    folder: Path
    name: str
    """For the artifacts: the project's name, else the folder's, with only letters, digits, `.`, `_` and `-`."""
    version: str | None
    dependencies: tuple[str, ...] | None
    """None if there is no table `[project]`: then everything in the lock is installed."""
    requires_python: str | None
    indexes: tuple[Mapping[str, Any], ...]
    """The tables `[[tool.uv.index]]`."""
    table: BundleTable
    target: Target
    raw: bytes = field(default=b"", repr=False)

    @property
    def project_file(self) -> Path:
        """The function's `pyproject.toml`."""
        return self.folder / PROJECT_FILE


def read(folder: Path, overrides: Overrides = Overrides()) -> FunctionProject:
    """Read a function's folder.

    Raises:
        CannotBundle: there is no `pyproject.toml`, or a key or value in it is wrong.
    """
    file = folder / PROJECT_FILE
    raw, document = _document(file)
    project = _section(document, "project", file)
    tool = _section(document, "tool", file)
    stackguard = _section(tool, "stackguard", file, "tool.stackguard")
    table = _overridden(_table(_section(stackguard, "bundle", file, TABLE), file), overrides)
    if overrides.runtime and overrides.runtime not in RUNTIMES:
        raise CannotBundle(f"`--runtime` is one of {', '.join(RUNTIMES)}, not `{overrides.runtime}`")
    if table.runtime is None:
        raise CannotBundle(f'`{file}` does not state the runtime: add `runtime = "python3.13"` below `[{TABLE}]`')
    name, version, uv = project.get("name"), project.get("version"), tool.get("uv")
    name = name if isinstance(name, str) else folder.resolve().name
    requires_python = project.get("requires-python")
    if not isinstance(requires_python, str | None):
        raise CannotBundle(f'`{file}`: `project.requires-python` is a text, as ">=3.13"')
    return FunctionProject(
        folder=folder,
        name=re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.") or "function",
        version=version if isinstance(version, str) else None,
        dependencies=_dependencies(project, file) if "project" in document else None,
        requires_python=requires_python,
        indexes=tables(uv.get("index")) if isinstance(uv, dict) else (),
        table=table,
        target=Target(table.runtime, table.architecture),
        raw=raw,
    )


def _document(file: Path) -> tuple[bytes, dict[str, Any]]:
    try:
        raw = files.content(file)
        return raw, toml_reader.parse(raw.decode())
    except FileNotFoundError:
        raise CannotBundle(
            f"`{file.parent}` has no `{PROJECT_FILE}`; give a function's folder, which states its dependencies there"
        ) from None
    except OSError as error:
        raise CannotBundle(f"`{file}` cannot be read: {reason(error)}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CannotBundle(f"`{file}` is not valid TOML: {lowered(error)}") from None


def tables(value: Any) -> tuple[dict[str, Any], ...]:
    """The tables of an array of tables; none for anything else."""
    return tuple(table for table in value if isinstance(table, dict)) if isinstance(value, list) else ()


def _section(parent: Mapping[str, Any], key: str, file: Path, name: str = "") -> dict[str, Any]:
    """A table in another, empty if it is missing; `name` is its full name if that is not the key."""
    section = parent.get(key, {})
    if not isinstance(section, dict):
        raise CannotBundle(f"`{file}`: `{name or key}` is a table, as `[{name or key}]`")
    return section


def _dependencies(project: Mapping[str, Any], file: Path) -> tuple[str, ...]:
    dynamic = project.get("dynamic", ())
    if isinstance(dynamic, list) and "dependencies" in dynamic:
        raise CannotBundle(
            f"`{file}`: `dependencies` are dynamic, so a lock cannot be checked against them; list them there"
        )
    dependencies = project.get("dependencies", [])
    if not isinstance(dependencies, list) or not all(isinstance(line, str) for line in dependencies):
        raise CannotBundle(f'`{file}`: `project.dependencies` is a list of requirements, as ["boto3>=1.40"]')
    return tuple(dependencies)


def _table(raw: Mapping[str, Any], file: Path) -> BundleTable:
    for key, value in raw.items():
        if key not in _SHAPES:
            near = get_close_matches(key.replace("_", "-").lower(), _SHAPES, n=1)
            hint = f"did you mean `{near[0]}`?" if near else f"the keys are {', '.join(_SHAPES)}"
            raise CannotBundle(f"`{file}`: `[{TABLE}]` has no key `{key}`; {hint}")
        try:
            msgspec.convert({key: value}, BundleTable)
        except msgspec.ValidationError:
            raise CannotBundle(f"`{file}`: `{key}` below `[{TABLE}]` {_SHAPES[key]}{_suggestion(key, value)}") from None
    return msgspec.convert(raw, BundleTable)


def _suggestion(key: str, value: Any) -> str:
    """The choice that is closest to the first wrong value, as a clause; empty if none is close."""
    choices = _CHOICES.get(key, ())
    for wrong in value if isinstance(value, list) else [value]:
        if isinstance(wrong, str) and wrong not in choices:
            alias = _ALIASES.get(wrong) if key == "architecture" else None
            near = [alias] if alias else get_close_matches(wrong, choices, n=1)
            if near:
                return f'; did you mean "{near[0]}" instead of "{wrong}"?'
    return ""


def _overridden(table: BundleTable, overrides: Overrides) -> BundleTable:
    from_source = (*table.from_source, *overrides.from_source)
    return msgspec.structs.replace(
        table,
        runtime=overrides.runtime or table.runtime,
        architecture=overrides.architecture or table.architecture,
        strip=tuple(sorted({*table.strip, *overrides.strip})),
        from_source=tuple(sorted({re.sub(r"[-_.]+", "-", name).lower() for name in from_source})),
        layer=table.layer or overrides.layer,
        allow_secrets=tuple(sorted({*table.allow_secrets, *overrides.allow_secrets})),
    )
