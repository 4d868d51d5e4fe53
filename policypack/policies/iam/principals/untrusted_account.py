"""A document or a grant that allows another account trusts everyone in it, now and later.

The usual cause is a pasted account ID: a vendor's old account, a former colleague's, or one wrong digit. The other
account decides on its own which of its users have access.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

import msgspec

from policypack.access.stack_diff.counterparts import Places
from policypack.access.stack_diff.created_values import created_value
from policypack.access.stack_diff.direct_grants import GrantDocument, direct_grants, grant_document
from policypack.core.examples import allow, bucket_policy, construct, deny, example, reported_at, role
from policypack.core.policy import UNKNOWN, Placed, Policy, Resource, Severity, Stack, Unknown, Violation, over_stack
from policypack.core.tags import Tag
from policypack.core.values import has_unknown
from policypack.iam.arn import Arn
from policypack.iam.document import PolicyDocument, Principal
from policypack.iam.document_readers import RESOURCE, TRUST, documents, values_at
from policypack.resources.providers import own_accounts
from policypack.resources.references import written
from policypack.resources.tokens import PERMISSION

ACCOUNT = re.compile(r"[0-9]{12}")


class Trusting(msgspec.Struct, frozen=True):
    """A document that names principals, and the accounts that may be among them."""

    document: PolicyDocument
    trusted: frozenset[str]
    of_property: bool = False
    """Whether it stands for a property that names them."""


@over_stack
def principal_documents(stack: Stack) -> Iterator[Placed[Trusting]]:
    """Every document and grant that names principals, with the trusted accounts; none if the settings name no accounts."""
    named = stack.settings.trusted_accounts
    if not named:
        return
    trusted = own_accounts(stack).union(named)
    read = documents("Principal", kinds=(*RESOURCE, *TRUST), granting=True)
    for resource in stack.resources:
        for path, document in read(resource):
            yield resource, path, document if isinstance(document, Unknown) else Trusting(document, trusted)
    for grant in chain(direct_grants(stack, Places()), _permissions(stack)):
        if not (grant.resource.external or grant.held_only):
            yield from _of_properties(stack, grant, trusted)


def _permissions(stack: Stack) -> Iterator[GrantDocument]:
    """The permissions of functions, each of which names one principal."""
    for resource in stack.of(PERMISSION):
        principal = written(resource, "principal")
        if isinstance(principal, str | int | Unknown):
            text = principal if isinstance(principal, Unknown) else str(principal)
            document = grant_document(PERMISSION, [text], ["lambda:InvokeFunction"], ["*"])
            yield GrantDocument(resource, "principal", document, PERMISSION)


def _of_properties(stack: Stack, grant: GrantDocument, trusted: frozenset[str]) -> Iterator[Placed[Trusting]]:
    """What a grant that is no document says, by property: the principals, or one that is unknown.

    A value that AWS creates with another resource of the stack names no other account.
    """
    names = grant.path.split(", ")
    if any(element == "Principal" for element, _ in grant.document.unknowns):
        for name in names:
            top = re.split(r"[.\[]", name)[0]
            if has_unknown(created_value(stack, Places(), grant.resource, top)):
                yield grant.resource, name, UNKNOWN
    for statement in grant.document.statements:
        for principal in statement.principals or ():
            if account := account_of(principal):
                one = msgspec.structs.replace(statement, principals=(principal,))
                document = msgspec.structs.replace(grant.document, statements=(one,))
                path = _property(grant.resource, names, account)
                yield grant.resource, path, Trusting(document, trusted, of_property=True)


def _property(resource: Resource, names: Sequence[str], account: str) -> str:
    """The property that names an account: one of these, or else the one of the resource in which it is."""
    places = (place for name in names for place in values_at(resource.inputs, name))
    return next((path for path, value in chain(places, resource.inputs.items()) if account in str(value)), names[0])


def check(trusting: Trusting) -> Iterator[Violation]:
    for statement in trusting.document.statements:
        accounts = dict.fromkeys(map(account_of, statement.principals or ())) if statement.allows else {}
        for account in accounts:
            if account is not None and account not in trusting.trusted:
                path = "" if trusting.of_property else statement.at("Principal")
                yield Violation(path, f"allows account `{account}`, which is not a trusted account")


def account_of(principal: Principal) -> str | None:
    """The account of an `AWS` principal; None for `*`, for services, for organizations and for other identities."""
    arn = Arn.parse(principal.value)
    if principal.type != "AWS" or (arn and arn.service == "organizations"):
        return None
    account = arn.account if arn else principal.value
    return account if ACCOUNT.fullmatch(account) else None


def _trusting(principal: Any) -> Resource:
    return bucket_policy(allow(Principal=principal))


def _permission(principal: str) -> Resource:
    inputs = {"function": "report", "action": "lambda:InvokeFunction", "principal": principal}
    return construct(PERMISSION, "invoke", **inputs)


def _snapshot(account: str) -> Resource:
    kind = "aws:ec2/snapshotCreateVolumePermission:SnapshotCreateVolumePermission"
    return construct(kind, "share", snapshotId="snap-0a1b2c3d4e5f60718", accountId=account)


POLICY = Policy(
    id="iam-untrusted-account",
    title="Policy document or grant allows an account that is not trusted",
    why=__doc__,
    severity=Severity.HIGH,
    tags=[Tag.IAM, Tag.CROSS_ACCOUNT],
    fix="Name an account of `trustedAccounts`, or add the account there, in the settings; without that setting this policy reports nothing.",
    references=["https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html"],
    bad=reported_at(
        "policy.Statement[0].Principal",
        example(_trusting({"AWS": "arn:aws:iam::999999999999:root"})),
        example(
            _trusting({"AWS": ["arn:aws:iam::111122223333:root", "arn:aws:iam::999999999999:role/deploy"]}),
            note="one of two principals",
        ),
        example(
            role({"Effect": "Allow", "Principal": {"AWS": "999999999999"}, "Action": "sts:AssumeRole"}),
            path="assumeRolePolicy.Statement[0].Principal",
            note="a trust policy, with the bare id",
        ),
        example(_permission("999999999999"), path="principal", note="a permission to invoke a function"),
        example(_snapshot("999999999999"), path="accountId", note="a snapshot that is shared"),
    ),
    good=[
        example(_trusting({"AWS": "arn:aws:iam::111122223333:root"})),
        example(_trusting({"Service": "logs.amazonaws.com"}), note="a service"),
        example(_permission("events.amazonaws.com"), note="a permission of a service"),
        example(_snapshot("111122223333"), note="a snapshot that is shared with a trusted account"),
        example(bucket_policy(deny("s3:*", "*", Principal={"AWS": "999999999999"})), note="a denial of that account"),
    ],
    requires=["iam-malformed-document"],
    reads=principal_documents,
    check=check,
)
