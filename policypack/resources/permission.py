"""Permissions: the statements of a function's resource-based policy, one `aws:lambda/permission:Permission` each.

What they allow, which of them allow S3 to invoke a function, and the problems of a source's ARN. Sources:
https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html,
https://docs.aws.amazon.com/lambda/latest/dg/permissions-function-services.html and the ARN formats of the Service
Authorization Reference.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from policypack.core.memo import memoized
from policypack.core.policy import Reading, Resource, Stack, Unknown
from policypack.iam.arn import Arn
from policypack.iam.globs import has_wildcard, matches
from policypack.resources.naming import name_in, physical_name
from policypack.resources.notification import Trigger, other_buckets
from policypack.resources.providers import STAND_IN, own_accounts
from policypack.resources.references import Referent, Resolved, resolve, written
from policypack.resources.tokens import BUCKET_TYPES, FUNCTION, PERMISSION

S3 = "s3.amazonaws.com"
INVOKE = "lambda:invokefunction"
ANY = ""
_PARTITION = re.compile(r"aws(-[a-z]+)*")
_ACCOUNT = re.compile(r"\d{12}|aws")
_SERVICE = re.compile(r"[a-z0-9-]{2,32}")
_BUCKET = re.compile(r"[a-zA-Z0-9._-]+")
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
"""By service principal, the service in the ARN of the source; other principals are not judged.

Source: the service guides linked from https://docs.aws.amazon.com/lambda/latest/dg/lambda-services.html.
"""

SOURCE_FORMS: Mapping[str, str] = {
    "cognito-idp": "userpool/*",
    "elasticloadbalancing": "targetgroup/*",
    "events": "rule/*",
    "execute-api": "*/*",
    "iot": "*/*",
    "logs": "log-group:*",
}
"""By service, the form of the resource in the ARNs of its sources.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/ and the service guides above.
"""

ACCOUNT_ALONE = frozenset({"config.amazonaws.com", "secretsmanager.amazonaws.com", "ses.amazonaws.com"})
"""Services whose guides restrict the permission by the account alone.

Sources: https://docs.aws.amazon.com/config/latest/developerguide/evaluate-config_develop-rules_lambda-functions.html,
https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets-required-permissions-function.html and
https://docs.aws.amazon.com/ses/latest/dg/receiving-email-permissions.html.
"""
WITH_ACCOUNT = ACCOUNT_ALONE | {"cognito-idp.amazonaws.com", "iot.amazonaws.com", "logs.amazonaws.com"}
"""Services whose guides restrict the permission by the account, alone or beside the ARN of the source.

Their commands and examples have both:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html#LambdaFunctionExample (of log groups),
https://docs.aws.amazon.com/iot/latest/developerguide/lambda-rule-action.html#lambda-rule-action-requirements (of rules) and
https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html#important-lambda-considerations
(of user pools). A custom authorizer of IoT has the ARN alone:
https://docs.aws.amazon.com/iot/latest/developerguide/custom-auth-authorize.html.
"""


class Permission(msgspec.Struct, frozen=True):
    """The parts of one permission: None if absent, `Unknown` if not known yet."""

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
        """The source's ARN, if it is known and well-formed."""
        return Arn.parse(self.source_arn) if isinstance(self.source_arn, str) else None


PARTS = (
    "principal",
    "action",
    "sourceArn",
    "sourceAccount",
    "principalOrgId",
    "eventSourceToken",
    "functionUrlAuthType",
)
"""The properties of the fields of a `Permission`, in their order."""


def permissions(resource: Resource) -> Iterator[Reading[Permission]]:
    """The permission that a resource is, if it is one."""
    if resource.type == PERMISSION:
        yield "", permission(resource)


def permission(resource: Resource) -> Permission:
    """The parts of a `Permission`. An empty text is none, as the provider reads it."""
    return Permission(*(_part(written(resource, name)) for name in PARTS))


def _part(value: Any) -> str | Unknown | None:
    if isinstance(value, Unknown):
        return value
    return str(value) if isinstance(value, str | int) and value != "" else None


class Allowance(msgspec.Struct, frozen=True):
    """The permissions that allow S3 to invoke one function for one trigger: certain ones, and possible ones."""

    certain: tuple[Resource, ...] = ()
    possible: tuple[Resource, ...] = ()


def allowing(stack: Stack, trigger: Trigger, function: Referent | None) -> Allowance:
    """The permissions that allow the bucket of a trigger to invoke a function.

    Args:
        stack: with the permissions.
        trigger: of a notification.
        function: one that the trigger refers to; None for one outside the stack, which the trigger names.
    """
    if function is None:
        target = trigger.entry.target
        owner = name_in(target, FUNCTION) if isinstance(target, str) else ANY
    else:
        owner = function.resource.urn
    index = _of_s3(stack)
    certain: list[Resource] = []
    possible: list[Resource] = []
    for key in dict.fromkeys((owner, ANY)):
        for resource, functions in index.get(key, ()):
            verdicts = _verdicts(stack, resource, functions, trigger, function).values()
            if False not in verdicts:
                (possible if None in verdicts else certain).append(resource)
    return Allowance(tuple(certain), tuple(possible))


