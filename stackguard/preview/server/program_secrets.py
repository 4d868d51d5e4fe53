"""The secrets of one preview, and the mask over everything that it prints.

They are the secret configuration, the values that the program wraps as secret in its requests, the secret properties of
its resources, the secret answers of the mock files, and the secret outputs that the runner reports (`child/secret_outputs.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf.struct_pb2 import Struct

from policypack.core.values import nested
from policypack.core.wire import OUTPUT, SECRET, SIGNATURE
from policypack.evaluation.redaction import Mask, secret_texts
from stackguard.preview.placeholders.mock import SECRET as MOCK_SECRET
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
"""The results that the aws provider marks as sensitive, by function; a mock file may have them in plain text."""


@dataclass(slots=True)
class ProgramSecrets:
    """The known secrets."""

    mask: Mask

    @classmethod
    def known(cls, project: Project, mock: Mock) -> ProgramSecrets:
        """The secrets that are known before the program runs."""
        mask = Mask(frozenset({project.name, project.stack, project.organization}))
        mask.add(project.config.get(key, "") for key in project.secret)
        mask.add(_secrets_of(mock))
        return cls(mask)

    def see(self, request: Any) -> None:
        """Add the secrets in a request of the program."""
        text = request.SerializeToString()
        if WRAPPED in text or SECRET_OUTPUT in text:
            for _, value in request.ListFields():
                if isinstance(value, Struct):
                    self.mask.add(_wrapped(plain(value)))

    def gather(self, registry: Registry) -> None:
        """Add the secret properties of the resources, including those that are secret by their provider's schema."""
        for resource in registry.resources.values():
            self.mask.add(text for text in secret_texts(resource) if not PLACEHOLDER.fullmatch(text))


def _wrapped(value: Any) -> Iterator[Any]:
    """The values that are wrapped as secret in a raw property map, without placeholders, which a report labels."""
    for inner in nested(value):
        if isinstance(inner, dict) and (
            inner.get(SIGNATURE) == SECRET or (inner.get(SIGNATURE) == OUTPUT and inner.get("secret"))
        ):
            for leaf in nested(inner.get("value")):
                if not isinstance(leaf, Mapping | list) and not PLACEHOLDER.fullmatch(str(leaf)):
                    yield leaf


def _secrets_of(mock: Mock) -> Iterator[Any]:
    """The secrets in mock files."""
    for function in (*mock.functions, *mock.calls):
        if isinstance(function.result, Mapping):
            yield from (function.result.get(name) for name in SECRET_RESULTS.get(short(function.token), ()))
    values = [function.result for function in (*mock.functions, *mock.calls)]
    for inner in nested([*values, *(state.outputs for state in mock.resources), mock.stacks]):
        if isinstance(inner, Mapping) and MOCK_SECRET in inner:
            yield inner[MOCK_SECRET]
