"""A concrete request, and whether the principals of a statement include its caller.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from policypack.access.solver.conditions import Values
from policypack.access.solver.partition import MATCHES
from policypack.core.caches import bounded_cache
from policypack.iam.arn import Arn
from policypack.iam.document import Principal, Statement
from policypack.iam.globs import has_wildcard, matches

FEW = 8
"""Principals that are compared one by one."""


class Caller(msgspec.Struct, frozen=True):
    """The sender of a request: the type of principal, and the names that a document may use for it."""

    type: str
    """`AWS`, `Service`, `Federated`, `CanonicalUser`, or empty for an anonymous caller."""
    name: str
    arns: tuple[str, ...] = ()
    """Of a principal of AWS, its own ARN and, for a session, that of its role."""
    account: str | None = None
    label: str = ""
    """A description for messages, if the name is none."""

    def __str__(self) -> str:
        return self.label or self.name


ANONYMOUS = Caller("", "anonymous", label="anyone on the internet")


class Request(msgspec.Struct, frozen=True):
    """One request. `context` has the values by condition key in lower case."""

    caller: Caller
    action: str
    resource: str
    context: Mapping[str, Values]


def is_named(principal: Principal, caller: Caller) -> bool:
    """Whether a principal of a document includes a caller: an account all of its principals, and a role its sessions.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html.
    """
    if principal.anyone:
        return True
    if principal.type != caller.type:
        return False
    if principal.type != "AWS":
        return matches(principal.value, caller.name, ignore_case=principal.type == "Service")
    account = account_of(principal.value)
    if account is not None:
        return account == caller.account
    return any(matches(principal.value, arn) for arn in caller.arns)


def account_of(value: str) -> str | None:
    """The account that a principal names as a whole, by its number or the ARN of its root; None for other principals."""
    if len(value) == 12 and value.isdigit():
        return value
    arn = Arn.parse(value)
    return arn.account if arn is not None and arn.service == "iam" and arn.resource == "root" else None


def includes_caller(statement: Statement, caller: Caller) -> bool:
    """Whether the principals of a statement include a caller; those of a statement without principals include all."""
    if statement.not_principals is not None:
        return not _excepts(statement.not_principals, caller)
    return statement.principals is None or _any_named(statement.principals, caller)


def _excepts(principals: tuple[Principal, ...], caller: Caller) -> bool:
    """Whether the principals of `NotPrincipal` except a caller: of an account beside an identity of it, only the root user.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html.
    """
    others, beside = _beside_identities(principals)
    if caller.account in beside and any(arn.endswith(f":{caller.account}:root") for arn in caller.arns):
        return True
    return _any_named(others, caller)


@bounded_cache(1024)
def _beside_identities(principals: tuple[Principal, ...]) -> tuple[tuple[Principal, ...], frozenset[str]]:
    """The principals without the accounts that stand beside an identity of theirs, and these accounts."""
    named = {principal: account_of(principal.value) for principal in principals if principal.type == "AWS"}
    arns = [Arn.parse(principal.value) for principal, account in named.items() if account is None]
    of_identities = {arn.account for arn in arns if arn and arn.service in ("iam", "sts")}
    beside = frozenset(account for account in named.values() if account in of_identities and account)
    return tuple(principal for principal in principals if named.get(principal) not in beside), beside


def _any_named(principals: tuple[Principal, ...], caller: Caller) -> bool:
    if len(principals) > FEW and caller.type == "AWS":
        plain, others = _by_kind(principals)
        if any(name in plain for name in (caller.account, *caller.arns)):
            return True
        principals = others
    return any(is_named(principal, caller) for principal in principals)


@bounded_cache(1024)
def _by_kind(principals: tuple[Principal, ...]) -> tuple[frozenset[str], tuple[Principal, ...]]:
    """The accounts and the ARNs without wildcards that the principals of AWS are, and the other principals."""
    plain: set[str] = set()
    others: list[Principal] = []
    for principal in principals:
        if principal.type != "AWS" or has_wildcard(principal.value):
            others.append(principal)
        else:
            plain.add(account_of(principal.value) or principal.value)
    return frozenset(plain), tuple(others)


def effort(statements: Iterable[Statement]) -> int:
    """The steps of comparing the principals of statements with a caller."""
    return sum(1 + len(each.principals or each.not_principals or ()) // MATCHES for each in statements)
