"""An example as the Pulumi program that creates it: Python source, formatted as `ruff format` formats it.

Provider inputs become keyword arguments, policy documents `json.dumps(...)`, and dependencies variables.
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
from stackguard.source_format import Expression, bracketed, call, literal, pair

PROVIDER = "pulumi:providers:"
DEFAULT_PROVIDER = re.compile(r"pulumi:providers:\w+::default(_|$)")
MAPS = frozenset({"tags", "variables", "permissions"})
"""Properties whose keys are data and not names of properties."""
STACK_REFERENCE = 'shared = pulumi.StackReference("acme/shared/prod")'


def program(example: Example) -> str:
    """The source of a program that creates the example's resources."""
    source = _Source(example)
    body = example.program.splitlines() if example.program else list(source.statements())
    return "\n".join([*_imports("\n".join(body)), "", *body]) + "\n"


def snake_case(name: str) -> str:
    """The Python name of a property: `blockPublicAcls` is `block_public_acls`."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def constructor(token: str) -> str:
    """The constructor of a resource type: `aws.s3.BucketAcl` for `aws:s3/bucketAcl:BucketAcl`."""
    if token.startswith(PROVIDER):
        return f"{token.removeprefix(PROVIDER)}.Provider"
    *folders, name = token.replace("-", "_").replace(":", "/").split("/")
    if folders and folders[-1].lower() == name.lower():
        folders.pop()
    inside = (f"{folder}_" if folder == "lambda" else folder for folder in folders if folder != "index")
    return ".".join([*inside, name])


def _imports(body: str) -> Iterator[str]:
    if "json." in body:
        yield from ("import json", "")
    if re.search(r"\bpulumi\.", body):
        yield "import pulumi"
    packages = set(re.findall(r"^(?:\w+ = )?(aws|[a-z]\w*(?=\.(?:\w+\.)*[A-Z]\w*\())\.", body, re.MULTILINE))
    for package in sorted(packages - {"pulumi"}):
        yield f"import pulumi_{package} as {package}"


@dataclass(slots=True)
class _Source:
    """The statements of one example, and the variables that they need."""

    example: Example
    variables: dict[str, str] = field(init=False)
    """The variable of each resource that another one refers to, by URN."""
    texts: dict[str, str] = field(default_factory=dict)
    """Each text of several lines, by its variable."""

    def __post_init__(self) -> None:
        referenced = {urn for resource in self._created() for urn in (resource.provider, *resource.dependencies)}
        chosen = [resource for resource in self._created() if resource.urn in referenced]
        names = [_identifier(resource.name) for resource in chosen]
        self.variables = {
            resource.urn: name if names.count(name) == 1 else f"{name}_{_identifier(resource.type.rpartition(':')[2])}"
            for resource, name in zip(chosen, names, strict=True)
        }

    def _created(self) -> Iterator[Resource]:
        """The resources that the program creates: not the stack, nor a default provider."""
        for resource in self.example.resources:
            if resource.type != ROOT_TYPE and not DEFAULT_PROVIDER.search(resource.urn):
                yield resource

    def statements(self) -> Iterator[str]:
        """The lines of the program without its imports."""
        lines: list[str] = []
        for resource in self._created():
            name = self.variables.get(resource.urn, "")
            lines += self._resource(resource).lines(f"{name} = " if name else "", "", "")
        for name, text in self.texts.items():
            yield from (f'{name} = """\\', *text.splitlines(), '"""')
        if any("shared.get_output" in line for line in lines):
            yield STACK_REFERENCE
        yield from lines

    def _resource(self, resource: Resource) -> Expression:
        arguments = [literal(resource.name)]
        if not resource.custom and not resource.remote:
            return call("pulumi.ComponentResource", [literal(resource.type), *arguments])
        documents = {pattern.partition(".")[0] for pattern in documents_of(resource.type, resource.inputs)}
        for name, value in resource.inputs.items():
            expression = self._document(value, name) if name in documents else self._value(value, name)
            arguments.append(pair(f"{snake_case(name)}=", expression))
        if options := list(self._options(resource)):
            arguments.append(pair("opts=", call("pulumi.ResourceOptions", options)))
        return call(constructor(resource.type), arguments)

    def _options(self, resource: Resource) -> Iterator[Expression]:
        if resource.provider in self.variables:
            yield pair("provider=", Expression(self.variables[resource.provider]))
        depends_on = [Expression(self.variables[urn]) for urn in resource.dependencies if urn in self.variables]
        if depends_on:
            yield pair("depends_on=", bracketed("[", depends_on, "]"))

    def _document(self, value: Any, name: str) -> Expression:
        """A policy document that the program encodes; a text that `json.dumps` does not produce stays one."""
        if isinstance(value, Mapping):
            return call("json.dumps", [literal(value)])
        decoded = _decoded(value) if isinstance(value, str) else None
        if decoded is None:
            return self._value(value, name)
        return call("json.dumps", [self._document(decoded, name) if isinstance(decoded, str) else literal(decoded)])

    def _value(self, value: Any, name: str) -> Expression:
        match value:
            case Unknown():
                return call("shared.get_output", [literal(snake_case(name))])
            case Asset():
                return self._asset(value, name)
            case Mapping():
                keys = {key: key if name in MAPS else snake_case(key) for key in value}
                return self._mapping({keys[key]: self._value(inner, key) for key, inner in value.items()})
            case list() | tuple():
                return bracketed("[", [self._value(item, name) for item in value], "]")
        return literal(value)

    def _asset(self, asset: Asset, name: str) -> Expression:
        if asset.members is not None:
            members = {file: self._asset(member, file) for file, member in asset.members.items()}
            return call("pulumi.AssetArchive", [self._mapping(members)])
        if asset.text is not None:
            return call("pulumi.StringAsset", [self._text(asset.text, name)])
        return call(f"pulumi.File{'Archive' if asset.archive else 'Asset'}", [literal(asset.path or asset.uri)])

    @staticmethod
    def _mapping(values: Mapping[str, Expression]) -> Expression:
        return bracketed("{", [pair(f"{literal(key).flat}: ", value) for key, value in values.items()], "}")

    def _text(self, text: str, name: str) -> Expression:
        if text.count("\n") < 2 or not text.endswith("\n"):
            return literal(text)
        variable = _identifier(name)
        self.texts[variable] = text.replace("\\", "\\\\")
        return Expression(variable)


def _decoded(text: str) -> Any:
    """The value of a JSON text, if encoding it again gives the same text; else None."""
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if json.dumps(value) == text else None


def _identifier(name: str) -> str:
    return snake_case(re.sub(r"\W", "_", name).strip("_"))
