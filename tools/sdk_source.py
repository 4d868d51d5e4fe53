"""What the installed pulumi-aws SDK accepts, read from its source text.

Importing the SDK would load 300 MB of modules; its generated source has so few shapes that regular expressions read
all of it in seconds. Source: https://github.com/pulumi/pulumi-aws/tree/master/sdk/python.
"""

from __future__ import annotations

import importlib.metadata
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

REGISTERED = re.compile(r"super\(\w+, __self__\)\.__init__\(\s+'(aws:[^']+)'")
ARGS_OF = re.compile(r"__props__ = (\w+Args)\.__new__\(")
SIGNATURE = re.compile(r"def _internal_init\(__self__,\n(.*?)\s+__props__=None\):", re.DOTALL)
PARAMETER = re.compile(r"^ +(\w+): ", re.MULTILINE)
TYPE_ALIAS = re.compile(r'pulumi\.Alias\(type_="([^"]+)"\)')
INPUT_CLASS = re.compile(r"^@pulumi\.input_type\nclass (\w+):\n(.*?)(?=^\S|\Z)", re.DOTALL | re.MULTILINE)
GETTER = re.compile(
    r'@pulumi\.getter(?:\(name="(?P<schema>\w+)"\))?\n'
    r'(?P<deprecated>    @_utilities\.deprecated\(""".*?"""\)\n)?'
    r"    def (?P<python>\w+)\(self\) -> (?P<annotation>[^\n]+):\n"
    r'(?:        """\n(?P<doc>.*?)""")?',
    re.DOTALL,
)
OUTPUT = re.compile(
    r'    @pulumi\.getter(?:\(name="(?P<schema>\w+)"\))?\n'
    r'(?:    @_utilities\.deprecated\("""[^"]*"""\)\n)?'
    r"    def (?P<python>\w+)\(self\) -> pulumi\.Output\["
)
INVOKED = re.compile(r"runtime\.invoke(?:_single)?\('(?P<token>aws:[^']+)'")
ARGUMENT = re.compile(r"__args__\['(\w+)'\]")
RESULT_CLASS = re.compile(r"^@pulumi\.output_type\nclass \w+Result:\n(.*?)(?=^\S|\Z)", re.DOTALL | re.MULTILINE)
NESTED = re.compile(r"'(\w+Args)'")


@dataclass(frozen=True, slots=True)
class Property:
    """One input property: its name in the schema, its Python annotation and its docstring on one line."""

    name: str
    annotation: str
    doc: str
    deprecated: bool = False

    @property
    def takes_document_type(self) -> bool:
        """Whether the SDK itself types the property as an IAM policy document."""
        return bool(re.search(r"\bPolicyDocumentArgs'", self.annotation))

    @property
    def takes_text(self) -> bool:
        """Whether one string is a legal value."""
        return "_builtins.str" in self.annotation and not re.search(r"Sequence\[|Mapping\[", self.annotation)

    @property
    def nested(self) -> tuple[str, ...]:
        """The input classes that the value, or each element of it, may be."""
        return () if self.takes_document_type else tuple(NESTED.findall(self.annotation))

    @property
    def step(self) -> str:
        """The property's part of a path: `policy`, or `inlinePolicies[*]` for a list and for a map."""
        return f"{self.name}[*]" if re.search(r"Sequence\[|Mapping\[", self.annotation) else self.name


@dataclass(frozen=True, slots=True)
class ResourceType:
    """One resource class: its type token, inputs, module folder, the tokens it declares as aliases, and its outputs."""

    token: str
    properties: tuple[Property, ...]
    module: Path
    aliases: tuple[str, ...]
    outputs: frozenset[str]


@dataclass(frozen=True, slots=True)
class FunctionType:
    """One function ("data source"): its token, its arguments and the fields of its result, by their schema names."""

    token: str
    arguments: frozenset[str]
    results: frozenset[str]


def python_name(name: str) -> str:
    """A property's name in Python: `kmsKeyId` is `kms_key_id`."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def sdk_folder() -> Path:
    """Where `pulumi_aws` is installed. Raises `PackageNotFoundError` when it is not."""
    return Path(str(importlib.metadata.distribution("pulumi-aws").locate_file("pulumi_aws")))


def sdk_version() -> str:
    """The installed version of pulumi-aws. Raises `PackageNotFoundError` when there is none."""
    return importlib.metadata.version("pulumi-aws")


@cache
def resource_types(sdk: Path) -> Sequence[ResourceType]:
    """Every resource class of the SDK, in the order of its files. Raises `ValueError` on a shape not seen before."""
    found = []
    for file in sorted(sdk.glob("*/*.py")):
        text = file.read_text(encoding="utf-8")
        registered = REGISTERED.search(text)
        if not registered:
            continue
        args, signature = ARGS_OF.search(text), SIGNATURE.search(text)
        if not args or not signature:
            raise ValueError(f"{file}: registers `{registered[1]}` in a way this tool cannot read")
        properties = input_classes(text)[args[1]]
        parameters = set(PARAMETER.findall(signature[1])) - {"resource_name", "opts"}
        if len(parameters) != len(properties):
            raise ValueError(f"{file}: `{args[1]}` and its constructor disagree about the arguments")
        aliases = tuple(sorted(set(TYPE_ALIAS.findall(text)) - {registered[1]}))
        outputs = frozenset(each["schema"] or each["python"] for each in OUTPUT.finditer(text))
        found.append(ResourceType(registered[1], properties, file.parent, aliases, outputs))
    return found


def function_types(sdk: Path) -> Iterator[FunctionType]:
    """Every function of the SDK, in the order of its files; the result of one that gives a single value is `result`."""
    for file in sorted([*sdk.glob("*.py"), *sdk.glob("*/*.py")]):
        text = file.read_text(encoding="utf-8")
        invoked = INVOKED.search(text)
        if not invoked:
            continue
        result = RESULT_CLASS.search(text)
        fields = {found["schema"] or found["python"] for found in GETTER.finditer(result[1])} if result else {"result"}
        yield FunctionType(invoked["token"], frozenset(ARGUMENT.findall(text)), frozenset(fields))


def input_classes(text: str) -> Mapping[str, tuple[Property, ...]]:
    """The input classes in one source file, by name."""
    return {
        found[1]: tuple(
            Property(
                getter["schema"] or getter["python"],
                getter["annotation"],
                " ".join((getter["doc"] or "").split()),
                bool(getter["deprecated"]),
            )
            for getter in GETTER.finditer(found[2])
        )
        for found in INPUT_CLASS.finditer(text)
        if not found[1].endswith("State")
    }


@cache
def nested_classes(module: Path) -> Mapping[str, tuple[Property, ...]]:
    """The input classes that the resources of one module nest, by name."""
    file = module / "_inputs.py"
    return input_classes(file.read_text(encoding="utf-8")) if file.exists() else {}


def walk(resource: ResourceType) -> Iterator[tuple[str, Property]]:
    """Every input property of a resource at any depth, with its path (`inlinePolicies[*].policy`).

    A class that nests itself is entered once on each branch.
    """
    yield from _walk(resource.properties, nested_classes(resource.module), "", frozenset())


def _walk(
    properties: tuple[Property, ...],
    classes: Mapping[str, tuple[Property, ...]],
    prefix: str,
    inside: frozenset[str],
) -> Iterator[tuple[str, Property]]:
    for each in properties:
        yield prefix + each.name, each
        for name in each.nested:
            if name in classes and name not in inside:
                yield from _walk(classes[name], classes, f"{prefix}{each.step}.", inside | {name})
