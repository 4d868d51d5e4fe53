"""What `Pulumi.yaml` and `Pulumi.<stack>.yaml` say: which program to run, in which interpreter, with which config.

Sources: https://www.pulumi.com/docs/iac/concepts/projects/project-file/, .../stack-settings-file/, and the merging
order of pkg/workspace/config.go of https://github.com/pulumi/pulumi.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from policypack.wire import UNKNOWN_STRING
from stackguard.errors import CannotJudge
from stackguard.preview.go_json import dumps

EXTENSIONS = (".yaml", ".yml", ".json")
DEFAULT_ORGANIZATION = "organization"  # what Pulumi calls it where the backend has none


@dataclass(frozen=True, slots=True)
class Project:
    """A program to run: everything that is read from files before it starts.

    `config` maps fully qualified keys (`project:key`) to strings; objects are JSON text, as Pulumi hands them to a
    program. `encrypted` names the keys whose value only Pulumi's secrets provider can read; `secret` holds those and
    the other secret ones. `entry` is what runs, relative to `working_directory`.
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


def load(folder: Path, stack: str | None, overrides: Mapping[str, str]) -> Project:
    """The project in `folder`, for one of its stacks.

    Raises:
        CannotJudge: there is no such project or stack, or a file is malformed.

    """
    root = Path(os.path.abspath(folder))  # noqa: PTH100 (a link stays a link: Pulumi names positions by it)
    file = _settings_file(root, "Pulumi")
    if file is None:
        raise CannotJudge(f"no Pulumi.yaml in `{folder}`: name the folder of a Pulumi program")
    settings = _read_yaml(file)
    name = settings.get("name")
    if not isinstance(name, str) or not name:
        raise CannotJudge(f"{file}: a project needs a `name`")
    runtime, options = _runtime(settings.get("runtime"), file)
    if runtime != "python":
        raise CannotJudge(f"{file}: runtime is `{runtime}`; only programs in Python can be run")

    directory = root / str(settings.get("stackConfigDir") or "")
    project_config = settings.get("config") or {}
    if isinstance(project_config, str):  # an older spelling of `stackConfigDir`
        directory, project_config = root / project_config, {}
    organization, stack_name, stack_file = _choose_stack(file, name, directory, stack)
    stack_settings = _read_yaml(stack_file) if stack_file else {}
    config, secret, encrypted = _config(
        name, stack_name, file, project_config, stack_file, stack_settings.get("config") or {}, overrides
    )
    notes = []
    if stack_settings.get("environment"):
        notes.append(f"{stack_file}: `environment` is not read: it needs Pulumi Cloud; use --config for its values")
    working_directory, entry = _entry(root, settings.get("main"), file)
    virtualenv = root / str(options["virtualenv"]) if options.get("virtualenv") else None
    return Project(
        root=root,
        name=name,
        stack=stack_name,
        organization=organization,
        interpreter=_interpreter(virtualenv, file),
        virtualenv=virtualenv,
        working_directory=working_directory,
        entry=entry,
        config=config,
        secret=secret,
        encrypted=encrypted,
        notes=tuple(notes),
    )


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML as Pulumi's Go library reads it: `yes` and `12:30` are text, `007` is octal, and a key stands once."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 (PyYAML's own protocol)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"the key `{key.value}` stands twice", key.start_mark
                    )
                seen.add(key.value)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping

    def construct_yaml_int(self, node: yaml.ScalarNode) -> int:
        text = node.value.replace("_", "")
        octal = re.fullmatch(r"([-+]?)0([0-7]+)", text)
        try:
            return int(f"{octal[1]}0o{octal[2]}" if octal else text, 0)
        except ValueError:  # zeros before a decimal number
            return int(text)

    def construct_yaml_timestamp(self, node: yaml.ScalarNode) -> str:
        return f"{node.value} 00:00:00 +0000 UTC"


_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.construct_yaml_int)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", _Loader.construct_yaml_timestamp)


