"""Answers function calls and reads: computed where the answer follows from known values, else from the mock files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from policypack.core.policy import STACK_REFERENCE, UNKNOWN, Resource
from policypack.core.values import with_reason
from policypack.core.wire import UNKNOWN_STRING, decode
from stackguard.preview.child import TOKEN
from stackguard.preview.placeholders.mock import Answer, camel, unknown_in
from stackguard.preview.placeholders.placeholders import Placeholders
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
    """Answers the requests of one preview."""

    registry: Registry
    placeholders: Placeholders
    secrets: ProgramSecrets
    nonce: str
    """The runner sends this when the program ends."""
    confirmed: bool = False

    def message(self, request: Any) -> Any | None:
        """The answer to a message of the runner; None if the request is a function call of the program."""
        if not request.tok.startswith(TOKEN):
            return None
        args, _ = self.decoded(request.args.fields["args"].struct_value)
        written = json.loads(request.args.fields["message"].string_value)
        for callback in written.get("callbacks", ()):
            callback["stacks"] = sorted({stack.id for stack in self._stack_references(callback["urns"])})
        answer = self._heard(request.tok, written) or self.placeholders.answer(
            request.tok, self._as_mocked(args), written
        )
        response = protos.resource_pb2.ResourceInvokeResponse()
        fill(getattr(response, "return"), {"message": json.dumps(answer)})
        return response

    def _heard(self, token: str, written: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a message that is not about a placeholder; empty for any other."""
        match token.removeprefix(TOKEN):
            case "secrets":
                self.secrets.mask.add(written["values"])
            case "ended":
                self.confirmed = self.confirmed or written["nonce"] == self.nonce
            case _:
                return {}
        return {"heard": True}

    def waits(self, request: Any) -> None:
        """Record that a function is not called before a resource is created."""
        self.placeholders.waits(request.tok, self._as_mocked(self.decoded(request.args)[0]))

    def function(self, request: Any, reference: str) -> Mapping[str, Any] | None:
        """The result of a function; None if it is unknown, or in a mock file, for which the runner asks.

        Raises:
            Refused: the provider refuses these arguments.
        """
        args, _ = self.decoded(request.args)
        if request.tok == GET_RESOURCE:
            return self._resource(str(args.get("urn")))
        if request.tok == READ_STACK:
            return self._stack(str(args.get("name")))
        asked = self._as_mocked(args)
        if self.placeholders.mock.function(request.tok, asked) is not None:
            self.placeholders.call(request.tok, asked)
            return None
        location = self.registry.location(reference)
        marked = unknown_in(args) not in (None, UNKNOWN)
        if marked and request.tok in functions.TEMPLATES:  # these treat placeholders as any other text
            texts, _ = decode(plain(request.args))
        else:
            texts = args
        try:
            result = functions.call(request.tok, texts, location)
        except ValueError as error:
            if not marked:
                raise Refused(f"invocation of {request.tok} returned an error: {error}") from None
            result = None
        if result is None:
            known = functions.known_part(request.tok, args, location)
            self.placeholders.call(request.tok, asked, functions.reason(request.tok, args, location), known)
        return result

    def method(self, request: Any) -> Any:
        """The result of a method; unknown unless a mock file has it."""
        args, _ = self.decoded(request.args)
        answer = self.placeholders.method(request.tok, self._as_mocked(args)) or Answer(UNKNOWN)
        value = answer.value if isinstance(answer.value, Mapping) else {"result": answer.value}
        response = protos.provider_pb2.CallResponse()
        result = getattr(response, "return")
        fill(result, {camel(name): inner for name, inner in value.items()})
        for name in _tops(answer):
            hide(result.fields[name])
        return response

    def exists(self, request: Any) -> Any:
        """Whether a resource exists: if a mock file has it, else that is unknown."""
        known = "" if self.unknown_id(request.id) else request.id
        answer = self.placeholders.mock.resource(request.type, "", self._as_mocked(known), "") if known else None
        return protos.resource_pb2.ExistsResourceResponse(exists=answer is not None, unknown=answer is None)

    def unknown_id(self, identity: str) -> bool:
        """Whether the id that a program passes is unknown."""
        return identity == UNKNOWN_STRING or self.placeholders.find(identity) is not None

    def read(self, request: Any, struct: Any) -> tuple[dict[str, Any], frozenset[str]]:
        """The outputs of another stack for a reference to it, and their secret paths; nothing for other types.

        They are written into `struct` too.
        """
        state = self._stack(request.id) if request.type == STACK_REFERENCE else None
        if state is None:
            return {}, frozenset()
        fill(struct, state)
        for name in state["secretOutputNames"]:
            hide(struct.fields["outputs"].struct_value.fields[name])
        return state, frozenset(f"outputs.{name}" for name in state["secretOutputNames"])

    def without_placeholder(self, value: Any) -> Any:
        """An input after the provider's Check; a name that Check derives from one with a placeholder is unknown."""
        return (self.placeholders.find(value) or value) if isinstance(value, str) else value

    def computed(
        self, request: Any, urn: str, computed: dict[str, Any], hidden: frozenset[str]
    ) -> tuple[dict[str, Any], frozenset[str]]:
        """The computed outputs with those of the mock files; one that derives from a placeholder is unknown."""
        known = {name: value for name, value in computed.items() if not self.placeholders.contained_in(value)}
        identity = getattr(request, "id", "") or getattr(request, "importId", "")
        answer = self.placeholders.mock.resource(request.type, *map(self._as_mocked, (request.name, identity, urn)))
        if answer is None:
            return known, hidden
        return known | answer.value, hidden | {*_tops(answer)}

    def with_reasons(self, properties: dict[str, Any], dependencies: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
        """The properties, in which an unknown value that depends on another stack's outputs names that stack."""
        result = dict(properties)
        for name, urns in dependencies.items():
            unknown = self.placeholders.of_stacks(stack.id for stack in self._stack_references(urns))
            if unknown is not None and name in result:
                result[name] = with_reason(result[name], unknown)
        return result

    def decoded(self, struct: Any, folder: Path | None = None) -> tuple[dict[str, Any], frozenset[str]]:
        """The plain values of a `Struct`, in which a placeholder is unknown, and the paths of those that are secret."""
        return decode(plain(struct), folder, self.placeholders.find)

    def _stack_references(self, urns: Iterable[str]) -> Iterator[Resource]:
        resources = map(self.registry.resources.get, urns)
        return (resource for resource in resources if resource and resource.type == STACK_REFERENCE)

    def _as_mocked(self, value: T) -> T:
        """The value as mock files have it: with the stand-in for the placeholder of an account."""
        return self.registry.accounts.with_stand_in.value(value)

    def _resource(self, urn: str) -> Mapping[str, Any]:
        resource = self.registry.resources.get(urn)
        if resource is None:
            raise Refused(f"could not find the resource {urn}")
        return {"urn": resource.urn, "id": resource.id, "state": dict(resource.outputs)}

    def _stack(self, name: str) -> dict[str, Any] | None:
        answer = self.placeholders.stack(name)
        if answer is None:
            return None
        return {"name": name, "outputs": answer.value, "secretOutputNames": sorted({*_tops(answer)})}


def _tops(answer: Answer) -> list[str]:
    """The top-level names of the secret paths of an answer."""
    return [path.partition(".")[0].partition("[")[0] for path in answer.secrets]