def nearly_allowing(stack: Stack, trigger: Trigger, function: Referent) -> tuple[tuple[str, str], ...]:
    """The permissions that one value keeps from allowing it, by URN, each with the path of that value.

    A permission that names another bucket or function of the stack is not meant for this one.
    """
    elsewhere = other_buckets(stack, trigger)
    near: list[tuple[str, str]] = []
    for resource in stack.of(PERMISSION):
        source = permission(resource).source_arn
        functions = resolve(stack, resource, "function", FUNCTION)
        if isinstance(source, str) and not elsewhere.isdisjoint(re.split("[:/]", source)):
            continue
        verdicts = _verdicts(stack, resource, functions, trigger, function)
        refused = [name for name, verdict in verdicts.items() if verdict is False]
        if len(refused) == 1 and not (refused == ["function"] and functions.all):
            # of a principal and a source that do not fit, the source is reported
            places = ["principal", "sourceArn"] if refused == ["principal"] else refused
            near += [(resource.urn, name) for name in places]
    return tuple(near)


def _verdicts(
    stack: Stack, resource: Resource, functions: Resolved, trigger: Trigger, function: Referent | None
) -> Mapping[str, bool | None]:
    """By property of a permission, whether it allows the bucket of a trigger to invoke; None if that is unknown."""
    parts = permission(resource)
    return {
        "principal": _by_s3(parts),
        "action": _invokes(parts),
        "eventSourceToken": _without(parts.token),
        "principalOrgId": _without(parts.organization),
        "function": _for_function(resource, functions, trigger, function),
        "sourceArn": _for_bucket(stack, resource, trigger),
        "sourceAccount": _for_account(stack, resource, trigger),
    }


def serves_outsiders(stack: Stack) -> bool:
    """Whether a permission of the stack lets S3 invoke a function that is, or may be, outside the stack."""
    return any(
        functions.foreign is not False or any(referent.resource.external for referent in functions.all)
        for entries in _of_s3(stack).values()
        for _, functions in entries
    )


@memoized
def _of_s3(stack: Stack) -> Mapping[str, Sequence[tuple[Resource, Resolved]]]:
    """The permissions that may be S3's, with the functions that they are for.

    Keys are URNs of functions and written names; `ANY` for permissions that may be for any function.
    """
    index: dict[str, list[tuple[Resource, Resolved]]] = defaultdict(list)
    for resource in stack.of(PERMISSION):
        if _may_invoke(permission(resource)):
            functions = resolve(stack, resource, "function", FUNCTION)
            name = resource.inputs.get("function")
            traced = functions.foreign is not None or isinstance(name, str)
            keys = {referent.resource.urn for referent in functions.all} if traced else {ANY}
            for key in keys | ({name_in(name, FUNCTION)} if isinstance(name, str) else set()):
                index[key].append((resource, functions))
    return index


def _may_invoke(parts: Permission) -> bool:
    """Whether a permission allows S3 to invoke a function, or may."""
    return _by_s3(parts) is not False and _invokes(parts) is not False


def _by_s3(parts: Permission) -> bool | None:
    return None if isinstance(parts.principal, Unknown) else parts.service == S3 or parts.principal == "*"


def _invokes(parts: Permission) -> bool | None:
    return None if isinstance(parts.action, Unknown) else (parts.action or "").lower() in (INVOKE, "lambda:*", "*")


def _without(value: str | Unknown | None) -> bool | None:
    """Whether a permission lacks what S3 never sends: a token, or the organization of the caller."""
    return None if isinstance(value, Unknown) else value is None


def _for_function(resource: Resource, functions: Resolved, trigger: Trigger, function: Referent | None) -> bool | None:
    name = resource.inputs.get("function")
    if function is None:
        target = trigger.entry.target
        if isinstance(name, str) and isinstance(target, str):
            return name_in(name, FUNCTION) == name_in(target, FUNCTION)
        return None if isinstance(name, Unknown) and functions.foreign is None else False
    same = [referent for referent in functions.all if referent.resource.urn == function.resource.urn]
    if not same:
        return False
    if len(functions.certain) != 1:
        return None
    qualifiers = {_qualifier(resource, referent) for referent in same}
    if function.qualifier in qualifiers and function.qualifier is not None:
        return True
    return None if function.qualifier is None or None in qualifiers else False


def _qualifier(resource: Resource, function: Referent) -> str | None:
    qualifier = resource.inputs.get("qualifier")
    if isinstance(qualifier, Unknown):
        return None
    return qualifier if isinstance(qualifier, str) and qualifier else function.qualifier


