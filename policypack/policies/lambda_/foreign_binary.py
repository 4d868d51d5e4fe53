"""A library that was built for another platform or Python version cannot be loaded: the first invocation fails.

`pip install` on a laptop installs wheels for the laptop. The deployment succeeds, and the error names the import but
not the cause.
"""

from __future__ import annotations

from collections.abc import Iterator

from policypack.core.examples import example, packaged, reported_at
from policypack.core.policy import Judgement, Policy, Resource, Severity, Violation, over_stack
from policypack.core.tags import Tag
from policypack.lambda_code.platform_mismatch import MismatchedFiles, foreign


def check(mismatch: MismatchedFiles) -> Iterator[Judgement]:
    where = f"has the layer `{mismatch.layer}`, which contains" if mismatch.layer else "contains"
    for reason in dict.fromkeys(reason for _, reason in mismatch.files):
        first, *others = names = [name for name, why in mismatch.files if why == reason]
        more = f" and {len(others)} more" if others else ""
        message = f"{where} `{first}`{more}, {reason}; the function runs {mismatch.target}"
        yield Violation("", message, facts=(mismatch.layer,), parts=(*names,))
    for declared in mismatch.declared:
        yield Violation(
            "", f"has the layer `{mismatch.layer}`, which is for {declared}; the function runs {mismatch.target}"
        )


HANDLER = "import fast\n\n\ndef handler(event, context):\n    return fast.sum(event)\n"


def _function(*tags: str) -> Resource:
    metadata = "Wheel-Version: 1.0\n" + "".join(f"Tag: {tag}\n" for tag in tags)
    files = {"index.py": HANDLER, "fast-1.0.dist-info/WHEEL": metadata}
    return packaged(files, architectures=["arm64"])


POLICY = Policy(
    id="lambda-foreign-binary",
    title="Archive contains code that was built for another platform",
    why=__doc__,
    severity=Severity.HIGH,
    tags=[Tag.LAMBDA, Tag.RELIABILITY, Tag.SUPPLY_CHAIN],
    fix="Install the function's dependencies for Lambda's platform and the function's runtime, as `stackguard bundle` does.",
    references=[
        "https://docs.aws.amazon.com/lambda/latest/dg/python-package.html#python-package-native-libraries",
        "https://docs.aws.amazon.com/lambda/latest/dg/foundation-arch.html",
        "https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/",
    ],
    bad=reported_at(
        "code",
        example(_function("cp313-cp313-macosx_11_0_arm64")),
        example(_function("cp313-cp313-manylinux_2_17_x86_64"), note="Linux on another processor"),
        example(_function("cp313-cp313-manylinux_2_39_aarch64"), note="a newer glibc than the runtime's"),
    ),
    good=[
        example(_function("cp313-cp313-manylinux_2_17_aarch64", "cp313-cp313-manylinux2014_aarch64")),
        example(_function("py3-none-any"), note="pure Python, which runs anywhere"),
    ],
    reads=over_stack(foreign),
    check=check,
)
