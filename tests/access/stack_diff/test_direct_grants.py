"""Grants that are no documents: more of them is new access, less or the same in another form is not."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policypack.access.exposure.acl import PLACES
from policypack.access.solver.verdict import Verdict
from policypack.access.stack_diff.direct_grants import KMS_GRANT, SHARED_WITH
from policypack.access.stack_diff.grant_tables.direct import grants_by_type
from policypack.core.examples import allow, document
from policypack.core.policy import UNKNOWN, Reference, Resource
from policypack.iam.tables import argument_names
from tests.access.stacks import gains, resource

OTHER = "444455556666"
ROLE_ARN = f"arn:aws:iam::{OTHER}:role/reader"
BOB, EVE = (f"arn:aws:quicksight:eu-west-1:111122223333:user/default/{name}" for name in ("bob", "eve"))

Change = tuple[str, dict[str, Any], dict[str, Any]]
"""A type token, and the inputs with less and with more."""


def _lake(**target: Any) -> dict[str, Any]:
    return {"principal": ROLE_ARN, "permissions": ["SELECT"], **target}


def _quicksight(*permissions: tuple[str, str]) -> dict[str, Any]:
    entries = [{"principal": who, "actions": [f"quicksight:{action}"]} for who, action in permissions]
    return {"name": "sales", "permissions": entries}


def _index(*permissions: str) -> dict[str, Any]:
    rules = [{"ResourceType": "index", "Resource": ["index/logs/*"], "Permission": [*permissions]}]
    return {"name": "logs", "policy": json.dumps([{"Rules": rules, "Principal": [ROLE_ARN]}])}


CHANGES: dict[str, Change] = {
    "a grant of a key with another operation": (
        "aws:kms/grant:Grant",
        {"keyId": "k", "granteePrincipal": ROLE_ARN, "operations": ["Encrypt"]},
        {"keyId": "k", "granteePrincipal": ROLE_ARN, "operations": ["Decrypt", "Encrypt"]},
    ),
    "a grant of a key without its constraint": (
        "aws:kms/grant:Grant",
        {
            "keyId": "k",
            "granteePrincipal": ROLE_ARN,
            "operations": ["Decrypt"],
            "constraints": [{"encryptionContextEquals": {"app": "shop"}}],
        },
        {"keyId": "k", "granteePrincipal": ROLE_ARN, "operations": ["Decrypt"]},
    ),
    "a grant of a key for any context that contains one": (
        "aws:kms/grant:Grant",
        {
            "keyId": "k",
            "granteePrincipal": ROLE_ARN,
            "operations": ["Decrypt"],
            "constraints": [{"encryptionContextEquals": {"app": "shop"}}],
        },
        {
            "keyId": "k",
            "granteePrincipal": ROLE_ARN,
            "operations": ["Decrypt"],
            "constraints": [{"encryptionContextSubset": {"app": "shop"}}],
        },
    ),
    "a second column": (
        "aws:lakeformation/permissions:Permissions",
        _lake(tableWithColumns={"databaseName": "sales", "name": "orders", "columnNames": ["id"]}),
        _lake(tableWithColumns={"databaseName": "sales", "name": "orders", "columnNames": ["id", "card"]}),
    ),
    "the table instead of a column": (
        "aws:lakeformation/permissions:Permissions",
        _lake(tableWithColumns={"databaseName": "sales", "name": "orders", "columnNames": ["id"]}),
        _lake(table={"databaseName": "sales", "name": "orders"}),
    ),
    "permission to pass permissions on": (
        "aws:lakeformation/permissions:Permissions",
        _lake(database={"name": "sales"}),
        _lake(database={"name": "sales"}, permissionsWithGrantOptions=["SELECT"]),
    ),
    "an administrator of the data lake": (
        "aws:lakeformation/dataLakeSettings:DataLakeSettings",
        {"admins": []},
        {"admins": [ROLE_ARN]},
    ),
    "a document of Systems Manager for one more account": (
        "aws:ssm/document:Document",
        {"name": "patch", "permissions": {"type": "Share", "account_ids": OTHER}},
        {"name": "patch", "permissions": {"type": "Share", "account_ids": f"{OTHER},555566667777"}},
    ),
    "a snapshot for everyone": (
        "aws:rds/snapshot:Snapshot",
        {"dbSnapshotIdentifier": "orders", "sharedAccounts": [OTHER]},
        {"dbSnapshotIdentifier": "orders", "sharedAccounts": ["all"]},
    ),
    "an event bus without its condition": (
        "aws:cloudwatch/eventPermission:EventPermission",
        {"principal": "*", "condition": {"key": "aws:PrincipalOrgID", "type": "StringEquals", "value": "o-a1b2c3d4e5"}},
        {"principal": "*"},
    ),
    "a layer without its organization": (
        "aws:lambda/layerVersionPermission:LayerVersionPermission",
        {"layerName": "l", "versionNumber": 1.0, "principal": "*", "organizationId": "o-a1b2c3d4e5"},
        {"layerName": "l", "versionNumber": 1.0, "principal": "*"},
    ),
    "a URL without authorization": (
        "aws:lambda/functionUrl:FunctionUrl",
        {"functionName": "f", "authorizationType": "AWS_IAM"},
        {"functionName": "f", "authorizationType": "NONE"},
    ),
    "a cluster for every VPC of an account": (
        "aws:redshift/endpointAuthorization:EndpointAuthorization",
        {"account": OTHER, "clusterIdentifier": "c", "vpcIds": ["vpc-1"]},
        {"account": OTHER, "clusterIdentifier": "c"},
    ),
    "an endpoint service without acceptance": (
        "aws:ec2/vpcEndpointService:VpcEndpointService",
        {"acceptanceRequired": True, "allowedPrincipals": [OTHER], "networkLoadBalancerArns": ["lb"]},
        {"acceptanceRequired": False, "allowedPrincipals": [OTHER], "networkLoadBalancerArns": ["lb"]},
    ),
    "a directory for another account": (
        "aws:directoryservice/sharedDirectory:SharedDirectory",
        {"directoryId": "d-1234567890"},
        {"directoryId": "d-1234567890", "target": {"id": OTHER}},
    ),
    "guests of an identity pool": (
        "aws:cognito/identityPool:IdentityPool",
        {"identityPoolName": "p", "allowUnauthenticatedIdentities": False},
        {"identityPoolName": "p", "allowUnauthenticatedIdentities": True},
    ),
    "a role for guests": (
        "aws:cognito/identityPoolRoleAttachment:IdentityPoolRoleAttachment",
        {"identityPoolId": "p", "roles": {"authenticated": "a"}},
        {"identityPoolId": "p", "roles": {"authenticated": "a", "unauthenticated": "b"}},
    ),
    "a stronger policy of a cluster": (
        "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
        {
            "clusterName": "c",
            "principalArn": ROLE_ARN,
            "policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy",
            "accessScope": {"type": "cluster"},
        },
        {
            "clusterName": "c",
            "principalArn": ROLE_ARN,
            "policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
            "accessScope": {"type": "cluster"},
        },
    ),
    "a whole cluster instead of a namespace": (
        "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
        {"clusterName": "c", "principalArn": ROLE_ARN, "policyArn": "view", "accessScope": {"namespaces": ["a"]}},
        {"clusterName": "c", "principalArn": ROLE_ARN, "policyArn": "view", "accessScope": {"type": "cluster"}},
    ),
    "writing by an access grant": (
        "aws:s3control/accessGrant:AccessGrant",
        {"accessGrantsLocationId": "default", "permission": "READ", "grantee": {"granteeIdentifier": ROLE_ARN}},
        {"accessGrantsLocationId": "default", "permission": "READWRITE", "grantee": {"granteeIdentifier": ROLE_ARN}},
    ),
    "an audience of an identity provider": (
        "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
        {"url": "https://ci.example.com", "clientIdLists": ["a"]},
        {"url": "https://ci.example.com", "clientIdLists": ["a", "b"]},
    ),
    "a permission of one user": (
        "aws:quicksight/dataSet:DataSet",
        _quicksight((BOB, "DescribeDataSet")),
        _quicksight((BOB, "DescribeDataSet"), (EVE, "DescribeDataSet")),
    ),
    "another permission on an index": (
        "aws:opensearch/serverlessAccessPolicy:ServerlessAccessPolicy",
        _index("aoss:ReadDocument"),
        _index("aoss:ReadDocument", "aoss:WriteDocument"),
    ),
    "a URL of a function without a signature": (
        "aws:lambda/permission:Permission",
        {"function": "f", "action": "lambda:InvokeFunctionUrl", "principal": "*", "functionUrlAuthType": "AWS_IAM"},
        {"function": "f", "action": "lambda:InvokeFunctionUrl", "principal": "*", "functionUrlAuthType": "NONE"},
    ),
    "another user of a cache": (
        "aws:elasticache/userGroup:UserGroup",
        {"userGroupId": "g", "engine": "valkey", "userIds": ["ann"]},
        {"userGroupId": "g", "engine": "valkey", "userIds": ["ann", "bob"]},
    ),
    "another user of an ACL": (
        "aws:memorydb/acl:Acl",
        {"name": "a", "userNames": ["ann"]},
        {"name": "a", "userNames": ["ann", "bob"]},
    ),
    "another secret to sign in with": (
        "aws:msk/scramSecretAssociation:ScramSecretAssociation",
        {"clusterArn": "c", "secretArnLists": ["a"]},
        {"clusterArn": "c", "secretArnLists": ["a", "b"]},
    ),
    "another kind of telemetry": (
        "aws:oam/link:Link",
        {"sinkIdentifier": "arn:aws:oam:eu-west-1:444455556666:sink/s", "resourceTypes": ["AWS::CloudWatch::Metric"]},
        {
            "sinkIdentifier": "arn:aws:oam:eu-west-1:444455556666:sink/s",
            "resourceTypes": ["AWS::CloudWatch::Metric", "AWS::Logs::LogGroup"],
        },
    ),
    "a route without authorization": (
        "aws:apigatewayv2/route:Route",
        {"apiId": "a", "routeKey": "GET /", "authorizationType": "AWS_IAM"},
        {"apiId": "a", "routeKey": "GET /"},
    ),
    "a grant of a bucket's ACL": (
        "aws:s3/bucket:Bucket",
        {"bucket": "b", "grants": [{"type": "CanonicalUser", "id": "a" * 64, "permissions": ["READ"]}]},
        {"bucket": "b", "grants": [{"type": "CanonicalUser", "id": "a" * 64, "permissions": ["READ", "WRITE"]}]},
    ),
    "writing by a canned ACL": (
        "aws:s3/bucket:Bucket",
        {"bucket": "b", "acl": "public-read"},
        {"bucket": "b", "acl": "public-read-write"},
    ),
    "everybody instead of everybody with an account": (
        "aws:s3/bucket:Bucket",
        {"bucket": "b", "acl": "authenticated-read"},
        {"bucket": "b", "acl": "public-read"},
    ),
}


@pytest.mark.parametrize(("token", "less", "more"), CHANGES.values(), ids=CHANGES)
def test_more_is_new_access_and_less_is_not(token: str, less: dict[str, Any], more: dict[str, Any]) -> None:
    wide, narrow = (resource(token, **more),), (resource(token, **less),)
    assert {gain.answer.verdict for gain in gains(wide, narrow)} == {Verdict.NEW_ACCESS}
    assert gains(narrow, wide) == gains(wide, wide) == []


ALONE: dict[str, dict[str, Any]] = {
    "aws:appstream/userStackAssociation:UserStackAssociation": {"stackName": "desk", "userName": "ann@example.com"},
    "aws:cognito/userInGroup:UserInGroup": {"userPoolId": "p", "groupName": "admins", "username": "ann"},
    "aws:ec2clientvpn/authorizationRule:AuthorizationRule": {
        "clientVpnEndpointId": "cvpn-endpoint-1",
        "targetNetworkCidr": "10.2.0.0/16",
        "authorizeAllGroups": True,
    },
    "aws:elasticache/userGroupAssociation:UserGroupAssociation": {"userGroupId": "g", "userId": "ann"},
    "aws:quicksight/groupMembership:GroupMembership": {"groupName": "readers", "memberName": "ann"},
    "aws:route53/vpcAssociationAuthorization:VpcAssociationAuthorization": {"zoneId": "Z1", "vpcId": "vpc-2"},
    "aws:acmpca/permission:Permission": {
        "certificateAuthorityArn": "ca",
        "actions": ["IssueCertificate"],
        "principal": "acm.amazonaws.com",
    },
    "aws:ec2/amiLaunchPermission:AmiLaunchPermission": {"imageId": "ami-1", "accountId": OTHER},
    "aws:ec2/snapshotCreateVolumePermission:SnapshotCreateVolumePermission": {
        "snapshotId": "snap-1",
        "accountId": OTHER,
    },
    "aws:ec2/vpcEndpointServiceAllowedPrinciple:VpcEndpointServiceAllowedPrinciple": {
        "vpcEndpointServiceId": "vpce-svc-1",
        "principalArn": ROLE_ARN,
    },
    "aws:eks/accessEntry:AccessEntry": {"clusterName": "c", "principalArn": ROLE_ARN},
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": {
        "clusterName": "c",
        "namespace": "n",
        "serviceAccount": "s",
        "roleArn": ROLE_ARN,
    },
    "aws:guardduty/organizationAdminAccount:OrganizationAdminAccount": {"adminAccountId": OTHER},
    "aws:iam/userGroupMembership:UserGroupMembership": {"user": "alice", "groups": ["admins"]},
    "aws:identitystore/groupMembership:GroupMembership": {"groupId": "g", "memberId": "m"},
    "aws:iot/policyAttachment:PolicyAttachment": {"policy": "p", "target": "cert"},
    "aws:organizations/delegatedAdministrator:DelegatedAdministrator": {
        "accountId": OTHER,
        "servicePrincipal": "guardduty.amazonaws.com",
    },
    "aws:redshift/dataShareAuthorization:DataShareAuthorization": {"consumerIdentifier": OTHER, "dataShareArn": "d"},
    "aws:servicecatalog/principalPortfolioAssociation:PrincipalPortfolioAssociation": {
        "portfolioId": "p",
        "principalArn": ROLE_ARN,
    },
    "aws:signer/signingProfilePermission:SigningProfilePermission": {
        "profileName": "p",
        "action": "signer:StartSigningJob",
        "principal": OTHER,
    },
    "aws:ssoadmin/accountAssignment:AccountAssignment": {
        "permissionSetArn": "ps",
        "principalId": "p",
        "principalType": "USER",
        "targetId": OTHER,
    },
}


@pytest.mark.parametrize(("token", "inputs"), ALONE.items(), ids=ALONE)
def test_a_grant_is_new_access_whatever_its_resource_is_called(token: str, inputs: dict[str, Any]) -> None:
    grant, same = (resource(token, **inputs),), (resource(token, "renamed", **inputs),)
    (gain,) = gains(grant, ())
    assert (gain.answer.verdict, gain.holder.name) == (Verdict.NEW_ACCESS, "it")
    assert "`it`" in gain.answer.why
    assert gains(same, grant) == gains((), grant) == []


def test_the_reason_names_the_grant_and_its_property() -> None:
    inputs = {"keyId": "k", "granteePrincipal": ROLE_ARN, "operations": ["Decrypt"]}
    (gain,) = gains((resource("aws:kms/grant:Grant", **inputs),), ())
    assert gain.answer.why == "the Grant `it` grants this by its `granteePrincipal`, and the old stack does not"
    assert str(gain.answer.witness) == f"{ROLE_ARN} may `kms:Decrypt` on `arn:aws:kms:us-east-1:111122223333:key/k`"


def test_one_grant_split_in_two_is_the_same() -> None:
    inputs = {"keyId": "k", "granteePrincipal": ROLE_ARN}
    together = resource("aws:kms/grant:Grant", **inputs, operations=["Decrypt", "Encrypt"])
    apart = (
        resource("aws:kms/grant:Grant", "a", **inputs, operations=["Decrypt"]),
        resource("aws:kms/grant:Grant", "b", **inputs, operations=["Encrypt"]),
    )
    assert gains(apart, (together,)) == gains((together,), apart) == []


def test_a_key_is_the_same_by_its_id_its_arn_and_itself() -> None:
    inputs = {"granteePrincipal": ROLE_ARN, "operations": ["Decrypt"]}
    arn = "arn:aws:kms:eu-west-1:111122223333:key/k"
    key = resource("aws:kms/key:Key", "key")
    ways = [(key, resource("aws:kms/grant:Grant", **inputs, keyId=way)) for way in ("k", arn, Reference(key.urn, "k"))]
    assert all(gains(new, old) == [] for new in ways for old in ways)


def test_an_unknown_grantee_is_undecided() -> None:
    inputs = {"keyId": "k", "operations": ["Decrypt"]}
    unknown = resource("aws:kms/grant:Grant", **inputs, granteePrincipal=UNKNOWN)
    assert [gain.answer.verdict for gain in gains((unknown,), ())] == [Verdict.UNDECIDED]


SHARE = "arn:aws:ram:eu-west-1:111122223333:resource-share/s"


def share(*resources: str, external: bool, principals: tuple[str, ...] = (OTHER,)) -> tuple[Resource, ...]:
    token = "aws:ram/resourceShare:ResourceShare"
    return (
        Resource(token, "s", {"name": "s", "allowExternalPrincipals": external}, outputs={"arn": SHARE}),
        *(
            resource("aws:ram/resourceAssociation:ResourceAssociation", name, resourceArn=name, resourceShareArn=SHARE)
            for name in resources
        ),
        *(
            resource("aws:ram/principalAssociation:PrincipalAssociation", who, principal=who, resourceShareArn=SHARE)
            for who in principals
        ),
    )


SUBNET = "arn:aws:ec2:eu-west-1:111122223333:subnet/subnet-1"
OTHER_SUBNET = f"{SUBNET}2"


@pytest.mark.parametrize(
    ("more", "less"),
    [
        (share(SUBNET, external=False), share(SUBNET, external=False, principals=())),
        (share(SUBNET, external=True), share(SUBNET, external=False)),
        (share(SUBNET, OTHER_SUBNET, external=False), share(SUBNET, external=False)),
        (share(external=True, principals=()), share(external=False, principals=())),
    ],
    ids=["a principal", "accounts outside the organization", "a resource", "accounts outside, without one yet"],
)
def test_a_share_is_all_of_its_resources(more: tuple[Resource, ...], less: tuple[Resource, ...]) -> None:
    assert {gain.answer.verdict for gain in gains(more, less)} == {Verdict.NEW_ACCESS}
    assert gains(less, more) == []


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.just(UNKNOWN)
    | st.sampled_from(["*", "all", "NONE", OTHER, ROLE_ARN, "[", "[1]", "public-read", "StringEquals", "FULL_CONTROL"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["principal", "permissions", "type", "key", "value", "uri", "id"]), inner)
    ),
    max_leaves=6,
)


@st.composite
def hostile(draw: st.DrawFn) -> Resource:
    """A resource whose properties have values of any kind."""
    token = draw(st.sampled_from(sorted({*grants_by_type(), *PLACES, KMS_GRANT, SHARED_WITH})))
    names = sorted(argument_names(token) or ())
    return resource(token, **draw(st.dictionaries(st.sampled_from(names), VALUES, max_size=6)))


@given(hostile(), hostile())
def test_values_of_any_kind_have_an_answer(new: Resource, old: Resource) -> None:
    assert all(gain.answer.verdict in (Verdict.NEW_ACCESS, Verdict.UNDECIDED) for gain in gains((new,), (old,)))


@pytest.mark.parametrize("token", grants_by_type())
def test_the_table_names_properties_that_exist(token: str) -> None:
    names = argument_names(token)
    assert names is not None
    for grant in grants_by_type()[token]:
        for other, others in grants_by_type().items():  # those that are compared with it may lack its properties
            names |= (
                (argument_names(other) or frozenset()) if grant.kind in {same.kind for same in others} - {""} else set()
            )
        conditions = [text for condition in grant.conditions for text in condition]
        patterns = [*grant.grantees, *grant.actions, *grant.resources, *conditions]
        paths = [
            path for text in patterns for several in re.findall(r"\{([^{}|]+)", text) for path in several.split("/")
        ]
        tops = {re.split(r"[.\[]", path)[0] for path in [*paths, grant.when[0]] if path} - {"resource"}
        entry = re.split(r"[.\[]", grant.entries)[0]
        assert entry in names if entry else tops <= names


BUS_ARN = "arn:aws:events:eu-west-1:111122223333:event-bus/shop"
KEY_ARN = "arn:aws:kms:eu-west-1:111122223333:key/k"


def _bus_policy(*actions: str) -> Resource:
    allowed = allow([*actions], BUS_ARN, Principal={"AWS": OTHER})
    return resource("aws:cloudwatch/eventBusPolicy:EventBusPolicy", eventBusName="shop", policy=document(allowed))


def _key_policy(*statements: Any) -> Resource:
    return resource("aws:kms/keyPolicy:KeyPolicy", keyId=KEY_ARN, policy=document(*statements))


EVENT = resource("aws:cloudwatch/eventPermission:EventPermission", "p", eventBusName=BUS_ARN, principal=OTHER)
GRANT = resource("aws:kms/grant:Grant", "g", keyId="k", granteePrincipal=ROLE_ARN, operations=["Decrypt"])
DECRYPTS = allow("kms:Decrypt", "*", Principal={"AWS": ROLE_ARN})


@pytest.mark.parametrize(
    ("beside", "policy", "wider"),
    [
        (EVENT, _bus_policy("events:PutEvents"), _bus_policy("events:PutEvents", "events:PutRule")),
        (GRANT, _key_policy(DECRYPTS), _key_policy(DECRYPTS, allow("kms:Encrypt", "*", Principal={"AWS": ROLE_ARN}))),
    ],
)
def test_a_grant_is_the_same_as_a_document_of_the_same_resource(
    beside: Resource, policy: Resource, wider: Resource
) -> None:
    region = resource("pulumi:providers:aws", "default", region="eu-west-1", allowedAccountIds=["111122223333"])
    one, two, three = ((region, replace(each, provider=region.urn)) for each in (beside, policy, wider))
    assert gains(two, one) == gains(one, two) == gains(one, three) == []
    assert [gain.answer.verdict for gain in gains(three, one)] == [Verdict.NEW_ACCESS]


def test_a_key_leaves_its_account_more_than_a_grant_gives() -> None:
    root = allow("kms:*", "*", Principal={"AWS": f"arn:aws:iam::{OTHER}:root"})
    assert len(gains((_key_policy(root), GRANT), (_key_policy(root),))) == 1


def test_an_acl_for_the_owner_of_the_bucket_is_no_grant() -> None:
    def acl(*grantees: str) -> tuple[Resource, ...]:
        grants = [{"grantee": {"id": each, "type": "CanonicalUser"}, "permission": "FULL_CONTROL"} for each in grantees]
        policy = {"owner": {"id": "c" * 64}, "grants": grants}
        return (resource("aws:s3/bucketAcl:BucketAcl", bucket="inbox", accessControlPolicy=policy),)

    private = (resource("aws:s3/bucketAcl:BucketAcl", bucket="inbox", acl="private"),)
    assert gains(acl("c" * 64), private) == []
    assert gains(acl("c" * 64, "d" * 64), private) != []


@pytest.mark.parametrize(
    ("token", "inputs", "shown"),
    [
        (
            "aws:lambda/layerVersionPermission:LayerVersionPermission",
            {"layerName": "arn:aws:lambda:eu-west-1:111122223333:layer:base", "versionNumber": 3, "principal": OTHER},
            "arn:aws:lambda:eu-west-1:111122223333:layer:base:3",
        ),
        (
            "aws:apigatewayv2/route:Route",
            {"apiId": "a1", "routeKey": "GET /pets"},
            "arn:aws:execute-api:us-east-1:111122223333:a1/example/GET/pets",
        ),
        (
            "aws:cognito/identityPool:IdentityPool",
            {"identityPoolName": "p", "allowUnauthenticatedIdentities": True},
            "arn:aws:cognito-identity:us-east-1:111122223333:identitypool/p",
        ),
    ],
)
def test_the_example_has_an_arn(token: str, inputs: dict[str, Any], shown: str) -> None:
    (gain,) = gains((resource(token, **inputs),), ())
    assert gain.answer.witness is not None
    assert gain.answer.witness.resource == shown
