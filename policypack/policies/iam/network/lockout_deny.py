"""A Deny statement for everyone outside of a network affects more than outsiders, because it overrides every Allow.

It denies AWS services that act for you (log delivery, replication, a function outside of the network) and every
administrator who calls from elsewhere. After that only the account's root user can fix it. One without a condition
denies everyone, and so do two of which each denies whom the other lets pass, such as two ranges that do not overlap.
A document that denies all that it allows is of no use to anyone: nobody can assume such a role. A condition changes
nothing if the principals that the document allows meet it: the denial of an account takes away what its roles are
allowed. KMS refuses a key policy under which nobody may call `kms:PutKeyPolicy`, because the key could never be managed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from policypack.access.address_conditions import denied_callers, fence, unread
from policypack.access.lockouts import CHANGES, excluded, from_day, lockouts, unmanageable, void_exemption, voiding
from policypack.access.solver.bounds import unknown_paths
from policypack.access.solver.corrections import BY_CORRECTIONS
from policypack.core.examples import allow, bucket_policy, construct, deny, document, example, reported_at, role
from policypack.core.policy import (
    Judgement,
    Placed,
    Policy,
    Resource,
    Severity,
    Stack,
    Undecided,
    Unknown,
    Violation,
    over_stack,
)
from policypack.core.tags import Tag
from policypack.iam.document import PolicyDocument, Statement
from policypack.iam.document_readers import IDENTITY, RESOURCE, TRUST, documents
from policypack.iam.tables import DocumentKind
from policypack.resources.tokens import KEY


class Current(msgspec.Struct, frozen=True):
    """A document, its denials as they apply from today on."""

    document: PolicyDocument
    manageable: bool = False
    """Whether somebody has to be allowed to change it: a key policy, unless the key bypasses KMS's check for lockouts."""


def check(current: Current) -> Iterator[Judgement]:
    """Yields each denial of everyone without an exception or a condition, and those that together leave nobody.

    Denials that each are reported alone, and together leave nobody, are one report.
    """
    document = current.document
    if current.manageable and unmanageable(document):
        yield Violation("", f"allows nobody `{CHANGES}`, so KMS refuses it: the key could not be managed")
    alone = (
        {judgement.path: judgement for judgement in _alone(document)} if document.kind is DocumentKind.RESOURCE else {}
    )
    reported: dict[str, Judgement] = {}
    led: set[str] = set()
    for *others, last in lockouts(document):
        if others:
            if last.path in alone:  # both lack the same exemption
                led.update(other.path for other in others)
            reported[last.path] = Violation(
                last.path, f"denies everyone, together with {_named(others)}, except callers that all of them exempt"
            )
        elif last.path not in alone:
            reported[last.path] = Violation(
                last.path,
                f"denies everyone except the callers that it exempts: every other request meets its conditions{_meant(last)}",
            )
    reported = {path: judgement for path, judgement in alone.items() if path not in led} | reported
    yield from reported.values()
    for violation in _of_all_that_is_allowed(document):
        if violation.path not in reported:
            yield violation


def _meant(statement: Statement) -> str:
    """What a condition says that is the reverse of what AWS's guides deny, as a clause."""
    encrypted = any(
        condition.name == "aws:securetransport" and condition.values == ("true",) for condition in statement.conditions
    )
    return "; it is plain HTTP for which `aws:SecureTransport` is `false`" if encrypted else ""


def _of_all_that_is_allowed(document: PolicyDocument) -> Iterator[Violation]:
    for void in voiding(document):
        yield Violation(void.path, "denies all that the document allows, so nobody is allowed anything by it")
    for (*others, last), allowed in excluded(document):
        together = f", together with {_named(others)}" if others else ""
        clause = "everybody whom it allows meets the conditions"
        yield Violation(last.path, f"denies all that {_named(allowed)} allows{together}: {clause}")


def _named(statements: Sequence[Statement]) -> str:
    return " and ".join(f"`{statement.path}`" for statement in statements)


def _alone(document: PolicyDocument) -> Iterator[Judgement]:
    for statement in document.statements:
        if statement.allows:
            continue
        if void := void_exemption(statement):
            yield Violation(
                statement.path, f"denies {void} too, which it exempts: the account has to be on the list as well"
            )
            continue
        if not any(principal.anyone for principal in statement.principals or ()):
            yield from map(Undecided, unknown_paths(document, statement, "Principal"))
            continue
        unknown = unknown_paths(document, statement, "Condition")
        origin = fence(statement)
        if origin and unread(statement, unknown):
            yield from map(Undecided, unknown)
        elif origin:
            yield Violation(
                statement.path,
                f"denies everyone whose `{origin.key}` is outside of your network: AWS services that act for you and "
                "administrators elsewhere too",
            )
        elif not unknown and (whom := denied_callers(statement)):
            yield Violation(statement.path, f"denies everything to {whom}, administrators included")


@over_stack
def current_documents(stack: Stack) -> Iterator[Placed[Current | Unknown]]:
    """The documents of a stack, their denials as they apply from today on."""
    read = documents("Statement", "Effect", kinds=(*RESOURCE, *IDENTITY, *TRUST), granting=True)
    for resource in stack.resources:
        manageable = resource.type.startswith("aws:kms/") and _checked(resource)
        for path, value in read(resource):
            if isinstance(value, PolicyDocument):
                yield resource, path, Current(from_day(value, stack.today), manageable=manageable)
            else:
                yield resource, path, value


