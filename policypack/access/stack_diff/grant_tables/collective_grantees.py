"""Grantees that stand for others: what a grant to all of them gives each of them, too.

An organization has its management account, its organizational units, and accounts that its ARN does not show; Lake
Formation's `ACCOUNT:IAMPrincipals` has the identities of an account, and a namespace of QuickSight its users and groups.

Sources: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_getting-started_concepts.html,
https://docs.aws.amazon.com/lake-formation/latest/APIReference/API_DataLakePrincipal.html and
https://docs.aws.amazon.com/quicksight/latest/APIReference/API_ResourcePermission.html.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from policypack.iam.arn import Arn
from policypack.iam.document import PolicyDocument, Principal

ANY_ACCOUNT = "arn:aws:iam::*:*"
_IDENTITIES = ":IAMPrincipals"


def by_members(document: PolicyDocument) -> Iterator[tuple[PolicyDocument, str]]:
    """The same grant to those for whom its grantees stand, as other documents.

    Yields:
        The document, and, if it is for those who may be members or not, why that is unknown: a clause after a path.
    """
    (statement,) = document.statements
    names = [principal.value for principal in statement.principals or ()]
    for choose, doubt in ((_members, ""), (_possible_members, "may be granted to a member of {}, which it was before")):
        if members := {name: more for name in names if (more := choose(name))}:
            principals = tuple(Principal("AWS", value) for more in members.values() for value in more)
            narrowed = msgspec.structs.replace(statement, principals=principals)
            which = ", ".join(f"`{name}`" for name in members)
            yield msgspec.structs.replace(document, statements=(narrowed,)), doubt.format(which)


def _members(name: str) -> list[str]:
    """Patterns of those who are certainly members."""
    if name.endswith(_IDENTITIES):
        return [f"arn:aws:iam::{name.removesuffix(_IDENTITIES)}:*"]
    arn = Arn.parse(name)
    if arn is None:
        return []
    kind, _, path = arn.resource.partition("/")
    if (arn.service, kind) == ("organizations", "organization"):
        units = f"arn:{arn.partition}:organizations::{arn.account}:ou/{path}/*"
        return [f"arn:{arn.partition}:iam::{arn.account}:root", units]
    if (arn.service, kind) == ("quicksight", "namespace"):
        return [f"arn:{arn.partition}:quicksight:*:{arn.account}:{one}/{path}/*" for one in ("user", "group")]
    return []


def _possible_members(name: str) -> list[str]:
    """Patterns of those who may be members: accounts, and the units in a unit of the same organization."""
    arn = Arn.parse(name)
    if arn is None or arn.service != "organizations":
        return []
    accounts = ANY_ACCOUNT.replace(":aws:", f":{arn.partition}:")
    return [accounts, f"{name.rpartition('/')[0]}/*"] if arn.resource.startswith("ou/") else [accounts]