for tag, pattern, first in (
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("int", r"^[-+]?(?:[0-9][0-9_]*|0b[01_]+|0o[0-7_]+|0x[0-9a-fA-F_]+)$", "-+0123456789"),
    ("float", r"^[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?$", "-+.0123456789"),
    ("timestamp", r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "0123456789"),
    ("null", r"^(?:~|null|Null|NULL|)$", "~nN\0"),
    ("merge", r"^(?:<<)$", "<"),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{tag}", re.compile(pattern), ["" if each == "\0" else each for each in first]
    )


def _read_yaml(file: Path) -> dict[str, Any]:
    try:
        text = file.read_text("utf-8-sig")
        value = yaml.load(text, _Loader)  # noqa: S506 (derives from the safe loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = min(mark.line + 1, len(text.splitlines())) if mark else 1  # an unclosed bracket is found past the end
        raise CannotJudge(f"{file}:{line}: malformed YAML: {error.problem}") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise CannotJudge(f"{file}: malformed YAML: not text") from None
    except OSError as error:
        raise CannotJudge(f"{file}: {error.strerror}") from None
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise CannotJudge(f"{file}:1: expected `key: value` lines")
    return value


def _settings_file(folder: Path, stem: str) -> Path | None:
    return next((file for ext in EXTENSIONS if (file := folder / f"{stem}{ext}").is_file()), None)


def _runtime(value: object, file: Path) -> tuple[str, Mapping[str, Any]]:
    if isinstance(value, str):
        return value, {}
    if isinstance(value, dict) and isinstance(value.get("name"), str):
        options = value.get("options") or {}
        if isinstance(options, dict):
            return value["name"], options
    raise CannotJudge(f"{file}: a project needs a `runtime`")


def _choose_stack(file: Path, project: str, directory: Path, wanted: str | None) -> tuple[str, str, Path | None]:
    """Organization, stack name and stack file: `--stack`, `PULUMI_STACK`, the only stack file, the selected stack."""
    files = dict(_stack_files(directory))
    wanted = wanted or os.environ.get("PULUMI_STACK")
    if not wanted:
        wanted = next(iter(files)) if len(files) == 1 else _selected_stack(file, project)
    choices = ", ".join(sorted(files))
    if not wanted:
        if files:
            raise CannotJudge(f"{file}: several stacks; choose one with --stack: {choices}")
        raise CannotJudge(f"{file}: no Pulumi.<stack>.yaml beside it; name the stack with --stack")
    *qualifiers, name = wanted.split("/")
    if files and name not in files:
        raise CannotJudge(f"{file}: no stack `{name}`; choose one with --stack: {choices}")
    return (qualifiers[0] if qualifiers else DEFAULT_ORGANIZATION), name, files.get(name)


def _stack_files(directory: Path) -> Iterator[tuple[str, Path]]:
    if directory.is_dir():
        for file in sorted(directory.iterdir()):
            if file.suffix in EXTENSIONS and file.name.startswith("Pulumi.") and file.stem != "Pulumi":
                yield file.stem.removeprefix("Pulumi."), file


def _selected_stack(file: Path, project: str) -> str | None:
    """What `pulumi stack select` wrote: a file named after the project and the SHA-1 of its settings file's path."""
    home = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
    digest = hashlib.sha1(str(file).encode(), usedforsecurity=False).hexdigest()
    try:
        selected = json.loads((home / "workspaces" / f"{project}-{digest}-workspace.json").read_text())
    except (OSError, ValueError):
        return None
    return str(selected["stack"]) if isinstance(selected, dict) and selected.get("stack") else None


def _entry(root: Path, main: object, file: Path) -> tuple[Path, str]:
    path = root / str(main or ".")
    if path.is_file():
        return path.parent, path.name
    if not path.is_dir():
        raise CannotJudge(f"{file}: `main` names `{main}`, which does not exist")
    if not (path / "__main__.py").is_file():
        raise CannotJudge(f"no `__main__.py` in `{path}`: there is no program to run")
    return path, "."


def _interpreter(virtualenv: Path | None, file: Path) -> Path:
    if virtualenv is None:
        return Path(sys.executable)
    interpreter = virtualenv / "bin" / "python"
    if not interpreter.exists():
        raise CannotJudge(f"{file}: no Python in the virtual environment `{virtualenv}`; create it first")
    return interpreter


