"""Grants by the lists that a service keeps of its own users, groups and links, by the type that adds to them."""

from __future__ import annotations

from collections.abc import Mapping

from policypack.access.stack_diff.grant_tables.direct_grant import DirectGrant

_CACHE_GROUP = ("user group {userGroupId}",)
_CACHE_GROUP_TYPE = "aws:elasticache/userGroup:UserGroup"
_CONNECT = ("elasticache:Connect",)

SERVICE_USERS: Mapping[str, tuple[DirectGrant, ...]] = {
    "aws:appstream/userStackAssociation:UserStackAssociation": (
        DirectGrant(("user {userName}",), ("appstream:Stream",), ("stack/{stackName}",)),
    ),
    "aws:cognito/userInGroup:UserInGroup": (
        DirectGrant(("user {username} of {userPoolId}",), ("cognito-idp:member",), ("group {groupName}",)),
    ),
    "aws:datazone/userProfile:UserProfile": (
        DirectGrant(
            ("user {userIdentifier}",),
            ("datazone:GetIamPortalLoginUrl",),
            ("domain/{domainIdentifier}",),
            unless=("status", ("deactivated", "not_assigned")),
        ),
    ),
    "aws:ec2clientvpn/authorizationRule:AuthorizationRule": (
        DirectGrant(
            ("group {accessGroupId}",),
            ("ec2:Connect",),
            ("client-vpn-endpoint/{clientVpnEndpointId}",),
            (("IpAddress", "aws:DestinationIp", "{targetNetworkCidr}"),),
        ),
        DirectGrant(
            ("*",),
            ("ec2:Connect",),
            ("client-vpn-endpoint/{clientVpnEndpointId}",),
            (("IpAddress", "aws:DestinationIp", "{targetNetworkCidr}"),),
            when=("authorizeAllGroups", ("true",)),
        ),
    ),
    _CACHE_GROUP_TYPE: (DirectGrant(("user {userIds[*]}",), _CONNECT, _CACHE_GROUP),),
    "aws:elasticache/userGroupAssociation:UserGroupAssociation": (
        DirectGrant(("user {userId}",), _CONNECT, _CACHE_GROUP, kind=_CACHE_GROUP_TYPE),
    ),
    "aws:memorydb/acl:Acl": (DirectGrant(("user {userNames[*]}",), ("memorydb:Connect",), ("acl {name}",)),),
    "aws:msk/scramSecretAssociation:ScramSecretAssociation": (
        DirectGrant(("holders of {secretArnLists[*]}",), ("kafka-cluster:Connect",), ("{clusterArn}",)),
    ),
    "aws:oam/link:Link": (DirectGrant(("{sinkIdentifier}",), ("oam:{resourceTypes[*]}",)),),
    "aws:quicksight/groupMembership:GroupMembership": (
        DirectGrant(("user {memberName}",), ("quicksight:member",), ("group {namespace|default}/{groupName}",)),
    ),
    "aws:route53/vpcAssociationAuthorization:VpcAssociationAuthorization": (
        DirectGrant(("{vpcId}",), ("route53:AssociateVPCWithHostedZone",), ("hostedzone/{zoneId}",)),
    ),
}
"""By type token. Sources: the pages about users and sharing of each service's guide, such as
https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Clusters.RBAC.html,
https://docs.aws.amazon.com/vpn/latest/clientvpn-admin/cvpn-working-rules.html and
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Unified-Cross-Account.html."""
