"""Functions that need no cloud: their names and fields against the SDK, and what each answers."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from policypack.core.policy import UNKNOWN, Unknown
from stackguard import cli
from stackguard.errors import CannotJudge
from stackguard.preview import Preview, run
from stackguard.preview.provider.functions import FUNCTIONS, call, known_part
from stackguard.preview.provider.outputs import AwsLocation
from stackguard.preview.provider.published import region_descriptions, tables
from tools.sdk_source import FunctionType, function_types, sdk_folder

ACCOUNT = "111122223333"
HERE = AwsLocation(ACCOUNT, "eu-west-1")
ROLE = "arn:aws:iam::111122223333:role/team/app"
EMAIL = "arn:aws:dataprotection::aws:data-identifier/EmailAddress"

DATA_PROTECTION = {
    "name": "mask",
    "statements": [
        {"dataIdentifiers": [EMAIL], "operation": {"audit": {"findingsDestination": {"s3": {"bucket": "found"}}}}},
        {"dataIdentifiers": [EMAIL], "operation": {"deidentify": {"maskConfig": {}}}},
    ],
}
CORE_NETWORK = {
    "coreNetworkConfigurations": [{"asnRanges": ["64512-64555"], "edgeLocations": [{"location": "eu-west-1"}]}],
    "segments": [{"name": "shared"}, {"name": "app", "isolateAttachments": True}],
}
ARGUMENTS: Mapping[str, Mapping[str, Any]] = {
    "getArn": {"arn": ROLE},
    "arnParse": {"arn": ROLE},
    "getCoreNetworkPolicyDocument": CORE_NETWORK,
    "getLogDataProtectionPolicyDocument": DATA_PROTECTION,
    "getPrebuiltEcrImage": {"repositoryName": "kmeans"},
    "getService": {"serviceId": "s3"},
    "getServicePrincipal": {"serviceName": "s3"},
    "getSessionContext": {"arn": ROLE},
    "trimIamRolePath": {"arn": ROLE},
    "userAgent": {"productName": "app"},
}
"""What a function needs at least, by its name."""


@cache
def sdk() -> Mapping[str, FunctionType]:
    return {function.token: function for function in function_types(sdk_folder())}


def answer(token: str, args: Mapping[str, Any] | None = None, region: str | Unknown = "eu-west-1") -> Any:
    """The function of this name, called in a region."""
    (function,) = [name for name in FUNCTIONS if name.partition(":")[2].startswith(f"{token}:")]
    return call(function, args or {}, AwsLocation(ACCOUNT, region))


class TestAgainstTheSdk:
    def test_the_sdk_has_every_function(self) -> None:
        assert not FUNCTIONS.keys() - sdk().keys()

    @pytest.mark.parametrize("token", sorted(FUNCTIONS))
    def test_a_result_has_the_fields_of_the_sdk(self, token: str) -> None:
        """A field that is left out is a missing argument."""
        args = ARGUMENTS.get(token.rpartition(":")[2], {})
        result = call(token, args, HERE)
        assert result is not None
        assert result.keys() <= sdk()[token].results
        assert sdk()[token].results - result.keys() <= sdk()[token].arguments
        assert args.keys() <= sdk()[token].arguments

    def test_every_image_repository_of_the_docstring_is_in_a_table(self) -> None:
        source = (sdk_folder() / "sagemaker" / "get_prebuilt_ecr_image.py").read_text(encoding="utf-8")
        listed = re.search(r"Values include (.*?)\.\n", source)
        assert listed is not None
        ours = [name for table in tables().values() for name in table.repositories]
        assert sorted(ours) == sorted(re.findall(r"`([^`]+)`", listed[1]))


class TestTables:
    @pytest.mark.parametrize("name", sorted(tables()))
    def test_each_table_has_accounts_or_zones_of_existing_regions(self, name: str) -> None:
        table = tables()[name]
        form = r"\d{12}" if name.startswith("sagemaker/") or name.endswith("/account") else r"Z[0-9A-Z]{10,20}"
        assert table.source
        assert not table.regions.keys() - region_descriptions().keys()
        assert [value for value in table.regions.values() if not re.fullmatch(form, value)] == []

    def test_two_regions_share_no_zone(self) -> None:
        for name in ("lb/application", "lb/network", "elasticbeanstalk/zone", "apprunner/zone"):
            zones = list(tables()[name].regions.values())
            assert len(set(zones)) == len(zones), name


@pytest.mark.parametrize(
    ("token", "args", "region", "expected"),
    [
        ("elb/getServiceAccount", {}, "us-east-1", {"id": "127311923021", "region": "us-east-1"}),
        ("elb/getServiceAccount", {"region": "us-west-2"}, "us-east-1", {"arn": "arn:aws:iam::797873946194:root"}),
        ("elb/getServiceAccount", {}, "cn-north-1", {"arn": "arn:aws-cn:iam::638102146993:root"}),
        ("elb/getServiceAccount", {}, "us-gov-west-1", {"arn": "arn:aws-us-gov:iam::048591011584:root"}),
        ("cloudtrail/getServiceAccount", {}, "eu-west-1", {"arn": "arn:aws:iam::859597730677:root"}),
        ("index/getBillingServiceAccount", {}, "eu-west-1", {"arn": "arn:aws:iam::386209384616:root"}),
        ("elb/getHostedZoneId", {}, "eu-west-1", {"id": "Z32O12XQLNTSW2", "region": "eu-west-1"}),
        ("lb/getHostedZoneId", {}, "eu-west-1", {"id": "Z32O12XQLNTSW2", "loadBalancerType": "application"}),
        ("lb/getHostedZoneId", {"loadBalancerType": "network"}, "eu-west-1", {"id": "Z2IFOLAFXWLO4F"}),
        ("elasticbeanstalk/getHostedZone", {}, "eu-west-1", {"id": "Z2NYPWQ7DFZAZH", "region": "eu-west-1"}),
        ("apprunner/getHostedZoneId", {}, "eu-west-1", {"id": "Z087551914Z2PCAU0QHMW"}),
        (
            "sagemaker/getPrebuiltEcrImage",
            {"repositoryName": "sagemaker-scikit-learn", "imageTag": "2.2-1.0.11.0"},
            "eu-west-1",
            {"registryPath": "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-scikit-learn:2.2-1.0.11.0"},
        ),
        (
            "sagemaker/getPrebuiltEcrImage",
            {"repositoryName": "kmeans", "dnsSuffix": "example.org"},
            "cn-north-1",
            {"registryPath": "390948362332.dkr.ecr.cn-north-1.example.org/kmeans:1", "imageTag": "1"},
        ),
        (
            "index/getService",
            {"serviceId": "s3"},
            "cn-north-1",
            {"dnsName": "s3.cn-north-1.amazonaws.com.cn", "partition": "aws-cn", "supported": True},
        ),
        (
            "index/getService",
            {"dnsName": "gate.us-isof-south-1.csp.hci.ic.gov", "serviceId": "s3"},
            "eu-west-1",
            {"id": "gov.ic.hci.csp.us-isof-south-1.gate", "partition": "aws-iso-f", "supported": False},
        ),
        (
            "index/getService",
            {"reverseDnsName": "com.amazonaws.us-east-1.ec2"},
            UNKNOWN,
            {"dnsName": "ec2.us-east-1.amazonaws.com", "region": "us-east-1", "reverseDnsPrefix": "com.amazonaws"},
        ),
        ("index/getServicePrincipal", {"serviceName": "logs"}, "cn-north-1", {"name": "logs.amazonaws.com.cn"}),
        ("index/getServicePrincipal", {"serviceName": "s3"}, "cn-north-1", {"name": "s3.amazonaws.com"}),
        ("index/getServicePrincipal", {"serviceName": "dms"}, "us-isob-east-1", {"suffix": "sc2s.sgov.gov"}),
        ("index/getRegion", {}, "eu-west-1", {"description": "Europe (Ireland)"}),
        ("index/getRegion", {"endpoint": "ec2.us-west-2.amazonaws.com"}, "eu-west-1", {"name": "us-west-2"}),
        ("index/getPartition", {}, "eu-isoe-west-1", {"partition": "aws-iso-e", "dnsSuffix": "cloud.adc-e.uk"}),
        ("iam/getSessionContext", {"arn": ROLE}, "eu-west-1", {"issuerArn": ROLE, "sessionName": ""}),
        ("index/arnParse", {"arn": ROLE}, "eu-west-1", {"accountId": ACCOUNT, "resource": "role/team/app"}),
        ("index/trimIamRolePath", {"arn": ROLE}, "eu-west-1", {"result": f"arn:aws:iam::{ACCOUNT}:role/app"}),
        (
            "index/arnBuild",
            {"partition": "aws", "service": "s3", "region": "", "accountId": "", "resource": "b"},
            UNKNOWN,
            {"result": "arn:aws:s3:::b"},
        ),
        (
            "index/userAgent",
            {"productName": "a", "productVersion": "1", "comment": "c"},
            UNKNOWN,
            {"result": "a/1 (c)"},
        ),
        ("index/userAgent", {"productName": "a"}, UNKNOWN, {"result": "a"}),
    ],
)
def test_an_answer(token: str, args: dict[str, Any], region: str | Unknown, expected: dict[str, Any]) -> None:
    result = answer(token, args, region)
    assert {name: result[name] for name in expected} == expected


@pytest.mark.parametrize(("region", "start"), [("eu-west-1", "c4c1ede6"), ("cn-northwest-1", "a52cb287")])
def test_cloudfront_delivers_logs_as_one_user_of_each_partition(region: str, start: str) -> None:
    identity = answer("cloudfront/getLogDeliveryCanonicalUserId", {}, region)["id"]
    assert re.fullmatch(rf"{start}[0-9a-f]{{56}}", identity)


@pytest.mark.parametrize(
    ("token", "args", "region"),
    [
        *[
            (token.partition(":")[2].rpartition(":")[0], ARGUMENTS.get(token.rpartition(":")[2], {}), UNKNOWN)
            for token in FUNCTIONS
            if "region" in sdk()[token].arguments and token != "aws:index/arnBuild:arnBuild"
        ],
        ("elb/getServiceAccount", {}, "eu-west-9"),
        ("elb/getServiceAccount", {}, "us-iso-east-1"),
        ("elb/getServiceAccount", {"region": UNKNOWN}, "eu-west-1"),
        ("elb/getServiceAccount", {"region": "cn-north-1"}, "eu-west-1"),
        ("cloudtrail/getServiceAccount", {}, "mx-central-1"),
        ("lb/getHostedZoneId", {}, "eusc-de-east-1"),
        ("elasticbeanstalk/getHostedZone", {}, "eu-south-2"),
        ("apprunner/getHostedZoneId", {}, "sa-east-1"),
        ("sagemaker/getPrebuiltEcrImage", {"repositoryName": "tomorrows-image"}, "eu-west-1"),
        ("sagemaker/getPrebuiltEcrImage", {"repositoryName": "sagemaker-geospatial-v1-0"}, "eu-west-1"),
        ("index/getRegion", {"endpoint": "ec2.example.org"}, "eu-west-1"),
        ("index/getRegion", {"endpoint": "gate.us-west-2.amazonaws.com"}, "eu-west-1"),
        ("iam/getSessionContext", {"arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/app/session"}, "eu-west-1"),
        (
            "networkmanager/getCoreNetworkPolicyDocument",
            {"segmentActions": [{"action": "share", "segment": "a", "routingPolicyNames": ["b"]}]},
            "eu-west-1",
        ),
    ],
)
def test_a_value_that_no_table_has_is_unknown(token: str, args: dict[str, Any], region: str | Unknown) -> None:
    assert answer(token, args, region) is None


@pytest.mark.parametrize(
    ("token", "args", "region", "problem"),
    [
        ("elb/getServiceAccount", {}, "il-central-1", "unsupported AWS Region: il-central-1; load balancers write"),
        ("lb/getHostedZoneId", {"loadBalancerType": "gateway"}, "eu-west-1", "got gateway"),
        ("index/getService", {}, "eu-west-1", "service ID not provided"),
        ("index/getService", {"dnsName": "s3.amazonaws.com"}, "eu-west-1", "must have at least 4 parts"),
        ("index/arnParse", {"arn": "arn:aws:s3"}, "eu-west-1", "must be an ARN"),
        ("index/trimIamRolePath", {"arn": "arn:aws:s3:::b"}, "eu-west-1", "must be the ARN of an IAM role"),
        ("index/userAgent", {"productName": ""}, "eu-west-1", "product_name must be set"),
        (
            "cloudwatch/getLogDataProtectionPolicyDocument",
            {**DATA_PROTECTION, "statements": DATA_PROTECTION["statements"][::-1]},
            "eu-west-1",
            "two policy statements",
        ),
        (
            "networkmanager/getCoreNetworkPolicyDocument",
            {**CORE_NETWORK, "segmentActions": [{"action": "share", "segment": "shared"}]},
            "eu-west-1",
            "only 1 of",
        ),
    ],
)
def test_what_the_provider_refuses_is_refused(token: str, args: dict[str, Any], region: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        answer(token, args, region)


class TestDocuments:
    def test_the_lifecycle_of_images(self) -> None:
        selection = {
            "tagStatus": "tagged",
            "tagPrefixLists": ["v"],
            "countType": "imageCountMoreThan",
            "countNumber": 9.0,
        }
        archive = {"type": "transition", "targetStorageClass": "archive"}
        rules = [
            {"priority": 1.0, "description": "keep <9>", "selection": selection},
            {"priority": 2.0, "selection": {"tagStatus": "any", "tagPatternLists": []}, "action": archive},
        ]
        text = answer("ecr/getLifecyclePolicyDocument", {"rules": rules})["json"]
        assert "keep \\u003c9\\u003e" in text  # as Go writes it
        first, second = json.loads(text)["rules"]
        assert [*first] == ["rulePriority", "description", "selection", "action"]
        assert first["selection"] == {
            "tagStatus": "tagged",
            "tagPrefixList": ["v"],
            "countType": "imageCountMoreThan",
            "countNumber": 9,
        }
        assert first["action"] == {"type": "expire"}
        assert second["selection"] == {"tagStatus": "any"}
        assert second["action"] == {"targetStorageClass": "archive", "type": "transition"}

    def test_the_protection_of_logs(self) -> None:
        result = answer("cloudwatch/getLogDataProtectionPolicyDocument", DATA_PROTECTION)
        document = json.loads(result["json"])
        assert [*document] == ["Name", "Statement", "Version"]
        audit, masking = document["Statement"]
        assert audit == {
            "DataIdentifier": [EMAIL],
            "Operation": {"Audit": {"FindingsDestination": {"S3": {"Bucket": "found"}}}},
        }
        assert masking["Operation"] == {"Deidentify": {"MaskConfig": {}}}
        assert result["version"] == document["Version"] == "2021-06-01"

    def test_sets_are_in_one_order_whatever_the_program_writes(self) -> None:
        statement, masking = DATA_PROTECTION["statements"]
        names = ["EmailAddress", "Name", "IpAddress", "AwsSecretKey", "Name"]

        def text(identifiers: list[str]) -> str:
            statements = [{**statement, "dataIdentifiers": identifiers}, masking]
            return answer("cloudwatch/getLogDataProtectionPolicyDocument", {"name": "n", "statements": statements})[
                "json"
            ]

        assert text(names) == text(names[::-1])
        written = json.loads(text(names))["Statement"][0]["DataIdentifier"]
        assert sorted(written) == ["AwsSecretKey", "EmailAddress", "IpAddress", "Name"]

    def test_a_traffic_policy(self) -> None:
        def policy(locations: list[dict[str, Any]]) -> str:
            rules = [
                {"id": "geo", "type": "geo", "locations": locations},
                {"id": "down", "primary": {"endpointReference": "b"}},
            ]
            endpoints = [{"id": "b", "type": "value", "value": "192.0.2.2"}, {"id": "a", "value": "192.0.2.1"}]
            args = {"recordType": "A", "startRule": "geo", "endpoints": endpoints, "rules": rules}
            return answer("route53/getTrafficPolicyDocument", args)["json"]

        locations = [
            {"endpointReference": "a", "isDefault": True},
            {"ruleReference": "down", "country": "US", "evaluateTargetHealth": False},
        ]
        text = policy(locations)
        assert text == policy(locations[::-1])
        document = json.loads(text)
        assert [*document] == ["AWSPolicyFormatVersion", "RecordType", "StartRule", "Endpoints", "Rules"]
        assert document["Endpoints"] == {"a": {"Value": "192.0.2.1"}, "b": {"Type": "value", "Value": "192.0.2.2"}}
        assert document["Rules"]["down"] == {"Primary": {"EndpointReference": "b"}}
        assert sorted(map(json.dumps, document["Rules"]["geo"]["Locations"])) == [
            '{"EndpointReference": "a", "IsDefault": true}',
            '{"RuleReference": "down", "Country": "US"}',
        ]

    def test_a_core_network(self) -> None:
        args = {
            **CORE_NETWORK,
            "version": "2025.11",
            "segmentActions": [
                {
                    "action": "share",
                    "segment": "shared",
                    "mode": "attachment-route",
                    "shareWiths": ["*"],
                    "description": "d",
                },
                {"action": "share", "segment": "app", "shareWithExcepts": ["a", "b"]},
                {
                    "action": "create-route",
                    "segment": "app",
                    "destinations": ["blackhole"],
                    "destinationCidrBlocks": ["::/0"],
                },
                {
                    "action": "send-via",
                    "segment": "app",
                    "mode": "single-hop",
                    "whenSentTo": {"segments": ["*"]},
                    "via": {
                        "networkFunctionGroups": ["inspect"],
                        "withEdgeOverrides": [{"edgeSets": [["eu-west-1", "us-east-1"]], "useEdge": "eu-west-1"}],
                    },
                },
            ],
            "attachmentPolicies": [
                {
                    "ruleNumber": 1.0,
                    "conditions": [{"type": "any"}],
                    "action": {"associationMethod": "tag", "tagValueOfKey": "k"},
                }
            ],
            "routingPolicies": [
                {
                    "routingPolicyName": "p",
                    "routingPolicyDirection": "inbound",
                    "routingPolicyNumber": 2.0,
                    "routingPolicyRules": [
                        {
                            "ruleNumber": 3.0,
                            "ruleDefinition": {
                                "matchConditions": [{"type": "asn-in-as-path", "value": "64512"}],
                                "action": {"type": "prepend-asn-list", "value": "64513, 64514"},
                            },
                        }
                    ],
                }
            ],
        }
        document = json.loads(answer("networkmanager/getCoreNetworkPolicyDocument", args)["json"])
        assert document["core-network-configuration"] == {
            "asn-ranges": ["64512-64555"],
            "vpn-ecmp-support": True,
            "edge-locations": [{"location": "eu-west-1"}],
            "dns-support": True,
            "security-group-referencing-support": False,
        }
        assert document["segments"][0] == {
            "name": "shared",
            "isolate-attachments": False,
            "require-attachment-acceptance": True,
        }
        everybody, others, route, through = document["segment-actions"]
        assert everybody == {"action": "share", "segment": "shared", "mode": "attachment-route", "share-with": "*"}
        assert others["share-with"] == {"except": ["b", "a"]}
        assert (route["destinations"], route["destination-cidr-blocks"]) == (["blackhole"], ["::/0"])
        assert through["when-sent-to"] == {"segments": "*"}
        (override,) = through["via"]["with-edge-overrides"]
        assert sorted(override["edge-sets"][0]) == ["eu-west-1", "us-east-1"]
        assert override["use-edge-location"] == "eu-west-1"
        assert document["attachment-policies"] == [
            {
                "rule-number": 1,
                "conditions": [{"type": "any"}],
                "action": {"association-method": "tag", "tag-value-of-key": "k"},
            }
        ]
        (rule,) = document["routing-policies"][0]["routing-policy-rules"]
        assert rule["rule-definition"] == {
            "condition-logic": "and",
            "match-conditions": [{"type": "asn-in-as-path", "value": 64512}],
            "action": {"type": "prepend-asn-list", "value": [64513, 64514]},
        }


class TestPrograms:
    LOGS = """
