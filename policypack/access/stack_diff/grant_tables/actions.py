"""Actions of grants that stand for others, and those of the consumers of what is shared."""

from __future__ import annotations

from collections.abc import Mapping

CONSUMED: Mapping[str, tuple[str, ...]] = {
    "acm-pca:certificate-authority": ("acm-pca:IssueCertificate",),
    "ec2:ipam-pool": ("ec2:AllocateIpamPoolCidr",),
    "ec2:prefix-list": ("ec2:GetManagedPrefixListEntries",),
    "ec2:security-group": ("ec2:CreateNetworkInterface", "ec2:RunInstances"),
    "ec2:subnet": ("ec2:CreateNetworkInterface", "ec2:RunInstances"),
    "ec2:transit-gateway": ("ec2:CreateTransitGatewayVpcAttachment",),
    "rds:cluster": ("rds:RestoreDBClusterToPointInTime",),
    "route53resolver:firewall-rule-group": ("route53resolver:AssociateFirewallRuleGroup",),
    "route53resolver:resolver-rule": ("route53resolver:AssociateResolverRule",),
    "ssm:parameter": ("ssm:GetParameter",),
}
"""By service and type of what is shared, what its consumers do with it; any action of the service for other types.

Sources: https://docs.aws.amazon.com/ram/latest/userguide/shareable.html and the pages that it links.
"""
MEANINGS: Mapping[str, tuple[str, ...]] = {
    "s3:READWRITE": ("s3:READ", "s3:WRITE"),
    "cloud9:read-write": ("cloud9:read-only", "cloud9:read-write"),
    "grafana:ADMIN": ("grafana:ADMIN", "grafana:EDITOR", "grafana:VIEWER"),
    "grafana:EDITOR": ("grafana:EDITOR", "grafana:VIEWER"),
    "lakeformation:ALL": ("lakeformation:*",),
    "lakeformation:SUPER": ("lakeformation:*",),
    "lakeformation:grant/ALL": ("lakeformation:grant/*",),
    **{
        f"eks:arn:aws:eks::aws:cluster-access-policy/AmazonEKS{name}Policy": tuple(f"eks:{role}" for role in roles)
        for name, roles in {
            "ClusterAdmin": ("ClusterAdmin", "Admin", "AdminView", "Edit", "View"),
            "Admin": ("Admin", "Edit", "View"),
            "AdminView": ("AdminView", "View"),
            "Edit": ("Edit", "View"),
            "View": ("View",),
        }.items()
    },
}
"""Permissions that stand for others.

Sources: https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html,
https://docs.aws.amazon.com/cloud9/latest/user-guide/share-environment.html and
https://docs.aws.amazon.com/grafana/latest/userguide/AMG-manage-users-and-groups-AMG.html."""
