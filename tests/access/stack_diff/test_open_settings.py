"""Settings that make something public without a document: opened is new access; closed, moved or new is not."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.access.solver.verdict import Verdict
from policypack.access.stack_diff.grant_tables.open_settings import BEHAVIORS, OPEN_SETTINGS, by_settings
from policypack.core.policy import UNKNOWN
from tests.access.stacks import gains, resource

Inputs = dict[str, Any]
DISTRIBUTION = "aws:cloudfront/distribution:Distribution"
CLUSTER = "aws:eks/cluster:Cluster"
ANYWHERE = "0.0.0.0/0"


def _behavior(*groups: Any, path: str = "", origin: str = "site") -> Inputs:
    named = {"pathPattern": path} if path else {}
    return {"targetOriginId": origin, "trustedKeyGroups": [*groups], **named}


def _site(default: Inputs, *ordered: Inputs) -> Inputs:
    return {"enabled": True, "defaultCacheBehavior": default, "orderedCacheBehaviors": [*ordered]}


def _endpoint(**inputs: Any) -> Inputs:
    return {"name": "c", "vpcConfig": {"subnetIds": ["s"], **inputs}}


def _filter(**columns: Any) -> Inputs:
    return {"tableData": {"databaseName": "crm", "tableName": "clients", "name": "masked", **columns}}


OPENED: dict[str, tuple[str, Inputs, Inputs]] = {
    "signed URLs": (DISTRIBUTION, _site(_behavior("k")), _site(_behavior())),
    "signers": (
        DISTRIBUTION,
        _site({"targetOriginId": "site", "trustedSigners": ["self"]}),
        _site({"targetOriginId": "site"}),
    ),
    "signed URLs of some paths": (
        DISTRIBUTION,
        _site(_behavior(), _behavior("k", path="/private/*")),
        _site(_behavior(), _behavior(path="/private/*")),
    ),
    "a behavior that signed": (
        DISTRIBUTION,
        _site(_behavior(), _behavior("k", path="/private/*")),
        _site(_behavior()),
    ),
    "key groups of tenants": (
        "aws:cloudfront/multitenantDistribution:MultitenantDistribution",
        {"enabled": True, "defaultCacheBehavior": {"trustedKeyGroups": {"enabled": True, "items": ["k"]}}},
        {"enabled": True, "defaultCacheBehavior": {"trustedKeyGroups": {"enabled": False}}},
    ),
    "certificates of viewers": (DISTRIBUTION, {"viewerMtlsConfig": {"mode": "required"}}, {}),
    "builds": (
        "aws:codebuild/project:Project",
        {"name": "p", "projectVisibility": "PRIVATE"},
        {"name": "p", "projectVisibility": "PUBLIC_READ"},
    ),
    "a password of an app": ("aws:amplify/app:App", {"name": "a", "enableBasicAuth": True}, {"name": "a"}),
    "a password of a branch": (
        "aws:amplify/branch:Branch",
        {"branchName": "main", "enableBasicAuth": True},
        {"branchName": "main", "enableBasicAuth": False},
    ),
    "a private service": (
        "aws:apprunner/service:Service",
        {"networkConfiguration": {"ingressConfiguration": {"isPubliclyAccessible": False}}},
        {"networkConfiguration": {"ingressConfiguration": {"isPubliclyAccessible": True}}},
    ),
    "a gateway of tools": (
        "aws:bedrock/agentcoreGateway:AgentcoreGateway",
        {"authorizerType": "AWS_IAM"},
        {"authorizerType": "NONE"},
    ),
    "a webhook": (
        "aws:codepipeline/webhook:Webhook",
        {"authentication": "GITHUB_HMAC"},
        {"authentication": "UNAUTHENTICATED"},
    ),
    "groups of a transit gateway": (
        "aws:ec2transitgateway/multicastDomain:MulticastDomain",
        {"autoAcceptSharedAssociations": "disable"},
        {"autoAcceptSharedAssociations": "enable"},
    ),
    "attachments of a transit gateway": (
        "aws:ec2transitgateway/transitGateway:TransitGateway",
        {},
        {"autoAcceptSharedAttachments": "enable"},
    ),
    "the endpoint of a cluster": (CLUSTER, _endpoint(endpointPublicAccess=False), _endpoint()),
    "more addresses of a cluster": (
        CLUSTER,
        _endpoint(publicAccessCidrs=["198.51.100.0/24"]),
        _endpoint(publicAccessCidrs=[ANYWHERE]),
    ),
    "a user without a password": (
        "aws:elasticache/user:User",
        {"userId": "u", "authenticationMode": {"type": "iam"}},
        {"userId": "u", "authenticationMode": {"type": "no-password-required"}},
    ),
    "dashboards": (
        "aws:grafana/workspace:Workspace",
        {"networkAccessControl": {"prefixListIds": ["pl-1"], "vpceIds": []}},
        {},
    ),
    "unsigned tokens": ("aws:iot/authorizer:Authorizer", {"name": "a"}, {"name": "a", "signingDisabled": True}),
    "a channel": ("aws:ivs/channel:Channel", {"name": "c", "authorized": True}, {"name": "c"}),
    "a column for the holders of a filter": (
        "aws:lakeformation/dataCellsFilter:DataCellsFilter",
        _filter(columnWildcard={"excludedColumnNames": ["iban", "phone"]}),
        _filter(columnWildcard={"excludedColumnNames": ["iban"]}),
    ),
    "every column for the holders of a filter": (
        "aws:lakeformation/dataCellsFilter:DataCellsFilter",
        _filter(columnNames=["city"]),
        _filter(columnWildcard={}),
    ),
    "engines of others": (
        "aws:lakeformation/dataLakeSettings:DataLakeSettings",
        {},
        {"allowFullTableExternalDataAccess": True},
    ),
    "another account that filters": (
        "aws:lakeformation/dataLakeSettings:DataLakeSettings",
        {"allowExternalDataFiltering": True, "externalDataFilteringAllowLists": ["444455556666"]},
        {"allowExternalDataFiltering": True, "externalDataFilteringAllowLists": ["444455556666", "555566667777"]},
    ),
    "another resource of a bucket": (
        "aws:lightsail/bucketResourceAccess:BucketResourceAccess",
        {"bucketName": "b", "resourceName": "one"},
        {"bucketName": "b", "resourceName": "two"},
    ),
    "an endpoint of a container": (
        "aws:lightsail/containerServiceDeploymentVersion:ContainerServiceDeploymentVersion",
        {"serviceName": "s"},
        {"serviceName": "s", "publicEndpoint": {"containerName": "web", "containerPort": 80}},
    ),
    "a cluster without users": (
        "aws:memorydb/cluster:Cluster",
        {"name": "m", "aclName": "app"},
        {"name": "m", "aclName": "open-access"},
    ),
    "brokers with public addresses": (
        "aws:msk/cluster:Cluster",
        {"clusterName": "m", "brokerNodeGroupInfo": {"instanceType": "m"}},
        {
            "clusterName": "m",
            "brokerNodeGroupInfo": {"connectivityInfo": {"publicAccess": {"type": "SERVICE_PROVIDED_EIPS"}}},
        },
    ),
    "the web server of an environment": (
        "aws:mwaa/environment:Environment",
        {"name": "e", "webserverAccessMode": "PRIVATE_ONLY"},
        {"name": "e", "webserverAccessMode": "PUBLIC_ONLY"},
    ),
    "columns for a collaboration": (
        "aws:cleanrooms/configuredTable:ConfiguredTable",
        {"tableReference": {"databaseName": "crm", "tableName": "clients"}, "allowedColumns": ["city"]},
        {"tableReference": {"databaseName": "crm", "tableName": "clients"}, "allowedColumns": ["city", "email"]},
    ),
    "an application of every user": (
        "aws:ssoadmin/applicationAssignmentConfiguration:ApplicationAssignmentConfiguration",
        {"applicationArn": "arn:aws:sso::111122223333:application/i/a", "assignmentRequired": True},
        {"applicationArn": "arn:aws:sso::111122223333:application/i/a", "assignmentRequired": False},
    ),
    "the folder of a user": (
        "aws:transfer/user:User",
        {"userName": "ann", "homeDirectoryType": "LOGICAL"},
        {"userName": "ann", "homeDirectory": "/inbox"},
    ),
    "a graph": ("aws:neptunegraph/graph:Graph", {"graphName": "g"}, {"graphName": "g", "publicConnectivity": True}),
    "anonymous callers of a domain": (
        "aws:opensearch/domain:Domain",
        {"domainName": "d", "advancedSecurityOptions": {"anonymousAuthEnabled": False}},
        {"domainName": "d", "advancedSecurityOptions": {"anonymousAuthEnabled": True}},
    ),
    "addresses of a share": (
        "aws:storagegateway/nfsFileShare:NfsFileShare",
        {"clientLists": ["10.0.0.0/24"]},
        {"clientLists": [ANYWHERE]},
    ),
    "guests of a share": (
        "aws:storagegateway/smbFileShare:SmbFileShare",
        {"authentication": "ActiveDirectory"},
        {"authentication": "GuestAccess"},
    ),
    "a server of files": ("aws:transfer/server:Server", {"endpointType": "VPC"}, {"endpointType": "PUBLIC"}),
    **{
        f"an internal {token[4:].partition('/')[0]}": (token, {"name": "l", "internal": True}, {"name": "l"})
        for token in OPEN_SETTINGS
        if token.endswith(":LoadBalancer")
    },
    **{
        f"certificates of a listener of {token[4:].partition('/')[0]}": (
            token,
            {"mutualAuthentication": {"mode": "verify"}},
            {"mutualAuthentication": {"mode": "off"}},
        )
        for token in OPEN_SETTINGS
        if token.endswith(":Listener")
    },
    **{
        f"{token[4:]} with a public address": (token, {"publiclyAccessible": False}, {"publiclyAccessible": True})
        for token, grants in by_settings().items()
        if grants[-1].when[0] == "publiclyAccessible"
    },
}


def test_every_type_has_a_pair() -> None:
    assert {token for token, _, _ in OPENED.values()} >= {*OPEN_SETTINGS}


@pytest.mark.parametrize(("token", "closed", "opened"), OPENED.values(), ids=OPENED)
def test_what_is_opened_is_new_access_and_what_is_closed_is_not(token: str, closed: Inputs, opened: Inputs) -> None:
    old, new = (resource(token, **closed),), (resource(token, **opened),)
    assert {gain.answer.verdict for gain in gains(new, old)} == {Verdict.NEW_ACCESS}
    assert gains(new, new) == gains(old, old) == []
    if token != "aws:lightsail/bucketResourceAccess:BucketResourceAccess":
        assert gains(old, new) == gains(new, ()) == []


SAME: dict[str, tuple[str, Inputs, Inputs]] = {
    "another key group": (DISTRIBUTION, _site(_behavior("k")), _site(_behavior("l"))),
    "a key group that is created": (DISTRIBUTION, _site(_behavior("k")), _site(_behavior(UNKNOWN))),
    "signers become a key group": (
        DISTRIBUTION,
        _site({"targetOriginId": "site", "trustedSigners": ["self"]}),
        _site(_behavior("k")),
    ),
    "a filter that lists what it did not exclude": (
        "aws:lakeformation/dataCellsFilter:DataCellsFilter",
        _filter(columnWildcard={"excludedColumnNames": ["iban"]}),
        _filter(columnNames=["city", "phone"]),
    ),
    "a public path of a public site": (
        DISTRIBUTION,
        _site(_behavior()),
        _site(_behavior(), _behavior(path="/static/*")),
    ),
    "a public path of a signed site": (
        DISTRIBUTION,
        _site(_behavior("k")),
        _site(_behavior("k"), _behavior(path="/login")),
    ),
    "a signed path that the default signs": (
        DISTRIBUTION,
        _site(_behavior("k"), _behavior("k", path="/private/*")),
        _site(_behavior("k")),
    ),
    "a path whose origin is gone": (
        DISTRIBUTION,
        _site(_behavior(), _behavior("k", path="/private/*", origin="files")),
        _site(_behavior()),
    ),
    "a site that is off": (DISTRIBUTION, _site(_behavior("k")), {**_site(_behavior()), "enabled": False}),
    "fewer addresses of a cluster": (
        CLUSTER,
        _endpoint(publicAccessCidrs=["198.51.100.0/24"]),
        _endpoint(publicAccessCidrs=["198.51.100.7/32"]),
    ),
    "private builds": ("aws:codebuild/project:Project", {"name": "p"}, {"name": "p", "projectVisibility": "PRIVATE"}),
    "access to dashboards that is created": (
        "aws:grafana/workspace:Workspace",
        {"networkAccessControl": {"prefixListIds": ["pl-1"], "vpceIds": []}},
        {"networkAccessControl": {"prefixListIds": [UNKNOWN], "vpceIds": [UNKNOWN]}},
    ),
}


@pytest.mark.parametrize(("token", "before", "after"), SAME.values(), ids=SAME)
def test_what_stays_closed_is_not_new(token: str, before: Inputs, after: Inputs) -> None:
    assert gains((resource(token, **after),), (resource(token, **before),)) == []


def test_the_answer_names_the_path_that_is_open() -> None:
    old, new = _site(_behavior(), _behavior("k", path="/private/*")), _site(_behavior(), _behavior(path="/private/*"))
    (gain,) = gains((resource(DISTRIBUTION, **new),), (resource(DISTRIBUTION, **old),))
    assert "private/" in str(gain.answer.witness)
    assert DISTRIBUTION in BEHAVIORS
