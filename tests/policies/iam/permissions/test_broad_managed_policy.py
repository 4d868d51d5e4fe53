"""AWS managed policies for full and for read-only access."""

from __future__ import annotations

import pytest

from policypack.core.examples import managed_attachment
from policypack.policies.iam.permissions.broad_managed_policy import POLICY
from tests.policies.helpers import messages


@pytest.mark.parametrize(
    "name",
    ["ReadOnlyAccess", "AmazonS3ReadOnlyAccess", "AmazonDynamoDBReadOnlyAccess", "AmazonSSMReadOnlyAccess"],
)
def test_a_policy_that_reads_all_data(name: str) -> None:
    (message,) = messages(POLICY, managed_attachment(name))
    assert "allows reading all data of" in message


@pytest.mark.parametrize(
    "name",
    [
        "job-function/ViewOnlyAccess",
        "SecurityAudit",
        "AmazonEC2ContainerRegistryReadOnly",
        "CloudWatchReadOnlyAccess",
        "AmazonSSMManagedInstanceCore",
        "AWSCodeDeployRoleForECS",
        "AmazonEC2ReadOnlyAccess",
    ],
)
def test_a_policy_that_reads_settings_or_is_for_a_service(name: str) -> None:
    assert messages(POLICY, managed_attachment(name)) == []
