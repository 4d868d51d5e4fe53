"""Outsiders, and the condition keys and values that they can send.

An outsider is anyone except the principals that a document names: an anonymous caller, a principal of another account,
a user of a web identity provider, or an AWS service that works for another account. They call over
the internet, or through a VPC endpoint of their own; such a request has no `aws:SourceIp`.

Sources: "The meaning of public" in the S3 User Guide
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status)
and, for keys of the same kinds, https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from policypack.access.solver.conditions import SOURCE_IP, VPC_SOURCE_IP, Values
from policypack.access.solver.partition import Work, cells
from policypack.access.solver.request import Caller, account_of, includes_caller
from policypack.iam.arn import Arn
from policypack.iam.condition_keys import ACCOUNT, CALLER_KEYS, NETWORK_KEYS, SERVICE_KEYS, SIGNED_ONLY
from policypack.iam.document import Condition, Principal, Statement
from policypack.iam.globs import has_wildcard

OTHER_KEYS = frozenset(
    {
        "s3:x-amz-server-side-encryption-aws-kms-key-id",
        "s3:dataaccesspointarn",
        "s3:dataaccesspointaccount",
        "elasticfilesystem:accessedviamounttarget",  # docs.aws.amazon.com/efs/latest/ug/access-control-block-public-access.html
    }
)
PINNING_KEYS = CALLER_KEYS | NETWORK_KEYS | SERVICE_KEYS | OTHER_KEYS
"""Keys, in lower case, whose fixed values no outsider has."""

ENDPOINT_KEYS = frozenset({"aws:sourcevpc", "aws:sourcevpce"})
"""Keys, in lower case, that every request through a VPC endpoint has, and no other.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-sourcevpc.
"""
MAKES_PATTERNS = ("StringLike", "StringNotLike", "ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike")
SHAPES = {
    "aws:sourcevpc": "vpc-?*",
    "aws:sourcevpce": "vpce-?*",
    "aws:principalorgid": "o-?*",
    "aws:sourceorgid": "o-?*",
    "aws:vpceorgid": "o-?*",
    **dict.fromkeys(("aws:principalaccount", "aws:sourceaccount", "aws:vpceaccount", "kms:calleraccount"), "?" * 12),
}
"""By key, the pattern that all of its values match."""

OTHER = "other"
"""A value that no document mentions."""
Spared = frozenset[str] | None
"""The keys that S3's reading of wildcards exempts; None if that reading does not apply."""


class Outsider(Caller, frozen=True):
    """One kind of outsider in one kind of network."""

    address_key: str | None = SOURCE_IP
    """The key of the request's address."""
    present: frozenset[str] = OTHER_KEYS
    """Which of `PINNING_KEYS` the request may have."""
    fixed: Mapping[str, Values] = {}
    """The possible values of some keys, empty for a key that the request lacks."""

    @property
    def service(self) -> bool:
        """Whether this is an AWS service."""
        return self.type == "Service"

    def named(self, principal: Principal) -> Outsider:
        """The same with the name of a principal of a document, which may have a wildcard."""
        return msgspec.structs.replace(
            self, name=principal.value, arns=(principal.value,), account=account_of(principal.value)
        )


_ANONYMOUS: Mapping[str, Values] = {
    "aws:principalisawsservice": (),
    "aws:principaltype": ("Anonymous",),
    "aws:viaawsservice": ("false",),
}
_SIGNED: Mapping[str, Values] = {
    "aws:principalisawsservice": ("false",),
    "aws:principaltype": ("AssumedRole", "User", "Account", "FederatedUser"),
    "aws:viaawsservice": ("false", "true"),
}
ANYONE = Outsider("", "anonymous", label="anyone on the internet", fixed=_ANONYMOUS)
STRANGER = Outsider(
    "AWS", "stranger", label="anyone with an AWS account", present=OTHER_KEYS | CALLER_KEYS, fixed=_SIGNED
)
ANYONE_IN_A_VPC, STRANGER_IN_A_VPC = (
    msgspec.structs.replace(outsider, label=words, address_key=VPC_SOURCE_IP, present=outsider.present | NETWORK_KEYS)
    for outsider, words in (
        (ANYONE, "anyone with a VPC endpoint of their own"),
        (STRANGER, "anyone with an AWS account and a VPC endpoint of their own"),
    )
)
SERVICE = Outsider(
    "Service",
    "service",
    label="an AWS service that works for another account",
    address_key=None,
    present=OTHER_KEYS | SERVICE_KEYS,
    fixed={"aws:principalisawsservice": ("true",), "aws:principaltype": (), "aws:viaawsservice": ("false",)},
)
EVERYBODY = (ANYONE, STRANGER, ANYONE_IN_A_VPC, STRANGER_IN_A_VPC, SERVICE)


