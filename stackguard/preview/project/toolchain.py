"""Which Python runs a program, as `runtime.options` of `Pulumi.yaml` say: pip, Poetry or uv, and a virtual environment.

Nothing is installed or brought up to date, as Pulumi would do: an environment must be there.
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
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from stackguard.errors import CannotJudge

WINDOWS = os.name == "nt"
BIN, PYTHON = ("Scripts", "python.exe") if WINDOWS else ("bin", "python")
TOOLS = ("pip", "poetry", "uv")
TYPE_CHECKERS = ("mypy", "pyright")
TOOL_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Toolchain:
    """The Python that runs a program, and the virtual environment to activate for it, where there is one."""

    interpreter: Path
    virtualenv: Path | None = None
    notes: tuple[str, ...] = ()


def runtime(value: object, file: Path, what: str) -> tuple[str, Mapping[str, Any]]:
    """The name and the options of the `runtime` of a `what`: a project, or a policy pack.

    Raises:
        CannotJudge: it is none.
    """
    name = value.get("name") if isinstance(value, dict) else value
    options = (value.get("options") if isinstance(value, dict) else None) or {}
    if not isinstance(name, str) or not name or not isinstance(options, dict):
        raise CannotJudge(f"{file}: a {what} needs a `runtime`, such as `runtime: python`")
    return name, options


def toolchain(
    options: Mapping[str, Any], file: Path, program: Path, environment: Mapping[str, str], *, by_engine: bool = False
) -> Toolchain:
    """The Python that Pulumi would run a program with.

    Args:
        options: `runtime.options` of the project.
        file: the project's settings file.
        program: the program's folder.
        environment: the variables that Pulumi would see.
        by_engine: whether Pulumi's engine runs the program with these variables, so that there is nothing to prefer.

    Raises:
        CannotJudge: an option is malformed, or the environment that it asks for is not there.
    """
    virtualenv = _option(options, "virtualenv", file)
    checker = _option(options, "typechecker", file, TYPE_CHECKERS)
    notes = (f"{file}: `{checker}`, the type checker, is not run",) if checker else ()
    tool = _option(options, "toolchain", file, TOOLS) or _by_lock(program)
    if tool == "poetry":
        found = _of_poetry(file, program, environment)
    elif tool == "uv":
        found = _of_uv(file, program, virtualenv, environment)
    elif virtualenv:
        found = file.parent / virtualenv
        venv, pip = f"python3 -m venv {found}", f"{found / BIN / PYTHON} -m pip install -r requirements.txt"
        _hold(found, file, f"`{venv} && {pip}`")
    else:
        return Toolchain(_ambient(environment, by_engine=by_engine), None, notes)
    return Toolchain(found / BIN / PYTHON, found, notes)


def _option(options: Mapping[str, Any], name: str, file: Path, choices: tuple[str, ...] = ()) -> str:
    value = options.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or (choices and value not in choices):
        raise CannotJudge(f"{file}: `{name}` under `runtime.options` must be {' or '.join(choices) or 'a text'}")
    return value


def _by_lock(program: Path) -> str:
    for tool in ("uv", "poetry"):
        if _upwards(program, f"{tool}.lock"):
            return tool
    return "pip"


def _upwards(folder: Path, name: str) -> Path | None:
    """The nearest folder, from this one up, that holds a file of this name."""
    return next((each for each in (folder, *folder.parents) if (each / name).exists()), None)


def _is_virtualenv(folder: Path) -> bool:
    return (folder / BIN / PYTHON).is_file()


def _hold(environment: Path, file: Path, command: str) -> None:
    if not _is_virtualenv(environment):
        raise CannotJudge(f"{file}: no virtual environment at `{environment}`; create it with {command}")


def _of_uv(file: Path, program: Path, virtualenv: str, environment: Mapping[str, str]) -> Path:
    """Where `uv sync` puts a project's environment."""
    project = _upwards(program, "uv.lock") or _upwards(program, "pyproject.toml") or program
    named = file.parent / virtualenv if virtualenv else project / (environment.get("UV_PROJECT_ENVIRONMENT") or ".venv")
    prefix = f"UV_PROJECT_ENVIRONMENT={named} " if virtualenv else ""
    _hold(named, file, f"`{prefix}uv sync` in `{project}`")
    return named


