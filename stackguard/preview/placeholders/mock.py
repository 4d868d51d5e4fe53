"""The `--mock FILE`: answers that only a cloud or a provider plugin could give.

    functions:                              # the first entry that fits gives the answer
      - token: aws:ec2/getVpc:getVpc
        args: {default: true}               # those that have to be so; `*` in a text stands for any text
        result: {id: vpc-0a1b2c3d}          # what is left out stays unknown
    stacks:                                 # outputs of other stacks, by the name that the program uses
      acme/network/prod: {vpcId: vpc-0a1b2c3d, token: {fn::secret: sesame}}
    resources:                              # what a provider computes; also the state of what is only read
      - {type: "random:index/randomPassword:RandomPassword", name: db*, outputs: {result: {fn::secret: sesame}}}
    calls:                                  # methods
      - {token: "eks:index:Cluster/getKubeconfig", result: {result: "{}"}}

Names are those of Pulumi's schema; Python's spelling (`cidr_block`) is understood too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from policypack.core.policy import Unknown
from stackguard.preview.placeholders.mock_file import Computed, Function, read

SECRET = "fn::secret"  # noqa: S105 (a key, and Pulumi's own: https://www.pulumi.com/docs/iac/languages-sdks/yaml/)
PLACEHOLDER = re.compile(r"<(?:text|number|true or false|value)>")
"""What stands in the lines that a person is shown; as good as left out."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A value in plain words, the paths in it that are secret, and where it is written: file and line."""

    value: Any
    secrets: frozenset[str] = frozenset()
    where: str = ""


@dataclass(slots=True)
class Mock:
    """The answers of all mock files, those of the first file first."""

    functions: list[Function] = field(default_factory=list)
    calls: list[Function] = field(default_factory=list)
    resources: list[Computed] = field(default_factory=list)
    stacks: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    _places: dict[str, str] = field(default_factory=dict)
    _asked: set[str] = field(default_factory=set)

    def function(self, token: str, args: Mapping[str, Any]) -> Answer | None:
        """The result of a function, whose arguments may be unknown; None where no entry fits."""
        return _first(self.functions, token, args)

    def call(self, token: str, args: Mapping[str, Any]) -> Answer | None:
        """The result of a method."""
        return _first(self.calls, token, args)

    def resource(self, type_token: str, name: str, identity: str, urn: str) -> Answer | None:
        """What is given for a resource: all entries that fit, where they differ the first of them."""
        fitting = [
            each
            for each in self.resources
            if _fits(each.type, type_token) and _fits(each.name, name) and _fits(each.id, identity)
            if _fits(each.urn, urn)
        ]
        merged: dict[str, Any] = {}
        for each in reversed(fitting):
            each.used = True
            merged |= {camel(key): value for key, value in each.outputs.items()}
        return _answer(merged, fitting[0].where) if fitting else None

    def stack(self, name: str, organization: str, project: str) -> Answer | None:
        """The outputs of another stack; a name without organization or project is of the program's own."""
        full = _qualified(name, organization, project)
        for each, outputs in self.stacks.items():
            if _qualified(each, organization, project) == full:
                self._asked.add(each)
                return _answer(outputs, self._places[each])
        return None

    def unused(self) -> Iterator[tuple[str, str]]:
        """Where each entry is written that nothing asked for, and what to say of it."""
        for kind, entries in (("function", self.functions), ("method", self.calls)):
            for each in entries:
                if not each.used:
                    yield each.where, f"the program does not call the {kind} `{each.token}` with these arguments"
        for state in self.resources:
            if not state.used:
                yield state.where, "the program has no resource that fits"
        for name in self.stacks:
            if name not in self._asked:
                yield self._places[name], f"the program does not refer to the stack `{name}`"


def load(files: Iterable[Path]) -> Mock:
    """Read mock files.

    Raises:
        CannotJudge: one is missing, is not YAML, or does not fit the format.

    """
    mock = Mock()
    for path in files:
        file, places = read(path)
        mock.functions += file.functions
        mock.resources += file.resources
        mock.calls += file.calls
        for name, outputs in file.stacks.items():
            if mock.stacks.setdefault(name, outputs) is outputs:
                mock._places[name] = places[name]  # noqa: SLF001 (its own)
    return mock


