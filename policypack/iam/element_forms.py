"""The forms of the texts in a policy document: a text comes in, and the reason why AWS refuses it goes out.

AWS refuses less than IAM Access Analyzer criticizes: unknown actions and condition keys, and regions and accounts that do
not exist, are accepted. A text is checked against the rows of a table in order, and the first that it breaks is reported.

Sources:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html (no wildcards in the service)
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html (findings of type ERROR)
    https://github.com/getmoto/moto/blob/master/tests/test_iam/test_iam_policies.py (documents with IAM's own answers)
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from policypack.core.caches import bounded_cache
from policypack.iam.actions import expand

PARTITIONS = ("aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc")
"""Source: botocore's `partitions.json`."""


class Form(NamedTuple):
    """A pattern that all of a text must match, and the reason why AWS refuses a text that does not."""

    pattern: re.Pattern[str]
    refusal: str


def _forms(*rows: tuple[str, str]) -> tuple[Form, ...]:
    return tuple(Form(re.compile(pattern, re.ASCII | re.DOTALL), refusal) for pattern, refusal in rows)


SID = _forms((r"[0-9A-Za-z]*", "has other characters than letters and digits, which IAM refuses"))
"""Other services accept more characters: https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html."""

ACTION = _forms(
    (r"\*|.*:.*", "is not an action; actions are written `service:Name`"),
    (r"[^:]*(:[^:]*)?", "has more than one colon; actions are written `service:Name`"),
    (r"\*(:\*)?|[^*?]*:.*", "has a wildcard in its service; only the name of an action can have one"),
    (r"\*(:\*)?|[a-zA-Z0-9.-]+:.*", "names no service; actions are written `service:Name`"),
)

_SHORT = r"(\*|execute-api:/.*)"
"""`execute-api:/…` is the short form in an API's own document.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-examples.html.
"""
_IAM_PATHS = (
    "user",
    "federated-user",
    "role",
    "group",
    "instance-profile",
    "mfa",
    "server-certificate",
    "policy",
    "sms-mfa",
    "saml-provider",
    "oidc-provider",
    "report",
    "access-report",
    "delegation-request",
    "role-template",
)
_S3_REGIONAL = ("accesspoint", "access-grants", "async-request", "job", "storage-lens", "storage-lens-group")
"""Resource types of S3 whose ARNs have a region.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html.
"""

RESOURCE = _forms(
    (r"(?!\$\{[^}:]*\}|\{[^}]*\}|<[^>]*>|%s).*", "begins with a placeholder that nothing has filled in"),
    (rf"{_SHORT}|[^:]+:.*", "must be an ARN or `*`"),
    (rf"{_SHORT}|arn:.*", "must begin with `arn:`"),
    (
        rf"{_SHORT}|arn:({'|'.join(PARTITIONS)}|[a-z-]*[*?][a-z*?-]*)(:.*)?",
        f"names no partition of AWS, such as {', '.join(f'`{name}`' for name in PARTITIONS[:3])}",
    ),
    (rf"{_SHORT}|arn:[^:]+:[^:]+(:.*)?", "has no service"),
    (rf"{_SHORT}|arn:[^:]+:[^:*?]+(:.*)?", "has a wildcard in its service, which AWS refuses"),
    (
        rf"{_SHORT}|arn:[^:]+:[a-zA-Z0-9.-]+(:.*)?",
        "names a service with other characters than letters, digits, `.` and `-`",
    ),
    (
        r"(?!.*::|arn:[^:]+:(iam|s3)(:[^:]*){0,2}$).*|([^:]*:){5}.*|.*:\*+",
        "has too few parts: `arn:partition:service:region:account:resource`",
    ),
    (r"(?!arn:[^:]+:iam(:|$)).*|arn:[^:]+:iam:(\*+|\**:.*)", "has a region, and IAM's resources have none"),
    (
        rf"(?!arn:[^:]+:s3(:|$)).*|arn:[^:]+:s3:(\*+|\**:.*)|arn:[^:]+:s3:[^:]+:[^:]*:(({'|'.join(_S3_REGIONAL)})[/:]|\*).*",
        "has a region, and buckets and objects have none",
    ),
    (
        rf"(?!arn:[^:]+:iam:[^:]*:[^:]*:).*|arn:[^:]+:iam:[^:]*:[^:]*:(\*|root|({'|'.join(_IAM_PATHS)})/.*)",
        "must be `*`, or begin with a type of IAM's resources and a slash, such as `role/`, after the account",
    ),
)

_USUAL_RESOURCE = re.compile(
    r"\*|arn:(?:aws|aws-cn|aws-us-gov|\*):(?:s3:|(?!iam:|s3:)[a-z0-9.-]+:[^:$]*):[^:$]*:.*", re.ASCII | re.DOTALL
).fullmatch
"""Matches most of the resources that AWS accepts, in one step."""