def _of_poetry(file: Path, program: Path, environment: Mapping[str, str]) -> Path:
    """What `poetry env info --path` would print; Poetry itself is asked only where its folders do not tell."""
    project = _upwards(program, "pyproject.toml")
    if project is None:
        raise CannotJudge(f"{file}: the toolchain is Poetry, and no `pyproject.toml` is in `{program}` or above it")
    folder, own = _poetry_settings(project, environment)
    base = _poetry_name(project)
    minor = _table(_toml(folder / "envs.toml"), base).get("minor")  # what `poetry env use` chose
    active = environment.get("VIRTUAL_ENV", environment.get("CONDA_PREFIX"))
    if active and not minor and environment.get("CONDA_DEFAULT_ENV") != "base" and _is_virtualenv(Path(active)):
        return Path(active)
    likely = [project / ".venv"] if own is not False else []
    likely += [folder / f"{base}-py{minor}"] if minor else []
    others = sorted(folder.glob(f"{base}-py*"))
    likely += others if len(others) == 1 else []
    found = next(filter(_is_virtualenv, likely), None) or _ask_poetry(project, environment)
    if found is None or not _is_virtualenv(found):
        raise CannotJudge(
            f"{file}: Poetry has no virtual environment for `{project}`; create it with `poetry install` there"
        )
    return found


def _poetry_name(project: Path) -> str:
    """What Poetry calls the environments of a project, but for the Python version at the end."""
    import base64
    import hashlib

    pyproject = _toml(project / "pyproject.toml")
    name = _table(pyproject, "project").get("name") or _table(pyproject, "tool", "poetry").get("name")
    canonical = re.sub(r"[-_.]+", "-", str(name or "non-package-mode")).lower()  # the latter is Poetry's own word
    plain = re.sub(r'[ $`!*@"\\\r\n\t]', "_", canonical)[:42]
    place = os.path.normcase(os.path.realpath(project))
    digest = base64.urlsafe_b64encode(hashlib.sha256(place.encode()).digest()).decode()[:8]
    return f"{plain}-{digest}"


def _poetry_settings(project: Path, environment: Mapping[str, str]) -> tuple[Path, bool | None]:
    """Where Poetry keeps environments, and whether a project keeps its own; from its files and the environment."""
    files = (_toml(project / "poetry.toml"), _toml(_user_folder("CONFIG", environment) / "config.toml"))
    cache = environment.get("POETRY_CACHE_DIR") or next(filter(None, (each.get("cache-dir") for each in files)), None)
    cache = str(cache or _user_folder("CACHE", environment))
    virtualenvs = [_table(each, "virtualenvs") for each in files]
    path = environment.get("POETRY_VIRTUALENVS_PATH") or next(
        filter(None, (each.get("path") for each in virtualenvs)), "{cache-dir}/virtualenvs"
    )
    own = environment.get("POETRY_VIRTUALENVS_IN_PROJECT")
    in_project: bool | None
    if own is not None:
        in_project = own.lower() in {"true", "1"}
    else:
        in_project = next((each["in-project"] for each in virtualenvs if "in-project" in each), None)
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


def _toml(file: Path) -> dict[str, Any]:
    """What a TOML file says; nothing where there is none, or where it is one that Poetry would refuse."""
    import tomllib

    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}


def _table(settings: dict[str, Any], *names: str) -> dict[str, Any]:
    for name in names:
        inner = settings.get(name)
        settings = inner if isinstance(inner, dict) else {}
    return settings


def _ask_poetry(project: Path, environment: Mapping[str, str]) -> Path | None:
    poetry = shutil.which("poetry", path=environment.get("PATH"))
    if poetry is None:
        return None
    try:
        answer = subprocess.run(  # noqa: S603 (the operator's own Poetry)
            [poetry, "env", "info", "--path"],
            cwd=project,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
            timeout=TOOL_SECONDS,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return Path(answer.stdout.strip()) if answer.stdout.strip() else None


def _ambient(environment: Mapping[str, str], *, by_engine: bool) -> Path:
    """The Python of a program that names no environment.

    Pulumi takes `PULUMI_PYTHON_CMD`, or `python3` on the PATH. Where the engine does not run the program, and no
    environment is activated, that may be any Python, so the one that runs this process is preferred if it is made for
    Pulumi programs, or if the other is not.
    """
    path = environment.get("PATH")
    chosen = environment.get("PULUMI_PYTHON_CMD")
    if chosen:
        found = shutil.which(chosen, path=path)
        if found is None:
            raise CannotJudge(f"`{chosen}`, which PULUMI_PYTHON_CMD names, is not on the PATH")
        return Path(found)
    names = ("python", "python3") if WINDOWS else ("python3", "python")
    found = next(filter(None, (shutil.which(name, path=path) for name in names)), None)
    own = Path(sys.executable)
    if found is None or Path(found).parent == own.parent:
        return own
    if by_engine or environment.get("VIRTUAL_ENV") or environment.get("CONDA_PREFIX"):
        return Path(found)
    return own if importlib.util.find_spec("pulumi_aws") or not _has_pulumi(found) else Path(found)


def _has_pulumi(python: str) -> bool:
    test = "import importlib.util, sys; sys.exit(importlib.util.find_spec('pulumi') is None)"
    try:
        ran = subprocess.run([python, "-c", test], capture_output=True, check=False, timeout=TOOL_SECONDS)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return False
    return ran.returncode == 0
