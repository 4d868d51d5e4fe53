"""What `pyproject.toml` says of a function: its dependencies, and the table `[tool.stackguard.bundle]`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

import msgspec

from policypack.lambda_code.binaries import Target
from stackguard.bundle.choices import ARCHITECTURES, KINDS, RUNTIMES, Architecture, Kind, Runtime
from stackguard.bundle.errors import CannotBundle
from stackguard.errors import reason

TABLE = "tool.stackguard.bundle"
PROJECT_FILE = "pyproject.toml"


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab", kw_only=True):
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
}


@dataclass(frozen=True, slots=True)
class Overrides:
    """What the command line says instead of the table."""

    runtime: str | None = None
    architecture: str | None = None
    strip: tuple[str, ...] = ()
    from_source: tuple[str, ...] = ()
    layer: bool = False


@dataclass(frozen=True, slots=True)
class Function:
    """A function's folder and what its `pyproject.toml` says."""

    folder: Path
    name: str
    """For the artifacts: the project's name, else the folder's, with only letters, digits, `.`, `_` and `-`."""
    version: str | None
    dependencies: tuple[str, ...] | None
    """None where there is no table `[project]`: then all that is locked is meant."""
    requires_python: str | None
    indexes: tuple[Mapping[str, Any], ...]
    """The tables `[[tool.uv.index]]`."""
    table: Table
    target: Target
    raw: bytes = field(default=b"", repr=False)

    @property
    def project_file(self) -> Path:
        """Where all of it stands."""
        return self.folder / PROJECT_FILE


def read(folder: Path, overrides: Overrides = Overrides()) -> Function:
    """Read a function's folder.

    Raises:
        CannotBundle: there is no `pyproject.toml`, or a key or value in it does not fit.
    """
    file = folder / PROJECT_FILE
    raw, document = _document(file)
    project = _mapping(document.get("project", {}), file, "project")
    tool = _mapping(document.get("tool", {}), file, "tool")
    own = _mapping(tool.get("stackguard", {}), file, "tool.stackguard")
    table = _overridden(_table(own.get("bundle", {}), file), overrides)
    if overrides.runtime and overrides.runtime not in RUNTIMES:
        raise CannotBundle(f"`--runtime` is one of {', '.join(RUNTIMES)}, not `{overrides.runtime}`")
    if table.runtime is None:
        raise CannotBundle(f'`{file}` does not say for which runtime: add `runtime = "python3.13"` below `[{TABLE}]`')
    name = project.get("name")
    uv = tool.get("uv")
    return Function(
        folder=folder,
        name=re.sub(r"[^A-Za-z0-9._-]+", "-", name if isinstance(name, str) else folder.resolve().name).strip("-.")
        or "function",
        version=project["version"] if isinstance(project.get("version"), str) else None,
        dependencies=_dependencies(document, file),
        requires_python=project.get("requires-python"),
        indexes=tuple(uv.get("index", ())) if isinstance(uv, dict) else (),
        table=table,
        target=Target(table.runtime, table.architecture),
        raw=raw,
    )


def _document(file: Path) -> tuple[bytes, dict[str, Any]]:
    try:
        raw = file.read_bytes()
    except FileNotFoundError:
        raise CannotBundle(
            f"`{file.parent}` has no `{PROJECT_FILE}`; give the folder of a function, which says its dependencies there"
        ) from None
    except OSError as error:
        raise CannotBundle(f"`{file}` cannot be read: {reason(error)}") from None
    try:
        return raw, tomllib.loads(raw.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CannotBundle(f"`{file}` is not valid TOML: {str(error)[:1].lower()}{str(error)[1:]}") from None


def _dependencies(document: dict[str, Any], file: Path) -> tuple[str, ...] | None:
    if "project" not in document:
        return None
    if "dependencies" in document["project"].get("dynamic", ()):
        raise CannotBundle(f"`{file}`: `dependencies` are dynamic, so a lock cannot be held to them; state them there")
    value = document["project"].get("dependencies", [])
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise CannotBundle(f'`{file}`: `project.dependencies` is a list of requirements, as ["boto3>=1.40"]')
    return tuple(value)


def _mapping(value: Any, file: Path, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise CannotBundle(f"`{file}`: `{name}` is a table, as `[{name}]`")
    return value


def _table(given: Any, file: Path) -> Table:
    raw = _mapping(given, file, TABLE)
    for key in raw:
        if key not in _SHAPES:
            near = get_close_matches(key.replace("_", "-").lower(), _SHAPES, n=1, cutoff=0.6)
            hint = f"did you mean `{near[0]}`?" if near else f"the keys are {', '.join(_SHAPES)}"
            raise CannotBundle(f"`{file}`: `[{TABLE}]` has no key `{key}`; {hint}")
    for key, value in raw.items():
        try:
            msgspec.convert({key: value}, Table)
        except msgspec.ValidationError:
            raise CannotBundle(f"`{file}`: `{key}` below `[{TABLE}]` {_SHAPES[key]}{_near(key, value)}") from None
    return msgspec.convert(raw, Table)


def _near(key: str, value: Any) -> str:
    """The value that was probably meant, where one is near."""
    known = {"runtime": RUNTIMES, "architecture": ARCHITECTURES, "strip": KINDS}.get(key, ())
    values = value if isinstance(value, list) else [value]
    aliases = {"aarch64": "arm64", "amd64": "x86_64", "x86-64": "x86_64"}
    for each in (each for each in values if isinstance(each, str) and each not in known):
        near = [aliases[each]] if key == "architecture" and each in aliases else get_close_matches(each, known, n=1)
        if near:
            return f'; did you mean "{near[0]}" where "{each}" stands?'
    return ""


def _overridden(table: Table, overrides: Overrides) -> Table:
    names = (*table.from_source, *overrides.from_source)
    return msgspec.structs.replace(
        table,
        runtime=overrides.runtime or table.runtime,
        architecture=overrides.architecture or table.architecture,
        strip=tuple(sorted({*table.strip, *overrides.strip})),
        from_source=tuple(sorted({re.sub(r"[-_.]+", "-", each).lower() for each in names})),
        layer=table.layer or overrides.layer,
    )
