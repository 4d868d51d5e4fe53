"""Resources that AWS refuses to connect: timeouts of queues and functions, FIFO and standard, streams and the edge."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from policypack.core.policy import UNKNOWN, Options, Resource
from policypack.policies.aws.incompatible_resource import POLICY
from policypack.resources.property_kinds.relations.pairings import DISTRIBUTION, REDRIVE, SUBSCRIPTION, TABLE
from policypack.resources.tokens import ALIAS, EVENT_SOURCE_MAPPING, FUNCTION, QUEUE, TOPIC
from tests.policies.helpers import messages, reported, silent, undecided_at, violations

HOME = "eu-central-1:111122223333"
MAIL = f"arn:aws:sqs:{HOME}:mail"
NEWS = f"arn:aws:sns:{HOME}:news"
SENDER = f"arn:aws:lambda:{HOME}:function:sender"

ARNS = {
    QUEUE: f"arn:aws:sqs:{HOME}:{{}}",
    TOPIC: f"arn:aws:sns:{HOME}:{{}}",
    TABLE: f"arn:aws:dynamodb:{HOME}:table/{{}}",
}


def made(token: str, title: str, inputs: dict[str, Any], depends: dict[str, Any], **options: Any) -> Resource:
    origins = {name: tuple(resource.urn for resource in resources) for name, resources in depends.items()}
    urn = f"urn:pulumi:dev::shop::{token}::{title}"
    outputs = (
        {"arn": ARNS[token].format(inputs["name"])} if token in ARNS and isinstance(inputs.get("name"), str) else {}
    )
    return Resource(token, title, inputs, urn, outputs, property_dependencies=origins, options=Options(**options))


def queue(seconds: Any = None, name: Any = "mail", *, ignored: tuple[str, ...] = (), **inputs: Any) -> Resource:
    own = {"visibilityTimeoutSeconds": seconds} if seconds is not None else {}
    return made(QUEUE, "mail", {"name": name, **own, **inputs}, {}, ignore_changes=ignored)


def sender(seconds: Any = None, *, ignored: tuple[str, ...] = (), **inputs: Any) -> Resource:
    own = {"timeout": seconds} if seconds is not None else {}
    return made(FUNCTION, "sender", {"name": "sender", **own, **inputs}, {}, ignore_changes=ignored)


def fed(source: Any = MAIL, runs: Any = "sender", /, *depends: Resource, **inputs: Any) -> Resource:
    origins = {"eventSourceArn": depends[:1], "functionName": depends[1:]}
    return made(EVENT_SOURCE_MAPPING, "mail", {"eventSourceArn": source, "functionName": runs, **inputs}, origins)


def alias() -> Resource:
    inputs = {"name": "live", "functionName": "sender", "functionVersion": "4"}
    return made(ALIAS, "live", inputs, {"functionName": [sender()]})


test_a_queue_that_shows_messages_too_soon = reported(
    POLICY,
    "eventSourceArn",
    (queue(20), sender(30), fed()),
    (queue(), sender(31), fed()),
    (queue(2), sender(), fed()),
    (queue(0), sender(1), fed()),
    (queue(20.0), sender(30.0), fed(MAIL, SENDER)),
    (queue(20), sender(30), fed(MAIL, f"{SENDER}:$LATEST")),
    (queue(20), sender(30), fed(enabled=False)),
    (queue(20), sender(30), fed(UNKNOWN, UNKNOWN, queue(), sender())),
    (queue(20), sender(30, publish=True), fed(UNKNOWN, UNKNOWN, queue(), sender())),
    (
        queue(20, redrivePolicy=json.dumps({"deadLetterTargetArn": f"{MAIL}-dead", "maxReceiveCount": 3})),
        sender(30),
        fed(),
    ),
    (sender(30), queue(20, "mail.fifo", fifoQueue=True), fed(f"{MAIL}.fifo")),
)
test_a_timeout_that_decides_and_is_unknown = undecided_at(
    POLICY, "visibilityTimeoutSeconds", (queue(UNKNOWN), sender(30), fed())
)
test_a_function_of_which_the_timeout_is_unknown = undecided_at(POLICY, "timeout", (queue(60), sender(UNKNOWN), fed()))
test_queues_that_are_slow_enough_or_not_shown = silent(
    POLICY,
    (queue(30), sender(30), fed()),
    (queue(), sender(), fed()),
    (queue(900), sender(UNKNOWN), fed()),
    (queue(43200), sender(900), fed()),
    (queue(20), sender(30)),
    (queue(20), fed()),
    (sender(30), fed()),
    (queue(20), sender(30), fed(f"{MAIL}-other")),
    (queue(20), sender(30), fed(f"arn:aws:kinesis:{HOME}:stream/mail", startingPosition="LATEST")),
    (queue(20), sender(30), fed(MAIL, "other")),
    (queue(20), sender(30), fed(MAIL, f"{SENDER}:4")),
    (queue(20), sender(30), alias(), fed(MAIL, f"{SENDER}:live")),
    (queue(20), sender(30), alias(), fed(MAIL, UNKNOWN, queue(), alias())),
    (queue(20), sender(30), fed(UNKNOWN, "sender")),
    (queue("20"), sender(30), fed()),
    (queue(float("nan")), sender(30), fed()),
    (queue(20, ignored=("visibilityTimeoutSeconds",)), sender(30), fed()),
    (queue(20), sender(30, ignored=("*",)), fed()),
)


def test_message_says_both_times() -> None:
    assert messages(POLICY, queue(20), sender(30), fed()) == [
        "is a queue with a visibility timeout of 20 seconds, less than the function's timeout of 30"
    ]


@given(st.integers(0, 43200), st.integers(1, 900))
def test_lambda_takes_each_queue_that_hides_messages_as_long_as_the_function_runs(visible: int, runs: int) -> None:
    found = violations(POLICY, queue(visible), sender(runs), fed())
    assert found == ([] if visible >= runs else ["eventSourceArn"])


def redriven(target: Any, name: str = "mail", *, beside: bool = False, **inputs: Any) -> Resource:
    text = target if target is UNKNOWN else json.dumps({"deadLetterTargetArn": target, "maxReceiveCount": 3})
    if beside:
        url = f"https://sqs.eu-central-1.amazonaws.com/111122223333/{name}"
        return made(REDRIVE, "mail", {"queueUrl": url, "redrivePolicy": text}, {})
    depends = {"redrivePolicy": [dead()]} if target is UNKNOWN else {}
    return made(
        QUEUE, "mail", {"name": name, "fifoQueue": name.endswith(".fifo"), "redrivePolicy": text, **inputs}, depends
    )


def dead(name: str = "dead", **inputs: Any) -> Resource:
    return made(QUEUE, "dead", {"name": name, **inputs}, {})


LETTERS = f"arn:aws:sqs:{HOME}:dead"
test_dead_letters_of_another_kind = reported(
    POLICY,
    "redrivePolicy",
    (redriven(LETTERS, "mail.fifo"),),
    (redriven(f"{LETTERS}.fifo"),),
    (redriven(LETTERS, "mail.fifo"), dead()),
    (redriven(UNKNOWN, "mail.fifo"), dead()),
    (redriven(LETTERS, "mail.fifo", beside=True),),
    (queue(name="mail.fifo", fifoQueue=True), redriven(LETTERS, "mail.fifo", beside=True)),
)
test_dead_letters_of_the_same_kind = silent(
    POLICY,
    (redriven(LETTERS),),
    (redriven(f"{LETTERS}.fifo", "mail.fifo"),),
    (redriven(f"{LETTERS}.fifo", "mail.fifo"), dead("dead.fifo", fifoQueue=True)),
    (redriven(UNKNOWN, "mail.fifo"), dead("dead.fifo", fifoQueue=True)),
    (redriven(UNKNOWN), dead(fifoQueue=UNKNOWN)),
    (redriven(f"{LETTERS}.fifo", fifoQueue=UNKNOWN),),
    (redriven("not an ARN", "mail.fifo"),),
    (redriven(None, "mail.fifo"),),
    (queue(redrivePolicy="[]"),),
    (queue(redrivePolicy="no JSON"),),
    (redriven(LETTERS, beside=True),),
)


def topic(name: str = "news") -> Resource:
    return made(TOPIC, "news", {"name": name, "fifoTopic": name.endswith(".fifo")}, {})


def subscribed(source: Any, target: Any, protocol: Any = "sqs", **depends: Any) -> Resource:
    return made(SUBSCRIPTION, "news", {"topic": source, "protocol": protocol, "endpoint": target}, depends)


test_standard_topics_send_to_no_fifo_queue = reported(
    POLICY,
    "endpoint",
    (subscribed(NEWS, f"{MAIL}.fifo"),),
    (topic(), queue(name="mail.fifo", fifoQueue=True), subscribed(NEWS, f"{MAIL}.fifo")),
    (topic(), subscribed(UNKNOWN, f"{MAIL}.fifo", topic=[topic()])),
)
test_fifo_topics_send_to_queues_only = reported(
    POLICY,
    "protocol",
    (subscribed(f"{NEWS}.fifo", SENDER, "lambda"),),
    (subscribed(f"{NEWS}.fifo", "ops@shop.example", "email"),),
    (topic("news.fifo"), subscribed(UNKNOWN, UNKNOWN, "https", topic=[topic("news.fifo")])),
)
test_subscriptions_that_sns_takes = silent(
    POLICY,
    (subscribed(NEWS, MAIL),),
    (subscribed(f"{NEWS}.fifo", MAIL),),
    (subscribed(f"{NEWS}.fifo", f"{MAIL}.fifo"),),
    (subscribed(NEWS, SENDER, "lambda"),),
    (subscribed(NEWS, "https://shop.example/mail.fifo", "https"),),
    (subscribed(UNKNOWN, f"{MAIL}.fifo"),),
    (subscribed(NEWS, UNKNOWN),),
    (subscribed(f"{NEWS}.fifo", SENDER, UNKNOWN),),
)


def table(**inputs: Any) -> Resource:
    return made(TABLE, "carts", {"name": "carts", **inputs}, {})


test_a_table_without_a_stream_feeds_nothing = reported(
    POLICY,
    "eventSourceArn",
    (table(), sender(), fed(UNKNOWN, "sender", table())),
    (table(streamEnabled=False), sender(), fed(UNKNOWN, "sender", table())),
)
test_tables_with_a_stream = silent(
    POLICY,
    (table(streamEnabled=True, streamViewType="NEW_IMAGE"), fed(UNKNOWN, "sender", table())),
    (table(streamEnabled=UNKNOWN), fed(UNKNOWN, "sender", table())),
    (table(replicas=[{"regionName": "eu-west-1"}]), fed(UNKNOWN, "sender", table())),
    (table(), fed(f"arn:aws:dynamodb:{HOME}:table/other/stream/2026-01-01T00:00:00.000")),
)


def served(runs: Any = UNKNOWN, behavior: str = "defaultCacheBehavior") -> Resource:
    inner = {
        "targetOriginId": "shop",
        "lambdaFunctionAssociations": [{"eventType": "viewer-request", "lambdaArn": runs}],
    }
    value: Any = [inner] if behavior.startswith("ordered") else inner
    return made(DISTRIBUTION, "shop", {behavior: value}, {behavior: [sender()]})


test_the_edge_takes_no_such_function = reported(
    POLICY,
    "defaultCacheBehavior.lambdaFunctionAssociations[0].lambdaArn",
    (sender(environment={"variables": {"STAGE": "dev"}}), served()),
    (sender(vpcConfig={"subnetIds": ["subnet-0a1b2c3d"], "securityGroupIds": []}), served()),
    (sender(architectures=["arm64"]), served()),
    (sender(packageType="Image"), served()),
    (sender(architectures=["arm64"]), served(f"{SENDER}:3")),
)
test_the_edge_of_another_behavior = reported(
    POLICY,
    "orderedCacheBehaviors[0].lambdaFunctionAssociations[0].lambdaArn",
    (sender(architectures=["arm64"]), served(behavior="orderedCacheBehaviors")),
)
test_functions_that_the_edge_takes = silent(
    POLICY,
    (sender(), served()),
    (sender(environment={"variables": {}}, vpcConfig={"subnetIds": []}), served()),
    (sender(environment=UNKNOWN, architectures=UNKNOWN), served()),
    (sender(architectures=["x86_64"], packageType="Zip"), served()),
    (sender(architectures=["arm64"]), served(f"{SENDER}-other:3")),
    (sender(architectures=["arm64"]), made(DISTRIBUTION, "shop", {"defaultCacheBehavior": UNKNOWN}, {})),
)
