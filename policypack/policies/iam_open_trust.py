"""Whoever may assume a role has all that the role has, and a trust policy is easily opened to everybody.

A wildcard principal takes in every AWS account. An identity provider such as GitHub gives a token to anybody who
asks, so without a condition on its subject anybody's workflow assumes the role. An external id is no secret.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from policypack.access.bounds import unknown_paths
from policypack.access.identity import issuer, loose_claim
from policypack.access.public import exposure
from policypack.access.verdict import Verdict
from policypack.aws.document import PolicyDocument, Statement
from policypack.aws.reading import TRUST, documents
from policypack.policy import Judgement, Policy, Resource, Severity, Undecided, Violation


def check(document: PolicyDocument) -> Iterator[Judgement]:
    """Yields each Allow statement that takes in outsiders."""
    for statement in document.statements:
        if statement.allows:
            yield from _wildcards(document, statement)
            yield from _providers(document, statement)


def _wildcards(document: PolicyDocument, statement: Statement) -> Iterator[Judgement]:
    """Judges the statement with what the document denies, leaving out identity providers."""
    principals = statement.principals and tuple(each for each in statement.principals if each.type != "Federated")
    alone = msgspec.structs.replace(statement, principals=principals)
    denials = (each for each in document.statements if not each.allows)
    answer = exposure(
        msgspec.structs.replace(document, statements=(alone, *denials), unknowns=_within(document, statement))
    )
    element = "NotPrincipal" if statement.not_principals is not None else "Principal"
    if answer.verdict is Verdict.PUBLIC and answer.witness:
        service = "service" in answer.witness.outsider
        whom = "any AWS service, for anyone" if service else "anyone with an AWS account"
        yield Violation(statement.at(element), f"lets {whom} assume the role: {answer.why}")
    elif answer.verdict is Verdict.UNDECIDED:
        unknown = unknown_paths(document, statement, "Principal", "NotPrincipal", "Condition")
        yield Undecided(unknown[0]) if unknown else Undecided(statement.at(element), "cannot be told open or not")


def _within(document: PolicyDocument, statement: Statement) -> tuple[tuple[str, str], ...]:
    """The unknowns but for those of other Allow statements and of whole statements, which are reported apart."""
    others = tuple(f"{each.path}." for each in document.statements if each.allows and each is not statement)
    whole = {path for element, path in document.unknowns if element in ("Statement", "Effect")}
    return tuple(
        (element, path) for element, path in document.unknowns if path not in whole and not path.startswith(others)
    )


def _providers(document: PolicyDocument, statement: Statement) -> Iterator[Judgement]:
    for principal in statement.principals or ():
        provider = issuer(principal)
        if provider is not None and (missing := loose_claim(statement, provider)):
            unknown = unknown_paths(document, statement, "Condition")
            if unknown:
                yield Undecided(unknown[0])
            else:
                yield Violation(statement.at("Principal"), f"trusts everybody whom `{provider}` vouches for: {missing}")


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
