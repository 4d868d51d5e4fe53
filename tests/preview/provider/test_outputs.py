"""The table of computed outputs: each row against the SDK, and its templates against what AWS does."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from policypack.core.policy import UNKNOWN, Resource, urn_of
from stackguard.preview.provider.functions import call
from stackguard.preview.provider.outputs import AwsLocation, location_of, resolve

HERE = AwsLocation("111122223333", "eu-west-1")
ARN = "arn:aws:{service}:eu-west-1:111122223333:"


def outputs(token: str, inputs: dict[str, Any], place: AwsLocation = HERE, name: str = "thing") -> dict[str, Any]:
    return resolve(token, name, urn_of(token, name), inputs, place)[0]


@pytest.mark.parametrize(
    ("token", "inputs", "expected"),
    [
        ("aws:iam/role:Role", {"name": "r"}, {"id": "r", "arn": "arn:aws:iam::111122223333:role/r"}),
        (
            "aws:iam/policy:Policy",
            {"name": "p", "path": "/team/"},
            {"id": "arn:aws:iam::111122223333:policy/team/p", "arn": "arn:aws:iam::111122223333:policy/team/p"},
        ),
        ("aws:iam/rolePolicy:RolePolicy", {"name": "p", "role": "r"}, {"id": "r:p"}),
        ("aws:s3/bucketPolicy:BucketPolicy", {"bucket": "b"}, {"id": "b"}),
        ("aws:s3/bucketVersioningV2:BucketVersioningV2", {"bucket": "b"}, {"id": "b"}),
        (
            "aws:s3/bucketObjectv2:BucketObjectv2",
            {"bucket": "arn:aws:s3:::b", "key": "k/x"},
            {"arn": "arn:aws:s3:::b/k/x"},
        ),
        ("aws:sns/topic:Topic", {"name": "t"}, {"arn": f"{ARN}t".format(service="sns"), "owner": "111122223333"}),
        ("aws:kms/alias:Alias", {"name": "alias/a"}, {"arn": f"{ARN}alias/a".format(service="kms")}),
        (
            "aws:lambda/alias:Alias",
            {"name": "live", "functionName": "arn:aws:lambda:eu-west-1:111122223333:function:f"},
            {"arn": f"{ARN}function:f:live".format(service="lambda")},
        ),
        (
            "aws:lambda/function:Function",
            {"name": "f"},
            {
                "invokeArn": "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/"
                "arn:aws:lambda:eu-west-1:111122223333:function:f/invocations",
                "version": "$LATEST",
            },
        ),
        (
            "aws:cloudwatch/eventRule:EventRule",
            {"name": "r"},
            {"id": "r", "arn": f"{ARN}rule/r".format(service="events")},
        ),
        (
            "aws:cloudwatch/eventRule:EventRule",
            {"name": "r", "eventBusName": "arn:aws:events:eu-west-1:111122223333:event-bus/b"},
            {"id": "b/r", "arn": f"{ARN}rule/b/r".format(service="events")},
        ),
        ("aws:cloudwatch/logGroup:LogGroup", {"name": "/a/b"}, {"arn": f"{ARN}log-group:/a/b".format(service="logs")}),
        ("aws:dynamodb/table:Table", {"name": "t"}, {"arn": f"{ARN}table/t".format(service="dynamodb")}),
        ("aws:ssm/parameter:Parameter", {"name": "/p/q"}, {"arn": f"{ARN}parameter/p/q".format(service="ssm")}),
        ("aws:ssm/parameter:Parameter", {"name": "p"}, {"arn": f"{ARN}parameter/p".format(service="ssm")}),
        ("aws:sqs/queue:Queue", {"name": "q"}, {"url": "https://sqs.eu-west-1.amazonaws.com/111122223333/q"}),
        ("aws:s3/bucket:Bucket", {"bucket": "b", "region": "us-east-2"}, {"bucketRegion": "us-east-2"}),
        ("aws:iam/group:Group", {"name": "g", "path": "/a/b/"}, {"arn": "arn:aws:iam::111122223333:group/a/b/g"}),
        ("aws:s3/bucketVersioning:BucketVersioning", {"bucket": "b", "expectedBucketOwner": "1"}, {"id": "b,1"}),
        ("aws:s3/bucketAcl:BucketAcl", {"bucket": "b", "acl": "private"}, {"id": "b,private"}),
        (
            "aws:ec2/route:Route",
            {"routeTableId": "rtb-1", "destinationCidrBlock": "0.0.0.0/0"},
            {"id": "r-rtb-11080289494"},
        ),
        ("aws:ecs/service:Service", {"name": "s"}, {"id": f"{ARN}service/default/s".format(service="ecs")}),
        (
            "aws:ecs/service:Service",
            {"name": "s", "cluster": "arn:aws:ecs:eu-west-1:111122223333:cluster/c"},
            {"id": f"{ARN}service/c/s".format(service="ecs")},
        ),
        (
            "aws:ecs/taskDefinition:TaskDefinition",
            {"family": "f"},
            {"id": "f", "revision": 1, "arnWithoutRevision": f"{ARN}task-definition/f".format(service="ecs")},
        ),
        ("aws:eks/nodeGroup:NodeGroup", {"clusterName": "c", "nodeGroupName": "n"}, {"id": "c:n"}),
        (
            "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
            {"url": "https://token.actions.githubusercontent.com"},
            {"arn": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},
        ),
        ("aws:iam/rolePolicyAttachment:RolePolicyAttachment", {"role": "r", "policyArn": "arn:p"}, {"id": "r/arn:p"}),
        ("aws:route53/record:Record", {"zoneId": "Z1", "name": "WWW.a.b", "type": "A"}, {"id": "Z1_www.a.b_A"}),
        (
            "aws:route53/record:Record",
            {"zoneId": "Z1", "name": "a.b", "type": "A", "setIdentifier": "blue"},
            {"id": "Z1_a.b_A_blue"},
        ),
        ("aws:cloudwatch/eventTarget:EventTarget", {"rule": "r", "targetId": "t"}, {"id": "r-t"}),
        (
            "aws:cloudwatch/eventTarget:EventTarget",
            {"rule": "r", "targetId": "t", "eventBusName": "b"},
            {"id": "b-r-t"},
        ),
        ("aws:glue/catalogDatabase:CatalogDatabase", {"name": "d"}, {"id": "111122223333:d"}),
        (
            "aws:scheduler/schedule:Schedule",
            {"name": "s"},
            {"arn": f"{ARN}schedule/default/s".format(service="scheduler")},
        ),
        (
            "aws:networkfirewall/ruleGroup:RuleGroup",
            {"name": "g", "type": "STATELESS"},
            {"arn": f"{ARN}stateless-rulegroup/g".format(service="network-firewall")},
        ),
        (
            "aws:apigateway/method:Method",
            {"restApi": "a", "resourceId": "r", "httpMethod": "GET"},
            {"id": "agm-a-r-GET"},
        ),
        ("aws:glacier/vault:Vault", {"name": "v"}, {"arn": f"{ARN}vaults/v".format(service="glacier")}),
        ("aws:s3tables/tableBucket:TableBucket", {"name": "b"}, {"arn": f"{ARN}bucket/b".format(service="s3tables")}),
        (
            "aws:s3control/objectLambdaAccessPoint:ObjectLambdaAccessPoint",
            {"name": "o"},
            {"arn": f"{ARN}accesspoint/o".format(service="s3-object-lambda")},
        ),
        ("aws:ebs/snapshot:Snapshot", {"volumeId": "vol-1"}, {"ownerId": None}),
        ("aws:ec2/vpc:Vpc", {"cidrBlock": "10.0.0.0/16"}, {"ownerId": "111122223333"}),
        (
            "aws:rds/cluster:Cluster",
            {"clusterIdentifier": "c"},
            {"id": "c", "arn": f"{ARN}cluster:c".format(service="rds")},
        ),
        ("aws:lb/targetGroup:TargetGroup", {"name": "g", "region": "us-east-2"}, {"region": None}),
    ],
)
def test_outputs_are_as_aws_forms_them(token: str, inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    resolved = outputs(token, inputs)
    assert {name: resolved.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("token", "inputs", "pattern"),
    [
        ("aws:s3/bucket:Bucket", {}, r"thing-[0-9a-f]{7}"),
        ("aws:s3/bucket:Bucket", {"bucketPrefix": "pre-"}, r"pre-[0-9a-f]{26}"),
        ("aws:kms/alias:Alias", {}, r"alias/thing-[0-9a-f]{7}"),
        ("aws:sns/topic:Topic", {"fifoTopic": True}, r"arn:aws:sns:eu-west-1:111122223333:thing-[0-9a-f]{7}\.fifo"),
        ("aws:kms/key:Key", {}, r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
        (
            "aws:secretsmanager/secret:Secret",
            {"name": "s"},
            r"arn:aws:secretsmanager:eu-west-1:111122223333:secret:s-[0-9a-z]{6}",
        ),
        ("aws:kms/key:Key", {"multiRegion": True}, r"mrk-[0-9a-f]{32}"),
        ("aws:ec2/vpc:Vpc", {}, r"vpc-[0-9a-f]{17}"),
        ("aws:ec2/instance:Instance", {}, r"i-[0-9a-f]{17}"),
        (
            "aws:lb/loadBalancer:LoadBalancer",
            {"loadBalancerType": "network"},
            r"arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/net/thing-[0-9a-f]{7}/[0-9a-f]{16}",
        ),
        (
            "aws:lb/listener:Listener",
            {"loadBalancerArn": "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/a/b"},
            r"arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener/app/a/b/[0-9a-f]{16}",
        ),
        ("aws:wafv2/webAcl:WebAcl", {"scope": "CLOUDFRONT"}, r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
        ("aws:cognito/userPool:UserPool", {}, r"eu-west-1_[0-9a-z]{9}"),
    ],
)
def test_random_parts_have_the_form_of_real_ones(token: str, inputs: dict[str, Any], pattern: str) -> None:
    assert re.fullmatch(pattern, outputs(token, inputs)["id"])


def test_the_same_name_under_another_urn_is_another_physical_name() -> None:
    token = "aws:s3/bucket:Bucket"
    names = [resolve(token, "b", urn_of(token, "b", stack), {}, HERE)[0]["bucket"] for stack in ("dev", "prod")]
    assert names[0] != names[1]


@pytest.mark.parametrize(
    ("token", "inputs", "unknown"),
    [
        ("aws:s3/bucket:Bucket", {"bucket": UNKNOWN}, {"id", "arn"}),
        ("aws:s3/bucket:Bucket", {"bucketPrefix": UNKNOWN}, {"id", "arn", "bucket"}),
        ("aws:iam/role:Role", {"name": "r", "path": UNKNOWN}, {"arn"}),
        ("aws:s3/bucketPolicy:BucketPolicy", {"bucket": UNKNOWN}, {"id"}),
        ("aws:sqs/queue:Queue", {"name": "q", "region": UNKNOWN}, {"arn", "url", "id", "region"}),
        ("aws:kms/key:Key", {"multiRegion": UNKNOWN}, {"keyId", "arn", "id"}),
        ("aws:lambda/function:Function", {"publish": True}, {"version", "qualifiedArn"}),
        ("aws:iam/role:Role", {}, {"uniqueId", "createDate"}),
        ("aws:ec2/instance:Instance", {}, {"publicIp", "privateIp"}),
        ("aws:ec2/ami:Ami", {}, {"rootSnapshotId"}),
        ("aws:dynamodb/table:Table", {"name": "t"}, {"streamArn", "streamLabel"}),
        ("aws:dynamodb/table:Table", {"name": "t", "streamEnabled": UNKNOWN}, {"streamArn"}),
        ("aws:lambda/function:Function", {"publish": UNKNOWN}, {"version", "qualifiedArn"}),
        ("aws:lb/listener:Listener", {"loadBalancerArn": "not-an-arn"}, {"arn", "id"}),
        ("aws:organizations/account:Account", {"name": "a"}, {"id", "arn"}),
        ("aws:rds/cluster:Cluster", {"clusterIdentifierPrefix": "p"}, {"id", "arn", "clusterIdentifier"}),
        ("aws:rds/instance:Instance", {}, {"endpoint"}),
        ("aws:brandnew/thing:Thing", {}, {"id", "arn", "region", "name"}),
    ],
)
def test_what_depends_on_something_unknown_is_unknown(token: str, inputs: dict[str, Any], unknown: set[str]) -> None:
    assert not unknown & outputs(token, inputs).keys()


def test_without_a_region_only_what_needs_none_is_known() -> None:
    nowhere = AwsLocation("111122223333")
    resolved = outputs("aws:s3/bucket:Bucket", {"bucket": "b"}, nowhere)
    assert resolved == {"id": "b", "arn": "arn:aws:s3:::b", "bucketDomainName": "b.s3.amazonaws.com"}
    assert "arn" not in outputs("aws:sqs/queue:Queue", {"name": "q"}, nowhere)


def test_a_name_that_the_provider_refuses_is_unknown() -> None:
    assert "bucket" not in outputs("aws:s3/bucket:Bucket", {}, name="b" * 60)


@pytest.mark.parametrize(
    ("region", "partition"),
    [("eu-west-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("us-iso-east-1", "aws-iso")],
)
def test_partitions_follow_from_the_region(region: str, partition: str) -> None:
    bucket = outputs("aws:s3/bucket:Bucket", {"bucket": "b"}, AwsLocation("1", region))
    assert bucket["arn"] == f"arn:{partition}:s3:::b"


def test_the_region_is_the_providers_else_the_environments() -> None:
    assert location_of({"region": "eu-west-1"}, "1", "us-east-1").region == "eu-west-1"
    assert location_of({}, "1", "us-east-1").region == "us-east-1"
    assert location_of({"region": UNKNOWN}, "1", "us-east-1").region == UNKNOWN
    assert location_of({}, "1", None).region == UNKNOWN


def test_functions_follow_from_the_provider() -> None:
    assert call("aws:index/getCallerIdentity:getCallerIdentity", {}, HERE)["accountId"] == "111122223333"  # type: ignore[index]
    region = call("aws:index/getRegion:getRegion", {"region": "cn-north-1"}, HERE)
    assert region is not None
    assert (region["region"], region["endpoint"]) == ("cn-north-1", "ec2.cn-north-1.amazonaws.com.cn")
    assert call("aws:index/getRegion:getRegion", {}, AwsLocation("1")) is None
    assert call("aws:index/getPartition:getPartition", {}, AwsLocation("1", "us-gov-west-1")) == {
        "id": "aws-us-gov",
        "partition": "aws-us-gov",
        "dnsSuffix": "amazonaws.com",
        "reverseDnsPrefix": "com.amazonaws",
    }
    arn = call("aws:index/getArn:getArn", {"arn": "arn:aws:s3:::b/k:x"}, HERE)
    assert arn is not None
    assert (arn["service"], arn["resource"]) == ("s3", "b/k:x")
    tags = call("aws:index/getDefaultTags:getDefaultTags", {}, replace(HERE, default_tags='{"tags": {"a": "b"}}'))
    assert tags is not None
    assert tags["tags"] == {"a": "b"}
    principal = call("aws:index/getServicePrincipal:getServicePrincipal", {"serviceName": "s3"}, HERE)
    assert principal is not None
    assert principal["name"] == "s3.amazonaws.com"


def test_the_keys_of_a_plain_dictionary_are_read_as_the_program_writes_them() -> None:
    statement = {
        "not_principals": [{"type": "AWS", "identifiers": ["*"]}],
        "not_actions": ["iam:*"],
        "resources": ["*"],
    }
    result = call("aws:iam/getPolicyDocument:getPolicyDocument", {"statements": [statement]}, HERE)
    assert result is not None
    assert '"NotAction":"iam:*"' in result["minifiedJson"]
    assert '"NotPrincipal":{"AWS":"*"}' in result["minifiedJson"]


def test_an_unknown_argument_makes_the_result_unknown() -> None:
    token = "aws:iam/getPolicyDocument:getPolicyDocument"
    assert call(token, {"statements": [{"resources": [UNKNOWN]}]}, HERE) is None
    assert call("aws:ec2/getAmi:getAmi", {}, HERE) is None


@pytest.mark.parametrize(("token", "kind"), [("instance:Instance", "db"), ("cluster:Cluster", "cluster")])
def test_the_secret_of_a_master_user_has_an_arn_if_rds_manages_it(token: str, kind: str) -> None:
    managed = outputs(f"aws:rds/{token}", {"identifier": "a", "manageMasterUserPassword": True})
    (secret,) = managed["masterUserSecrets"]
    assert re.fullmatch(
        rf"arn:aws:secretsmanager:eu-west-1:111122223333:secret:rds!{kind}-[0-9a-f-]{{36}}-[a-z0-9]{{6}}",
        secret["secretArn"],
    )
    assert "masterUserSecrets" not in outputs(f"aws:rds/{token}", {"identifier": "a", "password": "x"})


REST_API = Resource("aws:apigateway/restApi:RestApi", "api", outputs={"rootResourceId": "root"})
PARTS = {
    "root": REST_API,
    "items": Resource("aws:apigateway/resource:Resource", "items", outputs={"id": "items", "path": "/items"}),
    "pathless": Resource("aws:apigateway/resource:Resource", "pathless", outputs={"id": "pathless"}),
    "secret": Resource(
        "aws:apigateway/resource:Resource", "s", outputs={"id": "secret", "path": "/x"}, secrets=frozenset({"path"})
    ),
    "http": Resource("aws:apigatewayv2/api:Api", "http", outputs={"id": "http", "apiEndpoint": "https://http.x"}),
    "key": Resource("aws:kms/key:Key", "key", outputs={"id": "key", "arn": "arn:aws:kms:::key/key"}),
}


@pytest.mark.parametrize(
    ("token", "inputs", "output", "expected"),
    [
        ("aws:apigateway/resource:Resource", {"parentId": "root", "pathPart": "items"}, "path", "/items"),
        ("aws:apigateway/resource:Resource", {"parentId": "items", "pathPart": "{id}"}, "path", "/items/{id}"),
        ("aws:apigateway/resource:Resource", {"parentId": "pathless", "pathPart": "x"}, "path", None),
        ("aws:apigateway/resource:Resource", {"parentId": "secret", "pathPart": "x"}, "path", None),
        ("aws:apigateway/resource:Resource", {"parentId": "foreign", "pathPart": "x"}, "path", None),
        ("aws:apigateway/resource:Resource", {"parentId": UNKNOWN, "pathPart": "x"}, "path", None),
        ("aws:apigateway/resource:Resource", {"parentId": "root", "pathPart": UNKNOWN}, "path", None),
        ("aws:apigatewayv2/stage:Stage", {"apiId": "http", "name": "$default"}, "invokeUrl", "https://http.x/"),
        ("aws:apigatewayv2/stage:Stage", {"apiId": "http", "name": "v1"}, "invokeUrl", "https://http.x/v1"),
        ("aws:kms/alias:Alias", {"name": "alias/a", "targetKeyId": "key"}, "targetKeyArn", "arn:aws:kms:::key/key"),
    ],
)
def test_an_output_follows_from_the_outputs_of_another_resource(
    token: str, inputs: dict[str, Any], output: str, expected: str | None
) -> None:
    computed, _ = resolve(token, "thing", urn_of(token, "thing"), inputs, HERE, identified=PARTS.get)
    assert computed.get(output) == expected
