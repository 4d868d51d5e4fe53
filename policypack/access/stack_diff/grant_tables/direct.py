"""Grants by the properties of a resource, by its type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

from policypack.access.exposure.sharing import ALLOWED_PRINCIPAL, ENDPOINT_SERVICE, SHARES
from policypack.access.stack_diff.grant_tables.direct_grant import DirectGrant, columns
from policypack.access.stack_diff.grant_tables.open_settings import by_settings
from policypack.access.stack_diff.grant_tables.service_users import SERVICE_USERS
from policypack.iam.tables import argument_names, known_types

_SHARED_TO: Mapping[str, tuple[str, ...]] = {
    "aws:ec2/amiLaunchPermission:AmiLaunchPermission": (
        "{accountId}",
        "{organizationArn}",
        "{organizationalUnitArn}",
    ),
    "aws:imagebuilder/distributionConfiguration:DistributionConfiguration": tuple(
        f"{{distributions[*].amiDistributionConfiguration.launchPermission.{name}[*]}}"
        for name in ("userIds", "organizationArns", "organizationalUnitArns")
    ),
}
"""By type of `SHARES`, the grantees that have properties of their own."""
_SHARE_CONDITIONS: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "aws:cloudwatch/eventPermission:EventPermission": (("{condition.type}", "{condition.key}", "{condition.value}"),),
    "aws:lambda/layerVersionPermission:LayerVersionPermission": (
        ("StringEquals", "aws:PrincipalOrgID", "{organizationId}"),
    ),
}
_CUSTOMER_POLICY = "aws:ssoadmin/customerManagedPolicyAttachment:CustomerManagedPolicyAttachment"
_ASSUME = ("sts:AssumeRole",)
_INVOKE = ("execute-api:Invoke",)
_OPEN = ("none", "")
_DATABASE = "database/{database.name}"
_LAKE = (
    _DATABASE,
    "table/{table.databaseName}/{table.name|*}",
    "table/{tableWithColumns.databaseName}/{tableWithColumns.name}",
    "filter/{dataCellsFilter.databaseName}/{dataCellsFilter.tableName}/{dataCellsFilter.name}",
    "location/{dataLocation.arn}",
    "tag/{lfTag.key}/{lfTag.values[*]}",
    "tagged/{lfTagPolicy.resourceType}/{lfTagPolicy.expressions[*].key}/{lfTagPolicy.expressions[*].values[*]}",
)


def _endpoint_service(grantee: str) -> Iterator[DirectGrant]:
    """Who may connect to a VPC endpoint service, by its own property or beside it; some wait for its owner to accept."""
    service = "{networkLoadBalancerArns[*]/gatewayLoadBalancerArns[*]/vpcEndpointServiceId}"
    for accepted, conditions in (
        (("true",), (("Bool", "ec2:accepted", "{acceptanceRequired}"),)),
        (("false", ""), ()),
    ):
        yield DirectGrant(
            (grantee,),
            ("ec2:CreateVpcEndpoint",),
            (service,),
            conditions,
            when=("acceptanceRequired", accepted),
            kind=ENDPOINT_SERVICE,
        )


GRANTS: Mapping[str, tuple[DirectGrant, ...]] = {
    "aws:acmpca/permission:Permission": (
        DirectGrant(
            ("{principal}",),
            ("acm-pca:{actions[*]}",),
            ("{certificateAuthorityArn}",),
            (("StringEquals", "aws:SourceAccount", "{sourceAccount}"),),
        ),
    ),
    "aws:apigateway/method:Method": (
        DirectGrant(
            ("*",),
            _INVOKE,
            ("arn:aws:execute-api:*:*:{restApi}/*/{httpMethod}/{resourceId}",),
            when=("authorization", _OPEN),
            unless=("apiKeyRequired", ("true",)),
            changes_only=True,
        ),
    ),
    "aws:apigatewayv2/route:Route": (
        DirectGrant(
            ("*",), _INVOKE, ("arn:aws:execute-api:*:*:{apiId}/*/{routeKey}",), when=("authorizationType", _OPEN)
        ),
    ),
    "aws:appsync/graphQLApi:GraphQLApi": tuple(
        DirectGrant(
            ("*",),
            ("appsync:GraphQL",),
            ("apis/{name}",),
            when=(path, ("api_key",)),
            changes_only=True,
            service="appsync",
        )
        for path in ("authenticationType", "additionalAuthenticationProviders[*].authenticationType")
    ),
    "aws:cfg/aggregateAuthorization:AggregateAuthorization": (
        DirectGrant(("{accountId}",), ("config:PutConfigurationAggregator",), ("{authorizedAwsRegion|*}",)),
    ),
    "aws:cloud9/environmentMembership:EnvironmentMembership": (
        DirectGrant(("{userArn}",), ("cloud9:{permissions}",), ("{environmentId}",)),
    ),
    "aws:cognito/identityPool:IdentityPool": (
        DirectGrant(
            ("*",),
            ("cognito-identity:GetCredentialsForIdentity",),
            ("identitypool/{identityPoolName}",),
            service="cognito-identity",
            when=("allowUnauthenticatedIdentities", ("true",)),
        ),
    ),
    "aws:cognito/identityPoolRoleAttachment:IdentityPoolRoleAttachment": (
        DirectGrant(("guests of {identityPoolId}",), _ASSUME, ("{roles.unauthenticated}",)),
        DirectGrant(
            ("users of {identityPoolId}",),
            _ASSUME,
            ("{roles.authenticated}", "{roleMappings[*].mappingRules[*].roleArn}"),
        ),
    ),
    "aws:cognito/userGroup:UserGroup": (DirectGrant(("group {name} of {userPoolId}",), _ASSUME, ("{roleArn}",)),),
    "aws:directoryservice/sharedDirectory:SharedDirectory": (
        DirectGrant(("{target.id}",), ("ds:AcceptSharedDirectory",), ("directory/{directoryId}",), service="ds"),
    ),
    "aws:ec2/networkInterfacePermission:NetworkInterfacePermission": (
        DirectGrant(
            ("{awsAccountId}",),
            ("ec2:AttachNetworkInterface",),
            ("network-interface/{networkInterfaceId}",),
            service="ec2",
        ),
    ),
    "aws:ec2/snapshotCreateVolumePermission:SnapshotCreateVolumePermission": (
        DirectGrant(("{accountId}",), ("ec2:CreateVolume",), ("arn:aws:ec2:*::snapshot/{snapshotId}",), everyone="all"),
    ),
    ENDPOINT_SERVICE: tuple(_endpoint_service("{allowedPrincipals[*]}")),
    ALLOWED_PRINCIPAL: tuple(_endpoint_service("{principalArn}")),
    "aws:eks/accessEntry:AccessEntry": (
        DirectGrant(
            ("{principalArn}",),
            ("eks:AccessKubernetesApi", "eks:group/{kubernetesGroups[*]}"),
            ("cluster/{clusterName}",),
            service="eks",
        ),
    ),
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": (
        DirectGrant(
            ("{principalArn}",),
            ("eks:{policyArn}",),
            ("cluster/{clusterName}/namespace/{accessScope.namespaces[*]|*}",),
        ),
    ),
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": (
        DirectGrant(
            ("service account {namespace}/{serviceAccount} of {clusterName}",),
            _ASSUME,
            ("{roleArn}", "{targetRoleArn}"),
        ),
    ),
    "aws:globalaccelerator/crossAccountAttachment:CrossAccountAttachment": (
        DirectGrant(
            ("{principals[*]}",),
            ("globalaccelerator:AddEndpoints",),
            ("{resources[*].endpointId}", "{resources[*].cidrBlock}"),
        ),
    ),
    "aws:grafana/roleAssociation:RoleAssociation": (
        DirectGrant(("user {userIds[*]}", "group {groupIds[*]}"), ("grafana:{role}",), ("{workspaceId}",)),
    ),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": (
        DirectGrant(
            ("tokens of {url}",),
            ("sts:AssumeRoleWithWebIdentity",),
            ("*",),
            (("StringEquals", "oidc:aud", "{clientIdLists[*]}"),),
            changes_only=True,
        ),
    ),
    "aws:identitystore/groupMembership:GroupMembership": (
        DirectGrant(("user {memberId}",), ("identitystore:member",), ("group/{groupId}",)),
    ),
    "aws:iot/policyAttachment:PolicyAttachment": (
        DirectGrant(("{target}",), ("iot:policy",), ("policy/{policy}",), service="iot"),
    ),
    "aws:lakeformation/dataLakeSettings:DataLakeSettings": (
        DirectGrant(("{admins[*]}",), ("lakeformation:*",)),
        DirectGrant(("{readOnlyAdmins[*]}",), ("lakeformation:Get*", "lakeformation:List*")),
        *(
            DirectGrant(("{principal}",), ("lakeformation:{permissions[*]}",), (f"new {what}",), entries=f"{path}[*]")
            for path, what in (
                ("createDatabaseDefaultPermissions", "databases"),
                ("createTableDefaultPermissions", "tables"),
            )
        ),
    ),
    "aws:lakeformation/permissions:Permissions": (
        DirectGrant(
            ("{principal}",),
            ("lakeformation:{permissions[*]}", "lakeformation:grant/{permissionsWithGrantOptions[*]}"),
            _LAKE,
            columns("tableWithColumns.columnNames", "tableWithColumns.excludedColumnNames"),
        ),
        DirectGrant(
            ("{principal}",),
            ("lakeformation:{permissions[*]}",),
            ("catalog",),
            when=("catalogResource", ("true",)),
        ),
    ),
    "aws:licensemanager/licenseGrant:LicenseGrant": (
        DirectGrant(("{principal}",), ("license-manager:{allowedOperations[*]}",), ("{licenseArn}",)),
    ),
    "aws:opensearch/authorizeVpcEndpointAccess:AuthorizeVpcEndpointAccess": (
        DirectGrant(("{account}",), ("es:CreateVpcEndpoint",), ("domain/{domainName}",), service="es"),
    ),
    "aws:opensearch/serverlessAccessPolicy:ServerlessAccessPolicy": (
        DirectGrant(
            ("{Principal[*]}",), ("{Rules[*].Permission[*]}",), ("{Rules[*].Resource[*]}",), entries="policy[*]"
        ),
    ),
    "aws:opensearch/serverlessSecurityPolicy:ServerlessSecurityPolicy": (
        DirectGrant(
            ("*",),
            ("aoss:Network",),
            ("{Rules[*].Resource[*]}",),
            entries="policy[*]",
            when=("AllowFromPublic", ("true",)),
        ),
    ),
    "aws:organizations/delegatedAdministrator:DelegatedAdministrator": (
        DirectGrant(("{accountId}",), ("organizations:*",), ("{servicePrincipal}",)),
    ),
    "aws:redshift/dataShareAuthorization:DataShareAuthorization": (
        DirectGrant(("{consumerIdentifier}",), ("redshift:AssociateDataShareConsumer",), ("{dataShareArn}",)),
        DirectGrant(
            ("{consumerIdentifier}",), ("redshift:write",), ("{dataShareArn}",), when=("allowWrites", ("true",))
        ),
    ),
    "aws:redshift/endpointAuthorization:EndpointAuthorization": (
        DirectGrant(
            ("{account}",),
            ("redshift:CreateEndpointAccess",),
            ("cluster:{clusterIdentifier}",),
            (("StringEquals", "aws:SourceVpc", "{vpcIds[*]}"),),
            service="redshift",
        ),
    ),
    "aws:rolesanywhere/profile:Profile": (
        DirectGrant(("holders of trusted certificates",), _ASSUME, ("{roleArns[*]}",), when=("enabled", ("true",))),
    ),
    "aws:s3control/accessGrant:AccessGrant": (
        DirectGrant(
            ("{grantee.granteeIdentifier}",),
            ("s3:{permission}",),
            ("location/{accessGrantsLocationId}/{accessGrantsLocationConfiguration.s3SubPrefix|*}",),
        ),
    ),
    "aws:servicecatalog/portfolioShare:PortfolioShare": (
        DirectGrant(
            ("{principalId}",),
            ("servicecatalog:AcceptPortfolioShare",),
            ("portfolio/{portfolioId}",),
            service="catalog",
        ),
    ),
    "aws:servicecatalog/principalPortfolioAssociation:PrincipalPortfolioAssociation": (
        DirectGrant(
            ("{principalArn}",), ("servicecatalog:ProvisionProduct",), ("portfolio/{portfolioId}",), service="catalog"
        ),
    ),
    "aws:signer/signingProfilePermission:SigningProfilePermission": (
        DirectGrant(("{principal}",), ("{action}",), ("{profileName}/{profileVersion|*}",)),
    ),
    "aws:ssoadmin/accountAssignment:AccountAssignment": (
        DirectGrant(
            ("{principalType} {principalId}",), ("sso:GetRoleCredentials",), ("{permissionSetArn}/account/{targetId}",)
        ),
    ),
    "aws:ssoadmin/applicationAssignment:ApplicationAssignment": (
        DirectGrant(("{principalType} {principalId}",), ("sso:GetApplication",), ("{applicationArn}",)),
    ),
    _CUSTOMER_POLICY: (
        DirectGrant(
            ("holders of {permissionSetArn}",),
            ("iam:policy",),
            ("policy{customerManagedPolicyReference.path|/}{customerManagedPolicyReference.name}",),
        ),
    ),
    "aws:ssoadmin/customerManagedPolicyAttachmentsExclusive:CustomerManagedPolicyAttachmentsExclusive": (
        DirectGrant(
            ("holders of {permissionSetArn}",),
            ("iam:policy",),
            ("policy{path|/}{name}",),
            entries="customerManagedPolicyReferences[*]",
            kind=_CUSTOMER_POLICY,
        ),
    ),
    "aws:vpclattice/service:Service": (
        DirectGrant(
            ("*",),
            ("vpc-lattice-svcs:Invoke",),
            ("service/{name}",),
            when=("authType", _OPEN),
            changes_only=True,
            service="vpc-lattice",
        ),
    ),
    "aws:vpclattice/serviceNetwork:ServiceNetwork": (
        DirectGrant(
            ("*",),
            ("vpc-lattice-svcs:Invoke",),
            ("servicenetwork/{name}",),
            when=("authType", _OPEN),
            changes_only=True,
            service="vpc-lattice",
        ),
    ),
}
"""By type token. Sources: the grant, share and permission pages of each service's API reference at
https://docs.aws.amazon.com/ and the types' pages at https://www.pulumi.com/registry/packages/aws/api-docs/."""


