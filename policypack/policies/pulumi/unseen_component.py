"""A component of a package such as awsx or eks is built by the package's plugin, which registers the resources in it.

Offline there are no plugins, so none of its buckets, roles and policy documents are judged. This is reported once for
each component, because silence would look like a pass.
"""

from __future__ import annotations

from collections.abc import Iterator

from policypack.core.examples import example, reported_at
from policypack.core.policy import Policy, Reading, Resource, Severity, Undecided
from policypack.core.tags import Tag


def remote_component(resource: Resource) -> Iterator[Reading[str]]:
    """The package of a component that was not built."""
    if resource.remote:
        yield "", resource.type.partition(":")[0]


def check(package: str) -> Iterator[Undecided]:
    yield Undecided("", f"is built by the plugin of `{package}`, and none of its resources was seen", FIX)


FIX = (
    "Judge its stack where the plugin runs, with `pulumi preview --policy-pack` or from a `pulumi stack export`; to "
    "accept what is not seen here, set this policy's `enforcement` to `advisory`."
)

POLICY = Policy(
    id="pulumi-unseen-component",
    title="Component whose resources were not seen",
    why=__doc__,
    severity=Severity.HIGH,
    generic=True,
    tags=[Tag.PULUMI, Tag.VISIBILITY],
    fix=FIX,
    references=[
        "https://www.pulumi.com/docs/iac/concepts/resources/components/",
        "https://www.pulumi.com/docs/iac/using-pulumi/extending-pulumi/build-a-component/",
    ],
    bad=reported_at(
        "",
        example(Resource("eks:index:Cluster", "cluster", {"instanceType": "t3.medium"}, custom=False, remote=True)),
        example(
            Resource("awsx:ec2:Vpc", "network", {"cidrBlock": "10.0.0.0/16"}, custom=False, remote=True),
            note="the same for a network of awsx",
        ),
    ),
    good=[
        example(Resource("acme:storage:Storage", "storage", {}, custom=False), note="a component of the program itself")
    ],
    reads=remote_component,
    check=check,
)