NO_ACCOUNT = "names no account, which has 12 digits"
"""The reason for the account in a principal's ARN, which samples of documents leave out."""
_PARTITION = f"({'|'.join(PARTITIONS)})"
_IN_ACCOUNT = rf"arn:{_PARTITION}:iam::[^:*?$]+:"
_SESSION = rf"arn:{_PARTITION}:sts::[^:*?$]+:(assumed-role|federated-user)/[\w+=,.@/:-]+"
_ORIGIN_ACCESS = rf"arn:{_PARTITION}:iam::cloudfront:user/CloudFront Origin Access Identity \w+"
_ACCOUNT_FORM = (r"(?!arn:).*|arn:[^:]+:[^:]+::(\d{12}|cloudfront):.*", NO_ACCOUNT)
PRINCIPALS = {
    "AWS": _forms(
        (
            rf"\*|\d{{12}}|A(IDA|ROA)[A-Z0-9]+|{_IN_ACCOUNT}(root|(user|role)/[\w+=,.@/-]+)|{_SESSION}|{_ORIGIN_ACCESS}",
            "is not a principal: an account of 12 digits, the ARN of a user, role or session without wildcards, or `*`",
        ),
        _ACCOUNT_FORM,
    ),
    "Service": _forms(
        (r"\*|[\w-]+(\.[\w-]+)+", "is not a service principal; these are written like `lambda.amazonaws.com`")
    ),
    "Federated": _forms(
        (
            rf"\*|{_IN_ACCOUNT}(saml|oidc)-provider/.+|[\w-]+(\.[\w-]+)+",
            "is not an identity provider: a domain name, or the ARN of a SAML or OpenID Connect provider",
        ),
        _ACCOUNT_FORM,
    ),
    "CanonicalUser": _forms((r"\*|\w+", "is not a canonical user ID")),
}
"""By type of principal. AWS replaces the ARN of a deleted user or role with its ID, such as `AIDACKCEVSQ6C2EXAMPLE`."""

OWN_ACTIONS = {"aws:s3/": ("s3", "s3express"), "aws:sns/": ("sns",), "aws:sqs/": ("sqs",)}
"""By start of the type token, the services whose actions a resource's own document can name.

Sources: https://github.com/versity/versitygw/issues/650 (S3's answer), https://github.com/hashicorp/terraform/issues/12740
(SNS's answer) and https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html.
"""

_MONTH, _DAY, _HOUR, _SIXTIETH = "0?[1-9]|1[0-2]", "0?[1-9]|[12]\\d|3[01]", "[01]?\\d|2[0-3]", "[0-5]?\\d"
_DATE = re.compile(
    rf"-?\d+(-({_MONTH})(-({_DAY}))?)?"
    rf"([tT](({_HOUR})(:({_SIXTIETH})(:({_SIXTIETH})(\.\d{{1,9}})?)?)?)?([zZ]|[+-]\d\d(:?\d\d)?)?)?",
    re.ASCII,
)
_VARIABLE = re.compile(r"\$\{[^{}]*\}")
_LAST_SECOND = 2**63 - 1


def refusal(forms: tuple[Form, ...], text: str) -> str | None:
    """The reason why AWS refuses a text; None if it accepts it."""
    return next((form.refusal for form in forms if not form.pattern.fullmatch(text)), None)


@bounded_cache(16384)
def refused_action(text: str) -> str | None:
    """The reason why AWS refuses an action."""
    return refusal(ACTION, text)


def refused_resource(text: str) -> str | None:
    """The reason why AWS refuses a resource. A policy variable, which has a colon, is one word of a part."""
    return None if _USUAL_RESOURCE(text) else refusal(RESOURCE, _VARIABLE.sub("$", text))


@bounded_cache(4096)
def refused_principal(kind: str, text: str) -> str | None:
    """The reason why AWS refuses a principal of a type such as `AWS`."""
    return refusal(PRINCIPALS[kind], text)


@bounded_cache(1024)
def refused_in_trust(action: str) -> str | None:
    """The reason why IAM refuses an action in a trust policy.

    Source: https://github.com/pulumi/pulumi-aws/issues/4629 (IAM's answer to a misspelled action of STS).
    """
    if action != "*" and any(known.service == "sts" for known in expand(action)):
        return None
    return "does not belong in a trust policy, which has actions of STS such as `sts:AssumeRole` only"


@bounded_cache(4096)
def refused_date(text: str) -> str | None:
    """The reason why AWS refuses a value of a date condition, which is a form of ISO 8601 or a number of seconds.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html.
    """
    seconds = text.isdecimal() and text.isascii()
    if "${" in text or (_DATE.fullmatch(text) and not seconds):
        return None
    if seconds and len(text) <= len(str(_LAST_SECOND)) and int(text) <= _LAST_SECOND:
        return None
    return "is not a date: a form of ISO 8601 such as `2026-01-31T00:00:00Z`, or seconds since 1970"


@lru_cache(maxsize=256)
def own_services(type_token: str) -> tuple[str, ...]:
    """The services whose actions a document of a type is limited to; empty if it is not limited."""
    return next((services for start, services in OWN_ACTIONS.items() if type_token.startswith(start)), ())


def refused_in_resource(action: str, own: tuple[str, ...]) -> str | None:
    """The reason why a service refuses an action in the document of its own resource."""
    if action in ("*", "*:*") or action.partition(":")[0].lower() in own:
        return None
    return f"is an action of another service; the document of this resource takes those of `{own[0]}` only"


def hint(name: object, known: Iterable[str]) -> str:
    """A clause with the element that is probably intended; empty if none is."""
    return f"; it is written `{intended}`" if (intended := _intended(name, known)) else ""


def misspelt(raw: Mapping[str, Any], known: Collection[str], *names: str) -> bool:
    """Whether an object has one of these elements with a wrong case or plural only, which is a problem by itself."""
    return any(_intended(key, known) in names for key in raw if key not in known)


def _intended(name: object, known: Iterable[str]) -> str:
    """The element of which only the case or a plural is wrong; empty if there is none."""
    folded = str(name).lower().rstrip("s")
    return next((element for element in known if element.lower().rstrip("s") == folded), "")
