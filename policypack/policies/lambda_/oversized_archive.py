"""Lambda refuses code that is too large, and this quota cannot be raised.

The preview does not check it. The update stops half-way: the new resources exist, and the old code still runs.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from policypack.core.examples import HANDLER, example, packaged
from policypack.core.policy import Judgement, Policy, Resource, Severity, Violation, over_stack
from policypack.core.tags import Tag
from policypack.lambda_code.limits import LAYERS, MB, UNZIPPED, ZIPPED
from policypack.lambda_code.package_size import Size, sizes


def check(size: Size) -> Iterator[Judgement]:
    if size.zipped is not None and size.zipped > ZIPPED:
        yield Violation(
            "",
            f"is {_mb(size.zipped)} zipped, and Lambda accepts at most {_mb(ZIPPED)} unless the zip file is uploaded through S3",
        )
    if size.unzipped is not None and size.unzipped > UNZIPPED:
        heaviest = ", ".join(f"`{name}` {_mb(heavy)}" for name, heavy in size.heaviest)
        unzips = "unzip, with the function's code, to" if size.with_layers else "unzips to"
        yield Violation(
            "", f"{unzips} {_mb(size.unzipped)}, and Lambda accepts {_mb(UNZIPPED)}; the heaviest: {heaviest}"
        )
    if size.layers > LAYERS:
        text = f"are {size.layers}, and Lambda accepts {LAYERS} for one function"
        yield Violation("", text, facts=(str(size.layers),))


def _mb(size: int) -> str:
    """Megabytes, rounded up, so that a size over the limit never looks like the limit."""
    return f"{math.ceil(size / MB * 10) / 10:g} MB"


def _function(layers: int) -> Resource:
    arns = [f"arn:aws:lambda:eu-central-1:444455556666:layer:tool-{number}:1" for number in range(1, layers + 1)]
    return packaged({"index.py": HANDLER}, layers=arns)


POLICY = Policy(
    id="lambda-oversized-archive",
    title="Code of a function is larger than Lambda accepts",
    why=__doc__,
    severity=Severity.HIGH,
    tags=[Tag.LAMBDA, Tag.DEPLOYMENT],
    fix="Leave out what the runtime provides and what nothing imports, upload a large zip through a bucket, or build an image.",
    references=["https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"],
    bad=[example(_function(6), path="layers")],
    good=[example(_function(2)), example(_function(5), note="as many layers as Lambda accepts")],
    reads=over_stack(sizes),
    check=check,
)
