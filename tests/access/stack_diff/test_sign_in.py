"""Who may sign in: more callers are new access, and the same ones by another authorizer or in another order are not."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from policypack.access.solver.verdict import Verdict
from policypack.access.stack_diff.grant_tables.sign_in import SIGN_IN
from policypack.core.examples import allow, document
from policypack.core.policy import UNKNOWN, Resource
from tests.access.stacks import gains, resource

OTHER = "444455556666"
AUTHORIZER, ROUTE = "aws:apigatewayv2/authorizer:Authorizer", "aws:apigatewayv2/route:Route"
METHOD, REST_API = "aws:apigateway/method:Method", "aws:apigateway/restApi:RestApi"
GRAPHQL, LISTENER = "aws:appsync/graphQLApi:GraphQLApi", "aws:lb/listener:Listener"
IDENTITY_POOL, SAML = "aws:cognito/identityPool:IdentityPool", "aws:iam/samlProvider:SamlProvider"
PERMISSION = "aws:lambda/permission:Permission"
SIGNED_IN = [{"type": "authenticate-oidc"}, {"type": "forward"}]

Inputs = dict[str, Any]


def _jwt(issuer: str = "https://login.example", *audiences: str) -> Inputs:
    return {"apiId": "api", "jwtConfiguration": {"issuer": issuer, "audiences": [*(audiences or ("shop",))]}}


def _route(**inputs: Any) -> Inputs:
    return {"apiId": "api", "routeKey": "GET /x", "authorizationType": "JWT", "authorizerId": "auth", **inputs}


def _method(authorization: str, **inputs: Any) -> Inputs:
    return {"restApi": "api", "resourceId": "r", "httpMethod": "GET", "authorization": authorization, **inputs}


def _pool(*clients: str) -> Inputs:
    providers = [{"providerName": "users", "clientId": client} for client in clients]
    return {"identityPoolName": "shop", "cognitoIdentityProviders": providers}


def _metadata(entity: str, certificate: str = "c") -> Inputs:
    return {"name": "corp", "samlMetadataDocument": f"<EntityDescriptor entityID='{entity}'>{certificate}</>"}


def _private(kind: str) -> Inputs:
    policy = document(allow(Principal="*", Action="execute-api:Invoke"))
    return {"endpointConfiguration": {"types": kind}, "policy": policy}


def _permission(**inputs: Any) -> Inputs:
    return {"function": "shop", "action": "lambda:InvokeFunction", "principal": OTHER, **inputs}


def _beside_iam(kind: str, **inputs: Any) -> Inputs:
    return {
        "name": "q",
        "authenticationType": "AWS_IAM",
        "additionalAuthenticationProviders": [{"authenticationType": kind, **inputs}],
    }


WIDER: dict[str, tuple[str, Inputs, Inputs]] = {
    "another audience": (AUTHORIZER, _jwt(), _jwt("https://login.example", "shop", "admin")),
    "another issuer": (AUTHORIZER, _jwt(), _jwt("https://other.example")),
    "another user pool": (
        "aws:apigateway/authorizer:Authorizer",
        {"restApi": "api", "providerArns": ["a"]},
        {"restApi": "api", "providerArns": ["a", "b"]},
    ),
    "no scope": (ROUTE, _route(authorizationScopes=["write"]), _route()),
    "another scope": (ROUTE, _route(authorizationScopes=["write"]), _route(authorizationScopes=["read", "write"])),
    "another authorizer": (ROUTE, _route(), _route(authorizerId="other")),
    "no scope of a method": (
        METHOD,
        _method("COGNITO_USER_POOLS", authorizerId="auth", authorizationScopes=["write"]),
        _method("COGNITO_USER_POOLS", authorizerId="auth"),
    ),
    "no API key": (METHOD, _method("NONE", apiKeyRequired=True), _method("NONE")),
    "tokens beside AWS's signatures": (
        GRAPHQL,
        {"name": "q", "authenticationType": "AWS_IAM"},
        _beside_iam("OPENID_CONNECT", openidConnectConfig={"issuer": "https://login.example"}),
    ),
    "another client of a pool": (IDENTITY_POOL, _pool("web"), _pool("web", "partner")),
    "another login provider": (
        IDENTITY_POOL,
        {"identityPoolName": "shop"},
        {"identityPoolName": "shop", "supportedLoginProviders": {"accounts.google.com": "1"}},
    ),
    "another issuer of trusted tokens": (
        "aws:ssoadmin/trustedTokenIssuer:TrustedTokenIssuer",
        {"name": "t", "trustedTokenIssuerConfiguration": {"oidcJwtConfiguration": {"issuerUrl": "https://a.example"}}},
        {"name": "t", "trustedTokenIssuerConfiguration": {"oidcJwtConfiguration": {"issuerUrl": "https://b.example"}}},
    ),
    "another SAML provider": (SAML, _metadata("https://a"), _metadata("https://b")),
    "a listener without sign-in": (
        LISTENER,
        {"defaultActions": SIGNED_IN},
        {"defaultActions": [{"type": "forward"}]},
    ),
    "sign-up by oneself": (
        "aws:cognito/userPool:UserPool",
        {"adminCreateUserConfig": {"allowAdminCreateUserOnly": True}},
        {},
    ),
    "brokers without sign-in": (
        "aws:msk/cluster:Cluster",
        {"clusterName": "m", "clientAuthentication": {"unauthenticated": False}},
        {"clusterName": "m", "clientAuthentication": {"unauthenticated": True}},
    ),
    "no mutual TLS": (
        "aws:apigateway/domainName:DomainName",
        {"domainName": "a.example", "mutualTlsAuthentication": {"truststoreUri": "s3://trust/store"}},
        {"domainName": "a.example"},
    ),
    "a private API that is public": (REST_API, _private("PRIVATE"), _private("REGIONAL")),
    "a permission without its alias": (PERMISSION, _permission(qualifier="live"), _permission()),
    "a permission on another alias": (PERMISSION, _permission(qualifier="live"), _permission(qualifier="canary")),
}
SAME: dict[str, tuple[str, Inputs, Inputs]] = {
    "audiences in another order": (AUTHORIZER, _jwt("i", "a", "b"), _jwt("i", "b", "a")),
    "another certificate of a provider": (SAML, _metadata("https://a"), _metadata("https://a", "d")),
    "a version that was deployed": (PERMISSION, _permission(qualifier="5"), _permission(qualifier="6")),
    "an alias in the name of the function": (
        PERMISSION,
        _permission(qualifier="live"),
        _permission(function="shop:live"),
    ),
    "a listener that redirects": (
        LISTENER,
        {"defaultActions": SIGNED_IN},
        {"defaultActions": [{"type": "redirect"}]},
    ),
    "a listener that never signed in": (
        LISTENER,
        {"defaultActions": [{"type": "fixed-response"}]},
        {"defaultActions": [{"type": "forward"}]},
    ),
}


@pytest.mark.parametrize("change", WIDER.values(), ids=WIDER)
def test_more_callers_are_new_access(change: tuple[str, Inputs, Inputs]) -> None:
    token, less, more = change
    old, new = resource(token, **less), resource(token, **more)
    assert [gain.answer.verdict for gain in gains((new,), (old,))] == [Verdict.NEW_ACCESS]


NARROWER = [name for name in WIDER if not re.search("another (issuer|authorizer|SAML)|permission", name)]


@pytest.mark.parametrize("name", NARROWER)
def test_fewer_callers_are_not_new(name: str) -> None:
    token, less, more = WIDER[name]
    assert gains((resource(token, **less),), (resource(token, **more),)) == []


@pytest.mark.parametrize("change", SAME.values(), ids=SAME)
def test_the_same_callers_in_another_form_are_not_new(change: tuple[str, Inputs, Inputs]) -> None:
    token, before, after = change
    assert gains((resource(token, **after),), (resource(token, **before),)) == []


@pytest.mark.parametrize("token", SIGN_IN)
def test_a_new_resource_is_no_new_way_in(token: str) -> None:
    more = (after for kind, _, after in WIDER.values() if kind == token)
    new = (resource(token, f"new{at}", **inputs) for at, inputs in enumerate(more))
    assert [gain for gain in gains(tuple(new), ()) if gain.by.type in SIGN_IN] == []


def _unknown(name: str, origin: Resource, created: Resource) -> Resource:
    return replace(created, inputs={**created.inputs, name: UNKNOWN}, property_dependencies={name: (origin.urn,)})


def test_an_authorizer_that_accepts_the_same_replaces_another() -> None:
    old = (replace(resource(AUTHORIZER, "auth", **_jwt()), id="auth"), resource(ROUTE, "route", **_route()))
    same = resource(AUTHORIZER, "renamed", **_jwt())
    wider = resource(AUTHORIZER, "renamed", **_jwt("https://login.example", "shop", "admin"))
    assert gains((same, _unknown("authorizerId", same, old[1])), old) == []
    (gain,) = gains((wider, _unknown("authorizerId", wider, old[1])), old)
    assert gain.by.name == "route"


def test_an_unknown_issuer_of_the_same_pool_is_that_before() -> None:
    pool = resource("aws:cognito/userPool:UserPool", "users", name="users")
    old = resource(AUTHORIZER, "auth", **_jwt())
    new = replace(
        old,
        inputs={"apiId": "api", "jwtConfiguration": {"issuer": UNKNOWN, "audiences": [UNKNOWN]}},
        property_dependencies={"jwtConfiguration": (pool.urn,)},
    )
    assert gains((pool, new), (pool, old)) == []


def test_an_action_of_another_kind_signs_nobody_in() -> None:
    old = {"defaultActions": [{"type": ["authenticate-oidc"]}]}
    assert gains((resource(LISTENER, defaultActions=[{"type": "forward"}]),), (resource(LISTENER, **old),)) == []
