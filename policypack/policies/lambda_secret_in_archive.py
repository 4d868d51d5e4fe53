"""Whoever may read a function may download its code, and everything in the archive with it.

So does whoever gets into its bucket, its build or its history, for as long as a version of it is kept. A secret in an
archive cannot be taken back, only replaced.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policypack.aws.packaging import read_code
from policypack.aws.secret_files import SecretFile, secret_files
from policypack.policy import Asset, Judgement, Policy, Reading, Resource, Severity, Violation
from policypack.resources.tokens import FUNCTION, LAYER


def read(resource: Resource) -> Iterator[Reading[Sequence[SecretFile]]]:
    """The secrets in the archive of a function or layer."""
    if resource.type in (FUNCTION, LAYER):
        found = read_code(resource, secret_files)
        if found is not None:
            yield "code", found


def check(found: Sequence[SecretFile]) -> Iterator[Judgement]:
    for kind in dict.fromkeys(each.kind for each in found):
        first, *others = (each.name for each in found if each.kind == kind)
        more = f" and {len(others)} more" if others else ""
        yield Violation("", f"holds {kind}: `{first}`{more}")


def _function(environment: str) -> Resource:
    members = {
        "index.py": Asset(text="def handler(event, context):\n    return 'done'\n"),
        environment: Asset(text="API_KEY=\n" if "example" in environment else "API_KEY=correct-horse\n"),
    }
    archive = Asset(archive=True, members=members)
    return Resource(FUNCTION, "read", {"runtime": "python3.13", "handler": "index.handler", "code": archive})


POLICY = Policy(
    id="lambda-secret-in-archive",
    title="Archive of a function or layer holds a secret",
    why=__doc__,
    severity=Severity.CRITICAL,
    fix="Leave the file out of the archive, replace the secret, and have the function read it from Secrets Manager.",
    references=[
        "https://docs.aws.amazon.com/lambda/latest/dg/with-secrets-manager.html",
        "https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html",
    ],
    bad=_function(".env"),
    good=_function(".env.example"),
    reads=read,
    check=check,
)
