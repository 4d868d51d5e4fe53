"""References of properties: by name, ARN, id, URL or resource, or by the origins of an unknown value."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.core.policy import UNKNOWN, Options, Reference, Resource, Stack
from policypack.evaluation.settings import Settings
from policypack.resources.dependency_graph import inside
from policypack.resources.naming import identifiers, physical_name
from policypack.resources.providers import PROVIDER, provider_version
from policypack.resources.references import Referent, Resolved, referrers, resolve, resolve_all
from policypack.resources.tokens import (
    ALIAS,
    BUCKET_TYPES,
    DIRECTORY_BUCKET,
    FUNCTION,
    KEY,
    KEY_ALIAS,
    MANAGED_POLICY,
    ROLE,
    USER,
)

ARN = "arn:aws:lambda:eu-west-1:111122223333:function:read"
QUEUE = "aws:sqs/queue:Queue"
TOPIC = "aws:sns/topic:Topic"
PET = Resource("random:index/randomPet:RandomPet", "pet")


def stack_of(*resources: Resource) -> Stack:
    return Stack(resources, Settings())


def resource(token: str, name: str = "read", /, *origins: Resource, at: str = "", **inputs: Any) -> Resource:
    dependencies = {at: tuple(origin.urn for origin in origins)} if origins else {}
    return Resource(token, name, inputs, property_dependencies=dependencies)


def referring(value: Any, *others: Resource, to: tuple[str, ...], origins: tuple[Resource, ...] = ()) -> Resolved:
    """What a property with this value refers to."""
    asking = resource("acme:index:Asking", "asking", *origins, at="of", of=value)
    return resolve(stack_of(*others, asking), asking, "of", *to)


def permission(value: Any, *origins: Resource) -> Resource:
    return resource("aws:lambda/permission:Permission", "may", *origins, at="function", function=value)


def referents(
    value: Any, *others: Resource, origins: tuple[Resource, ...] = ()
) -> tuple[list[str], list[str | None], bool | None]:
    """Which functions a permission is certainly for, with their qualifiers, and whether it is for one elsewhere."""
    referrer = permission(value, *origins)
    resolved = resolve(stack_of(*others, referrer), referrer, "function", FUNCTION)
    qualifiers = [referent.qualifier for referent in resolved.certain]
    return [resource.name for resource in resolved.resources], qualifiers, resolved.foreign


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
        (Reference(READ.urn), ""),
    ],
)
def test_a_name_arn_or_reference_refers_to_a_function(value: Any, qualifier: str) -> None:
    assert referents(value, READ, resource(FUNCTION, "other", name="other")) == (["read"], [qualifier], False)


def test_another_name_refers_to_another_stack() -> None:
    assert referents("write", READ) == ([], [], True)
    assert referents(f"arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{ARN}/invocations", READ)[2]
    assert referents(None, READ) == ([], [], False)


def test_an_unknown_value_refers_to_what_it_is_computed_from() -> None:
    named = resource(FUNCTION, name=UNKNOWN)
    assert referents(UNKNOWN, named, origins=(named,)) == (["read"], [""], False)
    assert referents(UNKNOWN, named, READ) == ([], [], None)
    alias = resource(ALIAS, "live", named, at="functionName", name="live", functionName=UNKNOWN)
    assert referents(UNKNOWN, named, alias, origins=(alias,)) == (["read"], ["live"], False)
    inside = Resource(FUNCTION, "inner", {"name": UNKNOWN}, parent="urn:component")
    component = Resource("acme:index:Reader", "reader", urn="urn:component", custom=False)
    assert referents(UNKNOWN, named, component, inside, origins=(component,)) == (["inner"], [""], False)


def test_a_value_of_a_function_that_publishes_versions_may_refer_to_one() -> None:
    published = resource(FUNCTION, publish=True)
    assert referents(UNKNOWN, published, origins=(published,)) == (["read"], [None], False)


def test_a_name_that_pulumi_generates_begins_with_the_resources_own() -> None:
    unnamed = resource(FUNCTION)
    assert physical_name(unnamed) is None
    assert referents("read-1a2b3c4", unnamed)[2] is None
    assert referents("write-1a2b3c4", unnamed)[2] is True
    assert referents("read-1a2b3c4", unnamed, origins=(unnamed,))[0] == ["read"]


def test_of_two_functions_of_one_name_the_arn_decides() -> None:
    here = Resource(FUNCTION, "here", {"name": "read"}, outputs={"arn": ARN})
    there = Resource(FUNCTION, "there", {"name": "read"}, outputs={"arn": ARN.replace("eu-west-1", "us-east-1")})
    assert referents(ARN, here, there)[0] == ["here"]
    assert referents("read", here, there)[0] == ["here", "there"]


def test_unknown_values_of_one_list_share_what_the_list_depends_on() -> None:
    one, two = resource(MANAGED_POLICY, "one"), resource(MANAGED_POLICY, "two")
    holder = resource(ROLE, "r", one, two, at="managedPolicyArns", managedPolicyArns=[UNKNOWN, UNKNOWN])
    resolved = resolve_all(stack_of(one, two, holder), holder, "managedPolicyArns", [UNKNOWN, UNKNOWN], MANAGED_POLICY)
    assert resolved == [Resolved(possible=resolved[0].possible, between=True)] * 2
    known = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    mixed = resolve_all(stack_of(one, holder), holder, "managedPolicyArns", [known, UNKNOWN], MANAGED_POLICY)
    assert [resolved.foreign for resolved in mixed] == [True, False]


def test_an_absent_value_refers_to_nothing() -> None:
    assert referring(None, READ, to=(FUNCTION,)) == referring("", READ, to=(FUNCTION,)) == Resolved()


def test_a_component_refers_to_the_one_resource_inside() -> None:
    component = Resource("acme:index:Storage", "storage", custom=False)
    first, second = (Resource(ROLE, name, {"name": UNKNOWN}, parent=component.urn) for name in ("first", "second"))
    assert referring(Reference(component.urn), component, first, to=(ROLE,)).only == first
    both = referring(Reference(component.urn), component, first, second, to=(ROLE,))
    assert (both.certain, both.candidates) == ((), (first, second))


def test_a_resource_outside_the_stack_may_be_any() -> None:
    assert referring(Reference("urn:elsewhere"), READ, to=(FUNCTION,)).untraced


def test_a_resource_keeps_the_urns_that_it_had() -> None:
    moved = Resource(QUEUE, "jobs", options=Options(aliases=("urn:before",)))
    assert referring(Reference("urn:before"), moved, to=(QUEUE,)).only == moved


@pytest.mark.parametrize("text", ["https://sqs/111122223333/jobs", "arn:aws:sqs:eu-west-1:111122223333:jobs", "jobs"])
def test_any_known_identifier_names_a_resource(text: str) -> None:
    outputs = {"url": "https://sqs/111122223333/jobs", "arn": "arn:aws:sqs:eu-west-1:111122223333:jobs"}
    queue = Resource(QUEUE, "jobs", {"name": UNKNOWN}, outputs={**outputs, "name": "jobs"})
    assert set(outputs.values()) <= set(identifiers(queue))
    assert referring(text, queue, resource(QUEUE, "other", name="other"), to=(QUEUE,)).only == queue
    assert referring(text + "2", queue, to=(QUEUE,)).foreign is True


def test_an_identifier_that_is_unknown_may_be_in_a_text_that_is_computed_from_the_resource() -> None:
    queue = resource(QUEUE, "jobs", name="jobs")
    assert referring("https://sqs/111122223333/jobs", queue, to=(QUEUE,), origins=(queue,)).only == queue


def test_a_known_text_decides_before_what_it_is_computed_from() -> None:
    one, two = resource(TOPIC, "one", name="one"), resource(TOPIC, "two", name="two")
    assert referring("two", one, two, to=(TOPIC,), origins=(one,)).only == two


def test_a_name_without_the_generated_prefix_refers_to_another_stack() -> None:
    assert referring("write", resource(ROLE), to=(ROLE,), origins=(resource(ROLE),)).foreign is True


def test_an_alias_of_a_function_elsewhere_refers_to_none_of_the_stack() -> None:
    alias = resource(ALIAS, "live", name="live", functionName="write")
    assert referring(UNKNOWN, READ, alias, to=(FUNCTION,), origins=(alias,)) == Resolved(foreign=True)


def test_an_alias_that_may_be_of_a_function_leaves_it_possible() -> None:
    unnamed = resource(FUNCTION)
    alias = resource(ALIAS, "live", name="live", functionName="read-1a2b3c4")
    resolved = referring(UNKNOWN, unnamed, alias, to=(FUNCTION,), origins=(alias,))
    assert resolved == Resolved(possible=(Referent(unnamed, "live"),), foreign=None)


@pytest.mark.parametrize("text", ["alias/store", "arn:aws:kms:eu-west-1:111122223333:alias/store"])
def test_an_alias_names_its_key(text: str) -> None:
    key, other = resource(KEY, "key"), resource(KEY, "other")
    alias = resource(KEY_ALIAS, "a", key, at="targetKeyId", name="alias/store", targetKeyId=UNKNOWN)
    assert referring(text, key, other, alias, to=(KEY,)).only == key
    assert referring(UNKNOWN, key, other, alias, to=(KEY,), origins=(alias,)).only == key
    assert referring("alias/other", key, alias, to=(KEY,)).only is None


def test_names_that_are_computed_from_one_source_may_be_the_same() -> None:
    one = resource(ROLE, "one", PET, at="name", name=UNKNOWN)
    resolved = referring(UNKNOWN, PET, one, resource(ROLE, "two", name="two"), to=(ROLE,), origins=(PET,))
    assert (resolved.candidates, resolved.foreign, resolved.untraced) == ((one,), None, False)


def test_a_directory_bucket_is_no_bucket_and_no_lead_to_others() -> None:
    fast, bucket = resource(DIRECTORY_BUCKET, "fast"), resource(BUCKET_TYPES[0], "inbox")
    assert referring(UNKNOWN, fast, bucket, to=BUCKET_TYPES, origins=(fast,)).foreign is True
    assert referring(UNKNOWN, fast, resource(USER), to=(USER,), origins=(fast,)).untraced


def test_several_names_of_one_resource_are_one_index_of_the_stack() -> None:
    names = [f"bucket-{number}" for number in range(2000)]
    buckets = [resource(BUCKET_TYPES[0], name) for name in names]
    referrers_ = [resource("aws:s3/bucketPolicy:BucketPolicy", name, bucket=f"{name}-1a2b3c4") for name in names]
    stack = stack_of(*buckets, *referrers_)
    assert [resolve(stack, referrer, "bucket", *BUCKET_TYPES).candidates for referrer in referrers_] == [
        (bucket,) for bucket in buckets
    ]


def test_a_parent_is_found_at_any_depth_and_cycles_end() -> None:
    inner = Resource(ROLE, "inner", parent="urn:b")
    middle = Resource("acme:index:B", "b", urn="urn:b", parent="urn:a")
    outer = Resource("acme:index:A", "a", urn="urn:a", parent="urn:b")
    stack = stack_of(inner, middle, outer)
    assert inside(stack, inner, "urn:a")
    assert not inside(stack, inner, "urn:c")


def test_a_provider_is_found_behind_its_id() -> None:
    provider = Resource("pulumi:providers:aws", "mine", {"version": "6.1.0"})
    role = Resource(ROLE, "reader", provider=f"{provider.urn}::0a1b2c3d")
    assert provider_version(stack_of(provider, role), role) == (6, 1, 0)


def test_referrers_are_found_by_what_they_refer_to() -> None:
    mapping, other = resource("m:m:M", "one", functionName="read"), resource("m:m:M", "two", functionName="write")
    stack = stack_of(READ, mapping, other)
    assert list(referrers(stack, READ, "m:m:M", "functionName")) == [mapping]
    assert resolve(stack, mapping, "functionName", FUNCTION).includes(READ)
    assert not resolve(stack, other, "functionName", FUNCTION).includes(READ)


HERE, THERE = {"allowedAccountIds": ["444455556666"]}, {"allowedAccountIds": ["444455557777"]}
REPOSITORY = "aws:ecr/repository:Repository"


@pytest.mark.parametrize(
    ("token", "naming", "providers", "text", "named"),
    [
        (ROLE, "name", (HERE, THERE), "x", ["one"]),
        (ROLE, "name", (HERE, THERE), "arn:aws:iam::444455557777:role/x", ["two"]),
        (ROLE, "name", ({"profile": "a"}, {"profile": "b"}), "x", ["one"]),
        (FUNCTION, "name", ({"region": "eu-west-1"}, {"region": "us-east-1"}), "x", ["one"]),
        (REPOSITORY, "name", (HERE, THERE), "x", ["one"]),
        (REPOSITORY, "name", ({"region": "eu-west-1"}, {"region": "us-east-1"}), "x", ["one"]),
        (BUCKET_TYPES[0], "bucket", (HERE, THERE), "x", ["one", "two"]),  # S3 has one of a name
        (KEY, "keyId", (HERE, THERE), "x", ["one", "two"]),
    ],
)
def test_of_two_resources_of_one_name_the_one_in_the_same_account_and_region_is_meant(
    token: str, naming: str, providers: tuple[dict[str, Any], dict[str, Any]], text: str, named: list[str]
) -> None:
    one, two = (Resource(PROVIDER, str(index), inputs) for index, inputs in enumerate(providers))
    both = [
        Resource(
            token,
            name,
            {naming: "x"},
            outputs={"arn": f"arn:aws:iam::{account}:role/x"},
            provider=provider.urn,
        )
        for name, account, provider in (("one", "444455556666", one), ("two", "444455557777", two))
    ]
    asking = Resource("aws:lambda/permission:Permission", "asking", {"of": text}, provider=one.urn)
    resolved = resolve(stack_of(one, two, *both, asking), asking, "of", token)
    assert [meant.name for meant in resolved.resources] == named


def test_the_name_of_a_resource_in_another_account_only_is_foreign() -> None:
    one, two = Resource(PROVIDER, "1", HERE), Resource(PROVIDER, "2", THERE)
    role = Resource(ROLE, "role", {"name": "x"}, provider=two.urn)
    asking = Resource("aws:iam/rolePolicy:RolePolicy", "asking", {"role": "x"}, provider=one.urn)
    assert resolve(stack_of(one, two, role, asking), asking, "role", ROLE) == Resolved(foreign=True)
