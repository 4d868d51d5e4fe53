"""Permissions: the statements of a function's resource-based policy, one `aws:lambda/permission:Permission` each.

Sources: https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html and
https://docs.aws.amazon.com/lambda/latest/dg/permissions-function-services.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from policypack.core.memo import memoized
from policypack.core.policy import Reading, Resource, Stack, Unknown
from policypack.iam.arn import Arn
from policypack.iam.globs import has_wildcard, matches
from policypack.resources.naming import name_in, physical_name
from policypack.resources.notification import Trigger
from policypack.resources.references import Referent, Resolved, resolve
from policypack.resources.tokens import BUCKET_TYPES, FUNCTION, PERMISSION

S3 = "s3.amazonaws.com"
INVOKE = "lambda:invokefunction"
ANY = ""
SERVICE_SUFFIXES = (".amazonaws.com", ".amazonaws.com.cn", ".amazon.com")

SOURCES: Mapping[str, str] = {
    "apigateway.amazonaws.com": "execute-api",
    "cloudfront.amazonaws.com": "cloudfront",
    "codecommit.amazonaws.com": "codecommit",
    "cognito-idp.amazonaws.com": "cognito-idp",
    "cognito-sync.amazonaws.com": "cognito-sync",
    "config.amazonaws.com": "config",
    "elasticloadbalancing.amazonaws.com": "elasticloadbalancing",
    "events.amazonaws.com": "events",
    "iot.amazonaws.com": "iot",
    "logs.amazonaws.com": "logs",
    "s3.amazonaws.com": "s3",
    "secretsmanager.amazonaws.com": "secretsmanager",
    "ses.amazonaws.com": "ses",
    "sns.amazonaws.com": "sns",
    "sqs.amazonaws.com": "sqs",
}
"""By service principal, the service in the ARN of what it invokes a function for; other principals are not judged.

Source: the service guides linked from https://docs.aws.amazon.com/lambda/latest/dg/lambda-services.html.
"""

ACCOUNT_ALONE = frozenset({"config.amazonaws.com", "secretsmanager.amazonaws.com", "ses.amazonaws.com"})
"""Services whose guides restrict the permission by the account alone.

Sources: https://docs.aws.amazon.com/config/latest/developerguide/evaluate-config_develop-rules_lambda-functions.html,
https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets-required-permissions-function.html and
https://docs.aws.amazon.com/ses/latest/dg/receiving-email-permissions.html.
"""


class Permission(msgspec.Struct, frozen=True):
    """The parts of one permission as the program gives them: None where absent, `Unknown` where not known yet."""

    principal: str | Unknown | None
    action: str | Unknown | None = None
    source_arn: str | Unknown | None = None
    source_account: str | Unknown | None = None
    organization: str | Unknown | None = None
    token: str | Unknown | None = None
    url_auth: str | Unknown | None = None

    @property
    def service(self) -> str | None:
        """The service principal in the form of the commercial partition; None for anything else, unknown included."""
        if isinstance(self.principal, str) and self.principal.endswith(SERVICE_SUFFIXES):
            return self.principal.removesuffix(".cn")
        return None

    @property
    def arn(self) -> Arn | None:
        """The source's ARN, where it is known and one."""
        return Arn.parse(self.source_arn) if isinstance(self.source_arn, str) else None


def permissions(resource: Resource) -> Iterator[Reading[Permission]]:
    """The permission that a resource is, if it is one."""
    if resource.type == PERMISSION:
        yield "", permission(resource)


def permission(resource: Resource) -> Permission:
    """The parts of a `Permission`. An empty text is none, as the provider reads it."""
    names = (
        "principal",
        "action",
        "sourceArn",
        "sourceAccount",
        "principalOrgId",
        "eventSourceToken",
        "functionUrlAuthType",
    )
    return Permission(*(_part(resource.inputs.get(name), resource.outputs.get(name)) for name in names))


def _part(given: Any, reported: Any) -> str | Unknown | None:
    if isinstance(given, Unknown) and isinstance(reported, str):
        given = reported
    if isinstance(given, Unknown):
        return given
    return str(given) if isinstance(given, str | int) and given != "" else None


class Allowance(msgspec.Struct, frozen=True):
    """The permissions that let S3 invoke one function for one trigger: surely, and perhaps."""

    certain: tuple[Resource, ...] = ()
    possible: tuple[Resource, ...] = ()