@cache
def grants_by_type() -> Mapping[str, tuple[DirectGrant, ...]]:
    """The grants of every type: `GRANTS`, `SERVICE_USERS`, `by_settings`, those of `SHARES`, and those that follow from the SDK's property names."""
    others = {**dict(_administrators()), **dict(_with_permissions()), **dict(_shares()), **SERVICE_USERS, **GRANTS}
    return others | {token: (*others.get(token, ()), *grants) for token, grants in by_settings().items()}


def _shares() -> Iterator[tuple[str, tuple[DirectGrant, ...]]]:
    for token, share in SHARES.items():
        resource = share.resource.replace("}", "|default}")
        if share.switch:
            open_to_all = DirectGrant(("*",), (share.action,), (resource,), when=(share.path, (share.everyone,)))
            yield token, (open_to_all,)
        else:
            grantees = (f"{{{share.path}}}", *_SHARED_TO.get(token, ()))
            conditions = _SHARE_CONDITIONS.get(token, ())
            yield (
                token,
                (DirectGrant(grantees, (share.action,), (resource,), conditions, everyone=share.everyone),),
            )


def _administrators() -> Iterator[tuple[str, tuple[DirectGrant, ...]]]:
    """Types that make an account the administrator of a service for the organization."""
    for token in known_types():
        module, _, kind = token.removeprefix("aws:").partition("/")
        names = argument_names(token) or frozenset()
        for name in ("adminAccountId", "delegatedAdminAccountId", "accountId"):
            if name in names and "AdminAccount" in kind:
                yield token, (DirectGrant((f"{{{name}}}",), (f"{module}:*",)),)
                break


def _with_permissions() -> Iterator[tuple[str, tuple[DirectGrant, ...]]]:
    """QuickSight's types, each of which lists its own permissions."""
    for token in known_types():
        if token.startswith("aws:quicksight/") and "permissions" in (argument_names(token) or ()):
            grant = DirectGrant(
                ("{principal}",), ("{actions[*]}",), (f"{token.rpartition(':')[2]} {{name}}",), entries="permissions[*]"
            )
            yield token, (grant,)
