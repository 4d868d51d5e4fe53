"""Containers and ports that a service registers, beside those of its task definition."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from policypack.core.policy import UNKNOWN, Options, Resource
from policypack.policies.aws.undefined_container import POLICY
from policypack.resources.property_kinds.relations.containers import SERVICE, TASK, TASK_SET
from tests.policies.helpers import messages, reported, silent, violations

HOME = "eu-central-1:111122223333"
GROUP = f"arn:aws:elasticloadbalancing:{HOME}:targetgroup/shop/0123456789abcdef"
FIRST = f"arn:aws:ecs:{HOME}:task-definition/shop:1"
API = {
    "name": "api",
    "image": "shop/api:2",
    "portMappings": [{"containerPort": 9000, "hostPort": 9000}, {"containerPort": "9001"}],
}
PROXY = {"name": "envoy", "image": "envoy", "portMappings": [{"containerPortRange": "9900-9910"}]}
IDLE = {"name": "logs", "image": "fluent-bit"}


def task(*containers: Any, title: str = "shop", text: Any = None, **options: Any) -> Resource:
    written = text if text is not None else json.dumps(containers or (API, PROXY, IDLE))
    inputs, outputs = {"family": "shop", "containerDefinitions": written}, {"arn": FIRST, "id": "shop"}
    return Resource(TASK, title, inputs, outputs=outputs, options=Options(**options))


def service(name: Any, port: Any = 9000, definition: Any = "shop", token: str = SERVICE, **inputs: Any) -> Resource:
    balanced = {"loadBalancers": [{"targetGroupArn": GROUP, "containerName": name, "containerPort": port}]}
    depends = {"taskDefinition": (task().urn,)} if definition is UNKNOWN else {}
    return Resource(token, "api", {"taskDefinition": definition, **balanced, **inputs}, property_dependencies=depends)


def registered(**registry: Any) -> Resource:
    inputs = {"taskDefinition": "shop", "serviceRegistries": {"registryArn": "arn:aws:x", **registry}}
    return Resource(SERVICE, "api", inputs)


def ignoring(*names: str) -> Resource:
    return Resource(SERVICE, "api", service("web").inputs, options=Options(ignore_changes=names))


test_no_container_has_the_name = reported(
    POLICY,
    "loadBalancers[0].containerName",
    (task(), service("web")),
    (task(), service("API")),
    (task(), service("web", definition=FIRST)),
    (task(), service("web", definition=UNKNOWN)),
    (task(), service("web", UNKNOWN)),
    (service("web"), task()),
    (task(), service("web", token=TASK_SET)),
)
test_no_container_listens_on_the_port = reported(
    POLICY,
    "loadBalancers[0].containerPort",
    (task(), service("api", 80)),
    (task(), service("api", 80.0, definition=UNKNOWN)),
    (task(), service("envoy", 9911)),
    (task(), service("logs", 9000)),
)
test_registries_too = reported(
    POLICY, "serviceRegistries.containerName", (task(), registered(containerName="web", containerPort=9000))
)
test_port_of_a_registry = reported(
    POLICY, "serviceRegistries.containerPort", (task(), registered(containerName="api", containerPort=9002))
)
test_what_the_task_has_or_may_have_is_silent = silent(
    POLICY,
    (task(), service("api")),
    (task(), service("api", 9001)),
    (task(), service("api", 9000.0, definition=UNKNOWN)),
    (task(), service("envoy", 9905)),
    (task(), service("api", definition=f"arn:aws:ecs:{HOME}:task-definition/shop:7")),
    (task(), service("web", definition="other")),
    (task(), service("web", definition="shop:7")),
    (task(), service(UNKNOWN)),
    (task(), service("api", UNKNOWN)),
    (task(), service("api", loadBalancers=UNKNOWN)),
    (task(), service("api", loadBalancers=[])),
    (task(text=UNKNOWN), service("web")),
    (task(text="[]"), service("web")),
    (task(text="not JSON"), service("web")),
    (task(API, {"name": None}), service("web")),
    (task(API, "web"), service("web")),
    (task({**API, "portMappings": [{"containerPort": "${port}"}]}), service("api", 80)),
    (task(), task(title="next"), service("web")),
    (task(), registered(port=80)),
    (task(), registered(containerName="api", containerPort=9000)),
    (task(ignore_changes=("containerDefinitions",)), service("web")),
    (task(), ignoring("taskDefinition")),
    (task(), ignoring("loadBalancers[0].containerName")),
    (task(), ignoring("*")),
    (service("web"),),
)


def test_message_names_the_container_that_may_be_meant_and_the_ports() -> None:
    assert messages(POLICY, task(), service("ap1")) == [
        "is the name of no container of the task definition; did you mean `api`?"
    ]
    assert messages(POLICY, task(), service("api", 80)) == [
        "is 80, and the container `api` has only 9000, 9001 in its `portMappings`"
    ]


@given(st.dictionaries(st.from_regex(r"[A-Za-z0-9_-]{1,20}", fullmatch=True), st.integers(1, 65535), min_size=1))
def test_each_container_of_a_task_may_be_registered(ports: dict[str, int]) -> None:
    defined = task(*({"name": name, "portMappings": [{"containerPort": port}]} for name, port in ports.items()))
    assert [violations(POLICY, defined, service(*one)) for one in ports.items()] == [[]] * len(ports)
