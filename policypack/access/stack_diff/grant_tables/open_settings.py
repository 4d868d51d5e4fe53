"""Settings that make something public, or end a proof that callers had to give, without a policy document."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from policypack.access.stack_diff.grant_tables.cache_users import CACHE_USERS
from policypack.access.stack_diff.grant_tables.direct_grant import DirectGrant, columns
from policypack.access.stack_diff.grant_tables.sign_in import SIGN_IN
from policypack.iam.tables import argument_names, known_types

BEHAVIORS: Mapping[str, str] = {
    "aws:cloudfront/distribution:Distribution": "orderedCacheBehaviors",
    "aws:cloudfront/multitenantDistribution:MultitenantDistribution": "cacheBehaviors",
}
"""By type of distribution, the property with the behaviors of some paths, beside `defaultCacheBehavior`.

`sign_in_values` replaces the latter by the paths that needed a signed URL before, and need none any more.
"""
CELLS_FILTER = "aws:lakeformation/dataCellsFilter:DataCellsFilter"
ROWS = "tableData.rowFilter.filterExpression"
"""The expression of a filter's rows, which `lake_filters` replaces by an unknown value if it changed."""
_FROM = "aws:SourceIp"


def _opens(path: str, *values: str, action: str, on: str = "{resource}", who: str = "*") -> DirectGrant:
    """What anyone may do, in the new state of a resource that was there before, with one of these values, in lower case."""
    return DirectGrant((who,), (action,), (on,), when=(path, values), changes_only=True)


_UNSIGNED = (
    DirectGrant(("*",), ("cloudfront:GetContent",), ("{resource}/{defaultCacheBehavior[*]}",), changes_only=True),
)
_BASIC = _opens("enableBasicAuth", "", "false", action="amplify:GetContent")
_INTERNAL = _opens("internal", "", "false", action="elasticloadbalancing:Connect")
_MUTUAL_TLS = _opens(
    "mutualAuthentication.mode", "", "off", "passthrough", action="elasticloadbalancing:SkipCertificate"
)

