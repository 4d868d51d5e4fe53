"""Settings files: found from a target upwards, and read as a `Layer`, from YAML or from `pyproject.toml`."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from policypack.core.caches import bounded_cache
from policypack.core.reading import files, toml_reader
from policypack.evaluation.settings.model import DEFAULT_FILE, Settings, SettingsError
from policypack.evaluation.settings.parsing import Layer, Place, layer
from policypack.evaluation.settings.resolving import resolve

if TYPE_CHECKING:
    from policypack.core.reading import yaml_reader

PYPROJECT = "pyproject.toml"
TABLE = "tool.stackguard"
MENTION = re.compile(rb"""\btool[ \t]*\.[ \t]*["']?stackguard\b|^[ \t]*["']?stackguard["']?[ \t]*[.=]""", re.MULTILINE)
"""Of the table, in a file that is malformed."""
NOT_SETTINGS = "bundle"
"""The table `[tool.stackguard.bundle]` is of `stackguard bundle`."""


class NoTableError(ValueError):
    """`tool.stackguard` is something other than one table."""

    def __init__(self, line: int = 1) -> None:
        """With the line of the file that names it, from 1."""
        super().__init__(f"`{TABLE}` must be one table, which begins with `[{TABLE}]`")
        self.line = line

    def __reduce__(self) -> tuple[Any, ...]:
        """How it is sent to another process."""
        return type(self), (self.line,)


def find(target: Path | None, *, elsewhere: bool = True) -> Path | None:
    """The settings file of a target: the nearest one from its folder upwards, else from the working folder upwards.

    In a folder, `stackguard.yaml` takes precedence over a table `[tool.stackguard]` in `pyproject.toml`. A repository's
    root ends the search.

    Args:
        target: a folder or a file; None for standard input.
        elsewhere: whether to search from the working folder too.
    """
    return next(
        (relative(file) for folder in _folders(target, elsewhere=elsewhere) for file in _candidates(folder)), None
    )


def outranked(found: Path | None) -> Path | None:
    """The `pyproject.toml` whose settings do not count, because the settings file beside it does."""
    file = found.with_name(PYPROJECT) if found and found.name == DEFAULT_FILE else None
    return file if file and file.is_file() and _has_table(file) else None


def damaged(target: Path | None, found: Path | None) -> Iterator[tuple[str, str]]:
    """The place and the problem of each `pyproject.toml` that `find` passed because it is malformed.

    Args:
        target: as for `find`.
        found: the settings file.
    """
    nearest = found and Path(os.path.abspath(found)).parent  # noqa: PTH100 (a link stays a link)
    for folder in _folders(target, elsewhere=True):
        if folder == nearest:
            return
        if (file := folder / PYPROJECT).is_file():
            try:
                _table(file)
            except OSError as error:
                yield str(relative(file)), f"cannot be read: {error.strerror}"
            except NoTableError as error:
                yield f"{relative(file)}:{error.line}", str(error)
            except ValueError as error:
                line, problem = toml_reader.problem(error)
                yield f"{relative(file)}:{line}" if line else str(relative(file)), f"malformed TOML: {problem}"


def _folders(target: Path | None, *, elsewhere: bool) -> Iterable[Path]:
    """The folders to search, in their order."""
    starts = [Path.cwd()] if elsewhere else []
    if target is not None:
        absolute = Path(os.path.abspath(target))  # noqa: PTH100 (a link stays a link)
        starts.insert(0, absolute if absolute.is_dir() else absolute.parent)
    return dict.fromkeys(folder for start in starts for folder in _upwards(start))


def _upwards(folder: Path) -> Iterator[Path]:
    for parent in (folder, *folder.parents):
        yield parent
        if (parent / ".git").exists():
            return


def _candidates(folder: Path) -> Iterator[Path]:
    if os.path.lexists(file := folder / DEFAULT_FILE):
        yield file
    if (file := folder / PYPROJECT).is_file() and _has_table(file):
        yield file


def _has_table(file: Path) -> bool:
    """Whether a `pyproject.toml` has settings, or is malformed and mentions them: else settings would be ignored."""
    try:
        return bool(_table(file))
    except (OSError, NoTableError):
        return True
    except (ValueError, RecursionError):
        return MENTION.search(files.content(file).replace(b"\0", b"")) is not None


def _table(file: Path) -> dict[str, Any]:
    text = files.content(file).decode("utf-8-sig")
    tool: Any = _parsed(text).get("tool", {})
    tools = tool if isinstance(tool, list) else [tool]
    values = [one["stackguard"] for one in tools if isinstance(one, dict) and "stackguard" in one]
    value: Any = next(iter(values), {})
    if values and not (isinstance(tool, dict) and isinstance(value, dict)):
        mention = MENTION.search(text.encode())
        raise NoTableError(text.encode().count(b"\n", 0, mention.start()) + 1 if mention else 1)
    return {key: item for key, item in value.items() if key != NOT_SETTINGS}


@bounded_cache(8)
def _parsed(text: str) -> dict[str, Any]:
    """The value of a TOML text: the stacks of a run have the same files above them."""
    return toml_reader.parse(text)


def relative(path: Path) -> Path:
    """The path from the working folder, if it is below that or above it by few steps: as people name it."""
    try:
        shorter = Path(os.path.relpath(path))
    except ValueError:  # on another drive
        return path
    return shorter if len(shorter.parts) <= len(path.parts) else path


def load(path: Path, *, folder: Path | None = None, central: bool = False) -> Layer:
    """The layer of a settings file.

    Args:
        path: a TOML file such as `pyproject.toml`, with the table `[tool.stackguard]`, or a YAML file of any other name.
        folder: that `paths` in it are relative to; its own by default.
        central: whether it is a central file.

    Raises:
        SettingsError: the file is missing, malformed, or does not fit the schema.
    """
    base = folder or Path(os.path.abspath(path)).parent  # noqa: PTH100
    with settings_errors("central settings file" if central else "settings file", path):
        value, place = _toml(path) if path.suffix == ".toml" else _yaml(path)
    return layer(value, place, folder=base, central=central)


@contextmanager
def settings_errors(kind: str, path: Path) -> Iterator[None]:
    """Reading a file of the operator: what is wrong with the file is an error of the settings.

    Args:
        kind: what the file is, for the error: `waiver file`.
        path: the file.

    Raises:
        SettingsError: the file is missing, cannot be read, or is no YAML.
    """
    from policypack.core.reading import yaml_reader  # only where there is a file: an export needs no YAML

    try:
        yield
    except FileNotFoundError:
        raise SettingsError(f"there is no {kind} `{path}`") from None
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {(error.strerror or 'it is no file').lower()}") from None
    except yaml_reader.YamlError as error:
        raise SettingsError(error.at(path)) from None


def _yaml(path: Path) -> tuple[Any, Place]:
    from policypack.core.reading import yaml_reader

    document = yaml_reader.read(path)
    return document.value, _YamlPlace(path, document)


@dataclass(frozen=True, slots=True)
class _YamlPlace:
    path: Path
    document: yaml_reader.Document = field(repr=False)

    def __call__(self, keys: Sequence[str | int]) -> str:
        return f"{self.path}:{self.document.line(keys)}"


def _toml(path: Path) -> tuple[Any, Place]:
    try:
        table = _table(path)
        text = path.read_text("utf-8-sig")
    except NoTableError as error:
        raise SettingsError(f"{path}:{error.line}: {error}") from None
    except ValueError as error:
        raise SettingsError(toml_reader.malformed(path, error)) from None
    except files.TooLargeError:
        raise SettingsError(f"{path}: larger than {files.MAX_BYTES >> 20} MiB") from None
    if not table:
        raise SettingsError(f"{path} has no settings: in TOML, they are the table `[{TABLE}]`")
    return table, _TomlPlace(path, text)


@dataclass(frozen=True, slots=True)
class _TomlPlace:
    path: Path
    text: str = field(repr=False)

    def __call__(self, keys: Sequence[str | int]) -> str:
        return f"{self.path}:{_toml_line(self.text, keys)}"


def _toml_line(text: str, keys: Sequence[str | int]) -> int:
    """The line of the innermost of some keys that can be found: TOML's parser gives none."""
    lines = text.splitlines()
    start = next((index for index, line in enumerate(lines) if line.lstrip().startswith(f"[{TABLE}")), 0)
    line = start
    for depth, key in enumerate(keys):
        if isinstance(key, int):
            headers = [i for i, text_ in enumerate(lines) if text_.strip() == f"[[{TABLE}.{keys[depth - 1]}]]"]
            line = headers[key] if key < len(headers) else line
            continue
        pattern = re.compile(rf"""\s*(?:\[+{re.escape(TABLE)}\.(?:[\w.]+\.)?)?["']?{re.escape(key)}["']?\s*[\].=]""")
        line = next((i for i in range(line, len(lines)) if pattern.match(lines[i])), line)
    return line + 1


def read(path: Path) -> Settings:
    """The settings in a file, without those of a stack.

    Raises:
        SettingsError: as by `load`.
    """
    return resolve([load(path)]).settings
