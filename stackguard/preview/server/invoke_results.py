"""Answers what only a provider, the cloud or another stack could: computed where that is possible, else by the mock file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from policypack.core.policy import UNKNOWN, Unknown
from policypack.core.wire import UNKNOWN_STRING, decode
from stackguard.preview.child import TOKEN
from stackguard.preview.placeholders.mock import Answer, camel, unknown_in
from stackguard.preview.placeholders.placeholders import STACK_REFERENCE, Placeholders
from stackguard.preview.provider import functions
from stackguard.preview.server import protos
from stackguard.preview.server.program_secrets import ProgramSecrets
from stackguard.preview.server.registry import Refused, Registry
from stackguard.preview.values import fill, hide, plain

T = TypeVar("T")
GET_RESOURCE = "pulumi:pulumi:getResource"
READ_STACK = "pulumi:pulumi:readStackOutputs"


@dataclass(slots=True)
class Answers:
    """The answers in one preview."""

    registry: Registry
    placeholders: Placeholders
    secrets: ProgramSecrets
    nonce: str
    """What the program's side confirms its end with."""
    confirmed: bool = False

    def message(self, request: Any) -> Any | None:
        """The answer to a message of the program's own side; None where the request is a real call."""
        if not request.tok.startswith(TOKEN):
            return None
        args, _ = decode(plain(request.args.fields["args"].struct_value), None, self.placeholders.find)
        args = self._shown(args)
        written = json.loads(request.args.fields["message"].string_value)
        for each in written.get("callbacks", ()):
            read = (self.registry.resources.get(urn) for urn in each["urns"])
            each["stacks"] = sorted({known.id for known in read if known and known.type == STACK_REFERENCE})
        answer = self._heard(request.tok, written) or self.placeholders.answer(request.tok, args, written)
        response = protos.resource_pb2.ResourceInvokeResponse()
        fill(getattr(response, "return"), {"message": json.dumps(answer)})
        return response

    def _heard(self, token: str, written: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a message that is not about a placeholder; empty for those that are."""
        match token.removeprefix(TOKEN):
            case "secrets":
                self.secrets.add(written["values"])
            case "ended":
                self.confirmed = self.confirmed or written["nonce"] == self.nonce
            case _:
                return {}
        return {"heard": True}

    def waits(self, request: Any) -> None:
        """The function is not called before a resource is created."""
        self.placeholders.waits(request.tok, self._shown(self._args(request)))

    def function(self, request: Any, reference: str) -> Mapping[str, Any] | None:
        """The result of a function; None where it is unknown, or the mock file's, which the program's side asks for.

        Raises:
            Refused: the provider refuses these arguments.

        """
        args = self._args(request)
        if request.tok == GET_RESOURCE:
            return self._resource(str(args.get("urn")))
        if request.tok == READ_STACK:
            return self._stack(str(args.get("name")))
        asked = self._shown(args)
        if self.placeholders.mock.function(request.tok, asked) is not None:
            self.placeholders.call(request.tok, asked)
            return None
        place, provider = self.registry.place(reference), self.registry.provider(reference).inputs
        marked = unknown_in(args) not in (None, UNKNOWN)
        if marked and request.tok in functions.TEMPLATES:  # placeholders are as good as any text there
            given, _ = decode(plain(request.args))
        else:
            given = args
        try:
            result = functions.call(request.tok, given, place, provider)
        except ValueError as error:
            if not marked:
                raise Refused(f"invocation of {request.tok} returned an error: {error}") from None
            result = None
        if result is None:
            self.placeholders.call(request.tok, asked, functions.reason(request.tok, args, place))
        return result

    def method(self, request: Any) -> Any:
        """The result of a method; unknown unless the mock file gives it."""
        args, _ = decode(plain(request.args), None, self.placeholders.find)
        answer = self.placeholders.method(request.tok, self._shown(args))
        response = protos.provider_pb2.CallResponse()
        found = getattr(response, "return")
        if answer is None:
            fill(found, {"result": UNKNOWN})
        else:
            fill(found, {camel(name): value for name, value in _mapping(answer.value).items()})
            _hide(found, answer.secrets)
        return response

    def exists(self, request: Any) -> Any:
        """Whether a resource exists: if the mock file has it, else nobody knows."""
        known = "" if self.unknown_id(request.id) else request.id
        found = self.placeholders.mock.resource(request.type, "", self._shown(known), "") if known else None
        return protos.resource_pb2.ExistsResourceResponse(exists=found is not None, unknown=found is None)

    def unknown_id(self, identity: str) -> bool:
        """Whether nobody knows the id that a program gives."""
        return identity == UNKNOWN_STRING or self.placeholders.find(identity) is not None

    def read(self, request: Any, struct: Any) -> tuple[dict[str, Any], frozenset[str]]:
        """What another stack's state adds to a reference to it, also written into `struct`; nothing for other types.

        And the paths in it that are secret.
        """
        found = self._stack(request.id) if request.type == STACK_REFERENCE else None
        if found is None:
            return {}, frozenset()
        fill(struct, found)
        for name in found["secretOutputNames"]:
            hide(struct.fields["outputs"].struct_value.fields[name])
        return dict(found), frozenset(f"outputs.{name}" for name in found["secretOutputNames"])

    def settled(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """The inputs after the provider's Check; a name that it makes up from one with a placeholder is unknown."""
        return {
            name: (self.placeholders.find(value) or value) if isinstance(value, str) else value
            for name, value in inputs.items()
        }

    def computed(
        self, request: Any, urn: str, computed: dict[str, Any], hidden: frozenset[str]
    ) -> tuple[dict[str, Any], frozenset[str]]:
        """What a provider computes, with what the mock file says of it; what is made of a placeholder is unknown."""
        known = {name: value for name, value in computed.items() if not self.placeholders.holds(value)}
        identity = getattr(request, "id", "") or getattr(request, "importId", "")
        answer = self.placeholders.mock.resource(request.type, *map(self._shown, (request.name, identity, urn)))
        if answer is None:
            return known, hidden
        return known | answer.value, hidden | {*_tops(answer)}

    def explained(self, properties: dict[str, Any], dependencies: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
        """The properties, where what waits for an output of another stack says so."""
        found = dict(properties)
        for name, urns in dependencies.items():
            stacks = (
                each for urn in urns if (each := self.registry.resources.get(urn)) and each.type == STACK_REFERENCE
            )
            unknown = self.placeholders.of_stacks(each.id for each in stacks)
            if unknown is not None and name in found:
                found[name] = _instead(found[name], unknown)
        return found

    def _shown(self, value: T) -> T:
        """What a mock file says: the stand-in, where the program has the placeholder of an account."""
        return self.registry.accounts.shown.value(value)

    def _args(self, request: Any) -> dict[str, Any]:
        args, _ = decode(plain(request.args), None, self.placeholders.find)
        return args

    def _resource(self, urn: str) -> Mapping[str, Any]:
        found = self.registry.resources.get(urn)
        if found is None:
            raise Refused(f"could not find the resource {urn}")
        return {"urn": found.urn, "id": found.id, "state": dict(found.outputs)}

    def _stack(self, name: str) -> Mapping[str, Any] | None:
        answer = self.placeholders.stack(name)
        if answer is None:
            return None
        return {"name": name, "outputs": answer.value, "secretOutputNames": sorted({*_tops(answer)})}


def _tops(answer: Answer) -> list[str]:
    """The names at the top of what is secret in an answer."""
    return [path.partition(".")[0].partition("[")[0] for path in answer.secrets]


def _hide(struct: Any, secrets: frozenset[str]) -> None:
    for name in _tops(Answer({}, secrets)):
        hide(struct.fields[name])


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {"result": value}


def _instead(value: Any, unknown: Unknown) -> Any:
    """The value with another word on each thing in it that is known only after the update."""
    if value == UNKNOWN:
        return unknown
    if isinstance(value, list):
        return [_instead(each, unknown) for each in value]
    if isinstance(value, dict):
        return {name: _instead(each, unknown) for name, each in value.items()}
    return value
