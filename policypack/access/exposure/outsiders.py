"""Who is an outsider, and which condition keys an outsider may send with which values.

An outsider is anyone but the principals that a document names: an anonymous caller, a principal of another account,
someone whom a web identity provider vouches for, or an AWS service that works for another account. They call over
the internet, or through a VPC endpoint of their own, where a request has no `aws:SourceIp`.

Which keys tell an outsider apart follows "The meaning of public" in the S3 User Guide
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status)
and, for the keys of the same kinds that it leaves out, what AWS says of each key
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from policypack.access.solver.conditions import SOURCE_IP, VPC_SOURCE_IP, Values
from policypack.access.solver.partition import Work, cells
from policypack.access.solver.request import Caller, account_of, takes_in
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

MAKES_PATTERNS = ("StringLike", "StringNotLike", "ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike")
SHAPES = {
    "aws:sourcevpc": "vpc-?*",
    "aws:sourcevpce": "vpce-?*",
    "aws:principalorgid": "o-?*",
    "aws:sourceorgid": "o-?*",
    "aws:vpceorgid": "o-?*",
    **dict.fromkeys(("aws:principalaccount", "aws:sourceaccount", "aws:vpceaccount", "kms:calleraccount"), "?" * 12),
}
"""By key, the pattern that all of its values have."""

OTHER = "other"
"""A value that a document has nothing to do with."""
Spared = frozenset[str] | None
"""The keys that S3's reading spares; None where that reading does not hold."""


class Outsider(Caller, frozen=True):
    """One kind of outsider, from one kind of place."""

    address_key: str | None = SOURCE_IP
    """The address key that the request has."""
    present: frozenset[str] = OTHER_KEYS
    """Which of `PINNING_KEYS` the request may have."""
    fixed: Mapping[str, Values] = {}
    """Keys that have one of these values; none are for a key that the request lacks."""

    @property
    def service(self) -> bool:
        """Whether this is an AWS service."""
        return self.type == "Service"

    def named(self, principal: Principal) -> Outsider:
        """The same for those who fit a principal of a document, which may have a wildcard."""
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
_VPC = "anyone with a VPC endpoint of their own"
_VPC_AND_ACCOUNT = "anyone with an AWS account and a VPC endpoint of their own"
_SERVICE = "an AWS service that works for another account"
ANYONE = Outsider("", "anonymous", words="anyone on the internet", fixed=_ANONYMOUS)
STRANGER = Outsider(
    "AWS", "stranger", words="anyone with an AWS account", present=OTHER_KEYS | CALLER_KEYS, fixed=_SIGNED
)
ANYONE_IN_A_VPC = msgspec.structs.replace(
    ANYONE, words=_VPC, address_key=VPC_SOURCE_IP, present=OTHER_KEYS | NETWORK_KEYS
)
STRANGER_IN_A_VPC = msgspec.structs.replace(
    STRANGER, words=_VPC_AND_ACCOUNT, address_key=VPC_SOURCE_IP, present=OTHER_KEYS | CALLER_KEYS | NETWORK_KEYS
)
SERVICE = Outsider(
    "Service",
    "service",
    words=_SERVICE,
    address_key=None,
    present=OTHER_KEYS | SERVICE_KEYS,
    fixed={"aws:principalisawsservice": ("true",), "aws:principaltype": (), "aws:viaawsservice": ("false",)},
)
EVERYBODY = (ANYONE, STRANGER, ANYONE_IN_A_VPC, STRANGER_IN_A_VPC, SERVICE)


def outsiders(statement: Statement) -> list[Outsider]:
    """The outsiders whom the principals of an Allow statement take in, before its conditions."""
    principals = statement.principals or ()
    if statement.not_principals is not None or any(each.anyone for each in principals):
        return [*EVERYBODY]
    wild = {
        kind: [each for each in principals if each.type == kind and has_wildcard(each.value)]
        for kind in ("AWS", "Service")
    }
    found = [outsider.named(each) for outsider in (STRANGER, STRANGER_IN_A_VPC) for each in wild["AWS"]]
    found += [SERVICE.named(each) for each in wild["Service"]]
    found += [_web_identity(each) for each in principals if web_identity(each)]
    return found


def web_identity(principal: Principal) -> bool:
    """Whether this is an identity provider that anyone may sign up with, rather than one of an account's own."""
    return principal.type == "Federated" and (has_wildcard(principal.value) or Arn.parse(principal.value) is None)


def _web_identity(principal: Principal) -> Outsider:
    words = f"anyone who signs in with `{principal.value}`"
    return Outsider("Federated", principal.value, words=words, fixed=_SIGNED)


def denied(statement: Statement, outsider: Outsider) -> bool:
    """Whether the principals of a Deny statement surely take in an outsider: one who may be excepted is not."""
    if statement.not_principals is None:
        return takes_in(statement, outsider)
    excepted = {principal.type for principal in statement.not_principals}
    open_ended = any(has_wildcard(principal.value) for principal in statement.not_principals)
    return not open_ended and not (outsider.service and "Service" in excepted) and "Federated" not in excepted


def sendable(
    name: str, outsider: Outsider, allow: Sequence[Condition], deny: Sequence[Condition], spared: Spared, work: Work
) -> list[Values] | None:
    """What an outsider may have for a key, as far as these conditions tell it apart; None for anything.

    Args:
        name: the key, in lower case; not that of the outsider's address.
        outsider: who sends it.
        allow: the conditions on this key in the Allow statement.
        deny: those in the Deny statements.
        spared: for S3's reading, by which a value with a wildcard is not fixed, the keys that it spares.
        work: what the whole question may take.

    Raises:
        TooManyCellsError: the patterns tell too many values apart.
    """
    if name in outsider.fixed:
        return [(each,) for each in outsider.fixed[name]] or [()]
    if name in (SOURCE_IP, VPC_SOURCE_IP):
        return [()]
    if name in PINNING_KEYS:
        if name not in outsider.present:
            return [()]
        loose = [value for each in allow for value in _patterns(each) if not _fixed(name, value, spared=spared)]
        loose += [value for each in deny for value in _patterns(each) if not _fixed(name, value, spared=None)]
        pinned = {value for each in (*allow, *deny) for value in each.values} - set(loose)
        told = cells(SHAPES.get(name, "*"), [[pattern] for pattern in sorted(set(loose))], work)
        texts = [
            text or ("x" if member else OTHER) for member, text in sorted(told.items(), key=lambda item: len(item[0]))
        ]
        return [(), *((each,) for each in texts if each not in pinned)]
    unsigned = outsider.type == "" and name.startswith(SIGNED_ONLY)
    return [()] if unsigned else None


def _patterns(condition: Condition) -> Sequence[str]:
    """The values that are patterns: the rest are fixed."""
    if condition.operator not in MAKES_PATTERNS:
        return ()
    return [value for value in condition.values if has_wildcard(value)]


def _fixed(key: str, pattern: str, *, spared: Spared) -> bool:
    """Whether a pattern pins the value down although it has a wildcard: to an account, or to a bucket's own name."""
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
