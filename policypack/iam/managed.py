"""AWS managed policies: their names and documents.

Source: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from functools import cache

from policypack.iam.actions import concerns, every_action, whole_service
from policypack.iam.arn import Arn
from policypack.iam.document import VERSIONS, PolicyDocument, Statement
from policypack.iam.grammar import parse
from policypack.iam.tables import DocumentKind, managed_policies

FOR_SERVICES = "service-role/"
"""The path of the policies that AWS writes for one service, which needs them."""
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_ALIKE = 0.75
_SHORTEST = 3
"""The similarity of a misspelt word with the right one, and the characters of one that is compared."""
_FORMAL = frozenset({"access", "amazon", "aws", "only", "policy", "role"})
"""Words, in lower case, in which no two names but a few of one policy's versions differ."""
READS = (
    "dynamodb:Scan",
    "kinesis:GetRecords",
    "s3:GetObject",
    "secretsmanager:GetSecretValue",
    "ssm:GetParametersByPath",
)
"""By service, the action that reads its data, rather than the settings of its resources."""
EVERY_RESOURCE = re.compile(r"\*|arn:[^:]+:[^:]+:[*]?:[*]?:/?\*")


def managed_name(arn: str) -> str:
    """The name of an AWS managed policy with its path, as `service-role/AWSLambdaBasicExecutionRole`; empty for others."""
    parsed = Arn.parse(arn)
    if parsed is None or parsed.service != "iam" or parsed.account != "aws":
        return ""
    return parsed.resource.removeprefix("policy/")


@cache
def intended_name(name: str) -> str | None:
    """The name of the AWS managed policy that a wrong name means; None if there is none, or AWS may have added it.

    AWS adds policies, with names like those of others. So a name that is not in the table is wrong only if the policy
    is below another path, if no more than case, separators, plurals and words without a meaning of their own differ
    (`AmazonS3ReadAccess`), or if one word of it is in no name and is similar to the word in its place.
    """
    known = managed_policies().policies
    path, _, base = name.rpartition("/")
    if name in known or path == "aws-service-role":
        return None
    by_letters, by_meaning, frequencies = _names()
    if same := by_letters.get(_letters(base)) or by_meaning.get(_meaning(base)):
        return same
    words = _WORD.findall(base)
    strange = [word for word in words if not frequencies[word]]
    if len(strange) != 1 or len(strange[0]) < _SHORTEST or strange[0].isupper():
        return None
    place = words.index(strange[0])
    around = words[:place], words[place + 1 :]
    for other in known:
        others = _WORD.findall(other.rpartition("/")[2])
        if len(others) != len(words) or (others[:place], others[place + 1 :]) != around:
            continue
        if SequenceMatcher(None, strange[0], others[place]).ratio() >= _ALIKE:
            return other
    return None


@cache
def _names() -> tuple[Mapping[str, str], Mapping[str, str], Counter[str]]:
    """The names by their letters and by the words that say what they allow, and in how many names each word is."""
    known = managed_policies().policies
    bases = {name: name.rpartition("/")[2] for name in known}
    return (
        {_letters(base): name for name, base in bases.items()},
        {_meaning(base): name for name, base in bases.items()},
        Counter(word for base in bases.values() for word in {*_WORD.findall(base)}),
    )


def _meaning(base: str) -> str:
    """The words of a name that say what it allows, in the singular."""
    words = (word.lower() for word in _WORD.findall(base))
    return " ".join(word.removesuffix("s") for word in words if word not in _FORMAL)


def _letters(base: str) -> str:
    return re.sub(r"[^a-z0-9]", "", base.lower())


@cache
def managed_document(name: str) -> PolicyDocument | None:
    """The document of an AWS managed policy; None if it is not in the table."""
    statements = managed_policies().statements(name)
    if statements is None:
        return None
    return parse({"Version": VERSIONS[0], "Statement": statements}, DocumentKind.IDENTITY, "aws:iam/policy:Policy")


@cache
def whole_services(name: str) -> tuple[str, ...]:
    """The services of which an AWS managed policy allows every action on every resource; `*` is all of them.

    None are listed of a policy that AWS writes for a service's own role, which cannot do with less.
    """
    document = managed_document(name)
    if document is None or name.startswith(FOR_SERVICES):
        return ()
    services: dict[str, None] = {}
    for statement in _anywhere(document):
        if statement.not_actions is not None:
            services["*"] = None
        for pattern in filter(whole_service, statement.actions or ()):
            services["*" if every_action(pattern) else pattern.partition(":")[0]] = None
    return tuple(services)


@cache
def read_services(name: str) -> tuple[str, ...]:
    """The services all of whose data a read-only policy of AWS opens, rather than the settings of resources alone."""
    document = managed_document(name) if "ReadOnly" in name else None
    statements = list(_anywhere(document)) if document else []
    return tuple(
        action.partition(":")[0] for action in READS if any(concerns(statement, action) for statement in statements)
    )


def _anywhere(document: PolicyDocument) -> Iterator[Statement]:
    """The statements that allow something on every resource without a condition."""
    for statement in document.statements:
        anywhere = any(map(EVERY_RESOURCE.fullmatch, statement.resources or ()))
        if anywhere and statement.allows and not statement.conditions:
            yield statement
