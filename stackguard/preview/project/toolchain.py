"""The Python that runs a program, by `runtime.options` of `Pulumi.yaml`: pip, Poetry or uv, and a virtual environment.

Nothing is installed or updated, as Pulumi does: an environment must exist.
Sources: sdk/python/toolchain of https://github.com/pulumi/pulumi; src/poetry/utils/env/env_manager.py and
src/poetry/locations.py of https://github.com/python-poetry/poetry.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from stackguard.errors import CannotJudge
from stackguard.preview.project.settings_file import of_another_tool, section

WINDOWS = os.name == "nt"
BIN, PYTHON = ("Scripts", "python.exe") if WINDOWS else ("bin", "python")
TOOLS = ("pip", "poetry", "uv")
TYPE_CHECKERS = ("mypy", "pyright")
TOOL_SECONDS = 60.0
NOT_FROM_HERE = "import sys; sys.path = [entry for entry in sys.path if entry]"
"""The start of what `python -c` runs: it imports nothing from the current folder, which others may write."""


@dataclass(frozen=True, slots=True)
class Toolchain:
    """The Python that runs a program, and the virtual environment to activate for it, if any."""

    interpreter: Path
    virtualenv: Path | None = None
    notes: tuple[str, ...] = ()


def python_options(value: object, file: Path, what: str, programs: str) -> Mapping[str, Any]:
    """The options of the `runtime` of a `what`, a project or a policy pack, of which only `programs` in Python can be run.

    Raises:
        CannotJudge: it is malformed, or another language.
    """
    name = value.get("name") if isinstance(value, dict) else value
    options = (value.get("options") if isinstance(value, dict) else None) or {}
    if not isinstance(name, str) or not name or not isinstance(options, dict):
        raise CannotJudge(f"{file}: a {what} needs a `runtime`, such as `runtime: python`")
    if name != "python":
        raise CannotJudge(f"{file}: runtime is `{name}`; only {programs} in Python can be run")
    return options


def toolchain(
    options: Mapping[str, Any], file: Path, program: Path, environment: Mapping[str, str], *, by_engine: bool = False
) -> Toolchain:
    """The Python that Pulumi runs a program with.

    Args:
        options: `runtime.options` of the project.
        file: the project's settings file.
        program: the program's folder.
        environment: the variables that Pulumi's CLI has.
        by_engine: whether Pulumi's engine runs the program with these variables, so that its Python is the one to use.

    Raises:
        CannotJudge: an option is malformed, or the environment that it names is missing.
    """
    virtualenv = _option(options, "virtualenv", file)
    checker = _option(options, "typechecker", file, TYPE_CHECKERS)
    notes = (f"{file}: `{checker}`, the type checker, is not run",) if checker else ()
    locked = next((tool for tool in ("uv", "poetry") if _upwards(program, f"{tool}.lock")), "pip")
    tool = _option(options, "toolchain", file, TOOLS) or locked
    if tool == "poetry":
        folder = _of_poetry(file, program, environment)
    elif tool == "uv":
        folder = _of_uv(file, program, virtualenv, environment)
    elif virtualenv:
        folder = Path(os.path.normpath(file.parent / virtualenv))
        requirements = program / "requirements.txt"
        listed = f"-r {requirements}" if requirements.exists() else "pulumi pulumi-aws"
        _require(folder, file, f"`python3 -m venv {folder} && {folder / BIN / PYTHON} -m pip install {listed}`")
    else:
        return Toolchain(_ambient(environment, by_engine=by_engine), None, notes)
    return Toolchain(folder / BIN / PYTHON, folder, notes)


def _option(options: Mapping[str, Any], name: str, file: Path, choices: tuple[str, ...] = ()) -> str:
    value = options.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or (choices and value not in choices):
        raise CannotJudge(f"{file}: `{name}` under `runtime.options` must be {' or '.join(choices) or 'a text'}")
    return value


def _upwards(folder: Path, name: str) -> Path | None:
    """The nearest folder, from this one up, that contains a file of this name."""
    return next((parent for parent in (folder, *folder.parents) if (parent / name).exists()), None)


def _is_virtualenv(folder: Path) -> bool:
    return (folder / BIN / PYTHON).is_file()


def _require(environment: Path, file: Path, command: str) -> None:
    if not _is_virtualenv(environment):
        raise CannotJudge(f"{file}: no virtual environment at `{environment}`; create it with {command}")


def _of_uv(file: Path, program: Path, virtualenv: str, environment: Mapping[str, str]) -> Path:
    """The environment that `uv sync` creates for a project."""
    project = _upwards(program, "uv.lock") or _upwards(program, "pyproject.toml") or program
    named = file.parent / virtualenv if virtualenv else project / (environment.get("UV_PROJECT_ENVIRONMENT") or ".venv")
    prefix = f"UV_PROJECT_ENVIRONMENT={named} " if virtualenv else ""
    _require(named, file, f"`{prefix}uv sync` in `{project}`")
    return named


def _of_poetry(file: Path, program: Path, environment: Mapping[str, str]) -> Path:
    """The output of `poetry env info --path`; Poetry itself runs only if its folders do not have the answer."""
    project = _upwards(program, "pyproject.toml")
    if project is None:
        raise CannotJudge(f"{file}: the toolchain is Poetry, and no `pyproject.toml` is in `{program}` or above it")
    folder, own = _poetry_settings(project, environment)
    base = _poetry_name(project)
    minor = section(of_another_tool(folder / "envs.toml"), base).get("minor")  # set by `poetry env use`
    active = environment.get("VIRTUAL_ENV", environment.get("CONDA_PREFIX"))
    if active and not minor and environment.get("CONDA_DEFAULT_ENV") != "base" and _is_virtualenv(Path(active)):
        return Path(active)
    likely = [project / ".venv"] if own is not False else []
    likely += [folder / f"{base}-py{minor}"] if minor else []
    others = sorted(folder.glob(f"{base}-py*"))
    likely += others if len(others) == 1 else []
    virtualenv = next(filter(_is_virtualenv, likely), None) or _ask_poetry(project, environment)
    if virtualenv is None or not _is_virtualenv(virtualenv):
        raise CannotJudge(
            f"{file}: Poetry has no virtual environment for `{project}`; create it with `poetry install` there"
        )
    return virtualenv


def _poetry_name(project: Path) -> str:
    """Poetry's name for the environments of a project, without the Python version at the end."""
    import base64
    import hashlib

    pyproject = of_another_tool(project / "pyproject.toml")
    name = section(pyproject, "project").get("name") or section(pyproject, "tool", "poetry").get("name")
    canonical = re.sub(r"[-_.]+", "-", str(name or "non-package-mode")).lower()  # the latter is Poetry's own term
    plain = re.sub(r'[ $`!*@"\\\r\n\t]', "_", canonical)[:42]
    place = os.path.normcase(os.path.realpath(project))
    digest = base64.urlsafe_b64encode(hashlib.sha256(place.encode()).digest()).decode()[:8]
    return f"{plain}-{digest}"


