from __future__ import annotations

from typing import Any

from policypack.core.examples import allow, deny, role
from policypack.core.policy import UNKNOWN
from policypack.policies.iam.principals.open_trust import POLICY
from tests.policies.helpers import messages, reported, silent, undecided, violations

GITHUB = "token.actions.githubusercontent.com"
COGNITO = "cognito-identity.amazonaws.com"


def trust(principal: Any, **condition: Any) -> dict[str, Any]:
    return allow("sts:AssumeRole", None, Principal=principal, Condition=condition or None)


def oidc(host: str = GITHUB, **condition: Any) -> dict[str, Any]:
    return trust({"Federated": f"arn:aws:iam::111122223333:oidc-provider/{host}"}, **condition)


def github(subject: Any, operator: str = "StringLike", claim: str = "sub") -> dict[str, Any]:
    audience = {f"{GITHUB}:aud": "sts.amazonaws.com"}
    return oidc(**{"ForAnyValue:StringEquals": audience, operator: {f"{GITHUB}:{claim}": subject}})


test_anybody_may_assume_the_role = reported(
    POLICY,
    "assumeRolePolicy.Statement[0].Principal",
    trust("*"),
    trust({"AWS": ["arn:aws:iam::111122223333:root", "*"]}),
    trust({"Service": "*"}),
    trust("*", StringLike={"aws:PrincipalOrgID": "o-*"}),
    trust("*", IpAddress={"aws:SourceIp": "0.0.0.0/0"}),
    github("*"),
    github("repo:*/orders:*"),
    github(["repo:acme/orders:*", "repo:*"]),
    github("repo:acme/orders:*", "StringNotLike"),
    github("repo:acme/orders:*", "ForAllValues:StringLike"),
    github("repo:acme/orders:*", "StringLikeIfExists"),
    oidc("gitlab.com", StringLike={"gitlab.com:sub": "project_path:*"}),
    oidc("app.terraform.io", StringLike={"app.terraform.io:sub": "organization:acme*"}),
    oidc("oidc.eks.eu-west-1.amazonaws.com/id/0A1B"),
    trust({"Federated": COGNITO}),
    trust({"Federated": COGNITO}, StringLike={f"{COGNITO}:aud": "eu-west-1:*"}),
    trust({"Federated": "accounts.google.com"}, Bool={"aws:SecureTransport": "true"}),
    of=role,
)


def test_everybody_but_somebody() -> None:
    statement = allow("sts:AssumeRole", None, NotPrincipal={"AWS": "arn:aws:iam::111122223333:user/intern"})
    assert violations(POLICY, role(statement)) == ["assumeRolePolicy.Statement[0].NotPrincipal"]


test_looks_alike = silent(
    POLICY,
    trust({"Service": ["ec2.amazonaws.com", "ecs-tasks.amazonaws.com"]}),
    trust({"AWS": "444455556666"}),
    trust({"AWS": "*"}, ArnLike={"aws:PrincipalArn": "arn:aws:iam::111122223333:role/deploy-*"}),
    github("repo:acme/orders:ref:refs/heads/main", "StringEquals"),
    github("repo:acme/*"),
    github(["repo:acme/orders:*", "repo:acme/returns:environment:live"]),
    github("acme", "StringEquals", "repository_owner"),
    oidc("gitlab.com", StringLike={"gitlab.com:sub": "project_path:acme/*:ref_type:branch:ref:main"}),
    oidc("app.terraform.io", StringLike={"app.terraform.io:sub": "organization:acme:project:*"}),
    oidc(
        "oidc.eks.eu-west-1.amazonaws.com/id/0A1B",
        StringEquals={"oidc.eks.eu-west-1.amazonaws.com/id/0A1B:sub": "system:serviceaccount:orders:reader"},
    ),
    trust({"Federated": COGNITO}, StringEquals={f"{COGNITO}:aud": "eu-west-1:12345678-ffff-ffff-ffff-123456"}),
    trust({"Federated": "arn:aws:iam::111122223333:saml-provider/office"}),
    deny("sts:AssumeRole", None, Principal="*"),
    of=role,
)


def test_a_denial_counts() -> None:
    foreign = deny("sts:*", None, Principal="*", Condition={"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}})
    assert messages(POLICY, role(trust({"AWS": "*"}), foreign)) == []


def test_one_report_for_each_statement() -> None:
    paths = violations(POLICY, role(trust("*"), trust({"AWS": "*"}), trust({"Service": "ec2.amazonaws.com"})))
    assert paths == ["assumeRolePolicy.Statement[0].Principal", "assumeRolePolicy.Statement[1].Principal"]


def test_unknown_values() -> None:
    assert undecided(POLICY, role(trust(UNKNOWN))) == ["assumeRolePolicy.Statement[0].Principal"]
    assert undecided(POLICY, role(trust({"AWS": [UNKNOWN]}))) == ["assumeRolePolicy.Statement[0].Principal.AWS[0]"]
    path = f"assumeRolePolicy.Statement[0].Condition.StringLike.{GITHUB}:sub"
    assert undecided(POLICY, role(github(UNKNOWN))) == [path]
    assert undecided(POLICY, role(trust("*", StringEquals=UNKNOWN))) == [
        "assumeRolePolicy.Statement[0].Condition.StringEquals"
    ]
    fixed = trust({"Service": "lambda.amazonaws.com"}, StringEquals={"aws:SourceAccount": UNKNOWN})
    assert undecided(POLICY, role(fixed)) == []
    assert violations(POLICY, role(trust("*"), trust(UNKNOWN))) == ["assumeRolePolicy.Statement[0].Principal"]


ORGANIZATION = "1f0e2d3c-4b5a-4968-8776-95a4b3c2d1e0"
CIRCLE, VERCEL = f"oidc.circleci.com/org/{ORGANIZATION}", "oidc.vercel.com/acme"
BITBUCKET = "api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc"


def audience(host: str) -> dict[str, Any]:
    return oidc(host, StringEquals={f"{host}:aud": "sts.amazonaws.com"})


test_an_issuer_of_one_organization = silent(
    POLICY,
    *map(audience, (CIRCLE, BITBUCKET, VERCEL, f"{GITHUB}/acme", "gitlab.com.acme.example", "acme.semaphoreci.com")),
    oidc(CIRCLE, StringLike={f"{CIRCLE}:sub": f"org/{ORGANIZATION}/project/*/user/*"}),
    oidc(BITBUCKET, StringLike={f"{BITBUCKET}:sub": f"{{{ORGANIZATION}}}*:*"}),
    of=role,
)
test_an_issuer_that_organizations_share = reported(
    POLICY,
    "assumeRolePolicy.Statement[0].Principal",
    *map(audience, (GITHUB, "gitlab.com", "api.pulumi.com/oidc", "oidc.vercel.com", "agent.buildkite.com")),
    oidc(CIRCLE),
    oidc(CIRCLE, StringLike={f"{CIRCLE}:sub": "*"}),
    of=role,
)
