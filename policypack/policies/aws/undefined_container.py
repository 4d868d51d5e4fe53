"""A service that registers a container or a port which its task definition lacks is refused during the update.

The load balancer and the task definition exist by then. A preview accepts any name and any port, so that a container
that was renamed in one of the two places stops the next deployment.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from policypack.core.examples import ACCOUNT, construct, example
from policypack.core.policy import Policy, Resource, Severity, Violation, over_stack
from policypack.core.spelling import similar
from policypack.core.tags import Tag
from policypack.resources.property_kinds.relations.containers import (
    SERVICE,
    TASK,
    Container,
    Registration,
    registrations,
)


def check(registration: Registration) -> Iterator[Violation]:
    name, port = registration.container, registration.port
    same = [container for container in registration.known if container.name == name]
    if not same:
        close = similar(name, sorted(container.name for container in registration.known))
        hint = f"; did you mean `{close[0]}`?" if close else ""
        yield Violation("containerName", f"is the name of no container of the task definition{hint}")
    elif port is not None and not any(container.has(port) for container in same):
        yield Violation("containerPort", f"is {port}, and the container `{name}` {_listening(same[0])}")


def _listening(container: Container) -> str:
    ports: Sequence[str] = [f"{least}" if least == most else f"{least} to {most}" for least, most in container.ports]
    return f"has only {', '.join(ports)} in its `portMappings`" if ports else "has no `portMappings`"


def _task(name: str, port: int) -> Resource:
    web = {"name": name, "image": "nginx", "memory": 256, "portMappings": [{"containerPort": port}]}
    return construct(TASK, "web", family="web", containerDefinitions=json.dumps([web]))


def _service(name: str, port: int, **inputs: Any) -> Resource:
    group = f"arn:aws:elasticloadbalancing:eu-west-1:{ACCOUNT}:targetgroup/web/0a1b2c3d4e5f6071"
    registered = {"targetGroupArn": group, "containerName": name, "containerPort": port}
    return construct(SERVICE, "web", **{"taskDefinition": "web", "loadBalancers": [registered], **inputs})


POLICY = Policy(
    id="aws-undefined-container",
    title="Container or port that the task definition lacks",
    why=__doc__,
    severity=Severity.HIGH,
    tags=[Tag.AWS, Tag.CORRECTNESS, Tag.DEPLOYMENT],
    fix="Name a container of the task definition, and a port in its `portMappings`, by one variable for both places.",
    references=[
        "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LoadBalancer.html",
        "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceRegistry.html",
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html",
    ],
    bad=[
        example(_task("web", 80), _service("wbe", 80), path="loadBalancers[0].containerName"),
        example(_task("web", 8080), _service("web", 80), path="loadBalancers[0].containerPort", note="another port"),
    ],
    good=[
        example(_task("web", 80), _service("web", 80)),
        example(_service("web", 80), note="a task definition outside of the stack"),
    ],
    reads=over_stack(registrations),
    check=check,
)
