from __future__ import annotations

import pytest

from policypack.core.examples import bucket, construct, function, notification, permission, target
from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.s3.early_notification import POLICY
from tests.policies.helpers import messages, silent, undecided, violations

ARN = "lambdaFunctions[0].lambdaFunctionArn"
GROUP = Resource("acme:index:Trigger", "trigger", urn="urn:trigger", custom=False)
INSIDE = Resource(permission().type, "may", permission().inputs, parent=GROUP.urn)


@pytest.mark.parametrize(
    ("others", "after"),
    [
        ((permission(),), ()),
        ((permission(),), (function(), bucket())),
        ((permission(), permission(title="other", sourceArn="arn:aws:s3:::acme-archive")), (function(),)),
        ((GROUP, INSIDE), (bucket(),)),
    ],
    ids=["nothing", "others", "another permission", "component not waited for"],
)
def test_nothing_orders_the_notification(others: tuple[Resource, ...], after: tuple[Resource, ...]) -> None:
    resources = (bucket(), function(), *others, notification(after=after))
    assert violations(POLICY, *resources) == [ARN]
    assert "`may`" in messages(POLICY, *resources)[0]


def test_another_buckets_permission_does_not_count() -> None:
    other = permission(title="other", sourceArn="arn:aws:s3:::acme-archive")
    assert violations(POLICY, bucket(), function(), permission(), other, notification(after=(other,))) == [ARN]


test_silent = silent(
    POLICY,
    {
        "option": ((permission(),), notification(after=(permission(),))),
        "property": ((permission(),), notification(after=(permission(),), at="lambdaFunctions")),
        "indirect": (
            (permission(), construct("aws:s3/bucketObject:BucketObject", "x", permission())),
            notification(after=(construct("aws:s3/bucketObject:BucketObject", "x"),)),
        ),
        "component": ((GROUP, INSIDE), notification(after=(GROUP,))),
        "parent": (
            (permission(), Resource(GROUP.type, "trigger", urn=GROUP.urn, dependencies=(permission().urn,))),
            Resource(notification().type, "inbox", notification().inputs, parent=GROUP.urn),
        ),
        "no permission": ((), notification()),
        "one of two": ((permission(), permission(title="again")), notification(after=(permission(title="again"),))),
        "exists already": ((Resource(permission().type, "may", permission().inputs, external=True),), notification()),
    },
    of=lambda others, invoking: (bucket(), function(), *others, invoking),
)


def test_a_component_that_both_are_in_orders_nothing() -> None:
    invoking = Resource(notification().type, "inbox", notification().inputs, parent=GROUP.urn)
    assert violations(POLICY, bucket(), function(), GROUP, INSIDE, invoking) == [ARN]
    waiting = Resource(invoking.type, "inbox", invoking.inputs, parent=GROUP.urn, dependencies=(GROUP.urn,))
    assert violations(POLICY, bucket(), function(), GROUP, INSIDE, waiting) == [ARN]


def test_a_parent_of_what_is_waited_for_is_not_waited_for_itself() -> None:
    read = Resource(function().type, "read", function().inputs, parent=GROUP.urn)
    assert violations(POLICY, bucket(), GROUP, read, INSIDE, notification(after=(read,))) == [ARN]


def test_a_function_that_may_be_another_is_undecided() -> None:
    read, write = function(), function("write", title="write")
    one = notification(target(UNKNOWN), after=(read, write), at="lambdaFunctions")
    assert undecided(POLICY, bucket(), read, write, permission(), one) == [ARN]
    perhaps = permission(title="perhaps", function=UNKNOWN)
    assert undecided(POLICY, bucket(), read, permission(), perhaps, notification(after=(perhaps,))) == [ARN]
