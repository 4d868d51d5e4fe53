"""A deprecated runtime gets no security updates, and AWS stops to answer for what fails in it.

Later AWS refuses to create functions with it, so the stack cannot be built again in another region or after a loss, and
then it refuses to update them: a fix can no longer be deployed. AWS publishes the dates of each runtime.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import msgspec

from policypack.core.controls import controls
from policypack.core.examples import construct, example, function, reported_at
from policypack.core.policy import Placed, Policy, Severity, Stack, Unknown, Violation, over_stack
from policypack.core.tags import Tag
from policypack.iam.tables import Runtime, runtimes
from policypack.resources.tokens import FUNCTION


class RuntimeInUse(msgspec.Struct, frozen=True):
    """A function's runtime, its dates, and the day of the judgement."""

    identifier: str
    dates: Runtime
    today: date


def runtimes_in_use(stack: Stack) -> Iterator[Placed[RuntimeInUse]]:
    """The runtime of each function; a container image has none, and a runtime without dates is not judged."""
    for resource in stack.of(FUNCTION):
        runtime = resource["runtime"]
        if isinstance(runtime, Unknown):
            yield resource, "runtime", runtime
        elif isinstance(runtime, str) and (dates := runtimes().get(runtime)):
            yield resource, "runtime", RuntimeInUse(runtime, dates, stack.today)


def check(runtime: RuntimeInUse) -> Iterator[Violation]:
    dates = runtime.dates
    if dates.deprecated > runtime.today:
        return
    blocked = dates.create_block is not None and dates.create_block <= runtime.today
    blocks = (("created", dates.create_block), ("updated", dates.update_block))
    later = "".join(f"; no function can be {done} with it from {day}" for done, day in blocks if day)
    instead = f"; `{dates.successor}` is its successor" if dates.successor else ""
    yield Violation(
        "",
        f"`{runtime.identifier}` is deprecated since {dates.deprecated}{later}{instead}",
        severity=Severity.HIGH if blocked else None,
    )


POLICY = Policy(
    id="lambda-retired-runtime",
    title="Function with a runtime that AWS has deprecated",
    why=__doc__,
    severity=Severity.MEDIUM,
    tags=[Tag.LAMBDA, Tag.SUPPLY_CHAIN, Tag.DEPLOYMENT, Tag.AWS_FSBP],
    controls=controls("aws-fsbp/Lambda.2"),
    fix="Move the function to a runtime that AWS supports.",
    references=[
        "https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html",
        "https://docs.aws.amazon.com/securityhub/latest/userguide/lambda-controls.html#lambda-2",
    ],
    bad=reported_at(
        "runtime",
        example(function(runtime="python3.8")),
        example(function(runtime="nodejs16.x"), note="Node.js"),
        example(function(runtime="go1.x"), note="Go, which now runs on `provided.al2023`"),
    ),
    good=[
        example(function(runtime="python3.14")),
        example(function(runtime="provided.al2023"), note="a runtime of your own on a supported system"),
        example(function(packageType="Image", imageUri="1.dkr.ecr.eu-west-1.amazonaws.com/read:1"), note="an image"),
        example(
            construct(
                "aws:lambda/layerVersion:LayerVersion",
                "shared",
                layerName="shared",
                compatibleRuntimes=["python3.8", "python3.14"],
            ),
            note="a layer that also fits an old runtime",
        ),
    ],
    reads=over_stack(runtimes_in_use),
    check=check,
)
