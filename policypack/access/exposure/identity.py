"""Whether a trust policy pins down whom an identity provider vouches for.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif.
"""

from __future__ import annotations

import re

from policypack.access.solver.bounds import OWN, variable
from policypack.iam.arn import Arn
from policypack.iam.document import Condition, Principal, Statement
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
"""Issuers whose tokens anybody can get, for their own subject and an audience of their choice."""
APPLICATIONS = {
    "graph.facebook.com": ("app_id", "id"),
    "www.amazon.com": ("app_id", "user_id"),
    "accounts.google.com": ("aud", "oaud", "sub", "email"),
    "cognito-identity.amazonaws.com": ("aud", "sub"),
}
"""By public identity provider, the claims of which one pins the application or the user."""
OWNER = re.compile(r"[^:*?]+:[^*?/:]+[/:]")
"""A label and a whole owner, as `repo:acme/` or `organization:acme:`, before any wildcard."""


def issuer(principal: Principal) -> str | None:
    """The host, and path, of the OpenID Connect provider that a principal names; None for other principals."""
    if principal.type != "Federated":
        return None
    arn = Arn.parse(principal.value)
    if arn is None:
        return principal.value.lower()
    kind, _, name = arn.resource.partition("/")
    return name.lower() if kind == "oidc-provider" else None


def loose_claim(statement: Statement, provider: str) -> str | None:
    """What is missing in the conditions on an issuer's claims: a clause, or None where they pin the caller down."""
    claims = {
        each.name.removeprefix(f"{provider}:"): each
        for each in statement.conditions
        if each.name.startswith(f"{provider}:") and _limits(each)
    }
    if provider in APPLICATIONS:
        wanted = APPLICATIONS[provider]
        if any(name in wanted and not any(map(has_wildcard, each.values)) for name, each in claims.items()):
            return None
        return f"no condition fixes `{provider}:{wanted[0]}`"
    if not provider.startswith(SHARED_ISSUERS):
        if any(
            name in ("sub", "aud") and not any(each == "*" for each in found.values) for name, found in claims.items()
        ):
            return None
        return f"no condition fixes `{provider}:sub` or `{provider}:aud`"
    owned = {name: each for name, each in claims.items() if name != "aud"}
    if any(all(map(_owned, each.values)) for each in owned.values()):
        return None
    if owned:
        return f"`{next(iter(owned.values())).key}` does not name a whole owner before its wildcard"
    return f"no condition fixes `{provider}:sub`, and anybody can have a token of this issuer"


def _limits(condition: Condition) -> bool:
    """Whether the condition fails for a token that lacks the claim or has another value."""
    positive = condition.operator in ("StringEquals", "StringEqualsIgnoreCase", "StringLike")
    return positive and not condition.if_exists and condition.qualifier != "ForAllValues" and bool(condition.values)


def _owned(value: str) -> bool:
    if "${" in value and variable(OWN.sub("", value)):
        return False
    return not has_wildcard(value) or OWNER.match(value) is not None
