"""The kinds of callers that documents distinguish, each with an example and the values that its requests have.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html and, for which keys
come with which caller, https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from policypack.access.solver.conditions import Values, pattern_of
from policypack.access.solver.partition import Pattern, Work, cells
from policypack.access.solver.request import ANONYMOUS, Caller, account_of
from policypack.iam.arn import Arn
from policypack.iam.condition_keys import (
    ACCOUNT,
    CALLER_KEYS,
    NETWORK_KEYS,
    SERVICE_KEYS,
    SIGNED_ONLY,
    of_a_certificate,
)
from policypack.iam.document import Principal, Statement
from policypack.iam.globs import has_wildcard

KINDS = ("arn:aws:iam::????????????:role/?*", "arn:aws:iam::????????????:user/?*", "arn:aws:iam::????????????:root")
PRINCIPAL_ARN = "aws:principalarn"
ACCOUNT_KEYS = ("aws:principalaccount", "kms:calleraccount")
CANONICAL = "CanonicalUser"
STRANGER_ACCOUNTS = ("999999999999", "888888888888", "777777777777")
SELF = Caller("AWS", "the principal", label="the principal that it is attached to")
"""The identity that a document is attached to. Its name does not matter."""


def callers(statements: Sequence[Statement], work: Work) -> list[Caller]:
    """One caller for each kind that the principals of these statements, and conditions on their ARN, distinguish.

    Raises:
        TooManyCellsError: they distinguish too many.
    """
    principals = [
        principal
        for statement in statements
        for principal in (*(statement.principals or ()), *(statement.not_principals or ()))
    ]
    distinct = [ANONYMOUS, *_aws(principals, statements, work)]
    for kind, other in (
        ("Service", "any-other.amazonaws.com"),
        ("Federated", "any-other-provider"),
        (CANONICAL, "any-other-user"),
    ):
        names = dict.fromkeys(principal.value for principal in principals if principal.type == kind)
        distinct += [Caller(kind, name.replace("*", "x").replace("?", "x")) for name in names]
        if kind != CANONICAL or names:
            distinct.append(Caller(kind, other))
    return list(dict.fromkeys(distinct))


def _aws(principals: Iterable[Principal], statements: Sequence[Statement], work: Work) -> Iterator[Caller]:
    named = list(
        dict.fromkeys(principal.value for principal in principals if principal.type == "AWS" and not principal.anyone)
    )
    accounts = {account for name in named if (account := account_of(name))}
    arns = [name for name in named if account_of(name) is None]
    groups: list[list[Pattern]] = [[Pattern(arn, wild=has_wildcard(arn))] for arn in arns if Arn.parse(arn)]
    groups += [[Pattern(f"arn:aws:iam::{account}:*")] for account in sorted(accounts)]
    for statement in statements:
        for condition in statement.conditions:
            if condition.name == PRINCIPAL_ARN and condition.operator != "Null":
                groups.append([pattern_of(condition.operator, value) for value in condition.values])
            elif condition.name in ACCOUNT_KEYS and condition.operator != "Null":
                groups += [[Pattern(f"arn:aws:iam::{value}:*")] for value in condition.values]
    yield from (_named(arn) for arn in arns if not (has_wildcard(arn) and Arn.parse(arn)))
    for account in sorted(accounts):
        if not ACCOUNT.fullmatch(account):  # matches none of `KINDS`, but two documents may use the same name
            yield Caller("AWS", root := f"arn:aws:iam::{account}:root", (root,), account)
    for arn in (example for kind in KINDS for example in cells(kind, groups, work).values()):
        parsed = Arn.parse(arn)
        if parsed is not None and not has_wildcard(arn):
            yield _plain(arn, parsed, accounts)


def _named(name: str) -> Caller:
    parsed = Arn.parse(name)
    if parsed is None:  # the id of a deleted principal, or a name that only this document uses
        return Caller("AWS", name, (name,))
    if parsed.service == "sts" and parsed.resource.startswith("assumed-role/"):
        return Caller("AWS", name, (name, arn_of_role(parsed)), parsed.account)
    # an organization is more than its management account, whose number its ARN has
    return Caller("AWS", name, (name,), None if parsed.service == "organizations" else parsed.account)


def _plain(arn: str, parsed: Arn, accounts: Collection[str]) -> Caller:
    if not ACCOUNT.fullmatch(parsed.account):
        account = next(stranger for stranger in STRANGER_ACCOUNTS if stranger not in accounts)
        arn = arn.replace(f"::{parsed.account}:", f"::{account}:", 1)
        return Caller("AWS", arn, (arn,), account, label=f"`{arn}`, of another account")
    return Caller("AWS", arn, (arn,), parsed.account)


def arn_of_role(session: Arn) -> str:
    """The ARN of the role of an `assumed-role` session."""
    return f"arn:{session.partition}:iam::{session.account}:role/{session.resource.split('/')[1]}"


def fixed(caller: Caller, name: str) -> Values | None:
    """The values of a key in every request of a caller; None if its requests differ."""
    if caller is SELF:
        return None
    if name in SERVICE_KEYS and caller.type != "Service":
        return ()
    if caller.type == "Federated" and (name in CALLER_KEYS or name == "aws:username"):
        return ()  # a user of an identity provider is not an AWS principal, and never an IAM user
    signed = caller.type in ("AWS", "Federated", CANONICAL)
    if name == PRINCIPAL_ARN and caller.type == CANONICAL:  # another name for an account
        return (f"arn:aws:iam::{STRANGER_ACCOUNTS[0]}:root",)
    if name == PRINCIPAL_ARN and caller.type == "AWS":
        return caller.arns[-1:] if caller.account else None
    if name in ACCOUNT_KEYS and caller.type == "AWS" and caller.account:
        return (caller.account,)
    if name == "aws:principalservicename" and caller.type == "Service":
        return (caller.name,)
    if name == "aws:principalisawsservice":
        return ("true",) if caller.type == "Service" else ("false",) if signed else ()
    if not signed and (name in CALLER_KEYS or name.startswith(SIGNED_ONLY)):
        return None if of_a_certificate(name, [caller.name.partition(".")[0]]) else ()
    return None


def without(network: bool, name: str) -> bool:  # noqa: FBT001 (the one question)
    """Whether a request lacks a key because it comes over the internet, or through a VPC endpoint."""
    if network:
        return name == "aws:sourceip"
    return name in NETWORK_KEYS or name == "aws:vpcsourceip"
