"""Whoever may read a function can download its code, including every file in the archive.

So can anyone with access to its bucket, its build or its history, for as long as a version exists. A secret in an
archive cannot be withdrawn, only rotated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policypack.core.examples import HANDLER, example, packaged, reported_at
from policypack.core.policy import Judgement, Placed, Policy, Resource, Severity, Stack, Violation, over_stack
from policypack.core.tags import Tag
from policypack.lambda_code.packaging import code_property, read_code
from policypack.lambda_code.secret_files import SecretFile, secret_files
from policypack.resources.tokens import FUNCTION, LAYER

MOST = 100
"""Secrets of one kind in one file that are counted."""


def archive_secrets(stack: Stack) -> Iterator[Placed[Sequence[SecretFile]]]:
    """The secrets in the archive of each function and layer."""
    for kind in (FUNCTION, LAYER):
        for resource in stack.of(kind):
            secrets = read_code(stack, resource, secret_files)
            if secrets is not None:
                yield resource, code_property(resource), secrets


def check(secrets: Sequence[SecretFile]) -> Iterator[Judgement]:
    for kind in dict.fromkeys(kind for secret in secrets for kind in secret.kinds):
        first, *others = holders = [secret for secret in secrets if kind in secret.kinds]
        more = f" and {len(others)} more" if others else ""
        parts = tuple(part for secret in holders for part in _parts(secret, kind))
        yield Violation("", f"contains {kind}: `{first.name}`{more}", facts=(), parts=parts)


def _parts(secret: SecretFile, kind: str) -> Iterator[str]:
    """A part for each secret of a kind in a file, and for what the file would contain without it."""
    name = secret.name.replace("`", "'")
    for part, count in {kind: secret.kinds[kind], **secret.beside}.items():
        yield from (f"{name} {part} {number}" for number in range(min(count, MOST)))


def _with(name: str, text: str = "API_KEY=correct-horse\n") -> Resource:
    return packaged({"index.py": HANDLER, name: text})


POLICY = Policy(
    id="lambda-secret-in-archive",
    title="Archive of a function or layer contains a secret",
    why=__doc__,
    severity=Severity.CRITICAL,
    tags=[Tag.LAMBDA, Tag.SECRETS],
    fix="Leave the file out of the archive, replace the secret, and have the function read it from Secrets Manager.",
    references=[
        "https://docs.aws.amazon.com/lambda/latest/dg/with-secrets-manager.html",
        "https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html",
    ],
    bad=reported_at(
        "code",
        example(_with(".env")),
        example(_with("config/prod.env"), note="an environment file by another name"),
        example(_with("client.p12", ""), note="a keystore"),
        example(_with(".git/config", ""), note="the repository's history, with what was deleted from it"),
        example(_with("terraform.tfstate", "{}"), note="the state of a stack"),
        example(_with(".netrc", "machine a login b password c"), note="a password for a host"),
    ),
    good=[
        example(_with(".env.example")),
        example(_with(".env", "# nothing\nAPI_KEY=\n"), note="an environment file without values"),
        example(_with("environment.py"), note="a name that only starts like one"),
        example(_with("id_rsa.pub", "ssh-rsa AAAA me@example.com"), note="a public key"),
    ],
    reads=over_stack(archive_secrets),
    check=check,
)
