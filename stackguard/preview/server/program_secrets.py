"""The secrets of one preview, and the mask over all that is printed of it.

Known are: the secret configuration, what the program wraps as secret in what it sends, the secret properties of its
resources, the secret answers of the mock files, and what the program's side reports (`_secrets.py`): the values of
outputs that are secret.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.struct_pb2 import Struct

from policypack.core.wire import OUTPUT, SECRET, SIGNATURE
from policypack.evaluation.masking import Mask
from policypack.evaluation.redaction import secret_texts
from stackguard.errors import CannotJudge
from stackguard.preview.placeholders.mock import SECRET as GIVEN_SECRET
from stackguard.preview.placeholders.mock import Mock, short
from stackguard.preview.placeholders.placeholders import PLACEHOLDER
from stackguard.preview.project.project import Project
from stackguard.preview.server.registry import Registry
from stackguard.preview.values import plain

WRAPPED = SECRET.encode()
SECRET_OUTPUT = b"\n\x06secret\x12\x02 \x01"
"""`secret: true` in a serialized `Struct`, as an output value has it."""
SECRET_RESULTS: Mapping[str, tuple[str, ...]] = {
    "aws:ecr:getAuthorizationToken": ("authorizationToken", "password"),
    "aws:ecrpublic:getAuthorizationToken": ("authorizationToken", "password"),
    "aws:eks:getClusterAuth": ("token",),
    "aws:codeartifact:getAuthorizationToken": ("authorizationToken",),
    "aws:kms:getSecrets": ("plaintext",),
    "aws:redshift:getClusterCredentials": ("dbPassword",),
    "aws:secretsmanager:getRandomPassword": ("randomPassword",),
    "aws:secretsmanager:getSecretVersion": ("secretString", "secretBinary"),
    "aws:ssm:getParameter": ("value",),
    "aws:ssm:getParametersByPath": ("values",),
}
"""The results that the aws provider placeholders as sensitive, by function; a mock file may give them in plain text."""


@dataclass(slots=True)
class ProgramSecrets:
    """What is known to be secret so far."""

    mask: Mask
    _resources: set[str] = field(default_factory=set)

    @classmethod
    def known(cls, project: Project, mock: Mock) -> ProgramSecrets:
        """What is secret before the program runs."""
        mask = Mask(frozenset({project.name, project.stack, project.organization}))
        mask.add(project.config.get(key, "") for key in project.secret)
        mask.add(_given(mock))
        return cls(mask)

    def add(self, values: list[Any]) -> None:
        """The program's side reports these."""
        self.mask.add(values)

    def see(self, request: Any) -> None:
        """Take the secrets out of what the program sends."""
        text = request.SerializeToString()
        if WRAPPED in text or SECRET_OUTPUT in text:
            for _, value in request.ListFields():
                if isinstance(value, Struct):
                    self.mask.add(_wrapped(plain(value)))

    def gather(self, registry: Registry) -> None:
        """Take the secret properties of the resources, those too that are secret by their provider's schema."""
        for resource in registry.resources.values():
            self.mask.add(each for each in secret_texts(resource) if not PLACEHOLDER.fullmatch(each))

    def hide(self, text: str) -> str:
        """The text without secrets."""
        return self.mask.hide(text)

    def without(self, error: CannotJudge) -> CannotJudge:
        """The error without secrets."""
        return CannotJudge(self.hide(error.message), self.hide(error.detail))


def _wrapped(value: Any) -> Iterator[Any]:
    """The values that are wrapped as secret in a raw property map."""
    if isinstance(value, list):
        for each in value:
            yield from _wrapped(each)
    elif isinstance(value, dict):
        if value.get(SIGNATURE) == SECRET or (value.get(SIGNATURE) == OUTPUT and value.get("secret")):
            yield _without_placeholders(value.get("value"))
        for each in value.values():
            yield from _wrapped(each)


def _without_placeholders(value: Any) -> Any:
    """The value without the texts that are placeholders and nothing else: a report has a name for each."""
    if isinstance(value, str):
        return None if PLACEHOLDER.fullmatch(value) else value
    if isinstance(value, dict):
        return {name: _without_placeholders(each) for name, each in value.items()}
    return [_without_placeholders(each) for each in value] if isinstance(value, list) else value


def _given(mock: Mock) -> Iterator[Any]:
    """The secrets in mock files."""
    for each in (*mock.functions, *mock.calls):
        yield from _marked(each.result)
        if isinstance(each.result, Mapping):
            yield from (each.result.get(name) for name in SECRET_RESULTS.get(short(each.token), ()))
    for state in mock.resources:
        yield from _marked(state.outputs)
    yield from _marked(mock.stacks)


def _marked(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for each in value:
            yield from _marked(each)
    elif isinstance(value, Mapping):
        if GIVEN_SECRET in value:
            yield value[GIVEN_SECRET]
        for each in value.values():
            yield from _marked(each)
