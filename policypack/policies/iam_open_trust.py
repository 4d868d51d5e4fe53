"""Whoever may assume a role has all that the role has, and a trust policy is easily opened to everybody.

A wildcard principal takes in every AWS account. An identity provider such as GitHub gives a token to anybody who
asks, so without a condition on its subject anybody's workflow assumes the role. An external id is no secret.
"""

from __future__ import annotations

from collections.abc import Iterator

from policypack.access.exposure.trust import trusting
from policypack.access.solver.verdict import Verdict
from policypack.aws.document import PolicyDocument
from policypack.aws.reading import TRUST, documents
from policypack.policy import UNKNOWN, Judgement, Policy, Resource, Severity, Undecided, Violation


def check(document: PolicyDocument) -> Iterator[Judgement]:
    """Yields each Allow statement that takes in outsiders, with an example."""
    for answer in trusting(document):
        if answer.verdict is Verdict.PUBLIC:
            yield Violation(answer.path, answer.told)
        else:
            yield Undecided(answer.path, answer.why or UNKNOWN.why)


def _role(subject: str) -> Resource:
    host = "token.actions.githubusercontent.com"
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::111122223333:oidc-provider/{host}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {f"{host}:aud": "sts.amazonaws.com"}, "StringLike": {f"{host}:sub": subject}},
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return Resource("aws:iam/role:Role", "deploy", {"assumeRolePolicy": document})


POLICY = Policy(
    id="iam-open-trust",
    title="Role that anybody may assume",
    why=__doc__,
    severity=Severity.CRITICAL,
    fix="Name the accounts, roles or services, and for an identity provider fix the subject, such as `repo:acme/orders:ref:refs/heads/main`.",
    references=[
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html",
    ],
    bad=_role("repo:*"),
    good=_role("repo:acme/orders:*"),
    reads=documents("Statement", "Effect", kinds=TRUST),
    check=check,
)