def _for_bucket(stack: Stack, resource: Resource, trigger: Trigger) -> bool | None:
    """Whether the permission's source is the trigger's bucket. One without a source is for every bucket."""
    source = permission(resource).source_arn
    if source is None:
        return True
    buckets = trigger.buckets
    arns = [Arn.parse(str(bucket.outputs.get("arn") or "")) for bucket in buckets.resources]
    arn = Arn.parse(source) if isinstance(source, str) else None
    if arn and arns and all(other and not matches(arn.partition, other.partition) for other in arns):
        return False
    name = trigger.notification.inputs.get("bucket")
    names = {physical_name(bucket) for bucket in buckets.resources} or {name if isinstance(name, str) else None}
    if isinstance(source, str) and has_wildcard(source):
        if None in names:
            return None
        return any(matches(source, f"{_head(source)}{bucket}") for bucket in names)
    sources = resolve(stack, resource, "sourceArn", *BUCKET_TYPES)
    if _urns(sources.certain) & _urns(buckets.certain):
        return True
    if isinstance(source, str) and source.removeprefix(_head(source)) in names:
        return True
    possible = _urns(sources.all) & _urns(buckets.all) or (isinstance(source, Unknown) and not sources.certain)
    return None if possible else False


def _for_account(stack: Stack, resource: Resource, trigger: Trigger) -> bool:
    """Whether the permission's account may be that of the trigger's bucket: one of the stack's, if the bucket is in it."""
    account = permission(resource).source_account
    own = own_accounts(stack)
    known = bool(stack.settings.account_id) or own != {STAND_IN}
    foreign = isinstance(account, str) and known and account not in own
    in_stack = any(not referent.resource.external for referent in trigger.buckets.certain)
    return not (foreign and in_stack)


def _head(source: str) -> str:
    """`arn:aws:s3:::`, in the partition of the source."""
    return ":".join(source.split(":", 5)[:5]) + ":" if source.startswith("arn:") else ""


def _urns(referents: Iterable[Referent]) -> set[str]:
    return {referent.resource.urn for referent in referents}


def source_problem(text: str, principal: str | None) -> str | None:
    """The problem of a known `sourceArn`: a clause, or None.

    Args:
        text: the value.
        principal: the service principal, or None for anything else, of which only the shape is judged.
    """
    service = SOURCES.get(principal or "")
    if any(char.isspace() for char in text):
        return "has white space in it, so no source equals it"
    arn = Arn.parse(text)
    if arn is None:
        return f"is not an ARN, so no source equals it{_hint(text, service)}"
    if any(map(has_wildcard, (arn.partition, arn.service, arn.region, arn.account))):
        return "has a wildcard before its last part: name the service, the region and the account"
    if not _PARTITION.fullmatch(arn.partition):
        return "does not begin with a partition of AWS, such as `arn:aws:`"
    if service and arn.service != service:
        return (
            f"is an ARN of {_quotable(arn.service)}, and `{principal}` invokes for {_article(service)} `{service}` ARN"
        )
    if arn.account and not _ACCOUNT.fullmatch(arn.account):
        return "has an account that is not twelve digits"
    if arn.service == "s3":
        return _bucket_problem(arn)
    form = SOURCE_FORMS.get(service or "")
    if (problem := _resource_problem(arn)) or not form or matches(form, arn.resource):
        return problem
    return f"is no ARN of what invokes for `{principal}`: its resource is `{form}`"


def _bucket_problem(arn: Arn) -> str | None:
    if arn.region or arn.account:
        return "has a region or an account in it; the ARN of a bucket has neither"
    bucket, slash, _ = arn.resource.partition("/")
    if has_wildcard(bucket):
        return "has a wildcard for its bucket: buckets of every account match it"
    if slash:
        return "names objects, and S3 invokes a function for the bucket: leave out the `/` and what follows"
    return None if _BUCKET.fullmatch(bucket) else "does not name a bucket"


def _resource_problem(arn: Arn) -> str | None:
    """Wildcards are of use only in the stage, method and path of an API, and at the end of a log group."""
    resource = arn.resource
    if arn.service == "execute-api":
        api = resource.partition("/")[0]
        if has_wildcard(api):
            return "has a wildcard in the id of its API: name the one source, and put a `/` before what may vary"
        return None
    if arn.service == "logs" and resource.count(":") > 1:
        resource = resource.removesuffix(":*")
    if has_wildcard(resource):
        return "has a wildcard for its resource: name the one source"
    return None


def _hint(text: str, service: str | None) -> str:
    if service == "s3" and text.startswith(("s3:", "http")):
        return "; it is written `arn:aws:s3:::` and the bucket's name"
    if service == "s3" and _BUCKET.fullmatch(text):
        return "; write a bucket's name after `arn:aws:s3:::`"
    return "; pass the source's `arn`"


def _quotable(service: str) -> str:
    return f"`{service}`" if _SERVICE.fullmatch(service) else "another service"


def _article(word: str) -> str:
    return "an" if word[0] in "aeiou" or word in ("s3", "sns", "sqs", "ses") else "a"
