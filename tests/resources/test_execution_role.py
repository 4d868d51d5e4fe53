from __future__ import annotations

import json
from typing import Any

import pytest

from policypack.core.policy import UNKNOWN, Resource
from policypack.resources.attachments import ATTACHMENT, EXCLUSIVE, ROLE_ATTACHMENT, ROLE_POLICY
from policypack.resources.execution_role import Grants, role_documents
from policypack.resources.tokens import FUNCTION, MANAGED_POLICY, ROLE
from tests.resources.test_references import resource, stack_of

DOCUMENT = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
ROLE_ARN = "arn:aws:iam::111122223333:role/service/read"
POLICY_ARN = "arn:aws:iam::111122223333:policy/read"
READER = resource(FUNCTION, role=ROLE_ARN)


def grants(*others: Resource, function: Resource = READER, **role: Any) -> Grants:
    return role_documents(stack_of(function, resource(ROLE, **{"name": "read", **role}), *others), function)


def actions(attached: Grants) -> list[Any]:
    documents = (carried.document for carried in attached.documents)
    return [statement.actions for document in documents for statement in document.statements]


MANAGED = resource(MANAGED_POLICY, "mine", name="read", policy=json.dumps(DOCUMENT))


@pytest.mark.parametrize(
    ("others", "role"),
    [
        ((resource(ROLE_POLICY, role="read", policy=DOCUMENT),), {}),
        ((resource(ROLE_POLICY, role="read", policy=json.dumps(DOCUMENT)),), {}),
        ((), {"inlinePolicies": [{"name": "read", "policy": json.dumps(DOCUMENT)}]}),
        ((MANAGED, resource(ROLE_ATTACHMENT, role="read", policyArn=POLICY_ARN)), {}),
        ((MANAGED, resource(ROLE_ATTACHMENT, "a", MANAGED, at="policyArn", role="read", policyArn=UNKNOWN)), {}),
        ((MANAGED, resource(ATTACHMENT, roles=["other", "read"], policyArn=POLICY_ARN)), {}),
        ((MANAGED, resource(EXCLUSIVE, roleName="read", policyArns=[POLICY_ARN])), {}),
        ((MANAGED,), {"managedPolicyArns": [POLICY_ARN]}),
    ],
)
def test_documents_are_found_wherever_they_are_attached(others: tuple[Resource, ...], role: dict[str, Any]) -> None:
    attached = grants(*others, **role)
    assert actions(attached) == [("s3:GetObject",)]
    assert attached.unread == ()


def test_documents_of_other_roles_are_not() -> None:
    other = resource(ROLE, "other", name="other")
    assert grants(other, resource(ROLE_POLICY, role="other", policy=DOCUMENT)) == Grants()


def test_aws_managed_policies_are_listed_by_name() -> None:
    arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    attached = grants(
        resource(ROLE_ATTACHMENT, role="read", policyArn=arn), managedPolicyArns=["arn:aws:iam::aws:policy/X"]
    )
    assert attached.managed == {"service-role/AWSLambdaBasicExecutionRole", "X"}
    assert [policy.managed for policy in attached.published] == ["service-role/AWSLambdaBasicExecutionRole"]
    assert (attached.documents, attached.unread) == ((), ())


@pytest.mark.parametrize(
    ("attached", "why"),
    [
        (
            grants(resource(ROLE_ATTACHMENT, role="read", policyArn=POLICY_ARN)),
            "a managed policy that is not in this stack",
        ),
        (grants(resource(ROLE_POLICY, role="read", policy=UNKNOWN)), "known only after the update"),
        (grants(managedPolicyArns=UNKNOWN), "known only after the update"),
        (grants(function=resource(FUNCTION, role="arn:aws:iam::111122223333:role/other")), "not in this stack"),
        (grants(function=resource(FUNCTION, role=UNKNOWN)), "known only after the update"),
    ],
)
def test_what_cannot_be_read_is_reported(attached: Grants, why: str) -> None:
    assert len(attached.unread) == 1
    assert why in attached.unread[0].why


def test_a_policy_of_an_unknown_role_may_be_attached() -> None:
    attached = grants(resource(ROLE_POLICY, role=UNKNOWN, policy=DOCUMENT))
    assert attached.documents == ()
    assert len(attached.possible) == 1


def test_a_boundary_is_read_beside_what_it_limits() -> None:
    attached = grants(MANAGED, permissionsBoundary=POLICY_ARN)
    assert attached.documents == ()
    assert attached.boundary is not None
    assert actions(attached.boundary) == [("s3:GetObject",)]