def _poetry_settings(project: Path, environment: Mapping[str, str]) -> tuple[Path, bool | None]:
    """The folder of Poetry's environments, and whether a project keeps its own; None if nothing sets that."""
    files = (
        of_another_tool(project / "poetry.toml"),
        of_another_tool(_user_folder("CONFIG", environment) / "config.toml"),
    )
    settings = ChainMap(*files)
    virtualenvs = ChainMap(*(section(file, "virtualenvs") for file in files))
    cache = str(environment.get("POETRY_CACHE_DIR") or settings.get("cache-dir") or _user_folder("CACHE", environment))
    path = environment.get("POETRY_VIRTUALENVS_PATH") or virtualenvs.get("path") or "{cache-dir}/virtualenvs"
    own = environment.get("POETRY_VIRTUALENVS_IN_PROJECT")
    in_project = virtualenvs.get("in-project") if own is None else own.lower() in {"true", "1"}
    return Path(str(path).replace("{cache-dir}", cache)).expanduser(), in_project


def _user_folder(kind: Literal["CACHE", "CONFIG"], environment: Mapping[str, str]) -> Path:
    """Poetry's folder for its caches or its settings."""
    named = environment.get("POETRY_CONFIG_DIR")
    if kind == "CONFIG" and named:
        return Path(named)
    home = Path.home()
    if sys.platform == "darwin":
        return home / "Library" / {"CACHE": "Caches", "CONFIG": "Application Support"}[kind] / "pypoetry"
    if WINDOWS:
        local = Path(environment.get("LOCALAPPDATA") or home / "AppData" / "Local")
        roaming = Path(environment.get("APPDATA") or home / "AppData" / "Roaming")
        return {"CACHE": local / "pypoetry" / "Cache", "CONFIG": roaming / "pypoetry"}[kind]
    folder = environment.get(f"XDG_{kind}_HOME") or home / f".{kind.lower()}"
    return Path(folder) / "pypoetry"


def _ask_poetry(project: Path, environment: Mapping[str, str]) -> Path | None:
    poetry = shutil.which("poetry", path=environment.get("PATH"))
    path = poetry and _output([poetry, "env", "info", "--path"], cwd=project, env=dict(environment))
    return Path(path) if path else None


def _output(command: list[str], *, cwd: Path | None = None, env: dict[str, str] | None = None) -> str | None:
    """The output of the operator's own command; None if it fails."""
    try:
        process = subprocess.run(  # noqa: S603
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
            timeout=TOOL_SECONDS,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return process.stdout.strip()


def _ambient(environment: Mapping[str, str], *, by_engine: bool) -> Path:
    """The Python of a program that names no environment.

    Pulumi uses `PULUMI_PYTHON_CMD`, or `python3` on the PATH. If the engine does not run the program, and no
    environment is activated, that may be any Python. The one that runs this process is then preferred if it has
    pulumi-aws, or if the other has no Pulumi.
    """
    path = environment.get("PATH")
    chosen = environment.get("PULUMI_PYTHON_CMD")
    if chosen:
        command = shutil.which(chosen, path=path)
        if command is None:
            raise CannotJudge(f"`{chosen}`, which PULUMI_PYTHON_CMD names, is not on the PATH")
        return Path(command)
    names = ("python", "python3") if WINDOWS else ("python3", "python")
    on_path = next(filter(None, (shutil.which(name, path=path) for name in names)), None)
    own = Path(sys.executable)
    if on_path is None or Path(on_path).parent == own.parent:
        return own
    if by_engine or environment.get("VIRTUAL_ENV") or environment.get("CONDA_PREFIX"):
        return Path(on_path)
    test = f"{NOT_FROM_HERE}; import importlib.util; sys.exit(importlib.util.find_spec('pulumi') is None)"
    if importlib.util.find_spec("pulumi_aws") or _output([on_path, "-c", test]) is None:
        return own
    return Path(on_path)
