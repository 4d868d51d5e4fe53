"""A provider that no resource uses was meant for some resources, but the option that passes it on is missing.

The default provider creates those resources instead, in another region or account, or with another role. Nothing fails:
the program reads as if it set the region, and the resources are somewhere else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from policypack.core.examples import bucket, construct, example, lambda_role
from policypack.core.policy import Placed, Policy, Severity, Stack, Violation, over_stack
from policypack.core.tags import Tag
from policypack.resources.providers import is_default, providers, resources_on


@over_stack
def explicit_providers(stack: Stack) -> Iterator[Placed[int]]:
    """How many resources use each provider that the program makes, or one if functions are called through it."""
    for provider in providers(stack):
        if not is_default(provider):
            yield provider, "", len(resources_on(stack, provider)) or int(provider.invoked)


def check(uses: int) -> Iterator[Violation]:
    if uses == 0:
        yield Violation(
            "", "no resource uses this provider, so another provider creates the resources that it was meant for"
        )


DEFAULT = construct("pulumi:providers:aws", "default_7_51_0", region="eu-west-1")
_LOOK_UP = """\
east = aws.Provider("east", region="us-east-1")
certificate = aws.acm.get_certificate_output(
    domain="www.example.com", opts=pulumi.InvokeOptions(provider=east)
)
aws.s3.Bucket("inbox")
"""
EAST = construct("pulumi:providers:aws", "east", region="us-east-1")


POLICY = Policy(
    id="aws-unused-provider",
    title="Provider is declared and used by no resource",
    why=__doc__,
    severity=Severity.MEDIUM,
    generic=True,
    tags=[Tag.AWS, Tag.REGION, Tag.CORRECTNESS],
    fix="Pass it on with `ResourceOptions(provider=...)`, to a component with `providers=[...]`, or delete it.",
    references=["https://www.pulumi.com/docs/iac/concepts/resources/options/provider/"],
    bad=[example(DEFAULT, EAST, bucket(provider=DEFAULT.urn), path="")],
    good=[
        example(EAST, bucket(provider=EAST.urn)),
        example(
            DEFAULT,
            EAST,
            bucket(provider=DEFAULT.urn),
            lambda_role("reader", provider=EAST.urn),
            note="a global service counts as a use",
        ),
        example(
            DEFAULT,
            replace(EAST, invoked=True),
            bucket(provider=DEFAULT.urn),
            note="a look-up, as of a certificate for CloudFront, is a use",
            program=_LOOK_UP,
        ),
    ],
    reads=explicit_providers,
    check=check,
)