def outsiders(statement: Statement) -> list[Outsider]:
    """The outsiders that the principals of an Allow statement include, whatever its conditions."""
    principals = statement.principals or ()
    if statement.not_principals is not None or any(principal.anyone for principal in principals):
        return [*EVERYBODY]
    wild = [principal for principal in principals if has_wildcard(principal.value)]
    named = [
        outsider.named(principal)
        for outsider in (STRANGER, STRANGER_IN_A_VPC, SERVICE)
        for principal in wild
        if principal.type == outsider.type
    ]
    return named + [
        Outsider("Federated", principal.value, label=f"anyone who signs in with `{principal.value}`", fixed=_SIGNED)
        for principal in principals
        if principal.type == "Federated" and (principal in wild or Arn.parse(principal.value) is None)
    ]


def denied(statement: Statement, outsider: Outsider) -> bool:
    """Whether the principals of a Deny statement certainly include an outsider, who cannot be an exception."""
    if statement.not_principals is None:
        return includes_caller(statement, outsider)
    excepted = {principal.type for principal in statement.not_principals}
    open_ended = any(has_wildcard(principal.value) for principal in statement.not_principals)
    return not open_ended and not (outsider.service and "Service" in excepted) and "Federated" not in excepted


def sendable(
    name: str, outsider: Outsider, allow: Sequence[Condition], deny: Sequence[Condition], spared: Spared, work: Work
) -> list[Values] | None:
    """The values that an outsider can send for a key, as far as these conditions distinguish them; None for any value.

    Args:
        name: the key, in lower case; not that of the outsider's address.
        outsider: the sender.
        allow: the conditions on this key in the Allow statement.
        deny: those in the Deny statements.
        spared: for S3's reading, by which a value with a wildcard is not fixed, the keys that it exempts.
        work: the budget of the question.

    Raises:
        TooManyCellsError: the patterns distinguish too many values.
    """
    if name in outsider.fixed:
        return [(value,) for value in outsider.fixed[name]] or [()]
    if name in (SOURCE_IP, VPC_SOURCE_IP):
        return [()]
    if name in PINNING_KEYS:
        if name not in outsider.present:
            return [()]
        loose = {
            value
            for conditions, exempt in ((allow, spared), (deny, None))
            for condition in conditions
            if condition.operator in MAKES_PATTERNS
            for value in condition.values
            if has_wildcard(value) and not _fixed(name, value, spared=exempt)
        }
        pinned = {value for condition in (*allow, *deny) for value in condition.values} - loose
        by_membership = cells(SHAPES.get(name, "*"), [[pattern] for pattern in sorted(loose)], work)
        members = sorted(by_membership.items(), key=lambda item: len(item[0]))
        texts = [text or ("x" if member else OTHER) for member, text in members]
        sent: list[Values] = [(text,) for text in texts if text not in pinned]
        through_endpoint = outsider.address_key == VPC_SOURCE_IP and name in ENDPOINT_KEYS
        return (sent or [(OTHER,)]) if through_endpoint else [(), *sent]
    unsigned = outsider.type == "" and name.startswith(SIGNED_ONLY)
    return [()] if unsigned else None


def _fixed(key: str, pattern: str, *, spared: Spared) -> bool:
    """Whether a pattern with a wildcard still fixes an account, or a bucket's own name."""
    if key == "aws:userid":  # the id of one role or user, then any session
        head, colon, _ = pattern.partition(":")
        return bool(colon) and not has_wildcard(head)
    if key in ("aws:principalorgpaths", "aws:sourceorgpaths", "aws:vpceorgpaths"):
        return "/" in pattern and not has_wildcard(pattern.partition("/")[0])
    if spared is not None and key not in spared:
        return False
    arn = Arn.parse(pattern)
    if arn is None:
        return False
    return bool(ACCOUNT.fullmatch(arn.account)) or (arn.service == "s3" and not has_wildcard(arn.resource))
