"""Lambda refuses code that is too large, at its upload or when a version is made of it, and no quota can be raised.

The preview does not know: the update stops half-way, with the new resources made and the old code still running.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from policypack.core.examples import example, packaged
from policypack.core.policy import Judgement, Policy, Resource, Severity, Violation, over_stack
from policypack.core.tags import Tag
from policypack.lambda_code.limits import LAYERS, MB, UNZIPPED, ZIPPED
from policypack.lambda_code.package_size import Size, sizes


def check(found: Size) -> Iterator[Judgement]:
    if found.zipped is not None and found.zipped > ZIPPED:
        yield Violation("", f"is {_mb(found.zipped)} zipped, and Lambda takes {_mb(ZIPPED)} that is not in a bucket")
    if found.unzipped is not None and found.unzipped > UNZIPPED:
        heaviest = ", ".join(f"`{name}` {_mb(size)}" for name, size in found.heaviest)
        means = "come, with the function's code, to" if found.with_layers else "unzips to"
        yield Violation(
            "", f"{means} {_mb(found.unzipped)}, and Lambda takes {_mb(UNZIPPED)}; the heaviest: {heaviest}"
        )
    if found.layers > LAYERS:
        yield Violation("", f"are {found.layers}, and Lambda takes {LAYERS} for one function")


def _mb(size: int) -> str:
    """Megabytes, rounded up, so that what is too large never looks as if it were not."""
    return f"{math.ceil(size / MB * 10) / 10:g} MB"


HANDLER = "def handler(event, context):\n    return 'done'\n"


def _function(layers: int) -> Resource:
    arns = [f"arn:aws:lambda:eu-central-1:444455556666:layer:tool-{number}:1" for number in range(1, layers + 1)]
    return packaged({"index.py": HANDLER}, layers=arns)


POLICY = Policy(
    id="lambda-oversized-archive",
    title="Code of a function is larger than Lambda takes",
    why=__doc__,
    severity=Severity.HIGH,
    tags=[Tag.LAMBDA, Tag.DEPLOYMENT],
    fix="Leave out what the runtime has and what nothing imports, upload a large zip through a bucket, or build an image.",
    references=["https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"],
    bad=[example(_function(6), path="layers")],
    good=[example(_function(2)), example(_function(5), note="as many layers as Lambda takes")],
    reads=over_stack(sizes),
    check=check,
)