import json
import pulumi, pulumi_aws as aws

account = aws.elb.get_service_account_output()
logs = aws.s3.Bucket("logs", bucket="load-balancer-logs")
aws.s3.BucketPolicy("logs", bucket=logs.id, policy=pulumi.Output.json_dumps({
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": account.arn}, "Action": "s3:PutObject",
         "Resource": pulumi.Output.concat(logs.arn, "/AWSLogs/*")},
        {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [logs.arn, logs.arn.apply("{}/*".format)],
         "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
    ],
}))
"""

    @staticmethod
    def written(folder: Path, source: str, region: str) -> Path:
        (folder / "Pulumi.yaml").write_text("name: logs\nruntime: python\n")
        (folder / "Pulumi.dev.yaml").write_text(f"config: {{aws:region: {region}}}\n")
        (folder / "__main__.py").write_text(source)
        return folder

    def preview(self, folder: Path, source: str, region: str = "eu-west-1") -> Preview:
        return run(self.written(folder, source, region), timeout=60)

    def test_a_bucket_for_load_balancer_logs_is_judged(self, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
        cli.main(["check", str(self.written(tmp_path, self.LOGS, "eu-west-1")), "--format", "json"])
        report = json.loads(capfd.readouterr().out)
        assert report["summary"]["undecided"] == 0
        assert report["summary"]["errors"] == 0

    def test_the_principal_is_the_account_of_the_region(self, tmp_path: Path) -> None:
        (policy,) = [
            resource
            for resource in self.preview(tmp_path, self.LOGS).resources
            if resource.type.endswith(":BucketPolicy")
        ]
        allowed, _ = json.loads(policy.inputs["policy"])["Statement"]
        assert allowed["Principal"] == {"AWS": "arn:aws:iam::156460612806:root"}

    def test_a_region_without_the_account_is_refused_as_by_the_provider(self, tmp_path: Path) -> None:
        with pytest.raises(CannotJudge) as caught:
            self.preview(tmp_path, self.LOGS, "mx-central-1")
        assert "unsupported AWS Region: mx-central-1" in caught.value.message + caught.value.detail

    def test_a_region_that_no_table_has_is_the_reason(self, tmp_path: Path) -> None:
        source = 'import pulumi, pulumi_aws as aws\naws.ssm.Parameter("zone", type="String", value=aws.elasticbeanstalk.get_hosted_zone().id)\n'
        (parameter,) = [
            resource
            for resource in self.preview(tmp_path, source, "me-central-1").resources
            if resource.type.startswith("aws:ssm")
        ]
        value = parameter.inputs["value"]
        assert isinstance(value, Unknown)
        assert value.why.endswith("which is not in the published tables here for `me-central-1`")

    def test_a_plain_dictionary_is_the_same_as_a_class(self, tmp_path: Path) -> None:
        source = """
