from __future__ import annotations

import json
from typing import Any

import pytest

from policypack.aws.document import Statement
from policypack.aws.function import Grants, role_documents
from policypack.aws.globs import matches
from policypack.aws.holders import ATTACHMENT, EXCLUSIVE, ROLE_ATTACHMENT, ROLE_POLICY
from policypack.aws.managed import WRITE_EVERY_OBJECT, WRITE_NO_OBJECT
from policypack.aws.meaning import ALIAS, FUNCTION, MANAGED_POLICY, ROLE, Meant, all_meant, meant, resource_name
from policypack.policy import UNKNOWN, Reference, Resource, Stack
from policypack.settings import Settings

ARN = "arn:aws:lambda:eu-west-1:111122223333:function:read"
DOCUMENT = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}


def stack_of(*resources: Resource) -> Stack:
    return Stack(resources, Settings())


def resource(token: str, name: str = "read", /, *origins: Resource, at: str = "", **inputs: Any) -> Resource:
    dependencies = {at: tuple(each.urn for each in origins)} if origins else {}
    return Resource(token, name, inputs, property_dependencies=dependencies)


def permission(value: Any, *origins: Resource) -> Resource:
    return resource("aws:lambda/permission:Permission", "may", *origins, at="function", function=value)


def found(
    value: Any, *others: Resource, origins: tuple[Resource, ...] = ()
) -> tuple[list[str], list[str | None], bool | None]:
    """Which functions a permission is certainly for, with their qualifiers, and whether it is for one elsewhere."""
    asking = permission(value, *origins)
    means = meant(stack_of(*others, asking), asking, "function", FUNCTION)
    return [each.resource.name for each in means.certain], [each.qualifier for each in means.certain], means.foreign


READ = resource(FUNCTION, name="read")


@pytest.mark.parametrize(
    ("value", "qualifier"),
    [
        ("read", ""),
        ("read:live", "live"),
        (ARN, ""),
        (f"{ARN}:7", "7"),
        (f"{ARN}:$LATEST", ""),
        ("111122223333:function:read", ""),
        (f"arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{ARN}/invocations", ""),
        (Reference(READ.urn), ""),
    ],
)
def test_a_function_is_meant_by_name_arn_or_reference(value: Any, qualifier: str) -> None:
    assert found(value, READ, resource(FUNCTION, "other", name="other")) == (["read"], [qualifier], False)


def test_another_name_is_of_another_stack() -> None:
    assert found("write", READ) == ([], [], True)
    assert found(None, READ) == ([], [], False)


def test_an_unknown_value_means_what_it_was_computed_from() -> None:
    named = resource(FUNCTION, name=UNKNOWN)
    assert found(UNKNOWN, named, origins=(named,)) == (["read"], [""], False)
    assert found(UNKNOWN, named, READ) == ([], [], None)
    alias = resource(ALIAS, "live", named, at="functionName", name="live", functionName=UNKNOWN)
    assert found(UNKNOWN, named, alias, origins=(alias,)) == (["read"], ["live"], False)
    inside = Resource(FUNCTION, "inner", {"name": UNKNOWN}, parent="urn:component")
    component = Resource("acme:index:Reader", "reader", urn="urn:component", custom=False)
    assert found(UNKNOWN, named, component, inside, origins=(component,)) == (["inner"], [""], False)


def test_a_function_that_publishes_versions_may_be_meant_by_one() -> None:
    published = resource(FUNCTION, publish=True)
    assert found(UNKNOWN, published, origins=(published,)) == (["read"], [None], False)


def test_a_name_that_pulumi_makes_up_begins_with_the_resources_own() -> None:
    unnamed = resource(FUNCTION)
    assert resource_name(unnamed) is None
    assert found("read-1a2b3c4", unnamed)[2] is None
    assert found("write-1a2b3c4", unnamed)[2] is True
    assert found("read-1a2b3c4", unnamed, origins=(unnamed,))[0] == ["read"]


def test_of_two_functions_of_one_name_the_arn_decides() -> None:
    here = Resource(FUNCTION, "here", {"name": "read"}, outputs={"arn": ARN})
    there = Resource(FUNCTION, "there", {"name": "read"}, outputs={"arn": ARN.replace("eu-west-1", "us-east-1")})
    assert found(ARN, here, there)[0] == ["here"]
    assert found("read", here, there)[0] == ["here", "there"]