def _first(entries: Sequence[Function], token: str, args: Mapping[str, Any]) -> Answer | None:
    for each in entries:
        if short(each.token) == short(token) and matches(each.args, args):
            each.used = True
            return _answer(each.result, each.where)
    return None


def short(token: str) -> str:
    """A token in its shortest spelling: `aws:ec2:getVpc` for `aws:ec2/getVpc:getVpc`."""
    package, _, rest = token.partition(":")
    module, _, name = rest.rpartition(":")
    return ":".join((package, module.partition("/")[0] or "index", name))


def matches(pattern: Any, value: Any) -> bool:
    """Whether a value is what a pattern asks for.

    A mapping asks for the keys that it has, a list for as many elements, a text for the same text, in which `*`
    stands for any; `*` alone also fits what is unknown and what is no text.
    """
    if pattern == "*":
        return True
    match pattern:
        case dict():
            return isinstance(value, Mapping) and all(
                matches(each, value.get(key, value.get(camel(str(key))))) for key, each in pattern.items()
            )
        case list():
            return isinstance(value, list) and len(value) == len(pattern) and all(map(matches, pattern, value))
        case str():
            return isinstance(value, str) and _fits(pattern, value)
    return bool(pattern == value) and isinstance(pattern, bool) == isinstance(value, bool)


def _fits(pattern: str, text: str) -> bool:
    return pattern == "*" or re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text, re.DOTALL) is not None


def _answer(written: Any, where: str) -> Answer:
    """What is written, without placeholders and with secrets unwrapped."""
    secrets: set[str] = set()
    return Answer(_unwrapped(written, "", secrets), frozenset(secrets), where)


def _unwrapped(value: Any, path: str, secrets: set[str]) -> Any:
    if isinstance(value, Mapping):
        if [*value] == [SECRET]:
            secrets.add(path)
            return _unwrapped(value[SECRET], path, secrets)
        return {
            str(key): _unwrapped(each, f"{path}.{key}" if path else str(key), secrets)
            for key, each in value.items()
            if not _left_out(each)
        }
    if isinstance(value, list):
        return [_unwrapped(each, f"{path}[{index}]", secrets) for index, each in enumerate(value)]
    return value


def _left_out(value: Any) -> bool:
    """Whether this is a placeholder, or a list of nothing else."""
    if isinstance(value, list):
        return bool(value) and all(map(_left_out, value))
    if isinstance(value, dict):
        return bool(value) and all(map(_left_out, value.values()))
    return isinstance(value, str) and PLACEHOLDER.fullmatch(value) is not None


def camel(name: str) -> str:
    """The name in Pulumi's schema of a property that Python spells `cidr_block`."""
    return re.sub(r"(?<=[a-z0-9])_([a-z0-9])", lambda found: found[1].upper(), name)


def _qualified(name: str, organization: str, project: str) -> tuple[str, ...]:
    """Organization, project and stack; of two parts the first is the organization.

    Source: `parseStackName` in pkg/backend/httpstate/backend.go of https://github.com/pulumi/pulumi.
    """
    parts = name.split("/")
    if len(parts) == 2:
        parts.insert(1, project)
    return (*(organization, project)[: max(0, 3 - len(parts))], *parts)


def readable(value: Any) -> Any:
    """Arguments as they are written into a mock file: what is unknown may be anything."""
    match value:
        case dict():
            return {key: readable(each) for key, each in value.items()}
        case list():
            return [readable(each) for each in value]
        case None | bool() | int() | float() | str():
            return value
    return "*"


def unknown_in(value: Any) -> Unknown | None:
    """The first unknown value in a value, at any depth."""
    if isinstance(value, Unknown):
        return value
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return next((found for each in inner if (found := unknown_in(each)) is not None), None)