import pulumi, pulumi_aws as aws
pulumi.export("dictionary", aws.iam.get_policy_document(statements=[{"not_actions": ["iam:*"], "resources": ["*"]}]).json)
pulumi.export("class", aws.iam.get_policy_document(
    statements=[aws.iam.GetPolicyDocumentStatementArgs(not_actions=["iam:*"], resources=["*"])]).json)
"""
        outputs = self.preview(tmp_path, source).outputs
        assert outputs["dictionary"] == outputs["class"]
        assert json.loads(outputs["class"])["Statement"] == [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}]

    def test_functions_of_one_value_answer_in_both_forms(self, tmp_path: Path) -> None:
        source = f"""
import pulumi, pulumi_aws as aws
pulumi.export("trimmed", aws.trim_iam_role_path(arn="{ROLE}"))
role = aws.iam.Role("app", name="app", path="/team/", assume_role_policy="{{}}")
pulumi.export("later", aws.trim_iam_role_path_output(arn=role.arn))
pulumi.export("built", aws.arn_build(partition="aws", service="s3", region="", account_id="", resource="b"))
pulumi.export("service", aws.arn_parse(arn="{ROLE}").service)
"""
        assert self.preview(tmp_path, source).outputs == {
            "trimmed": f"arn:aws:iam::{ACCOUNT}:role/app",
            "later": f"arn:aws:iam::{ACCOUNT}:role/app",
            "built": "arn:aws:s3:::b",
            "service": "iam",
        }

    def test_the_managed_policies_of_aws_are_known_in_part(self, tmp_path: Path) -> None:
        source = """
