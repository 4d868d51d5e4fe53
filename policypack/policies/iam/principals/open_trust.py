"""Whoever may assume a role has all of its permissions, and a trust policy is easily opened to everyone.

A wildcard principal matches every AWS account. An identity provider such as GitHub issues a token to anyone who asks,
so without a condition on the subject anyone's workflow can assume the role. An external ID is not a secret.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policypack.access.exposure.exposure import judge
from policypack.access.exposure.trust import trusting
from policypack.core.examples import allow, example, reported_at, role
from policypack.core.policy import Judgement, Policy, Resource, Severity
from policypack.core.tags import Tag
from policypack.iam.document import PolicyDocument
from policypack.iam.document_readers import TRUST, documents


def check(document: PolicyDocument) -> Iterator[Judgement]:
    """Yields each Allow statement that allows outsiders, with an example."""
    for answer in trusting(document):
        yield from judge(answer, answer.why)


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
    title="Role that anyone may assume",
    why=__doc__,
    severity=Severity.CRITICAL,
    tags=[Tag.IAM, Tag.PUBLIC_ACCESS, Tag.CROSS_ACCOUNT],
    fix="Name the accounts, roles or services, and for an identity provider require a subject, such as `repo:acme/orders:ref:refs/heads/main`.",
    references=[
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html",
    ],
    bad=reported_at(
        "assumeRolePolicy.Statement[0].Principal",
        example(_github(StringLike={f"{HOST}:sub": "repo:*"})),
        example(_github(), note="an audience only, which every workflow can request"),
        example(_github(StringLike={f"{HOST}:sub": "repo:acme*"}), note="also `acme-evil`, which anyone may register"),
        example(_trusting({"AWS": "*"}), note="every AWS account"),
        example(_trusting("*", StringEquals={"sts:ExternalId": "acme"}), note="an external ID, which is not a secret"),
        example(
            _trusting("*", StringEqualsIfExists={"aws:PrincipalOrgID": "o-a1b2c3d4e5"}),
            note="a condition that matches callers outside of any organization",
        ),
    ),
    good=[
        example(_github(StringLike={f"{HOST}:sub": "repo:acme/orders:*"})),
        example(_trusting({"Service": "lambda.amazonaws.com"}), note="a service"),
        example(
            _trusting({"AWS": "arn:aws:iam::444455556666:root"}, StringEquals={"sts:ExternalId": "acme"}),
            note="a partner's account, with its external ID",
        ),
        example(_trusting("*", StringEquals={"aws:PrincipalOrgID": "o-a1b2c3d4e5"}), note="one organization"),
    ],
    subsumes=["iam-untrusted-account", "iam-confused-deputy"],
    reads=documents("Statement", "Effect", kinds=TRUST, granting=True),
    check=check,
)