OPEN_SETTINGS: Mapping[str, tuple[DirectGrant, ...]] = {
    **{
        f"aws:{module}/{kind}": (grant,)
        for module in ("lb", "alb")
        for kind, grant in (("listener:Listener", _MUTUAL_TLS), ("loadBalancer:LoadBalancer", _INTERNAL))
    },
    **dict.fromkeys(BEHAVIORS, _UNSIGNED),
    "aws:amplify/app:App": (_BASIC,),
    "aws:amplify/branch:Branch": (_BASIC,),
    "aws:apprunner/service:Service": (
        _opens(
            "networkConfiguration.ingressConfiguration.isPubliclyAccessible", "", "true", action="apprunner:Request"
        ),
    ),
    "aws:bedrock/agentcoreGateway:AgentcoreGateway": (
        _opens("authorizerType", "none", action="bedrock-agentcore:InvokeGateway"),
    ),
    "aws:cleanrooms/configuredTable:ConfiguredTable": (
        DirectGrant(
            ("collaborations with {resource}",),
            ("cleanrooms:StartProtectedQuery",),
            ("table/{tableReference.databaseName}/{tableReference.tableName}",),
            (("StringEqualsIgnoreCase", "cleanrooms:column", "{allowedColumns[*]}"),),
            changes_only=True,
        ),
    ),
    "aws:cloudfront/distribution:Distribution": (
        *_UNSIGNED,
        _opens("viewerMtlsConfig.mode", "", "optional", action="cloudfront:SkipCertificate"),
    ),
    "aws:codebuild/project:Project": (_opens("projectVisibility", "public_read", action="codebuild:BatchGetBuilds"),),
    "aws:codepipeline/webhook:Webhook": (
        _opens("authentication", "unauthenticated", action="codepipeline:StartPipelineExecution"),
    ),
    "aws:ec2transitgateway/multicastDomain:MulticastDomain": (
        _opens("autoAcceptSharedAssociations", "enable", action="ec2:AssociateTransitGatewayMulticastDomain"),
    ),
    "aws:ec2transitgateway/transitGateway:TransitGateway": (
        _opens("autoAcceptSharedAttachments", "enable", action="ec2:CreateTransitGatewayVpcAttachment"),
    ),
    "aws:eks/cluster:Cluster": (
        DirectGrant(
            ("*",),
            ("eks:Connect",),
            ("{resource}",),
            (("IpAddress", _FROM, "{vpcConfig.publicAccessCidrs[*]|0.0.0.0/0}"),),
            when=("vpcConfig.endpointPublicAccess", ("", "true")),
            changes_only=True,
        ),
    ),
    "aws:elasticache/user:User": (
        _opens("noPasswordRequired", "true", action="elasticache:Connect"),
        _opens("authenticationMode.type", "no-password-required", action="elasticache:Connect"),
    ),
    "aws:elb/loadBalancer:LoadBalancer": (_INTERNAL,),
    "aws:grafana/workspace:Workspace": (
        _opens(
            "networkAccessControl.prefixListIds[*]/networkAccessControl.vpceIds[*]", "", action="grafana:OpenWorkspace"
        ),
    ),
    "aws:iot/authorizer:Authorizer": (_opens("signingDisabled", "true", action="iot:InvokeAuthorizer"),),
    "aws:ivs/channel:Channel": (_opens("authorized", "", "false", action="ivs:GetPlayback"),),
    CELLS_FILTER: (
        DirectGrant(
            ("holders of {resource}",),
            ("lakeformation:SELECT",),
            ("table/{tableData.databaseName}/{tableData.tableName}",),
            (
                *columns("tableData.columnNames", "tableData.columnWildcard.excludedColumnNames"),
                ("StringEquals", "lakeformation:rows", f"{{{ROWS}}}"),
            ),
            changes_only=True,
        ),
    ),
    "aws:lakeformation/dataLakeSettings:DataLakeSettings": (
        _opens(
            "allowFullTableExternalDataAccess", "true", action="lakeformation:GetDataAccess", who="engines of others"
        ),
        DirectGrant(
            ("{externalDataFilteringAllowLists[*]}",),
            ("lakeformation:FilterData",),
            when=("allowExternalDataFiltering", ("true",)),
            changes_only=True,
        ),
    ),
    "aws:lightsail/bucketResourceAccess:BucketResourceAccess": (
        DirectGrant(("{resourceName}",), ("lightsail:bucket access",), ("{bucketName}",)),
    ),
    "aws:lightsail/containerServiceDeploymentVersion:ContainerServiceDeploymentVersion": (
        DirectGrant(
            ("*",), ("lightsail:Request",), ("{serviceName}/{publicEndpoint.containerName}",), changes_only=True
        ),
    ),
    "aws:msk/cluster:Cluster": (
        _opens(
            "brokerNodeGroupInfo.connectivityInfo.publicAccess.type",
            "service_provided_eips",
            action="kafka:GetBootstrapBrokers",
        ),
    ),
    "aws:mwaa/environment:Environment": (_opens("webserverAccessMode", "public_only", action="airflow:OpenWebServer"),),
    "aws:neptunegraph/graph:Graph": (_opens("publicConnectivity", "true", action="neptune-graph:Connect"),),
    "aws:opensearch/domain:Domain": (
        _opens("advancedSecurityOptions.anonymousAuthEnabled", "true", action="es:Anonymous"),
    ),
    "aws:storagegateway/nfsFileShare:NfsFileShare": (
        DirectGrant(
            ("*",),
            ("storagegateway:Mount",),
            ("{resource}",),
            (("IpAddress", _FROM, "{clientLists[*]}"),),
            changes_only=True,
        ),
    ),
    "aws:storagegateway/smbFileShare:SmbFileShare": (
        _opens("authentication", "guestaccess", action="storagegateway:Mount"),
    ),
    "aws:ssoadmin/applicationAssignmentConfiguration:ApplicationAssignmentConfiguration": (
        _opens(
            "assignmentRequired",
            "false",
            action="sso:GetApplication",
            on="{applicationArn}",
            who="every user of IAM Identity Center",
        ),
    ),
    "aws:transfer/server:Server": (_opens("endpointType", "", "public", action="transfer:Connect"),),
    "aws:transfer/user:User": (
        _opens("homeDirectoryType", "", "path", action="transfer:LeaveHomeDirectory", who="the user {userName}"),
    ),
}
"""By type token. Sources: the pages about public access, authentication and networks of each service's guide, such as
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-trusted-signers.html,
https://docs.aws.amazon.com/codebuild/latest/userguide/public-builds.html,
https://docs.aws.amazon.com/eks/latest/userguide/cluster-endpoint.html,
https://docs.aws.amazon.com/amplify/latest/userguide/access-control.html and
https://docs.aws.amazon.com/msk/latest/developerguide/public-access.html."""


@cache
def by_settings() -> Mapping[str, tuple[DirectGrant, ...]]:
    """`SIGN_IN`, `OPEN_SETTINGS` and `CACHE_USERS`, and the databases and brokers with a property `publiclyAccessible`."""
    grants = dict(SIGN_IN)
    for token, more in (*OPEN_SETTINGS.items(), *CACHE_USERS.items()):
        grants[token] = (*grants.get(token, ()), *more)
    for token in known_types():
        if "publiclyAccessible" in (argument_names(token) or ()):
            public = _opens("publiclyAccessible", "true", action=f"{token[4:].partition('/')[0]}:Connect")
            grants[token] = (*grants.get(token, ()), public)
    return grants