import pulumi, pulumi_aws as aws
for name in ("AWSLambdaBasicExecutionRole", "acme"):
    policy = aws.iam.get_policy_output(name=name)
    aws.iam.RolePolicyAttachment(name, role="app", policy_arn=policy.arn)
aws.ssm.Parameter("copy", type="String", value=aws.iam.get_policy(arn="arn:aws:iam::aws:policy/AmazonS3FullAccess").policy)
aws.ssm.Parameter("used", type="String", value=aws.iam.get_policy(name="AmazonS3FullAccess").policy_id)
"""
        named = {resource.name: resource.inputs for resource in self.preview(tmp_path, source).resources}
        arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
        assert named["AWSLambdaBasicExecutionRole"]["policyArn"] == arn
        assert isinstance(named["acme"]["policyArn"], Unknown)
        assert json.loads(named["copy"]["value"])["Statement"][0]["Action"] == ["s3:*", "s3-object-lambda:*"]
        assert "Give it with `--mock FILE`" in named["used"]["value"].fix


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ({"name": "ReadOnlyAccess"}, ("arn:aws:iam::aws:policy/ReadOnlyAccess", "/")),
        ({"name": "AmazonEC2RoleforSSM", "path_prefix": "/service-role/"}, ("arn:aws:iam::aws:policy/service-role/AmazonEC2RoleforSSM", "/service-role/")),
        ({"name": "ReadOnlyAccess", "pathPrefix": "/service-role/"}, None),
        ({"arn": "arn:aws:iam::111122223333:policy/team/mine"}, ("arn:aws:iam::111122223333:policy/team/mine", "/team/")),
        ({"name": "mine"}, None),
        ({"arn": "mine"}, None),
        ({"name": UNKNOWN}, None),
        ({}, None),
    ],
)  # fmt: skip
def test_the_known_part_of_a_managed_policy(args: dict[str, Any], expected: tuple[str, str] | None) -> None:
    known = known_part("aws:iam/getPolicy:getPolicy", args, HERE)
    assert (known and (known["arn"], known["path"])) == expected
    assert known is None or known.keys() <= sdk()["aws:iam/getPolicy:getPolicy"].results
