"""The actions that may be allowed on every resource, against AWS's own policies and data."""

from __future__ import annotations

import pytest

from policypack.iam.actions import concerns, expand
from policypack.iam.anywhere import ANYWHERE, anywhere
from policypack.iam.managed import managed_document


@pytest.mark.parametrize("action", sorted(ANYWHERE))
def test_aws_allows_it_on_every_resource_although_it_can_be_limited(action: str) -> None:
    names = (
        "SecurityAudit",
        "service-role/AWSLambdaVPCAccessExecutionRole",
        "service-role/AWSElasticBeanstalkRoleECS",
        "AmazonSSMManagedInstanceCore",
        "TranslateReadOnly",
    )
    documents = [document for name in names if (document := managed_document(name))]
    allowing = [
        each for document in documents for each in document.statements if each.allows and concerns(each, action)
    ]
    assert any("*" in (each.resources or ()) for each in allowing)
    (known,) = expand(action)
    assert known.formats


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ec2:CreateVpc", True),
        ("ec2:CreateVolume", True),
        ("ec2:CreateSnapshot", False),
        ("ecs:CreateCluster", False),
        ("ecs:CreateTaskSet", False),
        ("s3:CreateBucket", False),
    ],
)
def test_the_id_of_what_is_created_is_not_known_before(name: str, expected: bool) -> None:  # noqa: FBT001 (a row)
    (action,) = expand(name)
    assert anywhere(action) is expected
