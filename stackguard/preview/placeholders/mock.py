"""The `--mock FILE`: answers that only a cloud or a provider plugin could give.

    functions:                              # the first entry that matches has the answer
      - token: aws:ec2/getVpc:getVpc
        args: {default: true}               # a call must have these; `*` in a text matches any text
        result: {id: vpc-0a1b2c3d}          # what is left out stays unknown
    stacks:                                 # outputs of other stacks, by the name that the program uses
      acme/network/prod: {vpcId: vpc-0a1b2c3d, token: {fn::secret: sesame}}
    resources:                              # what a provider computes; also the state of a resource that is only read
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
from policypack.core.values import nested, rebuilt
from stackguard.preview.placeholders.mock_file import Computed, Function, read

SECRET = "fn::secret"  # noqa: S105 (a key, and Pulumi's own: https://www.pulumi.com/docs/iac/languages-sdks/yaml/)
PLACEHOLDER = re.compile(r"<(?:text|number|true or false|value)>")
"""The text instead of a value in the lines of a report; it counts as left out."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A plain value, its secret paths, and its place in a mock file: file and line."""

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
        """The result of a function, whose arguments may be unknown; None if no entry matches."""
        return _first(self.functions, token, args)

    def call(self, token: str, args: Mapping[str, Any]) -> Answer | None:
        """The result of a method."""
        return _first(self.calls, token, args)

    def resource(self, type_token: str, name: str, identity: str, urn: str) -> Answer | None:
        """The outputs of a resource: those of all matching entries; if they differ, of the first."""
        fitting = [
            entry
            for entry in self.resources
            if _fits(entry.type, type_token) and _fits(entry.name, name) and _fits(entry.id, identity)
            if _fits(entry.urn, urn)
        ]
        merged: dict[str, Any] = {}
        for entry in reversed(fitting):
            entry.used = True
            merged |= {camel(key): value for key, value in entry.outputs.items()}
        return _answer(merged, fitting[0].where) if fitting else None

    def stack(self, name: str, organization: str, project: str) -> Answer | None:
        """The outputs of another stack; a name without organization or project is of the program's own."""
        full = _qualified(name, organization, project)
        key = next((key for key in self.stacks if _qualified(key, organization, project) == full), None)
        if key is None:
            return None
        self._asked.add(key)
        return _answer(self.stacks[key], self._places[key])

    def unused(self) -> Iterator[tuple[str, str]]:
        """The place of each unused entry, and what is wrong with it."""
        for kind, entries in (("function", self.functions), ("method", self.calls)):
            for entry in entries:
                if not entry.used:
                    yield entry.where, f"the program does not call the {kind} `{entry.token}` with these arguments"
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
    for entry in entries:
        if short(entry.token) == short(token) and matches(entry.args, args):
            entry.used = True
            return _answer(entry.result, entry.where)
    return None


def short(token: str) -> str:
    """A token in its shortest spelling: `aws:ec2:getVpc` for `aws:ec2/getVpc:getVpc`."""
    package, _, rest = token.partition(":")
    module, _, name = rest.rpartition(":")
    return ":".join((package, module.partition("/")[0] or "index", name))


def matches(pattern: Any, value: Any) -> bool:
    """Whether a value matches a pattern.

    A mapping requires its keys, a list as many elements, and a text the same text, in which `*` matches any text; `*`
    alone also matches an unknown value and one that is no text.
    """
    if pattern == "*":
        return True
    match pattern:
        case dict():
            return isinstance(value, Mapping) and all(
                matches(part, value.get(key, value.get(camel(str(key))))) for key, part in pattern.items()
            )
        case list():
            return isinstance(value, list) and len(value) == len(pattern) and all(map(matches, pattern, value))
        case str():
            return isinstance(value, str) and _fits(pattern, value)
    return bool(pattern == value) and isinstance(pattern, bool) == isinstance(value, bool)


def _fits(pattern: str, text: str) -> bool:
    return pattern == "*" or re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text, re.DOTALL) is not None


def _answer(written: Any, where: str) -> Answer:
    """The answer in an entry, without placeholders and with secrets unwrapped."""
    secrets: set[str] = set()
    return Answer(_unwrapped(written, "", secrets), frozenset(secrets), where)


def _unwrapped(value: Any, path: str, secrets: set[str]) -> Any:
    if isinstance(value, list):
        return [_unwrapped(element, f"{path}[{index}]", secrets) for index, element in enumerate(value)]
    if not isinstance(value, Mapping):
        return value
    if [*value] == [SECRET]:
        secrets.add(path)
        return _unwrapped(value[SECRET], path, secrets)
    prefix = f"{path}." if path else ""
    known = {str(key): inner for key, inner in value.items() if not _left_out(inner)}
    return {key: _unwrapped(inner, f"{prefix}{key}", secrets) for key, inner in known.items()}


def _left_out(value: Any) -> bool:
    """Whether this is a placeholder, or a list or mapping of nothing else."""
    if isinstance(value, list | dict):
        return bool(value) and all(map(_left_out, value.values() if isinstance(value, dict) else value))
    return isinstance(value, str) and PLACEHOLDER.fullmatch(value) is not None


def camel(name: str) -> str:
    """The name in Pulumi's schema of a property that Python spells `cidr_block`."""
    return re.sub(r"(?<=[a-z0-9])_([a-z0-9])", lambda match: match[1].upper(), name)


def _qualified(name: str, organization: str, project: str) -> tuple[str, ...]:
    """Organization, project and stack; of two parts the first is the organization.

    Source: `parseStackName` in pkg/backend/httpstate/backend.go of https://github.com/pulumi/pulumi.
    """
    parts = name.split("/")
    if len(parts) == 2:
        parts.insert(1, project)
    return (*(organization, project)[: max(0, 3 - len(parts))], *parts)


def readable(value: Any) -> Any:
    """Arguments as they are written into a mock file, with `*` for an unknown value."""
    plain = (bool, int, float, str, type(None))
    return rebuilt(value, lambda inner: inner if isinstance(inner, plain) else "*")


def unknown_in(value: Any) -> Unknown | None:
    """The first unknown value in a value, at any depth."""
    return next((inner for inner in nested(value) if isinstance(inner, Unknown)), None)
