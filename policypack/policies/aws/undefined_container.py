"""A service that registers a container or a port which its task definition lacks is refused during the update.

The load balancer and the task definition exist by then. A preview accepts any name and any port, so that a container
that was renamed in one of the two places stops the next deployment.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from policypack.core.examples import ACCOUNT, construct, example
from policypack.core.policy import Placed, Policy, Resource, Severity, Stack, Violation, over_stack
from policypack.core.spelling import similar
from policypack.core.tags import Tag
from policypack.iam.document_readers import values_at
from policypack.resources.property_kinds.services.containers import Container, containers
from policypack.resources.references import resolve

TASK, SERVICE, TASK_SET = (
    f"aws:ecs/{name}" for name in ("taskDefinition:TaskDefinition", "service:Service", "taskSet:TaskSet")
)
REGISTRATIONS = ("loadBalancers", "serviceRegistries")


class Registration(msgspec.Struct, frozen=True):
    """The container and the port that a service registers, None where it names none, and the containers of its task."""

    container: str
    port: int | None
    known: tuple[Container, ...]


@over_stack
def registrations(stack: Stack) -> Iterator[Placed[Registration]]:
    """What services and task sets register of containers that a task definition of the stack has.

    What an option ignores may be otherwise in the cloud.
    """
    for resource in stack.of(SERVICE, TASK_SET):
        definition = _definition(stack, resource)
        if definition is None or {"taskDefinition", *REGISTRATIONS} & _ignored(resource):
            continue
        known = tuple(containers(definition.inputs.get("containerDefinitions")))
        for path, item in _registered(resource) if known and not _ignored(definition) else ():
            name, port = item.get("containerName"), item.get("containerPort")
            if isinstance(name, str) and name:
                number = int(port) if isinstance(port, int | float) and port and math.isfinite(port) else None
                yield resource, path, Registration(name, number, known)


def _ignored(resource: Resource) -> set[str]:
    """The top-level properties that `ignore_changes` names, `*` for all; only those that matter here."""
    names = {path.partition("[")[0].partition(".")[0] for path in resource.options.ignore_changes}
    own = {"containerDefinitions"} if resource.type == TASK else {"taskDefinition", *REGISTRATIONS}
    return own if "*" in names else names & own


def _definition(stack: Stack, resource: Resource) -> Resource | None:
    """The task definition of a service, by its ARN or by its family, of which ECS takes the latest revision."""
    if definition := resolve(stack, resource, "taskDefinition", TASK).only:
        return definition
    family, place = resource.inputs.get("taskDefinition"), _place(resource)
    same = [one for one in stack.of(TASK) if one.inputs.get("family") == family and _place(one) == place]
    return same[0] if len(same) == 1 and isinstance(family, str) and family else None


def _place(resource: Resource) -> tuple[str, Any]:
    return resource.provider, resource.inputs.get("region")


def _registered(resource: Resource) -> Iterator[tuple[str, Any]]:
    for name in REGISTRATIONS:
        pattern = f"{name}[*]" if isinstance(resource.inputs.get(name), list) else name
        yield from ((path, item) for path, item in values_at(resource.inputs, pattern) if isinstance(item, dict))


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
    reads=registrations,
    check=check,
)