def allowing(stack: Stack, trigger: Trigger, function: Referent | None) -> Allowance:
    """The permissions by which the bucket of a trigger may invoke a function.

    Args:
        stack: where permissions are looked for.
        trigger: of a notification.
        function: one that the trigger means; None for one outside the stack, which its text names.
    """
    if function is None:
        target = trigger.entry.target
        owner = name_in(target, FUNCTION) if isinstance(target, str) else ANY
    else:
        owner = function.resource.urn
    certain: list[Resource] = []
    possible: list[Resource] = []
    index = _of_s3(stack)
    for resource, means in (*index.get(owner, ()), *(index.get(ANY, ()) if owner != ANY else ())):
        verdicts = (
            _may_invoke(permission(resource)),
            _for_function(resource, means, trigger, function),
            _for_bucket(stack, resource, trigger),
        )
        if False not in verdicts:
            (possible if None in verdicts else certain).append(resource)
    return Allowance(tuple(certain), tuple(possible))


@memoized
def _of_s3(stack: Stack) -> Mapping[str, Sequence[tuple[Resource, Resolved]]]:
    """The permissions that may be S3's, with what they are for.

    They are found by the URN of each function and by the name that is written; those that may be for any are under
    `ANY`.
    """
    by_function: dict[str, list[tuple[Resource, Resolved]]] = {}
    for resource in stack.of(PERMISSION):
        if _may_invoke(permission(resource)) is not False:
            functions = resolve(stack, resource, "function", FUNCTION)
            text = resource.inputs.get("function")
            traced = functions.foreign is not None or isinstance(text, str)
            keys = {named.resource.urn for named in functions.all} if traced else {ANY}
            for key in keys | ({name_in(text, FUNCTION)} if isinstance(text, str) else set()):
                by_function.setdefault(key, []).append((resource, functions))
    return by_function


def _may_invoke(found: Permission) -> bool | None:
    known = [each for each in (found.principal, found.action) if not isinstance(each, Unknown)]
    fits = (found.service == S3 or found.principal == "*" or isinstance(found.principal, Unknown)) and (
        isinstance(found.action, Unknown) or (found.action or "").lower() in (INVOKE, "lambda:*", "*")
    )
    return fits and (None if len(known) < 2 else True)


def _for_function(resource: Resource, means: Resolved, trigger: Trigger, function: Referent | None) -> bool | None:
    given = resource.inputs.get("function")
    if function is None:
        target = trigger.entry.target
        if isinstance(given, str) and isinstance(target, str):
            return name_in(given, FUNCTION) == name_in(target, FUNCTION)
        return None if isinstance(given, Unknown) and means.foreign is None else False
    same = [named for named in means.all if named.resource.urn == function.resource.urn]
    if not same:
        return False
    if not means.certain or len(means.certain) > 1:
        return None
    qualifiers = {_qualifier(resource, named) for named in same}
    if function.qualifier in qualifiers and function.qualifier is not None:
        return True
    return None if function.qualifier is None or None in qualifiers else False


def _qualifier(resource: Resource, named: Referent) -> str | None:
    given = resource.inputs.get("qualifier")
    if isinstance(given, Unknown):
        return None
    return given if isinstance(given, str) and given else named.qualifier


def _for_bucket(stack: Stack, resource: Resource, trigger: Trigger) -> bool | None:
    """Whether the permission's source is the trigger's bucket. One without a source is for every bucket."""
    source = permission(resource).source_arn
    if source is None:
        return True
    mine = trigger.buckets
    name = trigger.notification.inputs.get("bucket")
    names = {physical_name(each) for each in mine.resources} or {name if isinstance(name, str) else None}
    if isinstance(source, str) and has_wildcard(source):
        if None in names:
            return None
        return any(matches(source, f"{_head(source)}{each}") for each in names)
    theirs = resolve(stack, resource, "sourceArn", *BUCKET_TYPES)
    if _urns(theirs, certain=True) & _urns(mine, certain=True):
        return True
    if isinstance(source, str) and source.removeprefix(_head(source)) in names:
        return True
    return None if _urns(theirs) & _urns(mine) or (isinstance(source, Unknown) and not theirs.certain) else False


def _head(source: str) -> str:
    """`arn:aws:s3:::`, in the partition of the source."""
    return ":".join(source.split(":", 5)[:5]) + ":" if source.startswith("arn:") else ""


def _urns(found: Resolved, *, certain: bool = False) -> set[str]:
    return {each.resource.urn for each in (found.certain if certain else found.all)}
