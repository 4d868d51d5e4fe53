"""A level of permissions includes those below it."""

from __future__ import annotations

import pytest

from policypack.access.solver.verdict import Verdict
from policypack.core.policy import Resource
from tests.access.stacks import gains, resource


def _workspace(level: str) -> Resource:
    return resource("aws:grafana/roleAssociation:RoleAssociation", workspaceId="g-1", role=level, userIds=["kim"])


def _environment(level: str) -> Resource:
    member = "arn:aws:iam::345678901234:user/kim"
    token = "aws:cloud9/environmentMembership:EnvironmentMembership"
    return resource(token, environmentId="e", userArn=member, permissions=level)


@pytest.mark.parametrize(
    ("less", "more"),
    [
        (_workspace("VIEWER"), _workspace("EDITOR")),
        (_workspace("VIEWER"), _workspace("ADMIN")),
        (_workspace("EDITOR"), _workspace("ADMIN")),
        (_environment("read-only"), _environment("read-write")),
    ],
)
def test_a_higher_level_is_new_access_and_a_lower_one_is_not(less: Resource, more: Resource) -> None:
    assert {gain.answer.verdict for gain in gains((more,), (less,))} == {Verdict.NEW_ACCESS}
    assert gains((less,), (more,)) == []