def _config(  # noqa: C901 (three sources, one after the other)
    project: str,
    stack: str,
    file: Path,
    declared: Mapping[str, Any],
    stack_file: Path | None,
    values: Mapping[str, Any],
    overrides: Mapping[str, str],
) -> tuple[dict[str, str], frozenset[str], frozenset[str]]:
    """The merged config, its secret keys, and those of them that are encrypted.

    The stack's values win over the project's, and `overrides` over both.
    """
    for source, mapping in ((file, declared), (stack_file, values)):
        if not isinstance(mapping, dict):
            raise CannotJudge(f"{source}: `config` must be a mapping")
    config: dict[str, str] = {}
    encrypted: set[str] = set()
    for key, value in values.items():
        full = _qualify(project, str(key))
        plain, hidden = _reveal(value)
        config[full] = _text(plain)
        if hidden:
            encrypted.add(full)
    secret = set(encrypted)
    for key, value in overrides.items():
        full = _qualify(project, key)
        config[full] = value
        encrypted.discard(full)
    missing = []
    for key, declaration in declared.items():
        full = _qualify(project, str(key))
        schema = declaration if isinstance(declaration, dict) else {"value": declaration}
        default = schema.get("default", schema.get("value"))
        if schema.get("secret"):
            secret.add(full)
        if full not in config and default is not None:
            config[full] = _text(default)
        if full in config:
            _check_type(stack, str(key), None if full in encrypted else config[full], schema.get("type"))
        elif full.startswith(f"{project}:"):
            missing.append(f"`{key}`")
    if missing:
        raise CannotJudge(
            f"stack `{stack}` is missing configuration: {', '.join(sorted(missing))}; set it in the stack file or with"
            " --config"
        )
    return config, frozenset(secret), frozenset(encrypted)


def _qualify(project: str, key: str) -> str:
    match key.split(":"):
        case [name]:
            return f"{project}:{name}"
        case [_, _]:
            return key
        case [namespace, "config", name]:  # an old spelling that Pulumi still reads
            return f"{namespace}:{name}"
    raise CannotJudge(f"`{key}` is not a configuration key: expected `namespace:name`")


def _reveal(value: Any) -> tuple[Any, bool]:
    """The value with every ciphertext in it replaced, and whether there was one.

    Only the stack's secrets provider can decrypt, and it needs credentials. What stands in is Pulumi's own sign for
    an unknown value: where the program hands it on unchanged, policies see "unknown" and never a made-up secret; where
    the program reads it (parses it, measures it), the program fails, and the error says to use --config.
    """
    if isinstance(value, dict):
        if value.keys() == {"secure"} and isinstance(value["secure"], str):
            return UNKNOWN_STRING, True
        pairs = {key: _reveal(each) for key, each in value.items()}
        return {key: plain for key, (plain, _) in pairs.items()}, any(hidden for _, hidden in pairs.values())
    if isinstance(value, list):
        items = [_reveal(each) for each in value]
        return [plain for plain, _ in items], any(hidden for _, hidden in items)
    return value, False


def _text(value: Any) -> str:
    match value:
        case str():
            return value
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case dict() | list():
            return dumps(_sorted(value))
        case float() if value.is_integer():
            return str(int(value))
    return str(value)


def _sorted(value: Any) -> Any:
    """The value as Go writes it: maps in the order of their keys, whole numbers without a point."""
    match value:
        case dict():
            return {str(key): _sorted(each) for key, each in sorted(value.items(), key=lambda pair: str(pair[0]))}
        case list():
            return [_sorted(each) for each in value]
        case float() if value.is_integer():
            return int(value)
    return value


def _check_type(stack: str, key: str, text: str | None, kind: str | None) -> None:
    """Raise unless the value, where it can be read, is of the type that the project declares."""
    fits = True
    if text is not None and kind in {"array", "object"}:
        try:
            fits = isinstance(json.loads(text), list if kind == "array" else dict)
        except ValueError:
            fits = False
    elif text is not None and kind in {"integer", "boolean"}:
        fits = re.fullmatch(r"[-+]?[0-9]+" if kind == "integer" else "true|false", text) is not None
    if not fits:
        raise CannotJudge(f"stack `{stack}`: configuration `{key}` must be of type `{kind}`")
