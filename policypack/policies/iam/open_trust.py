"""Whoever may assume a role has all that the role has, and a trust policy is easily opened to everybody.

A wildcard principal takes in every AWS account. An identity provider such as GitHub gives a token to anybody who
asks, so without a condition on its subject anybody's workflow assumes the role. An external id is no secret.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policypack.access.exposure.trust import trusting
from policypack.access.solver.verdict import Verdict
from policypack.core.examples import allow, example, role
from policypack.core.policy import UNKNOWN, Judgement, Policy, Resource, Severity, Undecided, Violation
from policypack.core.tags import Tag
from policypack.iam.document import PolicyDocument
from policypack.iam.document_readers import TRUST, documents


def check(document: PolicyDocument) -> Iterator[Judgement]:
    """Yields each Allow statement that takes in outsiders, with an example."""
    for answer in trusting(document):
        if answer.verdict is Verdict.PUBLIC:
            yield Violation(answer.path, answer.message)
        else:
            yield Undecided(answer.path, answer.why or UNKNOWN.why)


HOST = "token.actions.githubusercontent.com"


def _trusting(principal: Any, **condition: Any) -> Resource:
    elements = {"Condition": condition} if condition else {}
    return role(allow("sts:AssumeRole", None, Principal=principal, **elements))


def _github(**subject: dict[str, Any]) -> Resource:
    audience = {"StringEquals": {f"{HOST}:aud": "sts.amazonaws.com"}}
    provider = {"Federated": f"arn:aws:iam::111122223333:oidc-provider/{HOST}"}
    statement = allow("sts:AssumeRoleWithWebIdentity", None, Principal=provider, Condition={**audience, **subject})
    return role(statement)


POLICY = Policy(
    id="iam-open-trust",
    title="Role that anybody may assume",
    why=__doc__,
    severity=Severity.CRITICAL,
    tags=[Tag.IAM, Tag.PUBLIC_ACCESS, Tag.CROSS_ACCOUNT],
    fix="Name the accounts, roles or services, and for an identity provider fix the subject, such as `repo:acme/orders:ref:refs/heads/main`.",
    references=[
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html",
    ],
    bad=[
        example(_github(StringLike={f"{HOST}:sub": "repo:*"}), path="assumeRolePolicy.Statement[0].Principal"),
        example(
            _github(),
            path="assumeRolePolicy.Statement[0].Principal",
            note="an audience only, which every workflow asks for",
        ),
        example(
            _github(StringLike={f"{HOST}:sub": "repo:acme*"}),
            path="assumeRolePolicy.Statement[0].Principal",
            note="also `acme-evil`, which anybody may register",
        ),
        example(_trusting({"AWS": "*"}), path="assumeRolePolicy.Statement[0].Principal", note="every AWS account"),
        example(
            _trusting("*", StringEquals={"sts:ExternalId": "acme"}),
            path="assumeRolePolicy.Statement[0].Principal",
            note="an external id, which is no secret",
        ),
        example(
            _trusting("*", StringEqualsIfExists={"aws:PrincipalOrgID": "o-a1b2c3d4e5"}),
            path="assumeRolePolicy.Statement[0].Principal",
            note="a condition that holds for who is in no organization",
        ),
    ],
    good=[
        example(_github(StringLike={f"{HOST}:sub": "repo:acme/orders:*"})),
        example(_trusting({"Service": "lambda.amazonaws.com"}), note="a service"),
        example(
            _trusting({"AWS": "arn:aws:iam::444455556666:root"}, StringEquals={"sts:ExternalId": "acme"}),
            note="a partner's account, with the external id that it asks for",
        ),
        example(
            _trusting("*", StringEquals={"aws:PrincipalOrgID": "o-a1b2c3d4e5"}), note="everybody in one organization"
        ),
    ],
    reads=documents("Statement", "Effect", kinds=TRUST),
    check=check,
)
