"""AWS managed policies: their names and documents.

Source: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html.
"""

from __future__ import annotations

import re
from functools import cache

from policypack.iam.actions import every_action, whole_service
from policypack.iam.arn import Arn
from policypack.iam.document import VERSIONS, PolicyDocument
from policypack.iam.grammar import parse
from policypack.iam.tables import DocumentKind, managed_policies

FOR_SERVICES = "service-role/"
"""The path of the policies that AWS writes for one service, which needs them."""
EVERY_RESOURCE = re.compile(r"\*|arn:[^:]+:[^:]+:[*]?:[*]?:/?\*")


def managed_name(arn: str) -> str:
    """The name of an AWS managed policy with its path, as `service-role/AWSLambdaBasicExecutionRole`; empty for others."""
    parsed = Arn.parse(arn)
    if parsed is None or parsed.service != "iam" or parsed.account != "aws":
        return ""
    return parsed.resource.removeprefix("policy/")


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
    for statement in document.statements:
        anywhere = any(map(EVERY_RESOURCE.fullmatch, statement.resources or ()))
        if not statement.allows or statement.conditions or not anywhere:
            continue
        if statement.not_actions is not None:
            services["*"] = None
        for pattern in filter(whole_service, statement.actions or ()):
            services["*" if every_action(pattern) else pattern.partition(":")[0]] = None
    return tuple(services)
