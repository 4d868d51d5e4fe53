"""A statement that allows `*`, or every action of a service, grants what nobody asked for and what AWS has yet to add.

One leaked credential is then a lost account: its holder can read any secret, create new users, and switch off the logs
that would have shown it. `NotAction` beside Allow is the same thing written backwards.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from policypack.aws.actions import whole_service
from policypack.aws.document import PolicyDocument, Principal, Statement
from policypack.aws.reading import documents
from policypack.policy import Policy, Resource, Severity, Undecided, Violation

ROOT = re.compile(r"\d{12}|arn:aws[-a-z]*:iam::\d{12}:root")


def check(document: PolicyDocument) -> Iterator[Violation | Undecided]:
    for statement in document.statements:
        if not statement.allows:
            continue
        if statement.not_actions is not None:
            yield Violation(statement.at("NotAction"), "allows every action of every service but those named")
        for pattern in filter(whole_service, statement.actions or ()):
            if not _keeps_key_manageable(document, statement, pattern):
                yield Violation(statement.at("Action"), _too_much(pattern))
            elif "Principal" in statement.unknown:
                yield Undecided(statement.at("Principal"))


def _too_much(pattern: str) -> str:
    service, colon, _ = pattern.partition(":")
    of = f"of `{service}` " if colon and service.strip("*?") else ""
    return f"`{pattern}` allows every action {of}there is or will be"


def _keeps_key_manageable(document: PolicyDocument, statement: Statement, pattern: str) -> bool:
    """Whether this is the default of a key policy: `kms:*` for the account, which leaves the key to its IAM policies."""
    if not document.type.startswith("aws:kms/") or not pattern.lower().startswith("kms:"):
        return False
    return statement.principals is not None and all(map(_is_account, statement.principals))


def _is_account(principal: Principal) -> bool:
    return principal.type == "AWS" and ROOT.fullmatch(principal.value) is not None


POLICY = Policy(
    id="iam-wildcard-action",
    title="Policy document allows every action of a service, or of all",
    why=__doc__,
    severity=Severity.CRITICAL,
    fix="List the actions that the workload calls, such as `s3:GetObject`.",
    references=[
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notaction.html",
        "https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html",
    ],
    bad=Resource(
        "aws:iam/rolePolicy:RolePolicy",
        "reader",
        {
            "role": "reader",
            "policy": {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::inbox/*"}],
            },
        },
    ),
    good=Resource(
        "aws:iam/rolePolicy:RolePolicy",
        "reader",
        {
            "role": "reader",
            "policy": {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::inbox/*"}],
            },
        },
    ),
    reads=documents("Action", "NotAction", granting=True),
    check=check,
)
