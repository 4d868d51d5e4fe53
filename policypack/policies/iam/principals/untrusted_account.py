"""A document that allows another account trusts everyone in it, now and later.

The usual cause is a pasted account ID: a vendor's old account, a former colleague's, or one wrong digit. The other
account decides on its own which of its users have access.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from policypack.core.examples import allow, bucket_policy, deny, example, reported_at, role
from policypack.core.policy import Placed, Policy, Resource, Severity, Stack, Unknown, Violation, over_stack
from policypack.core.tags import Tag
from policypack.iam.arn import Arn
from policypack.iam.document import PolicyDocument, Principal
from policypack.iam.document_readers import RESOURCE, TRUST, documents
from policypack.resources.providers import own_accounts

ACCOUNT = re.compile(r"[0-9]{12}")


@over_stack
def principal_documents(stack: Stack) -> Iterator[Placed[tuple[PolicyDocument, frozenset[str]]]]:
    """Every document that names principals, with the trusted accounts; none if the settings name no accounts."""
    named = stack.settings.trusted_accounts
    trusted = own_accounts(stack).union(named) if named else frozenset()
    read = documents("Principal", kinds=(*RESOURCE, *TRUST), granting=True)
    for resource in stack.resources if named else ():
        for path, document in read(resource):
            yield resource, path, document if isinstance(document, Unknown) else (document, trusted)


def check(checked: tuple[PolicyDocument, frozenset[str]]) -> Iterator[Violation]:
    document, trusted = checked
    for statement in document.statements:
        accounts = dict.fromkeys(map(account_of, statement.principals or ())) if statement.allows else {}
        for account in accounts:
            if account is not None and account not in trusted:
                yield Violation(
                    statement.at("Principal"), f"allows account `{account}`, which is not a trusted account"
                )


def account_of(principal: Principal) -> str | None:
    """The account of an `AWS` principal; None for `*`, for services and for other identities."""
    if principal.type != "AWS":
        return None
    arn = Arn.parse(principal.value)
    account = arn.account if arn else principal.value
    return account if ACCOUNT.fullmatch(account) else None


def _trusting(principal: Any) -> Resource:
    return bucket_policy(allow(Principal=principal))


POLICY = Policy(
    id="iam-untrusted-account",
    title="Policy document allows an account that is not trusted",
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
    ),
    good=[
        example(_trusting({"AWS": "arn:aws:iam::111122223333:root"})),
        example(_trusting({"Service": "logs.amazonaws.com"}), note="a service"),
        example(bucket_policy(deny("s3:*", "*", Principal={"AWS": "999999999999"})), note="a denial of that account"),
    ],
    requires=["iam-malformed-document"],
    reads=principal_documents,
    check=check,
)
