"""The Pulumi SDKs in a program's environment: the plugins that they need, and the arguments of a type in pulumi-aws.

Nothing is imported. The generated classes of pulumi-aws have so few shapes that the source text of one file is enough;
it is read only for a resource with an argument or a key that is missing in our own table, or that a constructor refused. An SDK without a `pulumi-plugin.json`,
which all have had since 2022, is ignored.
Sources: https://github.com/pulumi/pulumi-aws/tree/master/sdk/python; `listPulumiPackageInfos` in
sdk/python/cmd/pulumi-language-python/main.go and `normalizeProviderRequest` in pkg/resource/deploy/default_providers.go
of https://github.com/pulumi/pulumi.
"""

from __future__ import annotations

import re
import site
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from policypack.core.arguments import VALUES, Arguments, Keys
from policypack.iam.tables import arguments_of, known_types
from stackguard.preview.project.settings_file import lenient, section

ARGS_OF = re.compile(r"__props__ = (\w+Args)\.__new__\(")
GETTER = re.compile(
    r'    @pulumi\.getter(?:\(name="(?P<schema>\w+)"\))?\n'
    r'(?:    @_utilities\.deprecated\("""[^"]*"""\)\n)?'
    r"    def (?P<python>\w+)\(self\) -> (?P<type>[^\n]*)"
)
INNER = re.compile(r"'(\w+Args)'")
CLASS = re.compile(r"^class (\w+):\n(.*?)(?=^\S|\Z)", re.DOTALL | re.MULTILINE)
MODULES = {"lambda": "lambda_"}
"""The folders of modules whose names Python cannot import."""


def accepted(interpreter: Path, type_token: str, inputs: Mapping[str, Any]) -> Arguments | None:
    """The arguments of a type in the program's SDK; None if our table has all of them, or the SDK is missing.

    Args:
        interpreter: the one that runs the program.
        type_token: of any resource.
        inputs: what the program sets, by the names in the schema.
    """
    if not type_token.startswith("aws:"):
        return None
    table = arguments_of(type_token)
    return _arguments(interpreter, type_token) if table is None or any(table.unknown(inputs)) else None


@cache
def _arguments(interpreter: Path, type_token: str) -> Arguments | None:
    for folder in _libraries(interpreter):
        for file in _files(folder / "pulumi_aws", type_token):
            text = file.read_text(encoding="utf-8")
            match = ARGS_OF.search(text)
            if match and f"'{type_token}'" in text:
                names = _keys(dict(CLASS.findall(text)).get(match[1], ""))
                return Arguments(names, _nested(file.parent / "_inputs.py")) if names else None
    return None


@cache
def _nested(file: Path) -> Mapping[str, Keys]:
    """By class for values inside of arguments, its keys in the schema; none if there is no such file."""
    return {name: _keys(body) for name, body in _classes(file).items()}


def _classes(file: Path) -> Mapping[str, str]:
    """By class, its body in a file of the SDK; none if there is no such file."""
    return dict(CLASS.findall(file.read_text(encoding="utf-8"))) if file.is_file() else {}


def _keys(body: str) -> Keys:
    """The keys of a class with the classes of the objects in them; a value of one of several types takes any key."""
    keys = {}
    for getter in GETTER.finditer(body):
        inner, values = INNER.findall(getter["type"]), VALUES if "Mapping[" in getter["type"] else ""
        typed = len(inner) == 1 and "Union[" not in getter["type"]
        keys[getter["schema"] or getter["python"]] = f"{values}{inner[0]}" if typed else ""
    return keys


def inner_types(interpreter: Path, type_token: str, name: str) -> tuple[str, ...]:
    """The classes for values inside of a type's arguments that take an argument of this Python name."""
    kind, module = type_token.rpartition(":")[2], type_token.split(":")[1].partition("/")[0]
    others = (token.rpartition(":")[2] for token in known_types() if token.startswith(f"aws:{module}/"))
    longer = (f"{kind}V2", *(other for other in others if other != kind and other.startswith(kind)))
    return tuple(
        cls
        for cls, names in _inner(interpreter, MODULES.get(module, module)).items()
        if cls.startswith(kind) and not cls.startswith(longer) and name in names
    )


def inner_arguments(interpreter: Path, cls: str) -> frozenset[str]:
    """The Python names of the arguments of a class for values inside of arguments; none if there is no such class."""
    folders = (folder / "pulumi_aws" for folder in _libraries(interpreter))
    for file in (file for folder in folders for file in sorted(folder.glob("*/_inputs.py"))):
        if f"class {cls}:" in file.read_text(encoding="utf-8"):
            return _inner(interpreter, file.parent.name)[cls]
    return frozenset()


def _inner(interpreter: Path, module: str) -> Mapping[str, frozenset[str]]:
    """By class for values inside of arguments, in one module of pulumi-aws, its arguments' Python names."""
    files = (folder / "pulumi_aws" / module / "_inputs.py" for folder in _libraries(interpreter))
    classes = next(filter(None, map(_classes, files)), {})
    return {name: frozenset(getter["python"] for getter in GETTER.finditer(body)) for name, body in classes.items()}


def _files(folder: Path, type_token: str) -> Iterator[Path]:
    """The file of a type, by the SDK's naming convention, then every other file of its module."""
    module, _, name = type_token.split(":")[1].partition("/")
    home = folder if module == "index" else folder / MODULES.get(module, module)
    guess = home / (re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower() + ".py")
    if guess.exists():
        yield guess
    yield from (file for file in sorted(home.glob("*.py")) if file != guess and not file.name.startswith("_"))


@dataclass(frozen=True, slots=True)
class ProviderPackage:
    """A provider plugin that a program needs; `parameter` is a package that the plugin is made to serve."""

    name: str
    version: str = ""
    url: str = ""
    parameter: tuple[str, str] | None = None

    @property
    def serves(self) -> str:
        """The package of the types it serves."""
        return self.parameter[0] if self.parameter else self.name

    @property
    def version_served(self) -> str:
        """The version of the package that it serves."""
        return self.parameter[1] if self.parameter else self.version

    @property
    def default_name(self) -> str:
        """The name of the default provider for it: `default_7_51_1`."""
        version = self.version_served
        url = "/".join(re.sub(r"[^A-Za-z0-9_.-]", "_", part) for part in self.url.split("/") if part)
        return "_".join(("default", *(part for part in (*re.split(r"[.+-]", version), url) if part)))


@cache
def packages(interpreter: Path) -> Mapping[str, ProviderPackage]:
    """By name, the packages of the SDKs in an interpreter's environment."""
    result: dict[str, ProviderPackage] = {}
    for folder in _libraries(interpreter):
        for file in sorted(folder.glob("*/pulumi-plugin.json")):
            settings = lenient(file)
            if settings.get("resource") and isinstance(settings.get("name"), str):
                declared = section(settings, "parameterization")
                parameter = str(declared.get("name")), str(declared.get("version"))
                package = ProviderPackage(
                    settings["name"],
                    str(settings.get("version") or ""),
                    str(settings.get("server") or ""),
                    parameter if {"name", "version"} <= declared.keys() else None,
                )
                result.setdefault(package.serves, package)
    return result


def _libraries(interpreter: Path) -> list[Path]:
    """The folders with an interpreter's packages."""
    root = interpreter.parent.parent
    own = sorted([*root.glob("lib*/python3*/site-packages"), *root.glob("Lib/site-packages")])
    if own or interpreter != Path(sys.executable):
        return own
    return [Path(folder) for folder in (*site.getsitepackages(), site.getusersitepackages())]
