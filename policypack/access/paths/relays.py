"""Hops that need no permission of the attacker: what a function runs as, and what a bucket, queue or topic sets off."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from policypack.access.paths.fleet import Fleet
from policypack.access.paths.hops import Hold, Hop, Node
from policypack.access.paths.powers import MACHINE, STREAM, TABLE
from policypack.core.policy import Resource
from policypack.resources.notification import FUNCTIONS, TARGETS, triggers
from policypack.resources.references import Resolved, resolve
from policypack.resources.tokens import BUCKET_TYPES, EVENT_SOURCE_MAPPING, FUNCTION, QUEUE, ROLE, TOPIC

RUNS_AS = {FUNCTION: "role", MACHINE: "roleArn"}
"""By type, the property with the role."""
SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"
CODE = "s3Bucket"
NEXT_UPDATE = "the function gets the code of the bucket at its next update"


def relays(fleet: Fleet) -> Mapping[Node, Sequence[Hop]]:
    """The hops by their starts."""
    hops: dict[Node, list[Hop]] = defaultdict(list)
    for hop in (*_runs(fleet), *_sends(fleet), *_code(fleet)):
        hops[hop.start].append(hop)
    return hops


def _runs(fleet: Fleet) -> Iterator[Hop]:
    for token, name in RUNS_AS.items():
        for resource in fleet.stack.of(token):
            role = resolve(fleet.stack, resource, name, ROLE)
            yield from _to(Node(Hold.RUN, resource.urn), Hold.IDENTITY, role, "runs as", resource, name)


def _sends(fleet: Fleet) -> Iterator[Hop]:
    stack = fleet.stack
    kinds = {FUNCTIONS: Hold.RUN, "queues": Hold.WRITE, "topics": Hold.WRITE}
    for trigger in triggers(stack, *TARGETS):
        for bucket in trigger.buckets.resources:
            start, kind = Node(Hold.WRITE, bucket.urn), trigger.entry.kind
            yield from _to(start, kinds[kind], trigger.targets, "sets off", trigger.notification, trigger.entry.path)
    for mapping in stack.of(EVENT_SOURCE_MAPPING):
        function = resolve(stack, mapping, "functionName", FUNCTION)
        for source in resolve(stack, mapping, "eventSourceArn", QUEUE, STREAM, TABLE).resources:
            yield from _to(Node(Hold.WRITE, source.urn), Hold.RUN, function, "sets off", mapping, "eventSourceArn")
    for subscription in stack.of(SUBSCRIPTION):
        types = {"lambda": (FUNCTION, Hold.RUN), "sqs": (QUEUE, Hold.WRITE)}
        token, hold = types.get(str(subscription.inputs.get("protocol")), ("", Hold.RUN))
        for topic in resolve(stack, subscription, "topic", TOPIC).resources if token else ():
            endpoint = resolve(stack, subscription, "endpoint", token)
            yield from _to(Node(Hold.WRITE, topic.urn), hold, endpoint, "sets off", subscription, "endpoint")


def _code(fleet: Fleet) -> Iterator[Hop]:
    """The functions whose code is in a bucket."""
    for function in fleet.stack.of(FUNCTION):
        if function.inputs.get(CODE) is not None:
            for bucket in resolve(fleet.stack, function, CODE, *BUCKET_TYPES).resources:
                end = Node(Hold.RUN, function.urn)
                start = Node(Hold.WRITE, bucket.urn)
                yield Hop(start, end, "has the code of", certain=False, by=function, path=CODE, why=NEXT_UPDATE)


def _to(start: Node, hold: Hold, ends: Resolved, verb: str, by: Resource, path: str) -> Iterator[Hop]:
    for referent in ends.all:
        certain = bool(ends.certain)
        why = "" if certain else f"what `{path}` refers to is not known"
        yield Hop(start, Node(hold, referent.resource.urn), verb, certain, by, path, why)
