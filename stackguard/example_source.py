"""An example as the Pulumi program that makes it: Python source, formatted as `ruff format` formats it.

Provider inputs become keyword arguments, policy documents `json.dumps(...)`, and what a resource depends on a variable.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from policypack.core.examples import Example
from policypack.core.policy import ROOT_TYPE, Asset, Resource, Unknown
from policypack.iam.tables import documents_of
from stackguard.source_format import Call, Expression, Items, Pair, assignment, literal

PROVIDER = "pulumi:providers:"
DEFAULT_PROVIDER = re.compile(r"pulumi:providers:\w+::default(_|$)")
MAPS = frozenset({"tags", "variables", "permissions"})
"""Properties whose keys are data and not names of properties."""
STACK_REFERENCE = 'shared = pulumi.StackReference("acme/shared/prod")'


def program(example: Example) -> str:
    """The source of a program that makes the example's resources."""
    source = _Source(example)
    body = example.program.splitlines() if example.program else list(source.statements())
    return "\n".join([*_imports("\n".join(body)), "", *body]) + "\n"


def snake_case(name: str) -> str:
    """The Python name of a property: `blockPublicAcls` is `block_public_acls`."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def constructor(token: str) -> str:
    """What constructs a resource of a type: `aws.s3.BucketAcl` for `aws:s3/bucketAcl:BucketAcl`."""
    if token.startswith(PROVIDER):
        return f"{token.removeprefix(PROVIDER)}.Provider"
    package, module, name = token.split(":")
    folder = module.partition("/")[0]
    inside = [] if folder == "index" else [f"{folder}_" if folder == "lambda" else folder]
    return ".".join([package, *inside, name])


def _imports(body: str) -> Iterator[str]:
    if "json." in body:
        yield from ("import json", "")
    if re.search(r"\bpulumi\.", body):
        yield "import pulumi"
    for package in sorted(set(re.findall(r"^(?:\w+ = )?(aws|awsx|eks|acme)\.", body, re.MULTILINE))):
        yield f"import pulumi_{package} as {package}"


@dataclass(slots=True)
class _Source:
    """The statements of one example, and the variables that they need."""

    example: Example
    variables: dict[str, str] = field(init=False)
    """By URN, the name of each resource that another one refers to."""
    texts: dict[str, str] = field(default_factory=dict)
    """By name, each text of several lines."""

    def __post_init__(self) -> None:
        referred = {each for one in self._written() for each in (one.provider, *one.dependencies)}
        chosen = [each for each in self._written() if each.urn in referred]
        names = [_identifier(each.name) for each in chosen]
        self.variables = {
            each.urn: name if names.count(name) == 1 else f"{name}_{_identifier(each.type.rpartition(':')[2])}"
            for each, name in zip(chosen, names, strict=True)
        }

    def _written(self) -> list[Resource]:
        return [
            each for each in self.example.resources if each.type != ROOT_TYPE and not DEFAULT_PROVIDER.search(each.urn)
        ]

    def statements(self) -> Iterator[str]:
        """The lines of the program, less its imports."""
        lines: list[str] = []
        for each in self._written():
            lines += assignment(self.variables.get(each.urn, ""), self._resource(each))
        for name, text in self.texts.items():
            yield from (f'{name} = """\\', *text.splitlines(), '"""')
        if any("shared.get_output" in line for line in lines):
            yield STACK_REFERENCE
        yield from lines

    def _resource(self, resource: Resource) -> Expression:
        arguments: list[Expression] = [literal(resource.name)]
        if not resource.custom and not resource.remote:
            return Call("pulumi.ComponentResource", [literal(resource.type), *arguments])
        documents = {pattern.partition(".")[0] for pattern in documents_of(resource.type, resource.inputs)}
        for name, value in resource.inputs.items():
            written = self._document(value, name) if name in documents else self._value(value, name)
            arguments.append(Pair(f"{snake_case(name)}=", written))
        if options := list(self._options(resource)):
            arguments.append(Pair("opts=", Call("pulumi.ResourceOptions", options)))
        return Call(constructor(resource.type), arguments)

    def _options(self, resource: Resource) -> Iterator[Expression]:
        if resource.provider in self.variables:
            yield Pair("provider=", literal(self.variables[resource.provider], raw=True))
        depends_on = [self.variables[urn] for urn in resource.dependencies if urn in self.variables]
        if depends_on:
            yield Pair("depends_on=", Items("[", "]", [literal(each, raw=True) for each in depends_on]))

    def _document(self, value: Any, name: str) -> Expression:
        """A policy document, encoded by the program; a text that no encoding gives stays one."""
        if isinstance(value, Mapping):
            return Call("json.dumps", [literal(value)])
        decoded = _decoded(value) if isinstance(value, str) else None
        if decoded is None:
            return self._value(value, name)
        inner = self._document(decoded, name) if isinstance(decoded, str) else literal(decoded)
        return Call("json.dumps", [inner])

    def _value(self, value: Any, name: str) -> Expression:
        match value:
            case Unknown():
                return Call("shared.get_output", [literal(snake_case(name))])
            case Asset():
                return self._asset(value, name)
            case Mapping():
                pairs = [
                    Pair(f"{literal(_key(each, name)).flat}: ", self._value(inner, each))
                    for each, inner in value.items()
                ]
                return Items("{", "}", pairs)
            case list() | tuple():
                return Items("[", "]", [self._value(each, name) for each in value])
        return literal(value)

    def _asset(self, asset: Asset, name: str) -> Expression:
        if asset.members is not None:
            members = [
                Pair(f"{literal(each).flat}: ", self._asset(inner, each)) for each, inner in asset.members.items()
            ]
            return Call("pulumi.AssetArchive", [Items("{", "}", members)])
        if asset.text is not None:
            return Call("pulumi.StringAsset", [self._text(asset.text, name)])
        return Call(f"pulumi.File{'Archive' if asset.archive else 'Asset'}", [literal(asset.path or asset.uri)])

    def _text(self, text: str, name: str) -> Expression:
        if text.count("\n") < 2 or not text.endswith("\n"):
            return literal(text)
        variable = _identifier(name)
        self.texts[variable] = text.replace("\\", "\\\\")
        return literal(variable, raw=True)


def _decoded(text: str) -> Any:
    """What a JSON text encodes, if encoding it again gives the text; else None."""
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if json.dumps(value) == text else None


def _key(name: str, within: str) -> str:
    return name if within in MAPS else snake_case(name)


def _identifier(name: str) -> str:
    return snake_case(re.sub(r"\W", "_", name).strip("_"))
