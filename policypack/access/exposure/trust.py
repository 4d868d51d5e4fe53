"""Who may assume a role by its trust policy: everyone by a wildcard, or everyone with a token of an identity provider.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from policypack.access.exposure.public import exposure
from policypack.access.solver.bounds import OWN, unknown_paths, variable
from policypack.access.solver.verdict import Answer, Verdict
from policypack.core.policy import UNKNOWN
from policypack.core.witness import Witness
from policypack.iam.addresses import everything
from policypack.iam.arn import Arn
from policypack.iam.condition_keys import requires_key
from policypack.iam.document import Condition, PolicyDocument, Principal, Statement
from policypack.iam.globs import has_wildcard

SHARED_ISSUERS = (
    "token.actions.githubusercontent.com",
    "gitlab.com",
    "app.terraform.io",
    "api.bitbucket.org",
    "oidc.circleci.com",
    "oidc.vercel.com",
    "agent.buildkite.com",
    "api.pulumi.com",
    "accounts.google.com",
)
"""The hosts of issuers whose tokens anyone can get, for their own subject and an audience of their choice."""
OF_A_TENANT = re.compile(
    r"oidc\.circleci\.com/org/.+|api\.bitbucket\.org/2\.0/workspaces/.+|oidc\.vercel\.com/.+"
    r"|token\.actions\.githubusercontent\.com/.+"
)
"""The issuers of these hosts that belong to one organization, as a host of its own does.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html,
https://circleci.com/docs/openid-connect-tokens/,
https://support.atlassian.com/bitbucket-cloud/docs/deploy-on-aws-using-bitbucket-pipelines-openid-connect/,
https://vercel.com/docs/oidc and https://docs.github.com/en/actions/reference/openid-connect-reference.
"""
APPLICATIONS = {
    "graph.facebook.com": ("app_id", "id"),
    "www.amazon.com": ("app_id", "user_id"),
    "accounts.google.com": ("aud", "oaud", "sub", "email"),
    "cognito-identity.amazonaws.com": ("aud", "sub"),
}
"""By public identity provider, the claims of which one pins the application or the user."""
OWNER = re.compile(r"[^:*?]+:[^*?/:]+[/:]")
"""A label and a complete owner, such as `repo:acme/` or `organization:acme:`, before any wildcard."""


def trusting(document: PolicyDocument) -> Iterator[Answer]:
    """An answer for each way in which an Allow statement allows outsiders, or may."""
    for statement in document.statements:
        if statement.allows:
            yield from _wildcards(document, statement)
            yield from _providers(document, statement)


def _wildcards(document: PolicyDocument, statement: Statement) -> Iterator[Answer]:
    """The verdict on the statement with what the document denies, without identity providers."""
    principals = statement.principals and tuple(
        principal for principal in statement.principals if principal.type != "Federated"
    )
    alone = msgspec.structs.replace(statement, principals=principals)
    denials = (other for other in document.statements if not other.allows)
    answer = exposure(
        msgspec.structs.replace(document, statements=(alone, *denials), unknowns=_within(document, statement))
    )
    element = "NotPrincipal" if statement.not_principals is not None else "Principal"
    if answer.verdict is Verdict.PUBLIC and answer.witness:
        witness = _assuming(answer.witness, statement)
        yield Answer(Verdict.PUBLIC, answer.why, statement.at(element), witness)
    elif answer.verdict is Verdict.UNDECIDED:
        unknown = unknown_paths(document, statement, "Principal", "NotPrincipal", "Condition")
        why = UNKNOWN.why if unknown else "cannot be determined to be open or not"
        yield Answer(Verdict.UNDECIDED, why, unknown[0] if unknown else statement.at(element))


def _assuming(witness: Witness, statement: Statement) -> Witness:
    """The example with the role as its resource, which a trust policy does not name."""
    action = next((action for action in statement.actions or () if "*" not in action), "sts:AssumeRole")
    outsider = witness.outsider.replace("on the internet", "with an AWS account")
    return msgspec.structs.replace(witness, outsider=outsider, action=action, resource="this role")


def _within(document: PolicyDocument, statement: Statement) -> tuple[tuple[str, str], ...]:
    """The unknowns without those of other Allow statements and of whole statements, which are reported separately."""
    others = tuple(f"{other.path}." for other in document.statements if other.allows and other is not statement)
    return tuple(
        (element, path)
        for element, path in document.unknowns
        if element not in ("Statement", "Effect") and not path.startswith(others)
    )


def _providers(document: PolicyDocument, statement: Statement) -> Iterator[Answer]:
    for principal in statement.principals or ():
        provider = _issuer(principal)
        if provider is not None and (missing := _loose_claim(statement, provider)):
            unknown = unknown_paths(document, statement, "Condition")
            if unknown:
                yield Answer(Verdict.UNDECIDED, UNKNOWN.why, unknown[0])
            else:
                outsider = f"anyone with a token of `{provider}`"
                action = "sts:AssumeRoleWithWebIdentity"
                witness = Witness(outsider, everything().example(), action, "this role")
                why = f"trusts everyone with a token of `{provider}`: {missing}"
                yield Answer(Verdict.PUBLIC, why, statement.at("Principal"), witness)


def _issuer(principal: Principal) -> str | None:
    """The host, and path, of the OpenID Connect provider that a principal names; None for other principals."""
    if principal.type != "Federated":
        return None
    arn = Arn.parse(principal.value)
    if arn is None:
        return principal.value.lower()
    kind, _, name = arn.resource.partition("/")
    return name.lower() if kind == "oidc-provider" else None


def _loose_claim(statement: Statement, provider: str) -> str | None:
    """A clause on the claim that no condition of the statement fixes; None if the conditions fix the caller."""
    claims = {
        condition.name.removeprefix(f"{provider}:"): condition
        for condition in statement.conditions
        if condition.name.startswith(f"{provider}:") and _limits(condition)
    }
    if provider in APPLICATIONS:
        identifying = APPLICATIONS[provider]
        if any(name in identifying and not any(map(has_wildcard, claim.values)) for name, claim in claims.items()):
            return None
        return f"no condition fixes `{provider}:{identifying[0]}`"
    if provider.partition("/")[0] not in SHARED_ISSUERS or OF_A_TENANT.fullmatch(provider):
        if any(name in ("sub", "aud") and "*" not in claim.values for name, claim in claims.items()):
            return None
        return f"no condition fixes `{provider}:sub` or `{provider}:aud`"
    subjects = [condition for name, condition in claims.items() if name != "aud"]
    if any(all(map(_owned, condition.values)) for condition in subjects):
        return None
    if subjects:
        return f"`{subjects[0].key}` does not name a complete owner before its wildcard"
    return f"no condition fixes `{provider}:sub`, and anyone can have a token of this issuer"


def _limits(condition: Condition) -> bool:
    """Whether the condition fails for a token that lacks the claim or has another value."""
    return condition.operator in ("StringEquals", "StringEqualsIgnoreCase", "StringLike") and requires_key(condition)


def _owned(value: str) -> bool:
    if "${" in value and variable(OWN.sub("", value)):
        return False
    return not has_wildcard(value) or OWNER.match(value) is not None
