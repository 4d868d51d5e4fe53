"""The content of `Pulumi.yaml` and `Pulumi.<stack>.yaml`: the program to run, its interpreter and its config.

Sources: https://www.pulumi.com/docs/iac/concepts/projects/project-file/, .../stack-settings-file/, and
sdk/go/common/workspace and pkg/engine/project.go of https://github.com/pulumi/pulumi.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from policypack.core.stack_name import StackName
from stackguard.errors import CannotJudge
from stackguard.preview.go_json import parsed
from stackguard.preview.project import settings_file
from stackguard.preview.project.config import Config, ConfigSources, resolve
from stackguard.preview.project.earlier import Earlier, with_packages
from stackguard.preview.project.stack_choice import choose, names_in
from stackguard.preview.project.toolchain import python_options, toolchain

NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")
"""The names of projects, as sdk/go/common/tokens/project.go of Pulumi validates them."""
DISABLED_PROVIDERS = "pulumi:disable-default-providers"


@dataclass(frozen=True, slots=True)
class Project:
    """A program to run: everything that is read from files before it starts.

    `config` maps fully qualified keys (`project:key`) to strings; objects are JSON text, as Pulumi passes them to a
    program. `encrypted` names the keys whose value only Pulumi's secrets provider can read; `secret` names those and
    the other secret ones. `entry` is the program's file or folder, relative to `working_directory`. `notes` report
    settings that are ignored. `disabled_default_providers` are the packages (or `*`) that get no default provider.
    """

    root: Path
    name: str
    stack: str
    organization: str
    interpreter: Path
    virtualenv: Path | None
    working_directory: Path
    entry: str
    config: Mapping[str, str]
    secret: frozenset[str]
    encrypted: frozenset[str]
    notes: tuple[str, ...] = ()
    disabled_default_providers: frozenset[str] = frozenset()
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    """The program's variables, before credentials are removed."""


@dataclass(frozen=True, slots=True)
class EngineStack:
    """A stack whose settings Pulumi's engine has resolved, so that none of its files is read.

    `environment` are the variables of the engine's own run of the program.
    """

    name: str
    organization: str
    config: Config
    environment: Mapping[str, str]


def name_in(folder: Path) -> str | None:
    """The name of the project in a folder; None if it cannot be read."""
    file = settings_file.find(_absolute(folder), "Pulumi")
    try:
        name = settings_file.read(file).get("name") if file else None
    except CannotJudge:
        return None
    return name if isinstance(name, str) else None


def nearest(folder: Path) -> Path | None:
    """The folder of the project that a folder belongs to: itself, or the nearest above it with a `Pulumi.yaml`."""
    start = _absolute(folder)
    return next((parent for parent in (start, *start.parents) if settings_file.find(parent, "Pulumi")), None)


def stack_name(folder: Path, stack: str | None) -> StackName:
    """The name of the stack that `load` chooses.

    Raises:
        CannotJudge: as by `load`.
    """
    settings = _settings(folder)
    directory, _ = _stack_folder(settings.values, settings.file)
    chosen = choose(settings.file, settings.values, directory, stack)
    return StackName(chosen.organization, settings.name, chosen.name)


def stacks(folder: Path) -> list[str]:
    """The names of the stacks that have a settings file, of the project in `folder`.

    Raises:
        CannotJudge: there is no such project, it is not in Python, or its file is malformed.
    """
    settings = _settings(folder)
    directory, _ = _stack_folder(settings.values, settings.file)
    return names_in(directory, settings.file.suffix)


def load(
    folder: Path,
    stack: str | None,
    overrides: Mapping[str, str],
    *,
    paths: bool = False,
    earlier: Earlier | None = None,
) -> Project:
    """The project in `folder`, for one of its stacks.

    Args:
        folder: where its `Pulumi.yaml` is.
        stack: `NAME`, `ORGANIZATION/NAME` or `ORGANIZATION/PROJECT/NAME`; optional if there is only one.
        overrides: configuration that overrides that of the files, by key.
        paths: whether those keys are paths into objects.
        earlier: what it needs of today's program, if the folder is of another commit.

    Raises:
        CannotJudge: there is no such project or stack, or a file is malformed.
    """
    settings = _settings(folder)
    directory, declared = _stack_folder(settings.values, settings.file)
    chosen = choose(settings.file, settings.values, directory, stack)
    stack_settings = settings_file.read(chosen.file) if os.path.lexists(chosen.file) else {}
    notes = list(chosen.notes)
    if stack_settings.get("environment"):
        notes.append(f"{chosen.file}: `environment` is not read: it needs Pulumi Cloud; use --config for its values")
    values = stack_settings.get("config")
    config = resolve(
        ConfigSources(settings.name, chosen.name, settings.file, declared, chosen.file, values, overrides, paths)
    )
    engine_stack = EngineStack(chosen.name, chosen.organization, config, dict(os.environ))
    if earlier is None:
        return _project(settings, engine_stack, notes)
    project = _project(settings, engine_stack, notes, python_of=_settings(earlier.program))
    return replace(project, environment=with_packages(earlier, project.interpreter, project.environment))


