"""Ids of EC2, paths in S3 and certificates of another service, and what only looks like a wrong one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.aws.impossible_value import POLICY
from policypack.resources.property_kinds.values import problem
from tests.policies.helpers import messages, violations

HOME = "eu-central-1:444455556666"
GUARD = "aws:wafv2/webAclAssociation:WebAclAssociation"
JOB = "aws:glue/job:Job"
INSTANCE = "aws:ec2/instance:Instance"
VALIDATION = "aws:acm/certificateValidation:CertificateValidation"
LISTENER = "aws:lb/listener:Listener"
UPLOADED = "arn:aws:iam::444455556666:server-certificate/shop"
ISSUED = f"arn:aws:acm:{HOME}:certificate/0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9"
CUSTOM_DOMAIN = "aws:apigatewayv2/domainName:DomainName"
BALANCERS = f"arn:aws:elasticloadbalancing:{HOME}:loadbalancer"


def reported(token: str, inputs: dict[str, Any]) -> list[str]:
    return sorted(violations(POLICY, Resource(token, "x", inputs)))


@pytest.mark.parametrize(
    ("path", "token", "inputs"),
    [
        ("resourceArn", GUARD, {"resourceArn": f"arn:aws:elasticloadbalancing:{HOME}:targetgroup/shop/0a1b2c3d"}),
        ("resourceArn", GUARD, {"resourceArn": f"{BALANCERS}/net/shop/0a1b2c3d"}),
        ("resourceArn", GUARD, {"resourceArn": "arn:aws:cloudfront::444455556666:distribution/E1QXVPAS7DQ0V2"}),
        ("resourceArn", GUARD, {"resourceArn": "arn:aws:s3:::shop-site"}),
        ("ami", INSTANCE, {"ami": "ami-newest"}),
        ("subnetId", INSTANCE, {"subnetId": "subnet-private"}),
        ("launchTemplate.id", INSTANCE, {"launchTemplate": {"id": "web-template"}}),
        ("fileSystemId", "aws:efs/mountTarget:MountTarget", {"fileSystemId": "fs-XXXXXXXX"}),
        ("fileSystemId", "aws:efs/mountTarget:MountTarget", {"fileSystemId": "fs-shared"}),
        ("transitGatewayId", "aws:ec2/route:Route", {"transitGatewayId": "vgw-0aa11bb22cc33dd44"}),
        ("networkAclId", "aws:ec2/networkAclRule:NetworkAclRule", {"networkAclId": "acl-public"}),
        ("command.scriptLocation", JOB, {"command": {"scriptLocation": "acme-jobs/nightly.py"}}),
        ("templateS3Uri", "aws:cfg/conformancePack:ConformancePack", {"templateS3Uri": "arn:aws:s3:::acme/pack.yaml"}),
        ("primaryContainer.modelDataUrl", "aws:sagemaker/model:Model", {"primaryContainer": {"modelDataUrl": "a/b.tgz"}}),
        ("certificateArn", VALIDATION, {"certificateArn": UPLOADED}),
        (
            "domainNameConfiguration.certificateArn",
            CUSTOM_DOMAIN,
            {"domainNameConfiguration": {"certificateArn": UPLOADED}},
        ),
        ("certificateArn", LISTENER, {"certificateArn": "arn:aws:iam::444455556666:role/shop"}),
    ],
)  # fmt: skip
def test_what_names_nothing_is_reported_once(path: str, token: str, inputs: dict[str, Any]) -> None:
    assert reported(token, inputs) == [path]


@pytest.mark.parametrize(
    ("token", "inputs"),
    [
        (GUARD, {"resourceArn": f"{BALANCERS}/app/shop/0a1b2c3d4e5f6071"}),
        (GUARD, {"resourceArn": "arn:aws:apigateway:eu-central-1::/restapis/a1b2c3d4e5/stages/live"}),
        (GUARD, {"resourceArn": f"arn:aws:appsync:{HOME}:apis/abcdefghijklmnop"}),
        (GUARD, {"resourceArn": f"arn:aws:cognito-idp:{HOME}:userpool/eu-central-1_aB3dE5fG7"}),
        (GUARD, {"resourceArn": f"arn:aws:apprunner:{HOME}:service/shop/8fe1e10304f84fd2b0df550fe98a71fa"}),
        (GUARD, {"resourceArn": f"arn:aws:ec2:{HOME}:verified-access-instance/vai-0a1b2c3d4e5f60718"}),
        (GUARD, {"resourceArn": f"arn:aws:amplify:{HOME}:apps/d1a2b3c4d5e6f7"}),
        (INSTANCE, {"ami": "resolve:ssm:/shop/ami", "subnetId": "subnet-a", "vpcSecurityGroupIds": ["sg-1", "sg-0a"]}),
        (INSTANCE, {"ami": UNKNOWN, "launchTemplate": {"id": "lt-0a1b2c3d", "version": "$Latest"}}),
        ("aws:ec2/securityGroup:SecurityGroup", {"name": "web", "ingress": [{"prefixListIds": ["pl-63a5400a"]}]}),
        (JOB, {"command": {"scriptLocation": "s3://acme-jobs/nightly.py"}}),
        ("aws:glue/crawler:Crawler", {"s3Targets": [{"path": "acme-lake/raw"}]}),
        ("aws:sagemaker/model:Model", {"primaryContainer": {"modelDataUrl": "https://acme.s3.amazonaws.com/a.tgz"}}),
        (VALIDATION, {"certificateArn": ISSUED}),
        (CUSTOM_DOMAIN, {"domainNameConfiguration": {"certificateArn": ISSUED}}),
        (LISTENER, {"certificateArn": ISSUED}),
        (LISTENER, {"certificateArn": UPLOADED}),
    ],
)
def test_what_a_property_takes_is_silent(token: str, inputs: dict[str, Any]) -> None:
    assert reported(token, inputs) == []


def test_the_form_of_an_id_is_described() -> None:
    (message,) = messages(POLICY, Resource(INSTANCE, "x", {"ami": "ami-newest"}))
    assert "is not an id of `ami-` and hexadecimal digits" in message


@given(number=st.integers(min_value=0, max_value=16**17 - 1), prefix=st.sampled_from(("vpc", "subnet", "tgw-attach")))
def test_any_hexadecimal_number_is_an_id(number: int, prefix: str) -> None:
    assert problem(f"id:{prefix}", f"{prefix}-{number:x}") is None
    assert problem(f"id:{prefix}", f"{prefix}-{number:x}-web") is not None
