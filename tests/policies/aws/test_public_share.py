from __future__ import annotations

from typing import Any

from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.aws.public_share import POLICY
from tests.policies.helpers import reported, silent, undecided


def image(group: Any) -> Resource:
    return Resource("aws:ec2/amiLaunchPermission:AmiLaunchPermission", "web", {"imageId": "ami-1", "group": group})


def snapshot(accounts: Any) -> Resource:
    inputs = {"dbClusterSnapshotIdentifier": "orders", "sharedAccounts": accounts}
    return Resource("aws:rds/clusterSnapshot:ClusterSnapshot", "orders", inputs)


def document(accounts: Any) -> Resource:
    permissions = {"type": "Share", "account_ids": accounts}
    return Resource("aws:ssm/document:Document", "patch", {"name": "patch", "permissions": permissions})


def bus(principal: Any, **inputs: Any) -> Resource:
    return Resource("aws:cloudwatch/eventPermission:EventPermission", "bus", {"principal": principal, **inputs})


def recipe(*groups: Any) -> Resource:
    launch = {"launchPermission": {"userGroups": list(groups)}}
    inputs = {"name": "web", "distributions": [{"region": "eu-west-1", "amiDistributionConfiguration": launch}]}
    return Resource("aws:imagebuilder/distributionConfiguration:DistributionConfiguration", "web", inputs)


def allowed(principal: Any) -> Resource:
    inputs = {"vpcEndpointServiceId": "vpce-svc-0aa1", "principalArn": principal}
    return Resource("aws:ec2/vpcEndpointServiceAllowedPrinciple:VpcEndpointServiceAllowedPrinciple", "p", inputs)


def service(*principals: Any, accept: Any = False) -> Resource:
    inputs = {"acceptanceRequired": accept, "allowedPrincipals": list(principals)}
    return Resource("aws:ec2/vpcEndpointService:VpcEndpointService", "orders", inputs)


IN_RECIPE = "distributions[0].amiDistributionConfiguration.launchPermission.userGroups[0]"
test_one_of_two_accounts = reported(POLICY, "sharedAccounts[1]", snapshot(["444455556666", "all"]))
test_a_recipe_of_images = reported(POLICY, IN_RECIPE, recipe("all"))
test_an_endpoint_service = reported(POLICY, "principalArn", allowed("*"))
test_its_own_principals = reported(POLICY, "allowedPrincipals[1]", service("arn:aws:iam::1:root", "*"))
test_silent = silent(
    POLICY,
    image(None),
    snapshot([]),
    document("444455556666"),
    bus("444455556666"),
    recipe(),
    allowed("arn:aws:iam::444455556666:root"),
    service("arn:aws:iam::444455556666:root"),
    service("*", accept=True),
    service(),
    Resource("aws:ssm/parameter:Parameter", "p", {"group": "all", "sharedAccounts": ["all"]}),
    Resource("aws:lambda/functionUrl:FunctionUrl", "url", {"authorizationType": "NONE"}),
)


def test_unknown() -> None:
    assert undecided(POLICY, snapshot(UNKNOWN)) == ["sharedAccounts"]
    assert undecided(POLICY, snapshot(["444455556666", UNKNOWN])) == ["sharedAccounts[1]"]
    assert undecided(POLICY, image(UNKNOWN)) == ["group"]
    assert undecided(POLICY, allowed(UNKNOWN)) == ["principalArn"]
