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

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from policypack.access.cells import cells
from policypack.access.conditions import SOURCE_IP, VPC_SOURCE_IP, number
from policypack.access.context_keys import ACCOUNT, ALWAYS_SENT, CALLER_KEYS, NETWORK_KEYS, SERVICE_KEYS, SIGNED_ONLY
from policypack.aws.arn import Arn
from policypack.aws.document import Condition, Principal, Statement
from policypack.aws.globs import has_wildcard

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

Choices = Sequence[str | None]
Spared = frozenset[str] | None
"""The keys that S3's reading spares; None where that reading does not hold."""


class Outsider(msgspec.Struct, frozen=True):
    """One kind of outsider."""

    words: str
    address_key: str | None
    """The address key that the request has."""
    present: frozenset[str]
    """Which of `PINNING_KEYS` the request may have."""
    fixed: Mapping[str, Choices]
    """Keys that have one of few values; None is for a request that lacks the key."""
    signed: bool = False
    service: bool = False


_ANONYMOUS: Mapping[str, Choices] = {
    "aws:principalisawsservice": (None,),
    "aws:principaltype": ("Anonymous",),
    "aws:viaawsservice": ("false",),
}
_SIGNED: Mapping[str, Choices] = {
    "aws:principalisawsservice": ("false",),
    "aws:principaltype": ("AssumedRole", "User", "Account", "FederatedUser"),
    "aws:viaawsservice": ("false", "true"),
}
ANYONE = Outsider("anyone on the internet", SOURCE_IP, OTHER_KEYS, _ANONYMOUS)
STRANGER = Outsider("anyone with an AWS account", SOURCE_IP, OTHER_KEYS | CALLER_KEYS, _SIGNED, signed=True)
ANYONE_IN_A_VPC = Outsider(
    "anyone with a VPC endpoint of their own", VPC_SOURCE_IP, OTHER_KEYS | NETWORK_KEYS, _ANONYMOUS
)
STRANGER_IN_A_VPC = Outsider(
    "anyone with an AWS account and a VPC endpoint of their own",
    VPC_SOURCE_IP,
    OTHER_KEYS | CALLER_KEYS | NETWORK_KEYS,
    _SIGNED,
    signed=True,
)
SERVICE = Outsider(
    "an AWS service that works for another account",
    None,
    OTHER_KEYS | SERVICE_KEYS,
    {"aws:principalisawsservice": ("true",), "aws:principaltype": (None,), "aws:viaawsservice": ("false",)},
    signed=True,
    service=True,
)


def outsiders(statement: Statement) -> list[Outsider]:
    """The outsiders whom the principals of an Allow statement take in, before its conditions."""
    if statement.not_principals is not None:
        return [ANYONE, STRANGER, ANYONE_IN_A_VPC, STRANGER_IN_A_VPC, SERVICE]
    principals = statement.principals or ()
    if any(principal.anyone for principal in principals):
        return [ANYONE, STRANGER, ANYONE_IN_A_VPC, STRANGER_IN_A_VPC, SERVICE]
    found = []
    if any(each.type == "AWS" and has_wildcard(each.value) for each in principals):
        found += [STRANGER, STRANGER_IN_A_VPC]
    if any(each.type == "Service" and has_wildcard(each.value) for each in principals):
        found.append(SERVICE)
    found += [_web_identity(each) for each in principals if web_identity(each)]
    return found


def web_identity(principal: Principal) -> bool:
    """Whether this is an identity provider that anyone may sign up with, rather than one of an account's own."""
    return principal.type == "Federated" and (has_wildcard(principal.value) or Arn.parse(principal.value) is None)


def _web_identity(principal: Principal) -> Outsider:
    return Outsider(f"anyone who signs in with `{principal.value}`", SOURCE_IP, OTHER_KEYS, _SIGNED, signed=True)


def concerns(statement: Statement, outsider: Outsider, allowed: Statement) -> bool:
    """Whether the principals of a Deny statement take in the outsider whom `allowed` lets in."""
    if statement.not_principals is not None:
        excepted = {principal.type for principal in statement.not_principals}
        open_ended = any(has_wildcard(principal.value) for principal in statement.not_principals)
        return not open_ended and not (outsider.service and "Service" in excepted) and "Federated" not in excepted
    principals = statement.principals or ()
    return any(principal.anyone for principal in principals) or (
        bool(allowed.principals) and set(allowed.principals or ()) <= set(principals)
    )


def choices(
    key: str, outsider: Outsider, allow: Sequence[Condition], deny: Sequence[Condition], *, spared: Spared
) -> Choices:
    """The values of one key that an outsider may send, as far as these conditions tell them apart.

    Args:
        key: in lower case; not the key of the outsider's address.
        outsider: who sends it.
        allow: the conditions on this key in the Allow statement.
        deny: those in the Deny statements.
        spared: for S3's reading, by which a value with a wildcard is not fixed, the keys that it spares.

    Raises:
        TooManyCellsError: the patterns tell too many values apart.
    """
    if key in outsider.fixed:
        return outsider.fixed[key]
    if key in (SOURCE_IP, VPC_SOURCE_IP):
        return (None,)
    conditions = (*allow, *deny)
    if key in PINNING_KEYS:
        if key not in outsider.present:
            return (None,)
        loose = [value for each in allow for value in _patterns(each) if not _fixed(key, value, spared=spared)]
        loose += [value for each in deny for value in _patterns(each) if not _fixed(key, value, spared=None)]
        pinned = {value for each in conditions for value in each.values} - set(loose)
        return (None, *(each for each in _told_apart(loose, SHAPES.get(key, "*")) if each not in pinned))
    if not outsider.signed and key.startswith(SIGNED_ONLY):
        return (None,)
    operators = {each.operator for each in conditions}
    sent: list[str] = []
    if "Bool" in operators or key == "aws:securetransport":
        sent += ["true", "false"]
    if any(operator.startswith(("Numeric", "Date")) for operator in operators):
        sent += _around(value for each in conditions for value in each.values)
    rest = [each for each in conditions if each.operator.startswith(("String", "Arn", "Binary"))]
    if rest or not sent:
        written = [value for each in rest for value in each.values]
        sent += dict.fromkeys((*_told_apart(written), *written))
    return sent if key in ALWAYS_SENT else (None, *sent)


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


def _told_apart(patterns: Sequence[str], shape: str = "*") -> list[str]:
    """One value of a shape for each way in which the patterns can match, first one that none of them matches."""
    found = cells(shape, [[pattern] for pattern in sorted(set(patterns))])
    examples = sorted(found.items(), key=lambda item: len(item[0]))
    return [text or ("other" if not member else "x") for member, text in examples]


def _around(values: Iterable[str]) -> list[str]:
    """Each number or date that the values spell, and one on either side of it."""
    numbers = sorted({found for each in values if (found := number(each)) is not None})
    return [str(each + shift) for each in numbers for shift in (0, -1, 1)] or ["0"]