def test_unknown_values_of_one_list_share_what_the_list_depends_on() -> None:
    one, two = resource(MANAGED_POLICY, "one"), resource(MANAGED_POLICY, "two")
    holder = resource(ROLE, "r", one, two, at="managedPolicyArns", managedPolicyArns=[UNKNOWN, UNKNOWN])
    means = all_meant(stack_of(one, two, holder), holder, "managedPolicyArns", [UNKNOWN, UNKNOWN], MANAGED_POLICY)
    assert means == [Meant(possible=means[0].possible, between=True)] * 2
    known = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    mixed = all_meant(stack_of(one, holder), holder, "managedPolicyArns", [known, UNKNOWN], MANAGED_POLICY)
    assert [each.foreign for each in mixed] == [True, False]


ROLE_ARN = "arn:aws:iam::111122223333:role/service/read"
POLICY_ARN = "arn:aws:iam::111122223333:policy/read"
READER = resource(FUNCTION, role=ROLE_ARN)


def grants(*others: Resource, function: Resource = READER, **role: Any) -> Grants:
    return role_documents(stack_of(function, resource(ROLE, **{"name": "read", **role}), *others), function)


def actions(found: Grants) -> list[Any]:
    statements: list[Statement] = [each for held in found.documents for each in held.document.statements]
    return [each.actions for each in statements]


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
    found = grants(*others, **role)
    assert actions(found) == [("s3:GetObject",)]
    assert found.unread == ()


def test_documents_of_other_roles_are_not() -> None:
    other = resource(ROLE, "other", name="other")
    assert grants(other, resource(ROLE_POLICY, role="other", policy=DOCUMENT)) == Grants()


def test_aws_managed_policies_are_told_by_name() -> None:
    arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    found = grants(
        resource(ROLE_ATTACHMENT, role="read", policyArn=arn), managedPolicyArns=["arn:aws:iam::aws:policy/X"]
    )
    assert found == Grants(managed=frozenset({"service-role/AWSLambdaBasicExecutionRole", "X"}))


@pytest.mark.parametrize(
    ("found", "why"),
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
def test_what_cannot_be_read_is_told(found: Grants, why: str) -> None:
    assert len(found.unread) == 1
    assert why in found.unread[0].why


def test_a_policy_of_an_unknown_role_may_be_attached() -> None:
    found = grants(resource(ROLE_POLICY, role=UNKNOWN, policy=DOCUMENT))
    assert found.documents == ()
    assert len(found.possible) == 1


def test_a_boundary_is_read_beside_what_it_limits() -> None:
    found = grants(MANAGED, permissionsBoundary=POLICY_ARN)
    assert found.documents == ()
    assert found.boundary is not None
    assert actions(found.boundary) == [("s3:GetObject",)]


def test_the_table_of_managed_policies_says_what_aws_says() -> None:
    moto = pytest.importorskip("moto.iam.aws_managed_policies")
    published = {
        f"{(each.get('Path') or '/').strip('/')}/{name}".lstrip("/"): each["Document"]
        for name, each in json.loads(moto.aws_managed_policies_data).items()
    }

    def writes(name: str, action: str) -> list[Any]:
        given = published[name]["Statement"]
        allows = [each for each in ([given] if isinstance(given, dict) else given) if each["Effect"] == "Allow"]

        def listed(each: Any) -> list[str]:
            return [each] if isinstance(each, str) else each

        return [
            each["Resource"]
            for each in allows
            if any(matches(pattern, action, ignore_case=True) for pattern in listed(each.get("Action", [])))
            or (
                "NotAction" in each
                and not any(matches(one, action, ignore_case=True) for one in listed(each["NotAction"]))
            )
        ]

    for action in ("s3:PutObject", "s3:PutObjectTagging", "s3:DeleteObjectTagging", "s3:PutObjectAcl"):
        assert [name for name in WRITE_NO_OBJECT if writes(name, action)] == []
        for name, allowed in WRITE_EVERY_OBJECT.items():
            expected = [["*"], ["arn:aws:s3:::*"]] if matches(allowed, action) else [[]]
            assert writes(name, action) in expected
