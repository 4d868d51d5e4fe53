"""What `Pulumi.yaml` and `Pulumi.<stack>.yaml` say: which program to run, in which interpreter, with which config.

Sources: https://www.pulumi.com/docs/iac/concepts/projects/project-file/, .../stack-settings-file/, and
sdk/go/common/workspace and pkg/engine/project.go of https://github.com/pulumi/pulumi.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stackguard.errors import CannotJudge
from stackguard.preview import settings_file
from stackguard.preview.config import Config, Sources, settled
from stackguard.preview.stack_choice import choose
from stackguard.preview.toolchain import runtime, toolchain

DISABLED_PROVIDERS = "pulumi:disable-default-providers"


@dataclass(frozen=True, slots=True)
class Project:
    """A program to run: everything that is read from files before it starts.

    `config` maps fully qualified keys (`project:key`) to strings; objects are JSON text, as Pulumi hands them to a
    program. `encrypted` names the keys whose value only Pulumi's secrets provider can read; `secret` holds those and
    the other secret ones. `entry` is what runs, relative to `working_directory`. `notes` say what was left out.

    Of the settings for the engine itself in `config`, `disabled_default_providers` are the packages (or `*`) that get
    no default provider; `pulumi:autonaming` is read by `stackguard.preview.autonaming`; `pulumi:tags` are the stack's,
    and reach no resource.
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


def nearest(folder: Path) -> Path | None:
    """The folder of the project that a folder belongs to: itself, or the nearest above it with a `Pulumi.yaml`."""
    start = _absolute(folder)
    return next((each for each in (start, *start.parents) if settings_file.find(each, "Pulumi")), None)


def load(folder: Path, stack: str | None, overrides: Mapping[str, str], *, paths: bool = False) -> Project:
    """The project in `folder`, for one of its stacks.

    Args:
        folder: where its `Pulumi.yaml` is.
        stack: `NAME`, `ORGANIZATION/NAME` or `ORGANIZATION/PROJECT/NAME`; None where there is no choice.
        overrides: configuration over that of the files, by key.
        paths: whether those keys are paths into objects.

    Raises:
        CannotJudge: there is no such project or stack, or a file is malformed.

    """
    root = _absolute(folder)
    file = settings_file.find(root, "Pulumi")
    if file is None:
        raise CannotJudge(f"no Pulumi.yaml in `{folder}`: name the folder of a Pulumi program")
    settings = settings_file.read(file)
    name = settings.get("name")
    if not isinstance(name, str) or not name:
        raise CannotJudge(f"{file}: a project needs a `name`")
    language, options = runtime(settings.get("runtime"), file, "project")
    if language != "python":
        raise CannotJudge(f"{file}: runtime is `{language}`; only programs in Python can be run")
    directory, declared = _stack_folder(settings, file)
    chosen = choose(file, settings, directory, stack)
    stack_settings = settings_file.read(chosen.file) if chosen.file.exists() else {}
    notes = list(chosen.notes)
    if stack_settings.get("environment"):
        notes.append(f"{chosen.file}: `environment` is not read: it needs Pulumi Cloud; use --config for its values")
    config = settled(
        Sources(name, chosen.name, file, declared, chosen.file, stack_settings.get("config"), overrides, paths)
    )
    working_directory, entry = _entry(root, settings.get("main"), file)
    tools = toolchain(options, file, working_directory)
    return Project(
        root=root,
        name=name,
        stack=chosen.name,
        organization=chosen.organization,
        interpreter=tools.interpreter,
        virtualenv=tools.virtualenv,
        working_directory=working_directory,
        entry=entry,
        config=config.values,
        secret=config.secret,
        encrypted=config.encrypted,
        notes=(*notes, *tools.notes),
        disabled_default_providers=_disabled_default_providers(config),
    )


def _absolute(folder: Path) -> Path:
    return Path(os.path.abspath(folder))  # noqa: PTH100 (a link stays a link: Pulumi names positions by it)


def _stack_folder(settings: Mapping[str, Any], file: Path) -> tuple[Path, object]:
    """Where the stacks' files are, and the configuration that the project declares."""
    folder, declared = settings.get("stackConfigDir"), settings.get("config")
    if isinstance(declared, str):  # an older spelling of `stackConfigDir`
        if folder:
            raise CannotJudge(f"{file}: `config` and `stackConfigDir` both name a folder; keep `stackConfigDir`")
        folder, declared = declared, None
    return file.parent / str(folder or ""), declared


def _entry(root: Path, main: object, file: Path) -> tuple[Path, str]:
    """The folder that the program runs in, and what to run there."""
    path = Path(os.path.normpath(root / str(main or ".")))
    if path.is_file():
        return path.parent, path.name
    if not path.is_dir():
        raise CannotJudge(f"{file}: `main` names `{main}`, which does not exist")
    if not (path / "__main__.py").is_file():
        raise CannotJudge(f"no `__main__.py` in `{path}`: there is no program to run")
    return path, "."


def _disabled_default_providers(config: Config) -> frozenset[str]:
    text = config.values.get(DISABLED_PROVIDERS)
    try:
        packages = json.loads(text) if text else []
    except ValueError:
        packages = None
    if not isinstance(packages, list) or not all(isinstance(each, str) for each in packages):
        raise CannotJudge(f"the configuration `{DISABLED_PROVIDERS}` must be a list of packages")
    return frozenset(each.strip() for each in packages)