def load_for(folder: Path, stack: EngineStack) -> Project:
    """The project in `folder`, for a stack that the engine has resolved.

    Raises:
        CannotJudge: there is no such project, it is not in Python, or its file is malformed.
    """
    return _project(_settings(folder), stack, (), by_engine=True)


@dataclass(frozen=True, slots=True)
class _Settings:
    """A project's settings file: the project's name, the options of its runtime, and the whole content."""

    root: Path
    file: Path
    name: str
    options: Mapping[str, Any]
    values: Mapping[str, Any]


def _settings(folder: Path) -> _Settings:
    root = _absolute(folder)
    file = settings_file.find(root, "Pulumi")
    if file is None:
        raise CannotJudge(f"no Pulumi.yaml in `{folder}`: name the folder of a Pulumi program")
    values = settings_file.read(file)
    name = values.get("name")
    if not isinstance(name, str) or not name:
        raise CannotJudge(f"{file}: a project needs a `name`")
    if not NAME.fullmatch(name):
        raise CannotJudge(
            f"{file}: Pulumi refuses the `name`, which has up to 100 letters, digits and characters of `-_.`"
        )
    options = python_options(values.get("runtime"), file, "project", "programs")
    return _Settings(root, file, name, options, values)


def _project(
    settings: _Settings,
    stack: EngineStack,
    notes: Sequence[str],
    *,
    by_engine: bool = False,
    python_of: _Settings | None = None,
) -> Project:
    working_directory, entry = _entry(settings.root, settings.values.get("main"), settings.file)
    owner = python_of or settings
    folder, _ = _entry(owner.root, owner.values.get("main"), owner.file)
    tools = toolchain(owner.options, owner.file, folder, stack.environment, by_engine=by_engine)
    return Project(
        root=settings.root,
        name=settings.name,
        stack=stack.name,
        organization=stack.organization,
        interpreter=tools.interpreter,
        virtualenv=tools.virtualenv,
        working_directory=working_directory,
        entry=entry,
        config=stack.config.values,
        secret=stack.config.secret,
        encrypted=stack.config.encrypted,
        notes=(*notes, *tools.notes),
        disabled_default_providers=_disabled_default_providers(stack.config),
        environment=stack.environment,
    )


def _absolute(folder: Path) -> Path:
    return Path(os.path.abspath(folder))  # noqa: PTH100 (a link stays a link: positions are below it)


def _stack_folder(settings: Mapping[str, Any], file: Path) -> tuple[Path, object]:
    """The folder of the stacks' files, and the configuration that the project declares."""
    folder, declared = settings.get("stackConfigDir"), settings.get("config")
    if isinstance(declared, str):  # an older spelling of `stackConfigDir`
        if folder:
            raise CannotJudge(f"{file}: `config` and `stackConfigDir` both name a folder; keep `stackConfigDir`")
        folder, declared = declared, None
    return file.parent / str(folder or ""), declared


def _entry(root: Path, main: object, file: Path) -> tuple[Path, str]:
    """The folder that the program runs in, and the file or folder to run there."""
    path = Path(os.path.normpath(root / str(main or ".")))
    if path.is_file():
        return path.parent, path.name
    if not path.is_dir():
        raise CannotJudge(f"{file}: `main` names `{main}`, which does not exist")
    if not (path / "__main__.py").is_file():
        raise CannotJudge(f"no `__main__.py` in `{path}`: there is no program to run")
    return path, "."


def _disabled_default_providers(config: Config) -> frozenset[str]:
    packages = parsed(config.values.get(DISABLED_PROVIDERS) or "[]")
    if not isinstance(packages, list) or not all(isinstance(package, str) for package in packages):
        raise CannotJudge(f"the configuration `{DISABLED_PROVIDERS}` must be a list of packages")
    return frozenset(package.strip() for package in packages)
