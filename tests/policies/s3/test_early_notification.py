from __future__ import annotations

from policypack.core.examples import bucket, construct, function, notification, permission, target
from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.s3.early_notification import POLICY
from tests.policies.helpers import reported, silent, undecided, violations

ARN = "lambdaFunctions[0].lambdaFunctionArn"
GROUP = Resource("acme:index:Trigger", "trigger", urn="urn:trigger", custom=False)
INSIDE = Resource(permission().type, "may", permission().inputs, parent=GROUP.urn)


test_nothing_orders_the_notification = reported(
    POLICY,
    ARN,
    (permission(), notification()),
    (permission(), notification(after=(function(), bucket()))),
    (GROUP, INSIDE, notification(after=(bucket(),))),
    of=lambda *others: (bucket(), function(), *others),
)
AGAIN, OBJECT = permission(title="again"), construct("aws:s3/bucketObject:BucketObject", "x", permission())
EXISTING = Resource(permission().type, "may", permission().inputs, external=True)
WAITING_GROUP = Resource(GROUP.type, "trigger", urn=GROUP.urn, dependencies=(permission().urn,))
INVOKING = Resource(notification().type, "inbox", notification().inputs, parent=GROUP.urn)
test_silent = silent(
    POLICY,
    (permission(), notification(after=(permission(),), at="lambdaFunctions")),
    (permission(), OBJECT, notification(after=(OBJECT,))),
    (GROUP, INSIDE, notification(after=(GROUP,))),
    (permission(), WAITING_GROUP, INVOKING),
    (permission(), AGAIN, notification(after=(AGAIN,))),
    (EXISTING, notification()),
    of=lambda *others: (bucket(), function(), *others),
)


def test_a_component_that_both_are_in_orders_nothing() -> None:
    assert violations(POLICY, bucket(), function(), GROUP, INSIDE, INVOKING) == [ARN]
    waiting = Resource(INVOKING.type, "inbox", INVOKING.inputs, parent=GROUP.urn, dependencies=(GROUP.urn,))
    assert violations(POLICY, bucket(), function(), GROUP, INSIDE, waiting) == [ARN]


def test_a_parent_of_what_is_waited_for_is_not_waited_for_itself() -> None:
    read = Resource(function().type, "read", function().inputs, parent=GROUP.urn)
    assert violations(POLICY, bucket(), GROUP, read, INSIDE, notification(after=(read,))) == [ARN]


def test_a_function_that_may_be_another_is_undecided() -> None:
    read, write = function(), function("write", title="write")
    listener = notification(target(UNKNOWN), after=(read, write), at="lambdaFunctions")
    assert undecided(POLICY, bucket(), read, write, permission(), listener) == [ARN]
    perhaps = permission(title="perhaps", function=UNKNOWN)
    assert undecided(POLICY, bucket(), read, permission(), perhaps, notification(after=(perhaps,))) == [ARN]
