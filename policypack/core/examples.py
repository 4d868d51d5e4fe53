"""Examples on policies' cards: small stacks, and the functions that build them.

An example is test and documentation: `tests/test_policies.py` evaluates each, `docs/policies/` and `stackguard explain`
print it as a Pulumi program.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from policypack.core.policy import Asset, Resource, Unseen

ACCOUNT = "111122223333"
FUNCTION_ARN = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:read"
BUCKET_ARN = "arn:aws:s3:::acme-inbox"
CREATED = ["s3:ObjectCreated:*"]
HANDLER = "def handler(event, context):\n    return event\n"


@dataclass(frozen=True, slots=True)
class Example:
    """A small stack on a card."""

    resources: tuple[Resource, ...]
    note: str = ""
    """How it differs from the first example: a phrase that starts in lower case and has no full stop."""
    paths: tuple[str, ...] | None = None
    """The paths at which a bad example is reported, in the order of the report; None for any."""
    unseen: tuple[Unseen, ...] = ()
    program: str = ""
    """The Python source to print, for what resources cannot express."""


def example(
    *resources: Resource,
    note: str = "",
    path: str | Sequence[str] | None = None,
    unseen: Sequence[Unseen] = (),
    program: str = "",
) -> Example:
    """An example of these resources; `path` is one path or several, see `Example.paths`."""
    paths = (path,) if isinstance(path, str) else path if path is None else tuple(path)
    return Example(resources, note, paths, tuple(unseen), program)


def reported_at(path: str, *examples: Example) -> list[Example]:
    """Bad examples that are reported at one path, except those that name their own."""
    return [bad if bad.paths is not None else replace(bad, paths=(path,)) for bad in examples]


def construct(
    token: str, title: str, /, *depends_on: Resource, at: str = "", parent: str = "", provider: str = "", **inputs: Any
) -> Resource:
    """A resource that depends on others; an input that is None is left out.

    Args:
        token: the type token.
        title: the logical name.
        depends_on: its dependencies, by its options or by the property `at`.
        at: the property whose value comes from `depends_on`.
        parent: the URN of its parent.
        provider: the URN of its provider.
        inputs: its properties.
    """
    urns = tuple(resource.urn for resource in depends_on)
    by_property = {at: urns} if at else {}
    return Resource(
        token,
        title,
        _present(inputs),
        parent=parent,
        provider=provider,
        dependencies=urns,
        property_dependencies=by_property,
    )


def _present(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def allow(action: Any = "s3:GetObject", resource: Any = "arn:aws:s3:::inbox/*", **elements: Any) -> dict[str, Any]:
    """An Allow statement; `elements` are more of its elements, such as `Condition`, and None leaves one out."""
    return _present({"Effect": "Allow", "Action": action, "Resource": resource, **elements})


def deny(action: Any, resource: Any, **elements: Any) -> dict[str, Any]:
    """A Deny statement."""
    return allow(action, resource, **{"Effect": "Deny", **elements})


def document(*statements: Any) -> dict[str, Any]:
    """A policy document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def role_policy(*statements: Any) -> Resource:
    """An inline policy of a role, the simplest identity-based document."""
    return Resource("aws:iam/rolePolicy:RolePolicy", "reader", {"role": "reader", "policy": document(*statements)})


def granted(action: Any = "s3:GetObject", resource: Any = "arn:aws:s3:::inbox/*", **elements: Any) -> Resource:
    """An inline policy of a role with one Allow statement."""
    return role_policy(allow(action, resource, **elements))


def bucket_policy(*statements: Any) -> Resource:
    """A bucket's resource-based document."""
    return Resource("aws:s3/bucketPolicy:BucketPolicy", "inbox", {"bucket": "inbox", "policy": document(*statements)})


def managed_attachment(name: str, title: str = "reader") -> Resource:
    """An AWS managed policy attached to a role, by its name with its path."""
    arn = f"arn:aws:iam::aws:policy/{name}"
    return construct("aws:iam/rolePolicyAttachment:RolePolicyAttachment", title, role="reader", policyArn=arn)


def plaintext_denied(action: Any, resource: Any, *, value: Any = "false") -> dict[str, Any]:
    """A denial of plain HTTP for everyone; another `value` of the condition denies something else."""
    return deny(action, resource, Principal="*", Condition={"Bool": {"aws:SecureTransport": value}})


def role(*statements: Any) -> Resource:
    """A role with this trust policy."""
    return Resource("aws:iam/role:Role", "reader", {"assumeRolePolicy": document(*statements)})


def bucket(name: Any = "acme-inbox", **inputs: Any) -> Resource:
    """A bucket; without a name, Pulumi generates one."""
    return construct("aws:s3/bucket:Bucket", "inbox", bucket=name, **inputs)


def function(name: Any = "read", *, title: str = "read", **inputs: Any) -> Resource:
    """A function with its role."""
    return construct(
        "aws:lambda/function:Function", title, name=name, **{"role": f"arn:aws:iam::{ACCOUNT}:role/read", **inputs}
    )


def packaged(files: Mapping[str, str], **inputs: Any) -> Resource:
    """A function on Python 3.13 that runs `index.handler` of an archive of these texts."""
    return function(
        **{"name": None, "runtime": "python3.13", "handler": "index.handler", "code": texts(files), **inputs}
    )


def texts(files: Mapping[str, str]) -> Asset:
    """An archive of texts by file name."""
    return Asset(archive=True, members={name: Asset(text=text) for name, text in files.items()})


def lambda_role(title: str, **inputs: Any) -> Resource:
    """A role that Lambda may assume."""
    trust = allow("sts:AssumeRole", None, Principal={"Service": "lambda.amazonaws.com"})
    return construct("aws:iam/role:Role", title, **{"name": title, "assumeRolePolicy": document(trust), **inputs})


def execution_role(*statements: Any, title: str = "read", **inputs: Any) -> tuple[Resource, Resource]:
    """A function's role, and its inline policy."""
    policy = construct("aws:iam/rolePolicy:RolePolicy", title, role=title, policy=document(*statements))
    return lambda_role(title, **inputs), policy


def permission(*depends_on: Resource, at: str = "", title: str = "may", **inputs: Any) -> Resource:
    """A permission for the bucket to invoke the function; None leaves a part out."""
    parts = {
        "function": "read",
        "action": "lambda:InvokeFunction",
        "principal": "s3.amazonaws.com",
        "sourceArn": BUCKET_ARN,
        "sourceAccount": ACCOUNT,
        **inputs,
    }
    return construct("aws:lambda/permission:Permission", title, *depends_on, at=at, **parts)


def open_permission(principal: Any, **inputs: Any) -> Resource:
    """A permission for a principal, from any source."""
    return permission(**{"principal": principal, "sourceArn": None, "sourceAccount": None, **inputs})


def target(arn: Any = FUNCTION_ARN, events: Any = None, prefix: Any = None, suffix: Any = None) -> dict[str, Any]:
    """One entry of `lambdaFunctions`."""
    events = CREATED if events is None else events
    return _present({"lambdaFunctionArn": arn, "events": events, "filterPrefix": prefix, "filterSuffix": suffix})


def notification(*targets: Any, after: tuple[Resource, ...] = (), at: str = "", **inputs: Any) -> Resource:
    """A bucket's notification, created after the resources that it depends on."""
    properties = {"bucket": "acme-inbox", "lambdaFunctions": list(targets) or [target()], **inputs}
    return construct("aws:s3/bucketNotification:BucketNotification", "inbox", *after, at=at, **properties)
