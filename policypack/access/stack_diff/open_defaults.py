"""What a resource allows without a policy document, as a document, where that is more than its account's own grants."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from policypack.access.stack_diff.counterparts import Places
from policypack.access.stack_diff.direct_grants import grant_document
from policypack.access.stack_diff.gains import REST_API, Holding, Key
from policypack.core.policy import Resource, Stack
from policypack.iam.arn import Arn
from policypack.iam.document import Condition
from policypack.iam.document_readers import value_at
from policypack.resources.attachments import AttachedDocument
from policypack.resources.references import referrers
from policypack.resources.tokens import KEY

METHOD = "aws:apigateway/method:Method"
INVOKE = "execute-api:Invoke"


class OpenDefault(msgspec.Struct, frozen=True):
    """What AWS allows on a resource whose policy document is gone; without a grantee, to the resource's account."""

    carrier: str
    """The type with the document. A document of the resource's own stays when the program no longer has it."""
    actions: tuple[str, ...]
    grantee: str = ""
    conditions: tuple[Condition, ...] = ()
    """What every request meets, so that a document before may require it, and one that follows need not."""


OPEN: Mapping[str, OpenDefault] = {
    "aws:efs/fileSystem:FileSystem": OpenDefault(
        "aws:efs/fileSystemPolicy:FileSystemPolicy",
        tuple(f"elasticfilesystem:Client{name}" for name in ("Mount", "Write", "RootAccess")),
        "*",
        (Condition("Bool", "elasticfilesystem:AccessedViaMountTarget", ("true",)),),
    ),
    KEY: OpenDefault("aws:kms/keyPolicy:KeyPolicy", ("kms:*",)),
}
"""By type. VPC endpoints are in `endpoint_gains`. Sources:
https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html#default-filesystempolicy and
https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html."""


def open_defaults(stack: Stack, places: Places, before: Mapping[Key, Holding]) -> Iterator[tuple[Key, Holding]]:
    """What each resource allows if it has no document.

    ARNs in a document have several forms, so those that the earlier document names are the ones to compare.
    """
    yield from _apis(stack, places, before)
    held = {key: holding for key, holding in before.items() if key[0] == "resource" and holding.carried}
    for token, default in OPEN.items():
        resources = {key: holding.holder for key, holding in held.items() if holding.holder.type == default.carrier}
        resources |= {
            ("resource", *places.of(resource)): resource for resource in stack.of(token) if not resource.external
        }
        for key, resource in resources.items():
            account = Arn.parse(str(resource.outputs.get("arn")))
            grantee = default.grantee or (account.account if account else "")
            if grantee and (key not in held or held[key].carried[0].resource.type == default.carrier):
                yield key, _opened(resource, "", grantee, default, held.get(key))


def _apis(stack: Stack, places: Places, before: Mapping[Key, Holding]) -> Iterator[tuple[Key, Holding]]:
    """Each REST API that asks nobody for authorization; a private one without a document lets nobody in.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html.
    """
    for api in stack.of(REST_API):
        methods = referrers(stack, api, METHOD, "restApi")
        is_open = any(method.inputs.get("authorization") == "NONE" for method in methods)
        if is_open and "PRIVATE" not in str(value_at(api.inputs, "endpointConfiguration.types")):
            key = ("resource", *places.of(api))
            yield key, _opened(api, "policy", "*", OpenDefault("", (INVOKE,)), before.get(key))


def _opened(resource: Resource, path: str, grantee: str, default: OpenDefault, before: Holding | None) -> Holding:
    carried = before.carried if before else ()
    named = [arn for attached in carried for item in attached.document.statements for arn in item.resources or ()]
    conditions = default.conditions if before else ()
    document = grant_document(resource.type, [grantee], default.actions, named or ["*"], conditions)
    return Holding(resource, (AttachedDocument(resource, path, document),))
