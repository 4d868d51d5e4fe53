"""Whoever may read a function may download its code, and everything in the archive with it.

So does whoever gets into its bucket, its build or its history, for as long as a version of it is kept. A secret in an
archive cannot be taken back, only replaced.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policypack.core.examples import example, packaged
from policypack.core.policy import Judgement, Placed, Policy, Resource, Severity, Stack, Violation, over_stack
from policypack.core.tags import Tag
from policypack.lambda_code.packaging import code_property, read_code
from policypack.lambda_code.secret_files import SecretFile, secret_files
from policypack.resources.tokens import FUNCTION, LAYER


def read(stack: Stack) -> Iterator[Placed[Sequence[SecretFile]]]:
    """The secrets in the archive of each function and layer."""
    for kind in (FUNCTION, LAYER):
        for resource in stack.of(kind):
            found = read_code(stack, resource, secret_files)
            if found is not None:
                yield resource, code_property(resource), found


def check(found: Sequence[SecretFile]) -> Iterator[Judgement]:
    for kind in dict.fromkeys(each.kind for each in found):
        first, *others = (each.name for each in found if each.kind == kind)
        more = f" and {len(others)} more" if others else ""
        yield Violation("", f"holds {kind}: `{first}`{more}")


HANDLER = "def handler(event, context):\n    return 'done'\n"


def _with(name: str, text: str = "API_KEY=correct-horse\n") -> Resource:
    return packaged({"index.py": HANDLER, name: text})


POLICY = Policy(
    id="lambda-secret-in-archive",
    title="Archive of a function or layer holds a secret",
    why=__doc__,
    severity=Severity.CRITICAL,
    tags=[Tag.LAMBDA, Tag.SECRETS],
    fix="Leave the file out of the archive, replace the secret, and have the function read it from Secrets Manager.",
    references=[
        "https://docs.aws.amazon.com/lambda/latest/dg/with-secrets-manager.html",
        "https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html",
    ],
    bad=[
        example(_with(".env"), path="code"),
        example(_with("config/prod.env"), path="code", note="an environment file by another name"),
        example(_with("client.p12", ""), path="code", note="a keystore"),
        example(_with(".git/config", ""), path="code", note="the repository's history, with what was deleted from it"),
        example(_with("terraform.tfstate", "{}"), path="code", note="the state of a stack"),
        example(_with(".netrc", "machine a login b password c"), path="code", note="a password for a host"),
    ],
    good=[
        example(_with(".env.example")),
        example(_with(".env", "# nothing\nAPI_KEY=\n"), note="an environment file without values"),
        example(_with("environment.py"), note="a name that only begins like one"),
        example(_with("id_rsa.pub", "ssh-rsa AAAA me@example.com"), note="a public key"),
    ],
    reads=over_stack(read),
    check=check,
)
