"""Who signs in to databases, data portals and policy stores: a way in more is new access, one that goes is none."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.access.solver.verdict import Verdict
from tests.access.stacks import gains, resource

Inputs = dict[str, Any]
PROXY, PORTAL = "aws:rds/proxy:Proxy", "aws:datazone/domain:Domain"
INSTANCE, GRAPH = "aws:rds/instance:Instance", "aws:neptune/cluster:Cluster"
SOURCE = "aws:verifiedpermissions/identitySource:IdentitySource"


def _proxy(sign_in: str, secret: str = "orders", **more: Any) -> Inputs:
    return {"name": "p", "requireTls": True, "auths": [{"secretArn": secret, "iamAuth": sign_in}], **more}


def _portal(kind: str, **more: Any) -> Inputs:
    return {"name": "data", "singleSignOn": {"type": kind, **more}}


def _pool(*clients: str) -> Inputs:
    pool = {"userPoolArn": "arn:aws:cognito-idp:eu-west-1:111122223333:userpool/users", "clientIds": [*clients]}
    return {"policyStoreId": "s", "configuration": {"cognitoUserPoolConfiguration": pool}}


def _tokens(issuer: str, *audiences: str) -> Inputs:
    selection = {"accessTokenOnly": {"audiences": [*audiences]}}
    return {
        "policyStoreId": "s",
        "configuration": {"openIdConnectConfiguration": {"issuer": issuer, "tokenSelection": selection}},
    }


WIDER: dict[str, tuple[str, Inputs, Inputs]] = {
    "IAM for an instance": (INSTANCE, {"engine": "postgres"}, {"iamDatabaseAuthenticationEnabled": True}),
    "IAM for a cluster": (
        "aws:rds/cluster:Cluster",
        {"iamDatabaseAuthenticationEnabled": False},
        {"iamDatabaseAuthenticationEnabled": True},
    ),
    "a graph without signatures": (GRAPH, {"iamDatabaseAuthenticationEnabled": True}, {}),
    "a proxy with passwords": (PROXY, _proxy("REQUIRED"), _proxy("DISABLED")),
    "a proxy without TLS": (PROXY, _proxy("REQUIRED"), _proxy("REQUIRED", requireTls=False)),
    "a proxy that passes IAM on": (PROXY, _proxy("DISABLED"), _proxy("DISABLED", defaultAuthScheme="IAM_AUTH")),
    "single sign-on": (PORTAL, _portal("DISABLED"), _portal("IAM_IDC", userAssignment="MANUAL")),
    "everyone who signs on": (
        PORTAL,
        _portal("IAM_IDC", userAssignment="MANUAL"),
        _portal("IAM_IDC", userAssignment="AUTOMATIC"),
    ),
    "another client of a policy store": (SOURCE, _pool("web"), _pool("web", "partner")),
    "every client of a policy store": (SOURCE, _pool("web"), _pool()),
    "another audience": (SOURCE, _tokens("https://a.example", "shop"), _tokens("https://a.example", "shop", "admin")),
}
SAME: dict[str, tuple[str, Inputs, Inputs]] = {
    "IAM stays": (INSTANCE, {"iamDatabaseAuthenticationEnabled": True}, {"iamDatabaseAuthenticationEnabled": "true"}),
    "no IAM, as by default": (INSTANCE, {}, {"iamDatabaseAuthenticationEnabled": False}),
    "a password that is the default": (PROXY, _proxy("DISABLED"), {**_proxy(""), "auths": [{"secretArn": "orders"}]}),
    "assigned users without single sign-on": (
        PORTAL,
        _portal("DISABLED"),
        _portal("DISABLED", userAssignment="AUTOMATIC"),
    ),
    "clients in another order": (SOURCE, _pool("web", "app"), _pool("app", "web")),
}


@pytest.mark.parametrize("change", WIDER.values(), ids=WIDER)
def test_another_way_in_is_new_access(change: tuple[str, Inputs, Inputs]) -> None:
    token, less, more = change
    found = gains((resource(token, **more),), (resource(token, **less),))
    assert [gain.answer.verdict for gain in found] == [Verdict.NEW_ACCESS]


@pytest.mark.parametrize("change", WIDER.values(), ids=WIDER)
def test_a_way_in_that_goes_is_none(change: tuple[str, Inputs, Inputs]) -> None:
    token, less, more = change
    assert gains((resource(token, **less),), (resource(token, **more),)) == []


@pytest.mark.parametrize("change", SAME.values(), ids=SAME)
def test_the_same_ways_in_are_none(change: tuple[str, Inputs, Inputs]) -> None:
    token, before, after = change
    assert gains((resource(token, **after),), (resource(token, **before),)) == []


@pytest.mark.parametrize("token", sorted({token for token, _, _ in WIDER.values()}))
def test_a_new_resource_opens_nothing_that_was_there(token: str) -> None:
    new = [resource(kind, f"it{at}", **more) for at, (kind, _, more) in enumerate(WIDER.values()) if kind == token]
    assert gains(tuple(new), ()) == []


def test_the_proxy_of_two_secrets_opens_one() -> None:
    auths = [{"secretArn": "orders", "iamAuth": "REQUIRED"}, {"secretArn": "stock", "iamAuth": "DISABLED"}]
    opened = [{**auth, "iamAuth": "DISABLED"} for auth in auths]
    (gain,) = gains((resource(PROXY, requireTls=True, auths=opened),), (resource(PROXY, requireTls=True, auths=auths),))
    assert gain.answer.witness is not None
    assert "orders" in gain.answer.witness.outsider


@pytest.mark.parametrize(("status", "found"), [("ASSIGNED", 1), ("DEACTIVATED", 0)])
def test_a_user_of_a_portal_is_new_unless_deactivated(status: str, found: int) -> None:
    token, user = "aws:datazone/userProfile:UserProfile", "arn:aws:iam::111122223333:role/analyst"
    profile = resource(token, domainIdentifier="dzd_1", userIdentifier=user, status=status)
    assert len(gains((profile,), ())) == found