def _checked(key: Resource) -> bool:
    return str(key.inputs.get("bypassPolicyLockoutSafetyCheck") or False).lower() == "false"


BOTH = ["arn:aws:s3:::inbox", "arn:aws:s3:::inbox/*"]
OUTSIDE = {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
ADMIN = "arn:aws:iam::111122223333:role/admin"
ENDPOINT = {"aws:SourceVpce": "vpce-0a1b2c3d"}
SPARING = {"BoolIfExists": {"aws:PrincipalIsAWSService": "false", "aws:ViaAWSService": "false"}}

TRUST_LAMBDA = allow("sts:AssumeRole", None, Principal={"Service": "lambda.amazonaws.com"})


def _everyone(action: str = "s3:*", /, **condition: Any) -> dict[str, Any]:
    return deny(action, BOTH, Principal="*", Condition=condition or None)


def _read_by(principal: str) -> dict[str, Any]:
    return allow("s3:GetObject", BOTH[1], Principal={"AWS": principal})


def _decrypt_by(principal: str, action: str = "kms:Decrypt") -> dict[str, Any]:
    return allow(action, "*", Principal={"AWS": principal})


def _key(*statements: dict[str, Any], **inputs: Any) -> Resource:
    return construct(KEY, "data", enableKeyRotation=True, policy=json.dumps(document(*statements)), **inputs)


POLICY = Policy(
    id="iam-lockout-deny",
    title="Document that locks out AWS services or administrators",
    why=__doc__,
    severity=Severity.HIGH,
    tags=[Tag.IAM, Tag.NETWORK, Tag.RELIABILITY],
    fix="Exempt AWS services (`BoolIfExists` on `aws:PrincipalIsAWSService` and `aws:ViaAWSService`) and the roles that need access (`ArnNotEquals` on `aws:PrincipalArn`); in a key policy allow the account `kms:*`.",
    references=[
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_aws_deny-ip.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalisawsservice",
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies-vpc-endpoint.html",
        "https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html",
    ],
    bad=reported_at(
        "policy.Statement[0]",
        example(bucket_policy(_everyone(**OUTSIDE))),
        example(bucket_policy(_everyone(StringNotEquals={"aws:SourceVpc": "vpc-0a1b2c3d"})), note="a VPC condition"),
        example(bucket_policy(_everyone(**OUTSIDE, Bool={"aws:ViaAWSService": "true"})), note="an inverted exception"),
        example(bucket_policy(_everyone()), note="a denial without a condition"),
        example(
            bucket_policy({"Effect": "Deny", "NotPrincipal": {"AWS": ADMIN}, "Action": "s3:*", "Resource": BOTH}),
            note="an exempted role without its account",
        ),
        example(
            bucket_policy(_everyone(DateGreaterThan={"aws:CurrentTime": "2020-01-01T00:00:00Z"})),
            note="a date in the past",
        ),
        example(
            bucket_policy(_everyone(**OUTSIDE, **SPARING), _everyone(StringNotEquals=ENDPOINT, **SPARING)),
            path="policy.Statement[1]",
            note="two denials: no request has both an address and an endpoint",
        ),
        example(
            role(TRUST_LAMBDA, deny("sts:AssumeRole", None, Principal="*")),
            path="assumeRolePolicy.Statement[1]",
            note="a trust policy that denies all that it allows",
        ),
        example(
            bucket_policy(_read_by(ADMIN), _everyone(StringEquals={"aws:PrincipalAccount": "111122223333"})),
            path="policy.Statement[1]",
            note="a condition that the only role meets",
        ),
        example(_key(_decrypt_by(ADMIN)), path="policy", note="a key that nobody may manage"),
    ),
    good=[
        example(
            bucket_policy(
                _everyone(
                    **OUTSIDE,
                    ArnNotEquals={"aws:PrincipalArn": ADMIN},
                    BoolIfExists={"aws:PrincipalIsAWSService": "false", "aws:ViaAWSService": "false"},
                )
            )
        ),
        example(
            bucket_policy(_everyone(**OUTSIDE, StringNotEquals=ENDPOINT, **SPARING)),
            note="one denial with both conditions, so either is enough",
        ),
        example(bucket_policy(_everyone(Bool={"aws:SecureTransport": "false"})), note="a denial of plain HTTP"),
        example(
            bucket_policy(_everyone("s3:PutObject", StringNotEquals={"s3:x-amz-server-side-encryption": "aws:kms"})),
            note="a denial of unencrypted writes",
        ),
        example(
            bucket_policy({**_everyone(**OUTSIDE), "Principal": {"AWS": "arn:aws:iam::444455556666:root"}}),
            note="a denial of a partner",
        ),
        example(
            bucket_policy(_read_by(ADMIN), _everyone(StringNotEquals={"aws:PrincipalAccount": "111122223333"})),
            note="a denial of other accounts",
        ),
        example(_key(_decrypt_by(ADMIN), _decrypt_by("111122223333", "kms:*")), note="a key that its account manages"),
        example(
            _key(_decrypt_by(ADMIN), bypassPolicyLockoutSafetyCheck=True),
            note="a key that is not to be managed, on purpose",
        ),
    ],
    requires=["iam-malformed-document"],
    subsumes=BY_CORRECTIONS,
    reads=current_documents,
    check=check,
)
