"""Placeholders in a text: parts that a program, a template or a person should have replaced.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html for the variables that AWS
itself replaces, https://docs.aws.amazon.com/apigateway/latest/developerguide/aws-api-gateway-stage-variables-reference.html,
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html and
https://www.pulumi.com/docs/iac/concepts/inputs-outputs/apply/.
"""

from __future__ import annotations

import re

from policypack.core.caches import bounded_cache
from policypack.iam.actions import services
from policypack.iam.condition_keys import GLOBAL_KEYS
from policypack.iam.grammar import STRINGIFIED_OUTPUT

_OUTPUT = re.compile(r"Output<|OutputInstance|\bobject at 0x[0-9a-f]+|\[object Object\]")
_VARIABLE = re.compile(r"\$\{([^{}]*)(\}?)")
_UUID = r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
"""What Bitbucket writes in braces, as the ids of its repositories."""
_BRACES = re.compile(
    rf"(?<![$#!{{])(?!\{{{_UUID}\}})"
    r"\{\{?\s*(?:[A-Za-z_][\w.:/()\[\]'\"-]*|\d?)\s*\}\}?"
)
_PERCENT = re.compile(r"%(?:\(\w+\))?(?:s|d(?![0-9A-Fa-f]))")
_MARKS = re.compile(r"<[A-Za-z][\w .:-]*>|#\{[A-Za-z][\w.:]*\}|^arn:.*(?:@[A-Za-z]\w*@|:\[[A-Za-z][A-Za-z_ -]+\])")
_NOUNS = (
    r"(?:aws|s3|account|bucket|cluster|domain|function|key|kms|lambda|org|queue|region|role|secret|table|topic|user)"
)
_WORDS = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"(?:YOUR|MY|INSERT|ENTER|REPLACE)[_-][A-Z][A-Z0-9_-]*|CHANGE[_-]?ME|TODO|FIXME|PLACEHOLDER|X{3,}"
    r"|(?:AWS[_-])?ACCOUNT(?:[_-]?(?:ID|NUMBER))?|(?:S3[_-])?BUCKET(?:[_-]?NAME)?|(?:AWS[_-])?REGION"
    r"|DOC-EXAMPLE-BUCKET\d*|amzn-s3-demo-[a-z0-9-]*"
    rf"|your[_-]{_NOUNS}[a-z0-9_-]*|<?(?:replace|change|fill)[_-]?(?:me|this|with[_-][a-z_-]+)"
    r")(?![A-Za-z0-9])"
)
_IDS = re.compile(
    r"(?<![A-Za-z0-9])(?:ami|acl|eni|eipalloc|fs|fsap|igw|i|lt|nat|pcx|pl|rtb|sg|snap|subnet|tgw|vgw|cgw|vol|vpce?)-x{3,}(?![a-z])"
)
_SHELL = re.compile(r"\$(?!(?:LATEST|DEFAULT)\b)[A-Z][A-Z0-9_]{2,}")
_TRACE = re.compile(
    r"[{%<\[@]|[A-Z]{3}|-xxx|TODO|None|null|undefined|NaN|\b(?:your|replace|change|fill|amzn)|Output| at 0x"
)
"""What every placeholder contains; most texts contain none of it."""
_NOTHING = re.compile(r"(?:^|[:/])(?:None|undefined|null|NaN)(?=[:/]|$)")
_GLOBAL = re.compile("|".join(re.escape(key).replace(r"/\*", "/.+") for key in GLOBAL_KEYS), re.IGNORECASE)
_OWN = frozenset({"*", "?", "$"})
_TENANTS = frozenset({"saml", "identitystore", "path", "user", "transfer", "stagevariables"})
"""Prefixes of variables besides the names of services."""


@bounded_cache(4096)
def placeholder(text: str) -> str | None:
    """What was never filled in: a clause that quotes nothing of the text, or None."""
    if not _TRACE.search(text):
        return None
    if _OUTPUT.search(text) or any(trace in text for trace in STRINGIFIED_OUTPUT):
        return "contains a value of the program that was turned into text before it was known; use `Output.concat` or `apply`"
    if "AWS::" in text and "${AWS::" in text:
        return "contains a pseudo parameter, which only CloudFormation replaces"
    if "${" in text and (clause := _unreplaced(_VARIABLE.findall(text))):
        return clause
    if "{" in text and _BRACES.search(_without_routes(text)):
        return "contains a name in braces that was never replaced; is the `f` of an f-string missing?"
    if "%" in text and _PERCENT.search(text):
        return "contains a `%` format that was never applied"
    if _MARKS.search(_without_routes(text)):
        return "contains a name in brackets or other marks that was never replaced"
    if "$" in text and _SHELL.search(text):
        return "contains a variable of a shell, which nothing replaces"
    if _WORDS.search(text) or _IDS.search(text):
        return "contains a placeholder of an example that was never replaced"
    return "contains the text of an absent value" if text.startswith("arn:") and _NOTHING.search(text) else None


def _unreplaced(variables: list[tuple[str, str]]) -> str | None:
    """What is wrong with names after `${`, each with its closing brace: a clause, or None."""
    if not all(_replaced_by_aws(name) for name, _ in variables):
        return "contains `${…}` around a name that AWS does not replace"
    return None if all(brace for _, brace in variables) else "contains `${` without the `}` that ends the name"


def _replaced_by_aws(name: str) -> bool:
    """Whether `${name}` is a policy variable or a stage variable. Variables of identity providers contain a domain."""
    if name in _OWN:
        return True
    key = name.partition(",")[0].rstrip() if "," in name else name
    if key.strip() != key:
        return False
    prefix, colon, rest = key.partition(":")
    if not colon:
        return key.lower().startswith("stagevariables.")
    if prefix.lower() == "aws":
        return _GLOBAL.fullmatch(key) is not None
    return (
        bool(rest)
        and not rest.startswith(":")
        and ("." in prefix or prefix.lower() in _TENANTS or prefix.lower() in services())
    )


def _without_routes(text: str) -> str:
    """An ARN of API Gateway without its path, in which braces are of a route: `GET/orders/{id}`."""
    return "/".join(text.split("/")[:2]) if ":execute-api:" in text or ":apigateway:" in text else text
